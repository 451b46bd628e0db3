"""The rows of what stays open after a dispatch: feedback wanted, data kept, promises given, cases that go on by treaty.

The rule it keeps: one row for each thing, under the id of the dispatch that began it; a repeat writes nothing.
"""

from __future__ import annotations

from comity.base.ids import DispatchId, Ms
from comity.desk import Filing
from comity.desks.requests.model import Assurance, ConvertToMla, Feedback, Preserve
from comity.dispatch.ports import Tx


def insert_treaty(tx: Tx, filing: Filing, body: ConvertToMla) -> None:
    """Write that a case goes on by treaty."""
    tx.run(
        "INSERT INTO requests_treaty (id, ours, case_id, at, authority, instrument, number, usable)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (
            filing.header.id,
            int(filing.ours),
            filing.case,
            filing.at,
            body.authority,
            body.instrument,
            body.treaty_reference,
            " ".join(body.usable),
        ),
    )


def insert_keeping(tx: Tx, filing: Filing, body: Preserve) -> None:
    """Write what is asked to be kept, and until when."""
    tx.run(
        "INSERT INTO requests_keeping (id, ours, case_id, asked) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (filing.header.id, int(filing.ours), filing.case, body.until),
    )


def note_kept(tx: Tx, request: DispatchId, ours: bool, until: int | None, answer: DispatchId) -> None:  # noqa: FBT001  a column's value
    """Note until when data are kept, as the answer says; where that renews an earlier preservation, that one ends here."""
    if not tx.run(
        "UPDATE requests_keeping SET kept = ?, answer = ? WHERE id = ? AND ours = ? AND answer IS NULL",
        (until, answer, request, int(ours)),
    ):
        return
    tx.run(
        "UPDATE requests_keeping SET renewed_by = ? WHERE ours = ? AND id = (SELECT re FROM requests_dispatch WHERE id = ?)",
        (request, int(ours), request),
    )


def insert_assurance(tx: Tx, filing: Filing, body: Assurance) -> None:
    """Write a promise that was given."""
    tx.run(
        "INSERT INTO requests_assurance (id, ours, target, case_id, covers, authority, until, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (
            filing.header.id,
            int(filing.ours),
            body.target,
            filing.case,
            " ".join(body.covers),
            body.authority,
            body.until,
            filing.at,
        ),
    )


def want_feedback(tx: Tx, filing: Filing) -> None:
    """Write that a final answer was filed, of which the side that asked owes feedback."""
    header = filing.header
    tx.run(
        "INSERT INTO requests_feedback (answer, ours, case_id, item, since) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (answer) DO NOTHING",
        (header.id, int(filing.ours), filing.case, header.workplan_item, header.created),
    )


def note_feedback(tx: Tx, answer: DispatchId, ours: bool, filing: Filing, body: Feedback) -> None:  # noqa: FBT001  a column's value
    """Note the feedback on an answer, which is ours or theirs; a second one stands in the case and changes nothing here."""
    said = (filing.header.id, filing.header.created, body.useful, " ".join(body.used))
    tx.run(
        "UPDATE requests_feedback SET feedback = ?, at = ?, useful = ?, used = ?"
        " WHERE answer = ? AND ours = ? AND feedback IS NULL",
        (*said, answer, int(ours)),
    )


def note_told(tx: Tx, answer: DispatchId, at: Ms, *, second: bool) -> None:
    """Note that our own side was told that feedback is due, the first time, or both where the second has come."""
    tx.run("UPDATE requests_feedback SET first_told = COALESCE(first_told, ?) WHERE answer = ?", (at, answer))
    if second:
        tx.run("UPDATE requests_feedback SET second_told = ? WHERE answer = ?", (at, answer))


def note_kept_told(tx: Tx, request: DispatchId, at: Ms) -> None:
    """Note that our own side was told that the end of a preservation is near."""
    tx.run("UPDATE requests_keeping SET told = ? WHERE id = ? AND told IS NULL", (at, request))
