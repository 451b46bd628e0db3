"""Dialogue meetings: the list, one with agenda and minutes, live on both sides, and a new one.

The rule it keeps: what is written stays in a still form that no update touches; an act carries the versions that were seen.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from comity.base.errors import ComityError
from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.screen import PartyCard
from comity.screen.meetings import MeetingBoard, MeetingCard, ParagraphCard, VersionCard
from comity.web import meetingview as views
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.screens.meetingacts import ID, act, all_of, ask, card_of, draft, note, pasted, several, sign, write
from comity.web.texts import LANGUAGES
from comity.web.visit import Absent, Answer, File, Json, Redirect, Refused, Screen, ScreenRoute, Visit


async def meetings(visit: Visit) -> Answer:
    """The list."""
    board = visit.site.meetings
    if board is None:
        return Absent()
    at = sight(visit)
    rows = tuple(Part(f"meet-{one.id}", "meetings.row", views.line(one, at)) for one in board.meetings(visit.now))
    none = (Part("meet-none", "meetings.blank", visit.texts("meet.none")),)
    page = Page("meetings.html", visit.texts("meet.h1"), "meetings", (Region("rows", rows or none),))
    return Screen(page, frozenset({"inbox"}), {"writes": _writes(visit)})


async def one(visit: Visit) -> Answer:
    """One meeting whole."""
    card = card_of(visit)
    if card is None:
        return Absent()
    at, language = sight(visit), _language(visit, card)
    writes = card.writes and _writes(visit)
    shown = card if writes else _read_only(card)
    paragraphs = tuple(
        Part(f"para-{one.id}", "meetings.paragraph", views.paragraph(one, shown, language, at))
        for one in card.paragraphs
    )
    fresh = tuple(Part(f"begun-{name}", "meetings.begun", views.begun(claim, at)) for name, claim in card.begun)
    blank = () if paragraphs or fresh else (Part("para-none", "meetings.empty", visit.texts("meet.empty")),)
    title = card.line.title
    page = Page(
        "meeting.html",
        title,
        "meetings",
        (
            Region("head", (Part("meet-top", "meetings.top", (views.line(card.line, at), len(card.proposals) > 1)),)),
            Region("paras", (*paragraphs, *fresh, *blank)),
            Region("sync", (Part("meet-sync", "meetings.sync", _sync(card, visit)),)),
            Region("ready", (Part("meet-ready", "meetings.ready", _ready(card, visit, writes=writes)),)),
            Region("sign", (Part("meet-sign", "meetings.sign", _sign(card, visit)),)),
            Region("hash", (Part("meet-hash", "meetings.hash", _hash(card, visit)),)),
            Region("agenda", (Part("meet-agenda", "meetings.agenda", _agenda(card, visit)),)),
        ),
    )
    context = {"card": card, "language": language, "languages": _tabs(card, language, visit), "writes": writes}
    return Screen(page, frozenset({f"case:{card.line.id}"}), context | _writing(visit, card, writes=writes))


def _writes(visit: Visit) -> bool:
    return visit.site.needs.may(visit.who.person, Deed.AMEND)


def _read_only(card: MeetingCard) -> MeetingCard:
    return replace(card, writes=False)


def _language(visit: Visit, card: MeetingCard) -> str:
    asked = visit.query.get("lang", "")
    wanted = (asked, visit.who.language, *card.languages)
    return next((tag for tag in wanted if tag in card.languages), "en")


def _tabs(card: MeetingCard, language: str, visit: Visit) -> tuple[tuple[str, str, bool], ...]:
    return tuple((tag, visit.texts.language(tag), tag == language) for tag in card.languages)


def _sync(card: MeetingCard, visit: Visit) -> tuple[str, str]:
    if card.waiting:
        return visit.texts.count("meet.sync.wait", card.waiting), "warn"
    return visit.texts("meet.sync.all"), "ok"


def _ready(card: MeetingCard, visit: Visit, *, writes: bool) -> tuple[object, ...]:
    """Return what stands against signing, or who has signed; with the buttons `decide` and `accept-all` where they are due."""
    at = sight(visit)
    words, look = views.signed(card, at)
    every = f"accept-all:{all_of(card)}" if writes and len(card.open) > 1 else ""
    if card.signed != "not":
        return words, look, (), _writes(visit) and _undone(visit, card), every, len(card.open)
    head = visit.texts("meet.unready" if card.unready else "meet.ready")
    return head, "", views.unready(card, at), False, every, len(card.open)


def _sign(card: MeetingCard, visit: Visit) -> tuple[bool, bool, str]:
    """Return whether this person signs here, whether the text is ready, and for which side."""
    us = next(party.short for party in sight(visit).parties if party.ours)
    return _signs(visit, card), not card.unready, us


def _signs(visit: Visit, card: MeetingCard) -> bool:
    return visit.site.needs.may(visit.who.person, Deed.SIGN) and card.signed != "both" and not _signed_by_us(card)


def _hash(card: MeetingCard, visit: Visit) -> tuple[object, ...]:
    at = sight(visit)
    late = visit.texts.count("meet.late", card.late) if card.late else ""
    return views.grouped(card.hash), card.hash, tuple(views.signature(one, at) for one in card.signatures), late


def _agenda(card: MeetingCard, visit: Visit) -> tuple[object, ...]:
    items = card.proposals[-1].agenda if card.proposals else ()
    board = visit.site.meetings
    titles = {} if board is None else dict(board.names(visit.who.language, visit.now).titles)
    return (
        tuple(views.item(one, titles, visit.texts) for one in items),
        card.proposals[-1].deputies if card.proposals else (),
    )


# --- the still form --------------------------------------------------------------------------------------------------


def _writing(visit: Visit, card: MeetingCard, *, writes: bool) -> dict[str, object]:
    """Return what the form on the page is for: a paragraph that is written, translated or commented, or none."""
    us = next(party for party in sight(visit).parties if party.ours)
    name, what = visit.query.get("p", "")[:ID], visit.query.get("do", "write")
    known = next((one for one in card.paragraphs if one.id == name), None)
    mine = {begun: claim for begun, claim in card.begun if claim.mine}
    holds = known is not None or name in mine
    open_ = writes and bool(name) and holds and what in {"write", "translate", "comment"}
    signer = next(
        (function for party, function in (card.proposals[-1].deputies if card.proposals else ()) if party == us.short),
        "",
    )
    return {
        "us_mark": us.short,
        "signer": signer,
        "signs": _signs(visit, card),
        "notes": visit.site.needs.may(visit.who.person, Deed.NOTE),
        "consults": card.line.sort == "consultation",
        "tags": tuple((tag, visit.texts.language(tag)) for tag in card.languages),
        "what": what if open_ else "",
        "paragraph": name,
        "fields": _fields(visit, card, known, what, name) if open_ else (),
        "seen": _seen(known, what, visit),
        "theirs_too": known is not None and any(not one.ours for one in known.versions),
        "decision": next((one.decision for one in known.versions if one.decision), None) if known else None,
        "path": f"/meetings/{card.line.id}",
        "writes_any": _writes(visit),
        "not_open": card.opened is None and card.line.sort == "review",
        "to_agree": not next((said for _, ours, said in card.accepted if ours), True) and len(card.proposals) == 1,
        "heading": visit.texts("meet.write" if what == "write" else f"meet.act.{what}") if open_ else "",
    }


def _undone(visit: Visit, card: MeetingCard) -> bool:
    """Say whether something was decided that is not in the plan in force."""
    plan = visit.site.plan
    known = set() if plan is None else {one.id for item in plan.plan(visit.now).items for one in item.actions}
    return plan is not None and not known.issuperset(card.decided.values())


def _signed_by_us(card: MeetingCard) -> bool:
    return any(one.ours and one.holds for one in card.signatures)


def _seen(known: ParagraphCard | None, what: str, visit: Visit) -> str:
    if known is None:
        return ""
    if what == "translate":
        return visit.query.get("v", "")[:ID]
    return " ".join([*(version.id for version in known.versions), *(id_ for _, _, id_ in known.struck)])


def _fields(
    visit: Visit, card: MeetingCard, known: ParagraphCard | None, what: str, name: str
) -> tuple[tuple[str, str, str], ...]:
    """Return (tag, name of the language, text) of each field: what was drafted here, else what is published."""
    if what == "comment":
        return ()
    drafts = dict(known.drafts) if known is not None else {}
    drafts = drafts or {tag: text for paragraph, tag, text in card.drafts if paragraph == name}
    version = _base(known, what, visit)
    there = {} if version is None or what == "translate" else {said.language: said.text for said in version.words}
    tags = card.languages if what == "write" or version is None else version.lacks
    return tuple((tag, visit.texts.language(tag), drafts.get(tag, there.get(tag, ""))) for tag in tags)


def _base(known: ParagraphCard | None, what: str, visit: Visit) -> VersionCard | None:
    if known is None or not known.versions:
        return None
    if what == "translate":
        return next((one for one in known.versions if one.id == visit.query.get("v", "")), None)
    return next((one for one in known.versions if one.ours), known.versions[0])


# --- a new one -------------------------------------------------------------------------------------------------------


async def new(visit: Visit) -> Answer:
    """The form of a call; with `sort=consultation` the one of a consultation on a draft text."""
    board = visit.site.meetings
    if board is None:
        return Absent()
    if visit.query.get("sort") == "consultation":
        context = _form(visit, "") | {"consults": True}
        return Screen(Page("meeting_new.html", visit.texts("meet.consult"), "meetings", ()), frozenset(), context)
    found = await _items(visit, board)
    context = _form(visit, _titles(found, "overdue", "difference")) | {"restricted": _titles(found, "restricted")}
    return Screen(Page("meeting_new.html", visit.texts("meet.new"), "meetings", ()), frozenset(), context)


async def _items(visit: Visit, board: MeetingBoard) -> tuple[tuple[str, str, str], ...]:
    """Return what the agenda begins with, as (title, why it is there, what it is about); scorecards that differ among it."""
    found, scores = board.agenda(visit.now, visit.who.language), visit.site.scorecards
    if scores is None:
        return found
    try:
        apart = await asyncio.to_thread(scores.differences, visit.now)
    except ComityError:
        return found  # the page of the scorecard says what cannot be counted
    t = visit.texts
    return (*found, *((t("score.h1", begins=one, ends=end), "difference", f"{one}/{end}") for one, end in apart))


def _titles(found: Iterable[tuple[str, str, str]], *why: str) -> str:
    return "\n".join(title for title, about, _ in found if about in why)


def _form(visit: Visit, items: str) -> dict[str, object]:
    """Return what the form of a call begins with."""
    parties = sight(visit).parties
    return {
        "action": "/meetings/new",
        "title": "",
        "at": "",
        "lasts": 90,
        "leads": {},
        "restricted": "",
        "chosen": frozenset(LANGUAGES),
        "items": items,
        "consults": False,
        "mine": visit.who.language,
        "parties": tuple((one.short, one.capital) for one in parties),
        "place": next(party for party in parties if party.ours).capital,
        "all": tuple((tag, visit.texts.language(tag)) for tag in LANGUAGES),
    }


async def moved(visit: Visit) -> Answer:
    """The form of a move: the call's, with what stands now."""
    board, card = visit.site.meetings, card_of(visit)
    if board is None or card is None or not card.proposals:
        return Absent()
    now, parties = card.proposals[-1], sight(visit).parties
    zone = ZoneInfo(next(party.zone for party in parties if party.ours))
    local = "" if now.at is None else datetime.fromtimestamp(now.at / 1_000, zone).strftime("%Y-%m-%dT%H:%M")
    context = _form(visit, "\n".join(title for title, about, _ in now.agenda if about != "restricted")) | {
        "action": f"/meetings/{card.line.id}/move",
        "title": now.title,
        "at": local,
        "lasts": now.minutes or "",
        "leads": dict(now.deputies),
        "restricted": "\n".join(title for title, about, _ in now.agenda if about == "restricted"),
        "chosen": frozenset(card.languages),
        "consults": card.line.sort == "consultation",
    }
    return Screen(Page("meeting_new.html", visit.texts("meet.move"), "meetings", ()), frozenset(), context)


async def move(visit: Visit) -> Answer:
    """Move a meeting: propose other terms in the place of those that stand."""
    card = card_of(visit)
    if card is None:
        return Absent()
    known = {title: (title, about, ref) for one in card.proposals for title, about, ref in one.agenda}
    await ask(visit, {"act": "move", "terms": _terms(visit, known)})
    return Redirect(f"/meetings/{card.line.id}", "meet.said.sent")


async def call(visit: Visit) -> Answer:
    """Call a meeting."""
    board = visit.site.meetings
    if board is None:
        return Absent()
    if "draft" in visit.form:
        pasted(visit)  # what cannot be taken is said before anything is sent
    found = {name: (name, about, ref) for name, about, ref in await _items(visit, board)}
    said = await ask(visit, {"act": "call", "terms": _terms(visit, found)})
    if "draft" in visit.form:
        await several(visit, str(said["id"]))
    return Redirect(f"/meetings/{said['id']}", "meet.said.called")


def _terms(visit: Visit, found: Mapping[str, tuple[str, str, str]]) -> dict[str, Json]:
    """Read the form of a call or a move; `found` are items that are known with why they are there."""
    parties = sight(visit).parties
    at, minutes = _instant(visit.field("at"), parties), visit.field("minutes")
    agenda = [found.get(one, (one, "raised", "")) for one in _lines(visit.field("items"))]
    agenda += [found.get(one, (one, "restricted", "")) for one in _lines(visit.field("restricted"))]
    return {
        "sort": "consultation" if at is None else "review",
        "title": visit.field("title"),
        "language": visit.who.language,
        "languages": [*_tags(visit)],
        "at": at,
        "minutes": int(minutes) if at is not None and minutes.isascii() and minutes.isdecimal() else None,
        "places": [
            {"party": one.short, "place": visit.field(f"place-{one.short}"), "zone": one.zone}
            for one in parties
            if at is not None and visit.field(f"place-{one.short}")
        ],
        "deputies": [
            {"party": one.short, "function": visit.field(f"lead-{one.short}")}
            for one in parties
            if visit.field(f"lead-{one.short}")
        ],
        "agenda": [{"title": name, "about": about, "ref": ref} for name, about, ref in agenda],
    }


def _tags(visit: Visit) -> list[str]:
    wanted = {tag for tag in (*visit.form.get("languages", ()), visit.field("language")) if tag in LANGUAGES}
    return sorted(wanted or {visit.who.language})


def _lines(text: str) -> list[str]:
    return [one.strip() for one in text.splitlines() if one.strip()]


def _instant(text: str, parties: tuple[PartyCard, ...]) -> Ms | None:
    if not text:
        return None
    zone = next(party.zone for party in parties if party.ours)
    try:
        return Ms(int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000))
    except (ValueError, OverflowError) as error:
        raise Refused(400, "bad-form", "write the time as year-month-dayThour:minute; nothing was kept") from error


# --- to keep ---------------------------------------------------------------------------------------------------------


async def pdf(visit: Visit) -> Answer:
    """The minutes as PDF, in the language that is asked for."""
    board, language = visit.site.meetings, visit.query.get("lang", visit.who.language)
    made = None if board is None or language not in LANGUAGES else board.pdf(visit.path["number"], language, visit.now)
    return Absent() if made is None else File(f"minutes-{language}.pdf", "application/pdf", made)


async def file(visit: Visit) -> Answer:
    """The minutes as a plain file, which anyone can check."""
    board = visit.site.meetings
    found = None if board is None else board.export(visit.path["number"])
    if found is None:
        return Absent()
    return File("minutes.json", "application/json", json.dumps(found, ensure_ascii=False, indent=2).encode())


ROUTES = (
    ScreenRoute("GET", "/meetings", Deed.PLAN, meetings),
    ScreenRoute("GET", "/meetings/new", Deed.AMEND, new),
    ScreenRoute("POST", "/meetings/new", Deed.AMEND, call),
    ScreenRoute("GET", "/meetings/{number:str}", Deed.PLAN, one),
    ScreenRoute("GET", "/meetings/{number:str}/minutes.pdf", Deed.PLAN, pdf),
    ScreenRoute("GET", "/meetings/{number:str}/minutes.json", Deed.PLAN, file),
    ScreenRoute("GET", "/meetings/{number:str}/move", Deed.AMEND, moved),
    ScreenRoute("POST", "/meetings/{number:str}/move", Deed.AMEND, move),
    ScreenRoute("POST", "/meetings/{number:str}/act", Deed.AMEND, act),
    ScreenRoute("POST", "/meetings/{number:str}/write", Deed.AMEND, write),
    ScreenRoute("POST", "/meetings/{number:str}/sign", Deed.SIGN, sign, fresh=True),
    ScreenRoute("POST", "/meetings/{number:str}/note", Deed.NOTE, note),
    ScreenRoute("POST", "/meetings/{number:str}/draft", Deed.AMEND, draft),
)
