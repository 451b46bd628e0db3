"""The readers of cases of one opened node, by the name of the desk that keeps them: lists, files, search, one dispatch's way."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from comity.edge.board import Lines, NodeBoard
from comity.edge.casefile import CaseReader
from comity.edge.caselist import CaseListReader, DeskCases
from comity.edge.duties import Deskful
from comity.edge.finding import SearchReader
from comity.edge.inbox import DeskLists, InboxReader
from comity.edge.opening import OpenNode
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
    """Make them, with the first desk of the node's settings."""
    name, ledger, setting = opened.config.desks[0], opened.node.ledger, board_setting(opened)
    desk = opened.desks[name]
    module = importlib.import_module(f"comity.desks.{name}.lists")
    show = cast("Callable[[int, int], str]", getattr(desk, "show_number"))  # noqa: B009  a desk that keeps cases has it
    lists = cast("DeskLists", module.Lists(show))
    lines = cast("Lines", importlib.import_module(f"comity.desks.{name}.web").body_lines)
    inbox = InboxReader(ledger, name, lists, setting)
    kinds = next((one.kinds for one in opened.node.office.accord.desks if one.desk == name), ())
    finder = SearchReader(ledger, name, lists, finder_of(opened.config, name), lines, inbox, setting, kinds)
    cases = CaseReader(ledger, board, lists, inbox, setting, cast("Deskful", desk))
    listed = cast("DeskCases", importlib.import_module(f"comity.desks.{name}.caselist").CaseList())
    caselist = CaseListReader(ledger, name, listed, lists, inbox, setting)
    return CaseReaders(inbox, cases, caselist, finder, TraceReader(ledger, name, lists))
