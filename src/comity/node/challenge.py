"""Challenges: a signed head of the peer that its entries do not give is asked for in our log, and proved, or held against it.

The rule it keeps: a failing proof is no evidence, for whoever reports it may have made it. So the head is kept, the peer is
asked where it cannot deny it, and stands accused only when it was there for the accord's time and proved nothing.
"""  # spec: protocol.md 11

from __future__ import annotations

from dataclasses import replace

from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import int_of, text_of
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.entries import LinkLeaf, encode_entry
from comity.dispatch.exchange_codec import Evidence, EvidenceClass
from comity.node.heads import SECOND_MS
from comity.node.link import LinkEvent
from comity.node.linkrow import Link, moved, read_link, write_link
from comity.node.peer import Timers
from comity.tlog.checkpoint import SignedHead, merge
from comity.tlog.proof import TlogProof, format_proof
from comity.tlog.tree import inclusion_proof

_SLACK_MS = 60_000
_REASON = "the peer's entries do not give the head that it signed; it is asked to prove it"


def challenge(book: Book, head: SignedHead, now: Ms, *, carried: bool = False) -> None:
    """Ask in our log, once a head, for its proof, and keep the link uncosigned until it came.

    What was `carried` on media shows nothing of whether the peer can be reached: whoever carries them may keep its proof back.
    """  # spec: protocol.md 9
    link = read_link(book.tx)
    if book.tx.rows("SELECT 1 FROM challenge WHERE note = ?", (head.note,)):
        _heard(book, now, carried=carried)
        return
    index = book.append_own([encode_entry(LinkLeaf(Act.CHALLENGE, sha256(head.note.encode())))])
    book.tx.run(
        "INSERT INTO challenge (note, idx, at, reached_ms, looked_at, heard_at) VALUES (?, ?, ?, 0, ?, ?)",
        (head.note, index, now, now, 0 if carried else now),
    )
    link = replace(link, challenged=link.challenged + 1)
    write_link(book.tx, moved(link, LinkEvent.UNPROVEN_HEAD, now, _REASON))


def _heard(book: Book, now: Ms, *, carried: bool) -> None:
    if not carried:
        book.tx.run("UPDATE challenge SET heard_at = ?", (now,))


def answered(book: Book, link: Link, now: Ms, *, carried: bool = False) -> Link:
    """Return the link after an exchange: heads that were proved, or that the peer disowned, wait no longer."""
    _heard(book, now, carried=carried)
    book.tx.run("DELETE FROM challenge WHERE note NOT IN (SELECT note FROM pending_head)")
    left = int_of(book.tx.rows("SELECT count(*) FROM challenge")[0][0])
    link = replace(link, challenged=left)
    return link if left else moved(link, LinkEvent.PROVED, now, "the other side proved the head that it was asked for")


def forget(book: Book) -> None:
    """Forget all challenges, in a store that was put back: their leaves may stand elsewhere now. The heads stay kept."""
    book.tx.run("DELETE FROM challenge")
    write_link(book.tx, replace(read_link(book.tx), challenged=0))


def lapsed(book: Book, timers: Timers, now: Ms) -> Evidence | None:
    """Let time pass over the challenges; return the evidence where one was not answered in the accord's time.

    Only time counts in which the peer could be reached over the network, from the moment at which it had co-signed our question.
    """
    link, ours = read_link(book.tx), book.logs[LogRole.OURS]
    rows = book.tx.rows(
        "SELECT c.note, c.idx, c.asked_at, c.reached_ms, c.looked_at, c.heard_at FROM challenge c"
        " JOIN pending_head p ON p.note = c.note ORDER BY c.at, c.idx"
    )
    for note, index, asked, reached, looked, heard in rows:
        if asked is None and ours.cosigned_size <= int_of(index):
            continue
        span = timers.heartbeat_ms + _SLACK_MS
        there = not link.failures and now - int_of(heard) <= span
        passed = int_of(reached)
        if asked is not None and there:
            passed += min(max(now - int_of(looked), 0), span)
        book.tx.run(
            "UPDATE challenge SET asked_at = coalesce(asked_at, ?), reached_ms = ?, looked_at = ? WHERE note = ?",
            (now, passed, now, note),
        )
        if passed >= timers.challenge_ms:
            found = _evidence(book, text_of(note), int_of(index), timers, now)
            if found is not None:
                return found
    return None


def _evidence(book: Book, note: str, index: int, timers: Timers, now: Ms) -> Evidence | None:
    """Return the head, our question, that the peer had co-signed it, and what it signed so much later; None: nothing yet."""
    asked = book.tx.rows(
        "SELECT size, note, cosignature, cosigned_time FROM head WHERE role = ? AND size > ? AND cosignature IS NOT NULL"
        " ORDER BY cosigned_time, size LIMIT 1",
        (LogRole.OURS, index),
    )
    entry = book.raw_entry(LogRole.OURS, index)
    assert asked, "time counts only from the co-signature over the question on, and no head is ever taken away"
    assert entry is not None
    size, head, cosignature, time = asked[0]
    sign = _sign_of_life(book, int_of(time) + timers.challenge_ms // SECOND_MS)
    if sign is None:
        return None
    path = tuple(inclusion_proof(book.tiles(LogRole.OURS), index, int_of(size)))
    proof = format_proof(TlogProof(index, path, merge(text_of(head), text_of(cosignature))))
    artifacts = (note.encode(), entry, proof.encode(), sign.encode())
    said = "a signed head that was asked for in our log, and not proved in the accord's time"
    return Evidence(EvidenceClass.UNANSWERED_CHALLENGE, now, artifacts, said)


def _sign_of_life(book: Book, second: int) -> str | None:
    """Return a head that the peer signed at or after a log time, the accepted before the doubtful ones; None if there is none."""
    rows = book.tx.rows(
        "SELECT note, time, 0 FROM head WHERE role = ? AND time >= ? UNION ALL"
        " SELECT note, time, 1 FROM pending_head WHERE time >= ? ORDER BY 3, 2 LIMIT 1",
        (LogRole.THEIRS, second, second),
    )
    return text_of(rows[0][0]) if rows else None
