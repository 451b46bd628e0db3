"""Tasks to our own agencies: the list, one task, a new one from a case or of no case.

The rule it keeps: who is asked sees the task and what was written in it; the case only who has it. What is not open to a
visitor is not there.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from comity.base.errors import BadForm
from comity.base.ids import CaseId, Ms, read_id, show_id
from comity.policy.access import Deed
from comity.screen.tasks import LEADS, TaskBoard, TaskCard, TaskState, as_asked, is_asked, may_see
from comity.web import taskview
from comity.web.dutyview import clocks
from comity.web.pages import Page, Part, Region
from comity.web.reading import sight
from comity.web.views import Tally
from comity.web.visit import Absent, Answer, Json, Redirect, Refused, Screen, ScreenRoute, Visit

STEPS = {"take": TaskState.TAKEN, "done": TaskState.DONE, "refuse": TaskState.REFUSED, "withdraw": TaskState.WITHDRAWN}


class Opened:
    """Which tasks are open to one visitor; each case is asked of once."""

    def __init__(self, visit: Visit) -> None:
        """Take the visit."""
        self._visit = visit
        self._known: dict[CaseId, bool] = {}

    def see(self, task: TaskCard) -> TaskCard | None:
        """Return a task as this visitor sees it, or None."""
        with_case = task.case is not None and self._has(task.case)
        if not may_see(task, self._visit.who.person, with_case=with_case):
            return None
        return task if with_case or task.case is None else as_asked(task)

    def _has(self, case: CaseId) -> bool:
        if case not in self._known:
            needs, person = self._visit.site.needs, self._visit.who.person
            found = needs.facts("case", show_id(case))
            self._known[case] = found is not None and needs.may(person, Deed.CASE, found[1])
        return self._known[case]


async def tasks(visit: Visit) -> Answer:
    """The open tasks by time left, or the closed ones."""
    board = visit.site.tasks
    if board is None:
        return Absent()
    closed, names, at = bool(visit.query.get("closed")), _names(board), sight(visit)
    found = _open(visit, board, closed=closed)
    rows = tuple(Part(f"task-{show_id(one.id)}", "tasks.row", taskview.row(one, names, at)) for one in found)
    none = (Part("task-none", "tasks.blank", visit.texts("tasks.none")),)
    page = Page("tasks.html", visit.texts("tasks.h1"), "tasks", (Region("rows", rows or none),))
    return Screen(page, frozenset({"tasks"}), {"closed": closed})


def _open(visit: Visit, board: TaskBoard, *, closed: bool = False) -> tuple[TaskCard, ...]:
    opened = Opened(visit)
    seen = (opened.see(one) for one in board.tasks(closed=closed))
    return tuple(one for one in seen if one is not None)


def tally(visit: Visit) -> Tally | None:
    """How many open tasks are asked of the visitor, for the rail."""
    board, person = visit.site.tasks, visit.who.person
    if board is None:
        return None
    count, late = board.asked_of(person.agency, person.number, visit.now)
    return Tally(count, late > 0) if count else None


async def task(visit: Visit) -> Answer:
    """One task."""
    found = _one(visit)
    board = visit.site.tasks
    if found is None or board is None:
        return Absent()
    names = _names(board)
    heading = visit.texts("tasks.about", agency=names.get(found.agency, found.agency))
    page = Page(
        "task.html",
        heading,
        "tasks",
        (Region("task", (Part("task-whole", "tasks.whole", taskview.whole(found, names, sight(visit))),)),),
    )
    context = {"id": show_id(found.id), "heading": heading, **_steps(found, visit, board)}
    return Screen(page, frozenset({"tasks"}), context)


def _steps(one: TaskCard, visit: Visit, board: TaskBoard) -> dict[str, object]:
    """Return which steps are this visitor's to take."""
    person = visit.who.person
    gave = (one.desk, one.by_number) == (person.desk, person.number)
    leads = gave or (person.desk == one.desk and bool(person.roles & LEADS))
    officers = next((numbers for id_, _, numbers in board.agencies() if id_ == one.agency), ())
    answers = is_asked(one, person.agency, person.number) or (not officers and leads)
    open_ = not one.state.closed
    return {
        "takes": open_ and answers and one.state is TaskState.GIVEN,
        "answers": open_ and answers,
        "withdraws": open_ and leads,
    }


def _one(visit: Visit) -> TaskCard | None:
    """Return the task of the path as this visitor sees it; None if there is none for this visitor."""
    try:
        id_ = read_id(visit.path["task"])
    except BadForm:
        return None
    found = None if visit.site.tasks is None else visit.site.tasks.task(id_)
    return None if found is None else Opened(visit).see(found)


async def move(visit: Visit) -> Answer:
    """Take a task, answer it, refuse it or withdraw it."""
    found, step = _one(visit), visit.path["step"]
    if found is None or step not in STEPS:
        return Absent()
    body: dict[str, Json] = {"by": _by(visit), "id": show_id(found.id), "answer": visit.field("answer")}
    await visit.site.hands.ask("POST", f"/tasks/{step}", body=body)
    return Redirect(f"/task/{show_id(found.id)}", "tasks.said.kept")


# --- a new one -------------------------------------------------------------------------------------------------------


async def new(visit: Visit) -> Answer:
    """The form of a task, of a case if the path names one."""
    board = visit.site.tasks
    if board is None:
        return Absent()
    at, case = sight(visit), visit.case_id
    limit = None if case is None else board.limit_of(case, visit.now)
    us = next(party for party in at.parties if party.ours)
    context: dict[str, object] = {
        "case": "" if case is None else show_id(case),
        "agencies": tuple((id_, name) for id_, name, _ in board.agencies()),
        "place": us.capital,
        "limit": "" if limit is None else visit.texts("tasks.limit", time=clocks(limit, at)),
        "dispatch": visit.query.get("dispatch", "")[:26],
    }
    return Screen(Page("task_new.html", visit.texts("tasks.new"), "tasks", ()), frozenset(), context)


async def give(visit: Visit) -> Answer:
    """Give a task."""
    number, wanted, dispatch = visit.field("number"), visit.field("due"), visit.field("dispatch")
    body: dict[str, Json] = {
        "by": _by(visit),
        "agency": visit.field("agency"),
        "asked": visit.field("asked"),
        "number": _number(number) if number else None,
        "case": None if visit.case_id is None else show_id(visit.case_id),
        "dispatch": dispatch if dispatch and visit.case_id is not None else None,
        "due": _instant(wanted, visit) if wanted else None,
    }
    said = cast("dict[str, Json]", await visit.site.hands.ask("POST", "/tasks/give", body=body))
    return Redirect(f"/task/{said['id']}", "tasks.said.given")


def _instant(text: str, visit: Visit) -> Ms:
    """Read a date with clock as our capital's clock shows it."""
    us = next(party for party in visit.site.board.parties() if party.ours)
    try:
        return Ms(int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(us.zone)).timestamp() * 1_000))
    except (ValueError, OverflowError) as error:
        raise Refused(400, "bad-form", "write the time as year-month-dayThour:minute; nothing was kept") from error


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004  more than any officer's number
        raise Refused(400, "bad-form", "an officer is a number; nothing was kept")
    return int(text)


def _names(board: TaskBoard) -> dict[str, str]:
    return {id_: name for id_, name, _ in board.agencies()}


def _by(visit: Visit) -> dict[str, Json]:
    return {"desk": visit.who.person.desk, "number": visit.who.person.number}


ROUTES = (
    ScreenRoute("GET", "/tasks", Deed.TASKS, tasks),
    ScreenRoute("GET", "/tasks/new", Deed.TASKS, new),
    ScreenRoute("POST", "/tasks/new", Deed.TASKS, give),
    ScreenRoute("GET", "/case/{number:str}/task", Deed.TASKS, new, about="number"),
    ScreenRoute("POST", "/case/{number:str}/task", Deed.TASKS, give, about="number"),
    ScreenRoute("GET", "/task/{task:str}", Deed.TASKS, task),
    ScreenRoute("POST", "/task/{task:str}/{step:str}", Deed.TASKS, move),
)
