"""What need-to-know asks of this desk's rows: which agencies of ours have a case; its cases are numbered by another desk."""

from __future__ import annotations

from comity.base.ids import CaseId
from comity.desks.workplan import store
from comity.dispatch.ports import Tx


def agencies(tx: Tx, case: CaseId) -> frozenset[str] | None:
    """Return our agencies that sent or received any dispatch of a case; None for a case of which this desk has none."""
    return store.agencies(tx, case)


def numbered(tx: Tx, number: str) -> CaseId | None:  # noqa: ARG001  every desk is asked this way
    """Return None: this desk gives no numbers to cases."""
    return None
