"""Seeded chance: every draw of a simulated world comes from here, so that a seed says all that happens in it.

Each purpose has a stream of its own, so that a new kind of fault does not change what the old ones do.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import shake_256
from typing import TypeVar

Choice = TypeVar("Choice")


class Chance:
    """One stream of draws.

    Args:
        seed: names the stream; equal names draw alike, on every machine.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311  this is chance for a simulation, never a key

    def branch(self, name: str) -> Chance:
        """Return a stream of its own for one purpose."""
        return Chance(f"{self._seed}/{name}")

    def hit(self, rate: float) -> bool:
        """Say yes with the probability `rate`."""
        return self._random.random() < rate

    def number(self, low: int, high: int) -> int:
        """Return a number between `low` and `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """Return one of `choices`."""
        return choices[self.number(0, len(choices) - 1)]


class SeededEntropy:
    """Randomness for a simulated node: it goes on where it was when the node crashes, as that of a machine would.

    Args:
        seed: names the stream.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def draw(self, size: int) -> bytes:
        """Return `size` bytes."""
        self._count += 1
        return shake_256(f"{self._seed}/{self._count}".encode()).digest(size)
