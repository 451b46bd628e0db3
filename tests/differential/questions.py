"""Questions for the two readings: the cases of the laws with a few fields changed, and any at all; from a seed.

The pools hold every word that a rule of an edition names and a few that none does, so that each rule can hold and each
exception can be met.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from comity.marking.labels import Urgency
from comity.marking.vocabulary import (
    CATEGORIES,
    CONDITIONS,
    HANDLING,
    KNOWN_FOR,
    PAP,
    PURPOSES,
    RECORD_TYPES,
    TLP,
    Takes,
)
from comity.policy.cases import BASE, Case, read_cases
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
from tests.differential.oracle_facts import LAWS, WRITTEN, Book, Facts, Row


def _list(text: str) -> list[str]:
    return text.split()


_IN_BRACKETS = {
    Takes.NOTHING: "",
    Takes.LIST: "(csis, nia)",
    Takes.DATE: "(2026-09-01)",
    Takes.REFERENCE: "(assurance-7)",
}
_AGENCIES = _list(
    "ours rcmp csis cbsa ircc cyber-centre fintrac health-canada passport-program global-affairs public-safety "
    "provincial-police nia ib raw cert-in nciipc ncb cbn dri ed cbi fiu-ind"
)
_KINDS = _list(
    "rfi answer spontaneous message refusal reminder recall correction posting withdraw transfer contact-note preserve "
    "convert-to-mla deconflict feedback court-disclosure release-request purpose-change assurance pen pen-reply objection "
    "incident outcome cyber-push sighting opinion supersede document-batch document-query document-answer network-picture "
    "shipped arrived-quantity action-update minutes platform-misuse "
    "workplan-amend no-such-kind"
)
_APPROVALS = _list(
    "legal-officer head-of-agency decider-outside central-authority release-authority desk-lead protection-officer "
    "budget-approver assurance-officer translator passport-authority nciipc information-commission minister "
    "minister-designation minister-immigration immigration-officer attorney-general access-officer case-owner consent-seen "
    "lift:no-death-penalty-proceeding assessor nobody"
)
_CONDUCT = (
    "",
    *_list("- any background none person-of-interest suspicion unknown theft threat act plan funding murder killing kidnapping"),
    *_list("terrorist-act protest speech faith donation sympathy minor-offence traffic-offence public-nuisance extortion"),
    "Murder of two shopkeepers", "attempted homicide", "extradition of one person", "surrender to custody", "surrender of one person",
    "provisional arrest sought", "arrest on a warrant", "warrant then arrest", "red notice", "red-notice",
    "theft at a protest", "speech and arson", "religious gathering and assault", "journalist met a courier",
    "diversion of a consignment", "Diversion suspected", "waging war", "terror financing", "activist robbed a bank",
    "political murder", "arrest after a provisional release",
)  # fmt: skip
_BASES = _list(
    "arrangement:2026-02 order-reference originator-consent letter-of-request arrangement-written:customs "
    "arrangement-written:finance arrangement:1999-01"
)
_DAY = 86_400_000
_AWAY = (-30 * _DAY, -_DAY, -1, 0, 1, _DAY - 1, _DAY, 30 * _DAY)
"""How far from the instant at which law changes it is asked, in milliseconds."""
_STAGES = ("", "holding", "part", "final", "nominated", "ended", "enquiry", "no-objection")


def _words(enum: type) -> list[str]:
    return sorted(member.value for member in enum)


_ONE: dict[str, list] = {
    "act": list(Act),
    "desk": _list("requests finance central-authority cyber precursors travel node"),
    "kind": _KINDS,
    "stage": list(_STAGES),
    "purpose": sorted(PURPOSES),
    "urgency": list(Urgency),
    "agency": _AGENCIES,
    "tlp": ["", *TLP],
    "pap": ["", *PAP],
    "conduct": list(_CONDUCT),
    "answers": ["", "rfi", "recall", "preserve", "pen", "spontaneous"],
    "outside": ["", *_words(Outside)],
    "new_purpose": ["", *sorted(PURPOSES)],
    "serves": ["", *_words(Serves)],
}
_MANY: dict[str, list] = {
    "handling": list(HANDLING),
    "conditions": [name + _IN_BRACKETS[takes] for name, takes in CONDITIONS.items()],
    "categories": sorted(CATEGORIES),
    "asks": sorted(CATEGORIES),
    "records": sorted(RECORD_TYPES),
    "basis": _BASES,
    "known_for": sorted(KNOWN_FOR),
    "approvals": _APPROVALS,
    "to_agencies": _AGENCIES,
    "released": _words(Release),
    "listed_by": _words(Listing),
}
_FLAGS = _list(
    "asserts evaluated own_power minimum_facts third_state budget_spent named recalled past_due classified break_glass"
)
_OFTEN = _list(
    "act kind purpose agency urgency categories asks records approvals conduct serves assessments released conditions "
    "basis break_glass minimum_facts to_agencies outside new_purpose answers stage desk"
)
"""Fields that more rules read, changed more often."""
_MOVES = sorted({*_ONE, *_MANY, *_FLAGS, "assessments", "emergency"} - {"act"})
_FIELDS = [*_ONE, *_MANY, *_FLAGS, "assessments", *_OFTEN, *_OFTEN]


@cache
def starts(law: str) -> tuple[Case, ...]:
    """Return every case in the tree, those of the edition twice: what another law is asked is worth asking here too."""
    files = sorted((LAWS / "cases").rglob("*.toml"))
    cases = [case for file in files for case in read_cases(file.read_text(encoding="utf-8"), file.name)]
    return (*cases, *(case for case in cases if case.law == law))


@cache
def starts_by_rule(law: str, rows: tuple[Row, ...]) -> dict[str, tuple[tuple[Case, ...], ...]]:
    """Return for each rule, by act, the cases in which it holds, whatever the day.

    For an act in which no case has it hold: those of the other acts with that act put in, where it still holds.
    """
    book = Book.read(law, WRITTEN)
    cases = [(case, Facts(case.question, book)) for case in starts(law)]
    found: dict[str, tuple[tuple[Case, ...], ...]] = {}
    for row in rows:
        own = [case for case, facts in cases if case.question.act in row.acts and row.holds(case.question, facts)]
        by_act = {act: tuple(case for case in own if case.question.act == act) for act in sorted(row.acts)}
        for act in [act for act, some in by_act.items() if not some]:
            moved = [replace(case, question=replace(case.question, act=Act(act))) for case in own[:50]]
            by_act[act] = tuple(case for case in moved if row.holds(case.question, Facts(case.question, book)))
        found[row.id] = tuple(some for some in by_act.values() if some)
    return found


@cache
def levers(law: str, rows: tuple[Row, ...]) -> dict[str, tuple[str, ...]]:
    """Return for each rule the fields on which it hangs: a change of one of them makes it no longer hold in some case."""
    rng, book = random.Random(law), Book.read(law, WRITTEN)
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        moves: set[str] = set()
        for case in [case for some in starts_by_rule(law, rows)[row.id] for case in some[:4]][:6]:
            for name in _MOVES:
                tries = [replace(case.question, **_moved(rng, name, case.question)) for _ in range(3)]
                if not all(row.holds(asked, Facts(asked, book)) for asked in tries):
                    moves.add(name)
        found[row.id] = tuple(sorted(moves)) or ("act",)
    return found


@cache
def dated(rows: tuple[Row, ...]) -> dict[int, tuple[Row, ...]]:
    """Return the instants at which law changes, each with the rules that come or go."""
    edges = sorted({row.begins for row in rows} | {row.ends for row in rows if row.ends is not None})
    return {edge: tuple(row for row in rows if edge in {row.begins, row.ends}) for edge in edges}


def generated(law: str, rows: tuple[Row, ...], seed: int) -> Iterator[tuple[Question, int]]:
    """Yield questions without end, four ways.

    Near any case; near one in which a rule drawn by lot holds for an act drawn by lot, changed where that rule hangs; any at
    all; near such a case when its rule comes or goes.
    """
    rng = random.Random(f"{law} {seed}")
    cases, by_rule, hang = starts(law), starts_by_rule(law, rows), levers(law, rows)
    while True:
        draw = rng.random()
        case = rng.choice(cases)
        now = int(case.now)
        if draw < 0.15:
            question = _near(rng, case.question, rng.choice(cases).question, rng.choice((0, 1, 1, 2, 2, 3, 3, 4)))
        elif draw < 0.84:
            rule = rng.choice(rows).id
            near = rng.choice(rng.choice(by_rule[rule]))
            question, now = near.question, int(near.now)
            for name in rng.choices(hang[rule], k=rng.choice((0, 1, 1, 1, 2))):
                question = replace(question, **_moved(rng, name, question))
            yield _near(rng, question, case.question, rng.choice((0, 0, 0, 1))), now
            continue
        elif draw < 0.94:
            question = _any(rng)
        else:
            edge, coming = rng.choice(list(dated(rows).items()))
            near = rng.choice(rng.choice(by_rule[rng.choice(coming).id]))
            yield _near(rng, near.question, case.question, rng.choice((0, 0, 1))), edge + rng.choice(_AWAY)
            continue
        if rng.random() < 0.5:
            question = replace(question, **_fitting(rng, question))
        yield question, now


def _near(rng: random.Random, question: Question, other: Question, count: int) -> Question:
    """Return a case's question with a few fields changed, some of them to what another case has there."""
    names = rng.choices(_FIELDS, k=count)
    changes = {
        name: getattr(other, name) if rng.random() < 0.25 else _value(rng, name, getattr(question, name))
        for name in names
    }
    return replace(question, **changes)


def _fitting(rng: random.Random, question: Question) -> dict:
    """Return what an act needs to be looked at at all: a use serves something, what goes on goes to somebody."""
    released = frozenset(rng.sample(_MANY["released"], k=rng.choice((0, 1, 4))))
    match question.act:
        case Act.USE:
            words = {"serves": rng.choice(_ONE["serves"][1:]), "released": released}
        case Act.ONWARD:
            some = frozenset(rng.sample(_AGENCIES, k=rng.choice((1, 1, 2))))
            words = {"to_agencies": some, "named": rng.random() < 0.3, "outside": "", "released": released}
        case Act.REPURPOSE:
            words = {"new_purpose": rng.choice(_ONE["new_purpose"]), "released": released}
        case Act.EXPORT:
            words = {"outside": "file"}
        case Act.COURT | Act.EVIDENCE:
            words = {"outside": "court", "released": released}
        case Act.ACCESS:
            words = {"outside": "person", "released": released}
        case _ if rng.random() < 0.3:
            words = {
                "urgency": Urgency.IMMEDIATE,
                "minimum_facts": rng.random() < 0.7,
                "break_glass": rng.random() < 0.4,
            }
        case _:
            words = {}
    if question.act not in {Act.CLEAR, Act.ADMIT} and rng.random() < 0.6:
        more = rng.sample(_MANY["conditions"], k=rng.choice((1, 2, 4)))
        words["conditions"] = question.conditions | frozenset(more)
    return words


def _any(rng: random.Random) -> Question:
    """Return any question: each field that is not as in the base holds whatever its list has."""
    changes = {name: _value(rng, name, getattr(BASE, name)) for name in sorted(set(_FIELDS)) if rng.random() < 0.45}
    return replace(BASE, **changes)


def _moved(rng: random.Random, name: str, question: Question) -> dict[str, object]:
    """Return the change of one field, or what makes an emergency."""
    if name != "emergency":
        return {name: _value(rng, name, getattr(question, name))}
    return {"urgency": Urgency.IMMEDIATE, "break_glass": rng.random() < 0.7, "minimum_facts": rng.random() < 0.7}


def _value(rng: random.Random, name: str, before: object) -> object:
    if name in _ONE:
        return rng.choice(_ONE[name])
    if name in _FLAGS:
        return rng.random() < 0.5 if name in {"third_state", "past_due"} else not before
    if name == "assessments":
        return tuple(_assessed(rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 4))))
    return _some(rng, name, before if isinstance(before, frozenset) else frozenset())


def _some(rng: random.Random, name: str, before: frozenset[str]) -> frozenset[str]:
    """Return the set with a word more, a word less, or another set."""
    words = _MANY[name]
    draw = rng.random()
    if draw < 0.45:
        return before | {rng.choice(words)}
    if draw < 0.55:
        return before | frozenset(rng.sample(words, k=len(words) // 2))
    if draw < 0.7 and before:
        return before - {rng.choice(sorted(before))}
    return frozenset(rng.sample(words, k=rng.choice((0, 1, 1, 2, 3))))


def _assessed(rng: random.Random) -> Assessed:
    """Return an assessment of any act; half of them differ in little from a plain go."""
    act = rng.choice(list(AssessedAct))
    plain = Assessed(act, False, Risk.LOW, False, Risk.LOW, Decision.GO, True)
    if rng.random() < 0.5:
        return replace(plain, **{name: value for name, value in _doubts(rng).items() if rng.random() < 0.3})
    return replace(plain, **_doubts(rng))


def _doubts(rng: random.Random) -> dict:
    return {
        "short_form": rng.random() < 0.5,
        "risk_before": rng.choice(list(Risk)),
        "mitigated": rng.random() < 0.5,
        "risk_after": rng.choice(list(Risk)),
        "decision": rng.choice(list(Decision)),
        "decider_outside": rng.random() < 0.6,
        "tainted": rng.random() < 0.25,
    }
