"""Empty stores for tests: the schema's steps are run once a process, and every further store begins as a copy of the first.

A store that stands where a file is already, and one over a database, is made as ever.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from comity.edge import sqlite
from comity.edge.schema import Schema
from comity.edge.sqlite import MEMORY, SqliteStore


def store_with(schemas, path=MEMORY):
    """Return a new store with these tables."""
    wanted = tuple(schemas)
    if SqliteStore is not sqlite.SqliteStore or (
        path != MEMORY and Path(path).exists()
    ):  # tests/onpostgres.py puts its own
        return SqliteStore(path, wanted)
    return SqliteStore(path, wanted, image=_empty(wanted))


@lru_cache(maxsize=32)
def _empty(schemas: tuple[Schema, ...]) -> bytes:
    made = SqliteStore(MEMORY, schemas)
    try:
        return made.image()
    finally:
        made.close()
