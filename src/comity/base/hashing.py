"""SHA-256 with a domain string, so that a hash made for one use never fits another."""

from __future__ import annotations

from hashlib import sha256 as _sha256

from comity.base.ids import Digest


def sha256(data: bytes) -> Digest:
    """Return the 32-byte SHA-256 of `data`."""
    return Digest(_sha256(data).digest())


def domain_hash(domain: str, *parts: bytes) -> Digest:
    """Return SHA-256(domain || 0x00 || parts...); all parts but the last must be of fixed length."""  # spec: protocol.md 3
    return Digest(_sha256(b"\x00".join((domain.encode(), b"".join(parts)))).digest())
