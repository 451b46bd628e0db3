"""What excuses a missing row in an audit: a record that its own leaf commits to, and no other."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.ids import Ms
from comity.dispatch import records
from comity.node.audit import audit
from comity.node.proofs import Signers
from tests.unit.node.putback import SECOND, START, Side, note, recover, settle
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
