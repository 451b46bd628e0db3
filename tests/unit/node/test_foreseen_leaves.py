"""The leaves of what arrived are read at once: from the exchange that brought them, or from the store, each once."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from tests.unit.node.forge import START, pair
from tests.unit.node.world import exchange, form


def test_leaves_are_the_same_from_the_store_and_asked_for_once():
    a, b = pair()
    exchange(a, b, START)
    a.submit([form(str(n)) for n in range(3)], START)
    exchange(a, b, Ms(START + 1))
    with b.ledger.begin() as book:
        size = book.logs[LogRole.THEIRS].size
        alone = [book.entry(LogRole.THEIRS, index) for index in range(size)]
        assert book.foresee_theirs(range(size + 2)) == alone, "and none beyond the end"
        book.tx.run("UPDATE entry SET entry = ? WHERE role = 'theirs'", (b"other bytes",))
        assert [book.entry(LogRole.THEIRS, index) for index in range(size)] == alone
        assert book.foresee_theirs([0, size]) == alone[:1]
        assert book.entry(LogRole.THEIRS, size) is None


def test_leaves_that_came_in_this_transaction_are_not_asked_of_the_store():
    a, _ = pair()
    with a.ledger.begin() as book:
        edge, tiles = book.edges[LogRole.THEIRS], {}
        first = book.entries(LogRole.OURS, 0, 1)
        start = book.logs[LogRole.THEIRS].size
        book.append_mirror(first, *edge.append([bytes(32)])[:1], tiles)
        book.tx.run("DELETE FROM entry WHERE role = 'theirs'")
        assert book.foresee_theirs([start]) == [book.entry(LogRole.OURS, 0)]
