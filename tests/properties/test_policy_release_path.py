"""What is said to be missing is missing: the steps permit, no fewer do, and where none are told none help."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Act, Question
from comity.policy.release_path import MAX_STEPS, Path, in_order, missing_for_release, offered, taken
from comity.policy.rule import Verb
from tests.examples import examples
from tests.properties.policy_questions import DRAFTS, NEAR, QUESTIONS
from tests.unit.policy.policy_laws import DAY, ask, assessed, edition, gate
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, OBLIGE, PERMIT

LAWS = st.sampled_from(["ca", "in"])
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much]


def released(law: CedarGate, question: Question) -> bool:
    """Say whether a question is permitted, and every approval that this obliges to is given."""
    verdict = law.decide(question, DAY)
    owed = {duty.value for duty in verdict.obligations if duty.verb == Verb.APPROVAL}
    return verdict.permits and owed <= question.approvals


def wrong(law: CedarGate, question: Question, path: Path, size: int) -> str:
    """Return what is wrong with a path, trying every set of at most `size` steps; "" if nothing is."""
    if path.curable and not released(law, taken(question, path.steps)):
        return "the steps do not permit"
    if path.steps != in_order(path.steps):
        return "the steps are out of order"
    below = len(path.steps) - 1 if path.curable else size
    for number in range(min(below, size) + 1):
        for steps in combinations(sorted(offered(law, question, DAY)), number):
            if released(law, taken(question, steps)):
                return f"fewer steps do: {steps}"
    return ""


@examples(40, suppress_health_check=QUIET)
@given(QUESTIONS, LAWS)
def test_each_path_permits_and_no_single_step_is_passed_over(question: Question, law: str) -> None:
    path = missing_for_release(gate(law), question, DAY)
    assert path.whole
    assert wrong(gate(law), question, path, 1) == ""


@examples(12, suppress_health_check=QUIET)
@given(NEAR.map(lambda question: replace(question, act=Act.CLEAR, assessments=())), LAWS)
def test_no_pair_of_steps_is_passed_over(question: Question, law: str) -> None:
    path = missing_for_release(gate(law), question, DAY)
    assert wrong(gate(law), question, path, 2) == ""


@pytest.mark.parametrize("law", ["ca", "in"])
def test_every_draft_of_the_day_has_its_path(law: str) -> None:
    for draft in DRAFTS:
        bare = replace(draft, assessments=(), evaluated=False, conduct="", own_power=False)
        for question in (draft, bare):
            path = missing_for_release(gate(law), question, DAY)
            assert wrong(gate(law), question, path, 0) == ""
            assert path.curable or path.rules


def test_what_is_permitted_lacks_nothing_and_a_hard_stop_has_no_path() -> None:
    assert missing_for_release(gate("ca"), ask(), DAY).steps == ()
    assert missing_for_release(gate("ca"), ask(), DAY).curable
    for law in ("ca", "in"):
        path = missing_for_release(gate(law), ask(categories={"biometric"}), DAY)
        assert (path.curable, path.steps) == (False, ())
        assert "XX-RULE-1" in path.rules


def test_a_question_about_a_person_in_canada() -> None:
    question = ask(kind="rfi", categories={"person"}, asks={"person"}, conduct="")
    path = missing_for_release(gate("ca"), question, DAY)
    assert path.steps == ("conduct", "assessment:disclose", "assessment:request")
    assert {"CA-ACA-1", "CA-ACA-2", "XX-RULE-7/conduct"} <= set(path.rules)


def test_without_a_basis_the_known_one_is_named() -> None:
    path = missing_for_release(gate("ca"), ask(basis=set()), DAY)
    assert path.steps == ("basis:arrangement:2026-02",)
    assert path.rules == ("CA-DEFAULT",)


def test_an_assessment_that_said_no_is_not_made_again() -> None:
    said_no = assessed("disclose", decision=type(assessed("disclose").decision).NO)
    path = missing_for_release(gate("ca"), ask(categories={"person"}, assessments=(said_no,)), DAY)
    assert (path.curable, path.steps) == (False, ())


# --- small laws, each with one thing to find ------------------------------------------------------------------------


def tiny(*rules: str) -> CedarGate:
    known = '[[basis]]\nid = "order"\nform = "order"\ntitle = "t"\n'
    files = {"edition.toml": (MANIFEST + known).encode(), "law.cedar": "".join(rules).encode()}
    return CedarGate(Edition.load(files))


ANY = PERMIT.replace('context.purpose == "fraud"', "true")


def only(condition: str) -> CedarGate:
    """Return a law that permits where a condition holds, and nowhere else."""
    return tiny(ANY, FORBID.replace("context.personal", f"!({condition})"))


@pytest.mark.parametrize(
    ("condition", "changes", "steps"),
    [
        ("context.own_power", {"own_power": False}, ("own-power",)),
        ('context.conduct != ""', {}, ("conduct",)),
        ("context.evaluated", {}, ("evaluation",)),
        ('context.tlp == ""', {"tlp": "RED"}, ("label:handling",)),
        ('context.handling.contains("H1")', {"handling": set()}, ("label:handling",)),
        ('context.tlp != ""', {"purpose": "cyber-incident"}, ("label:colours",)),
        ('context.conditions.contains("no-onward")', {}, ("label:no-onward",)),
        ("!context.conditions.isEmpty()", {"conditions": set()}, ("label:lead-only",)),
        ('context.basis.contains("order")', {}, ("basis:order",)),
        ('context.basis.contains("unheard-of")', {}, None),
        ('context.released.contains("onward")', {}, None),
        ('context.approvals.containsAll(["b", "a"])', {}, ("approval:a", "approval:b")),
        ('context.approvals.containsAny(["b", "a"])', {"approvals": {"b"}}, ()),
        ("context.assessments.use.made", {}, ("assessment:use",)),
        ("!context.assessments.use.short_form && context.assessments.use.made",
         {"assessments": (assessed("use", short_form=True),)}, ("assessment:use:full",)),
        ("context.assessments.use.decider_outside",
         {"assessments": (assessed("use", decider_outside=False),)}, ("assessment:use:outside",)),
        ("context.named", {}, None),
        ('context.approvals.contains("a") && context.named', {}, None),
        ('context.approvals.contains("a") || context.named', {"named": True}, ()),
    ],
)  # fmt: skip
def test_each_kind_of_step(condition: str, changes: dict[str, object], steps: tuple[str, ...] | None) -> None:
    law, question = only(condition), ask(**changes)
    path = missing_for_release(law, question, DAY)
    assert (path.curable, path.steps) == (steps is not None, steps or ())
    assert path.rules == (("TT-2",) if steps != () else ())


def test_whoever_receives_does_not_write_the_dispatch() -> None:
    everywhere = 'action in [Action::"clear", Action::"admit", Action::"onward"]'
    rules = [rule.replace('action == Action::"clear"', everywhere) for rule in (ANY, FORBID)]
    need = '!(context.evaluated || context.basis.contains("order") || context.released.contains("onward"))'
    law = tiny(rules[0], rules[1].replace("context.personal", need))
    assert missing_for_release(law, ask(), DAY).steps == ("evaluation",)
    assert not missing_for_release(law, ask(act=Act.ADMIT), DAY).curable
    assert missing_for_release(law, ask(act=Act.ONWARD), DAY).steps == ("basis:order",)


def test_a_short_form_is_enough_in_an_emergency() -> None:
    urgent = ask(urgency=type(ask().urgency).IMMEDIATE)
    made, full = "context.assessments.use.made", "!context.assessments.use.short_form"
    assert missing_for_release(only(made), urgent, DAY).steps == ("assessment:use",)
    assert missing_for_release(only(f"{made} && {full}"), urgent, DAY).steps == ("assessment:use:full",)


def test_an_approval_that_a_permission_obliges_to_is_missing_too() -> None:
    duty = OBLIGE.replace("redact:victim", "approval:second-officer").replace("context.personal", "true")
    path = missing_for_release(tiny(ANY, duty), ask(), DAY)
    assert (path.curable, path.steps) == (True, ("approval:second-officer",))
    assert missing_for_release(tiny(ANY, duty), ask(approvals={"second-officer"}), DAY).steps == ()


def test_a_removal_that_an_approval_brings_about_is_found() -> None:
    duty = OBLIGE.replace("context.personal", 'context.approvals.contains("a")')
    stop = FORBID.replace("context.personal", 'context.categories.contains("victim")')
    path = missing_for_release(tiny(ANY, duty, stop), ask(categories={"victim"}), DAY)
    assert path.steps == ("approval:a",)


def test_one_of_two_ways_may_be_closed_and_two_rules_may_need_each_its_step() -> None:
    """The shorter way to the first rule sets off the second."""
    first = FORBID.replace("context.personal", '!(context.approvals.contains("a") || context.basis.contains("order"))')
    second = FORBID.replace("TT-2", "TT-2/b").replace("context.personal", 'context.basis.contains("order")')
    assert missing_for_release(tiny(ANY, first, second), ask(), DAY).steps == ("approval:a",)
    third = FORBID.replace("TT-2", "TT-2/c").replace("context.personal", 'context.approvals.contains("a")')
    path = missing_for_release(tiny(ANY, first, second, third), ask(), DAY)
    assert (path.curable, path.steps) == (False, ())
    assert set(path.rules) <= {"TT-2", "TT-2/b", "TT-2/c"}


def test_an_error_has_no_path() -> None:
    question = ask()
    object.__setattr__(question, "conduct", 7)
    path = missing_for_release(gate("ca"), question, DAY)
    assert (path.curable, path.steps, path.rules) == (False, (), ("CA-ERROR",))


def test_kinds_that_no_rule_names_are_asked_too() -> None:
    for kind in ("", "no such kind", 'a"b\\', "प्रश्न"):
        assert missing_for_release(only("context.evaluated"), ask(kind=kind), DAY).steps == ("evaluation",)


# --- planted ----------------------------------------------------------------------------------------------------------


def test_a_wrong_path_is_found() -> None:
    question = ask(kind="rfi", categories={"person"}, asks={"person"}, conduct="")
    right = missing_for_release(gate("ca"), question, DAY)
    assert wrong(gate("ca"), question, right, 2) == ""
    for step in right.steps:
        short = replace(right, steps=tuple(one for one in right.steps if one != step))
        assert wrong(gate("ca"), question, short, 0) == "the steps do not permit"
    long = replace(right, steps=in_order((*right.steps, "evaluation")))
    assert wrong(gate("ca"), question, long, len(right.steps)).startswith("fewer steps do")
    assert wrong(gate("ca"), ask(basis=set()), Path((), curable=False, rules=(), verdict=right.verdict), 1)


def test_words_of_the_rules_alone_are_no_path() -> None:
    """The words `missing` of a verdict are what each rule asks for by itself; together they may not be enough."""
    law = tiny(
        PERMIT.replace('context.purpose == "fraud"', 'context.basis.contains("order")'),
        FORBID.replace("context.personal", '!context.approvals.contains("somebody")'),
    )
    verdict = law.decide(ask(), DAY)
    trusting = Path(verdict.missing, curable=True, rules=(), verdict=verdict)
    assert trusting.steps == ("approval:somebody",)
    assert wrong(law, ask(), trusting, 0) == "the steps do not permit"
    assert missing_for_release(law, ask(), DAY).steps == ("basis:order", "approval:somebody")


def test_the_editions_offer_steps_of_every_kind() -> None:
    steps = offered(gate("ca"), ask(own_power=False, conduct="", basis=set(), handling=set()), DAY)
    assert {step.partition(":")[0] for step in steps} == {
        "own-power", "conduct", "evaluation", "label", "basis", "assessment", "approval",
    }  # fmt: skip
    assert edition("ca").known_bases >= {step.partition(":")[2] for step in steps if step.startswith("basis:")}


@pytest.mark.parametrize("many", [MAX_STEPS, MAX_STEPS + 1])
def test_more_steps_than_anybody_takes_are_not_searched_and_that_is_said(many: int) -> None:
    each = [
        FORBID.replace("TT-2", f"TT-2/{number}").replace(
            "context.personal", f'!(context.approvals.contains("r{number}"))'
        )
        for number in range(many)
    ]
    path = missing_for_release(tiny(ANY, *each), ask(), DAY)
    found = many <= MAX_STEPS
    assert (path.curable, path.whole, len(path.steps)) == (found, found, many if found else 0)
    assert len(path.rules) == many
