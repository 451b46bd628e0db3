"""The end of our log that no head of ours covers: it moves when what the peer already accepted takes its place.

The rule it keeps: an index is final when a head above it has been signed; nothing that was written is lost by moving.
"""  # spec: protocol.md 4 rule 1

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.dispatch.book import Book, LogRole
from comity.dispatch.certificates import DESTROYED, SHRED, decode_certificate
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.entries import (
    DispatchLeaf,
    Entry,
    Fact,
    HeadLeaf,
    InstrumentKind,
    InstrumentLeaf,
    ReceiptLeaf,
    RecordLeaf,
    decode_entry,
    encode_entry,
    record_commit,
)
from comity.dispatch.ports import Row
from comity.node.erasures import moved
from comity.node.papers import keep_instrument, place_own, take_back


@dataclass(frozen=True, slots=True)
class Tail:
    """What was taken back: entries in order, and the rows that open its records: kind, salt, record, at."""

    entries: tuple[Entry, ...]
    openings: tuple[Row, ...]


def take_tail(book: Book, size: int) -> Tail:
    """Take back our entries from `size` on; their dispatches have no place until they get one again.

    Key lists among them are written again when their time comes, an accord where it stood.
    """
    taken = [decode_entry(entry) for entry in book.rewind(size)]
    take_back(book, size)
    entries = tuple(one for one in taken if not (isinstance(one, InstrumentLeaf) and one.kind is InstrumentKind.KEYS))
    openings = tuple(book.tx.rows("SELECT kind, salt, record, at FROM opening WHERE idx >= ? ORDER BY idx", (size,)))
    book.tx.run("DELETE FROM opening WHERE idx >= ?", (size,))
    book.tx.run("UPDATE sent SET idx = NULL WHERE idx >= ?", (size,))
    return Tail(entries, openings)


def match_tail(book: Book, tail: Tail, first: int, came: Sequence[Entry]) -> Tail:
    """Let the rows of what came back point to its place there, and return what of the tail did not come back.

    A dispatch came back under whatever edition: another store of ours may have put it under a later one, by other bytes.
    """
    for index, leaf in enumerate(came, first):
        if isinstance(leaf, RecordLeaf):
            _open(book, tail, leaf, index)
        elif isinstance(leaf, InstrumentLeaf):
            book.tx.run("UPDATE instrument SET from_ours = ? WHERE digest = ?", (index, leaf.digest))
    there = {encode_entry(leaf) for leaf in came}
    placed = {leaf.id for leaf in came if isinstance(leaf, DispatchLeaf)}
    receipted = {leaf.id for leaf in came if isinstance(leaf, ReceiptLeaf) and leaf.fact is not Fact.SEEN}
    left = tuple(
        leaf
        for leaf in tail.entries
        if not isinstance(leaf, HeadLeaf)
        and encode_entry(leaf) not in there
        and not (isinstance(leaf, DispatchLeaf) and leaf.id in placed)
        and not (isinstance(leaf, ReceiptLeaf) and leaf.fact is not Fact.SEEN and leaf.id in receipted)
    )
    return Tail(left, tail.openings)


def put_back(book: Book, tail: Tail) -> None:
    """Write what moved behind what came back: dispatches into the pool, all else as a leaf of now."""
    accords = [at for at, leaf in enumerate(tail.entries) if is_accord(leaf)]
    for at, leaf in enumerate(tail.entries):
        if isinstance(leaf, DispatchLeaf) and accords and at < accords[-1]:  # it is under the edition before
            index = book.append_own([encode_entry(leaf)])
            book.tx.run("UPDATE sent SET idx = ? WHERE id = ?", (index, leaf.id))
            continue
        if isinstance(leaf, DispatchLeaf):
            book.tx.run(
                "INSERT INTO pool (place, lane, entry, dispatch) SELECT coalesce(max(place), 0) + 1, ?, ?, ? FROM pool",
                (int(leaf.lane), encode_entry(leaf), leaf.id),
            )
            continue
        index = book.append_own([encode_entry(leaf)])
        match leaf:
            case ReceiptLeaf() if leaf.fact is not Fact.SEEN:
                book.tx.run("UPDATE got SET receipt_idx = ? WHERE idx = ?", (index, leaf.index))
            case RecordLeaf():
                _open(book, tail, leaf, index)
            case InstrumentLeaf(kind=InstrumentKind.ACCORD):
                signed = book.tx.rows("SELECT signed FROM paper WHERE digest = ?", (leaf.digest,))
                keep_instrument(book.tx, leaf, bytes_of(signed[0][0]), index)
                place_own(book, index, leaf.digest, leaf.kind)
            case InstrumentLeaf():
                book.tx.run("UPDATE instrument SET from_ours = ? WHERE digest = ?", (index, leaf.digest))
            case _:
                pass


def is_accord(leaf: Entry) -> bool:
    """Say whether an entry is an edition of the accord."""
    return isinstance(leaf, InstrumentLeaf) and leaf.kind is InstrumentKind.ACCORD


def _open(book: Book, tail: Tail, leaf: RecordLeaf, index: int) -> None:
    """Write the row that opens a record leaf at its new place, if we have it."""
    for kind, salt, record, at in tail.openings:
        if text_of(kind) == leaf.kind and record_commit(bytes_of(salt), bytes_of(record)) == leaf.commit:
            book.tx.run(
                "INSERT INTO opening (idx, kind, salt, record, at) VALUES (?, ?, ?, ?, ?)",
                (index, kind, salt, record, at),
            )
            if leaf.kind in {SHRED, DESTROYED}:  # the erasure goes by the place of its leaf
                moved(decode_certificate(bytes_of(record)), index, book.tx)


def own_entries(book: Book, first: int) -> tuple[Entry, ...]:
    """Return our entries from `first` on, decoded."""
    size = book.logs[LogRole.OURS].size
    return tuple(decode_entry(entry) for entry in book.entries(LogRole.OURS, first, size))
