"""Setting the demo's clock over HTTP, from this machine only and only with `insecure_demo_clock`."""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Ms
from comity.edge.clock import SetClock
from comity.edge.config import Config, is_loopback

PATH = "/clock"
_BODY_BYTES = 1024


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent and answered: the time shown, milliseconds UTC, and how many times faster than real it runs."""

    at: int
    rate: int


class ClockApp:
    """GET and POST `/clock`, JSON `{"at": ms, "rate": n}`.

    A page of another site that a browser on this machine has open cannot send it: such a request carries `Origin`, and
    JSON is not sent across sites without asking first.

    Raises:
        BadConfiguration: the settings do not allow a clock that can be set.
    """

    def __init__(self, clock: SetClock, config: Config) -> None:
        if not config.insecure_demo_clock:
            raise BadConfiguration("a clock that can be set needs insecure_demo_clock; the node was not started")
        self._clock = clock

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        status, body = await self._reply(scope, receive)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _reply(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> tuple[int, bytes]:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").rsplit(":", 1)[0].strip("[]")
        client = scope["client"]
        if client is None or not is_loopback(client[0]) or not is_loopback(host) or b"origin" in headers:
            return 403, b""
        if scope["path"] != PATH:
            return 404, b""
        if scope["method"] == "POST":
            if headers.get(b"content-type") != b"application/json":
                return 415, b""
            try:
                self._set(await _body(receive))
            except (msgspec.DecodeError, BadForm):
                return 400, b""
        return 200, msgspec.json.encode(Setting(self._clock.now(), self._clock.rate))

    def _set(self, body: bytes) -> None:
        setting = msgspec.json.decode(body, type=Setting)
        self._clock.set(Ms(setting.at), setting.rate)


async def _body(receive: ASGIReceiveCallable) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise BadForm("the request did not come whole; the clock was not set")
        body, more = body + message["body"], message["more_body"]
        if len(body) > _BODY_BYTES:
            raise BadForm("the request is too long to be a time; the clock was not set")
    return body
