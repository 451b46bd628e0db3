"""What an exchange reads in a database does not grow with what was exchanged before, also where the server has counted nothing yet.

A server plans the statements of the writer once, over tables that are still empty, and anew only when it has counted their rows, which
is a minute and more later.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

from comity.base.ids import Ms
from comity.edge.postgres import PostgresStore
from comity.marking.labels import Urgency
from tests.unit.edge import deskworld
from tests.unit.edge.deskworld import form, make_pair
from tests.unit.node.world import START, exchange

BATCH, FIRST, FURTHER = 16, 6, 30
TABLES = "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
INDEXES = "SELECT indexrelname, idx_tup_read FROM pg_stat_user_indexes"


@contextmanager
def two_over(databases, monkeypatch):
    """Give two nodes over two databases whose rows nobody counts."""
    stores = []

    def made(schemas, path):
        del path
        stores.append(PostgresStore(databases[len(stores)], tuple(schemas)))
        with stores[-1].begin() as tx:
            for (name,) in tx.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                tx.run(f"ALTER TABLE {name} SET (autovacuum_enabled = off)")
        return stores[-1]

    monkeypatch.setattr(deskworld, "store_with", made)
    a, b = make_pair(Path("a"))
    try:
        yield a, b
    finally:
        for store in stores:
            store.close()


def read_by(node):
    """Return how many rows and entries of indexes were read so far, by name."""
    with node.store.begin() as tx:
        tx.rows("SELECT pg_stat_force_next_flush()")
    with node.store.read() as tx:
        return {name: count for statement in (TABLES, INDEXES) for name, count in tx.rows(statement)}


def talk(a, b, rounds, start):
    """Send so many batches, each with its exchange; return what both read in one of them, by name."""
    before = [read_by(one) for one in (a, b)]
    for n in range(rounds):
        now = Ms(START + 1_000 * (start + n))
        a.submit([form(urgency=Urgency.NORMAL) for _ in range(BATCH)], now)
        exchange(a, b, now)
        exchange(a, b, Ms(now + 500))
    after = [read_by(one) for one in (a, b)]
    return {
        (side, name): (count - before[side].get(name, 0)) / rounds
        for side in (0, 1)
        for name, count in after[side].items()
    }


@pytest.fixture
def databases(pg_server, pg_names):
    return [pg_server.database(name) for name in pg_names]


def test_what_an_exchange_reads_does_not_grow_with_what_was_exchanged(databases, monkeypatch):
    with two_over(databases, monkeypatch) as (a, b):
        first = talk(a, b, FIRST, 0)
        talk(a, b, FURTHER, FIRST)
        last = talk(a, b, FIRST, FIRST + FURTHER)
        with a.store.read() as tx:
            assert tx.rows("SELECT COUNT(*) FROM sent WHERE settled_at IS NOT NULL") == [
                (BATCH * (FURTHER + 2 * FIRST),)
            ]
    grown = {name: (first[name], count) for name, count in last.items() if count > first[name] + 2 * BATCH}
    assert grown == {}
