"""What a route of the officers' door gets: its body within a limit, its query, and the form of a route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs

from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.edge.plain import Json

BODY_BYTES = 2 << 20
Route: TypeAlias = Callable[[HTTPScope, ASGIReceiveCallable], Awaitable[Json]]
"""Answers one request with JSON, or raises an error that the door turns into a status."""
Routes: TypeAlias = Mapping[tuple[str, str], Route]
"""(method, path) to route."""


@dataclass(frozen=True, slots=True)
class Content:
    """An answer that is no JSON but bytes of a known length, as they come; one that is shorter is broken off."""

    size: int
    chunks: Iterator[bytes]


Streams: TypeAlias = Mapping[tuple[str, str], Callable[[HTTPScope, ASGIReceiveCallable], Awaitable[Content]]]
"""(method, path) to a route that answers with bytes; errors as of a `Route`."""


async def body_of(receive: ASGIReceiveCallable) -> bytes:
    """Return the whole body.

    Raises:
        BadForm: it ended early, or is larger than 2 MiB.
    """
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise BadForm("the request ended before its body did; nothing was kept")
        body += event.get("body", b"")
        if len(body) > BODY_BYTES:
            raise BadForm("the form is larger than 2 MiB; put the larger part into an attachment")
        if not event.get("more_body", False):
            return bytes(body)


def query_of(request: HTTPScope, name: str) -> str:
    """Return the first value of a name in the query, "" if it is not there."""
    return parse_qs(request["query_string"].decode("ascii", "replace")).get(name, [""])[0]
