"""What an exchange brought, as far as those who wait for it ask.

The rule it keeps: it is read from the bytes alone, and nothing is decided by it but who is told, and when.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from comity.base.ids import DispatchId
from comity.dispatch.entries import ReceiptLeaf, decode_entry
from comity.dispatch.exchange_codec import decode_exchange
from comity.node.taken import Taken

_TYPE_AT, _RECEIPT = 15, b"\x03"
"""Where an entry has its type, and the type that says what became of a dispatch."""
_IMMEDIATE_LEAF = re.compile(rb"\x89mcomity/leaf/1\x01\x50.{16}\x00", re.DOTALL)


def receipted(taken: Taken) -> Iterator[DispatchId]:
    """Yield the ids of our dispatches of which an exchange brought a receipt."""
    for entry in taken.exchange.entries:
        if entry[_TYPE_AT : _TYPE_AT + 1] == _RECEIPT:
            leaf = decode_entry(entry)
            if isinstance(leaf, ReceiptLeaf):
                yield leaf.id


def says_nothing(answer: bytes, known: int) -> bool:
    """Say whether an answer brings nothing: no entry, no dispatch, no cosignature above the size that the peer knows."""
    said = decode_exchange(answer)
    return not said.entries and not said.dispatches and said.mirror_size <= known


def shows_immediate(body: bytes) -> bool:
    """Say whether an exchange shows a leaf of lane immediate; a claim that costs nothing."""
    return _IMMEDIATE_LEAF.search(body) is not None
