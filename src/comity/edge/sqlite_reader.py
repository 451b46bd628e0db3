"""The store of a node that runs elsewhere on this machine, for a further page process: snapshots only, no writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.base.errors import BadConfiguration, StoreMisuse
from comity.edge.onewriter import OneWriter
from comity.edge.sqlite import SqliteStore, SqliteTx


class SqliteReader(SqliteStore):
    """The store's file opened by a process that never writes to it.

    Args:
        path: the file; it must exist, with the tables that the node's own program made.

    Raises:
        BadConfiguration: there is no store yet.
        StoreError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise BadConfiguration(f"{path} is not there: start the node first with `comity node run`")
        OneWriter.__init__(self)  # of the store itself nothing is made: it is another's
        self._folder = None
        self._path = path.absolute()
        self._page_limit = None
        self._readers: list[sqlite3.Connection] = []
        with self.read():
            pass

    @contextmanager
    def begin(self) -> Iterator[SqliteTx]:
        """Refuse: only the node's own process writes.

        Raises:
            StoreMisuse: always.
        """
        _refuse()
        yield from ()


def _refuse() -> None:
    raise StoreMisuse("a page process writes nothing: it asks the node's own process by its door")
