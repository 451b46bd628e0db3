"""The scorecard of a period: what each side counted alone, how the two compare, plots with their tables, and files of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlencode

from comity.base.errors import ComityError
from comity.policy.access import Deed
from comity.screen.scorecard import ScoreBoard, ScoreCard, Standing
from comity.web import scorecardview as views
from comity.web.pages import Page, Part, Region
from comity.web.texts import Texts
from comity.web.visit import Absent, Answer, File, Refused, Screen, ScreenRoute, Visit

_LONGEST = 10
_REGIONS = ("head", "banner", "counts", "plots", "byitem")


async def scorecard(visit: Visit) -> Answer:
    """One period; the counting runs beside the pages."""
    reader = visit.site.scorecards
    if reader is None:
        return Absent()
    begins, ends = _asked(visit)
    try:
        card = await asyncio.to_thread(reader.page, begins, ends, visit.texts.lang, visit.now)
    except ComityError as error:
        part = Part("score-refused", "scorecard.refused", str(error))
        regions = tuple(Region(name, (part,) if name == "head" else ()) for name in _REGIONS)
        return Screen(Page("scorecard.html", visit.texts("frame.scorecard"), "scorecard", regions), frozenset())
    may = visit.site.needs.may(visit.who.person, Deed.AMEND)
    return Screen(_page(card, visit.texts, may=may), frozenset({"inbox"}))


def _page(card: ScoreCard, t: Texts, *, may: bool) -> Page:
    title = t("score.h1", begins=card.begins, ends=card.ends)
    different = card.standing is Standing.DIFFERENT and card.leaves
    shown = [Part("score-banner", "scorecard.banner", views.banner(card, t))]
    todo = views.next_of(card, t, may=may)
    if todo is not None:
        shown.append(Part("score-next", "scorecard.next", todo))
    if different:
        shown.append(Part("score-leaves", "scorecard.leaves", views.leaves(card, t)))
    plots = tuple(Part(f"score-{one.id}", "scorecard.plot", one) for one in views.drawn(card))
    regions = (
        Region("head", (Part("score-head", "scorecard.head", _head(card, title, t)),)),
        Region("banner", tuple(shown)),
        Region("counts", (Part("score-counts", "scorecard.counts", views.kpis(card)),)),
        Region("plots", plots),
        Region(
            "byitem",
            (
                Part("score-items", "scorecard.items", views.items(card)),
                Part("score-all", "scorecard.figures", views.figures(card)),
            ),
        ),
    )
    return Page("scorecard.html", title, "scorecard", regions)


def _head(card: ScoreCard, title: str, t: Texts) -> tuple[object, ...]:
    here = (card.begins, card.ends)
    quarters = tuple((f"/scorecard?{_query(*one)}", views.period(*one, t), one == here) for one in card.quarters)
    return (title, t("score.lead", leaves=card.counted), card.begins, card.ends, quarters, _query(*here), here)


def _query(begins: str, ends: str) -> str:
    return urlencode({"from": begins, "to": ends})


def _asked(visit: Visit) -> tuple[str, str]:
    return visit.query.get("from", "")[:_LONGEST], visit.query.get("to", "")[:_LONGEST]


async def figures(visit: Visit) -> Answer:
    """Our figures as CSV."""
    return await _file(
        visit,
        "csv",
        "text/csv; charset=utf-8",
        lambda reader, *period: reader.csv(*period, visit.texts.lang, visit.now),
    )


async def leaves(visit: Visit) -> Answer:
    """All leaves that explain a difference, as CSV."""
    return await _file(
        visit,
        "leaves.csv",
        "text/csv; charset=utf-8",
        lambda reader, *period: reader.csv(*period, visit.texts.lang, visit.now, leaves=True),
    )


async def report(visit: Visit) -> Answer:
    """Our figures as PDF."""
    return await _file(
        visit, "pdf", "application/pdf", lambda reader, *period: reader.pdf(*period, visit.texts.lang, visit.now)
    )


async def statement(visit: Visit) -> Answer:
    """What the other side needs to compare."""
    return await _file(
        visit, "statement", "application/cbor", lambda reader, *period: reader.statement(*period, visit.now)
    )


async def _file(visit: Visit, ending: str, media: str, make: Callable[[ScoreBoard, str, str], bytes]) -> Answer:
    reader = visit.site.scorecards
    if reader is None:
        return Absent()
    begins, ends = _asked(visit)
    try:
        body = await asyncio.to_thread(make, reader, begins, ends)
    except ComityError as error:
        raise Refused(409, error.code, str(error)) from error
    return File(f"scorecard-{begins}-{ends}.{ending}", media, body)


ROUTES = (
    ScreenRoute("GET", "/scorecard", Deed.PLAN, scorecard),
    ScreenRoute("GET", "/scorecard/figures.csv", Deed.PLAN, figures),
    ScreenRoute("GET", "/scorecard/leaves.csv", Deed.PLAN, leaves),
    ScreenRoute("GET", "/scorecard/report.pdf", Deed.PLAN, report),
    ScreenRoute("GET", "/scorecard/statement", Deed.PLAN, statement),
)
