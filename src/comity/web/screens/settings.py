"""An officer's own settings, passkeys and sessions: open to everyone who is signed in, a reviewer too."""

from __future__ import annotations

from typing import cast

from comity.base.ids import Ms
from comity.policy.access import Deed, Role
from comity.web import moments
from comity.web.pages import Page, Part, Region
from comity.web.screens.people import key, session, wall
from comity.web.screens.signin import LANGUAGES
from comity.web.visit import Absent, Answer, Json, Redirect, Screen, ScreenRoute, Told, Visit

CHOICES = {"theme": ("system", "light", "dark"), "keys": ("on", "off"), "sound": ("off", "on")}
"""What can be chosen, the default first; the door checks it again."""


async def settings(visit: Visit) -> Answer:
    """Show the visitor's own."""
    return _screen(visit)


def _screen(visit: Visit, address: str = "") -> Answer:
    """Show them, with a calendar's address that was just made, this once."""
    who, t, now = visit.who, visit.texts, wall(visit)
    file = visit.site.people.account(who.person.desk, who.person.number)
    if file is None:
        return Absent()
    lines = tuple(session(one, who.session, now, t) for one in file.sessions)
    choices = tuple(
        (
            name,
            t(f"settings.{name}"),
            tuple(
                (value, t(f"settings.{name}.{value}"), who.settings.get(name, values[0]) == value) for value in values
            ),
        )
        for name, values in CHOICES.items()
    )
    context = {
        "choices": choices,
        "languages": tuple((tag, name, tag == who.language) for tag, name in LANGUAGES),
        "keys": tuple(key(one, now, t) for one in file.passkeys),
        "lines": lines,
        "calendar": _calendar(visit, now),
        "address": address,
    }
    region = Region("sessions", (Part("own-sessions", "people.lines", (lines, t("people.sessions.none"))),))
    return Screen(
        Page("settings.html", t("settings.h1"), "", (region,)), frozenset({"people"}), context, at="/settings"
    )


def _calendar(visit: Visit, now: Ms) -> tuple[bool, str] | None:
    """Return whether the visitor has a calendar's address and since when in words; None for whom there is none."""
    person, board = visit.who.person, visit.site.calendars
    if board is None or Role.REVIEWER in person.roles or not visit.site.needs.may(person, Deed.PLAN):
        return None
    since = board.since(person.desk, person.number)
    t = visit.texts
    return (
        since is not None,
        t("settings.calendar.none")
        if since is None
        else t("settings.calendar.since", time=moments.moment(since, now, t)),
    )


async def keep(visit: Visit) -> Answer:
    """Keep the choices."""
    chosen: dict[str, Json] = {name: visit.field(name) for name in CHOICES if name in visit.form}
    language = visit.field("language") if "language" in visit.form else None
    await _ask(visit, "/people/settings", choices=chosen, language=language)
    return Redirect("/settings", "settings.said.kept")


async def add_begin(visit: Visit) -> Answer:
    """Give out what a browser needs to make a further passkey."""
    body: dict[str, Json] = {"what": "add", "browser": visit.who.csrf, "about": visit.who.session}
    return Told(await visit.site.hands.ask("POST", "/people/ceremony", body=body))


async def add(visit: Visit) -> Answer:
    """Keep a further passkey."""
    body: dict[str, Json] = {
        "ceremony": visit.field("ceremony"),
        "browser": visit.who.csrf,
        "origin": visit.origin,
        "credential": visit.field("credential"),
        "label": visit.field("label"),
    }
    await visit.site.hands.ask("POST", "/people/passkey", body=body)
    return Redirect("/settings", "settings.said.added")


async def end_key(visit: Visit) -> Answer:
    """End one of the visitor's own passkeys, but not the last."""
    await _ask(visit, "/people/passkey/end", passkey=visit.field("passkey"), own=True)
    return Redirect("/settings", "settings.said.ended")


async def end_session(visit: Visit) -> Answer:
    """End one of the visitor's own sessions."""
    who = visit.who.person
    body: dict[str, Json] = {"session": visit.field("session"), "desk": who.desk, "number": who.number}
    await visit.site.hands.ask("POST", "/people/session/end", body=body)
    return Redirect("/settings", "settings.said.ended")


async def end_others(visit: Visit) -> Answer:
    """End all sessions of the visitor but this one."""
    await _ask(visit, "/people/sessions/end", but=visit.who.session)
    return Redirect("/settings", "settings.said.ended")


async def make_calendar(visit: Visit) -> Answer:
    """Make an address of the visitor's own calendar, which is shown this once; the one before ends."""
    if visit.site.calendars is None:
        return Absent()
    said = await _ask(visit, "/plan/calendar")
    return _screen(visit, f"{visit.origin}{said['path']}")


async def end_calendar(visit: Visit) -> Answer:
    """Take the address of the visitor's own calendar back."""
    if visit.site.calendars is None:
        return Absent()
    await _ask(visit, "/plan/calendar/end")
    return Redirect("/settings", "settings.said.calendar")


async def _ask(visit: Visit, path: str, **more: Json) -> dict[str, Json]:
    who = visit.who.person
    body: dict[str, Json] = {"desk": who.desk, "number": who.number, "by": f"{who.desk}/{who.number}", **more}
    return cast("dict[str, Json]", await visit.site.hands.ask("POST", path, body=body))


ROUTES = (
    ScreenRoute("GET", "/settings", Deed.HOME, settings),
    ScreenRoute("POST", "/settings", Deed.HOME, keep),
    ScreenRoute("POST", "/settings/passkey/begin", Deed.HOME, add_begin, fresh=True),
    ScreenRoute("POST", "/settings/passkey", Deed.HOME, add, fresh=True),
    ScreenRoute("POST", "/settings/passkey/end", Deed.HOME, end_key, fresh=True),
    ScreenRoute("POST", "/settings/session/end", Deed.HOME, end_session),
    ScreenRoute("POST", "/settings/sessions/end", Deed.HOME, end_others),
    ScreenRoute("POST", "/settings/calendar", Deed.PLAN, make_calendar, fresh=True),
    ScreenRoute("POST", "/settings/calendar/end", Deed.PLAN, end_calendar),
)
