"""Randomness as an argument, so that the core can be replayed."""

from __future__ import annotations

from typing import Protocol


class Entropy(Protocol):
    """A source of random bytes.

    The edge hands in the operating system's; the simulation a seeded one. Salts, ids and nonces come from here. The
    cryptography library draws its own randomness for signatures and encapsulations.
    """

    def draw(self, size: int) -> bytes:
        """Return `size` fresh random bytes."""
        ...
