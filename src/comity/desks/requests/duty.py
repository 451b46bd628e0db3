"""The rows of duty: changes of shifts, hand-over notes, who may be rung elsewhere, and what was rung.

The rule it keeps: none of it crosses. A change is added and never rewritten; a note is taken over once.
"""

from __future__ import annotations

import json

from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms, show_id
from comity.desks.requests.body import read
from comity.desks.requests.model import Kind, Posting
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.screen.duty import (
    Change,
    HandoverLine,
    HandoverNote,
    PlanChange,
    PlannedShift,
    PostingCard,
    ShiftChange,
    Told,
)
from comity.screen.ringing import BellSetting, Ring

_SHIFT = "desk, role, number, opens, day, what, stands_in, note, by_desk, by_number, at"
_PLAN = "what, desk, role, number, zone, days, opens, closes, note, by_desk, by_number, at"
_NOTE = "id, desk, by_number, at, eye, promised, home, made, taken_number, taken_at"
_POSTINGS = (
    "SELECT id, ours, desk, officer, state, nominated, accepted, ended, ended_by_ours, body FROM requests_posting ORDER BY CASE state WHEN 'accepted' THEN 0 WHEN 'nominated' THEN 1 ELSE 2 END,"
    " nominated DESC, id"
)
_OWED = (
    "SELECT id, case_id, ours, kind, urgency, due_next FROM requests_dispatch WHERE ours IN (0, 1) AND due_next <= ?"
    " ORDER BY due_next, id"
)
_UNCONFIRMED = (
    "SELECT id, case_id, ours, created FROM requests_dispatch WHERE kind = 'contact-note' AND stage = 'noted'"
    " AND answered IS NULL AND refused IS NULL ORDER BY created, id"
)
_IMMEDIATE = (
    "SELECT id, arrived FROM requests_dispatch WHERE ours = 0 AND admitted = 1 AND urgency = 0 AND seen IS NULL"
    " AND due_next IS NOT NULL ORDER BY arrived, id"
)
_SOON = (
    "SELECT id, due_next FROM requests_dispatch WHERE ours = 0 AND due_next > ? AND due_next <= ? ORDER BY due_next, id"
)


class DutyRows:
    """What the requests desk keeps of duty."""

    # --- shifts ------------------------------------------------------------------------------------------------

    def change(self, tx: Tx, change: ShiftChange) -> None:
        """Add a change of a shift; it holds from now on instead of any earlier one of the same shift and date."""
        tx.run(
            f"INSERT INTO requests_shift (place, {_SHIFT}) VALUES ("  # noqa: S608  constants of this module only
            "(SELECT COALESCE(MAX(place), 0) + 1 FROM requests_shift), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                change.desk,
                change.role,
                change.number,
                change.opens,
                change.day,
                change.what.value,
                change.stands_in,
                change.note,
                change.by_desk,
                change.by_number,
                change.at,
            ),
        )

    def changes(self, tx: Tx, since: str) -> tuple[ShiftChange, ...]:
        """Return every change of a shift that begins on the ISO date `since` or later, oldest first."""
        query = f"SELECT {_SHIFT} FROM requests_shift WHERE day >= ? ORDER BY place"  # noqa: S608  constants only
        return tuple(map(_change, tx.rows(query, (since,))))

    def replan(self, tx: Tx, change: PlanChange, record: LeafIndex) -> None:
        """Add a change of the plan; `record` is its leaf in our decision log."""
        one = change.shift
        tx.run(
            f"INSERT INTO requests_plan (place, {_PLAN}, record) VALUES ("  # noqa: S608  constants of this module only
            "(SELECT COALESCE(MAX(place), 0) + 1 FROM requests_plan), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                "added" if change.added else "ended",
                *(one.desk, one.role, one.number, one.zone, " ".join(one.days), one.opens, one.closes),
                *(change.note, change.by_desk, change.by_number, change.at, record),
            ),
        )

    def plan(self, tx: Tx) -> tuple[PlanChange, ...]:
        """Return every change of the plan, oldest first."""
        return tuple(map(_planned, tx.rows(f"SELECT {_PLAN} FROM requests_plan ORDER BY place")))  # noqa: S608  constants only

    # --- postings, and what a hand-over must not forget ----------------------------------------------------------

    def postings(self, tx: Tx) -> tuple[PostingCard, ...]:
        """Return all postings of both sides: in force first, then waiting, then ended, the newest of each first."""
        return tuple(map(_posting, tx.rows(_POSTINGS)))

    def nominated_in(self, tx: Tx, nomination: DispatchId) -> tuple[CaseId, str] | None:
        """Return the case of a nomination and which agency sent it, or None."""
        found = tx.rows("SELECT case_id, from_agency FROM requests_dispatch WHERE id = ?", (nomination,))
        return (CaseId(bytes_of(found[0][0])), text_of(found[0][1])) if found else None

    def unconfirmed(self, tx: Tx) -> tuple[tuple[DispatchId, CaseId, bool, Ms], ...]:
        """Return id, case, whether ours, and time of each contact note that the other side has not confirmed."""
        return tuple(
            (DispatchId(bytes_of(id_)), CaseId(bytes_of(case)), ours == 1, Ms(int_of(at)))
            for id_, case, ours, at in tx.rows(_UNCONFIRMED)
        )

    def due_lines(self, tx: Tx, until: Ms) -> tuple[tuple[DispatchId, CaseId, bool, str, int, Ms], ...]:
        """Return id, case, whether ours, kind, urgency and limit of each dispatch that owes something by a time."""
        return tuple(
            (
                DispatchId(bytes_of(id_)),
                CaseId(bytes_of(case)),
                ours == 1,
                text_of(kind),
                int_of(urgency),
                Ms(int_of(due)),
            )
            for id_, case, ours, kind, urgency, due in tx.rows(_OWED, (until,))
        )

    def unseen_immediate(self, tx: Tx) -> tuple[tuple[DispatchId, Ms], ...]:
        """Return each immediate dispatch of theirs that no desk has opened, with the time it arrived."""
        return tuple((DispatchId(bytes_of(id_)), Ms(int_of(at))) for id_, at in tx.rows(_IMMEDIATE) if at is not None)

    def due_between(self, tx: Tx, begins: Ms, ends: Ms) -> tuple[tuple[DispatchId, Ms], ...]:
        """Return each dispatch of theirs whose next limit runs out after `begins` and not after `ends`, with that limit."""
        return tuple((DispatchId(bytes_of(id_)), Ms(int_of(due))) for id_, due in tx.rows(_SOON, (begins, ends)))

    # --- hand-over notes -----------------------------------------------------------------------------------------

    def leave(self, tx: Tx, note: HandoverNote, record: LeafIndex) -> None:
        """Keep a note; `record` is its leaf in our decision log."""
        tx.run(
            "INSERT INTO requests_handover (id, place, desk, by_number, at, eye, promised, home, made, record)"
            " VALUES (?, (SELECT COALESCE(MAX(place), 0) + 1 FROM requests_handover), ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                note.id,
                note.desk,
                note.by_number,
                note.at,
                note.eye,
                note.promised,
                note.home,
                json.dumps([[one.told, one.id, one.number, one.what, one.urgency, one.due] for one in note.made]),
                record,
            ),
        )

    def take_over(self, tx: Tx, note: DispatchId, number: int, at: Ms) -> bool:
        """Note who took it over; return whether nobody had."""
        statement = "UPDATE requests_handover SET taken_number = ?, taken_at = ? WHERE id = ? AND taken_at IS NULL"
        return tx.run(statement, (number, at, note)) > 0

    def note(self, tx: Tx, id_: DispatchId) -> HandoverNote | None:
        """Return one note, or None."""
        found = tx.rows(f"SELECT {_NOTE} FROM requests_handover WHERE id = ?", (id_,))  # noqa: S608  constants only
        return _note(found[0]) if found else None

    def notes(self, tx: Tx, *, waiting: bool, before: Ms | None = None, limit: int = 50) -> tuple[HandoverNote, ...]:
        """Return notes, newest first: those that wait to be taken over, or all of them, also only older ones."""
        where = "taken_at IS NULL" if waiting else "1 = 1"
        older, arguments = (" AND at < ?", [before]) if before is not None else ("", [])
        query = f"SELECT {_NOTE} FROM requests_handover WHERE {where}{older} ORDER BY place DESC LIMIT ?"  # noqa: S608
        return tuple(map(_note, tx.rows(query, (*arguments, limit))))

    # --- ringing ---------------------------------------------------------------------------------------------------

    def bells(self, tx: Tx) -> tuple[BellSetting, ...]:
        """Return every officer's choice of how to be rung elsewhere."""
        found = tx.rows(
            "SELECT desk, number, mail, quiet_from, quiet_to, zone FROM requests_bell ORDER BY desk, number"
        )
        return tuple(BellSetting(text_of(d), int_of(n), *map(text_of, rest)) for d, n, *rest in found)

    def set_bell(self, tx: Tx, setting: BellSetting, at: Ms) -> None:
        """Keep one officer's choice."""
        tx.run(
            "INSERT INTO requests_bell (desk, number, mail, quiet_from, quiet_to, zone, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (desk, number) DO UPDATE SET mail = excluded.mail, quiet_from = excluded.quiet_from,"
            " quiet_to = excluded.quiet_to, zone = excluded.zone, at = excluded.at",
            (*_setting(setting), at),
        )

    def rung(self, tx: Tx) -> tuple[Ring, ...]:
        """Return all that was rung and not forgotten."""
        found = tx.rows("SELECT thing, way, number, times, at, failed FROM requests_rung")
        return tuple(
            Ring(text_of(thing), text_of(way), int_of(number), int_of(times), Ms(int_of(at)), failed == 1)
            for thing, way, number, times, at, failed in found
        )

    def note_rung(self, tx: Tx, ring: Ring) -> None:
        """Keep that a ring was begun, or that it failed."""
        tx.run(
            "INSERT INTO requests_rung (thing, way, number, times, at, failed) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (thing, way, number) DO UPDATE SET times = excluded.times, at = excluded.at,"
            " failed = excluded.failed",
            (ring.thing, ring.way, ring.number, ring.times, ring.at, int(ring.failed)),
        )

    def forget_rung(self, tx: Tx, before: Ms) -> None:
        """Forget rings older than `before`: what they were for is long over."""
        tx.run("DELETE FROM requests_rung WHERE at < ?", (before,))


def _setting(setting: BellSetting) -> tuple[Scalar, ...]:
    return setting.desk, setting.number, setting.mail, setting.quiet_from, setting.quiet_to, setting.zone


def _planned(row: Row) -> PlanChange:
    what, desk, role, number, zone, days, opens, closes, note, by_desk, by_number, at = row
    hours = text_of(zone), tuple(text_of(days).split()), text_of(opens), text_of(closes)
    shift = PlannedShift(text_of(desk), text_of(role), int_of(number), *hours)
    return PlanChange(shift, what == "added", text_of(note), text_of(by_desk), int_of(by_number), Ms(int_of(at)))


def _change(row: Row) -> ShiftChange:
    desk, role, number, opens, day, what, stands_in, note, by_desk, by_number, at = row
    return ShiftChange(
        desk=text_of(desk),
        role=text_of(role),
        number=int_of(number),
        opens=text_of(opens),
        day=text_of(day),
        what=Change(text_of(what)),
        stands_in=None if stands_in is None else int_of(stands_in),
        note=text_of(note),
        by_desk=text_of(by_desk),
        by_number=int_of(by_number),
        at=Ms(int_of(at)),
    )


def _note(row: Row) -> HandoverNote:
    id_, desk, by_number, at, eye, promised, home, made, taken_number, taken_at = row
    return HandoverNote(
        id=DispatchId(bytes_of(id_)),
        desk=text_of(desk),
        by_number=int_of(by_number),
        at=Ms(int_of(at)),
        eye=text_of(eye),
        promised=text_of(promised),
        home=text_of(home),
        made=tuple(HandoverLine(Told(told), *rest) for told, *rest in json.loads(text_of(made))),
        taken_number=None if taken_number is None else int_of(taken_number),
        taken_at=ms_or_none(taken_at),
    )


def _posting(row: Row) -> PostingCard:
    id_, ours, desk, officer, state, nominated, accepted, ended, ended_by_ours, content = row
    body = read(Kind.POSTING, bytes_of(content)).body
    assert isinstance(body, Posting)
    hours, given = body.hours, body.delegation
    return PostingCard(
        id=DispatchId(bytes_of(id_)),
        ours=ours == 1,
        desk=text_of(desk),
        number=int_of(officer),
        agency=body.agency,
        function=body.function,
        subjects=body.subjects,
        host_agency=body.host_agency,
        substitute=body.substitute,
        state=text_of(state),
        nominated=Ms(int_of(nominated)),
        accepted=ms_or_none(accepted),
        ended=ms_or_none(ended),
        zone="" if hours is None else hours.zone,
        opens="" if hours is None else hours.opens,
        closes="" if hours is None else hours.closes,
        delegation="" if given is None else show_id(given.id),
        kinds=() if given is None else given.kinds,
        stages=() if given is None else given.stages,
        purposes=() if given is None else given.purposes,
        data=() if given is None else given.data,
        until=None if given is None or given.until is None else Ms(given.until),
        ended_by_ours=ended_by_ours == 1,
    )
