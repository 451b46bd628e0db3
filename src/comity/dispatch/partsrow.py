"""The four parts of a dispatch with their salts, as one column of a row."""

from __future__ import annotations

from comity.base import cbor
from comity.dispatch import wire


def parts_bytes(parts: wire.Parts) -> bytes:
    """Return the four parts with their salts as one value, without the pad."""
    return cbor.encode([(part.salt, part.content) for part in parts])


def parts_of(data: bytes) -> wire.Parts:
    """Read what `parts_bytes` wrote; the store is ours, so another shape is a broken store."""
    rows = cbor.decode(data)
    assert isinstance(rows, list)
    header, body, attachments, author = (wire.Part(bytes(row[0]), bytes(row[1])) for row in rows)
    return header, body, attachments, author
