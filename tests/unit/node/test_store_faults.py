"""A full, read-only or failing disk: a store error, nothing lost, nothing half done, and it works once there is room."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from comity.base.errors import StoreError
from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Ledger, LogRole, read_logs
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.node.node import Node
from tests.unit.node.forge import START, Forger, logs, node, pair, rows
from tests.unit.node.world import SCHEMA, PlainDesk, exchange, form

SCHEMAS = [Schema("node", ((1, SCHEMA),)), Schema("plain", PlainDesk.schema)]


def on_disk(path: Path, limit: int | None = None) -> SqliteStore:
    return SqliteStore(path, SCHEMAS, page_limit=limit)


def again(a: Node, store: SqliteStore) -> Node:
    """Return the node made again over another opening of its store."""
    made = Node(a.office, a.voice, a.peer, Ledger(store), a.timers)
    made.store = store
    return made


def heard_by(forger: Forger, a: Node) -> Node:
    forger.against = a
    return a


def test_a_full_disk_loses_nothing_and_the_node_goes_on_when_there_is_room(tmp_path):
    path = tmp_path / "store.db"
    b = node(store=on_disk(path))
    forger = Forger(b)
    b.take(forger.say(), START)
    pages = rows(b, "PRAGMA page_count")[0][0]
    b.store.close()
    b = heard_by(forger, again(b, on_disk(path, pages + 6)))
    made = [forger.make(str(n)) for n in range(40)]
    first = forger.grow(*[one.leaf for one in made])
    data = forger.say(dispatches=tuple((LeafIndex(first + n), one.sealed) for n, one in enumerate(made)))
    before = rows(b, "SELECT * FROM entry"), logs(b), rows(b, "SELECT * FROM got")
    for _ in range(2):
        with pytest.raises(StoreError):
            b.take(data, START)
        assert (rows(b, "SELECT * FROM entry"), logs(b), rows(b, "SELECT * FROM got")) == before
        with pytest.raises(StoreError):
            b.submit([form(str(n)) for n in range(40)], START)
        assert rows(b, "SELECT count(*) FROM sent") == [(0,)]
    b.store.close()
    b = heard_by(forger, again(b, on_disk(path)))
    assert len(b.take(data, START).recorded) == 40
    assert rows(b, "SELECT count(*) FROM got WHERE fact = 2") == [(40,)]
    b.store.close()


def test_apart_what_does_not_fit_stays_a_debt(tmp_path):
    path = tmp_path / "store.db"
    b = node(store=on_disk(path))
    forger = Forger(b)
    b.take(forger.say(), START)
    pages = rows(b, "PRAGMA page_count")[0][0]
    b.store.close()
    b = heard_by(forger, again(b, on_disk(path, pages + 8)))
    made = [forger.make(str(n)) for n in range(12)]
    first = forger.grow(*[one.leaf for one in made])
    for n, one in enumerate(made):
        try:
            b.take(forger.say(dispatches=((LeafIndex(first + n), one.sealed),)), START, apart=True)
        except StoreError:
            break
    else:
        raise AssertionError("the disk was never full")
    with b.ledger.begin() as book:
        stored, _ = read_logs(book.tx)
        assert stored == book.logs, "what is remembered is what is stored"
    b.store.close()
    b = heard_by(forger, again(b, on_disk(path)))
    b.open_stored(START)
    for n, one in enumerate(made):
        b.take(forger.say(dispatches=((LeafIndex(first + n), one.sealed),)), START, apart=True)
    assert rows(b, "SELECT count(*) FROM got WHERE fact = 2") == [(12,)]
    assert rows(b, "SELECT count(*) FROM record") == [(12,)]
    b.store.close()


def test_a_store_that_cannot_be_written_says_so_and_is_as_it_was(tmp_path):
    path = tmp_path / "store.db"
    b = node(store=on_disk(path))
    forger = Forger(b)
    b.take(forger.say(), START)
    before = logs(b), rows(b, "SELECT * FROM entry")
    with b.store.begin() as tx:
        tx.run("PRAGMA query_only = ON")
    later = forger.say(at=START // 1000 + 5)
    with pytest.raises(StoreError, match="read-only"):
        b.take(later, START)
    with pytest.raises(StoreError, match="read-only"):
        b.submit([form()], START)
    assert (logs(b), rows(b, "SELECT * FROM entry")) == before
    b.store.close()
    b = again(b, on_disk(path))
    assert b.take(later, START).news
    assert len(b.submit([form()], START)) == 1
    b.store.close()


class Halts:
    """A store whose transaction is lost at its end, or kept with the answer lost, once."""

    def __init__(self, store: SqliteStore, kept: bool) -> None:
        self.store, self.kept, self.due, self.left = store, kept, 1 << 30, 0

    def begin(self):
        return Halting(self)

    def read(self):
        return self.store.read()


class Halting:
    def __init__(self, of: Halts) -> None:
        self.of = of
        self.inner = of.store.begin()

    def __enter__(self):
        return self.inner.__enter__()

    def __exit__(self, kind, error, trace):
        self.of.due -= 1
        if kind is None and self.of.due == 0 and not self.of.kept:
            error = StoreError("lost")
            with contextlib.suppress(StoreError):
                self.inner.__exit__(StoreError, error, None)
            raise error
        done = self.inner.__exit__(kind, error, trace)
        if kind is None and self.of.due == 0:
            raise StoreError("kept, and the answer lost")
        return done


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("which", range(1, 9))
def test_each_write_lost_or_kept_with_its_answer_lost_costs_one_repeat(which, kept):
    """Whatever transaction fails, either way: repeat, and every dispatch is filed once and both logs agree."""
    a, b = pair()
    a = again(a, Halts(a.store, kept))
    faulty: Halts = a.store
    exchange(a, b, START)
    a.submit([form("1")], START)
    b.submit([form("2"), form("3")], START)
    faulty.due = which
    now = START
    for n in range(8):
        now = Ms(START + 1000 * (n + 1))
        try:
            exchange(a, b, now)
        except StoreError:
            continue
    assert faulty.due <= 0
    for of, count in ((a, 2), (b, 1)):
        assert rows(of, "SELECT count(*), count(settled_at) FROM got WHERE fact = 2") == [(count, count)]
        assert rows(of, "SELECT count(*) FROM record WHERE kind = 'received'") == [(count,)]
        with of.ledger.begin() as book:
            kinds = [type(book.entry(LogRole.OURS, n)).__name__ for n in range(book.logs[LogRole.OURS].size)]
            assert kinds.count("ReceiptLeaf") == count
    assert logs(a)[0].size == logs(b)[1].size
    assert logs(b)[0].size == logs(a)[1].size
    assert not rows(a, "SELECT 1 FROM evidence")
    assert not rows(b, "SELECT 1 FROM evidence")
