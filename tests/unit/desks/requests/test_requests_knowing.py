"""Whose a case is after a question was passed on: need-to-know, lists and search agree at every step."""

from __future__ import annotations

import pytest

from comity.base.ids import CaseId
from comity.desks.requests import finding, knowing
from comity.desks.requests.lists import Lists
from comity.marking.searchtags import agency_tag
from comity.policy.scope import Scope
from comity.screen.inbox import View
from tests.unit.desks.requests import test_requests_rows
from tests.unit.desks.requests.test_requests_rows import DESK, HOUR, REFUSED, RFI, Node, case_of, ident

node = test_requests_rows.node
CASE = CaseId(ident(1))
OTHERS = ("bureau", "guard", "harbour", "police", "stranger")


def have(node: Node) -> list[str]:
    """Return who has the case, by the access rules' own question, having asked the lists and the index the same."""
    told = knowing.agencies(node.tx, CASE) or frozenset()
    lists = Lists(DESK.show_number)
    listed = {one for one in OTHERS if lists.page(node.tx, View.ALL, _of(one), frozenset(), ("", ""), None, 9)}
    indexed = {
        one for one in OTHERS
        if all(agency_tag(one, "a") in str(row[0]).split() for row in node.tx.rows("SELECT scope FROM requests_text"))
    }  # fmt: skip
    assert listed == indexed == told
    return sorted(told)


def _of(agency: str) -> Scope:
    return Scope(agencies=frozenset({agency}))


def test_whom_it_was_passed_to_has_the_case_too_and_only_who_has_it_now(node: Node) -> None:
    node.file(1, "rfi", RFI)
    assert have(node) == ["bureau", "guard"]
    node.file(2, "transfer", {"agency": "harbour"}, at=HOUR, ours=True, **case_of(1))
    assert have(node) == ["bureau", "guard", "harbour", "police"]  # police wrote the transfer
    node.file(3, "transfer", {"agency": "stranger"}, at=2 * HOUR, ours=True, **case_of(1))
    assert have(node) == ["bureau", "guard", "police", "stranger"]


def test_a_transfer_that_their_law_refused_gave_the_case_to_nobody(node: Node) -> None:
    node.file(1, "rfi", RFI)
    node.file(2, "transfer", {"agency": "harbour"}, at=HOUR, ours=True, **case_of(1))
    node.settle(2, REFUSED, 2 * HOUR, "cannot-assist")
    assert have(node) == ["bureau", "guard", "police"]


def test_a_name_of_an_agency_of_theirs_opens_nothing_of_ours(node: Node) -> None:
    node.file(1, "rfi", RFI, ours=True)
    node.file(2, "transfer", {"agency": "stranger"}, at=HOUR, **case_of(1))
    assert have(node) == ["bureau", "guard", "police"]


@pytest.mark.parametrize("passed", [True, False])
def test_an_index_that_is_made_again_knows_it_still(node: Node, passed: bool) -> None:
    node.file(1, "rfi", RFI)
    if passed:
        node.file(2, "transfer", {"agency": "harbour"}, at=HOUR, ours=True, **case_of(1))
    before = have(node)
    finding.forget(node.tx)
    while finding.catch_up(node.tx):
        pass
    assert have(node) == before
    assert ("harbour" in before) is passed


def test_a_case_is_found_by_its_number_and_what_is_not_here_belongs_to_nobody(node: Node) -> None:
    node.file(1, "rfi", RFI)
    assert knowing.numbered(node.tx, DESK.number(node.tx, CASE)[0]) == CASE
    assert knowing.numbered(node.tx, "A-2026-0002") is None
    assert knowing.agencies(node.tx, CaseId(ident(2))) is None
