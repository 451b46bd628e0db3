"""Each word of a label has an effect on some act, and what stands in a condition's brackets does not hide it."""

from __future__ import annotations

import re

import pytest

from comity.marking.vocabulary import CONDITIONS, HANDLING, PAP, TLP
from comity.policy.question import Act, Question
from comity.policy.rule import Rule
from comity.policy.verdict import Effect
from tests.unit.policy.policy_laws import DAY, ask, assessed, edition, gate, ids

LAWS = ("ca", "in")
WORDS = sorted({*HANDLING, *CONDITIONS, *TLP, *PAP} - {"CLEAR"})
"""CLEAR says that there is no limit."""
USED = (assessed("use"),)
LATER = tuple(act for act in Act if act not in {Act.CLEAR, Act.ADMIT})


def held(**changes: object) -> Question:
    """Ask about an answer that came, about a person, without any code but H0."""
    received: dict[str, object] = {
        "kind": "answer", "stage": "final", "categories": {"person"}, "conduct": "theft", "assessments": USED,
        "handling": {"H0"}, "conditions": {"lead-only"},
    }  # fmt: skip
    return ask(**{**received, **changes})


def silent(rules: tuple[Rule, ...]) -> set[str]:
    """Return the words of a label that no rule reads."""
    spoken = {word for rule in rules for word in re.findall(r'"([A-Za-z0-9+-]+)"', rule.policy)}
    return set(WORDS) - spoken


@pytest.mark.parametrize("law", LAWS)
def test_no_word_of_a_label_is_decoration(law: str) -> None:
    assert silent(edition(law).rules) == set()


def test_a_word_that_lost_its_rule_is_named() -> None:
    rules = tuple(rule for rule in edition("in").rules if rule.seed != "XX-NO-CONTACT-SOURCE")
    assert silent(rules) == {"no-contact-with-source"}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("condition", "rule", "question"),
    [
        ("named-agencies(cbi, rcmp)", "XX-NAMED-AGENCIES", {"act": Act.ONWARD, "to_agencies": {"other"}}),
        ("named-persons(4)", "XX-NAMED-PERSONS", {"act": Act.EXPORT, "outside": "file"}),
        ("assurance-required(A-7)", "XX-ASSURANCE", {"act": Act.USE, "serves": "arrest"}),
        ("destroy-by(2026-08-01)", "XX-PAST-DUE/destroy", {"act": Act.USE, "serves": "lead", "past_due": True}),
        ("return-by(2026-08-01)", "XX-PAST-DUE/destroy", {"act": Act.USE, "serves": "lead", "past_due": True}),
    ],
)
def test_a_condition_with_a_value_holds_by_its_name(
    law: str, condition: str, rule: str, question: dict[str, object]
) -> None:
    verdict = gate(law).decide(held(**question, conditions={"lead-only", condition}), DAY)
    assert not verdict.permits
    assert rule in ids(verdict)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("act", LATER)
def test_what_was_recalled_or_should_be_gone_serves_nothing(law: str, act: Act) -> None:
    every = {"onward", "purpose", "evidence", "access", "third-state"}
    extra = {"released": every, "to_agencies": {"cbi"}, "new_purpose": "fraud", "serves": "lead"}
    effect = Effect.REFER if act is Act.COURT else Effect.REFUSE
    for state in ("recalled", "past_due"):
        verdict = gate(law).decide(held(act=act, **{state: True}, **extra), DAY)
        assert verdict.effect is effect, state


@pytest.mark.parametrize("law", LAWS)
def test_break_glass_never_touches_the_overriding_rules(law: str) -> None:
    marked = {rule.id for rule in edition(law).rules if rule.overriding and rule.id.startswith("XX-")}
    wanted = {
        rule.id
        for rule in edition(law).rules
        if re.match(r"XX-RULE-(?:[1-4]|[6-8]|1[0-2])(?:/|$)", rule.id)
    }  # fmt: skip
    assert marked == wanted
    assert len({rule.split("/")[0] for rule in marked}) == 10
    glass = {rule.id for rule in edition(law).rules if "break_glass" in rule.policy}
    assert not {rule for rule in glass if rule.startswith("XX-RULE-")}
    assert {"XX-OWN-POWER", "XX-EXPORT"} <= glass


def test_the_private_supplement_only_restricts_and_is_not_published() -> None:
    private = [rule for rule in edition("in").rules if rule.private]
    assert {rule.id for rule in private} == {"IN-PRV-1", "IN-PRV-2", "IN-PRV-3"}
    assert all(rule.effect in {Effect.REFER, Effect.REFUSE} for rule in private)


@pytest.mark.parametrize("law", LAWS)
def test_nothing_but_the_named_seeds_permits_any_act(law: str) -> None:
    seeds = {rule.seed for rule in edition(law).rules if rule.effect is Effect.PERMIT}
    assert (
        seeds
        <= {
            "ca": {"CA-PA-8", "CA-DCIA-5", "CA-PCR-25", "CA-CSE-54", "CA-CSE-46", "CA-CU-107", "XX-ACCORD"},
            "in": {"IN-MLA-INF", "IN-RCS-10", "IN-IT-70B", "XX-ACCORD"},
        }[law]
    )
