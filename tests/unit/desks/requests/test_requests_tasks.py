"""Tasks to our own agencies: due below their case's limit, each step once, and what was closed stays closed."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from comity.base.ids import CaseId, Ms
from comity.desks.requests.tasks import WITHOUT_LIMIT_MS, TaskRows
from comity.screen.tasks import TaskCard, TaskState
from tests.unit.desks.requests import test_requests_rows
from tests.unit.desks.requests.test_requests_rows import DAY, HOUR, MINUTE, RFI, T0, Node, case_of, ident

node = test_requests_rows.node
ROWS = TaskRows("A")
CASE = CaseId(ident(1))
BARE = TaskCard(
    id=ident(20), case=None, dispatch=None, case_number="", agency="harbour", number=None, asked="look", desk="requests",
    by_number=7, by_agency="bureau", given=T0, due=Ms(T0 + 10 * HOUR), case_limit=None, state=TaskState.GIVEN,
    taken_number=None, taken_at=None, answer="", closed_number=None, closed_at=None, reminded=(),
)  # fmt: skip
OURS = replace(
    BARE, id=ident(21), case=CASE, dispatch=ident(1), number=8, due=Ms(T0 + HOUR), case_limit=Ms(T0 + 8 * HOUR)
)


@pytest.mark.parametrize(
    ("limit", "wanted", "due"),
    [
        (None, None, WITHOUT_LIMIT_MS),
        (None, DAY, DAY),
        (None, -DAY, 0),
        (8 * HOUR, None, 4 * HOUR),
        (8 * HOUR, HOUR, HOUR),
        (8 * HOUR, DAY, 8 * HOUR),
        (-HOUR, None, 0),
        (-HOUR, DAY, 0),
    ],
)
def test_a_task_is_due_when_wanted_and_never_after_its_case(limit: int | None, wanted: int | None, due: int) -> None:
    times = (None if one is None else Ms(T0 + one) for one in (limit, wanted))
    assert ROWS.sub_limit(T0, *times) == T0 + due


def test_it_comes_to_mind_at_half_of_its_time_near_its_end_and_when_it_is_due() -> None:
    assert ROWS.reminders(BARE) == (T0 + 5 * HOUR, T0 + 9 * HOUR, T0 + 10 * HOUR)
    assert ROWS.reminders(replace(BARE, due=T0)) == (T0,), "due at once: once"


def test_a_task_goes_forward_only_and_nothing_follows_its_end() -> None:
    open_, closed = (TaskState.GIVEN, TaskState.TAKEN), [one for one in TaskState if one.closed]
    allowed = {(a, b) for a, b in product(TaskState, TaskState) if ROWS.may_become(a, b)}
    assert allowed == {(TaskState.GIVEN, TaskState.TAKEN), *product(open_, closed)}


def test_what_was_asked_is_taken_and_closed_once(node: Node) -> None:
    node.file(1, "rfi", RFI)
    for one in (BARE, OURS):
        ROWS.give(node.tx, one)
    shown = replace(OURS, case_number="A-2026-0001")
    assert ROWS.open_tasks(node.tx) == (shown, BARE), "the first due first"
    assert ROWS.of_case(node.tx, CASE) == (shown,)
    assert ROWS.asked_of(node.tx, "harbour", 8, Ms(T0 + HOUR)) == (2, 1)
    assert ROWS.asked_of(node.tx, "harbour", 9, Ms(T0 + HOUR)) == (1, 0), "the other is asked of number 8"
    ROWS.take(node.tx, ident(21), 8, Ms(T0 + 1))
    ROWS.take(node.tx, ident(21), 9, Ms(T0 + 2))
    ROWS.close(node.tx, ident(21), TaskState.DONE, "it is ours", (8, Ms(T0 + 3)))
    ROWS.close(node.tx, ident(21), TaskState.REFUSED, "not ours", (9, Ms(T0 + 4)))
    (done,) = ROWS.closed_tasks(node.tx)
    assert done == replace(
        shown, state=TaskState.DONE, taken_number=8, taken_at=Ms(T0 + 1), answer="it is ours", closed_number=8,
        closed_at=Ms(T0 + 3),
    )  # fmt: skip
    assert ROWS.task(node.tx, ident(21)) == done
    assert ROWS.task(node.tx, ident(22)) is None


def test_each_reminder_is_given_once_and_stands_in_its_task(node: Node) -> None:
    other = replace(BARE, id=ident(22))
    for one in (BARE, other):
        ROWS.give(node.tx, one)
    first, second = ROWS.reminders(BARE)[:2]
    assert ROWS.remind(node.tx, BARE.id, first, Ms(first + 5))
    assert not ROWS.remind(node.tx, BARE.id, first, Ms(first + 9))
    assert ROWS.remind(node.tx, BARE.id, second, Ms(second + 5))
    assert ROWS.reminded(node.tx, BARE.id) == {first, second}
    told = (Ms(first + 5), Ms(second + 5))
    assert [one.reminded for one in ROWS.open_tasks(node.tx)] == [told, ()]
    ROWS.close(node.tx, BARE.id, TaskState.WITHDRAWN, "", (7, second))
    found = ROWS.task(node.tx, BARE.id)
    assert found is not None
    assert found.reminded == told, "also once it is closed"


def test_the_limit_of_a_case_is_that_of_its_first_open_question(node: Node) -> None:
    assert not ROWS.has_case(node.tx, CASE)
    assert (ROWS.limit_of(node.tx, CASE), ROWS.case_of(node.tx, ident(1))) == (None, None)
    node.file(1, "rfi", RFI, at=MINUTE)
    assert ROWS.has_case(node.tx, CASE)
    assert ROWS.case_of(node.tx, ident(1)) == CASE
    assert ROWS.limit_of(node.tx, CASE) == T0 + MINUTE + 8 * HOUR
    node.file(2, "answer", {"state": "final", "text": "Known."}, at=HOUR, ours=True, **case_of(1))
    assert ROWS.limit_of(node.tx, CASE) is None, "it was answered"
