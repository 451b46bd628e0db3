"""The law of the invented accord: ten rules for both sides, and the rest refused."""

from __future__ import annotations

import pytest

from comity.policy.question import Act, Question
from comity.policy.rule import day_begins
from comity.policy.verdict import Effect
from tests.unit.policy.policy_laws import DAY, ask, edition, gate, ids

MISSING = {"purpose": "missing-person", "basis": set()}


@pytest.mark.parametrize(
    ("question", "effect", "ground", "duties"),
    [
        (ask(kind="posting", purpose="liaison"), Effect.PERMIT, None, set()),
        (ask(kind="rfi", **MISSING), Effect.PERMIT, None, set()),
        (ask(kind="rfi", act=Act.ADMIT, categories={"person"}, **MISSING), Effect.PERMIT, None, set()),
        (ask(kind="answer", categories={"person"}, **MISSING), Effect.PERMIT_WITH, None, {"retain-max-days:90"}),
        (ask(kind="answer", purpose="border-document", categories={"document"}), Effect.PERMIT, None, set()),
        (ask(kind="answer", categories={"victim"}, **MISSING), Effect.PERMIT_WITH, None,
         {"redact:victim", "retain-max-days:90"}),
        (ask(kind="answer", asks={"location"}, **MISSING), Effect.REFER, "location", set()),
        (ask(kind="answer", asks={"protection-claim"}, **MISSING), Effect.REFUSE, "protection-claim", set()),
        (ask(kind="rfi", purpose="fraud"), Effect.REFUSE, "no-legal-basis", set()),
        (ask(kind="refusal", **MISSING), Effect.PERMIT, None, set()),
    ],
)  # fmt: skip
def test_each_line_of_the_law(question: Question, effect: Effect, ground: str | None, duties: set[str]) -> None:
    verdict = gate("ostrel-vanmere").decide(question, DAY)
    assert (verdict.effect, verdict.ground) == (effect, ground)
    assert {f"{duty.verb}:{duty.value}" for duty in verdict.obligations} == duties
    assert verdict.outward in {None, "cannot-assist"}


def test_one_rule_ends() -> None:
    posting = ask(kind="posting", purpose="liaison")
    assert gate("ostrel-vanmere").decide(posting, day_begins("2030-12-31")).permits
    assert ids(gate("ostrel-vanmere").decide(posting, day_begins("2031-01-01"))) == {"OV-DEFAULT"}


def test_it_speaks_its_own_language_and_is_law_of_both() -> None:
    assert edition("ostrel-vanmere").parties == ("ostrel", "vanmere")
    assert edition("ostrel-vanmere").say("cannot-assist", "osv") == "Nen ajud pot."
    verdict = gate("ostrel-vanmere").decide(ask(kind="answer", asks={"location"}, **MISSING), DAY)
    assert dict(verdict.reasons[0].sentences)["osv"] == "Lok de person, eldar decid."
