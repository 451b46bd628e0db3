"""Consignments read for one person: a page of the board after a key, counts, and one whole with what the list says of it.

The rule it keeps: the scope of the person is part of every query; whoever may open a case finds its consignments on the board.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Scalar, Tx
from comity.edge.desks import case_desk, offering, part
from comity.edge.inbox import DeskLists, Key, read_key, show_key
from comity.edge.listedlaw import ListedLaw, open_listed_law
from comity.edge.opening import OpenNode
from comity.edge.scope import read_scope
from comity.edge.showing import board_setting
from comity.edge.substances import list_files
from comity.policy.access import Person
from comity.policy.scope import Scope
from comity.screen.consignments import PAGE, Adding, Ask, BoardCard, Card, Counts, IncidentCard, Line, Step, View

_THRESHOLDS = "thresholds.toml"


class DeskConsignments(Protocol):
    """The consignments of a desk; its module `consignments`."""

    def page(  # noqa: PLR0917  what a list is asked for
        self, tx: Tx, view: View, scope: Scope, given: frozenset[CaseId], after: Key | None, limit: int, now: Ms
    ) -> tuple[tuple[Line, Key], ...]:
        """Return lines, each with the key after which the next page would begin."""
        ...

    def counts(self, tx: Tx, scope: Scope, given: frozenset[CaseId], now: Ms) -> Counts:
        """Return how many open consignments each list has."""
        ...

    def of_case(self, tx: Tx, case: CaseId, now: Ms) -> tuple[Line, ...]:
        """Return the consignments of one case."""
        ...

    def cases(self, tx: Tx) -> tuple[CaseId, ...]:
        """Return the cases in which there is a consignment."""
        ...

    def card(self, tx: Tx, dispatch: DispatchId, now: Ms) -> Card | None:
        """Return the consignment that a dispatch is about, or None."""
        ...

    def incidents(self, tx: Tx, scope: Scope, given: frozenset[CaseId], limit: int) -> tuple[IncidentCard, ...]:
        """Return the newest open incidents."""
        ...

    def incident(self, tx: Tx, dispatch: DispatchId) -> IncidentCard | None:
        """Return one incident, or None."""
        ...


class Sums(Protocol):
    """Whether a consignment adds up; the desk's module `flows.onpage`."""

    def of(self, tx: Tx, root: DispatchId, within: tuple[str, tuple[Scalar, ...]], until: date) -> Adding:
        """Return it, by what is within a condition."""
        ...


class Inside(Protocol):
    """The condition of what a person may see of consignments; of the desk's module `consignments`."""

    def __call__(self, scope: Scope, given: frozenset[CaseId]) -> tuple[str, tuple[Scalar, ...]]:
        """Return the condition with its arguments."""
        ...


@dataclass(frozen=True, slots=True)
class Adds:
    """What tells whether a consignment adds up: the sums, and the condition of what a person may see."""

    sums: Sums
    inside: Inside


class Numbers(Protocol):
    """The desk that numbers cases."""

    def number(self, tx: Tx, case: CaseId) -> tuple[str, str | None] | None:
        """Return our number of a case and the other side's; None for a case that it does not have."""
        ...


@dataclass(frozen=True, slots=True)
class Sides:
    """Of our side, then of theirs: the code of the law, the mark, the zone; the list and the sums, None where there are none."""

    codes: tuple[str, str]
    marks: tuple[str, str]
    zones: tuple[str, str]
    listed: ListedLaw | None
    adds: Adds | None = None

    def told(self, card: Card) -> Card:
        """Return a consignment with what the list says of it on the day on which it leaves."""
        if self.listed is None:
            return card
        way = self.codes if card.line.ours else self.codes[::-1]
        zone = ZoneInfo(self.zones[0 if card.line.ours else 1])
        day = datetime.fromtimestamp(card.line.limits.sails / 1000, zone).date()
        return self.listed.said(card, dict(zip(self.codes, self.marks, strict=True)), way, day)


class ConsignmentReader:
    """A `screen.consignments.ConsignmentBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        desk: name of the desk that keeps the cases; lists, numbers: of it.
        consignments: of the desk that keeps them.
        names: of agencies, by id.
        sides: whose law, and the list.
    """

    def __init__(  # noqa: PLR0917  seven things, each of another kind
        self,
        ledger: Ledger,
        desk: str,
        lists: DeskLists,
        numbers: Numbers,
        consignments: DeskConsignments,
        names: Mapping[str, str],
        sides: Sides,
    ) -> None:
        self._ledger, self._desk, self._lists, self._numbers = ledger, desk, lists, numbers
        self._consignments, self._names, self._sides = consignments, names, sides

    def page(self, person: Person, ask: Ask, now: Ms) -> BoardCard:
        """Return one page of a list."""
        with self._ledger.read() as tx:
            scope = read_scope(tx, person, self._desk)
            given = self._given(tx, scope)
            found = self._consignments.page(tx, ask.view, scope, given, read_key(ask.page), PAGE + 1, now)
            counts = self._consignments.counts(tx, scope, given, now)
        following = show_key(found[PAGE - 1][1]) if len(found) > PAGE else ""
        return BoardCard(ask, tuple(line for line, _ in found[:PAGE]), following, counts)

    def counts(self, person: Person, now: Ms) -> Counts:
        """Return how many open consignments each list has."""
        with self._ledger.read() as tx:
            scope = read_scope(tx, person, self._desk)
            return self._consignments.counts(tx, scope, self._given(tx, scope), now)

    def of_case(self, case: CaseId, now: Ms) -> tuple[Line, ...]:
        """Return the consignments of one case."""
        with self._ledger.read() as tx:
            return self._consignments.of_case(tx, case, now)

    def card(self, dispatch: DispatchId, now: Ms) -> Card | None:
        """Return the consignment that a dispatch is about."""
        with self._ledger.read() as tx:
            card = self._consignments.card(tx, dispatch, now)
            if card is None:
                return None
            number = self._numbers.number(tx, card.line.case)
        card = self._sides.told(card)
        return replace(card, number="" if number is None else number[0], steps=tuple(map(self._named, card.steps)))

    def incidents(self, person: Person, limit: int) -> tuple[IncidentCard, ...]:
        """Return the newest incidents of which our side has not said what became of them."""
        with self._ledger.read() as tx:
            scope = read_scope(tx, person, self._desk)
            found = self._consignments.incidents(tx, scope, self._given(tx, scope), limit)
        return tuple(map(self._with_names, found))

    def incident(self, dispatch: DispatchId) -> IncidentCard | None:
        """Return one incident with all that was said of it."""
        with self._ledger.read() as tx:
            found = self._consignments.incident(tx, dispatch)
        return None if found is None else self._with_names(found)

    def _with_names(self, one: IncidentCard) -> IncidentCard:
        return replace(one, step=self._named(one.step), steps=tuple(map(self._named, one.steps)))

    def adding(self, person: Person, dispatch: DispatchId, now: Ms) -> Adding | None:
        """Return whether a consignment adds up, by what the person may see of the trade of its firms."""
        adds = self._sides.adds
        if adds is None:
            return None
        day = datetime.fromtimestamp(now / 1000, UTC).date()
        with self._ledger.read() as tx:
            scope = read_scope(tx, person, self._desk)
            return adds.sums.of(tx, dispatch, adds.inside(scope, self._given(tx, scope)), day)

    def _given(self, tx: Tx, scope: Scope) -> frozenset[CaseId]:
        """Return the cases with consignments that are in the scope by what the other desk knows of them."""
        if scope.whole or scope.empty:
            return frozenset()
        return self._lists.in_scope(tx, self._consignments.cases(tx), scope)

    def _named(self, step: Step) -> Step:
        return replace(
            step,
            sender=self._names.get(step.sender, step.sender),
            receivers=tuple(self._names.get(one, one) for one in step.receivers),
        )


def make_consignments(opened: OpenNode) -> ConsignmentReader | None:
    """Make the reader; None where no desk keeps consignments."""
    keeps = offering(opened.config.desks, "consignments")
    if not keeps:
        return None
    name = case_desk(opened.config.desks)
    desk, accord, me = opened.desks[name], opened.node.office.accord, opened.config.name
    setting = board_setting(opened)
    show = getattr(desk, "show_number")  # noqa: B009  a desk that keeps cases has it
    return ConsignmentReader(
        opened.node.ledger,
        name,
        cast("DeskLists", part(name, "lists").Lists(show)),
        cast("Numbers", desk),
        cast("DeskConsignments", part(keeps[0], "consignments").Consignments(opened.desks[keeps[0]])),
        setting.agencies,
        Sides(
            codes=(accord.party(me).country.lower(), accord.peer_of(me).country.lower()),
            marks=(setting.parties[0].short, setting.parties[1].short),
            zones=(setting.parties[0].zone, setting.parties[1].zone),
            listed=open_listed_law(keeps[0], opened.config.path(opened.config.substances)),
            adds=_open_adds(opened, keeps[0]),
        ),
    )


def _open_adds(opened: OpenNode, desk: str) -> Adds | None:
    """Return what tells whether a consignment adds up; None where no list with thresholds is here, or the desk has no flows."""
    folder = opened.config.path(opened.config.substances)
    if not (folder / _THRESHOLDS).is_file() or not offering((desk,), "flows"):
        return None
    accord, me = opened.node.office.accord, opened.config.name
    sides = (accord.party(me).country.upper(), accord.peer_of(me).country.upper())
    sums = cast("Sums", part(desk, "flows.onpage").OnPage(list_files(folder), sides))
    return Adds(sums, cast("Inside", part(desk, "consignments").inside))
