"""A node's pages from a further process, which only reads and asks by the door."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.edge.changes import Topics
from comity.edge.clock import Clock, SetClock, SystemClock
from comity.edge.config import Config
from comity.edge.farchanges import FarChanges
from comity.edge.farhands import FarHands
from comity.edge.pages import serve_pages
from comity.edge.reading import open_reader
from comity.edge.site import make_site
from comity.edge.stores import database_of, in_database
from comity.screen.changes import Changes
from comity.screen.site import Site
from comity.screen.visitor import Refused

_CLOCK_S = 0.5


class PageProcess:
    """Pages of a node whose own process runs elsewhere on this machine.

    Attributes:
        port: where they are.
        site: what they show.
    """

    def __init__(self, port: int, site: Site, stack: AsyncExitStack) -> None:
        self.port, self.site = port, site
        self._stack = stack

    async def stop(self) -> None:
        """End in good order."""
        await self._stack.aclose()


async def start_pages(config: Config, port: int) -> PageProcess:
    """Start a further page process.

    Args:
        config: of the node.
        port: 0 for any free one.

    Raises:
        BadConfiguration, StoreError: it was not started; the message says why.
    """
    if not config.web:
        raise BadConfiguration("the settings name no pages: set `web` in node.toml; nothing was started")
    stack = AsyncExitStack()
    try:
        opened = open_reader(config)
        stack.callback(opened.store.close)
        hands = FarHands(config.folder)
        stack.push_async_callback(hands.close)
        clock = await _clock(config, hands, stack)
        site = make_site(opened, hands, clock.now)
        changes = _changes(config, Topics(opened.node.ledger))
        return PageProcess(await serve_pages(opened, site, changes, stack, port), site, stack)
    except BaseException:
        await stack.aclose()
        raise


def _changes(config: Config, topics: Topics) -> Changes:
    if in_database(config):
        from comity.edge.pgchanges import DatabaseChanges  # noqa: PLC0415  its driver is an extra

        return DatabaseChanges(database_of(config), topics)
    return FarChanges(config.folder, topics)


async def run_pages(config: Config, port: int, ready: Callable[[PageProcess], None]) -> None:
    """Run a page process until SIGINT or SIGTERM."""
    pages = await start_pages(config, port)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    ready(pages)
    await stopped.wait()
    await pages.stop()


async def _clock(config: Config, hands: FarHands, stack: AsyncExitStack) -> Clock:
    """Return the node's time: the machine's, or in a demonstration what the node says it is, asked again all the time."""
    if not config.insecure_demo_clock:
        return SystemClock()
    clock = SetClock(Ms(config.clock_at), config.clock_rate)
    await _adjust(clock, hands)

    async def follow() -> None:
        while True:
            await asyncio.sleep(_CLOCK_S)
            await _adjust(clock, hands)

    following = asyncio.create_task(follow(), name="clock")

    async def end() -> None:
        following.cancel()
        await asyncio.wait([following])

    stack.push_async_callback(end)
    return clock


async def _adjust(clock: SetClock, hands: FarHands) -> None:
    try:
        said = await hands.ask("GET", "/clock")
    except Refused:
        return  # the node is not there now; the clock goes on as it was
    if isinstance(said, dict):
        at, rate = said["now"], said["rate"]
        assert isinstance(at, int)
        assert isinstance(rate, int)
        clock.set(Ms(at), rate)
