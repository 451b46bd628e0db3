"""One case: timeline, stream, what is owed, newest verdicts."""

from __future__ import annotations

from comity.base.ids import show_id
from comity.policy.access import Deed
from comity.web import pages
from comity.web.reading import reading
from comity.web.visit import Absent, Answer, Screen, ScreenRoute, Visit


async def case(visit: Visit) -> Answer:
    """The case of the path, by its 26 letters or our number."""
    assert visit.case_id is not None
    number = show_id(visit.case_id)
    cards = tuple(card for card in visit.site.board.cases(visit.now) if card.case == visit.case_id)
    page = pages.case(number, reading(visit, cards), visit.texts)
    return Absent() if page is None else Screen(page, frozenset({f"case:{number}"}))


ROUTES = (ScreenRoute("GET", "/case/{number:str}", Deed.CASE, case, about="number"),)
