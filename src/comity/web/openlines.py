"""Which lines of a hand-over note are open to one visitor: those of cases, drafts, tasks and debts that he or she may see.

The rule it keeps: a note says of a case its number, and a number of a case that is not open to the visitor is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from comity.base.errors import BadForm
from comity.base.ids import read_id, show_id
from comity.policy.access import Deed
from comity.policy.scope import WHOLE
from comity.screen.duty import HandoverLine, HandoverNote, Told
from comity.web.screens.owed import opens as owed_opens
from comity.web.screens.tasks import Opened
from comity.web.visit import Visit


class OpenLines:
    """The lines that one visitor sees; each case is asked of once."""

    def __init__(self, visit: Visit) -> None:
        """Take the visit."""
        self._visit = visit
        self._tasks = Opened(visit)
        self._known: dict[tuple[str, str], bool] = {}
        self._debts: frozenset[str] | None = None
        self._whole = bool(visit.who.person.roles & WHOLE)

    def note(self, one: HandoverNote) -> HandoverNote:
        """Return a note with the lines that are open; what its officer wrote is for whoever sees the roster."""
        return replace(one, made=self.of(one.made))

    def of(self, lines: Iterable[HandoverLine]) -> tuple[HandoverLine, ...]:
        """Return the lines that are open."""
        seen = (self._see(one) for one in lines)
        return tuple(one for one in seen if one is not None)

    def _see(self, one: HandoverLine) -> HandoverLine | None:
        match one.told:
            case Told.TASK:
                return self._task(one)
            case _ if self._whole:
                return one
            case Told.HELD:
                shown = self._case("draft", one.id)
            case Told.ALARM | Told.OWED:
                shown = one.id in self._waiting()
            case _ if one.number:
                shown = self._case("case", one.number)
            case _:
                shown = self._case("dispatch", one.id)
        return one if shown else None

    def _task(self, one: HandoverLine) -> HandoverLine | None:
        """Return the line of a task; without the number of its case for who is asked and has not the case."""
        board = self._visit.site.tasks
        try:
            found = None if board is None else board.task(read_id(one.id))
        except BadForm:
            return None
        seen = None if found is None else self._tasks.see(found)
        return None if seen is None else replace(one, number=seen.case_number)

    def _case(self, kind: str, name: str) -> bool:
        if (kind, name) not in self._known:
            needs = self._visit.site.needs
            found = needs.facts(kind, name)
            self._known[kind, name] = found is not None and needs.may(self._visit.who.person, Deed.CASE, found[1])
        return self._known[kind, name]

    def _waiting(self) -> frozenset[str]:
        if self._debts is None:
            card = self._visit.site.board.waiting(self._visit.now)
            owed = {show_id(one.id) for one in card.owed if owed_opens(self._visit, one)}
            self._debts = frozenset(owed | {show_id(one.id) for one in card.alarms if owed_opens(self._visit, one)})
        return self._debts
