"""The reviewer's work: what was done behind broken glass, by whom, why, by when to be looked at, and the review in words.

The rule it keeps: a reviewer changes nothing but own reviews, by a deed of its own. A desk lead sees what waits and what is
overdue, and writes none. Who broke the glass never reviews it; the door says so again.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import BadForm
from comity.base.ids import CaseId, read_id, show_id
from comity.policy.access import CaseFacts, Deed
from comity.screen.reviews import ReviewCard, Still, Who
from comity.screen.visitor import Json
from comity.web import moments
from comity.web.dutyview import left
from comity.web.judged import step_said
from comity.web.letters import Sight
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.texts import Texts
from comity.web.views import Left, Tally
from comity.web.visit import Absent, Answer, Redirect, Refused, Screen, ScreenRoute, Visit

TOPICS = frozenset({"waiting"})
_REVIEW = "review"
_MOST_DONE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the lists; `found` is who reviewed it when, "" while it waits."""

    id: str
    href: str
    what: str
    how: str
    by: str
    reason: str
    when: str
    left: Left | None
    found: str
    say: str


@dataclass(frozen=True, slots=True)
class Whole:
    """One breaking whole, for whoever reviews it. `case` is its address."""

    what: str
    how: str
    broken: str
    reason: str
    deferred: tuple[str, ...]
    still: tuple[tuple[str, str, bool], ...]
    seen: tuple[str, ...]
    dispatch: str
    case: str
    left: Left | None
    found: str
    finding: str


# --- the lists -----------------------------------------------------------------------------------------------------


async def reviews(visit: Visit) -> Answer:
    """What waits for the reviewer, the first due first, and what was reviewed."""
    board, at = visit.site.reviews, sight(visit)
    waits = [one for one in board.waiting() if _facts(visit, one) is not None]
    done = [one for one in board.done(_MOST_DONE) if _facts(visit, one) is not None]
    late = sum(one.due is not None and one.due <= visit.now for one in waits)
    regions = (
        Region("late", (Part("late", "reviews.late", visit.texts.count("reviews.late", late)),) if late else ()),
        Region(
            "waiting", _rows(waits, at) or (Part("w-none", "reviews.nothing", visit.texts("reviews.waiting.none")),)
        ),
        Region("done", _rows(done, at) or (Part("d-none", "reviews.nothing", visit.texts("reviews.done.none")),)),
    )
    return Screen(Page("reviews.html", visit.texts("reviews.h1"), "reviews", regions), TOPICS)


def _rows(cards: list[ReviewCard], at: Sight) -> tuple[Part, ...]:
    return tuple(Part(f"v-{show_id(one.id)}", "reviews.row", _row(one, at)) for one in cards)


def _row(one: ReviewCard, at: Sight) -> Row:
    t, number = at.texts, show_id(one.id)
    late = one.done is None and one.due is not None and one.due <= at.now
    return Row(
        id=number,
        href=f"/dispatch/{show_id(one.dispatch)}/review/{number}",
        what=_what(one, t),
        how=_how(one, t),
        by=t("reviews.law") if one.by is None and one.verb != _REVIEW else _who(one.by, t),
        reason=one.reason,
        when=moments.moment(one.since, at.now, t),
        left=None if one.due is None or one.done is not None else left(one.due, at),
        found=_found(one, at),
        say=t("say.overdue", title=_what(one, t)) if late else "",
    )


def _what(one: ReviewCard, t: Texts) -> str:
    return t("reviews.glass") if one.verb == _REVIEW else t("reviews.report", code=one.value)


def _how(one: ReviewCard, t: Texts) -> str:
    if one.verb != _REVIEW:
        return ""
    return t("reviews.act", act=t.word("acts.act", one.act)) if one.act else t("reviews.sent")


def _who(who: Who | None, t: Texts) -> str:
    return t("reviews.unknown") if who is None else f"{who[0]}/{who[1]}"


def _found(one: ReviewCard, at: Sight) -> str:
    if one.done is None:
        return ""
    when, who, _ = one.done
    return at.texts("reviews.found", officer=_who(who, at.texts), time=moments.moment(when, at.now, at.texts))


def _facts(visit: Visit, one: ReviewCard) -> tuple[CaseId, CaseFacts] | None:
    """Return the case of a thing that waits if the visitor may see reviews of it."""
    found = visit.site.needs.facts("dispatch", show_id(one.dispatch))
    opens = found is not None and visit.site.needs.may(visit.who.person, Deed.REVIEWS, found[1])
    return found if opens else None


def tally(visit: Visit) -> Tally | None:
    """How many reviews wait, for the rail of those to whom they are shown."""
    if not visit.site.needs.may(visit.who.person, Deed.REVIEWS):
        return None
    count, late = visit.site.reviews.tally(visit.now)
    return Tally(count, late > 0) if count else None


# --- one review ----------------------------------------------------------------------------------------------------


async def one(visit: Visit) -> Answer:
    """One breaking whole, with the form of its review."""
    return _page(visit)


def _find(visit: Visit) -> ReviewCard | None:
    """Return the thing of the address, which must come from the dispatch of the address."""
    try:
        found = visit.site.reviews.one(read_id(visit.path["thing"]))
    except BadForm:
        return None
    return found if found is not None and show_id(found.dispatch) == visit.path["number"] else None


def _page(visit: Visit, error: str = "", status: int = 200) -> Answer:
    card = _find(visit)
    if card is None:
        return Absent()
    at, glass = sight(visit), card.verb == _REVIEW
    title = visit.texts("reviews.one.h1" if glass else "reviews.one.report")
    page = Page(
        "review.html", title, "reviews", (Region("whole", (Part("whole", "reviews.whole", _whole(card, visit, at)),)),)
    )
    here = f"/dispatch/{visit.path['number']}/review/{visit.path['thing']}"
    context: dict[str, object] = {
        "here": here,
        "writes": card.done is None and visit.site.needs.may(visit.who.person, Deed.REVIEW, visit.case),
        "waits": card.done is None,
        "glass": glass,
        "note": visit.field("note"),
        "error": error,
        "page_h1": title,
    }
    return Screen(page, TOPICS, context, status, here if status != 200 else "")  # noqa: PLR2004  the usual status


def _whole(one: ReviewCard, visit: Visit, at: Sight) -> Whole:
    t, case = at.texts, "" if visit.case_id is None else show_id(visit.case_id)
    when = moments.moment(one.since, at.now, t)
    return Whole(
        what=_what(one, t),
        how=_how(one, t),
        broken=t("reviews.broken", officer=_who(one.by, t), time=when) if one.verb == _REVIEW else when,
        reason=one.reason,
        deferred=tuple(step_said(step, t) for step in one.deferred),
        still=tuple(_still(thing, at) for thing in one.still),
        seen=tuple(
            t("reviews.seen.one", officer=_who(who, t), time=moments.moment(first, at.now, t))
            for who, first in one.seen
        ),
        dispatch=show_id(one.dispatch),
        case=f"/case/{case}",
        left=None if one.due is None or one.done is not None else left(one.due, at),
        found=_found(one, at),
        finding="" if one.done is None else one.done[2],
    )


def _still(one: Still, at: Sight) -> tuple[str, str, bool]:
    t, (verb, _, value) = at.texts, one.what.partition(":")
    named = t.word("role" if verb == "approval" else "compose.assessed", value) if value else ""
    words = f"{t.word('owed', verb)}: {named}" if named else t.word("owed", verb)
    if one.done is not None:
        return words, t("reviews.still.done", time=moments.moment(one.done, at.now, t)), True
    role = t.word("role", one.role)
    if one.due is None:
        return words, t("reviews.still.open", role=role), False
    return words, t("reviews.still.due", role=role, time=moments.moment(one.due, at.now, t)), False


async def review(visit: Visit) -> Answer:
    """Write the review; the door says who may, and that it is done once."""
    card = _find(visit)
    if card is None:
        return Absent()
    person = visit.who.person
    body: Json = {
        "id": visit.path["thing"],
        "by": {"desk": person.desk, "number": person.number},
        "note": visit.field("note"),
    }
    try:
        await visit.site.hands.ask("POST", "/owed/complete", body=body)
    except Refused as error:
        return _page(visit, str(error), error.status)
    return Redirect("/reviews", "reviews.said" if card.verb == _REVIEW else "reviews.said.report")


def _about(method: str, deed: Deed) -> ScreenRoute:
    run = one if method == "GET" else review
    return ScreenRoute(
        method, "/dispatch/{number:str}/review/{thing:str}", deed, run, about="number", about_kind="dispatch"
    )


ROUTES = (
    ScreenRoute("GET", "/reviews", Deed.REVIEWS, reviews),
    _about("GET", Deed.REVIEWS),
    _about("POST", Deed.REVIEW),
)
