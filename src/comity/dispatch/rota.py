"""Who is on call: the small port through which the core asks, so that it need not know zones or rosters."""

from __future__ import annotations

from typing import Protocol

from comity.base.ids import Ms
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer


class Rota(Protocol):
    """The roster of those who can be rung at any hour."""

    def on_call(self, role: str, now: Ms, tx: Tx) -> tuple[Officer, ...]:
        """Return who is on call in a role at this time, the first to be rung first; empty where nobody holds it.

        `tx` is the transaction that rings: a change of a shift that was kept before it is obeyed.
        """
        ...


class NoRota:
    """A node without a roster of those on call: its roles are rung, no officer."""

    def on_call(self, role: str, now: Ms, tx: Tx) -> tuple[Officer, ...]:
        """Return nobody."""
        del role, now, tx
        return ()


NO_ROTA = NoRota()
