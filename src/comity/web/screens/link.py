"""The link on its own page: what is suspended by whom, what waits for a second person, and the form to ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.web import moments
from comity.web.pages import Page, Part, Region
from comity.web.texts import Texts
from comity.web.visit import Absent, Answer, Json, Redirect, Screen, ScreenRoute, Visit

_ID = 26
_ENDED = "!ended"


@dataclass(frozen=True, slots=True)
class WishRow:
    """What one person asked for and a second one has not answered; `own`: by the visitor, who cannot confirm it."""

    id: str
    text: str
    by: str
    time: str
    reason: str
    own: bool


async def link(visit: Visit) -> Answer:
    """Show what is suspended, what waits, and the form."""
    found = cast("dict[str, Json]", await visit.site.hands.ask("GET", "/link"))
    t = visit.texts
    lines = tuple(
        t(
            "link.page.over" if scope == _ENDED else "link.page.by",
            who=t(f"link.page.{side}"),
            what=_scope(str(scope), t),
        )
        for side in ("ours", "theirs")
        for scope in cast("list[str]", found[side])
    )
    stopped = tuple(
        Part(f"stop-{place}", "link.line", one) for place, one in enumerate(lines or (t("link.page.none"),))
    )
    wishes = tuple(_row(one, visit) for one in cast("list[dict[str, Json]]", found["wishes"]))
    ours = frozenset(cast("list[str]", found["ours"]))
    scopes = ("", *cast("list[str]", found["desks"]))
    context: dict[str, object] = {
        "wishes": wishes,
        "named": _named(cast("dict[str, Json] | None", found["named"]), visit),
        "suspends": tuple((one, _scope(one, t)) for one in scopes if one not in ours),
        "resumes": tuple((one, _scope(one, t)) for one in scopes if one in ours),
    }
    return Screen(
        Page("link.html", t("link.page.h1"), "link", (Region("stops", stopped),)),
        frozenset({"link", "waiting"}),
        context,
    )


async def wish(visit: Visit) -> Answer:
    """Keep what the visitor asks for."""
    body: dict[str, Json] = {
        "by": _by(visit),
        "act": visit.field("act"),
        "desk": visit.field("desk"),
        "reason": visit.field("reason"),
    }
    await visit.site.hands.ask("POST", "/link/wish", body=body)
    return Redirect("/link", "link.page.said.asked")


async def confirm(visit: Visit) -> Answer:
    """Confirm what another person asked for: it takes effect at once."""
    return await _answer(visit, "/link/confirm", "link.page.said.done")


async def drop(visit: Visit) -> Answer:
    """Take back what was asked for."""
    return await _answer(visit, "/link/drop", "link.page.said.dropped")


async def _answer(visit: Visit, path: str, say: str) -> Answer:
    asked = visit.path["wish"]
    found = cast("dict[str, Json]", await visit.site.hands.ask("GET", "/link"))
    if len(asked) != _ID or asked not in {one["id"] for one in cast("list[dict[str, Json]]", found["wishes"])}:
        return Absent()
    body: dict[str, Json] = {"by": _by(visit), "id": asked}
    await visit.site.hands.ask("POST", path, body=body)
    return Redirect("/link", say)


def _by(visit: Visit) -> dict[str, Json]:
    return {"desk": visit.who.person.desk, "number": visit.who.person.number}


def _row(one: dict[str, Json], visit: Visit) -> WishRow:
    t, person = visit.texts, visit.who.person
    text = t(f"link.page.{one['act']}", what=_scope(str(one["desk"]), t))
    time = moments.moment(Ms(cast("int", one["at"])), visit.now, t)
    by = str(one["by"])
    return WishRow(str(one["id"]), text, by, time, str(one["reason"]), by == f"{person.desk}/{person.number}")


def _named(kept: dict[str, Json] | None, visit: Visit) -> str:
    """Say what the other side names that nobody here signed, and since when it is asked; "" if nothing waits."""
    if kept is None:
        return ""
    key = "link.page.named.cosigned" if kept["by"] == "co-signature" else "link.page.named.entry"
    since = Ms(cast("int", kept["since"]))
    return visit.texts(key, size=str(kept["size"]), time=moments.moment(since, visit.now, visit.texts))


def _scope(scope: str, t: Texts) -> str:
    if scope == "":
        return t("link.page.whole")
    if scope == _ENDED:
        return t("link.page.accord")
    return t("link.page.unknown") if scope.startswith("#") else t("link.page.desk", desk=scope)


ROUTES = (
    ScreenRoute("GET", "/link", Deed.LINK, link),
    ScreenRoute("POST", "/link", Deed.LINK, wish, fresh=True),
    ScreenRoute("POST", "/link/{wish:str}/confirm", Deed.LINK, confirm, fresh=True),
    ScreenRoute("POST", "/link/{wish:str}/drop", Deed.LINK, drop, fresh=True),
)
