"""The outermost skin of the page: who may be addressed, what may be asked, and the headers on every answer.

Rules kept: only GET, HEAD and POST; only names of this machine or names given by the operator, so that a page of another
host cannot reach the node by pointing its own name here; a POST comes from a page of ours; a browser runs nothing but what
the node itself serves.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI 3 application, as any server calls it."""

POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # with no-referrer a form of ours would come without its origin
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"x-robots-tag", b"noindex"),
)
_FROM = frozenset({b"origin", b"sec-fetch-site"})
_THIS_MACHINE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)?localhost|127\.0\.0\.1|\[::1\]")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::\d{1,5})?")


class Guard:
    """Wraps an ASGI application; everything but HTTP passes through."""

    def __init__(self, app: App, hosts: Iterable[str], *, https: bool = False) -> None:
        """Take further host names, without port, beside `*.localhost` and loopback; and whether browsers come by https."""
        self._app = app
        self._scheme = "https" if https else "http"
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what must not reach the application; let the rest through with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        outward = _Outward(send, head=scope["method"] == "HEAD")
        status, allow, words = self._judge(scope)
        if status:
            await _answer(outward, status, allow, words)
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]  # a HEAD is a GET whose body Outward drops
        await self._app({**scope, "method": method, "scheme": self._scheme}, receive, outward)

    def _judge(self, scope: Scope) -> tuple[int, bytes, str]:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        host = _HOST.fullmatch(hosts[0].decode("latin-1").lower()) if len(hosts) == 1 else None
        if host is None:
            return (
                400,
                b"",
                "The request names no host, or more than one. Nothing was read. Name one in the Host header.",
            )
        if not (_THIS_MACHINE.fullmatch(host[1]) or host[1] in self._hosts):
            return (
                421,
                b"",
                "This node does not answer to that name. Nothing was read. Use the address of the node itself.",
            )
        endless = scope["path"] == "/events"
        if scope["method"] not in ({"GET"} if endless else {"GET", "HEAD", "POST"}):
            allow = b"GET" if endless else b"GET, HEAD, POST"
            return (
                405,
                allow,
                "A page of this node is asked for by GET and changes something by POST. Nothing was changed.",
            )
        if scope["method"] == "POST" and not self._ours(scope, hosts[0].decode("latin-1").lower()):
            return 403, b"", "This came from a page of another site. Nothing was changed. Go to the node's own page."
        return 0, b"", ""

    def _ours(self, scope: Scope, host: str) -> bool:
        """Say whether a POST comes from a page of this very host, by all that its browser says of that."""
        said = {name: value.decode("latin-1").lower() for name, value in scope["headers"] if name in _FROM}
        origin, site = said.get(b"origin"), said.get(b"sec-fetch-site")
        return origin in {None, f"{self._scheme}://{host}"} and site in {None, "same-origin"}


class _Outward:
    """Adds the headers to an answer, and drops its body if only the head was asked for."""

    def __init__(self, send: Send, *, head: bool) -> None:
        self._send, self._head = send, head

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *HEADERS]
        elif message["type"] == "http.response.body" and self._head:
            message["body"] = b""
        await self._send(message)


async def _answer(send: Send, status: int, allow: bytes, words: str) -> None:
    body = f"{words}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(b"allow", allow)] if allow else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
