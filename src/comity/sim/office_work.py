"""What officers do in a simulated world: they hand in forms, look after a failure whether it was kept, and read.

The rule they keep: a form is handed in again only where a look at the desk shows that it was not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from comity.base.ids import CaseId, DispatchId
from comity.dispatch.columns import bytes_of
from comity.dispatch.ports import Tx
from comity.dispatch.states import Committed, Form, Officer
from comity.marking.labels import Lane, Urgency
from comity.sim.agenda import Agenda
from comity.sim.chance import Chance
from comity.sim.exercise import (
    AGENCY,
    DESK,
    NOTE,
    OFFICER,
    PERMITTED,
    RECALL,
    REFUSED_HERE,
    REFUSED_THERE,
    text_of_body,
)
from comity.sim.faults import MINUTE_MS
from comity.sim.station import Station

_LOOK_AGAIN_MS = 20_000
_READ_MS = 9 * MINUTE_MS
_READ_AT_ONCE = 8
_A_MOMENT = 5
_MOMENT_MS = 45_000
_RECENT = 3
_URGENCY = {
    Lane.IMMEDIATE: Urgency.IMMEDIATE,
    Lane.URGENT: Urgency.URGENT,
    Lane.NORMAL: Urgency.NORMAL,
    Lane.BULK: Urgency.FORMAL,
}
_LANES = (Lane.IMMEDIATE, Lane.URGENT, Lane.NORMAL, Lane.NORMAL, Lane.BULK)
_PURPOSES = (PERMITTED,) * 8 + (REFUSED_THERE, REFUSED_HERE)
_LENGTHS = (40, 40, 40, 40, 9_000, 40_000)

Filed = tuple[DispatchId, CaseId]
"""A dispatch that the desk shows, and its case."""


@dataclass(frozen=True, slots=True)
class Task:
    """One form that an officer wants sent; `key` stands in its text and tells whether it was.

    `plot` says how it hangs together with others: `new`, `own` (a case of ours goes on), `reply`, `recall`.
    """

    key: str
    lane: Lane
    purpose: str
    plot: str
    length: int


def tasks_of(side: int, count: int, chance: Chance) -> tuple[Task, ...]:
    """Draw what the officers of one side hand in."""
    plots = ("new", "new", "own", "own", "reply", "reply", "recall")
    return tuple(
        Task(
            f"{side}-{number}",
            chance.pick(_LANES),
            chance.pick(_PURPOSES),
            chance.pick(plots),
            chance.pick(_LENGTHS),
        )
        for number in range(count)
    )


class Officers:
    """The officers of one side.

    Args:
        station: their node.
        agenda: the virtual clock.
        chance: the stream of their choices.
    """

    def __init__(self, station: Station, agenda: Agenda, chance: Chance) -> None:
        self._station, self._agenda, self._chance = station, agenda, chance
        self.waiting = 0

    def plan(self, tasks: Sequence[Task], start: int, end: int) -> None:
        """Spread tasks over the busy moments of a time, now and then several in one transaction."""
        left = list(tasks)
        busy = [self._chance.number(start, end) for _ in range(1 + len(tasks) // _A_MOMENT)]
        while left:
            count = min(len(left), 3 if self._chance.hit(0.4) else 1)
            batch, left = tuple(left[:count]), left[count:]
            self.waiting += count
            self._agenda.at(self._chance.pick(busy) + self._chance.number(0, _MOMENT_MS), partial(self._hand_in, batch))
        self._agenda.at(start + _READ_MS, self._read)

    def _hand_in(self, tasks: Sequence[Task]) -> None:
        """Hand in what the desk does not show yet; after a failure look again a little later."""
        if self._station.is_ready():
            with self._station.store.read() as tx:
                left = tuple(task for task in tasks if not _kept(tx, task))
                forms = self._forms(left, tx)
            outcomes = self._station.submit(forms) if forms else []
            if outcomes is not None:
                shown = [(one.id, one.index) if isinstance(one, Committed) else type(one).__name__ for one in outcomes]
                self._agenda.note(self._station.number, "hands in", [task.key for task in left], shown)
                self.waiting -= len(tasks)
                self._wake(left)
                return
        self._agenda.after(_LOOK_AGAIN_MS, lambda: self._hand_in(tasks))

    def _wake(self, tasks: Sequence[Task]) -> None:
        if any(task.lane is Lane.IMMEDIATE for task in tasks):
            self._station.hurry()
        self._station.wake_by(self._agenda.now)

    def _forms(self, tasks: Sequence[Task], tx: Tx) -> list[tuple[Form, Officer]]:
        """Fill in the forms; those of one batch that go on with a case of ours go on with the same one."""
        ours, theirs = (_rows(tx, ours=ours) for ours in (1, 0))
        own = self._chance.pick(ours[-_RECENT:]) if ours else None
        peers = self._chance.pick(theirs[-_RECENT:]) if theirs else None
        return [(_form(task, own, peers), OFFICER) for task in tasks]

    def _read(self) -> None:
        """Open some of what was filed, so that it is seen."""
        if self._station.is_ready():
            with self._station.store.read() as tx:
                rows = tx.rows(
                    "SELECT id FROM got WHERE fact = 2 AND seen_at IS NULL AND plain IS NOT NULL ORDER BY idx LIMIT ?",
                    (_READ_AT_ONCE,),
                )
            ids = [DispatchId(bytes_of(row[0])) for row in rows]
            if ids:
                self._station.attempt(lambda node: node.see(ids, self._station.clock))
            if self._station.is_ready():
                self._station.wake_by(self._agenda.now)
        self._agenda.after(_READ_MS, self._read)


def _kept(tx: Tx, task: Task) -> bool:
    """Look at the desk: was it sent, or kept as withheld?"""
    if tx.rows("SELECT 1 FROM exercise WHERE ours = 1 AND text = ?", (task.key,)):
        return True
    return any(text_of_body(bytes_of(row[0])) == task.key for row in tx.rows("SELECT body FROM kept"))


def _rows(tx: Tx, *, ours: int) -> list[Filed]:
    rows = tx.rows("SELECT id, case_id FROM exercise WHERE ours = ? AND admitted = 1 ORDER BY id", (ours,))
    return [(DispatchId(bytes_of(id_)), CaseId(bytes_of(case))) for id_, case in rows]


def _form(task: Task, own: Filed | None, peers: Filed | None) -> Form:
    """Fill in one form, about a dispatch of ours, about one of the peer's, or about nothing before it."""
    case: CaseId | None = None
    re: tuple[DispatchId, ...] = ()
    recalled: DispatchId | None = None
    if task.plot == "own" and own:
        case = own[1]
    elif task.plot == "reply" and peers:
        re, case = (peers[0],), peers[1]
    elif task.plot == "recall" and own:
        recalled, case = own
    return Form(
        desk=DESK,
        kind=RECALL if recalled else NOTE,
        agency=AGENCY,
        role="officer",
        recipients=(AGENCY,),
        purpose=task.purpose,
        urgency=_URGENCY[task.lane],
        workplan_item=None,
        workplan_reason="exercise",
        body={"text": task.key, "filler": "x" * task.length},
        case=case,
        re=re,
        replaces=recalled,
        lane=task.lane,
    )
