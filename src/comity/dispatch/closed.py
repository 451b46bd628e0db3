"""Positions in logs that were closed by a cut, so that every row goes on pointing at its own leaf.

The rule it keeps: a closed log's entries, tiles and heads, and every row that names a place in it, are moved together below
nought, each closed log into a span of its own, the first the lowest; nothing is written there any more. A place of 0 or more
is in the log of now.
"""  # spec: protocol.md 10

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from comity.base.ids import Digest, Origin
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.ports import Row, Tx

SPAN: Final = 1 << 40
"""Places that each closed log has; no log comes near."""
MOST: Final = 64
"""Cuts that one log can have in its life."""


OPENING: Final = 4
"""Leaves with which a log behind a cut begins: the cut, own keys, the peer's keys, the accord in force."""


@dataclass(frozen=True, slots=True)
class Closed:
    """One log that was closed.

    Attributes:
        role: whose it was.
        number: 1 for the first that was closed in this role.
        origin: its name.
        size: entries stored, those above the cut too.
        head_size, head_time, head_root: the newest head that was kept.
        cut_size: entries that stand.
        cut_root: root at that size.
        digest: of the signed cut.
        mark: where the other side's log says that it took the cut; None while it does not, or where that is this side.
    """

    role: str
    number: int
    origin: Origin
    size: int
    head_size: int
    head_time: int
    head_root: Digest
    cut_size: int
    cut_root: Digest
    digest: Digest
    mark: int | None

    @property
    def base(self) -> int:
        """What is added to a place in this log to give its place in the tables."""
        return base_of(self.number)


def base_of(number: int) -> int:
    """Return where the span of a closed log begins."""
    return (number - MOST - 1) * SPAN


def real(place: int) -> int:
    """Return the index in its own log of a place in the tables, whichever log it is of."""
    return place % SPAN


def floor(place: int) -> int:
    """Return where the span of a place's log begins: 0 for the log of now."""
    return place - real(place)


_COLUMNS = "SELECT role, number, origin, size, head_size, head_time, head_root, cut_size, cut_root, digest, mark FROM closed_log"


def closed_logs(tx: Tx, role: str) -> tuple[Closed, ...]:
    """Return the closed logs of one role, the oldest first."""
    return tuple(_closed(row) for row in tx.rows(f"{_COLUMNS} WHERE role = ? ORDER BY number", (role,)))


def closed_at(tx: Tx, role: str, place: int) -> Closed | None:
    """Return the closed log that a place is in; None: it is in the log of now."""
    base = floor(place)
    return next((one for one in closed_logs(tx, role) if one.base == base), None) if base else None


def stands(tx: Tx, role: str, place: int) -> bool:
    """Say whether an entry stands: in the log of now, or below the cut of a closed one."""
    closed = closed_at(tx, role, place)
    return closed is None or real(place) < closed.cut_size


def first_base(tx: Tx, role: str) -> int:
    """Return where the leaves of the ceremony stand: in the first log of this role, closed or not."""
    found = closed_logs(tx, role)
    return found[0].base if found else 0


def _closed(row: Row) -> Closed:
    role, number, origin, size, head_size, head_time, head_root, cut_size, cut_root, digest, mark = row
    return Closed(
        text_of(role),
        int_of(number),
        Origin(text_of(origin)),
        int_of(size),
        int_of(head_size),
        int_of(head_time),
        Digest(bytes_of(head_root)),
        int_of(cut_size),
        Digest(bytes_of(cut_root)),
        Digest(bytes_of(digest)),
        None if mark is None else int_of(mark),
    )
