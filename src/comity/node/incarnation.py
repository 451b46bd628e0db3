"""The incarnation of each log: the second at which its node last recovered, and how often it did."""

from __future__ import annotations

from dataclasses import dataclass

from comity.dispatch.book import LogRole
from comity.dispatch.columns import int_of
from comity.dispatch.lasting import lasting
from comity.dispatch.ports import Tx

_KNOWN = "incarnation of "


@dataclass(frozen=True, slots=True)
class Incarnation:
    """What is known of one log's restores.

    Attributes:
        second: heads with an earlier log time are stale; 0 if its node never recovered.
        restored: how many `restored` leaves it has, which says which cosigning key counts.
    """

    second: int = 0
    restored: int = 0


def read_incarnation(tx: Tx, role: LogRole) -> Incarnation:
    """Return what is stored of our log or of the peer's, asked once."""
    known = lasting(tx).get(_KNOWN + role)
    if not isinstance(known, Incarnation):
        found = tx.rows("SELECT second, restored FROM incarnation WHERE role = ?", (role,))
        known = Incarnation(int_of(found[0][0]), int_of(found[0][1])) if found else Incarnation()
        lasting(tx)[_KNOWN + role] = known
    return known


def write_incarnation(tx: Tx, role: LogRole, incarnation: Incarnation) -> None:
    """Store it."""
    lasting(tx)[_KNOWN + role] = incarnation
    tx.later(
        "INSERT INTO incarnation (role, second, restored) VALUES (?, ?, ?)"
        " ON CONFLICT (role) DO UPDATE SET second = excluded.second, restored = excluded.restored",
        (role, incarnation.second, incarnation.restored),
    )
