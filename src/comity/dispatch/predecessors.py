"""Which dispatches must be settled before a new one of the same case is filed."""

from __future__ import annotations

from comity.base.ids import DispatchId
from comity.dispatch.columns import bytes_of
from comity.dispatch.ports import Tx
from comity.dispatch.states import Form
from comity.marking.labels import LANE_OF


def predecessors(form: Form, tx: Tx) -> tuple[DispatchId, ...]:
    """Return the last dispatch of the same case from each side, in the same or a more urgent lane.

    Other cases and other lanes overtake freely.
    """  # spec: protocol.md 8
    if form.case is None:
        return ()
    lane = int(form.lane if form.lane is not None else LANE_OF[form.urgency])
    found = [
        tx.rows(
            f"SELECT id FROM {table} WHERE case_id = ? AND lane <= ? ORDER BY {order} DESC LIMIT 1",  # noqa: S608  our two tables
            (form.case, lane),
        )
        for table, order in (("sent", "sent_at"), ("got", "idx"))
    ]
    return tuple(DispatchId(bytes_of(rows[0][0])) for rows in found if rows)
