"""What a hostile partner node may do with its real keys. Rows 9 to 16.

Each test is named after the harm that does not happen. The table of all rows is ROWS.md beside this file.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadConfiguration, BadEnvelope, BadForm, BadProof, BadSignature
from comity.base.ids import Digest, Ms, NodeName
from comity.crypto.keys import cose_key, key_id
from comity.crypto.seal import seal, unseal
from comity.crypto.sign import sign_instrument, verify_instrument
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.entries import DispatchLeaf, LinkLeaf, ReceiptLeaf, decode_entry, encode_entry
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.dispatch.keylist import verify_keylist
from comity.marking.labels import Urgency
from comity.node.assemble import Instruments, Keyring, assemble, cosigner_verifier, log_verifier
from comity.node.link import LinkState
from comity.node.logfiles import all_files
from comity.node.proofs import leaf_interval
from comity.tlog.audit import FaultKind, audit_files, read_entries
from comity.tlog.checkpoint import Checkpoint, cosign, sign_head, verify_cosignature, verify_cosigned_head, verify_head
from comity.tlog.proof import TlogProof, verify_proof
from comity.tlog.tiles import bundle_names, encode_bundle, tile_names
from comity.tlog.tree import inclusion_proof
from tests.unit.node.forge import START, A, B, Forger, S, cosigner_keys, half, log_keys, logs, node, pair, problem, rows
from tests.unit.node.stranger import Stranger
from tests.unit.node.world import Everyone, Half, Permits, Seeded, exchange, form, make_accord, make_node

HOUR = 3_600_000
LISTS = {name: verify_keylist(half(name).keys, half(name).root.public()) for name in (A, B)}


# --- row 9 -------------------------------------------------------------------------------------------------------


def test_two_logs_for_two_readers_are_proved_with_public_keys_and_never_cosigned():
    a = node()
    forger = Forger(a)
    forger.grow(*[LinkLeaf(Act.RECOVERED, None)] * 5)
    a.take(forger.say(), START)
    other = Forger(a)
    other.grow(*[LinkLeaf(Act.RESUME, None)] * 5)
    a.speak(START)
    cosigned = rows(a, "SELECT count(*) FROM head WHERE role = 'theirs' AND cosignature IS NOT NULL")
    assert problem(a, other.say(base=0)) == ("broken", 503)
    ((data,),) = rows(a, "SELECT evidence FROM evidence")
    assert Stranger(LISTS[A], LISTS[B]).convinced(data)
    assert not Stranger(LISTS[B], LISTS[A]).convinced(data), "and it accuses nobody else"
    said = decode_exchange(a.speak(Ms(START + HOUR)))
    assert rows(a, "SELECT count(*) FROM head WHERE role = 'theirs' AND cosignature IS NOT NULL") == cosigned
    held = verify_cosignature(said.cosignature, forger.log.verifier.name, cosigner_verifier(LISTS[A]))
    assert held.checkpoint.root == forger.root(), "what is said is the cosignature on the log that was held first"


# --- row 10 ------------------------------------------------------------------------------------------------------


def files_of(forger: Forger, size: int) -> dict[str, bytes]:
    """Return the files of a log as a node would serve them."""
    tiles = forger.tiles(forger.entries[:size])
    found = {n.path(): tiles.tile(n.level, n.n)[: n.width * 32] for n in tile_names(size)}
    for n in bundle_names(size):
        found[n.path()] = encode_bundle(forger.entries[n.n * 256 : n.n * 256 + n.width])
    return found


def test_a_rewritten_or_shortened_history_does_not_fit_the_older_checkpoint():
    a = node()
    forger = Forger(a)
    forger.grow(*[LinkLeaf(Act.RECOVERED, None)] * 400)
    a.take(forger.say(), START)
    old = Checkpoint(forger.log.verifier.name, 403, forger.root())
    forger.grow(LinkLeaf(Act.RESUME, None))
    new = Checkpoint(forger.log.verifier.name, 404, forger.root())
    assert audit_files(files_of(forger, 404).get, new, [old]).good
    forger.entries[200] = encode_entry(LinkLeaf(Act.RESUME, None))
    rewritten = Checkpoint(forger.log.verifier.name, 404, forger.root())
    report = audit_files(files_of(forger, 404).get, rewritten, [old])
    assert [fault.kind for fault in report.faults] == [FaultKind.NOT_CONSISTENT]
    short = Checkpoint(forger.log.verifier.name, 300, forger.root(300))
    report = audit_files(files_of(forger, 300).get, short, [old])
    assert [fault.kind for fault in report.faults] == [FaultKind.NOT_CONSISTENT]
    assert problem(a, forger.say(size=300)) == ("broken", 503), "and the mirror itself refuses it"


def test_a_truncated_log_that_is_true_is_taken_for_what_it_is():
    a = node()
    forger = Forger(a)
    forger.grow(*[LinkLeaf(Act.RECOVERED, None)] * 5)
    a.take(forger.say(), START)
    assert not a.take(forger.say(size=4, base=4), START).grew
    assert (logs(a)[1].size, logs(a)[1].head_size) == (8, 8), "an older head takes nothing away"
    assert a.link().state is LinkState.UP


# --- row 11 ------------------------------------------------------------------------------------------------------


def told():
    a, b = pair()
    exchange(a, b, START)
    for n in range(5):
        a.submit([form(f"question {n}")], Ms(START + 10_000 * n))
        exchange(a, b, Ms(START + 10_000 * n + 1000))
        b.submit([form(f"answer {n}")], Ms(START + 10_000 * n + 2000))
        exchange(b, a, Ms(START + 10_000 * n + 3000))
    exchange(a, b, Ms(START + 60_000))
    exchange(b, a, Ms(START + 61_000))
    return a, b


@pytest.mark.parametrize("whose", [A, B])
def test_neither_side_can_deny_what_it_sent_or_got(whose):
    """An auditor with public keys and the files of one side alone tells which dispatch was sent and receipted when."""
    side = dict(zip((A, B), told(), strict=True))[whose]
    entries = {}
    for role in (LogRole.OURS, LogRole.THEIRS):
        with side.ledger.read() as tx:
            files = dict(all_files(tx, role))
        note = files["checkpoint"].decode()
        log = A if note.startswith(A) else B
        verified = verify_cosigned_head(
            note, f"{log}/log/1", [log_verifier(LISTS[log])], cosigner_verifier(LISTS[B if log == A else A])
        )
        assert audit_files(files.get, verified.head.checkpoint).good
        entries[log] = [decode_entry(e) for e in read_entries(files.get, verified.head.checkpoint.size)]
    for sender, receiver in ((A, B), (B, A)):
        sent = {(n, e.id, e.sealed) for n, e in enumerate(entries[sender]) if isinstance(e, DispatchLeaf)}
        got = {(e.index, e.id, e.sealed) for e in entries[receiver] if isinstance(e, ReceiptLeaf) and e.fact == 2}
        assert len(sent) == 5
        assert sent == got


def test_a_single_leaf_is_proved_to_a_court_and_another_is_not():
    a, _ = told()
    with a.ledger.read() as tx:
        files = dict(all_files(tx, LogRole.OURS))
    note = files["checkpoint"].decode()
    size = verify_cosigned_head(
        note, f"{A}/log/1", [log_verifier(LISTS[A])], cosigner_verifier(LISTS[B])
    ).head.checkpoint.size
    entries = list(read_entries(files.get, size))
    index = next(n for n, e in enumerate(entries) if isinstance(decode_entry(e), DispatchLeaf))
    with a.ledger.begin() as book:
        path = tuple(inclusion_proof(book.tiles(LogRole.OURS), index, size))
    proof = TlogProof(index, path, note)
    keys = (f"{A}/log/1", [log_verifier(LISTS[A])], cosigner_verifier(LISTS[B]))
    verify_proof(proof, entries[index], *keys)
    with pytest.raises(BadProof):
        verify_proof(proof, entries[index + 1], *keys)


# --- row 12 ------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_nine_hours_backdates_nothing():
    a, b = pair()
    for n in range(3):
        exchange(a, b, Ms(START + 1000 * n))
    (done,) = b.submit([form("backdated")], Ms(START + 3000 - 9 * HOUR))
    a.take(b.speak(Ms(START + 3000 - 9 * HOUR)), Ms(START + 3000))
    a.speak(Ms(START + 3000))
    ((index,),) = rows(a, "SELECT idx FROM got WHERE id = ?", (done.id,))
    with a.ledger.read() as tx:
        after, before = leaf_interval(tx, LogRole.THEIRS, index)
    assert START <= after <= START + 3000 <= before < START + 4000, "the time of a leaf is the other party's"
    assert int.from_bytes(done.id[:6], "big") == START + 3000 - 9 * HOUR, "what the author says is only a claim"
    assert rows(a, "SELECT known_at, arrived_at FROM got") == [(START + 3000, START + 3000)], "limits run from here"


def test_a_dispatch_dated_ahead_is_kept_apart():
    a = node()
    forger = Forger(a)
    assert forger.send(forger.make(created=Ms(START + 9 * HOUR))).recorded[0].code == "unopened"


# --- row 13 ------------------------------------------------------------------------------------------------------


def test_a_withheld_cosignature_and_receipt_are_seen_in_time_and_lose_nothing():
    a, b = pair()
    for n in range(3):
        exchange(a, b, Ms(START + n))
    (first,) = a.submit([form("1")], Ms(START + 10))
    kept_back = b.speak(Ms(START + 10))
    for n in range(1, 64):
        now = Ms(START + n * 60_000)
        b.take(a.speak(now), now)
        old = decode_exchange(kept_back)
        a.take(encode_exchange(replace(old, cosignature=None)), now)
        a.tick(now)
    assert a.link().state is LinkState.UNCOSIGNED
    assert a.link().since <= START + 62 * 60_000
    a.submit([form("2", urgency=Urgency.NORMAL)], Ms(START + 2 * HOUR))
    assert rows(a, "SELECT id FROM sent WHERE fact = 0 ORDER BY sent_at")[0] == (first.id,)
    said = decode_exchange(a.speak(Ms(START + 2 * HOUR)))
    assert [index for index, _ in said.dispatches] == [first.index], "what is not urgent is held"
    for n in range(3):
        exchange(a, b, Ms(START + 2 * HOUR + 1000 * n))
    assert a.link().state is LinkState.UP
    assert rows(a, "SELECT count(*) FROM sent WHERE fact = 2") == [(2,)]


# --- row 14 ------------------------------------------------------------------------------------------------------


def strange(name: str) -> Half:
    made = Half.make(name + "/strange")
    made.name = NodeName(name)
    made.sign_keys()
    return made


def test_a_swapped_key_list_starts_no_node():
    accord = make_accord(half(A), half(B))
    good = Instruments(accord, half(A).keys, half(B).keys)
    keys = Keyring(half(A).log, half(A).cosigner, {})
    parts = {"gate": Permits(), "patterns": (), "desks": {}, "powers": Everyone(), "entropy": Seeded("x")}
    assemble(A, good, keys, **parts)
    for bad in (
        replace(good, peer_keys=strange(B).keys),
        replace(good, our_keys=strange(A).keys),
        replace(good, accord=make_accord(half(A), strange(B))),
        replace(good, accord=make_accord(strange(A), half(B))),
    ):
        with pytest.raises((BadSignature, BadConfiguration)):
            assemble(A, bad, keys, **parts)
    with pytest.raises(BadConfiguration):
        assemble(A, good, replace(keys, log=strange(A).log), **parts)


def test_a_swapped_log_or_cosigning_key_is_refused_on_the_wire():
    a = node()
    a.speak(START)
    forger = Forger(a)
    forger.log = log_keys(strange(B))
    assert problem(a, forger.say()) == ("bad-signature", 422)
    forger = Forger(a)
    a.take(forger.say(cosignature=forger.cosign(keys=cosigner_keys(strange(B)))), START)
    assert logs(a)[0].cosigned_size == 0


# --- row 15 ------------------------------------------------------------------------------------------------------


def third():
    """Return a third state's node whose partner is B, and B against it."""
    c = Half.make("third.example/comity")
    c.sign_keys()
    made = make_node(c, half(B), make_accord(c, half(B)))
    return made, Forger(made, half(B), c)


def test_our_dispatch_sealed_anew_to_a_third_state_is_not_taken_for_theirs():
    a, b = pair()
    exchange(a, b, START)
    (done,) = a.submit([form("for B only")], START)
    ((_, sealed),) = decode_exchange(a.speak(START)).dispatches
    leaf = next(decode_entry(e) for (e,) in rows(a, "SELECT entry FROM entry WHERE idx = ?", (done.index,)))
    ours = half(B).sealing
    aad = wire.seal_aad(A, B, done.id, a.office.accord_digest)
    plain = unseal(sealed, kid=key_id(cose_key(ours.public())), private=ours, aad=aad)
    for named in ((A, B), (B, "third.example/comity"), (A, "third.example/comity")):
        c, forger = third()
        to_c = [(key_id(cose_key(forger.them.sealing.public())), forger.them.sealing.public())]
        again = seal(plain, recipients=to_c, aad=wire.seal_aad(*named, done.id, forger.accord), entropy=Seeded("y"))
        bound = {"commit": leaf.commit, "id": done.id, "lane": leaf.lane}
        taken = forger.send(forger.make(contents={"sealed": again}, leaf=bound))
        assert [(r.fact, r.code) for r in taken.recorded] == [(3, "unopened")], "`to` is not itself"
        assert not rows(c, "SELECT 1 FROM plain")


def test_with_a_header_of_their_own_it_is_their_word_and_not_ours():
    a, b = pair()
    exchange(a, b, START)
    (done,) = a.submit([form("for B only")], START)
    leaf = next(decode_entry(e) for (e,) in rows(a, "SELECT entry FROM entry WHERE idx = ?", (done.index,)))
    c, forger = third()
    made = forger.make("for B only")
    assert forger.send(made).recorded[0].fact == 2
    assert made.leaf.commit != leaf.commit, "the commit in our log binds the header that names B"
    assert rows(c, "SELECT idx FROM got WHERE commitment = ?", (leaf.commit,)) == []


# --- row 16 ------------------------------------------------------------------------------------------------------

KINDS = ("keys", "accord", "cut", "restored")


@pytest.mark.parametrize("signed_as", KINDS)
def test_a_signature_made_for_one_kind_of_instrument_is_none_for_another(signed_as):
    root = half(A).root
    signed = sign_instrument(b"\x80", signed_as, root)
    for kind in KINDS:
        if kind == signed_as:
            assert verify_instrument(signed, kind, root.public()) == b"\x80"
        else:
            with pytest.raises(BadSignature):
                verify_instrument(signed, kind, root.public())


def test_a_signature_of_one_log_is_none_for_another():
    keys, origin = log_keys(half(B)), f"{B}/log/1"
    head = Checkpoint(origin, 3, Digest(bytes(32)))
    good = sign_head(head, [keys], S)
    assert verify_head(good.note, origin, [keys.verifier]).time == S
    for name in (f"{B}/decision/1", f"{B}/log/2", f"{A}/log/1"):
        other = sign_head(replace(head, origin=name), [log_keys(half(B), name)], S)
        with pytest.raises(BadSignature):
            verify_head(other.note, origin, [keys.verifier])
        with pytest.raises(BadSignature):
            verify_head(other.note.replace(name, origin), origin, [keys.verifier])
    with pytest.raises(BadForm):
        cosign(head, keys, S)
    with pytest.raises(BadSignature):
        verify_cosignature(good.note, origin, cosigner_verifier(LISTS[B]))


def test_a_co_signature_on_one_log_is_none_for_another():
    """The key is the right one and signed it: only the log's name under the signature tells."""
    keys, origin = cosigner_keys(half(B)), f"{A}/log/1"
    head = Checkpoint(origin, 3, Digest(bytes(32)))
    verify_cosignature(cosign(head, keys, S).note, origin, keys.verifier)
    for name in (f"{A}/decision/1", f"{A}/log/2", f"{B}/log/1"):
        with pytest.raises(BadSignature):
            verify_cosignature(cosign(replace(head, origin=name), keys, S).note, origin, keys.verifier)


def test_an_instrument_is_no_other_instrument():
    for signed in (half(B).keys, b"", half(B).keys[:-1]):
        with pytest.raises((BadSignature, BadEnvelope)):
            verify_keylist(signed, half(A).root.public())
