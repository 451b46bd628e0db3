"""A list shows exactly the cases that the access rules open one by one, for every role; otherwise a list would leak."""

from __future__ import annotations

import pytest

from comity.base.ids import Ms, show_id
from comity.edge.scope import read_scope, roles_of, waiting, waits_for
from comity.edge.turns import TurnReader
from comity.policy.access import Deed, Role
from comity.policy.scope import NOTHING
from comity.screen.finding import Search
from comity.screen.inbox import Ask, View
from tests.unit.edge.casesworld import NOW, all_cases, cases_world, give, person


@pytest.fixture(scope="module")
def world():
    world = cases_world()
    cases = all_cases(world.node)
    for number in range(1, 20):
        give(world.node, cases[number], "requests", number)
    with world.node.store.begin() as tx:
        dispatch = tx.rows("SELECT id FROM sent WHERE case_id = ? LIMIT 1", (cases[30],))[0][0]
        for place, role in enumerate((Role.APPROVER, Role.ASSESSOR, Role.REVIEWER)):
            tx.run(
                "INSERT INTO owed (id, what, dispatch, role, since) VALUES (?, 'review', ?, ?, 0)",
                (bytes([place] * 16), dispatch, role),
            )
        tx.run(
            "INSERT INTO kept (id, state, desk, kind, case_id, at, missing, body) VALUES (?, 'held', 'requests', 'message',"
            " ?, 0, 'approval:decider-outside assessment:use approval:elder', ?)",
            (bytes(16), cases[31], b""),
        )
    return world


PERSONS = [
    person(role, number=number, agency=agency, desk=desk)
    for number, role in enumerate(Role, 1)
    for agency in ("harbour", "watch", "nobodys")
    for desk in ("requests", "other")
]
PERSONS += [
    person("officer", "administrator", number=3),
    person("officer", "approver", number=4, agency="nobodys"),
    person("officer", "reviewer", number=5, agency="nobodys"),
    person("duty-officer", number=6, active=False),
    person("elder", number=7),
    person("elder", number=77),
    person("elder", number=78, desk="other"),
    person("elder", "officer", number=79),
    person("elder", "administrator", number=80),
    person("elder", number=81, active=False),
    person("translator", number=82),
    person("desk officer", number=83),
    person(number=8),
]


@pytest.mark.parametrize(
    "who", PERSONS, ids=lambda one: f"{'+'.join(sorted(one.roles)) or 'none'}-{one.agency}-{one.desk}"
)
def test_every_list_and_search_shows_what_the_rules_open_and_nothing_else(world, who):
    open_cases = {
        case
        for case in all_cases(world.node)
        if world.needs.may(who, Deed.CASE, world.needs.facts("case", show_id(case))[1])
    }
    seen, page = set(), ""
    while True:
        card = world.inbox.page(who, Ask(View.ALL, page=page), NOW)
        seen |= {line.case for line in card.lines}
        page = card.following
        if not page:
            break
    assert seen == open_cases
    for view in (View.OURS, View.THEIRS, View.SETTLED, View.MINE):
        assert {line.case for line in world.inbox.page(who, Ask(view), NOW).lines} <= open_cases
    found, page = set(), ""
    while True:
        card = world.finder.find(who, Search("the", page=page), NOW)
        found |= {one.case for one in card.cases}
        page = card.following
        if not page:
            break
    assert found <= open_cases
    assert bool(found) == bool(open_cases)
    counts = world.inbox.counts(who, NOW)
    assert counts.ours == len(world.inbox.page(who, Ask(View.OURS), NOW).lines)


def test_one_case_and_all_cases_wait_for_the_same_roles(world):
    with world.node.store.read() as tx:
        found = waiting(tx)
        for case in all_cases(world.node):
            assert waits_for(tx, case) == {role for role, cases in found.items() if case in cases}
        assert set(found) == {"approver", "assessor", "reviewer", "decider-outside", "elder"}


def test_a_missing_step_names_its_role():
    assert roles_of(("approval:decider-outside", "release:agency")) == {"decider-outside"}
    assert roles_of(("approval:second-agency",)) == {"approver"}
    assert roles_of(("assessment:use",)) == {"assessor"}
    assert roles_of(()) == frozenset()


def test_nothing_is_open_to_whoever_is_suspended(world):
    with world.node.store.read() as tx:
        assert read_scope(tx, person("desk-lead", active=False), "requests") == NOTHING
    assert world.inbox.page(person("desk-lead", active=False), Ask(), Ms(NOW)).lines == ()


def turns(world, who):
    return [(turn.kind, turn.name) for turn in TurnReader(world.node.ledger).mine(who)]


def test_what_waits_for_a_person_is_what_the_roles_ask_and_the_person_has_not_answered(world):
    """The count beside Approvals: nothing of others' roles, of one's own hand, or answered already."""
    subject, draft = b"s" * 32, bytes([7] * 16)
    with world.node.store.begin() as tx:
        tx.run(
            "INSERT INTO kept (id, state, desk, kind, at, missing, body, form, subject, by_desk, by_number)"
            " VALUES (?, 'held', 'requests', 'message', 0, 'approval:second-agency approval:decider-outside assessment:use', ?, ?, ?,"
            " 'requests', 41)",
            (draft, b"", b"", subject),
        )
    there = [("draft", show_id(draft))]
    assert turns(world, person("approver", number=40)) == there
    assert turns(world, person("decider-outside", number=40)) == there
    assert turns(world, person("assessor", "officer", number=40)) == []
    assert turns(world, person("approver", number=40, active=False)) == []
    assert turns(world, person("approver", number=41)) == []
    with world.node.store.begin() as tx:
        tx.run(
            "INSERT INTO approval (subject, role, desk, number, yes, reason, at) VALUES (?, 'approver', 'requests', 40, 1, '', 0)",
            (subject,),
        )
    assert turns(world, person("approver", number=40)) == []
    assert turns(world, person("approver", number=42)) == there
    with world.node.store.begin() as tx:
        tx.run("DELETE FROM kept WHERE id = ?", (draft,))
