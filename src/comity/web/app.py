"""The pages of one node as an ASGI application: the routes of all screens behind the gate, and what needs no session.

Rule kept: nothing is answered without a session but the open routes of sign-in, the static files, the health of the page, the
logs' files, which are for anyone, and a calendar, for whoever knows its address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import cast

from litestar import Litestar, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.plugins import PluginProtocol
from litestar.types import ControllerRouterHandler

from comity.screen.calendar import CalendarBoard
from comity.screen.changes import Changes
from comity.screen.people import WithStreams
from comity.screen.site import LogFiles, Site
from comity.web import assets, feeding, screens, tiles
from comity.web.answers import NO_STORE, Answers, Jar
from comity.web.frame import Badge, Frame
from comity.web.gate import AnyRequest, Gate, failed
from comity.web.guard import App, Guard, Receive, Scope, Send
from comity.web.listening import Listening
from comity.web.stream import Stream
from comity.web.visit import ScreenRoute

_TEXT = "text/plain"
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_HOUR = {"cache-control": "max-age=3600"}
_Handler = Callable[[AnyRequest], Awaitable[Response[bytes]]]


class Pages:
    """The ASGI application; `stop` ends its streams, so that the server can end."""

    def __init__(self, guard: App, stream: Stream) -> None:
        self._guard, self.stream = guard, stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._guard(scope, receive, send)

    async def stop(self) -> None:
        """End every event stream."""
        await self.stream.stop()


def create(
    site: Site,
    changes: Changes,
    *,
    node: str = "",
    hosts: tuple[str, ...] = (),
    notices: tuple[str, ...] = (),
    exercise: bool = True,
    https: bool = False,
    routes: Sequence[ScreenRoute] = screens.ALL,
    badges: Mapping[str, Badge] = screens.BADGES,
) -> Pages:
    """Make the pages of one node.

    Args:
        site: what screens work with; read on the event loop's thread.
        changes: the node's bell.
        node: the node's name, for the names of cookies.
        hosts: names without port under which the node may be addressed beside `*.localhost` and loopback.
        notices: further lines for the top of every page, such as an insecure setting in force.
        exercise: whether the law editions are exercise editions, which every page then says.
        https: whether browsers come by https, through a proxy that ends TLS.
        routes: of the screens.
        badges: counts of the rail.
    """
    files = assets.load()
    stream, jar = Stream(changes, site.clock), Jar(node, https=https)
    site = replace(site, health=WithStreams(site.health, lambda: stream.listeners))
    frame = Frame(routes, notices, exercise=exercise, badges=badges)
    gate = Gate(site, Answers(frame, stream, assets.addresses(files), jar), stream, jar)
    plain = _Plain(site.log_files, files, site.calendars)
    app = Router(
        route_handlers=[*plain.routes(), *(_handler(gate, one) for one in routes)],
        openapi_config=None,
        logging_config=None,
        exception_handlers={HTTPException: _unknown(gate), Exception: failed},
    )
    inner = Listening(cast("App", app), stream, gate)  # Litestar names the same ASGI types more narrowly
    return Pages(Guard(inner, hosts, https=https), stream)


class Router(Litestar):
    """Litestar without the plug-ins that it finds by itself: our routes take and return bytes, and to look for them costs a start a tenth."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return plugins


def _handler(gate: Gate, route: ScreenRoute) -> ControllerRouterHandler:
    async def handle(request: AnyRequest) -> Response[bytes]:
        return await gate.through(route, request)

    return (get if route.method == "GET" else post)(route.path)(handle)


def _unknown(gate: Gate) -> Callable[[AnyRequest, HTTPException], Response[bytes]]:
    def unknown(request: AnyRequest, error: HTTPException) -> Response[bytes]:
        return gate.nothing(request, error.status_code)

    return unknown


class _Plain:
    """The routes that need no session."""

    def __init__(self, log_files: LogFiles, files: dict[str, assets.Asset], calendars: CalendarBoard | None) -> None:
        self._log_files, self._files, self._calendars = log_files, files, calendars

    def routes(self) -> list[ControllerRouterHandler]:
        """Return them; there is no other but the open ones of the screens."""
        return [
            get("/healthz")(self.healthz),
            get("/static/{path:path}")(self.static),
            get("/log/{origin:str}/{path:path}")(self.log),
            get("/calendar/{name:str}")(self.calendar),
        ]

    async def healthz(self) -> Response[bytes]:
        """Whether the page answers."""
        return Response(b"ok\n", media_type=_TEXT, headers=NO_STORE)

    async def static(self, request: AnyRequest, path: FromPath[str]) -> Response[bytes]:
        """One static file."""
        file = self._files.get(str(path).lstrip("/"))
        if file is None:
            return _no_file(b"There is no such file.\n")
        kept = _FOREVER if request.query_params.get("v") == file.version else _HOUR
        return Response(file.body, media_type=file.media_type, headers=kept)

    async def log(self, origin: FromPath[str], path: FromPath[str]) -> Response[bytes]:
        """One file of a log, for anyone."""
        name = str(path).lstrip("/")
        kind = tiles.media_type(origin, name)
        body = self._log_files(origin, name) if kind else None
        if kind is None or body is None:
            return _no_file(b"This log has no such file.\n")
        return Response(body, media_type=kind, headers=NO_STORE if name == tiles.CHECKPOINT else _FOREVER)

    async def calendar(self, request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
        """The calendar of an address, for a program that knows it."""
        token = str(name).removesuffix(".ics")
        feed = None if self._calendars is None or token == name else self._calendars.feed(token)
        return _no_file(b"There is no such calendar.\n") if feed is None else feeding.answer(feed, request.headers)


def _no_file(words: bytes) -> Response[bytes]:
    return Response(words, status_code=HTTPStatus.NOT_FOUND, media_type=_TEXT, headers=NO_STORE)
