"""A plug-in for pytest: the stores of the tests are PostgreSQL databases. Run as `pytest -p tests.onpostgres FOLDERS`.

What needs SQLite itself (an image, a page limit, a statement of its own) goes on with SQLite; everything else asks the port and must
come to the same end.
"""

from __future__ import annotations

import atexit
import itertools
import sys
import weakref

import pytest

from comity.edge import pgsearch, search
from comity.edge.pgsearch import TermsFinder
from comity.edge.postgres import PostgresStore
from comity.edge.sqlite import MEMORY, SqliteStore
from tests.pgserver import Cluster

_NUMBERS = itertools.count(1)
_CLUSTERS: list[Cluster] = []
_BY_PATH: dict[str, str] = {}
_OPEN: weakref.WeakSet[PostgresStore] = weakref.WeakSet()
_MADE: list[str] = []


class EitherStore(PostgresStore):
    """Takes what the tests give SQLite's store."""

    def __new__(cls, path, schemas=(), *, page_limit=None, image=None):
        if page_limit is not None or image is not None:
            return SqliteStore(path, schemas, page_limit=page_limit, image=image)
        return super().__new__(cls)

    def __init__(self, path, schemas=(), **_):
        name = _BY_PATH.get(str(path))
        if name is None:
            name = f"either{next(_NUMBERS)}"
            server().create(name)
            _MADE.append(name)
            if path != MEMORY:
                _BY_PATH[str(path)] = name
        super().__init__(server().database(name), schemas)
        _OPEN.add(self)


def server() -> Cluster:
    """Return this process's server, started when the first store is made."""
    if not _CLUSTERS:
        _CLUSTERS.append(Cluster.make(max_connections="400").start())
        atexit.register(_CLUSTERS[0].remove)
    return _CLUSTERS[0]


def pytest_collection_finish() -> None:
    """Put the database where the tests took SQLite's classes by name."""
    instead = {
        "SqliteStore": (SqliteStore, EitherStore), "FtsFinder": (search.FtsFinder, TermsFinder),
        "keep_up": (search.keep_up, lambda *_: None), "prepare": (search.prepare, pgsearch.prepare),
        "drop": (search.drop, pgsearch.drop),
    }  # fmt: skip
    for name, module in list(sys.modules.items()):
        if name.startswith(("tests.", "comity.cli.simulate")) or module is search:
            for attribute, (old, new) in instead.items():
                if getattr(module, attribute, None) is old:
                    setattr(module, attribute, new)


@pytest.fixture(scope="module", autouse=True)
def _databases_end():
    yield
    for one in list(_OPEN):
        one.close()
    _OPEN.clear()
    _BY_PATH.clear()
    for name in _MADE:
        server().drop(name)
    _MADE.clear()
