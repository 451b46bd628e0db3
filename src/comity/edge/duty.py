"""What the duty screen shows, read from the rows anew each time: who is there until when, shifts, postings, notes.

The rule it keeps: a side is staffed only while a named shift, a posting in force or an open, manned office says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from comity.base.errors import BadConfiguration
from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge.duties import Deskful
from comity.edge.dutydesk import DutyDesk, TaskDesk
from comity.edge.handoverlines import made_now
from comity.edge.registry import DUTY, OnCall, Registry, Roster
from comity.edge.rota import RosterRota, planned_of
from comity.edge.shifts import Changes, Home, both, cover, gaps, local, open_spans, presences, turns, zone_of
from comity.node.manifest import DESK as NODE
from comity.screen.duty import Desks, DutyCard, HandoverNote, PostingCard, Presence, ShiftLine, Side

STAFF = frozenset({DUTY, "officer", "desk-officer", "desk-lead"})
"""Roles whose holders are the desk: their shifts staff it, and an office that has one is manned."""
_DAY_MS = 86_400_000
LOOKS_MS = 7 * _DAY_MS
"""How far ahead gaps are looked for."""
ROSTER_DAYS = 14


@dataclass(frozen=True, slots=True)
class Files:
    """What of the files beside a node duty is read from."""

    roster: Roster
    ours: Registry
    theirs: Registry


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of who is there: postings of both sides, and our standing shifts."""

    postings: tuple[PostingCard, ...]
    plan: tuple[OnCall, ...]


class DutyReader:
    """A `screen.duty.DutyBoard` over one node's store.

    Args:
        ledger: only read.
        desk: keeps changes, notes and postings.
        tasks: keeps tasks; None: there are none.
        rota: ours.
        files: roster and registries.
        cases: the desk that keeps the cases.
    """

    def __init__(  # noqa: PLR0917  six things, each of another kind
        self, ledger: Ledger, desk: DutyDesk, tasks: TaskDesk | None, rota: RosterRota, files: Files, cases: Deskful
    ) -> None:
        self._ledger, self._desk, self._tasks = ledger, desk, tasks
        self._rota, self._files, self._cases = rota, files, cases

    def duty(self, now: Ms) -> DutyCard:
        """Return both sides' duty."""
        with self._ledger.read() as tx:
            kept = self._kept(tx)
            changes = self._rota.in_force(tx, Ms(now - _DAY_MS))
            ours = self._side(kept, changes, now, tx, ours=True)
            theirs = self._side(kept, changes, now, tx, ours=False)
            shared = cover(both(self._spans(kept, changes, now, ours=True),
                                self._spans(kept, changes, now, ours=False)), now, Ms(now + LOOKS_MS))  # fmt: skip
            return DutyCard(
                sides=(ours, theirs),
                until=shared.until,
                shifts=self._shifts(kept, changes, now),
                changes=tuple(reversed(self._desk.changes(tx, _day(now - _DAY_MS)))),
                postings=kept.postings,
                waiting=self._desk.notes(tx, waiting=True),
                made=made_now(tx, self._desk, self._tasks, self._cases, now),
            )

    def notes(self, *, before: Ms | None = None, limit: int = 50) -> tuple[HandoverNote, ...]:
        """Return hand-over notes, newest first; `before`: older ones only."""
        with self._ledger.read() as tx:
            return self._desk.notes(tx, waiting=False, before=before, limit=limit)

    def posting(self, nomination: DispatchId) -> tuple[PostingCard, tuple[str, CaseId]] | None:
        """Return a posting with the agency of theirs that is told of it, and its case; None if it is not here."""
        with self._ledger.read() as tx:
            card = next((one for one in self._desk.postings(tx) if one.id == nomination), None)
            sent = self._desk.nominated_in(tx, nomination)
        if card is None or sent is None:
            return None
        return card, (card.host_agency if card.ours else sent[1], sent[0])

    def forms(self) -> Desks:
        """Return what the forms offer."""
        ours, theirs = self._files.ours, self._files.theirs
        officers = self._rota.officers
        with self._ledger.read() as tx:
            plan, planned = tuple(map(planned_of, self._rota.shifts(tx))), self._desk.plan(tx)
        return Desks(
            tuple((one.desk, one.number, one.agency, one.roles) for one in officers if one.desk != NODE),
            tuple((one.id, ours.agency_name(one.id)) for one in ours.agency if "posting" in one.sends),
            tuple((one.id, theirs.agency_name(one.id)) for one in theirs.agency if one.desks),
            plan,
            tuple(reversed(planned)),
        )

    def there(self, now: Ms) -> tuple[tuple[Presence, ...], tuple[Presence, ...]]:
        """Return who of ours and of theirs is there now; quick, for the bar of every page."""
        soon = Ms(now + 1)
        with self._ledger.read() as tx:
            kept, changes = self._kept(tx), self._rota.in_force(tx, now)
        return (
            presences(self._home(kept, ours=True), changes, now, soon),
            presences(self._home(kept, ours=False), {}, now, soon),
        )

    def people(self, tx: Tx, now: Ms) -> tuple[tuple[str, int], ...]:
        """Return desk and number of each duty officer on shift and of each posted officer within hours, now.

        If there is nobody, those whom the rota rings as duty officers: somebody is always rung.
        """
        found = [(one.desk, one.number) for one in self._rota.on_shift(DUTY, now, tx)]
        home = self._home(self._kept(tx), ours=True)
        posted = {one.number: one.desk for one in home.postings}
        there = presences(home, {}, now, Ms(now + 1))
        found += [(posted[one.number], one.number) for one in there if one.why == "posting" and one.number in posted]
        if not found:
            found = [(one.desk, one.number) for one in self._rota.on_call(DUTY, now, tx) if one.desk != NODE]
        return tuple(dict.fromkeys(found))

    def _kept(self, tx: Tx) -> _Kept:
        return _Kept(self._desk.postings(tx), self._rota.shifts(tx))

    # --- one side ------------------------------------------------------------------------------------------------

    def _home(self, kept: _Kept, *, ours: bool) -> Home:
        files = self._files
        registry, host = (files.ours, files.theirs) if ours else (files.theirs, files.ours)
        officers = self._rota.officers if ours else files.roster.of(registry.short)
        known = (one for one in files.roster.on_call if one.party.casefold() == registry.short.casefold())
        shifts = tuple(one for one in (kept.plan if ours else known) if one.role in STAFF and _reads(one))
        manned = not ours or any(STAFF & set(one.roles) and one.desk != NODE for one in officers)
        return Home(registry, host, shifts, manned, tuple(one for one in kept.postings if one.ours is ours))

    def _present(self, kept: _Kept, changes: Changes, now: Ms, *, ours: bool) -> tuple[Presence, ...]:
        return presences(self._home(kept, ours=ours), changes if ours else {}, now, Ms(now + LOOKS_MS))

    def _spans(self, kept: _Kept, changes: Changes, now: Ms, *, ours: bool) -> tuple[tuple[Ms, Ms], ...]:
        return tuple((one.begins, one.ends) for one in self._present(kept, changes, now, ours=ours))

    def _side(self, kept: _Kept, changes: Changes, now: Ms, tx: Tx, *, ours: bool) -> Side:
        registry = self._files.ours if ours else self._files.theirs
        there = self._present(kept, changes, now, ours=ours)
        found = cover(((one.begins, one.ends) for one in there), now, Ms(now + LOOKS_MS))
        return Side(
            short=registry.short,
            capital=registry.capital,
            zone=registry.zone,
            ours=ours,
            opens=registry.opens,
            closes=registry.closes,
            office_open=any(begins <= now < ends for begins, ends in open_spans(registry, now, Ms(now + 1))),
            line=registry.duty_line,
            here=tuple(one for one in there if one.begins == now),
            ahead=tuple(one for one in there if one.begins < now + _DAY_MS),
            until=found.until,
            whole=found.whole,
            gaps=gaps(found, lambda at: self._rung(at, tx) if ours else ""),
        )

    def _rung(self, at: Ms, tx: Tx) -> str:
        first = next((one for one in self._rota.on_call(DUTY, at, tx) if one.desk != NODE), None)
        return "" if first is None else f"{first.desk}/{first.number}"

    @staticmethod
    def _shifts(kept: _Kept, changes: Changes, now: Ms) -> tuple[ShiftLine, ...]:
        """Return two weeks of our shifts, from the beginning of yesterday's on."""
        found = [
            ShiftLine(
                *(one.shift.desk, one.shift.role, one.shift.number, one.shift.opens, one.shift.closes, one.shift.zone),
                one.day,
                one.begins,
                one.ends,
                one.stands(changes),
                changes.get(one.key),
            )
            for shift in kept.plan
            for one in turns(shift, Ms(now - _DAY_MS), Ms(now + ROSTER_DAYS * _DAY_MS))
        ]
        return tuple(sorted(found, key=lambda one: (one.begins, one.role, one.number)))


def _day(at: int) -> str:
    """Return the ISO date, in UTC, before which no shift begins that matters at a time."""
    return (local(Ms(at), zone_of("UTC")).date() - timedelta(days=1)).isoformat()


def _reads(shift: OnCall) -> bool:
    """Say whether the hours of a shift can be read; the other side's roster may name a zone that this machine has not."""
    try:
        zone_of(shift.zone)
    except BadConfiguration:
        return False
    return True
