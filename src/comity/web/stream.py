"""One event stream a browser: pings that say which topics moved, and nothing of what.

Rules kept: a topic goes out only as its HMAC under a key of this run, so that a listener learns nothing of cases that are not
open to it; a ping is encoded once for all who listen; who comes back with the number of its last ping gets what it missed,
once, and where that is not known any more it is told that all may have moved; a stream ends when its session has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import re
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable

import msgspec

from comity.base.ids import Ms
from comity.screen.changes import Changes, Rung
from comity.web import moments

BEAT_S = 5.0  # a listener that hears nothing for longer knows that the line is dead
MOST_LISTENERS = 2_000
_LOOK_S = 0.5  # how often the clock is looked at: a demo's may run fast
_SETTLE_S = 0.04  # rings that come together become one ping
_FIRST_S = 3.0  # how long a page waits for the node's bell before it goes out without
_AGAIN_S = 1.0
_PINGS = 4_096
_FRAMES = 256
_TOPICS = 200
_LAST = re.compile(r"([0-9a-f]{1,32}):([0-9]{1,15})")
_BEAT = b"event: beat\ndata:\n\n"
_MINUTE = b"event: minute\ndata:\n\n"
_GONE = b"event: gone\ndata:\n\n"
_LOG = logging.getLogger("comity.web")


class Stream:
    """All listeners of one page process. Made anywhere, used inside one event loop."""

    def __init__(self, changes: Changes, clock: Callable[[], Ms]) -> None:
        """Take the node's bell and its time."""
        self._changes, self._clock = changes, clock
        self.boot, self.number = "", 0
        self._key = secrets.token_bytes(32)
        self._floor = 0
        self._pings: deque[tuple[int, bytes]] = deque()
        self._frames: deque[tuple[int, bytes]] = deque(maxlen=_FRAMES)
        self._serial = 0
        self._fresh: list[Rung] = []
        self._woken: asyncio.Event | None = None
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.listeners = 0
        self._closed = False

    # --- what a page says of its topics ----------------------------------------------------------------------------

    async def now(self) -> int:
        """Return the number of the last ring, before anything is read: what is read then is never older."""
        self._begin()
        if not self._heard.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_S):
                    await self._heard.wait()
        return self.number

    def hashed(self, topics: Iterable[str]) -> list[str]:
        """Return topics as pings name them."""
        return sorted(self._hash(topic) for topic in topics)

    def _hash(self, topic: str) -> str:
        return hmac.new(self._key, topic.encode(), hashlib.sha256).hexdigest()[:16]

    # --- listening -------------------------------------------------------------------------------------------------

    async def listen(self, last: str, alive: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of one listener's stream until its session ends or the program does.

        Args:
            last: the header `Last-Event-ID`, "" for a new listener.
            alive: whether the listener's session is still good; asked at each beat.
        """
        await self.now()
        self.listeners += 1
        try:
            seen = self._serial
            yield b"retry: 1000\n\n" + self._missed(last) + self._hello()
            while not self._closed:
                if self._serial == seen:
                    await self._wait()
                fresh = [frame for serial, frame in self._frames if serial > seen]
                if self._serial - seen > len(fresh):
                    fresh = [self._ping(self.number, None)]
                seen = self._serial
                if _BEAT in fresh and not alive():
                    yield _GONE
                    return
                if fresh:
                    yield b"".join(fresh)
        finally:
            self.listeners -= 1

    def _hello(self) -> bytes:
        said = msgspec.json.encode({"n": self.number, "boot": self.boot})
        return b"id: %s:%d\nevent: hello\ndata: %s\n\n" % (self.boot.encode(), self.number, said)

    def _missed(self, last: str) -> bytes:
        known = _LAST.fullmatch(last)
        if known is None:
            return self._ping(self.number, None) if last else b""
        number = int(known[2])
        if known[1] != self.boot or not self._floor <= number <= self.number:
            return self._ping(self.number, None)
        return b"".join(ping for at, ping in self._pings if at > number)

    async def _wait(self) -> None:
        assert self._woken is not None
        await self._woken.wait()

    # --- hearing ---------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._tasks or self._closed:
            return
        self._woken = asyncio.Event()
        self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._beats())]

    async def _follow(self) -> None:
        while True:
            try:
                await self._hear()
            except Exception as error:  # noqa: BLE001  pages must go on hearing, whatever the way to the node does
                _LOG.warning("the node's bell was lost and is looked for again: %s", type(error).__name__)
            await asyncio.sleep(_AGAIN_S)

    async def _hear(self) -> None:
        async for rung in self._changes.follow():
            if rung.boot != self.boot:
                self._begin_anew(rung)
            elif self._fresh:
                self._fresh.append(rung)
            else:
                self._fresh = [rung]
                asyncio.get_running_loop().call_later(_SETTLE_S, self._flush)

    def _begin_anew(self, rung: Rung) -> None:
        """Take the first ring of a run of the node; who listens already is told that all may have moved."""
        first = not self.boot
        self.boot, self._key, self.number, self._floor = rung.boot, rung.key, rung.number, rung.number
        self._pings.clear()
        self._fresh = []
        self._heard.set()
        if not first:
            self._send(self._ping(self.number, None))

    def _flush(self) -> None:
        """Make one ping of what came since the last."""
        batch, self._fresh = self._fresh, []
        if not batch:
            return
        known = [rung.topics for rung in batch if rung.topics is not None]
        topics = frozenset[str]().union(*known) if len(known) == len(batch) else None
        if batch[-1].number <= self.number and not topics and topics is not None:
            return  # the first ring of a way that was found again: nothing was missed
        self.number = max(self.number, batch[-1].number)
        ping = self._ping(self.number, topics)
        if len(self._pings) >= _PINGS:
            self._floor = self._pings.popleft()[0]
        self._pings.append((self.number, ping))
        self._send(ping)

    def _ping(self, number: int, topics: frozenset[str] | None) -> bytes:
        said: dict[str, object] = {"n": number}
        if topics is None or len(topics) > _TOPICS:
            said["all"] = True
        else:
            said["topics"] = self.hashed(topics)
        return b"id: %s:%d\nevent: ping\ndata: %s\n\n" % (self.boot.encode(), number, msgspec.json.encode(said))

    def _send(self, frame: bytes) -> None:
        self._serial += 1
        self._frames.append((self._serial, frame))
        self._wake()

    def _wake(self) -> None:
        woken, self._woken = self._woken, asyncio.Event()
        if woken is not None:
            woken.set()

    async def _beats(self) -> None:
        minute, spoke = self._clock() // moments.MINUTE, time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_S)
            if self._clock() // moments.MINUTE != minute:
                minute = self._clock() // moments.MINUTE
                self._send(_MINUTE)
            if time.monotonic() - spoke >= BEAT_S:
                spoke = time.monotonic()
                self._send(_BEAT)

    async def stop(self) -> None:
        """End every stream."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._wake()
