"""Search over the cases that are open to the visitor; a number goes straight to its case, the name of a page to that page."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from urllib.parse import urlencode

from comity.base.ids import show_id
from comity.policy.access import Deed
from comity.screen.finding import FoundCard, FoundCase, FoundDispatch, Piece, Search
from comity.web import consignmentrows, moments
from comity.web.frame import RAIL
from comity.web.letters import Sight
from comity.web.listing import Row, row
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.visit import Answer, Json, Redirect, Refused, Screen, ScreenRoute, Visit

_LONGEST = 400
_LOG = logging.getLogger("comity.web")
_NOTES: set[asyncio.Task[None]] = set()
"""Notes under way; a task that nobody holds could be dropped before it ran."""


@dataclass(frozen=True, slots=True)
class Found:
    """One dispatch that was found."""

    row: Row
    title: tuple[Piece, ...]
    around: tuple[Piece, ...]
    lang: str | None
    when: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case in which something was found."""

    id: str
    href: str
    number: str
    theirs: str
    title: tuple[Piece, ...]
    found: tuple[Found, ...]


async def search(visit: Visit) -> Answer:
    """What was found, the newest first, by case."""
    asked = asked_of(visit)
    way = command(asked.typed, visit)
    if way:
        return Redirect(way)
    card = visit.site.finder.find(visit.who.person, asked, visit.now)
    if card.straight is not None:
        _note(card, visit)
        case, dispatch = card.straight
        return Redirect(f"/case/{show_id(case)}" + (f"#d-{show_id(dispatch)}" if dispatch is not None else ""))
    _note(card, visit)
    at = sight(visit)
    page = Page(
        "search.html",
        visit.texts("search.h1"),
        "search",
        (
            Region("said", (Part("search-said", "search.said", said(card, at)),)),
            Region("found", _found(card, visit, at)),
            Region("pages", (Part("search-pages", "search.pages", _pages(card)),)),
        ),
    )
    commands = tuple((visit.texts(one.word), one.href) for _, entries in RAIL for one in entries)
    context: dict[str, object] = {
        "asked": asked,
        "kinds": _kinds(card, at),
        "commands": commands,
        "days": visit.site.searches.days(),
    }
    return Screen(page, frozenset({"inbox"}), context)


def _note(card: FoundCard, visit: Visit) -> None:
    """Have it kept who looked for what; nobody waits for that. A further page of the same is the same search."""
    asked, person = card.search, visit.who.person
    if not asked.typed or asked.page:
        return
    hits = 1 if card.straight is not None else card.count + len(card.numbered)
    body: Json = {
        "by": {"desk": person.desk, "number": person.number},
        "words": asked.typed,
        "narrowed": " ".join(word for word in (asked.kind, asked.side, asked.since, asked.until) if word),
        "cases": 1 if card.straight is not None else len(card.cases),
        "hits": hits + len(card.consignments),
    }
    task = asyncio.ensure_future(_kept(visit, body))
    _NOTES.add(task)
    task.add_done_callback(_NOTES.discard)


async def _kept(visit: Visit, body: Json) -> None:
    try:
        await visit.site.hands.ask("POST", "/searches/note", body=body)
    except Refused as error:
        _LOG.warning("a search could not be noted: %s", error.code)


def asked_of(visit: Visit) -> Search:
    """Read what is looked for."""
    field = visit.query.get
    return Search(
        typed=field("q", "")[:_LONGEST].strip(),
        kind=field("kind", "")[:_LONGEST],
        side=field("side", "")[:_LONGEST],
        since=field("since", "")[:_LONGEST],
        until=field("until", "")[:_LONGEST],
        page=field("page", "")[:_LONGEST],
    )


def command(typed: str, visit: Visit) -> str:
    """Return the address of the page whose name was typed, in the visitor's language or in English; "" for none."""
    word = typed.removeprefix(">").strip().casefold()
    known = {visit.texts("search.new").casefold(): "/compose", "new": "/compose"}
    for _, entries in RAIL:
        for one in entries:
            known.setdefault(one.key, one.href)
            known.setdefault(visit.texts(one.word).casefold(), one.href)
    return known.get(word, "")


def said(card: FoundCard, at: Sight) -> str:
    """Say how much was found, with what."""
    t = at.texts
    if not card.words or card.search.page:
        return ""
    found = t("search.found.more", most=card.most) if card.count > card.most else t.count("search.found", card.count)
    return t("search.said", found=found, words=", ".join(card.words))


def _found(card: FoundCard, visit: Visit, at: Sight) -> tuple[Part, ...]:
    t = at.texts
    numbered = tuple(row(line, visit.who.person, at) for line in card.numbered)
    parts = [Part("search-numbered", "search.numbered", numbered)] if numbered else []
    pens = tuple(consignmentrows.row(one, at) for one in card.consignments)
    parts += [Part("search-pens", "precursors.ofcase", pens)] if pens else []
    parts += [Part(f"fc-{show_id(one.case)}", "search.case", _case(one, visit, at)) for one in card.cases]
    if parts:
        return tuple(parts)
    words = ("search.none", "search.none.text") if card.words else ("search.start", "search.hint")
    return (Part("search-none", "search.blank", (t(words[0]), t(words[1]))),)


def _case(one: FoundCase, visit: Visit, at: Sight) -> Case:
    shown = row(one.opener, visit.who.person, at)
    title = one.title or (Piece(shown.title, hit=False),)
    found = tuple(_dispatch(each, visit, at) for each in one.dispatches)
    number = show_id(one.case)
    return Case(number, f"/case/{number}", shown.number, shown.theirs, title, found)


def _dispatch(one: FoundDispatch, visit: Visit, at: Sight) -> Found:
    when = moments.moment(one.line.created, at.now, at.texts)
    return Found(row(one.line, visit.who.person, at), one.title, one.around, one.lang, when)


def _kinds(card: FoundCard, at: Sight) -> tuple[tuple[str, str], ...]:
    return tuple((kind, at.texts.word("kind", kind)) for kind in card.kinds)


def _pages(card: FoundCard) -> tuple[str, str]:
    search = card.search
    return (_address(search, "") if search.page else "", _address(search, card.following) if card.following else "")


def _address(search: Search, page: str) -> str:
    fields = {
        "q": search.typed,
        "kind": search.kind,
        "side": search.side,
        "since": search.since,
        "until": search.until,
        "page": page,
    }
    return "/search?" + urlencode({name: value for name, value in fields.items() if value})


ROUTES = (ScreenRoute("GET", "/search", Deed.INBOX, search),)
