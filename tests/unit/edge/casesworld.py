"""One node with some hundred generated cases of three agencies, and its readers; nothing crosses."""

from __future__ import annotations

from types import SimpleNamespace

from comity.base.ids import CaseId, Ms
from comity.cli.bench.deskstore import Ends, Size, fill
from comity.desks.requests import knowing
from comity.desks.requests.caselist import CaseList
from comity.desks.requests.lists import Lists
from comity.desks.requests.web import body_lines
from comity.dispatch.columns import bytes_of
from comity.edge import search
from comity.edge.board import Setting
from comity.edge.casefile import CaseReader
from comity.edge.caselist import CaseListReader
from comity.edge.finding import SearchReader
from comity.edge.inbox import InboxReader
from comity.edge.needs import NodeNeeds, house_access
from comity.edge.trace import TraceReader
from comity.policy.access import Person
from tests.unit.edge.deskworld import ONE, PLAN, TWO, board_of, make_pair
from tests.unit.node.world import START

OURS, THEIRS = ("harbour", "paper", "watch"), ("road", "seal")
NOW = START
NAMES = {
    "harbour": "Harbour Watch",
    "paper": "Paper Office",
    "watch": "Night Watch",
    "road": "Road Guard",
    "seal": "Seal House",
}


def cases_world(cases=60, each=4):
    """Return node, readers and needs over a generated store."""
    node, _ = make_pair()
    search.prepare(node.store, "requests")
    fill(node.store, node.desk, Ends(OURS, THEIRS, ("W-1", "W-2")), Size(cases, cases * each, Ms(NOW - 1), days=30))
    return readers_of(node)


def readers_of(node):
    """Return the readers of a node's cases."""
    setting = Setting((ONE, TWO), PLAN, NAMES, exercise=True)
    lists = Lists(node.desk.show_number)
    inbox = InboxReader(node.ledger, "requests", lists, setting)
    kinds = ("rfi", "answer", "message", "recall")
    return SimpleNamespace(
        node=node,
        lists=lists,
        inbox=inbox,
        finder=SearchReader(
            node.ledger, "requests", lists, search.FtsFinder("requests"), body_lines, inbox, setting, kinds
        ),
        caselist=CaseListReader(node.ledger, "requests", CaseList(), lists, inbox, setting),
        cases=CaseReader(node.ledger, board_of(node), lists, inbox, setting, node.desk),
        traces=TraceReader(node.ledger, "requests", lists),
        needs=NodeNeeds(node.ledger, "requests", knowing, "xa", house_access()),
    )


def all_cases(node):
    """Return the ids of all cases."""
    with node.store.read() as tx:
        return [CaseId(bytes_of(row[0])) for row in tx.rows("SELECT id FROM requests_case ORDER BY id")]


def give(node, case, desk, number):
    """Give a case to a person."""
    with node.store.begin() as tx:
        tx.run(
            "INSERT INTO case_member (case_id, desk, number, by_officer, since) VALUES (?, ?, ?, 'test', 0)",
            (case, desk, number),
        )


def person(*roles, number=1, agency="harbour", desk="requests", active=True):
    """Return an officer of ours."""
    return Person(desk, number, agency, frozenset(roles), active)
