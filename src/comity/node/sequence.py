"""From pool to log: what waits gets its index, in order of lane, then of arrival."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.ports import Row, Tx
from comity.marking.labels import Lane
from comity.node.linkrow import Going

OWN_WAITING = 2_048
"""Own entries that may wait for the peer before normal and bulk leaves stop being sequenced."""  # spec: protocol.md 4
BATCH = 1_024
AHEAD = 512
"""Normal and bulk leaves in the log whose dispatch has no receipt: enough for eight full exchanges, half of the window."""
REFILL = AHEAD // 2
"""So many get their place together at least, where so many wait: to look through a large pool costs as much as to send from it."""
_SLOW = (Lane.NORMAL, Lane.BULK)
_QUICK = frozenset({Lane.IMMEDIATE, Lane.URGENT})


def sequence(book: Book, going: Going, now: Ms, *, every: bool = False) -> int:
    """Append pooled leaves that may go to our log and return how many.

    Immediate and urgent leaves pass through here only where they wait for their time; commit appends the others at
    once. An index given here is final only when a head above it has been signed. Of normal and bulk leaves only what
    travels soon gets its place, unless `every` one shall: an entry that is far ahead of its dispatch is a debt that is looked at
    in each exchange, and what is immediate would stand behind the entries of all that waited.
    """  # spec: protocol.md 4 rules 1, 2
    ours = book.logs[LogRole.OURS]
    room = min(BATCH, OWN_WAITING - (ours.size - ours.cosigned_size))
    if not every:
        slow = room_for_slow(book.tx, going)
        room = min(room, slow or room)
        going = going if slow else _quick(book.tx, going)
    if room <= 0 or not going.lanes:
        return 0
    rows = _rows(book.tx, going, now, room, " ORDER BY p.lane, p.place")
    if not rows:
        return 0
    first = book.append_own([bytes_of(entry) for _, entry, _ in rows])
    placed = [(LeafIndex(first + n), row[2]) for n, row in enumerate(rows) if row[2] is not None]
    book.tx.many("UPDATE sent SET idx = ? WHERE id = ?", placed)
    book.tx.many("DELETE FROM pool WHERE place = ?", [(int_of(row[0]),) for row in rows])
    return len(rows)


def room_for_slow(tx: Tx, going: Going) -> int:
    """Return how many normal and bulk leaves may get their place now; 0 until half of those that have one are receipted."""
    goes, arguments = (" AND " + going.condition[0], going.condition[1]) if going.condition else ("", ())
    waiting = sum(
        int_of(
            tx.rows(
                "SELECT count(*) FROM (SELECT 1 FROM sent s WHERE s.settled_at IS NULL AND s.lane = ? AND s.fact = 0"  # noqa: S608  no text of a person in it
                f" AND s.idx >= 0{goes} LIMIT ?) AS waiting",
                (int(lane), *arguments, AHEAD),
            )[0][0]
        )
        for lane in _SLOW
    )
    return AHEAD - waiting if waiting <= AHEAD - REFILL else 0


def _quick(tx: Tx, going: Going) -> Going:
    """Return what may go without normal and bulk: nothing where the pool has nothing else, and it need not be read through."""
    waits = any(
        tx.rows("SELECT 1 FROM sent WHERE settled_at IS NULL AND lane = ? AND idx IS NULL LIMIT 1", (int(lane),))
        for lane in sorted(going.lanes & _QUICK)
    )
    return replace(going, lanes=going.lanes & _QUICK if waits else frozenset())


def waits_in_pool(tx: Tx, going: Going, now: Ms) -> bool:
    """Say whether something in the pool may go now and has no place yet."""
    return bool(going.lanes) and bool(_rows(tx, going, now, 1))


def _rows(tx: Tx, going: Going, now: Ms, most: int, order: str = "") -> list[Row]:
    bounds = (int(max(going.lanes)), now)
    goes, arguments = (" AND " + going.condition[0], going.condition[1]) if going.condition else ("", ())
    join = " LEFT JOIN sent s ON s.id = p.dispatch" if going.condition else ""
    return tx.rows(
        f"SELECT p.place, p.entry, p.dispatch FROM pool p{join} WHERE p.lane <= ?"  # noqa: S608  no text of a person in it
        f" AND (p.not_before IS NULL OR p.not_before <= ?){goes}{order} LIMIT ?",
        (*bounds, *arguments, most),
    )
