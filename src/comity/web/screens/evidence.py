"""The evidence bundle of a case: what our law would let out, for whom, and making it.

The rule it keeps: the page decides nothing. What it shows is our law's answer of the moment; making the papers asks again, for
each dispatch, and what leaves is a file for the officer who made it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from comity.base.errors import BadForm
from comity.base.ids import Ms, show_id
from comity.policy.access import Deed
from comity.policy.question import AssessedAct
from comity.screen.forms import Field
from comity.screen.writing import Options
from comity.web import moments
from comity.web.filling import Given, Place, draw, read_body, rows_of
from comity.web.heading import ASSESSMENT, assessment_field, assessment_json
from comity.web.judged import step_said
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.screens.compose import options_of
from comity.web.texts import FIRST
from comity.web.visit import Absent, Answer, File, Json, Screen, ScreenRoute, Visit

PURPOSES = ("evidence", "court", "export")
BEFORE = "a-"
LANGUAGES = {"en": "English", "fr": "français", "hi": "हिन्दी", "pa": "ਪੰਜਾਬੀ"}
_LOOKS = {
    "whole": ("permit", "check"),
    "part": ("with", "half"),
    "held": ("hold", "clock"),
    "referred": ("refer", "refer"),
    "refused": ("refuse", "stop"),
    "absent": ("refuse", "stop"),
}

_LACKS = frozenset({"officer-without-standing", "agency", "act", "purpose", "urgency", "delegation-ended"})


@dataclass(frozen=True, slots=True)
class Why:
    """One reason of our law: a sentence, in which language, and its article."""

    sentence: str
    article: str
    lang: str


@dataclass(frozen=True, slots=True)
class Row:
    """One dispatch: its place in the case, what it is, whether it leaves, and why or why not."""

    number: int
    id: str
    href: str
    kind: str
    side: str
    ours: bool
    written: str
    look: str
    icon: str
    state: str
    why: tuple[Why, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Sum:
    """How many dispatches there are and how many leave, in words."""

    count: str
    goes: str


async def show(visit: Visit) -> Answer:
    """What our law says to each dispatch of the case, for the purpose of the query; and the form."""
    purpose = visit.query.get("purpose", PURPOSES[0])
    if visit.case_id is None or purpose not in PURPOSES:
        return Absent()
    return await _page(visit, purpose, visit.query.get("basis", "").strip(), {})


async def _page(visit: Visit, purpose: str, basis: str, errors: Mapping[str, str]) -> Screen:
    assert visit.case_id is not None
    said = cast(
        "dict[str, Any]", await visit.site.hands.ask("POST", "/evidence/ask", body=_wish(visit, purpose, "-", basis))
    )
    rows = [_row(n, one, visit) for n, one in enumerate(said["dispatches"], 1)]
    goes = sum(bool(one["goes"]) for one in said["dispatches"])
    total = Sum(visit.texts.count("evidence.count", len(rows)), visit.texts.count("evidence.goes", goes))
    earlier = [Part(f"made-{n}", "evidence.made", _made(one, visit)) for n, one in enumerate(said["made"])]
    none = Part("made-none", "evidence.made", visit.texts("evidence.earlier.none"))
    regions = (
        Region("sum", (Part("papers-sum", "evidence.total", total),)),
        Region("rows", tuple(Part(f"papers-{row.id}", "evidence.row", row) for row in rows)),
        Region("made", tuple(earlier) or (none,)),
    )
    case, options = show_id(visit.case_id), await options_of(visit)
    page = Page("evidence.html", visit.texts("evidence.h1"), "inbox", regions)
    context: dict[str, object] = {
        "case": case,
        "purpose": purpose,
        "purposes": [(one, visit.texts(f"evidence.purpose.{one}")) for one in PURPOSES],
        "basis": basis,
        "languages": list(LANGUAGES.items()),
        "language": visit.field("language", visit.who.language),
        "recipient": visit.field("recipient"),
        "reason": visit.field("reason"),
        "assessment": draw(
            _assessed(options),
            _given(visit),
            errors,
            Place("act", options, None, visit.texts, visit.now),
            before=BEFORE,
        ),
        "wrong": bool(errors),
    }
    return Screen(page, frozenset({f"case:{case}"}), context, 400 if errors else 200)


async def make(visit: Visit) -> Answer:
    """Make the papers and hand them over as a file."""
    if visit.case_id is None or visit.field("purpose") not in PURPOSES:
        return Absent()
    wish = _wish(visit, visit.field("purpose"), visit.field("recipient"), visit.field("basis"))
    made, errors = _assessment(visit, await options_of(visit))
    if errors or visit.field("do").startswith("row:"):
        return await _page(visit, visit.field("purpose"), visit.field("basis"), errors)
    language = visit.field("language", visit.who.language)
    more: dict[str, Json] = {"reason": visit.field("reason"), "language": language, "pdf": bool(visit.field("pdf"))}
    more["assessments"] = made
    said = cast("dict[str, Any]", await visit.site.hands.ask("POST", "/evidence/make", body={**wish, **more}))
    return File(str(said["name"]), "application/zip", b64decode(said["zip"]))


def _given(visit: Visit) -> Given:
    """Return what was filled in, with the row that was asked for."""
    do = visit.field("do")
    name = do.removeprefix("row:")
    return {**visit.form, f"{name}-rows": (str(rows_of(visit.form, name) + 1),)} if do != name else visit.form


def _assessed(options: Options) -> Field:
    return assessment_field(options, (AssessedAct.USE,))


def _assessment(visit: Visit, options: Options) -> tuple[list[Json], dict[str, str]]:
    """Return the assessment of the form, none if nothing was written there; and what is wrong with it, by field."""
    read = read_body((_assessed(options),), visit.form, options.zone, before=BEFORE)
    errors = {name: visit.texts(key) for name, key in read.errors.items()}
    said = read.body.get(ASSESSMENT)
    if errors or not isinstance(said, dict):
        return [], errors
    try:
        return [assessment_json(said)], {}
    except BadForm as error:
        return [], {f"{BEFORE}{ASSESSMENT}": str(error)}


def _wish(visit: Visit, purpose: str, recipient: str, basis: str) -> dict[str, Json]:
    assert visit.case_id is not None
    person = visit.who.person
    named: list[Json] = [one.strip() for one in basis.split(",") if one.strip()]
    return {
        "case": show_id(visit.case_id),
        "purpose": purpose,
        "recipient": recipient,
        "basis": named,
        "by": {"desk": person.desk, "number": person.number},
    }


def _row(number: int, said: Mapping[str, Any], visit: Visit) -> Row:
    state = _state(said)
    look, icon = _LOOKS[state]
    verdict = said["verdict"]
    note, at = "", sight(visit)
    if said["removed"]:
        note = visit.texts("evidence.removed", words=", ".join(said["removed"]))
    elif said["missing"]:
        note = visit.texts("evidence.missing", words=", ".join(_lack(one, visit) for one in said["missing"]))
    return Row(
        number=number,
        id=str(said["dispatch"]),
        href=f"/dispatch/{said['dispatch']}",
        kind=visit.texts.word("kind", str(said["kind"])),
        side=next(one.short for one in at.parties if one.ours == bool(said["ours"])),
        ours=bool(said["ours"]),
        written="" if said["written"] is None else moments.stamp(Ms(said["written"]), visit.texts),
        look=look,
        icon=icon,
        state=visit.texts(f"evidence.state.{state}"),
        why=() if verdict is None else tuple(_why(one, visit.who.language) for one in verdict["reasons"]),
        note=note,
    )


def _state(said: Mapping[str, Any]) -> str:
    verdict = said["verdict"]
    if verdict is None:
        return "absent"
    if said["goes"]:
        return "part" if said["removed"] else "whole"
    if verdict["effect"] == "refuse":
        return "refused"
    return "held" if said["missing"] else "referred"


def _why(reason: Mapping[str, Any], language: str) -> Why:
    sentence = dict(reason["sentences"]).get(language)
    said = str(sentence or reason["sentence"])
    return Why(said, str(reason["article"]), language if sentence else FIRST)


def _lack(word: str, visit: Visit) -> str:
    """Say what is missing, in the words of the page."""
    kind, _, rest = word.partition(":")
    return visit.texts(f"evidence.lack.{rest}") if kind == "act" and rest in _LACKS else step_said(word, visit.texts)


def _made(said: Mapping[str, Any], visit: Visit) -> str:
    places = {"by": said["by"], "recipient": said["recipient"], "manifest": said["manifest"]}
    return visit.texts("evidence.earlier.line", time=moments.stamp(Ms(said["at"]), visit.texts), **places)


ROUTES = (
    ScreenRoute("GET", "/case/{number:str}/evidence", Deed.EVIDENCE, show, about="number", fresh=True),
    ScreenRoute("POST", "/case/{number:str}/evidence", Deed.EVIDENCE, make, about="number", fresh=True),
)
