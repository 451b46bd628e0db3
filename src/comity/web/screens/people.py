"""Administration: officers with their roles from the roster, passkeys, invitations, sessions; and members of a case.

The rule it keeps: an administrator sees no content and no name; what is done here needs a fresh proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import msgspec

from comity.base.ids import Ms, show_id
from comity.policy.access import Deed
from comity.screen.people import AccountCard, AccountFile, InvitationCard, PasskeyCard, SessionCard
from comity.web import moments
from comity.web.pages import Page, Part, Region
from comity.web.texts import Texts
from comity.web.visit import Absent, Answer, Json, Redirect, Refused, Screen, ScreenRoute, Visit

TOPICS = frozenset({"people"})
_MOST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Row:
    """One officer in the list; `look` is the class of the state, `few` is what is short of keys, "" if nothing is."""

    id: str
    href: str
    officer: str
    agency: str
    roles: str
    keys: str
    few: str
    sessions: str
    seen: str
    state: str
    look: str


@dataclass(frozen=True, slots=True)
class Key:
    """One passkey."""

    id: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One session or invitation."""

    id: str
    text: str
    detail: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands at the head of one account."""

    row: Row
    named: str
    bound: str


# --- views, which the officer's own page uses too ---------------------------------------------------------------------


def row(card: AccountCard, now: Ms, t: Texts) -> Row:
    """Return an officer as the list shows it."""
    few = t("people.no-key") if not card.passkeys else t("people.one-key") if card.passkeys == 1 else ""
    return Row(
        id=f"{card.desk}-{card.number}",
        href=f"/people/{card.desk}/{card.number}",
        officer=t("people.one", desk=card.desk, number=card.number),
        agency=card.agency,
        roles=t.listing(t.word("role", role) for role in card.roles),
        keys=t.number(card.passkeys),
        few=few,
        sessions=t.number(card.sessions),
        seen=t("people.never") if card.seen is None else moments.moment(card.seen, now, t),
        state=t(f"people.{card.why or 'active'}"),
        look="stop" if card.why else "ok",
    )


def key(card: PasskeyCard, now: Ms, t: Texts) -> Key:
    """Return a passkey as lists show it."""
    used = t("people.unused") if card.used is None else t("people.used", time=moments.moment(card.used, now, t))
    since = t("people.since", time=moments.moment(card.since, now, t))
    return Key(card.id, card.label or t("people.no-label"), f"{since}, {used}")


def session(card: SessionCard, here: str, now: Ms, t: Texts) -> Line:
    """Return a session as lists show it; `here` is the id of the visitor's own."""
    since = t("people.since", time=moments.moment(card.since, now, t))
    until = t("people.until", time=moments.moment(card.until, now, t))
    return Line(card.id, t(f"people.how.{card.how}"), f"{since}, {until}", card.id == here)


def _invitation(card: InvitationCard, now: Ms, t: Texts) -> Line:
    return Line(card.id, t("people.invitations.by", by=card.by, until=moments.moment(card.until, now, t)), "")


def wall(visit: Visit) -> Ms:
    """Return the machine's time, by which sessions and keys are dated, from the visitor's own session."""
    return max((one.seen for one in _mine(visit)), default=visit.now)


def _mine(visit: Visit) -> tuple[SessionCard, ...]:
    file = visit.site.people.account(visit.who.person.desk, visit.who.person.number)
    return file.sessions if file else ()


# --- the list and one account -----------------------------------------------------------------------------------------


async def people(visit: Visit) -> Answer:
    """Show what waits for a second person, and all officers."""
    t, now = visit.texts, wall(visit)
    rows = tuple(row(card, now, t) for card in visit.site.people.accounts())
    said = await changes(visit)
    wishes = tuple(_wish(one, visit, now) for one in said.proposals)
    regions = (
        Region("able", (Part("able", "people.able", _able(said, t)),)),
        Region("waiting", _parts([one for one in wishes if one.waits], visit, t("people.waiting.none"), "w")),
        Region("decided", _parts([one for one in wishes if not one.waits], visit, t("people.decided.none"), "d")),
        Region("people", tuple(Part(f"p-{one.id}", "people.row", one) for one in rows)),
    )
    return Screen(Page("people.html", t("people.h1"), "people", regions), TOPICS)


# --- two pairs of eyes ------------------------------------------------------------------------------------------------


class Change(msgspec.Struct, frozen=True):
    """One change of an account as the door tells it."""

    id: str
    what: str
    desk: str
    number: int
    detail: str
    by: str
    since: int
    until: int
    waits: bool
    ended_at: int | None
    ended_by: str
    ended_how: str


class Changes(msgspec.Struct, frozen=True):
    """What the door tells of changes: who could confirm, and each change."""

    administrators: tuple[str, ...]
    proposals: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """One change in words; `may` says that the visitor may confirm it, `own` that it is the visitor's own."""

    id: str
    what: str
    detail: str
    waits: bool
    may: bool
    own: bool
    look: str


async def changes(visit: Visit) -> Changes:
    """Return the changes of accounts, and who can confirm one."""
    return msgspec.convert(await visit.site.hands.ask("GET", "/people/proposals"), Changes)


def _able(said: Changes, t: Texts) -> tuple[str, bool]:
    """Return how many administrators can sign in, and whether there are two pairs of eyes."""
    return t.count("people.able", len(said.administrators)), len(said.administrators) > 1


def _wish(one: Change, visit: Visit, now: Ms) -> Wish:
    t, me, who = visit.texts, by(visit), t_who(one, visit.texts)
    since = t("people.wish.by", by=one.by, time=moments.moment(Ms(one.since), now, t))
    if one.waits:
        detail = f"{since}, {t('people.wish.until', time=moments.moment(Ms(one.until), now, t))}"
    elif one.ended_at is None:
        detail = f"{since}, {t('people.wish.lapsed')}"
    else:
        ended = t(f"people.wish.{one.ended_how}", by=one.ended_by, time=moments.moment(Ms(one.ended_at), now, t))
        detail = f"{since}, {ended}"
    about = f"{one.desk}/{one.number}" == me
    look = "stop" if one.ended_how == "alone" else "ok" if one.ended_how == "confirmed" else ""
    return Wish(one.id, t(f"people.wish.{one.what}", officer=who, subject=one.detail), detail, one.waits, me != one.by and not about,
                me == one.by, look)  # fmt: skip


def t_who(one: Change, t: Texts) -> str:
    """Return whom a change is about."""
    return t("people.one", desk=one.desk, number=one.number)


def _parts(wishes: list[Wish], visit: Visit, none: str, mark: str) -> tuple[Part, ...]:
    parts = tuple(Part(f"wish-{one.id}", "people.wish", (one, visit.who.csrf)) for one in wishes)
    return parts or (Part(f"wish-{mark}-none", "people.no_wish", none),)


async def confirm(visit: Visit) -> Answer:
    """Confirm a change that another proposed; an invitation's link is shown to whoever confirms, this once."""
    found = await _change(visit)
    if found is None:
        return Absent()
    body: Json = {"proposal": found.id, "by": by(visit)}
    said = cast("dict[str, Json]", await visit.site.hands.ask("POST", "/people/confirm", body=body))
    file = visit.site.people.account(found.desk, found.number)
    if "path" in said and file is not None:
        return _with_link(visit, file, said)
    return Redirect("/people", "people.said.confirmed")


async def refuse(visit: Visit) -> Answer:
    """Refuse a change, or take one's own back."""
    found = await _change(visit)
    if found is None:
        return Absent()
    await visit.site.hands.ask("POST", "/people/refuse", body={"proposal": found.id, "by": by(visit)})
    return Redirect("/people", "people.said.refused")


async def _change(visit: Visit) -> Change | None:
    """Return the change of the address if it waits."""
    listed = (await changes(visit)).proposals
    return next((one for one in listed if one.id == visit.path["proposal"] and one.waits), None)


async def one(visit: Visit) -> Answer:
    """Show one account."""
    file = _file(visit)
    return Absent() if file is None else _screen(visit, file)


def _screen(visit: Visit, file: AccountFile, link: str = "", until: str = "") -> Screen:
    t, now, card = visit.texts, wall(visit), file.card
    yes, no = t("people.yes"), t("people.no")
    facts = Facts(row(card, now, t), yes if card.named else no, yes if card.bound else no)
    keys = tuple(key(each, now, t) for each in file.passkeys)
    sessions = tuple(session(each, visit.who.session, now, t) for each in file.sessions)
    links = tuple(_invitation(each, now, t) for each in file.invitations)
    regions = (
        Region("facts", (Part("people-facts", "people.facts", facts),)),
        Region("sessions", (Part("people-sessions", "people.lines", (sessions, t("people.sessions.none"))),)),
    )
    held = None if visit.site.calendars is None else visit.site.calendars.since(card.desk, card.number)
    calendar = "" if held is None else t("people.calendar.since", time=moments.moment(held, now, t))
    context = {
        "row": facts.row,
        "card": card,
        "keys": keys,
        "links": links,
        "link": link,
        "until": until,
        "calendar": calendar,
    }
    return Screen(Page("account.html", facts.row.officer, "people", regions), TOPICS, context, at=facts.row.href)


def _who(visit: Visit) -> tuple[str, int] | None:
    number = visit.path["number"]
    if not (number.isascii() and number.isdecimal() and len(number) <= _MOST_NUMBER):
        return None
    return visit.path["desk"], int(number)


def _file(visit: Visit) -> AccountFile | None:
    who = _who(visit)
    return None if who is None else visit.site.people.account(*who)


# --- what an administrator does ---------------------------------------------------------------------------------------


def by(visit: Visit) -> str:
    """Return who acts, as desk and number."""
    return f"{visit.who.person.desk}/{visit.who.person.number}"


async def _do(visit: Visit, path: str, say: str, **more: Json) -> Answer:
    file = _file(visit)
    if file is None:
        return Absent()
    card = file.card
    body: dict[str, Json] = {"desk": card.desk, "number": card.number, "by": by(visit), **more}
    said = await visit.site.hands.ask("POST", path, body=body)
    waits = isinstance(said, dict) and said.get("waits") is True
    return Redirect(f"/people/{card.desk}/{card.number}", "people.said.waits" if waits else say)


async def invite(visit: Visit) -> Answer:
    """Propose an invitation; where nobody else could confirm it, make it and show its link, this once."""
    file = _file(visit)
    if file is None:
        return Absent()
    body: dict[str, Json] = {"desk": file.card.desk, "number": file.card.number, "by": by(visit)}
    said = cast("dict[str, Json]", await visit.site.hands.ask("POST", "/people/invite", body=body))
    if said["waits"]:
        return Redirect(f"/people/{file.card.desk}/{file.card.number}", "people.said.waits")
    return _with_link(visit, file, said)


def _with_link(visit: Visit, file: AccountFile, said: dict[str, Json]) -> Screen:
    """Return an account with the link of an invitation, which is shown this once."""
    link = str(said["link"] or f"{visit.origin}{said['path']}")
    ends = Ms(cast("int", said["until"]))
    until = f"{moments.date(ends, visit.texts, year=True)} {moments.clock(ends)}"
    fresh = visit.site.people.account(file.card.desk, file.card.number)
    return _screen(visit, fresh or file, link, until)


async def end_invitations(visit: Visit) -> Answer:
    """End the open links of an officer."""
    return await _do(visit, "/people/invite/end", "people.said.invitation")


async def end_calendar(visit: Visit) -> Answer:
    """Take the address of an officer's calendar back."""
    return await _do(visit, "/plan/calendar/end", "settings.said.calendar")


async def suspend(visit: Visit) -> Answer:
    """Suspend an officer."""
    return await _do(visit, "/people/suspend", "people.said.suspended")


async def reinstate(visit: Visit) -> Answer:
    """Reinstate an officer."""
    return await _do(visit, "/people/reinstate", "people.said.reinstated")


async def name(visit: Visit) -> Answer:
    """Keep a name, which is not shown here again."""
    return await _do(visit, "/people/name", "people.said.named", name=visit.field("name"))


async def bind(visit: Visit) -> Answer:
    """Bind a subject of the agency's sign-in."""
    return await _do(visit, "/people/bind", "people.said.bound", subject=visit.field("subject"))


async def end_passkey(visit: Visit) -> Answer:
    """End a passkey."""
    return await _do(visit, "/people/passkey/end", "people.said.key", passkey=visit.field("passkey"))


async def end_sessions(visit: Visit) -> Answer:
    """End all sessions of an officer, but the one that asks for it."""
    return await _do(visit, "/people/sessions/end", "people.said.sessions", but=visit.who.session)


# --- members of a case ------------------------------------------------------------------------------------------------


async def give(visit: Visit) -> Answer:
    """Give the case to a person of ours."""
    return await _member(visit, "/people/member", "members.said.given")


async def take(visit: Visit) -> Answer:
    """Take the case from a person."""
    return await _member(visit, "/people/member/end", "members.said.taken")


async def _member(visit: Visit, path: str, say: str) -> Answer:
    desk, _, number = visit.field("who").partition("/")
    if not desk or not (number.isascii() and number.isdecimal() and len(number) <= _MOST_NUMBER):
        raise Refused(400, "bad-form", visit.texts("members.form"))
    assert visit.case_id is not None  # the gate found the case that the route is about
    case = show_id(visit.case_id)
    body: dict[str, Json] = {"case": case, "desk": desk, "number": int(number), "by": by(visit)}
    await visit.site.hands.ask("POST", path, body=body)
    return Redirect(f"/case/{visit.path['number']}", say)


_ONE = "/people/{desk:str}/{number:str}"
ROUTES = (
    ScreenRoute("GET", "/people", Deed.PEOPLE, people),
    ScreenRoute("POST", "/proposal/{proposal:str}/confirm", Deed.PEOPLE, confirm, fresh=True),
    ScreenRoute("POST", "/proposal/{proposal:str}/refuse", Deed.PEOPLE, refuse, fresh=True),
    ScreenRoute("GET", _ONE, Deed.PEOPLE, one),
    ScreenRoute("POST", f"{_ONE}/invite", Deed.PEOPLE, invite, fresh=True),
    ScreenRoute(
        "GET", f"{_ONE}/invite", Deed.PEOPLE, one
    ),  # the page with the link stays live, and is safe to load again
    ScreenRoute("POST", f"{_ONE}/invitations", Deed.PEOPLE, end_invitations, fresh=True),
    ScreenRoute("POST", f"{_ONE}/suspend", Deed.PEOPLE, suspend, fresh=True),
    ScreenRoute("POST", f"{_ONE}/reinstate", Deed.PEOPLE, reinstate, fresh=True),
    ScreenRoute("POST", f"{_ONE}/name", Deed.PEOPLE, name, fresh=True),
    ScreenRoute("POST", f"{_ONE}/bind", Deed.PEOPLE, bind, fresh=True),
    ScreenRoute("POST", f"{_ONE}/passkey", Deed.PEOPLE, end_passkey, fresh=True),
    ScreenRoute("POST", f"{_ONE}/sessions", Deed.PEOPLE, end_sessions, fresh=True),
    ScreenRoute("POST", f"{_ONE}/calendar", Deed.PEOPLE, end_calendar, fresh=True),
    ScreenRoute("POST", "/case/{number:str}/members", Deed.MEMBERS, give, about="number"),
    ScreenRoute("POST", "/case/{number:str}/members/end", Deed.MEMBERS, take, about="number"),
)
