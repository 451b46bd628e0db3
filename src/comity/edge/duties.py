"""What is open in cases beside questions, as other parts of the edge ask for it: the desk's duties, and who must still be told.

The rule it keeps: a correction or a recall is open until everyone who had the old version has said so; nobody here is a name.
"""  # spec: vocabulary.md 2 (correction, recall), 5 (feedback)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.holding import find, is_held, targets_of, versions
from comity.dispatch.owed import Owed, owed_things
from comity.dispatch.ports import Tx
from comity.dispatch.telling import TELL
from comity.edge.deskview import CaseDesk, DispatchRow, DutyDesk

DAY_MS = 86_400_000


class Deskful(CaseDesk, DutyDesk, Protocol):
    """A desk that keeps cases and what is open in them."""


@dataclass(frozen=True, slots=True)
class OpenDuty:
    """One thing that is open.

    Attributes:
        kind: `feedback`, `contact-note`, `preservation`, `treaty-status`, `correction`, `recall`, `withdraw`.
        stage: for feedback `wanted`, `first`, `missing`; for a preservation `kept`, `ends-soon`, `ended`; for the last three
            `tell` (an agency of ours must be told), `unread` (the other side's desk has not opened it); else "".
        ours: our side owes it.
        due: by when.
        case, number: where: the id of the case, and our number of it.
        dispatch: from which it comes.
        item: workplan item, or None.
        agency: whom it is about, "" for nobody in particular.
        owed: number of the thing in the list of what is owed, by which somebody says that it was done; else None.
    """

    kind: str
    stage: str
    ours: bool
    due: Ms
    case: CaseId
    number: str
    dispatch: DispatchId
    item: str | None = None
    agency: str = ""
    owed: DispatchId | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """One who had a version of a dispatch that was corrected or recalled.

    Attributes:
        agency: who.
        ours: it is an agency of our side.
        by: `sent` (it was addressed to it) or `passed` (our side passed it on).
        told: when the mark reached it: opened by its desk, or told by our duty officer; None while it has not.
        owed: number of the open thing by which somebody says that it was told; else None.
        outcome: of a recall, what its answer says of this copy: `stopped`, `erased`, `before-court`; else "".
    """

    agency: str
    ours: bool
    by: str
    told: Ms | None
    owed: DispatchId | None = None
    outcome: str = ""


def open_duties(tx: Tx, desk: Deskful, now: Ms) -> tuple[OpenDuty, ...]:
    """Return all that is open on either side, the first due first."""
    found = [*_of_desk(tx, desk, now), *_telling(tx, desk)]
    return tuple(sorted(found, key=lambda one: (one.due, one.dispatch, one.agency)))


def duties_of_case(tx: Tx, desk: Deskful, case: CaseId, now: Ms) -> tuple[OpenDuty, ...]:
    """Return what is open in one case."""
    return tuple(one for one in open_duties(tx, desk, now) if one.case == case)


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


def _of_desk(tx: Tx, desk: Deskful, now: Ms) -> Iterator[OpenDuty]:
    for one in desk.duties(tx, now):
        number = _number(tx, desk, one.case)
        yield OpenDuty(one.kind, one.stage, one.ours, one.due, one.case, number, one.dispatch, one.item, one.agency)


def _telling(tx: Tx, desk: Deskful) -> Iterator[OpenDuty]:
    """Yield each agency of ours that must still be told; due a day after it arose, for no time is set for it."""
    for owed in owed_things(tx):
        if not owed.what.startswith(TELL) or owed.dispatch is None:
            continue
        kind, _, agency = owed.what.removeprefix(TELL).partition(":")
        row = desk.dispatch(tx, owed.dispatch)
        if row is not None:
            due = Ms(owed.since + DAY_MS) if owed.due is None else owed.due
            yield replace(_duty(tx, desk, row, kind, due), stage="tell", ours=True, agency=agency, owed=owed.id)


def _duty(tx: Tx, desk: Deskful, row: DispatchRow, kind: str, due: Ms) -> OpenDuty:
    return OpenDuty(kind, "", row.ours, due, row.case, _number(tx, desk, row.case), row.id, row.item)


def _number(tx: Tx, desk: Deskful, case: CaseId) -> str:
    found = desk.number(tx, case)
    return "" if found is None else found[0]
