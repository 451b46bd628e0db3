"""Which store a node has: an SQLite file in its folder, or a PostgreSQL database; the one place that knows both.

The rule it keeps: everything above asks the port, and works on either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from comity.base.errors import BadConfiguration
from comity.dispatch.ports import Tx
from comity.edge import pgsearch, search
from comity.edge.config import POSTGRESQL, Config
from comity.edge.database import Database, read_database
from comity.edge.pgsearch import TermsFinder
from comity.edge.schema import Schema
from comity.edge.search import Finder, FtsFinder
from comity.edge.sqlite import SqliteStore
from comity.edge.sqlite_reader import SqliteReader


class NodeStore(Protocol):
    """A `Store` that a node owns."""

    def begin(self) -> AbstractContextManager[Tx]:
        """Open the transaction that may write."""
        ...

    def read(self) -> AbstractContextManager[Tx]:
        """Open a snapshot that only reads."""
        ...

    def follow(self, follower: Callable[[Tx], None]) -> None:
        """Run `follower` at the end of every transaction that writes, inside it."""
        ...

    def size_bytes(self) -> int:
        """Return how large it is on its disk."""
        ...

    def scrub(self) -> None:
        """Clear away what still holds deleted bytes.

        Raises:
            StoreError: some may be left; it says where.
        """
        ...

    def close(self) -> None:
        """Close it."""
        ...


def in_database(config: Config) -> bool:
    """Tell whether the store is a PostgreSQL database."""
    return str(config.store) == POSTGRESQL


def database_of(config: Config) -> Database:
    """Return where the database is.

    Raises:
        BadConfiguration: the settings do not say, or a file of theirs cannot be read.
    """
    if not config.database:
        raise BadConfiguration(f'store = "{POSTGRESQL}" needs `database`, where it is; the node was not started')
    secret = config.folder / config.database_secret if config.database_secret else None
    return read_database(config.database, config.folder, secret)


class DatabaseStore(NodeStore, Protocol):
    """A store that is a database."""

    def replace(self, schemas: Sequence[Schema], kept: str) -> AbstractContextManager[Tx]:
        """Open a transaction over empty tables; those that were there are kept in a schema of the name `kept`."""
        ...


def open_database(config: Config, schemas: Sequence[Schema] = ()) -> DatabaseStore:
    """Open the database to write.

    Raises:
        StoreError: it cannot be reached or written, or another process writes to it.
        BadConfiguration: a newer program made it, the settings do not fit, or the driver is not installed.
    """
    try:
        from comity.edge.postgres import PostgresStore  # noqa: PLC0415  its driver is an extra
    except ModuleNotFoundError as error:
        raise BadConfiguration(
            f'store = "{POSTGRESQL}" needs its driver: install comity[postgresql]; nothing was done'
        ) from error
    return PostgresStore(database_of(config).named(f"comity {config.party}"), schemas)


def open_writer(config: Config, schemas: Sequence[Schema], desks: Iterable[str] = ()) -> NodeStore:
    """Open the store to write, with these tables, and the index of each desk's words.

    Raises:
        StoreError: it cannot be reached or written, or another process writes to it.
        BadConfiguration: a newer program made it, or the settings do not fit.
    """
    made = open_database(config, schemas) if in_database(config) else SqliteStore(config.path(config.store), schemas)
    try:
        for desk in desks:
            _prepare(config, made, desk)
    except BaseException:
        made.close()
        raise
    return made


def open_snapshots(config: Config) -> NodeStore:
    """Open the store to read only, while the node's own process runs or not.

    Raises:
        BadConfiguration: there is none yet.
        StoreError: it cannot be read.
    """
    if in_database(config):
        from comity.edge.postgres import PostgresReader  # noqa: PLC0415  its driver is an extra

        return PostgresReader(database_of(config).named(f"comity {config.party} reads"))
    return SqliteReader(config.path(config.store))


def finder_of(config: Config, desk: str) -> Finder:
    """Return what looks for words in this kind of store."""
    return TermsFinder(desk) if in_database(config) else FtsFinder(desk)


def rebuild_of(config: Config) -> Callable[[Tx, str], None]:
    """Return what makes the index of a desk again, so that no word that was taken out stands in it."""
    return pgsearch.rebuild if in_database(config) else search.rebuild


def _prepare(config: Config, store: NodeStore, desk: str) -> None:
    (pgsearch if in_database(config) else search).prepare(store, desk)
