"""Tasks to one's own agencies: their rows, their limits and their steps.

The rule it keeps: a task never crosses and never outlasts its case's limit; what was closed stays closed.
"""

from __future__ import annotations

from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.screen.tasks import TaskCard, TaskState

WITHOUT_LIMIT_MS = 3 * 86_400_000
"""How long a task has whose case owes nothing, if nobody says otherwise."""
_REMINDERS = ((1, 2), (9, 10))
"""Shares of a task's time after which it is brought to mind; then once more when it is due."""
_COLUMNS = (
    "t.id, t.case_id, t.dispatch, t.agency, t.number, t.asked, t.desk, t.by_number, t.by_agency, t.given, t.due,"
    " t.case_limit, t.state, t.taken_number, t.taken_at, t.answer, t.closed_number, t.closed_at, c.year, c.seq"
)
_CLOSED_AT = _COLUMNS.split(", ").index("t.closed_at")
_FROM = f"SELECT {_COLUMNS} FROM requests_task t LEFT JOIN requests_case c ON c.id = t.case_id "  # noqa: S608  constants
_ASKED_OF = (
    "SELECT COUNT(*), COALESCE(SUM(CASE WHEN due <= ? THEN 1 ELSE 0 END), 0) FROM requests_task"
    " WHERE closed_at IS NULL AND agency = ? AND (number IS NULL OR number = ?)"
)
_TOLD = "SELECT r.task, r.at FROM requests_task_reminder r JOIN requests_task t ON t.id = r.task "
_LIMIT = (
    "SELECT MIN(arrived + limit_full), MIN(due_next) FROM requests_dispatch WHERE case_id = ? AND ours = 0"
    " AND due_next IS NOT NULL AND answered IS NULL AND refused IS NULL"
)


def sub_limit(now: Ms, limit: Ms | None, wanted: Ms | None = None) -> Ms:
    """Return when a task is due: what is wanted, else half of the time left; never after the limit of its case.

    In a case whose limit has run out it is due at once.
    """
    if limit is None:
        return Ms(now + WITHOUT_LIMIT_MS) if wanted is None else Ms(max(wanted, now))
    left = max(limit - now, 0)
    if wanted is None:
        return Ms(now + left // 2)
    return Ms(min(max(wanted, now), now + left))


def reminders(task: TaskCard) -> tuple[Ms, ...]:
    """Return when a task is to be brought to mind: after half of its time, when a tenth is left, and when it is due."""
    span = task.due - task.given
    return tuple(dict.fromkeys([*(Ms(task.given + span * a // b) for a, b in _REMINDERS), task.due]))


def may_become(before: TaskState, after: TaskState) -> bool:
    """Say whether a task may go from one state to another."""
    match before:
        case TaskState.GIVEN:
            return after is not TaskState.GIVEN
        case TaskState.TAKEN:
            return after.closed
        case _:
            return False


class TaskRows:
    """What the requests desk keeps of tasks; `party` is the mark in its case numbers."""

    def __init__(self, party: str) -> None:
        self._party = party

    sub_limit = staticmethod(sub_limit)
    reminders = staticmethod(reminders)
    may_become = staticmethod(may_become)

    def give(self, tx: Tx, task: TaskCard) -> None:
        """Keep a new task."""
        tx.run(
            "INSERT INTO requests_task (id, place, case_id, dispatch, agency, number, asked, desk, by_number, by_agency,"
            " given, due, case_limit, state, answer) VALUES (?, (SELECT COALESCE(MAX(place), 0) + 1 FROM requests_task),"
            " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
            (
                task.id,
                task.case,
                task.dispatch,
                task.agency,
                task.number,
                task.asked,
                task.desk,
                task.by_number,
                task.by_agency,
                task.given,
                task.due,
                task.case_limit,
                task.state.value,
            ),
        )

    def take(self, tx: Tx, task: DispatchId, number: int, at: Ms) -> None:
        """Note who took it."""
        tx.run(
            "UPDATE requests_task SET state = 'taken', taken_number = ?, taken_at = ? WHERE id = ? AND state = 'given'",
            (number, at, task),
        )

    def close(self, tx: Tx, task: DispatchId, state: TaskState, answer: str, by: tuple[int, Ms]) -> None:
        """Note how it ended, by whom and when."""
        tx.run(
            "UPDATE requests_task SET state = ?, answer = ?, closed_number = ?, closed_at = ?"
            " WHERE id = ? AND closed_at IS NULL",
            (state.value, answer, *by, task),
        )

    def remind(self, tx: Tx, task: DispatchId, due: Ms, at: Ms) -> bool:
        """Note that a reminder was given; return whether it had not been."""
        statement = (
            "INSERT INTO requests_task_reminder (task, due, at) VALUES (?, ?, ?) ON CONFLICT (task, due) DO NOTHING"
        )
        return tx.run(statement, (task, due, at)) > 0

    def reminded(self, tx: Tx, task: DispatchId) -> frozenset[Ms]:
        """Return which reminders of a task were given, by the time for which they were due."""
        rows = tx.rows("SELECT due FROM requests_task_reminder WHERE task = ?", (task,))
        return frozenset(Ms(int_of(row[0])) for row in rows)

    def open_tasks(self, tx: Tx, *, limit: int = 500) -> tuple[TaskCard, ...]:
        """Return the open tasks, the first due first."""
        return self._tasks(tx, "WHERE t.closed_at IS NULL ORDER BY t.due, t.place LIMIT ?", (limit,))

    def closed_tasks(self, tx: Tx, *, limit: int = 500) -> tuple[TaskCard, ...]:
        """Return those that ended, the newest first."""
        return self._tasks(
            tx, "WHERE t.closed_at IS NOT NULL ORDER BY t.closed_at DESC, t.place DESC LIMIT ?", (limit,)
        )

    def task(self, tx: Tx, id_: DispatchId) -> TaskCard | None:
        """Return one task, or None."""
        return next(iter(self._tasks(tx, "WHERE t.id = ?", (id_,))), None)

    def of_case(self, tx: Tx, case: CaseId) -> tuple[TaskCard, ...]:
        """Return every task of a case, oldest first."""
        return self._tasks(tx, "WHERE t.case_id = ? ORDER BY t.place", (case,))

    def asked_of(self, tx: Tx, agency: str, number: int, now: Ms) -> tuple[int, int]:
        """Return how many open tasks are asked of an officer, and how many of them are overdue."""
        found = tx.rows(_ASKED_OF, (now, agency, number))[0]
        return int_of(found[0]), int_of(found[1])

    def limit_of(self, tx: Tx, case: CaseId) -> Ms | None:
        """Return by when the first open question of a case must be answered in full, or what else of ours is due in it."""
        full, due = tx.rows(_LIMIT, (case,))[0]
        return ms_or_none(full) if full is not None else ms_or_none(due)

    def case_of(self, tx: Tx, dispatch: DispatchId) -> CaseId | None:
        """Return the case of a dispatch, or None for one that is not here."""
        found = tx.rows("SELECT case_id FROM requests_dispatch WHERE id = ?", (dispatch,))
        return CaseId(bytes_of(found[0][0])) if found else None

    def has_case(self, tx: Tx, case: CaseId) -> bool:
        """Say whether there is such a case here."""
        return bool(tx.rows("SELECT 1 FROM requests_case WHERE id = ?", (case,)))

    def _tasks(self, tx: Tx, where: str, arguments: tuple[Scalar, ...]) -> tuple[TaskCard, ...]:
        rows = tx.rows(_FROM + where, arguments)
        told: dict[Scalar, list[Ms]] = {}
        for task, at in self._told(tx, rows):
            told.setdefault(task, []).append(Ms(int_of(at)))
        return tuple(self._task(row, tuple(told.get(row[0], ()))) for row in rows)

    @staticmethod
    def _told(tx: Tx, rows: list[Row]) -> list[Row]:
        """Return (task, time) of each reminder; of a list of open tasks in one statement."""
        if len(rows) > 1 and all(row[_CLOSED_AT] is None for row in rows):
            return tx.rows(_TOLD + "WHERE t.closed_at IS NULL ORDER BY r.due")
        return [one for row in rows for one in tx.rows(_TOLD + "WHERE r.task = ? ORDER BY r.due", (row[0],))]

    def _task(self, row: Row, told: tuple[Ms, ...]) -> TaskCard:
        id_, case, dispatch, agency, number, asked, desk, by_number, by_agency, *rest = row
        given, due, case_limit, state, taken_number, taken_at, answer, closed_number, closed_at, year, seq = rest
        return TaskCard(
            id=DispatchId(bytes_of(id_)),
            case=None if case is None else CaseId(bytes_of(case)),
            dispatch=None if dispatch is None else DispatchId(bytes_of(dispatch)),
            case_number="" if year is None else f"{self._party}-{int_of(year)}-{int_of(seq):04d}",
            agency=text_of(agency),
            number=_int_or_none(number),
            asked=text_of(asked),
            desk=text_of(desk),
            by_number=int_of(by_number),
            by_agency=text_of(by_agency),
            given=Ms(int_of(given)),
            due=Ms(int_of(due)),
            case_limit=ms_or_none(case_limit),
            state=TaskState(text_of(state)),
            taken_number=_int_or_none(taken_number),
            taken_at=ms_or_none(taken_at),
            answer=text_of(answer),
            closed_number=_int_or_none(closed_number),
            closed_at=ms_or_none(closed_at),
            reminded=told,
        )


def _int_or_none(value: Scalar) -> int | None:
    return None if value is None else int_of(value)
