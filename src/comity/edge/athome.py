"""What officers wrote at home, for a search on a person: tasks with their answers, hand-over notes.

The rule it keeps: none of it ever crosses, and none of it is hidden from whoever asks what is held on him or her. A text may
repeat what came from the other side: then its originator is asked before anything of it is given.
"""  # spec: law-and-agencies.md 1 (7)

from __future__ import annotations

from collections.abc import Iterator

from comity.base.ids import CaseId
from comity.dispatch.ports import Tx
from comity.edge.door_subject import Home, nothing
from comity.edge.staffing import Staffing
from comity.node.subject import AtHome

TASK, NOTE = "task", "handover"
_EVERY = 1_000_000
_CAME = "SELECT 1 FROM got WHERE case_id = ? LIMIT 1"


def home_of(staffing: Staffing | None) -> Home:
    """Return what reads the texts of a node; nothing where no desk keeps any."""
    if staffing is None:
        return nothing

    def texts(tx: Tx) -> Iterator[AtHome]:
        yield from _tasks(staffing, tx)
        yield from _notes(staffing, tx)

    return texts


def _tasks(staffing: Staffing, tx: Tx) -> Iterator[AtHome]:
    desk = staffing.task_desk
    for one in (*desk.open_tasks(tx, limit=_EVERY), *desk.closed_tasks(tx, limit=_EVERY)):
        words = tuple(text for text in (one.asked, one.answer) if text)
        yield AtHome(one.id, TASK, one.given, one.state.value, words, _came(one.case, tx))


def _notes(staffing: Staffing, tx: Tx) -> Iterator[AtHome]:
    for one in staffing.duty_desk.notes(tx, waiting=False, limit=_EVERY):
        words = tuple(text for text in (one.eye, one.promised, one.home) if text)
        state = "waiting" if one.taken_at is None else "taken"
        yield AtHome(one.id, NOTE, one.at, state, words, confidence=True)


def _came(case: CaseId | None, tx: Tx) -> bool:
    """Say whether anything of theirs is in a case, so that a task of it may repeat it."""
    return case is not None and bool(tx.rows(_CAME, (case,)))
