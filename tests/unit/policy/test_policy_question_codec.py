"""A question written into a decision record is read again whole, and a field that was forgotten turns this red."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from enum import Enum

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, UnknownVersion
from comity.policy.question import Act, Assessed, AssessedAct, Decision, Question, Risk
from comity.policy.question_codec import ASSESSED, QUESTION, decode_question, encode_question
from tests.unit.policy.policy_laws import BASE


@pytest.mark.parametrize(("kind", "forms"), [(Question, QUESTION), (Assessed, ASSESSED)])
def test_no_field_is_forgotten(kind, forms):
    assert {field.name for field in fields(kind)} == set(forms)


@pytest.mark.parametrize("name", sorted(QUESTION))
def test_each_field_by_itself_changes_the_bytes(name):
    held = getattr(BASE, name)
    other = {
        bool: lambda: not held,
        frozenset: lambda: held | {"another"},
        str: lambda: held + "x",
        tuple: lambda: (*held, "x"),
    }
    if name == "assessments":
        made = (Assessed(AssessedAct.USE, True, Risk.LOW, True, Risk.LOW, Decision.GO, True, True),)
        changed = replace(BASE, assessments=made)
    elif isinstance(held, Enum):
        changed = replace(BASE, **{name: next(one for one in type(held) if one is not held)})
    else:
        changed = replace(BASE, **{name: other[type(held)]()})
    assert encode_question(changed) != encode_question(BASE)
    assert decode_question(encode_question(changed)) == changed


def test_an_older_record_without_a_newer_field_reads_its_default():
    value = cbor.decode(encode_question(BASE))
    newer = [field for field in fields(Question) if field.default is not MISSING]
    for field in newer:
        del value[field.name]
    assert decode_question(cbor.encode(value)) == replace(BASE, **{field.name: field.default for field in newer})


def test_what_is_no_question_is_refused():
    value = cbor.decode(encode_question(BASE))
    assert decode_question(cbor.encode(value)).act in Act
    with pytest.raises(BadEnvelope, match="does not know"):
        decode_question(cbor.encode({**value, "novel": True}))
    with pytest.raises(BadEnvelope, match="lacks purpose"):
        decode_question(cbor.encode({key: item for key, item in value.items() if key != "purpose"}))
    with pytest.raises(UnknownVersion):
        decode_question(cbor.encode({**value, "version": "comity/question/2"}))
    with pytest.raises(BadEnvelope, match="no question"):
        decode_question(cbor.encode([1]))
    with pytest.raises(BadEnvelope):
        decode_question(cbor.encode({**value, "act": "sell"}))
    with pytest.raises(BadEnvelope):
        decode_question(cbor.encode({**value, "assessments": [3]}))
