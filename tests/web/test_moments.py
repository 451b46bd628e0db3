"""Times: both clocks, time left, the two working days on one line. Expected values are worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.web import moments
from comity.web.texts import Texts
from tests.web.board import AURIA, BOREA, DAY_START, HOUR, MINUTE

T = Texts()
WINTER = Ms(DAY_START + 183 * 24 * HOUR)  # 12 January 2027, a Tuesday


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "under 1 min"), (59_999, "under 1 min"), (MINUTE, "1 min"), (42 * MINUTE, "42 min"), (HOUR, "1 h"),
        (7 * HOUR + 2 * MINUTE, "7 h 02 min"), (24 * HOUR, "1 d"), (76 * HOUR, "3 d 4 h"), (72 * HOUR + 59 * MINUTE, "3 d"),
    ],
)  # fmt: skip
def test_lengths_in_two_units(length: int, said: str) -> None:
    assert moments.span(length, T) == said


def test_clock_in_each_capital() -> None:
    now = Ms(DAY_START + 5 * HOUR + 52 * MINUTE)
    assert moments.day_clock(now, "America/Halifax", T) == "Mon 02:52"
    assert moments.day_clock(now, "Asia/Kathmandu", T) == "Mon 11:37"


def test_a_time_of_another_day_has_its_date() -> None:
    now = Ms(DAY_START + 9 * HOUR)
    assert moments.moment(Ms(DAY_START), now, T) == "00:00"
    assert moments.moment(Ms(DAY_START - MINUTE), now, T) == "12 Jul 23:59"
    assert moments.date(now, T, year=True) == "13 Jul 2026"


def test_office_hours_follow_summer_time() -> None:
    summer, winter = moments.office(AURIA, DAY_START), moments.office(AURIA, WINTER)
    assert summer.parts == ((11 * 60 + 30, 20 * 60),)
    assert winter.parts == ((12 * 60 + 30, 21 * 60),)


def test_an_office_day_over_midnight_utc_has_two_parts() -> None:
    far = replace(AURIA, zone="Pacific/Auckland")
    assert moments.office(far, DAY_START).parts == ((20 * 60 + 30, 1440), (0, 5 * 60))


def test_the_two_days_do_not_overlap_and_one_that_does_is_seen() -> None:
    ours, theirs = moments.office(AURIA, DAY_START), moments.office(BOREA, DAY_START)
    assert moments.overlap((ours, ours))
    assert moments.overlap((ours, theirs)) == bool({*range(690, 1200)} & {*range(*theirs.parts[0])})


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (11 * HOUR + 29 * MINUTE, False),
        (11 * HOUR + 30 * MINUTE, True),
        (20 * HOUR, False),
        (-36 * HOUR + 12 * HOUR, False),
    ],
)  # the last is a Sunday
def test_open_on_weekdays_within_hours(at: int, is_open: bool) -> None:
    assert moments.is_open(AURIA, Ms(DAY_START + at)) is is_open
