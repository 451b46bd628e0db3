"""The scorecard as a page shows it: figures, what both sides counted, and how they compare; plain data, no words.

The rule it keeps: whatever stands here is a count, a time, or a word of a closed list; there is nothing of an officer or a person.
"""  # spec: scenarios.md 7

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from comity.base.ids import Ms


class Standing(StrEnum):
    """How our result and theirs compare."""

    WAITING = "waiting"
    """The other side has not said what it counted."""
    EQUAL = "equal"
    DIFFERENT = "different"


class FigureLine(NamedTuple):
    """One figure; "" where a part does not apply, `*` for all together."""

    figure: str
    side: int
    item: str
    desk: str
    kind: str
    urgency: str
    code: str
    value: int


class LeafLine(NamedTuple):
    """A leaf that explains a difference: whose log, which place, its hash; what each side holds; into which figures it goes.

    Where both hold `whole`, the two programs read it otherwise.
    """

    side: int
    place: int
    leaf: str
    ours: str
    theirs: str
    figures: tuple[str, ...]


class MonthLine(NamedTuple):
    """One figure of one month of the period (`month`, such as 2026-08), over all items."""

    month: str
    line: FigureLine


@dataclass(frozen=True, slots=True)
class Detail:
    """How far both sides went into what their programs read otherwise.

    Attributes:
        buckets: of leaves, that differ; 0 where both read alike.
        ready: ours can be sent: we stated our result of this very cut.
        ours, theirs: it was sent, it came.
    """

    buckets: int
    ready: bool
    ours: bool
    theirs: bool


@dataclass(frozen=True, slots=True)
class Crossing:
    """What will cross if our statement, or a detail of it, is sent.

    Attributes:
        begins, ends: as of a `ScoreCard`.
        what: `statement` or `detail`.
        marks, sizes, times: of both logs as they are cut: whose, entries, log times in seconds.
        digest: of our result, hex.
        figures: lines of figures; `leaves`: dispatches of which it says whether we hold them.
        buckets: of a detail, into which it goes.
        size: bytes of the body.
        answers: it is counted as far as the other side said it counted.
        to: agencies of the other side that get it.
        cut: both logs as they are cut, to be handed back as it is with the digest.
    """

    begins: str
    ends: str
    what: str
    marks: tuple[str, str]
    sizes: tuple[int, int]
    times: tuple[int, int]
    digest: str
    figures: int
    leaves: int
    buckets: int
    size: int
    answers: bool
    to: tuple[str, ...]
    cut: str


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """One period.

    Attributes:
        begins, ends: first day, and the day after the last, ISO, UTC.
        quarters: (first day, day after the last) of some periods to choose from, newest first.
        marks: of both sides, in the order of the logs; `ours` is our place among them.
        sizes: entries of both logs that were read; `counted`: dispatches in them.
        digest, their_digest: of both results, hex; "" for none.
        standing: how they compare; `explained` whether the leaves explain all of it (None: only they can say).
        stated: we said already what we counted, as far as they did or further.
        detail: of what the two programs read otherwise.
        leaves: the first that explain a difference; `leaf_count`: how many there are; `changed`: figures that differ.
        reasons: (what we hold, what they hold, how many leaves) of all of them.
        months: figures of each whole or partial month of the period; empty where it has one month only.
        lines: our figures.
        limits: (seen, full) by urgency, milliseconds, None for none.
        names: of figures, codes and urgencies in the reader's language.
    """

    begins: str
    ends: str
    quarters: tuple[tuple[str, str], ...]
    marks: tuple[str, str]
    ours: int
    sizes: tuple[int, int]
    counted: int
    digest: str
    their_digest: str
    standing: Standing
    explained: bool | None
    leaves: tuple[LeafLine, ...]
    leaf_count: int
    changed: int
    stated: bool
    detail: Detail
    reasons: tuple[tuple[str, str, int], ...]
    months: tuple[MonthLine, ...]
    lines: tuple[FigureLine, ...]
    limits: Mapping[str, tuple[int | None, int | None]]
    names: Mapping[str, str]


class ScoreBoard(Protocol):
    """What a node counts of a period; a call may take seconds and writes nothing."""

    def page(self, begins: str, ends: str, language: str, now: Ms) -> ScoreCard:
        """Return one period; days that are none, or no period, give the quarter of `now`.

        Raises:
            BadForm: nothing is co-signed yet.
            BadProof: the stored entries do not give the signed root.
        """
        ...

    def csv(self, begins: str, ends: str, language: str, now: Ms, *, leaves: bool = False) -> bytes:
        """Return our figures as CSV, or all leaves that explain a difference; errors as `page`."""
        ...

    def pdf(self, begins: str, ends: str, language: str, now: Ms) -> bytes:
        """Return our figures as PDF; errors as `page`, and BadConfiguration where none can be made."""
        ...

    def statement(self, begins: str, ends: str, now: Ms) -> bytes:
        """Return what the other side needs to compare; errors as `page`."""
        ...

    def crossing(self, begins: str, ends: str, what: str, now: Ms) -> Crossing:
        """Return what would cross; errors as `page`, and BadForm where there is no detail to go into."""
        ...

    def due(self, now: Ms) -> tuple[str, str] | None:
        """Return the last quarter that ended if there are logs of it and we never stated it: first day, day after the last."""
        ...

    def differences(self, now: Ms) -> tuple[tuple[str, str], ...]:
        """Return the periods of late whose two results differ, (first day, day after the last); errors as `page`."""
        ...
