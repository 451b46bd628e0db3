"""The days of a plan, and meetings, as iCalendar.

The rule it keeps: what has not changed is written with the same bytes each time, so that a program that asks again is told
that nothing moved; of an event its identity stays over all versions.
"""  # spec: RFC 5545 3

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from comity.base.ids import Digest, Ms
from comity.desks.workplan.model import Plan
from comity.desks.workplan.plans import in_language

REFRESH = "PT6H"
"""How often a program is asked to look again."""  # spec: RFC 7986 5.7
_OCTETS = 75
_SECOND = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One event.

    Attributes:
        uid: stays over all versions.
        day: whole day, ISO; "" where it has a time.
        summary: one line.
        revised: when it was last changed.
        sequence: how often it was changed.
        at: when it begins; None for a whole day.
        minutes: how long it lasts; None for not said.
        note: further words, "" without.
        firm: both sides agreed to it.
    """

    uid: str
    day: str
    summary: str
    revised: Ms
    sequence: int = 0
    at: Ms | None = None
    minutes: int | None = None
    note: str = ""
    firm: bool = True


def plan_entries(plan: Plan, digest: Digest, revised: Ms, number: int, language: str) -> Iterator[Entry]:
    """Yield the days of a plan: when open items and actions are due, and the days of the tracks.

    Args:
        plan: whose days.
        digest: of the first version of the plan, so that an event keeps its identity.
        revised: when the version took effect.
        number: of the version.
        language: of the texts.
    """
    for id_, day, summary, note in _days(plan, language):
        yield Entry(f"{id_}@{digest.hex()[:16]}.workplan", day, summary, revised, number - 1, note=note)


def _days(plan: Plan, language: str) -> Iterator[tuple[str, str, str, str]]:
    for item in plan.items:
        if not item.closed:
            yield item.id, item.due, f"{item.id} {in_language(item.aim, language)}", item.measure
    for action in plan.actions:
        yield action.id, action.due, f"{action.id} {in_language(action.title, language)}", action.measure
    for track in plan.tracks:
        for day in track.days:
            yield f"{track.id}-{day}", day, in_language(track.title, language), ""


def calendar_text(name: str, entries: Iterable[Entry], digest: Digest, *, notes: bool = True) -> str:
    """Return a calendar.

    Args:
        name: of the calendar.
        entries: its events.
        digest: of the first version of the plan, which is the calendar's identity.
        notes: whether further words stand in it.
    """
    found = tuple(entries)
    last = [f"LAST-MODIFIED:{_stamp(max(one.revised for one in found))}"] if found else []
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Comity//Workplan//EN",
        "CALSCALE:GREGORIAN",
        f"UID:{digest.hex()[:32]}.workplan",  # spec: RFC 7986 5.3
        *last,
        f"NAME:{_escaped(name)}",
        f"X-WR-CALNAME:{_escaped(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    for one in found:
        lines += _event(one, notes=notes)
    return "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in _folded(line))


def _event(one: Entry, *, notes: bool) -> list[str]:
    # Without a METHOD the stamp is when the event was last revised, and two readings of one plan are the same bytes.
    return [
        "BEGIN:VEVENT",
        f"UID:{one.uid}",
        f"DTSTAMP:{_stamp(one.revised)}",  # spec: RFC 5545 3.8.7.2
        f"LAST-MODIFIED:{_stamp(one.revised)}",
        f"SEQUENCE:{one.sequence}",
        *_when(one),
        f"SUMMARY:{_escaped(one.summary)}",
        *([f"DESCRIPTION:{_escaped(one.note)}"] if notes and one.note else []),
        f"STATUS:{'CONFIRMED' if one.firm else 'TENTATIVE'}",
        f"TRANSP:{'TRANSPARENT' if one.at is None else 'OPAQUE'}",
        "END:VEVENT",
    ]


def _when(one: Entry) -> list[str]:
    if one.at is not None:
        return [f"DTSTART:{_stamp(one.at)}", *([f"DURATION:PT{one.minutes}M"] if one.minutes else [])]
    day = date.fromisoformat(one.day)
    return [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"]


def _stamp(at: Ms) -> str:
    return datetime.fromtimestamp(at // _SECOND, UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def _folded(line: str) -> Iterable[str]:
    """Cut a line at 75 octets, never inside a letter; each further part begins with a blank."""  # spec: RFC 5545 3.1
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > _OCTETS:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + octets
    yield part
