"""The question as the policy engine sees it: a typed record of attributes under one schema.

The rule it keeps: what a rule may read stands in the schema, and a record that does not fit it is never judged. The
names are those of `Question`; four attributes are worked out from it and one, `now`, comes with the asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cedarpy import Schema

from comity.base.ids import Ms
from comity.policy.question import Assessed, AssessedAct, Decision, Question, Risk

Attribute: TypeAlias = "str | int | bool | list[str] | dict[str, dict[str, str | bool]]"
"""One attribute of the record: what JSON can carry and the schema allows."""
Attributes: TypeAlias = Mapping[str, Attribute]

SCHEMA_TEXT = """
type Outcome = {
  made: Bool, tainted: Bool, short_form: Bool, risk_before: String, mitigated: Bool, risk_after: String, decision: String, decider_outside: Bool
};
type Asked = {
  act: String, desk: String, kind: String, stage: String, purpose: String, urgency: String,
  agency: String, peer_agencies: Set<String>,
  handling: Set<String>, conditions: Set<String>, tlp: String, pap: String,
  asserts: Bool, evaluated: Bool,
  categories: Set<String>, asks: Set<String>, records: Set<String>,
  basis: Set<String>, conduct: String, own_power: Bool, known_for: Set<String>,
  assessments: { disclose: Outcome, request: Outcome, use: Outcome },
  approvals: Set<String>, minimum_facts: Bool, third_state: Bool, answers: String, budget_spent: Bool,
  to_agencies: Set<String>, named: Bool, outside: String, new_purpose: String, serves: String, released: Set<String>,
  recalled: Bool, past_due: Bool, classified: Bool, listed_by: Set<String>, break_glass: Bool,
  personal: Bool, asks_personal: Bool, gives: Bool, now: Long
};
entity Agency;
entity Dispatch;
action "clear", "admit", "use", "onward", "repurpose", "evidence", "export", "court", "access", "oblige" appliesTo { principal: [Agency], resource: [Dispatch], context: Asked };
"""
"""Cedar schema of both stages. The principal is our agency, the resource the kind of the dispatch."""
SCHEMA = Schema.from_str(SCHEMA_TEXT)

_DECISIONS = (Decision.GO, Decision.GO_WITH_CONDITIONS, Decision.UNDECIDED, Decision.DISPUTED, Decision.NO)
_RISKS = (Risk.NONE, Risk.LOW, Risk.MEDIUM, Risk.SUBSTANTIAL)


@dataclass(frozen=True, slots=True)
class Groups:
    """Words that one law counts as something.

    Attributes:
        personal: data categories that are about a person.
        personal_records: record types that are about persons.
        giving: kinds that hand over what they draw on, such as `answer`; a holding answer does not.
        bases: legal bases and arrangements that it knows; what else a dispatch names counts for nothing.
    """

    personal: frozenset[str]
    personal_records: frozenset[str]
    giving: frozenset[str]
    bases: frozenset[str]


def attributes_of(question: Question, groups: Groups) -> dict[str, Attribute]:
    """Return the record of a question: one attribute for each of its fields, and those worked out from them.

    A condition stands in it by its name: what is in its brackets was resolved before (`named`, `past_due`).
    """
    record: dict[str, Attribute] = {
        "act": question.act.value,
        "desk": question.desk,
        "kind": question.kind,
        "stage": question.stage,
        "purpose": question.purpose,
        "urgency": question.urgency.name.lower(),
        "agency": question.agency,
        "peer_agencies": sorted(question.peer_agencies),
        "handling": sorted(question.handling),
        "conditions": sorted({condition.partition("(")[0] for condition in question.conditions}),
        "tlp": question.tlp,
        "pap": question.pap,
        "asserts": question.asserts,
        "evaluated": question.evaluated,
        "categories": sorted(question.categories),
        "asks": sorted(question.asks),
        "records": sorted(question.records),
        "basis": sorted(question.basis & groups.bases),
        "conduct": question.conduct,
        "own_power": question.own_power,
        "known_for": sorted(question.known_for),
        "assessments": _outcomes(question.assessments),
        "approvals": sorted(question.approvals),
        "minimum_facts": question.minimum_facts,
        "third_state": question.third_state,
        "answers": question.answers,
        "budget_spent": question.budget_spent,
        "to_agencies": sorted(question.to_agencies),
        "named": question.named,
        "outside": question.outside,
        "new_purpose": question.new_purpose,
        "serves": question.serves,
        "released": sorted(question.released),
        "recalled": question.recalled,
        "past_due": question.past_due,
        "classified": question.classified,
        "listed_by": sorted(question.listed_by),
        "break_glass": question.break_glass,
        "personal": bool(question.categories & groups.personal),
        "asks_personal": bool(question.asks & groups.personal or question.records & groups.personal_records),
        "gives": question.kind in groups.giving and question.stage != "holding",
    }
    return record


def at(record: Attributes, now: Ms) -> dict[str, Attribute]:
    """Return the record with the instant at which it is judged, the last attribute that the schema asks for."""
    return {**record, "now": int(now)}


def without(record: Attributes, removed: frozenset[str], groups: Groups) -> dict[str, Attribute]:
    """Return the record of what remains when the data categories `removed` are taken out of the content.

    The record must fit the schema already.
    """
    categories = record["categories"]
    assert isinstance(categories, list)  # it fits the schema
    left = [category for category in categories if category not in removed]
    return {**record, "categories": left, "personal": not groups.personal.isdisjoint(left)}


def _outcomes(assessments: tuple[Assessed, ...]) -> dict[str, dict[str, str | bool]]:
    """Return one outcome an act, also where none was made; of several the most worrying one counts."""
    worst: dict[str, Assessed] = {}
    for assessed in sorted(assessments, key=_worry):
        worst[assessed.act.value] = assessed
    return {act.value: _outcome(worst.get(act.value)) for act in AssessedAct}


def _worry(assessed: Assessed) -> tuple[bool, int, int, bool, bool, bool, int]:
    return (
        assessed.tainted,
        _DECISIONS.index(assessed.decision),
        _RISKS.index(assessed.risk_after),
        assessed.short_form,
        not assessed.decider_outside,
        not assessed.mitigated,
        _RISKS.index(assessed.risk_before),
    )


_NOT_MADE: dict[str, str | bool] = {
    "made": False, "tainted": False, "short_form": False, "risk_before": "", "mitigated": False, "risk_after": "",
    "decision": "", "decider_outside": False,
}  # fmt: skip


def _outcome(assessed: Assessed | None) -> dict[str, str | bool]:
    if assessed is None:
        return _NOT_MADE
    return {
        "made": True,
        "tainted": assessed.tainted,
        "short_form": assessed.short_form,
        "risk_before": assessed.risk_before.value,
        "mitigated": assessed.mitigated,
        "risk_after": assessed.risk_after.value,
        "decision": assessed.decision.value,
        "decider_outside": assessed.decider_outside,
    }
