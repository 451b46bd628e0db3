"""How an officer is rung when the working screen is elsewhere: own mail address and quiet hours."""

from __future__ import annotations

from collections.abc import Mapping

from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.web import moments
from comity.web.pages import Page
from comity.web.visit import Answer, Json, Redirect, Screen, ScreenRoute, Visit


async def bell(visit: Visit) -> Answer:
    """Show the visitor's own choice."""
    who = visit.who.person
    said = await visit.site.hands.ask("GET", "/bell", {"desk": who.desk, "number": str(who.number)})
    kept = {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}
    zones = tuple(
        dict.fromkeys((*(party.zone for party in visit.site.board.parties()), "UTC", kept.get("zone", "UTC")))
    )
    return Screen(Page("bell.html", visit.texts("bell.h1"), "", ()), frozenset(), {"kept": kept, "zones": zones})


async def keep(visit: Visit) -> Answer:
    """Keep it."""
    who = visit.who.person
    body: dict[str, Json] = {name: visit.field(name) for name in ("mail", "quiet_from", "quiet_to", "zone")}
    await visit.site.hands.ask("POST", "/bell/set", body={"by": {"desk": who.desk, "number": who.number}, **body})
    return Redirect("/settings/bell", "bell.said")


def said_of(state: Mapping[str, Json], visit: Visit) -> tuple[str, str]:
    """Say of one way of the bell how it does, for the administrator's page."""
    t, name = visit.texts, visit.texts(f"bell.way.{state['way']}")
    failures, last = state["failures"], state["last"]
    if not state["on"]:
        return name, t("bell.off")
    if isinstance(failures, int) and failures:
        times = {key: _time(state[key], visit) for key in ("since", "again")}
        return name, t.count("bell.fails", failures, **times)
    return name, t("bell.works") if last is None else t("bell.works.last", time=_time(last, visit))


def _time(at: Json, visit: Visit) -> str:
    return f"{moments.moment(Ms(at), visit.now, visit.texts)} UTC" if isinstance(at, int) else ""


ROUTES = (
    ScreenRoute("GET", "/settings/bell", Deed.HOME, bell),
    ScreenRoute("POST", "/settings/bell", Deed.HOME, keep),
)
