"""The gate's two stages: an error never sends, all reasons are told, and the outward word is lawful for all of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields

import pytest

from comity.base.ids import Ms
from comity.marking.vocabulary import GROUNDS
from comity.policy.attributes import Attribute, attributes_of
from comity.policy.cedar import ERROR, CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Act, Decision, Question, Risk
from comity.policy.rule import day_begins
from comity.policy.verdict import Effect, Verdict
from tests.unit.policy.policy_laws import BASE, DAY, ask, assessed, edition, gate, ids
from tests.unit.policy.test_policy_edition import FORBID, MANIFEST, OBLIGE, PERMIT

GROUPS = edition("ca").groups
FULL = attributes_of(ask(assessments=[assessed("disclose")], categories={"person"}, kind="answer"), GROUPS)


def is_error(verdict: Verdict) -> bool:
    """A refusal that says nothing but that the law could not be asked."""
    return (
        (verdict.effect, verdict.ground, verdict.outward) == (Effect.REFUSE, ERROR, "cannot-assist")
        and verdict.obligations == verdict.missing == ()
        and verdict.reasons[0].rule.endswith("-ERROR")
    )


def tiny(*rules: str, manifest: str = MANIFEST) -> CedarGate:
    return CedarGate(Edition.load({"edition.toml": manifest.encode(), "law.cedar": "".join(rules).encode()}))


def test_record_has_every_field_of_the_question() -> None:
    derived = {"personal", "asks_personal", "gives"}
    assert set(FULL) == {field.name for field in fields(Question)} | derived


@pytest.mark.parametrize("name", ["ca", "in"])
@pytest.mark.parametrize("attribute", sorted(FULL))
def test_a_record_without_one_attribute_is_refused(name: str, attribute: str) -> None:
    assert gate(name).decide_attributes(FULL, DAY).permits
    record = {key: value for key, value in FULL.items() if key != attribute}
    assert is_error(gate(name).decide_attributes(record, DAY))


@pytest.mark.parametrize("attribute", sorted(FULL))
def test_a_record_with_a_wrong_type_is_refused(attribute: str) -> None:
    for wrong in (7, {"x": {"y": "z"}}, [3], None):
        record: dict[str, Attribute] = {**FULL, attribute: wrong}
        assert is_error(gate("ca").decide_attributes(record, DAY)), (attribute, wrong)


def test_a_record_with_more_than_the_schema_is_refused() -> None:
    assert is_error(gate("ca").decide_attributes({**FULL, "relationship_value": "high"}, DAY))
    assert is_error(gate("ca").decide_attributes({**FULL, "act": "send"}, DAY))
    assert not gate("ca").decide_attributes({**FULL, "act": "oblige"}, DAY).permits
    assert is_error(gate("ca").decide_attributes({}, DAY))
    assert is_error(gate("ca").decide_attributes({**FULL, "agency": object()}, DAY))  # type: ignore[dict-item]


def test_a_prohibition_that_fails_to_evaluate_refuses() -> None:
    """Cedar passes over such a forbid and would allow; this is the fault that the gate exists to catch."""
    overflow = FORBID.replace("context.personal", "context.now + 9223372036854775807 > 3").replace(
        "@effect", '@uncached("") @effect'
    )
    question = ask(purpose="fraud")
    assert tiny(PERMIT, FORBID).decide(question, DAY).permits
    assert is_error(tiny(PERMIT, overflow).decide(question, DAY))
    duty = OBLIGE.replace("context.personal", "context.now + 9223372036854775807 > 3").replace(
        "@oblige", "@uncached @oblige"
    )
    assert is_error(tiny(PERMIT, duty).decide(question, DAY))


@pytest.mark.parametrize("name", ["ca", "in", "ostrel-vanmere"])
def test_what_no_rule_permits_is_refused_with_a_reason(name: str) -> None:
    verdict = gate(name).decide(ask(purpose="no-such-purpose"), DAY)
    assert (verdict.effect, verdict.ground) == (Effect.REFUSE, "no-legal-basis")
    assert verdict.reasons[0].rule == f"{edition(name).prefix}-DEFAULT"
    assert verdict.reasons[0].sentence == "No rule permits this."
    assert verdict.outward == ("cannot-assist" if name == "ostrel-vanmere" else "no-legal-basis")
    assert verdict.edition == edition(name).hash


def test_before_the_first_rule_and_after_the_last_nothing_is_permitted() -> None:
    assert ids(gate("ca").decide(BASE, day_begins("1999-01-01"))) == {"CA-DEFAULT"}
    ended = tiny(PERMIT.replace('"open"', '"2026-06-30"'))
    assert ended.decide(ask(purpose="fraud"), day_begins("2026-06-30")).permits
    assert ids(ended.decide(ask(purpose="fraud"), day_begins("2026-07-01"))) == {"TT-DEFAULT"}


def test_each_interval_has_its_own_law() -> None:
    law = gate("in")
    before, after = day_begins("2027-05-12"), day_begins("2027-05-13")
    assert law.interval(after) == law.interval(before) + 1
    question = ask(categories={"person"})
    assert law.decide(question, before).effect is Effect.PERMIT
    assert [duty.value for duty in law.decide(question, after).obligations] == ["safeguards-recorded"]
    assert any(after in {start, end} for start, end in law.intervals)


def test_removal_comes_before_authority() -> None:
    law = tiny(PERMIT, FORBID.replace("context.personal", 'context.categories.contains("victim")'), OBLIGE)
    assert law.decide(ask(purpose="fraud", categories={"victim"}), DAY).effect is Effect.REFER
    both = law.decide(ask(purpose="fraud", categories={"victim", "person"}), DAY)
    assert both.effect is Effect.PERMIT_WITH
    assert ids(both) == {"TT-1", "TT-3"}


def test_what_is_left_after_removal_still_stops_it() -> None:
    law = tiny(PERMIT, FORBID, OBLIGE)
    verdict = law.decide(ask(purpose="fraud", categories={"victim", "person"}), DAY)
    assert verdict.effect is Effect.REFER
    assert verdict.obligations == ()


def test_a_receiver_removes_nothing_before_it_admits() -> None:
    hard = FORBID.replace("context.personal", 'context.categories.contains("victim")').replace(
        'Action::"clear"', 'Action::"admit"'
    )
    law = tiny(PERMIT.replace('Action::"clear"', 'Action::"admit"'), hard, OBLIGE)
    question = ask(act=Act.ADMIT, purpose="fraud", categories={"victim", "person"})
    assert law.decide(question, DAY).effect is Effect.REFER


def test_all_prohibitions_are_told_and_the_most_restrictive_wins() -> None:
    question = ask(
        kind="answer", asks={"location", "protection-claim"}, records={"refugee-record"}, known_for={"opinion"},
        asserts=True,
    )  # fmt: skip
    verdict = gate("ca").decide(question, DAY)
    assert verdict.effect is Effect.REFUSE
    assert {"XX-RULE-11", "XX-RULE-10", "XX-RULE-7/known-for", "XX-LABEL/evaluation"} <= ids(verdict)
    effects = [reason.effect for reason in verdict.reasons]
    assert effects == sorted(effects, key=[Effect.REFUSE, Effect.REFER].index)
    assert verdict.ground == "unclear, protection-claim"
    assert verdict.outward == "cannot-assist"
    assert verdict.missing == (), "rule 11 cannot be cured"


def test_what_is_missing_is_all_that_is_missing() -> None:
    question = ask(kind="rfi", categories={"person"}, asks={"person"}, own_power=False, conduct="theft")
    verdict = gate("ca").decide(question, DAY)
    assert verdict.effect is Effect.REFER
    assert verdict.missing == ("approval:legal-officer", "assessment:disclose", "assessment:request")
    assert verdict.refer_to == "assessor"
    cured = ask(
        kind="rfi", categories={"person"}, asks={"person"}, own_power=False, conduct="theft",
        approvals={"legal-officer"}, assessments=(assessed("disclose"), assessed("request")),
    )  # fmt: skip
    assert gate("ca").decide(cured, DAY).permits


def test_every_word_that_crosses_is_lawful_for_its_ground() -> None:
    for name in ("ca", "in", "ostrel-vanmere"):
        for ground, word in edition(name).outward:
            assert word in GROUNDS[ground]


def test_a_rule_may_say_less_than_its_ground_allows() -> None:
    quiet = FORBID.replace('@ground("location")', '@ground("no-legal-basis") @outward("cannot-assist")')
    assert tiny(PERMIT, quiet).decide(ask(purpose="fraud", categories={"person"}), DAY).outward == "cannot-assist"
    plain = FORBID.replace('@ground("location")', '@ground("no-legal-basis")')
    assert tiny(PERMIT, plain).decide(ask(purpose="fraud", categories={"person"}), DAY).outward == "no-legal-basis"


def test_the_most_worrying_of_two_assessments_counts() -> None:
    good, bad = assessed("disclose"), assessed("disclose", decision=Decision.NO)
    for pair in ((good, bad), (bad, good)):
        verdict = gate("ca").decide(ask(categories={"person"}, assessments=pair), DAY)
        assert (verdict.effect, verdict.ground) == (Effect.REFUSE, "mistreatment-risk")
    worse = assessed("disclose", risk_after=Risk.SUBSTANTIAL)
    assert gate("ca").decide(ask(categories={"person"}, assessments=(good, worse)), DAY).effect is Effect.REFUSE


def test_a_question_is_steady_unless_an_uncached_rule_bears_on_it() -> None:
    head = 'action == Action::"clear", resource == Dispatch::"rfi"'
    timed = FORBID.replace("context.personal", "context.now > 0").replace("@effect", "@uncached @effect")
    timed = timed.replace('action == Action::"clear", resource', head)
    law = tiny(PERMIT, timed)
    assert not law.steady(ask(kind="rfi"), DAY)
    assert law.steady(ask(kind="answer"), DAY)
    assert law.steady(ask(kind="rfi", act=Act.ADMIT), DAY)
    everywhere = tiny(PERMIT, OBLIGE.replace("@oblige", "@uncached @oblige"))
    assert not everywhere.steady(ask(act=Act.USE), DAY)
    assert everywhere.steady(ask(act=Act.USE), Ms(0)), "not yet in force"
    is_head = tiny(PERMIT, timed.replace('resource == Dispatch::"rfi"', "resource is Dispatch"))
    assert not is_head.steady(ask(kind="answer"), DAY)


def test_the_gate_names_its_edition() -> None:
    assert gate("ca").edition is edition("ca")


def test_each_answer_bears_the_hash_of_the_rules_in_force() -> None:
    later = PERMIT.replace("TT-1", "TT-1/later").replace('"2026-01-01"', '"2026-07-13"')
    law = tiny(PERMIT, FORBID, later)
    before = Ms(DAY - 1)
    first, second = (law.decide(ask(purpose="fraud"), now).interval for now in (before, DAY))
    assert first == law.decide(ask(purpose="zz"), before).interval == law.interval_hash(before)
    assert first == law.decide(ask(purpose="fraud", categories={"person"}), before).interval
    assert first == law.decide_attributes({}, before).interval, "an error too"
    assert second == law.interval_hash(DAY) != first
    # The canonical JSON of the rules in force, spelt out.
    told = [
        {
            "effect": rule.effect.value, "ground": rule.ground, "id": rule.id, "missing": list(rule.missing),
            "obligation": None, "outward": rule.outward, "policy": json.loads(rule.policy), "refer_to": rule.refer_to,
        }
        for rule in law.edition.rules[::-1]
        if rule.id != "TT-1/later"
    ]  # fmt: skip
    text = json.dumps(
        sorted(told, key=lambda rule: rule["id"]), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert first == hashlib.sha256(text.encode()).digest()
    reworded = tiny(PERMIT.replace("It may.", "It might."), FORBID)
    assert reworded.interval_hash(before) == first, "a sentence decides nothing"
    other = tiny(PERMIT, FORBID.replace('"approval:somebody"', '"approval:another"'))
    assert other.interval_hash(before) != first
