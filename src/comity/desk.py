"""The one interface that a desk fills; the path and the node know desks only through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import NodeName
from comity.base.workdays import Calendar
from comity.dispatch.accord import Accord
from comity.dispatch.filing import DeskPort, Facts, Filing, Powers, Standing

__all__ = ["Around", "Desk", "Facts", "Filing", "Powers", "Standing"]


class Desk(DeskPort, Protocol):
    """One desk: its kinds, its bodies, its rows: `compose`, `facts`, `redact`, `file`, `settle`, and these two."""

    @property
    def name(self) -> str:
        """Return the desk's name as it stands in the header and the accord."""
        ...

    @property
    def schema(self) -> tuple[tuple[int, str], ...]:
        """Return (number, SQL) of its own tables, ascending; portable SQL, forward only."""
        ...


@dataclass(frozen=True, slots=True)
class Around:
    """What a node opens a desk with.

    Attributes:
        party: short mark of our party.
        node: our node, as the accord names it.
        accord: in force.
        our_days: our calendar.
        their_days: theirs.
        plan: the workplan beside the node, as canonical bytes; b"" for none.
    """

    party: str
    node: NodeName
    accord: Accord
    our_days: Calendar
    their_days: Calendar
    plan: bytes = b""
