"""A question to the law as bytes, so that a decision record holds what was asked and the decision can be made again.

The rule it keeps: every field of `Question` and of `Assessed` has its place here; a field that an older record does not
have reads as that field's default, and one that this program does not know is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from dataclasses import fields as fields_of
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope
from comity.marking.labels import Urgency
from comity.policy.question import Act, Assessed, AssessedAct, Decision, Question, Risk

VERSION = "comity/question/1"


@dataclass(frozen=True, slots=True)
class _Form:
    """How one field is written and read again."""

    write: Callable[[Any], Value]
    read: Callable[[Value, str], object]


def _words(value: Value, what: str) -> frozenset[str]:
    return frozenset(fields.many(value, fields.text, what))


def _line(value: Value, what: str) -> tuple[str, ...]:
    return fields.many(value, fields.text, what)


def _one_of(kind: type[Enum]) -> _Form:
    return _Form(lambda member: kind(member).value, lambda value, what: fields.choice(value, kind, what))


_TEXT = _Form(str, fields.text)
_FLAG = _Form(bool, fields.flag)
_WORDS = _Form(sorted, _words)
_LINE = _Form(list, _line)

ASSESSED: Mapping[str, _Form] = MappingProxyType(
    {
        "act": _one_of(AssessedAct),
        "short_form": _FLAG,
        "risk_before": _one_of(Risk),
        "mitigated": _FLAG,
        "risk_after": _one_of(Risk),
        "decision": _one_of(Decision),
        "decider_outside": _FLAG,
        "tainted": _FLAG,
    }
)
"""Field of `Assessed` to its form."""


def _read_assessed(value: Value, what: str) -> tuple[Assessed, ...]:
    return fields.many(value, lambda one, name: Assessed(**_read(one, ASSESSED, Assessed, name)), what)


QUESTION: Mapping[str, _Form] = MappingProxyType(
    {
        "act": _one_of(Act),
        "desk": _TEXT,
        "kind": _TEXT,
        "stage": _TEXT,
        "purpose": _TEXT,
        "urgency": _one_of(Urgency),
        "agency": _TEXT,
        "peer_agencies": _LINE,
        "handling": _WORDS,
        "conditions": _WORDS,
        "tlp": _TEXT,
        "pap": _TEXT,
        "asserts": _FLAG,
        "evaluated": _FLAG,
        "categories": _WORDS,
        "asks": _WORDS,
        "records": _WORDS,
        "basis": _WORDS,
        "conduct": _TEXT,
        "own_power": _FLAG,
        "known_for": _WORDS,
        "assessments": _Form(lambda made: [_write(one, ASSESSED) for one in made], _read_assessed),
        "approvals": _WORDS,
        "minimum_facts": _FLAG,
        "third_state": _FLAG,
        "answers": _TEXT,
        "budget_spent": _FLAG,
        "to_agencies": _WORDS,
        "named": _FLAG,
        "outside": _TEXT,
        "new_purpose": _TEXT,
        "serves": _TEXT,
        "released": _WORDS,
        "recalled": _FLAG,
        "past_due": _FLAG,
        "classified": _FLAG,
        "listed_by": _WORDS,
        "break_glass": _FLAG,
    }
)
"""Field of `Question` to its form."""


@lru_cache(maxsize=4096)
def encode_question(question: Question) -> bytes:
    """Return the canonical bytes of a question, every field of it; the same question is asked often."""
    return cbor.encode({"version": VERSION, **_write(question, QUESTION)})


def decode_question(data: bytes) -> Question:
    """Read what `encode_question` wrote, now or with fewer fields in the past.

    Raises:
        BadEnvelope: other bytes, or a field that this program does not know.
    """
    value = cbor.decode(data)
    if not isinstance(value, Mapping):
        raise BadEnvelope("these bytes are no question")
    members: dict[str, Value] = {str(key): item for key, item in value.items()}
    fields.version(members.pop("version", None), VERSION, "version")
    return Question(**_read(members, QUESTION, Question, "question"))


def _write(value: object, forms: Mapping[str, _Form]) -> dict[str, Value]:
    return {name: form.write(getattr(value, name)) for name, form in forms.items()}


def _read(value: Value, forms: Mapping[str, _Form], kind: type[Any], what: str) -> dict[str, Any]:
    """Return the fields of a value by name; what an older writer did not know keeps its default."""
    if not isinstance(value, Mapping) or not set(value) <= set(forms):
        raise BadEnvelope(f"the {what} has a field that this program does not know")
    members: dict[str, Value] = {str(key): item for key, item in value.items()}
    lacking = {one.name for one in fields_of(kind) if one.default is MISSING} - set(members)
    if lacking:
        raise BadEnvelope(f"the {what} lacks {min(lacking)}")
    return {name: forms[name].read(item, name) for name, item in members.items()}
