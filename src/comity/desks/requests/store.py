"""The rows of the requests desk: one statement a fact, queries for the screens.

The rule it keeps: every write is idempotent by dispatch id, and a fact once written is never overwritten by a repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from comity.base.ids import CaseId, DispatchId, Ms
from comity.desks.requests.rows import LIST, WHOLE, CaseRow, DispatchRow, ItemCount, dispatch_of, text_or_none
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.foresight import foresee, is_absent, rows_among, written
from comity.dispatch.ports import Row, Scalar, Tx

_WRITTEN = (
    "id", "ours", "admitted", "kind", "stage", "case_id", "re", "replaces", "urgency", "lane", "purpose", "item",
    "item_reason", "title", "from_agency", "to_agency", "officer_desk", "officer", "created", "committed", "leaf",
    "arrived", "filed", "limit_seen", "limit_first", "limit_full", "due_next", "rest", "body",
)  # fmt: skip
INSERT_DISPATCH = (
    f"INSERT INTO requests_dispatch ({', '.join(_WRITTEN)}) VALUES ({', '.join('?' * len(_WRITTEN))})"  # noqa: S608
    " ON CONFLICT (id) DO NOTHING"
)
"""One dispatch; its arguments are the columns `_WRITTEN`. A second time it changes nothing."""
_OPEN_CASE = (
    "INSERT INTO requests_case (id, year, seq, opened)"
    " VALUES (?, ?, COALESCE((SELECT seq FROM requests_case WHERE year = ? ORDER BY seq DESC LIMIT 1), 0) + 1, ?)"
    " ON CONFLICT (id) DO NOTHING"
)
_NEW_CASE = "INSERT INTO requests_case (id, year, seq, opened) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
_LAST_CASE = "SELECT seq FROM requests_case WHERE year = ? ORDER BY seq DESC LIMIT 1"
_NEW_CASES, _NUMBERED, _TIMES = "requests_case", "requests_case of ", "requests_dispatch times"
"""What a transaction remembers: cases that are not there, the last number of a year, the times of what receipts came for."""
_ARRIVED = (
    "UPDATE requests_dispatch SET arrived = COALESCE(arrived, ?), filed = COALESCE(filed, ?),"
    " due_next = CASE WHEN arrived IS NOT NULL THEN due_next"
    " WHEN answered IS NOT NULL OR refused IS NOT NULL THEN NULL"
    " WHEN first_at IS NOT NULL THEN ? + limit_full"
    " WHEN seen IS NOT NULL THEN ? + COALESCE(limit_first, limit_full)"
    " ELSE ? + COALESCE(limit_seen, limit_first, limit_full) END"
    " WHERE id = ?"
)
_TIMES_OF = (
    "SELECT id, case_id, committed, arrived, filed, seen, refused, quarantined FROM requests_dispatch WHERE id IN"
)
_TOLD = " RETURNING case_id, committed, arrived, filed, seen, refused, quarantined"
_SEEN = (
    "UPDATE requests_dispatch SET seen = COALESCE(seen, ?),"
    " due_next = CASE WHEN seen IS NOT NULL OR arrived IS NULL THEN due_next"
    " WHEN answered IS NOT NULL OR refused IS NOT NULL THEN NULL"
    " WHEN first_at IS NOT NULL THEN arrived + limit_full"
    " ELSE arrived + COALESCE(limit_first, limit_full) END"
    " WHERE id = ?"
)
_QUARANTINED = "UPDATE requests_dispatch SET quarantined = COALESCE(quarantined, ?) WHERE id = ?"
_REFUSED = (
    "UPDATE requests_dispatch SET refused = COALESCE(refused, ?), refused_code = COALESCE(refused_code, ?),"
    " due_next = NULL WHERE id = ?"
)
# An answer of ours that their law refused has answered nothing: the question is open again, with its old limit.
_REOPEN = (
    "UPDATE requests_dispatch SET answered = NULL, answered_by = NULL, outward = NULL, withdrawn = NULL, converted = NULL,"
    " due_next = arrived + limit_full"
    " WHERE answered_by = ?"
    " AND id = (SELECT re FROM requests_dispatch WHERE id = ?)"
)
_FIRST_ANSWER = (
    "UPDATE requests_dispatch SET first_at = COALESCE(first_at, ?),"
    " due_next = CASE WHEN answered IS NULL AND refused IS NULL THEN arrived + limit_full END"
    " WHERE id = ? AND ours = ?"
)
# An answer that was on its way when the question was taken back is an answer all the same.
_ANSWERED = (
    "UPDATE requests_dispatch SET first_at = COALESCE(first_at, ?), answered = ?, answered_by = ?, outward = ?,"
    " withdrawn = NULL, converted = NULL, due_next = NULL"
    " WHERE id = ? AND ours = ? AND (answered IS NULL OR withdrawn IS NOT NULL OR converted IS NOT NULL)"
)
_WITHDRAWN = (
    "UPDATE requests_dispatch SET answered = ?, answered_by = ?, withdrawn = ?, due_next = NULL"
    " WHERE id = ? AND ours = ? AND answered IS NULL AND refused IS NULL"
)
_CONVERTED = (
    "UPDATE requests_dispatch SET answered = ?, answered_by = ?, converted = ?, due_next = NULL"
    " WHERE id = ? AND kind = 'rfi' AND answered IS NULL AND refused IS NULL"
)
_PASSED = "UPDATE requests_dispatch SET passed_to = ?, passed_by = ? WHERE id = ? AND ours = ? AND answered IS NULL"
_UNDONE = (
    "UPDATE requests_dispatch SET passed_to = NULL, passed_by = NULL WHERE passed_by = ?",
    "UPDATE requests_keeping SET kept = NULL, answer = NULL WHERE answer = ?",
    "UPDATE requests_feedback SET feedback = NULL, at = NULL, useful = NULL, used = NULL WHERE feedback = ?",
    "DELETE FROM requests_feedback WHERE answer = ?",
    "DELETE FROM requests_keeping WHERE id = ?",
    "DELETE FROM requests_treaty WHERE id = ?",
    "DELETE FROM requests_assurance WHERE id = ?",
)
"""What a dispatch did that the other side's law then refused has not happened."""
_MARK = (
    "INSERT INTO requests_mark (target, ours, by_id, kind, part, at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (target, by_id) DO NOTHING"
)

_LAST = (
    "SELECT c.id, COALESCE(c.moved, c.opened), d.committed, d.arrived, d.filed, d.seen, d.refused, d.quarantined"
    " FROM requests_dispatch d JOIN requests_case c ON c.id = d.case_id WHERE d.id = ?"
)
_MOVED = "UPDATE requests_case SET moved = ? WHERE id = ? AND COALESCE(moved, opened) < ?"


# --- writing ---------------------------------------------------------------------------------------------------


def insert_dispatch(tx: Tx, arguments: tuple[Scalar, ...]) -> bool:
    """Write one dispatch; return whether it was new."""
    return tx.run(INSERT_DISPATCH, arguments) > 0


def open_case(tx: Tx, case: CaseId, year: int, at: Ms, *, ours: bool) -> bool:
    """Give a case the next number of the year; return whether it was not there. One that we open ourselves is new."""
    if ours or is_absent(tx, _NEW_CASES, case):
        tx.later(_NEW_CASE, (case, year, _next_number(tx, year), at))
        return True
    return _open_asked(tx, case, year, at)


def _next_number(tx: Tx, year: int) -> int:
    """Return the next number of a year's cases, which its caller gives to a case that is sure to be new."""
    last = tx.memory.get(f"{_NUMBERED}{year}")
    if not isinstance(last, int):
        found = tx.rows(_LAST_CASE, (year,))
        last = int_of(found[0][0]) if found else 0
    tx.memory[f"{_NUMBERED}{year}"] = last + 1
    return last + 1


def _open_asked(tx: Tx, case: CaseId, year: int, at: Ms) -> bool:
    """Give a case the next number unless it is there; return whether it was not."""
    written(tx, _NEW_CASES)
    tx.memory.pop(f"{_NUMBERED}{year}", None)
    return tx.run(_OPEN_CASE, (case, year, year, at)) > 0


def foresee_cases(tx: Tx, cases: Sequence[bytes]) -> None:
    """Ask which of these cases are there, and remember those that are not."""
    foresee(tx, _NEW_CASES, cases, "SELECT id FROM requests_case WHERE id IN")


def file_in_case(tx: Tx, case: CaseId, year: int, at: Ms) -> None:
    """Note that something was filed in a case; one that is not there gets the next number of the year."""
    if not tx.run(_MOVED, (at, case, at)):
        _open_asked(tx, case, year, at)


def note_their_number(tx: Tx, case: CaseId, number: str) -> None:
    """Keep the other side's number of a case; the first that it gave stays."""
    tx.run("UPDATE requests_case SET theirs = COALESCE(theirs, ?) WHERE id = ?", (number, case))


def unfile(tx: Tx, dispatch: DispatchId) -> None:
    """Take back that what this transaction wrote is filed: it is settled at another time."""
    tx.run("UPDATE requests_dispatch SET filed = NULL WHERE id = ?", (dispatch,))


def note_arrived(tx: Tx, dispatch: DispatchId, at: Ms, filed: Ms | None) -> None:
    """Note that it arrived, and was filed if `filed` says when; its limits begin, and its case has moved.

    What arrived and is held until its predecessors are there has no row yet: its time is kept for the day it is filed.
    """
    said = (at, filed, at, at, at, dispatch)
    known = _foreseen(tx, dispatch)
    if known is not None:
        tx.later(_ARRIVED, said)
        case, committed, arrived, was_filed, *others = known
        times = [committed, at if arrived is None else arrived, filed if was_filed is None else was_filed, *others]
        _move(tx, case, times)
    elif found := tx.rows(_ARRIVED + _TOLD, said):
        case, *times = found[0]
        _move(tx, case, times)
    else:
        tx.later("INSERT INTO requests_early (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (dispatch, at))


def _move(tx: Tx, case: Scalar, times: Sequence[Scalar]) -> None:
    """Note that a case has moved, if the last of these times is later than it did before."""
    last = max((int_of(one) for one in times if one is not None), default=0)
    tx.later(_MOVED, (last, case, last))


def foresee_times(tx: Tx, dispatches: Sequence[DispatchId]) -> None:
    """Ask for the times of dispatches whose receipts are taken next, and remember each until its first receipt is noted."""
    tx.memory[_TIMES] = {row[0]: row[1:] for row in rows_among(tx, _TIMES_OF, dispatches)}


def _foreseen(tx: Tx, dispatch: DispatchId) -> Row | None:
    """Return what was foreseen of a dispatch, once: after that its row is another."""
    times = cast("dict[Scalar, Row]", tx.memory.get(_TIMES, {}))
    return times.pop(dispatch, None)


def arrived_before(tx: Tx, dispatch: DispatchId) -> Ms | None:
    """Return when a dispatch arrived that was held before it was filed, or None."""
    found = tx.rows("SELECT at FROM requests_early WHERE id = ?", (dispatch,))
    return ms_or_none(found[0][0]) if found else None


def note_seen(tx: Tx, dispatch: DispatchId, at: Ms) -> None:
    """Note that a desk has opened it."""
    tx.run(_SEEN, (at, dispatch))


def note_quarantined(tx: Tx, dispatch: DispatchId, at: Ms) -> None:
    """Note that it could not be opened."""
    tx.run(_QUARANTINED, (at, dispatch))


def note_refused(tx: Tx, dispatch: DispatchId, code: str | None, at: Ms) -> None:
    """Note that the receiving law or accord said no; what it had answered is open again."""
    tx.run(_REFUSED, (at, code, dispatch))
    tx.run(_REOPEN, (dispatch, dispatch))
    for statement in _UNDONE:
        tx.run(statement, (dispatch,))


def note_first_answer(tx: Tx, request: DispatchId, ours: bool, at: Ms) -> None:  # noqa: FBT001  a column's value
    """Note a part or holding answer to a request, which is ours or theirs; its full limit goes on."""
    tx.run(_FIRST_ANSWER, (at, request, int(ours)))


def note_answered(tx: Tx, request: DispatchId, ours: bool, by: DispatchId, outward: str | None, at: Ms) -> None:  # noqa: FBT001, PLR0917  the columns in order
    """Note the answer, refusal or acceptance that ends a request."""
    tx.run(_ANSWERED, (at, at, by, outward, request, int(ours)))


def note_withdrawn(tx: Tx, request: DispatchId, ours: bool, by: DispatchId, at: Ms) -> None:  # noqa: FBT001  a column's value
    """Note that its own asker took a question back; one that was answered before stays answered."""
    tx.run(_WITHDRAWN, (at, by, at, request, int(ours)))


def note_converted(tx: Tx, request: DispatchId, by: DispatchId, at: Ms) -> None:
    """Note that a question goes on by treaty, by either side's word; one that was answered before stays answered."""
    tx.run(_CONVERTED, (at, by, at, request))


def note_passed(tx: Tx, dispatch: DispatchId, ours: bool, agency: str, by: DispatchId) -> None:  # noqa: FBT001  a column's value
    """Note which agency of the side that received it has it now; its limits stay."""
    tx.run(_PASSED, (agency, by, dispatch, int(ours)))


def mark(tx: Tx, target: DispatchId, ours: bool, by: DispatchId, kind: str, part: str | None, at: Ms) -> None:  # noqa: FBT001, PLR0917  the columns in order
    """Leave the mark of a recall or correction; it stands also if the target has not come yet."""
    tx.run(_MARK, (target, int(ours), by, kind, part, at))


def note_moved(tx: Tx, dispatch: DispatchId) -> None:
    """Note in its case when a dispatch was last filed or receipted here, by its own row; a repeat changes nothing."""
    found = tx.rows(_LAST, (dispatch,))
    if found:
        case, known, *times = found[0]
        at = max((int_of(one) for one in times if one is not None), default=0)
        if at > int_of(known):
            tx.run(_MOVED, (at, case, at))


# --- reading ---------------------------------------------------------------------------------------------------


def dispatch(tx: Tx, id_: DispatchId) -> DispatchRow | None:
    """Return one dispatch with its header and body, or None."""
    found = tx.rows(WHOLE + "WHERE d.id = ?", (id_,))
    return dispatch_of(found[0]) if found else None


def kind_of(tx: Tx, id_: DispatchId) -> str:
    """Return the kind of a dispatch, "" for one that is not here."""
    found = tx.rows("SELECT kind FROM requests_dispatch WHERE id = ?", (id_,))
    return text_of(found[0][0]) if found else ""


def due(tx: Tx, *, ours: bool, limit: int) -> tuple[DispatchRow, ...]:
    """Return what is owed something, by time left, so the longest overdue first."""
    found = tx.rows(
        LIST + "WHERE d.ours = ? AND d.due_next IS NOT NULL ORDER BY d.due_next, d.id LIMIT ?", (int(ours), limit)
    )
    return tuple(dispatch_of(row) for row in found)


def timeline(tx: Tx, case: CaseId) -> tuple[DispatchRow, ...]:
    """Return all dispatches of a case, oldest first, with header and body."""
    return tuple(dispatch_of(row) for row in tx.rows(WHOLE + "WHERE d.case_id = ? ORDER BY d.created, d.id", (case,)))


_CASES = (
    "SELECT c.id, c.year, c.seq, c.theirs, c.opened, MIN(d.due_next), MAX(d.created), COUNT(d.id)"
    " FROM requests_case c JOIN requests_dispatch d ON d.case_id = c.id"
)

_OWED_FIRST = "SELECT case_id FROM requests_dispatch WHERE due_next IS NOT NULL GROUP BY case_id ORDER BY MIN(due_next), case_id LIMIT ?"
_MOVED_LAST = (
    "SELECT c.id FROM requests_case c WHERE NOT EXISTS (SELECT 1 FROM requests_dispatch d WHERE d.case_id = c.id"
    " AND d.due_next IS NOT NULL) ORDER BY COALESCE(c.moved, c.opened) DESC, c.id DESC LIMIT ?"
)


def cases(tx: Tx, *, limit: int) -> tuple[CaseRow, ...]:
    """Return the cases: what is owed soonest first, then those where nothing is owed, the last moved first."""
    owed = [bytes_of(row[0]) for row in tx.rows(_OWED_FIRST, (limit,))]
    others = [bytes_of(row[0]) for row in tx.rows(_MOVED_LAST, (limit - len(owed),))]
    found = (case(tx, CaseId(id_)) for id_ in (*owed, *others))
    return tuple(one for one in found if one is not None)


def case(tx: Tx, id_: CaseId) -> CaseRow | None:
    """Return one case, or None."""
    found = tx.rows(_CASES + " WHERE c.id = ? GROUP BY c.id, c.year, c.seq, c.theirs, c.opened", (id_,))
    return _case(tx, found[0]) if found else None


def counts(tx: Tx, begins: Ms, ends: Ms, now: Ms) -> tuple[ItemCount, ...]:
    """Return by workplan item what moved between `begins` and `ends` (not included), and what is overdue at `now`."""
    moved = tx.rows(
        "SELECT item, COUNT(*) FROM requests_dispatch WHERE created >= ? AND created < ? GROUP BY item", (begins, ends)
    )
    late = tx.rows(
        "SELECT item, ours, COUNT(*) FROM requests_dispatch WHERE ours IN (0, 1) AND due_next <= ? GROUP BY item, ours",
        (now,),
    )
    found: dict[Scalar, dict[str, int]] = {item: {"moved": int_of(count)} for item, count in moved}
    for item, ours, count in late:
        found.setdefault(item, {})["they" if ours else "we"] = int_of(count)
    return tuple(
        ItemCount(
            None if item is None else text_of(item), number.get("moved", 0), number.get("we", 0), number.get("they", 0)
        )
        for item, number in sorted(found.items(), key=lambda entry: (entry[0] is None, str(entry[0])))
    )


def marked(tx: Tx, target: DispatchId, *, ours: bool) -> bool:
    """Say whether the side that sends the target has recalled or corrected it."""
    return bool(tx.rows("SELECT 1 FROM requests_mark WHERE target = ? AND ours = ? LIMIT 1", (target, int(ours))))


def _case(tx: Tx, row: Row) -> CaseRow:
    opener = tx.rows(LIST + "WHERE d.id = ?", (row[0],))
    return CaseRow(
        id=CaseId(bytes_of(row[0])),
        year=int_of(row[1]),
        seq=int_of(row[2]),
        theirs=text_or_none(row[3]),
        opened=Ms(int_of(row[4])),
        due_next=ms_or_none(row[5]),
        last=Ms(int_of(row[6])),
        dispatches=int_of(row[7]),
        opener=dispatch_of(opener[0]) if opener else None,
    )
