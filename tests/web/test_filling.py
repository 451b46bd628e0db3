"""Forms filled in: what does not fit is told at its place and comes back as written; times are read in the officer's zone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base.errors import BadForm
from comity.base.ids import read_id, show_id
from comity.screen.forms import Field, FieldType
from comity.screen.writing import LimitLine, Named, OfficerLine, Options, PurposeLine
from comity.web.filling import MOST_ROWS, Place, draw, give, new_number, read_body, read_moment, rows_of, write_moment
from comity.web.heading import ASSESSMENT, assessment_field, assessment_json, draw_head, head_fields, read_head
from comity.web.texts import Texts

ZONE = "America/Halifax"
T = FieldType
ITEMS = Field("items", T.ROWS, inner=(Field("label", T.LINE, needed=True), Field("value", T.TEXT, needed=True)))
OPTIONS = Options(
    desk="requests",
    forms=(),
    purposes=(PurposeLine("fraud", "deceit", "offence", colours=False), PurposeLine("cyber-incident", "an attack", "none", colours=True)),
    items=(Named("W-1", "lorries found early"),),
    ours=(Named("police", "Police"),),
    theirs=(Named("guard", "Guard"),),
    bases=("order",),
    limits=(LimitLine("normal", 1, None, 2),),
    officers=(OfficerLine("requests", 16, "police", ("assessor",)),),
    zone=ZONE,
    handling=("H0", "H1", "H2", "H3"),
    conditions=(Named("lead-only", ""), Named("no-third-state", ""), Named("destroy-by", "date")),
    tlp=("AMBER",),
    pap=("GREEN",),
    grounds=(Named("budget", "cannot-assist"),),
    their_law=False,
)  # fmt: skip
PLACE = Place("rfi", OPTIONS, None, Texts(), 1_783_900_800_000)


@pytest.mark.parametrize(
    ("field", "written", "error"),
    [
        (Field("x", T.LINE, limit=3), "four", "compose.error.long"),
        (Field("x", T.CHOICE, choices=("a",)), "b", "compose.error.choice"),
        (Field("x", T.CHOICES, choices=("a",)), "b", "compose.error.choice"),
        (Field("x", T.NUMBER), "seven", "compose.error.number"),
        (Field("x", T.NUMBER), "\u0661", "compose.error.number"),
        (Field("x", T.OFFICER), "9" * 10, "compose.error.number"),
        (Field("x", T.MOMENT), "tomorrow", "compose.error.moment"),
        (Field("x", T.MOMENT), "2026-07-13T09:30+02:00", "compose.error.moment"),
        (Field("x", T.MOMENT), "0001-01-01T00:00", "compose.error.moment"),
        (Field("x", T.DISPATCH), "no number", "compose.error.choice"),
        (Field("x", T.LINE, needed=True), "   ", "compose.error.needed"),
    ],
)
def test_what_does_not_fit_is_told_and_comes_back_as_written(field, written, error):
    read = read_body((field,), {"b-x": (written,)}, ZONE)
    assert read.errors == {"b-x": error}
    drawn = draw(field, {"b-x": (written,)}, {"b-x": "Why."}, PLACE)
    assert (drawn.value, drawn.error, drawn.id) == (written, "Why.", "f-b-x")


def test_a_row_in_which_nothing_stands_is_passed_over_and_one_that_is_half_filled_is_told():
    sent = {
        "b-items-rows": ("3",),
        "b-items-0-label": ("name",),
        "b-items-2-label": ("town",),
        "b-items-2-value": ("Tern",),
    }
    read = read_body((ITEMS,), sent, ZONE)
    assert read.errors == {"b-items-0-value": "compose.error.needed"}
    assert read.body["items"] == [{"label": "name"}, {"label": "town", "value": "Tern"}]


def test_how_many_rows_there_are_is_the_browsers_word_within_bounds():
    assert [rows_of({"x-rows": (n,)}, "x") for n in ("2", "", "-1", "\u0663", "1e3", "9" * 12)] == [2, 0, 0, 0, 0, 0]
    assert rows_of({"x-rows": ("100000",)}, "x") == MOST_ROWS
    assert len(draw(ITEMS, {}, {}, PLACE).rows) == 1


def test_a_time_is_read_in_the_officers_zone():
    assert write_moment(read_moment("2026-07-13T09:30", ZONE), "UTC") == "2026-07-13T12:30"
    assert write_moment(read_moment("2026-12-13T09:30", ZONE), "UTC") == "2026-12-13T13:30"


@given(st.integers(0, 4_000_000_000).map(lambda n: n * 60_000), st.sampled_from(["UTC", "Asia/Kathmandu", "Etc/GMT-4"]))
def test_a_time_goes_there_and_back(at, zone):
    assert read_moment(write_moment(at, zone), zone) == at


def test_a_body_goes_there_and_back():
    body = {"items": [{"label": "a", "value": "b"}, {"label": "c", "value": "d"}]}
    assert read_body((ITEMS,), give((ITEMS,), body, ZONE), ZONE).body == body


def test_each_form_has_a_number_of_its_own():
    one, other = new_number(), new_number()
    assert one != other
    assert show_id(read_id(one)) == one


# --- the header ------------------------------------------------------------------------------------------------------

HEAD = {
    "h-purpose": ("fraud",),
    "h-urgency": ("normal",),
    "h-item": ("W-1",),
    "h-agency": ("police",),
    "h-recipients": ("guard",),
    "h-handling": ("H1", "H2"),
    "h-conditions": ("no-third-state", "lead-only"),
}


def form_of(**more):
    from dataclasses import replace

    from comity.desks.requests.forms import FORMS

    return replace(FORMS[0], **more)


def test_a_label_that_nobody_changed_is_the_default_and_not_sent():
    read = read_head(form_of(), HEAD, OPTIONS, None)
    assert read.errors == {}
    assert (read.body["label"], read.body["workplan_item"], read.body["assessments"]) == (None, "W-1", [])


def test_a_label_that_somebody_changed_is_sent_with_its_brackets():
    sent = HEAD | {"h-conditions": ("destroy-by", "lead-only"), "h-with-destroy-by": ("2026-12-01",)}
    assert read_head(form_of(), sent, OPTIONS, None).body["label"] == {
        "originator": "police",
        "handling": ["H1", "H2"],
        "conditions": ["destroy-by(2026-12-01)", "lead-only"],
    }


def test_colours_rule_the_label_of_an_attack_on_systems():
    sent = HEAD | {"h-purpose": ("cyber-incident",), "h-tlp": ("AMBER",), "h-pap": ("GREEN",), "h-conditions": ()}
    label = read_head(form_of(), sent, OPTIONS, None).body["label"]
    assert label == {"originator": "police", "conditions": [], "tlp": "AMBER", "pap": "GREEN"}
    assert (
        read_head(form_of(), HEAD | {"h-purpose": ("cyber-incident",), "h-conditions": ()}, OPTIONS, None).body["label"]
        is None
    )


def test_without_an_item_the_reason_is_asked_for():
    assert read_head(form_of(), HEAD | {"h-item": ()}, OPTIONS, None).errors == {"h-item": "compose.error.item"}
    assert read_head(form_of(), HEAD | {"h-item": (), "h-item_reason": ("new",)}, OPTIONS, None).errors == {}


def test_only_a_refusal_asks_for_a_ground_and_only_an_assertion_for_an_evaluation():
    def names(**more):
        return {field.name for field in head_fields(form_of(**more), OPTIONS)}

    assert "ground" in names(ground=True)
    assert "ground" not in names()
    assert "evaluation" not in names(asserts=False)
    assert [c.more for one in draw_head(form_of(), HEAD, {}, PLACE) if one.key == "item" for c in one.options] == [
        "lorries found early"
    ]


ASSESSED = {
    "act": "request", "form": "full", "who_and_how": "a witness", "risk_before": "medium", "source": "two sources",
    "mitigations": [{"what": "lead-only", "lowers_to": "low"}], "decision": "go-with-conditions", "decided_on": "the law",
    "decider": "requests/16", "outside": True,
}  # fmt: skip


def test_an_assessment_is_read_and_its_risk_after_is_what_the_last_mitigation_leaves():
    said = assessment_json(ASSESSED)
    assert (said["risk_after"], said["decider_desk"], said["decider_number"], said["outside_operation"]) == (
        "low",
        "requests",
        16,
        True,
    )
    sent = HEAD | give((assessment_field(OPTIONS),), {ASSESSMENT: ASSESSED}, ZONE, before="h-")
    assert read_head(form_of(), sent, OPTIONS, None).body["assessments"] == [said]


@pytest.mark.parametrize(
    "changes",
    [{"mitigations": [], "risk_before": "substantial", "decision": "go"}, {"decided_on": ""}, {"tainted": True}],
)
def test_an_assessment_whose_answers_do_not_fit_together_is_told(changes):
    with pytest.raises(BadForm):
        assessment_json(ASSESSED | changes)
    sent = HEAD | give((assessment_field(OPTIONS),), {ASSESSMENT: ASSESSED | changes}, ZONE, before="h-")
    read = read_head(form_of(), sent, OPTIONS, None)
    assert set(read.errors) == {"h-assessment"}
    assert read.body["assessments"] == []


def test_a_half_filled_assessment_names_its_places():
    sent = HEAD | give((assessment_field(OPTIONS),), {ASSESSMENT: {"act": "use"}}, ZONE, before="h-")
    assert "h-assessment-0-decider" in read_head(form_of(), sent, OPTIONS, None).errors
