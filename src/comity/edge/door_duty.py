"""The door's routes for duty: who is there, shifts, postings, hand-over notes. Nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, Ms, new_dispatch_id, read_id
from comity.dispatch.states import Form
from comity.edge.door_request import Route, Routes, body_of, query_of
from comity.edge.duty import DutyReader
from comity.edge.dutywork import DutyWork, Named
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.outcome import outcome_json
from comity.edge.plain import Json, to_json
from comity.edge.postings import NominateIn, PostingIn, answer, nomination
from comity.edge.registry import Clock
from comity.edge.shifts import DAYS
from comity.edge.tasks import Ours
from comity.screen.duty import Change, PlannedShift, PostingCard


class ShiftIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One running of one shift: whose by the roster, in which role, on which ISO date; `opens` where there are two."""

    number: int
    role: str
    day: str
    opens: str = ""

    def named(self) -> Named:
        """Return it as the work takes it."""
        return Named(self.number, self.role, self.day, self.opens)


class ChangeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of one shift: `absence`, `substitute` (with `stands_in`) or `planned`."""

    by: By
    shift: ShiftIn
    what: str
    stands_in: int | None = None
    note: str = ""


class SwapIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two shifts of one role that two officers exchange."""

    by: By
    one: ShiftIn
    other: ShiftIn
    note: str = ""


class PlanIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of the plan: a standing shift that is `added`, or one that is `ended`, with all that names it."""

    by: By
    what: str
    number: int
    role: str
    desk: str = "requests"
    zone: str = "UTC"
    days: tuple[str, ...] = DAYS
    opens: Clock = "00:00"
    closes: Clock = "00:00"
    note: str = ""

    def shift(self) -> PlannedShift:
        """Return the shift, its days in the order of the week."""
        days = tuple(sorted(set(self.days), key=lambda day: (day not in DAYS, day in DAYS and DAYS.index(day))))
        return PlannedShift(self.desk, self.role, self.number, self.zone, days, self.opens, self.closes)


class NoteIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hand-over note in the officer's words; the node adds what must not be forgotten."""

    by: By
    eye: str = ""
    promised: str = ""
    home: str = ""


class TakeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note that somebody takes over."""

    by: By
    note: str


@dataclass(frozen=True, slots=True)
class DutyParts:
    """What the routes work with: the reader, the acts, our officers."""

    reader: DutyReader
    work: DutyWork
    ours: Ours


class DutyRoutes:
    """The routes."""

    def __init__(self, engine: Engine, parts: DutyParts) -> None:
        """Take the running node and what knows of duty."""
        self._engine, self._parts = engine, parts

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/duty"): self._on_duty,
            ("GET", "/duty/notes"): self._on_notes,
            ("POST", "/duty/shift"): self._on_shift,
            ("POST", "/duty/swap"): self._on_swap,
            ("GET", "/duty/plan"): self._on_plan,
            ("POST", "/duty/plan"): self._on_replan,
            ("POST", "/duty/note"): self._on_note,
            ("POST", "/duty/take"): self._on_take,
            ("POST", "/duty/nominate"): self._on_nominate,
            ("POST", "/duty/accept"): self._posting("accepted"),
            ("POST", "/duty/end"): self._posting("ended"),
        }

    # --- looking -------------------------------------------------------------------------------------------------

    async def _on_duty(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return to_json(self._parts.reader.duty(self._engine.clock.now()))

    async def _on_notes(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        before = query_of(request, "before")
        if before and not (before.isascii() and before.isdecimal()):
            raise BadForm("`before` is a time in milliseconds UTC")
        return to_json(self._parts.reader.notes(before=Ms(int(before)) if before else None))

    # --- shifts and notes ----------------------------------------------------------------------------------------

    async def _on_shift(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=ChangeIn)
        try:
            what = Change(asked.what)
        except ValueError as error:
            raise BadForm("a change is absence, substitute or planned; a swap names both shifts") from error
        engine, work = self._engine, self._parts.work
        now, by = engine.clock.now(), asked.by.officer()
        made = await engine.call(
            work.change, asked.shift.named(), what, by, now, stands_in=asked.stands_in, note=asked.note
        )
        engine.bell.ring(topics=("duty",))
        return to_json(made)

    async def _on_swap(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=SwapIn)
        engine, work = self._engine, self._parts.work
        now, by = engine.clock.now(), asked.by.officer()
        made = await engine.call(work.swap, asked.one.named(), asked.other.named(), by, now, note=asked.note)
        engine.bell.ring(topics=("duty",))
        return to_json(made)

    async def _on_plan(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        found = self._parts.reader.forms()
        return {"plan": to_json(found.plan), "changes": to_json(found.planned)}

    async def _on_replan(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=PlanIn)
        if asked.what not in {"added", "ended"}:
            raise BadForm("a standing shift is added or ended; nothing was changed")
        engine, work, by = self._engine, self._parts.work, asked.by.officer()
        added, now = asked.what == "added", engine.clock.now()
        made = await engine.call(work.replan, asked.shift(), by, now, added=added, note=asked.note)
        engine.bell.ring(topics=("duty",))
        return to_json(made)

    async def _on_note(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=NoteIn)
        engine, work = self._engine, self._parts.work
        words = asked.eye, asked.promised, asked.home
        note = await engine.call(work.leave, asked.by.officer(), words, engine.clock.now())
        engine.bell.ring(topics=("duty",))
        return to_json(note)

    async def _on_take(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=TakeIn)
        engine, work = self._engine, self._parts.work
        note = await engine.call(work.take_over, read_id(asked.note), asked.by.officer(), engine.clock.now())
        engine.bell.ring(topics=("duty",))
        return to_json(note)

    # --- postings ------------------------------------------------------------------------------------------------

    async def _on_nominate(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=NominateIn)
        delegation = new_dispatch_id(self._engine.clock.now(), self._engine.node.office.entropy)
        return await self._send(nomination(asked, self._parts.ours.officers, delegation), asked.by)

    def _posting(self, state: str) -> Route:
        async def on_posting(_: HTTPScope, receive: ASGIReceiveCallable) -> Json:
            asked = msgspec.json.decode(await body_of(receive), type=PostingIn)
            card, to = self._named(read_id(asked.posting))
            return await self._send(answer(state, asked, card, self._parts.ours.officers, to), asked.by)

        return on_posting

    def _named(self, nomination: DispatchId) -> tuple[PostingCard, tuple[str, CaseId]]:
        """Return a posting, which agency of theirs is told of it, and its case."""
        found = self._parts.reader.posting(nomination)
        if found is None:
            raise BadForm("there is no such posting here; nothing was sent")
        return found

    async def _send(self, form: Form, by: By) -> Json:
        outcome = await self._engine.submit(form, by.officer())
        if isinstance(outcome, BadForm):
            raise outcome
        self._engine.bell.ring(topics=("duty",))
        return outcome_json(outcome)
