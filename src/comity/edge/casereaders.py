"""The readers of cases of one opened node, by the name of the desk that keeps them: lists, files, search, one dispatch's way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from comity.edge.board import NodeBoard
from comity.edge.casefile import CaseReader
from comity.edge.caselist import CaseListReader, DeskCases
from comity.edge.desks import case_desk, lines_of, offering, part
from comity.edge.duties import Deskful
from comity.edge.finding import ConsignmentLines, SearchReader
from comity.edge.inbox import DeskLists, InboxReader
from comity.edge.opening import OpenNode
from comity.edge.search import Finder
from comity.edge.showing import board_setting
from comity.edge.stores import finder_of
from comity.edge.trace import TraceReader


@dataclass(frozen=True, slots=True)
class CaseReaders:
    """What reads the cases of one node."""

    inbox: InboxReader
    cases: CaseReader
    caselist: CaseListReader
    finder: SearchReader
    traces: TraceReader


def make_readers(opened: OpenNode, board: NodeBoard) -> CaseReaders:
    """Make them, with the desk that keeps cases."""
    name, ledger, setting = case_desk(opened.config.desks), opened.node.ledger, board_setting(opened)
    desk = opened.desks[name]
    show = cast("Callable[[int, int], str]", getattr(desk, "show_number"))  # noqa: B009  a desk that keeps cases has it
    lists = cast("DeskLists", part(name, "lists").Lists(show))
    lines = lines_of(opened.node.office.accord, opened.config.desks)
    inbox = InboxReader(ledger, name, lists, setting)
    kinds = next((one.kinds for one in opened.node.office.accord.desks if one.desk == name), ())
    finder = SearchReader(
        ledger, name, lists, finder_of(opened.config, name), lines, inbox, setting, kinds, _notices(opened)
    )
    cases = CaseReader(ledger, board, lists, inbox, setting, cast("Deskful", desk))
    listed = cast("DeskCases", part(name, "caselist").CaseList())
    caselist = CaseListReader(ledger, name, listed, lists, inbox, setting)
    return CaseReaders(inbox, cases, caselist, finder, TraceReader(ledger, name, lists))


def _notices(opened: OpenNode) -> tuple[Finder, ConsignmentLines] | None:
    """Return what finds consignments, of the desk that keeps them and their words."""
    desks = opened.config.desks
    keeps = [one for one in offering(desks, "consignments") if one in offering(desks, "finding")]
    if not keeps:
        return None
    lines = part(keeps[0], "consignments").Consignments(opened.desks[keeps[0]])
    return finder_of(opened.config, keeps[0]), cast("ConsignmentLines", lines)
