"""The calendar's open addresses: who holds one, what is given for it, and the door's routes that make and take it back.

The rule it keeps: an address opens for as long as its officer is active and may see the plan; it shows days and titles of the
plan and of meetings, and nothing else. The token is said once, and the store has its SHA-256 alone.
"""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from typing import Protocol, cast

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms
from comity.dispatch.ports import Tx
from comity.edge import peoplerows
from comity.edge.desks import offering, part
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.meetings import meeting_desk
from comity.edge.needs import house_access
from comity.edge.opening import OpenNode
from comity.edge.people import PEOPLE, People, Reads, make_people
from comity.edge.peoplerows import TOKEN_BYTES, Officer, digest_of
from comity.edge.plain import Json
from comity.policy.access import Access, Deed
from comity.screen.calendar import Feed

_LOG = logging.getLogger("comity.calendars")
_MOST_TOKEN = 128
_MODULE = "feeds"


class Feeds(Protocol):
    """The desk's module `feeds`: its rows of addresses."""

    def put(self, tx: Tx, who: Officer, digest: bytes, now: Ms) -> None:
        """Keep the digest of an officer's new address."""
        ...

    def drop(self, tx: Tx, who: Officer) -> bool:
        """Take an officer's address back."""
        ...

    def whose(self, tx: Tx, digest: bytes) -> Officer | None:
        """Return whose address this is."""
        ...

    def since(self, tx: Tx, who: Officer) -> Ms | None:
        """Return since when an officer has one."""
        ...


class Planning(Protocol):
    """What the desk's module `planning` offers for a calendar."""

    def calendar_of(self, tx: Tx, desk: object, further: Iterable[object], language: str) -> str:
        """Return the days of the plan in force, and further events."""
        ...

    def revised_of(self, tx: Tx, desk: object, further: Iterable[object]) -> Ms:
        """Return when something in that calendar last moved."""
        ...


class Meetings(Protocol):
    """The desk that keeps meetings, as a calendar needs it."""

    def entries(self, tx: Tx) -> tuple[object, ...]:
        """Return the meetings as events."""
        ...


class CalendarReader:
    """A `screen.calendar.CalendarBoard` over one node's store.

    Args:
        store: only read.
        desk: that keeps the plan; planning, feeds: its modules.
        meetings: None where no desk keeps any.
        people: who is active.
        access: the access rules.
    """

    def __init__(
        self,
        store: Reads,
        desk: tuple[object, Planning, Feeds],
        meetings: Meetings | None,
        people: People,
        access: Access,
    ) -> None:
        self._store, self._meetings, self._people, self._access = store, meetings, people, access
        self._desk, self._planning, self.feeds = desk

    def feed(self, token: str) -> Feed | None:
        """Return the calendar of an address; None for one that does not open."""
        if not token or len(token) > _MOST_TOKEN:
            return None
        with self._store.read() as tx:
            who = self.feeds.whose(tx, digest_of(token))
            if who is None or not self.may(tx, who):
                return None
            account = peoplerows.account(tx, who)
            language = account.language if account else peoplerows.LANGUAGES[0]
            further = () if self._meetings is None else self._meetings.entries(tx)
            text = self._planning.calendar_of(tx, self._desk, further, language)
            return Feed(text.encode(), self._planning.revised_of(tx, self._desk, further))

    def since(self, desk: str, number: int) -> Ms | None:
        """Return since when an officer has an address; None for no address."""
        with self._store.read() as tx:
            return self.feeds.since(tx, (desk, number))

    def may(self, tx: Tx, who: Officer) -> bool:
        """Say whether an officer is active and may see the plan."""
        return not self._people.why_not(tx, who) and self._access.may(self._people.person(tx, who), Deed.PLAN)

    def wall(self) -> Ms:
        """Return the machine's time."""
        return self._people.wall()


def make_calendars(opened: OpenNode, people: People) -> CalendarReader | None:
    """Make the reader; None where no desk keeps a plan."""
    keeps = offering(opened.config.desks, _MODULE)
    if not keeps:
        return None
    planning, feeds = cast("Planning", part(keeps[0], "planning")), cast("Feeds", part(keeps[0], _MODULE))
    meetings = cast("Meetings | None", meeting_desk(opened))
    desk = (opened.desks[keeps[0]], planning, feeds)
    return CalendarReader(opened.node.ledger, desk, meetings, people, house_access())


class HolderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose address, and who asks: desk and number."""

    desk: str
    number: int
    by: str


class CalendarRoutes:
    """The door's routes of the addresses."""

    def __init__(self, engine: Engine, reader: CalendarReader) -> None:
        """Take the running node and the reader of its addresses."""
        self._engine, self._reader = engine, reader

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("POST", "/plan/calendar"): self._on_make, ("POST", "/plan/calendar/end"): self._on_end}

    async def _on_make(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Make an address; the one before opens nothing any more."""
        asked = msgspec.json.decode(await body_of(receive), type=HolderIn)
        token = await self._engine.call(self._make, (asked.desk, asked.number))
        self._engine.bell.ring(topics=PEOPLE)
        _LOG.info("%s/%s has a new calendar address", asked.desk, asked.number)
        return {"token": token, "path": f"/calendar/{token}.ics"}

    async def _on_end(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Take an address back."""
        asked = msgspec.json.decode(await body_of(receive), type=HolderIn)
        if not await self._engine.call(self._end, (asked.desk, asked.number)):
            raise BadForm("there is no calendar address; nothing was changed")
        self._engine.bell.ring(topics=PEOPLE)
        _LOG.info("the calendar address of %s/%s was taken back by %s", asked.desk, asked.number, asked.by)
        return {}

    def _make(self, who: Officer) -> str:
        node, reader = self._engine.node, self._reader
        token = urlsafe_b64encode(node.office.entropy.draw(TOKEN_BYTES)).decode().rstrip("=")
        with node.ledger.begin() as book:
            if not reader.may(book.tx, who):
                raise NotAllowed("this officer does not see the plan; no address was made")
            reader.feeds.put(book.tx, who, digest_of(token), reader.wall())
        return token

    def _end(self, who: Officer) -> bool:
        with self._engine.node.ledger.begin() as book:
            return self._reader.feeds.drop(book.tx, who)


def start_calendars(opened: OpenNode, engine: Engine) -> tuple[Routes, ...]:
    """Return the door's routes of the calendar's addresses; none where no desk keeps a plan."""
    reader = make_calendars(opened, make_people(opened, engine.clock.now))
    return () if reader is None else (CalendarRoutes(engine, reader).routes,)
