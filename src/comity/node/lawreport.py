"""The yearly report on mistreatment: how often it was assessed, with which risk, what lowered it, who had to decide.

The rule it keeps: it is counted from the decision log alone and holds neither names nor cases nor dispatches: counts of
closed words only. What somebody wrote in words of their own is counted as `other`.
"""  # spec: law-and-agencies.md 1 (2), 2

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from comity.base import cbor
from comity.base.ids import DispatchId, Ms
from comity.dispatch import records
from comity.dispatch.acts import DONE
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.decision import Decided, read_record
from comity.dispatch.owed import FULL_FORM
from comity.dispatch.ports import Tx
from comity.marking.vocabulary import CATEGORIES, CONDITIONS
from comity.policy.assessment import Assessment, decode_assessment
from comity.policy.question import Act, Decision
from comity.policy.verdict import Effect

GROUND = "mistreatment-risk"
OTHER, ASSURANCE = "other", "assurance"
_CODE = re.compile(r"[a-z-]+")
_PAGE = 256
_COMPLETED = f"done-{FULL_FORM}"
_ASSESSMENT_AT = 8
"""Place of the full form in the record of something owed that was done."""

Counts = tuple[tuple[str, int], ...]
"""(word, how often), sorted by word; what never was is not there."""


@dataclass(frozen=True, slots=True)
class FullForms:
    """Full forms that a short one left to be written: how many, in time, late, and not there when it was counted."""

    owed: int
    in_time: int
    late: int
    missing: int


@dataclass(frozen=True, slots=True)
class MistreatmentReport:
    """One year of one party.

    Attributes:
        year: UTC.
        decided: decisions of our law in the year, of every kind.
        assessments: by act (`disclose`, `request`, `use`).
        forms: by `act form`.
        risks: by `before > after`.
        decisions: by what the decider wrote.
        inside: by act: the decider had a part in the operation.
        mitigations: by coded condition or removal, `assurance`, or `other`.
        upward: assessments that went to the head, and decisions that the law referred on this ground, by to whom.
        refused: decisions refused on this ground, by what was asked.
        tainted: uses of what was likely obtained by mistreatment: `allowed`, `not allowed`.
        full_forms: that short forms left to be written.
    """

    year: int
    decided: int
    assessments: Counts
    forms: Counts
    risks: Counts
    decisions: Counts
    inside: Counts
    mitigations: Counts
    upward: Counts
    refused: Counts
    tainted: Counts
    full_forms: FullForms


def mistreatment_report(tx: Tx, year: int, now: Ms) -> MistreatmentReport:
    """Count one year of the decision log; `now` says which full forms are late by today."""
    begins, ends = _instant(year), _instant(year + 1)
    decided = list(_decided(tx, begins, ends))
    made = list(_assessments(decided, tx, begins, ends))
    return MistreatmentReport(
        year=year,
        decided=len(decided),
        assessments=_counts(one.act for one in made),
        forms=_counts(f"{one.act} {one.form}" for one in made),
        risks=_counts(f"{one.risk_before} > {one.risk_after}" for one in made),
        decisions=_counts(one.decision for one in made),
        inside=_counts(one.act for one in made if not one.outside_operation),
        mitigations=_counts(mitigation_word(m.what) for one in made for m in one.mitigations),
        upward=_counts(_upward(decided, made)),
        refused=_counts(one.question.act for one in _on_ground(decided, Effect.REFUSE) if one.question is not None),
        tainted=_counts(_tainted(decided)),
        full_forms=_full_forms(tx, begins, ends, now),
    )


def mitigation_word(what: str) -> str:
    """Return the closed word under which a mitigation is counted; words of somebody's own are `other`.

    A condition is counted without what stands in its brackets, which may be a list of names or a reference.
    """
    found = _CODE.match(what.strip())
    word = found[0] if found else ""
    verb, _, value = what.strip().partition(":")
    if word in CONDITIONS:
        return word
    if verb in {"redact", "caveat"} and value in {*CATEGORIES, *CONDITIONS}:
        return f"{verb}:{value}"
    return ASSURANCE if word == ASSURANCE else OTHER


def _decided(tx: Tx, begins: Ms, ends: Ms) -> Iterator[Decided]:
    """Yield the year's decisions, a page at a time."""
    last = -1
    while rows := tx.rows(
        "SELECT idx, record FROM record WHERE idx > ? AND at >= ? AND at < ? ORDER BY idx LIMIT ?",
        (last, begins, ends, _PAGE),
    ):
        last = int_of(rows[-1][0])
        yield from (one for row in rows if (one := read_record(bytes_of(row[1]))) is not None)


def _assessments(decided: Iterable[Decided], tx: Tx, begins: Ms, ends: Ms) -> Iterator[Assessment]:
    """Yield each assessment once: a draft that was held and taken up again carries the same one twice."""
    known: set[tuple[DispatchId, bytes]] = set()
    for one in decided:
        kept = one.rest.get("assessments", ())
        for written in kept if isinstance(kept, list | tuple) else ():
            if isinstance(written, bytes) and (one.dispatch, written) not in known:
                known.add((one.dispatch, written))
                yield decode_assessment(written)
    asked = f"SELECT record FROM record WHERE kind = ? AND {records.RARE} AND at >= ? AND at < ? ORDER BY idx"  # noqa: S608  a constant
    rows = tx.rows(asked, (_COMPLETED, begins, ends))
    for (record,) in rows:
        value = cbor.decode(bytes_of(record))
        written = value[_ASSESSMENT_AT] if isinstance(value, list) and len(value) > _ASSESSMENT_AT else None
        if isinstance(written, bytes):
            yield decode_assessment(written)


def _on_ground(decided: Iterable[Decided], effect: Effect) -> Iterator[Decided]:
    for one in decided:
        grounds = (one.verdict.ground or "").split(", ")
        if one.verdict.effect is effect and GROUND in grounds:
            yield one


def _upward(decided: Iterable[Decided], made: Iterable[Assessment]) -> Iterator[str]:
    yield from (one.decision for one in made if one.decision in {Decision.UNDECIDED, Decision.DISPUTED})
    yield from (f"law: {one.verdict.refer_to or OTHER}" for one in _on_ground(decided, Effect.REFER))


def _tainted(decided: Iterable[Decided]) -> Iterator[str]:
    """Yield for each use of what was likely obtained by mistreatment whether it was done."""
    for one in decided:
        question = one.question
        later = question is not None and question.act not in {Act.CLEAR, Act.ADMIT}
        if later and question is not None and any(assessed.tainted for assessed in question.assessments):
            yield "allowed" if one.kind == DONE else "not allowed"


def _full_forms(tx: Tx, begins: Ms, ends: Ms, now: Ms) -> FullForms:
    rows = tx.rows(
        "SELECT due, done_at FROM owed WHERE what LIKE ? AND since >= ? AND since < ?", (f"{FULL_FORM}:%", begins, ends)
    )
    done = [(int_of(due), int_of(at)) for due, at in rows if at is not None and due is not None]
    late = sum(at > due for due, at in done)
    missing = sum(at is None and due is not None and int_of(due) < now for due, at in rows)
    return FullForms(len(rows), len(done) - late, late, missing)


def _counts(words: Iterable[str]) -> Counts:
    return tuple(sorted(Counter(map(str, words)).items()))


def _instant(year: int) -> Ms:
    return Ms(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000)
