"""What was deferred or ordered and must still be done: full forms, reports, approvals and reviews behind broken glass.

The rule it keeps: what is owed is written in the transaction of the dispatch that it comes from; only who holds the role
completes it, never the officer who let that dispatch go; what is not done in time is told to our reviewer, once.
"""  # spec: law-and-agencies.md 7 rules 5 and 9

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, cast

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import DispatchId, LeafIndex, Ms, new_dispatch_id
from comity.dispatch import glass, records
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.book import Book
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.office import Office
from comity.dispatch.ports import Row, Tx
from comity.dispatch.states import Officer, Released
from comity.policy.assessment import FULL_FORM_AFTER_MS, Assessment, AssessmentForm, encode_assessment

RECORD = "comity/owed/1"
FULL_FORM, REPORT, APPROVAL, REVIEW = "full-form", "report", "approval", "review"
ASSESSOR, REVIEWER, LEAD = "assessor", "reviewer", "desk-lead"
OVERDUE, REFUSED_AFTER = "overdue", "approval-refused-after"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
REPORTS: dict[str, str] = {
    "assess-before-use": ASSESSOR,
    "full-form-24h": ASSESSOR,
    "head-of-agency": "head-of-agency",
}
"""Whose a report is by its code; any other is the reviewer's. Its code may say by when: `...-24h`, `...within-7-days`."""
_HOURS, _DAYS = re.compile(r"(?:^|-)(\d{1,3})h$"), re.compile(r"within-(\d{1,3})-days$")
_FULL_FORM_REPORT = f"{REPORT}:full-form-24h"
"""Says of the forms of a dispatch what each of them owes by itself."""
_SALT_BYTES = 32
_MOST_NOTE = 4_000


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing that is owed.

    Attributes:
        id: its own number, 16 bytes.
        what: `full-form:ACT`, `report:CODE`, `approval:ROLE` or `review`.
        dispatch: from which it comes.
        role: whose holder does it.
        due: by when; None where no time is set.
        since: when it arose.
        done_at: when it was done, or None.
        done_record: leaf of the record of it in our decision log, or None.
        rung_at: when the reviewer was told that it is overdue, or None.
    """

    id: DispatchId
    what: str
    dispatch: DispatchId | None
    role: str
    due: Ms | None
    since: Ms
    done_at: Ms | None
    done_record: LeafIndex | None
    rung_at: Ms | None

    @property
    def verb(self) -> str:
        """The word before the colon; the review of an act is a review too."""
        word = self.what.partition(":")[0]
        return REVIEW if word.endswith(REVIEW) else word


@dataclass(frozen=True, slots=True)
class Completion:
    """What someone did about a thing that was owed.

    Attributes:
        by: who.
        note: in their words; a review's finding.
        assessment: the full form where one was owed.
        yes: of an approval given afterwards: whether it would have been given.
    """

    by: Officer
    note: str = ""
    assessment: Assessment | None = None
    yes: bool = True


# --- owing ---------------------------------------------------------------------------------------------------------


def owe_for(released: Released, book: Book, office: Office, now: Ms) -> None:
    """Write what letting this dispatch go leaves to be done; broken glass leaves its leaf in our exchange log too."""
    cleared = released.cleared
    draft = cleared.labelled.draft
    things = {f"{FULL_FORM}:{one.act.value}" for one in draft.form.assessments if one.form is AssessmentForm.SHORT}
    things -= {f"{FULL_FORM}:{one.act.value}" for one in draft.form.assessments if one.form is AssessmentForm.FULL}
    things |= {f"{REPORT}:{one.value}" for one in cleared.verdict.obligations if one.verb == REPORT}
    things -= {_FULL_FORM_REPORT} if any(one.startswith(f"{FULL_FORM}:") for one in things) else set()
    things |= {word for word in cleared.deferred if word.startswith(APPROVAL)}
    if draft.form.break_glass:
        glass.break_glass(released, book, office, now)
        things.add(REVIEW)
    owe(things, draft.id, book.tx, office, now)


def owe(things: Iterable[str], dispatch: DispatchId, tx: Tx, office: Office, now: Ms) -> None:
    """Write each thing (`Owed.what`) that a dispatch or an act on it leaves to be done."""
    for what in sorted(set(things)):
        role, span = role_and_time(what)
        due = None if span is None else now + span
        tx.run(
            "INSERT INTO owed (id, what, dispatch, role, due, since) VALUES (?, ?, ?, ?, ?, ?)",
            (new_dispatch_id(now, office.entropy), what, dispatch, role, due, now),
        )


def role_and_time(what: str) -> tuple[str, int | None]:
    """Return whose a thing is and within how many milliseconds; None for no set time."""
    verb, _, value = what.partition(":")
    if verb == FULL_FORM:
        return ASSESSOR, FULL_FORM_AFTER_MS
    if verb == REPORT:
        return REPORTS.get(value, REVIEWER), _time_of(value)
    if verb == APPROVAL:
        return (value if value != "second-agency" else "approver"), DAY_MS
    return REVIEWER, DAY_MS


def _time_of(code: str) -> int | None:
    hours, days = _HOURS.search(code), _DAYS.search(code)
    if hours is not None:
        return int(hours[1]) * HOUR_MS
    return None if days is None else int(days[1]) * DAY_MS


# --- reading -------------------------------------------------------------------------------------------------------

_OWED = "SELECT id, what, dispatch, role, due, since, done_at, done_record, rung_at FROM owed"


def owed_things(tx: Tx, *, done: bool = False) -> tuple[Owed, ...]:
    """Return what is owed, the first due first and what has no day last; with `done` also what was done."""
    which = "" if done else " WHERE done_at IS NULL"
    return tuple(map(_owed, tx.rows(f"{_OWED}{which} ORDER BY due IS NULL, due, since, id")))


def owed_thing(tx: Tx, owed: DispatchId) -> Owed | None:
    """Return one thing by its number."""
    rows = tx.rows(f"{_OWED} WHERE id = ?", (owed,))
    return _owed(rows[0]) if rows else None


def _owed(row: Row) -> Owed:
    id_, what, dispatch, role, due, since, done_at, done_record, rung_at = row
    return Owed(
        id=DispatchId(bytes_of(id_)),
        what=text_of(what),
        dispatch=None if dispatch is None else DispatchId(bytes_of(dispatch)),
        role=text_of(role),
        due=ms_or_none(due),
        since=Ms(int_of(since)),
        done_at=ms_or_none(done_at),
        done_record=None if done_record is None else LeafIndex(int_of(done_record)),
        rung_at=ms_or_none(rung_at),
    )


# --- completing ----------------------------------------------------------------------------------------------------


def complete(owed: Owed, done: Completion, book: Book, office: Office, now: Ms) -> Owed:
    """Close one thing with a record in our decision log; a review leaves a leaf in our exchange log too.

    Raises:
        BadForm: it was done before, or what was handed in is not what was owed; nothing was changed.
        NotAllowed: this officer may not do it; nothing was changed.
    """
    _check_form(owed, done)
    _check_officer(owed, done.by, book.tx, office, now)
    record = _record(owed, done, now)
    salt = office.entropy.draw(_SALT_BYTES)
    index = records.keep(book, f"done-{owed.verb}", owed.dispatch, salt, record, now=now)
    if owed.verb == REVIEW:
        glass.leaf(REVIEW, record, book, office, now)
    if owed.verb == APPROVAL and not done.yes:
        ring(Alarm(REFUSED_AFTER, REVIEWER, owed.what, (owed.id.hex(),), owed.dispatch), book.tx, now)
    book.tx.run("UPDATE owed SET done_at = ?, done_record = ? WHERE id = ?", (now, index, owed.id))
    return replace(owed, done_at=now, done_record=index)


def _check_form(owed: Owed, done: Completion) -> None:
    full = owed.verb == FULL_FORM
    act = owed.what.partition(":")[2]
    fits = done.assessment is not None and (done.assessment.act.value, done.assessment.form) == (
        act,
        AssessmentForm.FULL,
    )
    checks = (
        (owed.done_at is None, "it was done before"),
        (not full or fits, f"what is owed is the full form of the act {act}"),
        (full or done.assessment is None, "no assessment is owed here"),
        (full or bool(done.note.strip()), "say in words what was done or found"),
        (len(done.note) <= _MOST_NOTE, f"a note has at most {_MOST_NOTE} characters"),
    )
    for good, why in checks:
        if not good:
            raise BadForm(f"{why}; nothing was changed")


def _check_officer(owed: Owed, by: Officer, tx: Tx, office: Office, now: Ms) -> None:
    """Check that this officer holds the role, had no part in letting the dispatch go, and speaks once for two."""
    standing = office.powers.standing(tx, by.desk, by.number, now)
    held = standing is not None and owed.role in standing.roles and (standing.until is None or now < standing.until)
    part = owed.verb != REPORT and (by.desk, by.number) in _acted(owed, tx)
    twice = owed.verb == APPROVAL and (by.desk, by.number) in _approved_after(owed, tx)
    checks = (
        (held, f"this officer does not hold the role {owed.role} now"),
        (not part, "who let it go neither approves nor assesses nor reviews it"),
        (not twice, "this officer has approved it in another role; one person counts once"),
    )
    for good, why in checks:
        if not good:
            raise NotAllowed(f"{why}; nothing was changed")


def _acted(owed: Owed, tx: Tx) -> set[tuple[str, int]]:
    """Return who handed in, let go or acted on the dispatch from which this comes."""
    found = [glass.released_by(owed.dispatch, tx)] if owed.dispatch is not None else []
    rows = tx.rows("SELECT desk, number FROM act WHERE dispatch = ? AND at = ?", (owed.dispatch, owed.since))
    rows += tx.rows("SELECT by_desk, by_number FROM kept WHERE id = ? AND by_desk IS NOT NULL", (owed.dispatch,))
    return {one for one in found if one is not None} | {(text_of(desk), int_of(number)) for desk, number in rows}


def _approved_after(owed: Owed, tx: Tx) -> set[tuple[str, int]]:
    rows = tx.rows(
        "SELECT r.record FROM owed o JOIN record r ON r.idx = o.done_record WHERE o.dispatch = ? AND o.what LIKE ?",
        (owed.dispatch, f"{APPROVAL}:%"),
    )
    found: set[tuple[str, int]] = set()
    for (record,) in rows:
        value = cbor.decode(bytes_of(record))
        assert isinstance(value, list)
        desk, number = cast("Any", value)[5:7]
        found.add((str(desk), int_of(number)))
    return found


def _record(owed: Owed, done: Completion, now: Ms) -> bytes:
    assessment = None if done.assessment is None else encode_assessment(done.assessment)
    members: list[Value] = [
        RECORD,
        owed.id,
        owed.what,
        owed.role,
        owed.dispatch,
        done.by.desk,
        done.by.number,
        done.note,
        assessment,
        done.yes,
        now,
    ]
    return cbor.encode(members)


# --- time ----------------------------------------------------------------------------------------------------------


def overdue(tx: Tx, now: Ms) -> tuple[Owed, ...]:
    """Return what is past its time and was not told to the reviewer yet."""
    rows = tx.rows(f"{_OWED} WHERE done_at IS NULL AND rung_at IS NULL AND due < ? ORDER BY due, id", (now,))
    return tuple(map(_owed, rows))


def next_overdue(tx: Tx) -> Ms | None:
    """Return from when on the next thing is overdue; None if nothing has a day."""
    due = tx.rows("SELECT min(due) FROM owed WHERE done_at IS NULL AND rung_at IS NULL")[0][0]
    return None if due is None else Ms(int_of(due) + 1)


def ring_overdue(tx: Tx, now: Ms) -> None:
    """Tell the reviewer of each thing that is past its time, once; of a review that was not made, the desk lead too."""
    for one in overdue(tx, now):
        if one.verb == REVIEW:
            ring(Alarm(OVERDUE, LEAD, one.what, (one.id.hex(),), one.dispatch), tx, now)
        ring(Alarm(OVERDUE, REVIEWER, one.what, (one.id.hex(),), one.dispatch), tx, now)
        tx.run("UPDATE owed SET rung_at = ? WHERE id = ?", (now, one.id))
