"""Starting the screen of notifications and the door's routes for consignments, when a node starts."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from comity.base.ids import Ms
from comity.edge.desks import lines_of, offering
from comity.edge.door_request import Routes
from comity.edge.engine import Engine
from comity.edge.listscreen import open_screen
from comity.edge.notices import NoticeDesk, NoticeRoutes, Screen, Screening
from comity.edge.opening import OpenNode


def start_notices(opened: OpenNode, engine: Engine, stack: AsyncExitStack) -> tuple[Routes, ...]:
    """Start the screen and return the door's routes for consignments; none where no desk keeps any.

    The screen ends when `stack` does.
    """
    keeps = offering(opened.config.desks, "batch")
    if not keeps:
        return ()
    desk, screen = cast("NoticeDesk", opened.desks[keeps[0]]), _screen(keeps[0], opened)
    if screen is not None:
        zone = ZoneInfo(opened.registry.zone)

        def today(at: Ms) -> date:
            return datetime.fromtimestamp(at / 1000, zone).date()

        task = asyncio.create_task(Screening(engine, desk, screen, today).run(), name="screen")
        stack.push_async_callback(_end, task)
    return (
        NoticeRoutes(
            engine, desk, lines_of(opened.node.office.accord, opened.config.desks), screens=screen is not None
        ).routes,
    )


def _screen(desk: str, opened: OpenNode) -> Screen | None:
    accord, name = opened.node.office.accord, opened.config.name
    parties = accord.party(name).country, accord.peer_of(name).country
    return open_screen(desk, opened.config.path(opened.config.substances), parties)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
