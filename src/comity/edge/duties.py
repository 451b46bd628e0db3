"""What is open in cases beside questions, as other parts of the edge ask for it: the desk's duties, and who must still be told.

The rule it keeps: a correction or a recall is open until everyone who had the old version has said so; nobody here is a name.
"""  # spec: vocabulary.md 2 (correction, recall), 5 (feedback)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.holding import find, is_held, targets_of, versions
from comity.dispatch.owed import Owed, owed_things
from comity.dispatch.ports import Tx
from comity.dispatch.telling import TELL
from comity.edge.deskview import Deskful, DispatchRow, OpenThing
from comity.screen.case import Holder, OpenDuty

__all__ = ["Deskful", "Holder", "OpenDuty", "duties_of_case", "holders_of", "open_duties"]

DAY_MS = 86_400_000


def open_duties(tx: Tx, desk: Deskful, now: Ms, until: Ms | None = None) -> tuple[OpenDuty, ...]:
    """Return all that is open on either side, the first due first.

    With `until` only what the next officer on duty must know: what must be told or opened, preservations that end soon, and
    what else is due by then. Feedback that is missing stays out: an alarm has told of it, once, and the counts have it.
    """
    found = [*_of_desk(tx, desk, now, None, until), *_telling(tx, desk)]
    return tuple(sorted(found, key=lambda one: (one.due, one.dispatch, one.agency)))


def duties_of_case(tx: Tx, desk: Deskful, case: CaseId, now: Ms) -> tuple[OpenDuty, ...]:
    """Return what is open in one case, the first due first; only its own rows are read."""
    found = [*_of_desk(tx, desk, now, case), *_telling(tx, desk, case)]
    return tuple(sorted(found, key=lambda one: (one.due, one.dispatch, one.agency)))


def holders_of(tx: Tx, desk: Deskful, mark: DispatchId) -> tuple[Holder, ...]:
    """Return everyone who had what a recall or a correction is about, and who of them has been told; () if it is not held.

    Args:
        tx: the snapshot.
        desk: the desk that keeps cases.
        mark: id of the recall or correction, ours or theirs.
    """
    row = desk.dispatch(tx, mark) if is_held(mark, tx) else None
    if row is None:
        return ()
    header = find(mark, tx).header
    had = [one for target in targets_of(header) for one in versions(target, tx)]
    outcomes = dict(desk.copies(tx, mark))
    sent = {(agency, not one.ours) for one in had for agency in one.header.agencies}
    found = [Holder(agency, ours, "sent", row.seen, None, outcomes.get(agency, "")) for agency, ours in sorted(sent)]
    things = {one.what: one for one in owed_things(tx, done=True) if _tells(one, mark)}
    passed = [_passed(things[what], outcomes) for what in sorted(things)]
    named = {one.agency for one in (*found, *passed)}
    theirs = [Holder(agency, not row.ours, "passed", row.answered, None, said) for agency, said in sorted(outcomes.items())
              if agency not in named]  # fmt: skip
    return (*found, *passed, *theirs)


def _tells(owed: Owed, mark: DispatchId) -> bool:
    return owed.dispatch == mark and owed.what.startswith(TELL)


def _passed(owed: Owed, outcomes: Mapping[str, str]) -> Holder:
    agency = owed.what.partition(":")[2]
    open_ = owed.id if owed.done_at is None else None
    return Holder(agency, ours=True, by="passed", told=owed.done_at, owed=open_, outcome=outcomes.get(agency, ""))


def _of_desk(tx: Tx, desk: Deskful, now: Ms, case: CaseId | None = None, until: Ms | None = None) -> Iterator[OpenDuty]:
    for one in desk.duties(tx, now, case):
        if until is not None and not _soon(one, until):
            continue
        number = _number(tx, desk, one.case)
        yield OpenDuty(one.kind, one.stage, one.ours, one.due, one.case, number, one.dispatch, one.item, one.agency)


def _soon(one: OpenThing, until: Ms) -> bool:
    if one.stage in {"unread", "ends-soon"}:
        return True
    return one.due <= until and one.stage != "missing"


def _telling(tx: Tx, desk: Deskful, case: CaseId | None = None) -> Iterator[OpenDuty]:
    """Yield each agency of ours that must still be told; due a day after it arose, for no time is set for it."""
    for owed in owed_things(tx):
        if not owed.what.startswith(TELL) or owed.dispatch is None:
            continue
        kind, _, agency = owed.what.removeprefix(TELL).partition(":")
        row = desk.dispatch(tx, owed.dispatch)
        if row is not None and case in {None, row.case}:
            due = Ms(owed.since + DAY_MS) if owed.due is None else owed.due
            yield replace(_duty(tx, desk, row, kind, due), stage="tell", ours=True, agency=agency, owed=owed.id)


def _duty(tx: Tx, desk: Deskful, row: DispatchRow, kind: str, due: Ms) -> OpenDuty:
    return OpenDuty(kind, "", row.ours, due, row.case, _number(tx, desk, row.case), row.id, row.item)


def _number(tx: Tx, desk: Deskful, case: CaseId) -> str:
    found = desk.number(tx, case)
    return "" if found is None else found[0]
