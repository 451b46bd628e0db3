"""The inbox: what waits, by time left, overdue first; and one dispatch in short beside the list."""

from __future__ import annotations

from comity.base.errors import BadForm
from comity.base.ids import read_id, show_id
from comity.policy.access import Deed
from comity.screen.inbox import Ask, Counts, InboxCard, Line, View
from comity.web.letters import Sight
from comity.web.listing import GROUPS, address, counted, row, tabs
from comity.web.pages import Page, Part, Region
from comity.web.peek import peek
from comity.web.reading import sight
from comity.web.views import Tally
from comity.web.visit import Absent, Answer, Fragment, Json, Redirect, Screen, ScreenRoute, Visit

_LONGEST = 64


async def inbox(visit: Visit) -> Answer:
    """One page of one list."""
    ask = ask_of(visit)
    card = visit.site.inbox.page(visit.who.person, ask, visit.now)
    at = sight(visit)
    first = next(iter(card.lines), None)
    page = Page(
        "inbox.html",
        visit.texts("inbox.h1"),
        "inbox",
        (
            Region("head", (Part("inbox-head", "inbox.head", _head(card, at)),)),
            Region("rows", _rows(card, visit, at)),
            Region("pages", (Part("inbox-pages", "inbox.pages", _pages(card)),)),
        ),
    )
    chosen = {"item": ask.item, "agency": ask.agency, "view": ask.view.value}
    context: dict[str, object] = {
        "chosen": chosen,
        "items": card.items,
        "agencies": card.agencies,
        "first": None if first is None else show_id(first.id),
        "narrowed": bool(ask.item or ask.agency),
        "whole": address(Ask(ask.view)),
    }
    return Screen(page, frozenset({"inbox"}), context)


def ask_of(visit: Visit) -> Ask:
    """Read which part of the lists is asked for; what does not fit is left out."""
    view = visit.query.get("view", "")
    return Ask(
        view=View(view) if view in set(View) else View.OURS,
        item=visit.query.get("item", "")[:_LONGEST],
        agency=visit.query.get("agency", "")[:_LONGEST],
        page=visit.query.get("page", "")[:_LONGEST],
    )


def tally(visit: Visit) -> Tally | None:
    """How much waits for us, for the rail."""
    counts = visit.site.inbox.counts(visit.who.person, visit.now)
    return Tally(counts.ours, counts.overdue > 0, counts.overdue) if counts.ours else None


def _head(card: InboxCard, at: Sight) -> tuple[object, ...]:
    newest = card.ask.view in {View.SETTLED, View.ALL}
    return tabs(card.ask, card.counts, at.texts), at.texts("inbox.sorted.newest" if newest else "inbox.sorted")


def _rows(card: InboxCard, visit: Visit, at: Sight) -> tuple[Part, ...]:
    """The rows in their groups, each group with its head; what waits there and what was settled below the first page."""
    if not card.lines and not card.there and not card.settled:
        return (_none(card, at),)
    own = _grouped(card, visit, at) if card.lines else [_none(card, at)]
    for key, lines, view in (("there", card.there, View.THEIRS), ("settled", card.settled, View.SETTLED)):
        if lines:
            head = (at.texts(f"inbox.{key}"), "", False, address(card.ask, view=view))
            own += [Part(f"g-{key}", "inbox.group", head), *_parts(lines, visit, at)]
    return tuple(own)


def _grouped(card: InboxCard, visit: Visit, at: Sight) -> list[Part]:
    shown = _parts(card.lines, visit, at)
    if card.ask.view in {View.SETTLED, View.ALL}:
        return list(shown)
    found: list[Part] = []
    for group in GROUPS:
        rows = [part for part, line in zip(shown, card.lines, strict=True) if _group(part) == group]
        if rows:
            count = _overdue(card) if group == "over" else ""
            found += [
                Part(f"g-{group}", "inbox.group", (at.texts(f"inbox.{group}"), count, group == "over", "")),
                *rows,
            ]
    return found


def _group(part: Part) -> str:
    return str(getattr(part.view, "group", ""))


def _overdue(card: InboxCard) -> str:
    counts: Counts = card.counts
    late = {View.OURS: counts.overdue, View.THEIRS: counts.theirs_overdue}.get(card.ask.view)
    return "" if late is None or card.ask.item or card.ask.agency else str(late)


def _parts(lines: tuple[Line, ...], visit: Visit, at: Sight) -> tuple[Part, ...]:
    views = (row(line, visit.who.person, at) for line in lines)
    return tuple(Part(f"in-{view.id}", "inbox.row", view) for view in views)


def _none(card: InboxCard, at: Sight) -> Part:
    t = at.texts
    if card.ask.item or card.ask.agency or card.ask.page:
        return Part(
            "inbox-none", "inbox.blank", (t("inbox.empty.narrow"), "", address(Ask(card.ask.view)), t("inbox.clear"))
        )
    if card.ask.view is not View.OURS:
        return Part("inbox-none", "inbox.blank", (t("inbox.empty.here"), "", "", ""))
    there = (
        t.count("inbox.empty.there", card.counts.theirs)
        if card.counts.theirs < Counts.MOST
        else counted(Counts.MOST, t)
    )
    href = address(card.ask, view=View.THEIRS)
    return Part("inbox-none", "inbox.blank", (t("inbox.empty"), there, href, t("inbox.see.there")))


def _pages(card: InboxCard) -> tuple[str, str]:
    following = address(card.ask, page=card.following) if card.following else ""
    return (address(card.ask) if card.ask.page else "", following)


# --- one dispatch beside the list ------------------------------------------------------------------------------------


async def look(visit: Visit) -> Answer:
    """One dispatch in short; looking is not opening: nothing is noted."""
    number = visit.path["dispatch"]
    part = _peeked(visit, number)
    if part is None:
        return Absent()
    return Fragment(part) if visit.partial else Redirect(f"/case/{show_id(visit.case_id or b'')}#d-{number}")


def _peeked(visit: Visit, number: str) -> Part | None:
    try:
        dispatch = read_id(number)
    except BadForm:
        return None
    line, card = visit.site.inbox.line(dispatch), visit.site.board.dispatch(dispatch, visit.now)
    if line is None or card is None:
        return None
    return Part("peeked", "inbox.peek", peek(line, card, visit, sight(visit)))


async def seen(visit: Visit) -> Answer:
    """A person has seen it: that is a fact in both logs, with the officer in ours."""
    number = visit.path["dispatch"]
    await visit.site.hands.ask("POST", "/see", body={"ids": [number], "by": by_of(visit)})
    return _after(visit, number, "inbox.done.seen")


async def take(visit: Visit) -> Answer:
    """Put the case on the visitor's own list."""
    person = visit.who.person
    case = show_id(visit.case_id or b"")
    body: Json = {"desk": person.desk, "number": person.number, "case": case, "by": f"{person.desk}/{person.number}"}
    await visit.site.hands.ask("POST", "/people/member", body=body)
    return _after(visit, visit.path["dispatch"], "inbox.done.taken")


def by_of(visit: Visit) -> dict[str, Json]:
    """Return the visitor as the door names an officer."""
    return {"desk": visit.who.person.desk, "number": visit.who.person.number}


def _after(visit: Visit, number: str, say: str) -> Answer:
    part = _peeked(visit, number) if visit.partial else None
    return Fragment(part) if part is not None else Redirect("/inbox", say)


ROUTES = (
    ScreenRoute("GET", "/inbox", Deed.INBOX, inbox),
    ScreenRoute("GET", "/inbox/peek/{dispatch:str}", Deed.CASE, look, about="dispatch", about_kind="dispatch"),
    ScreenRoute("POST", "/inbox/seen/{dispatch:str}", Deed.SEND, seen, about="dispatch", about_kind="dispatch"),
    ScreenRoute("POST", "/inbox/take/{dispatch:str}", Deed.MEMBERS, take, about="dispatch", about_kind="dispatch"),
)
