"""That something changed, as page processes hear it: a number that rises and the topics that moved, never content.

The rule it keeps: whoever heard all rings of one `boot` in order has missed nothing; another boot means that all may have
changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rung:
    """One ring of the node's bell.

    Attributes:
        boot: token of this run of the node.
        key: 32 bytes of this run, under which topics are hashed for browsers; the same in every page process.
        number: rises by each ring.
        topics: what moved, such as `case:<26 letters>`, `inbox`, `waiting`; None if it may be anything.
    """

    boot: str
    key: bytes
    number: int
    topics: frozenset[str] | None


class Changes(Protocol):
    """The node's bell."""

    def follow(self) -> AsyncIterator[Rung]:
        """Yield one ring at once, with the present number and no topics, then each that comes; never ends by itself.

        When the way to the node was lost, the first ring after that has `topics` None.
        """
        ...
