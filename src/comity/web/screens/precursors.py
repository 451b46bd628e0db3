"""Consignments of precursors: the board by clock, and one with both clocks, its goods, both laws, checks and what was said."""

from __future__ import annotations

from comity.base.errors import BadForm
from comity.base.ids import read_id, show_id
from comity.policy.access import Deed
from comity.screen.consignments import Ask, BoardCard, Card, IncidentCard, View
from comity.web import consignmentview as views
from comity.web import letters
from comity.web.addingview import adding
from comity.web.consignmentrows import GROUPS, Row, address, row, sides, tabs
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.screens.inbox import by_of
from comity.web.views import Tally
from comity.web.visit import Absent, Answer, Json, Redirect, Screen, ScreenRoute, Visit

_LONGEST = 64
_INCIDENTS = 12


async def board(visit: Visit) -> Answer:
    """One page of one list."""
    reader = visit.site.consignments
    if reader is None:
        return Absent()
    card, at = reader.page(visit.who.person, ask_of(visit), visit.now), sight(visit)
    newest = card.ask.view is View.DONE
    head = (tabs(card.ask, card.counts, at.texts), at.texts("pen.sorted.newest" if newest else "pen.sorted"))
    page = Page(
        "precursors.html",
        visit.texts("pen.h1"),
        "precursors",
        (
            Region("head", (Part("pen-head", "precursors.head", head),)),
            Region("incidents", incidents(visit, _INCIDENTS) if card.ask.view is not View.DONE else ()),
            Region("rows", _rows(card, at)),
            Region("pages", (Part("pen-pages", "inbox.pages", _pages(card)),)),
        ),
    )
    writes = visit.site.needs.may(visit.who.person, Deed.COMPOSE)
    return Screen(page, frozenset({"inbox"}), {"writes": writes})


def incidents(visit: Visit, limit: int) -> tuple[Part, ...]:
    """Return the open incidents of which the visitor's agencies have a part, the newest first; nothing where there are none."""
    reader = visit.site.consignments
    if reader is None:
        return ()
    at = sight(visit)
    rows = tuple(views.incident_row(one, at) for one in reader.incidents(visit.who.person, limit))
    return (Part("pen-incidents", "precursors.incidents", rows),) if rows else ()


def ask_of(visit: Visit) -> Ask:
    """Read which list is asked for; what does not fit is left out."""
    view = visit.query.get("view", "")
    return Ask(View(view) if view in set(View) else View.OURS, visit.query.get("page", "")[:_LONGEST])


def tally(visit: Visit) -> Tally | None:
    """How many consignments wait for us, for the rail."""
    if visit.site.consignments is None:
        return None
    counts = visit.site.consignments.counts(visit.who.person, visit.now)
    return Tally(counts.ours, counts.overdue > 0, counts.overdue) if counts.ours else None


def _rows(card: BoardCard, at: Sight) -> tuple[Part, ...]:
    t = at.texts
    if not card.lines:
        if card.ask.view is View.OURS:
            view = (t("pen.none.ours"), "", address(View.ALL), t("pen.none.all"))
        else:
            view = (t("pen.none"), "", "", "")
        return (Part("pen-none", "inbox.blank", view),)
    views = [row(line, at) for line in card.lines]
    return tuple(part for group in GROUPS for part in _group(group, [one for one in views if one.group == group], at))


def _group(group: str, views: list[Row], at: Sight) -> tuple[Part, ...]:
    if not views:
        return ()
    head = Part(f"g-{group}", "inbox.group", (at.texts(f"pen.group.{group}"), "", group == "over", ""))
    return (head, *(Part(f"pen-{view.id}", "precursors.row", view) for view in views))


def _pages(card: BoardCard) -> tuple[str, str]:
    following = address(card.ask.view, card.following) if card.following else ""
    return (address(card.ask.view) if card.ask.page else "", following)


# --- one consignment -------------------------------------------------------------------------------------------------


async def one(visit: Visit) -> Answer:
    """One consignment whole, by the number of any dispatch about it."""
    card = _card(visit)
    if card is None:
        return _incident(visit)
    at = sight(visit)
    top = views.head(card, at)
    title = visit.texts("pen.title", title=top.row.title, exporter=top.row.exporter, importer=top.row.importer)
    writes = visit.site.needs.may(visit.who.person, Deed.COMPOSE, visit.case)
    page = Page(
        "precursor.html",
        title,
        "precursors",
        (
            Region("head", (Part("pen-top", "precursors.top", top),)),
            Region(
                "clocks",
                tuple(Part(f"pen-clock-{n}", "precursors.clock", v) for n, v in enumerate(views.clocks(card, at))),
            ),
            Region("goods", tuple(Part(f"pen-line-{v.place}", "precursors.goods", v) for v in views.goods(card, at))),
            Region("laws", (Part("pen-laws", "precursors.laws", _laws(card, at)),)),
            Region("checks", (Part("pen-checks", "precursors.checks", views.checks(card, at)),)),
            Region("amounts", _amounts(card, at)),
            Region("adds", _adds(card, visit, at)),
            Region("steps", tuple(Part(f"pen-step-{v.id}", "precursors.step", v) for v in views.steps(card, at))),
            Region("next", (Part("pen-next", "precursors.next", views.next_of(card, at, writes=writes)),)),
            Region(
                "facts", (Part("pen-facts", "precursors.facts", tuple(letters.line(f, at.texts) for f in card.facts)),)
            ),
        ),
    )
    unseen = any(not step.ours and step.seen is None and step.admitted for step in card.steps)
    sees = unseen and visit.site.needs.may(visit.who.person, Deed.SEND, visit.case)
    topics = frozenset({"inbox", f"case:{show_id(card.line.case)}"})
    return Screen(page, topics, {"number": show_id(card.line.id), "sees": sees})


def _incident(visit: Visit) -> Answer:
    """One incident that is about no consignment, whole."""
    found = _incident_card(visit)
    if found is None:
        return Absent()
    at, needs, person = sight(visit), visit.site.needs, visit.who.person
    writes = needs.may(person, Deed.COMPOSE, visit.case)
    page = Page(
        "incident.html",
        views.incident_title(found, at),
        "precursors",
        (
            Region(
                "steps",
                tuple(Part(f"pen-step-{show_id(s.id)}", "precursors.step", views.told_of(s, at)) for s in found.steps),
            ),
            Region("next", (Part("pen-next", "precursors.next", views.incident_acts(found, at, writes=writes)),)),
        ),
    )
    unseen = any(not step.ours and step.seen is None and step.admitted for step in found.steps)
    topics = frozenset({"inbox", f"case:{show_id(found.case)}"})
    context = {
        "number": show_id(found.step.id),
        "title": views.incident_title(found, at),
        "sees": unseen and needs.may(person, Deed.SEND, visit.case),
    }
    return Screen(page, topics, context)


def _incident_card(visit: Visit) -> IncidentCard | None:
    try:
        number = read_id(visit.path["number"])
    except BadForm:
        return None
    return None if visit.site.consignments is None else visit.site.consignments.incident(number)


def _laws(card: Card, at: Sight) -> tuple[object, ...]:
    sender, receiver = sides(card.line, at)
    places = ((sender.short, sender.ours, sender.name), (receiver.short, receiver.ours, receiver.name))
    lead = at.texts("pen.laws.lead", edition=card.edition) if card.edition else ""
    return lead, places, views.laws(card, at)


def _amounts(card: Card, at: Sight) -> tuple[Part, ...]:
    found = views.amounts(card, at)
    return (Part("pen-amounts", "precursors.amounts", found),) if found else ()


def _adds(card: Card, visit: Visit, at: Sight) -> tuple[Part, ...]:
    reader = visit.site.consignments
    found = None if reader is None else reader.adding(visit.who.person, card.line.id, visit.now)
    return () if found is None else (Part("pen-adds", "precursors.adds", adding(found, at)),)


def _card(visit: Visit) -> Card | None:
    try:
        number = read_id(visit.path["number"])
    except BadForm:
        return None
    return None if visit.site.consignments is None else visit.site.consignments.card(number, visit.now)


async def seen(visit: Visit) -> Answer:
    """A person has seen what came of it: that is a fact in both logs, with the officer in ours."""
    card = _card(visit) or _incident_card(visit)
    if card is None:
        return Absent()
    fresh: list[Json] = [show_id(s.id) for s in card.steps if not s.ours and s.seen is None and s.admitted]
    if fresh:
        await visit.site.hands.ask("POST", "/see", body={"ids": fresh, "by": by_of(visit)})
    root = card.line.id if isinstance(card, Card) else card.step.id
    return Redirect(f"/precursors/{show_id(root)}", "inbox.done.seen")


ROUTES = (
    ScreenRoute("GET", "/precursors", Deed.INBOX, board),
    ScreenRoute("GET", "/precursors/{number:str}", Deed.CASE, one, about="number", about_kind="dispatch"),
    ScreenRoute("POST", "/precursors/{number:str}/seen", Deed.SEND, seen, about="number", about_kind="dispatch"),
)
