"""What waits for people whose working screen is elsewhere: one line for each thing, by number and for whom, no content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from comity.base.ids import Ms, show_id
from comity.dispatch.approvals import answers, roles_asked
from comity.dispatch.columns import int_of
from comity.dispatch.held import held_drafts
from comity.dispatch.oncall import rung_times, seen_limit
from comity.dispatch.ports import Tx
from comity.edge.registry import DUTY
from comity.edge.ringplan import IMMEDIATE, Waits
from comity.edge.staffing import Staffing
from comity.marking.labels import Urgency
from comity.node.node import Node
from comity.screen.tasks import TaskCard, TaskState

SOON_MS = 3_600_000
"""What is due within this time rings."""
_SUSPENDED = "SELECT number FROM account WHERE desk = ? AND suspended_at IS NOT NULL"
_EVERY = 100_000


@dataclass(frozen=True, slots=True)
class Things:
    """What waits at one desk of one node."""

    node: Node
    staffing: Staffing
    desk: str

    def waiting(self, tx: Tx, now: Ms) -> tuple[Waits, ...]:
        """Return everything that waits for somebody of this desk, without those who are suspended."""
        gone = {int_of(row[0]) for row in tx.rows(_SUSPENDED, (self.desk,))}
        there = frozenset(number for desk, number in self.staffing.duty.people(tx, now) if desk == self.desk)
        found = [
            *self._arrived(tx, there, now),
            *self._due(tx, there, now),
            *self._approvals(tx, now),
            *self._tasks(tx),
            *self._notes(tx, there),
        ]
        return tuple(Waits(one.thing, one.immediate, one.people - gone) for one in found)

    def _arrived(self, tx: Tx, there: frozenset[int], now: Ms) -> Iterator[Waits]:
        """Yield what is immediate and unseen; unseen at its limit it rings every duty officer."""  # spec: vocabulary.md 5
        limit = seen_limit(self.node.office)
        everyone = there | self._holders(DUTY)
        for id_, arrived in self.staffing.duty_desk.unseen_immediate(tx):
            yield Waits(f"{IMMEDIATE}:{show_id(id_)}", True, everyone if now >= arrived + limit else there)

    def _due(self, tx: Tx, there: frozenset[int], now: Ms) -> Iterator[Waits]:
        """Yield what is due soon, but for what rings as immediate already."""
        rings = {id_ for id_, _ in self.staffing.duty_desk.unseen_immediate(tx)}
        for id_, due in self.staffing.duty_desk.due_between(tx, now, Ms(now + SOON_MS)):
            if id_ in rings:
                continue
            yield Waits(f"due:{show_id(id_)}:{due}", False, there)

    def _approvals(self, tx: Tx, now: Ms) -> Iterator[Waits]:
        """Yield each held draft once for each role that it waits for: who was rung, else who is on call."""
        for held in held_drafts(tx):
            done = {one.role for one in answers(held, tx) if one.yes}
            urgent = held.form.urgency is Urgency.IMMEDIATE
            for role in sorted(set(roles_asked(held)) - done):
                first = {who for said, who, _ in rung_times(tx, held.id) if said == role}
                called = frozenset(int(who.rpartition("/")[2]) for who in first if who.startswith(f"{self.desk}/"))
                people = called if urgent and called else self._on_call(tx, role, now)
                thing = f"{IMMEDIATE if urgent else 'approval'}:{show_id(held.id)}:{role}"
                yield Waits(thing, urgent, people - {held.by.number})

    def _on_call(self, tx: Tx, role: str, now: Ms) -> frozenset[int]:
        on = frozenset(one.number for one in self.staffing.rota.on_shift(role, now, tx) if one.desk == self.desk)
        return on or self._holders(role)

    def _tasks(self, tx: Tx) -> Iterator[Waits]:
        """Yield each task that nobody took, and each reminder of an open one."""
        for task in self.staffing.task_desk.open_tasks(tx, limit=_EVERY):
            people = self._asked(task)
            if task.state is TaskState.GIVEN:
                yield Waits(f"task:{show_id(task.id)}", False, people)
            if task.reminded:
                yield Waits(f"reminder:{show_id(task.id)}:{len(task.reminded)}", False, people)

    def _asked(self, task: TaskCard) -> frozenset[int]:
        named = task.taken_number if task.taken_number is not None else task.number
        return frozenset(self.staffing.ours.numbers(task.agency) if named is None else (named,))

    def _notes(self, tx: Tx, there: frozenset[int]) -> Iterator[Waits]:
        for note in self.staffing.duty_desk.notes(tx, waiting=True):
            if note.desk == self.desk:
                yield Waits(f"note:{show_id(note.id)}", False, there - {note.by_number})

    def _holders(self, role: str) -> frozenset[int]:
        officers = self.staffing.ours.officers
        return frozenset(one.number for one in officers if one.desk == self.desk and role in one.roles)
