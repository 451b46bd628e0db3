"""The editions beside their oracles, and where they do not agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache

from comity.base.ids import Ms
from comity.policy.cases import BASE
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Question
from tests.differential import oracle_ca, oracle_in, oracle_ov
from tests.differential.oracle_facts import WRITTEN, Book, Row
from tests.differential.oracle_verdict import Answer, Oracle, answer_of
from tests.unit.policy.policy_laws import DAY, edition

ROWS: dict[str, tuple[Row, ...]] = {"ca": oracle_ca.ROWS, "in": oracle_in.ROWS, "ostrel-vanmere": oracle_ov.ROWS}


@dataclass(frozen=True)
class Disagreement:
    """One question that the two answer differently, reduced to what matters."""

    law: str
    question: Question
    now: int
    oracle: Answer
    gate: Answer

    @property
    def about(self) -> tuple[frozenset[str], bool]:
        """What it is about: the rules that only one of the two names, and whether the effect is another too."""
        return self.oracle.reasons ^ self.gate.reasons, self.oracle.effect != self.gate.effect

    def __str__(self) -> str:
        lines = [f"{self.law}: the two readings differ; asked at {self.now}, what is not said is that of the base:"]
        lines += [f"    {name} = {value!r}" for name, value in _changes(self.question)]
        for field in fields(Answer):
            ours, theirs = getattr(self.oracle, field.name), getattr(self.gate, field.name)
            if ours == theirs:
                continue
            if isinstance(ours, frozenset):
                lines.append(f"  {field.name}: oracle only {sorted(ours - theirs)}, gate only {sorted(theirs - ours)}")
            else:
                lines.append(f"  {field.name}: oracle {ours!r}, gate {theirs!r}")
        lines.append(f"  both name {sorted(self.oracle.reasons & self.gate.reasons)}")
        return "\n".join(lines)


def supposing(law: Edition) -> Edition:
    """Return an edition as if it knew the written arrangements."""
    return replace(law, groups=replace(law.groups, bases=law.groups.bases | WRITTEN))


@cache
def gate_of(name: str) -> CedarGate:
    return CedarGate(supposing(edition(name)))


def oracle_of(name: str) -> Oracle:
    return Oracle(Book.read(name, WRITTEN), ROWS[name])


def compare(
    law: str, gate: CedarGate, oracle: Oracle, questions: Iterator[tuple[Question, int]]
) -> Iterator[Disagreement | None]:
    """Yield for each question None, or where the two differ, reduced."""

    def both(question: Question, now: int) -> tuple[Answer, Answer]:
        return oracle.decide(question, now), answer_of(gate.decide(question, Ms(now)))

    for question, now in questions:
        ours, theirs = both(question, now)
        if ours == theirs:
            yield None
            continue
        less, at = _reduced(question, now, lambda asked, day: len(set(both(asked, day))) > 1)
        yield Disagreement(law, less, at, *both(less, at))


def _reduced(question: Question, now: int, differ: Callable[[Question, int], bool]) -> tuple[Question, int]:
    """Put back to the base, one after the other, every field and every word of a field that does not matter."""
    if differ(question, int(DAY)):
        now = int(DAY)
    for name, value in _changes(question):
        if name != "act":
            plain = replace(question, **{name: getattr(BASE, name)})
            if differ(plain, now):
                question = plain
                continue
        if isinstance(value, frozenset | tuple):
            for word in value:
                left = type(value)(other for other in getattr(question, name) if other != word)
                fewer = replace(question, **{name: left})
                if differ(fewer, now):
                    question = fewer
    return question, now


def _changes(question: Question) -> list[tuple[str, object]]:
    return [
        (field.name, getattr(question, field.name))
        for field in fields(Question)
        if field.name == "act" or getattr(question, field.name) != getattr(BASE, field.name)
    ]
