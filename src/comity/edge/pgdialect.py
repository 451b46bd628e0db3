"""The one place where the portable SQL of core and desks becomes PostgreSQL's own.

The rule it keeps: the same numbered files make the same tables on both; only the names of types differ, and texts are compared byte
by byte as SQLite does, whatever the database was made with.
"""

from __future__ import annotations

import re
from functools import lru_cache

from comity.base.errors import StoreMisuse

_LEADING = re.compile(r"(?:\s+|--[^\n]*\n?)*")
_CONTROL = re.compile(
    r"(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE|SET|RESET|LOCK)\b", re.IGNORECASE
)
_TABLE = re.compile(r"(?:CREATE|ALTER)\s+TABLE\b", re.IGNORECASE)
_TYPES = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\b(?:BLOB|TEXT|INTEGER)\b")
_RESERVED = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|\b(?:asymmetric)\b")
"""Names of columns that are words of the standard's: PostgreSQL takes them in quotes only."""
_NAMES = {"BLOB": "bytea", "TEXT": 'text COLLATE "C"', "INTEGER": "bigint"}


_NOTE_KEY = re.compile(r"\bnote TEXT PRIMARY KEY\b(.*)\)", re.DOTALL)
_NOTE_ONCE = r"note TEXT NOT NULL\1, EXCLUDE USING hash (note WITH =))"
"""A signed head is longer than a key of an ordered index may be; an index of hashes has no such limit."""


@lru_cache(maxsize=1_024)
def translated(sql: str) -> str:
    """Return a statement of the core as PostgreSQL takes it.

    Raises:
        StoreMisuse: it would begin, end or change the transaction, which is the store's alone.
    """
    sql = _RESERVED.sub(_quoted, sql)
    begin = _LEADING.sub("", sql, count=1)
    if _CONTROL.match(begin):
        raise StoreMisuse("a statement would have ended the transaction by itself; it was not run")
    if _TABLE.match(begin):
        return _TYPES.sub(lambda found: _NAMES.get(found[0], found[0]), _NOTE_KEY.sub(_NOTE_ONCE, sql))
    return sql


def _quoted(found: re.Match[str]) -> str:
    return found[0] if found[0][0] in "-'\"" else f'"{found[0]}"'
