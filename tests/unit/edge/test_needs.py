"""Need-to-know over the rows of a node: which case, which agencies, members and roles, and what the house's rules make of it."""

from __future__ import annotations

import importlib

import pytest

from comity.base.ids import CaseId, Ms, show_id
from comity.edge.needs import NodeNeeds, house_access
from comity.policy.access import Deed, Person
from tests.unit.edge.twofolders import ANSWERS, ASKS, MADE, copy_of, opened, paired, question


@pytest.fixture
def node(tmp_path):
    found = opened(copy_of(paired(), tmp_path), "ostrel")
    found.node.starts(MADE)
    yield found
    found.store.close()


@pytest.fixture
def needs(node):
    keeper = importlib.import_module("comity.desks.requests.knowing")
    return NodeNeeds(node.node.ledger, "requests", keeper, node.config.party, house_access())


def send(node, form, by=ASKS):
    (outcome,) = node.node.submit([(form, by)], MADE)
    return outcome


def run(node, statement, *arguments):
    with node.node.ledger.begin() as book:
        book.tx.run(statement, arguments)


def test_a_case_is_found_by_its_letters_our_number_and_its_dispatches(node, needs):
    sent = send(node, question())
    number = show_id(sent.id)
    found = needs.facts("case", number)
    assert found == needs.facts("dispatch", number) == needs.facts("case", "XO-2026-0001")
    assert found == needs.facts("case", "xo-2026-0001")
    case, facts = found
    assert case == sent.case
    assert facts.desk == "requests"
    assert facts.agencies == {"paper-office"}, "the agency of the other side is none of ours"
    assert facts.members == frozenset()
    assert facts.waits_for == frozenset()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("case", "0" * 26), ("dispatch", "0" * 26), ("draft", "0" * 26), ("case", "XO-2026-0002"), ("case", "XV-2026-0001"),
        ("case", "XO-2026-99999999999"), ("case", "../x"), ("case", ""), ("dispatch", "XO-2026-0001"), ("draft", "x" * 5000),
    ],
)  # fmt: skip
def test_what_is_not_there_is_nothing(node, needs, kind, name):
    send(node, question())
    assert needs.facts(kind, name) is None


def test_members_come_and_go(node, needs):
    sent = send(node, question())
    run(
        node,
        "INSERT INTO case_member (case_id, desk, number, by_officer, since, ended_at) VALUES (?, ?, ?, ?, ?, NULL)",
        sent.case, "requests", 16, "requests/11", MADE,
    )  # fmt: skip
    facts = needs.facts("case", show_id(sent.case))[1]
    assert facts.members == {("requests", 16)}
    member = Person("requests", 16, "harbour-watch", frozenset({"assessor"}))
    assert needs.may(member, Deed.CASE, facts)
    run(node, "UPDATE case_member SET ended_at = ?", MADE)
    assert needs.facts("case", show_id(sent.case))[1].members == frozenset()
    assert not needs.may(member, Deed.CASE, needs.facts("case", show_id(sent.case))[1])


def test_a_held_draft_belongs_to_its_case_and_opens_it_to_the_role_it_waits_for(node, needs):
    sent = send(node, question())
    draft = (9).to_bytes(16, "big")
    run(
        node,
        "INSERT INTO kept (id, state, desk, kind, case_id, re, at, missing, body) VALUES (?, 'held', 'requests', 'rfi', ?, NULL, ?, 'approval:approver', ?)",
        draft, sent.case, MADE, b"",
    )  # fmt: skip
    case, facts = needs.facts("draft", show_id(draft))
    assert case == sent.case
    assert facts.waits_for == {"approver"}
    approver = Person("requests", 14, "harbour-watch", frozenset({"approver"}))
    assert needs.may(approver, Deed.CASE, facts)
    run(node, "UPDATE kept SET ended_at = ?", MADE)
    assert not needs.may(approver, Deed.CASE, needs.facts("draft", show_id(draft))[1])


def test_both_sides_of_a_dispatch_count_by_whose_it_is(node, needs):
    """What came to two agencies of ours opens the case to both."""
    case = CaseId((7).to_bytes(16, "big"))
    run(node, "INSERT INTO requests_case (id, year, seq, opened) VALUES (?, 2026, 5, ?)", case, MADE)
    keeper = importlib.import_module("comity.desks.requests.knowing")
    with node.node.ledger.read() as tx:
        assert keeper.agencies(tx, case) == frozenset()
    row = (
        "INSERT INTO requests_dispatch (id, ours, admitted, kind, stage, case_id, urgency, lane, purpose, item_reason, title,"
        " from_agency, to_agency, officer_desk, officer, created, rest, body)"
        " VALUES (?, ?, 1, 'rfi', '', ?, 2, 1, 'p', '', 't', ?, ?, 'requests', 1, ?, '{}', X'')"
    )
    run(node, row, b"a" * 16, 0, case, "seal-house", "paper-office harbour-watch", MADE)
    run(node, row, b"b" * 16, 1, case, "harbour-watch", "seal-house road-guard", Ms(MADE + 1))
    assert needs.facts("case", "XO-2026-0005")[1].agencies == {"paper-office", "harbour-watch"}
    assert ANSWERS.desk == "requests"
