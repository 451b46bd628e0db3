"""The first page and the shared workplan with its cases that are open to the visitor."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.web import pages
from comity.web.reading import open_cases, reading
from comity.web.visit import Answer, Redirect, Screen, ScreenRoute, Visit


async def first(visit: Visit) -> Answer:
    """Go where this person's day begins: the inbox, or the workplan for those to whom it is not open."""
    return Redirect("/inbox" if visit.site.needs.may(visit.who.person, Deed.INBOX) else "/today")


async def today(visit: Visit) -> Answer:
    """Workplan, cases with their dispatches, latest, link, logs."""
    page = pages.day(reading(visit, open_cases(visit)), visit.texts)
    return Screen(page, frozenset({"inbox", "log"}))


ROUTES = (ScreenRoute("GET", "/", Deed.HOME, first), ScreenRoute("GET", "/today", Deed.HOME, today))
