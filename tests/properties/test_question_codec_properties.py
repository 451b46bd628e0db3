"""Any question is read from a decision record as it was asked."""

from __future__ import annotations

from enum import Enum
from typing import Any, get_type_hints

from hypothesis import given
from hypothesis import strategies as st

from comity.policy.question import Assessed, AssessedAct, Decision, Question, Risk
from comity.policy.question_codec import decode_question, encode_question

WORDS = st.text("abcdefgh-", min_size=0, max_size=8)
ASSESSMENTS = st.builds(
    Assessed,
    act=st.sampled_from(AssessedAct),
    short_form=st.booleans(),
    risk_before=st.sampled_from(Risk),
    mitigated=st.booleans(),
    risk_after=st.sampled_from(Risk),
    decision=st.sampled_from(Decision),
    decider_outside=st.booleans(),
    tainted=st.booleans(),
)


def strategy(hint: Any):
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return {
        bool: st.booleans(),
        str: WORDS,
        frozenset[str]: st.frozensets(WORDS, max_size=4),
        tuple[str, ...]: st.lists(WORDS, max_size=3).map(tuple),
        tuple[Assessed, ...]: st.lists(ASSESSMENTS, max_size=3).map(tuple),
    }[hint]


QUESTIONS = st.builds(Question, **{name: strategy(hint) for name, hint in get_type_hints(Question).items()})


@given(QUESTIONS)
def test_every_question_is_read_as_it_was_asked(question):
    written = encode_question(question)
    assert decode_question(written) == question
    assert encode_question(decode_question(written)) == written
