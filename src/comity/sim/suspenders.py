"""People who suspend the exchange, or the desk, in the middle of traffic, and resume it later."""

from __future__ import annotations

from dataclasses import replace

from comity.dispatch.stops import WHOLE
from comity.node.linkrow import read_link
from comity.node.node import Node
from comity.node.suspending import RESUME, SUSPEND
from comity.sim.agenda import Agenda
from comity.sim.exercise import OFFICER
from comity.sim.station import Station

_LOOK_AGAIN_MS = 45_000
_SECOND = replace(OFFICER, number=OFFICER.number + 1)
_REASON = "the exercise says so now"


class Suspenders:
    """Two people of one side who want something suspended, and see to it until their own node has it so.

    Args:
        station: their node.
        agenda: the virtual clock.
    """

    def __init__(self, station: Station, agenda: Agenda) -> None:
        self._station, self._agenda = station, agenda
        self._wanted: dict[str, bool] = {}

    def want(self, scope: str, *, stopped: bool) -> None:
        """Want a scope suspended, or going on."""
        known = scope in self._wanted
        self._wanted[scope] = stopped
        if not known:
            self._see_to(scope)

    def behind(self) -> str:
        """Say what is not as it is wanted, or ""."""
        with self._station.store.read() as tx:
            ours = read_link(tx).stops.ours
        late = sorted(scope or "all" for scope, stopped in self._wanted.items() if (scope in ours) is not stopped)
        return f"people want another standing of {', '.join(late)}" if late else ""

    def _see_to(self, scope: str) -> None:
        with self._station.store.read() as tx:
            done = (scope in read_link(tx).stops.ours) is self._wanted[scope]
        if self._station.is_ready() and not done:
            act, clock = (SUSPEND if self._wanted[scope] else RESUME), self._station.clock

            def both(node: Node) -> None:
                asked = node.wish(act, scope, OFFICER, clock, reason=_REASON)
                node.confirm(asked.id, _SECOND, clock)

            self._station.attempt(both)
            self._agenda.note(self._station.number, act, scope or WHOLE)
            if self._station.is_ready():
                self._station.wake_by(self._agenda.now)
        # They go on looking: a store that was put back has forgotten it, or knows it again.
        self._agenda.after(_LOOK_AGAIN_MS, lambda: self._see_to(scope))
