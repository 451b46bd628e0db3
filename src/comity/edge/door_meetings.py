"""The door's routes for meetings: acts that cross, notes and drafts that do not, lists, the minutes as data.

The rule it keeps: an act is made upon the state of the moment in which it is handed in; what cannot be sent leaves the
officer's draft where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, cast

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import show_id
from comity.dispatch.ports import Tx
from comity.dispatch.states import Committed
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.meetings import MeetingReader, Saying, make_meetings, make_saying
from comity.edge.opening import OpenNode
from comity.edge.outcome import outcome_json
from comity.edge.plain import Json, to_json, to_value
from comity.policy.access import Person
from comity.screen.meetings import Asked

P = ParamSpec("P")
MOST_NOTE = 40_000
MOST_DRAFT = 8_000


class DecisionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a paragraph decides; `owners` as mark of the side to id of the agency."""

    measure: str
    due: str
    owners: dict[str, str]
    item: str = ""


class ActIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act in a meeting; fields as `screen.meetings.Asked`, `texts` by language."""

    by: By
    act: str
    meeting: str = ""
    paragraph: str = ""
    under: str = ""
    seen: tuple[str, ...] = ()
    beside: bool = False
    language: str = ""
    texts: dict[str, str] = {}
    decision: DecisionIn | None = None
    mark: str = ""
    hash: str = ""
    function: str = ""
    text: str = ""
    terms: dict[str, Any] | None = None

    def asked(self) -> Asked:
        """Return it as the desk takes it."""
        said = self.decision
        terms = None if self.terms is None else cast("Mapping[str, Json]", to_value(self.terms))
        return Asked(
            act=self.act,
            meeting=self.meeting,
            paragraph=self.paragraph,
            under=self.under,
            seen=self.seen,
            beside=self.beside,
            language=self.language,
            texts=tuple(sorted(self.texts.items())),
            decision=None if said is None else (said.measure, said.due, said.item, tuple(sorted(said.owners.items()))),
            hash=self.hash,
            function=self.function,
            text=self.text,
            terms=terms,
            mark=self.mark,
        )


class NoteIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note on a meeting, for its writer alone."""

    by: By
    meeting: str
    text: str


class DraftIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer is writing; an empty text takes it away."""

    by: By
    meeting: str
    paragraph: str
    language: str
    text: str


class MeetingRoutes:
    """The routes."""

    def __init__(self, engine: Engine, name: str, reader: MeetingReader, saying: Saying) -> None:
        """Take the running node, the name of the desk, what shows meetings and what writes them."""
        self._engine, self._name, self._reader, self._saying = engine, name, reader, saying

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/meetings"): self._on_list,
            ("GET", "/meetings/one"): self._on_one,
            ("GET", "/meetings/minutes"): self._on_minutes,
            ("GET", "/meetings/names"): self._on_names,
            ("POST", "/meetings/act"): self._on_act,
            ("POST", "/meetings/note"): self._on_note,
            ("POST", "/meetings/draft"): self._on_draft,
        }

    async def _on_list(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return to_json(self._reader.meetings(self._engine.clock.now()))

    async def _on_one(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        """Return a meeting as nobody in particular sees it: without notes and drafts."""
        nobody = Person("", 0, "", frozenset())
        found = self._reader.meeting(query_of(request, "id"), nobody, self._engine.clock.now())
        if found is None:
            raise BadForm("there is no such meeting on this node")
        return to_json(found)

    async def _on_minutes(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        found = self._reader.export(query_of(request, "id"))
        if found is None:
            raise BadForm("there is no such meeting on this node")
        return to_json(found)

    async def _on_names(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        """Return the names that minutes are printed with, in a language."""
        return to_json(self._reader.names(query_of(request, "language") or "en", self._engine.clock.now()))

    async def _on_act(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        said = msgspec.json.decode(await body_of(receive), type=ActIn)
        engine, by, asked = self._engine, said.by.officer(), said.asked()
        with engine.node.ledger.read() as tx:
            form, ready = self._saying.form(tx, self._name, asked, by, engine.clock.now())
        outcome = await engine.submit(form, by)
        if isinstance(outcome, BadForm):
            raise outcome
        if isinstance(outcome, Committed) and ready.publishes:
            await self._home(self._saying.drop, asked.meeting, by, ready.paragraph)
        answer = outcome_json(outcome)
        assert isinstance(answer, dict)
        return {**answer, "paragraph": show_id(ready.paragraph) if ready.paragraph else ""}

    async def _on_note(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        said = msgspec.json.decode(await body_of(receive), type=NoteIn)
        if len(said.text) > MOST_NOTE:
            raise BadForm(f"a note has at most {MOST_NOTE} characters; it was not kept")
        now = self._engine.clock.now()
        await self._home(self._saying.note, said.meeting, said.by.officer(), said.text, now)
        return {"kept": now}

    async def _on_draft(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        said = msgspec.json.decode(await body_of(receive), type=DraftIn)
        if len(said.text) > MOST_DRAFT:
            raise BadForm(f"a paragraph has at most {MOST_DRAFT} characters; this version was not kept")
        now = self._engine.clock.now()
        written = (said.paragraph, said.language, said.text)
        await self._home(self._saying.draft, said.meeting, said.by.officer(), written, now)
        return {"kept": now}

    async def _home(self, write: Callable[Concatenate[Tx, P], None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Write to our own tables, in the writer."""

        def run() -> None:
            with self._engine.node.ledger.begin() as book:
                write(book.tx, *args, **kwargs)

        await self._engine.call(run)


def meeting_routes(opened: OpenNode, engine: Engine) -> tuple[Routes, ...]:
    """Return the door's routes for meetings; none where no desk keeps any."""
    reader, saying = make_meetings(opened), make_saying(opened)
    if reader is None or saying is None:
        return ()
    return (MeetingRoutes(engine, saying[0], reader, saying[1]).routes,)
