"""The workplan that both sides signed: board, line of time, table, history; an item; a proposal; how it is changed and told."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.screen.plan import PlanCard, ProposalLine
from comity.web import planview as views
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.screens.inbox import by_of
from comity.web.views import Tally
from comity.web.visit import Absent, Answer, File, Json, Redirect, Screen, ScreenRoute, Visit

_TOPICS = frozenset({"inbox"})
_VIEWS = ("board", "timeline", "table", "history")
_STATES = ("planned", "under-way", "done", "blocked", "dropped")


def _card(visit: Visit) -> PlanCard | None:
    return None if visit.site.plan is None else visit.site.plan.plan(visit.now)


def _writes(visit: Visit) -> bool:
    return visit.site.needs.may(visit.who.person, Deed.AMEND)


def tally(visit: Visit) -> Tally | None:
    """How many proposals of the other side wait for our answer, for the rail."""
    waits = () if visit.site.plan is None or not _writes(visit) else visit.site.plan.waiting(visit.now)
    late = sum(one.late for one in waits)
    return Tally(len(waits), late > 0, late) if waits else None


async def board(visit: Visit) -> Answer:
    """Show the plan in force, in one of four views."""
    card = _card(visit)
    if card is None:
        return Absent()
    at, t = sight(visit), visit.texts
    asked = visit.query.get("view", "")
    view = asked if asked in _VIEWS else _VIEWS[0]
    tabs = tuple((f"/workplan?view={one}", t(f"plan.view.{one}"), one == view) for one in _VIEWS)
    lead = t("plan.lead", n=card.number, digest=card.digest[:16])
    page = Page(
        "workplan.html",
        t("plan.h1"),
        "workplan",
        (
            Region("head", (Part("plan-head", "workplan.head", (card.title, lead, views.warnings(card, t))),)),
            Region("waits", tuple(_waiting(one, card, at, answers=_writes(visit)) for one in card.open)),
            Region("rows", _rows(view, card, at)),
        ),
    )
    return Screen(page, _TOPICS, {"tabs": tabs, "writes": _writes(visit), "view": view})


def _waiting(one: ProposalLine, card: PlanCard, at: Sight, *, answers: bool) -> Part:
    return Part(f"waits-{one.id}", "workplan.waits", views.proposal(one, card, at, answers=answers))


def unanswered(visit: Visit) -> tuple[Part, ...]:
    """Return what the other side proposed and nobody of ours has answered, for whoever may; for the page of the day."""
    if tally(visit) is None:
        return ()
    card, at = _card(visit), sight(visit)
    assert card is not None
    waits = tuple(views.proposal(one, card, at, answers=True) for one in card.open if not (one.ours or one.signed))
    return (Part("day-plan", "workplan.today", waits),) if waits else ()


def _rows(view: str, card: PlanCard, at: Sight) -> tuple[Part, ...]:
    if view == "history":
        proposals = tuple(
            Part(f"p-{one.id}", "workplan.proposal", views.proposal(one, card, at)) for one in card.proposals
        )
        versions = tuple(
            Part(f"v-{one.number}", "workplan.version", views.version(one, card, at)) for one in card.versions
        )
        return (*versions, Part("plan-said", "workplan.heading", at.texts("plan.proposals")), *proposals)
    if view == "timeline":
        return (Part("plan-time", "workplan.timeline", views.timeline(card, at)),)
    lanes = views.lanes(card, at)
    if view == "table":
        return (Part("plan-table", "workplan.table", lanes),)
    tracks = tuple(views.track(one, card, at) for one in card.tracks)
    shown = tuple(Part(f"lane-{lane.id}", "workplan.lane", lane) for lane in lanes)
    return (*shown, *((Part("plan-tracks", "workplan.tracks", tracks),) if tracks else ()))


async def item(visit: Visit) -> Answer:
    """Show one item: its actions, what it produced."""
    card = _card(visit)
    line = None if card is None else card.item(visit.path["item"])
    if card is None or line is None:
        return Absent()
    at = sight(visit)
    shown = views.item(line, card, at)
    made = tuple((visit.texts.word("kind", one.kind), one.ours, one.theirs) for one in line.made)
    page = Page(
        "workplan_item.html",
        f"{line.id} {shown.title}",
        "workplan",
        (
            Region("head", (Part("item-head", "workplan.itemhead", shown),)),
            Region("actions", tuple(Part(f"a-{one.id}", "workplan.action", one) for one in shown.actions)),
            Region("made", (Part("item-made", "workplan.made", (shown.made, made, card.parties[card.ours])),)),
        ),
    )
    mine = tuple(one.id for one in line.actions)
    states = tuple((one, visit.texts.word("plan.state", one)) for one in _STATES)
    return Screen(page, _TOPICS, {"item": line.id, "mine": mine, "states": states, "writes": _writes(visit)})


async def update(visit: Visit) -> Answer:
    """Say how far our part of an action is."""
    card = _card(visit)
    line = None if card is None else card.item(visit.path["item"])
    if line is None:
        return Absent()
    evidence: list[Json] = [one for one in visit.field("evidence").split() if one]
    what: dict[str, Json] = {
        "action": visit.field("action"),
        "state": visit.field("state"),
        "text": visit.field("text"),
        "language": visit.who.language,
        "evidence": evidence,
    }
    await visit.site.hands.ask("POST", "/plan/update", body={"what": what, "by": by_of(visit)})
    return Redirect(f"/workplan/item/{line.id}", "plan.said.update")


# --- a proposal ------------------------------------------------------------------------------------------------------


def _proposal(visit: Visit) -> tuple[PlanCard, ProposalLine] | None:
    card = _card(visit)
    found = None if card is None else next((one for one in card.proposals if one.id == visit.path["proposal"]), None)
    return None if card is None or found is None else (card, found)


async def proposal(visit: Visit) -> Answer:
    """Show one proposal with what can be done about it."""
    found = _proposal(visit)
    if found is None:
        return Absent()
    card, one = found
    shown = views.proposal(one, card, sight(visit))
    page = Page(
        "workplan_proposal.html",
        shown.head,
        "workplan",
        (Region("head", (Part("proposal", "workplan.proposal", shown),)),),
    )
    opened = one.fate == "open" and not one.signed and _writes(visit)
    context: dict[str, object] = {
        "id": one.id,
        "answers": opened and not one.ours,
        "signs": "recall" not in one.marks,
        "strange": one.verdict == "other-base" and not (one.base or one.ours) and _writes(visit),
        "withdraws": opened and one.ours,
        "again": one.fate == "outdated" and one.ours and _writes(visit),
    }
    return Screen(page, _TOPICS, context)


async def answer(visit: Visit) -> Answer:
    """Agree, decline, withdraw, or make an outdated proposal anew."""
    found = _proposal(visit)
    if found is None:
        return Absent()
    by, state = by_of(visit), visit.field("state")
    if state == "again":
        await visit.site.hands.ask("POST", "/plan/propose", body={"what": {"again": found[1].id}, "by": by})
    else:
        what: dict[str, Json] = {
            "about": found[1].id,
            "state": state,
            "reason": visit.field("reason"),
            "language": visit.who.language,
        }
        await visit.site.hands.ask("POST", "/plan/answer", body={"what": what, "by": by})
    return Redirect("/workplan?view=history", "plan.said.answer")


# --- files ---------------------------------------------------------------------------------------------------------------


async def file(visit: Visit) -> Answer:
    """Give the plan as a file: a calendar, JSON or CSV."""
    if visit.site.plan is None or visit.path["name"] not in {"workplan.ics", "workplan.json", "workplan.csv"}:
        return Absent()
    name = visit.path["name"]
    media, body = visit.site.plan.file(name.rpartition(".")[2], visit.texts.lang)
    return File(name, media, body)


ROUTES = (
    ScreenRoute("GET", "/workplan", Deed.PLAN, board),
    ScreenRoute("GET", "/workplan/item/{item:str}", Deed.PLAN, item),
    ScreenRoute("POST", "/workplan/item/{item:str}", Deed.AMEND, update),
    ScreenRoute("GET", "/workplan/proposal/{proposal:str}", Deed.PLAN, proposal),
    ScreenRoute("POST", "/workplan/proposal/{proposal:str}", Deed.AMEND, answer, fresh=True),
    ScreenRoute("GET", "/workplan/file/{name:str}", Deed.PLAN, file),
)
