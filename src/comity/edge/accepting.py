"""Taking connections: all that wait, each time the loop looks, so that a newcomer stands in the same line as everyone else.

The loop's own servers take one connection a turn (libuv, pull request 3696). A turn of a busy page process answers many
requests, so whoever held a connection was served again and again while newcomers waited for seconds.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_REST_SECONDS = 1.0
"""How long nothing is taken after the system had no room for one more."""
_SILENT = (OSError, ssl.SSLError, TimeoutError, ConnectionError)
"""What a caller who gives up, or cannot show a certificate, looks like; nothing of ours failed."""


class Accepting:
    """A listening socket whose callers get a protocol each. Ends as a server of the loop does: `close`, `wait_closed`.

    Args:
        listening: bound and listening; it belongs to this object from now on.
        make: a new protocol for each connection.
        tls: of the server; None for plain bytes.
        handshake_seconds: how long a handshake may take; None without TLS.
        goodbye_seconds: how long its end may take; None without TLS.
        most: connections taken at one look.
    """

    def __init__(
        self,
        listening: socket.socket,
        make: Callable[[], asyncio.Protocol],
        *,
        tls: ssl.SSLContext | None,
        handshake_seconds: float | None,
        goodbye_seconds: float | None,
        most: int,
    ) -> None:
        self._listening = listening
        self._make = make
        self._tls = tls
        self._handshake_seconds, self._goodbye_seconds = handshake_seconds, goodbye_seconds
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._joining: set[asyncio.Task[None]] = set()
        self._rest: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._begin()

    @property
    def joining(self) -> bool:
        """Whether somebody is on the way in."""
        return bool(self._joining)

    def close(self) -> None:
        """Take no more connections; those that were taken go on."""
        if self._rest is not None:
            self._rest.cancel()
        if self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening.fileno())
            self._listening.close()

    async def wait_closed(self) -> None:
        """Return when nobody is any more on the way in."""
        while self._joining:
            await asyncio.wait(self._joining)

    def _begin(self) -> None:
        self._rest = None
        self._loop.add_reader(self._listening.fileno(), self._take)

    def _take(self) -> None:
        for _ in range(self._most):
            try:
                caller, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                _LOG.warning("no room for one more connection (%s); the next are taken in a second", error.strerror)
                self._loop.remove_reader(self._listening.fileno())
                self._rest = self._loop.call_later(_REST_SECONDS, self._begin)
                return
            task = self._loop.create_task(self._join(caller))
            self._joining.add(task)
            task.add_done_callback(self._joining.discard)

    async def _join(self, caller: socket.socket) -> None:
        caller.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(
                self._make,
                caller,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake_seconds,
                ssl_shutdown_timeout=self._goodbye_seconds,
            )
        except _SILENT as error:
            caller.close()
            if self._tls is None:  # with TLS it is the caller who gave up, or has no certificate; here nobody had a say
                _LOG.warning("a connection was closed before it was read: %s", error)
