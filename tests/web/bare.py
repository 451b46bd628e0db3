"""A site over the invented board of `board.py`, for the frame and the old pages: everyone is who their cookie says.

A cookie `<role>` is an officer of that role; `stale` one whose proof is old; anything else is nobody. Need-to-know opens every
case that the board has; the deeds are the house's own rules. Readers that a test does not bring fail when they are asked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import httpx

from comity.base.errors import BadForm
from comity.base.ids import CaseId, Ms, read_id
from comity.edge.needs import house_access
from comity.policy.access import CaseFacts, Deed, Person
from comity.screen.changes import Rung
from comity.screen.people import SignedIn, Ways
from comity.screen.site import Site
from comity.screen.visitor import Json, Refused
from comity.web.answers import Jar
from comity.web.app import Pages, create
from comity.web.screens import law, today
from comity.web.visit import ScreenRoute
from tests.web.board import Board, Clock, Count

NODE = "xa.example/comity"
COOKIE = Jar(NODE, https=False).session
CSRF = "c" * 43
KEY = b"k" * 32
OLD = (*today.ROUTES, *law.ROUTES)
"""Pages that read nothing but the board."""
_ACCESS = house_access()


class Nothing:
    """A reader that no test of the frame needs."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was asked of a reader that this test did not bring")


class People:
    """Whoever the cookie names; `ended` are tokens whose session is over."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.due = False
        self.settings: dict[str, str] = {}
        self.language = "en"
        self.left_ms = 3_600_000
        self.csrf = CSRF

    def signed_in(self, token: str) -> SignedIn | None:
        role = token.removeprefix("stale-")
        known = {"desk-lead", "reviewer", "officer", "administrator", "duty-officer"}
        if token in self.ended or role not in known:
            return None
        person = Person("requests", 7, "police", frozenset({role}))
        return SignedIn(
            id=token.ljust(64, "0"), person=person, name="", how="passkey", csrf=self.csrf, language=self.language,
            settings=self.settings, proved_at=Ms(0), until=Ms(0), idle_until=Ms(0), fresh=role == token, due=self.due,
            left_ms=self.left_ms,
        )  # fmt: skip

    def ways(self) -> Ways:
        return Ways()


class Needs:
    """Every case of the board, kept by desk `requests`, with the agency of everyone here."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def facts(self, kind: str, name: str) -> tuple[CaseId, CaseFacts] | None:
        try:
            id_ = read_id(name)
        except BadForm:
            return None
        cards = self._board.cases(Ms(0))
        wanted = [c.case for c in cards if id_ in ({c.case} if kind == "case" else {d.id for d in c.dispatches})]
        return (wanted[0], CaseFacts("requests", frozenset({"police"}))) if wanted else None

    def may(self, person: Person, deed: Deed, case: CaseFacts | None = None) -> bool:
        return _ACCESS.may(person, deed, case)


class Inbox:
    """Every case of the board, as one line each."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def page(self, _person: Person, _ask: object, now: Ms) -> SimpleNamespace:
        return SimpleNamespace(lines=tuple(SimpleNamespace(case=card.case) for card in self._board.cases(now)))


class Hands:
    """Keeps what was asked; refuses what a test tells it to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Json]] = []
        self.refusal: Refused | None = None

    async def ask(self, method: str, path: str, query: Mapping[str, str] | None = None, body: Json = None) -> Json:
        self.asked.append((method, path, body))
        if self.refusal is not None:
            raise self.refusal
        return {}


class Changes:
    """The bell of `Count`: each rise may be anything, unless a test says which topics."""

    def __init__(self, count: Count, boot: str = "aa") -> None:
        self._count, self.boot = count, boot
        self.topics: frozenset[str] | None = None

    async def follow(self) -> AsyncIterator[Rung]:
        heard = self._count.number
        yield Rung(self.boot, KEY, heard, frozenset())
        while True:
            heard = await self._count.next(heard)
            yield Rung(self.boot, KEY, heard, self.topics)


def site_of(board: Board, clock: Clock, log_files: object, **given: object) -> Site:
    """Return a site of the readers that are given; of the others those that no desk may have are absent, the rest fail when asked."""
    parts: dict[str, object] = {
        "board": board, "inbox": Inbox(board), "needs": Needs(board), "people": People(), "hands": Hands(), "clock": clock,
        "log_files": log_files, "duty": None, **given,
    }  # fmt: skip
    absent = {one.name: Nothing() if one.default is dataclasses.MISSING else None for one in dataclasses.fields(Site)}
    return Site(**cast("Any", absent | parts))


def pages_of(
    site: Site, count: Count, *, routes: Sequence[ScreenRoute] = OLD, changes: Changes | None = None, **more: Any
) -> Pages:
    """Return the application over a site."""
    return create(site, changes or Changes(count), node=NODE, routes=routes, badges={}, **more)


async def ask(app: Pages, method: str, path: str, *, who: str = "desk-lead", **more: Any) -> httpx.Response:
    """Ask an application once, as the browser of `who`; "" is nobody."""
    headers = {"host": "xa.localhost:8000", **more.pop("headers", {})}
    if who:
        headers["cookie"] = f"{COOKIE}={who}" + (f"; {headers['cookie']}" if "cookie" in headers else "")
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://xa.localhost:8000") as client:
        return await client.request(method, path, headers=headers, **more)


__all__ = [
    "COOKIE",
    "CSRF",
    "NODE",
    "OLD",
    "Changes",
    "Hands",
    "Needs",
    "Nothing",
    "People",
    "ask",
    "pages_of",
    "site_of",
]
