"""What an officer may say of any act is read as it was written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.base.ids import DispatchId
from comity.dispatch.particulars import Particulars, decode_particulars, encode_particulars
from comity.marking.labels import Urgency
from comity.policy.assessment import AssessmentForm
from comity.policy.question import Act, Outside, Serves
from tests.unit.dispatch.test_acts import assessment

ID = DispatchId(bytes(range(16)))
WORDS = st.text("abc-", max_size=5)
COMMON = {
    "basis": st.frozensets(WORDS, max_size=3).map(lambda found: tuple(sorted(found))),
    "urgency": st.none() | st.sampled_from(Urgency),
    "assessments": st.lists(st.sampled_from([assessment(one) for one in AssessmentForm]), max_size=2).map(tuple),
    "marking": WORDS,
    "break_glass": WORDS,
    "reason": WORDS,
}
ANY = st.one_of(
    st.builds(Particulars, st.just(Act.USE), st.just(ID), serves=st.sampled_from(Serves), **COMMON),
    st.builds(
        Particulars, st.just(Act.ONWARD), st.just(ID), st.frozensets(WORDS, min_size=1, max_size=3),
        st.sampled_from([None, Outside.THIRD_STATE]), **COMMON,
    ),
    st.builds(Particulars, st.just(Act.REPURPOSE), st.just(ID), new_purpose=st.just("fraud"), **COMMON),
    st.builds(
        Particulars, st.sampled_from([Act.EVIDENCE, Act.EXPORT, Act.COURT, Act.ACCESS]), st.just(ID), **COMMON
    ),
)  # fmt: skip


@given(ANY)
def test_particulars_are_read_as_they_were_written(what):
    assert decode_particulars(encode_particulars(what)) == what
