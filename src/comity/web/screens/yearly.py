"""The yearly reports of our side for whoever reviews it: counts without names, as PDF in the reader's language."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from comity.base.errors import BadForm
from comity.policy.access import Deed
from comity.web.visit import Absent, Answer, File, ScreenRoute, Visit

_YEAR = 4


async def report(visit: Visit) -> Answer:
    """One report of one year; without a year of the last whole one."""
    which, asked = visit.path["which"], visit.query.get("year", "")
    year = int(asked) if len(asked) == _YEAR and asked.isascii() and asked.isdecimal() else _last(visit)
    if visit.site.yearly is None:
        return Absent()
    try:
        body = await asyncio.to_thread(visit.site.yearly.pdf, which, year, visit.texts.lang, visit.now)
    except BadForm:
        return Absent()
    return File(f"{which}-{year}.pdf", "application/pdf", body)


def _last(visit: Visit) -> int:
    return datetime.fromtimestamp(visit.now / 1_000, UTC).year - 1


ROUTES = (ScreenRoute("GET", "/reports/{which:str}", Deed.REVIEWS, report),)
