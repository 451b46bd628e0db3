"""`Hands` of a further page process: the node's door over its socket. The node itself needs no HTTP client for its own."""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec

from comity.edge.files import SOCKET
from comity.edge.hands import FAULT, Query, said
from comity.edge.plain import Json
from comity.screen.visitor import Refused

_SECONDS = 60
_GONE = "the node does not answer; whether this was done is not known. Look before you repeat it"


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
            return said(answer.status_code, msgspec.json.decode(answer.content))
        except msgspec.DecodeError as error:
            raise Refused(503, "unknown", FAULT) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
