"""Duty and hand-over: who is there on both sides until when, our shifts, postings, and what the one going off duty leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from comity.base.ids import Ms, show_id
from comity.edge.shifts import DAYS, instant
from comity.policy.access import Deed
from comity.screen.duty import DutyBoard, DutyCard, PlanChange, PlannedShift
from comity.web import dutyview, moments
from comity.web.letters import Sight
from comity.web.openlines import OpenLines
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.visit import Absent, Answer, Json, Redirect, Refused, Screen, ScreenRoute, Visit

KINDS = ("rfi", "message", "correction", "answer")
"""What a delegation is first offered for."""
STAGES = ("holding", "part", "final")
_SHIFT_FIELDS, _PLAN_FIELDS = 4, 7
_LAST_PLANS = 10
_LAST_NOTES = 200


async def duty(visit: Visit) -> Answer:
    """Both sides, shifts, postings, the notes that wait, and a new one."""
    board = visit.site.duty
    if board is None:
        return Absent()
    at, card = sight(visit), board.duty(visit.now)
    page = Page("duty.html", visit.texts("duty.h1"), "duty", tuple(_regions(card, visit, at)))
    context = {
        "hands_over": _may(visit, Deed.HANDOVER),
        "leads": _may(visit, Deed.DUTY),
        **(_forms(board, card, at) if _may(visit, Deed.DUTY) else {}),
    }
    return Screen(page, frozenset({"duty", "tasks", "waiting"}), context)


def _regions(card: DutyCard, visit: Visit, at: Sight) -> list[Region]:
    number, takes = visit.who.person.number, _may(visit, Deed.HANDOVER)
    lines = OpenLines(visit)
    notes = tuple(dutyview.note(lines.note(one), at, number=number, takes=takes) for one in card.waiting)
    made = tuple(dutyview.made(one, at) for one in lines.of(card.made))
    shifts = tuple(dutyview.shift(one, at) for one in card.shifts)
    postings = tuple(dutyview.posting(one, at) for one in card.postings)
    none = visit.texts
    return [
        Region("head", (Part("duty-head", "duty.head", dutyview.head(card, at)),)),
        Region("day", (Part("duty-day", "duty.day", dutyview.day(card, at)),)),
        Region("sides", tuple(Part(f"side-{one.short}", "duty.side", dutyview.side(one, at)) for one in card.sides)),
        Region("notes", tuple(Part(f"note-{one.id}", "duty.note", one) for one in notes)
               or (Part("note-none", "duty.blank", none("duty.waiting.none")),)),
        Region("made", (Part("duty-made", "duty.made", made),)),
        Region("shifts", tuple(Part(f"shift-{place}", "duty.shift", one) for place, one in enumerate(shifts))
               or (Part("shift-none", "duty.blank_row", none("duty.roster.none")),)),
        Region("postings", tuple(Part(f"posting-{one.id}", "duty.posting", one) for one in postings)
               or (Part("posting-none", "duty.blank", none("duty.postings.none")),)),
    ]  # fmt: skip


def _forms(board: DutyBoard, card: DutyCard, at: Sight) -> dict[str, object]:
    """Return what the forms of a desk lead offer; they stand still while the page moves."""
    desks = board.forms()
    coming = [one for one in card.shifts if one.ends > at.now]
    roles = {one.role for one in coming}
    return {
        "runs": tuple((dutyview.key(one), _run(dutyview.shift(one, at))) for one in coming),
        "stands": tuple(number for _, number, _, held in desks.officers if roles & set(held)),
        "posted": tuple((number, agency) for _, number, agency, held in desks.officers if "posted-officer" in held),
        "hosts": desks.hosts,
        "kinds": tuple((kind, at.texts.word("kind", kind)) for kind in KINDS),
        "stages": STAGES,
        "accepts": tuple(
            _which(one.id, one.number) for one in card.postings if not one.ours and one.state == "nominated"
        ),
        "ends": tuple(_which(one.id, one.number) for one in card.postings if one.state != "ended"),
        "plan": tuple((_planned(one), _plan_said(one, at)) for one in desks.plan),
        "holders": tuple(
            (f"{number}|{role}", f"{number} · {at.texts.word('role', role)}")
            for _, number, _, held in desks.officers
            for role in held
        ),
        "days": tuple((day, at.texts(f"duty.plan.{day}")) for day in DAYS),
        "replanned": tuple(_replanned(one, at) for one in desks.planned[:_LAST_PLANS]),
        "zones": tuple(dict.fromkeys(party.zone for party in at.parties)),
    }


def _planned(one: PlannedShift) -> str:
    return "|".join((one.desk, str(one.number), one.role, one.zone, " ".join(one.days), one.opens, one.closes))


def _plan_said(one: PlannedShift, at: Sight) -> str:
    t = at.texts
    days = t("duty.plan.daily") if set(one.days) == set(DAYS) else ", ".join(t(f"duty.plan.{day}") for day in one.days)
    return f"{one.number} · {t.word('role', one.role)} · {days} · {one.opens}–{one.closes} {one.zone}"  # noqa: RUF001  from-to


def _replanned(one: PlanChange, at: Sight) -> tuple[str, str, str]:
    """Return what was changed of the plan, by whom when, and why."""
    t = at.texts
    when = t("duty.plan.by", officer=f"{one.by_desk}/{one.by_number}", time=moments.moment(one.at, at.now, t))
    return t("duty.plan.added" if one.added else "duty.plan.ended", shift=_plan_said(one.shift, at)), when, one.note


def _run(one: dutyview.ShiftView) -> str:
    return f"{one.day} {one.when} · {one.role} · {one.who}"


def _which(id_: bytes, number: int) -> tuple[str, str]:
    return show_id(id_), str(number)


async def notes(visit: Visit) -> Answer:
    """Earlier notes, newest first."""
    board = visit.site.duty
    if board is None:
        return Absent()
    before = visit.query.get("before", "")
    asked = Ms(int(before)) if before.isascii() and before.isdecimal() and len(before) <= 15 else None  # noqa: PLR2004  digits of a time
    found, at, lines = board.notes(before=asked, limit=20), sight(visit), OpenLines(visit)
    number, takes = visit.who.person.number, _may(visit, Deed.HANDOVER)
    views = tuple(dutyview.note(lines.note(one), at, number=number, takes=takes) for one in found)
    parts = tuple(Part(f"note-{one.id}", "duty.note", one) for one in views)
    none = (Part("note-none", "duty.blank", visit.texts("duty.history.none")),)
    page = Page("duty_notes.html", visit.texts("duty.history.h1"), "duty", (Region("notes", parts or none),))
    older = f"/duty/notes?before={found[-1].at}" if len(found) == 20 else ""  # noqa: PLR2004  the limit above
    return Screen(page, frozenset({"duty"}), {"older": older})


# --- changes ---------------------------------------------------------------------------------------------------------


async def sign(visit: Visit) -> Answer:
    """Sign a note."""
    words = {name: visit.field(name) for name in ("eye", "promised", "home")}
    await visit.site.hands.ask("POST", "/duty/note", body={"by": _by(visit), **words})
    return Redirect("/duty", "duty.said.signed")


async def take(visit: Visit) -> Answer:
    """Take a note over; whether somebody else has it already is the door's to say."""
    board = visit.site.duty
    if board is None or visit.path["note"] not in _notes(board, visit.now):
        return Absent()
    body: dict[str, Json] = {"by": _by(visit), "note": visit.path["note"]}
    await visit.site.hands.ask("POST", "/duty/take", body=body)
    return Redirect("/duty", "duty.said.taken")


def _notes(board: DutyBoard, now: Ms) -> frozenset[str]:
    """Return the notes that wait, and the last that were taken over."""
    return frozenset(show_id(one.id) for one in (*board.duty(now).waiting, *board.notes(limit=_LAST_NOTES)))


async def change(visit: Visit) -> Answer:
    """Give a shift to another officer, to nobody, or back."""
    stands = visit.field("stands_in")
    what = visit.field("what")
    body: dict[str, Json] = {
        "by": _by(visit),
        "shift": _shift(visit.field("shift")),
        "what": what,
        "stands_in": _number(stands) if what == "substitute" else None,
        "note": visit.field("note"),
    }
    await visit.site.hands.ask("POST", "/duty/shift", body=body)
    return Redirect("/duty", "duty.said.changed")


async def swap(visit: Visit) -> Answer:
    """Let two officers exchange two shifts."""
    body: dict[str, Json] = {
        "by": _by(visit),
        "one": _shift(visit.field("shift")),
        "other": _shift(visit.field("with")),
        "note": visit.field("note"),
    }
    await visit.site.hands.ask("POST", "/duty/swap", body=body)
    return Redirect("/duty", "duty.said.changed")


async def replan(visit: Visit) -> Answer:
    """Add a standing shift to the plan, or end one."""
    body: dict[str, Json] = {"by": _by(visit), "note": visit.field("note")}
    if visit.field("what") == "added":
        number, _, role = visit.field("holder").partition("|")
        body |= {"what": "added", "number": _number(number), "role": role, "zone": visit.field("zone"),
                 "days": list(visit.form.get("days", ())), "opens": visit.field("opens"), "closes": visit.field("closes"),
                 "desk": visit.who.person.desk}  # fmt: skip
    else:
        body |= {"what": "ended", **_of_plan(visit.field("shift"))}
    await visit.site.hands.ask("POST", "/duty/plan", body=body)
    return Redirect("/duty", "duty.said.planned")


def _of_plan(text: str) -> dict[str, Json]:
    """Read which standing shift a form chose."""
    fields = text.split("|")
    if len(fields) != _PLAN_FIELDS:
        raise Refused(400, "bad-form", "choose a shift of the plan; nothing was changed")
    desk, number, role, zone, days, opens, closes = fields
    return {"desk": desk, "number": _number(number), "role": role, "zone": zone, "days": list(days.split()),
            "opens": opens, "closes": closes}  # fmt: skip


async def nominate(visit: Visit) -> Answer:
    """Send an officer: a dispatch of kind posting, through the path."""
    zone, until = visit.field("zone"), visit.field("until")
    hours: Json = {"zone": zone, "opens": visit.field("opens"), "closes": visit.field("closes")} if zone else None
    body: dict[str, Json] = {
        "by": _by(visit),
        "number": _number(visit.field("officer")),
        "host_agency": visit.field("host_agency"),
        "function": visit.field("function"),
        "subjects": list(visit.field("subjects").split()),
        "substitute": _number(visit.field("substitute")) if visit.field("substitute") else None,
        "hours": hours,
        "kinds": list(visit.form.get("kinds", ())),
        "stages": list(visit.form.get("stages", ())),
        "until": _end_of(until, visit) if until else None,
        "text": visit.field("text"),
    }
    return await _sent(visit, "/duty/nominate", body)


async def accept(visit: Visit) -> Answer:
    """Accept their officer."""
    return await _sent(visit, "/duty/accept", _posting(visit))


async def end(visit: Visit) -> Answer:
    """End a posting, ours or theirs."""
    return await _sent(visit, "/duty/end", _posting(visit))


def _posting(visit: Visit) -> dict[str, Json]:
    return {"by": _by(visit), "posting": visit.field("posting"), "text": visit.field("text")}


async def _sent(visit: Visit, path: str, body: dict[str, Json]) -> Answer:
    said = await visit.site.hands.ask("POST", path, body=body)
    held = isinstance(said, Mapping) and said.get("outcome") != "sent"
    return Redirect("/approvals" if held else "/duty", "duty.said.kept" if held else "duty.said.sent")


def _may(visit: Visit, deed: Deed) -> bool:
    return visit.site.needs.may(visit.who.person, deed)


def _by(visit: Visit) -> dict[str, Json]:
    return {"desk": visit.who.person.desk, "number": visit.who.person.number}


def _shift(text: str) -> dict[str, Json]:
    """Read which running of which shift a form chose."""
    fields = text.split("|")
    if len(fields) != _SHIFT_FIELDS:
        raise Refused(400, "bad-form", "choose a shift of the roster; nothing was changed")
    number, role, day, opens = fields
    return {"number": _number(number), "role": role, "day": day, "opens": opens}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004  more than any officer's number
        raise Refused(400, "bad-form", "an officer is a number; nothing was changed")
    return int(text)


def _end_of(text: str, visit: Visit) -> int:
    """Return the last instant of a date by the clock of our capital."""
    try:
        day = date.fromisoformat(text)
        us = next(party for party in visit.site.board.parties() if party.ours)
        return instant(day + timedelta(days=1), "00:00", ZoneInfo(us.zone))
    except (ValueError, OverflowError) as error:
        raise Refused(400, "bad-form", "write the date as year-month-day; nothing was sent") from error


ROUTES = (
    ScreenRoute("GET", "/duty", Deed.ROSTER, duty),
    ScreenRoute("GET", "/duty/notes", Deed.ROSTER, notes),
    ScreenRoute("POST", "/duty/note", Deed.HANDOVER, sign),
    ScreenRoute("POST", "/duty/take/{note:str}", Deed.HANDOVER, take),
    ScreenRoute("POST", "/duty/shift", Deed.DUTY, change),
    ScreenRoute("POST", "/duty/swap", Deed.DUTY, swap),
    ScreenRoute("POST", "/duty/plan", Deed.DUTY, replan, fresh=True),
    ScreenRoute("POST", "/duty/nominate", Deed.DUTY, nominate, fresh=True),
    ScreenRoute("POST", "/duty/accept", Deed.DUTY, accept, fresh=True),
    ScreenRoute("POST", "/duty/end", Deed.DUTY, end, fresh=True),
)
