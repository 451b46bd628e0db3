"""Listening: uvicorn inside our own event loop, several listeners beside each other, with limits that it does not have.

uvicorn has no limit for the size and time of a request's head under httptools, none for connections that never send
one, and no way for an application to see the peer's certificate; `GuardedProtocol` adds these.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import ClassVar, TypeVar, cast

import uvicorn
import uvloop
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from comity.base.errors import BadConfiguration
from comity.edge.accepting import Accepting
from comity.edge.pki import peer_uris

_LOG = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_STATUS_431 = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_HANDSHAKE_SECONDS = 10
_GOODBYE_SECONDS = 3
_DATE_SECONDS = 1
_FULL_SAID_SECONDS = 60
_FILES = 65_536
_SWITCH_SECONDS = 0.0005
"""How long one thread may keep the other waiting; the default of 5 ms is the larger part of an exchange."""
BACKLOG = 2_048


class _HeadTooLarge(Exception):
    """The head of a request passed the limit."""


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 on one connection, with limits on the head, on idleness and on the number of connections.

    The application finds the URI names of the peer's certificate in `scope["state"]["peer_uris"]`; () without one.
    A subclass may set other limits.
    """

    HEAD_BYTES = 8 * 1024
    HEAD_SECONDS: float = 30
    CONNECTIONS = 256
    full_said: ClassVar[float] = float("-inf")
    """When it was last said that there were too many, of any listener of this process."""

    _head_timer: asyncio.TimerHandle | None = None
    _in_head = True
    _refused = False
    _body_bytes = 0
    _other_bytes = 0
    _peer_uris: tuple[str, ...] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note who called, and begin to wait for the first head."""
        # A cast, not a check: uvloop's transports do what asyncio's do without inheriting from them.
        super().connection_made(cast(asyncio.Transport, transport))
        self._peer_uris = peer_uris(transport.get_extra_info("peercert"))
        self._await_head()
        if len(self.connections) > self.CONNECTIONS:
            self._close_one()

    def data_received(self, data: bytes) -> None:
        """Count what is not body, and close when it is too much: a head, a trailer or a chunk's extension without end."""
        if self._in_head and self._head_timer is None:
            self._await_head()
        self._other_bytes += len(data)
        super().data_received(data)
        if self._other_bytes > self.HEAD_BYTES + self._body_bytes and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Begin a request whose state says who sent it."""
        super().on_message_begin()
        self.scope["state"]["peer_uris"] = self._peer_uris

    def on_headers_complete(self) -> None:
        """End the wait for the head; refuse one that came whole but too large, before it reaches the application."""
        self._forget_timer()
        self._in_head = False
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > self.HEAD_BYTES:
            self._refused = True
            raise _HeadTooLarge
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count the body apart."""
        self._other_bytes -= len(body)
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Count the next request from here."""
        super().on_message_complete()
        self._in_head, self._other_bytes, self._body_bytes = True, 0, 0

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, and say so when it was only too large."""
        if self._refused:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all waiting."""
        self._forget_timer()
        super().connection_lost(exc)

    @property
    def idle(self) -> bool:
        """Whether no request is being answered."""
        return not self.cycle or self.cycle.response_complete

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self.HEAD_SECONDS, self._close_late)

    def _forget_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _close_late(self) -> None:
        self._head_timer = None
        self.transport.abort()

    def _refuse_head(self) -> None:
        self.transport.write(_STATUS_431)
        self.transport.close()

    def _close_one(self) -> None:
        """Make room: an idle connection that was there before gives way, else this one."""
        now = self.loop.time()
        if now >= GuardedProtocol.full_said + _FULL_SAID_SECONDS:
            GuardedProtocol.full_said = now
            _LOG.warning("over %d connections at one listener; idle ones are closed for new ones", self.CONNECTIONS)
        others = (one for one in self.connections if isinstance(one, GuardedProtocol) and one is not self and one.idle)
        # Not close(): that would wait for a silent caller to end TLS in good order.
        next(others, self).transport.abort()


class _Server(uvicorn.Server):
    """uvicorn on a socket that is ours. It leaves signals to the node, for several servers share this process."""

    def __init__(
        self,
        config: uvicorn.Config,
        listening: socket.socket,
        tls: ssl.SSLContext | None,
        protocol: type[GuardedProtocol],
    ) -> None:
        super().__init__(config)
        self._make = protocol
        self._listening = listening
        self._tls = tls
        self._accepting: Accepting
        self._leaving = asyncio.Event()

    async def open(self) -> None:
        """Start the application, then listen.

        Raises:
            BadConfiguration: the application did not start.
        """
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise BadConfiguration("the application did not start; the log above says why")
        self._accepting = Accepting(
            self._listening,
            self._protocol,
            tls=self._tls,
            handshake_seconds=_HANDSHAKE_SECONDS if self._tls else None,
            goodbye_seconds=_GOODBYE_SECONDS if self._tls else None,
            most=BACKLOG,
        )
        self.servers = [cast("asyncio.base_events.Server", self._accepting)]  # uvicorn asks it to end, and no more

    async def stay(self) -> None:
        """Serve until `leave`, then end in good order."""
        await self.main_loop()
        await self.shutdown()

    def leave(self) -> None:
        """Ask it to end."""
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        """Renew the date of answers once a second until it is asked to end, which it hears at once; uvicorn looks each 0.1 s."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), _DATE_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; where nobody is connected or on the way in, nobody is waited for, which uvicorn does for 0.1 s."""
        if self.server_state.connections or self.server_state.tasks or self._accepting.joining:
            await super().shutdown(sockets)
            return
        self._accepting.close()
        await self.lifespan.shutdown()

    def _protocol(self) -> asyncio.Protocol:
        return self._make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


class Listener:
    """A server that listens until it is stopped."""

    def __init__(self, server: _Server, port: int, task: asyncio.Task[None]) -> None:
        self._server = server
        self._task = task
        self.port = port
        """The port, also when 0 was asked for."""

    async def stop(self) -> None:
        """Take no more connections, let answers under way end (5 s), close the rest."""
        self._server.leave()
        await self._task

    async def stopped(self) -> None:
        """Wait until it has been stopped; raises what made it fail."""
        await asyncio.shield(self._task)


async def serve(
    app: ASGI3Application,
    host: str,
    port: int,
    tls: ssl.SSLContext | None = None,
    *,
    protocol: type[GuardedProtocol] = GuardedProtocol,
    keep_alive_seconds: int = 75,
    stop_seconds: int = 5,
) -> Listener:
    """Listen and return at once when connections are taken; several may run in one loop.

    Args:
        app: the ASGI application; its lifespan is run if it has one.
        host: an address of this machine.
        port: 0 for any free one.
        tls: from `pki.server_context`; None for plain HTTP.
        protocol: the limits on connections and heads.
        keep_alive_seconds: how long an idle connection is kept, longer than clients keep theirs.
        stop_seconds: how long `stop` waits for answers under way.

    Raises:
        BadConfiguration: the address is not ours or taken, or the application does not start.
    """
    listening = _listen(host, port)
    return await serve_socket(
        app,
        listening,
        tls,
        protocol=protocol,
        keep_alive_seconds=keep_alive_seconds,
        stop_seconds=stop_seconds,
        name=f"{host}:{port}",
    )


async def serve_socket(
    app: ASGI3Application,
    listening: socket.socket,
    tls: ssl.SSLContext | None = None,
    *,
    protocol: type[GuardedProtocol] = GuardedProtocol,
    keep_alive_seconds: int = 75,
    stop_seconds: int = 5,
    name: str = "socket",
) -> Listener:
    """Serve on a socket that listens already, such as a Unix socket; otherwise as `serve`."""
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=keep_alive_seconds,
        timeout_graceful_shutdown=stop_seconds,
    )
    server = _Server(config, listening, tls, protocol)
    try:
        await server.open()
    except BaseException:
        listening.close()
        raise
    task = asyncio.create_task(server.stay(), name=f"listener {name}")
    port = 0 if listening.family == socket.AF_UNIX else listening.getsockname()[1]
    return Listener(server, port, task)


def run(main: Coroutine[None, None, _Result]) -> _Result:
    """Run a node's main coroutine on uvloop, with as many open files as the system lets us have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address[:2], family=family, backlog=BACKLOG)
        # asyncio's own loop leaves this out, and then a head waits 40 ms for its body; connections inherit it.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise BadConfiguration(
            f"{host} port {port} could not be listened on ({error.strerror}); choose another, or stop who has it"
        ) from error
    return listening
