"""Right of way: while an exchange is being taken or sent, files wait between two pieces, so that nothing urgent stands behind.

The rule it keeps: a file waits for an exchange, an exchange never for a file; and a file never waits for ever.
"""  # spec: protocol.md 8

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_WAIT = 0.05
"""Seconds that one piece waits at most, so that files go on under a load of exchanges that never ends."""
_MIB = 1 << 20


class Way:
    """The way that exchanges and files share; for one event loop.

    Args:
        rate_mib: mebibytes a second that all files together take; 0 for as much as there is.
    """

    def __init__(self, rate_mib: int = 0) -> None:
        self._rate = rate_mib * _MIB
        self._under_way = 0
        self._free: asyncio.Event = asyncio.Event()
        self._free.set()
        self._next = 0.0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take the way for one exchange."""
        self._under_way += 1
        self._free.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._free.set()

    async def give(self, size: int) -> None:
        """Wait, before a piece of a file of so many bytes, until no exchange is under way and the rate allows it."""
        if self._rate:
            now = time.monotonic()
            self._next = max(self._next, now) + size / self._rate
            await asyncio.sleep(self._next - now)
        if not self._free.is_set():
            try:
                async with asyncio.timeout(LONGEST_WAIT):
                    await self._free.wait()
            except TimeoutError:
                return
