"""What was sealed to a key since destroyed is sealed anew: same commitment, a leaf for each try, at most three."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.entries import DispatchLeaf, Fact, ReceiptLeaf, ResealLeaf, decode_entry
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.bundle import Piece, Wish, instruments, make_bundle, write_zip
from comity.node.erasing import purge_sealed
from comity.node.node import Node
from comity.node.proofs import Signers
from comity.node.resealing import KEY_EXPIRED, reseal_due
from tests.unit.node.putback import START, OfBefore, note, recover, say, settle
from tests.unit.node.rotating import TICK, turn, two
from tests.unit.node.test_key_change_stranger import bad, keys_of, run_verify

HOUR = 3_600_000
LATER = Ms(START + 2 * HOUR)


def late():
    """Return two sides after the receiver got new keys and destroyed its old one; the sender sealed to the old one."""
    a, b = two()
    old = a.node.office.peer_keys
    turn(b, a, Ms(START + HOUR), log=False, mirror=False)
    new = a.node.office.peer_keys
    b.locker.ring = replace(
        b.locker.ring, sealing={k: v for k, v in b.locker.ring.sealing.items() if k == new.sealing[0].kid}
    )
    b.node.reread()
    a.node.office = replace(a.node.office, peer_keys=old)
    (sent,) = a.node.submit([note("late")], LATER)
    a.node.office = replace(a.node.office, peer_keys=new)
    return a, b, sent


def leaves(side, kind):
    entries = side.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")
    return [one for one in (decode_entry(raw) for (raw,) in entries) if isinstance(one, kind)]


def check(*sides):
    for side in sides:
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()


def test_it_is_sealed_anew_and_filed():
    a, b, sent = late()
    say(a, b, Ms(LATER + 1))
    assert b.rows("SELECT fact, code FROM got") == [(3, KEY_EXPIRED)]
    assert a.rows("SELECT fact, settled_at FROM sent WHERE id = ?", sent.id) == [(0, None)], "sealed anew at once"
    check(a, b)
    settle(a, b, Ms(LATER + 2_000))
    (reseal,) = leaves(a, ResealLeaf)
    dispatch = next(one for one in leaves(a, DispatchLeaf) if one.id == sent.id)
    assert (reseal.attempt, reseal.index) == (1, sent.index)
    assert reseal.sealed != dispatch.sealed
    facts = [(one.fact, one.code, one.sealed) for one in leaves(b, ReceiptLeaf) if one.id == sent.id]
    assert facts == [(Fact.QUARANTINED, KEY_EXPIRED, dispatch.sealed), (Fact.FILED, None, reseal.sealed)]
    assert a.rows("SELECT fact FROM sent WHERE id = ?", sent.id) == [(2,)]
    assert b.rows("SELECT text FROM exercise WHERE id = ?", sent.id) == [("late",)]
    assert len(b.rows("SELECT * FROM set_aside")) == 1, "what did not open is kept apart"
    check(a, b)
    b.node.see([sent.id], Ms(LATER + 9_000))
    settle(b, a, Ms(LATER + 10_000))
    assert a.rows("SELECT seen_at IS NULL FROM sent WHERE id = ?", sent.id) == [(0,)]
    check(a, b)


def test_nothing_is_sealed_to_the_same_key_again():
    a, b, sent = late()
    newest = a.node.office.peer_keys
    old = replace(newest, sealing=())
    a.node.office = replace(a.node.office, peer_keys=old)
    say(a, b, Ms(LATER + 1))
    assert a.rows("SELECT fact, code FROM sent WHERE id = ?", sent.id) == [(3, KEY_EXPIRED)]
    a.node.office = replace(a.node.office, peer_keys=newest)
    turn(b, a, Ms(LATER + HOUR), log=False, mirror=False)
    settle(a, b, Ms(LATER + 2 * HOUR))
    assert a.rows("SELECT fact FROM sent WHERE id = ?", sent.id) == [(2,)], "the next list of the peer brought a key"


def test_three_tries_and_no_more():
    a, b, sent = late()
    b.locker.ring = replace(b.locker.ring, sealing={})
    b.node.reread()
    for n in range(5):
        settle(a, b, Ms(LATER + n * HOUR), rounds=2)
        key = a.node.office.peer_keys.sealing[0]
        other = replace(key, kid=bytes([n]) * 32)
        with a.node.ledger.begin() as book:
            reseal_due(
                book, replace(a.node.office, peer_keys=replace(a.node.office.peer_keys, sealing=(other,))), LATER
            )
        for kid in (other.kid,):
            b.node.office = replace(b.node.office, seals={**b.node.office.seals, kid: "agency"})
    settle(a, b, Ms(LATER + 9 * HOUR), rounds=3)
    assert [one.attempt for one in leaves(a, ResealLeaf)] == [1, 2, 3]
    assert a.rows("SELECT fact, code, settled_at IS NULL FROM sent WHERE id = ?", sent.id) == [(3, KEY_EXPIRED, 0)]
    check(a, b)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("back", [0, 1, 2])
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_store_put_back_around_a_reseal(side, back, stop):
    if back >= stop:
        return
    a, b, sent = late()
    copies = [(a.store.image(), b.store.image())]
    b.node.take(a.node.speak(Ms(LATER + 1)), Ms(LATER + 1))
    copies.append((a.store.image(), b.store.image()))
    if stop > 1:
        a.node.take(b.node.speak(Ms(LATER + 2)), Ms(LATER + 2))
        b.node.take(a.node.speak(Ms(LATER + 3)), Ms(LATER + 3))
        copies.append((a.store.image(), b.store.image()))
    if stop > 2:
        settle(a, b, Ms(LATER + 4_000))
    lost, other = (a, b) if side == 0 else (b, a)
    lost.put_back(copies[back][side])
    recover(lost, other, Ms(LATER + HOUR))
    assert lost.state == "up"
    settle(a, b, Ms(LATER + HOUR + TICK), rounds=8)
    assert a.rows("SELECT fact FROM sent WHERE id = ?", sent.id) == [(2,)]
    assert b.rows("SELECT text, filed FROM exercise WHERE id = ?", sent.id) == [("late", 1)]
    assert other.rows("SELECT * FROM evidence") == lost.rows("SELECT * FROM evidence") == []
    check(a, b)


def test_a_reseal_of_what_was_opened_changes_nothing():
    a, b = two()
    (sent,) = a.node.submit([note("opened")], LATER)
    settle(a, b, LATER)
    with a.node.ledger.begin() as book:
        book.tx.run("UPDATE sent SET fact = 3, code = ? WHERE id = ?", (KEY_EXPIRED, sent.id))
        key = a.node.office.peer_keys.sealing[0]
        other = replace(key, kid=bytes(32))
        assert reseal_due(
            book, replace(a.node.office, peer_keys=replace(a.node.office.peer_keys, sealing=(other,))), LATER
        )
    settle(a, b, Ms(LATER + TICK))
    assert b.rows("SELECT fact FROM got WHERE id = ?", sent.id) == [(2,)]
    assert b.rows("SELECT * FROM reseal") == []
    check(b)


DAY = 24 * HOUR


def unopened():
    """Return two sides, where what was sealed to a destroyed key came back and no other key was there yet."""
    a, b, sent = late()
    newest = a.node.office.peer_keys
    a.node.office = replace(a.node.office, peer_keys=replace(newest, sealing=()))
    say(a, b, Ms(LATER + 1))
    a.node.office = replace(a.node.office, peer_keys=newest)
    assert a.rows("SELECT fact, code FROM sent WHERE id = ?", sent.id) == [(3, KEY_EXPIRED)]
    return a, b, sent


def purge(side, now):
    with side.node.ledger.begin() as book:
        return purge_sealed(book, side.node.office.accord, now)


def test_it_is_sealed_anew_also_when_the_old_bytes_have_ended():
    a, b, sent = unopened()
    for side in (a, b):
        purge(side, Ms(LATER + 40 * DAY))
    assert a.rows("SELECT length(sealed) FROM sent WHERE id = ?", sent.id) == [(0,)]
    with a.node.ledger.begin() as book:
        assert reseal_due(book, a.node.office, Ms(LATER + HOUR)) == 1
    settle(a, b, Ms(LATER + 2 * HOUR))
    assert b.rows("SELECT text FROM exercise WHERE id = ?", sent.id) == [("late",)]
    check(a, b)


def test_what_was_erased_meanwhile_is_not_sealed_anew():
    a, _, sent = unopened()
    with a.node.ledger.begin() as book:
        book.tx.run("UPDATE sent SET digests = ?, sealed = ? WHERE id = ?", (b"gone", b"", sent.id))
        assert reseal_due(book, a.node.office, Ms(LATER + HOUR)) == 0


@pytest.mark.parametrize("held", [False, True])
def test_bytes_set_aside_end_with_those_that_did_not_open_unless_they_are_held(held):
    a, b, sent = late()
    settle(a, b, Ms(LATER + 1))
    ((since,),) = b.rows("SELECT since FROM set_aside")
    if held:
        with b.node.ledger.begin() as book:
            book.tx.run(
                "INSERT INTO legal_hold (id, target, reason, desk, number, at) VALUES (?, ?, 'asked', 'd', 1, 1)",
                (bytes(16), sent.id),
            )
    purge(b, Ms(since + 30 * DAY - 1))
    assert len(b.rows("SELECT * FROM set_aside")) == 1
    purge(b, Ms(since + 30 * DAY))
    assert len(b.rows("SELECT * FROM set_aside")) == held
    check(a, b)


def lists_of(side):
    with side.store.read() as tx:
        return [data for name, data in instruments(tx) if name.startswith("keys/")]


@pytest.mark.parametrize("holder", [0, 1])
def test_papers_on_it_show_by_which_entry_it_was_sealed_anew(holder, tmp_path):
    a, b, sent = late()
    settle(a, b, Ms(LATER + 1), rounds=6)
    side, lists = (a, b)[holder], lists_of(a)
    with side.store.read() as tx:
        pack = make_bundle(tx, sent.id, Wish(frozenset(Piece)), now=LATER)
    assert bad(pack, keys_of(lists)) == {}
    (tmp_path / "papers.zip").write_bytes(pack)
    told = run_verify("bundle", tmp_path / "papers.zip", lists, tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
    with zipfile.ZipFile(io.BytesIO(pack)) as files:
        less = {name: files.read(name) for name in files.namelist() if not name.startswith("reseal/")}
    assert any("not a receipt" in sentence for sentence in bad(write_zip(less), keys_of(lists)).values())


@pytest.mark.parametrize("peer", [Node, OfBefore])
def test_a_receipt_of_a_reseal_that_came_back_before_the_reseal_still_counts(peer):
    """The receiver forgot both; its log says that it filed the second try, and the peer had ignored the cosignature."""
    a, b, sent = late()
    say(a, b, Ms(LATER + 1))
    image = b.store.image()
    now, ahead = Ms(LATER + 120_000), Ms(LATER + 120_000 + 59 * 60_000)
    b.node.submit([note("first", Urgency.IMMEDIATE)], now)
    b.node.take(a.node.speak(ahead), now)
    a.node.take(b.node.speak(Ms(LATER + 1_000)), ahead)
    assert a.rows("SELECT value FROM counter WHERE name = 'cosignature-ignored'")
    ((receipt,),) = b.rows("SELECT receipt_idx FROM got WHERE id = ?", sent.id)
    b.put_back(image)
    a.node_type = peer
    a.open()
    recover(b, a, now)
    assert b.rows("SELECT fact, receipt_idx FROM got WHERE id = ?", sent.id) == [(2, receipt)]
    here = b.rows("SELECT 1 FROM reseal") != []
    assert here == (peer is Node), "the reseal itself is not here yet, with a peer of the release before"
    settle(b, a, Ms(ahead + 60_000))
    assert b.rows("SELECT fact, receipt_idx FROM got WHERE id = ?", sent.id) == [(2, receipt)]
    assert b.rows("SELECT text FROM exercise WHERE id = ?", sent.id) == [("late",)]
    assert b.rows("SELECT 1 FROM regot") == []
    check(a, b)
