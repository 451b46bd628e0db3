"""The door's routes for tasks to our own agencies. Nothing is decided here, and none of it crosses."""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.ids import CaseId, Ms, read_id, show_id
from comity.edge.door_request import Route, Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.plain import Json, to_json
from comity.edge.tasks import TaskReader, TaskWork
from comity.screen.tasks import Asked, TaskCard, TaskState


class GiveIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of whom; fields as `screen.tasks.Asked`, identifiers as 26 letters and digits."""

    by: By
    agency: str
    asked: str
    number: int | None = None
    case: str | None = None
    dispatch: str | None = None
    due: int | None = None

    def task(self) -> Asked:
        """Return it as the work takes it.

        Raises:
            BadForm: a number that is none.
        """
        return Asked(
            agency=self.agency,
            asked=self.asked,
            number=self.number,
            case=None if self.case is None else CaseId(read_id(self.case)),
            dispatch=None if self.dispatch is None else read_id(self.dispatch),
            due=None if self.due is None else Ms(self.due),
        )


class MoveIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A task and what is said of it."""

    by: By
    id: str
    answer: str = ""


class TaskRoutes:
    """The routes."""

    def __init__(self, engine: Engine, reader: TaskReader, work: TaskWork) -> None:
        """Take the running node, what shows tasks and what changes them."""
        self._engine, self._reader, self._work = engine, reader, work

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/tasks"): self._on_tasks,
            ("GET", "/tasks/one"): self._on_one,
            ("POST", "/tasks/give"): self._on_give,
            ("POST", "/tasks/take"): self._move(TaskState.TAKEN),
            ("POST", "/tasks/done"): self._move(TaskState.DONE),
            ("POST", "/tasks/refuse"): self._move(TaskState.REFUSED),
            ("POST", "/tasks/withdraw"): self._move(TaskState.WITHDRAWN),
        }

    async def _on_tasks(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        case = query_of(request, "case")
        if case:
            return to_json(self._reader.of_case(CaseId(read_id(case))))
        return to_json(self._reader.tasks(closed=bool(query_of(request, "closed"))))

    async def _on_one(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        return to_json(self._reader.task(read_id(query_of(request, "id"))))

    async def _on_give(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=GiveIn)
        engine, work = self._engine, self._work
        return self._moved(await engine.call(work.give, asked.task(), asked.by.officer(), engine.clock.now()))

    def _move(self, to: TaskState) -> Route:
        async def on_move(_: HTTPScope, receive: ASGIReceiveCallable) -> Json:
            asked = msgspec.json.decode(await body_of(receive), type=MoveIn)
            engine, by = self._engine, asked.by.officer()
            now = engine.clock.now()
            return self._moved(await engine.call(self._work.move, read_id(asked.id), to, by, asked.answer, now))

        return on_move

    def _moved(self, task: TaskCard) -> Json:
        topics = ("tasks", "duty") if task.case is None else ("tasks", "duty", f"case:{show_id(task.case)}")
        self._engine.bell.ring(topics=topics)
        return to_json(task)
