"""A restricted room as the page on a named person's own machine shows it: plain data, and what can be done there.

The rule it keeps: what stands here was opened by this person's key on this machine and is kept in memory alone; the text of
a note that our law does not admit is not here at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import Ms
from comity.screen import BodyLine, LawCard, VerdictLine
from comity.screen.visitor import Json
from comity.screen.writing import Options


@dataclass(frozen=True, slots=True)
class RoomPerson:
    """One named person of the charter in force."""

    ours: bool
    number: int
    agency: str
    roles: tuple[str, ...]
    me: bool


@dataclass(frozen=True, slots=True)
class RoomLog:
    """One side's log of the room: leaves, the head that was co-signed last, places that were handed over."""

    ours: bool
    size: int
    cosigned: Ms | None
    places: int


@dataclass(frozen=True, slots=True)
class RoomNote:
    """One note.

    Attributes:
        id: 26 letters and digits.
        ours: it stands in our side's log.
        index: there.
        agency, number: of its author.
        created: by its author's clock.
        cosigned: when the other side co-signed a head that covers it, None before.
        re: notes that it answers.
        receipts: of named persons of the other side.
        receipted: we wrote a receipt of it, in the log or waiting.
        refused: the outward code if our law does not admit it, else "".
        verdict: our law's answer on a note of the other side.
        lines: the text; empty if refused.
    """

    id: str
    ours: bool
    index: int
    kind: str
    purpose: str
    agency: str
    number: int
    created: Ms
    cosigned: Ms | None
    re: tuple[str, ...]
    receipts: int
    receipted: bool
    refused: str
    verdict: VerdictLine | None
    lines: tuple[BodyLine, ...]


@dataclass(frozen=True, slots=True)
class RoomDraft:
    """A draft of a named person of our side that waits for an approval.

    Attributes:
        by: number of its writer.
        mine: we wrote it.
        given: (number, role) of the approvals that are here and stand.
        roles: in which we may approve it.
        head: what it says besides its text, as (name, word).
    """

    id: str
    by: int
    mine: bool
    kind: str
    purpose: str
    created: Ms
    given: tuple[tuple[int, str], ...]
    roles: tuple[str, ...]
    head: tuple[tuple[str, str], ...]
    lines: tuple[BodyLine, ...]


@dataclass(frozen=True, slots=True)
class RoomWaiting:
    """What was handed to the node and has no place in the log yet: `note` or `receipt`, of which note, since when."""

    what: str
    id: str
    since: Ms


@dataclass(frozen=True, slots=True)
class RoomCard:
    """The whole room at one look.

    Attributes:
        number, title, edition, ended, slot_ms: of the charter in force.
        us, them: the parties' marks.
        notes: oldest first.
        since: the first leaf whose place is in the box; what stands before it is not shown.
        wrong: what does not agree, in sentences; write nothing while there is any.
        refused: items that the node did not take.
        exercise: our law edition is an exercise edition.
        stamp: changes when anything on the page does.
    """

    number: int
    title: str
    edition: int
    ended: bool
    slot_ms: int
    us: str
    them: str
    persons: tuple[RoomPerson, ...]
    logs: tuple[RoomLog, ...]
    notes: tuple[RoomNote, ...]
    drafts: tuple[RoomDraft, ...]
    waiting: tuple[RoomWaiting, ...]
    wrong: tuple[str, ...]
    refused: int
    since: int
    exercise: bool
    looked: Ms
    stamp: str


@dataclass(frozen=True, slots=True)
class RoomOutcome:
    """What became of a note: `written`, `refused`, `referred`, `held`, or `permitted` where it was only asked.

    Attributes:
        id: of the note or draft.
        verdict: our law's answer.
        missing: what it waits for.
        removed: classes that were taken out.
        draft: it waits among the drafts for an approval.
    """

    state: str
    id: str
    verdict: VerdictLine
    missing: tuple[str, ...]
    removed: tuple[str, ...]
    draft: bool = False


@dataclass(frozen=True, slots=True)
class RoomBooks:
    """What lies on the person's desk: what the forms offer, and our law edition for its sentences in every language."""

    options: Options
    law: LawCard


class RoomHands(Protocol):
    """One named person's machine. Each call may take seconds; two never run at once.

    All raise `ComityError` with a sentence for the person; nothing was changed then.
    """

    def look(self) -> RoomCard:
        """Return the room as the newest box has it."""
        ...

    def books(self) -> RoomBooks:
        """Return what the forms offer, and our law."""
        ...

    def write(self, form: Mapping[str, Json], *, judge: bool) -> RoomOutcome:
        """Take a note through our law and hand it to the node; with `judge` only ask."""
        ...

    def resume(self, draft: str) -> RoomOutcome:
        """Try a draft of ours again with the approvals that are here."""
        ...

    def approve(self, draft: str, role: str) -> None:
        """Sign our approval of exactly this draft."""
        ...

    def receipt(self, note: str) -> None:
        """Write the receipt of a note of the other side."""
        ...

    def reveal(self, note: str, whom: str, card: str) -> bytes:
        """Return the proof of one note, sealed to the third person whose card this is."""
        ...
