"""The process behind a named person's page: loopback only, a host name made for this run, an address that is good once.

The rule it keeps: keys and texts are in this process's memory and nowhere else; it leaves no core file, and ends when the page
is closed or nobody has pressed anything for a while.
"""

from __future__ import annotations

import asyncio
import importlib
import resource
import secrets
import signal
from collections.abc import Callable
from typing import Any

from comity.edge.clock import Clock
from comity.edge.listener import serve
from comity.screen.room import RoomHands

LOOPBACK = "127.0.0.1"
_LOOK_S = 5.0
_SITE = "comity.web.roomsite"


async def run_room_page(
    hands: RoomHands, clock: Clock, *, port: int, idle_ms: int, ready: Callable[[str], None]
) -> None:
    """Serve the page until it is closed, idle or stopped; `ready` is told the address that opens it once.

    Raises:
        BadConfiguration: the port is taken.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    token = secrets.token_urlsafe(32)
    site: Any = importlib.import_module(_SITE).create(hands, token, clock.now, idle_ms)
    listener = await serve(site, LOOPBACK, port)
    # A name of this run's own: cookies know no port, so under a common name another local page would be sent this one's.
    site.host = f"room-{secrets.token_hex(6)}.localhost:{listener.port}"
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, site.over.set)
    ready(f"http://{site.host}/enter?token={token}")
    while not site.idle():
        try:
            await asyncio.wait_for(site.over.wait(), _LOOK_S)
        except TimeoutError:
            continue
    await listener.stop()
