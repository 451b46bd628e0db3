"""The peer's way in: one bare ASGI function for `/courier/v1/...`, which limits, checks the form and asks the core.

Nothing is answered from here but the form of HTTP; problems are bytes of the core and never say what is inside.
"""  # spec: protocol.md 5

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from comity.base.errors import StoreError
from comity.base.ids import NodeName
from comity.edge.courier_paths import EXCHANGE, LOG, MEDIA, RECOVER, log_path
from comity.edge.pki import node_uri

_CLOSE = (b"connection", b"close")
_STORE_RETRY_MS = 5_000
_BUSY_RETRY_MS = 1_000


class Courier(Protocol):
    """What the server asks of the node's core. Its answers are made from what is stored, so a repeat is harmless."""

    async def exchange(self, body: bytes) -> tuple[int, bytes]:
        """Take one exchange; return HTTP status and the body, an exchange or a problem."""
        ...

    async def recover(self, body: bytes) -> tuple[int, bytes]:
        """Take one `recover`; return HTTP status and `recovered` or a problem."""
        ...

    def immediate(self, body: bytes) -> bool:
        """Tell, without checking it, whether an exchange may carry a dispatch of lane immediate."""
        ...

    def problem(self, code: str, retry_ms: int) -> bytes:
        """Return a `problem` with a code that may cross (protocol.md 13). Must not need the store, which may be full."""
        ...

    def tile(self, origin_hash: str, path: str) -> bytes | None:
        """Return a file of our log or of our mirror, or None. Called in a thread; reads one snapshot of the store."""
        ...


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What the server bears; the defaults are the protocol's.

    Attributes:
        body_bytes: largest exchange.
        body_seconds: time for the whole body to come.
        exchanges: at once.
        kept: of them, for lane immediate only.
        reading_bytes: bodies of all connections together, while they are being read.
    """  # spec: protocol.md 5

    body_bytes: int = 8 << 20
    body_seconds: float = 30
    exchanges: int = 4
    kept: int = 1
    reading_bytes: int = 64 << 20


class CourierApp:
    """The ASGI application for one peer.

    Args:
        courier: the core.
        peer: its name in the accord; a connection that did not prove it gets 403, so a mistaken mount opens nothing.
        limits: see there.
        exchange: the path of exchanges, another one for a restricted room; only the node's own has `recover` beside it.
    """

    def __init__(
        self, courier: Courier, peer: NodeName, limits: ServerLimits | None = None, *, exchange: str = EXCHANGE
    ) -> None:
        self._exchange = exchange
        self._posts = (EXCHANGE, RECOVER) if exchange == EXCHANGE else (exchange,)
        self._courier = courier
        self._peer = (node_uri(peer),)
        self._limits = limits or ServerLimits()
        self._reading = 0
        self._running = 0
        self._ordinary = 0

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        reply = await self._reply(scope, receive)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers()})
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})

    async def _reply(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> _Reply:
        if scope.get("state", {}).get("peer_uris") != self._peer:
            return _Reply(403, close=True)
        # The raw path: nothing in it needs percent signs, so one with them names nothing here.
        path = scope["raw_path"].decode("ascii", "replace")
        if path in self._posts:
            return await self._post(path, scope, receive)
        if path.startswith(LOG) and not scope["query_string"]:
            return await self._get(path, scope)
        return _Reply(404, close=True)

    async def _get(self, path: str, scope: HTTPScope) -> _Reply:
        if scope["method"] != "GET":
            return _Reply(405, close=True, extra=((b"allow", b"GET"),))
        named = log_path(path)
        found = await asyncio.to_thread(self._courier.tile, *named) if named else None
        if named is None or found is None:
            return _Reply(404)
        if named[1] == "checkpoint":
            return _Reply(200, found, b"text/plain; charset=utf-8", extra=((b"cache-control", b"no-store"),))
        return _Reply(
            200, found, b"application/octet-stream", extra=((b"cache-control", b"max-age=604800, immutable"),)
        )

    async def _post(self, path: str, scope: HTTPScope, receive: ASGIReceiveCallable) -> _Reply:
        if scope["method"] != "POST":
            return _Reply(405, close=True, extra=((b"allow", b"POST"),))
        headers = dict(scope["headers"])
        if headers.get(b"content-type", b"").lower() != MEDIA.encode() or b"content-encoding" in headers:
            return _Reply(415, close=True)
        if int(headers.get(b"content-length", b"0")) > self._limits.body_bytes:
            return self._too_large()
        body = await self._body(receive)
        if isinstance(body, _Reply):
            return body
        try:
            return await (self._in_turn(body) if path == self._exchange else self._recover(body))
        except StoreError:
            # Nothing was kept; the peer repeats, and our operator reads of the disk in the node's own log.
            return self._problem(503, "slow-down", _STORE_RETRY_MS)

    async def _in_turn(self, body: bytes) -> _Reply:
        """Let the core take an exchange if one of the places for its lane is free."""
        immediate = self._courier.immediate(body)
        if self._running >= self._limits.exchanges:
            return self._problem(429, "slow-down", _BUSY_RETRY_MS)
        if not immediate and self._ordinary >= self._limits.exchanges - self._limits.kept:
            return self._problem(429, "slow-down", _BUSY_RETRY_MS)
        self._running += 1
        self._ordinary += not immediate
        try:
            return _Reply(*await self._courier.exchange(body))
        finally:
            self._running -= 1
            self._ordinary -= not immediate

    async def _recover(self, body: bytes) -> _Reply:
        return _Reply(*await self._courier.recover(body))

    async def _body(self, receive: ASGIReceiveCallable) -> bytes | _Reply:
        """Read the body under the limits of size, time and memory; a reply stands for the first one passed."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        return _Reply(400, close=True)
                    chunk, more = message["body"], message["more_body"]
                    self._reading += len(chunk)
                    body += chunk
                    if len(body) > self._limits.body_bytes:
                        return self._too_large()
                    if self._reading > self._limits.reading_bytes:
                        return self._problem(429, "slow-down", _BUSY_RETRY_MS, close=True)
        except TimeoutError:
            return _Reply(408, close=True)
        finally:
            self._reading -= len(body)
        return bytes(body)

    def _too_large(self) -> _Reply:
        return self._problem(413, "too-large", 0, close=True)

    def _problem(self, status: int, code: str, retry_ms: int, *, close: bool = False) -> _Reply:
        return _Reply(status, self._courier.problem(code, retry_ms), close=close)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes = b""
    media: bytes = MEDIA.encode()
    close: bool = False
    extra: Sequence[tuple[bytes, bytes]] = ()

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers; `close` where the rest of the request is not read, or nothing of it is ours."""
        length = (b"content-length", str(len(self.body)).encode())
        media = ((b"content-type", self.media),) if self.body else ()
        return [length, *media, *self.extra, *((_CLOSE,) if self.close else ())]
