"""What came back after a put-back store: dispatches of the peer that our own log receipts, filed here once more.

The rule it keeps: the log says what became of them; nothing is receipted twice, and a desk that has the row keeps it.
"""  # spec: protocol.md 9 step 5

from __future__ import annotations

from collections.abc import Sequence

from comity.base.errors import BadSeal
from comity.base.hashing import sha256
from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import DispatchLeaf, Entry, Fact, ReceiptLeaf
from comity.dispatch.foresight import AWAITED, WANTED, written
from comity.dispatch.inbound.follow import follow
from comity.dispatch.inbound.record import file_again
from comity.dispatch.inbound.unseal import unseal
from comity.dispatch.inbound.verify import verify
from comity.dispatch.office import Office
from comity.dispatch.states import Arrival, Recorded, Verified
from comity.node.resealing import as_sealed, receipted_so, sealed_so
from comity.node.taken import Problem

_SETTLING = frozenset({Fact.FILED, Fact.QUARANTINED, Fact.REFUSED})


def note_receipt(book: Book, place: int, leaf: ReceiptLeaf) -> None:
    """Remember that entry `place` of our log, which came back, is a receipt whose effect this store does not have."""
    row = book.tx.rows("SELECT fact, receipt_idx, seen_at FROM got WHERE idx = ?", (leaf.index,))
    if leaf.fact is Fact.SEEN:
        if row and row[0][2] is not None:
            return
        seen, receipt, change = 1, None, "seen = 1"
    else:
        if row and row[0][:2] == (int(leaf.fact), place):
            return
        seen, receipt, change = 0, place, "receipt_idx = excluded.receipt_idx"
    written(book.tx, WANTED)
    book.tx.run(
        "INSERT INTO regot (idx, receipt_idx, seen) VALUES (?, ?, ?) ON CONFLICT (idx) DO UPDATE SET " + change,  # noqa: S608  one of two texts above
        (leaf.index, receipt, seen),
    )


def check_receipted(first: int, decoded: Sequence[Entry], book: Book) -> None:
    """Check that new entries of the peer are what our receipts name that came back before them.

    We once held the entries that those are of, under a head of the peer that we forgot: who shows others has two histories.

    Args:
        first: index of the first entry in the peer's log.
        decoded: the entries.
        book: the logs.

    Raises:
        Problem: a receipt of ours names another dispatch, and nobody could be shown why it was made.
    """  # spec: protocol.md 7 check 9, 9 step 5
    places = (first, first + len(decoded))
    rows = "SELECT idx, receipt_idx FROM regot WHERE idx >= ? AND idx < ? AND receipt_idx IS NOT NULL"
    for index, place in book.tx.rows(rows, places):
        receipt, came = book.entry(LogRole.OURS, int_of(place)), decoded[int_of(index) - first]
        assert isinstance(receipt, ReceiptLeaf)
        if not isinstance(came, DispatchLeaf) or came.id != receipt.id:
            raise Problem("unproven-head", 422, "an entry that is not the dispatch which our own log receipts there")


def settle_row(book: Book, index: int, now: Ms) -> DispatchId | None:
    """Write into the row of a dispatch what the receipts in our log say of it; return its id if they settle it."""
    found = book.tx.rows("SELECT receipt_idx, seen FROM regot WHERE idx = ?", (index,))
    row = book.tx.rows("SELECT sealed_sha256 FROM got WHERE idx = ?", (index,))
    if not found or not row:
        return None
    place, seen = found[0]
    if seen:
        book.tx.run("UPDATE got SET seen_at = coalesce(seen_at, ?) WHERE idx = ?", (now, index))
    if place is None:
        book.tx.run("DELETE FROM regot WHERE idx = ?", (index,))
        return None
    leaf = book.entry(LogRole.OURS, int_of(place))
    assert isinstance(leaf, ReceiptLeaf)
    if _is_sealed_since(leaf, row[0][0], index, book):
        book.tx.run("DELETE FROM regot WHERE idx = ?", (index,))
        return None
    settled = now if leaf.fact in _SETTLING else None
    book.tx.run(
        "UPDATE got SET fact = ?, code = ?, receipt_idx = ?, arrived_at = coalesce(arrived_at, ?), settled_at = ?"
        " WHERE idx = ?",
        (int(leaf.fact), leaf.code, place, now, settled, index),
    )
    if settled is None:
        return None
    book.tx.run("DELETE FROM waits WHERE id = ?", (leaf.id,))
    return leaf.id


def _is_sealed_since(leaf: ReceiptLeaf, sealed: object, index: int, book: Book) -> bool:
    """Say whether a dispatch that we could not open was sealed anew since: then its question is open again."""
    tries = sealed_so(book, LogRole.THEIRS, index) if leaf.fact is Fact.QUARANTINED else ()
    return leaf.sealed in tries and sealed in tries[tries.index(leaf.sealed) + 1 :]


def refile_held(book: Book, office: Office, now: Ms) -> list[Recorded]:
    """File again whatever is receipted and was not filed here, and whose sealed bytes this store still has."""
    rows = book.tx.rows(
        "SELECT g.idx, g.sealed FROM regot r JOIN got g ON g.idx = r.idx WHERE g.sealed IS NOT NULL ORDER BY g.idx"
    )
    return [
        one for index, sealed in rows for one in refile(LeafIndex(int_of(index)), bytes_of(sealed), book, office, now)
    ]


def refile(index: LeafIndex, sealed: bytes, book: Book, office: Office, now: Ms) -> list[Recorded]:
    """File a dispatch again that our log receipts, from bytes that came again or were still here.

    What waits for a predecessor goes on waiting, or is filed now with the receipt that it lacked.
    """
    leaf = book.entry(LogRole.THEIRS, index)
    assert isinstance(leaf, DispatchLeaf)
    said, place = book.tx.rows("SELECT fact, receipt_idx FROM got WHERE idx = ?", (index,))[0]
    if receipted_so(book, place) not in {None, sha256(sealed)}:
        return []  # the receipt is of bytes sealed anew, and neither they nor their leaf are here yet
    leaf = as_sealed(leaf, sealed)
    book.tx.run("DELETE FROM regot WHERE idx = ?", (index,))
    book.tx.run("UPDATE got SET sealed = ? WHERE idx = ?", (sealed, index))
    fact = Fact(int_of(said))
    if fact is Fact.QUARANTINED:
        return []
    try:
        verified = verify(unseal(Arrival(index, leaf, sealed, now), office), office, now)
    except BadSeal:
        _count_unopened(book)
        return []
    return _file(verified, index, fact, book, office, now=now)


def _file(verified: Verified, index: LeafIndex, fact: Fact, book: Book, office: Office, *, now: Ms) -> list[Recorded]:
    header = verified.opened.header
    code, seen = book.tx.rows("SELECT code, seen_at FROM got WHERE idx = ?", (index,))[0]
    waits = file_again(verified, fact, code if isinstance(code, str) else None, book, office, now=now)
    if seen is not None:
        office.desks[header.desk].settle(book.tx, header.id, int(Fact.SEEN), None, now)
    if fact is not Fact.ARRIVED:
        return list(follow(header.id, book, office, now))  # what it takes back may have waited here
    if waits:
        return []
    # It waited for what is settled by now: follow files what waits for nothing any more.
    written(book.tx, AWAITED)
    book.tx.run("INSERT INTO waits (id, predecessor) VALUES (?, ?)", (header.id, header.id))
    return list(follow(header.id, book, office, now))


def _count_unopened(book: Book) -> None:
    """Count what opened once and does not open now, such as after its sealing key was destroyed."""
    book.tx.run(
        "INSERT INTO counter (name, value) VALUES ('unopened-again', 1)"
        " ON CONFLICT (name) DO UPDATE SET value = counter.value + 1"
    )
