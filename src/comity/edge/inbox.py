"""The lists of what waits, read for one person: pages after a key, counts, and what stands beside the first page.

The rule it keeps: the scope of the person is part of every query; a row that is not in it is neither read nor counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, Ms, read_id, show_id
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge.board import Setting
from comity.edge.scope import given, members, read_scope
from comity.policy.access import Person
from comity.policy.scope import Scope
from comity.screen.inbox import PAGE, Ask, Counts, InboxCard, Line, View

_BESIDE = 5
_FIGURES = 15

Key = tuple[int, bytes]


class DeskLists(Protocol):
    """The lists of the desk that keeps cases; its module `lists`."""

    def page(  # noqa: PLR0917  what a list is asked for
        self,
        tx: Tx,
        view: View,
        scope: Scope,
        given: frozenset[CaseId],
        narrow: tuple[str, str],
        after: Key | None,
        limit: int,
    ) -> tuple[tuple[Line, Key], ...]:
        """Return lines, each with the key after which the next page would begin."""
        ...

    def counts(self, tx: Tx, scope: Scope, given: frozenset[CaseId], now: Ms) -> Counts:
        """Return how many lines each list has."""
        ...

    def lines(self, tx: Tx, dispatches: Iterable[DispatchId]) -> dict[DispatchId, Line]:
        """Return these dispatches as lines."""
        ...

    def bodies(self, tx: Tx, dispatches: Iterable[DispatchId]) -> dict[DispatchId, tuple[str, bytes]]:
        """Return (kind, body) of these dispatches."""
        ...

    def cases_of_number(self, tx: Tx, typed: str) -> tuple[CaseId, ...]:
        """Return the cases that have this number."""
        ...

    def opener(self, tx: Tx, case: CaseId) -> Line | None:
        """Return the dispatch that opened a case."""
        ...

    def in_scope(self, tx: Tx, cases: tuple[CaseId, ...], scope: Scope) -> frozenset[CaseId]:
        """Return those of the cases that are in the scope."""
        ...


class InboxReader:
    """A `screen.inbox.InboxBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        desk: name of the desk that keeps the cases.
        lists: of that desk.
        setting: names of agencies and items of the workplan.
    """

    def __init__(self, ledger: Ledger, desk: str, lists: DeskLists, setting: Setting) -> None:
        self._ledger = ledger
        self._desk = desk
        self._lists = lists
        self._names = setting.agencies
        self._items = tuple(item.item for item in setting.plan)
        self._agencies = tuple(sorted(setting.agencies.items(), key=lambda one: one[1]))

    def page(self, person: Person, ask: Ask, now: Ms) -> InboxCard:
        """Return one page; an item or agency that does not exist narrows to nothing."""
        with self._ledger.read() as tx:
            scope, own = read_scope(tx, person, self._desk), given(tx, person)
            found = self._lists.page(tx, ask.view, scope, own, (ask.item, ask.agency), read_key(ask.page), PAGE + 1)
            lines = tuple(line for line, _ in found[:PAGE])
            first = ask.view is View.OURS and not ask.page
            there = self._beside(tx, View.THEIRS, scope, ask) if first else ()
            settled = self._beside(tx, View.SETTLED, scope, ask) if first else ()
            counts = self._lists.counts(tx, scope, own, now)
            given_to = members(tx, (line.case for line in lines))
        return InboxCard(
            ask=ask,
            lines=tuple(self.named(line, given_to.get(line.case, ())) for line in lines),
            following=show_key(found[PAGE - 1][1]) if len(found) > PAGE else "",
            counts=counts,
            there=there,
            settled=settled,
            items=self._items,
            agencies=self._agencies,
        )

    def counts(self, person: Person, now: Ms) -> Counts:
        """Return how much waits."""
        with self._ledger.read() as tx:
            return self._lists.counts(tx, read_scope(tx, person, self._desk), given(tx, person), now)

    def line(self, dispatch: DispatchId) -> Line | None:
        """Return one dispatch as it stands in a list; need-to-know was asked before."""
        with self._ledger.read() as tx:
            line = self._lists.lines(tx, (dispatch,)).get(dispatch)
            given_to = () if line is None else members(tx, (line.case,)).get(line.case, ())
        return None if line is None else self.named(line, given_to)

    def named(self, line: Line, given_to: tuple[tuple[str, int], ...] = ()) -> Line:
        """Return a line with the names of its agencies and whose its case is."""
        return replace(
            line,
            from_agency=self._names.get(line.from_agency, line.from_agency),
            to_agencies=tuple(self._names.get(one, one) for one in line.to_agencies),
            members=given_to,
            passed_to=self._names.get(line.passed_to, line.passed_to),
        )

    def _beside(self, tx: Tx, view: View, scope: Scope, ask: Ask) -> tuple[Line, ...]:
        found = self._lists.page(tx, view, scope, frozenset(), (ask.item, ask.agency), None, _BESIDE)
        return tuple(self.named(line) for line, _ in found)


def show_key(key: Key) -> str:
    """Write the key after which a page begins."""
    return f"{key[0]}.{show_id(key[1])}"


def read_key(text: str) -> Key | None:
    """Read what `show_key` wrote; None for the first page, also where it is not one."""
    number, _, id_ = text.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) <= _FIGURES):
        return None
    try:
        return int(number), read_id(id_)
    except BadForm:
        return None
