"""The bell of a running node: what changed, for all who wait for it; it holds ids and words, never content."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

_NEWS_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class News:
    """One ring.

    Attributes:
        number: rises by each.
        dispatches: ids of what was filed or sent.
        topics: what else moved; None, without any id, if it may be anything.
        touched: ids of dispatches of which something else became known, such as a receipt.
    """

    number: int
    dispatches: tuple[bytes, ...]
    topics: frozenset[str] | None
    touched: tuple[bytes, ...] = ()


class Bell:
    """Rings when something changed; who waits gives the number of the last ring that it heard.

    Attributes:
        boot: token of this run; numbers of another run mean nothing.
        key: 32 bytes of this run, under which pages hash topics.
    """

    def __init__(self) -> None:
        self.boot = secrets.token_hex(8)
        self.key = secrets.token_bytes(32)
        self.number = 0
        self._news: deque[News] = deque(maxlen=_NEWS_KEPT)
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(
        self, dispatches: Iterable[bytes] = (), topics: Iterable[str] | None = None, *, touched: Iterable[bytes] = ()
    ) -> None:
        """Tell everyone.

        Args:
            dispatches: ids of what was filed or sent; the pages of their cases and all lists look again.
            topics: what else moved: `case:<26 letters>`, `inbox`, `waiting`, `duty`, `people`, `tasks`, `log`, `link`. Without
                any of these, every page looks again.
            touched: ids of dispatches of which a receipt came, or that a person opened.
        """
        self.number += 1
        moved = None if topics is None else frozenset(topics)
        self._news.append(News(self.number, tuple(dispatches), moved, tuple(touched)))
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    def after(self, number: int) -> tuple[News, ...]:
        """Return the rings above a number, in order; where some are forgotten, the last of these as one that may be anything."""
        fresh = tuple(one for one in self._news if one.number > number)
        if fresh and fresh[0].number > number + 1:
            return News(fresh[0].number - 1, (), None), *fresh
        return fresh

    async def next(self, after: int) -> int:
        """Return the number of the last ring, waiting until it is above `after`."""
        while self.number <= after:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
        return self.number

    def since(self, after: int) -> tuple[bytes, ...]:
        """Return the ids of all rings above `after` that are remembered, in order."""
        return tuple(one for news in self.after(after) for one in news.dispatches)
