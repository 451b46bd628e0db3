"""An engine driven without sockets: a store that fails when told, a clock moved by hand, a line to another engine."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from comity.base.errors import StoreError
from comity.base.ids import Ms
from comity.dispatch.exchange_codec import decode_exchange
from comity.edge.clock import SetClock
from comity.edge.courier_client import NoAnswer
from comity.edge.engine import Engine
from tests.unit.node.forge import pair
from tests.unit.node.world import START, exchange

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


class FailingStore:
    """A store over a good one. `faults`: `before` is not stored, `after` is stored and its answer lost; an error is raised."""

    def __init__(self, store) -> None:
        self.store = store
        self.faults: deque = deque()
        self.reads: deque = deque()
        self.begun = 0

    @contextlib.contextmanager
    def begin(self):
        self.begun += 1
        fault = self.faults.popleft() if self.faults else None
        if fault == "before":
            raise StoreError("the store did not do this")
        if isinstance(fault, Exception):
            raise fault
        with self.store.begin() as tx:
            yield tx
        if fault == "after":
            raise StoreError("the store did not answer")

    @contextlib.contextmanager
    def read(self):
        if self.reads:
            raise self.reads.popleft()
        with self.store.read() as tx:
            yield tx


class HandClock(SetClock):
    """A clock that stands until somebody waits for a later time, which it then shows at once; it never shows `end` or later."""

    def __init__(self, at: Ms = START, end: int = 1 << 50) -> None:
        self.ns = 0
        self.end = end
        self.done = False
        super().__init__(at, 1, lambda: self.ns)

    def seconds_until(self, at: Ms) -> float:
        if at >= self.end:
            self.done = True
            return float("inf")
        self.ns += max(at - self.now(), 0) * 1_000_000
        return 0.0


class StillClock(SetClock):
    """A clock that shows what it was set to, and counts how often somebody asked it how long to wait."""

    def __init__(self, at: Ms) -> None:
        self.asked = 0
        super().__init__(at, 0)

    def seconds_until(self, at: Ms) -> float:
        self.asked += 1
        return super().seconds_until(at)

    async def show(self, at: Ms) -> None:
        """Show another time once somebody waits, and return when whoever waits has looked again."""
        await until(lambda: self.asked)
        self.asked = 0
        self.set(at, 0)
        await until(lambda: self.asked)


class Line:
    """The way to another engine; `script` answers first, then the engine does, and without one there is no answer."""

    def __init__(self, other: Engine | None = None, *script, clock: SetClock | None = None) -> None:
        self.other = other
        self.clock = clock
        self.times: list[int] = []
        self.script = deque(script)
        self.carried: list[bytes] = []

    async def exchange(self, body: bytes):
        self.carried.append(body)
        if self.clock is not None:
            self.times.append(self.clock.now())
        await asyncio.sleep(0)
        if self.script:
            step = self.script.popleft()
            return step(body) if callable(step) else step
        return await self.other.exchange(body) if self.other is not None else NoAnswer.UNREACHABLE

    @property
    def said(self):
        return [decode_exchange(one) for one in self.carried]

    @property
    def waits(self):
        return [after - before for before, after in zip(self.times, self.times[1:], strict=False)]


@contextlib.asynccontextmanager
async def running(engine: Engine):
    """Let an engine's courier run, and end it whatever happened."""
    task = asyncio.create_task(engine.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(condition, seconds: float = 60) -> None:
    """Wait for what a courier is about to do."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what is waited for is in another thread's store
            await asyncio.sleep(0.001)


def rows(node, statement, *arguments):
    with node.ledger.read() as tx:
        return tx.rows(statement, arguments)


def at(ms) -> Ms:
    return Ms(START + ms)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 120))


@contextlib.contextmanager
def engine_of(node, clock=None, client=None, **more):
    engine = Engine(node, clock or SetClock(START), client, **more)
    try:
        yield engine
    finally:
        engine.close()


def link(store=None):
    """Return two nodes that have co-signed each other's first entries."""
    a, b = pair(store_a=store)
    exchange(a, b, START)
    exchange(b, a, at(SECOND))
    return a, b
