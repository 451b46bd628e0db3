"""What is owed and what rings: full forms, reports, approvals given afterwards, reviews of broken glass; each completed once.

The rule it keeps: only what comes from a case that is open to the visitor is listed; who may complete a thing is decided at
the door by role, and never the officer who let the dispatch go.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from comity.base.errors import BadForm
from comity.base.ids import Ms, show_id
from comity.policy.access import Deed
from comity.policy.question import AssessedAct
from comity.screen import AlarmLine, OwedLine
from comity.screen.forms import Field
from comity.screen.visitor import Json
from comity.screen.writing import Options, TheirLawAsked
from comity.web import moments, waiting
from comity.web.filling import Place, draw, read_body
from comity.web.heading import ASSESSMENT, HEAD, assessment_field, assessment_json
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.screens.compose import options_of
from comity.web.visit import Absent, Answer, Redirect, Refused, Screen, ScreenRoute, Visit

TOPICS = frozenset({"waiting"})
_PERIOD_MS = 30 * 24 * 3_600_000


async def owed(visit: Visit) -> Answer:
    """All that is owed, the first due first, and every alarm that nobody has seen."""
    card, at = visit.site.board.waiting(visit.now), sight(visit)
    known = {one.dispatch: visit.texts("one.about") for one in card.owed if one.dispatch is not None}
    debts = tuple(waiting.debt(one, known, at) for one in card.owed if opens(visit, one))
    may = visit.site.needs.may(visit.who.person, Deed.OWED)
    alarms = tuple(waiting.alarm(one, known, at) for one in card.alarms if opens(visit, one))
    regions = (
        Region("owed", tuple(Part(f"o-{v.id}", "approvals.debt", v) for v in debts) or (_none("debt_none", "o-none"),)),
        Region(
            "alarms",
            tuple(Part(f"a-{v.id}", "approvals.alarm", (v, visit.who.csrf, may)) for v in alarms)
            or (_none("alarms_none", "a-none"),),
        ),
    )
    return Screen(Page("owed.html", visit.texts("owed.h1"), "owed", regions), TOPICS)


def _none(macro: str, name: str) -> Part:
    return Part(name, f"approvals.{macro}", None)


def opens(visit: Visit, one: OwedLine | AlarmLine) -> bool:
    """Say whether a thing is open to the visitor: its case is, or it has none and is for a role of theirs."""
    person, needs = visit.who.person, visit.site.needs
    if one.dispatch is None:
        return one.role in person.roles
    name = show_id(one.dispatch)
    found = needs.facts("dispatch", name) or needs.facts("draft", name)
    return one.role in person.roles if found is None else needs.may(person, Deed.CASE, found[1])


# --- one thing -----------------------------------------------------------------------------------------------------


async def thing(visit: Visit) -> Answer:
    """One thing that is owed, with the form that completes it."""
    return await _page(visit)


async def _page(visit: Visit, error: str = "", status: int = 200, errors: Mapping[str, str] | None = None) -> Answer:
    one = _find(visit)
    if one is None:
        return Absent()
    at, options = sight(visit), await options_of(visit)
    known = {} if one.dispatch is None else {one.dispatch: visit.texts("one.about")}
    view = waiting.debt(one, known, at)
    full = one.verb == "full-form"
    place = Place("", options, None, visit.texts, visit.now)
    context: dict[str, object] = {
        "v": view,
        "verb": one.verb,
        "assess": draw(_form_of(one, options), visit.form, errors or {}, place, before=HEAD) if full else None,
        "note": visit.field("note"),
        "error": error,
        "reads": bool(visit.who.person.roles & {"reviewer"}) or not _assesses(visit, one),
        "review": f"/dispatch/{show_id(one.dispatch)}/review/{view.id}"
        if one.role == "reviewer" and one.dispatch is not None and visit.site.needs.may(visit.who.person, Deed.REVIEWS)
        else "",
        "page_h1": visit.texts("owed.thing.h1", what=view.what),
    }
    row = Part(f"o-{view.id}", "approvals.debt", view)
    page = Page("owed_one.html", visit.texts("owed.thing.h1", what=view.what), "owed", (Region("owed", (row,)),))
    return Screen(page, TOPICS, context, status)


def _form_of(one: OwedLine, options: Options) -> Field:
    acts = tuple(act for act in AssessedAct if act.value == one.value) or tuple(AssessedAct)
    return assessment_field(options, acts)


def _find(visit: Visit) -> OwedLine | None:
    found = (one for one in visit.site.board.waiting(visit.now).owed if show_id(one.id) == visit.path["thing"])
    one = next(found, None)
    return one if one is not None and opens(visit, one) else None


def _assesses(visit: Visit, one: OwedLine) -> bool:
    """Say whether what is owed is no full form, or the visitor may assess in its case."""
    if one.verb != "full-form" or one.dispatch is None:
        return True
    found = visit.site.needs.facts("dispatch", show_id(one.dispatch))
    return found is not None and visit.site.needs.may(visit.who.person, Deed.ASSESS, found[1])


async def complete(visit: Visit) -> Answer:
    """Close it: a full form, a report, an approval given afterwards, a finding."""
    one = _find(visit)
    if one is None or visit.who.person.roles & {"reviewer", "administrator"} or not _assesses(visit, one):
        return Absent()
    body: dict[str, Json] = {
        "id": visit.path["thing"],
        "by": {"desk": visit.who.person.desk, "number": visit.who.person.number},
        "note": visit.field("note"),
        "yes": visit.field("yes", "yes") == "yes",
        "assessment": None,
    }
    if one.verb == "full-form":
        options = await options_of(visit)
        read = read_body((_form_of(one, options),), visit.form, options.zone, before=HEAD)
        errors = {name: visit.texts(key) for name, key in read.errors.items()}
        said = read.body.get(ASSESSMENT)
        try:
            body["assessment"] = assessment_json(said) if isinstance(said, dict) and not errors else None
        except BadForm as error:
            errors[f"{HEAD}{ASSESSMENT}"] = str(error)
        if errors or body["assessment"] is None:
            return await _page(visit, visit.texts("compose.error.fields"), 400, errors)
    try:
        await visit.site.hands.ask("POST", "/owed/complete", body=body)
    except Refused as error:
        return await _page(visit, str(error), error.status)
    return Redirect("/owed", "owed.said")


async def seen(visit: Visit) -> Answer:
    """Note that an alarm was seen; it rings nobody else."""
    card = visit.site.board.waiting(visit.now)
    one = next((a for a in card.alarms if show_id(a.id) == visit.path["alarm"]), None)
    if one is None or not opens(visit, one):
        return Absent()
    await visit.site.hands.ask("POST", "/alarms/seen", body={"id": visit.path["alarm"]})
    return Redirect("/owed", "owed.seen.said")


# --- persons -------------------------------------------------------------------------------------------------------


async def persons(visit: Visit) -> Answer:
    """The budgets over persons, the associations, and when their published law was asked about our drafts."""
    card, at, t = visit.site.board.waiting(visit.now), sight(visit), visit.texts
    budgets = tuple(waiting.budget(one, at) for one in card.budgets)
    until = "" if card.until is None else moments.moment(card.until, visit.now, t)
    groups = tuple(Part(f"g-{v.id}", "association", v) for v in (waiting.association(o, at) for o in card.associations))
    since = str(max(visit.now - _PERIOD_MS, 0))
    found = await visit.site.hands.ask("GET", "/judge/their-law/asked", query={"since": since})
    asked = tuple(
        Part(f"asked-{place}", "approvals.asked", _asked(one, visit))
        for place, one in enumerate(msgspec.convert(found, tuple[TheirLawAsked, ...]))
    )
    regions = (
        Region("budgets", (Part("budgets", "budgets", (budgets, until)),)),
        Region("groups", groups or (Part("g-none", "groups_none", None),)),
        Region("asked", asked or (Part("asked-none", "approvals.asked_none", None),)),
    )
    return Screen(Page("persons.html", t("persons.h1"), "persons", regions), TOPICS)


def _asked(one: TheirLawAsked, visit: Visit) -> tuple[str, str, str, str]:
    t = visit.texts
    what = f"{t.word('kind', one.kind)}, {one.purpose}"
    return moments.moment(Ms(one.at), visit.now, t), one.officer, what, t.word("verdict", one.effect)


ROUTES = (
    ScreenRoute("GET", "/owed", Deed.INBOX, owed),
    ScreenRoute("GET", "/owed/{thing:str}", Deed.INBOX, thing),
    ScreenRoute("POST", "/owed/{thing:str}", Deed.INBOX, complete),
    ScreenRoute("POST", "/owed/alarm/{alarm:str}/seen", Deed.OWED, seen),
    ScreenRoute("GET", "/persons", Deed.PERSONS, persons),
)
