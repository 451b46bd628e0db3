"""What a node's own log says of the disk under its store: that it refuses, why, and that it is over; that it is slow.

The rule it keeps: an operator reads the cause where they look first. It is said once, again each minute, and once at the end; the
words are the store's own, which never hold a value.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from comity.base.errors import StoreError

_LOG = logging.getLogger("comity.store")
_AGAIN_SECONDS = 60.0
SLOW_SECONDS = 2.0
"""A transaction that is longer than this on its way to the disk holds up everybody."""


class Trouble:
    """Watches one store.

    Args:
        ticks: a steady count of seconds; only a test hands in another.
    """

    def __init__(self, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._said: dict[str, float] = {}
        self._refuses = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Stand around a transaction that writes; what it raises is raised on."""
        try:
            yield
        except StoreError as error:
            self._refuses = True
            if self._is_due(str(error)):
                _LOG.error("%s", error)
            raise
        if self._refuses:
            self._refuses = False
            self._said.clear()
            _LOG.warning("the store takes what it is given again; nothing that was acknowledged is lost")

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Stand around the moment in which a transaction goes to the disk."""
        began = self._ticks()
        yield
        took = self._ticks() - began
        if took > SLOW_SECONDS and self._is_due("slow"):
            _LOG.warning("the disk is slow: it took %.1f s to keep one transaction; look at what else uses it", took)

    def _is_due(self, what: str) -> bool:
        now = self._ticks()
        if now - self._said.get(what, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
            return False
        self._said[what] = now
        return True
