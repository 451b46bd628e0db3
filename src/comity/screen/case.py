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
class OpenDuty:
    """One thing that is open.

    Attributes:
        kind: `feedback`, `contact-note`, `preservation`, `treaty-status`, `correction`, `recall`, `withdraw`.
        stage: for feedback `wanted`, `first`, `missing`; for a preservation `kept`, `ends-soon`, `ended`; for the last three
            `tell` (an agency of ours must be told), `unread` (the other side's desk has not opened it); else "".
        ours: our side owes it.
        due: by when.
        case, number: where: the id of the case, and our number of it.
        dispatch: from which it comes.
        item: workplan item, or None.
        agency: whom it is about, "" for nobody in particular.
        owed: number of the thing in the list of what is owed, by which somebody says that it was done; else None.
    """

    kind: str
    stage: str
    ours: bool
    due: Ms
    case: CaseId
    number: str
    dispatch: DispatchId
    item: str | None = None
    agency: str = ""
    owed: DispatchId | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """One who had a version of a dispatch that was corrected or recalled.

    Attributes:
        agency: who.
        ours: it is an agency of our side.
        by: `sent` (it was addressed to it) or `passed` (our side passed it on).
        told: when the mark reached it: opened by its desk, or told by our duty officer; None while it has not.
        owed: number of the open thing by which somebody says that it was told; else None.
        outcome: of a recall, what its answer says of this copy: `stopped`, `erased`, `before-court`; else "".
    """

    agency: str
    ours: bool
    by: str
    told: Ms | None
    owed: DispatchId | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Keeping:
    """One preservation: who asked (`ours`), until when it was asked, until when it is kept (None: not answered), by what renewed."""

    id: DispatchId
    ours: bool
    asked: Ms
    kept: Ms | None
    renewed_by: DispatchId | None


@dataclass(frozen=True, slots=True)
class Treaty:
    """A case that goes on by treaty: through which authority, by what instrument, its number there, what stays usable."""

    id: DispatchId
    ours: bool
    at: Ms
    authority: str
    instrument: str
    number: str
    usable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """One assurance that was given: by whom, about which dispatch, what it covers, until when (None: without end)."""

    id: DispatchId
    ours: bool
    target: DispatchId
    covers: tuple[str, ...]
    authority: str
    until: Ms | None


@dataclass(frozen=True, slots=True)
class FeedbackState:
    """The feedback on one final answer: whose answer, since when, and what came (`useful` is "" while nothing has)."""

    answer: DispatchId
    ours: bool
    since: Ms
    feedback: DispatchId | None
    useful: str
    used: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class After:
    """What became of one case besides questions and answers."""

    treaty: tuple[Treaty, ...] = ()
    keepings: tuple[Keeping, ...] = ()
    promises: tuple[Promise, ...] = ()
    feedback: tuple[FeedbackState, ...] = ()


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
        holders: of each recall and correction that is shown, who had what it is about, and who of them was told.
        after: what became of it besides questions and answers.
        duties: what is open in it on either side.
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
    holders: tuple[tuple[DispatchId, tuple[Holder, ...]], ...] = ()
    after: After = After()
    duties: tuple[OpenDuty, ...] = ()


class CaseBoard(Protocol):
    """What the page of a case reads; need-to-know was asked before."""

    def file(self, case: CaseId, now: Ms, *, newest: int = NEWEST) -> CaseFile | None:
        """Return one case, or None if nothing of it is here."""
        ...
