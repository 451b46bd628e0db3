"""The one interface that a desk fills; the path and the node know desks only through it."""

from __future__ import annotations

from typing import Protocol

from comity.dispatch.filing import DeskPort, Facts, Filing, Powers, Standing

__all__ = ["Desk", "Facts", "Filing", "Powers", "Standing"]


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
