"""What is filed without asking, because it is fresh, leaves the same rows as what is filed with asking."""

from __future__ import annotations

from typing import Any

import pytest

from comity.base.ids import CaseId
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from tests.unit.desks.requests.test_requests_rows import (
    ANSWER,
    ARRIVED,
    DESK,
    FILED,
    HOUR,
    MINUTE,
    RFI,
    SEEN,
    T0,
    Node,
    case_of,
    ident,
)

TABLES = ("requests_case", "requests_dispatch", "requests_early", "requests_mark", "requests_text", "requests_reach")


def rows_after(fresh: bool, play: Any, *, foreseen: bool = False) -> list[Any]:
    store = SqliteStore(":memory:", (Schema("requests", DESK.schema),))
    with store.begin() as tx:
        if foreseen:
            DESK.foresee_begun(tx, [ident(n) for n in range(1, 4)])
        play(Node(tx), fresh)
        found = [tx.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]
    store.close()
    return found


def ours(node: Node, fresh: bool) -> None:
    node.file(1, "rfi", RFI, ours=True, fresh=fresh)
    node.settle(1, FILED, HOUR)


def theirs(node: Node, fresh: bool) -> None:
    for number in (1, 2):
        node.file(number, "rfi", RFI, at=MINUTE, fresh=fresh)
        node.settle(number, FILED, MINUTE)


def theirs_settled_at_another_time(node: Node, fresh: bool) -> None:
    node.file(1, "rfi", RFI, at=MINUTE, fresh=fresh)
    node.settle(1, FILED, HOUR)


def overtaken(node: Node, fresh: bool) -> None:
    node.file(2, "answer", ANSWER, **case_of(1), agencies=("guard",), fresh=fresh)
    node.settle(2, FILED, 0)
    node.file(1, "rfi", RFI, at=MINUTE, fresh=fresh)
    node.settle(1, FILED, MINUTE)


def with_an_answer(node: Node, fresh: bool) -> None:
    node.file(1, "rfi", RFI, fresh=fresh)
    node.settle(1, FILED, 0)
    node.file(2, "answer", ANSWER, at=MINUTE, ours=True, **case_of(1), fresh=fresh)
    node.settle(2, FILED, HOUR)


def twice(node: Node, fresh: bool) -> None:
    node.file(1, "rfi", RFI, fresh=fresh)
    node.settle(1, FILED, 0)
    node.file(1, "rfi", RFI)
    node.settle(1, FILED, 0)


def recalled(node: Node, fresh: bool) -> None:
    """Take a question back in a dispatch that opens a case of its own: its words are gone from the index."""
    node.file(1, "rfi", RFI, fresh=fresh)
    node.settle(1, FILED, 0)
    node.file(2, "recall", {"target": ident(1)}, at=MINUTE, fresh=fresh)
    node.settle(2, FILED, MINUTE)
    assert node.tx.rows("SELECT words FROM requests_text WHERE id = ?", (ident(1),)) == [("",)]


@pytest.mark.parametrize(
    "play", [ours, theirs, theirs_settled_at_another_time, overtaken, with_an_answer, twice, recalled]
)
def test_the_same_rows_with_and_without_asking(play: Any) -> None:
    asked, unasked = rows_after(False, play), rows_after(True, play)
    assert asked[0]
    assert unasked == asked
    assert rows_after(True, play, foreseen=True) == asked


SETTLED = (
    ((ARRIVED, HOUR), (FILED, 2 * HOUR)),
    ((FILED, HOUR), (SEEN, 3 * HOUR)),
    ((FILED, -HOUR),),
    ((SEEN, HOUR), (FILED, 2 * HOUR)),
)


@pytest.mark.parametrize("receipts", SETTLED)
def test_the_same_rows_whether_the_times_of_receipts_were_foreseen(receipts: Any) -> None:
    def play(node: Node, foreseen: bool) -> None:
        node.file(1, "rfi", RFI, ours=True, fresh=True)
        node.file(2, "answer", ANSWER, ours=True, **case_of(1), fresh=True)
        if foreseen:
            DESK.foresee_settled(node.tx, [ident(n) for n in (1, 2, 3)])
        for fact, at in receipts:
            for number in (1, 2, 3):
                node.settle(number, fact, at)

    assert rows_after(True, play) == rows_after(False, play)


def test_a_case_that_was_foreseen_and_opened_otherwise_since_is_numbered_once() -> None:
    store = SqliteStore(":memory:", (Schema("requests", DESK.schema),))
    with store.begin() as tx:
        node = Node(tx)
        DESK.foresee_begun(tx, [ident(n) for n in (1, 2, 3)])
        node.file(4, "rfi", RFI, fresh=True)
        node.file(2, "answer", ANSWER, **case_of(1), agencies=("guard",), fresh=True)
        for number in (1, 3):
            node.file(number, "rfi", RFI, fresh=True)
        assert [DESK.number(tx, CaseId(ident(n)))[0] for n in (4, 1, 3)] == [f"A-2026-{n:04d}" for n in (1, 2, 3)]
    store.close()


def test_cases_opened_without_asking_are_numbered_one_after_the_other() -> None:
    store = SqliteStore(":memory:", (Schema("requests", DESK.schema),))
    with store.begin() as tx:
        node = Node(tx)
        for number in range(1, 5):
            node.file(number, "rfi", RFI, ours=number % 2 == 0, fresh=True)
        assert [DESK.number(tx, CaseId(ident(n)))[0] for n in range(1, 5)] == [f"A-2026-{n:04d}" for n in range(1, 5)]
        assert node.row(1).arrived == T0
    store.close()
