"""A form in JSON becomes the path's form, field by field; nothing is guessed."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, show_id
from comity.dispatch.states import Officer
from comity.edge.forms import By, FormIn, form_json
from comity.marking.labels import Lane, Urgency
from tests.unit.dispatch.test_held import FORM, PLAIN

ONE, TWO = DispatchId(bytes(15) + b"\x01"), DispatchId(bytes(15) + b"\x02")
LEAST = {"desk": "d", "kind": "k", "agency": "a", "recipients": ["b"], "purpose": "p", "body": {}}


def read(**fields):
    return msgspec.json.decode(msgspec.json.encode(LEAST | fields), type=FormIn)


def test_what_is_left_out_is_left_to_the_path():
    form = read().form()
    assert (form.desk, form.kind, form.agency, form.recipients, form.purpose, form.body) == (
        "d",
        "k",
        "a",
        ("b",),
        "p",
        {},
    )
    assert (form.role, form.urgency, form.lane, form.label, form.case, form.replaces) == (
        "officer",
        Urgency.NORMAL,
        None,
        None,
        None,
        None,
    )
    assert (form.re, form.assessments, form.minimum_facts, form.in_answer_to) == ((), (), False, None)
    assert (form.ground, form.marking, form.break_glass, form.confirmed, form.rejected) == ("", "", "", set(), set())


def test_every_field_arrives():
    label = {"originator": "a", "handling": ["H2", "H1"], "conditions": ["z", "a"], "tlp": "RED", "retain_until": 9}
    assessment = {
        "act": "disclose", "form": "full", "who_and_how": "w", "risk_before": "low", "source": "s", "mitigations": [],
        "risk_after": "low", "decision": "go", "basis": "b", "decider_desk": "d", "decider_number": 4, "outside_operation": False,
    }  # fmt: skip
    form = read(
        urgency="Immediate", lane="BULK", case=show_id(ONE), re=[show_id(ONE), show_id(TWO).lower()], replaces=show_id(TWO),
        label=label, evaluation="A1", retain_until=7, basis=["x"], conduct="c", answer_by=8, minimum_facts=True, role="r",
        workplan_item="W", workplan_reason="because", assessments=[assessment],
        ground="safety", marking="secret", break_glass="why", confirmed=["person"], rejected=["victim"],
        body={"to": {"$id": show_id(ONE)}, "many": [1, True, None, "x"]},
    ).form((frozenset("a"), frozenset("b")))  # fmt: skip
    assert (form.urgency, form.lane, form.case, form.re, form.replaces) == (
        Urgency.IMMEDIATE,
        Lane.BULK,
        ONE,
        (ONE, TWO),
        TWO,
    )
    assert (form.label.handling, form.label.conditions, form.label.tlp, form.label.retain_until) == (
        ("H1", "H2"),
        ("a", "z"),
        "RED",
        9,
    )
    assert (form.evaluation, form.retain_until, form.basis, form.conduct, form.answer_by) == ("A1", 7, ("x",), "c", 8)
    assert (form.workplan_item, form.workplan_reason, form.role, form.minimum_facts) == ("W", "because", "r", True)
    assert (form.ground, form.marking, form.break_glass) == ("safety", "secret", "why")
    assert (form.confirmed, form.rejected) == ({"person"}, {"victim"})
    assert form.assessments[0].decider_number == 4
    assert form.body == {"to": ONE, "many": [1, True, None, "x"]}
    assert form.in_answer_to == (frozenset("a"), frozenset("b"))


def test_a_label_without_a_date_has_none():
    assert read(label={"originator": "a"}).form().label.retain_until is None


def test_names_and_numbers_that_are_none_are_refused_by_name():
    for fields, words in (
        ({"urgency": "soon"}, "no urgency called 'soon'; choose one of immediate"),
        ({"lane": ""}, "no lane called ''"),
        ({"case": "x"}, "26 letters and digits"),
        ({"re": ["x"]}, "26 letters and digits"),
        ({"replaces": "x"}, "26 letters and digits"),
        ({"body": {"x": 0.5}}, "whole numbers"),
    ):
        with pytest.raises(BadForm, match=words):
            read(**fields).form()


@pytest.mark.parametrize("fields", [{"colour": 1}, {"kind": 1}, {"body": []}, {"approvals": []}, {"answer_by": "x"}])
def test_an_unknown_field_and_another_type_are_refused(fields):
    with pytest.raises(msgspec.ValidationError):
        read(**fields)


def test_an_officer_with_and_without_delegation():
    assert By("d", 1).officer() == Officer("d", 1, None)
    assert By("d", 3, show_id(TWO)).officer() == Officer("d", 3, TWO)
    with pytest.raises(BadForm):
        By("d", 1, "x").officer()


@pytest.mark.parametrize("form", [FORM, PLAIN])
def test_a_form_that_was_kept_is_handed_in_again_as_it_was(form):
    """What `held show` and `held minimum` print is what `send` takes."""
    if form.label is not None:
        body = {"to": ONE, "many": [1, True, None, {"x": "y"}]}
        form = replace(form, body=body, label=replace(form.label, redactions=()))
    written = msgspec.json.encode(form_json(form))
    assert msgspec.json.decode(written, type=FormIn).form(form.in_answer_to) == replace(form, attachments=())
