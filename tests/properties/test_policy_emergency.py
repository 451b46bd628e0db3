"""Broken glass defers forms and approvals; it never lifts a rule that is marked as overriding."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given

from comity.marking.labels import Urgency
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Question
from tests.examples import examples
from tests.properties.policy_questions import QUESTIONS
from tests.unit.policy.policy_laws import DAY, ask, edition, gate, ids
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, PERMIT

NEVER_LIFTED = {f"XX-RULE-{number}" for number in (1, 2, 3, 4, 6, 7, 8, 10, 11, 12)}
"""Seeds of the overriding rules that break-glass may never touch."""  # spec: law-and-agencies.md 7


def lifted(law: CedarGate, question: Question) -> set[str]:
    """Return the rules of these seeds that hold in an emergency, and no longer once the glass is broken."""
    held, broken = (
        {
            rule
            for rule in ids(law.decide(replace(question, break_glass=glass), DAY))
            if rule.split("/")[0] in NEVER_LIFTED
        }
        for glass in (False, True)
    )
    return held - broken


@examples(150, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS)
def test_broken_glass_lifts_no_overriding_rule(question: Question) -> None:
    for law in ("ca", "in"):
        assert lifted(gate(law), replace(question, urgency=Urgency.IMMEDIATE)) == set()


def test_every_rule_of_these_seeds_is_marked_and_no_other() -> None:
    for law in ("ca", "in"):
        assert {rule.seed for rule in edition(law).rules if rule.overriding} == NEVER_LIFTED
        assert all(rule.overriding for rule in edition(law).rules if rule.seed in NEVER_LIFTED)


def test_an_overriding_rule_that_knew_of_the_emergency_would_be_found() -> None:
    rule = FORBID.replace("TT-2", "XX-RULE-8").replace(
        "context.personal", "context.third_state && !context.break_glass"
    )
    law = CedarGate(Edition.load({"edition.toml": MANIFEST.encode(), "law.cedar": (PERMIT + rule).encode()}))
    assert lifted(law, ask(purpose="fraud", third_state=True)) == {"XX-RULE-8"}
