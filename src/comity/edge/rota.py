"""Who is on call at an hour: shifts of the roster with their changes, then whoever holds the role.

The rule it keeps: somebody is always rung. Who is on shift comes first, then the others who hold the role in the order of
the roster, and last those who are absent from the shift that runs now.
"""  # spec: vocabulary.md 5, urgency

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from comity.base.ids import Ms
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.edge.registry import OnCall, Roster, RosterOfficer
from comity.edge.shifts import Changes, Turn, check_shifts, newest, turns
from comity.screen.duty import PlanChange, PlannedShift, ShiftChange

ChangesOf = Callable[[Tx, str], tuple[ShiftChange, ...]]
"""(transaction, ISO date) -> every change of a shift that begins on that date or later, oldest first."""
PlanOf = Callable[[Tx], tuple[PlanChange, ...]]
"""(transaction) -> every change of the plan, oldest first."""
_LONGEST = timedelta(days=3)
"""A shift that runs now began at most so long ago, by any clock."""


class RosterRota:
    """The rota of one party.

    Args:
        roster: of one or both parties, or what gives it as its file has it now.
        party: ours, by its short mark in any case.
        changes: what the desk keeps of changed shifts; None: nothing is ever changed.
        plan: what the desk keeps of changes of the plan; None: the roster's shifts are all.

    Raises:
        BadConfiguration: a shift names a zone or day that is none, or an officer who does not hold its role.
    """

    def __init__(
        self,
        roster: Roster | Callable[[], Roster],
        party: str,
        changes: ChangesOf | None = None,
        plan: PlanOf | None = None,
    ) -> None:
        self._party, self._changes, self._plan = party, changes, plan
        self._roster = roster if callable(roster) else lambda: roster
        check_shifts(self._roster(), party)

    @property
    def officers(self) -> tuple[RosterOfficer, ...]:
        """Return our officers, in the order of the roster."""
        return self._roster().of(self._party)

    def shifts(self, tx: Tx) -> tuple[OnCall, ...]:
        """Return our standing shifts: those of the roster, then those that were added; without those that were ended.

        A shift of somebody who does not hold its role any more is none.
        """
        found = {
            planned_of(one): one for one in self._roster().on_call if one.party.casefold() == self._party.casefold()
        }
        for change in () if self._plan is None else self._plan(tx):
            if change.added:
                found[change.shift] = on_call_of(change.shift, self._party)
            else:
                found.pop(change.shift, None)
        holders = {(one.desk, one.number): one.roles for one in self.officers}
        return tuple(one for one in found.values() if one.role in holders.get((one.desk, one.number), ()))

    def in_force(self, tx: Tx, since: Ms) -> Changes:
        """Return the change in force of each shift that may run at `since` or later."""
        if self._changes is None:
            return {}
        day = (datetime.fromtimestamp(since / 1_000, UTC) - _LONGEST).date().isoformat()
        return newest(self._changes(tx, day))

    def running(self, role: str, now: Ms, tx: Tx) -> tuple[Turn, ...]:
        """Return the shifts in a role that run now, as planned."""
        return tuple(turn for one in self.shifts(tx) if one.role == role for turn in turns(one, now, Ms(now + 1)))

    def on_shift(self, role: str, now: Ms, tx: Tx) -> tuple[Officer, ...]:
        """Return who has a shift in a role now, changes obeyed."""
        changes = self.in_force(tx, now)
        stand = ((turn.shift.desk, turn.stands(changes)) for turn in self.running(role, now, tx))
        return tuple(Officer(desk, number) for desk, number in dict.fromkeys(stand) if number is not None)

    def on_call(self, role: str, now: Ms, tx: Tx) -> tuple[Officer, ...]:
        """Return who is on shift in a role, then everyone else who holds it, the absent last."""
        changes = self.in_force(tx, now)
        first = [(one.desk, one.number) for one in self.on_shift(role, now, tx)]
        away = {
            (turn.shift.desk, turn.shift.number)
            for turn in self.running(role, now, tx)
            if turn.stands(changes) != turn.shift.number
        }
        holders = [(one.desk, one.number) for one in self.officers if role in one.roles]
        rest = sorted(holders, key=lambda one: one in away)
        return tuple(Officer(desk, number) for desk, number in dict.fromkeys([*first, *rest]))


def planned_of(shift: OnCall) -> PlannedShift:
    """Return a shift of the roster as the plan has it."""
    return PlannedShift(shift.desk, shift.role, shift.number, shift.zone, shift.days, shift.opens, shift.closes)


def on_call_of(shift: PlannedShift, party: str) -> OnCall:
    """Return a shift of the plan as the roster has it."""
    return OnCall(party, shift.role, shift.number, shift.desk, shift.zone, shift.days, shift.opens, shift.closes)
