"""Consignments of precursors: the board by clock, and one with both clocks, its goods, both laws, checks and what was said."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.screen.consignments import Ask, BoardCard, View
from comity.web.consignmentrows import GROUPS, Row, address, row, tabs
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.views import Tally
from comity.web.visit import Absent, Answer, Screen, ScreenRoute, Visit

_LONGEST = 64


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
            Region("rows", _rows(card, at)),
            Region("pages", (Part("pen-pages", "inbox.pages", _pages(card)),)),
        ),
    )
    writes = visit.site.needs.may(visit.who.person, Deed.COMPOSE)
    return Screen(page, frozenset({"inbox"}), {"writes": writes})


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


ROUTES = (ScreenRoute("GET", "/precursors", Deed.INBOX, board),)
