"""When what is held must go: review dates from label, law and accord, what is due, and holds that stop it.

The rule it keeps: nothing is erased by a clock. A date makes a dispatch due, two persons erase it or a hold with a reason
keeps it; what has neither stays due and is shown, and so does the rest of what was erased in part.
"""  # spec: vocabulary.md 2, retention period

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import CaseId, DispatchId, Ms, new_dispatch_id
from comity.dispatch import records, wire
from comity.dispatch.accord import Accord
from comity.dispatch.book import Book, Ledger, LogRole, log_row
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.decision import verdict_in
from comity.dispatch.entries import Fact
from comity.dispatch.holding import day_ends
from comity.dispatch.office import Office
from comity.dispatch.partsrow import GONE, parts_of
from comity.dispatch.ports import Row, Tx
from comity.dispatch.states import Officer
from comity.dispatch.stops import read_stops
from comity.node.erasures import Erasure, erasures, left_of, waiting

KEEPERS = frozenset({"desk-lead", "legal-officer"})
"""Roles whose holders hold, ask for an erasure, and make it."""
LEGAL = "legal-officer"
"""The role of at least one of the two who erase."""
OURS, THEIRS, CUSTODY = "ours", "theirs", "custody"
OVER = "ended"
"""Why something is due: the accord has ended."""
HOLD = "comity/hold/1"
_SALT_BYTES, _BATCH, _DAY_MS = 32, 4_096, 86_400_000
_LONGEST, _SLICES = 2_000, 16
MOST = 20_000
"""Rows without a day that are looked at where somebody asks, before `note_days` came to them."""
_RETAIN = "retain-max-days"


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold in force: on a dispatch or on a case, by its 16 bytes."""

    id: DispatchId
    target: bytes
    reason: str
    by: tuple[str, int]
    at: Ms


@dataclass(frozen=True, slots=True)
class Due:
    """One dispatch whose day has come.

    Attributes:
        dispatch: which.
        whose: `ours`, `theirs`, or `custody` for what our law did not admit and the custodian has.
        desk, kind, case: of it; in custody empty and None, nobody has read it.
        at: its day.
        why: what set the day: `label`, `law`, `accord`, `custody` or `ended`.
        left: parts that are held still, in order; fewer than all where it was erased in part.
        hold: the hold that keeps it; None if none does.
        asked: desk and number of who asked for its erasure; None if nobody did.
    """

    dispatch: DispatchId
    whose: str
    desk: str
    kind: str
    case: CaseId | None
    at: Ms
    why: str
    left: tuple[str, ...]
    hold: Hold | None
    asked: tuple[str, int] | None


# --- the days ----------------------------------------------------------------------------------------------------------

_FILED = f"settled_at IS NOT NULL AND fact = {int(Fact.FILED)}"  # as the index says it
_OURS = "SELECT id, plain, case_id, sent_at FROM sent t WHERE settled_at IS NOT NULL"
_THEIRS = f"SELECT id, plain, case_id, settled_at FROM got t WHERE {_FILED}"  # noqa: S608  the line above
_SETTLED_BY_CUT = f"settled_at IS NOT NULL AND fact = {int(Fact.ARRIVED)} AND plain IS NOT NULL"
_CUT_OFF = f"SELECT id, plain, case_id, settled_at FROM got t WHERE {_SETTLED_BY_CUT}"  # noqa: S608  the line above
"""What had only arrived above the cut of a log whose key was stolen, and is settled by the cut."""
_IN_CUSTODY = "SELECT id, since FROM custody t WHERE since IS NOT NULL"
_NO_DAY = " AND NOT EXISTS (SELECT 1 FROM review r WHERE r.dispatch = t.id)"
_WITHIN = " AND receipt_idx > ? AND receipt_idx <= ?"
_UNRECEIPTED = " AND receipt_idx IS NULL"
"""Of what was settled only what was withdrawn: few, whatever the length of the log."""
_SETTLED = {
    OURS: "FROM sent WHERE settled_at IS NOT NULL AND receipt_idx > ?",
    THEIRS: f"FROM got WHERE {_FILED} AND receipt_idx > ?",
}
_BOTTOM, _TOP = -(1 << 62), 1 << 62
_NOTE = (
    "INSERT INTO review (dispatch, whose, desk, kind, case_id, at, why) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (dispatch) DO NOTHING"
)


@dataclass(slots=True)
class Looked:
    """How far it was looked for what has no day, by the leaves of the receipts; lost with the process.

    A receipt that comes later stands later in its log, but for what a put-back store files again: so each day all are gone
    through once more, by the index alone, and whoever asks in between is told of what is new.

    Attributes:
        logs: of which the leaves are, the peer's and ours; other ones after a cut.
        at: how far `note_days` is, in the peer's log and in ours.
        before: how far all was gone through.
    """

    logs: tuple[str, ...] = ()
    at: tuple[int, int] = (_BOTTOM, _BOTTOM)
    before: tuple[int, int] = (_BOTTOM, _BOTTOM)

    def within(self, tx: Tx) -> Looked:
        """Return it as it counts for the logs of now."""
        rows = (log_row(tx, role) for role in (LogRole.THEIRS, LogRole.OURS))
        logs = tuple("" if row is None else row.origin for row in rows)
        return self if logs == self.logs else Looked(logs)


def note_days(ledger: Ledger, accord: Accord, looked: Looked | None = None) -> bool:
    """Give settled dispatches their day, each once, 4,096 of ours and of theirs at a time; return whether more are left.

    Args:
        ledger: of the node.
        accord: whose timers count.
        looked: how far was looked before; it is brought up to what is looked at now.
    """
    looked = Looked() if looked is None else looked
    found, whole = 0, False
    for _ in range(_SLICES):
        found, whole = _look_on(ledger, accord, looked)
        if found or whole:
            break
    return not whole or found >= _BATCH


def _look_on(ledger: Ledger, accord: Accord, looked: Looked) -> tuple[int, bool]:
    """Look through the next receipts; return how many days were noted, and whether these were the last ones."""
    with ledger.read() as tx:
        since = looked.within(tx)
        ends = [_end(tx, whose, after) for whose, after in zip(_SETTLED, since.at, strict=True)]
        newest = [_newest(tx, whose, after) for whose, after in zip(_SETTLED, since.at, strict=True)]
        ours, theirs = (new if end is None else end for end, new in zip(ends, newest, strict=True))
        found = without_day(tx, accord, spans=[(since.at[0], ours), (since.at[1], theirs)])
    if found:
        with ledger.begin() as book:
            book.tx.many(_NOTE, found)
    whole = ends == [None, None]
    looked.at, looked.before = ((_BOTTOM, _BOTTOM), (ours, theirs)) if whole else ((ours, theirs), since.before)
    looked.logs = since.logs  # last: whoever reads meanwhile looks from the beginning
    return len(found), whole


def _end(tx: Tx, whose: str, after: int) -> int | None:
    """Return the receipt with which the next 4,096 end; None if there are not so many."""
    rows = tx.rows(f"SELECT receipt_idx {_SETTLED[whose]} ORDER BY receipt_idx LIMIT 1 OFFSET ?", (after, _BATCH - 1))
    return int_of(rows[0][0]) if rows else None


def _newest(tx: Tx, whose: str, after: int) -> int:
    found = tx.rows(f"SELECT max(receipt_idx) {_SETTLED[whose]}", (after,))[0][0]
    return after if found is None else int_of(found)


def note_day(book: Book, accord: Accord, dispatch: DispatchId) -> None:
    """Give one settled dispatch its day, if it has none yet."""
    asked = f" AND id = ?{_NO_DAY}"
    rows = [(OURS, row) for row in book.tx.rows(_OURS + asked, (dispatch,))]
    rows += [(THEIRS, row) for which in (_THEIRS, _CUT_OFF) for row in book.tx.rows(which + asked, (dispatch,))]
    book.tx.many(_NOTE, _rows(book.tx, accord, rows, book.tx.rows(_IN_CUSTODY + asked, (dispatch,))))


def without_day(
    tx: Tx, accord: Accord, most: int = _BATCH, *, spans: Sequence[tuple[int, int]] = ((_BOTTOM, _TOP),) * 2
) -> list[tuple[bytes | str | int | None, ...]]:
    """Return the rows of `review` that `note_days` has not written yet: dispatch, whose, desk, kind, case, day, why.

    Args:
        tx: a snapshot.
        accord: whose timers count.
        most: so many of each at most.
        spans: of the receipts that are looked at, of ours and of theirs: above the first leaf, up to the second.
    """
    rows: list[tuple[str, Row]] = []
    for (whose, statement), span in zip(((OURS, _OURS), (THEIRS, _THEIRS)), spans, strict=True):
        within = statement + _WITHIN + _NO_DAY + " ORDER BY receipt_idx LIMIT ?"
        rows += [(whose, row) for row in tx.rows(within, (*span, most))]
        rows += [(whose, row) for row in tx.rows(f"{statement}{_UNRECEIPTED}{_NO_DAY} LIMIT ?", (most,))]
    rows += [(THEIRS, row) for row in tx.rows(f"{_CUT_OFF}{_NO_DAY} LIMIT ?", (most,))]
    return _rows(tx, accord, rows, tx.rows(f"{_IN_CUSTODY}{_NO_DAY} LIMIT ?", (most,)))


def _rows(
    tx: Tx, accord: Accord, rows: Sequence[tuple[str, Row]], custody: Sequence[Row]
) -> list[tuple[bytes | str | int | None, ...]]:
    over = False
    if rows or custody:
        over = read_stops(tx).ended
    found = [day_of(whose, row, tx, accord, over=over) for whose, row in rows if row[1] is not None]
    span = 0 if over else custody_span(accord)
    for id_, since in custody:
        found.append((bytes_of(id_), CUSTODY, "", "", None, int_of(since) + span, OVER if over else CUSTODY))
    return found


def custody_span(accord: Accord) -> int:
    """Return how long what our law refused lies with the custodian, milliseconds."""
    return dict(accord.timers).get("custody", accord.timer("quarantine-keep"))


def custody_day(since: Ms, tx: Tx, accord: Accord) -> Ms:
    """Return from when something in custody may be destroyed: at once after the end of the accord."""
    return since if read_stops(tx).ended else Ms(since + custody_span(accord))


def day_of(whose: str, row: Row, tx: Tx, accord: Accord, *, over: bool) -> tuple[bytes | str | int | None, ...]:
    """Return the row of one dispatch: the earliest day of its label, our law, about a person the accord, and its end.

    Args:
        whose: `ours` or `theirs`.
        row: its id, parts, case, and the time from which its days count.
        tx: the snapshot.
        accord: in force.
        over: the accord has ended.
    """
    id_, plain, case, since = row
    header_part, *rest = parts_of(bytes_of(plain))
    header = wire.decode_header(header_part.content)
    at: int | None
    if header.desk == "node" or all(part == GONE for part in rest):
        at, why = None, ""  # manifests, keys and the like: no case data, and the audit needs them; or nothing is left
    elif over and whose == THEIRS:
        at, why = int_of(since), OVER
    else:
        at, why = min(_days(header.labels, row, tx, accord), default=(None, ""))
    return (bytes_of(id_), whose, header.desk, header.kind, None if case is None else bytes_of(case), at, why)


def _days(labels: wire.WireLabels, row: Row, tx: Tx, accord: Accord) -> list[tuple[int, str]]:
    """Return each day of one dispatch with what set it: label, our law, or, where neither says anything, the accord."""
    since = int_of(row[3])
    days: list[tuple[int, str]] = [(end, "label") for end in day_ends(labels)]
    days += [(since + span, "law") for span in ordered(bytes_of(row[0]), tx)]
    span = dict(accord.timers).get("retention")
    if labels.categories and span is not None and not days:
        days.append((since + span, "accord"))
    return days


def ordered(dispatch: bytes, tx: Tx) -> list[int]:
    """Return the spans that our law set when it cleared or admitted the dispatch, milliseconds."""
    rows = tx.rows("SELECT record FROM record WHERE dispatch = ? AND kind IN ('sent', 'received')", (dispatch,))
    verdicts = (verdict_in(bytes_of(row[0])) for row in rows)
    duties = (duty for one in verdicts if one is not None for duty in one.obligations)
    return [int(duty.value) * _DAY_MS for duty in duties if duty.verb == _RETAIN]


def all_due(tx: Tx, now: Ms) -> None:
    """Let all that the other side gave become due: the accord has ended, and two persons destroy it or a hold keeps it."""
    # spec: vocabulary.md 5, Accord state
    tx.run(
        "UPDATE review SET at = ?, why = ? WHERE whose IN (?, ?) AND desk <> 'node' AND (at IS NULL OR at > ?)",
        (now, OVER, THEIRS, CUSTODY, now),
    )


def due(tx: Tx, accord: Accord, now: Ms, looked: Looked | None = None) -> tuple[Due, ...]:
    """Return what is past its day and not erased, or erased in part only, the longest overdue first; nothing is written.

    What was settled since `note_days` last went through all, as `looked` says, is looked at here.
    """
    before = (Looked() if looked is None else looked).within(tx).before
    known = erasures(tx)
    rows = tx.rows("SELECT dispatch, whose, desk, kind, case_id, at, why FROM review WHERE at <= ?", (now,))
    rows += [
        one
        for one in without_day(tx, accord, MOST, spans=[(since, _TOP) for since in before])
        if one[5] is not None and int_of(one[5]) <= now
    ]
    holds = {one.target: one for one in holds_in_force(tx)}
    found = (_due(row, holds, known.get(bytes_of(row[0]), [])) for row in rows)
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.at, one.dispatch)))


def _due(row: Row, holds: dict[bytes, Hold], erased: list[Erasure]) -> Due | None:
    id_, whose, desk, kind, case, at, why = row
    left, asked = left_of(erased, whole=whose == CUSTODY), waiting(erased)
    if not left:
        return None
    of_case = None if case is None else CaseId(DispatchId(bytes_of(case)))
    held = holds.get(bytes_of(id_)) or (None if of_case is None else holds.get(of_case))
    return Due(
        dispatch=DispatchId(bytes_of(id_)),
        whose=text_of(whose),
        desk=text_of(desk),
        kind=text_of(kind),
        case=of_case,
        at=Ms(int_of(at)),
        why=text_of(why),
        left=left,
        hold=held,
        asked=None if asked is None else asked.by,
    )


def next_due(tx: Tx, now: Ms) -> Ms | None:
    """Return when the next dispatch becomes due; None if none has a later day."""
    return ms_or_none(tx.rows("SELECT min(at) FROM review WHERE at > ?", (now,))[0][0])


# --- holds -------------------------------------------------------------------------------------------------------------


def holds_in_force(tx: Tx) -> tuple[Hold, ...]:
    """Return the holds that are not ended, oldest first."""
    rows = tx.rows("SELECT id, target, reason, desk, number, at FROM legal_hold WHERE ended_at IS NULL ORDER BY at, id")
    return tuple(
        Hold(DispatchId(bytes_of(i)), bytes_of(t), text_of(r), (text_of(d), int_of(n)), Ms(int_of(at)))
        for i, t, r, d, n, at in rows
    )


def hold_on(dispatch: bytes, case: bytes | None, tx: Tx) -> Hold | None:
    """Return a hold that keeps a dispatch: on itself or on its case."""
    return next((one for one in holds_in_force(tx) if one.target in {dispatch, case}), None)


def hold(target: bytes, reason: str, by: Officer, book: Book, office: Office, *, now: Ms) -> Hold:
    """Keep a dispatch or a case from being erased, whatever its day says.

    Raises:
        BadForm: no reason, or there is no such dispatch or case; nothing was changed.
        NotAllowed: the officer may not.
    """
    check_keeper(by, book.tx, office, now)
    if not reason.strip() or len(reason) > _LONGEST:
        raise BadForm(f"a hold needs a reason of at most {_LONGEST} characters; nothing was changed")
    known = "SELECT 1 FROM sent WHERE ? IN (id, case_id) UNION ALL SELECT 1 FROM got WHERE ? IN (id, case_id) LIMIT 1"
    if not book.tx.rows(known, (target, target)):
        raise BadForm("there is no dispatch or case of this number; nothing was changed")
    made = Hold(new_dispatch_id(now, office.entropy), target, reason.strip(), (by.desk, by.number), now)
    book.tx.run(
        "INSERT INTO legal_hold (id, target, reason, desk, number, at) VALUES (?, ?, ?, ?, ?, ?)",
        (made.id, target, made.reason, *made.by, now),
    )
    _record("hold", made, by, book, office, now=now)
    return made


def end_hold(hold_id: DispatchId, by: Officer, book: Book, office: Office, now: Ms) -> None:
    """End a hold.

    Raises:
        BadForm: there is none of this number in force.
        NotAllowed: the officer may not.
    """
    check_keeper(by, book.tx, office, now)
    found = next((one for one in holds_in_force(book.tx) if one.id == hold_id), None)
    if found is None:
        raise BadForm("there is no hold of this number in force; nothing was changed")
    book.tx.run("UPDATE legal_hold SET ended_at = ? WHERE id = ?", (now, hold_id))
    book.tx.run("DELETE FROM counter WHERE name IN ('purge-sent', 'purge-unopened')")  # what it kept is looked at again
    _record("hold-ended", found, by, book, office, now=now)


def check_keeper(by: Officer, tx: Tx, office: Office, now: Ms) -> frozenset[str]:
    """Return the roles of an officer who may hold and erase.

    Raises:
        NotAllowed: neither desk lead nor legal officer, or none of ours.
    """
    standing = office.powers.standing(tx, by.desk, by.number, now)
    if standing is None or not standing.roles & KEEPERS:
        raise NotAllowed("a desk lead or a legal officer holds and erases; nothing was changed")
    return standing.roles


def _record(kind: str, one: Hold, by: Officer, book: Book, office: Office, *, now: Ms) -> None:
    members: list[Value] = [HOLD, kind, one.id, one.target, one.reason, by.desk, by.number, now]
    records.keep(book, kind, None, office.entropy.draw(_SALT_BYTES), cbor.encode(members), now=now)
