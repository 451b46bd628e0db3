"""The gate and a second reading of the law answer alike; a rule changed under its hand is found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice

import pytest

from comity.base.ids import Ms
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition, assemble
from tests.differential.oracle import ROWS, Disagreement, compare, gate_of, oracle_of, supposing
from tests.differential.oracle_verdict import answer_of
from tests.differential.questions import generated
from tests.differential.run import PART, SEED, part, questions, rarely
from tests.unit.policy.policy_laws import edition, folders

LAWS = sorted(ROWS)


@pytest.mark.parametrize("law", LAWS)
def test_both_readings_give_the_same_answers(law: str) -> None:
    result = part(law, SEED)
    print(f"{law}: {result.asked:,} questions, seed {result.seed}")
    assert result.asked == PART
    assert not result.found, "\n\n".join([f"seed {result.seed}", *map(str, result.found)])


@pytest.mark.parametrize("law", LAWS)
def test_every_rule_is_read_twice(law: str) -> None:
    written = [row.id for row in ROWS[law]]
    assert sorted(written) == [rule.id for rule in edition(law).rules], "a rule without a predicate, or the other way"
    assert any(rule.private for rule in edition(law).rules) == (law != "ostrel-vanmere")


@pytest.mark.parametrize("law", LAWS)
def test_no_rule_is_never_met(law: str) -> None:
    oracle, asked = oracle_of(law), 20_000
    for question, now in islice(generated(law, ROWS[law], SEED), asked):
        oracle.decide(question, now)
    assert rarely(law, Counter(oracle.seen), asked) == []


@pytest.mark.parametrize("law", LAWS)
def test_every_answer_and_every_act_is_met(law: str) -> None:
    oracle = oracle_of(law)
    met = Counter(
        (question.act.value, oracle.decide(question, now).effect) for question, now in questions(law, SEED, PART)
    )
    acts = {act for act, _ in met}
    assert len(acts) == 9
    assert {effect for _, effect in met} == {"permit", "permit-with", "refer", "refuse"}
    permitted = {act for act, effect in met if effect.startswith("permit")}
    never = {"in": {"evidence"}, "ostrel-vanmere": {"repurpose", "evidence", "access"}}
    assert permitted == acts - never.get(law, set())


def test_a_seed_gives_the_same_questions_again() -> None:
    first, again = (list(islice(generated("ca", ROWS["ca"], 7), 200)) for _ in range(2))
    other = list(islice(generated("ca", ROWS["ca"], 8), 200))
    assert first == again
    assert first != other


# --- planted faults -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One change of a law: in a file of an edition `old`, behind the head of the rule, becomes `new`."""

    law: str
    file: str
    rule: str
    old: str
    new: str


FAULTS = {
    "and becomes or in the mistreatment rule": Fault(
        "in", "common/overriding.cedar", "XX-RULE-5/risk",
        'context.assessments.use.made && context.assessments.use.risk_after == "substantial"',
        'context.assessments.use.made || context.assessments.use.risk_after == "substantial"',
    ),
    "a clause dropped: an order opens it": Fault(
        "in", "common/overriding.cedar", "XX-RULE-4", '\nunless { context.basis.contains("order-reference") }', ""
    ),
    "a kind dropped from a list": Fault("in", "common/overriding.cedar", "XX-RULE-7/conduct", '"answer", ', ""),
    "a word dropped from a long list": Fault("in", "requests.cedar", "IN-MLA-INF", '"fraud", ', ""),
    "an exception added for an emergency": Fault(
        "in", "common/overriding.cedar", "XX-RULE-5/head",
        "unless { context.approvals", "unless { context.break_glass || context.approvals"
    ),
    "an exception dropped": Fault(
        "in", "requests.cedar", "IN-OSA-5/held", 'unless { context.break_glass && context.urgency == "immediate" }', ""
    ),
    "not becomes its opposite": Fault(
        "ca", "justice.cedar", "CA-MLA-CA/lead", '!context.conditions.contains("lead-only")',
        'context.conditions.contains("lead-only")',
    ),
    "all becomes any": Fault(
        "ca", "security.cedar", "CA-SCISA-5/recipient", ".containsAll(context.to_agencies)", ".containsAny(context.to_agencies)"
    ),
    "a rule begins a day late": Fault(
        "ca", "borders.cedar", "CA-DCIA-5.5", '@from("2026-03-26")', '@from("2026-03-27")'
    ),
    "a rule ends a day late": Fault("ca", "precursors.cedar", "CA-CDSA-60", '@to("2027-06-04")', '@to("2027-06-05")'),
    "a rule begins a day early": Fault("in", "requests.cedar", "IN-DPDP-16", '@from("2027-05-13")', '@from("2027-05-12")'),
    "a removal takes another category": Fault(
        "in", "identity.cedar", "IN-JJ-74", '@oblige("redact:minor")', '@oblige("redact:victim")'
    ),
    "a refusal becomes a referral": Fault(
        "ca", "privacy.cedar", "CA-PA-8/missing",
        '@effect("refuse") @ground("safety-of-person")',
        '@effect("refer") @refer_to("legal-officer") @ground("safety-of-person")',
    ),
    "another ground": Fault("in", "trade.cedar", "IN-CU-151B", '@ground("no-legal-basis")', '@ground("national-security")'),
    "a cure where there is none": Fault(
        "in", "requests.cedar", "IN-MLA-CA", '@refer_to("central-authority")',
        '@refer_to("central-authority") @missing("approval:central-authority")',
    ),
    "another authority": Fault(
        "in", "cyber.cedar", "IN-IT-70B/police", '@refer_to("i4c")', '@refer_to("central-authority")'
    ),
    "a private rule says more outward": Fault(
        "ca", "private/supplement.cedar", "CA-PRV-2", '@outward("not-held-or-not-confirmed")', ""
    ),
    "a permit for one purpose more": Fault(
        "ca", "cyber.cedar", "CA-CSE-46", 'context.purpose == "cyber-incident"',
        '["cyber-incident", "extortion-threat-to-life"].contains(context.purpose)',
    ),
    "a permit for one act more": Fault("in", "cyber.cedar", "IN-IT-70B", 'Action::"use"', 'Action::"use", Action::"onward"'),
    "a pattern that wants the word first": Fault(
        "in", "common/overriding.cedar", "XX-RULE-7/second-ground", '"*protest*"', '"protest*"'
    ),
}  # fmt: skip


def planted(fault: Fault) -> CedarGate:
    files = dict(assemble(folders(), fault.law))
    text = files[fault.file].decode()
    start = text.index(f'@id("{fault.rule}")')
    before, rule, after = text[:start], *_until_the_next(text[start:])
    assert rule.count(fault.old) >= 1, "the rule was written anew; write the fault anew"
    files[fault.file] = (before + rule.replace(fault.old, fault.new, 1) + after).encode()
    return CedarGate(supposing(Edition.load(files)))


def _until_the_next(text: str) -> tuple[str, str]:
    end = text.find("\n@id(", 1)
    return (text, "") if end < 0 else (text[:end], text[end:])


def first(fault: Fault) -> tuple[int, Disagreement] | None:
    for number, outcome in enumerate(
        compare(fault.law, planted(fault), oracle_of(fault.law), iter(questions(fault.law, SEED, PART)))
    ):
        if outcome is not None:
            return number, outcome
    return None


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str) -> None:
    fault = FAULTS[name]
    found = first(fault)
    assert found is not None, f"not found in {PART:,} questions"
    number, where = found
    print(f"{name}: question {number}")
    honest = answer_of(gate_of(fault.law).decide(where.question, Ms(where.now)))
    assert where.gate != where.oracle == honest, "it is the law in the tree that differs here, not the fault"


def test_a_disagreement_is_told_with_what_matters_only() -> None:
    found = first(FAULTS["a word dropped from a long list"])
    assert found is not None
    told = str(found[1])
    assert "purpose = 'fraud'" in told
    assert "oracle only ['IN-MLA-INF'], gate only" in told
    lines = [line.split()[0] for line in told.splitlines() if line.startswith("    ")]
    assert len(lines) <= 4, told  # of 41
