"""Numbered SQL of each owner, applied forward when a store is opened.

An owner is the node's core or a desk. A step may carry a line `-- compatible: N`: programs that know fewer than N steps of
this owner must not open a store that has had this step. Without it, older programs go on working. What happens to a store
later can raise that number in its row (a cut does, docs/adr/0082-the-cut-is-built.md): every program since the first reads it.
The SQL is portable; bytes are declared BLOB, which another database's adapter translates.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from comity.base.errors import BadConfiguration
from comity.dispatch.ports import Tx

_COMPATIBLE = re.compile(r"^-- compatible: ([0-9]+)$", re.MULTILINE)
_VERSIONS = (
    "CREATE TABLE IF NOT EXISTS schema_version"
    " (owner TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL, compatible BIGINT NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one owner.

    Attributes:
        owner: `node`, or a desk's name.
        steps: (number, SQL), the numbers 1, 2, 3... without a gap.
    """

    owner: str
    steps: tuple[tuple[int, str], ...]


def apply_schemas(tx: Tx, schemas: Sequence[Schema]) -> None:
    """Bring every owner's tables to the newest step that this program knows, inside the caller's transaction.

    Raises:
        BadConfiguration: the store has had a step that this program is too old for, or the steps are not well numbered.
    """
    tx.run(_VERSIONS)
    for schema in schemas:
        _apply(tx, schema)


def refuse_newer(tx: Tx, schemas: Sequence[Schema]) -> None:
    """Refuse a store that this program is too old for; for whoever only reads, and for whoever is about to write.

    Raises:
        BadConfiguration: it is too old.
    """
    for schema in schemas:
        _reached(tx, schema)


def _reached(tx: Tx, schema: Schema) -> tuple[int, int]:
    """Return the newest step that the tables of an owner have had, and the one that a program must know."""
    found = tx.rows("SELECT number, compatible FROM schema_version WHERE owner = ?", (schema.owner,))
    had, compatible = (int(found[0][0] or 0), int(found[0][1] or 0)) if found else (0, 0)
    ours = len(schema.steps)
    if compatible > ours:
        raise BadConfiguration(
            f"the store was last used by a newer program: its tables of {schema.owner} need step {compatible}, "
            f"this program knows {ours}. Nothing was changed; install the newer program"
        )
    return had, compatible


def _apply(tx: Tx, schema: Schema) -> None:
    if [number for number, _ in schema.steps] != list(range(1, len(schema.steps) + 1)):
        raise BadConfiguration(f"the schema steps of {schema.owner} are not numbered 1, 2, 3...; nothing was changed")
    had, compatible = _reached(tx, schema)
    for number, sql in schema.steps[had:]:
        for statement in statements(sql):
            tx.run(statement)
        compatible = _compatible(sql, compatible)
        tx.run(
            "INSERT INTO schema_version (owner, number, compatible) VALUES (?, ?, ?)"
            " ON CONFLICT (owner) DO UPDATE SET number = excluded.number, compatible = excluded.compatible",
            (schema.owner, number, compatible),
        )


def _compatible(sql: str, before: int) -> int:
    found = _COMPATIBLE.search(sql)
    return max(before, int(found.group(1))) if found else before


def statements(sql: str) -> Iterator[str]:
    """Split SQL at the semicolons that end a statement; those inside strings, comments and triggers do not."""
    pending = ""
    for piece in sql.split(";"):
        pending += piece + ";"
        if sqlite3.complete_statement(pending):
            if pending.strip() != ";":
                yield pending.strip()
            pending = ""
    if pending.strip(" ;\n"):
        raise BadConfiguration("a schema step ends inside a statement; nothing was changed")
