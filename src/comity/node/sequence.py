"""From pool to log: what waits gets its index, in order of lane, then of arrival."""

from __future__ import annotations

from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.ports import Row
from comity.node.linkrow import Going

OWN_WAITING = 2_048
"""Own entries that may wait for the peer before normal and bulk leaves stop being sequenced."""  # spec: protocol.md 4
BATCH = 1_024


def sequence(book: Book, going: Going, now: Ms) -> int:
    """Append pooled leaves that may go to our log and return how many.

    Immediate and urgent leaves pass through here only where they wait for their time; commit appends the others at
    once. An index given here is final only when a head above it has been signed.
    """  # spec: protocol.md 4 rules 1, 2
    ours = book.logs[LogRole.OURS]
    room = min(BATCH, OWN_WAITING - (ours.size - ours.cosigned_size))
    if room <= 0 or not going.lanes:
        return 0
    rows = _pooled(book, going, now, room)
    if not rows:
        return 0
    first = book.append_own([bytes_of(entry) for _, entry, _ in rows])
    placed = [(LeafIndex(first + n), row[2]) for n, row in enumerate(rows) if row[2] is not None]
    book.tx.many("UPDATE sent SET idx = ? WHERE id = ?", placed)
    book.tx.many("DELETE FROM pool WHERE place = ?", [(int_of(row[0]),) for row in rows])
    return len(rows)


def _pooled(book: Book, going: Going, now: Ms, room: int) -> list[Row]:
    bounds = (int(max(going.lanes)), now)
    if going.condition is None:
        return book.tx.rows(
            "SELECT place, entry, dispatch FROM pool WHERE lane <= ? AND (not_before IS NULL OR not_before <= ?)"
            " ORDER BY lane, place LIMIT ?",
            (*bounds, room),
        )
    goes, arguments = going.condition
    return book.tx.rows(
        "SELECT p.place, p.entry, p.dispatch FROM pool p LEFT JOIN sent s ON s.id = p.dispatch WHERE p.lane <= ?"  # noqa: S608  no text of a person in it
        f" AND (p.not_before IS NULL OR p.not_before <= ?) AND {goes} ORDER BY p.lane, p.place LIMIT ?",
        (*bounds, *arguments, room),
    )
