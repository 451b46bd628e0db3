"""Every dispatch of the day comes out of both gates as the script says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from comity.policy.question import Act
from comity.policy.verdict import Effect, Verdict
from tests.unit.policy.day_questions import DISPATCHES, REFUSALS, Dispatch, Refused
from tests.unit.policy.policy_laws import DAY, gate

OTHER = {"ca": "in", "in": "ca"}


def _check(verdict: Verdict, articles: set[str], obligations: set[str]) -> None:
    assert verdict.permits, [reason.rule for reason in verdict.reasons]
    assert articles <= {reason.article for reason in verdict.reasons}
    assert {f"{duty.verb}:{duty.value}" for duty in verdict.obligations} == obligations
    assert verdict.effect is (Effect.PERMIT_WITH if obligations else Effect.PERMIT)
    assert (verdict.ground, verdict.outward, verdict.refer_to, verdict.missing) == (None, None, None, ())


@pytest.mark.parametrize("row", DISPATCHES, ids=lambda row: f"{row.number}-{row.by}")
def test_sender_clears(row: Dispatch) -> None:
    _check(gate(row.by).decide(row.question, DAY), *row.clear)


@pytest.mark.parametrize("row", DISPATCHES, ids=lambda row: f"{row.number}-{OTHER[row.by]}")
def test_receiver_admits(row: Dispatch) -> None:
    removed = {duty.removeprefix("redact:") for duty in row.clear[1]}
    arrived = replace(row.question, act=Act.ADMIT, categories=row.question.categories - removed, assessments=(),
                      agency="theirs", peer_agencies=("ours",))  # fmt: skip
    _check(gate(OTHER[row.by]).decide(arrived, DAY), *row.admit)


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: f"{row.number}-{row.by}")
def test_drafted_answer_is_refused(row: Refused) -> None:
    verdict = gate(row.by).decide(row.draft, DAY)
    assert verdict.effect is Effect.REFUSE
    assert verdict.ground == row.ground
    assert verdict.outward == row.outward
    assert row.articles <= {reason.article for reason in verdict.reasons}
    assert verdict.obligations == ()


def test_the_undecided_place_refers() -> None:
    for row in REFUSALS:
        if row.ground == "location":
            verdict = gate(row.by).decide(replace(row.draft, assessments=()), DAY)
            assert (verdict.effect, verdict.refer_to) == (Effect.REFER, "decider-outside")
            assert verdict.ground == "location"
            assert "approval:decider-outside" in verdict.missing


def test_totals_of_the_day() -> None:
    assert [row.number for row in DISPATCHES] == list(range(1, 49))
    assert Counter(row.by for row in DISPATCHES) == {"ca": 22, "in": 26}
    assert Counter(row.question.kind for row in DISPATCHES) == {
        "posting": 5, "rfi": 14, "answer": 9, "refusal": 10, "spontaneous": 3, "message": 3, "correction": 2,
        "recall": 1, "reminder": 1,
    }  # fmt: skip
    stages = Counter(row.question.stage for row in DISPATCHES if row.question.kind == "answer")
    assert stages == {"holding": 2, "part": 2, "final": 5}
    assert Counter(row.by for row in REFUSALS) == {"ca": 5, "in": 5}
    redactions = Counter(row.by for row in DISPATCHES for duty in row.clear[1] if duty.startswith("redact:"))
    assert redactions == {"ca": 4, "in": 4}
