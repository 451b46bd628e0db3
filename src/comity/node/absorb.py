"""Taking an exchange: twelve checks in an order that is itself a rule, then one transaction that keeps what came.

Nothing is answered before it is stored. A head with good signatures is kept even when what came with it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from comity.base.errors import BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms, Origin
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import Entry, InstrumentKind, InstrumentLeaf, decode_entry
from comity.dispatch.exchange_codec import Exchange, decode_exchange
from comity.dispatch.foresight import WANTED, foresee, is_absent, rows_among
from comity.dispatch.ports import Tx
from comity.node import evidence
from comity.node.editions import check_editions
from comity.node.entryrules import check_entries
from comity.node.heads import SECOND_MS, keep_head
from comity.node.incarnation import read_incarnation
from comity.node.link import LinkEvent
from comity.node.linkrow import moved, read_link, write_link
from comity.node.papers import lists_of, restores
from comity.node.peer import Coming, Peer, Timers
from comity.node.resealing import dispatch_at
from comity.node.taken import Named, Problem, Proven
from comity.tlog.checkpoint import Cosigned, NoteVerifier, SignedHead, parse_body, verify_cosignature, verify_head
from comity.tlog.note import Seconds, parse_note
from comity.tlog.tree import Edge, TileReader, Tiles, leaf_hash, root

PENDING_HEADS = 64
HOUR_MS = 3_600_000


class Overlay:
    """Tiles that are not stored yet over those that are."""

    __slots__ = ("_below", "_new")

    def __init__(self, below: TileReader, new: Tiles) -> None:
        self._below, self._new = below, new

    def tile(self, level: int, n: int) -> bytes:
        """Return the newer of the two."""
        return self._new.get((level, n)) or self._below.tile(level, n)


def read_exchange(data: bytes, peer: Peer) -> Exchange:
    """Make checks 1 and 2: form, origin.

    Raises:
        Problem: with the code that the peer reads.
    """  # spec: protocol.md 7 checks 1, 2
    try:
        exchange = decode_exchange(data)
    except BadEnvelope as error:
        raise Problem(error.code, 413 if error.code == "too-large" else 400, str(error)) from error
    if exchange.origin != peer.log_origin:
        raise Problem("unknown-log", 422, "an exchange under the name of a log that is not the peer's current one")
    return exchange


def read_head(exchange: Exchange, peer: Peer) -> SignedHead:
    """Make check 3: the head has exactly the peer's signatures.

    Raises:
        Problem: with the code that the peer reads.
    """  # spec: protocol.md 7 check 3
    try:
        return verify_head(exchange.checkpoint, peer.log_origin, _signers(exchange, peer))
    except BadSignature as error:
        raise Problem("bad-signature", 422, "a head without exactly the peer's two good signatures") from error


def check_store(exchange: Exchange, tx: Tx) -> None:
    """Make the second half of check 4: it is said by the store of the peer that recovered last.

    Raises:
        Problem: it is of an old one, that another one has left behind; nothing of it is kept.
    """  # spec: protocol.md 7 check 4
    if exchange.incarnation is not None and exchange.incarnation < read_incarnation(tx, LogRole.THEIRS).second:
        raise Problem("stale-incarnation", 409, "said by a store of the peer that another one of it has left behind")


def _signers(exchange: Exchange, peer: Peer) -> Sequence[NoteVerifier]:
    """Return the keys that sign a head of this size: a list that enters with it stands in its last entry."""
    # spec: protocol.md 10
    if not peer.earlier and not peer.coming:
        return (peer.log,)
    size = parse_body(parse_note(exchange.checkpoint).text).size
    coming = _turn_at(exchange.entries[-1], peer) if exchange.entries and size == exchange.size else None
    return peer.log_at(size) if coming is None else peer.log_at_turn(coming)


def _turn_at(entry: bytes, peer: Peer) -> Coming | None:
    try:
        leaf = decode_entry(entry)
    except BadEnvelope:
        return None
    keys = isinstance(leaf, InstrumentLeaf) and leaf.kind is InstrumentKind.KEYS
    return next(
        (one for one in peer.coming if keys and isinstance(leaf, InstrumentLeaf) and one.digest == leaf.digest), None
    )


def _turned(first: int, decoded: Sequence[Entry], size: int, peer: Peer) -> Peer:
    """Return the peer with the keys of a list that enters with these entries: we hold it, and it ends its batch.

    Raises:
        Problem: an entry names a list that we do not hold, or the head covers more than it must.
    """  # spec: protocol.md 10
    for index, leaf in lists_of(first, decoded):
        coming = next((one for one in peer.coming if one.digest == leaf.digest), None)
        if coming is None or index + 1 != size:
            raise Problem("bad-signature", 422, "a head over a key list that did not come, or over what is behind it")
        peer = replace(peer, log=coming.log, cosigner=coming.cosigners[0], spares=coming.cosigners[1:])
    return peer


def absorb(exchange: Exchange, head: SignedHead, book: Book, peer: Peer, timers: Timers, *, now: Ms) -> bool:
    """Make checks 4 to 12 and keep entries, head and cosignature; return whether anything was new.

    Raises:
        Problem: the exchange is not taken; the caller keeps the head as pending.
        Proven: the peer broke a rule; the caller keeps the evidence and stops the traffic.
    """  # spec: protocol.md 7 checks 4-12
    theirs = book.logs[LogRole.THEIRS]
    checkpoint = head.checkpoint
    if head.time < read_incarnation(book.tx, LogRole.THEIRS).second:  # 4
        raise Problem("stale-incarnation", 409, "a head that the peer signed before it last recovered")
    check_store(exchange, book.tx)
    if head.time * SECOND_MS - now > timers.clock_refuse_ms:  # 6
        raise Problem("clock", 422, "the peer's log time is more than an hour ahead of ours")
    if exchange.base > theirs.size:  # 7
        raise Problem("gap", 409, "entries that begin beyond the end of our mirror")
    if checkpoint.size <= theirs.size and _root_at(book, checkpoint.size) != checkpoint.root:  # 8
        if checkpoint.size > theirs.head_size:  # after a put-back only our own leaf says what stands there
            raise Problem("unproven-head", 422, "a head that contradicts what our own log says of the peer's")
        shown = evidence.equivocation(head, evidence.newest_head(book), book.tiles(LogRole.THEIRS), now)
        raise Proven(shown, "a head that contradicts the log we mirror")
    fresh, decoded, edge, tiles = _grow(exchange, head, book)  # 9
    peer = _turned(theirs.size, decoded, edge.size, peer)
    check_editions(theirs.size, decoded, book.tx)
    reader = Overlay(book.tiles(LogRole.THEIRS), tiles)
    check_pending(book, reader, edge.size, head if fresh else None, now)  # 10
    check_entries(theirs.size, fresh, decoded, reader, head=head, book=book, now=now)  # 11
    if fresh:
        book.append_mirror(fresh, edge, tiles)
    newer = (checkpoint.size, head.time) > (theirs.head_size, theirs.head_time) and checkpoint.size == edge.size
    if newer and checkpoint.size >= theirs.head_size:
        keep_head(book, LogRole.THEIRS, checkpoint, head.time, head.note)
    restored = restores(read_incarnation(book.tx, LogRole.THEIRS).restored, theirs.size, decoded)
    cosigned = _take_cosignature(exchange, book, peer.cosigners_after(restored), now)  # 12
    return bool(fresh) or newer or cosigned


def keep_pending(head: SignedHead, book: Book) -> bool:
    """Keep a signed head that came with something we do not take, and say whether it is new: it may prove something.

    Raises:
        Problem: 64 are kept already, and this is none of them.
    """  # spec: protocol.md 7 check 5
    if book.tx.rows("SELECT 1 FROM pending_head WHERE note = ?", (head.note,)):
        return False
    if int_of(book.tx.rows("SELECT count(*) FROM pending_head")[0][0]) >= PENDING_HEADS:
        raise Problem("slow-down", 429, "as many unproven heads as a node keeps")
    book.tx.run(
        "INSERT INTO pending_head (note, size, time, root) VALUES (?, ?, ?, ?)",
        (head.note, head.checkpoint.size, head.time, head.checkpoint.root),
    )
    return True


def keep_unread(exchange: Exchange, peer: Peer, book: Book) -> None:
    """Keep the signed head of an exchange that is refused before it is looked at, so that a peer that lost it can be told of it.

    Nothing else of it is taken. Of more than 64 the newest is kept in the place of the newest before: whatever a put-back store
    lost, it lost its newest head too. One that was asked for in our log, or has stood longer, makes no room.
    """  # spec: protocol.md 7 checks 2, 5, 9
    try:
        head = read_head(exchange, peer)
        check_store(exchange, book.tx)
    except Problem:
        return  # by keys that this store may have forgotten, or of a store that another one has left behind
    point = head.checkpoint
    if head.time < read_incarnation(book.tx, LogRole.THEIRS).second:
        return
    if point.size <= book.logs[LogRole.THEIRS].size and _root_at(book, point.size) == point.root:
        return
    if int_of(book.tx.rows("SELECT count(*) FROM pending_head")[0][0]) >= PENDING_HEADS:
        book.tx.run(_MAKE_ROOM, (head.time,))
    with suppress(Problem):
        keep_pending(head, book)


_MAKE_ROOM = (
    "DELETE FROM pending_head WHERE note = (SELECT note FROM pending_head ORDER BY time DESC, size DESC, note LIMIT 1)"
    " AND time <= ? AND note NOT IN (SELECT note FROM challenge)"
)


def _root_at(book: Book, size: int) -> Digest:
    edge = book.edges[LogRole.THEIRS]
    return edge.root() if size == edge.size else root(book.tiles(LogRole.THEIRS), size)


def _grow(exchange: Exchange, head: SignedHead, book: Book) -> tuple[list[bytes], list[Entry], Edge, Tiles]:
    """Check 9: the overlap is what we hold, each entry is well formed, and all together give the signed root."""
    theirs = book.logs[LogRole.THEIRS]
    overlap = exchange.entries[: max(0, theirs.size - exchange.base)]
    fresh = list(exchange.entries[len(overlap) :])
    if overlap and book.entries(LogRole.THEIRS, exchange.base, exchange.base + len(overlap)) != list(overlap):
        raise Problem("unproven-head", 422, "entries that differ from those we hold at the same places")
    try:
        decoded = [decode_entry(entry) for entry in fresh]
    except BadEnvelope as error:
        raise Problem("unproven-head", 422, "an entry that is none") from error
    edge, tiles = book.edges[LogRole.THEIRS].append([leaf_hash(entry) for entry in fresh])
    if head.checkpoint.size > theirs.size and (edge.size, edge.root()) != (head.checkpoint.size, head.checkpoint.root):
        raise Problem("unproven-head", 422, "entries that do not give the signed root")
    if head.checkpoint.size <= theirs.size and fresh:
        raise Problem("unproven-head", 422, "entries beyond the signed head")
    return fresh, decoded, edge, tiles


def check_pending(book: Book, tiles: TileReader, size: int, grown: SignedHead | None, now: Ms) -> None:
    """Check 10: every pending head that the mirror covers, grown by the entries of a new head, is of the same log."""
    rows = book.tx.rows("SELECT note, size, root FROM pending_head WHERE size <= ?", (size,))
    for note, pending_size, pending_root in rows:
        if root(tiles, int_of(pending_size)) != bytes_of(pending_root):
            head = SignedHead(parse_body(parse_note(text_of(note)).text), Seconds(0), text_of(note))
            covering = (size, grown.note) if grown else evidence.newest_head(book)
            raise Proven(evidence.equivocation(head, covering, tiles, now), "an earlier signed head is of another log")
    if rows:
        book.tx.run("DELETE FROM pending_head WHERE size <= ?", (size,))


def _take_cosignature(exchange: Exchange, book: Book, keys: Sequence[NoteVerifier], now: Ms) -> bool:
    """Check 12: the peer's cosignature on a head of ours moves the base up; a false one is evidence.

    A key from before the peer's newest `restored` leaf no longer counts: it may have signed what its owner forgot.
    """
    if exchange.cosignature is None:
        return False
    cosigned = _verified(exchange.cosignature, book.logs[LogRole.OURS].origin, keys)
    if cosigned is None:
        count(book, "cosignature-ignored")
        return False
    ours, size = book.logs[LogRole.OURS], cosigned.checkpoint.size
    if size > ours.head_size:
        count(book, "cosignature-ignored")
        if (
            size > ours.size
        ):  # ignored it is; but what it holds of our log is asked, for it shows that under our signature
            why = "the other side co-signed more of our log than there is; it is asked what it holds"
            write_link(book.tx, moved(read_link(book.tx), LinkEvent.STALE_INCARNATION, now, why))
        return False
    if _own_root(book, size) != cosigned.checkpoint.root:
        made = evidence.false_cosign(book, exchange.cosignature, size, now)
        point = cosigned.checkpoint
        raise Proven(made, "a cosignature on another root", Named(point.origin, size, point.root, cosigned.cosigner))
    if (size, cosigned.time) <= (ours.cosigned_size, ours.cosigned_time):
        return False
    return _keep_cosignature(cosigned, book)


def _verified(note: str, origin: Origin, keys: Sequence[NoteVerifier]) -> Cosigned | None:
    for key in keys:
        try:
            return verify_cosignature(note, origin, key)
        except BadSignature:
            continue
    return None


def _keep_cosignature(cosigned: Cosigned, book: Book) -> bool:
    size = cosigned.checkpoint.size
    found = book.tx.rows("SELECT max(time) FROM head WHERE role = ? AND size = ?", (LogRole.OURS, size))
    if found[0][0] is None:
        return False
    if cosigned.time * SECOND_MS + HOUR_MS < int_of(found[0][0]) * SECOND_MS:
        count(book, "cosignature-ignored")
        return False
    book.tx.later(
        "UPDATE head SET cosignature = ?, cosigned_time = ? WHERE role = ? AND size = ? AND time = ?",
        (cosigned.note, cosigned.time, LogRole.OURS, size, int_of(found[0][0])),
    )
    book.change(LogRole.OURS, cosigned_size=size, cosigned_time=cosigned.time)
    return True


def _own_root(book: Book, size: int) -> Digest:
    edge = book.edges[LogRole.OURS]
    return edge.root() if size == edge.size else root(book.tiles(LogRole.OURS), size)


def arrived_bytes(exchange: Exchange, book: Book) -> tuple[list[tuple[LeafIndex, bytes]], int]:
    """Return the sealed bytes that match an open leaf of our mirror, each leaf once, and how many were dropped."""
    taken: dict[tuple[int, LeafIndex], bytes] = {}
    dropped = repeated = 0
    places = [index for index, _ in exchange.dispatches]
    foresee(book.tx, WANTED, places)
    known = {row[0]: [row[1:]] for row in rows_among(book.tx, _GOT, places)}
    for index, sealed in exchange.dispatches:
        found = known.get(index, [])
        if not found and (first := dispatch_at(book.tx, index)) is not None:
            index, found = LeafIndex(first), [row[1:] for row in rows_among(book.tx, _GOT, (first,))]  # noqa: PLW2901  a reseal stands for its dispatch
        if not found or bytes_of(found[0][1]) != sha256(sealed) or found[0][2] != len(sealed):
            dropped += 1
        elif (found[0][3] == 0 and found[0][4] is None) or is_wanted_again(book.tx, index):
            taken[int_of(found[0][0]), index] = sealed
        else:
            repeated += 1
    if dropped:
        count(book, "dispatch-dropped", dropped)
    if repeated:
        count(book, "dispatch-repeated", repeated)
    return [(index, taken[lane, index]) for lane, index in sorted(taken)], dropped


_GOT = "SELECT idx, lane, sealed_sha256, size, fact, settled_at FROM got WHERE idx IN"


def is_wanted_again(tx: Tx, index: int) -> bool:
    """Say whether a dispatch of the peer was receipted by us, lost when our store was put back, and not filed again."""
    return not is_absent(tx, WANTED, index) and bool(tx.rows("SELECT 1 FROM regot WHERE idx = ?", (index,)))


def count(book: Book, name: str, by: int = 1) -> None:
    """Add to one of the node's counters."""
    book.tx.run(
        "INSERT INTO counter (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value",
        (name, by),
    )
