"""What came from the peer before a put-back and comes again: filed once more, never receipted twice, sealed anew as the log says."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms
from comity.dispatch.attached import FileState
from comity.dispatch.entries import Fact, ReceiptLeaf, ResealLeaf, Withdrawal, WithdrawLeaf, decode_entry
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.marking.labels import Urgency
from comity.node import attached
from comity.node.audit import audit
from comity.node.proofs import Signers
from comity.node.resealing import KEY_EXPIRED, reseal_due
from comity.sim.exercise import RECALL
from tests.unit.node.putback import SECOND, START, Side, note, recover, settle
from tests.unit.node.rotating import TICK, turn
from tests.unit.node.rotating import two as two_rotating
from tests.unit.node.test_attached import FILES, add, file_of, whole
from tests.unit.node.test_reseal import HOUR, LATER, late, unopened

T, L = Ms(START + 60 * SECOND), Ms(START + 120 * SECOND)


def two():
    a, b = Side(0), Side(1)
    settle(a, b, START)
    return a, b


def changed(data, **less):
    """Return an exchange of which something was lost on its way."""
    return encode_exchange(replace(decode_exchange(data), **less))


def leaves(side, kind):
    entries = side.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")
    return [one for one in (decode_entry(raw) for (raw,) in entries) if isinstance(one, kind)]


def facts(side, dispatch):
    """Return the facts that the receipts in our log state of a dispatch."""
    return [one.fact for one in leaves(side, ReceiptLeaf) if one.id == dispatch]


def sound(*sides):
    for side in sides:
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()
        assert side.rows("SELECT class FROM evidence") == []
        assert side.rows("SELECT id FROM exercise WHERE filed <> 1") == []


# --- filed again ----------------------------------------------------------------------------------------------------


def test_a_dispatch_that_waits_for_its_file_waits_for_it_again():
    # spec: protocol.md 9 step 5
    a, b = two()
    image = a.store.image()
    add(b.node)
    b.node.submit([note("with a file", files=FILES)], T)
    settle(b, a, T)
    assert facts(a, FILES) == [Fact.ARRIVED]
    a.put_back(image)
    recover(a, b, L)
    settle(a, b, Ms(L + SECOND))
    assert a.rows("SELECT fact, settled_at FROM got WHERE id = ?", FILES) == [(int(Fact.ARRIVED), None)]
    assert a.rows("SELECT state FROM attachment WHERE dispatch = ?", FILES) == [(FileState.COMING.value,)]
    assert a.rows("SELECT 1 FROM exercise WHERE id = ?", FILES) == []
    whole(a.node)
    assert facts(a, FILES) == [Fact.ARRIVED, Fact.FILED], "each said once"
    settle(a, b, Ms(L + 9 * SECOND))
    sound(a, b)


def test_what_waited_for_a_predecessor_is_filed_when_it_comes_again_behind_it():
    a, b = two()
    image = a.store.image()
    first = b.node.submit([note("first")], T)[0]
    a.node.take(changed(b.node.speak(T), dispatches=()), T)
    second = b.node.submit([note("second", case=first.id)], Ms(T + 1))[0]
    said = decode_exchange(b.node.speak(Ms(T + 1)))
    a.node.take(encode_exchange(replace(said, dispatches=said.dispatches[-1:])), Ms(T + 1))
    assert facts(a, second.id) == [Fact.ARRIVED]
    b.node.take(a.node.speak(Ms(T + 2)), Ms(T + 2))
    a.put_back(image)
    recover(a, b, L)
    assert a.rows("SELECT fact FROM got ORDER BY idx") == [(0,), (int(Fact.ARRIVED),)]
    settle(a, b, Ms(L + SECOND))
    assert facts(a, first.id) == [Fact.FILED]
    assert facts(a, second.id) == [Fact.ARRIVED, Fact.FILED]
    assert a.rows("SELECT text FROM exercise WHERE ours = 0 ORDER BY id") == [("first",), ("second",)]
    assert a.rows("SELECT 1 FROM waits") == []
    sound(a, b)


def test_a_put_back_store_keeps_apart_again_what_it_could_not_open():
    a, b, sent = unopened()
    b.put_back(two_rotating()[1].store.image())
    recover(b, a, Ms(LATER + HOUR))
    settle(b, a, Ms(LATER + HOUR + SECOND))
    assert facts(b, sent.id) == [Fact.QUARANTINED]
    assert b.rows("SELECT fact, code, length(sealed) > 0 FROM got") == [(3, KEY_EXPIRED, 1)]
    assert b.rows("SELECT 1 FROM exercise WHERE id = ?", sent.id) == []
    sound(a, b)


def test_what_was_filed_and_cannot_be_opened_any_more_is_counted_and_stays_as_receipted():
    a, b = two_rotating()
    image = b.store.image()
    (sent,) = a.node.submit([note("opened once")], T)
    settle(a, b, T)
    turn(b, a, Ms(T + HOUR), log=False, mirror=False)
    newest = a.node.office.peer_keys.sealing[0].kid
    ring = b.locker.ring
    b.locker.ring = replace(ring, sealing={newest: ring.sealing[newest]})
    b.put_back(image)
    recover(b, a, Ms(T + 2 * HOUR))
    settle(a, b, Ms(T + 2 * HOUR + SECOND))
    assert b.rows("SELECT value FROM counter WHERE name = 'unopened-again'") == [(1,)]
    assert facts(b, sent.id) == [Fact.FILED], "our log said what became of it, once"
    assert b.rows("SELECT fact FROM got WHERE id = ?", sent.id) == [(2,)]
    assert b.rows("SELECT 1 FROM regot") == [], "it is not asked for without end"
    assert a.rows("SELECT fact FROM sent WHERE id = ?", sent.id) == [(2,)]


def test_the_files_of_a_dispatch_that_was_filed_are_still_wanted_where_it_is_recalled_before_they_come_again():
    """After a put-back a filed dispatch waits for nothing, and its files come again; the recall is filed beside it."""
    a, b = two()
    image = a.store.image()
    add(b.node)
    form, by = note("with a file", files=FILES)
    b.node.submit([(form, by)], T)
    settle(b, a, T)
    whole(a.node)
    settle(b, a, Ms(T + 9 * SECOND))
    assert facts(a, FILES) == [Fact.ARRIVED, Fact.FILED]
    a.put_back(image)
    recover(a, b, L)
    settle(a, b, Ms(L + SECOND))
    assert a.rows("SELECT state FROM attachment") == [(FileState.COMING.value,)]
    b.node.submit([(replace(note("taken back", replaces=FILES, case=FILES)[0], kind=RECALL), by)], Ms(L + 9 * SECOND))
    settle(b, a, Ms(L + 10 * SECOND))
    assert a.rows("SELECT count(*) FROM mark WHERE target = ?", FILES) == [(1,)]
    file = file_of(a.node, dispatch=FILES)
    assert attached.give_up_recalled(a.node.ledger, a.node.office, file, Ms(L + 20 * SECOND)) is None
    assert a.rows("SELECT state FROM attachment") == [(FileState.COMING.value,)]
    assert facts(a, FILES) == [Fact.ARRIVED, Fact.FILED]
    sound(a, b)


# --- the peer kept our receipts, and our cosignature was lost on its way ---------------------------------------------


def test_a_receipt_that_came_back_waits_for_the_leaf_that_it_is_about():
    a, b = two()
    image = a.store.image()
    (sent,) = b.node.submit([note("b1")], T)
    a.node.take(b.node.speak(T), T)
    b.node.take(changed(a.node.speak(T), cosignature=None), T)
    a.put_back(image)
    recover(a, b, L)
    settle(a, b, Ms(L + SECOND))
    assert facts(a, sent.id) == [Fact.FILED], "and it is not receipted once more"
    assert a.rows("SELECT fact, settled_at IS NULL FROM got WHERE id = ?", sent.id) == [(2, 0)]
    assert a.rows("SELECT text FROM exercise WHERE ours = 0") == [("b1",)]
    assert a.rows("SELECT 1 FROM regot") == []
    sound(a, b)


def test_a_receipt_for_bytes_sealed_anew_that_came_back_before_the_reseal_stands():
    a, b, sent = late()
    image = b.store.image()
    b.node.take(a.node.speak(Ms(LATER + 1)), Ms(LATER + 1))
    a.node.take(b.node.speak(Ms(LATER + 2)), Ms(LATER + 2))
    b.node.take(a.node.speak(Ms(LATER + 3)), Ms(LATER + 3))
    a.node.take(changed(b.node.speak(Ms(LATER + 4)), cosignature=None), Ms(LATER + 4))
    said = [Fact.QUARANTINED, Fact.FILED]
    assert facts(b, sent.id) == said
    b.put_back(image)
    recover(b, a, Ms(LATER + HOUR))
    settle(a, b, Ms(LATER + HOUR + TICK), rounds=6)
    (reseal,) = leaves(a, ResealLeaf)
    assert b.rows("SELECT fact, sealed_sha256 FROM got WHERE id = ?", sent.id) == [(2, reseal.sealed)]
    assert facts(b, sent.id) == said
    assert b.rows("SELECT text, filed FROM exercise WHERE id = ?", sent.id) == [("late", 1)]
    sound(a, b)


# --- sealed anew, then put back ---------------------------------------------------------------------------------------


def test_the_bytes_of_a_reseal_that_a_copy_still_has_go_as_they_are():
    a, b, sent = late()
    b.node.take(a.node.speak(Ms(LATER + 1)), Ms(LATER + 1))
    a.node.take(b.node.speak(Ms(LATER + 2)), Ms(LATER + 2))
    b.node.take(changed(a.node.speak(Ms(LATER + 3)), dispatches=()), Ms(LATER + 3))
    image = a.store.image()
    a.node.submit([note("more", Urgency.IMMEDIATE)], Ms(LATER + 4))
    b.node.take(changed(a.node.speak(Ms(LATER + 4)), dispatches=()), Ms(LATER + 4))
    a.put_back(image)
    recover(a, b, Ms(LATER + HOUR))
    settle(a, b, Ms(LATER + HOUR + SECOND))
    assert [one.attempt for one in leaves(a, ResealLeaf)] == [1], "not sealed a second time"
    assert b.rows("SELECT text, filed FROM exercise WHERE id = ?", sent.id) == [("late", 1)]
    sound(a, b)


def test_after_three_tries_lost_bytes_are_withdrawn():
    # spec: protocol.md 7 check 11: l-reseal <= 3; 9 step 4: what is lost is said in the open
    a, b, sent = late()
    b.locker.ring = replace(b.locker.ring, sealing={})
    b.node.reread()
    peer = a.node.office.peer_keys
    images = []
    for n in range(3):
        now = Ms(LATER + n * HOUR)
        if n:
            settle(a, b, now, rounds=2)
        else:
            b.node.take(a.node.speak(now), now)
            a.node.office = replace(a.node.office, peer_keys=replace(peer, sealing=()))
            a.node.take(b.node.speak(now), now)
        images.append(a.store.image())
        other = replace(peer.sealing[0], kid=bytes([n]) * 32)
        office = replace(a.node.office, peer_keys=replace(peer, sealing=(other,)))
        with a.node.ledger.begin() as book:
            assert reseal_due(book, office, now) == 1
        b.node.office = replace(b.node.office, seals={**b.node.office.seals, other.kid: "agency"})
    now = Ms(LATER + 4 * HOUR)
    b.node.take(changed(a.node.speak(now), dispatches=()), now)
    a.put_back(images[-1])
    recover(a, b, Ms(LATER + 5 * HOUR))
    assert [one.attempt for one in leaves(a, ResealLeaf)] == [1, 2, 3]
    assert leaves(a, WithdrawLeaf) == [WithdrawLeaf(sent.index, Withdrawal.LOST)]
    settle(a, b, Ms(LATER + 6 * HOUR))
    assert b.rows("SELECT fact, code, settled_at IS NULL FROM got WHERE id = ?", sent.id) == [(0, "lost", 0)]
    sound(a)
