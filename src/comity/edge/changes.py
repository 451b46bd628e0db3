"""The node's bell for pages: which topics a ring moves, heard in the node's own process or over its socket.

The rule it keeps: a ring says case and kind of what moved, never what; whoever lost the way is told that all may have moved.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from comity.base.ids import DispatchId, read_id, show_id
from comity.dispatch.book import Ledger
from comity.edge.bell import Bell, News
from comity.edge.files import SOCKET
from comity.edge.scope import case_of
from comity.node.linkrow import read_link
from comity.screen.changes import Rung

MOVED = frozenset({"inbox", "waiting", "log", "duty"})
"""What any dispatch that was sent, filed or receipted moves, beside its case."""
_MOST = 64
_AGAIN_S = 0.5


class Topics:
    """Maps a ring to topics; remembers the link's state, so that `link` moves only when that does."""

    def __init__(self, ledger: Ledger) -> None:
        """Take the store; it is only read."""
        self._ledger = ledger
        self._link = ""

    def of(self, news: News) -> frozenset[str] | None:
        """Return the topics of one ring; None if it may be anything."""
        ids = (*news.dispatches, *news.touched)
        if len(ids) > _MOST or (news.topics is None and not ids):
            return None
        with self._ledger.read() as tx:
            cases = {case_of(tx, DispatchId(one)) for one in ids}
            link = read_link(tx).state
        topics = {f"case:{show_id(case)}" for case in cases if case is not None} | (news.topics or frozenset())
        topics |= MOVED if ids else set()
        if link != self._link:
            self._link = link
            topics.add("link")
        return frozenset(topics)


class NearChanges:
    """`Changes` of the node's own process."""

    def __init__(self, bell: Bell, topics: Topics) -> None:
        self._bell, self._topics = bell, topics

    async def follow(self) -> AsyncIterator[Rung]:
        """Yield the rings as they come."""
        bell, heard = self._bell, self._bell.number
        yield Rung(bell.boot, bell.key, heard, frozenset())
        while True:
            await bell.next(heard)
            for news in bell.after(heard):
                heard = news.number
                yield Rung(bell.boot, bell.key, news.number, self._topics.of(news))


class FarChanges:
    """`Changes` over the node's socket, for a further page process; looks for the node again when it is lost."""

    def __init__(self, folder: Path, topics: Topics) -> None:
        self._path, self._topics = folder / SOCKET, topics

    async def follow(self) -> AsyncIterator[Rung]:
        """Yield the rings as they come; after a loss the first has no topics."""
        lost = False
        while True:
            with contextlib.suppress(httpx.HTTPError, OSError, StopAsyncIteration):
                async with contextlib.aclosing(self._lines()) as lines:
                    begin = json.loads(await anext(lines))
                    boot, key = str(begin["boot"]), bytes.fromhex(begin["key"])
                    yield Rung(boot, key, begin["number"], None if lost else frozenset())
                    async for line in lines:
                        yield self._rung(boot, key, json.loads(line))
            lost = True
            await asyncio.sleep(_AGAIN_S)

    def _rung(self, boot: str, key: bytes, said: dict[str, Any]) -> Rung:
        topics = None if said["topics"] is None else frozenset(map(str, said["topics"]))
        news = News(said["number"], tuple(map(read_id, said["ids"])), topics)
        return Rung(boot, key, news.number, self._topics.of(news))

    async def _lines(self) -> AsyncGenerator[str, None]:
        transport = httpx.AsyncHTTPTransport(uds=str(self._path))
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://node", timeout=None) as client,  # noqa: S113  a stream without end
            client.stream("GET", "/events", params={"topics": "1"}) as answer,
        ):
            async for line in answer.aiter_lines():
                yield line
