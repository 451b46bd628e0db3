"""The door's routes for held drafts, what is owed and alarms. Nothing is decided here."""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import Digest, read_id, show_id
from comity.dispatch.approvals import Answer, roles_asked
from comity.dispatch.held import Added, Held
from comity.dispatch.owed import Completion
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.forms import By, form_json
from comity.edge.outcome import outcome_json
from comity.edge.plain import Json, to_json
from comity.policy.assessment import Assessment

_DIGEST_BYTES = 32


class AnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person's answer to a held draft; `subject` is the hash they were shown, 64 hexadecimal digits."""

    subject: str
    role: str
    by: By
    yes: bool
    reason: str = ""


class ResumeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A held draft to be taken up again: who lets it go, and what is added to it."""

    draft: str
    by: By
    assessments: tuple[Assessment, ...] = ()
    confirmed: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()


class DropIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A held draft that is not wanted any more."""

    draft: str
    by: By
    reason: str


class CompleteIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done about a thing that is owed."""

    id: str
    by: By
    note: str = ""
    assessment: Assessment | None = None
    yes: bool = True


class SeenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alarm that a person has seen."""

    id: str


class ApprovalRoutes:
    """The routes; one for each thing that an officer does with a held draft, a thing owed or an alarm."""

    def __init__(self, engine: Engine) -> None:
        """Take the running node."""
        self._engine = engine

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/held"): self._on_held,
            ("GET", "/held/draft"): self._on_draft,
            ("GET", "/held/minimum"): self._on_minimum,
            ("POST", "/held/answer"): self._on_answer,
            ("POST", "/held/resume"): self._on_resume,
            ("POST", "/held/add"): self._on_add,
            ("POST", "/held/drop"): self._on_drop,
            ("GET", "/owed"): self._on_owed,
            ("POST", "/owed/complete"): self._on_complete,
            ("GET", "/alarms"): self._on_alarms,
            ("POST", "/alarms/seen"): self._on_seen,
        }

    # --- held drafts -------------------------------------------------------------------------------------------

    async def _on_held(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        return [held_json(one) for one in self._engine.node.held(ended=bool(query_of(request, "ended")))]

    async def _on_draft(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        shown = self._engine.node.held_draft(read_id(query_of(request, "id")))
        return {
            **held_json(shown.held),
            "form": form_json(shown.held.form),
            "answers": to_json(shown.answers),
            "rung": [{"role": role, "officer": who, "at": at} for role, who, at in shown.rings],
        }

    async def _on_minimum(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        return form_json(self._engine.node.minimum(read_id(query_of(request, "id"))))

    async def _on_answer(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=AnswerIn)
        answer = Answer(asked.role, asked.by.officer(), asked.yes, asked.reason)
        engine = self._engine
        held = await engine.call(engine.node.approve, _subject(asked.subject), answer, engine.clock.now())
        engine.bell.ring()
        return held_json(held)

    async def _on_resume(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=ResumeIn)
        added = Added(asked.assessments, frozenset(asked.confirmed), frozenset(asked.rejected))
        return outcome_json(await self._engine.resume(read_id(asked.draft), asked.by.officer(), added))

    async def _on_add(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=ResumeIn)
        added = Added(asked.assessments, frozenset(asked.confirmed), frozenset(asked.rejected))
        engine, now = self._engine, self._engine.clock.now()
        outcome = await engine.call(engine.node.add_to, read_id(asked.draft), asked.by.officer(), now, added=added)
        engine.bell.ring()
        return outcome_json(outcome)

    async def _on_drop(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=DropIn)
        engine, by = self._engine, asked.by.officer()
        now = engine.clock.now()
        held = await engine.call(engine.node.drop, read_id(asked.draft), by, now, reason=asked.reason)
        engine.bell.ring()
        return held_json(held)

    # --- what is owed, alarms ----------------------------------------------------------------------------------

    async def _on_owed(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        return to_json(self._engine.node.owed(done=bool(query_of(request, "done"))))

    async def _on_complete(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=CompleteIn)
        engine = self._engine
        done = Completion(asked.by.officer(), asked.note, asked.assessment, asked.yes)
        owed = await engine.call(engine.node.complete, read_id(asked.id), done, engine.clock.now())
        engine.bell.ring()
        engine.poke()
        return to_json(owed)

    async def _on_alarms(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        role = query_of(request, "role") or None
        return to_json(self._engine.node.alarms(role, seen=bool(query_of(request, "seen"))))

    async def _on_seen(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=SeenIn)
        engine = self._engine
        await engine.call(engine.node.alarm_seen, read_id(asked.id), engine.clock.now())
        engine.bell.ring()
        return {"seen": asked.id}


def held_json(held: Held) -> dict[str, Json]:
    """Return where a held draft stands, without its content."""
    return {
        "id": show_id(held.id),
        "state": held.state,
        "desk": held.desk,
        "kind": held.kind,
        "urgency": held.form.urgency.name.lower(),
        "purpose": held.form.purpose,
        "agency": held.form.agency,
        "at": held.at,
        "missing": list(held.missing),
        "roles": to_json(roles_asked(held)),
        "subject": None if held.subject is None else held.subject.hex(),
        "by": f"{held.by.desk}/{held.by.number}",
        "rings": held.rings,
        "ended_at": held.ended_at,
        "became": None if held.became is None else show_id(held.became),
    }


def _subject(text: str) -> Digest:
    try:
        found = bytes.fromhex(text)
    except ValueError as error:
        raise BadForm("what an approval binds to has 64 hexadecimal digits, as the held draft shows them") from error
    if len(found) != _DIGEST_BYTES:
        raise BadForm("what an approval binds to has 64 hexadecimal digits, as the held draft shows them")
    return Digest(found)
