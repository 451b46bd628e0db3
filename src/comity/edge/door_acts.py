"""The door's routes for later acts on what is held: ask, approve, look back. Nothing is decided here."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import Ms, read_id, show_id
from comity.dispatch.acts import Done, NotDone, consider
from comity.dispatch.answered import SAID_NO
from comity.dispatch.approvals import Answer
from comity.dispatch.particulars import Particulars, subject_of
from comity.dispatch.states import Officer
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.forms import By, urgency_named
from comity.edge.lawpart import plain_step
from comity.edge.outcome import verdict_json
from comity.edge.plain import Json, to_json
from comity.edge.waiting import HeldAct, held_acts
from comity.node.acts import look_back
from comity.policy.assessment import Assessment
from comity.policy.question import Act, Outside, Serves
from comity.policy.verdict import Effect

_Word = TypeVar("_Word", Act, Serves)


class ActIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act on what is held, by whom; fields as `dispatch.particulars.Particulars`."""

    act: str
    dispatch: str
    by: By
    to_agencies: tuple[str, ...] = ()
    third_state: bool = False
    new_purpose: str = ""
    serves: str | None = None
    basis: tuple[str, ...] = ()
    urgency: str | None = None
    assessments: tuple[Assessment, ...] = ()
    marking: str = ""
    break_glass: str = ""
    reason: str = ""

    def particulars(self) -> Particulars:
        """Return it as the gate takes it.

        Raises:
            BadForm: a word that is none, or particulars that do not fit the act.
        """
        return Particulars(
            act=_word(Act, self.act, "act"),
            dispatch=read_id(self.dispatch),
            to_agencies=frozenset(self.to_agencies),
            outside=Outside.THIRD_STATE if self.third_state else None,
            new_purpose=self.new_purpose,
            serves=None if self.serves is None else _word(Serves, self.serves, "word for what a use serves"),
            basis=self.basis,
            urgency=None if self.urgency is None else urgency_named(self.urgency),
            assessments=self.assessments,
            marking=self.marking,
            break_glass=self.break_glass,
            reason=self.reason,
        )


class AnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A yes or no to an act: what it binds to as 64 hexadecimal digits, in which role, by whom; a no has its reason."""

    subject: str
    role: str
    by: By
    yes: bool
    reason: str = ""


class ActRoutes:
    """The routes; one for each thing that an officer does with what is held."""

    def __init__(self, engine: Engine) -> None:
        """Take the running node."""
        self._engine = engine
        self._act = msgspec.json.Decoder(ActIn)
        self._answer = msgspec.json.Decoder(AnswerIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("POST", "/act"): self._on_act,
            ("POST", "/act/answer"): self._on_answer,
            ("POST", "/judge/act"): self._on_judge,
            ("GET", "/acts"): self._on_acts,
            ("GET", "/acts/held"): self._on_held,
        }

    async def _on_act(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._act.decode(await body_of(receive))
        return outcome_json(await self._engine.act(asked.particulars(), asked.by.officer()))

    async def _on_answer(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._answer.decode(await body_of(receive))
        try:
            subject = bytes.fromhex(asked.subject)
        except ValueError as error:
            raise BadForm("an answer binds to 64 hexadecimal digits, as the held act said them") from error
        engine, answer = self._engine, Answer(asked.role, asked.by.officer(), asked.yes, asked.reason)
        await engine.call(engine.node.answer_act, subject, answer, engine.clock.now())
        engine.bell.ring()
        return {"answered": asked.subject, "role": asked.role, "yes": asked.yes}

    async def _on_judge(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._act.decode(await body_of(receive))
        particulars, by, engine = asked.particulars(), asked.by.officer(), self._engine
        return await engine.call(self._judged, particulars, by, engine.clock.now())

    def _judged(self, particulars: Particulars, by: Officer, now: Ms) -> Json:
        """Judge an act in the writer's thread, whose law remembers; nothing is written."""
        node = self._engine.node
        with node.ledger.read() as tx:
            verdict, missing = consider(particulars, by, tx, node.office, now)
        refused, done = verdict.effect is Effect.REFUSE or SAID_NO in missing, verdict.permits and not missing
        return {
            "outcome": "done" if done else "refused" if refused else "held" if missing else "referred",
            "verdict": verdict_json(verdict),
            "missing": _steps(missing),
            "subject": subject_of(particulars).hex(),
        }

    async def _on_held(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        with self._engine.node.ledger.read() as tx:
            return [_held_json(one) for one in held_acts(tx)]

    async def _on_acts(self, request: HTTPScope, __: ASGIReceiveCallable) -> Json:
        dispatch = read_id(query_of(request, "id"))
        with self._engine.node.ledger.read() as tx:
            return to_json(look_back(dispatch, tx))


def _held_json(one: HeldAct) -> Json:
    p = one.particulars
    return {
        "dispatch": show_id(p.dispatch),
        "act": p.act.value,
        "to_agencies": [*sorted(p.to_agencies)],
        "third_state": p.outside is not None,
        "serves": "" if p.serves is None else p.serves.value,
        "new_purpose": p.new_purpose,
        "reason": p.reason,
        "by": f"{one.desk}/{one.number}",
        "missing": _steps(one.missing),
        "subject": subject_of(p).hex(),
        "verdict": None if one.verdict is None else verdict_json(one.verdict),
        "urgency": one.urgency,
        "at": one.at,
        "refused": one.refused,
        "answers": [_answer_json(said) for said in one.answers],
        "before": [_answer_json(said) for said in one.before],
    }


def _answer_json(one: Answer) -> Json:
    by = f"{one.by.desk}/{one.by.number}"
    return {"role": one.role, "by": by, "yes": one.yes, "reason": one.reason, "at": one.at}


def _steps(missing: tuple[str, ...]) -> list[Json]:
    return [{"step": step, "words": plain_step(step)} for step in missing]


def outcome_json(outcome: Done | NotDone) -> Json:
    """Return what became of an act as plain data."""
    said: dict[str, Json] = {
        "id": show_id(outcome.id),
        "record": outcome.record,
        "verdict": to_json(outcome.verdict),
    }
    match outcome:
        case Done():
            return {"outcome": "done", "obligations": to_json(outcome.obligations), "missing": [], **said}
        case NotDone():
            return {
                "outcome": outcome.state,
                "obligations": [],
                "missing": list(outcome.missing),
                "subject": outcome.subject.hex(),
                **said,
            }


def _word(kind: type[_Word], word: str, what: str) -> _Word:
    try:
        return kind(word)
    except ValueError as error:
        known = ", ".join(one.value for one in kind)
        raise BadForm(f"there is no {what} called {word!r}; choose one of {known}") from error
