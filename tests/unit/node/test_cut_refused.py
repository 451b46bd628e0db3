"""Every cut that does not fit is refused with a reason, and the store is as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadCut, BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.crypto.sign import sign_instrument, unverified_payload
from comity.dispatch.closed import MOST
from comity.dispatch.cut import decode_cut
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.dispatch.keylist import decode_keylist, encode_keylist
from comity.node.audit import audit
from comity.node.proofs import Signers
from comity.node.taken import Problem
from comity.sim.exercise import parties
from tests.unit.node.cuts import (
    AFTER,
    LAST,
    THEN,
    cut_whole,
    draft,
    dump,
    forged,
    papers,
    signed_alone,
    signed_by_both,
    stolen,
    take,
)
from tests.unit.node.putback import recover


@pytest.fixture(scope="module")
def world():
    a, b = stolen()
    return a, b, papers(a, b, THEN)


def refused(side, made, error, says=None):
    before = dump(side)
    with pytest.raises(error, match=says):
        take(side, made, THEN)
    assert dump(side) == before, "something was changed"
    with side.store.read() as tx:
        assert audit(tx).good


@pytest.mark.parametrize("number", [0, 1])
def test_signed_by_one_root_only(world, number):
    *sides, made = world
    refused(sides[number], (signed_alone(draft(*sides)), made[1]), BadSignature)
    refused(sides[number], (signed_alone(draft(*sides), 1), made[1]), BadSignature)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"root": sha256(b"another")}, "another root at size"),
        ({"size": 99, "disowned": ()}, "its size is 99"),
        ({"disowned": ()}, "does not disown the head of size"),
    ],
)
def test_another_size_or_root_or_heads_that_it_does_not_name(world, number, change, says):
    *sides, made = world
    refused(sides[number], (signed_by_both(replace(draft(*sides), **change)), made[1]), BadCut, says)


@pytest.mark.parametrize("number", [0, 1])
def test_another_log_than_that_of_now(world, number):
    *sides, made = world
    cut = draft(*sides)
    node = cut.node
    other = replace(cut, origin=f"{node}/log/5", new_origin=f"{node}/log/6", disowned=())
    refused(sides[number], (signed_by_both(other), made[1]), BadCut, "the log here is")


def test_a_smaller_size_needs_the_heads_above_it(world):
    a, b, made = world
    cut = draft(a, b)
    view = a.node.cut_view(own=True)
    size, root = next(one for one in view.heads if one[0] < cut.size)
    refused(b, (signed_by_both(replace(cut, size=size, root=root)), made[1]), BadCut, f"head of size {cut.size}")


@pytest.mark.parametrize("number", [0, 1])
def test_keys_that_the_thief_may_have(world, number):
    *sides, made = world
    keys = decode_keylist(unverified_payload(made[1]))
    old = sides[0].node.our_lists()[0].keys
    wrong = replace(keys, log=replace(old.log, number=2))
    signed = sign_instrument(encode_keylist(wrong), "keys", parties().halves[0].root)
    refused(sides[number], (made[0], signed), BadCut, "which the thief may have")


@pytest.mark.parametrize("number", [0, 1])
def test_a_list_that_its_root_did_not_sign(world, number):
    *sides, made = world
    foreign = sign_instrument(unverified_payload(made[1]), "keys", parties().halves[1].root)
    refused(sides[number], (made[0], foreign), BadSignature)
    refused(sides[number], (made[0], made[0]), BadSignature)
    refused(sides[number], (b"nothing", made[1]), BadEnvelope)


def test_private_keys_that_are_not_here(world):
    a, _, made = world
    ring = a.locker.ring
    a.locker.ring = replace(ring, logs=())
    refused(a, made, BadCut, "not in this node's folder")
    a.locker.ring = ring


def test_more_cuts_than_a_log_can_have(world):
    a, b, made = world
    with b.store.begin() as tx:
        for n in range(1, MOST + 1):
            tx.run(
                "INSERT INTO closed_log VALUES ('theirs', ?, ?, 0, 0, 0, ?, 0, ?, ?, ?, 0, NULL)",
                (n, f"x/log/{n}", b"", b"", bytes([n]), b""),
            )
    with pytest.raises(BadCut, match="at most"):
        take(b, made, THEN)
    with b.store.begin() as tx:
        tx.run("DELETE FROM closed_log")
    assert a.state == "broken"


# --- after it was taken ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def done():
    a, b = stolen()
    return a, b, cut_whole(a, b)


@pytest.mark.parametrize("number", [0, 1])
def test_the_same_cut_again_and_a_second_cut_of_the_same_log(done, number):
    *sides, made = done
    refused(sides[number], made, BadCut, "taken already")
    second = replace(decode_cut(unverified_payload(made[0])), code="another-code")
    refused(sides[number], (signed_by_both(second), made[1]), BadCut, "was cut before, by another cut")


def test_the_thief_goes_on_in_the_old_log_and_is_refused(done):
    a, b, _ = done
    before = dump(b)
    said = decode_exchange(a.node.speak(LAST))
    old = encode_exchange(replace(said, origin=said.origin.replace("/log/2", "/log/1")))
    with pytest.raises(Problem) as problem:
        b.node.take(old, LAST)
    assert problem.value.code == "unknown-log"
    assert dump(b) == before


def test_the_thief_signs_the_new_log_with_the_old_key_and_is_refused(done):
    a, b, _ = done
    from comity.tlog.checkpoint import KeyRole, NoteKeys

    ring = parties().halves[0].keyring.log
    keys = NoteKeys.of(KeyRole.LOG, a.node.voice.log_origin, ring.ed25519, ring.ml_dsa)
    with pytest.raises(Problem) as problem:
        b.node.take(forged(a, (b"",), LAST, keys=keys), LAST)
    assert problem.value.code in {"bad-signature", "bad-envelope"}
    assert b.state == "up"


def test_a_recover_under_the_old_key_is_refused(done):
    a, b, _ = done
    from comity.dispatch.recover_codec import Recover, sign_recover

    asked = Recover(a.node.voice.log_origin, 0, 4, 4, bytes(32))
    with pytest.raises(Problem) as problem:
        b.node.take_recover(sign_recover(asked, parties().halves[0].keyring.log), LAST)
    assert problem.value.code == "bad-signature"


def test_both_start_again_behind_the_cut(done):
    a, b, _ = done
    for side, other in ((a, b), (b, a)):
        side.open()
        assert recover(side, other, LAST)[-1] == "up"
        with side.store.read() as tx:
            signers = Signers.of(side.node.voice, side.node.peer)
            assert audit(tx, signers).differences == ()


def test_a_draft_of_what_was_cut_is_not_made_again(done):
    a, b, _ = done
    cut = draft(a, b)
    assert cut.origin.endswith("/log/2")
    assert AFTER < THEN
