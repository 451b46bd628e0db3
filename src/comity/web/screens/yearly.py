"""The yearly reports of our side for whoever reviews it: counts without names, on the page and as PDF, in the reader's language."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import urlencode

from comity.base.errors import BadForm
from comity.policy.access import Deed
from comity.web.pages import Page, Part, Region
from comity.web.visit import Absent, Answer, File, Screen, ScreenRoute, Visit

_YEAR = 4
_MARK = "yes"


async def report(visit: Visit) -> Answer:
    """One report of one year; without a year of the last whole one."""
    which, year, public = _asked(visit)
    if visit.site.yearly is None:
        return Absent()
    try:
        card = await asyncio.to_thread(
            visit.site.yearly.report, which, year, visit.texts.lang, visit.now, public=public
        )
    except BadForm:
        return Absent()
    context = {
        "years": tuple((f"/reports/{which}?{_query(one, public)}", str(one), one == year) for one in _years(visit)),
        "here": f"/reports/{which}?{_query(year, not public)}",
        "public": public,
        "pdf": f"/reports/{which}/report.pdf?{_query(year, public)}",
    }
    page = Page(
        "report.html", card.title, "reviews", (Region("report", (Part("report-all", "reviews.report", card),)),)
    )
    return Screen(page, frozenset(), context)


async def pdf(visit: Visit) -> Answer:
    """The same as PDF."""
    which, year, public = _asked(visit)
    if visit.site.yearly is None:
        return Absent()
    try:
        body = await asyncio.to_thread(visit.site.yearly.pdf, which, year, visit.texts.lang, visit.now, public=public)
    except BadForm:
        return Absent()
    return File(f"{which}-{year}{'-public' if public else ''}.pdf", "application/pdf", body)


def _asked(visit: Visit) -> tuple[str, int, bool]:
    asked = visit.query.get("year", "")
    year = int(asked) if len(asked) == _YEAR and asked.isascii() and asked.isdecimal() else _years(visit)[1]
    return visit.path["which"], year, visit.query.get("public", "") == _MARK


def _years(visit: Visit) -> tuple[int, int]:
    """Return this year and the last whole one."""
    this = datetime.fromtimestamp(visit.now / 1_000, UTC).year
    return this, this - 1


def _query(year: int, public: bool) -> str:  # noqa: FBT001  a mark of an address
    return urlencode({"year": year} | ({"public": _MARK} if public else {}))


ROUTES = (
    ScreenRoute("GET", "/reports/{which:str}", Deed.REVIEWS, report),
    ScreenRoute("GET", "/reports/{which:str}/report.pdf", Deed.REVIEWS, pdf),
)
