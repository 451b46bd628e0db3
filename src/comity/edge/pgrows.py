"""Many rows in one statement: inserts into one table that wait together go as one insert of several rows.

The rule it keeps: what is left behind, and whether it is refused, is what the statements one by one would have come to. So a row moves
forward only to rows of the very same statement, and never past a statement that names its table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from comity.dispatch.ports import Scalar

Statement: TypeAlias = tuple[str, Sequence[Scalar]]

_INSERT = re.compile(
    r'(?P<head>INSERT INTO (?P<table>\w+) \([\w", ]+\) VALUES )(?P<row>\(\?(?:, \?)*\))'
    r"(?P<tail>(?: ON CONFLICT(?: \([\w, ]+\))? DO NOTHING)?)"
)
"""An insert whose values are all given: what another row of the same statement holds cannot change it."""
_WORDS = re.compile(r"\w+")
_WIDTHS = (64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)
_MOST_VALUES = 512
"""In one statement: the server keeps a plan for each width."""


@dataclass(slots=True)
class _Rows:
    """Rows of one statement, to be sent where the first of them stood."""

    sql: str
    rows: list[Sequence[Scalar]] = field(default_factory=list)


def gathered(waiting: Sequence[Statement]) -> list[Statement]:
    """Return statements that come to the same as these in their order, with rows of one table side by side."""
    found: list[_Rows] = []
    joinable: dict[str, _Rows] = {}
    for sql, arguments in waiting:
        table = _table(sql)
        rows = None if table is None else joinable.get(table)
        if rows is not None and rows.sql == sql:
            rows.rows.append(arguments)
            continue
        for named in _names(sql) & joinable.keys():
            del joinable[named]
        rows = _Rows(sql, [arguments])
        found.append(rows)
        if table is not None:
            joinable[table] = rows
    return [statement for rows in found for statement in _sent(rows)]


def _sent(rows: _Rows) -> Iterator[Statement]:
    """Yield the statements that write these rows, of a few widths, so that few are prepared."""
    start, left = 0, len(rows.rows)
    while left:
        width = next(one for one in _WIDTHS if one == 1 or (one <= left and one * len(rows.rows[0]) <= _MOST_VALUES))
        if width == 1:
            yield rows.sql, rows.rows[start]
        else:
            yield _wide(rows.sql, width), tuple(chain.from_iterable(rows.rows[start : start + width]))
        start, left = start + width, left - width


@lru_cache(maxsize=1_024)
def _table(sql: str) -> str | None:
    """Return the table of an insert whose rows may stand together; None of everything else."""
    found = _INSERT.fullmatch(sql)
    return None if found is None else found["table"]


@lru_cache(maxsize=1_024)
def _names(sql: str) -> frozenset[str]:
    """Return all words of a statement: the names of its tables are among them."""
    return frozenset(_WORDS.findall(sql))


@lru_cache(maxsize=1_024)
def _wide(sql: str, width: int) -> str:
    """Return an insert with so many rows of values."""
    found = _INSERT.fullmatch(sql)
    assert found is not None
    return found["head"] + ", ".join([found["row"]] * width) + found["tail"]
