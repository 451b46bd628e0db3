"""Starting what rings and what the door asks of duty, tasks and the bell, when a node starts."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from comity.edge.desks import case_desk
from comity.edge.door_bell import BellRoutes
from comity.edge.door_request import Routes
from comity.edge.engine import Engine
from comity.edge.opening import OpenNode
from comity.edge.ringing import Ringing
from comity.edge.ringways import ways_of
from comity.edge.staffing import Staffing


def start_duty(opened: OpenNode, engine: Engine, stack: AsyncExitStack) -> tuple[Routes, ...]:
    """Start the bell and return the door's routes for duty, tasks and the bell; none where no desk keeps duty.

    The bell ends when `stack` does.
    """
    staffing = Staffing.of(opened)
    if staffing is None:
        return ()
    ringing = Ringing(engine, staffing, ways_of(opened.config), case_desk(opened.config.desks))
    task = asyncio.create_task(ringing.run(), name="bell")
    stack.push_async_callback(_end, task)
    return *staffing.routes(engine), BellRoutes(engine, staffing, ringing).routes


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
