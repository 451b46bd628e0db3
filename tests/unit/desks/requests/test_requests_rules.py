"""Clocks run from arrived, a holding answer stops none, and nothing outward tells more than policy fixed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Ms
from comity.desks.requests.model import Copy
from comity.desks.requests.rules import (
    DEFAULT_CLOCKS,
    Due,
    Progress,
    RecallState,
    RequestState,
    check_outward,
    clocks_of,
    dues,
    is_answer,
    late_by,
    limits,
    outward_codes,
    overdue,
    owes_answer,
    posting_may,
    reach,
    recall_state,
    settles,
    state_of,
)
from comity.marking.labels import Lane, Urgency
from comity.marking.vocabulary import Limits

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
T0 = Ms(1_783_900_000_000)
NEW = Progress(
    sent=T0,
    arrived=None,
    seen=None,
    first=None,
    answered=None,
    refused=None,
    quarantined=None,
    outward=None,
    limit_arrived=30 * MINUTE,
    limits=Limits(30 * MINUTE, 2 * HOUR, 8 * HOUR),
)


def at(offset: int) -> Ms:
    return Ms(T0 + offset)


def test_limits_of_the_vocabulary_hold_where_the_accord_says_nothing() -> None:
    assert limits(Urgency.IMMEDIATE, Lane.IMMEDIATE, DEFAULT_CLOCKS) == Limits(30 * MINUTE, 2 * HOUR, 8 * HOUR)
    assert limits(Urgency.URGENT, Lane.URGENT, DEFAULT_CLOCKS) == Limits(8 * HOUR, 8 * HOUR, 3 * DAY)
    assert limits(Urgency.NORMAL, Lane.NORMAL, DEFAULT_CLOCKS) == Limits(24 * HOUR, None, 7 * DAY)
    assert limits(Urgency.FORMAL, Lane.NORMAL, DEFAULT_CLOCKS) == Limits(24 * HOUR, 30 * DAY, None)


def test_an_accord_overrides_limits_by_lane_and_urgency() -> None:
    clocks = clocks_of(
        {0: (5, 7), 2: (6, None)},
        {"first-immediate": HOUR, "full-immediate": 0, "full-normal": 10 * DAY, "heartbeat": 1},
    )
    assert clocks.arrived[Lane.IMMEDIATE] == 5
    assert clocks.arrived[Lane.URGENT] == HOUR
    assert limits(Urgency.IMMEDIATE, Lane.IMMEDIATE, clocks) == Limits(7, HOUR, None)
    assert limits(Urgency.NORMAL, Lane.NORMAL, clocks) == Limits(24 * HOUR, None, 10 * DAY)


def test_an_accord_with_a_lane_too_many_is_an_error() -> None:
    with pytest.raises(BadConfiguration, match="lane"):
        clocks_of({4: (1, 1)}, {})


def test_before_arrival_only_the_arrival_is_due() -> None:
    assert dues(NEW) == (Due("arrived", at(30 * MINUTE)),)
    assert overdue(NEW, at(30 * MINUTE - 1)) is None
    assert overdue(NEW, at(30 * MINUTE)) == Due("arrived", at(30 * MINUTE))
    assert dues(replace(NEW, sent=None)) == ()
    assert dues(replace(NEW, limit_arrived=None)) == ()


def test_limits_run_from_arrived_not_from_sent() -> None:
    arrived = replace(NEW, arrived=at(HOUR))
    assert [(due.what, due.at - T0) for due in dues(arrived)] == [
        ("seen", HOUR + 30 * MINUTE),
        ("first", 3 * HOUR),
        ("full", 9 * HOUR),
    ]
    assert [due.what for due in dues(replace(arrived, seen=at(HOUR + 1)))] == ["first", "full"]


def test_a_holding_answer_meets_the_first_limit_and_stops_nothing() -> None:
    held = replace(NEW, arrived=T0, seen=at(1), first=at(HOUR))
    assert dues(held) == (Due("full", at(8 * HOUR)),)
    assert overdue(held, at(8 * HOUR)) == Due("full", at(8 * HOUR))
    assert state_of(held) is RequestState.BEGUN


def test_an_answer_without_a_look_recorded_owes_no_look() -> None:
    assert [due.what for due in dues(replace(NEW, arrived=T0, first=at(HOUR)))] == ["full"]


def test_an_end_stops_all_clocks() -> None:
    for end in (
        replace(NEW, arrived=T0, answered=at(1)),
        replace(NEW, refused=at(1)),
        replace(NEW, arrived=T0, refused=T0),
    ):
        assert dues(end) == ()


def test_lateness_is_counted_from_the_full_limit() -> None:
    assert late_by(replace(NEW, arrived=T0, answered=at(8 * HOUR))) is None
    assert late_by(replace(NEW, arrived=T0, answered=at(8 * HOUR + 5))) == 5
    assert late_by(NEW) is None
    assert late_by(replace(NEW, arrived=T0)) is None
    assert late_by(replace(NEW, arrived=T0, answered=at(1), limits=Limits(None, None, None))) is None


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, RequestState.SENT),
        ({"quarantined": T0}, RequestState.QUARANTINED),
        ({"quarantined": T0, "arrived": T0}, RequestState.ARRIVED),
        ({"arrived": T0}, RequestState.ARRIVED),
        ({"arrived": T0, "seen": T0}, RequestState.SEEN),
        ({"answered": T0}, RequestState.ANSWERED),
        ({"answered": T0, "outward": "cannot-assist"}, RequestState.REFUSED),
        ({"refused": T0}, RequestState.REFUSED),
    ],
)
def test_states(change: dict[str, Ms], state: RequestState) -> None:
    assert state_of(replace(NEW, **change)) is state  # type: ignore[arg-type]  # times and one code


@pytest.mark.parametrize(
    ("kind", "stage", "owes", "ends", "answers"),
    [
        ("rfi", "", True, False, False),
        ("recall", "", True, False, False),
        ("posting", "nominated", True, False, False),
        ("posting", "accepted", False, True, True),
        ("posting", "ended", False, True, True),
        ("answer", "holding", False, False, True),
        ("answer", "part", False, False, True),
        ("answer", "final", False, True, True),
        ("refusal", "", False, True, True),
        ("message", "", False, False, False),
        ("reminder", "", False, False, False),
    ],
)
def test_who_owes_and_what_ends(kind: str, stage: str, owes: bool, ends: bool, answers: bool) -> None:
    assert (owes_answer(kind, stage), settles(kind, stage), is_answer(kind, stage)) == (owes, ends, answers)


def test_a_ground_allows_its_codes_only() -> None:
    assert outward_codes("location") == ("cannot-assist",)
    assert outward_codes("not-held") == ("not-held-or-not-confirmed",)
    with pytest.raises(BadForm, match="no ground"):
        outward_codes("bad-mood")


def test_an_officer_may_tell_less_never_more() -> None:
    check_outward("no-legal-basis", "no-legal-basis", "cannot-assist")
    check_outward("ongoing-investigation", "cannot-assist", "not-held-or-not-confirmed")
    with pytest.raises(BadForm, match="tells more"):
        check_outward("no-legal-basis", "cannot-assist", "no-legal-basis")
    with pytest.raises(BadForm, match="does not go"):
        check_outward("location", "cannot-assist", "no-legal-basis")


def test_a_correction_reaches_every_holder_of_every_version() -> None:
    assert reach([("police",), ("bureau", "police")], ["border"]) == ("border", "bureau", "police")


def test_a_recall_is_met_overdue_or_before_a_court() -> None:
    recall = replace(NEW, arrived=T0, limits=Limits(None, None, HOUR))
    assert recall_state(recall, (), at(HOUR - 1)) is RecallState.OPEN
    assert recall_state(recall, (), at(HOUR)) is RecallState.OVERDUE
    done = replace(recall, answered=at(2 * HOUR))
    assert recall_state(done, (Copy("bank", "erased"),), at(3 * HOUR)) is RecallState.MET
    assert recall_state(done, (Copy("bank", "before-court"),), at(3 * HOUR)) is RecallState.BEFORE_COURT


@pytest.mark.parametrize(
    ("before", "after", "by_host", "may"),
    [
        (None, "nominated", False, True),
        (None, "nominated", True, False),
        (None, "accepted", True, False),
        ("nominated", "accepted", True, True),
        ("nominated", "accepted", False, False),
        ("nominated", "ended", True, True),
        ("accepted", "ended", False, True),
        ("ended", "accepted", True, False),
        ("ended", "ended", True, False),
    ],
)
def test_steps_of_a_posting(before: str | None, after: str, by_host: bool, may: bool) -> None:
    assert posting_may(before, after, by_host=by_host) is may
