"""Consignments as a board and a page show them: by clock, with both sides' limits, what holds them, what the lists say.

The rule it keeps: there are codes here and no words; whose law a standing is of is a mark of the accord's parties or the code of
a treaty, and what nothing says is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.policy.access import Person
from comity.screen import BodyLine

PAGE = 50


class View(StrEnum):
    """One list of the board."""

    OURS = "ours"
    """What waits for our word, the soonest first."""
    THEIRS = "theirs"
    HELD = "held"
    """What must not leave yet, whoever is awaited."""
    ALL = "all"
    DONE = "done"
    """Where nothing is awaited any more, the newest first."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Which list, and where its page begins ("" at the first line)."""

    view: View = View.OURS
    page: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many consignments of the open ones each list has in the scope of one person."""

    ours: int = 0
    overdue: int = 0
    theirs: int = 0
    theirs_overdue: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one consignment, each the first millisecond after it; None for none.

    Attributes:
        since: from when they are counted.
        answer: the importing side's; certificate: the exporting side's own.
        sails: when the day begins on which the goods leave; leaves, lands: the ends of the days on which they leave and land.
        permits: the end of the paper that ends first.
        silence: what the importing side's silence means after `answer`: `no-objection`, `expired` or `held`.
        known: the holidays of every year that was counted are announced; same: both sides count by the same calendars.
    """

    since: Ms
    answer: Ms | None
    certificate: Ms | None
    sails: Ms
    leaves: Ms
    lands: Ms | None
    permits: Ms | None
    silence: str
    known: bool
    same: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One consignment on the board.

    Attributes:
        id: of its first version; newest: of the version in force, whose number is `version`.
        case: in which it stands.
        ours: we are the exporting side.
        state: by what was said and done.
        title: quantities and names of the goods; exporter, importer: the firms.
        limits: its clocks.
        lapsed: what the importing side's silence has come to mean, "" before its limit.
        holds: why the goods must not leave yet.
        awaits: what comes next (a kind, or a state of a reply), "" for nothing; we_owe: it is ours; due: by when.
        verdict: the gravest word of our screen, "" while it has none; screened: it has looked.
        asymmetric: one side's lists have what the other's do not.
        irregular: what happened to the goods came out of its turn.
        out_of_turn: how many dispatches were said out of theirs.
    """

    id: DispatchId
    newest: DispatchId
    version: int
    case: CaseId
    ours: bool
    state: str
    title: str
    reference: str
    exporter: str
    importer: str
    limits: Limits
    lapsed: str
    holds: tuple[str, ...]
    awaits: str
    we_owe: bool | None
    due: Ms | None
    verdict: str
    screened: bool
    asymmetric: bool
    irregular: bool
    out_of_turn: int


@dataclass(frozen=True, slots=True)
class BoardCard:
    """One page of one list; `following` is where the next begins, "" on the last."""

    ask: Ask
    lines: tuple[Line, ...]
    following: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Standing:
    """How one law sees a substance on a day.

    Attributes:
        place: mark of a party, or the code of a treaty.
        standing: `controlled`, `class`, `watched`, `not-controlled` or `unknown`.
        list: which list or schedule of the instrument; instrument: as it is cited.
        since: day, month or year; kind: how exactly that is known.
    """

    place: str
    standing: str
    list: str = ""
    instrument: str = ""
    since: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Laws:
    """How the laws of both sides see one line of a consignment.

    Attributes:
        relation: `both`, `here`, `there`, `neither`, `unknown`; `here` is where the goods leave, `there` where they land.
        leaves, lands: standing where they leave and where they land.
        treaties: standing under instruments that bind both.
        gap: `certain` or `possible` where they may leave and may not land, else `none`.
    """

    relation: str
    leaves: Standing
    lands: Standing
    treaties: tuple[Standing, ...]
    gap: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A structure as its lines: an SVG `viewBox`, paths and glyph outlines as (class, `d`), and the formula.

    There is nothing in it but drawing geometry, so that a page can place it under a policy that allows no style.
    """

    box: str
    paths: tuple[tuple[str, str], ...]
    formula: str


@dataclass(frozen=True, slots=True)
class Known:
    """A listed substance that a line names.

    Attributes:
        id: key in the list; name: its English name.
        by: which part of the line led to it: `screen`, `inchikey`, `cas` or `name`.
        formula: "" if the list has none.
        drawing: None where nothing draws here, or no structure is known.
    """

    id: str
    name: str
    by: str
    formula: str
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class Goods:
    """One line of the goods as declared, what left and came of it, and what the lists say.

    `shipped` and `arrived` are grams, None for not told; `missing` is what was to come and did not. `laws` and `known` are None
    where the list names nothing of the line, or is not here.
    """

    line: int
    substance: str
    grams: int
    cas: str
    hs: str
    un: str
    inchikey: str
    form: str
    share: int | None
    packages: int | None
    voluntary: bool
    shipped: int | None
    arrived: int | None
    missing: int
    laws: Laws | None = None
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What our screen said of one line: its word, what it recognised, by which rule, which list, since when."""

    line: int
    verdict: str
    substance: str
    rule: str
    instrument: str
    since: str


@dataclass(frozen=True, slots=True)
class Step:
    """One dispatch about the consignment, ours or theirs; `made` is its sender's time, `late` that it changed nothing.

    `marked` is what its own sender did to it later: `recall`, `recall-part` or `correction`, "" for nothing. `copy` is where the
    international board's copy of it stands: `asked`, `agreed` or `taken-back`, "" where nobody asked.
    """

    id: DispatchId
    ours: bool
    kind: str
    stage: str
    made: Ms
    arrived: Ms | None
    seen: Ms | None
    refused: Ms | None
    code: str
    late: bool
    admitted: bool
    sender: str
    receivers: tuple[str, ...]
    lines: tuple[BodyLine, ...]
    marked: str = ""
    copy: str = ""


@dataclass(frozen=True, slots=True)
class IncidentCard:
    """One incident: its own dispatch, what was said of it since, and what it is about.

    Attributes:
        step: the dispatch that reports it.
        case: in which it stands.
        title: its sort and the goods, as reported or, where it names none, of the consignment.
        about: the consignment that it is about, None where it stands alone.
        steps: every dispatch of this desk about the same, in the order of their own times; empty in a list.
        closed: our side has said what became of it.
    """

    step: Step
    case: CaseId
    title: str
    about: DispatchId | None
    steps: tuple[Step, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One consignment whole.

    Attributes:
        line: as on the board.
        number: our number of its case, "" for a case that has none.
        facts: what the version in force says besides the goods.
        goods: its lines.
        checks: what our screen said; empty while it has not looked.
        edition: of the list by which the standings are told, "" where no list is here.
        draws: structures can be drawn here.
        steps: every dispatch about it, in the order of their own times.
        may: (kind, stage) that our side may say now.
    """

    line: Line
    number: str
    facts: tuple[BodyLine, ...]
    goods: tuple[Goods, ...]
    checks: tuple[Check, ...]
    edition: str
    draws: bool
    steps: tuple[Step, ...]
    may: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """One line of arithmetic: sign (`+`, `-`, `=`, `limit` or ""), what, how much, its unit, the record that it is about."""

    sign: str
    what: str
    amount: str
    unit: str
    about: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about a consignment that does not add up: kind, its arithmetic, what it is measured against.

    `explained` is who reversed it, when and why, as the arithmetic now stands; None: it counts.
    """

    kind: str
    lines: tuple[Sum, ...]
    source: str
    explained: tuple[str, Ms, str] | None


@dataclass(frozen=True, slots=True)
class Month:
    """Grams of a substance between two firms in a month (YYYY-MM): notified to leave, left, arrived."""

    month: str
    notified: int
    left: int
    came: int


@dataclass(frozen=True, slots=True)
class Series:
    """The newest months of one line's substance between the firms of the consignment, in order."""

    line: int
    substance: str
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class Adding:
    """Whether a consignment adds up, by what a person may see of the trade of its firms.

    Attributes:
        doubts: the worst first.
        series: one for each line that could be placed.
        unplaced: (line, why) of what is in no check, or in some only; line 0 is all of it.
        cut: there was more than is read for a page, so sums over time are left out.
    """

    doubts: tuple[Doubt, ...]
    series: tuple[Series, ...]
    unplaced: tuple[tuple[int, str], ...]
    cut: bool


class ConsignmentBoard(Protocol):
    """What the board and the page of a consignment read; each call reads the store anew, in the scope of that person."""

    def page(self, person: Person, ask: Ask, now: Ms) -> BoardCard:
        """Return one page."""
        ...

    def counts(self, person: Person, now: Ms) -> Counts:
        """Return how many there are."""
        ...

    def of_case(self, case: CaseId, now: Ms) -> tuple[Line, ...]:
        """Return the consignments of one case, the oldest first; need-to-know was asked before."""
        ...

    def card(self, dispatch: DispatchId, now: Ms) -> Card | None:
        """Return the consignment that a dispatch is about, None if there is none; need-to-know was asked before."""
        ...

    def incidents(self, person: Person, limit: int) -> tuple[IncidentCard, ...]:
        """Return the newest incidents of which our side has not said what became of them."""
        ...

    def incident(self, dispatch: DispatchId) -> IncidentCard | None:
        """Return one incident with all that was said of it, None if it is none; need-to-know was asked before."""
        ...

    def adding(self, person: Person, dispatch: DispatchId, now: Ms) -> Adding | None:
        """Return whether a consignment adds up, by its first version; None where nothing here can tell."""
        ...
