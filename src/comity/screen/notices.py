"""Consignments as a page shows them: the board by time left, and one consignment with everything about it.

The rule it keeps: plain data; what is a code is a code, for the page to say in its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.policy.access import Person
from comity.screen import BodyLine


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One consignment in a list.

    Attributes:
        id: of its first version.
        case: in which it stands.
        ours: we are the exporting side.
        version: in force.
        state: by the table of states.
        silence: what the importing side's silence means, once its limit has run out; "" before.
        holds: why the goods must not leave.
        awaited: what comes next, "" for nothing.
        we_owe: it is ours to say; None where nothing is awaited.
        left: milliseconds until it is due, below 0 for overdue; None: no limit.
        answer: the importing side's limit; None for none, as the next ones.
        certificate: the exporting side's own.
        permits: end of the paper that ends first.
        sails: when the day begins on which the goods leave.
        reference: number of the sender.
        title: what goes, in one line.
        exporter: by name.
        importer: by name.
        screened: when our screen looked at it; None: not yet, or there is no screen.
        verdict: its gravest word.
        asymmetric: one side's law has what the other's has not.
        irregular: the goods moved when they should not have.
        out_of_turn: dispatches that changed nothing.
        same_days: both sides count by the same calendars.
        known: the holidays of all years that are counted are announced.
    """

    id: DispatchId
    case: CaseId
    ours: bool
    version: int
    state: str
    silence: str
    holds: tuple[str, ...]
    awaited: str
    we_owe: bool | None
    left: int | None
    answer: Ms | None
    certificate: Ms | None
    permits: Ms | None
    sails: Ms
    reference: str
    title: str
    exporter: str
    importer: str
    screened: Ms | None
    verdict: str
    asymmetric: bool
    irregular: bool
    out_of_turn: int
    same_days: bool
    known: bool


@dataclass(frozen=True, slots=True)
class NoticeDispatch:
    """One dispatch about a consignment, its body in lines; `late` as a report, in milliseconds."""

    id: DispatchId
    ours: bool
    kind: str
    stage: str
    made: Ms
    arrived: Ms | None
    refused: str
    late: int
    lines: tuple[BodyLine, ...]


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What our screen said of one line of the goods."""

    line: int
    verdict: str
    substance: str
    rule: str
    instrument: str
    since: str


@dataclass(frozen=True, slots=True)
class QuantityRow:
    """One line of the goods in grams; None for not told."""

    line: int
    substance: str
    notified: int
    shipped: int | None
    arrived: int | None
    missing: int


@dataclass(frozen=True, slots=True)
class NoticeCard:
    """One consignment whole; `line` is None where its notification is not here, or was refused."""

    line: NoticeLine | None
    dispatches: tuple[NoticeDispatch, ...]
    verdicts: tuple[VerdictRow, ...]
    quantities: tuple[QuantityRow, ...]


class NoticeBoard(Protocol):
    """Reads consignments."""

    def board(self, person: Person, waits_for: str, now: Ms) -> tuple[NoticeLine, ...]:
        """Return those that are open to a person, what is due soonest first.

        Args:
            person: who looks.
            waits_for: `ours`, `theirs`, or "" for all.
            now: for what the clock says.
        """
        ...

    def notice(self, dispatch: DispatchId, now: Ms) -> NoticeCard | None:
        """Return one by the id of any dispatch about it; need-to-know was asked before. None if it is not here."""
        ...
