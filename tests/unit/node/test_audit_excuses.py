"""What excuses a missing row in an audit: a record that its own leaf commits to, and no other."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.ids import Ms
from comity.dispatch import records
from comity.dispatch.entries import WithdrawLeaf, decode_entry
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.proofs import Signers
from tests.unit.node.amended import TICK, rest, two
from tests.unit.node.putback import SECOND, START, Side, note, recover, settle
from tests.unit.node.test_amendment import exchange_without_bytes
from tests.unit.node.test_put_back_disowned import go_on
from tests.unit.node.world import exchange, form, make_pair

T, L = Ms(START + 60 * SECOND), Ms(START + 120 * SECOND)


def differences(side):
    node = getattr(side, "node", side)
    with side.store.read() as tx:
        return audit(tx, Signers.of(node.voice, node.peer)).differences


@pytest.fixture
def restored():
    """Return a node that was put back and no longer has the row of a dispatch that the other side filed."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    image = a.store.image()
    a.node.submit([note("lost with the disk")], T)
    settle(a, b, T)
    a.put_back(image)
    recover(a, b, L)
    settle(a, b, Ms(L + SECOND))
    with a.store.begin() as tx:
        tx.run("DELETE FROM lost")
    return a


def test_what_came_back_without_its_rows_is_excused_by_the_record_of_the_restore_alone(restored):
    # spec: protocol.md 9
    assert differences(restored) == ()
    with restored.store.begin() as tx:
        assert tx.run("UPDATE record SET salt = ? WHERE kind = ?", (bytes(32), records.RESTORED)) == 1
    tables = {one.table for one in differences(restored)}
    assert {"record", "sent"} <= tables, "the record is not the one that its leaf commits to, and excuses nothing"


def lacking():
    """Return a node one of whose records somebody took away, and its leaf."""
    a, b = make_pair()
    (sent,) = a.submit([form()], START)
    exchange(a, b, START)
    with a.ledger.begin() as book:
        ((index,),) = book.tx.rows("SELECT idx FROM record WHERE dispatch = ?", (sent.id,))
        book.tx.run("DELETE FROM record WHERE idx = ?", (index,))
    return a, index


def keep(node, kind, record, salt=bytes(32)):
    with node.ledger.begin() as book:
        index = records.keep(book, kind, None, bytes(32), cbor.encode(record), now=START)
        book.tx.run("UPDATE record SET salt = ? WHERE idx = ?", (salt, index))
    return index


@pytest.mark.parametrize("record", ["later form", [1, 2], [1, "two", 3], [1, 2, [3]]])
@pytest.mark.parametrize("kind", [records.RESTORED, records.ERASED])
def test_a_record_of_another_form_excuses_nothing_and_stops_no_audit(kind, record):
    """One of the second kind that was shorter than it must be ended the audit with an error."""
    a, index = lacking()
    before = differences(a)
    assert before
    assert all(str(index) in one.row for one in before)
    keep(a, kind, record)
    assert differences(a) == before


def test_an_erasure_that_its_leaf_does_not_commit_to_excuses_nothing():
    # spec: protocol.md 12
    a, index = lacking()
    before = differences(a)
    keep(a, records.ERASED, ["x", 0, [index]], salt=b"\1" * 32)
    assert len(differences(a)) == len(before) + 1
    assert set(before) < set(differences(a))


def under_way():
    """Return two sides that hold a new edition, and in the pool of the first a dispatch that goes under it."""
    a, b = two()
    a.say(a.half(), T)
    rest(a, b, Ms(T + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T + 4 * TICK))
    settle(b, a, Ms(T + 5 * TICK))
    (sent,) = a.node.submit([note("pooled", Urgency.NORMAL)], Ms(T + 5 * TICK + 9 * SECOND))
    return a, b, sent.id


@pytest.fixture
def moved():
    """Return two sides, the first put back to before its dispatch went under a new edition; the other filed it since.

    With them the other's store as it was before the dispatch came.
    """
    a, b, id_ = under_way()
    ours, theirs = a.store.image(), b.store.image()
    rest(a, b, Ms(T + 6 * TICK))
    a.put_back(ours)
    recover(a, b, Ms(T + 12 * TICK))
    rest(a, b, Ms(T + 13 * TICK))
    assert a.rows("SELECT fact, length(sealed) FROM sent WHERE id = ?", id_) == [(2, 0)]
    return a, b, theirs


def test_sealed_bytes_that_ended_with_the_store_that_was_put_back_are_excused_by_the_record_alone(moved):
    """Seed 1022: the other side has filed those bytes, so they are not made anew, and the audit called them altered."""
    # spec: protocol.md 9
    a, b, _ = moved
    assert differences(a) == differences(b) == ()
    with a.store.begin() as tx:
        tx.run("UPDATE record SET salt = ? WHERE kind = ?", (bytes(32), records.RESTORED))
    assert "the sealed bytes are not those that the leaf names" in {one.what for one in differences(a)}


def test_other_bytes_in_their_place_are_excused_by_nothing(moved):
    a, _, _ = moved
    with a.store.begin() as tx:
        tx.run("UPDATE sent SET sealed = ? WHERE length(sealed) = 0", (b"other",))
    assert [one.what for one in differences(a)] == ["the sealed bytes are not those that the leaf names"]


def test_bytes_that_are_lost_behind_the_restore_are_not_excused(moved):
    a, b, _ = moved
    (sent,) = a.node.submit([note("since")], Ms(T + 20 * TICK))
    settle(a, b, Ms(T + 21 * TICK))
    with a.store.begin() as tx:
        tx.run("UPDATE sent SET sealed = ? WHERE id = ?", (b"", sent.id))
    assert [one.what for one in differences(a)] == ["the sealed bytes are not those that the leaf names"]


def test_bytes_that_were_sealed_anew_since_the_restore_and_are_lost_are_not_excused():
    a, b, id_ = under_way()
    image = a.store.image()
    a.node.tick(Ms(T + 6 * TICK))
    exchange_without_bytes(b, a.node.speak(Ms(T + 7 * TICK)), Ms(T + 7 * TICK))
    a.put_back(image)
    recover(a, b, Ms(T + 9 * TICK))
    rest(a, b, Ms(T + 10 * TICK))
    assert differences(a) == ()
    with a.store.begin() as tx:
        assert tx.run("UPDATE sent SET sealed = ? WHERE id = ? AND resealed_idx IS NOT NULL", (b"", id_)) == 1
    assert [one.what for one in differences(a)] == ["the sealed bytes are not those that the leaf names"]


def test_the_other_side_that_asks_for_such_bytes_is_told_that_they_are_lost(moved):
    # spec: protocol.md 9 step 5
    a, b, theirs = moved
    b.put_back(theirs)
    recover(b, a, Ms(T + 20 * TICK))
    go_on(a, b, Ms(T + 21 * TICK))
    rest(a, b, Ms(T + 23 * TICK))
    entries = a.rows("SELECT entry FROM entry WHERE role = 'ours'")
    assert sum(isinstance(decode_entry(raw), WithdrawLeaf) for (raw,) in entries) == 1
    assert b.rows("SELECT count(*) FROM regot") == [(0,)]
    assert a.state == b.state == "up"
    assert differences(a) == differences(b) == ()
