"""What changes duty: a shift given to somebody else, a hand-over note signed and taken over.

The rules it keeps: the roster file stays the base, and a change of it is one row for one shift on one date, by a desk lead; a
note carries what the node adds whatever the officer wrote; it is taken over once, by somebody else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from comity.base import cbor
from comity.base.errors import BadConfiguration, BadForm, NotAllowed
from comity.base.ids import DispatchId, LeafIndex, Ms, new_dispatch_id, show_id
from comity.dispatch import records
from comity.dispatch.book import Book
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.edge.duties import Deskful
from comity.edge.dutydesk import DutyDesk, TaskDesk
from comity.edge.handoverlines import made_now
from comity.edge.rota import RosterRota, on_call_of, planned_of
from comity.edge.shifts import Turn, check_shift, turns
from comity.edge.tasks import Ours
from comity.node.node import Node
from comity.screen.duty import Change, HandoverNote, PlanChange, PlannedShift, ShiftChange

LEAD = "desk-lead"
MOST_WORDS = 8_000
MOST_NOTE = 500
_DAY_MS = 86_400_000
_AHEAD_MS = 400 * _DAY_MS
_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Named:
    """One running of one shift, as a person names it: whose by the roster, in which role, on which ISO date.

    `opens` is needed only where this officer has two shifts in this role on this date.
    """

    number: int
    role: str
    day: str
    opens: str = ""


class DutyWork:
    """The acts; each is one transaction in the node's writer.

    Args:
        node: whose logs keep the records.
        desk: keeps the rows.
        tasks: what a note must not forget, too.
        ours: our officers, as the roster file has them now.
        rota: our shifts.
        cases: the desk that keeps the cases.
    """

    def __init__(  # noqa: PLR0917  six things, each of another kind
        self, node: Node, desk: DutyDesk, tasks: TaskDesk | None, ours: Ours, rota: RosterRota,
        cases: Deskful,
    ) -> None:  # fmt: skip
        self._node, self._desk, self._tasks = node, desk, tasks
        self._rota, self._cases = rota, cases
        self._ours = ours

    # --- shifts --------------------------------------------------------------------------------------------------

    def change(
        self, named: Named, what: Change, by: Officer, now: Ms, *, stands_in: int | None, note: str
    ) -> ShiftChange:
        """Give one shift on one date to another officer, or to nobody, or back.

        Raises:
            BadForm: there is no such shift then, it is over, or who stands in does not hold its role.
            NotAllowed: a desk lead changes shifts.
        """
        self._check_lead(by)
        with self._node.ledger.read() as tx:
            turn = self._turn(named, tx, now)
        if what is Change.SWAP:
            raise BadForm("a swap names both shifts; nothing was changed")
        number = self._stand_in(turn, what, stands_in)
        made = self._made(turn, what, number, by, note, now)
        with self._node.ledger.begin() as book:
            self._desk.change(book.tx, made)
        return made

    def swap(self, one: Named, other: Named, by: Officer, now: Ms, *, note: str) -> tuple[ShiftChange, ShiftChange]:
        """Let two officers exchange two shifts of one role.

        Raises:
            BadForm: one of them is not there then or over, or both are the same officer's.
            NotAllowed: a desk lead changes shifts.
        """
        self._check_lead(by)
        with self._node.ledger.read() as tx:
            first, second = self._turn(one, tx, now), self._turn(other, tx, now)
        if (first.shift.role, first.shift.desk) != (second.shift.role, second.shift.desk):
            raise BadForm("only two shifts of one role can be swapped; nothing was changed")
        with self._node.ledger.begin() as book:
            changes = self._rota.in_force(book.tx, now)
            have, want = first.stands(changes), second.stands(changes)
            if have is None or want is None or have == want:
                raise BadForm("a swap is between two officers who have these shifts; nothing was changed")
            made = (
                self._made(first, Change.SWAP, want, by, note, now),
                self._made(second, Change.SWAP, have, by, note, now),
            )
            for change in made:
                self._desk.change(book.tx, change)
        return made

    def _check_lead(self, by: Officer) -> None:
        if LEAD not in self._ours.roles(by):
            raise NotAllowed("a desk lead changes shifts; nothing was changed")

    def _turn(self, named: Named, tx: Tx, now: Ms) -> Turn:
        """Return the running of a shift that is meant, which is not over."""
        found = [
            turn
            for shift in self._rota.shifts(tx)
            if (shift.number, shift.role) == (named.number, named.role) and named.opens in {"", shift.opens}
            for turn in turns(shift, Ms(now - _DAY_MS), Ms(now + _AHEAD_MS))
            if turn.day == named.day
        ]
        if not found:
            raise BadForm(
                f"the roster has no shift of {named.number} as {named.role} on {named.day}; nothing was changed"
            )
        if len(found) > 1:
            raise BadForm("there are two such shifts on this date; say by `opens` which one; nothing was changed")
        if found[0].ends <= now:
            raise BadForm("this shift is over; what was, stays; nothing was changed")
        return found[0]

    def _stand_in(self, turn: Turn, what: Change, number: int | None) -> int | None:
        shift = turn.shift
        if what is Change.PLANNED:
            return shift.number
        if what is Change.ABSENCE:
            if number is not None:
                raise BadForm("who is absent without a substitute names none; nothing was changed")
            return None
        if number is None or number == shift.number:
            raise BadForm("a substitute is another officer; nothing was changed")
        if shift.role not in self._ours.roles(Officer(shift.desk, number)):
            raise BadForm(f"{shift.desk}/{number} does not hold the role {shift.role}; nothing was changed")
        return number

    @staticmethod
    def _made(turn: Turn, what: Change, number: int | None, by: Officer, note: str, now: Ms) -> ShiftChange:  # noqa: PLR0917  the row's columns in order
        if len(note) > MOST_NOTE:
            raise BadForm(f"a reason has at most {MOST_NOTE} characters; nothing was changed")
        shift = turn.shift
        return ShiftChange(
            shift.desk, shift.role, shift.number, shift.opens, turn.day, what, number, note, by.desk, by.number, now
        )

    # --- the plan ------------------------------------------------------------------------------------------------

    def replan(self, shift: PlannedShift, by: Officer, now: Ms, *, added: bool, note: str) -> PlanChange:
        """Add a standing shift to the plan, or end one, from now on; kept in our decision log.

        Raises:
            BadForm: who has it does not hold its role, day, zone or hours are none, it is there already, or it is not.
            NotAllowed: a desk lead changes the plan.
        """
        self._check_lead(by)
        if len(note) > MOST_NOTE:
            raise BadForm(f"a reason has at most {MOST_NOTE} characters; nothing was changed")
        try:
            roles = self._ours.roles(Officer(shift.desk, shift.number)) if added else frozenset({shift.role})
            check_shift(on_call_of(shift, ""), roles)
        except BadConfiguration as error:
            raise BadForm(f"{error}; nothing was changed") from error
        made = PlanChange(shift, added, note.strip(), by.desk, by.number, now)
        with self._node.ledger.begin() as book:
            there = shift in map(planned_of, self._rota.shifts(book.tx))
            if there is added:
                raise BadForm(f"the plan has {'this shift already' if there else 'no such shift'}; nothing was changed")
            members = ["comity/plan/1", "added" if added else "ended", shift.desk, shift.role, shift.number, shift.zone]
            record = cbor.encode([*members, list(shift.days), shift.opens, shift.closes, by.desk, by.number, now])
            salt = self._node.office.entropy.draw(_SALT_BYTES)
            self._desk.replan(book.tx, made, records.keep(book, "plan", None, salt, record, now=now))
        return made

    # --- hand-over -----------------------------------------------------------------------------------------------

    def leave(self, by: Officer, words: tuple[str, str, str], now: Ms) -> HandoverNote:
        """Sign a hand-over note; `words` are what needs an eye, what was promised, what waits at home.

        Raises:
            BadForm: a part is too long.
            NotAllowed: nobody of ours has this desk and number.
        """
        self._ours.officer(by)
        if any(len(one) > MOST_WORDS for one in words):
            raise BadForm(f"each part of a note has at most {MOST_WORDS} characters; nothing was kept")
        eye, promised, home = (one.strip() for one in words)
        with self._node.ledger.begin() as book:
            made = made_now(book.tx, self._desk, self._tasks, self._cases, now)
            id_ = new_dispatch_id(now, self._node.office.entropy)
            note = HandoverNote(id_, by.desk, by.number, now, eye, promised, home, made)
            self._desk.leave(book.tx, note, self._record("handover", note, by, book, now))
        return note

    def take_over(self, note: DispatchId, by: Officer, now: Ms) -> HandoverNote:
        """Take a note over.

        Raises:
            BadForm: there is no such note, or somebody has taken it over.
            NotAllowed: who signed it does not take it over, nor does a stranger or another desk.
        """
        self._ours.officer(by)
        with self._node.ledger.begin() as book:
            found = self._desk.note(book.tx, note)
            if found is None or found.desk != by.desk:
                raise BadForm("there is no such note at this desk; nothing was changed")
            if found.by_number == by.number:
                raise NotAllowed("who signed a note does not take it over; until then you are on duty")
            if not self._desk.take_over(book.tx, note, by.number, now):
                raise BadForm(f"{found.desk}/{found.taken_number} has taken this note over; nothing was changed")
            self._record("handover-taken", found, by, book, now)
        return replace(found, taken_number=by.number, taken_at=now)

    def _record(self, kind: str, note: HandoverNote, by: Officer, book: Book, now: Ms) -> LeafIndex:
        """Keep in our decision log that a note was signed or taken over, with the hash of its words."""
        text = "\x00".join([note.eye, note.promised, note.home, *(f"{one.told}:{one.id}" for one in note.made)])
        digest = hashlib.sha256(text.encode()).hexdigest()
        record = cbor.encode([f"comity/{kind}/1", show_id(note.id), by.desk, by.number, digest, now])
        return records.keep(book, kind, None, self._node.office.entropy.draw(_SALT_BYTES), record, now=now)
