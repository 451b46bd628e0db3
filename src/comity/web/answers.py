"""From what a screen answers to what a browser gets: pages, their parts alone, fragments, ways on, files, cookies.

Rules kept: nothing is kept by browser or proxy but under an ETag of its own content; a file is never shown in place; the
session's cookie is unreadable for scripts, goes to this site alone, and over https carries the prefix `__Host-`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Literal, TypedDict, cast
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.datastructures import Cookie
from litestar.response import Stream as Streamed

from comity.screen.visitor import session_cookie
from comity.web.frame import TOPICS, Frame
from comity.web.keeping import Kept, parted
from comity.web.pages import Page, Part, Region
from comity.web.render import Renderer
from comity.web.stream import Stream
from comity.web.texts import FIRST, Texts
from comity.web.visit import (
    Absent,
    Answer,
    Download,
    Enter,
    File,
    Fragment,
    Leave,
    Redirect,
    Refused,
    Screen,
    Told,
    Visit,
    local_path,
)

PARTS = "application/vnd.comity.parts+json"
NO_STORE = {"cache-control": "no-store", "vary": "accept, cookie"}
_HTML, _JSON, _TEXT = "text/html", "application/json", "text/plain"
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_KEY = re.compile(r"[a-z0-9.-]{1,80}")
_SAID_S = 60
WhyNot = tuple[str, str, str]
"""A few words in the page's language, "" without; the sentence; its language."""


class _Parts(TypedDict):
    """The parts of a page as plain data."""

    title: str
    boot: str
    topics: list[str]
    who: str
    regions: dict[str, list[str]]
    blocks: dict[str, str]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a request wants its answer.

    Attributes:
        kind: `page`, `parts` (of an open page, again), `fragment` (htmx) or `json` (a script of ours).
        get: it changed nothing.
        etag: of the parts that the page has, "" without.
        path: with its query, as the browser shows it.
        said: key of what is to be said once, "" without.
    """

    kind: str
    get: bool
    etag: str
    path: str
    said: str


class Jar:
    """The names and forms of the cookies of one node.

    Args:
        node: its name; several nodes on one machine must not take each other's.
        https: whether browsers come by https.
    """

    def __init__(self, node: str, *, https: bool) -> None:
        self.session = session_cookie(node, https=https)
        self.guest, self.said = f"{self.session}-guest", f"{self.session}-said"
        self._https = https

    def keep(self, name: str, value: str, seconds: int | None = None) -> Cookie:
        """Return a cookie that lasts as long as the browser runs, or some seconds; 0 forgets it."""
        # The agency's sign-in sends the browser back by another site's redirect: there the guest must be known again.
        same: Literal["lax", "strict"] = "lax" if name == self.guest else "strict"
        return Cookie(
            key=name, value=value, path="/", max_age=seconds, secure=self._https, httponly=True, samesite=same
        )


class Answers:
    """Lays answers out for the visitors of one node, in the language of each."""

    def __init__(self, frame: Frame, stream: Stream, assets: dict[str, str], jar: Jar) -> None:
        self._frame, self._stream, self._jar = frame, stream, jar
        self.renderer: Callable[[str], Renderer] = lru_cache(lambda language: Renderer(Texts(language), assets))

    def of(self, answer: Answer, visit: Visit, manner: Manner, number: int) -> Response[bytes]:
        """Return the answer of HTTP; `number` is the bell's before the screen was read."""
        match answer:
            case Screen():
                return self._screen(answer, visit, manner, number)
            case Fragment():
                return self._fragment(answer, visit)
            case Redirect() | Enter() | Leave():
                return self._way(answer, visit, manner)
            case File() | Download():
                return _kept(answer)
            case Told():
                return respond(msgspec.json.encode(answer.body), _JSON, answer.status)
            case Absent():
                return self.absent(visit, manner, number)

    # --- pages -----------------------------------------------------------------------------------------------------

    def _screen(self, screen: Screen, visit: Visit, manner: Manner, number: int) -> Response[bytes]:
        guest = not visit.who.session
        page = (self._frame.alone if guest else self._frame.around)(screen.page, visit)
        renderer = self.renderer(visit.who.language)
        if guest:
            return self._document(page, screen, visit, manner, {})
        parts = self._parts(page, screen, visit, renderer)
        tag = '"' + hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:24] + '"'
        left = str(visit.who.left_ms // 1_000)
        if manner.kind == "parts":
            headers = {"etag": tag, "x-comity-idle": left}
            if tag == manner.etag and screen.status == HTTPStatus.OK:
                return respond(b"", PARTS, HTTPStatus.NOT_MODIFIED, headers)
            body = msgspec.json.encode({**parts, "n": number})
            return respond(body, PARTS, screen.status, headers)
        live = {
            "boot": parts["boot"],
            "topics": " ".join(parts["topics"]),
            "who": parts["who"],
            "etag": tag,
            "n": number,
            "at": screen.at,
            "idle": left,
        }
        return self._document(page, screen, visit, manner, live)

    def _parts(self, page: Page, screen: Screen, visit: Visit, renderer: Renderer) -> _Parts:
        return {
            "title": page.title,
            "boot": self._stream.boot,
            "topics": self._stream.hashed(screen.topics | TOPICS),
            "who": whose(visit),
            "regions": {region.name: [part.id for part in region.parts] for region in page.regions},
            "blocks": renderer.blocks(page),
        }

    def _document(
        self, page: Page, screen: Screen, visit: Visit, manner: Manner, live: dict[str, object]
    ) -> Response[bytes]:
        who, said = visit.who, manner.said
        still = self._frame.still(page, visit)
        setting = {
            **still,
            "live": live,
            "who": who,
            "guest": not live,
            "csrf": who.csrf,
            "theme": who.settings.get("theme", ""),
            "path": manner.path,
            "said": visit.texts(said) if said and _known(said, visit.texts) else "",
            **screen.context,
        }
        html = self.renderer(who.language).page(page, setting)
        cookies = [self._jar.keep(self._jar.said, "", 0)] if said else []
        return respond(html.encode(), _HTML, screen.status, cookies=cookies)

    def absent(self, visit: Visit, manner: Manner, number: int) -> Response[bytes]:
        """Say that there is nothing, the same for what is not there and what is not for this person."""
        texts = visit.texts
        if manner.kind == "json":
            return respond(b'{"error":"not here","code":"not-found"}', _JSON, HTTPStatus.NOT_FOUND)
        if manner.kind == "fragment":
            return self._notice(("", texts("error.404"), texts.lang), visit, HTTPStatus.NOT_FOUND)
        page = Page("absent.html", texts("error.404.h1"), "", ())
        return self._screen(Screen(page, status=HTTPStatus.NOT_FOUND), visit, manner, number)

    def refused(self, error: Refused, visit: Visit, manner: Manner, number: int) -> Response[bytes]:
        """Say what was not done and what was kept."""
        if manner.kind == "json":
            body = msgspec.json.encode({"error": str(error), "code": error.code})
            return respond(body, _JSON, error.status)
        if manner.kind == "fragment":
            return self._notice(_why_not(error, visit.texts), visit, error.status)
        page = Page("refused.html", visit.texts("frame.refused.h1"), "", ())
        screen = Screen(
            page, context={"why": _why_not(error, visit.texts), "written": not manner.get}, status=error.status
        )
        return self._screen(screen, visit, manner, number)

    def kept(self, kept: Kept, visit: Visit, manner: Manner, status: int) -> Response[bytes]:
        """Give a form back that was not taken: its text on a page that does not move, with the button that sends it."""
        page = self._frame.alone(Page("kept.html", visit.texts("kept.h1"), "", ()), visit)
        hidden, shown = parted(kept.form)
        context = {"why": kept.why, "way": kept.way, "hidden": hidden, "shown": shown}
        return self._document(page, Screen(page, context=context, status=status), visit, manner, {})

    # --- parts of pages --------------------------------------------------------------------------------------------

    def _fragment(self, fragment: Fragment, visit: Visit) -> Response[bytes]:
        html = self.renderer(visit.who.language).part(fragment.part)
        return respond(html.encode(), _HTML, fragment.status)

    def _notice(self, why: WhyNot, visit: Visit, status: int) -> Response[bytes]:
        """Put a line among the notices of the open page, so that what is being written stays as it is."""
        html = self.renderer(visit.who.language).part(Part("said", "said_stop", why))
        there = {"hx-retarget": "#said", "hx-reswap": "outerHTML"}
        return respond(html.encode(), _HTML, status, there)

    # --- ways on ---------------------------------------------------------------------------------------------------

    def _way(self, answer: Redirect | Enter | Leave, visit: Visit, manner: Manner) -> Response[bytes]:
        jar, cookies = self._jar, []
        match answer:
            case Enter():
                cookies = [jar.keep(jar.session, answer.token), jar.keep(jar.guest, "", 0)]
            case Leave():
                cookies = [jar.keep(jar.session, "", 0)]
            case Redirect():
                cookies = [jar.keep(jar.said, answer.say, _SAID_S)] if answer.say else []
        if manner.kind == "json":
            return respond(msgspec.json.encode({"to": answer.to}), _JSON, cookies=cookies)
        if manner.kind in {"fragment", "parts"}:
            return respond(b"", _TEXT, headers={"hx-redirect": answer.to}, cookies=cookies)
        if local_path(answer.to) != answer.to or (isinstance(answer, Enter) and manner.get):
            return self._bounce(answer.to, visit, cookies)
        return respond(b"", _TEXT, HTTPStatus.SEE_OTHER, {"location": answer.to}, cookies)

    def _bounce(self, to: str, visit: Visit, cookies: list[Cookie]) -> Response[bytes]:
        """Go on by a page of ours: to another site, or where a strict cookie would not be sent after another site's link."""
        if not (to.startswith(("https://", "http://")) or local_path(to) == to):
            to = "/"
        page = Page("bounce.html", visit.texts("frame.moved"), "", (Region("main", ()),))
        html = self.renderer(visit.who.language).page(page, {"to": to})
        return respond(html.encode(), _HTML, cookies=cookies)


def respond(
    body: bytes,
    media_type: str,
    status: int = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
    cookies: list[Cookie] | None = None,
) -> Response[bytes]:
    """Return an answer that nobody keeps."""
    return Response(
        body, status_code=int(status), media_type=media_type, headers={**NO_STORE, **(headers or {})}, cookies=cookies
    )


def _why_not(error: Refused, texts: Texts) -> WhyNot:
    """Return a refusal for a page: what a screen said in the page's words alone, what the node said with a few words before it."""
    said = str(error)
    if texts.lang == FIRST or texts.says(said):
        return "", said, texts.lang
    lead = texts.word("refused", str(int(error.status)))
    lead = texts("refused.other") if lead == str(int(error.status)) else lead
    return f"{lead} {texts('refused.english')}", said, FIRST


def whose(visit: Visit) -> str:
    """Return a mark of the session: an open page whose mark has changed belongs to another and is loaded anew."""
    return hashlib.sha256(f"comity/who/1:{visit.who.session}:{visit.who.csrf}".encode()).hexdigest()[:12]


def said_key(text: str) -> str:
    """Return what a cookie wants to be said, if it has the form of a key."""
    return text if _KEY.fullmatch(text) else ""


def _known(key: str, texts: Texts) -> bool:
    try:
        texts(key)
    except (KeyError, IndexError):
        return False
    return True


def _kept(file: File | Download) -> Response[bytes]:
    """Return something to keep, never shown in place."""
    return _file(file) if isinstance(file, File) else _download(file)


def _file(file: File) -> Response[bytes]:
    return respond(file.body, file.media_type, headers={"content-disposition": _named(file.name)})


def _download(file: Download) -> Response[bytes]:
    """Return a file as it comes; whatever it is, a browser gets bytes to keep, in a sandbox without rights."""
    headers = {
        **NO_STORE,
        "content-disposition": _named(file.name),
        "content-length": str(file.size),
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
    }
    return cast(
        "Response[bytes]",
        Streamed(file.chunks, media_type="application/octet-stream", headers=headers, status_code=HTTPStatus.OK),
    )


def _named(name: str) -> str:
    plain = _NAME.sub("-", name).strip("-.") or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
