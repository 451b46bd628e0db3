"""The live, read-only page of one node as an ASGI application: routes only; what they show is made in `pages`.

Rule kept: nothing here changes anything. There is no form, no cookie, no session, no address of another host.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from typing import cast

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from comity.base.ids import Ms
from comity.screen import Board
from comity.screen.site import LogFiles
from comity.web import assets, moments, tiles
from comity.web.events import MOST_LISTENERS, Changes, Live
from comity.web.guard import App, Guard
from comity.web.pages import Page, Setting
from comity.web.render import Renderer
from comity.web.texts import FIRST, Texts

_HTML = "text/html"
_TEXT = "text/plain"
_NO_STORE = {"cache-control": "no-store"}
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_CHANGE = re.compile(r"[0-9]{1,15}")
_LOG = logging.getLogger("comity.web")
_AnyRequest = Request[object, object, State]


def create(
    board: Board,
    clock: Callable[[], Ms],
    changes: Changes,
    log_files: LogFiles,
    *,
    hosts: tuple[str, ...] = (),
    notices: tuple[str, ...] = (),
    exercise: bool = True,
    language: str = FIRST,
) -> App:
    """Make the page of one node.

    Args:
        board: what the node shows of itself; read on the event loop's thread.
        clock: the node's time; a demo's may run fast.
        changes: the node's count of committed changes.
        log_files: (origin hash, path) to the bytes of a log's file, None if there is none that a visitor may read.
        hosts: names without port under which the node may be addressed beside `*.localhost` and loopback.
        notices: further lines for the top of every page, such as an insecure setting in force.
        exercise: whether the law editions are exercise editions, which every page then says.
        language: of the page, one of `texts.LANGUAGES`.
    """
    files = assets.load()
    texts = Texts(language)
    renderer = Renderer(texts, assets.addresses(files))
    setting = Setting(texts, notices, exercise)
    live = Live(board, clock, changes, log_files, renderer=renderer, setting=setting, boot=secrets.token_hex(4))
    site = _Site(live, renderer, files, clock, log_files)
    app = Litestar(
        route_handlers=site.routes(),
        openapi_config=None,
        logging_config=None,
        exception_handlers={HTTPException: site.refused, Exception: site.failed},
    )
    return Guard(cast("App", app), hosts)  # Litestar names the same ASGI types more narrowly


class _Site:
    """The routes, over one `Live`."""

    def __init__(
        self,
        live: Live,
        renderer: Renderer,
        files: dict[str, assets.Asset],
        clock: Callable[[], Ms],
        log_files: LogFiles,
    ) -> None:
        self._live, self._renderer, self._files = live, renderer, files
        self._clock, self._log_files = clock, log_files

    def routes(self) -> list[ControllerRouterHandler]:
        """Return every route; there is no other."""
        return [
            get("/")(self.day),
            get("/ledger")(self.ledger),
            get("/approvals")(self.approvals),
            get("/law")(self.law),
            get("/law/{short:str}")(self.law_of),
            get("/case/{number:str}")(self.case),
            get("/dispatch/{number:str}")(self.dispatch),
            get("/events")(self.events),
            get("/healthz")(self.healthz),
            get("/static/{path:path}")(self.static),
            get("/log/{origin:str}/{path:path}")(self.log),
        ]

    async def day(self) -> Response[str]:
        """The node's one page."""
        return await self._show("day")

    async def ledger(self) -> Response[str]:
        """The logs."""
        return await self._show("ledger")

    async def approvals(self) -> Response[str]:
        """What waits for people."""
        return await self._show("approvals")

    async def law(self, request: _AnyRequest) -> Response[str]:
        """Our law; `lang` is the language of the sentences."""
        return await self._show(self._live.law_view("", request.query_params.get("lang", "")))

    async def law_of(self, request: _AnyRequest, short: FromPath[str]) -> Response[str]:
        """The law of one party, by its mark in small letters."""
        return await self._show(self._live.law_view(short, request.query_params.get("lang", "")))

    async def case(self, number: FromPath[str]) -> Response[str]:
        """One case."""
        return await self._show(f"case/{number}")

    async def dispatch(self, number: FromPath[str]) -> Response[str]:
        """One dispatch with its proof."""
        return await self._show(f"dispatch/{number}")

    async def _show(self, view: str) -> Response[str]:
        change = await self._live.catch_up()
        page = self._live.page(view)
        if page is None:
            return self._document(self._live.absent(), "", change, status=404)
        return self._document(page, view, change, status=200)

    def _document(self, page: Page, view: str, change: int, *, status: int) -> Response[str]:
        parties = self._live.reading().parties
        html = self._renderer.page(
            page,
            view=view,
            change=change,
            boot=self._live.boot(),
            time=moments.clock(self._clock()),
            us=next(p for p in parties if p.ours),
            places=" / ".join(p.capital for p in parties),
        )
        return Response(html, status_code=status, media_type=_HTML, headers=_NO_STORE)

    async def events(self, request: _AnyRequest) -> Response[str] | Stream:
        """The event stream of one open page; `Last-Event-ID` goes before `from`."""
        if self._live.listeners >= MOST_LISTENERS:
            words = "Too many pages are open on this node. Nothing is lost: close one, or load the page now and then.\n"
            return Response(words, status_code=503, media_type=_TEXT, headers={"retry-after": "10"})
        asked = request.query_params
        last = str(request.headers.get("last-event-id") or asked.get("from", ""))
        change = int(last) if _CHANGE.fullmatch(last) else -1
        await self._live.catch_up()
        view = asked.get("view", "")
        if self._live.shot(view) is None:
            return Response("There is no such page.\n", status_code=404, media_type=_TEXT)
        events = self._live.follow(view, change, asked.get("boot", ""))
        return Stream(events, media_type="text/event-stream", headers=_NO_STORE | {"x-accel-buffering": "no"})

    async def healthz(self) -> Response[str]:
        """Whether the node answers and can read its store."""
        self._live.reading()
        return Response("ok\n", media_type=_TEXT, headers=_NO_STORE)

    async def static(self, request: _AnyRequest, path: FromPath[str]) -> Response[bytes]:
        """One static file."""
        file = self._files.get(str(path).lstrip("/"))
        if file is None:
            return Response(b"There is no such file.\n", status_code=404, media_type=_TEXT)
        kept = _FOREVER if request.query_params.get("v") == file.version else {"cache-control": "max-age=3600"}
        return Response(file.body, media_type=file.media_type, headers=kept)

    async def log(self, origin: FromPath[str], path: FromPath[str]) -> Response[bytes]:
        """One file of a log, for anyone."""
        name = str(path).lstrip("/")
        kind = tiles.media_type(origin, name)
        body = self._log_files(origin, name) if kind else None
        if kind is None or body is None:
            return Response(b"This log has no such file.\n", status_code=404, media_type=_TEXT, headers=_NO_STORE)
        return Response(body, media_type=kind, headers=_NO_STORE if name == tiles.CHECKPOINT else _FOREVER)

    def refused(self, _request: _AnyRequest, error: HTTPException) -> Response[str]:
        """Answer an address or request that the routes do not know."""
        words = self._renderer.texts("error.404") if error.status_code == 404 else self._renderer.texts("error.request")  # noqa: PLR2004
        return Response(f"{words}\n", status_code=error.status_code, media_type=_TEXT, headers=_NO_STORE)

    def failed(self, _request: _AnyRequest, error: Exception) -> Response[str]:
        """Answer when the node could not read; its log gets the kind of error, never what was being read."""
        _LOG.error("page not made: %s", type(error).__name__)
        words = self._renderer.texts("error.failed")
        return Response(f"{words}\n", status_code=500, media_type=_TEXT, headers=_NO_STORE)
