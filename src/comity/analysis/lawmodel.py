"""One edition on one day as formulas over one question: which rules hold, and what the answer is, in two stages.

The rule it keeps: the same two stages as the gate, `policy.cedar`; a search's answer is believed only when the gate gives
the same for the example found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import z3

from comity.analysis.record import Record, Seen
from comity.analysis.translate import Formula, Guards, one_of, parts_of
from comity.base.ids import Ms
from comity.policy.edition import Edition
from comity.policy.question import Act
from comity.policy.rule import OBLIGE, Rule, Verb
from comity.policy.verdict import Effect, Verdict

Answer = tuple[Effect, frozenset[str], frozenset[tuple[str, str, str]]]
"""Effect, ids of the reasons, and (verb, value, rule) of each obligation."""


@dataclass(frozen=True, slots=True)
class LawModel:
    """The rules in force on a day, each with the formula of when it holds.

    Attributes:
        edition: whose rules.
        rules: those in force, by id.
        parts: for each of them (text, formula) of each thing that must be true for it to hold.
        held: when each of them holds.
        permit: some rule permits.
        refuse: some rule refuses.
        refer: some rule refers.
    """

    edition: Edition
    rules: Mapping[str, Rule]
    parts: Mapping[str, tuple[tuple[str, Formula], ...]]
    held: Mapping[str, Formula]
    permit: Formula
    refuse: Formula
    refer: Formula

    @property
    def allowed(self) -> Formula:
        """That the law does not forbid it: a rule permits and none forbids."""
        return z3.And(self.permit, z3.Not(self.refuse), z3.Not(self.refer))

    @property
    def refused(self) -> Formula:
        """That the answer is a refusal, by a rule or because none permits."""
        return z3.Or(self.refuse, z3.And(z3.Not(self.refer), z3.Not(self.permit)))

    @property
    def referred(self) -> Formula:
        """That somebody named decides."""
        return z3.And(self.refer, z3.Not(self.refuse))

    def of(self, effect: Effect) -> tuple[str, ...]:
        """Return the ids of the rules with this effect, sorted; rules that oblige have `PERMIT_WITH`."""
        return tuple(sorted(rule.id for rule in self.rules.values() if rule.effect is effect))

    @property
    def forbids(self) -> tuple[str, ...]:
        """Ids of the rules that refuse or refer, sorted."""
        return tuple(sorted((*self.of(Effect.REFUSE), *self.of(Effect.REFER))))

    def answer(self, held: frozenset[str]) -> Answer:
        """Return what the gate must answer where exactly these rules hold."""
        forbids = held & {*self.forbids}
        if forbids:
            return min((self.rules[one].effect for one in forbids), key=_RANK.index), forbids, frozenset()
        duties = held & {*self.of(Effect.PERMIT_WITH)}
        if held & {*self.of(Effect.PERMIT)}:
            effect = Effect.PERMIT_WITH if duties else Effect.PERMIT
            return effect, held, frozenset(_duty(self.rules[one]) for one in duties)
        return Effect.REFUSE, frozenset({f"{self.edition.prefix}-DEFAULT"}), frozenset()


_RANK = (Effect.REFUSE, Effect.REFER)


def model_of(edition: Edition, now: Ms, record: Record) -> LawModel:
    """Return the rules in force at `now` as formulas over the variables of a question.

    Raises:
        BadConfiguration: a rule uses something that the analysis does not know.
    """
    rules = {rule.id: rule for rule in edition.in_force(now)}
    whole = Seen(record, edition.groups, record.sets["categories"])
    parts = {rule.id: parts_of(rule, whole, OBLIGE) for rule in rules.values() if rule.obligation}
    left = Seen(record, edition.groups, _remainder(record, rules, _whole(parts)))
    parts |= {rule.id: parts_of(rule, left, None) for rule in rules.values() if not rule.obligation}
    held = _whole(parts)
    return LawModel(
        edition=edition,
        rules=rules,
        parts=parts,
        held=held,
        permit=_some(rules, held, Effect.PERMIT),
        refuse=_some(rules, held, Effect.REFUSE),
        refer=_some(rules, held, Effect.REFER),
    )


def given(verdict: Verdict) -> Answer:
    """Return a gate's answer in the form in which a model foretells it."""
    return (
        verdict.effect,
        frozenset(reason.rule for reason in verdict.reasons),
        frozenset((duty.verb, duty.value, duty.rule) for duty in verdict.obligations),
    )


def _remainder(record: Record, rules: Mapping[str, Rule], duties: Mapping[str, Formula]) -> Guards:
    """Return the data categories that are left: what is sent goes without those that a rule removes."""
    removing: dict[str, list[Formula]] = {}
    for rule_id, held in duties.items():
        verb, value = rules[rule_id].obligation or ("", "")
        if verb == Verb.REDACT:
            removing.setdefault(value, []).append(held)
    sent = record.texts["act"][Act.CLEAR]
    return {
        word: z3.And(guard, z3.Not(z3.And(sent, one_of(removing[word])))) if word in removing else guard
        for word, guard in record.sets["categories"].items()
    }


def _whole(parts: Mapping[str, tuple[tuple[str, Formula], ...]]) -> dict[str, Formula]:
    return {rule: z3.And([formula for _, formula in found]) for rule, found in parts.items()}


def _some(rules: Mapping[str, Rule], held: Mapping[str, Formula], effect: Effect) -> Formula:
    return one_of([held[rule.id] for rule in rules.values() if rule.effect is effect])


def _duty(rule: Rule) -> tuple[str, str, str]:
    verb, value = rule.obligation or ("", "")
    return str(verb), value, rule.id
