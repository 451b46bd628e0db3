"""Sending our scorecard of a period, or how we read its leaves: what will cross is shown, then it is sent, or a law's answer stands there.

The rule it keeps: the form hands back the cut and the digest that were shown; the door sends that or nothing.
"""  # spec: scenarios.md 7

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from comity.base.errors import ComityError
from comity.policy.access import Deed
from comity.screen.scorecard import Crossing
from comity.web import scorecardview as views
from comity.web.pages import Page, Part, Region
from comity.web.screens.inbox import by_of
from comity.web.visit import Absent, Answer, Json, Redirect, Refused, Screen, ScreenRoute, Visit

_DAY, _DIGEST, _CUT = 10, 64, 400
_SENT, _WHATS = "sent", ("statement", "detail")


async def shown(visit: Visit) -> Answer:
    """What would cross, and the button that sends it."""
    return await _page(visit, visit.query, ())


async def send(visit: Visit) -> Answer:
    """Send what was shown; what law or standing keeps back is said where it was asked."""
    if visit.site.scorecards is None:
        return Absent()
    body: dict[str, Json] = {
        "by": by_of(visit),
        "from": visit.field("from")[:_DAY],
        "to": visit.field("to")[:_DAY],
        "cut": visit.field("cut")[:_CUT],
        "digest": visit.field("digest")[:_DIGEST],
        "what": _what(visit.field("what")),
    }
    answer = cast("dict[str, Json]", await visit.site.hands.ask("POST", "/scorecard/tell", body=body))
    if answer["outcome"] == _SENT:
        query = urlencode({"from": visit.field("from"), "to": visit.field("to")})
        return Redirect(f"/scorecard?{query}", f"score.said.{body['what']}")
    given = {name: visit.field(name) for name in ("from", "to", "what")}
    return await _page(visit, given, _kept_back(answer, visit))


def _what(text: str) -> str:
    return text if text in _WHATS else _WHATS[0]


async def _page(visit: Visit, ask: Mapping[str, str], kept_back: tuple[str, ...]) -> Answer:
    reader = visit.site.scorecards
    if reader is None:
        return Absent()
    begins, ends, what = ask.get("from", "")[:_DAY], ask.get("to", "")[:_DAY], _what(ask.get("what", ""))
    try:
        crossing = await asyncio.to_thread(reader.crossing, begins, ends, what, visit.now)
    except ComityError as error:
        raise Refused(409, error.code, str(error)) from error
    query = urlencode({"from": crossing.begins, "to": crossing.ends})
    context: dict[str, object] = {
        "crossing": crossing,
        "facts": _facts(crossing, visit),
        "kept_back": kept_back,
        "back": f"/scorecard?{query}",
    }
    title = visit.texts(f"score.tell.{what}", period=views.period(crossing.begins, crossing.ends, visit.texts))
    page = Page(
        "scorecard_tell.html", title, "scorecard", (Region("head", (Part("tell-head", "scorecard.told", title),)),)
    )
    return Screen(page, frozenset(), context, 409 if kept_back else 200, f"/scorecard/tell?{query}&what={what}")


def _facts(one: Crossing, visit: Visit) -> tuple[tuple[str, str, bool], ...]:
    """Return what will cross as (word, value, whether it is a hash)."""
    t = visit.texts
    cuts = tuple(
        (t("score.tell.log", side=mark), t("score.tell.cut", size=t.number(size), at=views.instant(time, t)), False)
        for mark, size, time in zip(one.marks, one.sizes, one.times, strict=True)
    )
    inside = (
        (t("score.tell.figures"), t.number(one.figures), False),
        (t("score.tell.leaves"), t.number(one.leaves), False),
    )
    deeper = ((t("score.tell.buckets"), t.number(one.buckets), False),)
    return (
        (t("score.pick"), views.period(one.begins, one.ends, t), False),
        *cuts,
        (t("score.tell.counted"), t("score.tell.theirs" if one.answers else "score.tell.newest"), False),
        (t("score.tell.digest"), one.digest, True),
        *(inside if one.what == _WHATS[0] else deeper),
        (t("score.tell.size"), t("score.tell.bytes", size=t.number(one.size)), False),
        (t("score.tell.to"), ", ".join(one.to), False),
    )


def _kept_back(answer: Mapping[str, Json], visit: Visit) -> tuple[str, ...]:
    """Return how our law or the standing of the accord answered: the outcome, each reason with its article, what is missing."""
    t, verdict = visit.texts, cast("Mapping[str, Json]", answer.get("verdict") or {})
    reasons = cast("list[Mapping[str, Json]]", verdict.get("reasons") or [])
    words = [_reason(one, t.lang) for one in reasons if one.get("effect") not in {"permit", "permit-with"}]
    missing = [str(one) for one in cast("list[Json]", answer.get("missing") or [])]
    return (t.word("compose.verdict", str(answer["outcome"])), *words, *missing)


def _reason(one: Mapping[str, Json], language: str) -> str:
    said = {str(tag): str(text) for tag, text in cast("list[list[Json]]", one.get("sentences") or [])}
    sentence = said.get(language) or str(one.get("sentence", ""))
    return f"{sentence} ({one.get('article', '')})"


ROUTES = (
    ScreenRoute("GET", "/scorecard/tell", Deed.AMEND, shown),
    ScreenRoute("POST", "/scorecard/tell", Deed.AMEND, send, fresh=True),
)
