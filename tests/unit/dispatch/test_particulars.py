"""What an officer says of an act: written and read, with its assessments, and refused where it does not fit."""

from __future__ import annotations

from dataclasses import fields

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm, UnknownVersion
from comity.base.ids import DispatchId
from comity.dispatch.particulars import ACTS, Particulars, decode_particulars, encode_particulars
from comity.policy.assessment import AssessmentForm
from comity.policy.question import Act, AssessedAct, Outside, Serves
from tests.unit.dispatch.test_acts import assessment, used

ID = DispatchId(bytes(range(16)))


@pytest.mark.parametrize("form_", AssessmentForm)
def test_the_assessments_of_particulars_are_read_as_they_were_written(form_):
    what = used(ID, assessments=(assessment(form_), assessment(AssessmentForm.SHORT)))
    assert decode_particulars(encode_particulars(what)) == what


def test_no_field_of_the_particulars_is_forgotten():
    written = cbor.decode(encode_particulars(used(ID)))
    board = Particulars(Act.ONWARD, ID, outside=Outside.THIRD_STATE, body="board")
    said = cbor.decode(encode_particulars(board))
    assert set(said) - {"version"} == {field.name for field in fields(Particulars)}
    assert set(said) - set(written) == {"body"}, "an act without one keeps its bytes, to which approvals bind"
    assert decode_particulars(encode_particulars(board)) == board
    assert Act.CLEAR not in ACTS
    assert Act.ADMIT not in ACTS


@pytest.mark.parametrize(
    ("act", "more", "said"),
    [
        (Act.CLEAR, {}, "no acts on what is held"),
        (Act.USE, {}, "what it serves"),
        (Act.EXPORT, {"serves": Serves.LEAD}, "what it serves"),
        (Act.ONWARD, {}, "names to whom"),
        (Act.EXPORT, {"to_agencies": frozenset({"x"})}, "only onward names agencies"),
        (Act.EXPORT, {"outside": Outside.THIRD_STATE}, "only onward says"),
        (Act.ONWARD, {"to_agencies": frozenset({"x"}), "body": "board"}, "beyond our agencies"),
        (Act.ONWARD, {"outside": Outside.COURT}, "to a third state"),
        (Act.REPURPOSE, {}, "new purpose"),
        (Act.REPURPOSE, {"new_purpose": "spite"}, "no such purpose"),
        (Act.EXPORT, {"new_purpose": "fraud"}, "new purpose"),
        (Act.EXPORT, {"reason": "x" * 4001}, "4000"),
        (Act.EXPORT, {"assessments": (assessment(act=AssessedAct.DISCLOSE),)}, "assessed as use"),
    ],
)
def test_particulars_that_do_not_fit_the_act_are_named(act, more, said):
    with pytest.raises(BadForm, match=said):
        Particulars(act, ID, **more)


def test_bytes_that_are_no_act_are_refused():
    good = cbor.decode(encode_particulars(used(ID)))
    for bad in ([1], {**good, "more": 1}, {**good, "serves": None}):
        with pytest.raises(BadEnvelope):
            decode_particulars(cbor.encode(bad))
    with pytest.raises(UnknownVersion):
        decode_particulars(cbor.encode({**good, "version": "comity/act/9"}))
