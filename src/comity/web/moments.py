"""Times as a person reads them: a clock in each capital, time left instead of dates, and one line of the working days.

Zone rules come from the IANA database, names of days and months from the Unicode CLDR, never from constants; digits are Latin
in every language. Units of a length are words of ours: the CLDR has English words among its Punjabi ones. Nothing counts in
seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import date as date_
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale

from comity.base.ids import Ms
from comity.screen import PartyCard
from comity.web.texts import Texts, locale

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of days from Monday on and of months from January on: abbreviated, and in full."""

    days: tuple[str, ...]
    months: tuple[str, ...]
    long_days: tuple[str, ...]
    long_months: tuple[str, ...]
    comma: str


@cache
def _names(language: str) -> _Names:
    """Take the names from the Unicode CLDR; `en`, not its sister between states, has the months in three letters."""
    cldr = Locale.parse(language)
    days, months = cldr.days["format"], cldr.months["format"]
    return _Names(
        days=tuple(days["abbreviated"][i] for i in range(7)),
        months=tuple(months["abbreviated"][i] for i in range(1, 13)),
        long_days=tuple(days["wide"][i] for i in range(7)),
        long_months=tuple(months["wide"][i] for i in range(1, 13)),
        comma="," if locale(language).date_formats["full"].pattern.startswith("EEEE,") else "",
    )


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def at_zone(at: Ms, zone: str = "UTC") -> datetime:
    """Turn milliseconds into a local time; `zone` is an IANA name."""
    return datetime.fromtimestamp(at / 1000, UTC if zone == "UTC" else _zone(zone))


def clock(at: Ms, zone: str = "UTC") -> str:
    """Hours and minutes, such as `05:52`."""
    local = at_zone(at, zone)
    return f"{local.hour:02d}:{local.minute:02d}"


def day_clock(at: Ms, zone: str, texts: Texts) -> str:
    """Weekday and clock, such as `Mon 01:52`."""
    return f"{_names(texts.lang).days[at_zone(at, zone).weekday()]} {clock(at, zone)}"


def date(at: Ms, texts: Texts, *, year: bool = False, zone: str = "UTC") -> str:
    """Day and month, such as `13 Jul` or `13 Jul 2026`; in UTC unless a zone is named."""
    local = at_zone(at, zone)
    month = _names(texts.lang).months[local.month - 1]
    return f"{local.day} {month}" + (f" {local.year}" if year else "")


def months(first: date_, last: date_, texts: Texts) -> str:
    """First and last month, such as `Jul-Sep 2026`, `Nov 2025 - Jan 2026`, or the one month that it is."""
    one, two = (_names(texts.lang).months[day.month - 1] for day in (first, last))
    if first.year != last.year:
        return f"{one} {first.year} - {two} {last.year}"
    return f"{one} {first.year}" if first.month == last.month else f"{one}-{two} {last.year}"


def long_date(at: Ms, texts: Texts, zone: str = "UTC") -> str:
    """A date in full, such as `Monday 13 July 2026`."""
    local, names = at_zone(at, zone), _names(texts.lang)
    day, month = names.long_days[local.weekday()], names.long_months[local.month - 1]
    return f"{day}{names.comma} {local.day} {month} {local.year}"


def zone_name(at: Ms, zone: str = "UTC") -> str:
    """How a zone is called at a moment: `UTC`, `EDT`, `IST`, or the distance from UTC where it has no letters."""
    name = at_zone(at, zone).tzname() or zone
    return name if name[0] not in "+-" else f"UTC{name[:3]}:{name[3:] or '00'}"


def stamp(at: Ms, texts: Texts, zone: str = "UTC") -> str:
    """A date with clock and zone, for papers and whatever is read without a clock beside it: `13 Jul 2026 05:52 UTC`."""
    return f"{date(at, texts, year=True, zone=zone)} {clock(at, zone)} {zone_name(at, zone)}"


def moment(at: Ms, now: Ms, texts: Texts) -> str:
    """Clock in UTC, with the date before it if that is not today's, and the year if that is not this one."""
    if at // DAY == now // DAY:
        return clock(at)
    return f"{date(at, texts, year=at_zone(at).year != at_zone(now).year)} {clock(at)}"


def span(length: int, texts: Texts) -> str:
    """A length in the two largest units that matter: `3 d 4 h`, `7 h 02 min`, `12 min`; milliseconds."""
    minutes = length // MINUTE
    if minutes < 1:
        return texts("left.minute")
    return _span(minutes, texts)


@lru_cache(maxsize=8192)
def _span(minutes: int, texts: Texts) -> str:
    days, hours, rest = minutes // _MINUTES_A_DAY, minutes // 60 % 24, minutes % 60
    if days:
        large, small = texts("left.in.days", days=days), texts("left.in.hours", hours=hours) if hours else ""
    elif hours:
        large = texts("left.in.hours", hours=hours)
        small = texts("left.in.minutes", minutes=f"{rest:02d}") if rest else ""
    else:
        large, small = texts("left.in.minutes", minutes=rest), ""
    return texts("left.in.two", large=large, small=small) if small else large


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
