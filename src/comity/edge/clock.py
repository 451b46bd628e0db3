"""Clocks: the machine's, and one for the demo's day that can be set and sped up.

The core takes `now` as an argument; what waits asks a clock how many real seconds it has to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from comity.base.errors import BadForm
from comity.base.ids import Ms

_MS = 1_000
_NS = 1_000_000
FASTEST = 100_000


class Clock(Protocol):
    """What the node's runner needs of a clock."""

    def now(self) -> Ms:
        """Return the milliseconds since 1970 UTC; may be set back by whoever keeps the machine's time."""
        ...

    def seconds_until(self, at: Ms) -> float:
        """Return how many real seconds remain until the clock shows `at`; 0 when it is past, inf if it never will."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Ms:
        """Return the milliseconds since 1970 UTC."""
        return Ms(time.time_ns() // _NS)

    def seconds_until(self, at: Ms) -> float:
        """Return how many real seconds remain until the clock shows `at`; 0 when it is past."""
        return max(at - self.now(), 0) / _MS


class SetClock:
    """A clock for demonstrations: begins where it is set and runs `rate` times as fast as the machine's.

    Args:
        at: what it shows first.
        rate: 1 is real time, 0 stands still.
        ticks: a steady count of nanoseconds; only a test hands in another.
    """

    def __init__(self, at: Ms, rate: int = 1, ticks: Callable[[], int] = time.monotonic_ns) -> None:
        self._ticks = ticks
        self._watchers: list[Callable[[], None]] = []
        self.set(at, rate)

    def now(self) -> Ms:
        """Return the milliseconds since 1970 UTC that this clock shows."""
        return Ms(self._at + (self._ticks() - self._since) * self._rate // _NS)

    def seconds_until(self, at: Ms) -> float:
        """Return how many real seconds remain until the clock shows `at`; inf while it stands still before that."""
        left = max(at - self.now(), 0)
        if left == 0:
            return 0.0
        return left / _MS / self._rate if self._rate else float("inf")

    def set(self, at: Ms, rate: int) -> None:
        """Show `at` from now on, at another speed, and wake whoever waits.

        Raises:
            BadForm: a negative time, or a speed outside of 0 to 100,000; the clock goes on as before.
        """
        if at < 0 or not 0 <= rate <= FASTEST:
            raise BadForm(f"a clock shows a time from 1970 on and runs 0 to {FASTEST} times; it was not set")
        self._at, self._rate, self._since = at, rate, self._ticks()
        for watcher in tuple(self._watchers):
            watcher()

    @property
    def rate(self) -> int:
        """Return how many times faster than the machine's clock it runs."""
        return self._rate

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` whenever the clock is set, so that what sleeps can look again."""
        self._watchers.append(watcher)
