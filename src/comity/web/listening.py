"""The address `/events`: one stream a browser, for those who are signed in, ended with their session.

It stands beside Litestar, straight on ASGI: a stream costs one task that waits, and nothing else while nothing happens.
"""

from __future__ import annotations

import asyncio
import contextlib
from http.cookies import CookieError, SimpleCookie

from comity.web.gate import Gate
from comity.web.guard import App, Receive, Scope, Send
from comity.web.stream import MOST_LISTENERS, Stream

PATH = "/events"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_FULL = b"Too many pages are open on this node. Nothing is lost: close one, or load the page now and then.\n"


class Listening:
    """Answers `/events` and lets everything else through."""

    def __init__(self, app: App, stream: Stream, gate: Gate) -> None:
        self._app, self._stream, self._gate = app, stream, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        said = {name: value.decode("latin-1") for name, value in scope["headers"]}
        token = self._gate.token_of(_cookies(said.get(b"cookie", "")))
        if self._gate.signed(token) is None:
            await _answer(send, 401, b"Sign in first.\n")
        elif self._stream.listeners >= MOST_LISTENERS:
            await _answer(send, 503, _FULL, (b"retry-after", b"10"))
        else:
            await self._listen(said.get(b"last-event-id", ""), token, receive, send)

    async def _listen(self, last: str, token: str, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        speaking = asyncio.ensure_future(self._speak(last, token, send))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({speaking, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (speaking, gone):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await speaking

    async def _speak(self, last: str, token: str, send: Send) -> None:
        def alive() -> bool:
            return self._gate.signed(token) is not None

        async with contextlib.aclosing(self._stream.listen(last, alive)) as said:
            async for frames in said:
                await send({"type": "http.response.body", "body": frames, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _cookies(header: str) -> dict[str, str]:
    with contextlib.suppress(CookieError):
        return {name: one.value for name, one in SimpleCookie(header).items()}
    return {}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, status: int, body: bytes, *further: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)), *further]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
