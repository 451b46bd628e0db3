"""Evidence: what proves to a stranger, with the two key lists alone, that the other party broke a rule."""

from __future__ import annotations

from collections.abc import Sequence

from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.entries import LinkLeaf, encode_entry
from comity.dispatch.exchange_codec import Evidence, EvidenceClass, encode_evidence
from comity.node.link import LinkEvent
from comity.node.linkrow import moved, read_link, write_link
from comity.tlog.checkpoint import SignedHead, merge
from comity.tlog.proof import TlogProof, format_proof
from comity.tlog.tree import TileReader, consistency_proof, inclusion_proof, root


def equivocation(head: SignedHead, covering: tuple[int, str], tiles: TileReader, now: Ms) -> Evidence:
    """Two heads of the peer that cannot both be of one log.

    Args:
        head: the one whose root is another than the peer's entries give at its size.
        covering: size and note of a signed head of the peer at least as large, whose entries we hold or were given.
        tiles: of those entries.
        now: when it was found.
    """  # spec: protocol.md 11
    size, note = covering
    artifacts = (head.note.encode(), note.encode(), *_prefix(tiles, head.checkpoint.size, size))
    said = f"two signed heads of {head.checkpoint.origin}: sizes {head.checkpoint.size} and {size}"
    return Evidence(EvidenceClass.EQUIVOCATION, now, artifacts, said)


def false_cosign(book: Book, cosignature: str, size: int, now: Ms) -> Evidence:
    """A cosignature of the peer on a root that our log never had, beside our own signed head that contradicts it."""
    said = f"a cosignature on a root that our log of size {size} does not have"
    return Evidence(EvidenceClass.FALSE_COSIGN, now, (cosignature.encode(), *own_head(book, size)), said)


def own_head(book: Book, size: int) -> tuple[bytes, ...]:
    """Return our signed head of `size`, or a larger one with the root at `size` and the proof of it; or nothing.

    One that the peer co-signed comes first: then it contradicts itself, and nobody need take our word.
    """
    found = book.tx.rows(
        "SELECT size, note, cosignature FROM head WHERE role = ? AND size >= ?"
        " ORDER BY cosignature IS NULL, size, time DESC LIMIT 1",
        (LogRole.OURS, size),
    )
    if not found or size <= 0:
        return ()
    larger, note, cosignature = found[0]
    whole = text_of(note) if cosignature is None else merge(text_of(note), text_of(cosignature))
    return whole.encode(), *_prefix(book.tiles(LogRole.OURS), size, int_of(larger))


def own_leaf(book: Book, index: int) -> tuple[bytes, ...]:
    """Return our entry at `index` and the proof that it stands in our log, co-signed by the peer if it did; or nothing."""
    found = book.tx.rows(
        "SELECT size, note, cosignature FROM head WHERE role = ? AND size > ?"
        " ORDER BY cosignature IS NULL, size DESC, time DESC LIMIT 1",
        (LogRole.OURS, index),
    )
    entry = book.raw_entry(LogRole.OURS, index)
    if not found or entry is None:
        return ()
    size, note, cosignature = found[0]
    whole = text_of(note) if cosignature is None else merge(text_of(note), text_of(cosignature))
    path = tuple(inclusion_proof(book.tiles(LogRole.OURS), index, int_of(size)))
    return entry, format_proof(TlogProof(index, path, whole)).encode()


def _prefix(tiles: TileReader, small: int, large: int) -> tuple[bytes, ...]:
    """Return the root that the larger tree has at the smaller size, and the proof of it; nothing for equal sizes."""
    return () if small == large else (root(tiles, small), *consistency_proof(tiles, small, large))


def false_entry(
    kind: EvidenceClass,
    shown: Sequence[tuple[int, bytes]],
    ours: tuple[bytes, ...],
    tiles: TileReader,
    head: SignedHead,
    *,
    note: str,
    now: Ms,
) -> Evidence:
    """Entries that the peer's own signed head covers and that no honest log holds, each with its inclusion proof.

    Args:
        kind: `false-receipt`, `id-reuse` or `false-cosign`.
        shown: (index, entry) of the leaves that show it.
        ours: what our own log has against them, from `own_head` or `own_leaf`.
        tiles: of the peer's log up to the head.
        head: the signed head that covers them.
        note: one plain sentence.
        now: when it was found.
    """  # spec: protocol.md 11
    artifacts: list[bytes] = [head.note.encode()]
    for index, entry in shown:
        path = tuple(inclusion_proof(tiles, index, head.checkpoint.size))
        artifacts += [entry, format_proof(TlogProof(index, path, head.note)).encode()]
    return Evidence(kind, now, (*artifacts, *ours), note)


def keep_evidence(book: Book, evidence: Evidence, now: Ms) -> None:
    """Store evidence, log that we accuse, and stop the traffic; in this order, in one transaction."""
    # spec: protocol.md 11: evidence is stored before the state changes
    data = encode_evidence(evidence)
    known = book.tx.rows("SELECT 1 FROM evidence WHERE class = ?", (evidence.kind.value,))
    book.tx.run(
        "INSERT INTO evidence (found, class, evidence) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (now, evidence.kind.value, data),
    )
    if not known:
        book.append_own([encode_entry(LinkLeaf(Act.ACCUSED, sha256(data)))])
    link = read_link(book.tx)
    reason = f"proof held that the other party's node broke a rule: {evidence.kind.value}; {evidence.note}"
    write_link(book.tx, moved(link, LinkEvent.EVIDENCE, now, reason))


def newest_head(book: Book) -> tuple[int, str]:
    """Return size and note of the newest head of the peer that we keep, with our cosignature if we made one."""
    theirs = book.logs[LogRole.THEIRS]
    found = book.tx.rows(
        "SELECT note, cosignature FROM head WHERE role = ? AND size = ? AND time = ?",
        (LogRole.THEIRS, theirs.head_size, theirs.head_time),
    )
    note, cosignature = text_of(found[0][0]), found[0][1]
    return theirs.head_size, merge(note, text_of(cosignature)) if cosignature is not None else note


def stored(book: Book) -> tuple[tuple[Ms, str, bytes], ...]:
    """Return all evidence held: when found, its class, its bytes."""
    rows = book.tx.rows("SELECT found, class, evidence FROM evidence ORDER BY found")
    return tuple((Ms(int_of(found)), text_of(kind), bytes_of(data)) for found, kind, data in rows)
