"""What waits for our reviewer: each breaking of glass with what it let through, and reports that law gives to the reviewer.

The rule it keeps: officers are a desk and a number. Reasons and findings are in people's words and are shown to reviewer and
desk lead only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import DispatchId, Ms

Who = tuple[str, int]
"""Desk and number."""


@dataclass(frozen=True, slots=True)
class Still:
    """One thing that was deferred when glass was broken: a code, whose it is, by when, and when it was done."""

    what: str
    role: str
    due: Ms | None
    done: Ms | None


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """One thing that the reviewer owes.

    Attributes:
        id: as the door takes it.
        verb: `review` of broken glass, or `report`.
        value: code of a report, "" else.
        dispatch: what it is about.
        act: the later act behind broken glass; "" where a dispatch left behind it.
        by: who broke the glass; None where no record of it is kept any more.
        reason: in that officer's words.
        deferred: what was deferred, as our law named it.
        still: what of it is owed since then, done or not.
        seen: who of ours opened the dispatch, the first time each.
        since: when it arose.
        due: by when it is to be reviewed.
        done: when it was, by whom, and what they found.
    """

    id: DispatchId
    verb: str
    value: str
    dispatch: DispatchId
    act: str
    by: Who | None
    reason: str
    deferred: tuple[str, ...]
    still: tuple[Still, ...]
    seen: tuple[tuple[Who, Ms], ...]
    since: Ms
    due: Ms | None
    done: tuple[Ms, Who, str] | None


class ReviewBoard(Protocol):
    """What waits for the reviewer, and what was reviewed."""

    def waiting(self) -> tuple[ReviewCard, ...]:
        """Return what waits, the first due first."""
        ...

    def done(self, most: int) -> tuple[ReviewCard, ...]:
        """Return what was reviewed, the newest first."""
        ...

    def one(self, id_: DispatchId) -> ReviewCard | None:
        """Return one, waiting or done; None if the reviewer owes no such thing."""
        ...

    def tally(self, now: Ms) -> tuple[int, int]:
        """Return how many wait and how many of them are overdue; by one count, for every page asks it."""
        ...
