"""The officers' door: JSON on a Unix socket in the data folder, for the commands of this machine.

Until officers sign in with passkeys, whoever may open the socket acts for the node, so the folder's rights are the
guard. Nothing is decided here: a form goes through the path, and what the path says comes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import cast

import msgspec
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPResponseBodyEvent, HTTPScope, Scope

from comity.base.errors import BadForm, ComityError, StoreError
from comity.base.ids import CaseId, read_id, show_id
from comity.dispatch.states import Form, Officer
from comity.edge.bell import Bell
from comity.edge.door_acts import ActRoutes
from comity.edge.door_approvals import ApprovalRoutes
from comity.edge.door_judge import JudgeRoutes
from comity.edge.door_link import named_json
from comity.edge.door_persons import PersonRoutes
from comity.edge.door_request import Content, Route, Routes, Streams, body_of, query_of
from comity.edge.door_subject import Home, SubjectRoutes, nothing
from comity.edge.door_writing import WritingRoutes
from comity.edge.engine import Engine
from comity.edge.forms import By, FormIn
from comity.edge.judging import Asked, Judge, Lines, with_question
from comity.edge.leftbehind import check_in_use
from comity.edge.outcome import outcome_json
from comity.edge.plain import Json, to_json
from comity.edge.theirlaw import TheirLaw
from comity.edge.writing import Writing
from comity.node.standing import standing_of
from comity.screen import Board

_JSON = (b"content-type", b"application/json")
_LINES = (b"content-type", b"application/x-ndjson")


class SubmitIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form and who releases it."""

    form: FormIn
    by: By


class SeeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dispatches that a person opened, and who it was."""

    ids: tuple[str, ...]
    by: By | None = None


class Door:
    """An ASGI application for the officers' own tools.

    Args:
        engine: the running node.
        board: what it shows.
        asked: what a question asked for, so that the law can judge its answer; of the desk that has questions.
        lines: lays a body of that desk out.
        their_law: our copy of the other side's published law.
        writing: what the desk's forms offer.
        people: the routes of `peopledesk`; none where nobody signs in.
        further: routes of what else this node has, such as duty and tasks.
        home: reads what officers wrote at home, for a search on a person.
        streams: routes that answer with bytes, for the commands of this machine alone.
    """

    def __init__(
        self,
        engine: Engine,
        board: Board,
        asked: Asked,
        *,
        lines: Lines = lambda _, __: (),
        their_law: TheirLaw | None = None,
        writing: Writing | None = None,
        people: Routes | None = None,
        further: Sequence[Routes] = (),
        home: Home = nothing,
        streams: Streams | None = None,
    ) -> None:
        self._engine = engine
        self._streams = streams or {}
        self._board = board
        self._asked = asked
        self._submit = msgspec.json.Decoder(SubmitIn)
        self._see = msgspec.json.Decoder(SeeIn)
        self._routes: dict[tuple[str, str], Route] = {
            ("POST", "/submit"): self._on_submit,
            ("POST", "/see"): self._on_see,
            ("GET", "/status"): self._on_status,
            ("GET", "/cases"): self._on_cases,
            ("GET", "/dispatch"): self._on_dispatch,
            ("GET", "/state"): self._on_state,
            ("GET", "/clock"): self._on_clock,
            **ActRoutes(engine).routes,
            **ApprovalRoutes(engine).routes,
            **PersonRoutes(engine).routes,
            **SubjectRoutes(engine, home).routes,
            **JudgeRoutes(engine, Judge(engine.node, asked, lines), asked, their_law).routes,
            **WritingRoutes(engine, writing).routes,
            **(people or {}),
            **{where: route for routes in further for where, route in routes.items()},
        }

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = scope
        if (request["method"], request["path"]) == ("GET", "/events"):
            try:
                await self._events(request, receive, send)
            except BadForm as error:
                await _respond(send, 400, msgspec.json.encode({"error": str(error), "code": error.code}))
            return
        status, answer = await self._answered(self._any(request, receive))
        if isinstance(answer, Content):
            await _stream(send, answer)
        else:
            await _respond(send, status, msgspec.json.encode(answer))

    async def answer(self, request: HTTPScope, receive: ASGIReceiveCallable) -> tuple[int, Json]:
        """Answer one request but `/events`, as a socket or a page of this process asks it: status and JSON."""
        status, answer = await self._answered(self._reply(request, receive))
        assert not isinstance(answer, Content)
        return status, answer

    async def _any(self, request: HTTPScope, receive: ASGIReceiveCallable) -> tuple[int, Json | Content]:
        stream = self._streams.get((request["method"], request["path"]))
        return await self._reply(request, receive) if stream is None else (200, await stream(request, receive))

    @staticmethod
    async def _answered(reply: Awaitable[tuple[int, Json | Content]]) -> tuple[int, Json | Content]:
        try:
            return await reply
        except (BadForm, msgspec.ValidationError, msgspec.DecodeError) as error:
            return 400, {"error": str(error), "code": "bad-form"}
        except StoreError as error:
            return 503, {"error": str(error), "code": error.code}
        except ComityError as error:
            return 409, {"error": str(error), "code": error.code}

    async def _reply(self, request: HTTPScope, receive: ASGIReceiveCallable) -> tuple[int, Json]:
        method, path = request["method"], request["path"]
        route = self._routes.get((method, path))
        if route is None:
            return 404, {"error": "there is no such door", "code": "not-found"}
        if method != "GET":
            check_in_use(method, path, self._engine.node.ledger.standing())
        return 200, await route(request, receive)

    # --- acts --------------------------------------------------------------------------------------------------

    async def _on_submit(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._submit.decode(await body_of(receive))
        form = asked.form.form()
        if form.re:
            with self._engine.node.ledger.read() as tx:
                form = with_question(form, tx, self._asked)
        return await submit(self._engine, form, asked.by.officer())

    async def _on_see(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._see.decode(await body_of(receive))
        ids = [read_id(one) for one in asked.ids]
        await self._engine.see(ids, None if asked.by is None else asked.by.officer())
        return {"seen": len(ids)}

    # --- looking -----------------------------------------------------------------------------------------------

    async def _on_status(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        now = self._engine.clock.now()
        parties, link, logs = self._board.parties(), self._board.link(), self._board.logs()
        counters = await self._engine.call(self._counters)
        return {
            "now": now,
            "parties": to_json(parties),
            "link": to_json(link),
            "logs": to_json(logs),
            "workplan": to_json(self._board.workplan(now)),
            "counters": to_json(counters),
            "named": named_json(await self._engine.call(self._engine.node.named_head), now),
        }

    def _counters(self) -> dict[str, int]:
        with self._engine.node.ledger.read() as tx:
            counted = {str(name): int(cast("int", value)) for name, value in tx.rows("SELECT name, value FROM counter")}
            evidence = tx.rows("SELECT count(*) FROM evidence")[0][0]
        gate = self._engine.node.office.gate
        remembered = {name: getattr(gate, name) for name in ("hits", "misses") if hasattr(gate, name)}
        return {**counted, **remembered, "evidence": int(cast("int", evidence)), "faults": self._engine.faults}

    async def _on_clock(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        """Say the node's time and how fast it runs, for page processes of a demonstration."""
        clock = self._engine.clock
        return {"now": clock.now(), "rate": getattr(clock, "rate", 1)}

    async def _on_cases(self, request: HTTPScope, __: ASGIReceiveCallable) -> Json:
        wanted = query_of(request, "id")
        only = (CaseId(read_id(wanted)),) if wanted else None
        return to_json(self._board.cases(self._engine.clock.now(), only))

    async def _on_dispatch(self, request: HTTPScope, __: ASGIReceiveCallable) -> Json:
        now = self._engine.clock.now()
        dispatch = read_id(query_of(request, "id"))
        return {
            "dispatch": to_json(self._board.dispatch(dispatch, now)),
            "proof": to_json(self._board.prove(dispatch, now)),
        }

    async def _on_state(self, request: HTTPScope, __: ASGIReceiveCallable) -> Json:
        """Say where a dispatch stands, ours or theirs, without reading its content."""
        dispatch = read_id(query_of(request, "id"))
        with self._engine.node.ledger.read() as tx:
            return to_json(standing_of(tx, dispatch))

    async def _events(self, request: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Stream one line for each change: its number and the ids that were filed or sent."""
        asked = query_of(request, "after")
        if asked and not (asked.isascii() and asked.isdecimal()):
            raise BadForm("`after` is the number of the last event that was heard")
        after = int(asked) if asked else self._engine.bell.number
        tells = _Topics(self._engine.bell) if query_of(request, "topics") else _Ids(self._engine.bell)
        await send({"type": "http.response.start", "status": 200, "headers": [_LINES]})
        for line in tells.begin(after):
            await send(_line(line))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            while not gone.done():
                waiting = asyncio.ensure_future(self._engine.bell.next(after))
                await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    break
                lines, after = tells.after(after), self._engine.bell.number
                for line in lines:
                    await send(_line(line))
        finally:
            gone.cancel()


class _Ids:
    """What the officers' tools hear: one line for all that came since the last."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    def begin(self, _: int) -> list[Json]:
        """Return what is said at once."""
        return []

    def after(self, number: int) -> list[Json]:
        """Return what is said of the rings above a number."""
        return [{"number": self._bell.number, "ids": [show_id(one) for one in self._bell.since(number)]}]


class _Topics(_Ids):
    """What page processes hear: each ring with its topics, after one line with the key of this run."""

    def begin(self, number: int) -> list[Json]:
        """Return what is said at once."""
        return [{"boot": self._bell.boot, "key": self._bell.key.hex(), "number": number}]

    def after(self, number: int) -> list[Json]:
        """Return what is said of the rings above a number."""
        return [
            {
                "number": one.number,
                "ids": [show_id(id_) for id_ in (*one.dispatches, *one.touched)],
                "topics": None if one.topics is None else [*sorted(one.topics)],
            }
            for one in self._bell.after(number)
        ]


def _line(said: Json) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": msgspec.json.encode(said) + b"\n", "more_body": True}


async def submit(engine: Engine, form: Form, by: Officer) -> Json:
    """Hand a form to the path and say in plain data what became of it.

    Raises:
        BadForm: the form does not fit; nothing was kept.
        StoreError: the outcome is unknown.
    """
    outcome = await engine.submit(form, by)
    if isinstance(outcome, BadForm):
        raise outcome
    return outcome_json(outcome)


async def _gone(receive: ASGIReceiveCallable) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stream(send: ASGISendCallable, content: Content) -> None:
    """Send bytes as they come; a fault on the way breaks the connection off, so that nobody takes less for the whole."""
    headers = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % content.size)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    while (piece := await asyncio.to_thread(next, content.chunks, None)) is not None:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _respond(send: ASGISendCallable, status: int, body: bytes) -> None:
    headers = [_JSON, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
