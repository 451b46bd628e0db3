"""What the list of cases shows: one line each, with what is owed next and what moved last; times are milliseconds UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.policy.access import Person
from comity.screen.inbox import Line

PAGE = 50


class CaseView(StrEnum):
    """Which cases: those in which either side owes something, the person's own, those in which nobody does, all."""

    OPEN = "open"
    MINE = "mine"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Moved:
    """Facts of one case: when it last moved, how many dispatches it has, its newest, and the one whose limit is the next."""

    at: Ms
    count: int
    newest: DispatchId
    owed: DispatchId | None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in the list.

    Attributes:
        case: which.
        opener: the dispatch that opened it, or the oldest that is here: title, numbers, agencies, label, whose it is.
        owed: the dispatch whose limit is the next, on either side; None where nothing is owed.
        newest: the newest dispatch.
        moved: when anything of it was last filed or receipted here.
        count: how many dispatches it has.
    """

    case: CaseId
    opener: Line
    owed: Line | None
    newest: Line
    moved: Ms
    count: int


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many cases of one person's scope are open, how many of these overdue, how many were given; to `MOST`."""

    open: int
    overdue: int
    mine: int

    MOST = 1_000


@dataclass(frozen=True, slots=True)
class CaseAsk:
    """Which part of the list: view, agency id ("" all), and where the page begins."""

    view: CaseView = CaseView.OPEN
    agency: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class CaseListCard:
    """One page of the list; `following` is where the next begins, "" on the last; `agencies` what may be chosen."""

    ask: CaseAsk
    lines: tuple[CaseLine, ...]
    following: str
    counts: CaseCounts
    agencies: tuple[tuple[str, str], ...] = field(default_factory=tuple)


class CaseListBoard(Protocol):
    """What the list of cases reads; it shows what is in the scope of that person, nothing else."""

    def page(self, person: Person, ask: CaseAsk, now: Ms) -> CaseListCard:
        """Return one page."""
        ...
