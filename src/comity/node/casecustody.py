"""Who had a dispatch and what was done with it, as one list of events for the papers on a case.

The rule it keeps: officers are desk and number, never a name, and an officer's own words about an act stay at home.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.holding import views
from comity.dispatch.particulars import decode_particulars, subject_of
from comity.dispatch.ports import Tx
from comity.node.acts import ActRow, acts_on
from comity.node.bundle import Source


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a dispatch.

    Attributes:
        at: when; by our node's clock but for what the other side released, which is by its own.
        what: `released`, `sent`, `known`, `arrived`, `settled`, `seen`, `opened`, `approved`, or the act's own word.
        dispatch: to which.
        ours: it was done by our side.
        by: desk and number; None: the machine did it.
        about: to which agencies it was passed on, or the role of an approval.
        record: its place in our decision log; None where it has none.
    """

    at: Ms
    what: str
    dispatch: DispatchId
    ours: bool
    by: tuple[str, int] | None = None
    about: tuple[str, ...] = ()
    record: LeafIndex | None = None


def events_of(tx: Tx, source: Source, *, whole: bool) -> Iterator[Event]:
    """Yield what happened to a dispatch, in no order.

    Args:
        tx: the snapshot.
        source: which.
        whole: its header may be shown; without, only what the machine did is told.
    """
    yield from _machine(tx, source)
    if not whole or source.parts is None:
        return
    header, ours = wire.decode_header(source.parts[0].content), source.own is LogRole.OURS
    who = (header.released_by.desk, header.released_by.officer)
    yield Event(header.created, "released", source.id, ours, who)
    for view in views(source.id, tx):
        yield Event(view.at, "opened", source.id, ours=True, by=(view.desk, view.number))
    for act in acts_on(source.id, tx):
        if act.done:
            yield from _act(tx, act, source.id)


def _machine(tx: Tx, source: Source) -> Iterator[Event]:
    if source.own is LogRole.OURS:
        statement, names = "SELECT sent_at, arrived_at, settled_at, seen_at FROM sent WHERE id = ?", "sent"
    else:
        statement, names = "SELECT known_at, arrived_at, settled_at, seen_at FROM got WHERE id = ?", "known"
    row = tx.rows(statement, (source.id,))[0]
    for what, value in zip((names, "arrived", "settled", "seen"), row, strict=True):
        at = ms_or_none(value)
        if at is not None:
            ours = (what in {"sent", "known"}) or source.own is LogRole.THEIRS
            yield Event(at, what, source.id, ours)


def _act(tx: Tx, act: ActRow, dispatch: DispatchId) -> Iterator[Event]:
    about = tuple(sorted(act.to_agencies))
    yield Event(act.at, act.act, dispatch, ours=True, by=(act.desk, act.number), about=about, record=act.record)
    rows = tx.rows("SELECT particulars FROM act WHERE id = ?", (act.id,))
    subject = subject_of(decode_particulars(bytes_of(rows[0][0])))
    approvals = tx.rows(
        "SELECT at, desk, number, role FROM approval WHERE subject = ? AND yes = 1 AND at <= ? ORDER BY at, role",
        (subject, act.at),
    )
    for at, desk, number, role in approvals:
        who = (text_of(desk), int_of(number))
        yield Event(Ms(int_of(at)), "approved", dispatch, ours=True, by=who, about=(text_of(role),))
