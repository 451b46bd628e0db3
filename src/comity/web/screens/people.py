"""Administration: officers with their roles from the roster, passkeys, invitations, sessions; and members of a case.

The rule it keeps: an administrator sees no content and no name; what is done here needs a fresh proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

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
    """Show all officers."""
    t, now = visit.texts, wall(visit)
    rows = tuple(row(card, now, t) for card in visit.site.people.accounts())
    region = Region("people", tuple(Part(f"p-{one.id}", "people.row", one) for one in rows))
    return Screen(Page("people.html", t("people.h1"), "people", (region,)), TOPICS)


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
    context = {"row": facts.row, "card": card, "keys": keys, "links": links, "link": link, "until": until}
    return Screen(Page("account.html", facts.row.officer, "people", regions), TOPICS, context)


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
    await visit.site.hands.ask("POST", path, body=body)
    return Redirect(f"/people/{card.desk}/{card.number}", say)


async def invite(visit: Visit) -> Answer:
    """Make an invitation and show its link, this once."""
    file = _file(visit)
    if file is None:
        return Absent()
    body: dict[str, Json] = {"desk": file.card.desk, "number": file.card.number, "by": by(visit)}
    said = cast("dict[str, Json]", await visit.site.hands.ask("POST", "/people/invite", body=body))
    link = str(said["link"] or f"{visit.origin}{said['path']}")
    ends = Ms(cast("int", said["until"]))
    until = f"{moments.date(ends, visit.texts, year=True)} {moments.clock(ends)}"
    return _screen(visit, _file(visit) or file, link, until)


async def end_invitations(visit: Visit) -> Answer:
    """End the open links of an officer."""
    return await _do(visit, "/people/invite/end", "people.said.invitation")


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
    ScreenRoute("POST", "/case/{number:str}/members", Deed.MEMBERS, give, about="number"),
    ScreenRoute("POST", "/case/{number:str}/members/end", Deed.MEMBERS, take, about="number"),
)
