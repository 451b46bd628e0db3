"""The virtual clock: what happens next, and when; nothing waits for real time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from hashlib import sha256

Act = Callable[[], None]


class Agenda:
    """Acts in the order of their virtual time, equal times in the order in which they were entered.

    Args:
        now: virtual milliseconds UTC at which the world begins.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self.steps = 0
        self._acts: list[tuple[int, int, Act]] = []
        self._entered = 0
        self._trace = sha256()

    def at(self, time: int, act: Act) -> None:
        """Enter an act for a time; a time that is past means next."""
        self._entered += 1
        heapq.heappush(self._acts, (max(time, self.now), self._entered, act))

    def after(self, delay: int, act: Act) -> None:
        """Enter an act for `delay` milliseconds from now."""
        self.at(self.now + delay, act)

    def step(self) -> None:
        """Do the next act at its time."""
        self.now, _, act = heapq.heappop(self._acts)
        self.steps += 1
        act()

    def note(self, *what: object) -> None:
        """Add what happened to the trace: ids, sizes, states, indexes and times, never ciphertext or a hash of it."""
        self._trace.update(repr((self.now, *what)).encode())

    def trace(self) -> str:
        """Return the hash of all that was noted."""
        return self._trace.hexdigest()
