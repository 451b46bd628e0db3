"""What the rows of a node and its desk must say, given what stands in the logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

from comity.base import cbor
from comity.crypto.sign import unverified_payload
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import DispatchLeaf, Entry, Fact
from comity.dispatch.ports import Row, Scalar, Tx
from comity.sim.ruled import Invariant, ensure


@dataclass(frozen=True, slots=True)
class RowsHeld:
    """What the rows are compared with.

    Attributes:
        leaves: index of each of our dispatches in our log.
        receipts: facts of our receipts, by leaf of the peer's log.
        seen: facts of the peer's receipts for our leaves, as far as our mirror reaches.
        mirrored: the peer's entries as far as our mirror reaches.
        elsewhere: dispatches of either side that are not of the exercise's desk.
        withdrawn: leaves that the peer withdrew.
        away: dispatches of the peer whose bytes are destroyed, or with the custodian.
    """

    leaves: Mapping[bytes, int]
    receipts: Mapping[int, Sequence[Fact]]
    seen: Mapping[int, Sequence[Fact]]
    mirrored: Sequence[Entry]
    elsewhere: AbstractSet[bytes]
    withdrawn: AbstractSet[int]
    away: AbstractSet[bytes] = frozenset()


class Rows(NamedTuple):
    """All rows of one side that are checked, as they are stored at one moment."""

    sent: list[Row]
    pool: list[Row]
    lost: list[Row]
    regot: list[Row]
    got: list[Row]
    desk: list[Row]
    kept: list[Row]

    @classmethod
    def read(cls, tx: Tx) -> Self:
        """Read them."""
        return cls(
            tx.rows("SELECT id, idx, fact, settled_at FROM sent"),
            tx.rows("SELECT dispatch FROM pool"),
            tx.rows(
                "SELECT l.id, l.withdrawn, (SELECT length(s.sealed) FROM sent s WHERE s.id = l.id AND s.fact > 0) FROM lost l"
            ),
            tx.rows("SELECT idx FROM regot"),
            tx.rows("SELECT idx, id, fact, settled_at, seen_at, sealed IS NULL, plain IS NULL FROM got"),
            tx.rows("SELECT id, ours, admitted, filed, text FROM exercise"),
            tx.rows("SELECT id FROM kept WHERE became IS NULL"),
        )


def check_rows(number: int, rows: Rows, held: RowsHeld) -> None:
    """Check sent, pool, got, desk and kept rows of one side.

    Raises:
        Broken: one of them does not agree with the logs.
    """
    sent = _sent(number, rows, held)
    again = frozenset(int_of(row[0]) for row in rows.regot)
    got = _got(number, rows.got, held, again)
    # What a put-back store lost stands at no desk until its bytes have come again, or where the peer has them no more.
    gone = {
        bytes_of(id_)
        for index, id_, fact, _, _, no_bytes, no_plain in rows.got
        if fact and no_plain and (index in again or (index in held.withdrawn and no_bytes))
    }
    _desk(number, rows, sent - held.elsewhere, {id_: got[id_] for id_ in got.keys() - held.elsewhere - gone})


def _short(id_: Scalar) -> str:
    """Return enough of an id to find it."""
    return bytes_of(id_).hex()[-8:]


def _newest(facts: Sequence[Fact]) -> int:
    """Return the newest fact short of seen, 0 for none."""
    return next((int(fact) for fact in reversed(facts) if fact is not Fact.SEEN), 0)


def _sent(number: int, rows: Rows, held: RowsHeld) -> set[bytes]:
    pooled = Counter(row[0] for row in rows.pool)
    for row in rows.sent:
        id_, index = row[:2]
        once = held.leaves.get(bytes_of(id_)) == index and pooled[id_] == (index is None)
        _sent_row(number, row, tuple(() if index is None else held.seen.get(int_of(index), ())), once=once)
    ids = {bytes_of(row[0]) for row in rows.sent}
    lost = {bytes_of(row[0]) for row in rows.lost}
    # Its bytes ended after their receipt, and a peer that was put back asked for them: that is answered by a withdrawal.
    ended = {bytes_of(id_) for id_, withdrawn, size in rows.lost if withdrawn and size == 0}
    ensure(ids & lost <= ended, Invariant.SENT_ROW, number, "a dispatch that is held counts as lost")
    ensure((ids | lost).issuperset(held.leaves), Invariant.SENT_ROW, number, "a leaf of ours has no row")
    ensure(pooled.total() <= len(ids), Invariant.SENT_ROW, number, "the pool holds what was not sent")
    return ids


@lru_cache(maxsize=1024)
def _sent_row(number: int, row: Row, facts: tuple[Fact, ...], *, once: bool) -> None:
    """Check one row of `sent`; a row that was good beside the same receipts is good, and a bad one ends its world."""
    id_, index, fact, settled = row
    shown = _short(id_)
    ensure(once, Invariant.SENT_ROW, number, f"{shown} at {index!r} is not once in log or pool")
    ensure(fact == _newest(facts), Invariant.SENT_ROW, number, f"{shown} has fact {fact!r}, receipts say {facts}")
    ensure((settled is not None) == (int_of(fact) > Fact.ARRIVED), Invariant.SENT_ROW, number, f"{shown} settled")


def _got(number: int, rows: list[Row], held: RowsHeld, again: AbstractSet[int]) -> dict[bytes, int]:
    for row in rows:
        index, id_ = int_of(row[0]), bytes_of(row[1])
        leaf = held.mirrored[index] if index < len(held.mirrored) else None
        beside = _Beside(
            facts=tuple(held.receipts.get(index, ())),
            named=isinstance(leaf, DispatchLeaf) and leaf.id == id_,
            again=index in again,
            withdrawn=index in held.withdrawn,
            away=id_ in held.away,
        )
        _got_row(number, row, beside)
    leaves = sum(isinstance(entry, DispatchLeaf) for entry in held.mirrored)
    ensure(len(rows) == leaves, Invariant.GOT_ROW, number, f"{len(rows)} rows for {leaves} leaves of the peer")
    return {bytes_of(id_): int_of(fact) for _, id_, fact, *_ in rows}


class _Beside(NamedTuple):
    """What stands beside a row of `got`: our receipts, whether the leaf at its place names it, and what became of it."""

    facts: tuple[Fact, ...]
    named: bool
    again: bool
    withdrawn: bool
    away: bool


@lru_cache(maxsize=1024)
def _got_row(number: int, row: Row, beside: _Beside) -> None:
    """Check one row of `got`; a row that was good beside the same is good, and a bad one ends its world."""
    index, id_, fact, settled, seen, no_bytes, no_plain = row
    shown, facts = _short(id_), beside.facts
    ensure(beside.named, Invariant.GOT_ROW, number, f"{shown} stands at leaf {index!r}, which is not its own")
    ensure(fact == _newest(facts), Invariant.GOT_ROW, number, f"{shown} has fact {fact!r}, our receipts say {facts}")
    done = int_of(fact) > Fact.ARRIVED or (not fact and beside.withdrawn)
    ensure((settled is not None) == done, Invariant.GOT_ROW, number, f"{shown} settled")
    ensure((seen is not None) == (Fact.SEEN in facts), Invariant.GOT_ROW, number, f"{shown} seen")
    lost = beside.again or (beside.withdrawn and no_bytes)
    held_here = not no_bytes or beside.away
    ensure(lost or not fact or held_here, Invariant.GOT_ROW, number, f"{shown} is receipted and its bytes are not held")
    opened = fact in {Fact.ARRIVED, Fact.FILED}
    ensure(
        lost or opened != bool(no_plain),
        Invariant.GOT_ROW,
        number,
        f"{shown} has fact {fact!r}, opened: {not no_plain}",
    )


def _desk(number: int, rows: Rows, sent: set[bytes], got: Mapping[bytes, int]) -> None:
    """Check that a desk row stands on a committed send, or on a receipt: filed with content, refused without."""
    for row in rows.desk:
        _desk_row(number, row, bytes_of(row[0]) in sent, got.get(bytes_of(row[0])))
    shown_ids = {bytes_of(row[0]) for row in rows.desk}
    owed = sent | {id_ for id_, fact in got.items() if fact in {Fact.FILED, Fact.REFUSED}}
    ensure(shown_ids == owed, Invariant.DESK_ROW, number, f"{len(shown_ids)} desk rows, {len(owed)} owed")
    texts = [row[4] for row in rows.desk if row[1]]
    ensure(len(set(texts)) == len(texts), Invariant.SENT_TWICE, number, "one form of an officer was sent twice")
    kept = {bytes_of(row[0]) for row in rows.kept}
    ensure(not kept & sent, Invariant.SENT_ROW, number, "a withheld draft was sent")


@lru_cache(maxsize=1024)
def _desk_row(number: int, row: Row, sent: bool, fact: int | None) -> None:  # noqa: FBT001  private, remembered by these
    """Check one row of the desk; a row that was good beside the same is good, and a bad one ends its world."""
    id_, ours, admitted, filed, text = row
    shown = _short(id_)
    ensure(filed == 1, Invariant.DESK_ROW, number, f"{shown} was filed {filed!r} times")
    if ours:
        ensure(sent, Invariant.DESK_ROW, number, f"{shown} stands at our desk and was not sent")
        return
    due = Fact.FILED if admitted else Fact.REFUSED
    ensure(fact == due, Invariant.DESK_ROW, number, f"{shown} without a receipt {due.name}")
    ensure(admitted or not text, Invariant.DESK_ROW, number, f"{shown} was refused and its text is shown")


def check_disowned(number: int, tx: Tx, peer_tx: Tx) -> None:
    """Check that a side which recovered disowned, in its own log, every head that the peer had dropped for it.

    Raises:
        Broken: one is missing.
    """  # spec: protocol.md 9 step 3
    payloads = [unverified_payload(bytes_of(row[0])) for row in peer_tx.rows("SELECT signed FROM recovered")]
    dropped = {note for payload in payloads for note in _texts(payload, 3)}
    signed = tx.rows(
        "SELECT i.signed FROM instrument i JOIN entry e ON e.idx = i.from_ours WHERE e.role = 'ours' AND i.kind = 'restored'"
    )
    disowned = {note for row in signed for note in _texts(unverified_payload(bytes_of(row[0])), 5)}
    ensure(dropped <= disowned, Invariant.DISOWNED, number, f"{len(dropped - disowned)} heads are not disowned")


def _texts(payload: bytes, key: int) -> list[str]:
    value = cbor.decode(payload)
    assert isinstance(value, Mapping)
    found = value[key]  # type: ignore[index]  # a map with numbers for keys
    assert isinstance(found, list)
    return [str(one) for one in found]
