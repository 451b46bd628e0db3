"""The logs: sizes, roots, co-signatures, keys and addresses; no content."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.web import pages
from comity.web.reading import reading
from comity.web.visit import Answer, Screen, ScreenRoute, Visit


async def ledger(visit: Visit) -> Answer:
    """All logs with keys and addresses, and the link."""
    return Screen(pages.ledger(reading(visit), visit.texts), frozenset({"log"}))


ROUTES = (ScreenRoute("GET", "/ledger", Deed.LEDGER, ledger),)
