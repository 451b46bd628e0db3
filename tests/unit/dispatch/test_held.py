"""A held draft is kept whole, and an approval binds to every part of it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope
from comity.base.ids import CaseId, Digest, DispatchId, Ms
from comity.dispatch.filing import Facts
from comity.dispatch.held import decode_form, encode_form, form_bytes, label_row, subject_of
from comity.dispatch.states import Draft, Form
from comity.dispatch.wire import Attachment
from comity.marking.labels import Label, Lane, Urgency
from comity.policy.assessment import Assessment, Mitigation
from tests.unit.node.approving import assessment

ONE, TWO = DispatchId(bytes(range(16))), DispatchId(bytes(range(16, 32)))
LABEL = Label(("H1",), ("lead-only",), "B2", None, None, Ms(9), "one", ("person",), ("victim",))
FILE = Attachment("a.pdf", "application/pdf", 5, 77, Digest(bytes(32)), bytes(range(32)))
FORM = Form(
    desk="plain", kind="note", agency="one", role="officer", recipients=("theirs", "others"), purpose="liaison",
    urgency=Urgency.URGENT, workplan_item="W-1", workplan_reason="", body={"text": "hello", "list": [1, True, None, b"x"]},
    case=CaseId(ONE), re=(ONE, TWO), replaces=TWO, lane=Lane.BULK, label=LABEL, evaluation="B2", retain_until=Ms(7),
    basis=("arrangement:1",), conduct="fraud", answer_by=Ms(8), assessments=(assessment(),), minimum_facts=True,
    in_answer_to=(frozenset({"person", "contact"}), frozenset({"police-file"})), ground="safety-of-person",
    marking="secret", break_glass="a shot was announced for tonight", confirmed=frozenset({"person", "victim"}),
    rejected=frozenset({"account"}), files=ONE, attachments=(FILE,),
)  # fmt: skip
"""Every field has a value that is not its default."""
PLAIN = Form(
    desk="plain", kind="note", agency="one", role="officer", recipients=("theirs",), purpose="liaison",
    urgency=Urgency.NORMAL, workplan_item=None, workplan_reason="test", body={"text": "hello"},
)  # fmt: skip
CHANGED: dict[str, object] = {
    "desk": "other", "kind": "other", "agency": "two", "role": "other", "recipients": ("theirs",), "purpose": "accord",
    "urgency": Urgency.NORMAL, "workplan_item": None, "workplan_reason": "x", "body": {"text": "hallo"},
    "case": CaseId(TWO), "re": (ONE,), "replaces": None, "lane": Lane.URGENT, "label": None, "evaluation": "B3",
    "retain_until": Ms(6), "basis": (), "conduct": None, "answer_by": Ms(9), "assessments": (), "minimum_facts": False,
    "in_answer_to": (frozenset({"person"}), frozenset({"police-file"})), "ground": "", "marking": "",
    "break_glass": "a shot was announced for today", "confirmed": frozenset({"person"}), "rejected": frozenset(), "files": TWO,
    "attachments": (replace(FILE, cipher=Digest(bytes(range(32)))),),
}  # fmt: skip
FACTS = Facts("", False, *[frozenset()] * 3, True, frozenset(), False, ())
DRAFT = Draft(ONE, FORM, Lane.BULK, cbor.encode({"text": "hello"}), FACTS, (), "rfi", Ms(5))


@pytest.mark.parametrize("form", [FORM, PLAIN])
def test_a_form_is_read_as_it_was_written(form):
    """Its files are found again in the store; what is kept of them binds an approval, and has no key in it."""
    data = encode_form(form)
    assert decode_form(data) == replace(form, attachments=())
    assert encode_form(replace(decode_form(data), attachments=form.attachments)) == data
    assert FILE.key not in data


def test_no_field_of_a_form_is_forgotten():
    """A field that is added later must be kept too: one that is not in the bytes would be lost with the draft."""
    assert set(CHANGED) == {field.name for field in fields(Form)}
    kept = cbor.decode(encode_form(FORM))
    assert set(kept) - {"version"} == set(CHANGED)


def test_other_bytes_are_no_form():
    whole = cbor.decode(encode_form(FORM))
    for data in (
        b"\x80",
        b"\xa0",
        cbor.encode({**whole, "version": "comity/form/2"}),
        cbor.encode({**whole, "lane": 9}),
    ):
        with pytest.raises(BadEnvelope):
            decode_form(data)


def test_a_body_that_cannot_be_written_as_it_is_is_kept_as_its_desk_wrote_it():
    odd = replace(PLAIN, body={"text": "one\ttwo"})
    assert decode_form(form_bytes(odd, cbor.encode({"text": "one two"}))).body == {"text": "one two"}
    assert form_bytes(PLAIN, b"never read") == encode_form(PLAIN)


# --- what an approval binds to -----------------------------------------------------------------------------------

SUBJECT = subject_of(DRAFT, LABEL, b"body")


def test_the_same_draft_has_the_same_subject():
    again = replace(decode_form(encode_form(FORM)), attachments=FORM.attachments)
    assert subject_of(replace(DRAFT, form=again), LABEL, b"body") == SUBJECT
    assert len(SUBJECT) == 32


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_of_any_field_of_the_form_is_another_subject(name):
    assert subject_of(replace(DRAFT, form=replace(FORM, **{name: CHANGED[name]})), LABEL, b"body") != SUBJECT


@pytest.mark.parametrize(
    "change",
    [{"id": TWO}, {"created": Ms(6)}, {"lane": Lane.IMMEDIATE}, {"answers": ""}],
)
def test_a_change_of_number_time_lane_or_question_is_another_subject(change):
    assert subject_of(replace(DRAFT, **change), LABEL, b"body") != SUBJECT


def test_what_a_draft_follows_is_no_part_of_it():
    assert subject_of(replace(DRAFT, after=(TWO,)), LABEL, b"body") == SUBJECT


@pytest.mark.parametrize("field", [field.name for field in fields(Label)])
def test_a_change_of_any_part_of_the_label_is_another_subject(field):
    given = getattr(LABEL, field)
    other = () if isinstance(given, tuple) else ("X" if field in {"tlp", "pap", "originator"} else None)
    changed = replace(LABEL, **{field: other})
    assert subject_of(DRAFT, changed, b"body") != SUBJECT
    assert len(label_row(changed)) == len(fields(Label))


def test_what_is_removed_from_the_body_is_part_of_what_is_approved():
    assert subject_of(DRAFT, LABEL, b"bo--") != SUBJECT


@pytest.mark.parametrize("field", [field.name for field in fields(Assessment)])
def test_a_change_of_any_answer_of_an_assessment_is_another_subject(field):
    full = assessment("use" if field == "tainted" else "disclose", "full")
    first = replace(DRAFT, form=replace(FORM, assessments=(full,)))
    others = {
        "act": "request", "form": "short", "risk_before": "medium", "risk_after": "none", "decision": "no",
        "mitigations": None, "outside_operation": False, "decider_number": 42, "tainted": True,
    }  # fmt: skip
    if field in {"risk_before", "risk_after"}:
        changed = assessment("disclose", "full", risk_before=type(full.risk_before)("none"), risk_after=type(full.risk_after)("none"))  # fmt: skip
    elif field == "mitigations":
        changed = replace(full, mitigations=(Mitigation("no-onward", full.risk_after),))
    else:
        given = getattr(full, field)
        other = others.get(field, f"{given} and more")
        changed = replace(full, **{field: type(given)(other)})
    second = replace(DRAFT, form=replace(FORM, assessments=(changed,)))
    assert subject_of(first, LABEL, b"body") != subject_of(second, LABEL, b"body")
