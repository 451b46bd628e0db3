"""The page of a restricted room on a named person's own machine, as an ASGI application: one person, one browser, one host name.

Rules kept: nothing is answered under another host name than the one made for this run; without the cookie that the one-time
address gave, nothing but the style of the page; nothing is kept by the browser; who is idle is signed out and the run ends.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import cast

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from comity.base.errors import ComityError
from comity.base.ids import Ms
from comity.screen.room import RoomHands
from comity.web import assets
from comity.web.answers import respond
from comity.web.app import Router
from comity.web.asked import Fields, NotTaken, fields_of
from comity.web.gate import CSRF_FIELD, CSRF_HEADER, AnyRequest, failed, preferred
from comity.web.guard import App, Guard, Receive, Scope, Send
from comity.web.pages import Page
from comity.web.render import Renderer
from comity.web.roomview import RoomVisit, Shown, room_screens
from comity.web.screens.signin import LANGUAGES as NAMES
from comity.web.texts import LANGUAGES, Texts

COOKIE = "comity-room"
_HTML, _TEXT = "text/html", "text/plain"
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_LOG = logging.getLogger("comity.room")


@dataclass(slots=True)
class Entry:
    """The one way in: a token that is good once, and the session that it opened.

    Attributes:
        token: in the address that the person is given; "" once it was used.
        session: of the browser that used it; "" before and after.
        csrf: of its forms.
        seen: when the person last asked for something.
    """

    token: str
    session: str = ""
    csrf: str = ""
    language: str = ""
    seen: Ms = field(default=Ms(0))

    def enter(self, token: str, now: Ms) -> bool:
        """Open the session if the token is the one that was given out, and forget it."""
        if not self.token or not hmac.compare_digest(token.encode(), self.token.encode()):
            return False
        self.token, self.session, self.csrf = "", secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.seen = now
        return True

    def knows(self, cookie: str) -> bool:
        """Say whether a cookie is the session's."""
        return bool(self.session) and hmac.compare_digest(cookie.encode(), self.session.encode())

    def end(self) -> None:
        """End the session; there is no other way in."""
        self.token = self.session = self.csrf = ""


class RoomSite:
    """The ASGI application.

    Args:
        hands: the person's machine.
        host: the only value of the Host header that is answered, with its port; set before the first request.
        token: for the one-time address.
        clock: of the machine.
        idle_ms: after so long without a press the session ends.
    """

    def __init__(self, hands: RoomHands, token: str, clock: Callable[[], Ms], idle_ms: int) -> None:
        self.host = ""
        self.over = asyncio.Event()
        self._hands, self._clock, self._idle_ms = hands, clock, idle_ms
        self._entry = Entry(token, seen=clock())
        self._files = assets.load()
        self._renderer: Callable[[str], Renderer] = lru_cache(
            lambda language: Renderer(Texts(language), assets.addresses(self._files))
        )
        handlers: list[ControllerRouterHandler] = [get("/static/{path:path}")(self._static), get("/enter")(self._enter)]
        for method, path, run in room_screens():
            handlers.append((get if method == "GET" else post)(path)(self._handler(run)))
        app = Router(
            route_handlers=handlers,
            openapi_config=None,
            logging_config=None,
            exception_handlers={HTTPException: self._unknown, Exception: failed},
        )
        self._guard = Guard(cast("App", app), ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            self.idle()
            hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
            if hosts != [self.host]:
                # What Guard refuses: a name that no machine has, so that another local page cannot come here either.
                scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"host"]}
                scope["headers"].append((b"host", b"not.this.room"))
        await self._guard(scope, receive, send)

    def idle(self) -> bool:
        """End the session if nobody was here for too long; say whether it has ended."""
        if self._clock() - self._entry.seen > self._idle_ms:
            self._entry.end()
            self.over.set()
        return self.over.is_set()

    # --- without a session -------------------------------------------------------------------------------------

    async def _static(self, request: AnyRequest, path: FromPath[str]) -> Response[bytes]:
        file = self._files.get(str(path).lstrip("/"))
        if file is None:
            return respond(b"There is no such file.\n", _TEXT, HTTPStatus.NOT_FOUND)
        if request.query_params.get("v") != file.version:
            return respond(file.body, file.media_type)
        return Response(file.body, media_type=file.media_type, headers=_FOREVER)

    async def _enter(self, request: AnyRequest) -> Response[bytes]:
        language = preferred("", request.headers.get("accept-language", ""))
        if not self._entry.enter(request.query_params.get("token", ""), self._clock()):
            return self._closed(language)
        self._entry.language = language
        cookie = Cookie(key=COOKIE, value=self._entry.session, path="/", httponly=True, samesite="strict")
        # By a page of ours: a strict cookie is not sent on after a link from elsewhere.
        html = self._renderer(language).page(Page("bounce.html", self._texts("frame.moved"), "", ()), {"to": "/"})
        return respond(html.encode(), _HTML, cookies=[cookie])

    def _closed(self, language: str) -> Response[bytes]:
        texts = Texts(language)
        page = Page("room_closed.html", texts("room.closed.h1"), "", ())
        html = self._renderer(language).page(page, {})
        return respond(html.encode(), _HTML, HTTPStatus.UNAUTHORIZED)

    def _unknown(self, request: AnyRequest, error: HTTPException) -> Response[bytes]:
        if not self._entry.knows(request.cookies.get(COOKIE, "")):
            return self._closed(preferred("", request.headers.get("accept-language", "")))
        words = self._texts("error.404" if error.status_code == HTTPStatus.NOT_FOUND else "error.request")
        return respond(f"{words}\n".encode(), _TEXT, error.status_code)

    # --- with one ----------------------------------------------------------------------------------------------

    def _handler(self, run: Callable[[RoomVisit], Shown]) -> Callable[[AnyRequest], Awaitable[Response[bytes]]]:
        async def handle(request: AnyRequest) -> Response[bytes]:
            return await self._through(request, run)

        return handle

    async def _through(self, request: AnyRequest, run: Callable[[RoomVisit], Shown]) -> Response[bytes]:
        if not self._entry.knows(request.cookies.get(COOKIE, "")):
            return self._closed(preferred("", request.headers.get("accept-language", "")))
        form: Fields = {}
        if request.method == "POST":
            try:
                form = await fields_of(request.headers.get("content-type", ""), request.stream())
            except NotTaken as error:
                return respond(f"{self._texts(error.key)}\n".encode(), _TEXT, error.status)
            given = request.headers.get(CSRF_HEADER) or (form.get(CSRF_FIELD) or ("",))[0]
            if not hmac.compare_digest(given.encode(), self._entry.csrf.encode()):
                return respond(f"{self._texts('error.csrf')}\n".encode(), _TEXT, HTTPStatus.FORBIDDEN)
        visit = self._visit(request, form)
        if not visit.partial or request.method == "POST":  # a page that looks by itself is nobody's press
            self._entry.seen = self._clock()
        try:
            shown = await asyncio.to_thread(run, visit)
        except ComityError as error:
            shown = Shown(
                Page("room_refused.html", visit.texts("frame.refused.h1"), "", ()),
                {"why": str(error)},
                status=HTTPStatus.CONFLICT,
            )
        return self._answer(shown, visit)

    def _texts(self, key: str) -> str:
        return Texts(self._entry.language)(key)

    def _visit(self, request: AnyRequest, form: Fields) -> RoomVisit:
        return RoomVisit(
            hands=self._hands,
            now=self._clock(),
            path={name: str(value) for name, value in request.path_params.items()},
            query=dict(request.query_params),
            form=form,
            texts=Texts(self._entry.language),
            csrf=self._entry.csrf,
            partial=request.headers.get("hx-request") == "true",
        )

    def _answer(self, shown: Shown, visit: RoomVisit) -> Response[bytes]:
        if shown.language in LANGUAGES:
            self._entry.language = shown.language
        if shown.leave:
            self._entry.end()
            self.over.set()
        if shown.to:
            return respond(b"", _TEXT, HTTPStatus.SEE_OTHER, {"location": shown.to})
        if shown.file is not None:
            named = {"content-disposition": f'attachment; filename="{shown.name}"'}
            return respond(shown.file, "application/octet-stream", headers=named)
        if shown.page is None:
            return respond(b"", _TEXT, HTTPStatus.NO_CONTENT)
        html = self._renderer(visit.texts.lang).page(shown.page, self._setting(visit, shown.context))
        return respond(html.encode(), _HTML, shown.status)

    def _setting(self, visit: RoomVisit, context: Mapping[str, object]) -> dict[str, object]:
        """Return what `base.html` needs of a visitor; there is no frame of a node around a room."""
        still: dict[str, object] = {"who": visit, "guest": True, "live": {}, "theme": "", "said": "", "path": "/"}
        still["languages"] = tuple((tag, name, tag == visit.texts.lang) for tag, name in NAMES)
        return {**still, "csrf": self._entry.csrf, **context}


def create(hands: RoomHands, token: str, clock: Callable[[], Ms], idle_ms: int) -> RoomSite:
    """Make the page of one person's room; `host` is to be set when its port is known."""
    return RoomSite(hands, token, clock, idle_ms)
