"""Limits over year ends, by both parties' own calendars and zones, against an independent reckoning of working days.

The reckoning lists every working day of six years and looks a place up in the list; midnights are found by walking the clock.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comity.base.ids import Ms
from comity.base.workdays import Calendar
from comity.desks.precursors.clocks import Limit, Policy, Since, policy_of, times_of
from comity.desks.precursors.model import Firm, Line, Pen, Route
from comity.edge.days import calendar_of
from comity.edge.registry import Registry, read_toml
from tests.examples import examples

ROOT = Path(__file__).parents[2]
PARTIES = ("india", "canada", "ostrel", "vanmere")
HOUR, DAY = 3_600_000, 86_400_000
FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)
MOMENTS = st.integers(
    int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1000, int(datetime(2027, 11, 1, tzinfo=UTC).timestamp()) * 1000
).map(Ms)
YEAR_ENDS = st.sampled_from((2025, 2026)).flatmap(
    lambda year: st.integers(-40 * 24, 40 * 24).map(
        lambda hours: Ms(int(datetime(year, 12, 31, 12, tzinfo=UTC).timestamp()) * 1000 + hours * HOUR)
    )
)


@cache
def calendar(party: str) -> Calendar:
    registry = read_toml(ROOT / "registries" / f"{party}.toml", Registry)
    return calendar_of(registry, ROOT / "calendars")


def reckoned(party: str, day: date, days: int) -> date:
    """Return the working day so many after a day, by its place in a list of all of them."""
    listed = working_days(party)
    return listed[bisect_right(listed, day) - 1 + days]


@cache
def working_days(party: str) -> list[date]:
    """Return every working day from 2024 to 2029, from the files themselves."""
    found = tomllib.loads((ROOT / "calendars" / f"{party}.toml").read_text(encoding="utf-8"))
    rest = {str(one["day"]) for one in found["holiday"]}
    days = (date(2024, 1, 1) + timedelta(days=n) for n in range(6 * 365))
    return [day for day in days if day.isoweekday() <= 5 and str(day) not in rest]


def midnight_after(own: Calendar, day: date) -> int:
    """Return the first whole minute at which a clock there no longer shows `day`, found by looking at the clock."""
    at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000 - 14 * HOUR
    while datetime.fromtimestamp(at / 1000, own.zone).date() <= day:
        at += 15 * 60_000
    return at


def pen(applied: str = "") -> Pen:
    firm = Firm("Tern Fine Intermediates", "Dock 4")
    return Pen(
        state="pre-export",
        exporter=firm,
        importer=firm,
        lines=(Line("4-piperidone", 1000),),
        route=Route(entry="Port"),
        leaves="2027-12-30",
        applied=applied,
    )


@pytest.mark.parametrize("party", PARTIES)
@examples(120)
@given(st.one_of(MOMENTS, YEAR_ENDS), st.integers(1, 40))
@example(Ms(int(datetime(2026, 12, 24, 23, 59, tzinfo=UTC).timestamp()) * 1000), 21)
def test_working_days_are_those_of_an_independent_reckoning(party: str, at: Ms, days: int) -> None:
    own = calendar(party)
    day = own.day(at)
    assert own.after(day, days, working=True) == reckoned(party, day, days)
    assert own.between(day, reckoned(party, day, days)) == days


@pytest.mark.parametrize("party", PARTIES)
@examples(60)
@given(YEAR_ENDS, st.integers(0, 30), st.booleans())
def test_a_limit_runs_out_at_the_midnight_of_its_own_zone(party: str, at: Ms, days: int, working: bool) -> None:
    own = calendar(party)
    last = own.after(own.day(at), days, working=working)
    assert own.ends(last) == midnight_after(own, last)
    assert own.day(Ms(own.ends(last) - 1)) == last
    assert own.begins(last) <= own.ends(last) - 23 * HOUR


@examples(80)
@given(
    YEAR_ENDS,
    st.sampled_from([("india", "canada"), ("canada", "india"), ("ostrel", "vanmere")]),
    st.integers(1, 25),
    st.booleans(),
)
def test_both_sides_come_to_the_same_limits(at: Ms, parties: tuple[str, str], days: int, working: bool) -> None:
    one, other = (Policy(calendar(party), reply=Limit(days, working, Since.NOTIFIED)) for party in parties)
    here = times_of(pen(), at, one, other)
    there = times_of(pen(), at, *reversed((other, one)))
    assert here == there
    assert here.answer is not None
    day = calendar(parties[1]).day(at)
    last = reckoned(parties[1], day, days) if working else day + timedelta(days=days)
    assert here.answer == midnight_after(calendar(parties[1]), last)


@given(st.dates(FIRST, date(2026, 12, 31)))
def test_the_certificate_runs_from_the_application(day: date) -> None:
    exporter = Policy(calendar("india"), certificate=Limit(21, True, Since.APPLIED))
    found = times_of(pen(day.isoformat()), Ms(0), exporter, Policy())
    assert found.certificate == midnight_after(calendar("india"), reckoned("india", day, 21))


def test_one_moment_may_be_two_days() -> None:
    new_year = Ms(int(datetime(2026, 12, 31, 20, 0, tzinfo=UTC).timestamp()) * 1000)
    assert calendar("india").day(new_year) == date(2027, 1, 1)
    assert calendar("canada").day(new_year) == date(2026, 12, 31)


def test_a_count_that_reaches_an_unannounced_year_says_so() -> None:
    exporter = Policy(calendar("india"), certificate=Limit(21, True, Since.APPLIED))
    assert times_of(pen("2026-11-02"), Ms(0), exporter, Policy()).known
    assert not times_of(pen("2026-12-15"), Ms(0), exporter, Policy()).known
    assert calendar("canada").knows(date(2025, 1, 1), date(2027, 12, 31))


def test_no_holiday_of_a_party_is_a_working_day_and_observed_ones_are_weekdays() -> None:
    for party in PARTIES:
        own = calendar(party)
        assert not any(own.works(day) for day in own.holidays)
    for day in (date(2026, 12, 28), date(2027, 12, 27), date(2027, 12, 28)):
        assert not calendar("canada").works(day)


def test_the_scenarios_clocks_by_the_accords_timers() -> None:
    """21 working days from 13 July 2026 in the one, seven days in the other; counted by hand on a paper calendar."""
    timers = {"notice-aa-certificate-days": 21, "notice-aa-certificate-working": 1, "notice-aa-certificate-since": 1}
    timers |= {"notice-bb-reply-days": 7, "notice-bb-silence": 1, "notice-bb-report": 72, "notice-bb-permit": 180}
    one, other = policy_of("aa", timers, calendar("india")), policy_of("bb", timers, calendar("canada"))
    notified = Ms(int(datetime(2026, 7, 14, 6, tzinfo=UTC).timestamp()) * 1000)
    found = times_of(pen("2026-07-13"), notified, one, other)
    # 14 July to 11 August are 21 working days there: no holiday falls into them. It ends at 18:30 UTC of the 11th.
    assert found.certificate == int(datetime(2026, 8, 11, 18, 30, tzinfo=UTC).timestamp()) * 1000
    # It is the 14th there too (02:00), so the seventh day after is the 21st, which ends at 04:00 UTC.
    assert found.answer == int(datetime(2026, 7, 22, 4, tzinfo=UTC).timestamp()) * 1000
    assert (other.report_ms, other.permit_days) == (72 * HOUR, 180)
