"""A store that begins as a copy of an empty one is the store that its schema's steps make."""

from __future__ import annotations

from contextlib import closing

from comity.edge.schema import Schema
from comity.edge.sqlite import MEMORY, SqliteStore
from tests.templates import store_with

SCHEMAS = (
    Schema("node", ((1, "CREATE TABLE one (id BLOB PRIMARY KEY, at BIGINT)"), (2, "CREATE INDEX of_one ON one (at)"))),
    Schema("desk", ((1, "CREATE TABLE two (id BLOB)"),)),
)


def said(store) -> tuple[list, list]:
    with closing(store), store.read() as tx:
        versions = tx.rows("SELECT owner, number, compatible FROM schema_version ORDER BY owner")
        return tx.rows("SELECT type, name, sql FROM sqlite_master ORDER BY name"), versions


def test_a_copy_has_the_tables_and_steps_of_one_made_by_them():
    assert said(store_with(SCHEMAS)) == said(SqliteStore(MEMORY, SCHEMAS))


def test_what_is_written_into_one_is_in_no_other():
    with closing(store_with(SCHEMAS)) as first, closing(store_with(SCHEMAS)) as second:
        with first.begin() as tx:
            tx.run("INSERT INTO two VALUES (?)", (b"x",))
        with second.read() as tx:
            assert tx.rows("SELECT id FROM two") == []
    with closing(store_with(SCHEMAS)) as third, third.read() as tx:
        assert tx.rows("SELECT id FROM two") == []


def test_another_schema_has_another_store():
    with closing(store_with(SCHEMAS[:1])) as store, store.read() as tx:
        assert tx.rows("SELECT name FROM sqlite_master WHERE name = 'two'") == []


def test_a_store_that_stands_already_is_opened_and_kept(tmp_path):
    path = tmp_path / "node.db"
    with closing(store_with(SCHEMAS, path)) as first, first.begin() as tx:
        tx.run("INSERT INTO two VALUES (?)", (b"x",))
    with closing(store_with(SCHEMAS, path)) as again, again.read() as tx:
        assert tx.rows("SELECT id FROM two") == [(b"x",)]
