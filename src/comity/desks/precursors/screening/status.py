"""Whose law: the standing of a substance in a jurisdiction on a day, and where two of them differ.

The rule it keeps: a standing is a substance, a jurisdiction and a day, never one flag; what nothing says is unknown and never
"not controlled".
"""  # spec: precursors-and-documents.md 2; law-and-agencies.md 5

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Protocol, assert_never

_FULL_DAY: Final = 10
_MONTH: Final = 7
_DECEMBER: Final = 12


class Standing(StrEnum):
    """How a law sees a substance on a day."""

    CONTROLLED = "controlled"
    """Named by the law."""
    CLASS = "class"
    """Not named, but a general wording of the law may cover it; a person decides."""
    WATCHED = "watched"
    """On a list of what to watch; nothing is forbidden by it."""
    NOT_CONTROLLED = "not-controlled"
    """A text was read which shows that the law does not name it on this day."""
    UNKNOWN = "unknown"
    """Nothing that was read says anything for this day."""

    @property
    def covers(self) -> bool:
        """Say whether a law covers it: by name, or perhaps by a general wording."""
        return self in {Standing.CONTROLLED, Standing.CLASS}


class Precision(StrEnum):
    """How well the first day is known."""

    EXACT = "exact"
    MONTH = "month"
    YEAR = "year"
    BY = "by"
    """On that day it was there; before, unknown."""
    UNREAD = "unread"
    """There on the day of the edition; before, unknown."""
    ALWAYS = "always"
    """On every day."""


@dataclass(frozen=True, slots=True)
class Status:
    """What one instrument says of one substance.

    Attributes:
        substance: id.
        jurisdiction: code of the edition.
        standing: what holds from `since` on, before `until`.
        since: ISO day, month or year; "" where unread or always.
        kind: how `since` is meant.
        before: what held before, where the instrument shows it; UNKNOWN otherwise.
        until: first day on which it no longer holds, or the year in which it ended; "" while it is open.
        list: which list or schedule of the instrument.
        instrument: as it is cited.
        source: where it was read.
    """

    substance: str
    jurisdiction: str
    standing: Standing
    since: str
    kind: Precision
    before: Standing
    until: str
    list: str
    instrument: str
    source: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The standing of one substance in one jurisdiction on one day.

    Attributes:
        substance: id.
        jurisdiction: code.
        day: asked about.
        standing: what holds.
        status: what says so; None if nothing does. Where it began later, or its first day is not exactly known, it is the
            next one, for showing: `standing` decides.
    """

    substance: str
    jurisdiction: str
    day: date
    standing: Standing
    status: Status | None


class Relation(StrEnum):
    """Where a consignment's substance is covered, seen from the side that asks."""

    BOTH = "both"
    HERE = "here"
    THERE = "there"
    NEITHER = "neither"
    UNKNOWN = "unknown"


class Gap(StrEnum):
    """Whether goods can leave one country lawfully and not land in the other."""

    NONE = "none"
    CERTAIN = "certain"
    """The law of origin was read and does not control it; that of the destination does."""
    POSSIBLE = "possible"
    """That of the destination controls it; of the origin nothing is known for this day."""


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """How two jurisdictions see one substance on the day of a consignment.

    Attributes:
        relation: seen from the origin: `here` is the origin, `there` the destination.
        origin: standing where the goods leave.
        destination: standing where they land.
        treaties: standing under instruments that bind both, in the edition's order.
        gap: whether they may leave and may not land.
        sentence: the same in plain English, naming the jurisdictions by code.
    """

    relation: Relation
    origin: Answer
    destination: Answer
    treaties: tuple[Answer, ...]
    gap: Gap
    sentence: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change between two editions of a list.

    Attributes:
        substance: id.
        jurisdiction: code.
        old: standing just before `since` by the old edition.
        new: standing from `since` by the new one.
        since: first day of the difference, within the period asked about.
        until: first day on which both agree again; None if they differ to its end.
        instrument: of the new edition's status, or of the old one where it was dropped.
    """

    substance: str
    jurisdiction: str
    old: Standing
    new: Standing
    since: date
    until: date | None
    instrument: str


class StatusList(Protocol):
    """What this module needs of an edition of the list; `SubstanceBook` is one."""

    @property
    def day(self) -> date:
        """Return the day of the edition, up to which instruments were read."""

    @property
    def treaties(self) -> tuple[str, ...]:
        """Return the jurisdictions whose instruments bind both sides."""

    @property
    def nations(self) -> tuple[str, ...]:
        """Return the jurisdictions that are states."""

    def statuses(self, substance: str, jurisdiction: str) -> tuple[Status, ...]:
        """Return what is known of it, in the order of time; () if nothing."""

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return every (substance, jurisdiction) of which something is known."""


def span(text: str) -> tuple[date, date]:
    """Return first and last day that a day, month or year can mean.

    Raises:
        ValueError: it is none of the three.
    """
    if len(text) >= _FULL_DAY:
        return date.fromisoformat(text), date.fromisoformat(text)
    if len(text) == _MONTH:
        first = date.fromisoformat(f"{text}-01")
        after = date(first.year + first.month // _DECEMBER, first.month % _DECEMBER + 1, 1)
        return first, after - timedelta(days=1)
    return date.fromisoformat(f"{text}-01-01"), date.fromisoformat(f"{text}-12-31")


def standing_on(status: Status, day: date, edition: date) -> Standing:
    """Return what one status says for a day, alone.

    Args:
        status: of the list.
        day: asked about.
        edition: day of the edition, which is the first known one of a status without a date.
    """
    if _over(status.until, day):
        return Standing.UNKNOWN
    match status.kind:
        case Precision.ALWAYS:
            return status.standing
        case Precision.UNREAD:
            return status.standing if day >= edition else Standing.UNKNOWN
        case Precision.EXACT | Precision.MONTH | Precision.YEAR | Precision.BY:
            first, last = span(status.since)
        case _:
            assert_never(status.kind)
    if day >= last:
        return status.standing
    return status.before if day < first else Standing.UNKNOWN


def _over(until: str, day: date) -> bool:
    """Say whether a status has ended: on its day, or after the year in which another took its place."""
    return bool(until) and (day >= date.fromisoformat(until) if len(until) == _FULL_DAY else day > span(until)[1])


_WEIGHT: Final = (
    Standing.CONTROLLED,
    Standing.CLASS,
    Standing.WATCHED,
    Standing.NOT_CONTROLLED,
    Standing.UNKNOWN,
)


def status_on(book: StatusList, substance: str, jurisdiction: str, day: date) -> Answer:
    """Return the standing of a substance in a jurisdiction on a day; unknown for whatever the list does not say."""
    known = book.statuses(substance, jurisdiction)
    said = [(standing_on(status, day, book.day), status) for status in known]
    found = min(reversed(said), key=lambda one: _WEIGHT.index(one[0]), default=(Standing.UNKNOWN, None))
    if found[0] is Standing.UNKNOWN:
        later = [status for status in known if status.since and span(status.since)[1] > day]
        return Answer(substance, jurisdiction, day, Standing.UNKNOWN, later[0] if later else None)
    return Answer(substance, jurisdiction, day, found[0], found[1])


def asymmetry(book: StatusList, substance: str, origin: str, destination: str, day: date) -> Asymmetry:
    """Say how origin and destination see a substance on the day of a consignment."""
    leaves, lands = (status_on(book, substance, place, day) for place in (origin, destination))
    treaties = tuple(status_on(book, substance, one, day) for one in book.treaties)
    relation, gap = _relation(leaves.standing, lands.standing), _gap(leaves.standing, lands.standing)
    return Asymmetry(relation, leaves, lands, treaties, gap, _sentence(leaves, lands, gap))


def _relation(here: Standing, there: Standing) -> Relation:
    if here.covers and there.covers:
        return Relation.BOTH
    open_ = (Standing.NOT_CONTROLLED, Standing.WATCHED)
    if here.covers and there in open_:
        return Relation.HERE
    if there.covers and here in open_:
        return Relation.THERE
    if here in open_ and there in open_:
        return Relation.NEITHER
    return Relation.UNKNOWN


def _gap(leaves: Standing, lands: Standing) -> Gap:
    if not lands.covers or leaves.covers:
        return Gap.NONE
    return Gap.POSSIBLE if leaves is Standing.UNKNOWN else Gap.CERTAIN


def _sentence(leaves: Answer, lands: Answer, gap: Gap) -> str:
    said = f"{_said(leaves)}; {_said(lands)}."
    match gap:
        case Gap.CERTAIN:
            return f"{said} The goods may lawfully leave {leaves.jurisdiction} and may not land in {lands.jurisdiction} without a permit."
        case Gap.POSSIBLE:
            return (
                f"{said} The goods may not land in {lands.jurisdiction} without a permit; whether {leaves.jurisdiction} lets them "
                "leave is not known, and that is no sign that it does not control them."
            )
        case Gap.NONE:
            return said
        case _:
            assert_never(gap)


def _said(answer: Answer) -> str:
    """Write one standing, with its instrument and first day."""
    place, status = answer.jurisdiction, answer.status
    words = {
        Standing.CONTROLLED: "controlled",
        Standing.CLASS: "perhaps controlled, by a general wording that a person must judge",
        Standing.WATCHED: "watched, not controlled",
        Standing.NOT_CONTROLLED: "not controlled on this day",
        Standing.UNKNOWN: "not known",
    }[answer.standing]
    if status is None or not answer.standing.covers:
        return f"{place}: {words}"
    dated = (
        f" since {status.since}"
        if status.kind is Precision.EXACT
        else f" ({status.kind} {status.since})" * bool(status.since)
    )
    return f"{place}: {words}, {status.instrument}{dated}"


def changes(old: StatusList, new: StatusList, first: date, last: date) -> tuple[Change, ...]:
    """Return what two editions say differently between two days, so that notifications of those days can be run again.

    Args:
        old: the edition by which they were judged.
        new: the edition that replaces it.
        first: first day that matters, for instance that of the oldest open notification.
        last: last day that matters; a change that begins later is not told.
    """
    found: list[Change] = []
    for substance, jurisdiction in sorted(old.pairs() | new.pairs()):
        found += _changed(old, new, substance, jurisdiction, (first, last))
    return tuple(found)


def _changed(
    old: StatusList, new: StatusList, substance: str, jurisdiction: str, period: tuple[date, date]
) -> Iterable[Change]:
    """Compare at every day on which either edition's answer can turn."""
    turns = sorted(
        {period[0]} | _turns(old, substance, jurisdiction, period) | _turns(new, substance, jurisdiction, period)
    )
    running: Change | None = None
    for day in turns:
        was, now = (status_on(book, substance, jurisdiction, day) for book in (old, new))
        if running and (was.standing, now.standing) == (running.old, running.new):
            continue
        if running:
            yield Change(substance, jurisdiction, running.old, running.new, running.since, day, running.instrument)
            running = None
        if was.standing is not now.standing:
            status = now.status or was.status
            instrument = status.instrument if status else ""
            running = Change(substance, jurisdiction, was.standing, now.standing, day, None, instrument)
    if running:
        yield running


def _turns(book: StatusList, substance: str, jurisdiction: str, period: tuple[date, date]) -> set[date]:
    days: set[date] = set()
    for status in book.statuses(substance, jurisdiction):
        for text in (status.since, status.until):
            days |= set(span(text)) if text else set()
        if status.kind is Precision.UNREAD:
            days.add(book.day)
    return {day for day in days if period[0] <= day <= period[1]}
