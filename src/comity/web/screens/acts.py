"""Later acts on a dispatch that is held: use, onward, another purpose, evidence, export, court, access.

The rule it keeps: our law is asked before anything is done, and whatever it says is kept; seeing what it would say keeps nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.policy.question import Act, AssessedAct, Serves
from comity.screen.forms import Field, FieldType
from comity.screen.visitor import Json
from comity.screen.writing import Options, VerdictData
from comity.web import judged, moments
from comity.web.filling import Place, draw, read_body
from comity.web.heading import ASSESSMENT, assessment_field, assessment_json
from comity.web.judged import Check
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.screens.compose import options_of
from comity.web.views import Opinion
from comity.web.visit import Absent, Answer, Redirect, Refused, Screen, ScreenRoute, Visit

ACTS = (Act.USE, Act.ONWARD, Act.REPURPOSE, Act.EVIDENCE, Act.EXPORT, Act.COURT, Act.ACCESS)
BEFORE = "a-"
_T = FieldType
_TEXT = 4_000
_FRESH_MS = 5 * 60_000
_SAID_NO = "act:refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What our law said of an act, asked or done."""

    headline: str
    ours: Opinion | None = None
    more: tuple[tuple[str, str, str], ...] = ()
    missing: tuple[Check, ...] = ()
    duties: tuple[str, ...] = ()
    subject: str = ""
    record: str = ""
    problem: str = ""
    answers: tuple[Said, ...] = ()
    before: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """One person's answer to an act, as a sentence, with their words."""

    text: str
    yes: bool
    reason: str


def fields_of(act: Act, options: Options) -> tuple[Field, ...]:
    """Return the fields of one act."""
    own: Mapping[Act, tuple[Field, ...]] = {
        Act.USE: (
            Field("serves", _T.CHOICE, needed=True, choices=tuple(one.value for one in Serves), family="serves"),
        ),
        Act.ONWARD: (Field("to_agencies", _T.AGENCIES, side="ours"), Field("third_state", _T.FLAG)),
        Act.REPURPOSE: (
            Field(
                "new_purpose", _T.CHOICE, needed=True, choices=tuple(o.code for o in options.purposes), family="purpose"
            ),
        ),
    }
    return (
        *own.get(act, ()),
        Field("reason", _T.TEXT, needed=act is Act.COURT, limit=_TEXT),
        Field("basis", _T.CHOICES, needed=act is Act.COURT, choices=options.bases, more=act is not Act.COURT),
        assessment_field(options, (AssessedAct.USE,)),
        Field("marking", _T.LINE, more=True),
        Field("break_glass", _T.TEXT, limit=_TEXT, more=True),
    )


async def form(visit: Visit) -> Answer:
    """The form of one act; `act` in the query says which."""
    return await _page(visit, await options_of(visit), _act(visit.query.get("act", "")), None)


async def ask(visit: Visit) -> Answer:
    """See what our law would say, or do it."""
    act, options = _act(visit.field("act")), await options_of(visit)
    read = read_body(fields_of(act, options), visit.form, options.zone, before=BEFORE)
    errors = {name: visit.texts(key) for name, key in read.errors.items()}
    said = dict(read.body)
    made: list[Json] = []
    assessment = said.pop(ASSESSMENT, None)
    if isinstance(assessment, dict) and not errors:
        try:
            made = [assessment_json(assessment)]
        except BadForm as error:
            errors[f"{BEFORE}{ASSESSMENT}"] = str(error)
    if errors:
        told = Outcome(visit.texts("compose.verdict.unfit"), problem=visit.texts("compose.error.fields"))
        return await _page(visit, options, act, told, errors, status=400)
    person = visit.who.person
    body: Json = {
        "act": act.value,
        "dispatch": visit.path["number"],
        "by": {"desk": person.desk, "number": person.number},
        "assessments": made,
        **said,
    }
    way = "/act" if visit.field("do") == "go" else "/judge/act"
    try:
        found = await visit.site.hands.ask("POST", way, body=body)
    except Refused as error:
        told = Outcome(visit.texts("compose.verdict.unfit"), problem=str(error))
        return await _page(visit, options, act, told, status=error.status)
    return await _page(visit, options, act, outcome_of(visit, found, done=way == "/act"))


def _act(word: str) -> Act:
    return next((act for act in ACTS if act.value == word), Act.USE)


def outcome_of(visit: Visit, found: Json, *, done: bool) -> Outcome:
    """Return what our law said of an act as it is shown; `done` if it was asked to be done, not only looked at."""
    assert isinstance(found, dict)
    t, at, state = visit.texts, sight(visit), str(found["outcome"])
    data = msgspec.convert(found["verdict"], VerdictData)
    missing = found.get("missing")
    subject = str(found.get("subject", ""))
    waits = isinstance(missing, list) and any("approval:" in str(one) for one in missing)
    if _refused(missing):
        key = "acts.said_no"
    elif done:
        key = {"done": "acts.done", "held": "acts.held", "referred": "acts.referred"}.get(state, "acts.refused")
    else:
        key = f"acts.judged.{state}"
    return Outcome(
        headline=t(key, record=found.get("record", "")),
        ours=judged.opinion(data, at.us.short, at, exercise=_exercise(visit)),
        more=tuple((r.sentence, r.article, r.rule) for r in data.reasons[1:]),
        missing=tuple(_missing(one) for one in _listed(missing) if _step(one) != _SAID_NO),
        duties=tuple(f"{d.verb} {d.value}" for d in data.obligations),
        subject=subject if waits and state == "held" else "",
    )


def _refused(missing: Json) -> bool:
    """Say whether what an act lacks is that nobody had said no to it."""
    return any(_step(one) == _SAID_NO for one in _listed(missing))


def _step(one: Json) -> str:
    return str(one.get("step")) if isinstance(one, dict) else str(one)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _missing(one: Json) -> Check:
    words = str(one.get("words")) if isinstance(one, dict) else str(one)
    return Check("wait" if "approval" in words else "no", words, "")


def _exercise(visit: Visit) -> bool:
    return next((card.exercise for card in visit.site.board.laws() if card.ours), True)


async def _page(
    visit: Visit,
    options: Options,
    act: Act,
    told: Outcome | None,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
) -> Answer:
    t = visit.texts
    place = Place("act", options, None, t, visit.now)
    drawn = tuple(draw(field, visit.form, errors or {}, place, before=BEFORE) for field in fields_of(act, options))
    parts = () if told is None else (Part("act", "approvals.act", told),)
    page = Page("act.html", t("acts.h1"), "inbox", (Region("act", parts),))
    context: dict[str, object] = {
        "number": visit.path["number"],
        "act": act.value,
        "acts": tuple((one.value, t.word("acts.act", one.value)) for one in ACTS),
        "fields": tuple(one for one in drawn if not one.more),
        "more": tuple(one for one in drawn if one.more),
    }
    return Screen(page, context=context, status=status)


# --- approving one -------------------------------------------------------------------------------------------------


async def waiting(visit: Visit) -> Answer:
    """An act that waits, or to which somebody said no: for whoever may answer it, and for who asked."""
    return await _waiting(visit)


async def _waiting(visit: Visit, error: str = "", status: int = 200) -> Answer:
    one = await _held(visit)
    if one is None:
        return Absent()
    t, at = visit.texts, sight(visit)
    given = one.get("missing")
    steps = [step for step in given if isinstance(step, dict)] if isinstance(given, list) else []
    asked = {str(step["step"]).partition(":")[2] for step in steps if str(step["step"]).startswith("approval:")}
    verdict = one.get("verdict")
    data = None if verdict is None else msgspec.convert(verdict, VerdictData)
    about = [str(one["serves"]), str(one["new_purpose"]), t("acts.third_state") if one["third_state"] else ""]
    to = one["to_agencies"]
    view = Outcome(
        answers=_said(visit, one["answers"]),
        before=_said(visit, one["before"]),
        headline=", ".join(word for word in (*about, *(map(str, to) if isinstance(to, list) else ())) if word),
        ours=None if data is None else judged.opinion(data, at.us.short, at, exercise=_exercise(visit)),
        missing=tuple(_missing(step) for step in steps),
        subject=str(one["subject"]),
        problem=error,
    )
    title = t("acts.waits.h1", act=t.word("acts.act", str(one["act"])))
    page = Page("act_waits.html", title, "approvals", (Region("act", (Part("act", "approvals.act", view),)),))
    person = visit.who.person
    may = visit.site.needs.may(person, Deed.APPROVE, visit.case)
    context: dict[str, object] = {
        "number": visit.path["number"],
        "subject": str(one["subject"]),
        "by": str(one["by"]),
        "reason": str(one["reason"]),
        "roles": tuple(sorted(asked & person.roles)) if may else (),
        "no": bool(one["refused"]),
        "written": visit.field("reason"),
        "own": one["by"] == f"{person.desk}/{person.number}",
        "stale": visit.now - visit.who.proved_at > _FRESH_MS,
        "page_h1": title,
    }
    return Screen(page, frozenset({"waiting"}), context, status)


def _said(visit: Visit, answers: Json) -> tuple[Said, ...]:
    t, found = visit.texts, []
    for one in (one for one in _listed(answers) if isinstance(one, dict)):
        key = "acts.answer.yes" if one["yes"] else "acts.answer.no"
        when = moments.moment(Ms(int(str(one["at"]))), visit.now, t)
        role = t.word("role", str(one["role"]))
        found.append(Said(t(key, officer=str(one["by"]), role=role, time=when), bool(one["yes"]), str(one["reason"])))
    return tuple(found)


async def _held(visit: Visit) -> Mapping[str, Json] | None:
    """Return the act of the address that waits on its dispatch; None if there is none."""
    found = await visit.site.hands.ask("GET", "/acts/held")
    listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    meant = (visit.path["subject"], visit.path["number"])
    return next((one for one in listed if (one["subject"], one["dispatch"]) == meant), None)


async def answer(visit: Visit) -> Answer:
    """Yes or no to the very act whose particulars were shown; it must be one on the dispatch of the address."""
    if await _held(visit) is None:
        return Absent()
    person = visit.who.person
    yes = visit.field("do") == "approve"
    body: Json = {
        "subject": visit.path["subject"],
        "yes": yes,
        "role": visit.field("role"),
        "by": {"desk": person.desk, "number": person.number},
        "reason": visit.field("reason"),
    }
    try:
        await visit.site.hands.ask("POST", "/act/answer", body=body)
    except Refused as error:
        return await _waiting(visit, str(error), error.status)
    return Redirect("/approvals", "approvals.said.act" if yes else "approvals.said.act_no")


_PATH = "/dispatch/{number:str}/act"
ROUTES = (
    ScreenRoute("GET", _PATH, Deed.ACT, form, about="number", about_kind="dispatch"),
    ScreenRoute("POST", _PATH, Deed.ACT, ask, about="number", about_kind="dispatch"),
    ScreenRoute("GET", f"{_PATH}/{{subject:str}}", Deed.CASE, waiting, about="number", about_kind="dispatch"),
    ScreenRoute(
        "POST", f"{_PATH}/{{subject:str}}", Deed.APPROVE, answer, about="number", about_kind="dispatch", fresh=True
    ),
)
