"""Hours on the calendar: around midnight, on nights when clocks change, with changes of single dates; and who is there when."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base.errors import BadConfiguration
from comity.base.ids import DispatchId, Ms
from comity.edge.registry import OnCall, Registry
from comity.edge.shifts import DAYS, Home, both, cover, merged, newest, open_spans, presences, turns, zone_of
from comity.screen.duty import Change, PostingCard, ShiftChange
from tests.examples import examples

HOUR, DAY = 3_600_000, 86_400_000
ZONES = ("America/Toronto", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


def utc(*when: int) -> Ms:
    return Ms(int(datetime(*when, tzinfo=UTC).timestamp() * 1000))


def hours(shift: OnCall, begins: Ms, ends: Ms) -> list[tuple[str, str]]:
    return [
        tuple(datetime.fromtimestamp(at / 1000, UTC).strftime("%d %H:%M") for at in (one.begins, one.ends))
        for one in turns(shift, begins, ends)
    ]


def night(zone: str, opens: str = "20:00", closes: str = "08:00", **more) -> OnCall:
    return OnCall("no", "duty-officer", 7, zone=zone, opens=opens, closes=closes, **more)


def test_a_night_is_an_hour_shorter_and_an_hour_longer_when_clocks_change():
    # spring forward on 8 March 2026 at 02:00, back on 1 November 2026 at 02:00, in the first zone
    spring = hours(night("America/Toronto"), utc(2026, 3, 8), utc(2026, 3, 8, 13))
    assert ("08 01:00", "08 12:00") in spring, "eleven hours"
    autumn = hours(night("America/Toronto"), utc(2026, 11, 1), utc(2026, 11, 1, 13))
    assert ("01 00:00", "01 13:00") in autumn, "thirteen hours"
    assert hours(night("Asia/Kolkata"), utc(2026, 3, 8, 14), utc(2026, 3, 8, 16)) == [("08 14:30", "09 02:30")]


def test_two_shifts_that_meet_in_the_hour_that_is_left_out_or_comes_twice_leave_no_hole_and_no_double():
    for day in (utc(2026, 3, 8), utc(2026, 11, 1)):
        for meet in ("01:30", "02:00", "02:30", "03:00"):
            pair = (night("America/Toronto", "20:00", meet), night("America/Toronto", meet, "20:00"))
            spans = sorted((one.begins, one.ends) for shift in pair for one in turns(shift, day, Ms(day + DAY)))
            assert all(a[1] == b[0] for a, b in itertools.pairwise(spans)), (day, meet)
            assert cover(spans, day, Ms(day + DAY)).whole


def test_a_shift_wholly_in_the_hour_that_is_left_out_does_not_run():
    shift = night("America/Toronto", "02:10", "02:50")
    assert hours(shift, utc(2026, 3, 8), utc(2026, 3, 9)) == [("08 07:10", "08 07:50")], "as long, by the offset before"
    over = night("America/Toronto", "02:30", "03:10")
    assert [one.day for one in turns(over, utc(2026, 3, 7), utc(2026, 3, 10))] == ["2026-03-07", "2026-03-09"]


def test_a_shift_over_midnight_belongs_to_the_date_on_which_it_begins():
    friday = night("America/Toronto", days=("fri",))
    assert [one.day for one in turns(friday, utc(2026, 7, 18), utc(2026, 7, 18, 12))] == ["2026-07-17"]
    assert not list(turns(friday, utc(2026, 7, 18, 12), utc(2026, 7, 19)))


def on_wall(shift: OnCall, at: Ms) -> bool:
    """Say by the wall clock alone whether a shift runs; an oracle for hours in which no clock changes."""
    here = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(shift.zone))
    clock, today, before = here.strftime("%H:%M"), DAYS[here.weekday()], DAYS[(here.weekday() - 1) % 7]
    if shift.opens < shift.closes:
        return today in shift.days and shift.opens <= clock < shift.closes
    return (today in shift.days and clock >= shift.opens) or (before in shift.days and clock < shift.closes)


def changes_near(zone: str, at: Ms) -> bool:
    offsets = {
        datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone)) + timedelta(0)
        for at in (at - 30 * HOUR, at + 30 * HOUR)
    }
    return len({one.utcoffset() for one in offsets}) > 1


CLOCK = st.tuples(st.integers(0, 23), st.sampled_from((0, 15, 30, 59))).map(lambda t: f"{t[0]:02d}:{t[1]:02d}")
WHEN = st.integers(utc(2026, 1, 1) // 60_000, utc(2027, 12, 31) // 60_000).map(lambda n: Ms(n * 60_000))
SHIFT = st.builds(
    night,
    st.sampled_from(ZONES),
    CLOCK,
    CLOCK,
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
)


@given(SHIFT, WHEN)
def test_away_from_changes_of_clocks_the_wall_says_the_same(shift, at):
    if not changes_near(shift.zone, at):
        assert bool(list(turns(shift, at, Ms(at + 1)))) is on_wall(shift, at)


# --- cover -----------------------------------------------------------------------------------------------------------

SPAN = st.tuples(st.integers(0, 200), st.integers(0, 200)).map(lambda s: (Ms(min(s)), Ms(max(s))))


@given(st.lists(SPAN, max_size=8), st.integers(0, 100), st.integers(1, 100))
def test_staffed_is_said_only_of_moments_that_a_span_holds(spans, begins, length):
    ends = begins + length
    found = cover(spans, Ms(begins), Ms(ends))
    there = [any(a <= at < b for a, b in spans) for at in range(begins, ends)]
    gap = [any(a <= at < b for a, b in found.gaps) for at in range(begins, ends)]
    assert gap == [not one for one in there]
    assert found.whole is all(there)
    until = begins if found.until is None else found.until
    assert all(there[: until - begins])
    assert until == ends or not there[until - begins]


@given(st.lists(SPAN, max_size=6), st.lists(SPAN, max_size=6))
def test_both_holds_what_lies_in_each(one, other):
    found = both(one, other)
    for at in range(201):
        held = [any(a <= at < b for a, b in spans) for spans in (one, other, found)]
        assert held[2] is (held[0] and held[1])
    assert found == merged(found)


def registry(zone: str, **more) -> Registry:
    return Registry("no", "NO", {"en": "No"}, "Noville", zone, "09:00", "17:00", ("en",), (), **more)


def posting(**more) -> PostingCard:
    base = PostingCard(
        DispatchId(bytes(16)), True, "requests", 12, "a", "liaison", (), "b", None, "accepted", Ms(0), Ms(1), None,
        "Asia/Kolkata", "09:30", "18:00", "", (), (), (), (), None,
    )  # fmt: skip
    return replace(base, **more)


def home(**more) -> Home:
    base = Home(registry("America/Toronto"), registry("Asia/Kolkata"), (), False, ())
    return replace(base, **more)


MONDAY, SATURDAY = utc(2026, 7, 13), utc(2026, 7, 18)


def test_an_office_counts_only_where_it_is_manned_and_on_its_days():
    assert presences(home(), {}, MONDAY, Ms(MONDAY + DAY)) == ()
    (office,) = presences(home(manned=True), {}, MONDAY, Ms(MONDAY + DAY))
    assert (office.begins, office.ends, office.why) == (Ms(MONDAY + 13 * HOUR), Ms(MONDAY + 21 * HOUR), "office")
    assert presences(home(manned=True), {}, SATURDAY, Ms(SATURDAY + DAY)) == ()
    sundays = registry("UTC", days=("sun",))
    assert [one[0] for one in open_spans(sundays, MONDAY, Ms(MONDAY + 7 * DAY))] == [utc(2026, 7, 19, 9)]


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ({}, True),
        ({"state": "nominated", "accepted": None}, False),
        ({"state": "ended", "ended": Ms(2)}, False),
        ({"accepted": None}, False),
        ({"until": utc(2026, 7, 13, 4, 1)}, True),
        ({"until": utc(2026, 7, 13, 4)}, False),
        ({"accepted": utc(2026, 7, 13, 12, 30)}, False),
        ({"zone": "Mars/Olympus"}, False),
        ({"opens": "noon"}, False),
        ({"zone": "", "opens": "", "closes": ""}, True),
    ],
)
def test_a_posted_officer_is_there_only_in_force_and_within_hours_that_can_be_read(said, there):
    one = home(postings=(posting(**said),))
    assert bool(presences(one, {}, MONDAY, Ms(MONDAY + DAY))) is there
    assert presences(one, {}, SATURDAY, Ms(SATURDAY + DAY)) == ()


def change(shift: OnCall, day: str, what: Change, stands_in: int | None) -> ShiftChange:
    return ShiftChange(
        shift.desk, shift.role, shift.number, shift.opens, day, what, stands_in, "", "requests", 9, Ms(1)
    )


def test_an_absence_of_one_date_leaves_a_hole_on_that_date_only():
    shift = night("UTC", "20:00", "08:00")
    one = home(shifts=(shift,))
    away = newest([change(shift, "2026-07-14", Change.ABSENCE, None)])
    found = presences(one, away, MONDAY, Ms(MONDAY + 3 * DAY))
    assert [datetime.fromtimestamp(p.begins / 1000, UTC).day for p in found] == [13, 13, 15]
    stood = newest([*away.values(), change(shift, "2026-07-14", Change.SUBSTITUTE, 8)])
    assert [p.number for p in presences(one, stood, MONDAY, Ms(MONDAY + 3 * DAY))] == [7, 7, 8, 7]
    back = newest([*stood.values(), change(shift, "2026-07-14", Change.PLANNED, 7)])
    assert [p.number for p in presences(one, back, MONDAY, Ms(MONDAY + 3 * DAY))] == [7, 7, 7, 7]


@examples(60)
@given(st.lists(SHIFT, min_size=1, max_size=3), WHEN, st.data())
def test_a_desk_is_never_called_staffed_when_nobody_is(shifts, at, data):
    ends = Ms(at + 2 * DAY)
    running = [turn for shift in shifts for turn in turns(shift, at, ends)]
    away = [turn for turn in running if data.draw(st.booleans())]
    changes = newest([change(turn.shift, turn.day, Change.ABSENCE, None) for turn in away])
    found = cover(
        ((one.begins, one.ends) for one in presences(home(shifts=tuple(shifts)), changes, at, ends)), at, ends
    )
    gone = {turn.key for turn in away}
    for minute in range(0, 2 * 24 * 60, 7):
        moment = Ms(at + minute * 60_000)
        somebody = any(turn.begins <= moment < turn.ends and turn.key not in gone for turn in running)
        claimed = not any(a <= moment < b for a, b in found.gaps)
        assert claimed is somebody


def test_a_zone_that_is_none_is_named():
    with pytest.raises(BadConfiguration, match="Mars/Olympus"):
        zone_of("Mars/Olympus")
