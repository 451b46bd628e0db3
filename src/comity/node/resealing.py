"""Reseals: what was sealed to a key that is destroyed is sealed anew to the newest list, under the same commitment.

The rule it keeps: the content stays what the first leaf commits to; each try is a leaf of its own, at most three, and a
receipt is about the bytes that it names.
"""  # spec: protocol.md 7, 10

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.crypto.seal import recipients as kids_of
from comity.crypto.seal import seal as encrypt
from comity.dispatch import wire
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import (
    MAX_RESEALS,
    DispatchLeaf,
    Entry,
    Fact,
    ReceiptLeaf,
    ResealLeaf,
    Withdrawal,
    WithdrawLeaf,
    encode_entry,
)
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Tx

KEY_EXPIRED = "key-expired"


def wants_reseal(entries: Sequence[Entry]) -> bool:
    """Say whether a receipt among the peer's entries says that its key was destroyed."""
    return any(isinstance(one, ReceiptLeaf) and one.code == KEY_EXPIRED for one in entries)


def reseal_due(book: Book, office: Office, now: Ms) -> int:
    """Seal anew whatever the peer could not open for want of its key, if its newest list has another; return how many."""
    rows = book.tx.rows(
        "SELECT s.id, s.idx, s.sealed, s.plain, (SELECT count(*) FROM reseal r WHERE r.role = 'ours' AND r.idx = s.idx)"  # noqa: S608  as the index says it
        f" FROM sent s WHERE s.fact = {int(Fact.QUARANTINED)} AND s.code = ? AND s.idx >= 0 AND s.digests IS NULL ORDER BY s.idx",
        (KEY_EXPIRED,),
    )
    done = 0
    for id_, index, sealed, plain, tries in rows:
        if int_of(tries) < MAX_RESEALS:
            place = LeafIndex(int_of(index))
            done += _reseal(DispatchId(bytes_of(id_)), place, bytes_of(sealed), bytes_of(plain), int_of(tries) + 1, book, office, now)  # fmt: skip
    return done


def _reseal(  # noqa: PLR0917  one row of ours, and where it goes
    dispatch: DispatchId, index: LeafIndex, old: bytes, plain: bytes, attempt: int, book: Book, office: Office, now: Ms
) -> int:
    parts = parts_of(plain)
    header = wire.decode_header(parts[0].content)
    found = [office.peer_keys.sealing_for(agency, now) for agency in header.agencies]
    keys = [(key.kid, key.public) for key in found if key is not None]
    if len(keys) < len(found) or (old and set(kids_of(old)) == {kid for kid, _ in keys}):
        return 0  # the newest list has no other key: it is looked at again when the next one enters
    packed, _ = wire.encode_plain(parts, recipients=len(keys))
    aad = wire.seal_aad(office.us, office.peer, dispatch, header.accord)
    sealed = encrypt(packed, recipients=keys, aad=aad, entropy=office.entropy)
    leaf = ResealLeaf(index, sha256(sealed), len(sealed), attempt)
    place = book.append_own([encode_entry(leaf)])
    note_reseal(book.tx, LogRole.OURS, place, leaf)
    book.tx.run(
        "UPDATE sent SET sealed = ?, sealed_sha256 = ?, resealed_idx = ?, fact = 0, code = NULL, receipt_idx = NULL,"
        " arrived_at = NULL, settled_at = NULL WHERE id = ?",
        (sealed, leaf.sealed, place, dispatch),
    )
    return 1


def goes_again(tx: Tx, dispatch: bytes, code: str | None) -> bool:
    """Say whether a dispatch of ours that could not be opened is sealed anew by itself, so that it is not answered yet."""
    tries = "SELECT count(*) FROM reseal r JOIN sent s ON s.idx = r.idx WHERE r.role = 'ours' AND s.id = ?"
    return code == KEY_EXPIRED and int_of(tx.rows(tries, (dispatch,))[0][0]) < MAX_RESEALS


def note_reseal(tx: Tx, role: LogRole, place: int, leaf: ResealLeaf) -> None:
    """Remember a reseal leaf by its place."""
    tx.run(
        "INSERT INTO reseal (role, leaf_idx, idx, sealed_sha256, size, try) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (role, place, leaf.index, leaf.sealed, leaf.size, leaf.attempt),
    )


def sealed_so(book: Book, role: LogRole, index: int) -> tuple[bytes, ...]:
    """Return the hashes under which the dispatch at `index` of a log was sealed, the newest last."""
    leaf = book.entry(role, index)
    first = (leaf.sealed,) if isinstance(leaf, DispatchLeaf) else ()
    rows = book.tx.rows("SELECT sealed_sha256 FROM reseal WHERE role = ? AND idx = ? ORDER BY leaf_idx", (role, index))
    return (*first, *(bytes_of(row[0]) for row in rows))


# --- at the receiver --------------------------------------------------------------------------------------------------


def take_reseal(place: int, leaf: ResealLeaf, book: Book, now: Ms) -> None:
    """Let a reseal of the peer open the question again, if we could not open what it replaces."""
    rows = book.tx.rows("SELECT fact, receipt_idx, sealed, sealed_sha256 FROM got WHERE idx = ?", (leaf.index,))
    before = len(book.tx.rows("SELECT 1 FROM reseal WHERE role = 'theirs' AND idx = ?", (leaf.index,)))
    if not rows or leaf.attempt != before + 1 or rows[0][3] == leaf.sealed:
        return
    fact, receipt_idx, sealed, old = rows[0]
    about = receipted_so(book, receipt_idx)
    if fact not in {0, int(Fact.QUARANTINED)} and about != leaf.sealed:
        return  # it was opened: there is nothing to seal anew
    note_reseal(book.tx, LogRole.THEIRS, place, leaf)
    if isinstance(sealed, bytes):
        book.tx.run(
            "INSERT INTO set_aside (idx, sealed_sha256, sealed, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (leaf.index, old, sealed, now),
        )
    if about != leaf.sealed:
        book.tx.run("DELETE FROM regot WHERE idx = ?", (leaf.index,))
    reopened = ", fact = 0, code = NULL, receipt_idx = NULL, settled_at = NULL" if about != leaf.sealed else ""
    book.tx.run(
        f"UPDATE got SET sealed = NULL, sealed_sha256 = ?, size = ?{reopened} WHERE idx = ?",  # noqa: S608  one of two texts above
        (leaf.sealed, leaf.size, leaf.index),
    )


def receipted_so(book: Book, receipt_idx: object) -> bytes | None:
    """Return the hash of the sealed bytes that a receipt of ours is about; None where there is no receipt at this place."""
    leaf = book.entry(LogRole.OURS, receipt_idx) if isinstance(receipt_idx, int) else None
    return leaf.sealed if isinstance(leaf, ReceiptLeaf) else None


def dispatch_at(tx: Tx, index: int) -> int | None:
    """Return the leaf of the dispatch whose reseal stands at `index` of the peer's log, or None."""
    rows = tx.rows("SELECT idx FROM reseal WHERE role = 'theirs' AND leaf_idx = ?", (index,))
    return int_of(rows[0][0]) if rows else None


def as_sealed(leaf: DispatchLeaf, sealed: bytes) -> DispatchLeaf:
    """Return the leaf of a dispatch with the bytes that came: those of its newest reseal, if it has one."""
    digest = sha256(sealed)
    return leaf if digest == leaf.sealed else replace(leaf, sealed=Digest(digest), size=len(sealed))


# --- after a put-back -------------------------------------------------------------------------------------------------


def own_reseals(book: Book, first: int, entries: Sequence[Entry]) -> None:
    """Note the reseals of ours that came back; their bytes are lost with the store."""
    for place, leaf in enumerate(entries, first):
        if isinstance(leaf, ResealLeaf):
            note_reseal(book.tx, LogRole.OURS, place, leaf)
            book.tx.run(
                "UPDATE sent SET sealed_sha256 = ?, resealed_idx = ?, fact = 0, code = NULL, receipt_idx = NULL,"
                " arrived_at = NULL, settled_at = NULL WHERE idx = ?",
                (leaf.sealed, place, leaf.index),
            )


def mend_reseals(book: Book, office: Office, now: Ms) -> None:
    """Seal once more what came back as resealed and is not receipted: the bytes of that try are gone."""
    rows = book.tx.rows(
        "SELECT id, idx, sealed, sealed_sha256, desk FROM sent WHERE (resealed_idx IS NOT NULL OR length(sealed) = 0)"
        " AND +idx >= 0 AND settled_at IS NULL AND fact = 0 AND digests IS NULL"
    )
    for id_, index, sealed, digest, desk in rows:
        if sha256(bytes_of(sealed)) == digest:
            continue
        if len(sealed_so(book, LogRole.OURS, int_of(index))) <= MAX_RESEALS:
            book.tx.run("UPDATE sent SET fact = 3, code = ? WHERE id = ?", (KEY_EXPIRED, id_))
            continue
        book.append_own([encode_entry(WithdrawLeaf(LeafIndex(int_of(index)), Withdrawal.LOST))])
        book.tx.run("UPDATE sent SET settled_at = ? WHERE id = ?", (now, id_))
        # No receipt comes any more that would tell the desk; the other side never opened it.
        office.desks[text_of(desk)].settle(
            book.tx, DispatchId(bytes_of(id_)), int(Fact.QUARANTINED), Withdrawal.LOST, now
        )
    reseal_due(book, office, now)
