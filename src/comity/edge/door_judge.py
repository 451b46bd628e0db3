"""The door's routes for writing: judge a draft, ask the other side's published law about it, hand a form in once."""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.hashing import domain_hash, sha256
from comity.base.ids import DispatchId, Ms, read_id, show_id
from comity.dispatch.states import Form, Judged, Officer, Withheld
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.forms import By, FormIn
from comity.edge.judging import Asked, Judge, field_of, with_question
from comity.edge.outcome import outcome_json, stored_outcome, verdict_json
from comity.edge.plain import Json
from comity.edge.theirlaw import TheirLaw
from comity.marking.labels import Urgency
from comity.node.handed import Again, HandedIn
from comity.node.theirlaw import AskedOf, asked_since
from comity.policy.question import Question
from comity.policy.verdict import Verdict

CONTENT = "comity/handed-content/1"


class JudgeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft as it is, and who writes it."""

    form: FormIn
    by: By


class HandIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form with its own number (26 letters and digits), and who hands it in and lets it go."""

    number: str
    form: FormIn
    by: By


class JudgeRoutes:
    """The routes.

    Args:
        engine: the running node.
        judge: judges drafts.
        asked: what a question asked for.
        their_law: our copy of the other side's published law; None if it was not handed over.
    """

    def __init__(self, engine: Engine, judge: Judge, asked: Asked, their_law: TheirLaw | None) -> None:
        self._engine, self._judge, self._asked, self._their_law = engine, judge, asked, their_law

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("POST", "/judge"): self._on_judge,
            ("POST", "/judge/their-law"): self._on_their_law,
            ("POST", "/hand-in"): self._on_hand_in,
            ("GET", "/outcome"): self._on_outcome,
            ("GET", "/held/whole"): self._on_whole,
            ("GET", "/judge/their-law/asked"): self._on_asked,
        }

    async def _on_judge(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=JudgeIn)
        try:
            form = asked.form.form()
        except BadForm as error:
            return _unfit(asked.form.kind, error)
        return await self._judge.judge(form, asked.by.officer(), self._engine.clock.now())

    async def _on_their_law(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=JudgeIn)
        law, now, by = self._their_law, self._engine.clock.now(), asked.by.officer()
        if law is None:
            raise BadForm("the other side's published law was not handed over to this node; nothing was asked")
        try:
            form = asked.form.form()
            judged = await self._judge.judged(form, by, now)
        except BadForm as error:
            return _unfit(asked.form.kind, error)
        question, ours, body = _as_it_leaves(judged)
        verdict = law.of_draft(question, ours, now)
        note = _note(form, by, body, law, verdict.effect.value)
        index = await self._engine.call(self._engine.node.asked_their_law, note, now)
        self._engine.bell.ring()
        said = verdict_json(verdict)
        return {"outcome": "read", "verdict": said, "exercise": law.exercise, "whole": law.whole, "record": index}

    async def _on_hand_in(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=HandIn)
        engine, node = self._engine, self._engine.node
        try:
            form = asked.form.form()
            with node.ledger.read() as tx:
                form = with_question(form, tx, self._asked)
            content = domain_hash(CONTENT, msgspec.json.encode(asked.form))
            handed = HandedIn(read_id(asked.number), content, form, asked.by.officer())
            outcome = await engine.hand_in(handed)
        except BadForm as error:
            return _unfit(asked.form.kind, error)
        if isinstance(outcome, Again):
            return {**self._outcome(outcome.draft), "again": True}
        said = outcome_json(outcome)
        assert isinstance(said, dict)
        return {**said, "again": False}

    async def _on_outcome(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        return self._outcome(read_id(query_of(request, "id")))

    async def _on_whole(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        return await self._judge.held(read_id(query_of(request, "id")), self._engine.clock.now())

    async def _on_asked(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        since = query_of(request, "since")
        with self._engine.node.ledger.read() as tx:
            found = asked_since(tx, Ms(int(since) if since.isascii() and since.isdecimal() else 0))
        return [
            {
                "officer": f"{one.desk}/{one.number}",
                "kind": one.kind,
                "purpose": one.purpose,
                "urgency": Urgency(one.urgency).name.lower(),
                "case": "" if one.case is None else show_id(one.case),
                "effect": one.effect,
                "at": at,
            }
            for one, at in found
        ]

    def _outcome(self, draft: DispatchId) -> dict[str, Json]:
        with self._engine.node.ledger.read() as tx:
            said = stored_outcome(tx, draft)
        if said is None:
            raise BadForm("nothing was handed in under this number")
        return said


def _as_it_leaves(judged: Judged) -> tuple[Question, Verdict, bytes]:
    """Return what our law was asked, what it said, and the body after removals where these are known."""
    outcome = judged.outcome
    if isinstance(outcome, Withheld):
        assert outcome.question is not None
        return outcome.question, outcome.verdict, judged.foreseen.body or judged.labelled.draft.body
    return outcome.cleared.question, outcome.cleared.verdict, outcome.cleared.body


def _note(form: Form, by: Officer, body: bytes, law: TheirLaw, effect: str) -> AskedOf:
    return AskedOf(
        desk=by.desk,
        number=by.number,
        kind=form.kind,
        purpose=form.purpose,
        urgency=int(form.urgency),
        case=form.case,
        body=sha256(body),
        edition=law.edition_hash,
        effect=effect,
    )


def _unfit(kind: str, error: BadForm) -> dict[str, Json]:
    return {"outcome": "unfit", "problem": {"message": str(error), "field": field_of(kind, str(error))}}
