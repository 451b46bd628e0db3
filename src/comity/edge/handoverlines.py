"""What a hand-over note must not forget: the lines that the node adds by itself when a note is signed.

The rule it keeps: nothing is left out, whatever the officer wrote; a line says a number, a code and a time, no content.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from comity.base.ids import CaseId, Ms, show_id
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.held import held_drafts
from comity.dispatch.owed import owed_things
from comity.dispatch.ports import Tx
from comity.edge.duties import Deskful, open_duties
from comity.edge.dutydesk import PendingDesk, TaskReading
from comity.screen.case import OpenDuty
from comity.screen.duty import HandoverLine, Told

AHEAD_MS = 12 * 3_600_000
"""What is due within this time stands in a note."""
_EVERY = 100_000
_ALARMS = "SELECT id, kind, role, at FROM alarm WHERE seen_at IS NULL ORDER BY at, id"


def made_now(tx: Tx, desk: PendingDesk, tasks: TaskReading | None, cases: Deskful, now: Ms) -> tuple[HandoverLine, ...]:
    """Return every line that a note signed now carries, what is overdue first.

    Args:
        tx: the snapshot.
        desk: keeps duty.
        tasks: keeps tasks; None: there are none.
        cases: keeps the cases and what is open in them.
        now: the time.
    """
    lines = [*_due(tx, desk, cases, now), *_held(tx), *_alarms(tx), *_owed(tx, now), *_calls(tx, desk, cases)]
    lines += _open(tx, cases, now, {one.id for one in lines})
    if tasks is not None:
        lines += _tasks(tx, tasks, now)
    order = list(Told)
    return tuple(sorted(lines, key=lambda one: (order.index(one.told), one.due is None, one.due or 0, one.id)))


def _due(tx: Tx, desk: PendingDesk, cases: Deskful, now: Ms) -> Iterator[HandoverLine]:
    for id_, case, ours, kind, urgency, due in desk.due_lines(tx, Ms(now + AHEAD_MS)):
        told = Told.THEIRS if ours else Told.OVERDUE if due <= now else Told.DUE
        yield HandoverLine(told, show_id(id_), _number(tx, cases, case), kind, urgency, due)


def _held(tx: Tx) -> Iterator[HandoverLine]:
    for one in held_drafts(tx):
        yield HandoverLine(Told.HELD, show_id(one.id), "", one.kind, int(one.form.urgency), None)


def _alarms(tx: Tx) -> Iterator[HandoverLine]:
    for id_, kind, role, _ in tx.rows(_ALARMS):
        yield HandoverLine(Told.ALARM, show_id(bytes_of(id_)), "", f"{text_of(kind)}:{text_of(role)}", None, None)


def _owed(tx: Tx, now: Ms) -> Iterator[HandoverLine]:
    for one in owed_things(tx):
        if one.due is not None and one.due <= now + AHEAD_MS:
            yield HandoverLine(Told.OWED, show_id(one.id), "", one.what, None, one.due)


def _calls(tx: Tx, desk: PendingDesk, cases: Deskful) -> Iterator[HandoverLine]:
    for id_, case, ours, _ in desk.unconfirmed(tx):
        yield HandoverLine(
            Told.CONTACT, show_id(id_), _number(tx, cases, case), "theirs" if ours else "ours", None, None
        )


def _open(tx: Tx, cases: Deskful, now: Ms, known: Collection[str]) -> Iterator[HandoverLine]:
    """Yield what is open in cases beside questions and calls, unless a line is there already."""
    for one in open_duties(tx, cases, now, Ms(now + AHEAD_MS)):
        id_ = show_id(one.dispatch if one.owed is None else one.owed)
        if _wants_an_eye(one) and id_ not in known:
            side = "ours" if one.ours else "theirs"
            what = f"{one.kind}.tell:{one.agency}" if one.stage == "tell" else f"{one.kind}.{side}"
            yield HandoverLine(Told.OPEN, id_, one.number, what, None, one.due)


def _wants_an_eye(one: OpenDuty) -> bool:
    """Whether the next officer can do something about it: all of ours, and of theirs what their desk has not opened."""
    return one.kind != "contact-note" and (one.ours or one.stage == "unread")


def _tasks(tx: Tx, tasks: TaskReading, now: Ms) -> Iterator[HandoverLine]:
    for one in tasks.open_tasks(tx, limit=_EVERY):
        if one.due <= now + AHEAD_MS:
            yield HandoverLine(Told.TASK, show_id(one.id), one.case_number, one.agency, None, one.due)


def _number(tx: Tx, cases: Deskful, case: bytes) -> str:
    found = cases.number(tx, CaseId(case))
    return found[0] if found is not None else ""
