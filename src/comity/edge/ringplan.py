"""The plan of the content-free bell: who is rung now, by which way, and why not yet. Pure; what it says is rung by `ringing`.

The rules it keeps: one ring for one thing and one person; what is immediate again every ten minutes until it was seen, at most
six times, in quiet hours too; everything else together, at most once in a quarter of an hour, and not in quiet hours. What did
not go is repeated; of what may have gone nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.edge.shifts import local, zone_of
from comity.screen.ringing import BellSetting, Ring

AGAIN_MS = 10 * 60_000
MOST_TIMES = 6
BATCH_MS = 15 * 60_000
IMMEDIATE, NORMAL = "immediate", "normal"


class Way(StrEnum):
    """How a ring goes out."""

    MAIL = "mail"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that waits.

    Attributes:
        thing: what, as a word and a number; it never leaves the node.
        immediate: whether it rings again and in quiet hours.
        people: numbers of the officers for whom it waits.
    """

    thing: str
    immediate: bool
    people: frozenset[int]


@dataclass(frozen=True, slots=True)
class Call:
    """One ring that is due.

    Attributes:
        way: by which.
        number: of the officer; 0 for the node's own command.
        address: of the mail, "" for the command.
        urgency: `immediate` or `normal`.
        count: how many things of this urgency wait.
        things: those for which it rings.
    """

    way: Way
    number: int
    address: str
    urgency: str
    count: int
    things: tuple[str, ...]


def plan(
    waiting: Iterable[Waits], rung: Iterable[Ring], bells: Iterable[BellSetting], ways: frozenset[Way], now: Ms
) -> tuple[Call, ...]:
    """Return the rings that are due now.

    Args:
        waiting: what waits for whom.
        rung: what was rung.
        bells: how officers of this desk are rung.
        ways: which ways may be tried now.
        now: the time.
    """
    things, known = tuple(waiting), {(one.thing, one.way, one.number): one for one in rung}
    calls: list[Call] = []
    if Way.COMMAND in ways:
        calls += _target(Way.COMMAND, BellSetting("", 0), things, known, now)
    if Way.MAIL in ways:
        for bell in bells:
            if bell.mail:
                calls += _target(Way.MAIL, bell, tuple(one for one in things if bell.number in one.people), known, now)
    return tuple(calls)


def begun(call: Call, rung: Iterable[Ring], now: Ms) -> tuple[Ring, ...]:
    """Return the rows that say that a ring was begun; they are kept before it goes out."""
    known = {one.thing: one for one in rung if (one.way, one.number) == (call.way, call.number)}
    none = Ring("", call.way.value, call.number, 0, now)
    return tuple(
        replace(known.get(thing, none), thing=thing, times=known.get(thing, none).times + 1, at=now, failed=False)
        for thing in call.things
    )


def undone(rows: Iterable[Ring]) -> tuple[Ring, ...]:
    """Return the rows that say that a ring did not go: it does not count, and is repeated."""
    return tuple(replace(one, times=one.times - 1, failed=True) for one in rows)


def quiet(bell: BellSetting, now: Ms) -> bool:
    """Say whether only what is immediate rings for this officer now."""
    if not bell.quiet_from or bell.quiet_from == bell.quiet_to:
        return False
    try:
        clock = local(now, zone_of(bell.zone)).strftime("%H:%M")
    except BadConfiguration:
        return False
    if bell.quiet_from < bell.quiet_to:
        return bell.quiet_from <= clock < bell.quiet_to
    return clock >= bell.quiet_from or clock < bell.quiet_to


Known = Mapping[tuple[str, str, int], Ring]


def _target(way: Way, bell: BellSetting, things: tuple[Waits, ...], known: Known, now: Ms) -> Iterator[Call]:
    """Yield the rings for one officer by one way: first what is immediate, then the rest together."""
    urgent = [one.thing for one in things if one.immediate]
    due = tuple(one for one in urgent if _rings_again(known.get((one, way, bell.number)), now))
    if due:
        yield Call(way, bell.number, bell.mail, IMMEDIATE, len(urgent), due)
    others = [one.thing for one in things if not one.immediate]
    new = tuple(one for one in others if _is_new(known.get((one, way, bell.number))))
    if new and not quiet(bell, now) and not _rang_lately(way, bell.number, known, now):
        yield Call(way, bell.number, bell.mail, NORMAL, len(others), new)


def _is_new(ring: Ring | None) -> bool:
    return ring is None or ring.failed


def _rings_again(ring: Ring | None, now: Ms) -> bool:
    if ring is None or ring.failed:
        return True
    return ring.times < MOST_TIMES and not _within(ring.at, AGAIN_MS, now)


def _rang_lately(way: Way, number: int, known: Known, now: Ms) -> bool:
    """Say whether anything that is not immediate was rung for this officer within a quarter of an hour."""
    return any(
        one.way == way and one.number == number and not one.failed and _within(one.at, BATCH_MS, now)
        for one in known.values()
        if not one.thing.startswith(f"{IMMEDIATE}:")
    )


def _within(at: Ms, span: int, now: Ms) -> bool:
    """Say whether something was less than a span ago; a clock that was set back holds up nothing."""
    return 0 <= now - at < span


def words(call: Call, desk: str) -> str:
    """Return all that a ring says."""
    urgent = f" {IMMEDIATE}" if call.urgency == IMMEDIATE else ""
    return f"Comity: {call.count}{urgent} {'waits' if call.count == 1 else 'wait'} at desk {desk}"
