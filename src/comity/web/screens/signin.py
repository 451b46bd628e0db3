"""Signing in and out, proving again, and registering a passkey by an invitation.

The rule it keeps: nothing here says whether an officer, a key or an account exists; what is refused is refused in one way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from comity.base.ids import Ms
from comity.policy.access import Deed
from comity.web import letters, moments
from comity.web.pages import Page
from comity.web.reading import sight
from comity.web.visit import (
    Absent,
    Answer,
    Enter,
    Json,
    Leave,
    Redirect,
    Refused,
    Screen,
    ScreenRoute,
    Told,
    Visit,
    local_path,
)

LANGUAGES = (("en", "English"), ("fr", "Français"), ("hi", "हिन्दी"), ("pa", "ਪੰਜਾਬੀ"))
FINISH = "/sign-in/agency/finish"
_MOST_QUERY = 4096


@dataclass(frozen=True, slots=True)
class Ready:
    """A ready-made role of a demonstration as a button."""

    word: str
    text: str
    desk: str
    number: int


def _ready(visit: Visit) -> tuple[Ready, ...]:
    t = visit.texts
    return tuple(
        Ready(t.word("role", role), t.word("role", f"{role}.text"), desk, number)
        for role, desk, number in visit.site.people.ways().demo
    )


def _back(visit: Visit) -> str:
    return local_path(visit.query.get("back", "") or visit.field("back") or "/")


def _languages(path: str, back: str, here: str) -> tuple[tuple[str, str, str, bool], ...]:
    """Return (tag, own name, address, whether it is this one) of each language."""
    kept = {} if back == "/" else {"back": back}
    return tuple((tag, name, f"{path}?{urlencode({'lang': tag, **kept})}", tag == here) for tag, name in LANGUAGES)


def _door(visit: Visit, title: str, context: Mapping[str, object], status: int = 200) -> Screen:
    """Return a page before the desk, with whatever all of them show."""
    at = sight(visit)
    capitals = tuple(letters.capital(party, at) for party in at.parties)
    shown = {"capitals": capitals, "mode": "", "demo": (), "agency": False, "languages": (), "back": "/", **context}
    return Screen(Page("signin.html", title, "", ()), context=shown, status=status)


# --- signing in ------------------------------------------------------------------------------------------------------


async def sign_in(visit: Visit) -> Answer:
    """Show how a person can sign in."""
    back = _back(visit)
    if visit.who.session:
        return Redirect(back)
    context = {
        "mode": "enter",
        "agency": visit.site.people.ways().agency,
        "demo": _ready(visit),
        "languages": _languages("/sign-in", back, visit.texts.lang),
        "back": back,
    }
    return _door(visit, visit.texts("signin.h1"), context)


async def begin(visit: Visit) -> Answer:
    """Give out a challenge for a passkey."""
    return Told(await _ask(visit, "/people/ceremony", {"what": "enter", "browser": visit.who.csrf}))


async def by_passkey(visit: Visit) -> Answer:
    """Open a session by a passkey's answer."""
    return _entered(await _ask(visit, "/people/session", _answered(visit)), _back(visit))


async def by_demo(visit: Visit) -> Answer:
    """Enter as a ready-made role, in a demonstration."""
    number = visit.field("number")
    if not (number.isascii() and number.isdecimal()):
        return Absent()
    body: dict[str, Json] = {"desk": visit.field("desk"), "number": int(number), "instead": visit.who.session}
    return _entered(await _ask(visit, "/people/demo", body), _back(visit))


async def to_agency(visit: Visit) -> Answer:
    """Go to the agency's own sign-in."""
    return await _to_agency(visit, "")


async def from_agency(visit: Visit) -> Answer:
    """Come back from the agency; go on by a page of ours, so that the browser sends the cookies of this site."""
    kept = {key: visit.query[key] for key in ("state", "code", "iss", "error") if key in visit.query}
    query = urlencode(kept)
    if len(query) > _MOST_QUERY:
        return Absent()
    return Screen(Page("bounce.html", visit.texts("frame.moved"), "", ()), context={"to": f"{FINISH}?{query}"})


async def finish(visit: Visit) -> Answer:
    """End a sign-in at the agency, which one browser can do once."""
    if "code" not in visit.query or "state" not in visit.query:
        raise Refused(403, "not-proved", visit.texts("signin.failed"))
    body: dict[str, Json] = {
        "state": visit.query["state"],
        "code": visit.query["code"],
        "browser": visit.who.csrf,
        "instead": visit.who.session,
        "issuer": visit.query.get("iss", ""),
    }
    said = await _ask(visit, "/people/agency/answer", body)
    return _entered(said, local_path(str(said["to"])))


async def sign_out(visit: Visit) -> Answer:
    """End this session."""
    who = visit.who.person
    body: dict[str, Json] = {"session": visit.who.session, "desk": who.desk, "number": who.number}
    await _ask(visit, "/people/session/end", body)
    return Leave()


# --- staying -----------------------------------------------------------------------------------------------------------


async def stay(visit: Visit) -> Answer:
    """Say that somebody is here: the session goes on as after any other press, and never longer than a whole one."""
    await _ask(visit, "/people/session/seen", {"id": visit.who.session})
    return Told({}) if visit.partial else Redirect(_back(visit), "session.stayed")


async def token(visit: Visit) -> Answer:
    """Give the token of the forms to a page that was opened in the session before."""
    return Told({"csrf": visit.who.csrf})


# --- proving again ---------------------------------------------------------------------------------------------------


async def again(visit: Visit) -> Answer:
    """Show how whoever is here proves it anew."""
    who, ways = visit.who.person, visit.site.people.ways()
    file = visit.site.people.account(who.desk, who.number)
    mine = tuple(one for one in _ready(visit) if (one.desk, one.number) == (who.desk, who.number))
    context = {
        "mode": "again",
        "agency": ways.agency and file is not None and file.card.bound,
        "demo": mine if visit.who.how == "demo" else (),
        "keys": file is not None and bool(file.passkeys),
        "back": _back(visit),
    }
    return _door(visit, visit.texts("signin.again.h1"), context)


async def again_begin(visit: Visit) -> Answer:
    """Give out a challenge for the passkeys of whoever is here."""
    body: dict[str, Json] = {"what": "again", "browser": visit.who.csrf, "about": visit.who.session}
    return Told(await _ask(visit, "/people/ceremony", body))


async def again_demo(visit: Visit) -> Answer:
    """Prove again without a key, in a demonstration and as the same role only."""
    if visit.who.how != "demo":
        return Absent()
    who = visit.who.person
    body: dict[str, Json] = {"desk": who.desk, "number": who.number, "instead": visit.who.session}
    return _entered(await _ask(visit, "/people/demo", body), _back(visit))


async def again_agency(visit: Visit) -> Answer:
    """Sign in anew at the agency."""
    return await _to_agency(visit, visit.who.session)


# --- invitations -----------------------------------------------------------------------------------------------------


async def invitation(visit: Visit) -> Answer:
    """Show what an invitation is for."""
    token = visit.path["token"]
    found, t = visit.site.people.invitation(token), visit.texts
    if found is None:
        return _door(visit, t("signin.invited.gone"), {"mode": "gone"}, 404)
    lead = t(
        "signin.invited.lead",
        who=f"{found.desk}/{found.number}",
        until=f"{moments.date(found.until, t, year=True)} {moments.clock(found.until)}",
    )
    languages = _languages(f"/invitation/{token}", "/", t.lang)
    return _door(
        visit, t("signin.invited.h1"), {"mode": "invited", "token": token, "lead": lead, "languages": languages}
    )


async def invitation_begin(visit: Visit) -> Answer:
    """Give out what a browser needs to make a passkey."""
    body: dict[str, Json] = {"what": "register", "browser": visit.who.csrf, "about": visit.path["token"]}
    return Told(await _ask(visit, "/people/ceremony", body))


async def invitation_end(visit: Visit) -> Answer:
    """Keep the passkey and open a session."""
    return _entered(await _ask(visit, "/people/passkey", _answered(visit)), "/")


# --- inside ----------------------------------------------------------------------------------------------------------


async def _to_agency(visit: Visit, session: str) -> Answer:
    body: dict[str, Json] = {
        "browser": visit.who.csrf,
        "origin": visit.origin,
        "to": _back(visit),
        "session": session,
    }
    return Redirect(str((await _ask(visit, "/people/agency", body))["to"]))


def _answered(visit: Visit) -> dict[str, Json]:
    return {
        "ceremony": visit.field("ceremony"),
        "browser": visit.who.csrf,
        "origin": visit.origin,
        "credential": visit.field("credential"),
        "instead": visit.who.session,
        "label": visit.field("label"),
    }


async def _ask(visit: Visit, path: str, body: dict[str, Json]) -> dict[str, Json]:
    return cast("dict[str, Json]", await visit.site.hands.ask("POST", path, body=body))


def _entered(said: Mapping[str, Json], to: str) -> Enter:
    return Enter(str(said["token"]), Ms(cast("int", said["until"])), to)


ROUTES = (
    ScreenRoute("GET", "/sign-in", Deed.HOME, sign_in, public=True),
    ScreenRoute("POST", "/sign-in/begin", Deed.HOME, begin, public=True),
    ScreenRoute("POST", "/sign-in/passkey", Deed.HOME, by_passkey, public=True),
    ScreenRoute("POST", "/sign-in/demo", Deed.HOME, by_demo, public=True),
    ScreenRoute("POST", "/sign-in/agency", Deed.HOME, to_agency, public=True),
    ScreenRoute("GET", "/sign-in/agency/answer", Deed.HOME, from_agency, public=True),
    ScreenRoute("GET", FINISH, Deed.HOME, finish, public=True),
    ScreenRoute("GET", "/sign-in/again", Deed.HOME, again),
    ScreenRoute("POST", "/sign-in/again/begin", Deed.HOME, again_begin),
    ScreenRoute("POST", "/sign-in/again/passkey", Deed.HOME, by_passkey),
    ScreenRoute("POST", "/sign-in/again/demo", Deed.HOME, again_demo),
    ScreenRoute("POST", "/sign-in/again/agency", Deed.HOME, again_agency),
    ScreenRoute("POST", "/sign-out", Deed.HOME, sign_out),
    ScreenRoute("POST", "/session/stay", Deed.HOME, stay),
    ScreenRoute("GET", "/session/token", Deed.HOME, token),
    ScreenRoute("GET", "/invitation/{token:str}", Deed.HOME, invitation, public=True),
    ScreenRoute("POST", "/invitation/{token:str}/begin", Deed.HOME, invitation_begin, public=True),
    ScreenRoute("POST", "/invitation/{token:str}", Deed.HOME, invitation_end, public=True),
)
