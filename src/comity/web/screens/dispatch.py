"""One dispatch with its proof, made again just now; one about a consignment leads to the page of that."""

from __future__ import annotations

from comity.base.ids import read_id, show_id
from comity.policy.access import Deed
from comity.web import pages
from comity.web.reading import reading
from comity.web.visit import Absent, Answer, Redirect, Screen, ScreenRoute, Visit


async def dispatch(visit: Visit) -> Answer:
    """The dispatch of the path, by its 26 letters."""
    assert visit.case_id is not None
    number = read_id(visit.path["number"])
    card = visit.site.board.dispatch(number, visit.now)
    if card is None:
        kept = visit.site.consignments
        about = None if kept is None else kept.card(number, visit.now)
        return Absent() if about is None else Redirect(f"/precursors/{show_id(about.line.id)}")
    proof = visit.site.board.prove(number, visit.now)
    page = pages.dispatch(card, proof, reading(visit), visit.texts)
    return Screen(page, frozenset({f"case:{show_id(visit.case_id)}"}))


ROUTES = (ScreenRoute("GET", "/dispatch/{number:str}", Deed.PROOF, dispatch, about="number", about_kind="dispatch"),)
