"""How a new dispatch hangs together with those before it: what must be settled first, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.base.ids import DispatchId
from comity.dispatch import wire
from comity.dispatch.book import Book
from comity.dispatch.columns import bytes_of
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Tx
from comity.dispatch.states import Form
from comity.marking.labels import LANE_OF


@dataclass(frozen=True, slots=True)
class Related:
    """What was found: predecessors that bind the order of filing, and the header of the dispatch that is answered."""

    after: tuple[DispatchId, ...]
    question: wire.Header | None

    @property
    def answers(self) -> str:
        """Kind of the dispatch that is answered, "" if none."""
        return self.question.kind if self.question else ""


def related(form: Form, tx: Tx) -> Related:
    """Look up what a form hangs together with."""
    return Related(_predecessors(form, tx), answered(form.re, tx))


def unsettled(book: Book, after: tuple[DispatchId, ...]) -> tuple[DispatchId, ...]:
    """Return the predecessors, ours or theirs, that are not settled yet."""
    return tuple(one for one in after if not _settled(book, one))


def _settled(book: Book, dispatch: DispatchId) -> bool:
    for table in ("got", "sent", "lost"):
        found = book.tx.rows(f"SELECT settled_at FROM {table} WHERE id = ?", (dispatch,))  # noqa: S608  our own tables
        if found:
            return found[0][0] is not None
    return False


def kind_answered(re: Sequence[DispatchId], tx: Tx) -> str:
    """Return the kind of the first dispatch that is answered, ours or theirs, or "" if it is none or not held."""
    header = answered(re, tx)
    return header.kind if header else ""


def answered(re: Sequence[DispatchId], tx: Tx) -> wire.Header | None:
    """Return the header of the first dispatch that is answered, ours or theirs, or None if it is none or not held."""
    for table in ("sent", "got") if re else ():
        rows = tx.rows(f"SELECT plain FROM {table} WHERE id = ? AND plain IS NOT NULL", (re[0],))  # noqa: S608  our two tables
        if rows:
            return wire.decode_header(parts_of(bytes_of(rows[0][0]))[0].content)
    return None


def _predecessors(form: Form, tx: Tx) -> tuple[DispatchId, ...]:
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
