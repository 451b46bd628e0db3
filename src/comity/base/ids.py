"""Identifiers and times as types of their own, and how a dispatch id is made, shown and read."""

from __future__ import annotations

from typing import NewType

from comity.base.entropy import Entropy
from comity.base.errors import BadForm

DispatchId = NewType("DispatchId", bytes)
"""16 bytes: 48 bits of milliseconds UTC, 80 random bits."""
CaseId = NewType("CaseId", bytes)
"""16 bytes, the id of the dispatch that opened the case."""
Digest = NewType("Digest", bytes)
"""32 bytes, SHA-256."""
Ms = NewType("Ms", int)
"""Milliseconds since 1970-01-01 UTC."""
LeafIndex = NewType("LeafIndex", int)
"""Position of an entry in a log, from 0."""
NodeName = NewType("NodeName", str)
"""Schema-less URL of a party's node, such as `a.example/comity`."""
Origin = NewType("Origin", str)
"""Name of a log: `<node>/log/<n>` or `<node>/decision/<n>`."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)
_VALUE = {c: i for i, c in enumerate(_CROCKFORD)} | {"O": 0, "I": 1, "L": 1}
ID_SIZE = 16
SHOWN_LENGTH = 26


def new_dispatch_id(now: Ms, entropy: Entropy) -> DispatchId:
    """Make a dispatch id whose first 48 bits are `now`."""  # spec: protocol.md 2
    return DispatchId(int(now).to_bytes(6, "big") + entropy.draw(10))


def show_id(value: bytes) -> str:
    """Write 16 bytes as 26 characters of Crockford base32."""
    number = int.from_bytes(value, "big")
    return "".join([_PAIRS[(number >> shift) & 1_023] for shift in range(120, -1, -10)])


def read_id(text: str) -> DispatchId:
    """Read what `show_id` wrote; upper or lower case, O as 0, I and L as 1.

    Raises:
        BadForm: not 26 such characters, or a number above 128 bits.
    """
    clean = text.strip().upper()
    if len(clean) != SHOWN_LENGTH or any(c not in _VALUE for c in clean):
        raise BadForm("a dispatch number has 26 letters and digits (no U); this one does not")
    number = 0
    for c in clean:
        number = number << 5 | _VALUE[c]
    if number >> 128:
        raise BadForm("this dispatch number is too large to be one")
    return DispatchId(number.to_bytes(ID_SIZE, "big"))
