"""Signing our head and cosigning the peer's: what is stored before it is said, and never goes back."""

from __future__ import annotations

from comity.base.ids import Digest, Ms
from comity.dispatch.book import Book, LogRole, LogRow
from comity.dispatch.columns import int_of, text_of
from comity.dispatch.ports import Tx
from comity.node.incarnation import read_incarnation
from comity.node.peer import Voice
from comity.tlog.checkpoint import Checkpoint, NoteKeys, NoteVerifier, cosign, make_checkpoint, sign_head
from comity.tlog.note import Seconds, parse_note
from comity.tlog.tree import root

SECOND_MS = 1_000
ENTRIES_AN_EXCHANGE = 4_096  # spec: protocol.md 5
_TOO_LONG_BEFORE_S = 3_600  # spec: protocol.md 7 check 12


def head_size(book: Book) -> int:
    """Return the size of the head to say: the whole log, or as much of it as one exchange may carry.

    It is below the newest signed head only when the peer asked for entries from far back. Where a key list stands in the
    log, nothing above the head that first covers it is signed before the peer has cosigned that one.
    """  # spec: protocol.md 6 step 2, 10
    ours = book.logs[LogRole.OURS]
    return min(reach(ours), ours.cosigned_size + ENTRIES_AN_EXCHANGE)


def reach(ours: LogRow) -> int:
    """Return how far heads of our log may reach now."""  # spec: protocol.md 10
    return ours.turn if ours.turning else ours.size


def own_head(book: Book, voice: Voice, now: Ms, heartbeat_ms: int) -> str:
    """Return our signed head, made anew if the log grew or the stored one is older than a heartbeat.

    The entries below it are stored before it is signed; it is stored before anything that shows it is sent.
    """  # spec: protocol.md 4 rule 4, 6 step 3
    ours = book.logs[LogRole.OURS]
    size = head_size(book)
    if size < ours.head_size:
        return _earlier_head(book, voice, size)
    least = read_incarnation(book.tx, LogRole.OURS).second
    young = now - ours.head_time * SECOND_MS < heartbeat_ms and ours.head_time >= least
    if ours.head_time and ours.head_size == size and young:
        return stored_head(book, LogRole.OURS)
    edge = book.edges[LogRole.OURS]
    digest = edge.root() if size == edge.size else root(book.tiles(LogRole.OURS), size)
    time = max(now // SECOND_MS, ours.head_time, least, 1)
    signed = sign_head(make_checkpoint(ours.origin, size, digest), voice.keys_at(size), Seconds(time))
    keep_head(book, LogRole.OURS, signed.checkpoint, time, signed.note)
    return signed.note


def _earlier_head(book: Book, voice: Voice, size: int) -> str:
    """Return a signed head of a smaller size; it becomes no newest head, and its time is that of the newest."""
    ours = book.logs[LogRole.OURS]
    least = read_incarnation(book.tx, LogRole.OURS).second
    found = book.tx.rows(
        "SELECT note FROM head WHERE role = ? AND size = ? AND time >= ? ORDER BY time DESC LIMIT 1",
        (LogRole.OURS, size, least),
    )
    if found:
        return text_of(found[0][0])
    digest = root(book.tiles(LogRole.OURS), size)
    time = max(ours.head_time, least)
    signed = sign_head(make_checkpoint(ours.origin, size, digest), voice.keys_at(size), Seconds(time))
    book.tx.later(
        "INSERT INTO head (role, size, time, root, note) VALUES (?, ?, ?, ?, ?)",
        (LogRole.OURS, size, time, digest, signed.note),
    )
    return signed.note


def keep_head(book: Book, role: LogRole, checkpoint: Checkpoint, time: int, note: str) -> None:
    """Store a signed head as the newest of its log."""
    book.tx.later(
        "INSERT INTO head (role, size, time, root, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT (role, size, time) DO NOTHING",
        (role, checkpoint.size, time, checkpoint.root, note),
    )
    book.change(role, head_size=checkpoint.size, head_time=time, head_root=Digest(checkpoint.root))


def stored_head(book: Book, role: LogRole) -> str:
    """Return the newest signed head of a log, as stored."""
    row = book.logs[role]
    found = book.tx.rows(
        "SELECT note FROM head WHERE role = ? AND size = ? AND time = ?", (role, row.head_size, row.head_time)
    )
    return text_of(found[0][0])


def cosigner(tx: Tx, voice: Voice) -> NoteKeys | None:
    """Return the cosigning keys in use; None if restores have used up all of the list in force."""
    # spec: protocol.md 9 step 6
    return voice.cosigner_after(read_incarnation(tx, LogRole.OURS).restored)


def own_cosignature(book: Book, voice: Voice, now: Ms) -> str | None:
    """Return our cosignature on the peer's newest head, made now if that head has none; None before its first head.

    The head stands exactly at the size of our mirror, in this transaction's view: the cosignature says that we hold
    every entry below it. Its time never goes back. One made over an hour before its head, as on a head that came with
    the answer to a put-back store, counts nowhere: it is made anew.
    """  # spec: protocol.md 4 rule 5, 7 check 12
    theirs = book.logs[LogRole.THEIRS]
    if not theirs.head_time or theirs.head_size != theirs.size:
        return None
    keys = cosigner(book.tx, voice)
    if keys is None:
        return None
    place = (LogRole.THEIRS, theirs.head_size, theirs.head_time)
    found = book.tx.rows("SELECT cosignature, cosigned_time FROM head WHERE role = ? AND size = ? AND time = ?", place)
    note, at = found[0] if found else (None, None)
    fits = note is not None and int_of(at) + _TOO_LONG_BEFORE_S >= theirs.head_time
    if fits and signed_by(text_of(note), keys.verifier):
        return text_of(note)
    time = max(now // SECOND_MS, theirs.cosigned_time, 1)
    made = cosign(Checkpoint(theirs.origin, theirs.head_size, theirs.head_root), keys, Seconds(time))
    book.tx.later(
        "UPDATE head SET cosignature = ?, cosigned_time = ? WHERE role = ? AND size = ? AND time = ?",
        (made.note, time, *place),
    )
    book.change(LogRole.THEIRS, cosigned_size=theirs.head_size, cosigned_time=time)
    return made.note


def signed_by(note: str, key: NoteVerifier) -> bool:
    """Say whether a note bears a line under the name of a key; nothing is verified."""
    return any(line.name == key.name for line in parse_note(note).lines)
