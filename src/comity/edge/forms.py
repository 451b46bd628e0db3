"""A form and an assessment as they come in JSON, checked field by field before the path sees them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, TypeVar

import msgspec

from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, Ms, read_id, show_id
from comity.dispatch.states import Form, Officer
from comity.edge.plain import ID_KEY, Json, to_json, to_value
from comity.marking.labels import Label, Lane, Urgency
from comity.policy.assessment import Assessment

_Named = TypeVar("_Named", bound=IntEnum)


class By(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer: desk, number, delegation."""

    desk: str
    number: int
    delegation: str | None = None

    def officer(self) -> Officer:
        """Return it as the path knows it."""
        return Officer(self.desk, self.number, None if self.delegation is None else read_id(self.delegation))


class LabelIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A label that an officer chose instead of the default one."""

    originator: str
    handling: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    evaluation: str | None = None
    tlp: str | None = None
    pap: str | None = None
    retain_until: int | None = None
    categories: tuple[str, ...] = ()


class FormIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form; `urgency` and `lane` by name, identifiers as 26 letters and digits, times in milliseconds UTC."""

    desk: str
    kind: str
    agency: str
    recipients: tuple[str, ...]
    purpose: str
    body: dict[str, Any]
    role: str = "officer"
    urgency: str = "normal"
    lane: str | None = None
    workplan_item: str | None = None
    workplan_reason: str = ""
    case: str | None = None
    re: tuple[str, ...] = ()
    replaces: str | None = None
    label: LabelIn | None = None
    evaluation: str | None = None
    retain_until: int | None = None
    basis: tuple[str, ...] = ()
    conduct: str | None = None
    answer_by: int | None = None
    assessments: tuple[Assessment, ...] = ()
    minimum_facts: bool = False
    ground: str = ""
    marking: str = ""
    break_glass: str = ""
    confirmed: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    files: str | None = None

    def form(self, in_answer_to: tuple[frozenset[str], frozenset[str]] | None = None) -> Form:
        """Return it as the path takes it.

        Raises:
            BadForm: a name or identifier that is none.
        """
        body = to_value(self.body)
        assert isinstance(body, dict)
        return Form(
            desk=self.desk,
            kind=self.kind,
            agency=self.agency,
            role=self.role,
            recipients=self.recipients,
            purpose=self.purpose,
            urgency=_named(Urgency, self.urgency),
            workplan_item=self.workplan_item,
            workplan_reason=self.workplan_reason,
            body=body,
            case=None if self.case is None else CaseId(read_id(self.case)),
            re=tuple(map(read_id, self.re)),
            replaces=_maybe_id(self.replaces),
            lane=None if self.lane is None else _named(Lane, self.lane),
            label=self._label(),
            evaluation=self.evaluation,
            retain_until=None if self.retain_until is None else Ms(self.retain_until),
            basis=self.basis,
            conduct=self.conduct,
            answer_by=None if self.answer_by is None else Ms(self.answer_by),
            assessments=self.assessments,
            minimum_facts=self.minimum_facts,
            in_answer_to=in_answer_to,
            ground=self.ground,
            marking=self.marking,
            break_glass=self.break_glass,
            confirmed=frozenset(self.confirmed),
            rejected=frozenset(self.rejected),
            files=_maybe_id(self.files or None),
        )

    def _label(self) -> Label | None:
        given = self.label
        if given is None:
            return None
        return Label(
            handling=tuple(sorted(given.handling)),
            conditions=tuple(sorted(given.conditions)),
            evaluation=given.evaluation,
            tlp=given.tlp,
            pap=given.pap,
            retain_until=None if given.retain_until is None else Ms(given.retain_until),
            originator=given.originator,
            categories=tuple(sorted(given.categories)),
            redactions=(),
        )


def urgency_named(name: str) -> Urgency:
    """Return the urgency of this name, in any case.

    Raises:
        BadForm: there is none.
    """
    return _named(Urgency, name)


def form_json(form: Form) -> Json:
    """Return a form as `FormIn` takes it; what the question of an answer asked for is looked up again by the door."""
    label = form.label
    said: dict[str, Json] = {
        field: to_json(getattr(form, field))
        for field in FormIn.__struct_fields__
        if field not in {"body", "urgency", "lane", "label"}
    }
    said["body"] = body_json(form.body)
    said["urgency"] = form.urgency.name.lower()
    said["lane"] = None if form.lane is None else form.lane.name.lower()
    said["label"] = None if label is None else {n: to_json(getattr(label, n)) for n in LabelIn.__struct_fields__}
    return said


def body_json(value: object) -> Json:
    """Return a body's value as JSON; identifiers as the door reads them."""
    if isinstance(value, bytes):
        return {ID_KEY: show_id(value)}
    if isinstance(value, Mapping):
        return {str(key): body_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [body_json(item) for item in value]
    return to_json(value)


def _maybe_id(text: str | None) -> DispatchId | None:
    return None if text is None else read_id(text)


def _named(kind: type[_Named], name: str) -> _Named:
    try:
        return kind[name.upper()]
    except KeyError as error:
        known = ", ".join(one.name.lower() for one in kind)
        raise BadForm(f"there is no {kind.__name__.lower()} called {name!r}; choose one of {known}") from error
