"""How a page changes anything: by the door, in this process or over the node's socket, with the same words either way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TypeAlias, cast
from urllib.parse import urlencode

import httpx
import msgspec
from uvicorn._types import ASGIReceiveEvent, HTTPScope

from comity.edge.door import Door
from comity.edge.files import SOCKET
from comity.edge.plain import Json
from comity.screen.visitor import Refused

_OK = 200
_SECONDS = 60
_GONE = "the node does not answer; whether this was done is not known. Look before you repeat it"
_FAULT = "the node met a fault of its own; whether this was done is not known. Look before you repeat it"
Query: TypeAlias = Mapping[str, str] | None


class NearHands:
    """`Hands` over the door of this very process."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def ask(self, method: str, path: str, query: Query = None, body: Json = None) -> Json:
        """Ask the door, without a socket.

        Raises:
            Refused: it was not done.
        """
        scope = {"type": "http", "method": method, "path": path, "query_string": urlencode(query or {}).encode()}
        content = b"" if body is None else msgspec.json.encode(body)

        async def receive() -> ASGIReceiveEvent:
            return {"type": "http.request", "body": content, "more_body": False}

        try:
            status, answer = await self._door.answer(cast("HTTPScope", scope), receive)
        except Exception as error:
            raise Refused(503, "unknown", _FAULT) from error
        return _said(status, msgspec.json.decode(msgspec.json.encode(answer)))

    async def send(self, path: str, query: Mapping[str, str], chunks: AsyncIterator[bytes]) -> Json:
        """Send bytes to the door of this process.

        Raises:
            Refused: not all was taken.
        """
        scope = {"type": "http", "method": "POST", "path": path, "query_string": urlencode(query).encode()}

        async def receive() -> ASGIReceiveEvent:
            chunk = await anext(chunks, None)
            return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

        try:
            status, answer = await self._door.answer(cast("HTTPScope", scope), receive)
        except Exception as error:
            raise Refused(503, "unknown", _FAULT) from error
        return _said(status, msgspec.json.decode(msgspec.json.encode(answer)))


class FarHands:
    """`Hands` over the node's Unix socket, for a further page process."""

    def __init__(self, folder: Path) -> None:
        transport = httpx.AsyncHTTPTransport(uds=str(folder / SOCKET))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://node", timeout=_SECONDS)

    async def ask(self, method: str, path: str, query: Query = None, body: Json = None) -> Json:
        """Ask the door over the socket.

        Raises:
            Refused: it was not done, or what was done is not known.
        """
        content = None if body is None else msgspec.json.encode(body)
        try:
            answer = await self._client.request(method, path, params=query, content=content)
        except httpx.HTTPError as error:
            raise Refused(503, "unknown", _GONE) from error
        try:
            return _said(answer.status_code, msgspec.json.decode(answer.content))
        except msgspec.DecodeError as error:
            raise Refused(503, "unknown", _FAULT) from error

    async def send(self, path: str, query: Mapping[str, str], chunks: AsyncIterator[bytes]) -> Json:
        """Send bytes over the socket.

        Raises:
            Refused: not all was taken, or what was taken is not known.
        """
        try:
            answer = await self._client.post(path, params=query, content=chunks)
            return _said(answer.status_code, msgspec.json.decode(answer.content))
        except httpx.HTTPError as error:
            raise Refused(503, "unknown", _GONE) from error
        except msgspec.DecodeError as error:
            raise Refused(503, "unknown", _FAULT) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _said(status: int, answer: Json) -> Json:
    if status == _OK:
        return answer
    said = answer if isinstance(answer, dict) else {}
    raise Refused(status, str(said.get("code", "unknown")), str(said.get("error", _FAULT)))
