"""What a node's ledger knows of the link and the incarnations from one transaction to the next: what was stored, and nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest

from comity.base.errors import StoreError
from comity.base.ids import Ms
from comity.dispatch.book import Ledger, LogRole
from comity.dispatch.stops import Stops
from comity.node.incarnation import Incarnation, read_incarnation, write_incarnation
from comity.node.link import LinkState
from comity.node.linkrow import read_link, write_link
from tests.unit.node.forge import node
from tests.unit.node.world import START


class Asked:
    """A store that notes what was asked of it, and whose commit can fail."""

    def __init__(self, store):
        self._store, self.said = store, []
        self.fails = self.unsure = False

    @contextmanager
    def begin(self):
        with self._store.begin() as tx:
            yield _Noting(tx, self.said)
            if self.fails:
                raise StoreError("the disk is full")
        if self.unsure:
            raise StoreError("whether it was stored is unknown")

    @contextmanager
    def read(self):
        with self._store.read() as tx:
            yield _Noting(tx, self.said)

    def of(self, table):
        return [one for one in self.said if f"FROM {table}" in one]


class _Noting:
    def __init__(self, tx, said):
        self._tx, self._said = tx, said

    def rows(self, statement, arguments=()):
        self._said.append(statement)
        return self._tx.rows(statement, arguments)

    def __getattr__(self, name):
        return getattr(self._tx, name)


@pytest.fixture
def asked():
    return Asked(node().store)


def suspended(link):
    return replace(link, state=LinkState.SUSPENDED, stops=Stops(ours=frozenset({""})))


def write_both(ledger, link):
    with ledger.begin() as book:
        write_link(book.tx, link)
        write_incarnation(book.tx, LogRole.OURS, Incarnation(7, 1))


def test_the_link_and_an_incarnation_are_asked_for_once_and_not_in_each_transaction(asked):
    ledger = Ledger(asked)
    for _ in range(3):
        with ledger.begin() as book:
            read_link(book.tx), read_incarnation(book.tx, LogRole.OURS), book.stops
    assert (len(asked.of("link")), len(asked.of("incarnation"))) == (2, 1), "the row, and what stands by it"


def test_what_a_transaction_stored_the_next_one_and_the_door_know_without_a_question(asked):
    ledger = Ledger(asked)
    with ledger.read() as tx:
        before = read_link(tx)
    write_both(ledger, suspended(before))
    asked.said.clear()
    with ledger.begin() as book:
        assert read_link(book.tx).state is LinkState.SUSPENDED
        assert read_incarnation(book.tx, LogRole.OURS) == Incarnation(7, 1)
        assert book.stops.whole
    assert ledger.standing().stops.whole
    assert asked.of("link") + asked.of("incarnation") == []


def refused(asked, how):
    """Give a ledger whose last transaction ended with an error, and the link before it."""
    ledger = Ledger(asked)
    with ledger.begin() as book:
        before = read_link(book.tx)
        assert not book.stops
    setattr(asked, how, True)
    with pytest.raises(StoreError):
        write_both(ledger, suspended(before))
    setattr(asked, how, False)
    return ledger, before


def test_what_was_not_stored_is_not_known(asked):
    ledger, before = refused(asked, "fails")
    assert not ledger.standing().stops
    with ledger.begin() as book:
        assert read_link(book.tx) == before
        assert read_incarnation(book.tx, LogRole.OURS) == Incarnation()
        assert not book.stops


def test_after_a_commit_of_unknown_end_the_rows_are_read_anew(asked):
    ledger, _ = refused(asked, "unsure")
    assert ledger.standing().stops.whole
    with ledger.begin() as book:
        assert read_link(book.tx).state is LinkState.SUSPENDED


def test_the_door_hears_what_stands_only_once_it_is_stored(asked):
    ledger = Ledger(asked)
    assert not ledger.standing().superseded
    with ledger.begin() as book:
        write_link(book.tx, replace(read_link(book.tx), state=LinkState.SUPERSEDED, since=Ms(START)))
        assert not ledger.standing().superseded
    assert ledger.standing().superseded
    ledger.forget()
    assert ledger.standing().superseded, "now from its row"


def test_a_snapshot_reads_the_rows_and_leaves_nothing_behind(asked):
    ledger = Ledger(asked)
    with ledger.begin() as book:
        write_link(book.tx, suspended(read_link(book.tx)))
    asked.said.clear()
    for _ in range(2):
        with ledger.read() as tx:
            assert read_link(tx).state is LinkState.SUSPENDED
    assert len(asked.of("link")) == 2


def test_before_anything_is_stored_the_door_asks_the_row_and_a_store_without_one_stands(asked):
    with asked.begin() as tx:
        tx.run("DELETE FROM link")
    standing = Ledger(asked).standing()
    assert not standing.stops
    assert not standing.superseded
