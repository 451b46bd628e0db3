"""Reading what was filed about consignments from the desk's rows, for `filed.project`.

The rule it keeps: only what was admitted, not refused, recalled or erased is read; a part of the trade is read by the firms' names, the
newest first, and never more than asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from comity.base.ids import DispatchId, show_id
from comity.desks.precursors.body import read
from comity.desks.precursors.flows.filed import Left, Told, Unplaced
from comity.desks.precursors.flows.model import Party
from comity.desks.precursors.model import Arrived, Body, Kind, Pen, Shipped
from comity.desks.precursors.rows import DISPATCH, DispatchRow, dispatch_of, read_screened
from comity.desks.precursors.rules import State
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.ports import Row, Scalar, Tx

_AT_ONCE = 200
_KEPT = 1_000
_NOTICES = "SELECT n.root, n.ours, n.state, n.newest, n.leaves, n.exporter, n.importer FROM precursors_notice n "
_GONE = (
    f"kind <> '{Kind.PEN.value}' AND EXISTS (SELECT 1 FROM precursors_mark m WHERE m.target = precursors_dispatch.id"  # noqa: S608  constants of this module
    " AND m.ours = precursors_dispatch.ours AND m.kind = 'recall' AND m.refused = 0)"
)
"""What came or left and was recalled whole, so that it counts no more."""
_KINDS = (Kind.PEN.value, Kind.SHIPPED.value, Kind.ARRIVED.value)


Within = tuple[str, tuple[Scalar, ...]]
"""A condition on a consignment's row `n`, with its arguments."""


class Read(NamedTuple):
    """What was read, and what could not be; `cut`: there is more, older than what was read."""

    told: tuple[Told, ...]
    left: tuple[Left, ...]
    cut: bool = False


def read_all(tx: Tx, sides: tuple[Party, Party]) -> Read:
    """Return every consignment; `sides` are ours and theirs."""
    return _read(tx, sides, tx.rows(_NOTICES + "ORDER BY n.root"))


def read_between(
    tx: Tx, sides: tuple[Party, Party], root: DispatchId, most: int, within: Within = ("1 = 1", ())
) -> Read:
    """Return one consignment and the newest of those with its exporter or its importer.

    Args:
        tx: only read.
        sides: ours and theirs.
        root: the first version of the one.
        most: consignments at most.
        within: which others may be read.
    """
    own = tx.rows(f"{_NOTICES}WHERE n.root = ?", (root,))
    if not own:
        return Read((), ())
    found: dict[bytes, Row] = {}
    for firm, name in zip(("exporter", "importer"), own[0][5:], strict=True):
        # One firm at a time: no store goes through an index for either of two columns and in the order of a third.
        rows = (
            ()
            if not name
            else tx.rows(
                f"{_NOTICES}WHERE n.{firm} = ? AND n.ours = ? AND {within[0]} ORDER BY n.leaves DESC, n.root LIMIT ?",
                (name, own[0][1], *within[1], most + 1),
            )
        )
        found |= {bytes_of(row[0]): row for row in rows}
    found.pop(root, None)
    rows = own + sorted(found.values(), key=lambda row: (-int_of(row[4]), bytes_of(row[0])))
    return _read(tx, sides, rows[:most])._replace(cut=len(rows) > most)


def _read(tx: Tx, sides: tuple[Party, Party], notices: Sequence[Row]) -> Read:
    told: list[Told] = []
    left: list[Left] = []
    for start in range(0, len(notices), _AT_ONCE):
        part = notices[start : start + _AT_ONCE]
        said = _said(tx, [row[0] for row in part])
        screened = _screened(tx, [row[3] for row in part])
        for row in part:
            one = _told(row, sides, said[bytes_of(row[0])], screened.get(bytes_of(row[3]), ()))
            if one is None:
                left.append(Left(show_id(DispatchId(bytes_of(row[0]))), 0, Unplaced.GONE))
            else:
                told.append(one)
    return Read(tuple(told), tuple(left))


@lru_cache(maxsize=_KEPT)
def _body(kind: str, body: bytes) -> Body:
    """Read a body; the same bytes are always the same, and each page reads those of the same firms."""
    return read(kind, body).body


def _told(
    row: Row, sides: tuple[Party, Party], said: Sequence[DispatchRow], screened: tuple[tuple[int, str], ...]
) -> Told | None:
    """Return one consignment; None where the words of its notification are gone."""
    newest = next((one for one in said if one.id == bytes_of(row[3])), None)
    pen = None if newest is None else _body(newest.kind, newest.body)
    if not isinstance(pen, Pen):
        return None
    shipped: tuple[DispatchId, Shipped] | None = None
    arrived: tuple[DispatchId, Arrived] | None = None
    for one in said:
        if one.kind == Kind.PEN:
            continue
        body = _body(one.kind, one.body)
        if isinstance(body, Shipped):
            shipped = one.id, body
        else:
            assert isinstance(body, Arrived)  # no other kind was read
            arrived = one.id, body
    parties = sides if row[1] else (sides[1], sides[0])
    return Told(DispatchId(bytes_of(row[0])), parties, State(text_of(row[2])), pen, shipped, arrived, screened)


def _said(tx: Tx, roots: list[Scalar]) -> dict[bytes, list[DispatchRow]]:
    """Return what counts of each consignment, by the time that its sender says."""
    found: dict[bytes, list[DispatchRow]] = defaultdict(list)
    marks = ", ".join("?" * len(roots))
    rows = tx.rows(
        f"{DISPATCH}WHERE root IN ({marks}) AND kind IN (?, ?, ?) AND admitted = 1 AND refused IS NULL AND length(body) > 0"
        f" AND NOT ({_GONE}) ORDER BY made, id",
        (*roots, *_KINDS),
    )
    for row in map(dispatch_of, rows):
        found[row.root].append(row)
    return found


def _screened(tx: Tx, versions: list[Scalar]) -> dict[bytes, tuple[tuple[int, str], ...]]:
    marks = ", ".join("?" * len(versions))
    rows = tx.rows(f"SELECT id, found FROM precursors_screened WHERE found IS NOT NULL AND id IN ({marks})", versions)  # noqa: S608  marks only
    return {
        bytes_of(row[0]): tuple((one.line, one.substance) for one in read_screened(text_of(row[1])).lines)
        for row in rows
    }
