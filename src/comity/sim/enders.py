"""People who end the accord in the middle of traffic, and destroy what the other side gave, on both sides, two by two.

Some of it they destroy in two steps: first the body, and at a later look what is left.
"""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import DispatchId, Ms
from comity.dispatch.columns import bytes_of
from comity.dispatch.stops import WHOLE, read_stops
from comity.node.certifying import owed_by_them, owed_by_us
from comity.node.erasing import PARTS, ask_erasure, confirm_erasure
from comity.node.node import Node
from comity.node.retention import CUSTODY, THEIRS, Due, due, end_hold, hold, hold_on
from comity.node.suspending import END
from comity.sim.agenda import Agenda
from comity.sim.chance import Chance
from comity.sim.exercise import KEEPERS, OFFICER
from comity.sim.station import Station

_DRAFTS = "SELECT id FROM kept WHERE re = ? AND state = 'held' AND ended_at IS NULL AND became IS NULL"
_LOOK_AGAIN_MS = (20_000, 60_000)
_AHEAD_MS = 86_400_000
"""What no clock of a world passes: nothing due by then is nothing due before the store changes."""
_HOLD_RATE = 0.1
_AT_ONCE = 4
_IN_STEPS = 3
"""Of so many dispatches one is destroyed in two steps."""
_SECOND = replace(OFFICER, number=OFFICER.number + 1)
_REASON = "the exercise ends it here"


class Enders:
    """People of one side: two who end it, and two keepers who destroy what was given, now and then after a hold.

    Args:
        station: their node.
        agenda: the virtual clock.
        chance: what they hold for a while, and how soon they look again.
    """

    def __init__(self, station: Station, agenda: Agenda, chance: Chance) -> None:
        self._station, self._agenda, self._chance = station, agenda, chance
        self._wanted = self._active = False
        self._nothing_left: int | None = None
        """How often the store had changed when nothing given was left in it; until it changes they need not read it again."""

    def begin(self) -> None:
        """Begin to look whether the accord has ended."""
        if not self._active:
            self._active = True
            self._look()

    def want(self) -> None:
        """Want it ended, unless the other side was first."""
        self._wanted = True

    def behind(self) -> str:
        """Say what is still to be done, or ""."""
        if not self._active or not self._station.is_ready():
            return ""
        with self._station.store.read() as tx:
            office = self._station.node.office
            if not read_stops(tx).ended:
                return "the accord has not ended here"
            owed = (*owed_by_us(tx, office), *owed_by_them(tx, self._station.clock))
        return f"{len(owed)} destructions or certificates are owed, one {owed[0].state}" if owed else ""

    def _look(self) -> None:
        if self._station.is_at_work():
            self._station.attempt(self._act)
            if self._station.is_ready():
                self._station.wake_by(self._agenda.now)
        self._agenda.after(self._chance.number(*_LOOK_AGAIN_MS), self._look)

    def _act(self, node: Node) -> None:
        clock, store = self._station.clock, self._station.store
        if self._nothing_left == store.changes:
            return
        with store.read() as tx:
            ended = read_stops(tx).ended
            late = due(tx, node.office.accord, Ms(clock + _AHEAD_MS)) if ended else ()
        if not ended:
            if self._wanted:
                asked = node.wish(END, WHOLE, OFFICER, clock, reason=_REASON)
                node.confirm(asked.id, _SECOND, clock)
                self._agenda.note(self._station.number, "ends the accord")
            return
        given = [one for one in late if one.whose in {THEIRS, CUSTODY}]
        self._nothing_left = None if given else store.changes
        for one in [one for one in given if one.at <= clock][:_AT_ONCE]:
            self._see_to(one, node)

    def _see_to(self, one: Due, node: Node) -> None:
        first, second = KEEPERS
        clock, office = self._station.clock, node.office
        with self._station.store.read() as tx:
            waiting = [DispatchId(bytes_of(row[0])) for row in tx.rows(_DRAFTS, (one.dispatch,))]
        for draft in waiting:  # what answers it is not wanted any more
            node.drop(draft, OFFICER, clock, reason=_REASON)
        with node.ledger.begin() as book:
            held = hold_on(one.dispatch, one.case, book.tx)
            if held is None and self._chance.hit(_HOLD_RATE):
                hold(one.dispatch, _REASON, first, book, office, now=clock)
                return
            while held is not None:  # one may be on it and another on its case
                end_hold(held.id, second, book, office, clock)
                held = hold_on(one.dispatch, one.case, book.tx)
            if one.asked is None:
                ask_erasure(one.dispatch, first, book, office, clock, parts=_parts(one), reason=_REASON)
            confirm_erasure(one.dispatch, second, book, office, clock)
        self._agenda.note(self._station.number, "destroys", one.whose)


def _parts(one: Due) -> tuple[str, ...]:
    """Return what of it is destroyed now; nothing is drawn for it, so that all else in a world stays as it was."""
    in_steps = one.whose == THEIRS and len(one.left) == len(PARTS) and one.dispatch[-1] % _IN_STEPS == 0
    return one.left[:1] if in_steps else one.left
