"""The files of dispatches between path and edge: which are to be fetched, whole, looked at, served, given out, erased.

The rule it keeps: what a transaction says of a file is said after the file's bytes are durable; that a person got one is in
our decision log before the first byte is given out.
"""  # spec: protocol.md 5, 7

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.base import cbor
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.dispatch import records, wire
from comity.dispatch.attached import FileState, coming, waits_on
from comity.dispatch.book import Book, Ledger
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import Fact
from comity.dispatch.holding import note_view
from comity.dispatch.inbound.follow import follow
from comity.dispatch.inbound.record import recalled
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Scalar, Tx
from comity.dispatch.states import Officer, Recorded
from comity.dispatch.stops import LEAVING, read_stops

GIVEN = "file-given"
_SALT = 32
_GIVEN_FORM = "comity/file-given/1"


@dataclass(frozen=True, slots=True)
class FileOf:
    """One file of one dispatch, as its committed part names it, and how far it has come.

    Attributes:
        dispatch, number: which; numbers count from 0.
        ours: we sent it.
        file: name, type, sizes, address and key.
        state: see there.
        found: type found by content, "" until it was looked at.
    """

    dispatch: DispatchId
    number: int
    ours: bool
    file: wire.Attachment
    state: FileState
    found: str


def files_of(dispatch: DispatchId, tx: Tx) -> tuple[FileOf, ...]:
    """Return the files of a dispatch that is held, ours or theirs; of erased ones address, length and state are left."""
    rows = tx.rows(
        "SELECT number, ours, cipher, cipher_size, state, found FROM attachment WHERE dispatch = ? ORDER BY number",
        (dispatch,),
    )
    if not rows:
        return ()
    named = dict(enumerate(_named(dispatch, bool(rows[0][1]), tx)))
    return tuple(
        FileOf(
            dispatch,
            int_of(number),
            bool(ours),
            named.get(int_of(number)) or wire.Attachment("", "", 0, int_of(size), Digest(bytes_of(cipher)), b""),
            FileState(text_of(state)),
            text_of(found),
        )
        for number, ours, cipher, size, state, found in rows
    )


def file_of(dispatch: DispatchId, number: int, tx: Tx) -> FileOf | None:
    """Return one file of a dispatch, or None."""
    return next((one for one in files_of(dispatch, tx) if one.number == number), None)


def _named(dispatch: DispatchId, ours: bool, tx: Tx) -> tuple[wire.Attachment, ...]:  # noqa: FBT001  a column's value
    rows = tx.rows(f"SELECT plain FROM {'sent' if ours else 'got'} WHERE id = ? AND plain IS NOT NULL", (dispatch,))  # noqa: S608  our two tables
    part = parts_of(bytes_of(rows[0][0]))[2].content if rows else b""
    return wire.decode_attachments(part) if part else ()


# --- fetching ------------------------------------------------------------------------------------------------------


def to_fetch(tx: Tx) -> tuple[FileOf, ...]:
    """Return the files that have not come, those of urgent dispatches first, then as they came."""
    return _in_state(FileState.COMING, tx)


def to_look_at(tx: Tx) -> tuple[FileOf, ...]:
    """Return the files that are whole and that nobody has looked into."""
    return _in_state(FileState.WHOLE, tx)


def _in_state(state: FileState, tx: Tx) -> tuple[FileOf, ...]:
    rows = tx.rows(
        "SELECT a.dispatch, a.number FROM attachment a JOIN got g ON g.id = a.dispatch WHERE a.state = ? AND a.ours = 0"
        " ORDER BY g.lane, a.since, a.dispatch, a.number",
        (state.value,),
    )
    found = (file_of(DispatchId(bytes_of(dispatch)), int_of(number), tx) for dispatch, number in rows)
    return tuple(one for one in found if one is not None and one.file.key)


def whole(ledger: Ledger, office: Office, one: FileOf, now: Ms) -> tuple[Recorded, ...]:
    """Note that all bytes of a file are here and durable, with the committed hash; file what waited for it alone.

    May be said again: the second time nothing happens.
    """
    with ledger.begin() as book:
        return _whole(book, office, one, now)


def _whole(book: Book, office: Office, one: FileOf, now: Ms) -> tuple[Recorded, ...]:
    changed = book.tx.run(
        "UPDATE attachment SET state = ?, since = ? WHERE dispatch = ? AND number = ? AND state = ?",
        (FileState.WHOLE.value, now, one.dispatch, one.number, FileState.COMING.value),
    )
    if not changed or coming(one.dispatch, book.tx):
        return ()
    return follow(waits_on(one.dispatch), book, office, now)


def give_up_recalled(ledger: Ledger, office: Office, one: FileOf, now: Ms) -> tuple[Recorded, ...] | None:
    """End a file that nobody wants any more because its dispatch was recalled before it came; None if it is wanted."""
    with ledger.begin() as book:
        if not recalled(one.dispatch, book) or not coming(one.dispatch, book.tx):
            return None
        row = "SELECT 1 FROM got WHERE id = ? AND fact = ?"
        if not book.tx.rows(row, (one.dispatch, int(Fact.ARRIVED))):
            return None
        book.tx.run(
            "UPDATE attachment SET state = ?, since = ? WHERE dispatch = ?", (FileState.ERASED.value, now, one.dispatch)
        )
        return follow(waits_on(one.dispatch), book, office, now)


def looked_at(ledger: Ledger, one: FileOf, state: FileState, found: str, now: Ms) -> None:
    """Note what a look into a whole file found."""
    with ledger.begin() as book:
        book.tx.run(
            "UPDATE attachment SET state = ?, found = ?, since = ? WHERE dispatch = ? AND number = ? AND state <> ?",
            (state.value, found, now, one.dispatch, one.number, FileState.ERASED.value),
        )


def look_again(ledger: Ledger, dispatch: DispatchId, number: int, now: Ms) -> None:
    """Have a file looked into anew whose scan did not come to an end, or for which there was none.

    Raises:
        BadForm: it is in another state.
    """
    again = (FileState.SCAN_FAILED.value, FileState.UNSCANNED.value)
    with ledger.begin() as book:
        if not book.tx.run(
            "UPDATE attachment SET state = ?, since = ? WHERE dispatch = ? AND number = ? AND ours = 0 AND state IN (?, ?)",
            (FileState.WHOLE.value, now, dispatch, number, *again),
        ):
            raise BadForm("only a file whose scan did not come to an end is looked at again; nothing was changed")


# --- serving and giving --------------------------------------------------------------------------------------------


def served(cipher: Digest, tx: Tx) -> int | None:
    """Return the length of a ciphertext of ours that the peer may fetch, or None: not ours, not sent, erased, or stopped.

    After the end of the accord the files of what does not cross any more do not either.
    """  # spec: vocabulary.md 5, Accord state
    rows = tx.rows(
        "SELECT cipher_size, dispatch FROM attachment WHERE cipher = ? AND ours = 1 AND state = ?",
        (cipher, FileState.CLEAN.value),
    )
    return int_of(rows[0][0]) if rows and _goes(rows[0][1], tx) else None


def _goes(dispatch: Scalar, tx: Tx) -> bool:
    if not read_stops(tx).ended:
        return True
    return any(row[0] in LEAVING for row in tx.rows("SELECT kind FROM sent WHERE id = ?", (dispatch,)))


def give(ledger: Ledger, office: Office, dispatch: DispatchId, number: int, by: Officer, *, now: Ms) -> FileOf:
    """Let a person have one file: it is clean and its dispatch filed; that it was given is in our decision log.

    Raises:
        NotAllowed: it is in quarantine, not here, or erased.
    """
    with ledger.begin() as book:
        one = file_of(dispatch, number, book.tx)
        if one is None or one.state is not FileState.CLEAN or not _filed(one, book.tx):
            raise NotAllowed(
                "this file cannot be opened: it is not whole, in quarantine, or erased; nothing was given out"
            )
        record = cbor.encode([_GIVEN_FORM, dispatch, number, one.file.cipher, by.desk, by.number, now])
        records.keep(book, GIVEN, dispatch, office.entropy.draw(_SALT), record, now=now)
        note_view(dispatch, by.desk, by.number, book.tx, now)
    return one


def _filed(one: FileOf, tx: Tx) -> bool:
    row = "SELECT 1 FROM got WHERE id = ? AND fact = ?"
    return one.ours or bool(tx.rows(row, (one.dispatch, int(Fact.FILED))))


# --- erasing -------------------------------------------------------------------------------------------------------


def shred(dispatch: DispatchId, tx: Tx, now: Ms) -> None:
    """Note that the files of a dispatch are destroyed, in the transaction that destroys the part with their keys.

    From then on none is served or given out. The store removes their bytes next, or at the next start: see `erased`. What
    drafts about the dispatch hold loses its keys too, and its bytes as every draft's that nobody hands in.
    """  # spec: protocol.md 12
    statement = "UPDATE attachment SET state = ?, found = '', since = ? WHERE dispatch = ?"
    tx.run(statement, (FileState.ERASED.value, now, dispatch))
    drafts = "SELECT id FROM kept WHERE re = ? OR id = ? OR became = ?"
    tx.run(
        f"UPDATE attaching SET key = ?, state = ?, name = '', since = 0 WHERE files IN ({drafts})",  # noqa: S608  our own columns
        (b"", FileState.ERASED.value, dispatch, dispatch, dispatch),
    )


def erased(tx: Tx) -> Iterator[Digest]:
    """Yield the addresses of files that no dispatch needs any more, for a start that finds their bytes still here."""
    rows = tx.rows(
        "SELECT cipher FROM attachment WHERE state = ? AND cipher NOT IN (SELECT cipher FROM attachment WHERE state <> ?)",
        (FileState.ERASED.value, FileState.ERASED.value),
    )
    for (cipher,) in rows:
        yield Digest(bytes_of(cipher))


def fetch_again(ledger: Ledger, cipher: Digest, now: Ms) -> None:
    """Have a file of theirs fetched again whose bytes are not on the disk, though it was whole: a folder put back."""
    with ledger.begin() as book:
        book.tx.run(
            "UPDATE attachment SET state = ?, found = '', since = ? WHERE cipher = ? AND ours = 0 AND state <> ?",
            (FileState.COMING.value, now, cipher, FileState.ERASED.value),
        )


def kept_files(tx: Tx) -> Iterator[tuple[Digest, int, bool]]:
    """Yield address and length of each sealed file that should be on this node's disk, and whether it is ours."""
    rows = tx.rows(
        "SELECT DISTINCT cipher, cipher_size, ours FROM attachment WHERE state NOT IN (?, ?)",
        (FileState.ERASED.value, FileState.COMING.value),
    )
    for cipher, size, ours in rows:
        yield Digest(bytes_of(cipher)), int_of(size), bool(ours)


def held_back(tx: Tx) -> tuple[int, int]:
    """Return how many files of theirs are coming, and how many are whole and stay in quarantine."""
    counts = {text_of(state): int_of(count) for state, count in tx.rows(_BY_STATE)}
    apart = (FileState.OTHER_TYPE, FileState.ACTIVE, FileState.INFECTED, FileState.SCAN_FAILED, FileState.UNSCANNED, FileState.UNOPENED)  # fmt: skip
    return counts.get(FileState.COMING.value, 0), sum(counts.get(one.value, 0) for one in apart)


def to_carry(gone: frozenset[LeafIndex], tx: Tx) -> tuple[tuple[Digest, int], ...]:
    """Return address and length of our files that media may carry, the most urgent first.

    Args:
        gone: places of dispatches that go on the same media; with them go the files of those that arrived before.
        tx: a transaction.
    """
    rows = tx.rows(
        "SELECT a.cipher, a.cipher_size, s.fact, coalesce(s.resealed_idx, s.idx), s.id FROM attachment a"
        " JOIN sent s ON s.id = a.dispatch WHERE a.ours = 1 AND a.state = ? AND s.fact < ? AND s.settled_at IS NULL"
        " ORDER BY s.lane, s.idx, a.number",
        (FileState.CLEAN.value, int(Fact.FILED)),
    )
    going = (row for row in rows if row[2] == int(Fact.ARRIVED) or row[3] in gone)
    return tuple((Digest(bytes_of(row[0])), int_of(row[1])) for row in going if _goes(row[4], tx))


def by_state(tx: Tx) -> tuple[dict[str, int], int]:
    """Return how many files of theirs are in each state, and the bytes of those that are coming."""
    counts = {text_of(state): int_of(count) for state, count in tx.rows(_BY_STATE)}
    coming = "SELECT coalesce(sum(cipher_size), 0) FROM attachment WHERE ours = 0 AND state = ?"
    return counts, int_of(tx.rows(coming, (FileState.COMING.value,))[0][0])


_BY_STATE = "SELECT state, count(*) FROM attachment WHERE ours = 0 GROUP BY state"
