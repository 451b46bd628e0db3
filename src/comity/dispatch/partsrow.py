"""The four parts of a dispatch with their salts, as one column of a row; and what stands there once one was destroyed.

A part that was destroyed has neither salt nor content; the digests of all four stand beside the column, so that the row
still gives the commitment in the leaf.
"""  # spec: protocol.md 12

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from comity.base import cbor
from comity.base.ids import Digest
from comity.dispatch import wire

GONE = wire.Part(b"", b"")
"""What stands for a part that was destroyed."""
_DIGEST = 32


def parts_bytes(parts: wire.Parts) -> bytes:
    """Return the four parts with their salts as one value, without the pad."""
    return cbor.encode([(part.salt, part.content) for part in parts])


def parts_of(data: bytes) -> wire.Parts:
    """Read what `parts_bytes` wrote; the store is ours, so another shape is a broken store."""
    rows = cbor.decode(data)
    assert isinstance(rows, list)
    header, body, attachments, author = (wire.Part(bytes(row[0]), bytes(row[1])) for row in cast("Any", rows))
    return header, body, attachments, author


def without(parts: wire.Parts, destroyed: Collection[int]) -> wire.Parts:
    """Return the parts without salt and content of those that are named by their place, 1 to 3."""
    header, *others = (GONE if number in destroyed else part for number, part in enumerate(parts))
    body, attachments, author = others
    return header, body, attachments, author


def digests_of(parts: wire.Parts, before: bytes | None = None) -> bytes:
    """Return the digests of the four parts in a row, 128 bytes; those of `before` for parts that were destroyed already."""
    return b"".join(part_digest_shown(number, part, before) for number, part in enumerate(parts))


def part_digest_shown(number: int, part: wire.Part, digests: bytes | None) -> Digest:
    """Return the digest of a part, the stored one where it was destroyed."""
    if part == GONE and digests is not None:
        return Digest(digests[number * _DIGEST : (number + 1) * _DIGEST])
    return wire.part_digest(number, part)


def commit_shown(parts: wire.Parts, digests: bytes | None) -> Digest:
    """Return the commitment that the parts give, with the stored digest for each part that was destroyed."""
    return wire.commit_of_digests([part_digest_shown(number, part, digests) for number, part in enumerate(parts)])
