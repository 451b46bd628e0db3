"""Duty as views: who is there until when on both sides, shifts, postings, notes; every time with its zone, all words chosen.

Rule kept: nobody is called there for whom no shift, posting or open office says so; an officer is a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from comity.base.ids import Ms, show_id
from comity.screen.duty import (
    DutyCard,
    Gap,
    HandoverLine,
    HandoverNote,
    PostingCard,
    Presence,
    ShiftLine,
    Side,
    Told,
)
from comity.web import moments
from comity.web.letters import Sight
from comity.web.views import Left

_LEFT, _WIDE, _HOURS = 122.0, 801.6, 24
_LANE, _TOP = 30, 40
_WRITES = 90.0
"""A bar narrower than this has a number only."""
MOST_GAPS = 3


@dataclass(frozen=True, slots=True)
class Head:
    """The line under the heading: whether both sides are staffed, and until when."""

    text: str
    whole: bool


@dataclass(frozen=True, slots=True)
class SideView:
    """One side: its clock, office, line, who is there, until when, and when nobody is (and whether that is now)."""

    short: str
    ours: bool
    capital: str
    clock: str
    office: str
    hours: str
    line: str
    here: tuple[tuple[str, str], ...]
    until: str
    staffed: bool
    gaps: tuple[tuple[str, bool], ...]
    more: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the day: numbers as the drawing takes them."""

    x: str
    y: int
    width: str
    look: str
    text: str
    at: str
    dark: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """The next 24 hours as a drawing and as a sentence."""

    label: str
    height: int
    bars: tuple[Bar, ...]
    names: tuple[tuple[int, str], ...]
    ticks: tuple[tuple[str, str, str], ...]
    now: str


@dataclass(frozen=True, slots=True)
class Made:
    """One line that the node adds to a note."""

    told: str
    what: str
    number: str
    href: str
    left: Left | None


@dataclass(frozen=True, slots=True)
class NoteView:
    """One hand-over note; `take` is the address by which it is taken over, "" where this visitor does not."""

    id: str
    by: str
    taken: str
    parts: tuple[tuple[str, str], ...]
    made: tuple[Made, ...]
    take: str
    own: bool


@dataclass(frozen=True, slots=True)
class ShiftView:
    """One running of one shift."""

    id: str
    day: str
    when: str
    role: str
    who: str
    change: str
    running: bool
    empty: bool


@dataclass(frozen=True, slots=True)
class PostingView:
    """One posting."""

    id: str
    short: str
    ours: bool
    officer: str
    function: str
    state: str
    look: str
    facts: tuple[tuple[str, str], ...]
    since: str


def clocks(at: Ms, sight: Sight) -> str:
    """Return a time in UTC and by the clock of both capitals; with the day where it is not today's."""
    t, now = sight.texts, sight.now
    places = " / ".join(f"{_clock(at, now, p.zone, sight)} {p.capital}" for p in sight.parties)
    return f"{moments.moment(at, now, t)} UTC ({places})"


def _clock(at: Ms, now: Ms, zone: str, sight: Sight) -> str:
    same = moments.at_zone(at, zone).date() == moments.at_zone(now, zone).date()
    return moments.clock(at, zone) if same else moments.day_clock(at, zone, sight.texts)


def head(card: DutyCard, sight: Sight) -> Head:
    """Say whether both sides are staffed."""
    if card.until is None:
        return Head(sight.texts("duty.both.not"), whole=False)
    return Head(sight.texts("duty.both", time=clocks(card.until, sight)), whole=True)


def side(one: Side, sight: Sight) -> SideView:
    """One side."""
    t = sight.texts
    until = t("duty.until.none") if one.until is None else t("duty.until", time=clocks(one.until, sight))
    left = len(one.gaps) - MOST_GAPS
    return SideView(
        short=one.short,
        ours=one.ours,
        capital=one.capital,
        clock=moments.day_clock(sight.now, one.zone, t),
        office=t("duty.open" if one.office_open else "duty.closed"),
        hours=t("duty.hours", opens=one.opens, closes=one.closes),
        line=one.line or t("duty.line.none"),
        here=tuple((who(p, sight), t("duty.who.until", time=clocks(p.ends, sight))) for p in one.here),
        until=t("duty.until.whole") if one.whole else until,
        staffed=one.until is not None,
        gaps=tuple((_gap(gap, sight, ours=one.ours), gap.begins <= sight.now) for gap in one.gaps[:MOST_GAPS]),
        more=t.count("duty.gaps.more", left) if left > 0 else "",
    )


def who(one: Presence, sight: Sight) -> str:
    """Name who is there: a role and number, never a person."""
    t = sight.texts
    if one.number is None:
        return t("duty.who.office")
    if one.why == "posting":
        return t("duty.who.posting", number=one.number)
    return t("duty.who.shift", role=t.word("duty.role", one.role), number=one.number)


def _gap(gap: Gap, sight: Sight, *, ours: bool) -> str:
    said = {"begins": clocks(gap.begins, sight), "ends": clocks(gap.ends, sight)}
    if not ours:
        return sight.texts("duty.gap.theirs", **said)
    if not gap.rings:
        return sight.texts("duty.gap", **said)
    return sight.texts("duty.gap.ours", **said, who=gap.rings.replace("/", " "))


# --- the day as a drawing --------------------------------------------------------------------------------------------


def day(card: DutyCard, sight: Sight) -> DayView:
    """Draw the next 24 hours of both sides."""
    begins = Ms(sight.now - sight.now % moments.HOUR)
    bars: list[Bar] = []
    names: list[tuple[int, str]] = []
    y, lines = _TOP, []
    for one in card.sides:
        names.append((y + 18, f"{one.short} {one.capital}"))
        lanes = _lanes(one.ahead)
        for place, presences in enumerate(lanes):
            bars += [_bar(p, y + place * _LANE, begins, sight, ours=one.ours) for p in presences]
        lines += [
            f"{one.short}: " + sight.texts("duty.day.line", who=who(p, sight), begins=_utc(p.begins), ends=_utc(p.ends))
            for p in one.ahead
        ]
        y += max(len(lanes), 1) * _LANE + 12
    ticks = tuple(_tick(Ms(begins + hour * moments.HOUR), begins, sight) for hour in range(0, _HOURS + 1, 3))
    label = sight.texts("duty.day.label", lines="; ".join(lines))
    return DayView(label, y + 24, tuple(bars), tuple(names), ticks, _x(sight.now, begins))


def _lanes(presences: Iterable[Presence]) -> list[list[Presence]]:
    """Put those who are there at the same time under each other."""
    lanes: list[list[Presence]] = []
    for one in presences:
        free = next((lane for lane in lanes if lane[-1].ends <= one.begins), None)
        if free is None:
            lanes.append([one])
        else:
            free.append(one)
    return lanes


def _bar(one: Presence, y: int, begins: Ms, sight: Sight, *, ours: bool) -> Bar:
    left, right = float(_x(one.begins, begins)), float(_x(min(one.ends, Ms(begins + moments.DAY)), begins))
    width = max(right - left - 2, 2.0)
    look = "duty-b" if one.number is not None else "office-o" if ours else "office-t"
    text = who(one, sight) if width > _WRITES else str(one.number or "")
    return Bar(f"{left + 1:.1f}", y, f"{width:.1f}", look, text, f"{left + 8:.1f}", dark=look == "office-o")


def _tick(at: Ms, begins: Ms, sight: Sight) -> tuple[str, str, str]:
    here = " / ".join(moments.clock(at, party.zone) for party in sight.parties)
    return _x(at, begins), moments.clock(at), here


def _x(at: Ms, begins: Ms) -> str:
    return f"{_LEFT + _WIDE * (at - begins) / (_HOURS * moments.HOUR):.1f}"


def _utc(at: Ms) -> str:
    return f"{moments.clock(at)} UTC"


# --- notes -----------------------------------------------------------------------------------------------------------


def note(one: HandoverNote, sight: Sight, *, number: int, takes: bool) -> NoteView:
    """One note; `number` is the visitor's, `takes` whether the visitor's role hands over."""
    t, id_ = sight.texts, show_id(one.id)
    written = (("eye", one.eye), ("promised", one.promised), ("home", one.home))
    taken = t("duty.note.waits")
    if one.taken_at is not None:
        taken = t("duty.note.taken", number=one.taken_number, time=clocks(one.taken_at, sight))
    open_ = one.taken_at is None
    return NoteView(
        id=id_,
        by=t("duty.note.by", desk=one.desk, number=one.by_number, time=clocks(one.at, sight)),
        taken=taken,
        parts=tuple((t(f"duty.note.{name}"), text) for name, text in written if text),
        made=tuple(made(line, sight) for line in one.made),
        take=f"/duty/take/{id_}" if open_ and takes and one.by_number != number else "",
        own=open_ and one.by_number == number,
    )


def made(one: HandoverLine, sight: Sight) -> Made:
    """One line that the node adds."""
    t = sight.texts
    what = one.what.partition(":")[0] if one.told is Told.ALARM else one.what
    if one.told is Told.OPEN:
        return _opened(one, sight)
    family = {Told.ALARM: "alarm", Told.CONTACT: "", Told.TASK: "", Told.OWED: ""}.get(one.told, "kind")
    href = {Told.HELD: "/approvals", Told.ALARM: "/approvals", Told.OWED: "/approvals", Told.TASK: f"/task/{one.id}"}
    return Made(
        told=t(f"duty.told.{one.told}"),
        what=t.word(family, what) if family else "" if one.told is Told.CONTACT else what,
        number=one.number or one.id[-6:],
        href=href.get(one.told, f"/dispatch/{one.id}"),
        left=None if one.due is None else left(one.due, sight),
    )


def _opened(one: HandoverLine, sight: Sight) -> Made:
    """One thing that is open in a case."""
    t, (kind, _, agency) = sight.texts, one.what.partition(":")
    return Made(
        told=t(f"duty.told.{one.told}"),
        what=t.filled("case.open", kind, value=agency) if agency else t.word("case.open", kind),
        number=one.number or one.id[-6:],
        href=f"/owed/{one.id}" if agency else f"/dispatch/{one.id}",
        left=None if one.due is None else left(one.due, sight),
    )


def left(due: Ms, sight: Sight) -> Left:
    """How long until something is due, or how long it is overdue."""
    t, away = sight.texts, due - sight.now
    when = t("left.due", time=moments.moment(due, sight.now, t))
    if away <= 0:
        return Left("over", moments.span(-away, t), t("nav.overdue"), when, 100)
    return Left("soon" if away < moments.HOUR else "", moments.span(away, t), t("left.short"), when, 0)


# --- shifts and postings ---------------------------------------------------------------------------------------------


def shift(one: ShiftLine, sight: Sight) -> ShiftView:
    """One running of one shift."""
    t = sight.texts
    change = ""
    if one.change is not None:
        said = {"number": one.change.by_number, "time": clocks(one.change.at, sight)}
        stands = t("duty.nobody") if one.change.stands_in is None else str(one.change.stands_in)
        change = t("duty.change.by", what=t(f"duty.change.{one.change.what}"), who=stands, **said)
        change += f": {one.change.note}" if one.change.note else ""
    zone = moments.zone_name(one.begins, one.zone)
    return ShiftView(
        id=key(one),
        day=moments.day_clock(one.begins, one.zone, t).partition(" ")[0]
        + f" {moments.date(one.begins, t, zone=one.zone)}",
        when=f"{moments.clock(one.begins, one.zone)}-{moments.clock(one.ends, one.zone)} {zone}",
        role=t.word("duty.role", one.role),
        who=t("duty.nobody") if one.stands is None else str(one.stands),
        change=change,
        running=one.begins <= sight.now < one.ends,
        empty=one.stands is None,
    )


def key(one: ShiftLine) -> str:
    """Name one running of one shift for a form."""
    return f"{one.number}|{one.role}|{one.day}|{one.opens}"


def posting(one: PostingCard, sight: Sight) -> PostingView:
    """One posting."""
    t = sight.texts
    party = next(p for p in sight.parties if p.ours == one.ours)
    look = {"accepted": "ok", "nominated": "hold", "ended": "plain"}[one.state]
    word = t(f"duty.posting.{one.state}")
    at = next(when for when in (one.ended, one.accepted, one.nominated) if when is not None)
    return PostingView(
        id=show_id(one.id),
        short=party.short,
        ours=one.ours,
        officer=t("duty.posting.officer", number=one.number),
        function=one.function,
        state=word,
        look=look,
        facts=tuple(_facts(one, sight)),
        since=t("duty.posting.since", word=word, time=clocks(at, sight)),
    )


def _facts(one: PostingCard, sight: Sight) -> Iterable[tuple[str, str]]:
    t = sight.texts
    yield t("duty.posting.agency"), one.agency
    yield t("duty.posting.host"), one.host_agency
    hours = f"{one.opens}-{one.closes} {one.zone}" if one.zone else t("duty.posting.hours.host")
    yield t("duty.posting.hours"), hours
    kinds = t.listing([t.word("kind", kind) for kind in one.kinds]) if one.kinds else t("duty.nobody")
    only = f", {t('duty.posting.only', stages=t.listing(list(one.stages)))}" if one.stages else ""
    yield t("duty.posting.releases"), kinds + only
    until = t("duty.posting.until.none") if one.until is None else clocks(one.until, sight)
    yield t("duty.posting.until"), until
    if one.substitute is not None:
        yield t("duty.posting.substitute"), str(one.substitute)
