"""The rows of meetings: which dispatches are operations, and what stays at home.

The rule it keeps: an operation that the receiving side does not have does not count on either side; notes and drafts are read
by no function that makes a dispatch.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import BadEnvelope
from comity.base.ids import CaseId, DispatchId, Ms, NodeName
from comity.desks.workplan.meetings.body import read
from comity.desks.workplan.meetings.model import Kind, Step
from comity.desks.workplan.meetings.text import Operation
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.ports import Row, Tx

_OPERATIONS = (
    "SELECT d.id, d.ours, d.made, d.officer_desk, d.officer, d.from_agency, o.role, d.kind, d.body"
    " FROM workplan_operation o JOIN workplan_dispatch d ON d.id = o.id"
    " WHERE o.case_id = ? AND d.admitted = 1 AND d.refused IS NULL AND (d.quarantined IS NULL OR d.filed IS NOT NULL)"
    " AND NOT EXISTS (SELECT 1 FROM workplan_mark m WHERE m.target = d.id AND m.kind = 'recall')"
    " ORDER BY d.id"
)
_MEETINGS = (
    "SELECT o.case_id FROM workplan_operation o JOIN workplan_dispatch d ON d.id = o.id"
    " WHERE o.id = o.case_id AND d.kind = ? AND d.stage = ? ORDER BY d.made DESC, d.id DESC LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Note:
    """What an officer wrote down for a meeting, at home."""

    text: str
    at: Ms


@dataclass(frozen=True, slots=True)
class DraftText:
    """What an officer is writing: which paragraph, in which language."""

    paragraph: bytes
    language: str
    text: str
    at: Ms


@dataclass(frozen=True, slots=True)
class Writer:
    """An officer of ours: desk and number."""

    desk: str
    number: int


def insert(tx: Tx, id_: DispatchId, case: CaseId, role: str) -> None:
    """Note that a dispatch is an operation of a meeting. Idempotent."""
    tx.run(
        "INSERT INTO workplan_operation (id, case_id, role) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (id_, case, role),
    )


def operations(tx: Tx, case: CaseId, ours: NodeName, theirs: NodeName) -> tuple[Operation, ...]:
    """Return the operations of a meeting that both sides have or will have, by id."""
    found = (_operation(row, ours, theirs) for row in tx.rows(_OPERATIONS, (case,)))
    return tuple(one for one in found if one is not None)


def _operation(row: Row, ours: NodeName, theirs: NodeName) -> Operation | None:
    id_, is_ours, made, desk, officer, agency, role, kind, body = row
    try:
        said = read(text_of(kind), bytes_of(body)).body
    except BadEnvelope:
        return None  # its words were erased
    return Operation(
        DispatchId(bytes_of(id_)),
        ours if is_ours else theirs,
        int_of(made),
        text_of(desk),
        int_of(officer),
        text_of(agency),
        text_of(role),
        said,
    )


def meetings(tx: Tx, limit: int) -> tuple[CaseId, ...]:
    """Return the meetings that were called, newest first."""
    return tuple(CaseId(bytes_of(row[0])) for row in tx.rows(_MEETINGS, (Kind.MEETING.value, Step.CALL.value, limit)))


def is_meeting(tx: Tx, case: CaseId) -> bool:
    """Say whether a case is a meeting."""
    return bool(tx.rows("SELECT 1 FROM workplan_operation WHERE id = ? AND case_id = ?", (case, case)))


def arrivals(tx: Tx, case: CaseId) -> tuple[int, Ms | None]:
    """Return how many operations of ours the other side has not filed yet, and when the last of theirs was filed here."""
    waiting = tx.rows(
        "SELECT count(*) FROM workplan_operation o JOIN workplan_dispatch d ON d.id = o.id"
        " WHERE o.case_id = ? AND d.ours = 1 AND d.filed IS NULL AND d.refused IS NULL",
        (case,),
    )
    last = tx.rows(
        "SELECT max(d.at) FROM workplan_operation o JOIN workplan_dispatch d ON d.id = o.id WHERE o.case_id = ? AND d.ours = 0",
        (case,),
    )
    return int_of(waiting[0][0]), None if last[0][0] is None else Ms(int_of(last[0][0]))


# --- what stays at home ------------------------------------------------------------------------------------------------


def put_note(tx: Tx, case: CaseId, by: Writer, text: str, at: Ms) -> None:
    """Keep an officer's note; an empty one takes it away."""
    if not text:
        tx.run(
            "DELETE FROM workplan_note WHERE case_id = ? AND officer_desk = ? AND officer = ?",
            (case, by.desk, by.number),
        )
        return
    tx.run(
        "INSERT INTO workplan_note (case_id, officer_desk, officer, at, text) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (case_id, officer_desk, officer) DO UPDATE SET at = excluded.at, text = excluded.text",
        (case, by.desk, by.number, at, text),
    )


def note(tx: Tx, case: CaseId, by: Writer) -> Note | None:
    """Return an officer's own note on a meeting."""
    rows = tx.rows(
        "SELECT text, at FROM workplan_note WHERE case_id = ? AND officer_desk = ? AND officer = ?",
        (case, by.desk, by.number),
    )
    return Note(text_of(rows[0][0]), Ms(int_of(rows[0][1]))) if rows else None


def put_draft(tx: Tx, case: CaseId, by: Writer, draft: DraftText) -> None:
    """Keep what an officer is writing; an empty text takes it away."""
    key = (case, draft.paragraph, draft.language, by.desk, by.number)
    if not draft.text:
        tx.run(
            "DELETE FROM workplan_draft WHERE case_id = ? AND paragraph = ? AND language = ?"
            " AND officer_desk = ? AND officer = ?",
            key,
        )
        return
    tx.run(
        "INSERT INTO workplan_draft (case_id, paragraph, language, officer_desk, officer, at, text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (case_id, paragraph, language, officer_desk, officer)"
        " DO UPDATE SET at = excluded.at, text = excluded.text",
        (*key, draft.at, draft.text),
    )


def drop_drafts(tx: Tx, case: CaseId, paragraph: bytes, by: Writer) -> None:
    """Take away what an officer was writing of one paragraph: it was published."""
    tx.run(
        "DELETE FROM workplan_draft WHERE case_id = ? AND paragraph = ? AND officer_desk = ? AND officer = ?",
        (case, paragraph, by.desk, by.number),
    )


def drafts(tx: Tx, case: CaseId, by: Writer) -> tuple[DraftText, ...]:
    """Return what an officer is writing of a meeting."""
    rows = tx.rows(
        "SELECT paragraph, language, text, at FROM workplan_draft"
        " WHERE case_id = ? AND officer_desk = ? AND officer = ? ORDER BY paragraph, language",
        (case, by.desk, by.number),
    )
    return tuple(
        DraftText(bytes_of(paragraph), text_of(language), text_of(text), Ms(int_of(at)))
        for paragraph, language, text, at in rows
    )


def forget(tx: Tx, case: CaseId) -> None:
    """Take away every note and draft of a meeting whose dispatches are erased."""
    for table in ("workplan_note", "workplan_draft"):
        tx.run(f"DELETE FROM {table} WHERE case_id = ?", (case,))  # noqa: S608  our own two tables
