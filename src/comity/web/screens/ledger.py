"""The logs: sizes, roots, co-signatures, keys and addresses, and the cuts that were taken; no content."""

from __future__ import annotations

from dataclasses import replace

from comity.policy.access import Deed
from comity.web import cutview, pages
from comity.web.reading import reading
from comity.web.visit import Answer, Screen, ScreenRoute, Visit


async def ledger(visit: Visit) -> Answer:
    """All logs with keys and addresses, the link, and what was cut of a log whose key was stolen."""
    page = pages.ledger(reading(visit), visit.texts)
    page = replace(page, regions=(*page.regions, await cutview.region(visit)))
    return Screen(page, frozenset({"log", "link"}))


ROUTES = (ScreenRoute("GET", "/ledger", Deed.LEDGER, ledger),)
