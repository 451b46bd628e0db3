"""What a scorecard is made of: the cut of both logs, what a leaf says once it is opened, lines of figures.

The rule it keeps: a scorecard holds whole numbers and words of closed lists, items of the plan and nothing else; there is no
field for an officer, an agency, a person or a group of persons.
"""  # spec: scenarios.md 7

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, Origin
from comity.marking.vocabulary import Limits

RULES: Final = 1
"""Edition of the rules by which figures are counted; two editions are not compared."""
ALL: Final = "*"
"""Stands in a line for everything together: of items, desks, kinds or urgencies."""
NO_ITEM: Final = "none"
"""The item of a dispatch that names none."""
SIDES: Final = 2


@dataclass(frozen=True, slots=True)
class Period:
    """From `begins` up to, not including, `ends`; milliseconds UTC by the clock of the log's other party."""

    begins: Ms
    ends: Ms


@dataclass(frozen=True, slots=True)
class LogCut:
    """How far one log is read: the entries below a head that its owner signed and the other side co-signed.

    Attributes:
        origin: of the log.
        size: entries.
        root: of that many, 32 bytes.
        time: log time of the head, seconds; what is still open is open at this time.
    """

    origin: Origin
    size: int
    root: Digest
    time: int


Cut = tuple[LogCut, LogCut]
"""Both logs, in the order of their origins; a side is its place here, 0 or 1."""


class Leaf(NamedTuple):
    """A dispatch as its leaf at `place` of its log shows it; `at` is when it was made at the earliest, by the other party's clock."""

    place: LeafIndex
    id: DispatchId
    lane: int
    commit: Digest
    at: int


class Fate(NamedTuple):
    """What the receipts say became of a dispatch; times by its sender's clock, 0 for what never was.

    `fact` is the newest of `entries.Fact` short of seen, 0 for none.
    """

    arrived: int
    seen: int
    fact: int
    code: str


NOTHING_YET: Final = Fate(0, 0, 0, "")


@dataclass(frozen=True, slots=True)
class SideLog:
    """One log as far as it is cut.

    Attributes:
        cut: how far.
        leaves: its dispatches, in order.
        fates: what this side's receipts say became of the other side's dispatches, by id.
        withdrawn: places of its own dispatches that will not come.
    """

    cut: LogCut
    leaves: tuple[Leaf, ...]
    fates: Mapping[bytes, Fate]
    withdrawn: frozenset[int]


Logs = tuple[SideLog, SideLog]


class Held(IntEnum):
    """What a side has of a leaf that its scorecard needs."""

    ABSENT = 0
    ALTERED = 1
    """Something stands in the row, and it does not give the commitment of the leaf."""
    ERASED = 2
    """The header is there, and the body that would be needed is erased."""
    WHOLE = 3


class Said(NamedTuple):
    """What header and body of a dispatch say for the scorecard; both sides read the same, or the commitment would differ.

    `within` is how soon an answer is asked for, milliseconds, 0 where no day is named. `stage` is the state in its kind,
    `outward` the code of a refusal.
    """

    desk: str
    kind: str
    urgency: int
    item: str
    re: tuple[bytes, ...]
    within: int
    stage: str
    outward: str


Place = tuple[int, int]
"""(side, index) of a leaf."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the accord sets: milliseconds.

    Attributes:
        accord: digest of its signed bytes.
        seen: by lane, until a dispatch is looked at; a lane that is missing has its urgency's.
        limits: by urgency.
        feedback: from a final answer until its feedback is missing.
    """

    accord: Digest
    seen: Mapping[int, int]
    limits: Mapping[int, Limits]
    feedback: int


class ActionDue(NamedTuple):
    """An action of the plan in force: whose (side), of which item, by when, and whether it is done."""

    side: int
    item: str
    due: int
    done: bool


class Line(NamedTuple):
    """One figure: its name, whose, and what it is of; "" where a part does not apply, `ALL` for all together.

    Attributes:
        figure: a word of `counting.FIGURES`.
        side: 0 or 1: whose dispatches, or who owes.
        item: of the workplan, or `NO_ITEM`.
        desk, kind: of the dispatches.
        urgency: its word.
        code: an outward code, or what became of a dispatch.
        value: a count, or milliseconds.
    """

    figure: str
    side: int
    item: str
    desk: str
    kind: str
    urgency: str
    code: str
    value: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One period of both sides; two sides that hold the same have the same, byte for byte (`codec.encode`).

    Attributes:
        accord: digest of the accord by whose limits it is counted.
        period: whose dispatches.
        cut: both logs, as far as they were read.
        leaves: dispatches that were counted with what they say.
        lines: all figures, sorted; a figure of 0 is not written.
    """

    accord: Digest
    period: Period
    cut: Cut
    leaves: int
    lines: tuple[Line, ...]
