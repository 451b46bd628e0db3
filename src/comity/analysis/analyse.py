"""What the rules of one edition can never do, do for nothing, or do against each other.

The rule it keeps: every example is put to the real gate. Where the gate answers otherwise than foretold, that is what is
reported, as a fault of the analysis.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import z3

from comity.analysis.conflicts import contradiction
from comity.analysis.finding import Example, Finding, Kind
from comity.analysis.lawmodel import LawModel, given, model_of
from comity.analysis.record import Record
from comity.analysis.search import Found, Search
from comity.analysis.translate import Formula
from comity.analysis.words import CLOSED_SETS, CLOSED_TEXTS, mentioned, words_of
from comity.base.ids import Ms
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.rule import Rule, Verb
from comity.policy.verdict import Effect

Told = Callable[[str, int, int], None]
"""Hears how far the work is: what is looked at, how many steps are done, of how many."""
_LAW = "law"


def silent(_what: str, _done: int, _all: int) -> None:
    """Hear nothing."""


def analyse(edition: Edition, now: Ms, told: Told = silent) -> tuple[Finding, ...]:
    """Return what is wrong with the rules that are in force at `now`, and which are past their day.

    Args:
        edition: a checked edition.
        now: the instant; what is found holds for the whole interval of law in force around it.
        told: hears how far the work is.

    Returns:
        Findings sorted by kind and rule; the same for the same edition and interval.

    Raises:
        BadConfiguration: a rule uses something that the analysis does not know.
    """
    case = _Case.of(edition, now)
    steps: tuple[tuple[str, Callable[[_Case], Iterator[Finding]]], ...] = (
        ("dead rules", _dead),
        ("permits", _permits),
        ("prohibitions", _forbids),
        ("obligations", _contradictions),
        ("removals", _redacted),
        ("days and words", _stale),
        ("overriding rules", _lifted),
    )
    found: list[Finding] = []
    for done, (what, step) in enumerate(steps):
        told(what, done, len(steps))
        found += step(case)
    told("done", len(steps), len(steps))
    return tuple(sorted(found, key=lambda one: (one.kind, one.rule, one.others)))


def interval_of(editions: Sequence[Edition], now: Ms) -> tuple[Ms, Ms]:
    """Return the first instant, and the first one after, of the stretch around `now` in which no rule comes or goes."""
    borders = sorted({edge for law in editions for rule in law.rules for edge in (rule.begins, rule.ends) if edge})
    place = bisect_right(borders, now)
    first = borders[place - 1] if place else Ms(0)
    return first, borders[place] if place < len(borders) else Ms(max(now, first) + _FAR)


_FAR = 100 * 365 * 24 * 60 * 60 * 1000
"""The last interval has no end; a hundred years are enough for what a rule compares."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One edition under analysis: its formulas, the search over them, and the gate that has the last word."""

    edition: Edition
    now: Ms
    record: Record
    law: LawModel
    search: Search
    held: Mapping[str, Formula]
    gate: CedarGate
    dead: frozenset[str]
    refuse: Formula
    refer: Formula
    permit: Formula

    @classmethod
    def of(cls, edition: Edition, now: Ms) -> _Case:
        first, after = interval_of([edition], now)
        record = Record.over(words_of(edition.in_force(now), [edition.groups], max(first, Ms(0)), after))
        law = model_of(edition, now, record)
        search = Search(record)
        held = search.watch(_LAW, law.held)
        return cls(
            edition=edition,
            now=now,
            record=record,
            law=law,
            search=search,
            held=held,
            gate=CedarGate(edition),
            dead=frozenset(rule for rule, literal in held.items() if not search.can(literal)),
            refuse=search.named(law.refuse),
            refer=search.named(law.refer),
            permit=search.named(law.permit),
        )

    def never(self, rules: Sequence[str]) -> list[Formula]:
        return [self.search.no(self.held[rule]) for rule in rules]

    def names(self, literals: Sequence[Formula]) -> tuple[str, ...]:
        ids = {literal.get_id() for literal in literals}
        return tuple(rule for rule in sorted(self.held) if self.search.no(self.held[rule]).get_id() in ids)

    def shown(self, finding: Finding, *wishes: Formula) -> Finding:
        """Return a finding with an example, or the fault that the gate does not answer as foretold."""
        found = self.search.nearest(*wishes)
        if found is None:
            return replace(finding, kind=Kind.FAULT, what=f"no example was found for: {finding.what}")
        shown = replace(finding, example=Example.of(found.question, found.now))
        return self.checked(shown, found)

    def checked(self, finding: Finding, *found: Found) -> Finding:
        for one in found:
            foretold = self.law.answer(one.held[_LAW])
            if foretold != given(self.gate.decide(one.question, one.now)) or not self._holds_alone(finding.rule, one):
                return replace(finding, kind=Kind.FAULT, what=f"the gate does not confirm: {finding.what}")
        return finding

    def _holds_alone(self, rule_id: str, found: Found) -> bool:
        """Ask a gate that has this rule and the obligations only whether the rule holds, as was foretold."""
        rule = self.law.rules[rule_id]
        duties = [one for one in self.edition.rules if one.obligation is not None]
        kept = duties if rule.obligation else [*duties, rule]
        if rule.obligation:  # an obligation is told only of what is permitted, so anything is permitted here
            kept = [*duties, replace(rule, id=_ANYTHING, effect=Effect.PERMIT, obligation=None, policy=_PERMIT_ALL)]
        verdict = CedarGate(replace(self.edition, rules=tuple(kept))).decide(found.question, found.now)
        return (rule_id in {reason.rule for reason in verdict.reasons}) == (rule_id in found.held[_LAW])


_ANYTHING = "XX-ANYTHING"
_PERMIT_ALL = json.dumps(
    {
        "effect": "permit",
        "principal": {"op": "All"},
        "action": {"op": "All"},
        "resource": {"op": "All"},
        "conditions": [],
    }
)


# --- rules that hold never, or for nothing -------------------------------------------------------------------------


def _dead(case: _Case) -> Iterator[Finding]:
    for rule in sorted(case.dead):
        told = f"no question makes it hold; together these are never true: {' and '.join(_never_together(case, rule))}"
        yield Finding(Kind.DEAD, rule, (), told)


def _never_together(case: _Case, rule_id: str) -> tuple[str, ...]:
    """Return the parts of a dead rule that cannot all be true."""
    named = [(text, case.search.named(formula)) for text, formula in case.law.parts[rule_id]]
    core = {literal.get_id() for literal in case.search.why_not([], [literal for _, literal in named])}
    return tuple(text for text, literal in named if literal.get_id() in core)


def _permits(case: _Case) -> Iterator[Finding]:
    permits = [rule for rule in case.law.of(Effect.PERMIT) if rule not in case.dead]
    no_forbid = case.never(case.law.forbids)
    for rule in permits:
        held, others = case.held[rule], case.never([other for other in permits if other != rule])
        if not case.search.can(held, *no_forbid):
            why = case.names(case.search.why_not([held], no_forbid))
            what = f"whatever it permits is forbidden by {_listed(why)}"
            yield case.shown(Finding(Kind.ALWAYS_BLOCKED, rule, why, what), held)
        elif not case.search.can(held, *no_forbid, *others):
            why = case.names(case.search.why_not([held, *no_forbid], others))
            what = f"whatever it lets go is let go by {_listed(why)} too"
            yield case.shown(Finding(Kind.SHADOWED_PERMIT, rule, why, what), held, *no_forbid)


def _forbids(case: _Case) -> Iterator[Finding]:
    """Find prohibitions without which every answer would be of the same kind: permit, refer or refuse."""
    refusals = [rule for rule in case.law.of(Effect.REFUSE) if rule not in case.dead]
    referrals = [rule for rule in case.law.of(Effect.REFER) if rule not in case.dead]
    softer = case.search.named(z3.Or(case.permit, case.law.refer))
    for rule in refusals:
        others = case.never([other for other in refusals if other != rule])
        yield from _idle(case, rule, others, [softer])
    for rule in referrals:
        others = case.never([other for other in (*refusals, *referrals) if other != rule])
        yield from _idle(case, rule, others, [])


def _idle(case: _Case, rule: str, others: list[Formula], softer: list[Formula]) -> Iterator[Finding]:
    held = case.held[rule]
    if case.search.can(held, *others, *softer):
        return
    needed = case.search.why_not([held], [*others, *softer])
    why = case.names(needed)
    what = (
        f"no answer would be of another kind without it: {_listed(why)} always forbids that too"
        if why
        else _NEVER_PERMITTED
    )
    yield case.shown(Finding(Kind.SHADOWED_FORBID, rule, why, what), held)


_NEVER_PERMITTED = "no answer would be of another kind without it: no rule permits what it forbids"


# --- obligations ----------------------------------------------------------------------------------------------------


def _contradictions(case: _Case) -> Iterator[Finding]:
    """Find obligations that cannot both be kept and that meet on something that may go."""
    duties = [case.law.rules[rule] for rule in case.law.of(Effect.PERMIT_WITH)]
    allowed = case.search.named(case.law.allowed)
    for one, two in combinations(duties, 2):
        why = one.obligation and two.obligation and contradiction(one.obligation, two.obligation)
        wishes = (case.held[one.id], case.held[two.id], allowed)
        if why and case.search.can(*wishes):
            yield case.shown(Finding(Kind.CONTRADICTION, one.id, (two.id,), f"both oblige at once: {why}"), *wishes)


def _redacted(case: _Case) -> Iterator[Finding]:
    """Find permits that need a category which is removed before they are asked, where nothing else permits then."""
    whole = model_of(_without_removals(case.edition), case.now, case.record)
    stopped = case.search.named(z3.Not(z3.Or(case.law.permit, case.law.refuse, case.law.refer)))
    for rule in case.law.of(Effect.PERMIT):
        before = case.search.named(whole.held[rule])
        wishes = (before, z3.Not(case.held[rule]), stopped)
        found = case.search.nearest(*wishes)
        if found is not None:
            removing = sorted(one for one in found.held[_LAW] if _removes(case.law.rules[one]))
            what = f"{_listed(removing)} removes what this permit needs, and then nothing permits"
            yield case.shown(Finding(Kind.REDACTED_AWAY, rule, tuple(removing), what), *wishes)


def _without_removals(edition: Edition) -> Edition:
    kept = tuple(rule for rule in edition.rules if not _removes(rule))
    return replace(edition, rules=kept)


def _removes(rule: Rule) -> bool:
    return rule.obligation is not None and rule.obligation[0] is Verb.REDACT


# --- days and words -------------------------------------------------------------------------------------------------


def _stale(case: _Case) -> Iterator[Finding]:
    """Find rules past their last day, and words that no question can hold."""
    for rule in case.edition.rules:
        if rule.ends is not None and rule.ends <= case.now:
            yield _past(case.edition, rule, rule.ends)
    for rule in case.law.rules.values():
        yield from _unknown(case.edition, rule)


def _past(edition: Edition, rule: Rule, ended: Ms) -> Finding:
    """Show a question for which the rule held on its last day."""
    finding = Finding(Kind.OUTDATED, rule.id, (), "its last day has passed; take it out or give it another")
    then = _Case.of(edition, Ms(ended - 1))
    return then.shown(finding, then.held[rule.id]) if rule.id not in then.dead else finding


def _unknown(edition: Edition, rule: Rule) -> Iterator[Finding]:
    for attribute, word in sorted(
        {(name, str(word)) for name, word in mentioned(json.loads(rule.policy)["conditions"])}
    ):
        if attribute == "basis" and word not in edition.known_bases:
            kind = Kind.ENDED_BASIS if rule.effect is Effect.PERMIT else Kind.UNKNOWN_WORD
            yield Finding(kind, rule.id, (word,), f"the edition lists no basis {word!r}")
        elif (closed := CLOSED_TEXTS.get(attribute) or CLOSED_SETS.get(attribute)) and word not in closed:
            yield Finding(Kind.UNKNOWN_WORD, rule.id, (word,), f"{attribute} can never be or hold {word!r}")


# --- rules that break-glass may never touch --------------------------------------------------------------------------


def _lifted(case: _Case) -> Iterator[Finding]:
    """Find overriding rules that hold without an emergency measure and not with it, all else being equal."""
    switches = [(name, case.record.flags[name]) for name in ("break_glass", "minimum_facts")]
    switches += [(f"{_APPROVAL}{role}", guard) for role, guard in case.record.sets["approvals"].items()]
    for rule in sorted(rule.id for rule in case.law.rules.values() if rule.overriding):
        for name, switch in switches:
            with_it = z3.substitute(case.law.held[rule], (switch, z3.BoolVal(True)))
            wishes = [case.held[rule], z3.Not(switch), z3.Not(case.search.named(with_it))]
            if name == "break_glass":
                wishes.append(case.record.texts["urgency"]["immediate"])
            if case.search.can(*wishes):
                yield _lift(case, rule, name, wishes)


_APPROVAL = "approval:"


def _lift(case: _Case, rule: str, switch: str, wishes: list[Formula]) -> Finding:
    finding = Finding(Kind.LIFTED, rule, (switch,), f"it holds without {switch} and no longer with it")
    shown = case.shown(finding, *wishes)
    if shown.kind is Kind.FAULT or shown.example is None:
        return shown
    question = shown.example.question
    match switch:
        case "break_glass":
            then = replace(question, break_glass=True)
        case "minimum_facts":
            then = replace(question, minimum_facts=True)
        case _:
            then = replace(question, approvals=question.approvals | {switch.removeprefix(_APPROVAL)})
    verdict = case.gate.decide(then, shown.example.now)
    if rule in {reason.rule for reason in verdict.reasons}:
        return replace(shown, kind=Kind.FAULT, what=f"the gate does not confirm: {shown.what}")
    return replace(shown, then=Example.of(then, shown.example.now))


def _listed(rules: Sequence[str]) -> str:
    return ", ".join(rules) or "nothing"
