"""One case with all that its page shows: dispatches and messages, whose it is, what is held, who of ours opened what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.screen import DispatchCard, HeldLine
from comity.screen.inbox import Line

NEWEST = 200
"""So many dispatches of a case stand on its page; more are shown when they are asked for."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One officer of ours who opened a dispatch, the first time."""

    dispatch: DispatchId
    desk: str
    number: int
    at: Ms


@dataclass(frozen=True, slots=True)
class Reply:
    """What a message of ours in this case would carry, from its newest dispatch; `recipients` are ids of agencies."""

    purpose: str
    item: str | None
    item_reason: str
    urgency: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case.

    Attributes:
        case: which.
        count: how many dispatches it has; `dispatches` and `lines` may be only the newest of them.
        opener: the dispatch that opened it, or the oldest that is here.
        dispatches, lines: the same dispatches, oldest first, as cards and as lines of a list.
        members: (desk, number) of who was given it.
        looked: who of ours opened which dispatch.
        held: drafts of the case that wait for people, and why.
        reply: for a message; None where nothing is here to answer.
        damaged: some row cannot be read, so that no dispatch is shown.
    """

    case: CaseId
    count: int
    opener: Line
    dispatches: tuple[DispatchCard, ...]
    lines: tuple[Line, ...]
    members: tuple[tuple[str, int], ...]
    looked: tuple[Looked, ...]
    held: tuple[HeldLine, ...]
    reply: Reply | None
    damaged: bool = False


class CaseBoard(Protocol):
    """What the page of a case reads; need-to-know was asked before."""

    def file(self, case: CaseId, now: Ms, *, newest: int = NEWEST) -> CaseFile | None:
        """Return one case, or None if nothing of it is here."""
        ...
