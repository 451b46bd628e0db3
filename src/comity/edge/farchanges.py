"""The node's bell heard over its socket, for pages that a further process serves.

The rule it keeps: whoever lost the way is told that all may have moved. A node's own process needs no HTTP client for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from comity.base.ids import read_id
from comity.edge.bell import News
from comity.edge.changes import Topics
from comity.edge.files import SOCKET
from comity.screen.changes import Rung

_AGAIN_S = 0.5


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
