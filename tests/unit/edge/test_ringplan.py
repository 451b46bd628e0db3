"""Who is rung when: once for each thing and person, the immediate again until it is seen, the rest together, quiet hours kept."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base.ids import Ms
from comity.edge.ringplan import AGAIN_MS, BATCH_MS, MOST_TIMES, Call, Waits, Way, begun, plan, quiet, undone, words
from comity.screen.ringing import BellSetting, Ring
from tests.examples import examples

MINUTE, HOUR = 60_000, 3_600_000
NOON = Ms(int(datetime(2026, 7, 13, 12, tzinfo=UTC).timestamp() * 1000))
ALL = frozenset(Way)
BELLS = (
    BellSetting("requests", 7, "seven@desk.example"),
    BellSetting("requests", 8),
    BellSetting("requests", 9, "n@d.example"),
)


class Book:
    """Rows of what was rung, as the store keeps them, and what went out."""

    def __init__(self, bells=BELLS, ways=frozenset({Way.MAIL})) -> None:
        self.rows: dict[tuple[str, str, int], Ring] = {}
        self.out: list[tuple[Ms, Call]] = []
        self.bells, self.ways = bells, ways

    def look(self, waiting, now, *, works=True) -> list[Call]:
        calls = plan(waiting, self.rows.values(), self.bells, self.ways, now)
        for call in calls:
            rows = begun(call, self.rows.values(), now)
            for row in rows if works else undone(rows):
                self.rows[row.thing, row.way, row.number] = row
            if works:
                self.out.append((now, call))
        return list(calls)


def immediate(number=1, *people):
    return Waits(f"immediate:{number}", True, frozenset(people or (7,)))


def other(number=1, *people):
    return Waits(f"task:{number}", False, frozenset(people or (7,)))


def at(minutes: float) -> Ms:
    return Ms(NOON + int(minutes * MINUTE))


def test_what_is_immediate_rings_again_every_ten_minutes_at_most_six_times():
    book = Book()
    for minute in range(180):
        book.look([immediate()], at(minute))
    assert [(when - NOON) // MINUTE for when, _ in book.out] == [0, 10, 20, 30, 40, 50]
    assert len(book.out) == MOST_TIMES


def test_it_stops_when_it_is_seen_and_another_one_rings_for_itself():
    book = Book()
    book.look([immediate(1)], at(0))
    (call,) = book.look([immediate(1), immediate(2)], at(3))
    assert (call.urgency, call.count, call.things) == ("immediate", 2, ("immediate:2",))
    assert book.look([], at(20)) == []


def test_the_rest_rings_once_and_what_comes_soon_after_waits_a_quarter_of_an_hour():
    book = Book()
    assert [one.count for one in book.look([other(1)], at(0))] == [1]
    assert book.look([other(1), other(2)], at(1)) == []
    assert book.look([other(1), other(2), other(3)], at(14.9)) == []
    (call,) = book.look([other(1), other(2), other(3)], at(15))
    assert (call.urgency, call.count, call.things) == ("normal", 3, ("task:2", "task:3"))
    assert book.look([other(1), other(2), other(3)], at(500)) == []


def test_an_immediate_ring_does_not_hold_up_the_rest_nor_the_rest_it():
    book = Book()
    book.look([immediate()], at(0))
    assert [one.urgency for one in book.look([immediate(), other()], at(1))] == ["normal"]
    assert [one.urgency for one in book.look([immediate(), immediate(2), other()], at(2))] == ["immediate"]


def test_only_those_for_whom_it_waits_and_who_gave_an_address_are_rung():
    calls = plan([other(1, 7, 8, 11)], (), BELLS, ALL, NOON)
    assert [(one.way, one.number, one.address) for one in calls] == [
        (Way.COMMAND, 0, ""),
        (Way.MAIL, 7, "seven@desk.example"),
    ]
    assert plan([other(1, 8)], (), BELLS, frozenset({Way.MAIL}), NOON) == ()
    assert plan([other()], (), BELLS, frozenset(), NOON) == ()


def test_quiet_hours_hold_all_but_the_immediate_and_lose_nothing():
    sleeper = (BellSetting("requests", 7, "s@d.example", "22:00", "07:00", "America/Toronto"),)
    book = Book(sleeper)
    night = Ms(int(datetime(2026, 7, 13, 4, tzinfo=UTC).timestamp() * 1000))
    assert [one.urgency for one in book.look([immediate(), other()], night)] == ["immediate"]
    assert book.look([other()], Ms(night + 7 * HOUR - 1)) == [], "06:59 there"
    assert [one.urgency for one in book.look([other()], Ms(night + 7 * HOUR))] == ["normal"]


@pytest.mark.parametrize(
    ("begins", "ends", "zone", "is_quiet"),
    [
        ("", "", "UTC", False),
        ("12:00", "12:00", "UTC", False),
        ("11:00", "13:00", "UTC", True),
        ("12:00", "12:01", "UTC", True),
        ("11:00", "12:00", "UTC", False),
        ("23:00", "12:01", "UTC", True),
        ("17:30", "17:31", "Asia/Kolkata", True),
        ("00:00", "23:59", "Mars/Olympus", False),
    ],
)
def test_quiet_hours_are_read_by_the_clock_of_their_zone(begins, ends, zone, is_quiet):
    assert quiet(BellSetting("requests", 7, "", begins, ends, zone), NOON) is is_quiet


def test_what_did_not_go_is_repeated_and_does_not_count():
    book = Book()
    for minute in range(3):
        assert len(book.look([immediate(), other()], at(minute), works=False)) == 2
    assert {(one.times, one.failed) for one in book.rows.values()} == {(0, True)}
    book.look([immediate(), other()], at(4))
    assert {(one.times, one.failed) for one in book.rows.values()} == {(1, False)}
    assert book.look([immediate(), other()], at(5)) == []


def test_a_ring_that_was_begun_when_the_node_ended_is_not_begun_again():
    rows = begun(Call(Way.MAIL, 7, "a@b.example", "normal", 1, ("task:1",)), (), NOON)
    assert plan([other()], rows, BELLS, frozenset({Way.MAIL}), Ms(NOON + 2 * BATCH_MS)) == ()


def test_a_clock_that_is_set_back_holds_up_nothing():
    book = Book()
    book.look([immediate(), other(1)], at(0))
    assert {one.urgency for one in book.look([immediate(), other(1), other(2)], at(-60))} == {"immediate", "normal"}


STEP = st.tuples(st.integers(0, 12 * MINUTE), st.sets(st.integers(1, 4)), st.sets(st.integers(1, 4)), st.booleans())


@examples(150)
@given(st.lists(STEP, max_size=30))
def test_whatever_happens_nobody_is_rung_twice_for_one_thing_nor_too_often(steps):
    book, now = Book(), int(NOON)
    for span, urgent, rest, works in steps:
        now += span
        book.look([*(immediate(n, 7, 9) for n in urgent), *(other(n, 7) for n in rest)], Ms(now), works=works)
    for number in (7, 9):
        mine = [(when, call) for when, call in book.out if call.number == number]
        for thing in {thing for _, call in mine for thing in call.things}:
            times = [when for when, call in mine if thing in call.things]
            if thing.startswith("immediate"):
                assert len(times) <= MOST_TIMES
                assert all(b - a >= AGAIN_MS for a, b in itertools.pairwise(times))
            else:
                assert len(times) == 1
        batches = [when for when, call in mine if call.urgency == "normal"]
        assert all(b - a >= BATCH_MS for a, b in itertools.pairwise(batches))


def test_the_words_of_a_ring():
    call = Call(Way.MAIL, 7, "a@b.example", "immediate", 1, ("immediate:1",))
    assert words(call, "requests") == "Comity: 1 immediate waits at desk requests"
    more = Call(Way.MAIL, 7, "a@b.example", "normal", 3, ("task:1",))
    assert words(more, "requests") == "Comity: 3 wait at desk requests"
