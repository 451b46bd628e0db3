from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration, StoreError, StoreMisuse
from comity.edge.schema import Schema, statements
from comity.edge.sqlite import MEMORY, SqliteStore
from tests.unit.edge.store_contract import COUNT, PUT, SCHEMA, StoreContract


class TestFile(StoreContract):
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "node.db"

    @pytest.fixture
    def store(self, path):
        store = SqliteStore(path, (SCHEMA,))
        yield store
        store.close()

    @pytest.fixture
    def reopen(self, path, store):
        opened = []

        def again():
            store.close()
            opened.append(SqliteStore(path, (SCHEMA,)))
            return opened[-1]

        yield again
        for one in opened:
            one.close()

    @pytest.fixture
    def full(self, path):
        @contextlib.contextmanager
        def opened():
            store = SqliteStore(path, (SCHEMA,), page_limit=64)
            yield store
            store.close()

        return opened


class TestFileWithoutRoom(TestFile):
    """The same contract where the operating system, not the database, refuses to write further."""

    @pytest.fixture
    def full(self, path):
        @contextlib.contextmanager
        def opened():
            store = SqliteStore(path, (SCHEMA,))
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (512 << 10, hard))
            try:
                yield store
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
                store.close()

        return opened


class TestMemory(TestFile):
    """For the simulation: the store outlives the node's objects, and a copy of it stands for opening again."""

    @pytest.fixture
    def path(self):
        return MEMORY

    @pytest.fixture
    def reopen(self, store):
        opened = []

        def again():
            image = store.image()
            store.close()
            opened.append(SqliteStore(MEMORY, (SCHEMA,), image=image))
            return opened[-1]

        yield again
        for one in opened:
            one.close()


NOBODY = 65534


@contextlib.contextmanager
def as_nobody():
    """Run as a user whom file modes bind, also where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def folder():
    """A folder that any user can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
        yield Path(name)


def test_in_a_read_only_folder_no_store_is_made(folder):
    folder.chmod(0o555)
    with as_nobody(), pytest.raises(StoreError, match=r"Permission|read-only|opened"):
        SqliteStore(folder / "node.db", (SCHEMA,))
    assert list(folder.iterdir()) == []


def test_a_store_turned_read_only_refuses_and_keeps_its_rows(folder):
    with as_nobody():
        store = SqliteStore(folder / "node.db", (SCHEMA,))
        with store.begin() as tx:
            tx.run(PUT, (1, b"kept", None))
        store.close()
        (folder / "node.db").chmod(0o400)
        folder.chmod(0o555)
        with pytest.raises(StoreError, match=r"read-only|opened"):
            SqliteStore(folder / "node.db", (SCHEMA,))
        folder.chmod(0o777)
        (folder / "node.db").chmod(0o600)
        with SqliteStore(folder / "node.db", (SCHEMA,)).read() as tx:
            assert tx.rows(COUNT) == [(1,)]


def test_only_this_user_reads_the_files(tmp_path):
    store = SqliteStore(tmp_path / "node.db", (SCHEMA,))
    with store.begin() as tx:
        tx.run(PUT, (1, b"", None))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"node.db": 0o600, "node.db-wal": 0o600, "node.db-shm": 0o600}
    store.close()


def test_every_commit_is_flushed(tmp_path):
    store = SqliteStore(tmp_path / "node.db")
    with store.begin() as tx:
        assert tx.rows("PRAGMA synchronous") == [(2,)]
        assert tx.rows("PRAGMA journal_mode") == [("wal",)]
        assert tx.rows("PRAGMA foreign_keys") == [(1,)]
    store.close()


def test_a_killed_process_loses_nothing_that_was_committed_and_keeps_nothing_else(tmp_path):
    program = f"""
import os, sys
sys.path[:0] = {sys.path!r}
from tests.unit.edge.store_contract import PUT, SCHEMA
from comity.edge.sqlite import SqliteStore
store = SqliteStore({str(tmp_path / "node.db")!r}, (SCHEMA,))
with store.begin() as tx:
    tx.run(PUT, (1, b"committed", None))
with store.begin() as tx:
    tx.run(PUT, (2, b"not committed", None))
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    with SqliteStore(tmp_path / "node.db", (SCHEMA,)).read() as tx:
        assert tx.rows("SELECT entry FROM leaf") == [(b"committed",)]


def test_a_memory_store_outlives_the_objects_that_used_it_and_can_be_put_back():
    store = SqliteStore(MEMORY, (SCHEMA,))
    with store.begin() as tx:
        tx.run(PUT, (1, b"", None))
    earlier = store.image()
    with store.begin() as tx:
        tx.run(PUT, (2, b"", None))
    put_back = SqliteStore(MEMORY, (SCHEMA,), image=earlier)
    with put_back.read() as old, store.read() as new:
        assert old.rows(COUNT) == [(1,)]
        assert new.rows(COUNT) == [(2,)]
    for one in (store, put_back):
        folder = one._folder.name
        one.close()
        one.close()
        assert not Path(folder).exists()


def test_an_image_never_replaces_a_store(tmp_path):
    store = SqliteStore(tmp_path / "node.db", (SCHEMA,))
    with pytest.raises(StoreMisuse, match="exists"):
        SqliteStore(tmp_path / "node.db", (SCHEMA,), image=store.image())
    store.close()


def test_scrubbed_content_is_in_no_file(tmp_path):
    store = SqliteStore(tmp_path / "node.db", (SCHEMA,))
    secret = b"to be destroyed " * 64
    with store.begin() as tx:
        tx.run(PUT, (1, secret, None))
    with store.begin() as tx:
        tx.run("DELETE FROM leaf")
    assert any(secret[:64] in file.read_bytes() for file in tmp_path.iterdir())
    with store.read(), pytest.raises(StoreError, match="repeat later"):
        impatient(store).scrub()
    store.scrub()
    assert not any(secret[:64] in file.read_bytes() for file in tmp_path.iterdir())
    store.close()


def impatient(store):
    store._writer.execute("PRAGMA busy_timeout=10")
    return store


def test_another_program_that_holds_the_store_is_named_as_such(tmp_path):
    store = SqliteStore(tmp_path / "node.db", (SCHEMA,))
    other = sqlite3.connect(tmp_path / "node.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program"), impatient(store).begin():
        pass
    other.close()
    with store.begin() as tx:
        tx.run(PUT, (1, b"", None))
    store.close()


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path):
    (tmp_path / "node.db").write_bytes(b"minutes of the meeting " * 400)
    with pytest.raises(StoreError, match="not a store"):
        SqliteStore(tmp_path / "node.db", (SCHEMA,))
    assert (tmp_path / "node.db").read_bytes() == b"minutes of the meeting " * 400


def test_a_damaged_store_is_named_as_such(tmp_path):
    store = SqliteStore(tmp_path / "node.db", (SCHEMA,))
    with store.begin() as tx:
        tx.many(PUT, ((i, bytes(1000), None) for i in range(200)))
    store.close()
    content = bytearray((tmp_path / "node.db").read_bytes())
    content[3 * 4096 :] = b"\xff" * (len(content) - 3 * 4096)
    (tmp_path / "node.db").write_bytes(content)
    store = SqliteStore(tmp_path / "node.db")
    with pytest.raises(StoreError, match="damaged"), store.read() as tx:
        tx.rows("SELECT SUM(LENGTH(entry)) FROM leaf")
    store.close()


def version(store, owner="node"):
    with store.read() as tx:
        return tx.rows("SELECT number, compatible FROM schema_version WHERE owner = ?", (owner,))


def test_steps_are_applied_once_and_forward(tmp_path):
    SqliteStore(tmp_path / "db", (Schema("node", SCHEMA.steps[:1]),)).close()
    store = SqliteStore(tmp_path / "db", (SCHEMA,))
    assert version(store) == [(2, 0)]
    store.close()
    store = SqliteStore(tmp_path / "db", (SCHEMA, Schema("requests", ((1, "CREATE TABLE item (id BLOB)"),))))
    assert version(store) == [(2, 0)]
    assert version(store, "requests") == [(1, 0)]
    store.close()


def test_an_older_program_opens_a_newer_store_that_allows_it(tmp_path):
    SqliteStore(tmp_path / "db", (SCHEMA,)).close()
    store = SqliteStore(tmp_path / "db", (Schema("node", SCHEMA.steps[:1]),))
    assert version(store) == [(2, 0)]
    store.close()


def test_a_store_that_a_newer_program_changed_past_us_is_refused(tmp_path):
    newer = (*SCHEMA.steps, (3, "-- compatible: 3\nALTER TABLE leaf RENAME COLUMN note TO remark;"))
    store = SqliteStore(tmp_path / "db", (Schema("node", newer),))
    assert version(store) == [(3, 3)]
    store.close()
    before = (tmp_path / "db").read_bytes()
    with pytest.raises(BadConfiguration, match="newer program"):
        SqliteStore(tmp_path / "db", (SCHEMA,))
    assert (tmp_path / "db").read_bytes() == before


def test_a_failing_step_leaves_the_store_as_it_was(tmp_path):
    SqliteStore(tmp_path / "db", (Schema("node", SCHEMA.steps[:1]),)).close()
    bad = (SCHEMA.steps[0], (2, "CREATE TABLE half (a BLOB); CREATE TABLE half (b BLOB);"))
    with pytest.raises(StoreMisuse, match="half"):
        SqliteStore(tmp_path / "db", (Schema("node", bad),))
    store = SqliteStore(tmp_path / "db", (SCHEMA,))
    assert version(store) == [(2, 0)]
    store.close()


def test_steps_with_a_gap_are_refused(tmp_path):
    with pytest.raises(BadConfiguration, match="numbered"):
        SqliteStore(tmp_path / "db", (Schema("node", ((2, "CREATE TABLE a (b BLOB)"),)),))


def test_sql_is_split_where_statements_end():
    sql = """-- first; with a semicolon
CREATE TABLE a (b TEXT DEFAULT ';');
CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = ';'; DELETE FROM a; END;
-- the end
"""
    parts = list(statements(sql))
    assert len([part for part in parts if "CREATE" in part]) == 2
    assert parts[1].startswith("CREATE TRIGGER")
    assert parts[1].endswith("END;")
    with pytest.raises(BadConfiguration, match="inside a statement"):
        list(statements("INSERT INTO a VALUES ('open"))


def test_a_full_disk_while_the_tables_are_made_is_a_clear_error(tmp_path):
    with pytest.raises(StoreError, match="full"):
        SqliteStore(tmp_path / "db", (SCHEMA,), page_limit=2)


def test_a_store_whose_folder_went_away_is_a_clear_error(tmp_path):
    (tmp_path / "disk").mkdir()
    store = SqliteStore(tmp_path / "disk" / "db", (SCHEMA,))
    (tmp_path / "disk").rename(tmp_path / "gone")
    with pytest.raises(StoreError, match="could not be opened"), store.read():
        pass
    store.close()


def test_more_readers_than_are_kept_are_served(tmp_path):
    store = SqliteStore(tmp_path / "db", (SCHEMA,))
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            assert stack.enter_context(store.read()).rows(COUNT) == [(0,)]
    assert len(store._readers) == 8
    store.close()
