"""What waits for an approval, an assessment or its officer: the list, one draft whole, and the answers to it.

The rule it keeps: an answer carries the hash of what was shown, and counts for nothing else; who may answer is decided by
the gate of the pages and again, role by role, at the door.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus

import msgspec

from comity.base.errors import BadForm
from comity.policy.access import Deed
from comity.screen.visitor import Json
from comity.screen.writing import HeldCard, Named, Options
from comity.web import deciding
from comity.web.deciding import Row
from comity.web.filling import Place, draw, read_body
from comity.web.heading import ASSESSMENT, HEAD, assessment_field, assessment_json
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.screens.compose import FOUND, options_of
from comity.web.visit import Absent, Answer, Redirect, Refused, Screen, ScreenRoute, Visit

TOPICS = frozenset({"waiting"})
_FRESH_MS = 5 * 60_000
_TOLD_MS = 14 * 86_400_000
"""How long a no stands in the list of who asked; it stays with the dispatch."""


# --- the list ------------------------------------------------------------------------------------------------------


async def approvals(visit: Visit) -> Answer:
    """Every draft and act that waits and is open to the visitor; those for a role of the visitor's first."""
    acts = await _acts(visit)
    rows = [*await _drafts(visit), *(row for row, refused in acts if not refused)]
    rows.sort(key=lambda one: (deciding.URGENCIES.index(one.urgency.name), one.since))
    mine, others = [one for one in rows if one.mine], [one for one in rows if not one.mine]
    regions = (
        Region("mine", _rows(mine, "approvals.yours_none", "mine-none")),
        Region("others", _rows(others, "approvals.others_none", "others-none")),
        Region("refused", _refused([row for row, refused in acts if refused])),
    )
    return Screen(Page("approvals.html", visit.texts("approvals.h1"), "approvals", regions), TOPICS)


def _rows(rows: list[Row], none: str, name: str) -> tuple[Part, ...]:
    return tuple(Part(one.id, "approvals.row", one) for one in rows) or (Part(name, none, None),)


def _refused(rows: list[Row]) -> tuple[Part, ...]:
    head = Part("refused-head", "approvals.refused_head", None)
    return (head, *(Part(one.id, "approvals.refused", one) for one in rows)) if rows else ()


async def _drafts(visit: Visit) -> list[Row]:
    found = _dicts(await visit.site.hands.ask("GET", "/held"))
    at, names = sight(visit), names_of((await options_of(visit)).ours) if found else {}
    rows = []
    for one in found:
        if _opens(visit, "draft", str(one["id"])):
            roles = visit.who.person.roles & set(_texts(one.get("roles")))
            what = at.texts.word("kind", str(one["kind"]))
            agency = str(one["agency"])
            shown = {**one, "agency": names.get(agency, agency)}
            rows.append(deciding.row(shown, f"/approvals/{one['id']}", what, str(one["by"]), roles, at))
    return rows


async def _acts(visit: Visit) -> list[tuple[Row, bool]]:
    """Return the acts that wait, and those to which somebody said no: these for who asked, some days long."""
    at, me = sight(visit), f"{visit.who.person.desk}/{visit.who.person.number}"
    rows = []
    for one in _dicts(await visit.site.hands.ask("GET", "/acts/held")):
        if _opens(visit, "dispatch", str(one["dispatch"])):
            steps = [str(step["step"]) for step in _dicts(one.get("missing"))]
            asked = {step.partition(":")[2] for step in steps if step.startswith("approval:")}
            shown = {**one, "missing": steps}
            href = f"/dispatch/{one['dispatch']}/act/{one['subject']}"
            what = at.texts.word("acts.act", str(one["act"]))
            refused = bool(one["refused"])
            if refused and (one["by"] != me or visit.now - _last(one) > _TOLD_MS):
                continue
            made = deciding.row(shown, href, what, str(one["by"]), asked & visit.who.person.roles, at)
            rows.append((made, refused))
    return rows


def _last(one: Mapping[str, Json]) -> int:
    """Return when an act was answered last."""
    return max((int(str(said["at"])) for said in _dicts(one.get("answers"))), default=0)


def _opens(visit: Visit, kind: str, name: str) -> bool:
    found = visit.site.needs.facts(kind, name)
    return found is not None and visit.site.needs.may(visit.who.person, Deed.CASE, found[1])


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


# --- one draft -----------------------------------------------------------------------------------------------------


async def draft(visit: Visit) -> Answer:
    """One draft whole, as it would leave, with what an answer binds to."""
    return await _page(visit)


def names_of(named: Iterable[Named]) -> dict[str, str]:
    """Return the words for each code."""
    return {one.code: one.words for one in named}


def _named(card: HeldCard, options: Options) -> HeldCard:
    """Return a draft with the names of its agencies."""
    ours, theirs = names_of(options.ours), names_of(options.theirs)
    receivers = tuple(theirs.get(one, one) for one in card.theirs)
    return replace(card, agency=ours.get(card.agency, card.agency), theirs=receivers)


async def _page(visit: Visit, error: str = "", status: int = 200, errors: Mapping[str, str] | None = None) -> Answer:
    card = await _card(visit)
    if card is None:
        return Absent()
    at, options = sight(visit), await options_of(visit)
    card = _named(card, options)
    view = deciding.draft(card, at, next((law.exercise for law in visit.site.board.laws() if law.ours), True))
    regions = (
        Region("draft", (Part(f"draft-{card.id}", "approvals.draft", view),)),
        Region("side", (Part("draft-side", "approvals.side", view),)),
    )
    title = at.texts("approvals.draft.h1", kind=view.kind)
    page = Page("draft.html", title, "approvals", regions)
    again = f"/approvals/{visit.path['draft']}" if status != HTTPStatus.OK else ""
    return Screen(page, TOPICS, _context(visit, card, view, options, error, errors or {}), status, again)


async def _card(visit: Visit) -> HeldCard | None:
    try:
        said = await visit.site.hands.ask("GET", "/held/whole", query={"id": visit.path["draft"]})
    except Refused:
        return None
    return msgspec.convert(said, HeldCard)


def _context(  # noqa: PLR0917  what the still part of the page needs
    visit: Visit, card: HeldCard, view: deciding.Draft, options: Options, error: str, errors: Mapping[str, str]
) -> dict[str, object]:
    person, needs = visit.who.person, visit.site.needs
    waits = card.state == "held"
    own = card.by == f"{person.desk}/{person.number}"
    roles = tuple(role.role for role in card.roles if role.role in person.roles)
    place = Place(card.kind, options, None, visit.texts, visit.now)
    assess = draw(assessment_field(options), visit.form, errors, place, before=HEAD)
    return {
        "v": view,
        "roles": roles if waits and needs.may(person, Deed.APPROVE, visit.case) else (),
        "own": own,
        "error": error,
        "reason": visit.field("reason"),
        "stale": visit.now - visit.who.proved_at > _FRESH_MS,
        "assess": assess if waits and _adds(visit) else None,
        "asks": tuple(one for one in (view.verdict.found if view.verdict is not None else ()) if one.asks),
        "ready": card.judgement is not None and card.judgement.outcome == "sent",
        "releases": waits and needs.may(person, Deed.SEND, visit.case),
        "minimum": waits and card.urgency == "immediate" and needs.may(person, Deed.COMPOSE, visit.case),
        "page_h1": visit.texts("approvals.draft.h1", kind=view.kind),
    }


def _adds(visit: Visit) -> bool:
    return visit.site.needs.may(visit.who.person, Deed.ASSESS, visit.case)


async def answer(visit: Visit) -> Answer:
    """Yes or no to the draft whose hash was shown; the hash of another draft is not answered by this address."""
    waits = _dicts(await visit.site.hands.ask("GET", "/held"))
    if any(one["subject"] == visit.field("subject") and one["id"] != visit.path["draft"] for one in waits):
        return Absent()
    yes = visit.field("do") == "approve"
    body: Json = {
        "subject": visit.field("subject"),
        "role": visit.field("role"),
        "by": _by(visit),
        "yes": yes,
        "reason": visit.field("reason"),
    }
    try:
        await visit.site.hands.ask("POST", "/held/answer", body=body)
    except Refused as error:
        return await _page(visit, str(error), error.status)
    if yes:
        return Redirect(f"/approvals/{visit.path['draft']}", "approvals.said.yes")
    return Redirect("/approvals", "approvals.said.no")


async def add(visit: Visit) -> Answer:
    """An assessment by its decider, or an answer to what the scan proposes; the draft stays held."""
    options = await options_of(visit)
    read = read_body((assessment_field(options),), visit.form, options.zone, before=HEAD)
    errors = {name: visit.texts(key) for name, key in read.errors.items()}
    made: list[Json] = []
    said = read.body.get(ASSESSMENT)
    if isinstance(said, dict) and not errors:
        try:
            made = [assessment_json(said)]
        except BadForm as error:
            errors[f"{HEAD}{ASSESSMENT}"] = str(error)
    if errors:
        return await _page(visit, visit.texts("compose.error.fields"), 400, errors)
    body: Json = {
        "draft": visit.path["draft"],
        "by": _by(visit),
        "assessments": made,
        "confirmed": _said(visit, "confirmed"),
        "rejected": _said(visit, "rejected"),
    }
    try:
        await visit.site.hands.ask("POST", "/held/add", body=body)
    except Refused as error:
        return await _page(visit, str(error), error.status)
    return Redirect(f"/approvals/{visit.path['draft']}", "approvals.said.added")


def _said(visit: Visit, word: str) -> Json:
    return [n.removeprefix(FOUND) for n, values in sorted(visit.form.items()) if n.startswith(FOUND) and word in values]


async def resume(visit: Visit) -> Answer:
    """The officer lets it go, if it may go by the law of now."""
    body: Json = {"draft": visit.path["draft"], "by": _by(visit)}
    try:
        said = await visit.site.hands.ask("POST", "/held/resume", body=body)
    except Refused as error:
        return await _page(visit, str(error), error.status)
    if isinstance(said, dict) and said.get("outcome") == "sent":
        return Redirect(f"/dispatch/{said['id']}/sent")
    return Redirect(f"/approvals/{visit.path['draft']}", "approvals.said.waits")


async def drop(visit: Visit) -> Answer:
    """The draft is not wanted any more."""
    body: Json = {"draft": visit.path["draft"], "by": _by(visit), "reason": visit.field("reason")}
    try:
        await visit.site.hands.ask("POST", "/held/drop", body=body)
    except Refused as error:
        return await _page(visit, str(error), error.status)
    return Redirect("/approvals", "approvals.said.dropped")


def _by(visit: Visit) -> Json:
    person = visit.who.person
    return {"desk": person.desk, "number": person.number}


def _about(
    method: str, word: str, deed: Deed, run: Callable[[Visit], Awaitable[Answer]], *, fresh: bool = False
) -> ScreenRoute:
    """Return an address about one draft."""
    path = f"/approvals/{{draft:str}}{word}"
    return ScreenRoute(method, path, deed, run, about="draft", about_kind="draft", fresh=fresh)


ROUTES = (
    ScreenRoute("GET", "/approvals", Deed.INBOX, approvals),
    _about("GET", "", Deed.CASE, draft),
    _about("POST", "/answer", Deed.APPROVE, answer, fresh=True),
    _about("POST", "/add", Deed.ASSESS, add),
    _about("POST", "/resume", Deed.SEND, resume, fresh=True),
    _about("POST", "/drop", Deed.SEND, drop),
)
