"""All rows of a store into another kind of store: a database into a file that can be kept, and such a file back into a database.

The rule it keeps: a copy is one snapshot, in the tables of this program's own schema; what a kind of store makes for itself (indexes of
words, its own marks) is not copied but made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from comity.base.errors import BadConfiguration
from comity.dispatch.ports import Row, Tx
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore

_ROWS = 500
_VERSIONS = "SELECT owner, number FROM schema_version ORDER BY owner"
_NEEDED = "SELECT owner, compatible FROM schema_version ORDER BY owner"


def tables_of(tx: Tx) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table in a store's file, but those of its indexes of words."""
    names = [
        str(name)
        for name, sql in tx.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if "_find" not in str(name) and not str(sql).startswith("CREATE VIRTUAL")
    ]
    return {
        name: tuple(str(row[1]) for row in tx.rows(f"PRAGMA table_info({name})"))
        for name in names
        if name != "schema_version"
    }


def into_file(source: Tx, path: Path, schemas: Sequence[Schema]) -> None:
    """Write what a snapshot of a database holds into a new file.

    Raises:
        BadConfiguration: the tables are of another version of this program; nothing was written.
        StoreError: the file could not be written.
    """
    store = SqliteStore(path, schemas)
    try:
        with store.begin() as tx:
            if tx.rows(_VERSIONS) != source.rows(_VERSIONS):
                raise BadConfiguration("the store's tables are of another version of this program; run that one once")
            _keep_needed(source, tx)
            for name, columns in tables_of(tx).items():
                _write(tx, name, columns, _of_database(source, name, columns))
    finally:
        store.close()


def into_database(source: Tx, target: Tx) -> None:
    """Write what a file holds into the empty tables of a database.

    Raises:
        BadConfiguration: the tables are of another version of this program; nothing was written.
    """
    if source.rows(_VERSIONS) != target.rows(_VERSIONS):
        raise BadConfiguration("the copy's tables are of another version of this program; nothing was changed")
    _keep_needed(source, target)
    for name, columns in tables_of(source).items():
        _write(target, name, columns, _of_file(source, name, columns))


def _keep_needed(source: Tx, target: Tx) -> None:
    """Let the copy be opened by no older program than the store: a log in it may have been cut."""
    for owner, compatible in source.rows(_NEEDED):
        target.run("UPDATE schema_version SET compatible = ? WHERE owner = ?", (compatible, owner))


def _write(tx: Tx, name: str, columns: Sequence[str], rows: Iterator[list[Row]]) -> None:
    marks = ", ".join("?" * len(columns))
    for some in rows:
        tx.many(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", some)  # noqa: S608  names of our own schema


def _of_database(tx: Tx, name: str, columns: Sequence[str]) -> Iterator[list[Row]]:
    tx.run(f"DECLARE copy_{name} NO SCROLL CURSOR FOR SELECT {', '.join(columns)} FROM {name}")  # noqa: S608  names of our own schema
    while some := tx.rows(f"FETCH {_ROWS} FROM copy_{name}"):
        yield some
    tx.run(f"CLOSE copy_{name}")


def _of_file(tx: Tx, name: str, columns: Sequence[str]) -> Iterator[list[Row]]:
    after = 0
    page = f"SELECT rowid, {', '.join(columns)} FROM {name} WHERE rowid > ? ORDER BY rowid LIMIT {_ROWS}"  # noqa: S608  names of our own schema
    while some := tx.rows(page, (after,)):
        yield [row[1:] for row in some]
        after = int(some[-1][0] or 0)
