"""Who is on call at an hour: shifts by the clock of their zone, then whoever holds the role; somebody is always rung."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.edge.registry import OnCall, Roster, RosterOfficer, read_toml
from comity.edge.rota import RosterRota
from comity.screen.duty import Change, ShiftChange

ACCORDS = Path(__file__).parents[3] / "accords"
OFFICERS = (
    *(RosterOfficer("no", "requests", number, "a", ("approver",)) for number in (1, 2, 3)),
    RosterOfficer("no", "requests", 4, "a", ("reviewer",)),
    RosterOfficer("so", "requests", 5, "b", ("approver",)),
)


def at(day: int, hour: int, minute: int = 0) -> Ms:
    """13 July 2026 is a Monday."""
    return Ms(int(datetime(2026, 7, day, hour, minute, tzinfo=UTC).timestamp() * 1000))


def numbers(shifts: tuple[OnCall, ...], when: Ms, role: str = "approver") -> list[int]:
    return [one.number for one in RosterRota(Roster(OFFICERS, shifts), "NO").on_call(role, when, None)]


def test_without_shifts_all_who_hold_the_role_are_rung_in_their_order():
    assert numbers((), at(13, 3)) == [1, 2, 3]
    assert numbers((), at(13, 3), "reviewer") == [4]
    assert numbers((), at(13, 3), "nobody") == []


def test_who_is_on_shift_comes_first_and_the_others_after():
    day = OnCall("no", "approver", 2, opens="08:00", closes="20:00")
    night = OnCall("no", "approver", 3, opens="20:00", closes="08:00")
    for hour, first in ((7, 3), (8, 2), (19, 2), (20, 3), (0, 3)):
        found = numbers((day, night), at(13, hour))
        assert found[0] == first, hour
        assert sorted(found) == [1, 2, 3]


def test_a_shift_runs_by_the_clock_of_its_zone():
    shift = OnCall("no", "approver", 3, zone="Asia/Kolkata", opens="09:00", closes="17:00")
    assert numbers((shift,), at(13, 3, 29))[0] == 1
    assert numbers((shift,), at(13, 3, 30))[0] == 3
    summer = OnCall("no", "approver", 3, zone="America/Toronto", opens="09:00", closes="10:00")
    assert numbers((summer,), at(13, 13))[0] == 3
    january = Ms(int(datetime(2026, 1, 12, 13, 0, tzinfo=UTC).timestamp() * 1000))
    assert numbers((summer,), january)[0] == 1, "an hour later in winter"


def test_a_shift_over_midnight_belongs_to_the_day_on_which_it_begins():
    friday = OnCall("no", "approver", 3, days=("fri",), opens="20:00", closes="06:00")
    assert [numbers((friday,), at(*when))[0] for when in ((17, 19), (17, 20), (18, 5), (18, 6), (17, 5), (18, 20))] == [
        1, 3, 3, 1, 1, 1,
    ]  # fmt: skip


def test_a_shift_without_hours_runs_all_day():
    monday = OnCall("no", "approver", 3, days=("mon",))
    assert [numbers((monday,), at(*when))[0] for when in ((12, 23, 59), (13, 0), (13, 23, 59), (14, 0))] == [1, 3, 3, 1]


def test_the_shifts_of_the_other_party_are_none_of_ours():
    assert numbers((OnCall("so", "approver", 5),), at(13, 3)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (OnCall("no", "approver", 4), "does not hold"),
        (OnCall("no", "approver", 9), "does not hold"),
        (OnCall("no", "approver", 1, zone="Mars/Olympus"), "in no zone"),
        (OnCall("no", "approver", 1, zone="../etc"), "in no zone"),
        (OnCall("no", "approver", 1, days=("funday",)), "a day that is none"),
    ],
)
def test_a_shift_that_cannot_be_is_named(shift, said):
    with pytest.raises(BadConfiguration, match=said):
        RosterRota(Roster(OFFICERS, (shift,)), "no")


@pytest.mark.parametrize(("accord", "parties"), [("india-canada", ("ca", "in")), ("ostrel-vanmere", ("xo", "xv"))])
def test_in_every_accord_somebody_approves_reviews_and_assesses_at_any_hour(accord, parties):
    roster = read_toml(ACCORDS / accord / "roster.toml", Roster)
    for party in parties:
        rota = RosterRota(roster, party)
        for hour in range(24):
            for role in ("approver", "reviewer", "assessor", "duty-officer"):
                assert rota.on_call(role, at(13, hour), None), (party, role, hour)


def changed(day: str, what: str, stands_in: int | None, number: int = 2, opens: str = "20:00", role: str = "approver"):
    return ShiftChange("requests", role, number, opens, day, Change(what), stands_in, "", "requests", 9, Ms(1))


def rung(shifts, when, *changes, role="approver"):
    rota = RosterRota(Roster(OFFICERS, shifts), "no", lambda tx, since: tuple(c for c in changes if c.day >= since))
    return [one.number for one in rota.on_call(role, when, None)], [
        one.number for one in rota.on_shift(role, when, None)
    ]


NIGHT = OnCall("no", "approver", 2, zone="America/Toronto", opens="20:00", closes="08:00")


def test_a_substitute_is_rung_first_on_that_date_only_and_the_absent_last():
    stood = changed("2026-07-13", "substitute", 3)
    assert rung((NIGHT,), at(14, 3), stood) == ([3, 1, 2], [3]), "23:00 of the 13th there"
    assert rung((NIGHT,), at(14, 11, 59), stood) == ([3, 1, 2], [3]), "after midnight, still that shift"
    assert rung((NIGHT,), at(14, 12), stood) == ([1, 2, 3], []), "it is over"
    assert rung((NIGHT,), at(15, 3), stood) == ([2, 1, 3], [2]), "the next night is as planned"


def test_an_absence_rings_the_others_and_somebody_is_always_rung():
    away = changed("2026-07-13", "absence", None)
    assert rung((NIGHT,), at(14, 3), away) == ([1, 3, 2], [])
    assert rung((NIGHT,), at(14, 3), away, changed("2026-07-13", "planned", 2)) == ([2, 1, 3], [2])


def test_a_change_of_a_shift_that_the_roster_no_longer_has_changes_nothing():
    assert rung((NIGHT,), at(14, 3), changed("2026-07-13", "substitute", 3, opens="21:00"))[1] == [2]


def test_in_the_hour_that_comes_twice_the_one_whose_shift_began_first_goes_when_it_is_first_over():
    early = OnCall("no", "approver", 1, zone="America/Toronto", opens="20:00", closes="01:30")
    late = OnCall("no", "approver", 3, zone="America/Toronto", opens="01:30", closes="20:00")
    first, again = (Ms(int(datetime(2026, 11, 1, h, 15, tzinfo=UTC).timestamp() * 1000)) for h in (5, 6))
    assert rung((early, late), first)[1] == [1], "01:15, for the first time"
    assert rung((early, late), again)[1] == [3], "01:15, for the second time: nobody is rung back"
