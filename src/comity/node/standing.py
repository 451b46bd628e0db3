"""Where a dispatch stands, read from the rows of the core alone."""

from __future__ import annotations

from comity.base.ids import DispatchId
from comity.dispatch.closed import real
from comity.dispatch.columns import int_of
from comity.dispatch.entries import Fact
from comity.dispatch.ports import Row, Scalar, Tx

_BY_FACT = {Fact.FILED: "filed", Fact.REFUSED: "refused", Fact.QUARANTINED: "quarantined"}


def standing_of(tx: Tx, dispatch: DispatchId) -> dict[str, Scalar]:
    """Return times in milliseconds by state, with index and code; empty for a dispatch that this node does not have."""
    columns = "idx, fact, code, arrived_at, settled_at, seen_at"
    for table, ours in (("sent", True), ("got", False)):
        rows = tx.rows(f"SELECT {columns} FROM {table} WHERE id = ?", (dispatch,))  # noqa: S608  our two tables
        if rows:
            return _states(rows[0], ours=ours)
    return {}


def _states(row: Row, *, ours: bool) -> dict[str, Scalar]:
    index, fact, code, arrived, settled, seen = row
    found: dict[str, Scalar] = {
        "ours": int(ours),
        "index": None if index is None else real(int_of(index)),
        "code": code,
        "arrived": arrived,
        "seen": seen,
    }
    name = _BY_FACT.get(Fact(int_of(fact))) if fact else None
    if name is not None:
        found[name] = settled
    return found
