"""Starting the screen of notifications and the door's routes for consignments, when a node starts."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import date, datetime
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from comity.base.ids import Ms
from comity.edge.desks import lines_of, offering, part
from comity.edge.door_request import Routes
from comity.edge.engine import Engine
from comity.edge.notices import NoticeDesk, NoticeRoutes, Screen, Screening
from comity.edge.opening import OpenNode


class ScreenMaker(Protocol):
    """What the `screens` module of a desk that screens offers."""

    def open_screen(self, parties: tuple[str, str]) -> Screen | None:
        """Return the screen for two parties by the codes of their countries, ours first; None if its lists are not here."""
        ...


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
    if not offering((desk,), "screens"):
        return None
    accord, name = opened.node.office.accord, opened.config.name
    parties = accord.party(name).country, accord.peer_of(name).country
    return cast("ScreenMaker", part(desk, "screens")).open_screen(parties)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
