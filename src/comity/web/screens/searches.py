"""Who looked for what, and who was given a case: read by our reviewer alone.

The rule it keeps: what was looked for can name a person, so it is on no other screen and in no list of anybody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from comity.base.ids import Ms, show_id
from comity.policy.access import Deed
from comity.screen.searches import Given, Searched, Who
from comity.web import moments
from comity.web.pages import Page, Part, Region
from comity.web.texts import Texts
from comity.web.visit import Answer, Screen, ScreenRoute, Visit

_LONGEST = 400
_MOST_GIVEN = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One search, times and counts written."""

    when: str
    who: str
    words: str
    narrowed: str
    found: str


@dataclass(frozen=True, slots=True)
class GivenRow:
    """One case that somebody was given."""

    case: str
    who: str
    by: str
    when: str
    until: str
    opened: str


async def searches(visit: Visit) -> Answer:
    """One page of searches, of one officer and with some words where the visitor asks so, and the cases that were given."""
    t, board, field = visit.texts, visit.site.searches, visit.query.get
    by, words = field("by", "")[:_LONGEST].strip(), field("words", "")[:_LONGEST].strip()
    card = board.page(_officer(by), words, field("after", "")[:_LONGEST])
    shown = tuple(Part(f"s-{one.id}", "searches.row", _row(one, visit)) for one in card.searches)
    given = tuple(
        Part(f"g-{show_id(one.case)}-{one.who[0]}-{one.who[1]}", "searches.given", _given(one, visit))
        for one in board.given(_MOST_GIVEN)
        if _opens(visit, one)
    )
    pages = (_address(by, words, "") if field("after") else "", _address(by, words, card.following))
    regions = (
        Region("list", shown or (Part("s-none", "searches.nothing", t("searches.none")),)),
        Region("pages", (Part("s-pages", "searches.pages", pages if card.following else (pages[0], "")),)),
        Region("given", given or (Part("g-none", "searches.nobody", t("searches.given.none")),)),
    )
    person = visit.who.person
    context: dict[str, object] = {
        "by": by,
        "words": words,
        "days": board.days(),
        "example": f"{person.desk}/{person.number}",
    }
    return Screen(Page("searches.html", t("searches.h1"), "searches", regions), context=context)


def _officer(text: str) -> Who | None:
    """Return desk and number; what is none finds nothing, and "" is everybody."""
    desk, _, number = text.partition("/")
    if not text:
        return None
    return (desk, int(number)) if number.isascii() and number.isdecimal() and len(number) < 10 else (desk, -1)  # noqa: PLR2004  digits of a number


def _row(one: Searched, visit: Visit) -> Row:
    t = visit.texts
    return Row(_when(one.at, visit), _who(one.by, t), one.words, one.narrowed, t.count("searches.hits", one.hits))


def _who(who: Who, t: Texts) -> str:
    return f"{who[0]}/{who[1]}" if who[1] else t("searches.machine")


def _given(one: Given, visit: Visit) -> GivenRow:
    t = visit.texts
    return GivenRow(
        case=show_id(one.case),
        who=_who(one.who, t),
        by=one.by,
        when=_when(one.since, visit),
        until="" if one.ended is None else t("searches.given.until", time=_when(one.ended, visit)),
        opened=t("searches.opened.not") if one.opened is None else _when(one.opened, visit),
    )


def _opens(visit: Visit, one: Given) -> bool:
    found = visit.site.needs.facts("case", show_id(one.case))
    return found is not None and visit.site.needs.may(visit.who.person, Deed.CASE, found[1])


def _when(when: Ms, visit: Visit) -> str:
    return moments.moment(when, visit.now, visit.texts)


def _address(by: str, words: str, after: str) -> str:
    fields = {"by": by, "words": words, "after": after}
    return "/searches?" + urlencode({name: value for name, value in fields.items() if value})


ROUTES = (ScreenRoute("GET", "/searches", Deed.SEARCHES, searches),)
