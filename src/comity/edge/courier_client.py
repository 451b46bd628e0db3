"""The courier's client: one kept connection to the peer over mutual TLS, and one of few plain words when there is no answer.

Everything sent is idempotent, so a connection that the peer closed while it was idle is met with the same bytes again.
"""  # spec: protocol.md 5, 6

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self, TypeAlias

import aiohttp

from comity.base.hashing import sha256
from comity.base.ids import Origin
from comity.edge.courier_paths import EXCHANGE, LOG, MEDIA, RECOVER


class NoAnswer(StrEnum):
    """Why the peer gave no answer that can be read. All are retried by timer alike."""

    UNREACHABLE = "unreachable"
    """No connection: address, network, or the node is not running."""
    UNTRUSTED = "untrusted"
    """TLS failed on our side: another authority, another node's certificate, or an ended one."""
    TIMED_OUT = "timed-out"
    """Nothing, or not all of it, came in time."""
    CLOSED = "closed"
    """The connection ended before the answer did, twice; also when the peer does not trust our certificate."""
    TOO_LARGE = "too-large"
    """The answer is larger than an exchange may be; it was not read on."""
    NOT_COURIER = "not-courier"
    """Something else answered there: a redirect, another media type, or no HTTP."""


Answer: TypeAlias = tuple[int, bytes] | NoAnswer
"""HTTP status and body, or why there is none."""


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """What the client bears; the defaults are the protocol's.

    Attributes:
        answer_bytes: largest answer.
        seconds: for the whole of one exchange.
        connect_seconds: of it, for connecting.
        idle_seconds: how long an idle connection is kept; less than the server keeps it.
    """

    answer_bytes: int = 8 << 20
    seconds: float = 30
    connect_seconds: float = 10
    idle_seconds: float = 60


class CourierClient:
    """Calls one peer. Make it inside the event loop; close it, or use it with `async with`.

    Args:
        addresses: `https://host:port`, tried in order, beginning with the one that answered last.
        tls: from `pki.client_context`.
        limits: see there.
        exchange: the path of exchanges, another one for a restricted room.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        tls: ssl.SSLContext,
        limits: ClientLimits | None = None,
        *,
        exchange: str = EXCHANGE,
    ) -> None:
        self._exchange = exchange
        self._addresses = list(addresses)
        self._limits = limits or ClientLimits()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=4, keepalive_timeout=self._limits.idle_seconds),
            timeout=aiohttp.ClientTimeout(total=self._limits.seconds, sock_connect=self._limits.connect_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
        )

    async def exchange(self, body: bytes) -> Answer:
        """Send one exchange and return the peer's, or its problem."""
        return await self._ask("POST", self._exchange, body)

    async def recover(self, body: bytes) -> Answer:
        """Send one `recover` and return the peer's `recovered`, or its problem."""
        return await self._ask("POST", RECOVER, body)

    async def tile(self, origin: Origin, path: str) -> Answer:
        """Fetch `checkpoint`, `tile/...` or `tile/entries/...` of a log from the peer; 404 if it has none."""
        return await self._ask("GET", f"{LOG}{sha256(origin.encode()).hex()}/{path}", b"")

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, method: str, path: str, body: bytes) -> Answer:
        answer: Answer = NoAnswer.UNREACHABLE
        for address in tuple(self._addresses):
            answer = await self._ask_at(address + path, method, body)
            if answer is not NoAnswer.UNREACHABLE:
                self._addresses.remove(address)
                self._addresses.insert(0, address)
                break
        return answer

    async def _ask_at(self, url: str, method: str, body: bytes) -> Answer:
        answer = await self._once(url, method, body)
        if answer is NoAnswer.CLOSED:
            # Usually the peer closed a connection that was idle; the exchange is idempotent.
            answer = await self._once(url, method, body)
        return answer

    async def _once(self, url: str, method: str, body: bytes) -> Answer:
        headers = {"Content-Type": MEDIA} if method == "POST" else {}
        try:
            async with self._session.request(
                method, url, data=io.BytesIO(body) if body else None, headers=headers, allow_redirects=False
            ) as response:
                return await self._read(response, method)
        except TimeoutError:
            return NoAnswer.TIMED_OUT
        except (aiohttp.ClientSSLError, ssl.SSLCertVerificationError):
            return NoAnswer.UNTRUSTED
        except aiohttp.ClientConnectorError:
            return NoAnswer.UNREACHABLE
        except aiohttp.ClientResponseError:
            return NoAnswer.NOT_COURIER
        except (aiohttp.ClientError, ssl.SSLError, ConnectionError, asyncio.IncompleteReadError):
            return NoAnswer.CLOSED

    async def _read(self, response: aiohttp.ClientResponse, method: str) -> Answer:
        courier = method == "GET" or response.content_type == MEDIA
        if not courier or 300 <= response.status < 400 or "Content-Encoding" in response.headers:  # noqa: PLR2004  redirects
            _cut(response)
            return NoAnswer.NOT_COURIER
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._limits.answer_bytes:
                _cut(response)
                return NoAnswer.TOO_LARGE
        return response.status, bytes(body)


def _cut(response: aiohttp.ClientResponse) -> None:
    """Leave an answer unread, and its connection at once: its sender may never end TLS in good order."""
    if response.connection is not None and response.connection.transport is not None:
        response.connection.transport.abort()
    response.close()
