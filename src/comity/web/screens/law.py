"""Both law editions, rule by rule: ours whole, theirs as they published it."""

from __future__ import annotations

from comity.policy.access import Deed
from comity.web import pages
from comity.web.reading import reading
from comity.web.visit import Absent, Answer, Screen, ScreenRoute, Visit


async def law(visit: Visit) -> Answer:
    """The law of the party whose mark the path has; ours without. `lang` is the language of the sentences."""
    short = visit.path.get("mark", "")
    cards = [card for card in visit.site.board.laws() if (card.short.lower() == short if short else card.ours)]
    if not cards:
        return Absent()
    languages = {tag for card in visit.site.board.laws() for tag in card.languages}
    asked = next((tag for tag in (visit.query.get("lang", ""), visit.who.language) if tag in languages), "")
    page = pages.law(cards[0].short.lower(), asked or cards[0].languages[0], reading(visit), visit.texts)
    return Absent() if page is None else Screen(page)


ROUTES = (
    ScreenRoute("GET", "/law", Deed.LAW, law),
    ScreenRoute("GET", "/law/{mark:str}", Deed.LAW, law),
)
