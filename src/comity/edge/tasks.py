"""Tasks to one's own agencies: what is shown of them, and the acts on them.

The rule it keeps: a task never crosses. It leaves records in our decision log when it is given and when it is closed, and
nothing in the exchange log. Who is asked sees the task and what was written in it, not the case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import CaseId, DispatchId, Ms, new_dispatch_id
from comity.dispatch import records
from comity.dispatch.book import Book, Ledger
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.edge.dutydesk import TaskDesk
from comity.edge.registry import DUTY, Registry, RosterOfficer
from comity.node.manifest import DESK as NODE
from comity.node.node import Node
from comity.screen.tasks import Asked, TaskCard, TaskState, is_asked

LEAD = "desk-lead"
MOST_WORDS = 8_000
_SALT_BYTES = 32
_RECORD = "comity/task/1"
_EVERY = 100_000


@dataclass(frozen=True, slots=True)
class Ours:
    """Our agencies and officers; `roster` gives the officers as the file has them now."""

    registry: Registry
    roster: Callable[[], Mapping[tuple[str, int], RosterOfficer]]

    @property
    def officers(self) -> tuple[RosterOfficer, ...]:
        """Return our officers."""
        return tuple(self.roster().values())

    def roles(self, by: Officer) -> frozenset[str]:
        """Return the roles of an officer; none of one whom the roster does not have."""
        found = self.roster().get((by.desk, by.number))
        return frozenset() if found is None else frozenset(found.roles)

    def officer(self, by: Officer) -> RosterOfficer:
        """Return an officer of ours.

        Raises:
            NotAllowed: there is none with this desk and number.
        """
        found = self.roster().get((by.desk, by.number))
        if found is None:
            raise NotAllowed(f"no officer of ours is {by.desk}/{by.number}; nothing was kept")
        return found

    def numbers(self, agency: str) -> tuple[int, ...]:
        """Return the numbers of an agency's officers."""
        return tuple(one.number for one in self.officers if one.agency == agency and one.desk != NODE)


class TaskReader:
    """A `screen.tasks.TaskBoard` over one node's store."""

    def __init__(self, ledger: Ledger, desk: TaskDesk, ours: Ours) -> None:
        """Take the store, the desk that keeps tasks, and our agencies."""
        self._ledger, self._desk, self._ours = ledger, desk, ours

    def tasks(self, *, closed: bool = False, limit: int = 500) -> tuple[TaskCard, ...]:
        """Return the open tasks by time left; with `closed` those that ended, newest first."""
        with self._ledger.read() as tx:
            return self._desk.closed_tasks(tx, limit=limit) if closed else self._desk.open_tasks(tx, limit=limit)

    def task(self, id_: DispatchId) -> TaskCard | None:
        """Return one task, or None."""
        with self._ledger.read() as tx:
            return self._desk.task(tx, id_)

    def of_case(self, case: CaseId) -> tuple[TaskCard, ...]:
        """Return every task of a case, oldest first."""
        with self._ledger.read() as tx:
            return self._desk.of_case(tx, case)

    def limit_of(self, case: CaseId, now: Ms) -> Ms | None:
        """Return by when the case must be answered, or None if nothing is owed in it."""
        del now
        with self._ledger.read() as tx:
            return self._desk.limit_of(tx, case)

    def asked_of(self, agency: str, number: int, now: Ms) -> tuple[int, int]:
        """Return how many open tasks are asked of an officer, and how many of them are overdue."""
        with self._ledger.read() as tx:
            return self._desk.asked_of(tx, agency, number, now)

    def agencies(self) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
        """Return id, name and officers' numbers of each agency of ours."""
        registry = self._ours.registry
        return tuple((one.id, registry.agency_name(one.id), self._ours.numbers(one.id)) for one in registry.agency)


class TaskWork:
    """The acts; each is one transaction in the node's writer."""

    def __init__(self, node: Node, desk: TaskDesk, ours: Ours) -> None:
        """Take the node whose decision log keeps the records, the desk that keeps tasks, and our agencies."""
        self._node, self._desk, self._ours = node, desk, ours

    def give(self, asked: Asked, by: Officer, now: Ms) -> TaskCard:
        """Ask an agency or officer of ours for something.

        Raises:
            BadForm: there is no such agency, officer, case or dispatch, or nothing is asked.
            NotAllowed: nobody of ours has this desk and number.
        """
        giver = self._ours.officer(by)
        self._check(asked)
        with self._node.ledger.begin() as book:
            case = self._case(book.tx, asked)
            limit = None if case is None else self._desk.limit_of(book.tx, case)
            task = TaskCard(
                id=new_dispatch_id(now, self._node.office.entropy),
                case=case,
                dispatch=asked.dispatch,
                case_number="",
                agency=asked.agency,
                number=asked.number,
                asked=asked.asked.strip(),
                desk=by.desk,
                by_number=by.number,
                by_agency=giver.agency,
                given=now,
                due=self._desk.sub_limit(now, limit, asked.due),
                case_limit=limit,
                state=TaskState.GIVEN,
            )
            self._desk.give(book.tx, task)
            self._record("task-given", task, by, task.asked, book, now)
            return self._found(book.tx, task.id)

    def move(self, id_: DispatchId, to: TaskState, by: Officer, answer: str, now: Ms) -> TaskCard:
        """Take a task, answer it, refuse it or withdraw it.

        Raises:
            BadForm: there is no such task, it cannot go there from where it is, or an answer is missing.
            NotAllowed: this officer is not asked, or does not withdraw it.
        """
        officer, answer = self._ours.officer(by), answer.strip()
        with self._node.ledger.begin() as book:
            task = self._found(book.tx, id_)
            self._check_move(task, to, officer, answer)
            if to is TaskState.TAKEN:
                self._desk.take(book.tx, id_, by.number, now)
            else:
                self._desk.close(book.tx, id_, to, answer, (by.number, now))
                self._record("task-closed", replace(task, state=to), by, answer, book, now)
            return self._found(book.tx, id_)

    def remind(self, now: Ms) -> tuple[DispatchId, ...]:
        """Note every reminder that is due and was not given; return the tasks that were brought to mind."""
        due = self.reminders_due(now)
        if not due:
            return ()
        with self._node.ledger.begin() as book:
            return tuple(task for task, at in due if self._desk.remind(book.tx, task, at, now))

    def reminders_due(self, now: Ms) -> tuple[tuple[DispatchId, Ms], ...]:
        """Return the newest reminder of each open task whose time has come, if it was not given; in any thread."""
        found = []
        with self._node.ledger.read() as tx:
            for task in self._desk.open_tasks(tx, limit=_EVERY):
                past = [at for at in self._desk.reminders(task) if at <= now]
                if past and past[-1] not in self._desk.reminded(tx, task.id):
                    found.append((task.id, past[-1]))
        return tuple(found)

    def _check(self, asked: Asked) -> None:
        known = {one.id for one in self._ours.registry.agency}
        checks = (
            (bool(asked.asked.strip()), "say what is asked"),
            (len(asked.asked) <= MOST_WORDS, f"a task has at most {MOST_WORDS} characters"),
            (asked.agency in known, f"there is no agency {asked.agency!r} of ours"),
            (
                asked.number is None or asked.number in self._ours.numbers(asked.agency),
                f"no officer of {asked.agency} has this number",
            ),
        )
        for good, why in checks:
            if not good:
                raise BadForm(f"{why}; nothing was kept")

    def _case(self, tx: Tx, asked: Asked) -> CaseId | None:
        """Return the case that a task belongs to; a dispatch brings its own."""
        of_dispatch = None if asked.dispatch is None else self._desk.case_of(tx, asked.dispatch)
        if asked.dispatch is not None and of_dispatch is None:
            raise BadForm("there is no such dispatch here; nothing was kept")
        case = asked.case or of_dispatch
        if case is not None and not self._desk.has_case(tx, case):
            raise BadForm("there is no such case here; nothing was kept")
        if of_dispatch is not None and of_dispatch != case:
            raise BadForm("this dispatch belongs to another case; nothing was kept")
        return case

    def _found(self, tx: Tx, id_: DispatchId) -> TaskCard:
        task = self._desk.task(tx, id_)
        if task is None:
            raise BadForm("there is no such task; nothing was changed")
        return task

    def _check_move(self, task: TaskCard, to: TaskState, officer: RosterOfficer, answer: str) -> None:
        if not self._desk.may_become(task.state, to):
            raise BadForm(f"this task is {task.state}; nothing was changed")
        if len(answer) > MOST_WORDS:
            raise BadForm(f"an answer has at most {MOST_WORDS} characters; nothing was changed")
        lead = officer.desk == task.desk and bool({DUTY, LEAD} & set(officer.roles))
        giver = (officer.desk, officer.number) == (task.desk, task.by_number)
        if to is TaskState.WITHDRAWN:
            if not (giver or lead):
                raise NotAllowed("who gave a task withdraws it, or the duty officer or lead of that desk")
            return
        if to is not TaskState.TAKEN and not answer:
            raise BadForm("say in words what was done, or why not; nothing was changed")
        nobody = not self._ours.numbers(task.agency)
        if not (is_asked(task, officer.agency, officer.number) or (nobody and (giver or lead))):
            raise NotAllowed(
                "who is asked answers a task; an agency without an officer here is answered for by the desk"
            )

    def _record(self, kind: str, task: TaskCard, by: Officer, words: str, book: Book, now: Ms) -> None:  # noqa: PLR0917  the record's columns in order
        """Keep in our decision log what was asked or answered, by whom and when."""
        members: list[Value] = [
            _RECORD, task.id, task.state.value, task.agency, task.number, task.case, task.dispatch, words, task.due,
            by.desk, by.number, now,
        ]  # fmt: skip
        salt = self._node.office.entropy.draw(_SALT_BYTES)
        records.keep(book, kind, task.dispatch, salt, cbor.encode(members), now=now)
