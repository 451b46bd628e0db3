"""The first page and the shared workplan with its cases that are open to the visitor, and what of it waits for us."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.screen.consignments import Ask
from comity.web import pages, scorecardview
from comity.web.consignmentrows import row
from comity.web.reading import open_cases, reading, sight
from comity.web.screens.precursors import incidents
from comity.web.screens.workplan import unanswered
from comity.web.visit import Answer, Redirect, Screen, ScreenRoute, Visit

_PENS = 5


async def first(visit: Visit) -> Answer:
    """Go where this person's day begins: the inbox, or the workplan for those to whom it is not open."""
    return Redirect("/inbox" if visit.site.needs.may(visit.who.person, Deed.INBOX) else "/today")


async def today(visit: Visit) -> Answer:
    """Workplan, cases with their dispatches, proposals, what is due and consignments that wait for us, latest, link, logs."""
    waiting = pages.Region("plan", unanswered(visit)), pages.Region("due", _due(visit))
    more = (*waiting, pages.Region("pens", _pens(visit)))
    page = pages.day(reading(visit, open_cases(visit)), visit.texts, *more)
    return Screen(page, frozenset({"inbox", "log"}))


def _due(visit: Visit) -> tuple[pages.Part, ...]:
    """Return the scorecard of a quarter that ended and was not stated, for those who may send it."""
    scores, meetings = visit.site.scorecards, visit.site.meetings
    if scores is None or not visit.site.needs.may(visit.who.person, Deed.AMEND):
        return ()
    quarter = scores.due(visit.now)
    if quarter is None:
        return ()
    lines = () if meetings is None else meetings.meetings(visit.now)
    due = scorecardview.due(quarter, lines, visit.now, visit.texts)
    return () if due is None else (pages.Part("day-score", "scorecard.due", due),)


def _pens(visit: Visit) -> tuple[pages.Part, ...]:
    """Return the consignments that wait for us first, for those to whom their board is open."""
    reader, person = visit.site.consignments, visit.who.person
    if reader is None or not visit.site.needs.may(person, Deed.INBOX):
        return ()
    at = sight(visit)
    rows = tuple(row(line, at) for line in reader.page(person, Ask(), visit.now).lines[:_PENS])
    pens = (pages.Part("day-pens", "precursors.ofcase", rows),) if rows else ()
    return (*incidents(visit, _PENS), *pens)


ROUTES = (ScreenRoute("GET", "/", Deed.HOME, first), ScreenRoute("GET", "/today", Deed.HOME, today))
