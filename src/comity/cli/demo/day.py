"""A day as data: every dispatch that is sent, by whom and when, and what both laws must say to it.

Pure: the texts of TOML files in, a `Day` out. Dispatches name each other by their number in the day; `body_of` puts in
the identifiers once they exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from comity.base.cbor import Value
from comity.base.errors import BadConfiguration
from comity.base.ids import DispatchId, Ms, read_id
from comity.cli.demo.tables import Fields, parse, to_ms
from comity.marking.labels import Label, Urgency
from comity.marking.rules import default_label
from comity.policy.assessment import Assessment, AssessmentForm, Mitigation
from comity.policy.question import AssessedAct, Decision, Risk

_DAY_MS = 86_400_000
DESK = "requests"


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
        desk, officer, delegation: whose act the release is.
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
    found = [scene for text in texts for scene in _file(parse(text, "a file of the day"))]
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


def _file(top: Fields) -> list[Scene]:
    common = top.inner("common")
    articles = common.inner("articles")
    usual = {party: articles.words(party) for party in articles.table}
    scenes = [_scene(fields, common, usual) for fields in top.each("scene")]
    common.end()
    top.end()
    return scenes


def _scene(fields: Fields, common: Fields, usual: Mapping[str, tuple[str, ...]]) -> Scene:
    number = fields.need("number", int)
    fields.place = f"dispatch {number}"
    at = fields.time("at")
    seen = fields.time("seen")
    if at is None or seen is None:
        raise BadConfiguration(f"dispatch {number} lacks a time")
    party = fields.need("from", str)
    other = next((name for name in usual if name != party), party)
    delegation = fields.maybe("delegation", str)
    purpose = fields.maybe("purpose", str) or common.need("purpose", str)
    expect = fields.inner("expect")
    draft = fields.inner("draft")
    agency = fields.need("agency", str)
    found = Scene(
        number=number,
        at=at,
        party=party,
        desk=DESK,
        officer=fields.need("officer", int),
        delegation=None if delegation is None else read_id(delegation),
        agency=agency,
        to=fields.words("to"),
        kind=fields.need("kind", str),
        body=_form(fields.inner("body").table),
        case=fields.maybe("case", int) or number,
        re=fields.numbers("re"),
        replaces=fields.maybe("replaces", int),
        answers=fields.maybe("answers", int),
        item=common.maybe("item", str),
        reason=common.maybe("reason", str) or "",
        purpose=purpose,
        urgency=_urgency(common.need("urgency", str)),
        basis=common.words("basis"),
        conduct=fields.maybe("conduct", str),
        label=_label(fields, common, purpose, (agency, at)),
        assessments=_assessments(fields, "assessments"),
        use=_assessments(fields, "use"),
        draft=_draft(draft, expect.inner("draft")) if draft.table else None,
        arrived=fields.time("arrived"),
        seen=seen,
        seen_by=fields.need("seen_by", int),
        clear=_verdict(expect.inner("clear"), usual.get(party, ())),
        admit=_verdict(expect.inner("admit"), usual.get(other, ())),
    )
    expect.end()
    fields.end()
    return found


def _label(fields: Fields, common: Fields, purpose: str, origin: tuple[str, Ms]) -> Label:
    agency, at = origin
    days = common.maybe("retain_days", int)
    usual = default_label(
        purpose,
        agency,
        evaluation=fields.maybe("evaluation", str),
        retain_until=None if days is None else Ms(at + days * _DAY_MS),
    )
    conditions = fields.words("conditions")
    return usual if not conditions else _with_conditions(usual, conditions)


def _with_conditions(label: Label, conditions: tuple[str, ...]) -> Label:
    return Label(
        handling=label.handling,
        conditions=tuple(sorted(conditions)),
        evaluation=label.evaluation,
        tlp=label.tlp,
        pap=label.pap,
        retain_until=label.retain_until,
        originator=label.originator,
        categories=label.categories,
        redactions=label.redactions,
    )


def _verdict(fields: Fields, usual: tuple[str, ...]) -> ExpectedVerdict:
    obligations = frozenset(fields.words("obligations"))
    effect = fields.maybe("effect", str) or ("permit-with" if obligations else "permit")
    found = ExpectedVerdict(effect, frozenset((*usual, *fields.words("articles"))), obligations)
    fields.end()
    return found


def _draft(fields: Fields, expect: Fields) -> DraftAnswer:
    found = DraftAnswer(
        body={"state": "final", "text": fields.need("text", str)},
        evaluation=fields.need("evaluation", str),
        assessments=_assessments(fields, "assessments"),
        expected=ExpectedRefusal(
            effect=expect.need("effect", str),
            ground=expect.need("ground", str),
            outward=expect.need("outward", str),
            articles=frozenset(expect.words("articles")),
        ),
    )
    fields.end()
    expect.end()
    return found


def _assessments(fields: Fields, key: str) -> tuple[Assessment, ...]:
    return tuple(_assessment(entry) for entry in fields.each(key))


def _assessment(fields: Fields) -> Assessment:
    found = Assessment(
        act=AssessedAct(fields.need("act", str)),
        form=AssessmentForm(fields.need("form", str)),
        who_and_how=fields.need("who_and_how", str),
        risk_before=Risk(fields.need("risk_before", str)),
        source=fields.need("source", str),
        mitigations=tuple(
            Mitigation(entry.need("what", str), Risk(entry.need("lowers_to", str)))
            for entry in fields.each("mitigations")
        ),
        risk_after=Risk(fields.need("risk_after", str)),
        decision=Decision(fields.need("decision", str)),
        basis=fields.need("basis", str),
        decider_desk=DESK,
        decider_number=fields.need("decider", int),
        outside_operation=fields.need("outside", bool),
    )
    fields.end()
    return found


def _urgency(name: str) -> Urgency:
    if name.upper() not in Urgency.__members__:
        raise BadConfiguration(f"there is no urgency {name}")
    return Urgency[name.upper()]


def _form(value: Mapping[str, object]) -> dict[str, Value]:
    """Return a body as a form: times as milliseconds, the id of a delegation as its 16 bytes."""
    form = {key: _value(entry) for key, entry in value.items()}
    delegation = form.get("delegation")
    if isinstance(delegation, dict) and isinstance(delegation.get("id"), str):
        form["delegation"] = {**delegation, "id": read_id(str(delegation["id"]))}
    return form


def _value(value: object) -> Value:
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, dict):
        return {str(key): _value(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_value(entry) for entry in value]
    if isinstance(value, str | int | bool):
        return value
    raise BadConfiguration("a body has texts, whole numbers, times, lists and tables only")


def _words(value: Value | None) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []
