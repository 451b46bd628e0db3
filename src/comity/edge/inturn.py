"""Blocking work on one file, piece by piece in one thread, some pieces ahead of who waits for it.

The rule it keeps: pieces are done in their order, and after one that failed none is done any more; whoever ends it waits until
nothing runs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

AHEAD = 4
"""Pieces that wait or run; so many MiB of memory for each file."""


class InTurn:
    """One thread for one file; make it inside the event loop and `end` it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="file")
        self._under_way: deque[asyncio.Future[None]] = deque()
        self._failed = False

    async def put(self, work: Callable[[bytes], None], piece: bytes) -> None:
        """Have a piece done after those before it; waits while too many are under way.

        Raises:
            Exception: what an earlier piece raised.
        """
        while len(self._under_way) >= AHEAD:
            await asyncio.shield(self._under_way[0])
            self._under_way.popleft()
        self._under_way.append(asyncio.get_running_loop().run_in_executor(self._thread, self._one, work, piece))

    async def done(self) -> None:
        """Wait until all that was put is done.

        Raises:
            Exception: what a piece raised.
        """
        while self._under_way:
            await asyncio.shield(self._under_way[0])
            self._under_way.popleft()

    async def end(self) -> None:
        """Wait until nothing runs, whatever became of it, and let the thread go; what was put is still done."""
        if self._under_way:
            await asyncio.wait(self._under_way)
            for one in self._under_way:
                one.exception()
            self._under_way.clear()
        self._thread.shutdown(wait=False)

    def _one(self, work: Callable[[bytes], None], piece: bytes) -> None:
        if self._failed:
            return
        try:
            work(piece)
        except BaseException:
            self._failed = True
            raise
