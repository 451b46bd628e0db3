"""Tasks to one's own agencies as plain data. They never cross; who sees one sees what was written in it and no more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.policy.access import Person, Role

__all__ = ["LEADS", "Asked", "TaskBoard", "TaskCard", "TaskState", "as_asked", "is_asked", "may_see"]

LEADS = frozenset({Role.DUTY.value, Role.LEAD.value})
"""Roles that answer for what their desk gave."""


class TaskState(StrEnum):
    """Where a task stands."""

    GIVEN = "given"
    TAKEN = "taken"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def closed(self) -> bool:
        """Whether nothing more is to be done."""
        return self in {TaskState.DONE, TaskState.REFUSED, TaskState.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an officer asks of an agency or officer of ours.

    Attributes:
        agency: id of the agency.
        asked: what, in words.
        number: of one officer of that agency; None: any of them.
        case, dispatch: what it belongs to, if to anything.
        due: when it is wanted; None: half of the time that the case has left.
    """

    agency: str
    asked: str
    number: int | None = None
    case: CaseId | None = None
    dispatch: DispatchId | None = None
    due: Ms | None = None


@dataclass(frozen=True, slots=True)
class TaskCard:
    """One task.

    Attributes:
        id: of the task.
        case, dispatch: what it belongs to; only for whoever has the case.
        case_number: our number of the case, "" without one.
        agency, number: to whom.
        asked: what.
        desk, by_number, by_agency, given: who gave it, and when.
        due: its own limit.
        case_limit: the limit of the case from which it was derived, or None.
        state: where it stands.
        taken_number, taken_at: who took it.
        answer: what came back.
        closed_number, closed_at: who closed it.
        reminded: when reminders were given, oldest first.
    """

    id: DispatchId
    case: CaseId | None
    dispatch: DispatchId | None
    case_number: str
    agency: str
    number: int | None
    asked: str
    desk: str
    by_number: int
    by_agency: str
    given: Ms
    due: Ms
    case_limit: Ms | None
    state: TaskState
    taken_number: int | None = None
    taken_at: Ms | None = None
    answer: str = ""
    closed_number: int | None = None
    closed_at: Ms | None = None
    reminded: tuple[Ms, ...] = ()

    def overdue(self, now: Ms) -> bool:
        """Say whether its limit has run out."""
        return not self.state.closed and self.due <= now


def may_see(task: TaskCard, person: Person, *, with_case: bool) -> bool:
    """Say whether a task is open to a person: who has its case, who gave it, and who is asked.

    Args:
        task: which.
        person: who.
        with_case: the person has the task's case; of no account for a task of no case.
    """
    if not person.active:
        return False
    if task.case is not None and with_case:
        return True
    if (task.desk, task.by_number) == (person.desk, person.number):
        return True
    if task.case is None and person.desk == task.desk and person.roles & LEADS:
        return True
    return is_asked(task, person.agency, person.number)


def is_asked(task: TaskCard, agency: str, number: int) -> bool:
    """Say whether an officer is among those who are asked."""
    return task.agency == agency and task.number in {None, number}


def as_asked(task: TaskCard) -> TaskCard:
    """Return a task as it is shown to who is asked and has not the case: without whose case it is, and its limit."""
    return replace(task, case=None, dispatch=None, case_number="", case_limit=None)


class TaskBoard(Protocol):
    """What a node shows of tasks; every call reads the store anew. Who may see which is the caller's to ask."""

    def tasks(self, *, closed: bool = False, limit: int = 500) -> tuple[TaskCard, ...]:
        """Return the open tasks by time left; with `closed` those that ended, newest first."""
        ...

    def task(self, id_: DispatchId) -> TaskCard | None:
        """Return one task, or None."""
        ...

    def of_case(self, case: CaseId) -> tuple[TaskCard, ...]:
        """Return every task of a case, oldest first."""
        ...

    def limit_of(self, case: CaseId, now: Ms) -> Ms | None:
        """Return by when the case must be answered, or None if nothing is owed in it."""
        ...

    def asked_of(self, agency: str, number: int, now: Ms) -> tuple[int, int]:
        """Return how many open tasks are asked of an officer, and how many of them are overdue."""
        ...

    def agencies(self) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
        """Return id, name and officers' numbers of each agency of ours."""
        ...
