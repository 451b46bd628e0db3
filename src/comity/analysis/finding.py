"""What an analysis says: findings with an example each, in plain words and in the words of a case file."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import assert_never

from comity.base.ids import Ms
from comity.marking.labels import Urgency
from comity.policy.cases import BASE
from comity.policy.question import Assessed, Question


class Kind(StrEnum):
    """What is wrong with a rule."""

    DEAD = "dead"
    """No question makes it hold."""
    SHADOWED_PERMIT = "shadowed-permit"
    """Whatever it lets go, another rule lets go too."""
    ALWAYS_BLOCKED = "always-blocked"
    """Whatever it permits is forbidden."""
    SHADOWED_FORBID = "shadowed-forbid"
    """No answer would be of another kind (permit, refer, refuse) without it; its ground and sentence may still be told."""
    CONTRADICTION = "contradiction"
    """Two obligations that cannot both be kept, on one dispatch."""
    REDACTED_AWAY = "redacted-away"
    """A removal takes out what the permit needs, and then nothing permits."""
    OUTDATED = "outdated"
    """Its last day has passed."""
    UNKNOWN_WORD = "unknown-word"
    """It compares with a word that no question can hold."""
    ENDED_BASIS = "ended-basis"
    """It permits on a basis that the edition does not list, or no longer."""
    LIFTED = "lifted"
    """An overriding rule that yields to break-glass, minimum facts or an approval."""
    FAULT = "analysis-fault"
    """The gate does not answer as the analysis foretold; the finding is not to be believed."""


@dataclass(frozen=True, slots=True)
class Example:
    """One concrete question.

    Attributes:
        question: the question.
        now: the instant at which it is asked.
        differs: (field, value) in plain words, for each field that is not as in `cases.BASE`.
    """

    question: Question
    now: Ms
    differs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, question: Question, now: Ms) -> Example:
        """Describe a question."""
        return cls(question, now, _differs(question))

    @property
    def plain(self) -> str:
        """The question as one line for a person."""
        told = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in self.differs)
        return told or "a message in a police case with nothing in it"

    @property
    def ask(self) -> str:
        """The question as the `ask` of a case file, to be pasted there."""
        told = [f"{name} = {_toml(getattr(self.question, name))}" for name, _ in self.differs if name != "assessments"]
        made = [f"{one.act} = {_table(one)}" for one in self.question.assessments]
        return "{ " + ", ".join(told + ([f"assess = {{ {', '.join(made)} }}"] if made else [])) + " }"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        kind: what it is.
        rule: id of the rule that it is about.
        others: rules, or words, that it stands beside; sorted.
        what: one plain sentence.
        example: a question that shows it; None where there can be none.
        then: for a rule that is lifted, the same question with the one thing changed.
    """

    kind: Kind
    rule: str
    others: tuple[str, ...]
    what: str
    example: Example | None = None
    then: Example | None = None


def _differs(question: Question) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for field in fields(Question):
        value = getattr(question, field.name)
        if value != getattr(BASE, field.name) or field.name in {"act", "kind"}:
            found.append((field.name, _plain(value)))
    return tuple(found)


_Field = bool | Urgency | str | frozenset[str] | tuple[Assessed | str, ...]
"""What a field of a question holds."""


def _plain(value: _Field) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Urgency():
            return value.name.lower()
        case str():
            return str(value) or "none"
        case frozenset():
            return ", ".join(sorted(value)) or "none"
        case tuple():
            return " | ".join(_outcome(one) if isinstance(one, Assessed) else one for one in value) or "none"
        case _:
            assert_never(value)


def _toml(value: object) -> str:
    if isinstance(value, Urgency):
        return json.dumps(value.name.lower())
    if isinstance(value, frozenset | tuple):
        return json.dumps(sorted(value), ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _table(assessed: Assessed) -> str:
    told = [
        f"{field.name} = {_toml(getattr(assessed, field.name))}" for field in fields(Assessed) if field.name != "act"
    ]
    return "{ " + ", ".join(told) + " }"


def _outcome(assessed: Assessed) -> str:
    parts = [f"{assessed.act}: risk {assessed.risk_before} before, {assessed.risk_after} after, {assessed.decision}"]
    parts += ["short form"] if assessed.short_form else []
    parts += [] if assessed.decider_outside else ["decider inside the operation"]
    parts += ["likely by mistreatment"] if assessed.tainted else []
    return ", ".join(parts)
