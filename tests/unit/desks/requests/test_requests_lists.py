"""Lists: by time left or by day, page by page after a row, and never a line of a case that is outside the scope."""

from __future__ import annotations

import pytest

from comity.base.ids import CaseId, Ms
from comity.desks.requests.lists import Lists
from comity.policy.scope import Scope
from comity.screen.inbox import Counts, View
from tests.unit.desks.requests import test_requests_rows
from tests.unit.desks.requests.test_requests_rows import (
    ANSWER,
    ARRIVED,
    DESK,
    FILED,
    HOUR,
    MINUTE,
    QUARANTINED,
    REFUSED,
    RFI,
    SEEN,
    T0,
    Node,
    case_of,
    ident,
)

node = test_requests_rows.node
LISTS = Lists(DESK.show_number)
ALL = Scope(whole=True)
GUARD, STRANGER = Scope(agencies=frozenset({"guard"})), Scope(agencies=frozenset({"stranger"}))


def page(node: Node, view: View, scope: Scope = ALL, given=(), narrow=("", ""), after=None, limit: int = 9):
    found = LISTS.page(node.tx, view, scope, frozenset(map(CaseId, map(ident, given))), narrow, after, limit)
    return [int.from_bytes(line.id) for line, _ in found]


@pytest.fixture
def four(node: Node) -> Node:
    """Two questions of theirs, one of them about nothing in the plan, one of ours, and one that was answered."""
    node.file(1, "rfi", RFI, at=2 * MINUTE)
    node.file(2, "rfi", RFI, at=MINUTE, workplan_item=None, agencies=("guard",))
    node.file(3, "rfi", RFI, ours=True)
    node.file(4, "rfi", RFI)
    node.file(5, "answer", ANSWER, at=HOUR, ours=True, **case_of(4))
    node.settle(5, FILED, HOUR)
    node.settle(5, SEEN, HOUR)
    return node


def test_what_is_owed_comes_by_time_left_and_what_is_settled_the_newest_first(four: Node) -> None:
    assert page(four, View.OURS) == [2, 1]
    assert page(four, View.THEIRS) == [3]
    assert page(four, View.SETTLED) == [5, 4]
    assert page(four, View.ALL) == [5, 1, 2, 4, 3]
    assert page(four, View.MINE, given=(1,)) == [1]
    assert page(four, View.MINE) == []


def test_a_list_is_narrowed_to_an_item_to_none_and_to_an_agency(four: Node) -> None:
    assert page(four, View.OURS, narrow=("W-1", "")) == [1]
    assert page(four, View.OURS, narrow=("-", "")) == [2]
    assert page(four, View.OURS, narrow=("", "bureau")) == [1]
    assert page(four, View.OURS, narrow=("W-9", "")) == []


@pytest.mark.parametrize("view", list(View))
def test_pages_of_one_line_each_give_the_same_list(four: Node, view: View) -> None:
    given = frozenset({CaseId(ident(1)), CaseId(ident(2))})
    whole = LISTS.page(four.tx, view, ALL, given, ("", ""), None, 9)
    after, turned = None, []
    while found := LISTS.page(four.tx, view, ALL, given, ("", ""), after, 1):
        turned += found
        after = found[0][1]
    assert tuple(turned) == whole


def test_lists_counts_and_cases_keep_to_the_scope(four: Node) -> None:
    now, mine = Ms(T0 + 31 * MINUTE), frozenset({CaseId(ident(2))})
    assert LISTS.counts(four.tx, ALL, mine, now) == Counts(2, 1, 1, 1, 1)
    assert LISTS.counts(four.tx, ALL, frozenset(), now).mine == 0
    assert LISTS.counts(four.tx, STRANGER, mine, now) == Counts(0, 0, 0, 0, 0)
    assert page(four, View.OURS, GUARD) == [2, 1]
    assert page(four, View.OURS, STRANGER) == []
    cases = [CaseId(ident(n)) for n in (1, 2, 3)]
    assert LISTS.in_scope(four.tx, cases, GUARD) == {ident(1), ident(2)}, "ours is of the police"
    assert LISTS.in_scope(four.tx, cases, ALL) == set(cases)
    assert LISTS.in_scope(four.tx, [], ALL) == frozenset()


def test_lines_and_bodies_are_of_what_is_here(four: Node) -> None:
    assert LISTS.lines(four.tx, ()) == {}
    found = LISTS.lines(four.tx, (ident(1), ident(1), ident(9)))
    assert set(found) == {ident(1)}
    assert (found[ident(1)].number, found[ident(1)].title) == ("A-2026-0001", "Two callers")
    assert LISTS.bodies(four.tx, (ident(1), ident(9))) == {ident(1): ("rfi", DESK.compose("rfi", RFI))}
    opener = LISTS.opener(four.tx, CaseId(ident(4)))
    assert opener is not None
    assert opener.id == ident(4)
    assert LISTS.opener(four.tx, CaseId(ident(9))) is None


def test_what_is_owed_next_is_named(node: Node) -> None:
    node.file(3, "rfi", RFI, ours=True)
    node.file(1, "rfi", RFI)

    def owed(number: int):
        line = LISTS.lines(node.tx, (ident(number),))[ident(number)]
        return line.due, line.due_what

    assert owed(3) == (T0 + 30 * MINUTE, "arrived")
    node.settle(3, ARRIVED, MINUTE)
    assert owed(3) == (T0 + 31 * MINUTE, "seen")
    node.settle(3, QUARANTINED, MINUTE, "unopened")
    assert owed(3) == (None, "")
    node.settle(1, SEEN, MINUTE)
    assert owed(1) == (T0 + 2 * HOUR, "first")
    node.file(2, "answer", {"state": "part", "text": "One."}, at=HOUR, ours=True, **case_of(1))
    assert owed(1) == (T0 + 8 * HOUR, "full")


def test_a_case_is_found_by_either_number_or_the_last_figures_of_ours(four: Node) -> None:
    four.tx.run("UPDATE requests_case SET theirs = 'BB-2026-0077' WHERE id = ?", (ident(3),))
    lists = Lists(lambda year, seq: f"AA-{year}-{seq:04d}")

    def found(typed: str):
        return [int.from_bytes(one) for one in lists.cases_of_number(four.tx, typed)]

    assert found(" aa-2026-0002 ") == found("2") == found("0002") == [2]
    assert found("bb-2026-0077") == [3]
    assert found("BB-2026-0002") == [], "ours has another mark"
    assert found("999") == found("two") == found("1" * 10) == []


def test_what_was_refused_is_settled_by_its_refusal(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.settle(1, REFUSED, HOUR, "cannot-assist")
    ((line, key),) = LISTS.page(node.tx, View.SETTLED, ALL, frozenset(), ("", ""), None, 9)
    assert (line.code, key) == ("cannot-assist", (T0 + HOUR, ident(1)))
