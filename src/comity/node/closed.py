"""What the peer's log may still say of logs of ours that a cut closed.

The rule it keeps: below the cut every word is judged as before. Above it, until the peer's log says that it took the cut, it
may name what a thief said in our name; that is no evidence against it, for it could not know.
"""  # spec: protocol.md 10

from __future__ import annotations

from comity.dispatch.book import Book, LogRole, RowTiles
from comity.dispatch.closed import closed_logs
from comity.dispatch.entries import DispatchLeaf, HeadLeaf, ReceiptLeaf
from comity.node.resealing import sealed_so
from comity.tlog.tree import root


def receipted(book: Book, leaf: ReceiptLeaf) -> bool:
    """Say whether a receipt may be one for a dispatch in a closed log of ours."""
    for one in closed_logs(book.tx, LogRole.OURS):
        place = one.base + leaf.index
        found = book.entry(LogRole.OURS, place) if leaf.index < one.size else None
        if isinstance(found, DispatchLeaf) and found.id == leaf.id:
            return leaf.sealed in sealed_so(book, LogRole.OURS, place)
        if leaf.index >= one.cut_size and one.mark is None:
            return True
    return False


def named(book: Book, leaf: HeadLeaf) -> bool:
    """Say whether an l-head may name a closed log of ours."""
    one = next((one for one in closed_logs(book.tx, LogRole.OURS) if one.origin == leaf.origin), None)
    if one is None:
        return False
    if leaf.size > one.cut_size:
        return one.mark is None
    return leaf.root == root(RowTiles(book.tx, LogRole.OURS, one.base), leaf.size)


def awaited(book: Book) -> bool:
    """Say whether the peer's log has not come yet to where it took a cut of ours: what it accused us of was the thief's."""
    return any(one.mark is None for one in closed_logs(book.tx, LogRole.OURS))
