"""The operating system's randomness, drawn in large pieces because each call costs a system call."""

from __future__ import annotations

import os
import threading

POOL_BYTES = 16 * 1024


class SystemEntropy:
    """Random bytes of the operating system; safe to use from several threads and after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool = b""
        self._used = 0
        # A child that kept the pool would give out the same nonces as its parent.
        os.register_at_fork(after_in_child=self._after_fork)

    def draw(self, size: int) -> bytes:
        """Return `size` fresh random bytes; no byte is ever given out twice."""
        if size > POOL_BYTES:
            return os.urandom(size)
        with self._lock:
            if self._used + size > len(self._pool):
                self._pool, self._used = os.urandom(POOL_BYTES), 0
            start, self._used = self._used, self._used + size
            return self._pool[start : self._used]

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._pool, self._used = b"", 0
