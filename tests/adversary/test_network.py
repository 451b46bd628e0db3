"""What someone on the wire may do: repeat, drop, reorder, alter, strip, downgrade, record, watch. Rows 1 to 7.

Each test is named after the harm that does not happen. The table of all rows is ROWS.md beside this file.
"""

from __future__ import annotations

import random
from dataclasses import replace
from hashlib import shake_256
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadSeal, UnknownVersion
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.crypto.keys import SealingKey, cose_key, key_id
from comity.crypto.seal import BUCKETS, recipients, seal, unseal
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import decode_accord, encode_accord, verify_accord
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.marking.labels import Urgency
from comity.node.taken import Problem
from tests.unit.node.forge import START, A, B, Forger, accord_of, half, logs, node, pair, problem, rows
from tests.unit.node.world import Seeded, exchange, form


def receipts(of) -> list[tuple]:
    return rows(of, "SELECT id, fact, receipt_idx FROM got ORDER BY idx")


# --- row 1 -------------------------------------------------------------------------------------------------------


def test_a_replayed_dispatch_has_no_second_effect():
    a, b = pair()
    exchange(a, b, START)
    a.submit([form()], START)
    recorded = a.speak(Ms(START + 1))
    b.take(recorded, Ms(START + 1))
    first, desk = receipts(b), rows(b, "SELECT * FROM plain")
    for n in range(5):
        b.take(recorded, Ms(START + 1000 * n))
    assert receipts(b) == first, "the same receipt"
    assert rows(b, "SELECT * FROM plain") == desk
    assert rows(b, "SELECT count(*) FROM record") == [(1,)]


def test_a_dispatch_replayed_under_a_new_leaf_is_evidence_against_who_did_it():
    a = node()
    forger = Forger(a)
    made = forger.make()
    forger.send(made)
    forger.grow(made.leaf)
    assert problem(a, forger.say()) == ("broken", 503)
    assert rows(a, "SELECT class FROM evidence") == [("id-reuse",)]


# --- row 2 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_dropped_or_reordered_dispatch_arrives_once_all_the_same(seed):
    """A third of all messages is lost, old ones come again in any order; in the end each is filed once, in order."""
    chance, (a, b) = random.Random(seed), pair()
    wire: list[tuple[object, bytes]] = []
    sent, codes = [], set()
    for n in range(60):
        now = Ms(START + 1000 * n)
        if n < 20:
            sent += a.submit([form(str(n), urgency=chance.choice(list(Urgency)))], now)
            b.submit([form(str(n))], now)
        for of, to in ((a, b), (b, a)):
            wire.append((to, of.speak(now)))
            for to_, data in [wire[-1], chance.choice(wire)]:
                if chance.random() > 0.3 or n > 50:
                    try:
                        to_.take(data, now)
                    except Problem as found:
                        codes.add(found.code)
    assert codes <= {"gap"}
    for of in (a, b):
        assert rows(of, "SELECT count(*), count(DISTINCT id), min(fact), max(fact) FROM got") == [(20, 20, 2, 2)]
        assert rows(of, "SELECT count(*) FROM sent WHERE fact <> 2") == [(0,)]
        assert not rows(of, "SELECT 1 FROM evidence")


def test_a_dropped_dispatch_is_a_named_debt_and_never_silence():
    a, b = pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    without = replace(decode_exchange(a.speak(Ms(START + 1))), dispatches=())
    b.take(encode_exchange(without), Ms(START + 1))
    assert decode_exchange(b.speak(Ms(START + 2))).wants == (done.index,)
    assert rows(a, "SELECT fact, settled_at FROM sent") == [(0, None)], "open on the sender's side too"


# --- row 3: the suite of tests/unit/node/test_bad_input.py flips every byte; here what altered content would do ---


@pytest.mark.parametrize("place", range(0, 4096, 97))
def test_altered_bytes_never_reach_a_desk(place):
    a = node()
    forger = Forger(a)
    made = forger.make()
    altered = bytearray(made.sealed)
    altered[place] ^= 1
    forger.grow(made.leaf)
    taken = a.take(forger.say(dispatches=((3, bytes(altered)),)), START)
    assert (taken.recorded, taken.dropped) == ((), 1)
    assert not rows(a, "SELECT 1 FROM plain")


@pytest.mark.parametrize("place", range(0, 4096, 97))
def test_altered_bytes_never_reach_a_desk_though_the_leaf_names_them(place):
    """The sender's own leaf names the altered bytes: what is left is the cipher, and what the leaf commits to."""
    a = node()
    forger = Forger(a)
    made = forger.make()
    altered = bytearray(made.sealed)
    altered[place] ^= 1
    again = replace(made, sealed=bytes(altered), leaf=replace(made.leaf, sealed=sha256(bytes(altered))))
    assert [r.fact for r in forger.send(again).recorded] == [3]
    assert not rows(a, "SELECT 1 FROM plain")


# --- row 4 -------------------------------------------------------------------------------------------------------


def test_what_was_recorded_cannot_be_read_with_the_classical_share_alone():
    ours = half(A).sealing
    public = ours.public()
    kid = key_id(cose_key(public))
    sealed = seal(b"secret", recipients=[(kid, public)], aad=b"", entropy=Seeded("x"))
    assert unseal(sealed, kid=kid, private=ours, aad=b"") == b"secret"
    x25519 = X25519PrivateKey.from_private_bytes(shake_256(ours.seed).digest(96)[64:])
    assert x25519.public_key().public_bytes_raw() == public.raw[-32:], "the classical half is broken"
    broken = MLKEM768X25519PrivateKey(MLKEM768PrivateKey.from_seed_bytes(bytes(64)), x25519)
    with pytest.raises(BadSeal):
        unseal(sealed, kid=kid, private=SealingKey(ours.seed, broken, ours.public_raw), aad=b"")


def test_the_suite_on_the_wire_is_the_hybrid_one():
    a, b = pair()
    exchange(a, b, START)
    a.submit([form()], START)
    ((_, sealed),) = decode_exchange(a.speak(START)).dispatches
    _, _, _, wraps = cbor.decode(sealed[2:], signed=True)
    for protected, unprotected, _ in wraps:
        assert cbor.decode(protected, signed=True)[1] == -65709  # spec: protocol.md 2, HPKE-9-KE
        assert len(unprotected[-4]) == 1120  # spec: protocol.md 3, X-Wing


# --- row 5 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [0, 1])
@pytest.mark.parametrize("how", ["stripped", "swapped", "doubled"])
def test_one_signature_alone_never_counts(line, how):
    a = node()
    forger = Forger(a)
    text, lines = forger.head().split("\n\n", 1)
    good = lines.splitlines(keepends=True)
    foreign = forger.head(keys=[replace(forger.log, ed25519=half(A).log.ed25519, mldsa44=half(A).log.ml_dsa)])
    bad = list(good)
    match how:
        case "stripped":
            del bad[line]
        case "swapped":
            bad[line] = foreign.split("\n\n", 1)[1].splitlines(keepends=True)[line]
        case _:
            bad.append(bad[line])
    assert problem(a, forger.say(checkpoint=text + "\n\n" + "".join(bad))) == ("bad-signature", 422)
    assert logs(a)[1].size == 0
    assert not rows(a, "SELECT 1 FROM pending_head")


def test_an_accord_with_half_its_signatures_is_none():
    payload = encode_accord(node().office.accord)
    with pytest.raises(Exception, match="signature"):
        verify_accord(sign_instrument(payload, "accord", half(A).root))


# --- row 6 -------------------------------------------------------------------------------------------------------


def test_a_weaker_profile_is_refused_everywhere():
    a = node()
    made = cbor.decode(Forger(a).say())
    for other in ("comity/0", "comity/1-classical", "comity/2", ""):
        assert problem(a, cbor.encode({**made, 1: other})) == ("version", 400)
        payload = cbor.encode({**cbor.decode(encode_accord(a.office.accord)), 11: other})
        with pytest.raises(UnknownVersion):
            decode_accord(payload)
        signed = add_signatures(sign_instrument(payload, "accord", half(A).root), "accord", half(B).root)
        with pytest.raises(BadEnvelope):
            verify_accord(signed)
    assert verify_accord(accord_of(())).edition == 1


@pytest.mark.parametrize("alg", [-29, -31, -25, 35, 37, 57, 1, -6])
def test_a_seal_of_another_suite_is_kept_apart_unopened(alg):
    """A recipient of a classical or shared-key algorithm, also if it could be opened, is no recipient."""
    a = node()
    forger = Forger(a)
    made = forger.make()
    body, head, text, wraps = cbor.decode(made.sealed[2:], signed=True)
    weaker = []
    for protected, unprotected, wrapped in wraps:
        named = {**cbor.decode(protected, signed=True), 1: alg}
        weaker.append([cbor.encode(named, signed=True), unprotected, wrapped])
    bad = b"\xd8\x60" + cbor.encode([body, head, text, weaker], signed=True)
    with pytest.raises(BadSeal):
        recipients(bad)
    bad += bytes(max(0, 4096 - len(bad)))
    leaf = replace(made.leaf, sealed=sha256(bad[:4096]), size=4096)
    sent = replace(made, leaf=leaf, sealed=bad[:4096])
    assert [(r.fact, r.code) for r in forger.send(sent).recorded] == [(3, "unopened")]


# --- row 7 -------------------------------------------------------------------------------------------------------


def test_lengths_on_the_wire_are_those_of_the_buckets_only():
    a, b = pair()
    exchange(a, b, START)
    chance = random.Random(7)
    texts = ["", *("x" * chance.randrange(1, 60_000) for _ in range(30))]
    a.submit([form(text) for text in texts], START)
    lengths = set()
    for n in range(9):
        said = a.speak(Ms(START + 1000 * n))
        lengths |= {len(sealed) for _, sealed in decode_exchange(said).dispatches}
        b.take(said, Ms(START + 1000 * n))
        a.take(b.speak(Ms(START + 1000 * n)), Ms(START + 1000 * n))
    assert len(lengths) > 2
    assert lengths <= set(BUCKETS)  # spec: protocol.md 3
    assert rows(a, "SELECT count(*) FROM sent WHERE fact <> 2") == [(0,)]


def test_the_times_of_normal_dispatches_are_those_of_the_clock():
    a, b = pair(tick=60_000)
    exchange(a, b, START)
    chance, left = random.Random(3), {}
    for n in range(1, 600):
        now = Ms(START + 1000 * n)
        if chance.random() < 0.05:
            a.submit([form(str(n), urgency=Urgency.NORMAL)], now)
        due = a.due_at(now)
        if due is not None and due <= now:
            b.take(a.speak(now), now)
            a.take(b.speak(now), now)
        for (id_,) in rows(a, "SELECT id FROM sent WHERE idx IS NOT NULL"):
            left.setdefault(id_, n)
    assert len(left) > 10
    gaps = [later - sooner for sooner, later in pairwise(sorted(set(left.values())))]
    assert min(gaps) >= 60, "no two batches closer than the tick"
