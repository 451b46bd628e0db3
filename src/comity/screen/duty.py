"""What the duty screen shows, as plain data: both capitals, who is there until when, shifts, postings, hand-over notes.

The rule it keeps: an officer is a desk and a number, and a note says of a case its number only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from comity.base.ids import DispatchId, Ms

__all__ = [
    "Change",
    "Desks",
    "DutyBoard",
    "DutyCard",
    "Gap",
    "HandoverLine",
    "HandoverNote",
    "PlanChange",
    "PlannedShift",
    "PostingCard",
    "Presence",
    "ShiftChange",
    "ShiftLine",
    "Side",
    "Told",
]


class Change(StrEnum):
    """What a change makes of one shift on one date."""

    ABSENCE = "absence"
    """Nobody has it."""
    SUBSTITUTE = "substitute"
    """Another officer has it."""
    SWAP = "swap"
    """Another officer has it, who gave one of his or her own for it."""
    PLANNED = "planned"
    """As the roster has it again."""


@dataclass(frozen=True, slots=True)
class ShiftChange:
    """One change of one shift on one date.

    Attributes:
        desk, role, number, opens: which shift of the roster.
        day: ISO date on which it begins, by the clock of its zone.
        what: a `Change`.
        stands_in: number of the officer who has it now; None: nobody.
        note: why, in words.
        by_desk, by_number, at: who changed it, and when.
    """

    desk: str
    role: str
    number: int
    opens: str
    day: str
    what: Change
    stands_in: int | None
    note: str
    by_desk: str
    by_number: int
    at: Ms

    @property
    def shift(self) -> tuple[str, str, int, str, str]:
        """Return which running of which shift it is about."""
        return self.desk, self.role, self.number, self.opens, self.day


@dataclass(frozen=True, slots=True)
class PlannedShift:
    """One standing shift of ours: who, in which role, on which days, from when to when by the clock of its zone."""

    desk: str
    role: str
    number: int
    zone: str
    days: tuple[str, ...]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One change of the plan: a shift `added` or ended (else), why, by whom and when."""

    shift: PlannedShift
    added: bool
    note: str
    by_desk: str
    by_number: int
    at: Ms


class Told(StrEnum):
    """What a line of the generated part of a hand-over note tells."""

    OVERDUE = "overdue"
    DUE = "due"
    THEIRS = "theirs"
    """The other side owes it."""
    HELD = "held"
    ALARM = "alarm"
    OWED = "owed"
    CONTACT = "contact-note"
    OPEN = "open"
    """Open in a case: a correction or recall to tell or open, feedback, a preservation, a treaty status."""
    TASK = "task"


@dataclass(frozen=True, slots=True)
class HandoverLine:
    """One line that the node itself puts into a hand-over note.

    Attributes:
        told: what kind of line.
        id: 26 letters of the dispatch, draft, task, debt or alarm.
        number: our case number, "" if it has none.
        what: kind of the dispatch or draft, role of an alarm, agency of a task, open thing and side or agency: a code.
        urgency: 0 immediate to 3 formal; None where it has none.
        due: when it is due, or was.
    """

    told: Told
    id: str
    number: str
    what: str
    urgency: int | None
    due: Ms | None


@dataclass(frozen=True, slots=True)
class HandoverNote:
    """What one going off duty left.

    Attributes:
        id: of the note.
        desk, by_number, at: who signed it, and when.
        eye: open cases that need an eye.
        promised: calls that were promised.
        home: what waits at home.
        made: what the node added when it was signed.
        taken_number, taken_at: who took it over, and when; None while it waits.
    """

    id: DispatchId
    desk: str
    by_number: int
    at: Ms
    eye: str
    promised: str
    home: str
    made: tuple[HandoverLine, ...]
    taken_number: int | None = None
    taken_at: Ms | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody, or an office, that is there for a while.

    Attributes:
        begins, ends: half open.
        why: `office`, `shift` or `posting`.
        role: of a shift, else "".
        number: the officer's; None for an office.
        place: capital or host in which the hours run, as the zone's name.
    """

    begins: Ms
    ends: Ms
    why: str
    role: str
    number: int | None
    place: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A span in which nobody is there; `rings` is who is rung then, as desk and number, "" if it is not known."""

    begins: Ms
    ends: Ms
    rings: str


@dataclass(frozen=True, slots=True)
class Side:
    """One side's duty.

    Attributes:
        short, capital, zone, ours: whose.
        opens, closes: office hours there, `HH:MM`.
        office_open: now.
        line: the 24-hour line, "" if none was told.
        here: who is there now.
        ahead: who is there in the next 24 hours, from now on.
        until: until when somebody is there without a break; None: nobody is there now.
        whole: somebody is there for as far as was looked.
        gaps: spans without anybody, in the days that were looked at.
    """

    short: str
    capital: str
    zone: str
    ours: bool
    opens: str
    closes: str
    office_open: bool
    line: str
    here: tuple[Presence, ...]
    ahead: tuple[Presence, ...]
    until: Ms | None
    whole: bool
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """One running of one shift of ours.

    Attributes:
        desk, role, number, opens, closes, zone, day: as planned.
        begins, ends: when it runs.
        stands: number of who has it; None: nobody.
        change: the change in force, or None.
    """

    desk: str
    role: str
    number: int
    opens: str
    closes: str
    zone: str
    day: str
    begins: Ms
    ends: Ms
    stands: int | None
    change: ShiftChange | None


@dataclass(frozen=True, slots=True)
class PostingCard:
    """One posting.

    Attributes:
        id: of the nomination.
        ours: our officer, posted abroad.
        desk, number, agency, function, subjects, host_agency, substitute: as nominated.
        state: `nominated`, `accepted`, `ended`.
        nominated, accepted, ended: when.
        zone, opens, closes: hours, "" if the nomination said none.
        delegation: its id, "" if none.
        kinds, stages, purposes, data: what the delegation allows; empty purposes, stages or data: any.
        until: when the delegation ends.
        ended_by_ours: whose act the end was.
    """

    id: DispatchId
    ours: bool
    desk: str
    number: int
    agency: str
    function: str
    subjects: tuple[str, ...]
    host_agency: str
    substitute: int | None
    state: str
    nominated: Ms
    accepted: Ms | None
    ended: Ms | None
    zone: str
    opens: str
    closes: str
    delegation: str
    kinds: tuple[str, ...]
    stages: tuple[str, ...]
    purposes: tuple[str, ...]
    data: tuple[str, ...]
    until: Ms | None
    ended_by_ours: bool = False


@dataclass(frozen=True, slots=True)
class Desks:
    """What of ours a form of the duty screen offers.

    Attributes:
        officers: (desk, number, agency, roles) of ours.
        agencies: (id, name) of ours that may send a posting.
        hosts: (id, name) of theirs that act at a desk.
        plan: our standing shifts as they are now.
        planned: changes of the plan, newest first.
    """

    officers: tuple[tuple[str, int, str, tuple[str, ...]], ...]
    agencies: tuple[tuple[str, str], ...]
    hosts: tuple[tuple[str, str], ...]
    plan: tuple[PlannedShift, ...] = ()
    planned: tuple[PlanChange, ...] = ()


@dataclass(frozen=True, slots=True)
class DutyCard:
    """All that the duty screen shows.

    Attributes:
        sides: ours, then theirs.
        until: until when both sides have somebody there without a break; None: not now.
        shifts: of ours, two weeks from yesterday on.
        changes: every change of a shift in that time, newest first.
        postings: of both sides, in force first.
        waiting: hand-over notes that nobody took over yet, newest first.
        made: what the node would add to a hand-over note now.
    """

    sides: tuple[Side, Side]
    until: Ms | None
    shifts: tuple[ShiftLine, ...]
    changes: tuple[ShiftChange, ...]
    postings: tuple[PostingCard, ...]
    waiting: tuple[HandoverNote, ...]
    made: tuple[HandoverLine, ...]


class DutyBoard(Protocol):
    """What a node shows of duty; every call reads the store anew."""

    def duty(self, now: Ms) -> DutyCard:
        """Return both sides' duty."""
        ...

    def there(self, now: Ms) -> tuple[tuple[Presence, ...], tuple[Presence, ...]]:
        """Return who of ours and of theirs is there now; `ends` says no more than that."""
        ...

    def notes(self, *, before: Ms | None = None, limit: int = 50) -> tuple[HandoverNote, ...]:
        """Return hand-over notes, newest first; `before`: older ones only."""
        ...

    def forms(self) -> Desks:
        """Return what the forms offer."""
        ...
