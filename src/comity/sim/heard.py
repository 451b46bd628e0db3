"""What a node says, compared with what its store holds at that moment."""

from __future__ import annotations

from comity.base.hashing import sha256
from comity.dispatch.book import LogRole, LogRow, log_rows
from comity.dispatch.columns import int_of
from comity.dispatch.entries import DispatchLeaf, ResealLeaf
from comity.dispatch.exchange_codec import Exchange, decode_exchange
from comity.dispatch.ports import Tx
from comity.node.absorb import PENDING_HEADS
from comity.node.incarnation import read_incarnation
from comity.sim.ruled import Invariant, ensure
from comity.sim.signers import mirror_name
from comity.sim.watch import Watch
from comity.tlog.checkpoint import Checkpoint, parse_body
from comity.tlog.note import parse_note


def check_said(watch: Watch, number: int, data: bytes) -> Exchange:
    """Check one exchange that side `number` is about to send, and return it.

    Raises:
        Broken: it says what is not stored, or leaves out what the peer may lack.
    """  # spec: protocol.md 1 rule 6, 6
    exchange = decode_exchange(data)
    side, peer = watch.sides[number], watch.sides[1 - number]
    head = parse_body(parse_note(exchange.checkpoint).text)
    with watch.stores[number].read() as tx:
        logs = log_rows(tx)
        ours, theirs = logs[LogRole.OURS], logs[LogRole.THEIRS]
        time = _head_stored(tx, exchange)
        ensure(time, Invariant.SAID_UNSTORED, number, f"a head of size {head.size}")
        watch.said[number][exchange.checkpoint] = time
        ensure(head.size == exchange.size, Invariant.BASE, number, f"{exchange.size} entries, head of {head.size}")
        shown = tuple(side.log.entries[exchange.base : head.size])
        ensure(exchange.entries == shown, Invariant.SAID_UNSTORED, number, "entries that are not those of the log")
        held = min(ours.cosigned_size, peer.mirror)
        ensure(exchange.base <= held, Invariant.BASE, number, f"entries from {exchange.base}, the peer holds {held}")
        _check_mirror(watch, number, exchange, theirs, tx)
        if exchange.cosignature is not None:
            name, expected = (
                parse_note(exchange.cosignature).lines[0].name,
                mirror_name(side.log.decoded, watch.lists(number)),
            )
            ensure(name == expected, Invariant.SPARE_KEY, number, f"{name}, not {expected}")
        for index, sealed in exchange.dispatches:
            row = tx.rows("SELECT sealed_sha256 FROM sent WHERE coalesce(resealed_idx, idx) = ?", (index,))
            true = bool(row) and row[0][0] == sha256(sealed) and index < head.size
            ensure(true, Invariant.SAID_UNSTORED, number, f"the bytes of leaf {index}")
            _check_goes(watch, number, index)
    return exchange


def _check_goes(watch: Watch, number: int, index: int) -> None:
    """Check that a dispatch which leaves is none that either log has suspended."""  # spec: protocol.md 9
    side = watch.sides[number]
    leaf = side.log.decoded[index]
    leaf = side.log.decoded[leaf.index] if isinstance(leaf, ResealLeaf) else leaf
    header = side.headers.get(leaf.id) if isinstance(leaf, DispatchLeaf) else None
    stopped = header is not None and side.stops.stop(header.desk, header.kind, header.lane)
    ensure(not stopped, Invariant.SUSPENDED, number, f"the bytes of leaf {index} leave")


def _head_stored(tx: Tx, exchange: Exchange) -> int:
    """Return the log time of a head that is stored, else 0."""
    place = (LogRole.OURS, exchange.size, exchange.checkpoint)
    found = tx.rows("SELECT time FROM head WHERE role = ? AND size = ? AND note = ?", place)
    return int_of(found[0][0]) if found else 0


def _check_mirror(watch: Watch, number: int, exchange: Exchange, theirs: LogRow, tx: Tx) -> None:
    side, peer = watch.sides[number], watch.sides[1 - number]
    same = (exchange.mirror_size, exchange.mirror_root) == (theirs.size, peer.log.roots[side.mirror])
    ensure(same, Invariant.SAID_UNSTORED, number, f"a mirror of {exchange.mirror_size} entries, {theirs.size} held")
    if exchange.cosignature is not None:
        cosigned: Checkpoint = parse_body(parse_note(exchange.cosignature).text)
        place = (LogRole.THEIRS, cosigned.size, exchange.cosignature)
        kept = tx.rows("SELECT 1 FROM head WHERE role = ? AND size = ? AND cosignature = ?", place)
        ensure(cosigned.size <= side.mirror, Invariant.COSIGNED_MORE, number, f"{cosigned.size} of {side.mirror}")
        ensure(kept, Invariant.SAID_UNSTORED, number, f"a cosignature of size {cosigned.size}")
    for index in exchange.wants:
        leaf = peer.log.decoded[index] if index < side.mirror else None
        ensure(isinstance(leaf, DispatchLeaf), Invariant.SAID_UNSTORED, number, f"wants leaf {index}, which is none")


def check_kept(watch: Watch, number: int, data: bytes) -> None:
    """Check that the good head of an exchange which was not taken is pending, or already covered by the mirror.

    Raises:
        Broken: it was forgotten, and with it what it may prove later.
    """  # spec: protocol.md 7 check 5
    note = decode_exchange(data).checkpoint
    size = parse_body(parse_note(note).text).size
    if size <= watch.sides[number].mirror:
        return
    with watch.stores[number].read() as tx:
        kept = tx.rows("SELECT 1 FROM pending_head WHERE note = ?", (note,))
    ensure(kept, Invariant.HEAD_FORGOTTEN, number, f"a head of size {size}")


def check_heard(watch: Watch, number: int, data: bytes) -> None:
    """Check that a side which recovers keeps the head of what it refuses, if the peer said it and could lose it.

    Not where keys changed: a store that was put back may not hold those that signed it.

    Raises:
        Broken: it was forgotten, and nobody could name it to a store that lost it.
    """  # docs/adr/0107-heard-while-recovering.md
    exchange = decode_exchange(data)
    time = watch.said[1 - number].get(exchange.checkpoint)
    if time is None:  # a lie
        return
    with watch.stores[number].read() as tx:
        known, mirror = read_incarnation(tx, LogRole.THEIRS).second, log_rows(tx)[LogRole.THEIRS].size
        full = len(tx.rows("SELECT 1 FROM pending_head")) >= PENDING_HEADS
        kept = tx.rows("SELECT 1 FROM pending_head WHERE note = ?", (exchange.checkpoint,))
    stale = time < known or (exchange.incarnation is not None and exchange.incarnation < known)
    if stale or exchange.size <= mirror or full or watch.sides[1 - number].keys_changed:
        return
    ensure(kept, Invariant.HEAD_FORGOTTEN, number, f"a head of size {exchange.size}, while it recovers")
