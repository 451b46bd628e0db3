"""What is still missing before the law lets something go: the fewest steps, in order, or that no steps help.

The rule it keeps: the engine's partial evaluation only says where to look. Each set of steps is tried by a full decision
of the same gate, smallest sets first, and only what that decision permits is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Final, cast

from cedarpy import PolicySet, is_authorized_partial  # pyright: ignore[reportUnknownVariableType]  its answers are typed in part

from comity.base.ids import Ms
from comity.marking.labels import Urgency
from comity.marking.rules import DEFAULT_CONDITIONS, DEFAULT_HANDLING, DEFAULT_PAP, DEFAULT_TLP
from comity.marking.vocabulary import CONDITIONS, PURPOSES
from comity.policy.attributes import Attribute, at, attributes_of
from comity.policy.cedar import ERROR, CedarGate
from comity.policy.question import Act, Assessed, AssessedAct, Decision, Question, Release, Risk
from comity.policy.rule import OBLIGE, Rule, Verb
from comity.policy.verdict import Effect, Verdict

MAX_STEPS: Final = 9
MAX_DECISIONS: Final = 2_000
CONDUCT: Final = "act"
"""What stands for a named act until its author names it."""
_ORDER: Final = ("own-power", "conduct", "evaluation", "label", "basis", "consent", "assessment", "approval")
"""In which order steps are told: an approval binds to the content, so it comes last."""
_AUTHOR: Final = frozenset({"own-power", "conduct", "evaluation", "label"})
_GIVEN: Final = MappingProxyType(
    {Act.CLEAR: _AUTHOR | {"basis", "assessment", "approval"}, Act.ADMIT: frozenset({"assessment", "approval"})}
)
"""Which steps are ours to take: who sends writes the dispatch, who receives does not."""
_LATER: Final = frozenset({"basis", "consent", "assessment", "approval"})

Steps = frozenset[str]


@dataclass(frozen=True, slots=True)
class Path:
    """What lies between a question and its permission.

    Attributes:
        steps: in order, as few as will do: `own-power`, `conduct`, `evaluation`, `label:WORD` (`label:handling`,
            `label:colours` or a condition), `basis:ID`, `consent:WORD`, `assessment:ACT` (short where that is enough),
            `assessment:ACT:full`, `assessment:ACT:outside`, `approval:ROLE`. Empty if nothing is missing, or nothing
            helps. An assessment stands for one that ends in go at a low risk, by a decider outside the operation.
        curable: after these steps the law permits the same question, and no approval that it obliges to is owed.
        rules: if curable, the rules that are lifted; else those that no such steps lift. Sorted.
        verdict: what the law answers after the steps; without any, what it answers now.
        whole: False if the search was given up; then nothing is said of steps not told.
    """

    steps: tuple[str, ...]
    curable: bool
    rules: tuple[str, ...]
    verdict: Verdict
    whole: bool = True


def missing_for_release(gate: CedarGate, question: Question, now: Ms) -> Path:
    """Return what is still missing for release.

    Args:
        gate: the law, without its memory.
        question: as it stands.
        now: when.
    """
    first = gate.decide(question, now)
    if first.ground == ERROR:
        return Path((), curable=False, rules=_prohibiting(first), verdict=first)
    return _Search(gate, question, now, first).run()


def offered(gate: CedarGate, question: Question, now: Ms) -> Steps:
    """Return every step that there is for a question, whether or not it helps."""
    offers = _Offers(question, gate.edition.known_bases, gate.bearing(question.act.value, question.kind, now))
    return frozenset[str]().union(*map(offers.every, offers.unknown))


def taken(question: Question, steps: Iterable[str]) -> Question:
    """Return the question as it would stand after these steps, in whatever order they come."""
    for step in in_order(steps):
        name, _, word = step.partition(":")
        question = _TAKE[name](question, word)
    return question


def in_order(steps: Iterable[str]) -> tuple[str, ...]:
    """Return steps in the order in which they are taken."""
    return tuple(sorted(steps, key=lambda step: (_ORDER.index(step.partition(":")[0]), step)))


class _Search:
    """One search, smallest sets of steps first.

    To lift a rule that holds, some step must touch what the rule reads; so from each set only the steps of one rule that
    still holds are tried, of the one with the fewest, and no smaller answer is passed over.
    """

    def __init__(self, gate: CedarGate, question: Question, now: Ms, first: Verdict) -> None:
        self._gate, self._question, self._now, self._first = gate, question, now, first
        rules = gate.bearing(question.act.value, question.kind, now)
        self._rules = {rule.id: rule for rule in rules}
        self._offers = _Offers(question, gate.edition.known_bases, rules)
        self._stuck: dict[str, None] = {}

    def run(self) -> Path:
        """Search and tell."""
        sets: list[Steps] = [frozenset()]
        seen: set[Steps] = set(sets)
        for _ in range(MAX_STEPS + 1):
            longer: list[Steps] = []
            for steps in sets:
                verdict = self._gate.decide(taken(self._question, steps), self._now)
                owed = _owed(verdict, taken(self._question, steps))
                if verdict.permits and not owed:
                    return Path(in_order(steps), curable=True, rules=_prohibiting(self._first), verdict=verdict)
                new = [steps | {step} for step in (owed or in_order(self._next(verdict, steps)))]
                longer += [one for one in dict.fromkeys(new) if one not in seen]
                seen.update(new)
            sets = longer
            if not sets or len(seen) > MAX_DECISIONS:
                break
        rules = tuple(sorted(self._stuck)) or _prohibiting(self._first)
        return Path((), curable=False, rules=rules, verdict=self._first, whole=not sets)

    def _next(self, verdict: Verdict, steps: Steps) -> Steps:
        """Return the steps worth a try after these; none if some rule that holds can be lifted by none."""
        holding = [self._rules[r.rule] for r in verdict.reasons if r.rule in self._rules]
        if holding:
            choices = [(self._touching(rule) - steps, rule.id) for rule in holding]
            chosen = min(choices, key=lambda choice: (len(choice[0]), choice[1]))[0]
            if not chosen:
                self._stuck.update({rule: None for tries, rule in choices if not tries})
            return chosen
        permits = [rule for rule in self._rules.values() if rule.effect is Effect.PERMIT]
        chosen = frozenset[str]().union(*map(self._touching, permits)) - steps
        if not chosen:
            self._stuck[verdict.reasons[0].rule] = None
        return chosen

    def _touching(self, rule: Rule) -> Steps:
        """Return the steps that touch what a rule still depends on."""
        found: set[str] = set()
        for unknown in self._open.get(rule.id, frozenset()):
            if unknown in _REMOVABLE:
                for duty in self._removing:
                    found.update(*(self._offers.of(name, duty) for name in self._open_duties[duty.id]))
            else:
                found |= self._offers.of(unknown, rule)
        return frozenset(found)

    @cached_property
    def _open_duties(self) -> dict[str, frozenset[str]]:
        """For each rule that obliges and is still open, on which unknown attributes it depends."""
        return self._partial(OBLIGE, frozenset(self._offers.unknown))

    @cached_property
    def _removing(self) -> tuple[Rule, ...]:
        """The rules whose removals depend on a step."""
        if self._question.act is not Act.CLEAR:
            return ()
        open_rules = (self._rules[rule_id] for rule_id in self._open_duties)
        return tuple(rule for rule in open_rules if rule.obligation is not None and rule.obligation[0] is Verb.REDACT)

    @cached_property
    def _open(self) -> dict[str, frozenset[str]]:
        """For each rule of authority that is still open, on which unknown attributes it depends."""
        removable = _REMOVABLE if self._removing else frozenset[str]()
        return self._partial(self._question.act.value, frozenset(self._offers.unknown) | removable)

    def _partial(self, action: str, unknown: frozenset[str]) -> dict[str, frozenset[str]]:
        stages = self._gate.stages(self._question.act.value, self._question.kind, self._now)
        policies = stages.obligations if action == OBLIGE else stages.authority
        record = at(attributes_of(self._question, self._gate.edition.groups), self._now)
        if action != OBLIGE:
            record = dict(self._gate.remainder(record, self._now))
        return _residuals(policies, record, action, self._question.kind, unknown)


def _residuals(
    policies: PolicySet, record: dict[str, Attribute], action: str, kind: str, unknown: frozenset[str]
) -> dict[str, frozenset[str]]:
    """Return, for each rule that is neither true nor false while some attributes are unknown, which of these it needs."""
    named = kind if kind.isascii() and kind.isprintable() else ""
    head = (("Agency", "ours"), ("Action", action), ("Dispatch", named))
    parts = dict(
        zip(("principal", "action", "resource"), (f"{kind}::{json.dumps(id_)}" for kind, id_ in head), strict=True)
    )
    known: list[dict[str, Any]] = [{"uid": {"type": kind, "id": id_}, "attrs": {}, "parents": []} for kind, id_ in head]
    asked: Any = is_authorized_partial({**parts, "context": _hiding(record, unknown)}, policies, known)
    open_rules = asked.diagnostics.nontrivial_residuals
    return {rule: frozenset(_unknowns(asked.residuals[rule]["conditions"])) for rule in open_rules}


def _hiding(record: dict[str, Attribute], unknown: frozenset[str]) -> dict[str, object]:
    """Return the record with unknown attributes in their places; one of an assessment hides all that its step sets."""
    hidden: dict[str, object] = dict(record)
    assessments = record["assessments"]
    assert isinstance(assessments, dict)
    made: dict[str, object] = {}
    for act, outcome in assessments.items():
        name = f"assessments.{act}"
        is_hidden = name in unknown
        made[act] = {key: _unknown(name) if is_hidden and key != "tainted" else value for key, value in outcome.items()}
    hidden["assessments"] = made
    for name in unknown & record.keys():
        hidden[name] = _unknown(name)
    return hidden


def _unknown(name: str) -> dict[str, object]:
    return {"__extn": {"fn": "unknown", "arg": name}}


def _unknowns(node: object) -> Iterator[str]:
    match node:
        case {"unknown": [{"Value": str(name)}]}:
            yield name
        case dict():
            for part in cast("dict[str, object]", node).values():
                yield from _unknowns(part)
        case list():
            for part in cast("list[object]", node):
                yield from _unknowns(part)
        case _:
            return


_REMOVABLE: Final = frozenset({"categories", "personal"})
"""What removals change before authority is asked."""


class _Offers:
    """The steps that there are for one question, by the attribute that they touch."""

    def __init__(self, question: Question, bases: frozenset[str], rules: tuple[Rule, ...]) -> None:
        self._question = question
        self._given = _GIVEN.get(question.act, _LATER)
        self._words = {rule.id: _Words.of(rule) for rule in rules}
        self._roles = self._all("approvals")
        self._bases = bases - question.basis
        self._consents = frozenset(word.value for word in Release) - question.released
        self._conditions = (self._all("conditions") | set(DEFAULT_CONDITIONS)) & CONDITIONS.keys()

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """Every attribute that some step can change."""
        names = (
            "own_power",
            "conduct",
            "evaluated",
            "handling",
            "conditions",
            "tlp",
            "pap",
            "basis",
            "released",
            "approvals",
        )
        acts = tuple(f"assessments.{act.value}" for act in AssessedAct)
        return tuple(name for name in (*names, *acts) if self.every(name))

    def of(self, unknown: str, rule: Rule) -> Steps:
        """Return the steps that can change what a rule reads of an attribute."""
        every = self.every(unknown)
        prefix = {"approvals": "approval", "basis": "basis", "released": "consent"}.get(unknown)
        named = self._words[rule.id].named.get(unknown)
        if prefix is None or named is None:
            return every
        return every & {f"{prefix}:{word}" for word in named}

    def every(self, unknown: str) -> Steps:
        """Return the steps of ours that change an attribute."""
        ours = (step for step in self._changing(unknown) if step.partition(":")[0] in self._given)
        return frozenset(step for step in ours if taken(self._question, [step]) != self._question)

    def _changing(self, unknown: str) -> Iterable[str]:  # noqa: PLR0911  one line an attribute
        q = self._question
        match unknown:
            case "own_power":
                return [] if q.own_power else ["own-power"]
            case "conduct":
                return [] if q.conduct else ["conduct"]
            case "evaluated":
                return [] if q.evaluated else ["evaluation"]
            case "handling" | "tlp" | "pap":
                return ["label:colours" if _has_colours(q) else "label:handling"]
            case "conditions":
                return [f"label:{word}" for word in self._conditions - q.conditions]
            case "basis":
                return [f"basis:{word}" for word in self._bases]
            case "released":
                return [f"consent:{word}" for word in self._consents]
            case "approvals":
                return [f"approval:{role}" for role in self._roles - q.approvals]
            case _:
                return _assessing(q, AssessedAct(unknown.partition(".")[2]))

    def _all(self, attribute: str) -> frozenset[str]:
        every = frozenset[str]().union(*(words.named.get(attribute) or () for words in self._words.values()))
        duties = (
            {words.role for words in self._words.values() if words.role} if attribute == "approvals" else set[str]()
        )
        return frozenset(word for word in every | duties if ":" not in word)


@dataclass(frozen=True, slots=True)
class _Words:
    """The words with which a rule compares each set of the question, and the role whose approval it obliges to.

    An attribute that the rule reads in another way, such as whether it is empty, has None.
    """

    named: dict[str, frozenset[str] | None]
    role: str | None

    @classmethod
    @lru_cache(maxsize=2_048)
    def of(cls, rule: Rule) -> _Words:
        named: dict[str, frozenset[str] | None] = {}
        for attribute in ("approvals", "basis", "released", "conditions"):
            found: set[str] = set()
            whole = _compared(json.loads(rule.policy)["conditions"], attribute, found)
            named[attribute] = frozenset(found) if whole else None
        role = rule.obligation[1] if rule.obligation is not None and rule.obligation[0] is Verb.APPROVAL else None
        return cls(named, role)


def _compared(node: Any, attribute: str, found: set[str]) -> bool:
    """Add the words that a set is compared with; say whether it is read in no other way."""
    reads = {".": {"left": {"Var": "context"}, "attr": attribute}}
    if node == reads:
        return False
    match node:
        case {"contains": {"left": left, "right": {"Value": str(word)}}} if left == reads:
            found.add(word)
            return True
        case {"containsAny": {"left": left, "right": {"Set": [*words]}}} | {
            "containsAll": {"left": left, "right": {"Set": [*words]}}
        } if left == reads:
            found.update(str(cast("dict[str, object]", word).get("Value")) for word in words)
            return True
        case dict():
            return _compared(list(cast("dict[str, object]", node).values()), attribute, found)
        case list():
            others = [part for part in cast("list[object]", node) if not _compared(part, attribute, found)]
            return not others
        case _:
            return True


def _has_colours(question: Question) -> bool:
    purpose = PURPOSES.get(question.purpose)
    return purpose is not None and purpose.colours


def _assessing(question: Question, act: AssessedAct) -> list[str]:
    """Return the steps to an assessment: one that was made and said no is not made again to say yes."""
    made = [one for one in question.assessments if one.act is act]
    if not made:
        full = [f"assessment:{act}:full"] if question.urgency is Urgency.IMMEDIATE else []
        return [f"assessment:{act}", *full]
    steps = [f"assessment:{act}:full"] if any(one.short_form for one in made) else []
    return steps + ([f"assessment:{act}:outside"] if not all(one.decider_outside for one in made) else [])


def _assess(question: Question, word: str) -> Question:
    name, _, how = word.partition(":")
    act = AssessedAct(name)
    made = tuple(one for one in question.assessments if one.act is act)
    others = tuple(one for one in question.assessments if one.act is not act)
    if not made:
        short = not how and question.urgency is Urgency.IMMEDIATE
        made = (Assessed(act, short, Risk.LOW, False, Risk.LOW, Decision.GO, True),)
    if how == "full":
        made = tuple(replace(one, short_form=False) for one in made)
    if how == "outside":
        made = tuple(replace(one, decider_outside=True) for one in made)
    return replace(question, assessments=tuple(sorted((*others, *made), key=lambda one: one.act.value)))


def _label(question: Question, word: str) -> Question:
    if word == "handling":
        return replace(question, handling=question.handling | set(DEFAULT_HANDLING), tlp="", pap="")
    if word == "colours":
        tlp, pap = question.tlp or DEFAULT_TLP, question.pap or DEFAULT_PAP
        return replace(question, handling=frozenset(), tlp=tlp, pap=pap)
    return replace(question, conditions=question.conditions | {word})


_TAKE: Final[MappingProxyType[str, Callable[[Question, str], Question]]] = MappingProxyType(
    {
        "own-power": lambda question, _: replace(question, own_power=True),
        "conduct": lambda question, _: replace(question, conduct=question.conduct or CONDUCT),
        "evaluation": lambda question, _: replace(question, evaluated=True),
        "label": _label,
        "basis": lambda question, word: replace(question, basis=question.basis | {word}),
        "consent": lambda question, word: replace(question, released=question.released | {word}),
        "assessment": _assess,
        "approval": lambda question, word: replace(question, approvals=question.approvals | {word}),
    }
)


def _owed(verdict: Verdict, question: Question) -> list[str]:
    """Return the first approval that a permission obliges to and that was not given, if any."""
    roles = sorted({duty.value for duty in verdict.obligations if duty.verb == Verb.APPROVAL} - question.approvals)
    return [f"approval:{role}" for role in roles[:1]]


def _prohibiting(verdict: Verdict) -> tuple[str, ...]:
    return tuple(sorted(reason.rule for reason in verdict.reasons if not verdict.permits))
