"""The board of consignments, read for one person from the store; a consignment whose case is not theirs is not in it."""

from __future__ import annotations

from typing import Any

from comity.base.ids import DispatchId, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge.board import Lines
from comity.edge.needs import CaseKeeper
from comity.edge.notices import NoticeDesk
from comity.edge.scope import read_scope
from comity.policy.access import Person
from comity.policy.scope import Scope
from comity.screen.notices import NoticeCard, NoticeDispatch, NoticeLine, QuantityRow, VerdictRow

_MOST = 500


class NoticeReader:
    """A `screen.notices.NoticeBoard` over one node's store.

    Args:
        ledger: only read.
        desk: keeps the consignments.
        lines: lays a body out.
        keeper: says who of ours has a case.
        officers: name of the desk of our officers.
    """

    def __init__(self, ledger: Ledger, desk: NoticeDesk, lines: Lines, keeper: CaseKeeper, officers: str) -> None:
        self._ledger, self._desk, self._lines = ledger, desk, lines
        self._keeper, self._officers = keeper, officers

    def board(self, person: Person, waits_for: str, now: Ms) -> tuple[NoticeLine, ...]:
        """Return the consignments that are open to a person, what is due soonest first."""
        with self._ledger.read() as tx:
            scope = read_scope(tx, person, self._officers)
            rows = self._desk.board(tx, now, waits_for=waits_for, limit=_MOST)
            return tuple(_line(row) for row in rows if self._open(tx, row, scope))

    def _open(self, tx: Tx, row: Any, scope: Scope) -> bool:
        case = row.notice.case
        if scope.whole or case in scope.cases:
            return True
        return bool(scope.agencies & (self._keeper.agencies(tx, case) or frozenset()))

    def notice(self, dispatch: DispatchId, now: Ms) -> NoticeCard | None:
        """Return one consignment by the id of any dispatch about it, or None."""
        with self._ledger.read() as tx:
            about = self._desk.about(tx, dispatch)
            if not about:
                return None
            row = self._desk.row(tx, dispatch, now)
            found = None if row is None else self._desk.screened(tx, row.notice.newest)
            gaps = self._desk.gaps(tx, dispatch)
        return NoticeCard(
            line=None if row is None else _line(row),
            dispatches=tuple(self._dispatch(one) for one in about),
            verdicts=() if found is None else tuple(_verdict(one) for one in found.lines),
            quantities=tuple(
                QuantityRow(gap.line, gap.substance, gap.notified, gap.shipped, gap.arrived, gap.missing)
                for gap in gaps
            ),
        )

    def _dispatch(self, row: Any) -> NoticeDispatch:
        return NoticeDispatch(
            id=row.id,
            ours=row.ours,
            kind=row.kind,
            stage=row.stage,
            made=row.made,
            arrived=row.arrived,
            refused=row.refused_code or "",
            late=row.late,
            lines=self._lines(row.kind, row.body) if row.body else (),
        )


def _verdict(one: Any) -> VerdictRow:
    return VerdictRow(one.line, one.verdict, one.substance, one.rule, one.instrument, one.since)


def _line(row: Any) -> NoticeLine:
    notice, times = row.notice, row.notice.times
    return NoticeLine(
        id=notice.id,
        case=notice.case,
        ours=notice.ours,
        version=notice.version,
        state=notice.standing.state.value,
        silence="" if row.silence is None else row.silence.value,
        holds=tuple(hold.value for hold in row.holds),
        awaited="" if row.awaited is None else str(row.awaited.what),
        we_owe=row.we_owe,
        left=row.left,
        answer=times.answer,
        certificate=times.certificate,
        permits=times.permits,
        sails=times.sails,
        reference=notice.reference,
        title=notice.title,
        exporter=notice.exporter,
        importer=notice.importer,
        screened=notice.screened,
        verdict=notice.verdict,
        asymmetric=notice.asymmetric,
        irregular=notice.standing.irregular,
        out_of_turn=notice.out_of_turn,
        same_days=notice.same_days,
        known=times.known,
    )
