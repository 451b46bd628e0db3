"""What ends the rows of sessions that are no longer good, soon after whatever ended them.

The rule it keeps: no page waits for it, since each look at a session asks anew; it keeps the rows honest, so that a session
which ended by a posting or a roster does not come back when these change again.
"""

from __future__ import annotations

import asyncio
import logging

from comity.base.errors import ComityError
from comity.edge.accounts import Accounts
from comity.edge.engine import Engine
from comity.edge.people import People

_LOG = logging.getLogger("comity.people")
PAUSE_SECONDS = 1.0
LOOK_SECONDS = 10.0


async def watch_people(engine: Engine, people: People, accounts: Accounts) -> None:
    """Look after every change of the node, at most once a second, and at least every ten seconds; runs until cancelled."""
    heard = engine.bell.number
    while True:
        await close_sessions(engine, people, accounts)
        await asyncio.sleep(PAUSE_SECONDS)
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                heard = await engine.bell.next(heard)
        except TimeoutError:
            heard = engine.bell.number


async def close_sessions(engine: Engine, people: People, accounts: Accounts) -> int:
    """End what is to be ended and return how many; the writer is asked only if there is something."""
    try:
        if not await asyncio.to_thread(people.to_close):
            return 0
        ended = await engine.call(accounts.close)
    except ComityError:
        _LOG.exception("sessions could not be looked through; each is still asked anew when it is used")
        return 0
    if ended:
        engine.bell.ring()
    return ended
