"""What waits for people: held drafts and acts, what is owed, alarms, budgets over persons."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.web import pages
from comity.web.reading import open_cases, reading
from comity.web.visit import Answer, Screen, ScreenRoute, Visit


async def approvals(visit: Visit) -> Answer:
    """All of it, as codes and counts."""
    return Screen(pages.approvals(reading(visit, open_cases(visit)), visit.texts), frozenset({"waiting"}))


ROUTES = (ScreenRoute("GET", "/approvals", Deed.APPROVE, approvals),)
