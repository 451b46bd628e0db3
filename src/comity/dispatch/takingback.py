"""Recalls and corrections reach the desk of what they name, whatever desk they are kinds of.

The rule it keeps: in the transaction that files them, on both sides, and once more does no harm; no desk knows another. One that
the other side did not let in reaches the desk too, as what it is: asked and refused.
"""  # spec: protocol.md 7

from __future__ import annotations

from collections.abc import Mapping

from comity.base.ids import DispatchId
from comity.dispatch.entries import Fact
from comity.dispatch.filing import DeskPort, Facts, TakenBack, TakesBack
from comity.dispatch.holding import PART, RECALL, STOPPING_KINDS, find, is_held, targets_of
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Header

_ENDS = frozenset({Fact.FILED, Fact.REFUSED, Fact.QUARANTINED})


def take_back(
    header: Header, facts: Facts, desks: Mapping[str, DeskPort], tx: Tx, *, ours: bool, refused: bool = False
) -> None:
    """Tell every other desk what a recall or a correction that was just filed names; other kinds name nothing.

    Args:
        header: of the dispatch.
        facts: of its body.
        desks: of the node.
        tx: in which it was filed.
        ours: we sent it.
        refused: the side that got it did not let it in.
    """
    if header.kind not in STOPPING_KINDS:
        return
    kind = PART if header.kind == RECALL and facts.takes_back_part else header.kind
    targets = targets_of(header) if facts.takes_back is None else (facts.takes_back,)
    for name, desk in desks.items():
        if name != header.desk and isinstance(desk, TakesBack):
            for target in targets:
                desk.take_back(tx, TakenBack(target, header.id, kind, ours, header.created, refused))


def heard(dispatch: DispatchId, fact: Fact, desks: Mapping[str, DeskPort], tx: Tx) -> None:
    """Tell every other desk whether a recall or a correction of ours was let in there; of other kinds nothing.

    Args:
        dispatch: ours, of which a receipt came.
        fact: of the receipt. What could not be opened may be sealed anew and be filed later.
        desks: of the node.
        tx: in which the receipt is taken in.
    """
    if fact not in _ENDS or not is_held(dispatch, tx):
        return
    found = find(dispatch, tx)
    header = found.header
    if found.ours and header.kind in STOPPING_KINDS and header.desk in desks:
        facts = desks[header.desk].facts(header.kind, found.body)
        take_back(header, facts, desks, tx, ours=True, refused=fact is not Fact.FILED)
