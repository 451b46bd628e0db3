"""A head that the peer names as ours and that we never signed: the proof is kept at once, and the peer is asked whose it is.

The rule it keeps: what another store of ours signed, or a thief, bears our signature, and an honest peer can show that. One that
says itself that it mirrors our log, or that shows no such signature when it is asked, has made the head up.
"""  # spec: protocol.md 7 check 12, 9, 11

from __future__ import annotations

from typing import cast

from comity.base import cbor
from comity.base.ids import Ms
from comity.dispatch import records
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of
from comity.dispatch.exchange_codec import Evidence, Exchange, decode_evidence, encode_evidence
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.node.stolen import is_foreign
from comity.node.taken import Named
from comity.tlog.checkpoint import Checkpoint

KIND = "named-head"
"""Of the record in our decision log that has the proof while the peer is asked, and of what marks it as open."""
RECORD = "comity/named-head/1"
_SALT_BYTES = 32


def is_made_up(named: Named, exchange: Exchange, book: Book) -> bool:
    """Say whether the exchange itself shows that nobody signed the head: the peer says that it mirrors our log, and not that root.

    A peer that took the head from another store of ours, or from a thief, mirrors the other log.
    """
    ours = book.logs[LogRole.OURS]
    if named.origin != ours.origin or named.size > exchange.mirror_size:
        return False
    mirror = Checkpoint(ours.origin, exchange.mirror_size, exchange.mirror_root)
    return not is_foreign(mirror, book) and is_foreign(Checkpoint(ours.origin, named.size, named.root), book)


def keep(book: Book, office: Office, proof: Evidence, named: Named, now: Ms) -> None:
    """Keep the proof until the peer has answered what it holds; it outlives a restart."""
    record = cbor.encode((RECORD, encode_evidence(proof), named.size, now))
    index = records.keep(book, KIND, None, office.entropy.draw(_SALT_BYTES), record, now=now)
    book.tx.run(
        "INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (KIND, index),
    )


def held(tx: Tx) -> tuple[Evidence, int] | None:
    """Return the proof that is kept while the peer is asked, and the size of the head that it named; None if there is none."""
    found = tx.rows("SELECT record FROM record WHERE idx = (SELECT value FROM counter WHERE name = ?)", (KIND,))
    if not found:
        return None
    _, proof, size, _ = cast("tuple[str, bytes, int, int]", cbor.decode(bytes_of(found[0][0])))
    return decode_evidence(proof), size


def forget(tx: Tx) -> None:
    """Ask no more: it was answered. The record stays."""
    tx.run("DELETE FROM counter WHERE name = ?", (KIND,))
