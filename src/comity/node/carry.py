"""What a node gives to media: the exchanges that it would send over a network, as many as there are, and how they came back.

The rule it keeps: nothing counts as delivered because it was written. Each exchange stands alone, as on the wire: it has
all entries that the peer has not co-signed, so that a file that is lost or cut takes nothing from the others.
"""  # spec: protocol.md 5-7

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Book, Ledger, LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Fact, ReceiptLeaf, decode_entry
from comity.dispatch.exchange_codec import Exchange
from comity.dispatch.ports import Tx
from comity.dispatch.recover_codec import Recover
from comity.marking.labels import Lane
from comity.node.link import LinkEvent, LinkState
from comity.node.linkrow import Going, going, moved, read_link, write_link
from comity.node.peer import Timers, Voice
from comity.node.sequence import sequence
from comity.node.speak import BODY_BYTES, DISPATCHES, MINIMUM_CREDIT, Heard, speak, window_end
from comity.node.taken import Problem
from comity.tlog.tiles import TileName
from comity.tlog.tree import TILE_WIDTH

SMALL_LOG = 65_536
"""Entries of a log up to which all of it goes with an answer to `recover`; of a longer one the newest part."""
NEWEST = 4_096


@dataclass(frozen=True, slots=True)
class Carried:
    """One exchange for media.

    Attributes:
        exchange: as it would go over the wire.
        left: dispatches that this one had no room for, and that another one takes.
        receipts: receipts of ours among its entries, `seen` not counted.
    """

    exchange: Exchange
    left: int
    receipts: int


@dataclass(frozen=True, slots=True)
class CarriedSet:
    """A set that was written or read: `way` says which."""

    set_id: bytes
    way: str
    at: Ms
    files: int
    dispatches: int
    receipts: int


def carry(
    ledger: Ledger, voice: Voice, timers: Timers, heard: Heard, now: Ms, *, without: frozenset[LeafIndex]
) -> Carried:
    """Make the next exchange for media.

    Args:
        ledger: of the node.
        voice: its keys.
        timers: of the accord.
        heard: what the peer told last.
        now: our time.
        without: leaves whose dispatches the set has already; empty for its first exchange, before which all that waits in
            the pool gets its place.

    Raises:
        Problem: nothing may be signed now: the link is unpaired, recovering or broken.
    """
    with ledger.begin() as book:
        _refuse_stopped(book.tx)
        if not without:
            _by_media(book, timers, now)
            while sequence(book, going(read_link(book.tx)), now, every=True):
                pass
    # Entries are stored before the head above them is signed: a second transaction.
    with ledger.begin() as book:
        return _say(book, voice, timers, heard, now, without=without)


def _refuse_stopped(tx: Tx) -> None:
    link = read_link(tx)
    if link.state in {LinkState.UNPAIRED, LinkState.RECOVERING, LinkState.SUPERSEDED, LinkState.BROKEN}:
        code = "broken" if link.state is LinkState.BROKEN else "recovering"
        raise Problem(code, 503, f"the link is {link.state}: {link.reason}")


def _by_media(book: Book, timers: Timers, now: Ms) -> None:
    """Say that the peer is not reached over the network, where nothing came of it for a heartbeat and no head is in doubt.

    A co-signature that is overdue holds up all but lane immediate; over media it can only come with the next set.
    """
    # spec: protocol.md 9: silent: all, with each try
    link = read_link(book.tx)
    lately = link.last_good is not None and now - link.last_good < timers.heartbeat_ms
    doubted = bool(book.tx.rows("SELECT 1 FROM pending_head LIMIT 1"))
    if link.state is LinkState.UNCOSIGNED and not lately and not doubted:
        reason = "the other side is not reached over the network; dispatches are carried on media"
        write_link(book.tx, moved(link, LinkEvent.NO_ANSWER_THRICE, now, reason))


def _say(book: Book, voice: Voice, timers: Timers, heard: Heard, now: Ms, *, without: frozenset[LeafIndex]) -> Carried:
    allowed = going(read_link(book.tx))
    said = speak(book, voice, timers, Heard(), now)  # with our cosignature: what the peer has is not known
    size = said.size
    waiting = [one for one in _waiting(book, allowed, size, heard, timers.window) if one[1] not in without]
    chosen = _chosen(waiting, heard)
    rows = [
        (index, bytes_of(book.tx.rows("SELECT sealed FROM sent WHERE idx = ?", (own,))[0][0])) for index, own in chosen
    ]
    more = len(waiting) > len(chosen) or size < book.logs[LogRole.OURS].size
    exchange = replace(said, dispatches=tuple(rows), more=more)
    return Carried(exchange, len(waiting) - len(chosen) if chosen else 0, receipts_in(exchange))


def _waiting(
    book: Book, allowed: Going, size: int, heard: Heard, window: int
) -> list[tuple[int, LeafIndex, int, LeafIndex]]:
    """Return lane, leaf, bytes and first leaf of all that may go, in order: what has no receipt, and what the peer lacks.

    The bytes of a reseal travel under its own leaf, which the head must cover too.
    """
    goes, arguments = (" AND " + allowed.condition[0], allowed.condition[1]) if allowed.condition else ("", ())
    bounds = (int(max(allowed.lanes)), size, window_end(book, size, window, allowed), *arguments)
    fields = (
        "SELECT s.lane, coalesce(s.resealed_idx, s.idx), length(s.sealed), s.idx FROM sent s"  # noqa: S608  no text of a person in it
        f" WHERE s.lane <= ? AND s.idx < ? AND (s.lane = 0 OR s.idx < ?){goes}"
    )
    rows = book.tx.rows(fields + " AND s.settled_at IS NULL AND s.fact = 0 AND +s.idx >= 0", bounds)
    known = {row[3] for row in rows}
    for wanted in heard.wants:
        if wanted not in known:
            rows += book.tx.rows(fields + " AND length(s.sealed) > 0 AND s.idx = ?", (*bounds, wanted))
    found = ((int_of(row[0]), LeafIndex(int_of(row[1])), int_of(row[2]), LeafIndex(int_of(row[3]))) for row in rows)
    return sorted(one for one in found if one[1] < size)


def _chosen(waiting: list[tuple[int, LeafIndex, int, LeafIndex]], heard: Heard) -> list[tuple[LeafIndex, LeafIndex]]:
    """Choose what one exchange takes, within its size and the credit that the peer gives for one: leaf and first leaf."""
    credit = dict(heard.credit)
    credit[int(Lane.IMMEDIATE)] = max(MINIMUM_CREDIT, credit.get(int(Lane.IMMEDIATE), 0))
    chosen: list[tuple[LeafIndex, LeafIndex]] = []
    total = 0
    for lane, index, length, own in waiting:
        if credit.get(lane, 0) >= length and total + length <= BODY_BYTES and len(chosen) < DISPATCHES:
            chosen.append((index, own))
            credit[lane] -= length
            total += length
    return chosen


def receipts_in(exchange: Exchange) -> int:
    """Count the receipts among the entries of an exchange; that a desk has seen a dispatch is none of them."""
    leaves = (decode_entry(entry) for entry in exchange.entries)
    return sum(isinstance(leaf, ReceiptLeaf) and leaf.fact is not Fact.SEEN for leaf in leaves)


def receipted(tx: Tx) -> int:
    """Count the dispatches of ours that have a receipt."""
    return int_of(tx.rows("SELECT count(*) FROM sent WHERE fact > 0")[0][0])


# --- what goes back to a peer that asks whether its store was put back ----------------------------------------------------


def keep_answer(tx: Tx, asked: bytes, status: int, answer: bytes) -> None:
    """Keep the answer to a `recover` that came on media; the next set that is written takes it back."""
    tx.run(
        "INSERT INTO carry_back (one, asked, status, answer) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE"
        " SET asked = excluded.asked, status = excluded.status, answer = excluded.answer",
        (asked, status, answer),
    )


def kept_answer(tx: Tx) -> tuple[bytes, int, bytes] | None:
    """Return the question, status and body of the answer that is to be taken back; None if nobody waits for one."""
    rows = tx.rows("SELECT asked, status, answer FROM carry_back")
    return (bytes_of(rows[0][0]), int_of(rows[0][1]), bytes_of(rows[0][2])) if rows else None


def drop_answer(tx: Tx) -> None:
    """Forget it: the peer speaks again, so it has its answer."""
    tx.run("DELETE FROM carry_back")


def bundles_for(sizes: tuple[int, int], asked: Recover) -> tuple[tuple[LogRole, TileName], ...]:
    """Name the bundles of entries that a peer may need after its question.

    Args:
        sizes: sizes of our newest signed head and of the newest head of the peer that we hold.
        asked: its question, with the sizes that it has.
    """
    ours, theirs = sizes
    return (
        *((LogRole.THEIRS, name) for name in _from(theirs, asked.own_size)),
        *((LogRole.OURS, name) for name in _from(ours, asked.mirror_size)),
    )


def _from(size: int, had: int) -> tuple[TileName, ...]:
    start = 0 if size <= SMALL_LOG else max(0, min(size, had) - NEWEST)
    first = start // TILE_WIDTH
    return tuple(
        TileName(None, n, min(TILE_WIDTH, size - n * TILE_WIDTH)) for n in range(first, -(-size // TILE_WIDTH))
    )


# --- what was carried -------------------------------------------------------------------------------------------------


def note_carried(tx: Tx, carried: CarriedSet) -> None:
    """Keep that a set was written or read; a set that is read again keeps its first time."""
    tx.run(
        "INSERT INTO carried (set_id, way, at, files, dispatches, receipts) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (set_id, way) DO NOTHING",
        (carried.set_id, carried.way, carried.at, carried.files, carried.dispatches, carried.receipts),
    )


def last_carried(tx: Tx, way: str) -> CarriedSet | None:
    """Return the newest set that was `written` or `read`."""
    return _first(tx, "way = ? ORDER BY at DESC LIMIT 1", (way,))


def read_before(tx: Tx, set_id: bytes) -> CarriedSet | None:
    """Return when a set was first read."""
    return _first(tx, "way = 'read' AND set_id = ?", (set_id,))


def _first(tx: Tx, where: str, arguments: tuple[str | bytes, ...]) -> CarriedSet | None:
    rows = tx.rows(f"SELECT set_id, way, at, files, dispatches, receipts FROM carried WHERE {where}", arguments)  # noqa: S608  own words only
    if not rows:
        return None
    set_id, way, at, files, dispatches, receipts = rows[0]
    numbers = int_of(files), int_of(dispatches), int_of(receipts)
    return CarriedSet(bytes_of(set_id), str(way), Ms(int_of(at)), *numbers)
