"""What the courier does next, and its exchanges that are not answered yet: the peer takes one while it answers another.

The rule it keeps: what is forgotten here is only repeated; whether it arrived is known from receipts alone.
"""  # spec: protocol.md 6 step 6

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from comity.base.ids import Ms
from comity.edge.courier_client import Answer
from comity.node.speak import NOTHING_ALOFT, Aloft

MOST = 2
"""Exchanges under way at once: the peer is at work on one while we take the answer to the other and say the next."""
_NEVER = Ms(0)
_OK = 200


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
    """What is under way, oldest first, and what was made to follow it; for one event loop, but for what says otherwise.

    Args:
        say: sends what is planned and returns what the peer answered.
    """

    def __init__(self, say: Callable[[Plan], Coroutine[None, None, Answer | None]]) -> None:
        self._say = say
        self._under_way: list[tuple[asyncio.Task[Answer | None], Aloft]] = []
        self._made: Plan | None = None
        self._answered = NOTHING_ALOFT
        self._open = False
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many exchanges are under way or made to follow; from any thread."""
        with self._lock:
            return len(self._under_way) + (self._made is not None)

    @property
    def aloft(self) -> Aloft:
        """Return the dispatches that they carry, and those whose answer has come and is not taken yet; from any thread."""
        with self._lock:
            made = () if self._made is None else (self._made.carries,)
            return sum((*(one for _, one in self._under_way), *made), self._answered)

    def heard(self) -> None:
        """Note that the answer that came last is being taken: what has no receipt by it may be said again; from any thread."""
        with self._lock:
            self._answered = NOTHING_ALOFT

    @property
    def may_follow(self) -> bool:
        """Say, for the thread that writes, whether one more may be made now, behind what is under way."""
        return self._open and len(self) < MOST

    def shut(self) -> None:
        """Let nothing more follow until the next is sent; from any thread."""
        self._open = False

    def follow(self, plan: Plan) -> None:
        """Keep what the thread that writes has made, until the loop lets it leave."""
        with self._lock:
            self._made = plan

    def leave(self) -> None:
        """Send what was made to follow, unless nothing may follow any more."""
        if self._open:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            if self._made is not None:
                self._add(self._made)
                self._made = None

    def send(self, plan: Plan) -> None:
        """Send one more, behind what was made to follow; more may follow unless the peer holds its answer or a backlog drains."""
        self._leave()
        with self._lock:
            self._add(plan)
        self._open = not plan.polls and not plan.carries.left

    def _add(self, plan: Plan) -> None:
        self._under_way.append((asyncio.get_running_loop().create_task(self._say(plan)), plan.carries))

    async def answer(self) -> Answer | None:
        """Wait for the answer to the oldest, which is then no longer under way; where there is none nothing follows."""
        self._leave()
        answer: Answer | None = None
        try:
            answer = await self._under_way[0][0]
        finally:
            self._open = self._open and isinstance(answer, tuple) and answer[0] == _OK
            with self._lock:
                asking, self._answered = self._under_way.pop(0)
            asking.cancel()
        return answer

    def forget(self) -> None:
        """Give all of them up: what they carry is said again."""
        self._open = False
        with self._lock:
            self._made, self._answered = None, NOTHING_ALOFT
        while self._under_way:
            asking, _ = self._under_way.pop()
            asking.cancel()
