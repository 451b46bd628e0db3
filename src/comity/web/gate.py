"""The one straight path of a request to a screen: session, form, token, need-to-know, fresh proof, run, answer.

Rules kept: nothing of a screen runs before all of it has passed; what is not there and what is not for this person have one
answer; a fault is logged by its kind, never with what was being read or written.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from comity.base.ids import Ms
from comity.policy.access import Deed, Role
from comity.screen.people import SignedIn
from comity.screen.site import Site
from comity.web.answers import PARTS, Answers, Jar, Manner, respond, said_key
from comity.web.asked import Fields, NotTaken, fields_of
from comity.web.keeping import Kept, typed
from comity.web.stream import Stream
from comity.web.texts import FIRST, LANGUAGES, Texts
from comity.web.visit import NOBODY, Absent, Answer, Refused, ScreenRoute, Visit, Visitor, local_path

AnyRequest = Request[Any, Any, State]
SIGN_IN, AGAIN, SEEN = "/sign-in", "/sign-in/again", "/people/session/seen"
CSRF_FIELD, CSRF_HEADER = "csrf", "x-comity-csrf"
_REVIEWERS = frozenset({Deed.HOME, Deed.REVIEW, Deed.OPENING})
"""What a reviewer sends: own settings, own reviews, and openings of custody, which no reviewer makes alone."""
_LOG = logging.getLogger("comity.web")


class _TokenOff(NotTaken):
    """A form whose token is not the session's; `form` is what it said."""

    def __init__(self, form: Fields) -> None:
        super().__init__(HTTPStatus.FORBIDDEN, "error.csrf")
        self.form = form


class Gate:
    """Lets visits through to screens.

    Args:
        site: the node.
        answers: lays answers out.
        stream: whose number a page is made as of.
        jar: names of the cookies.
    """

    def __init__(self, site: Site, answers: Answers, stream: Stream, jar: Jar) -> None:
        self._site, self._answers, self._stream, self._jar = site, answers, stream, jar
        self._marks: set[asyncio.Task[None]] = set()

    # --- sessions --------------------------------------------------------------------------------------------------

    def signed(self, token: str) -> SignedIn | None:
        """Return the session of a token if it is good now."""
        return self._site.people.signed_in(token) if token else None

    def token_of(self, cookies: Mapping[str, str]) -> str:
        """Return the session's token out of a browser's cookies."""
        return cookies.get(self._jar.session, "")

    # --- the path --------------------------------------------------------------------------------------------------

    async def through(self, route: ScreenRoute, request: AnyRequest) -> Response[bytes]:
        """Answer one request to one route."""
        signed = self.signed(self.token_of(request.cookies))
        manner = self._manner(request)
        if signed is None and not route.public:
            return await self._ended(request, manner)
        mark = request.cookies.get(self._jar.guest) or secrets.token_urlsafe(24)
        visit = self._visit(request, signed, mark)
        number = await self._stream.now()
        try:
            response = await self._enter(route, request, visit, signed, manner=manner, number=number)
        except _TokenOff as error:
            if self._keeps(request, manner, error.form):
                return self._answers.kept(Kept("token", error.form), visit, manner, HTTPStatus.FORBIDDEN)
            return self._answers.refused(Refused(403, "bad-form", visit.texts(error.key)), visit, manner, number)
        except NotTaken as error:
            refusal = Refused(int(error.status), "bad-form", visit.texts(error.key))
            return self._answers.refused(refusal, visit, manner, number)
        except Refused as error:
            return self._answers.refused(error, visit, manner, number)
        if signed is None and manner.get and self._jar.guest not in request.cookies:
            response.cookies.append(self._jar.keep(self._jar.guest, mark))
        return response

    async def _enter(
        self,
        route: ScreenRoute,
        request: AnyRequest,
        visit: Visit,
        signed: SignedIn | None,
        *,
        manner: Manner,
        number: int,
    ) -> Response[bytes]:
        if route.raw:
            self._token(visit, request.headers.get(CSRF_HEADER, ""), {})
            visit = replace(visit, body=request.stream())
        elif route.method == "POST":
            visit = replace(visit, form=await self._form(request, visit))
        found = self._need(route, visit)
        if found is None:
            return self._answers.absent(visit, manner, number)
        if route.fresh and signed is not None and not signed.fresh:
            return self._unproved(request, visit, manner)
        if signed is not None and signed.due and manner.kind != "parts":
            self._mark(signed)
        answer: Answer = await route.run(found)
        return self._answers.of(answer, found, manner, number)

    def _need(self, route: ScreenRoute, visit: Visit) -> Visit | None:
        """Return the visit with the facts of its case; None where the deed is not open, or there is no such case."""
        if route.public:
            return visit
        person, needs = visit.who.person, self._site.needs
        if route.method == "POST" and Role.REVIEWER in person.roles and route.deed not in _REVIEWERS:
            return None
        if not route.about:
            return visit if needs.may(person, route.deed) else None
        found = needs.facts(route.about_kind, visit.path[route.about])
        if found is None or not needs.may(person, route.deed, found[1]):
            return None
        return replace(visit, case_id=found[0], case=found[1])

    async def _form(self, request: AnyRequest, visit: Visit) -> Fields:
        """Read the form of a POST and hold its token against the session's."""
        declared = request.headers.get("content-type", "")
        form = await fields_of(declared, request.stream())
        given = request.headers.get(CSRF_HEADER) or (form.get(CSRF_FIELD) or ("",))[0]
        self._token(visit, given, form)
        return _bare(form)

    def _token(self, visit: Visit, given: str, form: Fields) -> None:
        if not visit.who.csrf or not hmac.compare_digest(given.encode(), visit.who.csrf.encode()):
            raise _TokenOff(_bare(form))

    # --- what was written when it cannot be taken --------------------------------------------------------------------

    def _keeps(self, request: AnyRequest, manner: Manner, form: Fields) -> bool:
        """Say whether a form goes back to its browser on a page: a page of ours sent it, and somebody wrote in it."""
        return manner.kind == "page" and "origin" in request.headers and typed(form)

    async def _ended(self, request: AnyRequest, manner: Manner) -> Response[bytes]:
        """Go to sign in; what a form says is given back on a page first, and kept nowhere else."""
        form: Fields = {}
        if not manner.get:
            with contextlib.suppress(NotTaken):
                form = _bare(await fields_of(request.headers.get("content-type", ""), request.stream()))
        if not self._keeps(request, manner, form):
            return self._to_sign_in(manner)
        return self._answers.kept(
            Kept("ended", form, SIGN_IN), self._visit(request, None), manner, HTTPStatus.UNAUTHORIZED
        )

    def _unproved(self, request: AnyRequest, visit: Visit, manner: Manner) -> Response[bytes]:
        """Go to prove it anew; what was written waits on a page while that is done in another tab."""
        if manner.get or not self._keeps(request, manner, visit.form):
            return self._to_again(request, manner)
        kept = Kept("proof", visit.form, self._again(request, manner))
        return self._answers.kept(kept, visit, manner, HTTPStatus.FORBIDDEN)

    def _mark(self, signed: SignedIn) -> None:
        """Have it written that the person was here; the page does not wait for it."""

        async def write() -> None:
            with contextlib.suppress(Refused):
                await self._site.hands.ask("POST", SEEN, body={"id": signed.id})

        task = asyncio.ensure_future(write())
        self._marks.add(task)
        task.add_done_callback(self._marks.discard)

    # --- what a visit knows ----------------------------------------------------------------------------------------

    def _visit(self, request: AnyRequest, signed: SignedIn | None, mark: str = "") -> Visit:
        who = self._guest(request, mark) if signed is None else visitor(signed)
        return Visit(
            who=who,
            site=self._site,
            now=self._site.clock(),
            path={name: str(value) for name, value in request.path_params.items()},
            query=_query(request.scope["query_string"]),
            form={},
            partial=request.headers.get("hx-request") == "true",
            texts=self._answers.renderer(who.language).texts,
            origin=f"{request.scope['scheme']}://{request.headers.get('host', '')}",
        )

    def _guest(self, request: AnyRequest, mark: str) -> Visitor:
        """Return someone who is not signed in; the token of the forms comes from a cookie that scripts cannot read."""
        csrf = hashlib.sha256(f"comity/guest/1:{mark}".encode()).hexdigest()
        language = preferred(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        return Visitor(NOBODY, "", "guest", csrf, language, Ms(0))

    def _manner(self, request: AnyRequest) -> Manner:
        accept = request.headers.get("accept", "")
        query = request.scope["query_string"].decode("latin-1")
        kind = "page"
        if accept == PARTS:
            kind = "parts"
        elif request.headers.get("hx-request") == "true":
            kind = "fragment"
        elif accept.startswith("application/json"):
            kind = "json"
        return Manner(
            kind=kind,
            get=request.method == "GET",
            etag=request.headers.get("if-none-match", ""),
            path=quote(request.scope["path"], safe="/") + (f"?{query}" if query else ""),
            said=said_key(request.cookies.get(self._jar.said, "")),
        )

    # --- elsewhere -------------------------------------------------------------------------------------------------

    def _to_sign_in(self, manner: Manner) -> Response[bytes]:
        back = "" if not manner.get or manner.path == "/" else f"?back={quote(local_path(manner.path), safe='/')}"
        return _go(SIGN_IN + back, manner, HTTPStatus.UNAUTHORIZED)

    def _to_again(self, request: AnyRequest, manner: Manner) -> Response[bytes]:
        return _go(self._again(request, manner), manner, HTTPStatus.FORBIDDEN)

    def _again(self, request: AnyRequest, manner: Manner) -> str:
        path = manner.path
        if not manner.get:
            came = urlsplit(request.headers.get("referer", ""))
            path = (
                came.path + (f"?{came.query}" if came.query else "") if came.netloc == request.headers["host"] else "/"
            )
        return f"{AGAIN}?back={quote(local_path(path), safe='/')}"

    def nothing(self, request: AnyRequest, status: int) -> Response[bytes]:
        """Answer an address or method that no route knows."""
        signed, manner = self.signed(self.token_of(request.cookies)), self._manner(request)
        if status not in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
            words = Texts(FIRST)("error.request")
            return respond(f"{words}\n".encode(), "text/plain", status)
        if signed is None:
            return self._to_sign_in(manner)
        visit = self._visit(request, signed)
        response = self._answers.of(Absent(), visit, manner, self._stream.number)
        response.status_code = status
        return response


def _bare(form: Fields) -> Fields:
    return {name: values for name, values in form.items() if name != CSRF_FIELD}


def _query(raw: bytes) -> dict[str, str]:
    """Return the last value of each field of an address; a NUL stands in no page, so it is the sign for what is no character."""
    pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True)
    return {name: value.replace("\0", "\ufffd") for name, value in pairs}


def visitor(signed: SignedIn) -> Visitor:
    """Return who is signed in, as screens see it."""
    return Visitor(
        person=signed.person,
        name=signed.name,
        how=signed.how,
        csrf=signed.csrf,
        language=signed.language if signed.language in LANGUAGES else FIRST,
        proved_at=signed.proved_at,
        settings=signed.settings,
        session=signed.id,
        left_ms=signed.left_ms,
    )


def preferred(asked: str, accepted: str) -> str:
    """Return the language for someone who is not signed in: the one asked for, else the browser's first that we have."""
    if asked in LANGUAGES:
        return asked
    weighed: list[tuple[float, int, str]] = []
    for place, one in enumerate(accepted.split(",")[:20]):
        tag, _, weight = one.partition(";q=")
        with contextlib.suppress(ValueError):
            weighed.append((-float(weight or 1), place, tag.strip().lower().partition("-")[0]))
    return next((tag for _, _, tag in sorted(weighed) if tag in LANGUAGES), FIRST)


def failed(_request: AnyRequest, error: Exception) -> Response[bytes]:
    """Answer when the node could not read; its log gets the kind of error, never what was being read."""
    if isinstance(error, HTTPException):
        return respond(b"", "text/plain", error.status_code)
    _LOG.error("page not made: %s", type(error).__name__)
    words = Texts(FIRST)("error.failed")
    return respond(f"{words}\n".encode(), "text/plain", HTTPStatus.INTERNAL_SERVER_ERROR)


def _go(to: str, manner: Manner, status: int) -> Response[bytes]:
    """Go there; a script is told by a status and does it itself."""
    if manner.kind == "page":
        return respond(b"", "text/plain", HTTPStatus.SEE_OTHER, {"location": to})
    return respond(b"", "text/plain", status, {"hx-redirect": to, "x-comity-to": to})
