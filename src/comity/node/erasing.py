"""Erasing what is held: two persons, salts and content destroyed, a leaf that says so, and logs that still verify.

The rule it keeps: header and salt 0 outlive the rest, so that a disclosure stays provable when its content is gone; what is
on hold, not settled, or not confirmed by another person is not erased. What was erased in part can be erased further.
"""  # spec: protocol.md 12, Erasing

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms, new_dispatch_id, show_id
from comity.dispatch import glass, records, wire
from comity.dispatch.accord import Accord
from comity.dispatch.book import Book, LogRole
from comity.dispatch.certificates import DESTROYED, SHRED, Certificate, encode_certificate
from comity.dispatch.closed import closed_at, real
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import DispatchLeaf
from comity.dispatch.office import Office
from comity.dispatch.partsrow import GONE, digests_of, parts_bytes, parts_of, without
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.node import attached
from comity.node.erasures import Erasure, erasures_of, shut_out, waiting
from comity.node.retention import LEGAL, check_keeper, custody_day, hold_on

ASKED = "comity/erasure-asked/1"
HOME = "comity/erased/1"
PARTS = {"body": 1, "attachments": 2, "author": 3}
"""Parts that can be destroyed, by their place; the header never."""
FILES = "attachments"
"""The part with the names, addresses and keys of its files, which are destroyed with it."""
_SALT_BYTES, _LONGEST, _BATCH = 32, 2_000, 256
_OF_HOME = "comity/task/1"
"""Records of our decision log that hold words of officers about a dispatch, not a decision."""


@runtime_checkable
class ErasesWords(Protocol):
    """A desk that keeps words of its dispatches in rows of its own."""

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:
        """Take the words of a dispatch, and what officers wrote at home about it, out of the desk's rows.

        Raises:
            BadForm: something in force rests on it; nothing was changed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure left: the leaf of our exchange log that says so, and when."""

    dispatch: DispatchId
    kind: str
    leaf: LeafIndex
    at: Ms


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a dispatch stands: its table, leaf, case, settled content, and the digests of the four parts once one is gone."""

    table: str
    id: DispatchId
    idx: int
    case: CaseId
    plain: bytes | None
    digests: bytes | None

    @property
    def left(self) -> tuple[str, ...]:
        """The parts that are held still, in order; in custody they go at once."""
        held = None if self.plain is None else parts_of(self.plain)
        return tuple(part for part, number in PARTS.items() if held is None or held[number] != GONE)


# --- asking and confirming -----------------------------------------------------------------------------------------------


def ask_erasure(
    dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms, *, parts: tuple[str, ...], reason: str
) -> None:
    """Ask that parts of a dispatch are erased; another person makes it.

    Raises:
        BadForm: it is not here, not settled, on hold, erased already or asked for already, or no part or reason is given.
            Of parts that are named only those count that are held still.
        NotAllowed: the officer may not.
    """
    check_keeper(by, book.tx, office, now)
    row = _row(dispatch, book.tx)
    _check_free(row, book.tx)
    _check_custody(row, book.tx, office, now)
    if not parts or not set(parts) <= PARTS.keys():
        raise BadForm(f"what can be erased is {', '.join(PARTS)}; the header stays. Nothing was changed")
    if not reason.strip() or len(reason) > _LONGEST:
        raise BadForm(f"an erasure needs a reason of at most {_LONGEST} characters; nothing was changed")
    before = erasures_of(dispatch, book.tx)
    if waiting(before) is not None:
        raise BadForm("its erasure was asked for already; another person confirms it. Nothing was changed")
    named = " ".join(part for part in row.left if part in parts)
    if not named:
        raise BadForm("it was erased already; nothing was changed")
    key, about = (new_dispatch_id(now, office.entropy), dispatch) if before else (dispatch, None)
    book.tx.run(
        "INSERT INTO erasure (dispatch, about, parts, reason, desk, number, asked_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (key, about, named, reason.strip(), by.desk, by.number, now),
    )
    _note(ASKED, [dispatch, named, reason.strip(), by.desk, by.number, now], book, office, now)


def confirm_erasure(dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms) -> Erased:
    """Make an erasure that another person asked for; one of the two is a legal officer.

    Raises:
        BadForm: nobody asked, it was done, or it is on hold; nothing was changed.
        NotAllowed: the same person, or neither of the two is a legal officer.
    """
    roles = check_keeper(by, book.tx, office, now)
    wish = _asked(dispatch, book.tx)
    asker = wish.by
    if asker == (by.desk, by.number):
        raise NotAllowed("another person than the one who asked confirms an erasure; nothing was changed")
    first = office.powers.standing(book.tx, *asker, now)
    if LEGAL not in roles and (first is None or LEGAL not in first.roles):
        raise NotAllowed("one of the two who erase is a legal officer; nothing was changed")
    row = _row(dispatch, book.tx)
    _check_free(row, book.tx)
    _check_custody(row, book.tx, office, now)
    return _erase(row, wish, by, book, office, now=now)


def refuse_erasure(dispatch: DispatchId, by: Officer, book: Book, office: Office, now: Ms) -> None:
    """Take back a request for an erasure that was not made; who asked may too.

    Raises:
        BadForm: nobody asked, or it was done.
        NotAllowed: the officer may not.
    """
    check_keeper(by, book.tx, office, now)
    wish = _asked(dispatch, book.tx)
    book.tx.run("DELETE FROM erasure WHERE dispatch = ? AND done_at IS NULL", (wish.key,))
    _note(ASKED, [dispatch, "", "taken back", by.desk, by.number, now], book, office, now)


def _asked(dispatch: DispatchId, tx: Tx) -> Erasure:
    wish = waiting(erasures_of(dispatch, tx))
    if wish is None:
        raise BadForm("nobody asked for this erasure, or it was done; nothing was changed")
    return wish


def _row(dispatch: DispatchId, tx: Tx) -> _Row:
    for table in ("sent", "got"):
        rows = tx.rows(
            f"SELECT idx, case_id, plain, settled_at, digests FROM {table} WHERE id = ?",  # noqa: S608  our two tables
            (dispatch,),
        )
        if not rows:
            continue
        idx, case, plain, settled, digests = rows[0]
        if idx is None or settled is None:
            raise BadForm("it is not settled: its receipt is still to come. Nothing was changed")
        of_case = CaseId(dispatch if case is None else bytes_of(case))
        content, known = (None if one is None else bytes_of(one) for one in (plain, digests))
        row = _Row(table, dispatch, int_of(idx), of_case, content, known)
        if not row.left:
            raise BadForm("it was erased already; nothing was changed")
        return row
    raise BadForm(f"this node does not hold {show_id(dispatch)}; nothing was changed")


def _check_free(row: _Row, tx: Tx) -> None:
    held = hold_on(row.id, row.case, tx)
    if held is not None:
        raise BadForm("it is on hold, and a hold stops every erasure; end the hold first. Nothing was changed")
    if row.plain is None and not tx.rows("SELECT 1 FROM custody WHERE id = ?", (row.id,)):
        raise BadForm("nothing of its content is held here; nothing was changed")
    open_drafts = "SELECT 1 FROM kept WHERE re = ? AND state = 'held' AND ended_at IS NULL AND became IS NULL LIMIT 1"
    if tx.rows(open_drafts, (row.id,)):
        raise BadForm("a draft that waits answers it; send or drop the draft first. Nothing was changed")


def _check_custody(row: _Row, tx: Tx, office: Office, now: Ms) -> None:
    """Check that what lies with the custodian is past the accord's period, and that nobody waits to have it opened."""
    rows = tx.rows("SELECT since FROM custody WHERE id = ?", (row.id,))
    if not rows:
        return
    if custody_day(Ms(int_of(rows[0][0])), tx, office.accord) > now:
        raise BadForm("it lies with the custodian until the accord's period is over. Nothing was changed")
    if tx.rows("SELECT 1 FROM custody_opening WHERE dispatch = ? AND state = 'asked'", (row.id,)):
        raise BadForm("somebody asked that it is opened; decide that first. Nothing was changed")


# --- destroying ----------------------------------------------------------------------------------------------------------


def _erase(row: _Row, wish: Erasure, by: Officer, book: Book, office: Office, *, now: Ms) -> Erased:
    parts = wish.parts
    leaf = book.entry(LogRole.OURS if row.table == "sent" else LogRole.THEIRS, row.idx)
    assert isinstance(leaf, DispatchLeaf)
    kind = SHRED if row.plain is not None else DESTROYED
    if row.plain is None:
        parts = tuple(PARTS)
        book.tx.run("DELETE FROM custody WHERE id = ?", (row.id,))
    else:
        _destroy_parts(row, parts, book, office)
    if FILES in parts:
        attached.shred(row.id, book.tx, now)
    role = LogRole.OURS if row.table == "sent" else LogRole.THEIRS
    closed = closed_at(book.tx, role, row.idx)
    origin = book.logs[role].origin if closed is None else closed.origin
    named = parts if kind == SHRED else ("header", *parts)  # in custody lay all four, as they came
    said = Certificate(kind, row.id, origin, LeafIndex(real(row.idx)), leaf.commit, named, now)
    place = glass.leaf(kind, encode_certificate(said), book, office, now)
    gone = _erase_home(row, book)
    members: list[Value] = [place, list(gone), row.id, kind, list(parts), by.desk, by.number, now]
    _note(HOME, members, book, office, now)
    certified = row.id if row.table == "sent" else None  # what was ours is nobody's to be told of
    book.tx.run(
        "UPDATE erasure SET done_at = ?, leaf = ?, certified = ? WHERE dispatch = ?", (now, place, certified, wish.key)
    )
    if wish.key != row.id:
        shut_out(book.tx)
    return Erased(row.id, kind, place, now)


def _destroy_parts(row: _Row, parts: tuple[str, ...], book: Book, office: Office) -> None:
    """Destroy salts, content and sealed bytes, in our rows and in those of the desk."""
    assert row.plain is not None
    held = parts_of(row.plain)
    left = parts_bytes(without(held, {PARTS[part] for part in parts}))
    nothing = b"" if row.table == "sent" else None
    book.tx.run(
        f"UPDATE {row.table} SET plain = ?, sealed = ?, digests = ? WHERE id = ?",  # noqa: S608  our two tables
        (left, nothing, digests_of(held, row.digests), row.id),
    )
    if row.table == "got":
        book.tx.run("DELETE FROM set_aside WHERE idx = ?", (row.idx,))
    desk: object = office.desks.get(wire.decode_header(held[0].content).desk)
    if isinstance(desk, ErasesWords):
        desk.erase(book.tx, row.id, row.case)


def _erase_home(row: _Row, book: Book) -> tuple[int, ...]:
    """Take away drafts of it or about it, and records of words that officers wrote at home; return their leaves."""
    book.tx.run("DELETE FROM kept WHERE id = ? OR became = ? OR re = ?", (row.id, row.id, row.id))
    found: list[int] = []
    for index, record in book.tx.rows("SELECT idx, record FROM record WHERE dispatch = ?", (row.id,)):
        value = cbor.decode(bytes_of(record))
        if isinstance(value, list) and value and value[0] == _OF_HOME:
            found.append(int_of(index))
    book.tx.many("DELETE FROM record WHERE idx = ?", [(index,) for index in found])
    return tuple(found)


def _note(version: str, members: list[Value], book: Book, office: Office, now: Ms) -> None:
    kind = records.ERASED if version == HOME else "erasure-asked"
    record = cbor.encode([version, *members])
    records.keep(book, kind, None, office.entropy.draw(_SALT_BYTES), record, now=now)


def purge_sealed(book: Book, accord: Accord, now: Ms) -> bool:
    """Destroy sealed bytes that nobody can want again: ours after their receipt, and what could not be opened.

    The latter is all that this node holds sealed and not opened: quarantined bytes, such as no longer open after the store was
    put back, and such as bring the program down and were never receipted; the last come again if they are still wanted.

    Returns:
        Whether more may be left: at most 256 of each go at once, so that nobody waits. What is on hold is kept.
    """  # spec: protocol.md 7 (bytes kept 30 days apart), 9 step 5
    ours = _past(book.tx, "sent", "purge-sent", "fact > 0 AND length(sealed) > 0", now - accord.timer("sealed-keep"))
    until = now - accord.timer("quarantine-keep")
    theirs = _past(book.tx, "got", "purge-unopened", "plain IS NULL AND sealed IS NOT NULL", until)
    theirs += _never_opened(book.tx, until)
    book.tx.many("UPDATE sent SET sealed = ? WHERE id = ?", [(b"", one) for one in ours])
    book.tx.many("UPDATE got SET sealed = NULL WHERE id = ?", [(one,) for one in theirs])
    book.tx.run(
        "DELETE FROM set_aside WHERE since <= ? AND NOT EXISTS (SELECT 1 FROM got t JOIN legal_hold h"
        " ON h.target IN (t.id, t.case_id) WHERE t.idx = set_aside.idx AND h.ended_at IS NULL)",
        (until,),
    )
    return max(len(ours), len(theirs)) >= _BATCH


def _never_opened(tx: Tx, until: int) -> list[bytes]:
    """Return dispatches of theirs that are not settled, whose leaf came by a time, and whose bytes nothing could open."""
    rows = tx.rows(
        "SELECT id FROM got t WHERE settled_at IS NULL AND known_at <= ? AND plain IS NULL AND sealed IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.ended_at IS NULL AND h.target IN (t.id, t.case_id)) LIMIT ?",
        (until, _BATCH),
    )
    return [bytes_of(row[0]) for row in rows]


def _past(tx: Tx, table: str, reached_by: str, which: str, until: int) -> list[bytes]:
    """Return the next dispatches of a table that were settled by a time, and remember how far was looked."""
    known = tx.rows("SELECT value FROM counter WHERE name = ?", (reached_by,))
    since = int_of(known[0][0]) if known and int_of(known[0][0]) <= until else -1  # a clock may have been ahead then
    rows = tx.rows(
        f"SELECT id, settled_at FROM {table} t WHERE settled_at > ? AND settled_at <= ? AND {which}"  # noqa: S608  our two tables
        " AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.ended_at IS NULL AND h.target IN (t.id, t.case_id))"
        " ORDER BY settled_at LIMIT ?",
        (since, until, _BATCH),
    )
    reached = until if len(rows) < _BATCH else int_of(rows[-1][1]) - 1
    # The place can go back when a hold ends; what was purged up to, by which the audit excuses, never does.
    for name, value in ((reached_by, max(reached, since)), (f"purged-{table}", until)):
        tx.run(
            "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
            " WHERE counter.value < excluded.value",
            (name, value),
        )
    return [bytes_of(row[0]) for row in rows]


def erased_leaves(dispatch: DispatchId, tx: Tx) -> list[tuple[LeafIndex, bytes, bytes]]:
    """Return the leaves that say that a dispatch was erased, one for each step, with the salts and records that open them.

    Raises:
        BadForm: it was not erased here.
    """
    rows = tx.rows(
        "SELECT o.idx, o.salt, o.record FROM erasure e JOIN opening o ON o.idx = e.leaf"
        " WHERE e.dispatch = ? OR e.about = ? ORDER BY e.done_at, o.at, o.idx",
        (dispatch, dispatch),
    )
    if not rows:
        raise BadForm(f"{show_id(dispatch)} was not erased here; there is no certificate")
    return [(LeafIndex(int_of(index)), bytes_of(salt), bytes_of(record)) for index, salt, record in rows]
