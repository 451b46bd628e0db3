"""A label that the closed lists, its purpose or its content do not allow is refused, one planted fault each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.marking.labels import Label, Urgency
from comity.marking.rules import check_conduct, check_label, default_label
from comity.marking.vocabulary import GROUNDS, LIMITS, OUTWARD, PURPOSES, read_colour, show_as_6x6

DAY = Ms(1_800_000_000_000)
POLICE = default_label("organised-crime", "police", evaluation="B2", retain_until=DAY, categories=["person", "contact"])
CYBER = default_label("cyber-incident", "cyber-centre", evaluation="F6", categories=["indicator"])


def test_the_default_is_lead_only_and_nothing_to_a_third_state() -> None:
    default = Label(
        ("H1", "H2"), ("lead-only", "no-third-state"), "B2", None, None, DAY, "police", ("contact", "person"), ()
    )
    assert default == POLICE


def test_a_cyber_incident_has_colours_instead() -> None:
    assert (CYBER.handling, CYBER.conditions, CYBER.tlp, CYBER.pap) == ((), (), "AMBER+STRICT", "AMBER")


def test_good_labels_pass() -> None:
    check_label(POLICE, "organised-crime", asserts=True)
    check_label(CYBER, "cyber-incident", asserts=True)
    check_label(replace(POLICE, evaluation=None), "organised-crime", asserts=False)
    restricted = ("destroy-by(2027-07-13)", "lead-only", "named-agencies(police,border)")
    check_label(replace(POLICE, handling=("H1", "H3"), conditions=restricted), "fraud", asserts=True)
    check_label(replace(POLICE, evaluation="E5"), "restricted-dialogue", asserts=True)
    check_label(default_label("liaison", "police"), "liaison", asserts=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"evaluation": None}, "has no evaluation"),
        ({"evaluation": "D2"}, "4x4"),
        ({"originator": ""}, "originator"),
        ({"handling": ()}, "no handling code"),
        ({"handling": ("H4",)}, "handling code"),
        ({"handling": ("H2", "H1")}, "alphabetical"),
        ({"handling": ("H0", "H1")}, "H0"),
        ({"handling": ("H3",), "conditions": ()}, "H3"),
        ({"tlp": "RED"}, "TLP"),
        ({"pap": "RED"}, "TLP"),
        ({"conditions": ("be-nice",)}, "no condition"),
        ({"conditions": ("lead-only(x)",)}, "nothing in brackets"),
        ({"conditions": ("named-agencies",)}, "needs a list"),
        ({"conditions": ("destroy-by(soon)",)}, "YYYY-MM-DD"),
        ({"conditions": ("destroy-by(20270713)",)}, "YYYY-MM-DD"),
        ({"conditions": ("no-third-state", "lead-only")}, "alphabetical"),
        ({"conditions": ("destroy-by(2027-07-13)", "destroy-by(2027-07-14)")}, "once"),
        ({"categories": ("shoe-size",)}, "data category"),
        ({"categories": ("person", "contact")}, "alphabetical"),
        ({"redactions": ("V1",)}, "removed"),
        ({"redactions": ("victim", "person")}, "removed"),
        ({"retain_until": None}, "erased or reviewed"),
    ],
)
def test_each_fault_of_a_police_label_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(BadForm, match=message):
        check_label(replace(POLICE, **change), "organised-crime", asserts=True)  # type: ignore[arg-type]  # planted faults


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"handling": ("H1",)}, "not handling codes"),
        ({"tlp": None}, "colour"),
        ({"tlp": "WHITE"}, "colour"),
        ({"pap": "AMBER+STRICT"}, "colour"),
        ({"evaluation": "X1"}, "6x6"),
    ],
)
def test_each_fault_of_a_cyber_label_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(BadForm, match=message):
        check_label(replace(CYBER, **change), "cyber-incident", asserts=True)  # type: ignore[arg-type]  # planted faults


def test_removals_may_repeat() -> None:
    check_label(replace(POLICE, redactions=("victim", "victim")), "organised-crime", asserts=True)


def test_a_drug_alert_carries_nothing_about_persons() -> None:
    with pytest.raises(BadForm, match="nothing about persons"):
        check_label(POLICE, "drug-alert", asserts=True)


def test_an_unknown_purpose_is_refused() -> None:
    with pytest.raises(BadForm, match="no purpose"):
        default_label("curiosity", "police")


def test_violent_extremism_takes_only_acts() -> None:
    check_conduct("violent-extremism", "procurement")
    check_conduct("violent-extremism", None)
    check_conduct("fraud", "sale of forged letters")
    with pytest.raises(BadForm, match="violent act"):
        check_conduct("violent-extremism", "membership")


def test_the_lists_are_those_of_the_vocabulary() -> None:
    assert len(PURPOSES) == 25
    assert {code for codes in GROUNDS.values() for code in codes} == set(OUTWARD)
    assert (LIMITS[Urgency.IMMEDIATE].seen, LIMITS[Urgency.IMMEDIATE].first) == (30 * 60_000, 2 * 3_600_000)
    assert LIMITS[Urgency.URGENT].full == 3 * 86_400_000
    assert (LIMITS[Urgency.NORMAL].first, LIMITS[Urgency.FORMAL].full) == (None, None)


def test_old_colours_are_read_and_new_ones_written() -> None:
    assert [read_colour(c) for c in ("TLP:WHITE", "pap:red", " AMBER+STRICT ")] == ["CLEAR", "RED", "AMBER+STRICT"]


def test_4x4_is_shown_as_6x6_as_agreed() -> None:
    assert [show_as_6x6(c) for c in ("A1", "B3", "C2", "X4")] == ["A1", "B2", "D2", "F6"]
