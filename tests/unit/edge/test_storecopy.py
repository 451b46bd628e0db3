"""A node moves from its file into a database and back, and nothing of it changes on the way."""

from __future__ import annotations

from contextlib import closing

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.edge.backup import backup_store, mark_store, put_back_store
from comity.edge.config import read_config
from comity.edge.opening import open_node, schemas_of
from comity.edge.sqlite import SqliteStore
from comity.edge.storecopy import tables_of
from comity.edge.stores import open_snapshots
from tests.unit.edge.twofolders import ASKS, MADE, copy_of, paired, question


def everything(path, config):
    """Return all rows of a copy, by table."""
    with closing(SqliteStore(path, schemas_of(config))) as store, store.read() as tx:
        return {name: tx.rows(f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables_of(tx)}


def counter(config):
    with closing(open_snapshots(config)) as store, store.read() as tx:
        return tx.rows("SELECT value FROM counter WHERE name = 'put-back'")


def test_a_node_moves_into_a_database_and_its_copy_is_the_same(tmp_path, pg_server, pg_name):
    folder = copy_of(paired(), tmp_path) / "ostrel"
    opened = open_node(read_config(folder), MADE)
    opened.node.starts(MADE)
    opened.node.submit([(question(), ASKS)], MADE)
    opened.store.close()
    backup_store(folder, tmp_path / "file.db")
    with (folder / "node.toml").open("a") as settings:
        settings.write(f'store = "postgresql"\ndatabase = "{pg_server.address(pg_name)}"\n')
    config = read_config(folder)
    with pytest.raises(BadConfiguration, match="no tables yet"):
        backup_store(folder, tmp_path / "none.db")
    put_back_store(folder, tmp_path / "file.db", MADE, newest=True)
    backup_store(folder, tmp_path / "database.db")
    before = everything(tmp_path / "file.db", config)
    assert before == everything(tmp_path / "database.db", config)
    assert len(before["requests_dispatch"]) == 1
    assert counter(config) == []
    again = open_node(config, MADE)
    assert len(again.node.unopened()) == 0
    again.store.close()
    kept = put_back_store(folder, tmp_path / "file.db", Ms(MADE + 1))
    assert counter(config) == [(1,)], "the next start takes for granted that something came after the copy"
    assert pg_server.ask(f"SELECT count(*) FROM {kept.split()[1]}.requests_dispatch", pg_name) == [(1,)]


def needs(path):
    with closing(SqliteStore(path)) as store, store.read() as tx:
        return dict(tx.rows("SELECT owner, compatible FROM schema_version"))


def test_a_store_that_needs_a_newer_program_says_so_in_every_copy_of_it(tmp_path, pg_server, pg_name):
    folder = copy_of(paired(), tmp_path) / "ostrel"
    opened = open_node(read_config(folder), MADE)
    with opened.store.begin() as tx:
        tx.run("UPDATE schema_version SET compatible = 15 WHERE owner = 'node'")  # as a cut does
    opened.store.close()
    backup_store(folder, tmp_path / "file.db")
    with (folder / "node.toml").open("a") as settings:
        settings.write(f'store = "postgresql"\ndatabase = "{pg_server.address(pg_name)}"\n')
    open_node(read_config(folder), MADE).store.close()
    put_back_store(folder, tmp_path / "file.db", MADE, newest=True)
    backup_store(folder, tmp_path / "database.db")
    assert needs(tmp_path / "file.db") == needs(tmp_path / "database.db")
    assert needs(tmp_path / "database.db")["node"] == 15


def test_a_database_that_was_put_back_by_its_own_tools_is_marked(tmp_path, pg_server, pg_name):
    folder = copy_of(paired(), tmp_path) / "ostrel"
    with (folder / "node.toml").open("a") as settings:
        settings.write(f'store = "postgresql"\ndatabase = "{pg_server.address(pg_name)}"\n')
    config = read_config(folder)
    open_node(config, MADE).store.close()
    mark_store(folder)
    assert counter(config) == [(1,)]
    with pytest.raises(BadConfiguration, match="not there"):
        put_back_store(folder, tmp_path / "none.db", MADE)
    other = folder.parent / "vanmere"
    open_node(read_config(other), MADE).store.close()
    backup_store(other, tmp_path / "other.db")
    with pytest.raises(BadConfiguration, match="not a copy"):
        put_back_store(folder, tmp_path / "other.db", MADE)
