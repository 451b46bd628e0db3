"""The desk that keeps cases, as a board asks it: small interfaces, so that the edge imports no desk.

Attributes are only read; a frozen row fills them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.ports import Tx
from comity.marking.labels import Label, Lane, Urgency
from comity.screen import BodyLine
from comity.screen.case import After


class Rest(Protocol):
    """The rest of a header."""

    label: Label
    delegation: DispatchId | None


class Named(Protocol):
    """Which dispatch a row is."""

    id: DispatchId
    ours: bool
    admitted: bool
    kind: str
    stage: str
    case: CaseId
    title: str


class Addressed(Protocol):
    """From whom to whom, for what."""

    purpose: str
    item: str | None
    item_reason: str
    from_agency: str
    to_agencies: tuple[str, ...]
    officer_desk: str
    officer: int


class Timed(Protocol):
    """What has happened to it, and when."""

    committed: Ms | None
    arrived: Ms | None
    filed: Ms | None
    seen: Ms | None
    first: Ms | None
    answered: Ms | None


class Ended(Protocol):
    """How it ended otherwise."""

    quarantined: Ms | None
    refused: Ms | None
    refused_code: str | None
    outward: str | None
    recalled_at: Ms | None
    recalled_part: str | None


class Owed(Protocol):
    """What is owed for it; `due_next` is the earliest limit not met."""

    urgency: Urgency
    lane: Lane
    due_next: Ms | None
    due_seen: Ms | None
    due_first: Ms | None
    due_full: Ms | None


class DispatchRow(Named, Addressed, Timed, Ended, Owed, Protocol):
    """One dispatch as the desk has it."""

    rest: Rest
    body: bytes


class CaseRow(Protocol):
    """One case as the desk has it; `opener` is None if the dispatch that opened it never came."""

    id: CaseId
    last: Ms
    opener: DispatchRow | None


class ItemCount(Protocol):
    """One workplan item: what moved, and what is overdue on either side."""

    item: str | None
    moved: int
    we_owe: int
    they_owe: int


class CaseDesk(Protocol):
    """The desk that keeps cases, as a board asks it."""

    @property
    def name(self) -> str:
        """Return its name as it stands in the header."""
        ...

    def cases(self, tx: Tx, *, limit: int) -> Sequence[CaseRow]:
        """Return the cases."""
        ...

    def case(self, tx: Tx, case: CaseId) -> Sequence[DispatchRow]:
        """Return all dispatches of a case, oldest first."""
        ...

    def dispatch(self, tx: Tx, dispatch: DispatchId) -> DispatchRow | None:
        """Return one dispatch, or None."""
        ...

    def number(self, tx: Tx, case: CaseId) -> tuple[str, str | None] | None:
        """Return our number of a case and the other side's, if it is known."""
        ...

    def counts(self, tx: Tx, day: tuple[Ms, Ms], now: Ms) -> Sequence[ItemCount]:
        """Return by workplan item what moved in a day and what is overdue at `now`."""
        ...


class OpenKind(Protocol):
    """What is open and how far it is, as codes; fields as `edge.duties.OpenDuty`."""

    @property
    def kind(self) -> str:
        """Return what it is."""
        ...

    @property
    def stage(self) -> str:
        """Return how far it is."""
        ...

    @property
    def item(self) -> str | None:
        """Return the workplan item."""
        ...


class OpenThing(OpenKind, Protocol):
    """One thing that is open in a case, as the desk has it."""

    @property
    def ours(self) -> bool:
        """Return whether our side owes it."""
        ...

    @property
    def due(self) -> Ms:
        """Return by when."""
        ...

    @property
    def case(self) -> CaseId:
        """Return in which case."""
        ...

    @property
    def dispatch(self) -> DispatchId:
        """Return from which dispatch it comes."""
        ...

    @property
    def agency(self) -> str:
        """Return whom it is about, "" for nobody in particular."""
        ...


class FeedbackCount(Protocol):
    """Of one workplan item and one side's answers: how much feedback came, waits, is missing, and what it said."""

    @property
    def item(self) -> str | None:
        """Return the workplan item."""
        ...

    @property
    def ours(self) -> bool:
        """Return whose answers these are."""
        ...

    @property
    def came(self) -> int:
        """Return how many answers have feedback."""
        ...

    @property
    def waiting(self) -> int:
        """Return of how many it is not missing yet."""
        ...

    @property
    def missing(self) -> int:
        """Return of how many it is missing."""
        ...

    @property
    def useful(self) -> Sequence[tuple[str, int]]:
        """Return (word, number) of what came."""
        ...


class DutyDesk(Protocol):
    """A desk that has things open in its cases beside questions."""

    def duties(self, tx: Tx, now: Ms, case: CaseId | None = None) -> Sequence[OpenThing]:
        """Return what is open on either side, in one case or in all, the first due first."""
        ...

    def after(self, tx: Tx, case: CaseId) -> After:
        """Return what became of one case besides questions and answers."""
        ...

    def copies(self, tx: Tx, recall: DispatchId) -> Sequence[tuple[str, str]]:
        """Return (holder, outcome) as the answers to a recall say it."""
        ...

    def feedback_counts(self, tx: Tx, now: Ms) -> Sequence[FeedbackCount]:
        """Return by workplan item and side how much feedback came and how much is missing, for the scorecard."""
        ...


class Deskful(CaseDesk, DutyDesk, Protocol):
    """A desk that keeps cases and what is open in them."""


Lines = Callable[[str, bytes], tuple[BodyLine, ...]]
"""(kind, body) -> the lines that a page shows."""
