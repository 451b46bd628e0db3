"""What a list of dispatches shows: one line each, without content but its title; times are milliseconds UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.policy.access import Person

PAGE = 50


class View(StrEnum):
    """Which list: what we owe, what they owe, what we owe in cases of the person's own, what is settled, all."""

    OURS = "ours"
    THEIRS = "theirs"
    MINE = "mine"
    SETTLED = "settled"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Line:
    """One dispatch in a list.

    Attributes:
        id, ours, kind, stage, case, urgency, item: of the dispatch.
        number, theirs: our number of its case, and the other side's; None while it is not known.
        title: whole; "" if it was not admitted, or recalled.
        from_agency, to_agencies: as ids out of the desk, as names on a page.
        label: codes in full.
        created: by the sender's clock.
        sent, arrived, seen, first, answered, refused, quarantined, recalled: when; None for not yet.
        code: outward code of a refusal, by law or by a dispatch.
        due: the earliest limit that is not met; `due_what` is `arrived`, `seen`, `first` or `full`, "" if nothing is owed.
        replaced: a correction of its own sender stands above it.
        admitted: our law, or theirs as far as known, let it in.
        officer: (desk, number) of who released it.
        members: (desk, number) of who has the case.
        withdrawn, converted: when a question was taken back, or goes on by treaty; `answered` says the same time then.
        passed_to, passed: the agency that has a question since it was transferred, "" for none, and when.
    """

    id: DispatchId
    ours: bool
    kind: str
    stage: str
    case: CaseId
    urgency: int
    item: str | None
    number: str
    theirs: str | None
    title: str
    from_agency: str
    to_agencies: tuple[str, ...]
    label: tuple[str, ...]
    created: Ms
    sent: Ms | None
    arrived: Ms | None
    seen: Ms | None
    first: Ms | None
    answered: Ms | None
    refused: Ms | None
    quarantined: Ms | None
    recalled: Ms | None
    code: str | None
    due: Ms | None
    due_what: str
    replaced: bool
    admitted: bool
    officer: tuple[str, int]
    members: tuple[tuple[str, int], ...] = ()
    withdrawn: Ms | None = None
    converted: Ms | None = None
    passed_to: str = ""
    passed: Ms | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines each list has in the scope of one person, counted to `MOST` and no further."""

    ours: int
    overdue: int
    theirs: int
    theirs_overdue: int
    mine: int

    MOST = 1_000


@dataclass(frozen=True, slots=True)
class Ask:
    """Which part of the lists: view, workplan item ("" all, `-` none), agency id ("" all), and where the page begins."""

    view: View = View.OURS
    item: str = ""
    agency: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class InboxCard:
    """One page of a list, and what stands beside it.

    `there` and `settled` are the first few of what waits for the other side and of what was settled last, on the first page
    of `View.OURS` only. `following` is where the next page begins, "" on the last; `items` and `agencies` what may be chosen.
    """

    ask: Ask
    lines: tuple[Line, ...]
    following: str
    counts: Counts
    there: tuple[Line, ...] = ()
    settled: tuple[Line, ...] = ()
    items: tuple[str, ...] = ()
    agencies: tuple[tuple[str, str], ...] = field(default_factory=tuple)


class InboxBoard(Protocol):
    """What the inbox reads; each call reads the store anew and shows what is in the scope of that person, nothing else."""

    def page(self, person: Person, ask: Ask, now: Ms) -> InboxCard:
        """Return one page."""
        ...

    def counts(self, person: Person, now: Ms) -> Counts:
        """Return how much waits."""
        ...

    def line(self, dispatch: DispatchId) -> Line | None:
        """Return one dispatch as it stands in a list; need-to-know was asked before."""
        ...
