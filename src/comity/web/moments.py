"""Times as a person reads them: a clock in each capital, time left instead of dates, and one line of the working days.

Zone rules come from the IANA database, never from constants. Nothing counts in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from comity.base.ids import Ms
from comity.screen import PartyCard
from comity.web.texts import Texts

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_MINUTES_A_DAY = 1440


def at_zone(at: Ms, zone: str = "UTC") -> datetime:
    """Turn milliseconds into a local time; `zone` is an IANA name."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone))


def clock(at: Ms, zone: str = "UTC") -> str:
    """Hours and minutes, such as `05:52`."""
    return at_zone(at, zone).strftime("%H:%M")


def day_clock(at: Ms, zone: str, texts: Texts) -> str:
    """Weekday and clock, such as `Mon 01:52`."""
    local = at_zone(at, zone)
    return f"{texts(f'weekday.{local.weekday()}')} {local:%H:%M}"


def date(at: Ms, texts: Texts, *, year: bool = False) -> str:
    """Day and month in UTC, such as `13 Jul` or `13 Jul 2026`."""
    local = at_zone(at)
    return f"{local.day} {texts(f'month.{local.month}')}" + (f" {local.year}" if year else "")


def moment(at: Ms, now: Ms, texts: Texts) -> str:
    """Clock in UTC, with the date before it if that is not today's."""
    return clock(at) if at // DAY == now // DAY else f"{date(at, texts)} {clock(at)}"


def span(length: int, texts: Texts) -> str:
    """A length in the two largest units that matter: `3 d 4 h`, `7 h 32 min`, `12 min`."""
    if length < MINUTE:
        return texts("left.minute")
    if length < HOUR:
        return f"{length // MINUTE} min"
    if length < DAY:
        return (
            f"{length // HOUR} h {length % HOUR // MINUTE:02d} min"
            if length % HOUR >= MINUTE
            else f"{length // HOUR} h"
        )
    return f"{length // DAY} d {length % DAY // HOUR} h" if length % DAY >= HOUR else f"{length // DAY} d"


@dataclass(frozen=True, slots=True)
class Office:
    """One capital's office day in minutes of the UTC day; two parts if it runs over midnight UTC."""

    parts: tuple[tuple[int, int], ...]
    opens: str
    closes: str


def office(party: PartyCard, now: Ms) -> Office:
    """Place the office hours of the capital's current date on the UTC day."""
    local = at_zone(now, party.zone)
    shift = int((local.utcoffset() or timedelta()).total_seconds() // 60)
    start, end = (party.opens - shift) % _MINUTES_A_DAY, (party.closes - shift) % _MINUTES_A_DAY
    parts = ((start, end),) if start < end else ((start, _MINUTES_A_DAY), (0, end))
    return Office(parts, _minute(start), _minute(end))


def is_open(party: PartyCard, now: Ms) -> bool:
    """Whether the office is open: a weekday there, within its hours."""
    local = at_zone(now, party.zone)
    return local.weekday() < 5 and party.opens <= local.hour * 60 + local.minute < party.closes  # noqa: PLR2004  Saturday


def overlap(offices: tuple[Office, ...]) -> bool:
    """Whether any minute of the day lies in every office's hours."""
    shared = set(range(_MINUTES_A_DAY))
    for each in offices:
        shared &= {minute for start, end in each.parts for minute in range(start, end)}
    return bool(shared)


def _minute(of_day: int) -> str:
    return f"{of_day // 60:02d}:{of_day % 60:02d}"
