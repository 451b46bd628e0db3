"""Making an exchange: what we say, taken from what is stored and from nothing else.

Request and answer have one shape. What is said leaves behind the transaction that stored it; a lost exchange costs one repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.exchange_codec import Exchange
from comity.dispatch.ports import Row, Scalar
from comity.marking.labels import Lane
from comity.node import heads
from comity.node.incarnation import read_incarnation
from comity.node.linkrow import Going, going, read_link
from comity.node.peer import Timers, Voice

DISPATCHES = 64
"""Dispatches in one exchange; the protocol allows 256, but a longer exchange holds up what is urgent."""
BESIDE_IMMEDIATE = 16
"""Of all dispatches in an exchange that has something immediate: what stands beside it is taken and stored with it."""
BODY_BYTES = 6 << 20
MINIMUM_CREDIT = 1 << 20
WANTS = 64
_WINDOWED = (Lane.URGENT, Lane.NORMAL, Lane.BULK)
_WAITING = "ORDER BY s.settled_at, s.idx"
"""The order of the index of what waits and of no other: PostgreSQL would read all that was ever sent by the index of `idx` alone."""
CREDIT = {Lane.IMMEDIATE: 4 << 20, Lane.URGENT: 4 << 20, Lane.NORMAL: 4 << 20, Lane.BULK: 2 << 20}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the peer's last exchange told us about itself; lost with the process, at the price of a repeat.

    Attributes:
        base: size of its own log that it knows we cosigned; our cosignature need not be repeated below it.
        credit: bytes per lane that it takes next; absent is none, immediate always 1 MiB.
        wants: leaves of ours whose bytes it lacks.
    """

    base: int = -1
    credit: tuple[tuple[int, int], ...] = tuple((int(lane), MINIMUM_CREDIT) for lane in Lane)
    wants: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Aloft:
    """What travels in exchanges that are not answered yet; lost with the process, at the price of a repeat.

    Attributes:
        sizes: bytes of each dispatch, by its leaf.
        left: something that may travel had no room in the last of them.
    """

    sizes: Mapping[LeafIndex, int] = field(default_factory=dict[LeafIndex, int])
    left: bool = False

    @classmethod
    def of(cls, exchange: Exchange) -> Aloft:
        """Return what one exchange carries."""
        return cls({index: len(sealed) for index, sealed in exchange.dispatches}, exchange.more)

    def __add__(self, other: Aloft) -> Aloft:
        """Return what travels in both, of which the other is the later one."""
        return Aloft({**self.sizes, **other.sizes}, other.left)


NOTHING_ALOFT = Aloft()


def speak(
    book: Book,
    voice: Voice,
    timers: Timers,
    heard: Heard,
    now: Ms,
    *,
    wait_ms: int = 0,
    aloft: Aloft = NOTHING_ALOFT,
) -> Exchange:
    """Make the exchange that this node would send now, without the dispatches that are on their way."""
    # spec: protocol.md 6
    allowed = going(read_link(book.tx))
    note, size = heads.own_head(book, voice, now, timers.heartbeat_ms), heads.head_size(book)
    ours, base = book.logs[LogRole.OURS], book.logs[LogRole.OURS].cosigned_size
    dispatches, left = _dispatches(book, allowed, size, heard, timers.window, aloft=aloft)
    cosignature = heads.own_cosignature(book, voice, now)
    theirs = book.logs[LogRole.THEIRS]
    return Exchange(
        origin=ours.origin,
        base=base,
        entries=tuple(book.entries(LogRole.OURS, base, size)),
        checkpoint=note,
        cosignature=cosignature if theirs.cosigned_size > heard.base or not dispatches else None,
        mirror_size=theirs.size,
        mirror_root=book.edges[LogRole.THEIRS].root(),
        dispatches=tuple(dispatches),
        wants=wants(book),
        credit=tuple(CREDIT.items()),
        wait=wait_ms,
        more=size < ours.size or left,
        incarnation=read_incarnation(book.tx, LogRole.OURS).second,
    )


def wants(book: Book) -> tuple[LeafIndex, ...]:
    """Return the leaves of the peer's log whose dispatch has not come: named debts, most urgent first."""
    # Two questions, each upon an index: one with OR or UNION would read all that was ever got.
    rows = book.tx.rows(
        "SELECT lane, idx FROM got WHERE settled_at IS NULL AND fact = 0 AND sealed IS NULL ORDER BY lane, idx LIMIT ?",
        (WANTS,),
    )
    if book.tx.rows("SELECT 1 FROM regot LIMIT 1"):
        rows += book.tx.rows(
            "SELECT lane, idx FROM got WHERE idx IN (SELECT idx FROM regot) AND sealed IS NULL ORDER BY lane, idx LIMIT ?",
            (WANTS,),
        )
    urgent = sorted({(int_of(lane), int_of(index)) for lane, index in rows})
    return tuple(LeafIndex(index) for _, index in urgent[:WANTS])


def _dispatches(
    book: Book, allowed: Going, size: int, heard: Heard, window: int, *, aloft: Aloft
) -> tuple[list[tuple[LeafIndex, bytes]], bool]:
    """Choose what travels: unreceipted leaves below the head, wanted ones first in their lane, within the credit.

    Also return whether there may be more than had room.
    """
    on_the_way = sum(aloft.sizes.values())
    credit = {lane: size_bytes - on_the_way for lane, size_bytes in heard.credit}
    credit[int(Lane.IMMEDIATE)] = max(MINIMUM_CREDIT, credit.get(int(Lane.IMMEDIATE), 0))
    chosen: list[tuple[LeafIndex, bytes]] = []
    total, hurries = 0, False
    candidates = _candidates(book, allowed, size, heard.wants, window, aloft=aloft)
    for lane, index, sealed in candidates:
        total += len(sealed)
        if credit.get(lane, 0) < len(sealed):
            continue
        if total > BODY_BYTES or len(chosen) == DISPATCHES or (hurries and lane and len(chosen) >= BESIDE_IMMEDIATE):
            break
        hurries = hurries or not lane
        credit[lane] -= len(sealed)
        chosen.append((index, sealed))
    return chosen, len(chosen) < len(candidates) or len(chosen) == DISPATCHES


def _candidates(
    book: Book, allowed: Going, size: int, wanted: tuple[int, ...], window: int, *, aloft: Aloft
) -> list[tuple[int, LeafIndex, bytes]]:
    if not allowed.lanes:
        return []
    goes, arguments = (" AND " + allowed.condition[0], allowed.condition[1]) if allowed.condition else ("", ())
    end = window_end(book, size, window, allowed)
    bounds = (int(max(allowed.lanes)), size, end, *arguments)
    rows = _placed(book, allowed, size, end, aloft=aloft)
    known = {row[3] for row in rows}
    for index in wanted:
        if index not in known and index not in aloft.sizes:
            rows += book.tx.rows(
                "SELECT s.lane, coalesce(s.resealed_idx, s.idx), s.sealed, s.idx FROM sent s WHERE s.idx = ? AND s.lane <= ? AND s.idx < ?"  # noqa: S608  no text of a person in it
                f" AND (s.lane = 0 OR s.idx < ?) AND length(s.sealed) > 0{goes}",
                (index, *bounds),
            )
    rows = [row for row in rows if int_of(row[1]) < size]  # of a reseal its own leaf must be covered too
    rows = [row for row in rows if row[1] not in aloft.sizes]
    rows.sort(key=lambda row: (int_of(row[0]), int_of(row[1])))
    return [(int_of(lane), LeafIndex(int_of(index)), bytes_of(sealed)) for lane, index, sealed, _ in rows]


def _placed(book: Book, allowed: Going, size: int, end: int, *, aloft: Aloft) -> list[Row]:
    """Return what has no receipt and has its place below the head, and below the window's end where it is not immediate."""
    # Lane by lane: where lanes are asked for together, all that waits in the pool is looked at first.
    goes, arguments = (" AND " + allowed.condition[0], allowed.condition[1]) if allowed.condition else ("", ())
    lanes, asked = list[str](), list[Scalar]()
    for lane in sorted(one for one in Lane if one <= max(allowed.lanes)):
        lanes.append(
            "SELECT idx FROM (SELECT s.idx FROM sent s WHERE s.settled_at IS NULL AND s.lane = ? AND s.fact = 0 AND s.idx >= 0"  # noqa: S608  no text of a person in it
            f" AND s.idx < ?{goes}{_but(aloft)} {_WAITING} LIMIT ?) AS {lane.name.lower()}"
        )
        below = size if lane is Lane.IMMEDIATE else min(size, end)
        asked += (int(lane), below, *arguments, *aloft.sizes, DISPATCHES)
    return book.tx.rows(
        "SELECT s.lane, coalesce(s.resealed_idx, s.idx), s.sealed, s.idx FROM sent s"  # noqa: S608  as above
        f" WHERE s.idx IN ({' UNION ALL '.join(lanes)}) ORDER BY s.lane, s.idx LIMIT ?",
        (*asked, DISPATCHES),
    )


def _but(aloft: Aloft) -> str:
    """Return the condition that leaves out what is on its way, but for reseals, which travel under another leaf."""
    marks = ", ".join("?" * len(aloft.sizes))
    return f" AND s.idx NOT IN ({marks})" if marks else ""


def window_end(book: Book, size: int, window: int, allowed: Going) -> int:
    """Return the index from which on nothing but lane immediate leaves before receipts come.

    What is suspended takes no place in the window: it may wait for months, and the rest goes on.
    """
    # spec: protocol.md 8. Lane by lane in the order of its index: the cost is that of the window, however much waits behind it.
    goes, arguments = (" AND " + allowed.condition[0], allowed.condition[1]) if allowed.condition else ("", ())
    lanes = " UNION ALL ".join(
        "SELECT idx FROM (SELECT s.idx FROM sent s WHERE s.settled_at IS NULL AND s.lane = ? AND s.fact = 0 AND s.idx >= 0"  # noqa: S608  no text of a person in it
        f"{goes} {_WAITING} LIMIT ?) AS {lane.name.lower()}"
        for lane in _WINDOWED
    )
    asked = [one for lane in _WINDOWED for one in (int(lane), *arguments, window + 1)]
    found = book.tx.rows(f"SELECT idx FROM ({lanes}) AS waiting ORDER BY idx LIMIT 1 OFFSET ?", (*asked, window))  # noqa: S608  as above
    return int_of(found[0][0]) if found else size
