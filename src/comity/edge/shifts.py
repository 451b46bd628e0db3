"""Hours on the calendar: shifts of the roster with their changes, office days, postings; and who is there when.

The rules it keeps: local times become instants by the zone's own rules, each date on its own, so that a night on which clocks
change has no hole and no double; an hour counts as staffed only if an officer, or an open office, is named for it.

A local time that a change of clocks leaves out is read with the offset before it, one that comes twice is the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.edge.registry import OnCall, Registry, Roster
from comity.screen.duty import Gap, PostingCard, Presence, ShiftChange

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Shift = tuple[str, str, int, str, str]
"""Desk, role, number, opening and ISO date of one running of one shift."""
Changes = Mapping[Shift, ShiftChange]


@dataclass(frozen=True, slots=True)
class Turn:
    """One running of one shift: on which date it begins, and from when to when."""

    shift: OnCall
    day: str
    begins: Ms
    ends: Ms

    @property
    def key(self) -> Shift:
        """Return how a change names it."""
        return self.shift.desk, self.shift.role, self.shift.number, self.shift.opens, self.day

    def stands(self, changes: Changes) -> int | None:
        """Return the number of who has it; None: nobody."""
        change = changes.get(self.key)
        return self.shift.number if change is None else change.stands_in


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its IANA name.

    Raises:
        BadConfiguration: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadConfiguration(f"there is no zone {name!r}") from error


def check_shifts(roster: Roster, party: str) -> None:
    """Check that each shift of a party is of an officer who holds its role, on days and in a zone that there are.

    Raises:
        BadConfiguration: one is not; what was in force stands.
    """
    holders = {(one.desk, one.number): frozenset(one.roles) for one in roster.of(party)}
    for shift in (one for one in roster.on_call if one.party.casefold() == party.casefold()):
        check_shift(shift, holders.get((shift.desk, shift.number), frozenset()))


def check_shift(shift: OnCall, roles: frozenset[str]) -> None:
    """Check one shift, of an officer who holds these roles.

    Raises:
        BadConfiguration: the role, a day or the zone is none.
    """
    who = f"{shift.desk}/{shift.number}"
    if shift.role not in roles:
        raise BadConfiguration(f"the roster has {who} on call as {shift.role}, a role that this officer does not hold")
    if not shift.days or not set(shift.days) <= set(DAYS):
        raise BadConfiguration(f"a shift of {who} names a day that is none of {DAYS}")
    try:
        zone_of(shift.zone)
    except BadConfiguration as error:
        raise BadConfiguration(f"a shift of {who} is in no zone: {shift.zone}") from error


def newest(changes: Iterable[ShiftChange]) -> Changes:
    """Return the change in force of each shift and date; `changes` are oldest first."""
    return {one.shift: one for one in changes}


def days_between(zone: ZoneInfo, begins: Ms, ends: Ms) -> Iterator[date]:
    """Yield each local date on which something may begin that still runs in a span."""
    day = local(begins, zone).date() - timedelta(days=1)
    last = local(Ms(max(ends - 1, begins)), zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def local(at: Ms, zone: ZoneInfo) -> datetime:
    """Return an instant by the clock of a zone."""
    return datetime.fromtimestamp(at / 1_000, UTC).astimezone(zone)


@lru_cache(maxsize=16_384)
def instant(day: date, clock: str, zone: ZoneInfo) -> Ms:
    """Return when a clock in a zone shows `HH:MM` on a date."""
    here = datetime.combine(day, wall.fromisoformat(clock), zone)
    return Ms(int(here.timestamp()) * 1_000)


def span_on(day: date, opens: str, closes: str, zone: ZoneInfo) -> tuple[Ms, Ms]:
    """Return from when to when hours run that begin on a date; those that close at or before they open end a day later."""
    until = day if opens < closes else day + timedelta(days=1)
    return instant(day, opens, zone), instant(until, closes, zone)


def turns(shift: OnCall, begins: Ms, ends: Ms) -> Iterator[Turn]:
    """Yield each running of a shift that overlaps a span, in order."""
    zone = zone_of(shift.zone)
    for day in days_between(zone, begins, ends):
        if DAYS[day.weekday()] not in shift.days:
            continue
        opens, closes = span_on(day, shift.opens, shift.closes, zone)
        if opens < closes and opens < ends and closes > begins:
            yield Turn(shift, day.isoformat(), opens, closes)


# --- who is there ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Home:
    """What says who of one side is there.

    Attributes:
        registry: its office.
        host: the other side's, whose days a posted officer works.
        shifts: its shifts that staff the desk.
        manned: its office has an officer of the desk.
        postings: its own officers' postings.
    """

    registry: Registry
    host: Registry
    shifts: tuple[OnCall, ...]
    manned: bool
    postings: tuple[PostingCard, ...]


def presences(home: Home, changes: Changes, begins: Ms, ends: Ms) -> tuple[Presence, ...]:
    """Return everyone who is there at some time of a span, cut to it, the earliest first."""
    found = [*_shifts(home, changes, begins, ends), *_postings(home, begins, ends)]
    if home.manned:
        found += _office(home.registry, begins, ends)
    cut = (_cut(one, begins, ends) for one in found)
    return tuple(sorted((one for one in cut if one is not None), key=lambda one: (one.begins, one.ends, one.why)))


def open_spans(registry: Registry, begins: Ms, ends: Ms) -> Iterator[tuple[Ms, Ms]]:
    """Yield each office day of a party that overlaps a span."""
    zone = zone_of(registry.zone)
    for day in days_between(zone, begins, ends):
        opens, closes = span_on(day, registry.opens, registry.closes, zone)
        if DAYS[day.weekday()] in registry.days and opens < ends and closes > begins:
            yield opens, closes


def _office(registry: Registry, begins: Ms, ends: Ms) -> Iterator[Presence]:
    for opens, closes in open_spans(registry, begins, ends):
        yield Presence(opens, closes, "office", "", None, registry.zone)


def _shifts(home: Home, changes: Changes, begins: Ms, ends: Ms) -> Iterator[Presence]:
    for shift in home.shifts:
        for turn in turns(shift, begins, ends):
            number = turn.stands(changes)
            if number is not None:
                yield Presence(turn.begins, turn.ends, "shift", shift.role, number, shift.zone)


def _postings(home: Home, begins: Ms, ends: Ms) -> Iterator[Presence]:
    """Yield the hours of the officers whose posting is in force: on the host's working days, within its delegation."""
    for one in home.postings:
        if one.state != "accepted" or one.accepted is None:
            continue
        first, last = max(begins, one.accepted), ends if one.until is None else min(ends, one.until)
        name = one.zone or home.host.zone
        hours = (one.opens, one.closes) if one.opens and one.closes else (home.host.opens, home.host.closes)
        try:
            zone = zone_of(name)
            wall.fromisoformat(hours[0]), wall.fromisoformat(hours[1])
        except (BadConfiguration, ValueError):
            continue  # the other side's words: hours that cannot be read staff nothing
        for day in days_between(zone, Ms(first), Ms(last)) if first < last else ():
            opens, closes = span_on(day, *hours, zone)
            found = Presence(opens, closes, "posting", "", one.number, name)
            cut = _cut(found, Ms(first), Ms(last)) if DAYS[day.weekday()] in home.host.days else None
            if cut is not None:
                yield cut


def _cut(one: Presence, begins: Ms, ends: Ms) -> Presence | None:
    first, last = max(one.begins, begins), min(one.ends, ends)
    return Presence(first, last, one.why, one.role, one.number, one.place) if first < last else None


# --- cover -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cover:
    """Whether somebody is there.

    Attributes:
        until: until when there is, without a break from the beginning on; None: nobody is there at the beginning.
        whole: there is for all that was looked at.
        gaps: the spans without anybody.
    """

    until: Ms | None
    whole: bool
    gaps: tuple[tuple[Ms, Ms], ...]


def merged(spans: Iterable[tuple[Ms, Ms]]) -> tuple[tuple[Ms, Ms], ...]:
    """Return spans joined where they touch, in order; empty ones fall away."""
    found: list[tuple[Ms, Ms]] = []
    for begins, ends in sorted(one for one in spans if one[0] < one[1]):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return tuple(found)


def cover(spans: Iterable[tuple[Ms, Ms]], begins: Ms, ends: Ms) -> Cover:
    """Say from when to when nobody is there between `begins` and `ends`."""
    joined = merged((max(first, begins), min(last, ends)) for first, last in spans)
    gaps: list[tuple[Ms, Ms]] = []
    at = begins
    for first, last in joined:
        if first > at:
            gaps.append((at, first))
        at = last
    if at < ends:
        gaps.append((at, ends))
    there = bool(joined) and joined[0][0] == begins
    return Cover(joined[0][1] if there else None, there and not gaps, tuple(gaps))


def both(one: Iterable[tuple[Ms, Ms]], other: Iterable[tuple[Ms, Ms]]) -> tuple[tuple[Ms, Ms], ...]:
    """Return the spans that lie in both."""
    found = [(max(a, c), min(b, d)) for a, b in merged(one) for c, d in merged(other) if max(a, c) < min(b, d)]
    return merged(found)


def gaps(found: Cover, rings: Callable[[Ms], str]) -> tuple[Gap, ...]:
    """Return the gaps of a cover with who is rung in each."""
    return tuple(Gap(begins, ends, rings(begins)) for begins, ends in found.gaps)
