"""The list of cases: every open case by time left, the others by movement; pages that neither lose nor repeat; need-to-know."""

from __future__ import annotations

import re

import pytest

from comity.base.ids import CaseId, Ms, show_id
from comity.dispatch.entries import Fact
from comity.dispatch.partsrow import parts_of
from comity.dispatch.wire import decode_header
from comity.edge.sqlite import SqliteTx
from comity.policy.access import Deed, Role
from comity.screen.caselist import PAGE, CaseAsk, CaseView
from tests.unit.edge.casesworld import NAMES, NOW, all_cases, cases_world, give, person
from tests.unit.edge.deskworld import board_of, form, make_pair

DUTY = person("duty-officer")


@pytest.fixture(scope="module")
def world():
    world = cases_world(cases=130, each=3)
    for number, case in enumerate(all_cases(world.node)):
        if number % 2:
            give(world.node, case, "requests", 1 + number % 5)
    return world


def whole(world, ask, who=DUTY, between=lambda: None):
    lines, page = [], ""
    while True:
        card = world.caselist.page(who, CaseAsk(ask.view, ask.agency, page), NOW)
        lines += card.lines
        page = card.following
        if not page:
            return lines
        between()


def open_ids(world):
    with world.node.store.read() as tx:
        rows = tx.rows(
            "SELECT case_id, MIN(due_next) FROM requests_dispatch WHERE due_next IS NOT NULL GROUP BY case_id"
        )
    return {row[0]: row[1] for row in rows}


def test_open_cases_are_all_those_in_which_something_is_owed_by_time_left(world):
    lines, due = whole(world, CaseAsk(CaseView.OPEN)), open_ids(world)
    assert [line.owed.due for line in lines] == sorted(due.values())
    assert {line.case: line.owed.due for line in lines} == due
    counts = world.caselist.page(DUTY, CaseAsk(), NOW).counts
    assert counts.open == len(due)
    assert counts.overdue == sum(at <= NOW for at in due.values())


def test_the_other_lists_are_complete_and_by_movement(world):
    due = open_ids(world)
    every = {case: case in due for case in all_cases(world.node)}
    for view, wanted in (
        (CaseView.ALL, set(every)),
        (CaseView.CLOSED, {case for case, open_ in every.items() if not open_}),
        (CaseView.MINE, {case for number, case in enumerate(every) if number % 10 == 5}),
    ):
        lines = whole(world, CaseAsk(view))
        assert {line.case for line in lines} == wanted
        assert len({line.case for line in lines}) == len(lines)
        assert [line.moved for line in lines] == sorted((line.moved for line in lines), reverse=True)
        assert all((line.owed is not None) == every[line.case] for line in lines)
    mine = whole(world, CaseAsk(CaseView.MINE))
    assert mine
    assert all(("requests", 1) in line.opener.members for line in mine)


def test_a_line_has_numbers_count_and_newest(world):
    line = whole(world, CaseAsk(CaseView.ALL))[0]
    assert re.fullmatch(r"XA-2026-\d{4}", line.opener.number)
    assert line.count == 3
    assert line.newest.kind in {"answer", "message"}
    assert line.newest.created >= line.opener.created


def test_an_agency_of_either_side_narrows(world):
    for agency in ("paper", "road"):
        for view in CaseView:
            for line in whole(world, CaseAsk(view, agency)):
                assert NAMES[agency] in {line.opener.from_agency, *line.opener.to_agencies}
    assert {one.case for one in whole(world, CaseAsk(CaseView.ALL, "road"))}
    assert whole(world, CaseAsk(CaseView.ALL, "%")) == []
    assert whole(world, CaseAsk(CaseView.OPEN, "nobodys")) == []


@pytest.mark.parametrize("agency", ["harbour", "watch", "nobodys"])
@pytest.mark.parametrize("role", list(Role))
def test_the_list_shows_what_the_rules_open_and_counts_nothing_else(world, role, agency):
    who = person(role, number=3, agency=agency)
    allowed = {
        case
        for case in all_cases(world.node)
        if world.needs.may(who, Deed.CASE, world.needs.facts("case", show_id(case))[1])
    }
    lines = {view: {line.case for line in whole(world, CaseAsk(view), who)} for view in CaseView}
    assert lines[CaseView.ALL] == allowed
    assert lines[CaseView.OPEN] | lines[CaseView.CLOSED] == allowed
    assert not lines[CaseView.OPEN] & lines[CaseView.CLOSED]
    counts = world.caselist.page(who, CaseAsk(), NOW).counts
    assert (counts.open, counts.mine) == (len(lines[CaseView.OPEN]), len(lines[CaseView.MINE]))


def test_nothing_is_lost_while_cases_move(world):
    every = [line.case for line in whole(world, CaseAsk(CaseView.ALL))]
    last = iter(reversed(every))

    def move():
        with world.node.store.begin() as tx:
            tx.run("UPDATE requests_case SET moved = ? WHERE id = ?", (NOW, next(last)))

    found = [line.case for line in whole(world, CaseAsk(CaseView.ALL), between=move)]
    assert len(found) == len(set(found))
    assert set(every[:PAGE]) <= set(found)


def test_what_is_filed_and_receipted_moves_its_case_and_a_repeat_does_not():
    node, _ = make_pair()
    made, by = form()
    (sent,) = node.submit([(made, by)], NOW)

    def moved():
        with node.store.read() as tx:
            return tx.rows("SELECT moved, opened FROM requests_case WHERE id = ?", (sent.id,))[0]

    first, opened = moved()
    assert (first or opened) == opened
    for at, expected in ((NOW + 5_000, NOW + 5_000), (NOW + 9_000, NOW + 5_000)):
        with node.store.begin() as tx:
            node.desk.settle(tx, sent.id, int(Fact.FILED), None, Ms(at))
        assert moved()[0] == expected
    with node.store.begin() as tx:
        node.desk.settle(tx, sent.id, int(Fact.SEEN), None, Ms(NOW + 7_000))
    assert moved()[0] == NOW + 7_000


def test_no_statement_of_the_list_reads_all_dispatches(world, monkeypatch):
    """A scan of the dispatches would be 200,000 rows a page; the walk along the cases by movement stops when a page is full."""
    asked = []
    run = SqliteTx._run
    monkeypatch.setattr(
        SqliteTx, "_run", lambda tx, statement, args: asked.append((statement, args)) or run(tx, statement, args)
    )
    for view in CaseView:
        for agency in ("", "road"):
            world.caselist.page(DUTY, CaseAsk(view, agency), NOW)
            world.caselist.page(person("officer", number=3), CaseAsk(view, agency), NOW)
    monkeypatch.undo()
    listed = [(one, args) for one, args in asked if "requests_" in one and one.startswith("SELECT")]
    assert listed
    with world.node.store.read() as tx:
        for statement, args in listed:
            for *_, step in tx.rows(f"EXPLAIN QUERY PLAN {statement}", args):
                whole_rows = re.match(r"SCAN (d|p|o)\b", step) and "requests_dispatch_owed" not in step
                assert not whole_rows, (step, statement)
                walked = re.match(r"SCAN c\b", step)
                assert not walked or "requests_case_moved" in step, (step, statement)


def test_one_case_is_found_wherever_it_stands_and_what_is_none_is_not(world):
    """The door reads a case by its id: one that is not among the first of the list must not be missing."""
    board = board_of(world.node)
    first = {card.case for card in board.cases(NOW)}
    other = next(case for case in all_cases(world.node) if case not in first)
    assert [card.case for card in board.cases(NOW, (other,))] == [other]
    assert board.cases(NOW, (CaseId(bytes(16)),)) == ()


def test_the_first_cases_are_found_without_reading_all_dispatches(world, monkeypatch):
    asked = []
    run = SqliteTx._run
    monkeypatch.setattr(
        SqliteTx, "_run", lambda tx, statement, args: asked.append((statement, args)) or run(tx, statement, args)
    )
    with world.node.store.read() as tx:
        found = world.node.desk.cases(tx, limit=20)
    monkeypatch.undo()
    due = [row.due_next for row in found if row.due_next is not None]
    assert due == sorted(open_ids(world).values())[:20]
    with world.node.store.read() as tx:
        plans = [step[-1] for statement, args in asked for step in tx.rows(f"EXPLAIN QUERY PLAN {statement}", args)]
    assert [
        one for one in plans if one.startswith("SCAN") and not re.search("requests_(dispatch_owed|case_moved)", one)
    ] == []


def test_the_store_of_the_bench_has_dispatches_that_can_be_read(world):
    """A store of damaged rows would measure pages that say so, which are quick."""
    with world.node.store.read() as tx:
        rows = tx.rows("SELECT id, plain FROM sent UNION ALL SELECT id, plain FROM got")
    assert len(rows) == 130 * 3
    assert all(decode_header(parts_of(plain)[0].content).id == id_ for id_, plain in rows)


def test_a_case_in_short_has_its_newest_dispatches_and_what_is_owed(world):
    """The page of the workplan lays out a few of each case: with all of them it was a megabyte."""
    board, case = board_of(world.node), next(iter(open_ids(world)))
    (whole_,), (short,) = board.cases(NOW, (case,)), board.cases(NOW, (case,), newest=1)
    assert (len(whole_.dispatches), whole_.more) == (3, 0)
    owed = [card.id for card in whole_.dispatches if card.due is not None]
    assert [card.id for card in short.dispatches] == list(dict.fromkeys((*owed, whole_.dispatches[-1].id)))
    assert short.more == 3 - len(short.dispatches)
    assert (short.due, short.overdue, short.state) == (whole_.due, whole_.overdue, whole_.state)
