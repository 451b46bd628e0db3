"""Who is on call at an hour, from the roster beside a node: shifts in a zone of their own, then whoever holds the role.

The rule it keeps: somebody is always rung. Who is on shift comes first, then the others who hold the role, in the order
of the roster.
"""  # spec: vocabulary.md 5, urgency

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.dispatch.states import Officer
from comity.edge.registry import OnCall, Roster

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class RosterRota:
    """The rota of one party.

    Args:
        roster: of one or both parties.
        party: ours, by its short mark in any case.

    Raises:
        BadConfiguration: a shift names a zone or day that is none, or an officer who does not hold its role.
    """

    def __init__(self, roster: Roster, party: str) -> None:
        self._officers = roster.of(party)
        self._shifts = tuple((one, _zone(one)) for one in roster.on_call if one.party.casefold() == party.casefold())
        holders = {(one.desk, one.number): frozenset(one.roles) for one in self._officers}
        for shift, _ in self._shifts:
            if shift.role not in holders.get((shift.desk, shift.number), frozenset()):
                raise BadConfiguration(
                    f"the roster has {shift.desk}/{shift.number} on call as {shift.role}, a role that this officer"
                    " does not hold; the node was not started"
                )
            if not set(shift.days) <= set(DAYS):
                raise BadConfiguration(f"a shift of {shift.desk}/{shift.number} names a day that is none of {DAYS}")

    def on_call(self, role: str, now: Ms) -> tuple[Officer, ...]:
        """Return who is on shift in a role, then everyone else who holds it."""
        on_shift = [(one.desk, one.number) for one, zone in self._shifts if one.role == role and _on(one, zone, now)]
        holders = [(one.desk, one.number) for one in self._officers if role in one.roles]
        return tuple(Officer(desk, number) for desk, number in dict.fromkeys([*on_shift, *holders]))


def _zone(shift: OnCall) -> ZoneInfo:
    try:
        return ZoneInfo(shift.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadConfiguration(f"a shift of {shift.desk}/{shift.number} is in no zone: {shift.zone}") from error


def _on(shift: OnCall, zone: ZoneInfo, now: Ms) -> bool:
    """Say whether a shift is running; one that closes at or before it opens runs over midnight, from its day on."""
    here = datetime.fromtimestamp(now / 1_000, UTC).astimezone(zone)
    clock = here.strftime("%H:%M")
    today, yesterday = DAYS[here.weekday()], DAYS[(here - timedelta(days=1)).weekday()]
    if shift.opens < shift.closes:
        return today in shift.days and shift.opens <= clock < shift.closes
    return (today in shift.days and clock >= shift.opens) or (yesterday in shift.days and clock < shift.closes)
