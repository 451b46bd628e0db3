"""Our decision log's rows: each record is committed to by a leaf of that log and opened on demand only."""

from __future__ import annotations

from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Book
from comity.dispatch.entries import RecordLeaf, encode_entry, record_commit

RESTORED = "restored"
"""Kind of the record that says which part of our exchange log came back from the peer after a put-back."""

RECOVERED = "recovered"
"""Kind of the record that has our `recover` and the peer's answer to it, by which a stranger sees what we lost."""

ERASED = "erased"
"""Kind of the record that says which records were erased with a dispatch."""

RARE = "kind NOT IN ('sent', 'received')"
"""Said beside `kind = ?` for any other kind: the rows of these have an index, in the words that stand here."""


def keep(book: Book, kind: str, dispatch: bytes | None, salt: bytes, record: bytes, *, now: Ms) -> LeafIndex:
    """Append a record to the decision log and store what opens it; return its index there."""
    # spec: protocol.md 4 rule 6
    index = book.append_decision(encode_entry(RecordLeaf(kind, record_commit(salt, record))))
    book.tx.later(
        "INSERT INTO record (idx, kind, dispatch, salt, record, at) VALUES (?, ?, ?, ?, ?, ?)",
        (index, kind, dispatch, salt, record, now),
    )
    return index
