"""The list of cases: those in which something is owed by time left, the others by their last movement.

The rule it keeps: need-to-know stands in every statement; a page begins after a case, not after a count.
"""

from __future__ import annotations

from collections.abc import Sequence

from comity.base.ids import CaseId, DispatchId, Ms
from comity.desks.requests.narrowing import Part, among, few, inside, of_agency, together
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.ports import Row, Tx
from comity.policy.scope import Scope
from comity.screen.caselist import CaseCounts, CaseView, Moved

_OWED = "d.due_next IS NOT NULL AND (d.quarantined IS NULL OR d.filed IS NOT NULL)"
_DUE = f"SELECT d.case_id, MIN(d.due_next) FROM requests_dispatch d WHERE {_OWED}"  # noqa: S608  constants of this module only
_OPEN = f"EXISTS (SELECT 1 FROM requests_dispatch d WHERE d.case_id = c.id AND {_OWED})"  # noqa: S608  constants of this module only
_MOVED = "COALESCE(c.moved, c.opened)"
_FACTS = (
    "SELECT c.id, COALESCE(c.moved, c.opened), (SELECT COUNT(*) FROM requests_dispatch d WHERE d.case_id = c.id),"
    " (SELECT d.id FROM requests_dispatch d WHERE d.case_id = c.id ORDER BY d.created DESC LIMIT 1)"
    " FROM requests_case c WHERE "
)

Found = tuple[CaseId, tuple[int, bytes]]
"""A case, and the key after which the next page would begin."""


class CaseList:
    """The list of cases of this desk."""

    def page(  # noqa: PLR0917  what a list is asked for
        self,
        tx: Tx,
        view: CaseView,
        scope: Scope,
        given: frozenset[CaseId],
        agency: str,
        after: tuple[int, bytes] | None,
        limit: int,
    ) -> tuple[Found, ...]:
        """Return cases, each with the key after which the next page would begin.

        Args:
            tx: the snapshot.
            view: which of them.
            scope: of whoever asks.
            given: cases of the person's own; only for `CaseView.MINE`.
            agency: id of an agency of either side that takes part, "" for all.
            after: key of the last case of the page before.
            limit: at most so many.
        """
        kept = few(tx, scope)
        if view is CaseView.OPEN:
            rows = _by_time_left(tx, _within(scope, kept, "d.case_id"), agency, after, limit)
        else:
            by = _MOVED if kept is None else f"+{_MOVED}"
            parts = [_within(scope, kept, "c.id"), _of(view, given)]
            rows = _by_movement(tx, by, parts, agency, after, limit)
        return tuple((CaseId(bytes_of(case)), (int_of(key), bytes_of(case))) for case, key in rows)

    def facts(self, tx: Tx, cases: Sequence[CaseId]) -> dict[CaseId, Moved]:
        """Return of each case when it last moved, how much is in it, its newest dispatch, and the one owed next."""
        if not cases:
            return {}
        where, arguments = among("c.id", cases)
        owed = _owed(tx, cases)
        return {
            CaseId(bytes_of(case)): Moved(
                Ms(int_of(at)), int_of(count), DispatchId(bytes_of(newest)), owed.get(CaseId(bytes_of(case)))
            )
            for case, at, count, newest in tx.rows(_FACTS + where, arguments)
            if newest is not None
        }

    def counts(self, tx: Tx, scope: Scope, given: frozenset[CaseId], now: Ms) -> CaseCounts:
        """Return how many cases are open, how many of them overdue, and how many the person was given; to `CaseCounts.MOST`."""
        where, arguments = together([inside(scope, "d.case_id")])
        asked = f"{_DUE} AND {where}" if where else _DUE
        found = tx.rows(
            f"SELECT COUNT(*), COUNT(CASE WHEN due <= ? THEN 1 END) FROM ({asked.replace('MIN(d.due_next)', 'MIN(d.due_next) AS due')}"  # noqa: S608  places only
            " GROUP BY d.case_id ORDER BY MIN(d.due_next) LIMIT ?) AS some",
            (now, *arguments, CaseCounts.MOST),
        )
        own, ids = together([among("c.id", given), inside(scope, "c.id")])
        mine = tx.rows(f"SELECT COUNT(*) FROM requests_case c WHERE {own}", ids) if given else [(0,)]  # noqa: S608  places only
        return CaseCounts(int_of(found[0][0]), int_of(found[0][1]), int_of(mine[0][0]))


def _within(scope: Scope, kept: tuple[CaseId, ...] | None, column: str) -> Part:
    return inside(scope, column) if kept is None else among(column, kept)


def _of(view: CaseView, given: frozenset[CaseId]) -> Part:
    match view:
        case CaseView.CLOSED:
            return f"NOT {_OPEN}", ()
        case CaseView.MINE:
            return among("c.id", given)
        case _:
            return "", ()


def _takes_part(column: str, agency: str) -> Part:
    if not agency:
        return "", ()
    where, arguments = of_agency("p", agency)
    return f"EXISTS (SELECT 1 FROM requests_dispatch p WHERE p.case_id = {column} AND {where})", arguments  # noqa: S608  places only


def _by_time_left(tx: Tx, within: Part, agency: str, after: tuple[int, bytes] | None, limit: int) -> Sequence[Row]:
    where, arguments = together([within, _takes_part("d.case_id", agency)])
    having, key = ("", ()) if after is None else (" HAVING (MIN(d.due_next), d.case_id) > (?, ?)", after)
    return tx.rows(
        f"{_DUE}{' AND ' if where else ''}{where} GROUP BY d.case_id{having} ORDER BY MIN(d.due_next), d.case_id LIMIT ?",
        (*arguments, *key, limit),
    )


def _by_movement(  # noqa: PLR0917  what a list is asked for
    tx: Tx, by: str, parts: list[Part], agency: str, after: tuple[int, bytes] | None, limit: int
) -> Sequence[Row]:
    parts = [*parts, _takes_part("c.id", agency)]
    if after is not None:
        parts.append((f"({by}, c.id) < (?, ?)", after))
    where, arguments = together(parts)
    return tx.rows(
        f"SELECT c.id, {_MOVED} FROM requests_case c WHERE {where or '1 = 1'} ORDER BY {by} DESC, c.id DESC LIMIT ?",  # noqa: S608  places only
        (*arguments, limit),
    )


def _owed(tx: Tx, cases: Sequence[CaseId]) -> dict[CaseId, DispatchId]:
    """Return of each case the dispatch whose limit is the next, on whichever side."""
    where, arguments = among("d.case_id", cases)
    rows = tx.rows(
        f"SELECT d.case_id, d.id FROM requests_dispatch d WHERE {_OWED} AND {where} ORDER BY d.due_next DESC, d.id DESC",  # noqa: S608  places only
        arguments,
    )
    return {CaseId(bytes_of(case)): DispatchId(bytes_of(id_)) for case, id_ in rows}
