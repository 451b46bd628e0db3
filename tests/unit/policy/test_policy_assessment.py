"""A mistreatment assessment asks its questions, keeps before and after apart, and has no place for a relationship."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm, UnknownVersion
from comity.base.ids import Ms
from comity.policy.assessment import (
    Assessment,
    AssessmentForm,
    Mitigation,
    decode_assessment,
    encode_assessment,
)
from comity.policy.question import AssessedAct, Decision, Risk

GOOD = Assessment(
    act=AssessedAct.DISCLOSE,
    form=AssessmentForm.FULL,
    who_and_how="P1 could be questioned roughly.",
    risk_before=Risk.SUBSTANTIAL,
    source="Two records that agree; reliable.",
    mitigations=(Mitigation("no-arrest-without-contact", Risk.MEDIUM), Mitigation("assurance of 13 July", Risk.LOW)),
    risk_after=Risk.LOW,
    decision=Decision.GO_WITH_CONDITIONS,
    basis="Country report and the assurance.",
    decider_desk="duty",
    decider_number=7,
    outside_operation=True,
)
PLAIN = replace(GOOD, risk_before=Risk.LOW, mitigations=(), decision=Decision.GO)


def test_a_good_one_is_written_and_read_again() -> None:
    for form in (GOOD, PLAIN, replace(GOOD, form=AssessmentForm.SHORT, basis="")):
        assert decode_assessment(encode_assessment(form)) == form


def test_what_was_likely_obtained_by_mistreatment_is_said_of_a_use_only() -> None:
    tainted = replace(GOOD, act=AssessedAct.USE, tainted=True)
    assert decode_assessment(encode_assessment(tainted)) == tainted
    assert tainted.assessed().tainted
    assert not GOOD.assessed().tainted
    with pytest.raises(BadForm, match="before it is used"):
        replace(GOOD, tainted=True)
    record = cbor.decode(encode_assessment(tainted))
    assert isinstance(record, dict)
    with pytest.raises(BadEnvelope):
        decode_assessment(cbor.encode({**record, "tainted": False}))
    older = cbor.decode(encode_assessment(GOOD))
    assert isinstance(older, dict)
    assert "tainted" not in older, "an older record has the same bytes"


def test_what_a_rule_may_know() -> None:
    outcome = GOOD.assessed()
    assert (outcome.act, outcome.short_form, outcome.decision) == (GOOD.act, False, GOOD.decision)
    assert (outcome.risk_before, outcome.mitigated, outcome.risk_after) == (Risk.SUBSTANTIAL, True, Risk.LOW)
    assert outcome.decider_outside
    assert not PLAIN.assessed().mitigated


def test_there_is_no_field_for_a_relationship() -> None:
    names = {field.name for field in fields(Assessment)}
    assert not [name for name in names for word in ("relation", "partner", "trust", "value") if word in name]
    record = cbor.decode(encode_assessment(GOOD))
    assert isinstance(record, dict)
    with pytest.raises(BadEnvelope):
        decode_assessment(cbor.encode({**record, "relationship_value": "high"}))


def test_the_full_form_follows_a_short_one_within_a_day() -> None:
    short = replace(GOOD, form=AssessmentForm.SHORT)
    assert short.full_form_due(Ms(1_000)) == 1_000 + 24 * 3600 * 1000
    assert GOOD.full_form_due(Ms(1_000)) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"who_and_how": " "}, "who could be harmed"),
        ({"source": ""}, "how good the source"),
        ({"decider_desk": ""}, "decider's desk"),
        ({"basis": ""}, "decision rests"),
        ({"mitigations": (Mitigation(" ", Risk.LOW),)}, "says what it is"),
        ({"who_and_how": "x" * 4001}, "longer than"),
        ({"mitigations": (Mitigation("a", Risk.LOW), Mitigation("b", Risk.MEDIUM))}, "cannot raise"),
        ({"risk_after": Risk.NONE}, "risk after is what"),
        ({"mitigations": (), "risk_after": Risk.LOW}, "risk after is what"),
        ({"mitigations": (), "risk_after": Risk.SUBSTANTIAL}, "substantial risk remains"),
        ({"risk_before": Risk.LOW, "mitigations": ()}, "no condition or assurance"),
    ],
)
def test_answers_that_do_not_fit_together(changes: dict[str, object], said: str) -> None:
    with pytest.raises(BadForm, match=said):
        replace(GOOD, **changes)


@pytest.mark.parametrize("decision", [Decision.NO, Decision.UNDECIDED, Decision.DISPUTED])
def test_a_substantial_risk_may_be_written_down_without_going(decision: Decision) -> None:
    form = replace(GOOD, mitigations=(), risk_after=Risk.SUBSTANTIAL, decision=decision)
    assert form.assessed().risk_after is Risk.SUBSTANTIAL


def test_other_bytes_are_no_assessment() -> None:
    record = cbor.decode(encode_assessment(GOOD))
    assert isinstance(record, dict)
    for key in record:
        with pytest.raises(BadEnvelope):
            decode_assessment(cbor.encode({k: v for k, v in record.items() if k != key}))
        with pytest.raises(BadEnvelope):
            decode_assessment(cbor.encode({**record, key: None}))
    with pytest.raises(UnknownVersion):
        decode_assessment(cbor.encode({**record, "version": "comity/assessment/2"}))
    with pytest.raises(BadEnvelope, match="do not fit together"):
        decode_assessment(cbor.encode({**record, "source": ""}))
    for data in (b"", cbor.encode(["x"]), cbor.encode({1: 2})):
        with pytest.raises(BadEnvelope):
            decode_assessment(data)
