"""What the targets say of codecs: the declared errors alone come out, and what is taken has one form."""

from __future__ import annotations

from comity.base import cbor
from comity.base.errors import PeerError


def one_form(read, write, data: bytes, *, declared=PeerError, written=None) -> object:
    """Read bytes; if they are taken, they must be written as they were read. Return the value, None if refused.

    Args:
        read: the reader.
        write: its writer.
        data: the bytes.
        declared: the errors that the reader says it raises.
        written: puts into the bytes what the writer leaves out because it is the default; None: nothing.
    """
    try:
        value = read(data)
    except declared:
        return None
    again = write(value)
    assert again == (data if written is None else written(data)), "what was taken is written otherwise"
    assert read(again) == value or written is None
    return value


def without(data: bytes, key: int, default) -> bytes:
    """Return the bytes of a map without a member that is optional and has its default value."""
    value = cbor.decode(data)
    if key in value and value[key] == default and type(value[key]) is type(default):
        value = {one: member for one, member in value.items() if one != key}
    return cbor.encode(value)
