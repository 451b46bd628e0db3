"""How a page changes anything: by the door of this process; `farhands` asks it over the socket, with the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast
from urllib.parse import urlencode

import msgspec
from uvicorn._types import ASGIReceiveEvent, HTTPScope

from comity.edge.door import Door
from comity.edge.plain import Json
from comity.screen.visitor import Refused

_OK = 200
FAULT = "the node met a fault of its own; whether this was done is not known. Look before you repeat it"
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
            raise Refused(503, "unknown", FAULT) from error
        return said(status, msgspec.json.decode(msgspec.json.encode(answer)))


def said(status: int, answer: Json) -> Json:
    """Return what the door answered.

    Raises:
        Refused: it was not done.
    """
    if status == _OK:
        return answer
    words = answer if isinstance(answer, dict) else {}
    raise Refused(status, str(words.get("code", "unknown")), str(words.get("error", FAULT)))
