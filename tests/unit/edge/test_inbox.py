"""Lists by time left: overdue first, pages that neither lose nor repeat while rows change, the file of a case, its traces."""

from __future__ import annotations

import re

import pytest

from comity.base.ids import Ms, show_id
from comity.dispatch.entries import Fact
from comity.edge.inbox import read_key, show_key
from comity.edge.sqlite import SqliteTx
from comity.screen.inbox import PAGE, Ask, View
from tests.unit.edge.casesworld import NAMES, NOW, all_cases, cases_world, give, person, readers_of
from tests.unit.edge.deskworld import form, make_pair

DUTY = person("duty-officer")


@pytest.fixture(scope="module")
def world():
    return cases_world(cases=150, each=3)


def whole(world, ask, between=lambda: None):
    lines, page = [], ask.page
    while True:
        card = world.inbox.page(DUTY, Ask(ask.view, ask.item, ask.agency, page), NOW)
        lines += card.lines
        page = card.following
        if not page:
            return lines
        between()


@pytest.mark.parametrize("view", list(View))
def test_pages_together_are_the_whole_list_in_order(world, view):
    for case in all_cases(world.node)[:70]:
        with world.node.store.begin() as tx:
            tx.run("DELETE FROM case_member WHERE case_id = ?", (case,))
        give(world.node, case, "requests", 1)
    lines = whole(world, Ask(view))
    ids = [line.id for line in lines]
    assert len(set(ids)) == len(ids)
    with world.node.store.read() as tx:
        where = {
            View.OURS: "ours = 0 AND due_next IS NOT NULL",
            View.THEIRS: "ours = 1 AND due_next IS NOT NULL",
            View.MINE: "ours = 0 AND due_next IS NOT NULL AND case_id IN (SELECT case_id FROM case_member)",
            View.SETTLED: "due_next IS NULL",
            View.ALL: "1 = 1",
        }[view]
        assert len(ids) == tx.rows(f"SELECT count(*) FROM requests_dispatch WHERE {where}")[0][0]
    if view in {View.OURS, View.THEIRS, View.MINE}:
        assert [line.due for line in lines] == sorted(line.due for line in lines)


def test_nothing_is_lost_or_repeated_while_rows_come_and_go(world):
    before = [line.id for line in whole(world, Ask(View.ALL))]
    changed = iter(before[PAGE + 5 :])

    def change():
        with world.node.store.begin() as tx:
            tx.run("DELETE FROM requests_dispatch WHERE id = ?", (next(changed),))
            world.node.desk.settle(tx, next(changed), int(Fact.SEEN), None, Ms(NOW))

    found = [line.id for line in whole(world, Ask(View.ALL), change)]
    assert len(set(found)) == len(found)
    gone = set(before) - set(found)
    with world.node.store.read() as tx:
        assert all(not tx.rows("SELECT 1 FROM requests_dispatch WHERE id = ?", (one,)) for one in gone)


def test_a_list_is_narrowed_by_item_and_agency(world):
    names = {name: id_ for id_, name in NAMES.items()}
    for line in whole(world, Ask(View.ALL, item="W-1")):
        assert line.item == "W-1"
    for line in whole(world, Ask(View.ALL, agency="paper")):
        assert "paper" in {names[line.from_agency], *(names[one] for one in line.to_agencies)}
    assert whole(world, Ask(View.ALL, item="W-9")) == []
    assert whole(world, Ask(View.ALL, agency="%")) == []
    assert whole(world, Ask(View.ALL, item="-")) == []


def test_the_first_page_has_what_waits_there_and_what_was_settled(world):
    card = world.inbox.page(DUTY, Ask(), NOW)
    assert card.there
    assert all(line.ours and line.due is not None for line in card.there)
    assert card.settled
    assert all(line.due is None for line in card.settled)
    assert world.inbox.page(DUTY, Ask(View.THEIRS), NOW).there == ()


@pytest.mark.parametrize("text", ["", "x", "1", "1.x", ".", "१.X", "9" * 40 + ".X", "1." + "U" * 26])
def test_a_page_that_does_not_exist_is_the_first(text):
    assert read_key(text) is None


def test_a_key_is_read_as_it_was_written():
    assert read_key(show_key((12, bytes(16)))) == (12, bytes(16))


def test_a_line_says_what_is_owed_and_since_when():
    node, _ = make_pair()
    made, by = form()
    (sent,) = node.submit([(made, by)], NOW)
    line = readers_of(node).inbox.line(sent.id)
    assert (line.due_what, line.number, line.theirs, line.ours, line.seen) == (
        "arrived",
        "XA-2026-0001",
        None,
        True,
        None,
    )
    assert line.label == ("H1", "H2", "lead-only", "no-third-state")
    assert line.title == "Two lorries"
    assert line.from_agency == "agency"
    assert readers_of(node).inbox.line(bytes(16)) is None


def test_a_recalled_line_has_no_title_and_owes_nothing_more_to_read():
    node, _ = make_pair()
    made, by = form()
    (sent,) = node.submit([(made, by)], NOW)
    recall, _ = form(kind="recall", body={"target": sent.id, "reason": "wrong"}, re=(sent.id,))
    node.submit([(recall, by)], Ms(NOW + 1))
    line = readers_of(node).inbox.line(sent.id)
    assert line.title == ""
    assert line.recalled is not None


# --- the file of one case ----------------------------------------------------------------------------------------------


def test_a_file_has_dispatches_lines_members_and_who_looked():
    node, _ = make_pair()
    made, by = form()
    (sent,) = node.submit([(made, by)], NOW)
    more, _ = form(kind="message", body={"text": "and a line"}, case=sent.id)
    node.submit([(more, by)], Ms(NOW + 5))
    give(node, sent.id, "requests", 9)
    with node.store.begin() as tx:
        tx.run("INSERT INTO viewed (dispatch, desk, number, at) VALUES (?, 'requests', 9, 77)", (sent.id,))
    file = readers_of(node).cases.file(sent.id, NOW)
    assert [card.kind for card in file.dispatches] == ["rfi", "message"]
    assert [line.id for line in file.lines] == [card.id for card in file.dispatches]
    assert file.members == (("requests", 9),)
    assert [(one.number, one.at) for one in file.looked] == [(9, 77)]
    assert file.reply.recipients == ("agency",)
    assert file.reply.urgency == "immediate"
    short = readers_of(node).cases.file(sent.id, NOW, newest=1)
    assert (short.count, [card.kind for card in short.dispatches]) == (2, ["message"])
    assert readers_of(node).cases.file(bytes(16), NOW) is None


def test_a_row_that_was_altered_hides_the_dispatches_and_says_so():
    node, _ = make_pair()
    made, by = form()
    (sent,) = node.submit([(made, by)], NOW)
    with node.store.begin() as tx:
        tx.run("UPDATE requests_dispatch SET urgency = 99")
    file = readers_of(node).cases.file(sent.id, NOW)
    assert file.damaged
    assert file.dispatches == ()


# --- from draft to proof ----------------------------------------------------------------------------------------------


def test_a_trace_tells_what_happened_in_the_order_in_which_it_must():
    node, _ = make_pair()
    made, by = form()
    (sent,) = node.submit([(made, by)], NOW)
    traces = readers_of(node).traces
    card = traces.trace(sent.id)
    assert [step.what for step in card.steps if step.at is not None][:2] == ["sent", "committed"]
    assert [step.what for step in card.steps if step.at is None] == ["signed", "cosigned", "arrived", "seen"]
    assert not card.provable
    assert traces.proof(sent.id) is None
    assert traces.papers(sent.id, NOW) is None
    assert traces.trace(bytes(16)) is None
    assert traces.proof(bytes(16)) is None


def test_a_record_that_cannot_be_read_is_told_as_such():
    node, _ = make_pair()
    made, by = form()
    (sent,) = node.submit([(made, by)], NOW)
    with node.store.begin() as tx:
        tx.run("UPDATE record SET record = x'ff' WHERE dispatch = ?", (sent.id,))
    steps = readers_of(node).traces.trace(sent.id).steps
    assert next(step.word for step in steps if step.log == "decision") == "unread"


def test_gaps_name_what_did_not_come_and_what_has_no_end():
    node, _ = make_pair()
    made, by = form()
    node.submit([(made, by)], NOW)
    with node.store.begin() as tx:
        for idx, fact, sealed in ((5, 0, None), (6, 3, b"x")):
            tx.run(
                "INSERT INTO got (idx, id, lane, sealed_sha256, size, commitment, edition, known_at, fact, code, sealed)"
                " VALUES (?, ?, 1, x'', 0, x'', 1, 9, ?, 'unseal', ?)",
                (idx, bytes([idx] * 16), fact, sealed),
            )
    card = readers_of(node).traces.gaps()
    assert [(gap.index, gap.since) for gap in card.wanted] == [(5, 9)]
    assert [(gap.index, gap.code) for gap in card.quarantined] == [(6, "unseal")]
    assert card.wanted_count == 1
    assert card.manifests == ()


def test_only_a_plain_name_can_be_part_of_a_statement():
    world = readers_of(make_pair()[0])
    with pytest.raises(ValueError, match="small letters"):
        type(world.traces)(world.node.ledger, "x; drop", world.lists)


def test_what_is_about_one_case_reads_only_its_rows(world, monkeypatch):
    asked, case = [], all_cases(world.node)[0]
    run = SqliteTx._run
    monkeypatch.setattr(
        SqliteTx, "_run", lambda tx, statement, args: asked.append(statement) or run(tx, statement, args)
    )
    world.needs.facts("case", show_id(case))
    world.cases.file(case, NOW)
    monkeypatch.undo()
    with world.node.store.read() as tx:
        for statement in {one for one in asked if "requests_" in one and one.startswith("SELECT")}:
            plan = tx.rows(f"EXPLAIN QUERY PLAN {statement}", [None] * statement.count("?"))
            for *_, step in plan:
                assert not re.match(r"SCAN (d|t|requests_dispatch|requests_text|requests_case)\b", step), (
                    step,
                    statement,
                )
                assert "(ours=?" not in step, (step, statement)
