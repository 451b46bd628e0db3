"""The calendar that a program of an officer asks for without signing in, as pages and the open address need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import Ms


@dataclass(frozen=True, slots=True)
class Feed:
    """One calendar as it is now: its bytes, and when something in it last moved."""

    body: bytes
    revised: Ms


class CalendarBoard(Protocol):
    """What a node gives to programs that know an address; every call reads the store anew."""

    def feed(self, token: str) -> Feed | None:
        """Return the calendar of an address; None for one that there is not, any more, or whose officer may not see it."""
        ...

    def since(self, desk: str, number: int) -> Ms | None:
        """Return since when an officer has an address; None for no address."""
        ...
