"""Screens over one invented node's people: a visit made by hand, the door's own routes behind it, HTML by the renderer."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

from comity.base.errors import BadForm, ComityError
from comity.base.ids import Ms
from comity.edge.bell import Bell
from comity.edge.door_accounts import AccountRoutes
from comity.edge.door_people import SignInRoutes
from comity.policy.access import Person
from comity.screen import PartyCard
from comity.web import assets
from comity.web.render import Renderer
from comity.web.texts import Texts
from comity.web.visit import NOBODY, Refused, Visit, Visitor
from tests.unit.edge.peopleworld import ORIGIN, PARTY, Desk

PARTIES = (
    PartyCard("XA", "Auria", "Aurin", "America/Halifax", 510, 1020, "Duty officer 2", ours=True),
    PartyCard("XB", "Borea", "Borhaven", "Asia/Kathmandu", 570, 1080, "Duty officer 4", ours=False),
)
GUEST = "guest-of-one-browser"


class Driver:
    """What the routes need of an engine: its writer, bell and clock."""

    def __init__(self, desk: Desk) -> None:
        self.bell = Bell()
        self.clock = SimpleNamespace(now=lambda: desk.node_now)

    async def call(self, function, *arguments, **named):
        return function(*arguments, **named)


class RouteHands:
    """`Hands` over a set of the door's routes; remembers what was asked."""

    def __init__(self, routes) -> None:
        self.routes = routes
        self.asked = []

    async def ask(self, method, path, query=None, body=None):
        self.asked.append((path, body))

        async def receive():
            return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

        try:
            return await self.routes[method, path]({"query_string": b""}, receive)
        except BadForm as error:
            raise Refused(400, error.code, str(error)) from error
        except ComityError as error:
            raise Refused(409, error.code, str(error)) from error


class Screens:
    """One node's screens of people; `visit` makes a visit of a guest or of a session's officer."""

    def __init__(self, folder, agency=None, health=None, **desk) -> None:
        self.desk = Desk(folder, **desk)
        engine = Driver(self.desk)
        accounts = AccountRoutes(engine, self.desk.accounts, self.desk.people, PARTY, self.desk.eyes).routes
        signin = SignInRoutes(engine, self.desk.signin, self.desk.people, agency).routes
        self.hands = RouteHands({**accounts, **signin})
        board = SimpleNamespace(parties=lambda: PARTIES, laws=tuple)
        self.site = SimpleNamespace(
            board=board, hands=self.hands, people=self.desk.people, health=health, duty=None, calendars=None
        )

    def visit(self, token="", *, path=None, query=None, lang="en", **form) -> Visit:
        signed = self.desk.people.signed_in(token)
        who = Visitor(NOBODY, "", "guest", GUEST, lang, Ms(0))
        if signed is not None:
            who = Visitor(
                signed.person, signed.name, signed.how, signed.csrf, signed.language, signed.proved_at, signed.settings,
                signed.id,
            )  # fmt: skip
        fields = {name: (value,) for name, value in form.items()}
        return Visit(
            who=who, site=self.site, now=self.desk.now, path=path or {}, query=query or {}, form=fields, partial=False,
            texts=Texts(lang), origin=ORIGIN,
        )  # fmt: skip

    def html(self, screen, visit) -> str:
        """Lay a screen out as a page of its own, without the frame."""
        renderer = Renderer(visit.texts, assets.addresses(assets.load()))
        still = {
            "us": PARTIES[0], "places": "", "rail": (), "find": False, "ways": {}, "time": "", "live": {}, "who": visit.who,
            "guest": True, "csrf": visit.who.csrf, "theme": "", "path": "/", "said": "",
        }  # fmt: skip
        page = screen.page
        if page.template not in {"signin.html", "bounce.html"}:
            from comity.web.pages import Region

            page = replace(page, regions=(*page.regions, Region("notices", ())))
        return renderer.page(page, {**still, **screen.context})


def person(*roles, number=7) -> Person:
    return Person("requests", number, "guard", frozenset(roles))
