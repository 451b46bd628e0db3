"""What a search shows: the cases in which something was found, each with the words that were found, marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.policy.access import Person
from comity.screen.consignments import Line as Consignment
from comity.screen.inbox import Line


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    Attributes:
        typed: words that begin words, "phrases in quotes", a case number or an id.
        kind: only this kind, "" all.
        side: `ours`, `theirs`, or "" both.
        since, until: days filed in, both included, as YYYY-MM-DD; "" no bound.
        page: where the page begins, as `FoundCard.following` said.
    """

    typed: str
    kind: str = ""
    side: str = ""
    since: str = ""
    until: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text; `hit` says that it is what was looked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class FoundDispatch:
    """One dispatch in which it was found: as a line, and a few words around the first places."""

    line: Line
    title: tuple[Piece, ...]
    around: tuple[Piece, ...]
    lang: str | None


@dataclass(frozen=True, slots=True)
class FoundCase:
    """One case with the dispatches of it that were found on this page, the newest first."""

    case: CaseId
    opener: Line
    title: tuple[Piece, ...]
    dispatches: tuple[FoundDispatch, ...]


@dataclass(frozen=True, slots=True)
class FoundCard:
    """One page of what was found.

    Attributes:
        search: what was looked for.
        straight: a number or id was typed: the one case it stands for, and the dispatch if it was one.
        numbered: cases whose number ends in the figures typed.
        cases: in which the words were found, that with the newest dispatch first.
        count: dispatches found from this page on, counted to `most` and no further.
        following: where the next page begins, "" on the last.
        words: what was looked for, as it was understood.
        kinds: that may be chosen.
        consignments: in whose notification the words were found, the newest first; on the first page only.
    """

    search: Search
    straight: tuple[CaseId, DispatchId | None] | None
    numbered: tuple[Line, ...]
    cases: tuple[FoundCase, ...]
    count: int
    most: int
    following: str
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    consignments: tuple[Consignment, ...] = ()


class SearchBoard(Protocol):
    """What a search reads: only what is in the scope of that person is looked through, found or counted."""

    def find(self, person: Person, search: Search, now: Ms) -> FoundCard:
        """Return one page of what was found."""
        ...
