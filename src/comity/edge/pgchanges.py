"""The node's bell for pages of other processes, through the database that all of them have: NOTIFY here, LISTEN there.

The rule it keeps: as `changes`: a ring says case and kind of what moved, never what; whoever lost the way is told that all may have moved.
What is lost here delays a page and nothing else: the rows are what counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from comity.base.errors import BadConfiguration
from comity.base.ids import read_id, show_id
from comity.edge.bell import Bell, News
from comity.edge.changes import Topics
from comity.edge.database import Database
from comity.edge.pgwire import ServerSays, Wire
from comity.screen.changes import Rung

RANG, ASKED = "comity_rang", "comity_asked"
_TELL = "SELECT pg_notify(?, ?)"
_NOTHING = "SELECT 1"
"""Asked to take in what the server said by itself."""
_MOST = 64
"""More ids than a notification has room for are told as "it may be anything"."""
_AGAIN_S = 0.5
_LOOK_S = 1.0
"""Looked at this often also without a sign: a notification may stand behind an answer that was read already."""


class Announcer:
    """Tells every ring of this process's bell to whoever listens at the database, and who asks, where the bell stands.

    Args:
        bell: of the node's own process.
        database: the node's.
    """

    def __init__(self, bell: Bell, database: Database) -> None:
        self._bell, self._database = bell, database.named("comity bell")

    async def run(self) -> None:
        """Go on until cancelled; a connection that is lost is made again."""
        while True:
            with contextlib.suppress(ServerSays, BadConfiguration):
                wire = await asyncio.to_thread(_listening, self._database, ASKED)
                try:
                    await self._tell(wire)
                finally:
                    wire.close()
            await asyncio.sleep(_AGAIN_S)

    async def _tell(self, wire: Wire) -> None:
        bell, heard = self._bell, self._bell.number
        await asyncio.to_thread(self._say, wire, self._hello(None, heard))
        while True:
            rung = asyncio.ensure_future(bell.next(heard))
            asked = asyncio.ensure_future(_readable(wire))
            try:
                await asyncio.wait({rung, asked}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _end(rung, asked)
            await asyncio.to_thread(wire.ask, _NOTHING)
            if wire.news:
                wire.news.clear()
                await asyncio.to_thread(self._say, wire, self._hello((), heard))
            for news in bell.after(heard):
                heard = news.number
                await asyncio.to_thread(self._say, wire, self._said(news))

    def _hello(self, topics: tuple[str, ...] | None, number: int) -> dict[str, Any]:
        """Return where the bell stands; `number` is that of the last ring that was told, so that none is passed over."""
        bell = self._bell
        return {
            "boot": bell.boot,
            "key": bell.key.hex(),
            "number": number,
            "ids": [],
            "touched": [],
            "topics": topics,
        }

    def _said(self, news: News) -> dict[str, Any]:
        hello = self._hello(None, news.number)
        if len(news.dispatches) + len(news.touched) > _MOST:
            return hello
        ids, touched = (list(map(show_id, some)) for some in (news.dispatches, news.touched))
        return hello | {"ids": ids, "touched": touched, "topics": None if news.topics is None else sorted(news.topics)}

    @staticmethod
    def _say(wire: Wire, said: dict[str, Any]) -> None:
        wire.ask(_TELL, (RANG, json.dumps(said)))


class DatabaseChanges:
    """`Changes` over the node's database, for a further page process; looks for the node again when it is lost.

    Args:
        database: the node's.
        topics: what a ring moves.
    """

    def __init__(self, database: Database, topics: Topics) -> None:
        self._database, self._topics = database.named("comity pages"), topics

    async def follow(self) -> AsyncIterator[Rung]:
        """Yield the rings as they come; after a loss the first has no topics."""
        lost = False
        while True:
            with contextlib.suppress(ServerSays, BadConfiguration):
                async with contextlib.aclosing(self._told()) as told:
                    boot, number = "", 0
                    async for said in told:
                        if said["boot"] != boot:
                            topics = None if lost or boot else frozenset[str]()
                            yield Rung(said["boot"], bytes.fromhex(said["key"]), said["number"], topics)
                        elif said["number"] > number:
                            yield self._rung(said, number)
                        boot, number = said["boot"], said["number"]
            lost = True
            await asyncio.sleep(_AGAIN_S)

    def _rung(self, said: dict[str, Any], before: int) -> Rung:
        boot, key, number = said["boot"], bytes.fromhex(said["key"]), said["number"]
        topics = None if said["topics"] is None else frozenset(map(str, said["topics"]))
        news = News(number, tuple(map(read_id, said["ids"])), topics, tuple(map(read_id, said["touched"])))
        moved = self._topics.of(news)
        return Rung(boot, key, number, moved if number == before + 1 else None)

    async def _told(self) -> AsyncGenerator[dict[str, Any], None]:
        wire = await asyncio.to_thread(_listening, self._database, RANG)
        try:
            await asyncio.to_thread(wire.ask, _TELL, (ASKED, ""))
            while True:
                while wire.news:
                    yield json.loads(wire.news.popleft()[2])
                await _readable(wire)
                await asyncio.to_thread(wire.ask, _NOTHING)
        finally:
            wire.close()


def _listening(database: Database, channel: str) -> Wire:
    wire = Wire(database)
    wire.ask(f"LISTEN {channel}")
    return wire


async def _readable(wire: Wire) -> None:
    """Wait until the connection has something to say, or it is time to look."""
    loop = asyncio.get_running_loop()
    there: asyncio.Future[None] = loop.create_future()

    def ready() -> None:
        loop.remove_reader(wire.socket)
        if not there.done():
            there.set_result(None)

    loop.add_reader(wire.socket, ready)
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(there, _LOOK_S)
    finally:
        loop.remove_reader(wire.socket)


async def _end(*tasks: asyncio.Future[Any]) -> None:
    for one in tasks:
        one.cancel()
    await asyncio.wait(tasks)
