"""What the courier does next, and its exchanges that are not answered yet: the peer takes one while it answers another.

The rule it keeps: what is forgotten here is only repeated; whether it arrived is known from receipts alone.
"""  # spec: protocol.md 6 step 6

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from comity.base.ids import Ms
from comity.edge.courier_client import Answer
from comity.node.speak import NOTHING_ALOFT, Aloft

MOST = 2
"""Exchanges under way at once: the peer is at work on one while we take the answer to the other and say the next."""
_NEVER = Ms(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the courier does next.

    Attributes:
        request: the exchange to send; None: nothing is due.
        wakes: when to look again, by the node's clock.
        looks: seconds until the clock is asked again what time alone brings about, whatever is due.
        polls: the peer may hold its answer.
        carries: the dispatches in `request`, and whether more had no room.
        recovering: nothing is said before the peer has said that our store is the newest.
    """

    request: bytes | None = None
    wakes: Ms = _NEVER
    looks: float = 0.0
    polls: bool = False
    carries: Aloft = NOTHING_ALOFT
    recovering: bool = False


class Flight:
    """What is under way, oldest first; for one event loop, `aloft` may be read from any thread."""

    def __init__(self) -> None:
        self._under_way: list[tuple[asyncio.Task[Answer | None], Aloft]] = []

    def __len__(self) -> int:
        """Return how many exchanges are under way."""
        return len(self._under_way)

    @property
    def aloft(self) -> Aloft:
        """Return the dispatches that they carry."""
        return sum((one for _, one in tuple(self._under_way)), NOTHING_ALOFT)

    def send(self, exchange: Coroutine[None, None, Answer | None], carries: Aloft) -> None:
        """Send one more."""
        self._under_way.append((asyncio.get_running_loop().create_task(exchange), carries))

    async def answer(self) -> Answer | None:
        """Wait for the answer to the oldest, which is then no longer under way."""
        try:
            return await self._under_way[0][0]
        finally:
            asking, _ = self._under_way.pop(0)
            asking.cancel()

    def forget(self) -> None:
        """Give all of them up: what they carry is said again."""
        while self._under_way:
            asking, _ = self._under_way.pop()
            asking.cancel()
