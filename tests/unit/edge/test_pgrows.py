"""Rows that wait together go as one insert, and come to what the statements one by one come to."""

from __future__ import annotations

import random

import pytest

from comity.base.errors import StoreMisuse
from comity.edge.pgdialect import translated
from comity.edge.pgrows import gathered
from comity.edge.pgwire import Wire
from comity.edge.postgres import PostgresStore
from comity.edge.schema import Schema

A, B = "INSERT INTO a (k, v) VALUES (?, ?)", "INSERT INTO b (k) VALUES (?) ON CONFLICT (k) DO NOTHING"
TABLES = Schema(
    "rows",
    ((1, "CREATE TABLE a (k BIGINT PRIMARY KEY, v TEXT); CREATE TABLE b (k BIGINT PRIMARY KEY); CREATE TABLE c (k BIGINT, v TEXT)"),),
)  # fmt: skip
NOT_JOINED = (
    "INSERT INTO a (k, v) VALUES ((SELECT COALESCE(MAX(k), 0) + 1 FROM a), ?)",
    "INSERT INTO b (k) VALUES (?) ON CONFLICT (k) DO UPDATE SET k = excluded.k",
    "UPDATE a SET v = ?",
    "DELETE FROM b WHERE k = ?",
)


def test_rows_of_one_statement_stand_side_by_side_where_the_first_stood():
    assert gathered([(A, (1, "x")), (B, (1,)), (A, (2, "y")), (B, (2,))]) == [
        ("INSERT INTO a (k, v) VALUES (?, ?), (?, ?)", (1, "x", 2, "y")),
        ("INSERT INTO b (k) VALUES (?), (?) ON CONFLICT (k) DO NOTHING", (1, 2)),
    ]


def test_no_row_is_moved_past_a_statement_that_names_its_table():
    waiting = [(A, (1, "x")), ("INSERT INTO c (k, v) SELECT k, v FROM a", ()), (A, (2, "y"))]
    assert gathered(waiting) == waiting


def test_another_insert_into_the_table_stands_between_too():
    other = "INSERT INTO a (k) VALUES (?)"
    waiting = [(A, (1, "x")), (other, (2,)), (A, (3, "y"))]
    assert gathered(waiting) == waiting


@pytest.mark.parametrize("sql", NOT_JOINED)
def test_what_rows_before_it_may_change_goes_alone(sql):
    waiting = [(sql, (1,)), (sql, (2,))]
    assert gathered(waiting) == waiting


def test_few_widths_are_used_and_none_is_too_wide_for_the_server():
    wide = f"INSERT INTO a ({', '.join(f'c{n}' for n in range(29))}) VALUES ({', '.join('?' * 29)})"
    for sql, values in ((A, (1, "x")), (wide, tuple(range(29)))):
        sent = {statement for many in range(1, 300) for statement, _ in gathered([(sql, values)] * many)}
        assert len(sent) <= 12
        assert all(statement.count("?") <= 512 for statement in sent)
        for many in (1, 7, 15, 16, 100, 299):
            assert sum(len(arguments) for _, arguments in gathered([(sql, values)] * many)) == many * len(values)


def _any(draw: random.Random) -> tuple[str, tuple[int | str, ...]]:
    k = draw.randrange(40)
    return draw.choice([
        (A + " ON CONFLICT DO NOTHING", (k, f"v{draw.randrange(9)}")),
        (A + " ON CONFLICT DO NOTHING", (k + 40, "w")),
        (B, (k,)),
        (B, (k,)),
        ("INSERT INTO c (k, v) VALUES (?, ?)", (k, "c")),
        ("INSERT INTO c (k, v) SELECT k, v FROM a WHERE k < ?", (k,)),
        ("UPDATE a SET v = v || 'u' WHERE k > ?", (k,)),
        ("DELETE FROM b WHERE k < ?", (k // 4,)),
        ("INSERT INTO b (k) SELECT k + 100 FROM a WHERE k = ? ON CONFLICT DO NOTHING", (k,)),
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_the_same_rows_are_left_as_one_by_one(pg, seed):
    draw, left = random.Random(seed), []
    said = [_any(draw) for _ in range(120)]
    store = PostgresStore(pg, (TABLES,))
    try:
        for alone in (False, True):
            with store.begin() as tx:
                for table in "abc":
                    tx.run(f"DELETE FROM {table}")
            with store.begin() as tx:
                for sql, arguments in said:
                    (tx.run if alone else tx.later)(sql, arguments)
            with store.read() as tx:
                left.append([tx.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("a", "c")])
                left[-1].append(tx.rows("SELECT k FROM b ORDER BY k"))
    finally:
        store.close()
    assert left[0] == left[1]
    assert all(left[0])


def test_one_bad_row_among_many_keeps_none(pg):
    store = PostgresStore(pg, (TABLES,))
    try:
        with pytest.raises(StoreMisuse), store.begin() as tx:
            tx.many(A, [(1, "x"), (2, "y"), (1, "z")])
        with store.begin() as tx:
            tx.many(A, [(1, "x"), (2, None)])
        with store.read() as tx:
            assert tx.rows("SELECT k, v FROM a ORDER BY k") == [(1, "x"), (2, None)]
    finally:
        store.close()


def test_a_whole_transaction_of_writes_is_one_journey(pg, monkeypatch):
    flights, fly = [], Wire.flight
    store = PostgresStore(pg, (TABLES,))
    try:
        monkeypatch.setattr(Wire, "flight", lambda wire, asked: flights.append(asked) or fly(wire, asked))
        with store.begin() as tx:
            tx.many(A, [(1, "x"), (2, "y")])
            tx.later(B, (1,))
        assert [sql for sql, _ in flights[0]] == [
            "BEGIN", translated("INSERT INTO a (k, v) VALUES (?, ?), (?, ?)"), B,
            "UPDATE comity_store SET writes = writes + 1", "COMMIT",
        ]  # fmt: skip
        assert len(flights) == 1
    finally:
        store.close()
