"""The list of cases, read for one person: one page after a key, its facts and lines in one snapshot.

The rule it keeps: the scope of the person is part of every query; a case that is not in it is neither read nor counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge.board import Setting
from comity.edge.inbox import DeskLists, InboxReader, Key, read_key, show_key
from comity.edge.scope import given, members, read_scope
from comity.policy.access import Person
from comity.policy.scope import Scope
from comity.screen.caselist import PAGE, CaseAsk, CaseCounts, CaseLine, CaseListCard, CaseView, Moved


class DeskCases(Protocol):
    """The list of cases of the desk that keeps them; its module `caselist`."""

    def page(  # noqa: PLR0917  what a list is asked for
        self,
        tx: Tx,
        view: CaseView,
        scope: Scope,
        given: frozenset[CaseId],
        agency: str,
        after: Key | None,
        limit: int,
    ) -> tuple[tuple[CaseId, Key], ...]:
        """Return cases, each with the key after which the next page would begin."""
        ...

    def facts(self, tx: Tx, cases: Sequence[CaseId]) -> dict[CaseId, Moved]:
        """Return of each case when it last moved, how much is in it, its newest dispatch, and the one owed next."""
        ...

    def counts(self, tx: Tx, scope: Scope, given: frozenset[CaseId], now: Ms) -> CaseCounts:
        """Return how many cases there are of each kind."""
        ...


class CaseListReader:
    """A `screen.caselist.CaseListBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        desk: name of the desk that keeps the cases.
        cases, lists: of that desk.
        inbox: names the agencies of a line.
        setting: names of agencies.
    """

    def __init__(  # noqa: PLR0917  six things, each of another kind
        self, ledger: Ledger, desk: str, cases: DeskCases, lists: DeskLists, inbox: InboxReader, setting: Setting
    ) -> None:
        self._ledger = ledger
        self._desk = desk
        self._cases = cases
        self._lists = lists
        self._inbox = inbox
        self._agencies = tuple(sorted(setting.agencies.items(), key=lambda one: one[1]))

    def page(self, person: Person, ask: CaseAsk, now: Ms) -> CaseListCard:
        """Return one page; an agency that does not exist narrows to nothing."""
        with self._ledger.read() as tx:
            scope, own = read_scope(tx, person, self._desk), given(tx, person)
            found = self._cases.page(tx, ask.view, scope, own, ask.agency, read_key(ask.page), PAGE + 1)
            lines = self._lines(tx, tuple(case for case, _ in found[:PAGE]))
            counts = self._cases.counts(tx, scope, own, now)
        following = show_key(found[PAGE - 1][1]) if len(found) > PAGE else ""
        return CaseListCard(ask, lines, following, counts, self._agencies)

    def _lines(self, tx: Tx, cases: tuple[CaseId, ...]) -> tuple[CaseLine, ...]:
        facts, given_to = self._cases.facts(tx, cases), members(tx, cases)
        wanted = (id_ for one in facts.values() for id_ in (one.newest, one.owed) if id_ is not None)
        lines = self._lists.lines(tx, (*wanted, *(DispatchId(case) for case in cases)))
        found: list[CaseLine] = []
        for case in cases:
            opener = lines.get(DispatchId(case)) or self._lists.opener(tx, case)
            fact = facts.get(case)
            if opener is None or fact is None:
                continue
            named = self._inbox.named(opener, given_to.get(case, ()))
            owed = None if fact.owed is None else lines[fact.owed]
            found.append(CaseLine(case, named, owed, lines[fact.newest], fact.at, fact.count))
        return tuple(found)
