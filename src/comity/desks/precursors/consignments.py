"""Consignments as pages show them: lists by the clock with need-to-know in each, and one whole.

The rule it keeps: what is awaited, and what holds the goods, is by the clock of the moment of asking, in the statement as in
`rules`; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from comity.base.ids import CaseId, DispatchId, Ms
from comity.desks.precursors.agreed import Word, approvals
from comity.desks.precursors.body import read
from comity.desks.precursors.model import CANCELLATION, COPY_AGREED, COPY_GIVEN, Kind, Pen
from comity.desks.precursors.rows import DISPATCH, NOTICE, BoardRow, DispatchRow, board_row, dispatch_of, notice_of
from comity.desks.precursors.rules import RECALL, TABLE, Gap, Side, State
from comity.desks.precursors.service import PrecursorsDesk
from comity.desks.precursors.web import body_lines
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.policy.scope import Scope
from comity.screen import BodyLine
from comity.screen.consignments import Card, Check, Counts, Goods, IncidentCard, Limits, Line, Step, View

_SILENT = "(n.state = 'notified' AND n.answer IS NOT NULL AND n.answer <= {now} AND n.marks = '')"
_TURNED = f"({_SILENT} AND n.silence <> 'held')"
_WAITS = f"CASE WHEN {_TURNED} THEN (CASE WHEN n.ours = 1 THEN 'ours' ELSE 'theirs' END) ELSE n.waits_for END"
_DUE = f"CASE WHEN {_TURNED} THEN n.leaves ELSE n.due END"
_OPEN = "n.state IN ('notified', 'asked', 'enquiry')"
_HELD = (
    "(n.state = 'recalled' OR n.state IN ('notified', 'asked', 'enquiry', 'cleared', 'objected', 'controlled') AND"
    " (n.marks <> '' OR n.state IN ('objected', 'enquiry',"
    f" 'asked') OR ({_OPEN} AND NOT {_SILENT} AND (n.sails < n.answer OR n.sails < n.certificate))"
    f" OR ({_SILENT} AND n.silence = 'held') OR n.permits < n.leaves))"
)
_OPEN_INCIDENT = (
    f"n.kind = '{Kind.INCIDENT}' AND n.stage NOT IN ('{COPY_AGREED}', '{COPY_GIVEN}') AND n.admitted = 1 AND n.refused IS NULL"  # noqa: S608  constants
    f" AND NOT EXISTS (SELECT 1 FROM precursors_dispatch o WHERE o.root = n.root AND o.ours = 1 AND o.kind || '' = '{Kind.OUTCOME}'"
    " AND o.refused IS NULL) AND NOT EXISTS (SELECT 1 FROM precursors_mark m WHERE m.target = n.id AND m.ours = n.ours"
    " AND m.kind = 'recall' AND m.refused = 0)"
)
_FAR, _DONE = 400_000_000_000_000, 900_000_000_000_000
_BY = f"CASE WHEN {_WAITS} = '' THEN {_DONE} - n.since ELSE COALESCE({_DUE}, {_FAR}) END"
_VIEWS = {
    View.OURS: f"{_WAITS} = 'ours'",
    View.THEIRS: f"{_WAITS} = 'theirs'",
    View.HELD: _HELD,
    View.ALL: "1 = 1",
    View.DONE: f"{_WAITS} = ''",
}
_PARTS = frozenset({"line", "state", "version", "unknown"})
"""Fields of a notification that stand elsewhere on its page."""

Key = tuple[int, bytes]


class Consignments:
    """The lists of consignments of this desk, and one whole."""

    def __init__(self, desk: PrecursorsDesk) -> None:
        """Take the desk."""
        self._desk = desk

    def page(  # noqa: PLR0917  what a list is asked for
        self, tx: Tx, view: View, scope: Scope, given: frozenset[CaseId], after: Key | None, limit: int, now: Ms
    ) -> tuple[tuple[Line, Key], ...]:
        """Return lines, each with the key after which the next page would begin.

        Args:
            tx: the snapshot.
            view: which list.
            scope: of whoever asks.
            given: cases that are in it besides, for what another desk knows of them.
            after: key of the last line of the page before.
            limit: at most so many.
            now: the time.
        """
        by, wanted = _BY.format(now=int(now)), _VIEWS[view].format(now=int(now))
        within, arguments = inside(scope, given)
        if after is not None:
            wanted, arguments = f"{wanted} AND ({by}, n.root) > (?, ?)", (*arguments, *after)
        rows = tx.rows(
            NOTICE.replace(" FROM ", f", {by} FROM ", 1) + f"WHERE {within} AND {wanted} ORDER BY {by}, n.root LIMIT ?",
            (*arguments, limit),
        )
        return tuple((_line(board_row(notice_of(row[:-1]), now)), _key(row)) for row in rows)

    def counts(self, tx: Tx, scope: Scope, given: frozenset[CaseId], now: Ms) -> Counts:
        """Return how many open consignments each list has."""
        waits, due, held = (one.format(now=int(now)) for one in (_WAITS, _DUE, _HELD))
        within, arguments = inside(scope, given)
        late = f"{due} <= {int(now)}"
        found = tx.rows(
            f"SELECT COUNT(CASE WHEN {waits} = 'ours' THEN 1 END), COUNT(CASE WHEN {waits} = 'ours' AND {late} THEN 1 END),"  # noqa: S608  constants of this module and whole numbers
            f" COUNT(CASE WHEN {waits} = 'theirs' THEN 1 END), COUNT(CASE WHEN {waits} = 'theirs' AND {late} THEN 1 END),"
            f" COUNT(CASE WHEN {held} THEN 1 END) FROM precursors_notice n WHERE {within}",
            arguments,
        )
        return Counts(*(int_of(one) for one in found[0]))

    def lines(self, tx: Tx, roots: Iterable[DispatchId], now: Ms) -> tuple[Line, ...]:
        """Return these consignments, by their first versions, in this order; what is not here is left out."""
        found = (self._desk.row(tx, root, now) for root in roots)
        return tuple(_line(row) for row in found if row is not None)

    def of_case(self, tx: Tx, case: CaseId, now: Ms) -> tuple[Line, ...]:
        """Return the consignments of one case, the oldest first."""
        rows = tx.rows(NOTICE + "WHERE n.case_id = ? ORDER BY n.since, n.root", (case,))
        return tuple(_line(board_row(notice_of(row), now)) for row in rows)

    def cases(self, tx: Tx) -> tuple[CaseId, ...]:
        """Return the cases in which there is a consignment."""
        return tuple(CaseId(bytes_of(row[0])) for row in tx.rows("SELECT DISTINCT case_id FROM precursors_notice"))

    def card(self, tx: Tx, dispatch: DispatchId, now: Ms) -> Card | None:
        """Return the consignment that a dispatch is about, without number, drawings and what the list says; None for none."""
        row = self._desk.row(tx, dispatch, now)
        if row is None:
            return None
        about = self._desk.about(tx, dispatch)
        newest = next(one for one in about if one.id == row.notice.newest)
        pen = read(newest.kind, newest.body).body if newest.body else None
        screened = self._desk.screened(tx, newest.id)
        return Card(
            line=_line(row),
            number="",
            facts=() if row.notice.standing.state is State.RECALLED else _facts(newest),
            goods=_goods(pen, self._desk.gaps(tx, dispatch)) if isinstance(pen, Pen) else (),
            checks=()
            if screened is None
            else tuple(
                Check(one.line, one.verdict, one.substance, one.rule, one.instrument, one.since)
                for one in screened.lines
            ),
            edition="" if screened is None else screened.edition,
            draws=False,
            steps=tuple(
                replace(_step(one, late=one.id in row.notice.standing.out_of_turn), copy=_copy(tx, one))
                for one in about
            ),
            may=may_be_said(row),
        )

    def incidents(self, tx: Tx, scope: Scope, given: frozenset[CaseId], limit: int) -> tuple[IncidentCard, ...]:
        """Return the newest incidents of which our side has not said what became of them, nor their sender taken them back."""
        within, arguments = inside(scope, given)
        rows = tx.rows(
            f"{DISPATCH}n WHERE {within} AND {_OPEN_INCIDENT} ORDER BY n.made DESC, n.id LIMIT ?", (*arguments, limit)
        )
        return tuple(self._incident(tx, dispatch_of(row)) for row in rows)

    def incident(self, tx: Tx, dispatch: DispatchId) -> IncidentCard | None:
        """Return one incident with all that was said of it; None for what is no reported incident."""
        about = self._desk.about(tx, dispatch)
        row = next((one for one in about if one.id == dispatch), None)
        if row is None or row.kind != Kind.INCIDENT or row.stage in {COPY_AGREED, COPY_GIVEN}:
            return None
        steps = tuple(replace(_step(one, late=False), copy=_copy(tx, one)) for one in about)
        closed = any(one.ours and one.kind == Kind.OUTCOME and one.refused is None for one in about)
        return replace(self._incident(tx, row), steps=steps, closed=closed)

    def _incident(self, tx: Tx, row: DispatchRow) -> IncidentCard:
        notice = self._desk.notice(tx, row.id)
        step = replace(_step(row, late=False), copy=_copy(tx, row))
        goods = "" if notice is None or row.title != row.stage else f" {notice.title}"
        return IncidentCard(step, row.case, row.title + goods, None if notice is None else notice.id)


def may_be_said(row: BoardRow) -> tuple[tuple[str, str], ...]:
    """Return (kind, stage) of what our side may say of a consignment now, in the order of the table."""
    side = Side.EXPORTER if row.notice.ours else Side.IMPORTER
    state = row.notice.standing.state
    return tuple(
        (str(kind), stage) for (kind, stage, whose), leads in TABLE.items() if whose is side and state in leads
    )


def inside(scope: Scope, given: Iterable[CaseId]) -> tuple[str, tuple[Scalar, ...]]:
    """Return the condition that a consignment's case is in a scope, with its arguments."""
    if scope.whole:
        return "1 = 1", ()
    cases = sorted({*scope.cases, *given})
    parts, arguments = [f"n.case_id IN ({', '.join('?' * len(cases))})"] if cases else [], list[Scalar](cases)
    for agency in sorted(scope.agencies):
        told = "".join(f"\\{char}" if char in "\\%_" else char for char in agency)
        parts.append(
            "EXISTS (SELECT 1 FROM precursors_dispatch d WHERE d.case_id = n.case_id AND (d.ours = 1 AND d.from_agency = ?"
            " OR d.ours = 0 AND ' ' || d.to_agency || ' ' LIKE ? ESCAPE '\\'))"
        )
        arguments += [agency, f"% {told} %"]
    return f"({' OR '.join(parts)})" if parts else "1 = 0", tuple(arguments)


def _key(row: Row) -> Key:
    return int_of(row[-1]), bytes_of(row[0])


def _line(row: BoardRow) -> Line:
    notice, times = row.notice, row.notice.times
    return Line(
        id=notice.id,
        newest=notice.newest,
        version=notice.version,
        case=notice.case,
        ours=notice.ours,
        state=str(notice.standing.state),
        title=notice.title,
        reference=notice.reference,
        exporter=notice.exporter,
        importer=notice.importer,
        limits=Limits(
            since=notice.standing.since,
            answer=times.answer,
            certificate=times.certificate,
            sails=times.sails,
            leaves=times.leaves,
            lands=times.lands,
            permits=times.permits,
            silence=str(times.silence),
            known=times.known,
            same=notice.same_days,
        ),
        lapsed="" if row.silence is None else str(row.silence),
        holds=tuple(str(one) for one in row.holds),
        awaits="" if row.awaited is None else str(row.awaited.what),
        we_owe=row.we_owe,
        due=None if row.awaited is None else row.awaited.by,
        verdict=notice.verdict,
        screened=notice.screened is not None,
        asymmetric=notice.asymmetric,
        irregular=notice.standing.irregular,
        out_of_turn=notice.out_of_turn,
    )


def _facts(newest: DispatchRow) -> tuple[BodyLine, ...]:
    return tuple(one for one in body_lines(newest.kind, newest.body) if one.label not in _PARTS) if newest.body else ()


def _goods(pen: Pen, gaps: Sequence[Gap]) -> tuple[Goods, ...]:
    told = {gap.line: gap for gap in gaps}
    return tuple(
        Goods(
            line=place,
            substance=line.substance,
            grams=line.grams,
            cas=line.cas,
            hs=line.hs,
            un=line.un,
            inchikey=line.inchikey,
            form=line.form,
            share=line.share,
            packages=line.packages,
            voluntary=line.voluntary,
            shipped=told[place].shipped if place in told else None,
            arrived=told[place].arrived if place in told else None,
            missing=told[place].missing if place in told else 0,
        )
        for place, line in enumerate(pen.lines, 1)
    )


def _copy(tx: Tx, row: DispatchRow) -> str:
    found = approvals(tx, row.id).word if row.kind == Kind.INCIDENT else Word.NOT_ASKED
    return "" if found is Word.NOT_ASKED else str(found)


def _step(row: DispatchRow, *, late: bool) -> Step:
    return Step(
        id=row.id,
        ours=row.ours,
        kind=row.kind,
        stage=row.stage,
        made=row.made,
        arrived=row.arrived,
        seen=row.seen,
        refused=row.refused,
        code=row.refused_code or "",
        late=late,
        admitted=row.admitted,
        sender=row.from_agency,
        receivers=row.to_agencies,
        marked=row.marked,
        lines=()
        if not row.body or row.marked == RECALL or (row.kind == Kind.PEN and row.stage != CANCELLATION)
        else tuple(one for one in body_lines(row.kind, row.body) if one.label != "state"),
    )
