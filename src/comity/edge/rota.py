"""Who is on call at an hour: shifts of the roster with their changes, then whoever holds the role.

The rule it keeps: somebody is always rung. Who is on shift comes first, then the others who hold the role in the order of
the roster, and last those who are absent from the shift that runs now.
"""  # spec: vocabulary.md 5, urgency

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.edge.registry import OnCall, Roster
from comity.edge.shifts import DAYS, Changes, Turn, newest, turns, zone_of
from comity.screen.duty import ShiftChange

ChangesOf = Callable[[Tx, str], tuple[ShiftChange, ...]]
"""(transaction, ISO date) -> every change of a shift that begins on that date or later, oldest first."""
_LONGEST = timedelta(days=3)
"""A shift that runs now began at most so long ago, by any clock."""


class RosterRota:
    """The rota of one party.

    Args:
        roster: of one or both parties.
        party: ours, by its short mark in any case.
        changes: what the desk keeps of changed shifts; None: nothing is ever changed.

    Raises:
        BadConfiguration: a shift names a zone or day that is none, or an officer who does not hold its role.
    """

    def __init__(self, roster: Roster, party: str, changes: ChangesOf | None = None) -> None:
        self._officers = roster.of(party)
        self._shifts = tuple(one for one in roster.on_call if one.party.casefold() == party.casefold())
        self._changes = changes
        holders = {(one.desk, one.number): frozenset(one.roles) for one in self._officers}
        for shift in self._shifts:
            if shift.role not in holders.get((shift.desk, shift.number), frozenset()):
                raise BadConfiguration(
                    f"the roster has {shift.desk}/{shift.number} on call as {shift.role}, a role that this officer"
                    " does not hold; the node was not started"
                )
            if not set(shift.days) <= set(DAYS):
                raise BadConfiguration(f"a shift of {shift.desk}/{shift.number} names a day that is none of {DAYS}")
            _check_zone(shift)

    @property
    def shifts(self) -> tuple[OnCall, ...]:
        """Return our shifts, in the order of the roster."""
        return self._shifts

    def in_force(self, tx: Tx, since: Ms) -> Changes:
        """Return the change in force of each shift that may run at `since` or later."""
        if self._changes is None:
            return {}
        day = (datetime.fromtimestamp(since / 1_000, UTC) - _LONGEST).date().isoformat()
        return newest(self._changes(tx, day))

    def running(self, role: str, now: Ms) -> tuple[Turn, ...]:
        """Return the shifts in a role that run now, as planned."""
        return tuple(turn for one in self._shifts if one.role == role for turn in turns(one, now, Ms(now + 1)))

    def on_shift(self, role: str, now: Ms, tx: Tx) -> tuple[Officer, ...]:
        """Return who has a shift in a role now, changes obeyed."""
        changes = self.in_force(tx, now)
        stand = ((turn.shift.desk, turn.stands(changes)) for turn in self.running(role, now))
        return tuple(Officer(desk, number) for desk, number in dict.fromkeys(stand) if number is not None)

    def on_call(self, role: str, now: Ms, tx: Tx) -> tuple[Officer, ...]:
        """Return who is on shift in a role, then everyone else who holds it, the absent last."""
        changes = self.in_force(tx, now)
        first = [(one.desk, one.number) for one in self.on_shift(role, now, tx)]
        away = {
            (turn.shift.desk, turn.shift.number)
            for turn in self.running(role, now)
            if turn.stands(changes) != turn.shift.number
        }
        holders = [(one.desk, one.number) for one in self._officers if role in one.roles]
        rest = sorted(holders, key=lambda one: one in away)
        return tuple(Officer(desk, number) for desk, number in dict.fromkeys([*first, *rest]))


def _check_zone(shift: OnCall) -> None:
    try:
        zone_of(shift.zone)
    except BadConfiguration as error:
        raise BadConfiguration(f"a shift of {shift.desk}/{shift.number} is in no zone: {shift.zone}") from error
