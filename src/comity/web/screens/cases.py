"""The list of cases that are open to the visitor: those in which something is owed by time left, the others by movement."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.screen.caselist import CaseAsk, CaseListCard, CaseView
from comity.web.caserows import address, row, tabs
from comity.web.letters import Sight
from comity.web.listing import GROUPS, counted
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.visit import Answer, Screen, ScreenRoute, Visit

TOPICS = frozenset({"inbox", "people"})
"""A case moves with what is sent, came or was seen in it, and with who was given it."""
_LONGEST = 64


async def cases(visit: Visit) -> Answer:
    """One page of one list."""
    ask = ask_of(visit)
    card, at = visit.site.caselist.page(visit.who.person, ask, visit.now), sight(visit)
    page = Page(
        "cases.html",
        visit.texts("cases.h1"),
        "cases",
        (
            Region("head", (Part("cases-head", "cases.head", _head(card, at)),)),
            Region("rows", _rows(card, visit, at)),
            Region("pages", (Part("cases-pages", "inbox.pages", _pages(card)),)),
        ),
    )
    context: dict[str, object] = {
        "chosen": {"agency": ask.agency, "view": ask.view.value},
        "agencies": card.agencies,
        "whole": address(CaseAsk(ask.view)),
    }
    return Screen(page, TOPICS, context)


def ask_of(visit: Visit) -> CaseAsk:
    """Read which part of the list is asked for; what does not fit is left out."""
    view = visit.query.get("view", "")
    return CaseAsk(
        view=CaseView(view) if view in set(CaseView) else CaseView.OPEN,
        agency=visit.query.get("agency", "")[:_LONGEST],
        page=visit.query.get("page", "")[:_LONGEST],
    )


def _head(card: CaseListCard, at: Sight) -> tuple[object, ...]:
    due = card.ask.view is CaseView.OPEN
    return tabs(card.ask, card.counts, at.texts), at.texts("cases.sorted" if due else "cases.sorted.moved")


def _rows(card: CaseListCard, visit: Visit, at: Sight) -> tuple[Part, ...]:
    if not card.lines:
        return (_none(card, at),)
    views = [row(line, visit.who.person, at) for line in card.lines]
    parts = [Part(f"case-{view.id}", "cases.row", view) for view in views]
    if card.ask.view is not CaseView.OPEN:
        return tuple(parts)
    found: list[Part] = []
    for group in GROUPS:
        inside = [part for part, view in zip(parts, views, strict=True) if view.group == group]
        if inside:
            late = group == "over"
            count = counted(card.counts.overdue, at.texts) if late and not card.ask.agency else ""
            found += [Part(f"g-{group}", "inbox.group", (at.texts(f"inbox.{group}"), count, late, "")), *inside]
    return tuple(found)


def _none(card: CaseListCard, at: Sight) -> Part:
    t, ask = at.texts, card.ask
    if ask.agency or ask.page:
        view = (t("cases.none.narrow"), "", address(CaseAsk(ask.view)), t("inbox.clear"))
    elif ask.view is CaseView.MINE:
        view = (t("cases.none.mine"), "", "/inbox", t("cases.inbox"))
    else:
        view = (t("cases.none" if ask.view is CaseView.OPEN else "cases.none.here"), "", "", "")
    return Part("cases-none", "inbox.blank", view)


def _pages(card: CaseListCard) -> tuple[str, str]:
    following = address(card.ask, page=card.following) if card.following else ""
    return (address(card.ask) if card.ask.page else "", following)


ROUTES = (ScreenRoute("GET", "/cases", Deed.INBOX, cases),)
