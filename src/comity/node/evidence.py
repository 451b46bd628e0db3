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
from comity.tlog.tree import TileReader, consistency_proof, inclusion_proof


def equivocation(book: Book, head: SignedHead, now: Ms) -> Evidence:
    """Two heads of the peer that cannot both be of one log: the one at hand, and the newest that we cosigned.

    The stored head covers the size of the new one, and the root of our mirror at that size is another. The proof of
    consistency shows that the larger head contains that other root.
    """  # spec: protocol.md 11
    kept = _newest_head_note(book)
    theirs = book.logs[LogRole.THEIRS]
    size = min(head.checkpoint.size, theirs.head_size)
    proof = consistency_proof(book.tiles(LogRole.THEIRS), size, theirs.head_size) if size > 0 else ()
    artifacts = (head.note.encode(), kept.encode(), *proof)
    note = f"two signed heads of {theirs.origin}: sizes {head.checkpoint.size} and {theirs.head_size}"
    return Evidence(EvidenceClass.EQUIVOCATION, now, artifacts, note)


def false_cosign(book: Book, cosignature: str, size: int, now: Ms) -> Evidence:
    """A cosignature of the peer on a root that our log never had, beside our own signed head of that size."""
    found = book.tx.rows(
        "SELECT note FROM head WHERE role = ? AND size = ? ORDER BY time DESC LIMIT 1", (LogRole.OURS, size)
    )
    ours = [text_of(row[0]).encode() for row in found]
    note = f"a cosignature on a root that our log of size {size} does not have"
    return Evidence(EvidenceClass.FALSE_COSIGN, now, (cosignature.encode(), *ours), note)


def false_entry(
    kind: EvidenceClass, shown: Sequence[tuple[int, bytes]], tiles: TileReader, head: SignedHead, note: str, *, now: Ms
) -> Evidence:
    """Entries that the peer's own signed head covers and that no honest log holds, each with its inclusion proof.

    Args:
        kind: `false-receipt`, `id-reuse` or `false-cosign`.
        shown: (index, entry) of the leaves that show it.
        tiles: of the peer's log up to the head.
        head: the signed head that covers them.
        note: one plain sentence.
        now: when it was found.
    """  # spec: protocol.md 11
    artifacts: list[bytes] = [head.note.encode()]
    for index, entry in shown:
        path = tuple(inclusion_proof(tiles, index, head.checkpoint.size))
        artifacts += [entry, format_proof(TlogProof(index, path, head.note)).encode()]
    return Evidence(kind, now, tuple(artifacts), note)


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


def _newest_head_note(book: Book) -> str:
    theirs = book.logs[LogRole.THEIRS]
    found = book.tx.rows(
        "SELECT note, cosignature FROM head WHERE role = ? AND size = ? AND time = ?",
        (LogRole.THEIRS, theirs.head_size, theirs.head_time),
    )
    note, cosignature = text_of(found[0][0]), found[0][1]
    return merge(note, text_of(cosignature)) if cosignature is not None else note


def stored(book: Book) -> tuple[tuple[Ms, str, bytes], ...]:
    """Return all evidence held: when found, its class, its bytes."""
    rows = book.tx.rows("SELECT found, class, evidence FROM evidence ORDER BY found")
    return tuple((Ms(int_of(found)), text_of(kind), bytes_of(data)) for found, kind, data in rows)
