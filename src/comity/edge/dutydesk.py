"""The desk that keeps duty, hand-over notes and tasks, as the edge asks it: small interfaces, filled by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms
from comity.dispatch.ports import Tx
from comity.edge.desks import offering, part
from comity.screen.duty import HandoverNote, PlanChange, PostingCard, ShiftChange
from comity.screen.ringing import BellSetting, Ring
from comity.screen.tasks import TaskCard, TaskState


class ShiftDesk(Protocol):
    """Keeps changes of shifts, and knows the postings."""

    def change(self, tx: Tx, change: ShiftChange) -> None:
        """Add a change of a shift."""
        ...

    def changes(self, tx: Tx, since: str) -> tuple[ShiftChange, ...]:
        """Return every change of a shift that begins on the ISO date `since` or later, oldest first."""
        ...

    def replan(self, tx: Tx, change: PlanChange, record: LeafIndex) -> None:
        """Add a change of the plan of standing shifts."""
        ...

    def plan(self, tx: Tx) -> tuple[PlanChange, ...]:
        """Return every change of the plan, oldest first."""
        ...

    def postings(self, tx: Tx) -> tuple[PostingCard, ...]:
        """Return all postings of both sides, in force first."""
        ...

    def nominated_in(self, tx: Tx, nomination: DispatchId) -> tuple[CaseId, str] | None:
        """Return the case of a nomination and which agency sent it."""
        ...


class NoteDesk(Protocol):
    """Keeps hand-over notes."""

    def leave(self, tx: Tx, note: HandoverNote, record: LeafIndex) -> None:
        """Keep a note."""
        ...

    def take_over(self, tx: Tx, note: DispatchId, number: int, at: Ms) -> bool:
        """Note who took it over; return whether nobody had."""
        ...

    def note(self, tx: Tx, id_: DispatchId) -> HandoverNote | None:
        """Return one note, or None."""
        ...

    def notes(self, tx: Tx, *, waiting: bool, before: Ms | None = None, limit: int = 50) -> tuple[HandoverNote, ...]:
        """Return notes, newest first."""
        ...


class PendingDesk(Protocol):
    """Knows what of its dispatches wants an eye."""

    def unconfirmed(self, tx: Tx) -> tuple[tuple[DispatchId, CaseId, bool, Ms], ...]:
        """Return id, case, whether ours, and time of each contact note that the other side has not confirmed."""
        ...

    def due_lines(self, tx: Tx, until: Ms) -> tuple[tuple[DispatchId, CaseId, bool, str, int, Ms], ...]:
        """Return id, case, whether ours, kind, urgency and limit of each dispatch that owes something by a time."""
        ...

    def unseen_immediate(self, tx: Tx) -> tuple[tuple[DispatchId, Ms], ...]:
        """Return each immediate dispatch of theirs that nobody opened, with the time it arrived."""
        ...

    def due_between(self, tx: Tx, begins: Ms, ends: Ms) -> tuple[tuple[DispatchId, Ms], ...]:
        """Return each dispatch of theirs whose next limit runs out in a span, with that limit."""
        ...


class BellDesk(Protocol):
    """Keeps how officers are rung elsewhere, and what was rung."""

    def bells(self, tx: Tx) -> tuple[BellSetting, ...]:
        """Return every officer's choice."""
        ...

    def set_bell(self, tx: Tx, setting: BellSetting, at: Ms) -> None:
        """Keep one officer's choice."""
        ...

    def rung(self, tx: Tx) -> tuple[Ring, ...]:
        """Return all that was rung and not forgotten."""
        ...

    def note_rung(self, tx: Tx, ring: Ring) -> None:
        """Keep that a ring was begun, or that it failed."""
        ...

    def forget_rung(self, tx: Tx, before: Ms) -> None:
        """Forget old rings."""
        ...


class DutyDesk(ShiftDesk, NoteDesk, PendingDesk, BellDesk, Protocol):
    """All that a desk keeps of duty."""


class TaskRules(Protocol):
    """What is allowed of tasks."""

    def sub_limit(self, now: Ms, limit: Ms | None, wanted: Ms | None = None) -> Ms:
        """Return when a task is due."""
        ...

    def reminders(self, task: TaskCard) -> tuple[Ms, ...]:
        """Return when it is brought to mind."""
        ...

    def may_become(self, before: TaskState, after: TaskState) -> bool:
        """Say whether it may go from one state to another."""
        ...


class TaskWriting(Protocol):
    """Writes tasks."""

    def give(self, tx: Tx, task: TaskCard) -> None:
        """Keep a new task."""
        ...

    def take(self, tx: Tx, task: DispatchId, number: int, at: Ms) -> None:
        """Note who took it."""
        ...

    def close(self, tx: Tx, task: DispatchId, state: TaskState, answer: str, by: tuple[int, Ms]) -> None:
        """Note how it ended, by whom and when."""
        ...

    def remind(self, tx: Tx, task: DispatchId, due: Ms, at: Ms) -> bool:
        """Note that a reminder was given; return whether it had not been."""
        ...

    def reminded(self, tx: Tx, task: DispatchId) -> frozenset[Ms]:
        """Return which reminders were given."""
        ...


class CaseReading(Protocol):
    """Reads what a task asks of its case."""

    def limit_of(self, tx: Tx, case: CaseId) -> Ms | None:
        """Return by when a case must be answered."""
        ...

    def case_of(self, tx: Tx, dispatch: DispatchId) -> CaseId | None:
        """Return the case of a dispatch."""
        ...

    def has_case(self, tx: Tx, case: CaseId) -> bool:
        """Say whether there is such a case here."""
        ...


class TaskReading(Protocol):
    """Reads tasks."""

    def open_tasks(self, tx: Tx, *, limit: int = 500) -> tuple[TaskCard, ...]:
        """Return the open tasks, the first due first."""
        ...

    def closed_tasks(self, tx: Tx, *, limit: int = 500) -> tuple[TaskCard, ...]:
        """Return those that ended, the newest first."""
        ...

    def task(self, tx: Tx, id_: DispatchId) -> TaskCard | None:
        """Return one task, or None."""
        ...

    def of_case(self, tx: Tx, case: CaseId) -> tuple[TaskCard, ...]:
        """Return every task of a case."""
        ...

    def asked_of(self, tx: Tx, agency: str, number: int, now: Ms) -> tuple[int, int]:
        """Return how many open tasks are asked of an officer, and how many of them are overdue."""
        ...


class TaskDesk(TaskRules, TaskWriting, TaskReading, CaseReading, Protocol):
    """All that a desk keeps of tasks."""


def duty_desk(desks: Sequence[str]) -> DutyDesk | None:
    """Return what the first desk that keeps duty has, or None if none does."""
    return cast("DutyDesk | None", _of_desk(desks, "duty", "DutyRows"))


def task_desk(desks: Sequence[str], party: str) -> TaskDesk | None:
    """Return what the first desk that keeps tasks has, or None if none does; `party` is our mark."""
    return cast("TaskDesk | None", _of_desk(desks, "tasks", "TaskRows", party))


def _of_desk(desks: Sequence[str], module: str, name: str, *arguments: str) -> object:
    found = offering(desks, module)
    return getattr(part(found[0], module), name)(*arguments) if found else None
