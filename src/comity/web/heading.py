"""What every dispatch says besides its body: purpose, urgency, item, agencies, label, evaluation, conduct, basis, assessment.

The rule it keeps: a label that nobody changed is not sent, so that the default stays the default; an assessment is checked
by the type that the law reads, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from comity.base.errors import BadForm
from comity.marking.vocabulary import INFORMATION_4X4, SOURCE_4X4, VIOLENT_CONDUCT
from comity.policy.assessment import Assessment, AssessmentForm, Mitigation
from comity.policy.question import AssessedAct, Decision, Risk
from comity.screen.forms import About, Field, FieldType, KindForm
from comity.screen.visitor import Json
from comity.screen.writing import Basis, Options
from comity.web.filling import Chosen, Drawn, Given, Place, Read, draw, read_body

HEAD = "h-"
"""Before the name of each field of the header."""
ASSESSMENT = "assessment"
_ARRANGEMENT = "arrangement:"
DEFAULT_HANDLING = ("H1", "H2")
DEFAULT_CONDITIONS = ("lead-only", "no-third-state")
_T = FieldType
_TEXT = 4_000


def head_fields(form: KindForm, options: Options) -> tuple[Field, ...]:
    """Return the fields of the header for a kind, in the order in which they are drawn."""
    offered = form.purposes or tuple(one.code for one in options.purposes)
    purposes = (form.purpose,) if form.purpose else offered
    fields = [
        Field("purpose", _T.CHOICE, needed=True, choices=purposes, family="purpose"),
        Field(
            "urgency", _T.CHOICE, needed=True, choices=tuple(one.urgency for one in options.limits), family="urgency"
        ),
        Field("item", _T.CHOICE, choices=tuple(one.code for one in options.items)),
        Field("item_reason", _T.LINE),
        Field("agency", _T.AGENCY, needed=True, side="ours"),
        Field("recipients", _T.AGENCIES, needed=True, side="theirs"),
        Field("conduct", _T.LINE, limit=400),
        Field("evaluation", _T.CHOICE, choices=_EVALUATIONS, family="evaluation"),
        Field("handling", _T.CHOICES, choices=options.handling, family="handling", more=True),
        Field(
            "conditions",
            _T.CHOICES,
            choices=tuple(one.code for one in options.conditions),
            family="conditions",
            more=True,
        ),
        *(Field(f"with-{one.code}", _T.LINE, more=True) for one in options.conditions if one.words),
        Field("tlp", _T.CHOICE, choices=options.tlp, more=True),
        Field("pap", _T.CHOICE, choices=options.pap, more=True),
        Field("retain_until", _T.MOMENT, more=True),
        Field("basis", _T.CHOICES, choices=options.bases, more=True),
        Field("answer_by", _T.MOMENT, more=True),
        Field("marking", _T.LINE, more=True),
        assessment_field(options),
        Field("minimum_facts", _T.FLAG, more=True),
        Field("break_glass", _T.TEXT, limit=_TEXT, more=True),
    ]
    if form.ground:
        fields.insert(
            7, Field("ground", _T.CHOICE, choices=tuple(one.code for one in options.grounds), family="ground")
        )
    return tuple(one for one in fields if one.name != "evaluation" or form.asserts)


_EVALUATIONS = tuple(source + grade for source in SOURCE_4X4 for grade in INFORMATION_4X4)


def assessment_field(options: Options, acts: tuple[AssessedAct, ...] = tuple(AssessedAct)) -> Field:
    """Return the group of fields of one mistreatment assessment; the risk after is what the last mitigation leaves."""
    risks = tuple(risk.value for risk in Risk)
    deciders = tuple(f"{one.desk}/{one.number}" for one in options.officers)
    return Field(
        ASSESSMENT,
        _T.GROUP,
        more=True,
        inner=(
            Field("act", _T.CHOICE, needed=True, choices=tuple(act.value for act in acts), family="assessed"),
            Field(
                "form", _T.CHOICE, needed=True, choices=tuple(one.value for one in AssessmentForm), family="assessment"
            ),
            Field("who_and_how", _T.TEXT, needed=True, limit=_TEXT),
            Field("risk_before", _T.CHOICE, needed=True, choices=risks, family="risk"),
            Field("source", _T.TEXT, needed=True, limit=_TEXT),
            Field(
                "mitigations",
                _T.ROWS,
                inner=(
                    Field("what", _T.LINE, needed=True, limit=_TEXT),
                    Field("lowers_to", _T.CHOICE, needed=True, choices=risks, family="risk"),
                ),
            ),
            Field("decision", _T.CHOICE, needed=True, choices=tuple(one.value for one in Decision), family="decision"),
            Field("decided_on", _T.TEXT, limit=_TEXT),
            Field("decider", _T.CHOICE, needed=True, choices=deciders),
            Field("outside", _T.FLAG),
            Field("tainted", _T.FLAG),
        ),
    )


def draw_head(form: KindForm, given: Given, errors: Mapping[str, str], place: Place) -> tuple[Drawn, ...]:
    """Return the fields of the header as they are drawn."""
    drawn = (draw(field, given, errors, place, before=HEAD) for field in head_fields(form, place.options))
    return tuple(_with_words(one, place) for one in drawn)


def _with_words(one: Drawn, place: Place) -> Drawn:
    """Put the words of the workplan in; they are the node's, not the catalog's."""
    if one.key != "item":
        return one
    aims = {item.code: item.words for item in place.options.items}
    return replace(one, options=tuple(Chosen(c.code, c.code, aims.get(c.code, ""), c.on) for c in one.options))


# --- reading -------------------------------------------------------------------------------------------------------


def read_head(form: KindForm, given: Given, options: Options, basis: Basis | None) -> Read:
    """Read the header as the door takes a form, without its body."""
    read = read_body(head_fields(form, options), given, options.zone, before=HEAD)
    said, errors = dict(read.body), dict(read.errors)
    head: dict[str, Json] = {
        "desk": form.desk or options.desk,
        "kind": form.kind,
        "workplan_item": said.get("item"),
        "workplan_reason": said.get("item_reason", ""),
        "case": None if basis is None else basis.case,
        "label": _label(said, options),
        "assessments": _assessments(said.pop(ASSESSMENT, None), errors),
    }
    for name in _PLAIN:
        if name in said:
            head[name] = said[name]
    if not head["workplan_item"] and not head["workplan_reason"]:
        errors.setdefault(f"{HEAD}item", "compose.error.item")
    _placed(head, form, basis)
    return Read(head, errors)


_PLAIN = (
    "purpose", "urgency", "agency", "recipients", "conduct", "evaluation", "retain_until", "basis", "answer_by", "marking",
    "minimum_facts", "break_glass", "ground",
)  # fmt: skip


def _placed(head: dict[str, Json], form: KindForm, basis: Basis | None) -> None:
    """Say on which dispatch it is written."""
    if basis is None or not basis.on:
        return
    if form.about is About.REPLACES:
        head["replaces"] = basis.on
    else:
        head["re"] = [basis.on]


def _label(said: Mapping[str, Json], options: Options) -> Json:
    """Return a label that somebody chose; None for the default of the purpose."""
    colours = next((one.colours for one in options.purposes if one.code == said.get("purpose")), False)
    handling, conditions = _many(said.get("handling")), _conditions(said)
    if colours:
        tlp, pap = said.get("tlp"), said.get("pap")
        if not (tlp or pap or conditions):
            return None
        return {"originator": said.get("agency", ""), "conditions": [*conditions], "tlp": tlp, "pap": pap}
    if (handling or DEFAULT_HANDLING, conditions or DEFAULT_CONDITIONS) == (DEFAULT_HANDLING, DEFAULT_CONDITIONS):
        return None
    return {"originator": said.get("agency", ""), "handling": [*handling], "conditions": [*conditions]}


def _conditions(said: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the conditions with what stands in their brackets."""
    words = _many(said.get("conditions"))
    return tuple(sorted(f"{word}({said[f'with-{word}']})" if said.get(f"with-{word}") else word for word in words))


def _many(value: Json) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _assessments(value: Json, errors: dict[str, str]) -> Json:
    if not isinstance(value, dict):
        return []
    if any(name.startswith(f"{HEAD}{ASSESSMENT}-") for name in errors):
        return []
    try:
        return [assessment_json(value)]
    except BadForm as error:
        errors[f"{HEAD}{ASSESSMENT}"] = str(error)
        return []


def assessment_json(said: Mapping[str, Json]) -> Json:
    """Return an assessment as the door takes it, from the fields of `assessment_field`.

    Raises:
        BadForm: the answers do not fit together; the message says which.
    """
    desk, _, number = str(said.get("decider", "")).rpartition("/")
    given = said.get("mitigations")
    rows = [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []
    mitigations = tuple(Mitigation(str(row.get("what", "")), Risk(str(row.get("lowers_to")))) for row in rows)
    before = Risk(str(said.get("risk_before")))
    one = Assessment(
        act=AssessedAct(str(said.get("act"))),
        form=AssessmentForm(str(said.get("form"))),
        who_and_how=str(said.get("who_and_how", "")),
        risk_before=before,
        source=str(said.get("source", "")),
        mitigations=mitigations,
        risk_after=mitigations[-1].lowers_to if mitigations else before,
        decision=Decision(str(said.get("decision"))),
        basis=str(said.get("decided_on", "")),
        decider_desk=desk,
        decider_number=int(number or 0),
        outside_operation=bool(said.get("outside")),
        tainted=bool(said.get("tainted")),
    )
    return {
        "act": one.act.value,
        "form": one.form.value,
        "who_and_how": one.who_and_how,
        "risk_before": one.risk_before.value,
        "source": one.source,
        "mitigations": [{"what": m.what, "lowers_to": m.lowers_to.value} for m in one.mitigations],
        "risk_after": one.risk_after.value,
        "decision": one.decision.value,
        "basis": one.basis,
        "decider_desk": one.decider_desk,
        "decider_number": one.decider_number,
        "outside_operation": one.outside_operation,
        "tainted": one.tainted,
    }


def violent_words() -> tuple[str, ...]:
    """Return the words that `conduct` takes where only violent acts are a ground."""
    return tuple(sorted(VIOLENT_CONDUCT))


def standing(options: Options) -> tuple[str, ...]:
    """Return the legal bases on which every dispatch rests unless its writer takes one away: the agreement of both sides."""
    return tuple(one for one in options.bases if one.startswith(_ARRANGEMENT))
