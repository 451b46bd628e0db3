"""Recalls and corrections reach the desk of what they name, whatever desk they are kinds of.

The rule it keeps: in the transaction that files them, on both sides, and once more does no harm; no desk knows another.
"""  # spec: protocol.md 7

from __future__ import annotations

from collections.abc import Mapping

from comity.dispatch.filing import DeskPort, Facts, TakenBack, TakesBack
from comity.dispatch.holding import PART, RECALL, STOPPING_KINDS, targets_of
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Header


def take_back(header: Header, facts: Facts, desks: Mapping[str, DeskPort], tx: Tx, *, ours: bool) -> None:
    """Tell every other desk what a recall or a correction that was just filed names; other kinds name nothing.

    Args:
        header: of the dispatch.
        facts: of its body.
        desks: of the node.
        tx: in which it was filed.
        ours: we sent it.
    """
    if header.kind not in STOPPING_KINDS:
        return
    kind = PART if header.kind == RECALL and facts.takes_back_part else header.kind
    targets = targets_of(header) if facts.takes_back is None else (facts.takes_back,)
    for name, desk in desks.items():
        if name != header.desk and isinstance(desk, TakesBack):
            for target in targets:
                desk.take_back(tx, TakenBack(target, header.id, kind, ours, header.created))
