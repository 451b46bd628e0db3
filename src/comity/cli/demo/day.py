"""A day as data: every dispatch that is sent, by whom and when, and what both laws must say to it.

Pure: the texts of TOML files in, a `Day` out. Dispatches name each other by their number in the day; `body_of` puts in
the identifiers once they exist.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from comity.base.cbor import Value
from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import DispatchId, Ms, read_id
from comity.marking.labels import Label, Urgency
from comity.marking.rules import default_label
from comity.policy.assessment import Assessment, AssessmentForm, Mitigation
from comity.policy.question import AssessedAct, Decision, Risk

_DAY_MS = 86_400_000
DESK = "requests"
"""The desk of the dispatches that are counted, and under which officers stand in the roster."""


@dataclass(frozen=True, slots=True)
class ExpectedVerdict:
    """What one law must answer: its effect, articles that it must cite, and its obligations as `verb:value`, exactly."""

    effect: str
    articles: frozenset[str]
    obligations: frozenset[str]


@dataclass(frozen=True, slots=True)
class ExpectedRefusal:
    """What the own law must answer to a drafted answer: the inward ground stays at home, the outward code crosses."""

    effect: str
    ground: str
    outward: str
    articles: frozenset[str]


@dataclass(frozen=True, slots=True)
class DraftAnswer:
    """The answer that is drafted first and that the own law refuses; `body` is a form of kind `answer`."""

    body: Mapping[str, Value]
    evaluation: str
    assessments: tuple[Assessment, ...]
    expected: ExpectedRefusal


@dataclass(frozen=True, slots=True)
class Scene:
    """One dispatch of the day.

    Attributes:
        number: its number in the day; other scenes name it so.
        at: when it is sent.
        party: who sends it.
        desk: under which the accord opens its kind.
        officer, delegation: whose act the release is.
        agency, to: of the sender; of the receiver.
        kind, body: what is said, as a form; a recall's `target` is still a number.
        case: number of the scene that opened its case, its own if it does.
        re, replaces: numbers of other scenes.
        answers: the question that it answers or refuses, for the law's view of it.
        item, reason: of the workplan, or None and why.
        label: the label that the officer chose; its categories are what the scan and the tags will add.
        assessments: before it is sent. `use`: by the receiver, before it acts on it.
        draft: of a refusal, the answer that led to it.
        arrived, seen, seen_by: what the script says of the receiver; `arrived` only where it gives a time.
        rejected: data categories that the scan proposes and the officer rejects.
    clear, admit: what both laws must answer.
    """

    number: int
    at: Ms
    party: str
    desk: str
    officer: int
    delegation: DispatchId | None
    agency: str
    to: tuple[str, ...]
    kind: str
    body: Mapping[str, Value]
    case: int
    re: tuple[int, ...]
    replaces: int | None
    answers: int | None
    item: str | None
    reason: str
    purpose: str
    urgency: Urgency
    basis: tuple[str, ...]
    conduct: str | None
    label: Label
    assessments: tuple[Assessment, ...]
    use: tuple[Assessment, ...]
    draft: DraftAnswer | None
    arrived: Ms | None
    seen: Ms
    seen_by: int
    clear: ExpectedVerdict
    admit: ExpectedVerdict
    rejected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Day:
    """All scenes in the order in which they are sent."""

    scenes: tuple[Scene, ...]

    def scene(self, number: int) -> Scene:
        """Return a scene by its number.

        Raises:
            BadConfiguration: there is none.
        """
        for scene in self.scenes:
            if scene.number == number:
                return scene
        raise BadConfiguration(f"the day has no dispatch {number}")

    def at(self, desk: str) -> Day:
        """Return the scenes of one desk."""
        return Day(tuple(scene for scene in self.scenes if scene.desk == desk))

    def besides(self, desk: str) -> Day:
        """Return the scenes of all other desks."""
        return Day(tuple(scene for scene in self.scenes if scene.desk != desk))

    def asked(self, scene: Scene) -> tuple[frozenset[str], frozenset[str]] | None:
        """Return the data categories and record types of the question that a scene answers, None if it answers none."""
        if scene.answers is None:
            return None
        body = self.scene(scene.answers).body
        return frozenset(_words(body.get("asks"))), frozenset(_words(body.get("records")))


def read_day(*texts: str) -> Day:
    """Read the files of one day.

    Raises:
        BadConfiguration: a key is missing, unknown or of the wrong type; a number stands twice or is not in the day.
    """
    found = [scene for text in texts for scene in _file(text)]
    day = Day(tuple(sorted(found, key=lambda scene: (scene.at, scene.number))))
    numbers = [scene.number for scene in day.scenes]
    if len(set(numbers)) != len(numbers):
        raise BadConfiguration("a number stands twice in the day")
    for scene in day.scenes:
        for number in (scene.case, *scene.re, scene.replaces, scene.answers):
            if number is not None and day.scene(number).at > scene.at:
                raise BadConfiguration(f"dispatch {scene.number} names {number}, which comes later")
    return day


def body_of(scene: Scene, ids: Mapping[int, DispatchId]) -> dict[str, Value]:
    """Return the form of a scene with the identifiers of the dispatches that it names."""
    body = dict(scene.body)
    target = body.get("target")
    if isinstance(target, int):
        body["target"] = ids[target]
    return body


# --- the files -------------------------------------------------------------------------------------------------


class _Assessment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    act: AssessedAct
    form: AssessmentForm
    who_and_how: str
    risk_before: Risk
    source: str
    mitigations: tuple[Mitigation, ...]
    risk_after: Risk
    decision: Decision
    basis: str
    decider: int
    outside: bool

    def assessment(self) -> Assessment:
        """Return it as the law takes it."""
        return Assessment(
            act=self.act,
            form=self.form,
            who_and_how=self.who_and_how,
            risk_before=self.risk_before,
            source=self.source,
            mitigations=self.mitigations,
            risk_after=self.risk_after,
            decision=self.decision,
            basis=self.basis,
            decider_desk=DESK,
            decider_number=self.decider,
            outside_operation=self.outside,
        )


class _Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    evaluation: str
    assessments: tuple[_Assessment, ...] = ()


class _Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    articles: frozenset[str] = frozenset()
    obligations: frozenset[str] = frozenset()

    def expected(self, usual: frozenset[str]) -> ExpectedVerdict:
        """Return it with the articles that stand in every verdict of this law in this case."""
        effect = "permit-with" if self.obligations else "permit"
        return ExpectedVerdict(effect, usual | self.articles, self.obligations)


class _Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    effect: str
    ground: str
    outward: str
    articles: frozenset[str]


class _Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    clear: _Verdict = _Verdict()
    admit: _Verdict = _Verdict()
    draft: _Refusal | None = None


class _Common(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all dispatches of a file share; `articles` are those that each party's law gives for every one of them."""

    purpose: str
    urgency: str
    articles: dict[str, frozenset[str]]
    basis: tuple[str, ...] = ()
    item: str | None = None
    reason: str = ""
    retain_days: int | None = None
    desk: str = DESK


class _Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"party": "from"}):
    number: int
    at: datetime
    party: str
    officer: int
    agency: str
    to: tuple[str, ...]
    kind: str
    body: dict[str, Any]
    seen: datetime
    seen_by: int
    delegation: str | None = None
    case: int | None = None
    re: tuple[int, ...] = ()
    replaces: int | None = None
    answers: int | None = None
    conduct: str | None = None
    conditions: tuple[str, ...] = ()
    evaluation: str | None = None
    arrived: datetime | None = None
    assessments: tuple[_Assessment, ...] = ()
    use: tuple[_Assessment, ...] = ()
    draft: _Draft | None = None
    expect: _Expect = _Expect()
    rejected: frozenset[str] = frozenset()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    common: _Common
    scene: tuple[_Scene, ...]


def _file(text: str) -> Iterator[Scene]:
    try:
        found = msgspec.convert(tomllib.loads(text), _File)
        for scene in found.scene:
            yield _scene(scene, found.common)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, BadForm) as error:
        raise BadConfiguration(f"a file of the day is not well made: {error}") from error


def _scene(found: _Scene, common: _Common) -> Scene:
    ours = common.articles.get(found.party, frozenset())
    theirs = next((articles for party, articles in common.articles.items() if party != found.party), ours)
    return Scene(
        number=found.number,
        at=_ms(found.at),
        party=found.party,
        desk=common.desk,
        officer=found.officer,
        delegation=None if found.delegation is None else read_id(found.delegation),
        agency=found.agency,
        to=found.to,
        kind=found.kind,
        body=_form(found.body),
        case=found.case or found.number,
        re=found.re,
        replaces=found.replaces,
        answers=found.answers,
        item=common.item,
        reason=common.reason,
        purpose=common.purpose,
        urgency=_urgency(common.urgency),
        basis=common.basis,
        conduct=found.conduct,
        label=_label(found, common),
        assessments=tuple(one.assessment() for one in found.assessments),
        use=tuple(one.assessment() for one in found.use),
        draft=_draft(found),
        arrived=None if found.arrived is None else _ms(found.arrived),
        seen=_ms(found.seen),
        seen_by=found.seen_by,
        clear=found.expect.clear.expected(ours),
        admit=found.expect.admit.expected(theirs),
        rejected=found.rejected,
    )


def _label(found: _Scene, common: _Common) -> Label:
    days = common.retain_days
    label = default_label(
        common.purpose,
        found.agency,
        evaluation=found.evaluation,
        retain_until=None if days is None else Ms(_ms(found.at) + days * _DAY_MS),
    )
    return replace(label, conditions=tuple(sorted(found.conditions))) if found.conditions else label


def _draft(found: _Scene) -> DraftAnswer | None:
    draft, expected = found.draft, found.expect.draft
    if draft is None or expected is None:
        if (draft is None) is not (expected is None):
            raise BadForm(f"dispatch {found.number}: a draft and what the law must say to it go together")
        return None
    return DraftAnswer(
        body={"state": "final", "text": draft.text},
        evaluation=draft.evaluation,
        assessments=tuple(one.assessment() for one in draft.assessments),
        expected=ExpectedRefusal(expected.effect, expected.ground, expected.outward, expected.articles),
    )


def _urgency(name: str) -> Urgency:
    if name.upper() not in Urgency.__members__:
        raise BadForm(f"there is no urgency {name}")
    return Urgency[name.upper()]


def _ms(value: datetime) -> Ms:
    if value.tzinfo is None:
        raise BadForm("a time has no zone; write it with Z")
    return Ms(int(value.timestamp()) * 1000)


def _form(value: Mapping[str, Any]) -> dict[str, Value]:
    """Return a body as a form: times as milliseconds, the id of a delegation as its 16 bytes."""
    form = {key: _value(entry) for key, entry in value.items()}
    delegation = form.get("delegation")
    if isinstance(delegation, dict) and isinstance(delegation.get("id"), str):
        form["delegation"] = {**delegation, "id": read_id(str(delegation["id"]))}
    return form


def _value(value: Any) -> Value:
    if isinstance(value, datetime):
        return _ms(value)
    if isinstance(value, dict):
        return {str(key): _value(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_value(entry) for entry in value]
    if isinstance(value, str | int | bool):
        return value
    raise BadForm("a body has texts, whole numbers, times, lists and tables only")


def _words(value: Value | None) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []
