"""Cases: questions to a law with the answers that it must give, as data that a lawyer reads and writes.

The rule it keeps: a case names its article, an unknown word in it is an error and never a case that passes by accident,
and what an edition's cases leave untried is listed by name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.marking.labels import Urgency
from comity.marking.vocabulary import (
    CATEGORIES,
    CONDITIONS,
    GROUNDS,
    HANDLING,
    KNOWN_FOR,
    OUTWARD,
    PAP,
    PURPOSES,
    RECORD_TYPES,
    TLP,
)
from comity.policy.cedar import ERROR
from comity.policy.edition import Edition
from comity.policy.question import (
    Act,
    Assessed,
    AssessedAct,
    Decision,
    Listing,
    Outside,
    Question,
    Release,
    Risk,
    Serves,
)
from comity.policy.rule import day_begins
from comity.policy.toml import Table
from comity.policy.verdict import Effect, Gate, Verdict

GROUNDS_TABLE = "ground"
"""Table of a file of cases that says what an officer who refuses on a ground may say; see `groundcases`."""
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NO_RULE = "no-legal-basis"
"""Ground of the answer when no rule permits; it needs no rule that names it."""

BASE = Question(
    act=Act.CLEAR,
    desk="requests",
    kind="message",
    stage="",
    purpose="organised-crime",
    urgency=Urgency.URGENT,
    agency="ours",
    peer_agencies=("theirs",),
    handling=frozenset({"H1", "H2"}),
    conditions=frozenset({"lead-only", "no-third-state"}),
    tlp="",
    pap="",
    asserts=False,
    evaluated=False,
    categories=frozenset(),
    asks=frozenset(),
    records=frozenset(),
    basis=frozenset({"arrangement:2026-02"}),
    conduct="",
    own_power=True,
    known_for=frozenset(),
    assessments=(),
    approvals=frozenset(),
    minimum_facts=False,
    third_state=False,
)
"""What a case starts from: a message in a police case with nothing in it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the law must answer; None and empty sets say nothing.

    Attributes:
        effect: the whole answer.
        decides: ids of rules that must be among the reasons or oblige.
        never: ids of rules that must not.
        obliges: the obligations, exactly, as `verb:value`.
        ground, outward, refer_to: exactly; "" means that there is none.
        missing: what would turn it into a permit, exactly.
    """

    effect: Effect | None
    decides: frozenset[str]
    never: frozenset[str]
    obliges: frozenset[str] | None
    ground: str | None
    outward: str | None
    refer_to: str | None
    missing: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        id: unique over all files.
        law: name of the edition's folder.
        now: instant at which it is asked.
        title: one plain sentence.
        article: the statute and section that the case is about.
        file: where it stands.
        question: what is asked.
        expected: what must be answered.
        suppose: bases that the edition is asked as if it knew, such as an arrangement that nobody has made yet.
    """

    id: str
    law: str
    now: Ms
    title: str
    article: str
    file: str
    question: Question
    expected: Expected
    suppose: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a law answered to a case; `mismatches` has one sentence for each thing that is not as it must be."""

    case: Case
    verdict: Verdict
    mismatches: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether everything is as the case says."""
        return not self.mismatches


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases leave untried of one edition; every list is sorted.

    Attributes:
        undecided: rules that no case names in `decides` and sees decide.
        unbounded: rules that no case names in `not` and sees stay out.
        grounds: inward grounds that rules of the edition name and no answer had.
        outward: outward codes that rules of the edition lead to and no answer had.
        obligations: `verb:value` that rules of the edition oblige and no answer had.
    """

    undecided: tuple[str, ...]
    unbounded: tuple[str, ...]
    grounds: tuple[str, ...]
    outward: tuple[str, ...]
    obligations: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is left untried."""
        return not (self.undecided or self.unbounded or self.grounds or self.outward or self.obligations)

    def gaps(self) -> tuple[str, ...]:
        """Return one line for each thing left untried."""
        return (
            *(f"no case in which {rule} decides" for rule in self.undecided),
            *(f"no case in which {rule} must not decide" for rule in self.unbounded),
            *(f"the ground {word} is never seen" for word in self.grounds),
            *(f"the outward code {word} is never seen" for word in self.outward),
            *(f"the obligation {word} is never seen" for word in self.obligations),
        )


def read_cases(text: str, file: str) -> tuple[Case, ...]:
    """Read the cases of one TOML file.

    Args:
        text: the file.
        file: its name, for messages.

    Raises:
        BadConfiguration: no TOML, an unknown key or word, an id that stands twice; the message names file and case.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{file}: {error}; no case was read") from error
    head = Table(file, content)
    bases = _bases(file, head.content("base"))
    law, day = head.one("law"), head.one("day")
    cases = tuple(_case(table, file, bases, law, day) for table in head.tables("case"))
    head.content(GROUNDS_TABLE)  # read by `groundcases`
    head.done()
    check_unique(cases)
    return cases


def check_unique(cases: Iterable[Case]) -> None:
    """Check that no two cases have one id.

    Raises:
        BadConfiguration: two have; the message names both files.
    """
    seen: dict[str, str] = {}
    for case in cases:
        if case.id in seen:
            raise BadConfiguration(f"the case {case.id} stands twice, in {seen[case.id]} and {case.file}")
        seen[case.id] = case.file


def run_case(case: Case, gate: Gate) -> Outcome:
    """Ask a law and compare. The gate must be that of `case.law`, with what the case supposes: see `supposed`."""
    verdict = gate.decide(case.question, case.now)
    return Outcome(case, verdict, tuple(_mismatches(case.expected, verdict)))


def supposed(edition: Edition, case: Case) -> Edition:
    """Return the edition as a case asks it: itself, or as if it knew a few bases more."""
    if not case.suppose:
        return edition
    return replace(edition, groups=replace(edition.groups, bases=edition.groups.bases | case.suppose))


def coverage(cases: Sequence[Case], outcomes: Sequence[Outcome], edition: Edition) -> Coverage:
    """Return what the cases leave untried of an edition.

    Args:
        cases: all that were read; a rule that two editions share is tried by the cases of either.
        outcomes: what came of them.
        edition: whose rules are looked for, whatever their dates.
    """
    known = {case.id for case in cases}
    ran = [outcome for outcome in outcomes if outcome.case.id in known]
    decided = {rule for outcome in ran for rule in outcome.case.expected.decides & answering(outcome.verdict)}
    kept_out = {rule for outcome in ran for rule in outcome.case.expected.never - answering(outcome.verdict)}
    duties = {word for outcome in ran for word in obliged(outcome.verdict)}
    grounds = {word for outcome in ran for word in (outcome.verdict.ground or "").split(", ")}
    said = {outcome.verdict.outward for outcome in ran}
    rules = {rule.id for rule in edition.rules}
    named = {rule.ground for rule in edition.rules if rule.ground is not None}
    return Coverage(
        undecided=tuple(sorted(rules - decided)),
        unbounded=tuple(sorted(rules - kept_out)),
        grounds=tuple(sorted(named - grounds)),
        outward=tuple(sorted(_outward(edition) - said)),
        obligations=tuple(sorted({f"{r.obligation[0]}:{r.obligation[1]}" for r in edition.rules if r.obligation} - duties)),
    )  # fmt: skip


def answering(verdict: Verdict) -> frozenset[str]:
    """Return the ids of all rules that a verdict names, as reason or for an obligation."""
    return frozenset(reason.rule for reason in verdict.reasons) | frozenset(duty.rule for duty in verdict.obligations)


def obliged(verdict: Verdict) -> frozenset[str]:
    """Return the obligations of a verdict as `verb:value`."""
    return frozenset(f"{duty.verb}:{duty.value}" for duty in verdict.obligations)


def _outward(edition: Edition) -> set[str]:
    """Return every code that a rule of the edition leads to when it decides alone."""
    by_ground = dict(edition.outward)
    words = {rule.outward or by_ground[rule.ground] for rule in edition.rules if rule.ground is not None}
    return words | {by_ground[_NO_RULE]}


def _mismatches(expected: Expected, verdict: Verdict) -> Iterable[str]:
    rules = answering(verdict)
    if verdict.ground == ERROR and expected.ground != ERROR:
        yield "the law could not be asked"
    if expected.effect is not None and verdict.effect is not expected.effect:
        yield f"the answer is {verdict.effect} ({', '.join(sorted(rules))}), not {expected.effect}"
    for rule in sorted(expected.decides - rules):
        yield f"{rule} does not decide; {', '.join(sorted(rules))} did"
    for rule in sorted(expected.never & rules):
        yield f"{rule} decides and must not"
    pairs = (
        ("ground", expected.ground, verdict.ground),
        ("outward code", expected.outward, verdict.outward),
        ("authority", expected.refer_to, verdict.refer_to),
    )
    for name, wanted, found in pairs:
        if wanted is not None and wanted != (found or ""):
            yield f"the {name} is {found or 'none'}, not {wanted or 'none'}"
    lists = (
        ("obligations", expected.obliges, obliged(verdict)),
        ("missing", expected.missing, frozenset(verdict.missing)),
    )
    for name, words, got in lists:
        if words is not None and words != got:
            yield f"{name}: {', '.join(sorted(got)) or 'none'}, not {', '.join(sorted(words)) or 'none'}"


# --- reading ---------------------------------------------------------------------------------------------------------

_Json = Mapping[str, object]
_FLAGS = frozenset(
    {
        "asserts", "evaluated", "own_power", "minimum_facts", "third_state", "budget_spent", "named", "recalled",
        "past_due", "classified", "break_glass",
    }
)  # fmt: skip
_WORDS: Mapping[str, frozenset[str] | None] = {
    "desk": None,
    "kind": None,
    "stage": None,
    "agency": None,
    "conduct": None,
    "answers": None,
    "purpose": frozenset(PURPOSES),
    "new_purpose": frozenset({"", *PURPOSES}),
    "tlp": frozenset({"", *TLP}),
    "pap": frozenset({"", *PAP}),
    "outside": frozenset({"", *(word.value for word in Outside)}),
    "serves": frozenset({"", *(word.value for word in Serves)}),
}
"""Texts, with the closed list that each is from; None where the list is not the law's."""
_LISTS: Mapping[str, frozenset[str] | None] = {
    "categories": CATEGORIES,
    "asks": CATEGORIES,
    "records": RECORD_TYPES,
    "known_for": KNOWN_FOR,
    "handling": frozenset(HANDLING),
    "conditions": frozenset(CONDITIONS),
    "released": frozenset(word.value for word in Release),
    "listed_by": frozenset(word.value for word in Listing),
    "basis": None,
    "approvals": None,
    "to_agencies": None,
}


def _bases(file: str, content: _Json) -> dict[str, _Json]:
    bases: dict[str, _Json] = {name: base for name, base in content.items() if isinstance(base, dict)}
    if len(bases) != len(content):
        raise BadConfiguration(f"{file}: [base.NAME] are tables; no case was read")
    return bases


def _case(table: Table, file: str, bases: Mapping[str, _Json], law: str, day: str) -> Case:
    case_id = table.text("id")
    where = f"{file}: case {case_id}"
    if not _ID.fullmatch(case_id):
        raise BadConfiguration(f"{where}: an id is small letters, digits and hyphens; no case was read")
    law, day, base = table.one("law") or law, table.one("day") or day, table.one("base")
    if not law or not day:
        raise BadConfiguration(f"{where}: it names no law or no day, and neither does its file; no case was read")
    if base and base not in bases:
        raise BadConfiguration(f"{where}: there is no [base.{base}]; no case was read")
    try:
        now = day_begins(day)
    except ValueError as error:
        raise BadConfiguration(f"{where}: {day!r} is no day ({error}); no case was read") from error
    asked = {**bases.get(base, {}), **table.content("ask")}
    case = Case(
        id=case_id,
        law=law,
        now=now,
        title=table.text("title"),
        article=table.text("article"),
        file=file,
        question=_question(where, asked),
        expected=_expected(where, table.table("answer")),
        suppose=frozenset(table.texts("suppose")),
    )
    table.done()
    return case


def _question(where: str, asked: _Json) -> Question:
    changes: dict[str, Any] = {}  # each value is read by the kind of its field
    for key, value in asked.items():
        if key == "assess":
            changes["assessments"] = _assessments(where, value)
        elif key == "act":
            changes[key] = Act(_word(where, key, value, frozenset(act.value for act in Act)))
        elif key == "urgency":
            changes[key] = Urgency[_word(where, key, value, frozenset(u.name.lower() for u in Urgency)).upper()]
        elif key == "peer_agencies":
            changes[key] = tuple(sorted(_list(where, key, value, None)))
        elif key in _FLAGS:
            changes[key] = _flag(where, key, value)
        elif key in _WORDS:
            changes[key] = _word(where, key, value, _WORDS[key])
        elif key in _LISTS:
            changes[key] = _list(where, key, value, _LISTS[key])
        else:
            raise BadConfiguration(f"{where}: a question has no {key}; no case was read")
    return replace(BASE, **changes)


def _assessments(where: str, value: object) -> tuple[Assessed, ...]:
    if not isinstance(value, dict):
        raise BadConfiguration(f"{where}: assess is a table of acts; no case was read")
    acts = frozenset(act.value for act in AssessedAct)
    made = [
        _assessed(f"{where}: assess {act}", AssessedAct(_word(where, "assess", act, acts)), form)
        for act, form in cast("dict[str, object]", value).items()
    ]
    return tuple(sorted(made, key=lambda assessed: assessed.act))  # fmt: skip


def _assessed(where: str, act: AssessedAct, value: object) -> Assessed:
    low = Assessed(act, False, Risk.LOW, False, Risk.LOW, Decision.GO, True)
    if not isinstance(value, dict):
        raise BadConfiguration(f"{where}: a table; no case was read")
    risks, decisions = frozenset(risk.value for risk in Risk), frozenset(word.value for word in Decision)
    changes: dict[str, Any] = {}  # each value is read by the kind of its field
    for key, given in cast("dict[str, object]", value).items():
        if key in {"risk_before", "risk_after"}:
            changes[key] = Risk(_word(where, key, given, risks))
        elif key == "decision":
            changes[key] = Decision(_word(where, key, given, decisions))
        elif key in {"short_form", "mitigated", "decider_outside", "tainted"}:
            changes[key] = _flag(where, key, given)
        else:
            raise BadConfiguration(f"{where}: an assessment has no {key}; no case was read")
    return replace(low, **changes)


def _expected(where: str, table: Table) -> Expected:
    effect = table.one("effect")
    if effect and effect not in set(Effect):
        raise BadConfiguration(f"{where}: there is no answer called {effect!r}; no case was read")
    ground, outward = table.maybe("ground"), table.maybe("outward")
    if ground and not {*ground.split(", ")} <= {*GROUNDS, ERROR}:
        raise BadConfiguration(f"{where}: there is no ground called {ground!r}; no case was read")
    if outward and outward not in OUTWARD:
        raise BadConfiguration(f"{where}: there is no outward code called {outward!r}; no case was read")
    expected = Expected(
        effect=Effect(effect) if effect else None,
        obliges=frozenset(table.texts("obliges")) if table.has("obliges") else None,
        missing=frozenset(table.texts("missing")) if table.has("missing") else None,
        decides=frozenset(table.texts("decides")),
        never=frozenset(table.texts("not")),
        ground=ground,
        outward=outward,
        refer_to=table.maybe("refer_to"),
    )
    table.done()
    if expected == _NOTHING:
        raise BadConfiguration(f"{where}: it expects nothing; no case was read")
    return expected


_NOTHING = Expected(None, frozenset(), frozenset(), None, None, None, None, None)


def _flag(where: str, key: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise BadConfiguration(f"{where}: {key} is true or false; no case was read")


def _word(where: str, key: str, value: object, known: frozenset[str] | None) -> str:
    if not isinstance(value, str):
        raise BadConfiguration(f"{where}: {key} is a text; no case was read")
    if known is not None and value not in known:
        raise BadConfiguration(f"{where}: {key} cannot be {value!r}; no case was read")
    return value


def _list(where: str, key: str, value: object, known: frozenset[str] | None) -> frozenset[str]:
    if not isinstance(value, list):
        raise BadConfiguration(f"{where}: {key} is a list; no case was read")
    return frozenset(_word(where, key, word, known) for word in cast("list[object]", value))
