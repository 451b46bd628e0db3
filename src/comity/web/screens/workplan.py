"""The workplan that both sides signed: the board, an item, its history, and how it is changed."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.web.pages import Page, Part, Region
from comity.web.visit import Absent, Answer, Screen, ScreenRoute, Visit


async def board(visit: Visit) -> Answer:
    """Show the plan in force."""
    reader = visit.site.plan
    if reader is None:
        return Absent()
    card = reader.plan(visit.now)
    page = Page(
        "workplan.html",
        visit.texts("plan.h1"),
        "workplan",
        (Region("head", (Part("plan-head", "workplan.head", card),)),),
    )
    return Screen(page, frozenset({"workplan"}))


ROUTES = (ScreenRoute("GET", "/workplan", Deed.PLAN, board),)
