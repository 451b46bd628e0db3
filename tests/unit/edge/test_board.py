"""A board shows what is stored, says whose limit ran out, keeps the other law's reasons out, and notices altered rows."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import pytest

from comity.base.errors import StoreError
from comity.base.ids import DispatchId, Ms, show_id
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.dispatch.wire import Part
from comity.edge.shown import _stands_in, shown_differences
from comity.marking.labels import Urgency
from comity.screen import BodyLine, Removal
from tests.unit.edge.deskworld import ONE, TWO, board_of, form, make_pair
from tests.unit.node.world import START, exchange

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def at(ms):
    return Ms(START + ms)


def talk(a, b, now, rounds=2):
    for n in range(rounds):
        exchange(a, b, at(now + 2_000 * n))
        exchange(b, a, at(now + 2_000 * n + 1_000))


def ask(a, *forms, now=MINUTE):
    outcomes = a.submit(list(forms), at(now))
    assert all(hasattr(one, "id") for one in outcomes), outcomes
    return outcomes


@contextmanager
def altered(node, statement, *arguments):
    """Rows as an operator's own hand left them, put back afterwards."""
    with node.store.begin() as tx:
        table = statement.split()[1] if statement.startswith("UPDATE") else statement.split()[2]
        columns = [row[1] for row in tx.rows(f"PRAGMA table_info({table})")]
        before = tx.rows(f"SELECT * FROM {table}")
        assert tx.run(statement, arguments) > 0
    yield
    with node.store.begin() as tx:
        tx.run(f"DELETE FROM {table}")
        tx.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", before)


@pytest.fixture(scope="module")
def world():
    """A asked, B saw it and answered; a second question was refused by B's law; A wrote of its own accord."""
    a, b = make_pair()
    talk(a, b, 0)
    (asked,) = ask(a, form(answer_by=at(2 * HOUR)))
    talk(a, b, 2 * MINUTE)
    b.see([asked.id], at(3 * MINUTE))
    body = {"state": "final", "text": "Known.", "items": [{"label": "Owner", "value": "P1", "categories": ["person"]}]}
    (answered,) = ask(
        b,
        form("answer", body, case=asked.case, re=(asked.id,), evaluation="B2", retain_until=at(30 * DAY)),
        now=4 * MINUTE,
    )
    (refused,) = ask(a, form(purpose="fraud", item=None), now=5 * MINUTE)
    talk(a, b, 6 * MINUTE)
    a.see([answered.id], at(7 * MINUTE))
    (told,) = ask(
        b,
        form(
            "spontaneous",
            {"title": "A warning", "text": "Look out.", "reference": "B 17"},
            urgency=Urgency.URGENT,
            evaluation="B2",
        ),
        now=8 * MINUTE,
    )
    talk(a, b, 10 * MINUTE)
    return {"a": a, "b": b, "asked": asked, "answered": answered, "refused": refused, "told": told}


def card(world, side, which, now=HOUR):
    return board_of(world[side]).dispatch(world[which].id, at(now))


# --- frame -----------------------------------------------------------------------------------------------------------


def test_parties_and_workplan(world):
    board = board_of(world["a"])
    assert board.parties() == (ONE, TWO)
    first, second = board.workplan(at(HOUR))
    assert (first.item, first.moved, first.overdue, first.owners) == ("W-1", 3, 0, (("XA", "Police"), ("XB", "Guard")))
    assert (second.moved, second.overdue, second.overdue_of) == (0, 0, ())
    assert board.workplan(at(DAY))[0].moved == 0


def test_logs_have_keys_sizes_and_roots(world):
    ours, theirs, decision = board_of(world["a"]).logs()
    mirror = board_of(world["b"]).logs()[1]
    assert [one.role for one in (ours, theirs, decision)] == ["exchange", "mirror", "decision"]
    assert (ours.origin, ours.size, ours.root) == (mirror.origin, mirror.size, mirror.root)
    assert ours.cosigned_size == ours.size
    assert ours.cosigned_at is not None
    assert ours.log_vkeys[0].startswith(f"{ours.origin}+")
    assert ours.cosigner_vkeys == mirror.cosigner_vkeys
    assert (decision.cosigned_at, decision.cosigner_vkeys) == (None, ())
    with altered(world["a"], "UPDATE tile SET hashes = x'00' WHERE role = 'ours'"):
        assert board_of(world["a"]).logs()[0].root == "the stored tiles are damaged"


def test_a_node_before_its_ceremony_has_no_logs_and_an_unpaired_link(world):
    a, _ = make_pair()
    with a.store.begin() as tx:
        tx.run("DELETE FROM log")
        tx.run("DELETE FROM link")
    board = board_of(a)
    assert board.logs() == ()
    assert board.link().state == "unpaired"
    assert board.cases(START) == ()
    assert board.dispatch(DispatchId(bytes(16)), START) is None
    assert board.prove(DispatchId(bytes(16)), START) is None


def test_the_link_says_what_waits_and_what_they_owe():
    a, b = make_pair()
    talk(a, b, 0)
    assert board_of(a).link().state == "up"
    ask(a, form())
    link = board_of(a).link()
    assert (link.waiting, link.oldest_waiting, link.reason) == (1, at(MINUTE), "")
    talk(a, b, 2 * MINUTE)
    with altered(b, "UPDATE got SET sealed = NULL, fact = 0, settled_at = NULL"):
        assert "1 dispatches stand in the other side's log" in board_of(b).link().reason
    with b.store.begin() as tx:
        tx.run("UPDATE link SET state = 'broken', reason = 'because'")
    assert board_of(b).link().reason == "because"


# --- cards -----------------------------------------------------------------------------------------------------------


def test_our_question_with_all_its_times(world):
    one = card(world, "a", "asked")
    assert (one.ours, one.kind, one.from_party, one.to_party) == (True, "rfi", "XA", "XB")
    assert (one.title, one.item, one.purpose, one.urgency) == ("Two lorries", "W-1", "organised-crime", 0)
    assert (one.from_agency, one.to_agencies) == ("The Agency", ("The Agency",))
    assert one.released_by == "requests, officer 7"
    assert one.label[:2] == ("H1", "H2")
    times = one.times
    assert times.sent == at(MINUTE)
    assert times.cosigned // 1_000 == at(2 * MINUTE) // 1_000
    assert times.sent < times.arrived <= times.filed < times.seen <= times.answered
    assert (times.refused, times.quarantined, times.recalled, times.code) == (None, None, None, None)
    assert (one.due, one.due_what, one.overdue, one.overdue_of) == (None, "", False, None)
    assert one.index is not None
    assert one.receipt_index is not None
    assert BodyLine("text", "Whose are they?", None, None) in one.body


def test_their_side_of_the_same_dispatch(world):
    one = card(world, "b", "asked")
    assert (one.ours, one.from_party, one.to_party, one.times.sent) == (False, "XA", "XB", None)
    assert one.index == card(world, "a", "asked").index
    assert one.case_number == "XB-2026-0001"
    assert one.times.seen == at(3 * MINUTE)


def test_what_a_law_removed_is_a_line_without_text(world):
    for side in "ab":
        one = card(world, side, "answered")
        assert [(line.label, line.text, line.removed) for line in one.body if line.removed] == [("Owner", "", "person")]
        assert one.removals == (Removal("person", "Owner", "XB"),)
        assert "4x4 B2" in one.label


def test_each_side_reads_its_own_reasons_and_never_the_others(world):
    ours, theirs = card(world, "b", "answered").verdicts
    assert (ours.party, ours.act, ours.effect, ours.known) == ("XB", "clear", "permit-with", True)
    assert (ours.articles, ours.marks) == (("Test Act s. 3", "Test Act s. 1"), ("text-read", "text-read"))
    assert ours.sentence == "Rule T-3 says so."
    assert ours.exercise
    assert (theirs.party, theirs.act, theirs.known) == ("XA", "admit", False)
    ours, theirs = card(world, "a", "answered").verdicts
    assert (ours.party, ours.act, ours.effect) == ("XA", "admit", "permit")
    assert (theirs.known, theirs.articles, theirs.ground) == (False, (), None)
    assert theirs.sentence == "Their law let it go; its reasons stay with them."


def test_a_refused_question_shows_the_code_there_and_the_ground_here(world):
    sender, receiver = card(world, "a", "refused"), card(world, "b", "refused")
    assert sender.times.refused is not None
    assert sender.times.code == "cannot-assist"
    assert "cannot-assist" in sender.verdicts[1].sentence
    assert (sender.verdicts[1].known, sender.verdicts[1].effect) == (False, "refuse")
    assert receiver.verdicts[0].ground == "disproportionate"
    assert (receiver.title, receiver.body) == ("content not admitted", ())
    assert sender.verdicts[0].ground is None


def test_damaged_records_and_bodies_are_said_to_be_so(world):
    a, which = world["a"], world["asked"].id
    with altered(a, "UPDATE record SET record = x'80' WHERE dispatch = ?", which):
        assert "cannot be read" in card(world, "a", "asked").verdicts[0].sentence
    with altered(a, "UPDATE record SET record = 'text' WHERE dispatch = ?", which):
        assert not card(world, "a", "asked").verdicts[0].known
    with altered(a, "DELETE FROM record WHERE dispatch = ?", which):
        assert "not asked" in card(world, "a", "asked").verdicts[0].sentence
    with altered(a, "UPDATE requests_dispatch SET body = x'ff' WHERE id = ?", which):
        assert "cannot be read" in card(world, "a", "asked").body[0].text
    with altered(a, "DELETE FROM sent WHERE id = ?", which):
        assert card(world, "a", "asked").index is None


def test_labels_of_colours_and_removals_named_by_the_label_only(world):
    a = world["a"]
    real = a.desk

    class Coloured:
        def __getattr__(self, name):
            return getattr(real, name)

        def dispatch(self, tx, dispatch):
            row = real.dispatch(tx, dispatch)
            label = replace(
                row.rest.label, tlp="AMBER", pap="RED", evaluation="B2", redactions=("contact", "person"), handling=()
            )
            rest = replace(row.rest, label=label, delegation=DispatchId(bytes(16)))
            return replace(row, rest=rest, recalled_at=at(9), recalled_part=None)

    one = board_of(a, desk=Coloured()).dispatch(world["answered"].id, at(HOUR))
    assert {"TLP:AMBER", "PAP:RED", "6x6 B2"} <= set(one.label)
    assert one.removals == (Removal("person", "Owner", "XB"), Removal("contact", "text", "XB"))
    assert one.released_by.endswith(f"delegation {show_id(bytes(16))}")
    assert one.times.recalled == at(9)


# --- limits ----------------------------------------------------------------------------------------------------------


def test_whose_limit_runs_out_and_when():
    """Limits of vocabulary 5 for an immediate question: receipt 30 min, seen 30 min, first 2 h, full 8 h."""
    a, b = make_pair()
    talk(a, b, 0)
    (asked,) = ask(a, form())
    one = board_of(a).dispatch(asked.id, at(2 * MINUTE))
    assert (one.due, one.due_what, one.overdue) == (at(31 * MINUTE), "receipt", False)
    late = board_of(a).dispatch(asked.id, at(31 * MINUTE))
    assert (late.overdue, late.overdue_of) == (True, "XB")
    talk(a, b, 32 * MINUTE)
    for board, side in ((board_of(a), a), (board_of(b), b)):
        one = board.dispatch(asked.id, at(33 * MINUTE))
        arrived = one.times.arrived
        assert (one.due, one.due_what, one.overdue) == (arrived + 30 * MINUTE, "first look", False)
        late = board.dispatch(asked.id, at(70 * MINUTE))
        assert (late.overdue, late.overdue_of) == (True, "XB")
        assert board.workplan(at(70 * MINUTE))[0].overdue_of == ("XB",)
        assert side is not None
    b.see([asked.id], at(71 * MINUTE))
    talk(a, b, 72 * MINUTE)
    assert board_of(a).dispatch(asked.id, at(73 * MINUTE)).due_what == "first answer"
    hold = {"state": "holding", "new_time": at(9 * HOUR), "reason": "carrier asked"}
    (held,) = ask(b, form("answer", hold, case=asked.case, re=(asked.id,)), now=80 * MINUTE)
    talk(a, b, 81 * MINUTE)
    a.see([held.id], at(82 * MINUTE))
    one = board_of(a).dispatch(asked.id, at(82 * MINUTE))
    assert (one.due_what, one.due) == ("full answer", one.times.arrived + 8 * HOUR)
    (case,) = board_of(a).cases(at(10 * HOUR))
    assert (case.state, case.overdue, case.due) == ("open", True, one.due)


def test_what_was_quarantined_is_owed_nothing_more():
    a, b = make_pair()
    talk(a, b, 0)
    b.office.sealing.clear()
    (asked,) = ask(a, form())
    talk(a, b, 2 * MINUTE)
    one = board_of(a).dispatch(asked.id, at(DAY))
    assert (one.due, one.overdue) == (None, False)
    assert one.times.quarantined is not None
    assert one.times.code == "key-expired"
    assert one.verdicts[1].sentence == "Nothing has crossed about their law's answer yet."
    assert board_of(b).dispatch(asked.id, at(DAY)) is None
    assert all(step.good for step in board_of(b).prove(asked.id, at(DAY)).steps)


# --- cases -----------------------------------------------------------------------------------------------------------


def test_cases_overdue_first_then_by_time_left_then_settled(world):
    now = at(9 * HOUR)
    cases = board_of(world["a"]).cases(now)
    assert [case.title for case in cases] == ["A warning", "Two lorries", "Two lorries"]
    assert [case.overdue for case in cases] == [True, False, False]
    assert {case.state for case in cases} == {"open", "answered", "refused"}
    answered = next(case for case in cases if case.state == "answered")
    assert [one.kind for one in answered.dispatches] == ["rfi", "answer"]
    warning = cases[0]
    assert warning.number == "XA-2026-0003 / B 17"
    assert warning.dispatches[0].overdue_of == "XA"


def test_a_case_whose_rows_are_damaged_says_so_and_the_others_stand(world):
    with altered(world["a"], "UPDATE requests_dispatch SET rest = '[]' WHERE id = ?", world["answered"].id):
        cases = board_of(world["a"]).cases(at(HOUR))
        assert len(cases) == 3
        (damaged,) = [case for case in cases if not case.dispatches]
        assert "cannot be read" in damaged.title
        assert card(world, "a", "answered") is None


def test_a_case_without_its_opener_is_still_a_case(world):
    with altered(world["a"], "DELETE FROM requests_dispatch WHERE id = ?", world["asked"].id):
        cases = board_of(world["a"]).cases(at(HOUR))
    orphan = next(case for case in cases if case.case == world["asked"].case)
    assert (orphan.title, orphan.state, orphan.urgency) == ("opened by a dispatch that has not come", "open", 2)


def test_a_store_that_cannot_be_read_is_no_damaged_row(world):
    class Failing:
        def __init__(self, desk):
            self.desk = desk

        def __getattr__(self, name):
            return getattr(self.desk, name)

        def case(self, tx, case):
            raise StoreError("the disk is gone")

        def dispatch(self, tx, dispatch):
            raise StoreError("the disk is gone")

    board = board_of(world["a"], desk=Failing(world["a"].desk))
    with pytest.raises(StoreError):
        board.cases(at(HOUR))
    with pytest.raises(StoreError):
        board.dispatch(world["asked"].id, at(HOUR))


# --- proof -----------------------------------------------------------------------------------------------------------


def bad(world, side, which):
    return {step.what for step in board_of(world[side]).prove(world[which].id, at(HOUR)).steps if not step.good}


@pytest.mark.parametrize("which", ["asked", "answered", "refused", "told"])
@pytest.mark.parametrize("side", ["a", "b"])
def test_an_honest_dispatch_is_proved_and_says_how_long_that_took(world, side, which):
    proof = board_of(world[side]).prove(world[which].id, at(HOUR))
    assert all(step.good for step in proof.steps), proof.steps
    assert proof.checked_at == at(HOUR)
    assert 0 < proof.microseconds < 1_000_000
    shown = [step for step in proof.steps if step.what == "What this page shows"]
    assert len(shown) == (0 if (side, which) == ("b", "refused") else 1)


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("body", b"\xa1\x64text\x61x", "text"),
        ("title", "Three lorries", "title"),
        ("kind", "message", "kind"),
        ("purpose", "fraud", "purpose"),
        ("urgency", 2, "urgency"),
        ("item", "W-2", "workplan item"),
        ("from_agency", "other", "sender"),
        ("to_agency", "other", "receivers"),
        ("officer", 8, "officer"),
        ("case_id", bytes(16), "case"),
    ],
)
def test_a_desk_row_altered_by_hand_is_noticed(world, column, value, named):
    with altered(world["a"], f"UPDATE requests_dispatch SET {column} = ? WHERE id = ?", value, world["asked"].id):
        steps = {step.what: step for step in board_of(world["a"]).prove(world["asked"].id, at(HOUR)).steps}
        assert not steps["What this page shows"].good
        assert named in steps["What this page shows"].sentence
        assert bad(world, "a", "asked") == {"What this page shows"}


@pytest.mark.parametrize("value", ["[]", "{", 7])
def test_a_desk_row_that_cannot_be_read_is_a_failing_step(world, value):
    with altered(world["a"], "UPDATE requests_dispatch SET rest = ? WHERE id = ?", value, world["asked"].id):
        assert bad(world, "a", "asked") == {"What this page shows"}


@pytest.mark.parametrize(("side", "table"), [("a", "sent"), ("b", "got")])
def test_a_row_altered_by_hand_is_noticed_by_the_next_proof(world, side, table):
    node = world[side]
    with node.ledger.read() as tx:
        parts = list(parts_of(tx.rows(f"SELECT plain FROM {table} WHERE id = ?", (world["asked"].id,))[0][0]))
    parts[1] = Part(parts[1].salt, parts[1].content.replace(b"Whose", b"Where"))
    with altered(node, f"UPDATE {table} SET plain = ? WHERE id = ?", parts_bytes(tuple(parts)), world["asked"].id):
        assert bad(world, side, "asked") == {"Content"}
    assert bad(world, side, "asked") == set()


@pytest.mark.parametrize(("side", "table"), [("a", "sent"), ("b", "got")])
def test_a_row_that_is_gone_is_a_failing_proof(world, side, table):
    with altered(world[side], f"DELETE FROM {table} WHERE id = ?", world["asked"].id):
        (step,) = board_of(world[side]).prove(world["asked"].id, at(HOUR)).steps
        assert not step.good
        assert "is missing" in step.sentence


def test_a_title_must_begin_some_text_of_the_body():
    assert _stands_in("", None)
    assert not _stands_in("x", None)
    assert _stands_in("b", {"a": ["x", {"c": "bcd"}]})
    assert not _stands_in("c", {"a": ["x", {"c": "bcd"}], "n": 3})


def differences(node):
    with node.ledger.read() as tx:
        return shown_differences(tx, node.desk)


def test_all_rows_of_a_desk_are_compared_at_once(world):
    for side in "ab":
        assert differences(world[side]) == ()
    a, which = world["a"], world["asked"].id
    with altered(a, "UPDATE requests_dispatch SET body = x'a1647465787461780a' WHERE id = ?", which):
        (one,) = differences(a)
        assert (one.table, one.row) == ("desk", show_id(which))
        assert "text" in one.what
        assert one.stored != one.proven
    with altered(a, "UPDATE requests_dispatch SET rest = '{' WHERE id = ?", which):
        assert "cannot be read" in differences(a)[0].what
    with altered(a, "DELETE FROM requests_dispatch WHERE id = ?", which):
        assert [one.what for one in differences(a)] == ["the desk's row is missing; the dispatch was filed"]
