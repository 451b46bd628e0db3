"""Who of ours looked for what, and who was given a case that is not of their agency: for our reviewer alone.

The rule it keeps: an officer is a desk and a number. The words looked for can name a person, so no other screen has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import CaseId, Ms

Who = tuple[str, int]
"""Desk and number."""


@dataclass(frozen=True, slots=True)
class Searched:
    """One search.

    Attributes:
        id: 32 hexadecimal digits.
        by: who; number 0 is whoever may open the node's own door.
        words: as they were typed.
        narrowed: codes and days that it was narrowed to, "" for none.
        cases, hits: in how many cases of the page, and how many dispatches were found.
        at: when.
    """

    id: str
    by: Who
    words: str
    narrowed: str
    cases: int
    hits: int
    at: Ms


@dataclass(frozen=True, slots=True)
class Given:
    """One case that somebody was given: by whom, from when, until when, and when they first opened a dispatch of it."""

    case: CaseId
    who: Who
    by: str
    since: Ms
    ended: Ms | None
    opened: Ms | None


@dataclass(frozen=True, slots=True)
class SearchesCard:
    """One page of searches, the newest first; `following` is where the next begins, "" on the last."""

    searches: tuple[Searched, ...]
    following: str


class SearchesBoard(Protocol):
    """What is kept of searches."""

    def days(self) -> int:
        """Return for how many days a search is kept."""
        ...

    def page(self, by: Who | None, words: str, after: str) -> SearchesCard:
        """Return one page; of one officer alone, and only with these words in it, where they are given."""
        ...

    def given(self, most: int) -> tuple[Given, ...]:
        """Return the cases that persons were given, the newest first."""
        ...
