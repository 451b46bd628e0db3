"""Custody: what our law does not admit is sealed to a custodian outside the desk, with its salts, so that it stays provable.

The node cannot open it again: the custodian's private key is not on it. Two persons open it together.
"""

from __future__ import annotations

from comity.base.ids import Ms
from comity.crypto.seal import seal
from comity.dispatch import wire
from comity.dispatch.book import Book
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_bytes
from comity.dispatch.states import Opened


def into_custody(opened: Opened, book: Book, office: Office, now: Ms) -> bool:
    """Seal the four parts to the custodian; return whether the node may now forget the bytes that it could open.

    A node without a custodian keeps the sealed bytes as they came and says so by returning false.
    """  # spec: protocol.md 7, outcome "law or accord says no"
    if office.custodian is None:
        return False
    kid, public = office.custodian
    aad = wire.seal_aad(office.peer, office.us, opened.header.id, opened.header.accord)
    kept = seal(parts_bytes(opened.parts), recipients=[(kid, public)], aad=aad, entropy=office.entropy)
    book.tx.run(
        "INSERT INTO custody (id, idx, kid, sealed, since) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (opened.header.id, opened.arrival.index, kid, kept, now),
    )
    return True
