"""Each ask of the other side's law stands in our decision log with the officer who asked, and never with the content."""

from __future__ import annotations

from comity.base.hashing import sha256
from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import RecordLeaf, record_commit
from comity.node.theirlaw import KIND, AskedOf, asked_since
from tests.unit.node.forge import START, entries, node, rows

ASKED = AskedOf("plain", 7, "note", "liaison", 1, None, sha256(b"words"), sha256(b"edition"), "permit")
OF_A_CASE = AskedOf("plain", 8, "note", "fraud", 0, CaseId(DispatchId(bytes(16))), sha256(b"x"), sha256(b"y"), "refuse")


def since(a, at: int, **more):
    with a.ledger.read() as tx:
        return asked_since(tx, Ms(at), **more)


def test_an_ask_is_kept_as_it_was_and_opens_its_leaf():
    a = node()
    index = a.asked_their_law(ASKED, START)
    assert since(a, START) == ((ASKED, START),)
    ((salt, record),) = rows(a, "SELECT salt, record FROM record WHERE kind = ?", (KIND,))
    assert entries(a, LogRole.DECISION)[index] == RecordLeaf(KIND, record_commit(salt, record))


def test_asks_are_told_the_newest_first_from_a_time_on():
    a = node()
    a.asked_their_law(ASKED, START)
    a.asked_their_law(OF_A_CASE, Ms(START + 1))
    assert since(a, START) == ((OF_A_CASE, START + 1), (ASKED, START))
    assert since(a, START + 1) == since(a, START, limit=1) == ((OF_A_CASE, START + 1),)
    assert since(a, START + 2) == ()
