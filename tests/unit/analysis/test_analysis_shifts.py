"""An amendment is planted, and what it newly does is found with a question, by the rules that did it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from comity.analysis import shifts as shifting
from comity.analysis.shifts import Shift, What, difference
from comity.policy.attributes import Groups
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Act
from comity.policy.verdict import Effect
from tests.unit.analysis.planted import REFER, REFUSE, law, rule, weakened, with_policy
from tests.unit.policy.policy_laws import DAY, edition, ids

CLEAR = '(principal, action == Action::"clear", resource)'
OBLIGE = '(principal, action == Action::"oblige", resource)'
FRAUD = f'permit {CLEAR} when {{ context.purpose == "fraud" }};'
HEALTH = f'forbid {CLEAR} when {{ context.purpose == "missing-person" && context.categories.contains("health") }};'


def only(old: Edition, new: Edition) -> Shift:
    (one,) = difference(old, new, DAY)
    assert one.old == CedarGate(old).decide(one.example.question, one.example.now)
    assert one.new == CedarGate(new).decide(one.example.question, one.example.now)
    return one


def test_an_edition_does_not_differ_from_itself():
    assert difference(law(), law(), DAY) == ()


def test_a_new_permit_newly_allows():
    one = only(law(), law(rule("OV-9", FRAUD)))
    assert (one.what, one.act, one.way, one.because) == (What.ALLOWED, Act.CLEAR, "OV-9", ("OV-9",))
    assert one.example.question.purpose == "fraud"


def test_a_permit_that_is_gone_newly_refuses():
    one = only(law(rule("OV-9", FRAUD)), law())
    assert (one.what, one.way, one.new.ground) == (What.REFUSED, "OV-9", "no-legal-basis")


def test_a_prohibition_that_is_gone_newly_allows():
    one, other = difference(law(rule("OV-9", HEALTH, REFUSE)), law(), DAY)
    assert (one.what, one.way) == (What.ALLOWED, "OV-9")
    assert one.example.question.categories == {"health"}
    assert (other.what, other.way) == (What.REFERRED, "OV-9")  # a place beside it: refused then, referred now
    asked = other.example.question
    assert "location" in asked.categories | asked.asks
    assert "health" in asked.categories


def test_a_new_refusal_and_a_new_referral_are_told_apart():
    assert {one.what for one in difference(law(), law(rule("OV-9", HEALTH, REFUSE)), DAY)} == {What.REFUSED}
    one = only(law(), law(rule("OV-9", HEALTH, REFER)))
    assert (one.what, one.way, one.new.refer_to) == (What.REFERRED, "OV-9", "elder-of-the-watch")


def test_a_refusal_that_becomes_a_referral_is_newly_referred():
    shifts = difference(law(rule("OV-9", HEALTH, REFUSE)), law(rule("OV-9", HEALTH, REFER)), DAY)
    assert [(one.what, one.way, one.old.effect, one.new.effect) for one in shifts] == [
        (What.REFERRED, "OV-9", Effect.REFUSE, Effect.REFER)
    ]


def test_an_obligation_that_is_gone_and_one_that_came_are_found():
    more = law(rule("OV-9", f'permit {OBLIGE} when {{ context.act == "clear" }};', '@oblige("report:minister") '))
    one = only(more, law())
    assert (one.what, one.way, one.because) == (What.NO_LONGER_OBLIGED, "report:minister", ("OV-9",))
    assert only(law(), more).what is What.OBLIGED


def test_a_narrower_obligation_is_found_where_it_no_longer_is():
    wide, narrow = 'context.act == "clear"', 'context.act == "clear" && context.kind == "rfi"'
    editions = [
        law(rule("OV-9", f"permit {OBLIGE} when {{ {when} }};", '@oblige("report:minister") '))
        for when in (wide, narrow)
    ]
    one = only(*editions)
    assert (one.what, one.way) == (What.NO_LONGER_OBLIGED, "report:minister")
    assert one.example.question.kind != "rfi"


def test_another_list_of_words_is_a_difference_too_though_no_rule_changed():
    old = law()
    new = replace(old, groups=Groups(frozenset(), frozenset(), frozenset(), frozenset()))
    shifts = difference(old, new, DAY)
    assert {one.what for one in shifts} == {What.ALLOWED, What.REFERRED, What.NO_LONGER_OBLIGED}
    assert "OV-4" in {one.way for one in shifts}


def test_each_act_that_is_newly_allowed_has_its_own_example():
    acts = 'action in [Action::"clear", Action::"use", Action::"export"]'
    shifts = difference(
        law(), law(rule("OV-9", f"permit (principal, {acts}, resource) when {{ context.named }};")), DAY
    )
    assert {one.act for one in shifts if one.what is What.ALLOWED} == {Act.CLEAR, Act.USE, Act.EXPORT}


def test_each_way_through_one_loosened_law_has_its_own_example():
    loose = law()
    kept = tuple(one for one in loose.rules if one.id not in {"OV-3", "OV-4"})
    ways = {one.way for one in difference(loose, replace(loose, rules=kept), DAY) if one.what is What.ALLOWED}
    assert ways == {"OV-3", "OV-4"}


def test_an_and_weakened_to_an_or_in_the_mistreatment_rule_gives_the_newly_allowed_case():
    """Of each place where the rule that asks for an assessment could be weakened; some only tighten, some let go."""
    old = edition("ca")
    (before,) = (one for one in old.rules if one.id == "CA-ACA-1")
    cases = []
    for policy in weakened(json.loads(before.policy)):
        new = with_policy(old, before.id, policy)
        cases += [(one, new) for one in difference(old, new, DAY) if one.what is What.ALLOWED]
    assert cases
    for one, new in cases:
        question = one.example.question
        assert one.way == before.id
        assert not any(assessed.act == "disclose" for assessed in question.assessments)
        assert before.id in ids(CedarGate(old).decide(question, DAY))
        assert CedarGate(new).decide(question, DAY).permits
    assert any(one.example.question.categories & old.groups.personal for one, _ in cases)


@pytest.mark.parametrize(("name", "rule_id"), [("ca", "XX-RULE-11"), ("in", "XX-RULE-8")])
def test_taking_out_an_overriding_rule_is_seen_for_each_act_that_it_stopped(name, rule_id):
    old = edition(name)
    (gone,) = (one for one in old.rules if one.id == rule_id)
    new = replace(old, rules=tuple(one for one in old.rules if one.id != rule_id))
    allowed = {one.act for one in difference(old, new, DAY) if (one.what, one.way) == (What.ALLOWED, rule_id)}
    assert Act.CLEAR in allowed <= gone.acts


def test_an_example_that_a_gate_does_not_confirm_is_a_fault_of_the_analysis():
    pair = shifting._Pair.of(law(), law(rule("OV-9", FRAUD)), DAY)
    assert [one.what for one in pair.shifts(Act.CLEAR)] == [What.ALLOWED]
    wrong = replace(pair, new=replace(pair.new, gate=CedarGate(law())))
    assert [one.what for one in wrong.shifts(Act.CLEAR)] == [What.FAULT]


def test_what_it_works_at_is_told():
    told: list[tuple[str, int, int]] = []
    difference(law(), law(), DAY, lambda what, done, of: told.append((what, done, of)))
    assert told[0] == ("act clear", 0, 9)
    assert told[-1] == ("done", 9, 9)
