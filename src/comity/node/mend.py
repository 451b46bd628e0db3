"""Mending a store that was put back: what the peer has of both logs comes back, and the log says in the open what is lost.

The rule it keeps: one transaction does all of it, in the protocol's order, and the logs are the authority: rows follow.
"""  # spec: protocol.md 9 steps 2-6

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, Origin
from comity.dispatch import records
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import (
    DispatchLeaf,
    Entry,
    HeadLeaf,
    InstrumentKind,
    InstrumentLeaf,
    LinkEvent,
    LinkLeaf,
    ReceiptLeaf,
    Withdrawal,
    WithdrawLeaf,
    decode_entry,
    encode_entry,
)
from comity.dispatch.inbound.follow import follow
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.recover_codec import Restored, sign_restored
from comity.node import challenge
from comity.node.absorb import Overlay, check_pending
from comity.node.cutting import release
from comity.node.editions import adopt, check_editions, move_pool
from comity.node.entryrules import apply_entries, check_entries
from comity.node.heads import keep_head
from comity.node.incarnation import Incarnation, read_incarnation, write_incarnation
from comity.node.papers import CEREMONY, KEYS, keep_instrument, lists_of, place_own, restores
from comity.node.peer import Peer, Voice
from comity.node.recovery import Missing, disown_pending, done, log_keys
from comity.node.refile import note_receipt, refile_held, settle_row
from comity.node.resealing import mend_reseals, own_reseals
from comity.node.suspending import apply_leaf
from comity.node.tail import Tail, match_tail, own_entries, put_back, take_tail
from comity.node.taken import Problem, Proven
from comity.tlog.checkpoint import Checkpoint, SignedHead, verify_head
from comity.tlog.note import Note, Seconds, parse_note
from comity.tlog.tree import EMPTY_ROOT, Edge, Tiles, leaf_hash

_AT_ONCE = 4_096


class NotOurs(Exception):
    """What was fetched and what we hold do not give the head that the peer has of our log."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came from the peer's tiles.

    Attributes:
        own: entries of our log from `own_from` up to the head that the peer accepted.
        own_from: `Missing.own_from`, or 0 where that did not fit.
        theirs: entries of the peer's log from `Missing.theirs_from` up to its newest head, or as far as is known without one.
    """

    own: tuple[bytes, ...]
    own_from: int
    theirs: tuple[bytes, ...]


def mend(
    book: Book,
    missing: Missing,
    fetched: Fetched,
    office: Office,
    renew: Callable[[Tx], tuple[Office, Voice, Peer]],
    *,
    now: Ms,
) -> int:
    """Do steps 2 to 6 and return the new incarnation.

    Args:
        book: the logs.
        missing: what the peer said.
        fetched: what came from its tiles.
        office: as before.
        renew: gives it, with both parties' keys, as the key lists in what came back have it.
        now: our time.

    Raises:
        NotOurs: what was fetched does not follow what we hold of our own log; nothing was changed.
        Problem: the peer's entries do not give its own head; nothing was changed.
        Proven: the peer's entries prove that it broke a rule.
    """
    incarnation = int_of(book.tx.rows("SELECT incarnation FROM recovery")[0][0])
    before, mirrored = book.logs[LogRole.OURS].head_size, book.logs[LogRole.THEIRS].size
    signed = _restored_below(book, before if missing.own_is_longer else book.logs[LogRole.OURS].size)
    write_incarnation(book.tx, LogRole.OURS, Incarnation(incarnation, signed))
    tail = _append_own(book, missing, fetched)
    _know_restore(book, missing)
    entries = own_entries(book, before) if missing.own_is_longer else ()
    reached = before + len(entries)
    _own_dispatches(book, before, entries)
    _own_papers(book, before, entries)
    own_reseals(book, before, entries)
    settled = _append_signed(book, missing, fetched, office, now)
    settled += _append_tied(book, missing, fetched, entries, office=office, now=now)
    office, voice, peer = renew(book.tx)
    _check_keys(missing, voice, peer)
    _own_receipts(book, before, entries)
    settled += _settle_receipts(book, now)
    _drop_withdrawn(book)
    tail = match_tail(book, tail, before, entries)
    restored = restores(signed, before, entries) + 1 + restores(0, reached, tail.entries)
    write_incarnation(book.tx, LogRole.OURS, Incarnation(incarnation, restored))
    for leaf in (*entries, *tail.entries):
        if isinstance(leaf, LinkLeaf):
            apply_leaf(book, leaf, tuple(office.desks), ours=True, now=now)
    _log_restored(book, missing, incarnation, voice)
    settled += _withdraw_lost(book, now)
    put_back(book, tail)
    _move(book, renew(book.tx)[0], mirrored, now)
    _note_home(book, office, missing, (incarnation, before, reached), now)
    refile_held(book, office, now)
    mend_reseals(book, office, now)
    for one in settled:
        follow(one, book, office, now)
    challenge.forget(book)
    done(book)
    return incarnation


def _note_home(book: Book, office: Office, missing: Missing, came: tuple[int, int, int], now: Ms) -> None:
    """Keep in our decision log what of ours came back, and the peer's answer, by which a stranger sees what did not."""
    records.keep(book, records.RESTORED, None, office.entropy.draw(32), cbor.encode(came), now=now)
    answer = cbor.encode((missing.asked, missing.answered))
    records.keep(book, records.RECOVERED, None, office.entropy.draw(32), answer, now=now)


def _move(book: Book, office: Office, mirrored: int, now: Ms) -> None:
    """Put the pool under the edition in force, and let go again what waited for the peer to take a cut of ours."""
    came = book.entries(LogRole.THEIRS, mirrored, book.logs[LogRole.THEIRS].size)
    release(book, office, [decode_entry(one) for one in came], mirrored, now)
    move_pool(book, office, now)


# --- step 2: what is missing comes back ------------------------------------------------------------------------------


def _append_own(book: Book, missing: Missing, fetched: Fetched) -> Tail:
    """Put the entries of our log that we lost behind those that we signed; what nobody signed moves behind them."""
    ours = book.logs[LogRole.OURS]
    if missing.own is None or not missing.own_is_longer:
        return Tail((), ())
    fresh = fetched.own[ours.head_size - fetched.own_from :]
    edge, tiles = _grown(book, LogRole.OURS, ours.head_size, fresh)
    checkpoint = missing.own.checkpoint
    if (edge.size, edge.root()) != (checkpoint.size, checkpoint.root):
        raise NotOurs
    tail = take_tail(book, ours.head_size)
    book.append_proven(LogRole.OURS, fresh, edge, tiles)
    keep_head(book, LogRole.OURS, checkpoint, missing.own.time, missing.own.note)
    return tail


def _grown(book: Book, role: LogRole, size: int, fresh: Sequence[bytes]) -> tuple[Edge, Tiles]:
    return Edge.load(book.tiles(role), size).append([leaf_hash(entry) for entry in fresh])


def is_of(fetched: Sequence[bytes], root: Digest) -> bool:
    """Say whether entries from 0 on are a whole log with this root."""
    return Edge().append([leaf_hash(entry) for entry in fetched])[0].root() == root


def _append_signed(book: Book, missing: Missing, fetched: Fetched, office: Office, now: Ms) -> list[DispatchId]:
    """Put the peer's log into our mirror as far as it signed heads: first what we cosigned, then the rest."""
    settled = _append_theirs(book, missing, fetched, office, now)
    return settled + _append_newest(book, missing, fetched, office, now)


def _append_theirs(book: Book, missing: Missing, fetched: Fetched, office: Office, now: Ms) -> list[DispatchId]:
    """Put the peer's whole log, as far as we cosigned it, into our mirror, with all checks of an exchange."""
    theirs = book.logs[LogRole.THEIRS]
    if missing.theirs is None or missing.theirs.head.checkpoint.size <= theirs.size:
        return []
    head, checkpoint = missing.theirs.head, missing.theirs.head.checkpoint
    forgot = _forgot_answer(book, missing)
    if forgot:
        disown_pending(book.tx, head.time)
    settled = _grow_mirror(book, fetched.theirs[: checkpoint.size - theirs.size], head, office, now)
    keep_head(book, LogRole.THEIRS, checkpoint, head.time, head.note)
    _keep_own_cosignature(book, missing)
    if forgot:
        # We once knew a later incarnation of the peer, and forgot it; where it does not say which, its newest head is no older.
        known = read_incarnation(book.tx, LogRole.THEIRS)
        second = max(known.second, missing.incarnation or head.time)
        write_incarnation(book.tx, LogRole.THEIRS, Incarnation(second, known.restored))
    return settled


def _forgot_answer(book: Book, missing: Missing) -> bool:
    """Say whether our log has an answer to a `recover` of the peer that this store does not know.

    Every head of the peer that waited for its proof in this store was listed in that answer: what contradicts the peer's log
    is of the history that it lost and disowned, and is no evidence.
    """  # spec: protocol.md 9 steps 1, 3
    return any(
        isinstance(leaf, LinkLeaf)
        and leaf.event is LinkEvent.RECOVERED
        and not book.tx.rows("SELECT 1 FROM recovered WHERE digest = ?", (leaf.digest,))
        for leaf in own_entries(book, missing.own_from)
    )


def _append_newest(book: Book, missing: Missing, fetched: Fetched, office: Office, now: Ms) -> list[DispatchId]:
    """Put the rest of the peer's log into our mirror, up to the newest head that it signed itself.

    What came back of our own log names entries of the peer's, in receipts and l-heads, and none above this head. So no word of
    ours outlives what it is about: were the peer put back next, this head gives it those entries again.
    """  # spec: protocol.md 9 step 2
    theirs, head = book.logs[LogRole.THEIRS], missing.newest
    if head is None or head.checkpoint.size <= theirs.size:
        return []
    places = slice(theirs.size - missing.theirs_from, head.checkpoint.size - missing.theirs_from)
    settled = _grow_mirror(book, fetched.theirs[places], head, office, now)
    keep_head(book, LogRole.THEIRS, head.checkpoint, head.time, head.note)
    return settled


def _append_tied(
    book: Book, missing: Missing, fetched: Fetched, entries: Sequence[Entry], *, office: Office, now: Ms
) -> list[DispatchId]:
    """Put the peer's entries up to our newest l-head into our mirror, where it has no cosignature of ours for them.

    Only a peer of a release before leaves it to us. We checked its signature on that head once, and forgot it: our own leaf
    gives the root, and accuses nobody. The head comes again with the peer's next exchange; until then the mirror is longer than
    the newest head, and nothing is cosigned.
    """  # spec: protocol.md 9 step 2
    theirs = book.logs[LogRole.THEIRS]
    tie = newest_tie(entries, theirs.origin)
    if tie is None or tie.size <= theirs.size:
        return []
    head = SignedHead(Checkpoint(theirs.origin, tie.size, tie.root), Seconds(tie.time), "")
    if _forgot_answer(book, missing):
        disown_pending(book.tx, head.time)
    try:
        return _grow_mirror(book, fetched.theirs[theirs.size - missing.theirs_from :], head, office, now)
    except Proven as proven:
        said = "the peer's entries up to a head that our log names break a rule, and its signature on that head is lost"
        raise Problem("unproven-head", 422, said) from proven


def newest_tie(entries: Sequence[Entry], origin: Origin) -> HeadLeaf | None:
    """Return the l-head of the largest head of a log among some entries, or None."""
    ties = (leaf for leaf in entries if isinstance(leaf, HeadLeaf) and leaf.origin == origin)
    return max(ties, key=lambda leaf: leaf.size, default=None)


def _grow_mirror(book: Book, fresh: Sequence[bytes], head: SignedHead, office: Office, now: Ms) -> list[DispatchId]:
    """Put entries of the peer behind our mirror, with all checks of an exchange, if they give the root of a head."""
    first = book.logs[LogRole.THEIRS].size
    edge, tiles = _grown(book, LogRole.THEIRS, first, fresh)
    try:
        decoded = [decode_entry(entry) for entry in fresh]
    except BadEnvelope as error:
        raise Problem("unproven-head", 422, "an entry of the peer's tiles that is none") from error
    if (edge.size, edge.root()) != (head.checkpoint.size, head.checkpoint.root):
        raise Problem("unproven-head", 422, "the peer's tiles do not give a head of its log that we cosigned")
    reader = Overlay(book.tiles(LogRole.THEIRS), tiles)
    check_editions(first, decoded, book.tx)
    check_pending(book, reader, edge.size, head, now)
    check_entries(first, fresh, decoded, reader, head=head, book=book, now=now)
    book.append_mirror(fresh, edge, tiles)
    return [DispatchId(one) for one in apply_entries(first, decoded, head, book, office.desks, now=now)]


def _keep_own_cosignature(book: Book, missing: Missing) -> None:
    assert missing.theirs is not None
    head, cosigned = missing.theirs.head, missing.theirs.cosigned
    whole = parse_note(missing.theirs.note)
    lines = tuple(line for line in whole.lines if line.name == cosigned.cosigner)
    book.tx.run(
        "UPDATE head SET cosignature = ?, cosigned_time = ? WHERE role = ? AND size = ? AND time = ?",
        (Note(whole.text, lines).join(), cosigned.time, LogRole.THEIRS, head.checkpoint.size, head.time),
    )
    book.change(LogRole.THEIRS, cosigned_size=head.checkpoint.size, cosigned_time=cosigned.time)


def _restored_below(book: Book, size: int) -> int:
    """Return how many `restored` leaves our log has below a size, behind the newest key list there.

    Above it stands what no head of ours covers: that may come back from the peer, and is not counted twice.
    """  # spec: protocol.md 9 step 6
    known, above = read_incarnation(book.tx, LogRole.OURS).restored, own_entries(book, size)
    if not lists_of(size, above):
        return known - restores(0, size, above)
    place = book.tx.rows("SELECT max(our_idx) FROM paper WHERE kind = ? AND our_idx < ?", (KEYS, size))[0][0]
    first = max(0, int_of(place or 0))
    count = 0
    for at in range(first, size, _AT_ONCE):
        some = [decode_entry(one) for one in book.entries(LogRole.OURS, at, min(at + _AT_ONCE, size))]
        count = restores(count, at, some)
    return count


def _know_restore(book: Book, missing: Missing) -> None:
    """Know again when the peer recovered, as its answer says under its signature: this store may have forgotten it.

    What waits for its proof and is older was disowned. And the peer, which tells us of its restore again, has signed heads since:
    if we heard one of these while we asked, it would be refused for ever as not later than what we have seen.
    """  # spec: protocol.md 9 step 1
    known = read_incarnation(book.tx, LogRole.THEIRS)
    if missing.incarnation > known.second:
        disown_pending(book.tx, missing.incarnation)
        write_incarnation(book.tx, LogRole.THEIRS, Incarnation(missing.incarnation, known.restored))


# --- rows of what came back ------------------------------------------------------------------------------------------


def _own_dispatches(book: Book, first: int, entries: Sequence[Entry]) -> None:
    """Give each dispatch of ours its place: those that we still hold as pooled, the others as lost."""
    for index, leaf in enumerate(entries, first):
        match leaf:
            case DispatchLeaf():
                if book.tx.run("UPDATE sent SET idx = ? WHERE id = ?", (index, leaf.id)):
                    adopt(book.tx, leaf.id, index, leaf)
                    book.tx.run("DELETE FROM pool WHERE dispatch = ?", (leaf.id,))
                    continue
                book.tx.run(
                    "INSERT INTO lost (id, idx, fact, withdrawn, settled_at) VALUES (?, ?, 0, 0, NULL)",
                    (leaf.id, index),
                )
            case WithdrawLeaf():
                book.tx.run(
                    "UPDATE lost SET withdrawn = 1, settled_at = coalesce(settled_at, 0) WHERE idx = ?", (leaf.index,)
                )
            case _:
                pass


def _own_papers(book: Book, first: int, entries: Sequence[Entry]) -> None:
    """Put the key lists and accords that came back in their places; the peer gave them with its answer."""
    for index, leaf in enumerate(entries, first):
        if not isinstance(leaf, InstrumentLeaf) or leaf.kind not in {InstrumentKind.KEYS, InstrumentKind.ACCORD}:
            continue
        if index < CEREMONY:
            continue
        found = book.tx.rows("SELECT signed FROM paper WHERE digest = ?", (leaf.digest,))
        if not found:
            raise Problem("unproven-head", 422, "a key list or accord of our log that the peer does not have")
        place_own(book, index, leaf.digest, leaf.kind)
        keep_instrument(book.tx, leaf, bytes_of(found[0][0]), index)


def _check_keys(missing: Missing, voice: Voice, peer: Peer) -> None:
    """Check the heads once more, by the key lists where they really stand: before that the peer's word placed them."""
    own, theirs = missing.own, missing.theirs.head if missing.theirs is not None else None
    try:
        if own is not None:
            verify_head(own.note, own.checkpoint.origin, voice.verifiers_at(own.checkpoint.size))
        for head in (theirs, missing.newest):
            if head is not None:
                verify_head(head.note, head.checkpoint.origin, peer.log_at(head.checkpoint.size))
    except BadSignature as error:
        raise Problem("bad-signature", 422, "a head that is not signed by the keys in force at its size") from error


def _own_receipts(book: Book, first: int, entries: Sequence[Entry]) -> None:
    for index, leaf in enumerate(entries, first):
        if isinstance(leaf, ReceiptLeaf):
            note_receipt(book, index, leaf)


def _drop_withdrawn(book: Book) -> None:
    """Wait no longer for the bytes of what we receipted and the peer has withdrawn since: they are gone there too."""
    first = book.tx.rows("SELECT min(idx) FROM regot")[0][0]
    if first is None:
        return
    later = book.entries(LogRole.THEIRS, int_of(first) + 1, book.logs[LogRole.THEIRS].size)
    leaves = (decode_entry(entry) for entry in later)
    gone = [(leaf.index,) for leaf in leaves if isinstance(leaf, WithdrawLeaf)]
    book.tx.many("DELETE FROM regot WHERE idx = ?", gone)


def _settle_receipts(book: Book, now: Ms) -> list[DispatchId]:
    found = [settle_row(book, int_of(row[0]), now) for row in book.tx.rows("SELECT idx FROM regot ORDER BY idx")]
    return [one for one in found if one is not None]


# --- steps 3 and 4: said in the open ---------------------------------------------------------------------------------


def _log_restored(book: Book, missing: Missing, incarnation: int, voice: Voice) -> None:
    size, root = (missing.own.checkpoint.size, missing.own.checkpoint.root) if missing.own else (0, EMPTY_ROOT)
    signed = sign_restored(Restored(incarnation, size, root, missing.disowned), log_keys(voice))
    leaf = InstrumentLeaf(InstrumentKind.RESTORED, sha256(signed))
    index = book.append_own([encode_entry(leaf)])
    book.tx.run(
        "INSERT INTO instrument (digest, kind, signed, from_ours) VALUES (?, ?, ?, ?)",
        (leaf.digest, leaf.kind.value, signed, index),
    )


def _withdraw_lost(book: Book, now: Ms) -> list[DispatchId]:
    """Withdraw each dispatch of ours without content and without receipt; return their ids, for what waits for them."""
    rows = book.tx.rows("SELECT id, idx FROM lost WHERE fact = 0 AND withdrawn = 0 ORDER BY idx")
    if not rows:
        return []
    book.append_own([encode_entry(_withdrawal(int_of(index))) for _, index in rows])
    book.tx.run("UPDATE lost SET withdrawn = 1, settled_at = ? WHERE fact = 0 AND withdrawn = 0", (now,))
    return [DispatchId(bytes_of(id_)) for id_, _ in rows]


def withdraw_wanted(book: Book, wants: Sequence[int], now: Ms) -> None:
    """Withdraw what the peer asks for and we no longer have, once each: its want is answered so."""
    for index in wants:
        if book.tx.run(
            "UPDATE lost SET withdrawn = 1, settled_at = coalesce(settled_at, ?) WHERE idx = ? AND withdrawn = 0",
            (now, index),
        ):
            book.append_own([encode_entry(_withdrawal(index))])
        elif book.tx.run(
            "INSERT INTO lost (id, idx, fact, withdrawn, settled_at) SELECT id, idx, fact, 1, ? FROM sent"
            " WHERE idx = ? AND length(sealed) = 0 ON CONFLICT DO NOTHING",
            (now, index),
        ):
            # The bytes ended after their receipt, or were erased.  # spec: protocol.md 9
            book.append_own([encode_entry(_withdrawal(index))])


def _withdrawal(index: int) -> WithdrawLeaf:
    return WithdrawLeaf(LeafIndex(index), Withdrawal.LOST)
