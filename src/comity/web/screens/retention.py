"""What is due to be erased, what is on hold, and the two steps of an erasure.

The rule it keeps: only what is of a case open to the visitor is listed, by number and kind, never a word of content; the door
decides who may, and that two persons do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.web import moments
from comity.web.pages import Page
from comity.web.visit import Answer, Json, Redirect, Refused, Screen, ScreenRoute, Visit

TOPICS = frozenset({"retention"})
_RENEWED = {
    "ask": "retention.said.wished",
    "confirm": "retention.said.renewed",
    "refuse": "retention.said.dropped",
}
_ROWS = 200
_SAID = {"ask": "retention.said.asked", "confirm": "retention.said.erased", "refuse": "retention.said.refused"}


async def retention(visit: Visit) -> Answer:
    """All that is due, the longest overdue first, and every hold in force."""
    found = await visit.site.hands.ask("GET", "/retention")
    crossed = await visit.site.hands.ask("GET", "/retention/certificates")
    assert isinstance(crossed, dict)
    assert isinstance(found, dict)
    due, holds = found["due"], found["holds"]
    wished = found["renewals"]
    assert isinstance(due, list)
    assert isinstance(wished, list)
    assert isinstance(holds, list)
    rows = [_row(one, visit) for one in due if isinstance(one, dict) and _opens(visit, str(one["dispatch"]))]
    held = [_hold(one, visit) for one in holds if isinstance(one, dict) and _opens(visit, str(one["target"]))]
    may = visit.site.needs.may(visit.who.person, Deed.ERASE)
    renewals = [_renewal(one, visit) for one in wished if isinstance(one, dict) and _opens(visit, str(one["dispatch"]))]
    context: dict[str, object] = {
        "rows": rows,
        "holds": held,
        "may": may,
        "renewals": renewals[: -_ROWS - 1 : -1],
        **_certificates(crossed, visit),
    }
    return Screen(Page("retention.html", visit.texts("retention.h1"), "retention", ()), TOPICS, context)


def _opens(visit: Visit, name: str) -> bool:
    """Say whether a dispatch, or a case, is open to the visitor."""
    needs = visit.site.needs
    found = needs.facts("dispatch", name) or needs.facts("case", name)
    return found is not None and needs.may(visit.who.person, Deed.CASE, found[1])


def _row(one: Mapping[str, Json], visit: Visit) -> dict[str, object]:
    who = visit.who.person
    asked, hold = one["asked"], one["hold"]
    own = asked == f"{who.desk}/{who.number}"
    state = "hold" if hold else "mine" if own else "asked" if asked else "free"
    return {
        "id": one["dispatch"],
        "kind": one["kind"] or visit.texts("retention.unread"),
        "whose": visit.texts(f"retention.whose.{one['whose']}"),
        "why": visit.texts(f"retention.why.{one['why']}"),
        "day": _time(one["at"], visit),
        "state": state,
        "stands": visit.texts(f"retention.state.{state}", who=asked or ""),
        "left": _left(one, visit),
    }


def _left(one: Mapping[str, Json], visit: Visit) -> str:
    """Say what is left of something that was erased in part, or ""."""
    left = one["left"]
    assert isinstance(left, list)
    parts = ", ".join(visit.texts(f"retention.part.{part}") for part in left)
    return visit.texts("retention.left", parts=parts) if one["partly"] else ""


def _certificates(crossed: Mapping[str, Json], visit: Visit) -> dict[str, object]:
    """Return what crossed and what is owed, of what is open to the visitor, and how much is owed in all."""
    held, owed, counts = crossed["held"], crossed["owed"], crossed["counts"]
    assert isinstance(held, list)
    assert isinstance(owed, list)
    assert isinstance(counts, dict)
    seen = [one for one in owed if isinstance(one, dict) and _opens(visit, str(one["dispatch"]))]
    shown = [one for one in held if isinstance(one, dict) and _open_or_refused(visit, one)]
    by = {ours: [_debt(one, visit) for one in seen if one["ours"] is ours][:_ROWS] for ours in (True, False)}
    return {
        "held": [_certificate(one, visit) for one in shown[:_ROWS]],
        "owed": (("ours", counts["ours"], by[True]), ("theirs", counts["theirs"], by[False])),
        "crossing": crossed["crossing"],
    }


def _open_or_refused(visit: Visit, one: Mapping[str, Json]) -> bool:
    return one["about"] is None or _opens(visit, str(one["about"]))


def _certificate(one: Mapping[str, Json], visit: Visit) -> dict[str, object]:
    parts = one["parts"]
    assert isinstance(parts, list)
    return {
        "id": one["about"] or one["dispatch"],
        "whose": visit.texts("retention.by.ours" if one["ours"] else "retention.by.theirs"),
        "parts": ", ".join(visit.texts(f"retention.part.{part}") for part in parts),
        "day": _time(one["destroyed"] or one["at"], visit),
        "stands": visit.texts(f"retention.certificate.{'false' if one['about'] is None else one['state']}"),
        "fault": one["fault"],
    }


def _debt(one: Mapping[str, Json], visit: Visit) -> dict[str, object]:
    return {
        "id": one["dispatch"],
        "kind": one["kind"] or visit.texts("retention.unread"),
        "since": _time(one["since"], visit),
        "stands": visit.texts(f"retention.owed.{one['state']}"),
    }


def _hold(one: Mapping[str, Json], visit: Visit) -> dict[str, object]:
    return {**one, "since": _time(one["at"], visit)}


def _time(at: Json, visit: Visit) -> str:
    return f"{moments.moment(Ms(at), visit.now, visit.texts)} UTC" if isinstance(at, int) else ""


async def erase(visit: Visit) -> Answer:
    """Ask, confirm, or take back."""
    step = visit.field("step")
    if step not in _SAID or not _opens(visit, visit.field("dispatch")):
        raise Refused(400, "bad-form", "an erasure is asked for, confirmed or refused; nothing was changed")
    body: dict[str, Json] = {"dispatch": visit.field("dispatch"), "step": step, "by": _by(visit)}
    if step == "ask":
        body["reason"] = visit.field("reason")
    await visit.site.hands.ask("POST", "/retention/erase", body=body)
    return Redirect("/retention", _SAID[step])


async def hold(visit: Visit) -> Answer:
    """Make a hold on a dispatch, or end one."""
    if visit.field("hold"):
        await visit.site.hands.ask("POST", "/retention/hold/end", body={"hold": visit.field("hold"), "by": _by(visit)})
        return Redirect("/retention", "retention.said.ended")
    target = visit.field("dispatch")
    if not _opens(visit, target):
        raise Refused(400, "bad-form", "there is no dispatch or case of this number; nothing was changed")
    body: dict[str, Json] = {"target": target, "reason": visit.field("reason"), "by": _by(visit)}
    await visit.site.hands.ask("POST", "/retention/hold", body=body)
    return Redirect("/retention", "retention.said.held")


def _renewal(one: Mapping[str, Json], visit: Visit) -> dict[str, object]:
    who = visit.who.person
    own = one["by"] == f"{who.desk}/{who.number}"
    return {
        "id": one["dispatch"],
        "until": _time(one["until"], visit),
        "reason": one["reason"],
        "who": one["by"] if one["second"] is None else f"{one['by']}, {one['second']}",
        "state": "mine" if own and one["state"] == "asked" else one["state"],
        "stands": visit.texts(f"retention.renewal.{one['state']}"),
    }


async def renew(visit: Visit) -> Answer:
    """Ask that something is kept longer, confirm it, or take it back."""
    step = visit.field("step") or "ask"
    if step not in _RENEWED or not _opens(visit, visit.field("dispatch")):
        raise Refused(400, "bad-form", "a renewal is asked for, confirmed or refused; nothing was changed")
    body: dict[str, Json] = {"dispatch": visit.field("dispatch"), "step": step, "by": _by(visit)}
    if step == "ask":
        body |= {"reason": visit.field("reason"), "until": _day(visit.field("until"))}
    await visit.site.hands.ask("POST", "/retention/renew", body=body)
    return Redirect("/retention", _RENEWED[step])


def _day(text: str) -> int:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Refused(400, "bad-form", "name the day until which it is kept; nothing was changed") from error
    return int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp()) * 1_000


def _by(visit: Visit) -> dict[str, Json]:
    return {"desk": visit.who.person.desk, "number": visit.who.person.number}


ROUTES = (
    ScreenRoute("GET", "/retention", Deed.RETENTION, retention),
    ScreenRoute("POST", "/retention/erase", Deed.ERASE, erase, fresh=True),
    ScreenRoute("POST", "/retention/hold", Deed.ERASE, hold, fresh=True),
    ScreenRoute("POST", "/retention/renew", Deed.ERASE, renew, fresh=True),
)
