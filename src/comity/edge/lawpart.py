"""What our law asked of one dispatch and what was done about it: duties, approvals, assessments, broken glass, later acts.

The rule it keeps: outcomes only. No text of an assessment, no reason of an officer and no name leaves the decision log
through here; officers are a desk and a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.ids import DispatchId, Ms
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.decision import Decided, read_record
from comity.dispatch.owed import APPROVAL, FULL_FORM, REPORT, REVIEW, Owed, owed_thing
from comity.dispatch.particulars import decode_particulars
from comity.dispatch.ports import Tx
from comity.node.acts import ActRow, acts_on
from comity.policy.assessment import Assessment, AssessmentForm, decode_assessment
from comity.policy.explain import step_words
from comity.policy.frame import framed
from comity.policy.rule import Verb
from comity.policy.verdict import Obligation, Verdict
from comity.screen import ActLine, ApprovalLine, AssessmentLine, DutyLine, GlassLine, LawPart, VerdictLine

WORDS = "en"
_CROSSED = "SELECT record, at FROM record WHERE dispatch = ? AND kind IN ('sent', 'received') ORDER BY idx DESC LIMIT 1"
_AT_ONCE = frozenset({Verb.REDACT.value, Verb.CAVEAT.value})
"""What the path did before the dispatch left."""
_ASSESSMENT = 8
"""Its place in the record of a thing that was owed."""

LIMITS = MappingProxyType(
    {
        "officer-without-standing": "an officer who has standing now",
        "officer": "the officer who lets it go",
        "agency": "an officer of the agency that has it",
        "kind": "an officer who may release this kind",
        "act": "an officer who may do this act",
        "purpose": "an officer whose standing covers this purpose",
        "urgency": "an officer whose standing covers this urgency",
        "stage": "an officer who may release this stage",
        "category": "an officer who may release what it is about",
        "refused": "whoever said no to this very act, to take it back",
        "delegation-ended": "a delegation that has not ended",
        "break-glass": "a duty officer, what is immediate, and a reason in words",
    }
)
"""What a limit of an officer's standing asks for, in plain words."""

Line = Callable[[str, Verdict], VerdictLine]
"""(act, verdict of our law) -> the line that a page shows."""


def law_part(tx: Tx, dispatch: DispatchId, line: Line) -> LawPart:
    """Return the law's part in one dispatch; all empty where our law was never asked.

    Args:
        tx: the snapshot.
        dispatch: which.
        line: shows a verdict of our law.
    """
    found = tx.rows(_CROSSED, (dispatch,))
    decided = read_record(bytes_of(found[0][0])) if found else None
    at = Ms(int_of(found[0][1])) if found else Ms(0)
    owed = _owed(tx, dispatch)
    return LawPart(
        duties=(*_duties(decided, owed, at), *_afterwards(owed)),
        approvals=_approvals(decided, tx),
        assessments=(*_assessments(decided, at), *_full_forms(owed, tx)),
        glass=_glass(decided, owed, at),
        acts=tuple(_act(one, tx, line) for one in acts_on(dispatch, tx)),
    )


def _owed(tx: Tx, dispatch: DispatchId) -> tuple[Owed, ...]:
    ids = tx.rows("SELECT id FROM owed WHERE dispatch = ? ORDER BY since, id", (dispatch,))
    found = (owed_thing(tx, DispatchId(bytes_of(row[0]))) for row in ids)
    return tuple(one for one in found if one is not None)


# --- duties --------------------------------------------------------------------------------------------------------


def _duties(decided: Decided | None, owed: tuple[Owed, ...], at: Ms) -> list[DutyLine]:
    """Return what the verdict obliged to; a report stands with the thing that is owed for it."""
    if decided is None:
        return []
    reports = {one.what: one for one in owed if one.verb == REPORT}
    return [_duty(duty, reports.get(f"{REPORT}:{duty.value}"), decided, at) for duty in decided.verdict.obligations]


def _duty(duty: Obligation, owed: Owed | None, decided: Decided, at: Ms) -> DutyLine:
    value = framed(f"category:{duty.value}", WORDS) if duty.verb == Verb.REDACT else duty.value
    if owed is not None and duty.verb == Verb.REPORT:
        state = "open" if owed.done_at is None else "done"
        return DutyLine(duty.verb, duty.value, duty.rule, state, owed.role, owed.due, owed.done_at)
    if duty.verb == Verb.APPROVAL:
        given = any(role == duty.value for role, *_ in _given(decided))
        return DutyLine(duty.verb, duty.value, duty.rule, "done" if given else "open", duty.value, None, None)
    if duty.verb in _AT_ONCE and decided.kind == "sent":
        return DutyLine(duty.verb, value, duty.rule, "done", "", None, at)
    return DutyLine(duty.verb, value, duty.rule, "noted", "", None, None)


def _afterwards(owed: tuple[Owed, ...]) -> list[DutyLine]:
    """Return what is owed besides reports: full forms, approvals given afterwards, reviews."""
    return [
        DutyLine(
            verb=f"owed-{one.verb}",
            value=one.what.partition(":")[2],
            rule="",
            state="open" if one.done_at is None else "done",
            role=one.role,
            due=one.due,
            done_at=one.done_at,
        )
        for one in owed
        if one.verb in {FULL_FORM, APPROVAL, REVIEW}
    ]


def _glass(decided: Decided | None, owed: tuple[Owed, ...], at: Ms) -> GlassLine | None:
    if decided is None or not decided.rest.get("break_glass"):
        return None
    review = next((one for one in owed if one.verb == REVIEW), None)
    due, done = (review.due, review.done_at) if review is not None else (None, None)
    return GlassLine(at, _steps(decided.rest.get("deferred")), due, done)


# --- who approved, what was assessed -------------------------------------------------------------------------------


def _given(decided: Decided) -> list[tuple[str, str, int, bytes]]:
    """Return (role, desk, number, subject) of each approval that a record of a sent dispatch holds."""
    listed = decided.rest.get("approvals", ())
    rows = listed if isinstance(listed, list | tuple) else ()
    return [
        (str(row[0]), str(row[1]), int(row[2]), row[4])
        for row in rows
        if isinstance(row, list | tuple) and isinstance(row[2], int) and isinstance(row[4], bytes)
    ]


def _approvals(decided: Decided | None, tx: Tx) -> tuple[ApprovalLine, ...]:
    if decided is None:
        return ()
    asked = "SELECT at FROM approval WHERE subject = ? AND role = ? AND desk = ? AND number = ?"
    found = []
    for role, desk, number, subject in _given(decided):
        rows = tx.rows(asked, (subject, role, desk, number))
        found.append(ApprovalLine(role, officer(desk, number), Ms(int_of(rows[0][0])) if rows else None))
    return tuple(found)


def _assessments(decided: Decided | None, at: Ms | None) -> tuple[AssessmentLine, ...]:
    return () if decided is None else tuple(_outcome(one, at) for one in decided.assessments)


def _full_forms(owed: tuple[Owed, ...], tx: Tx) -> list[AssessmentLine]:
    """Return what the full forms came to that were handed in afterwards."""
    found = []
    for one in owed:
        rows = tx.rows("SELECT record FROM record WHERE idx = ?", (one.done_record,)) if one.verb == FULL_FORM else []
        value = cbor.decode(bytes_of(rows[0][0])) if rows else None
        written = value[_ASSESSMENT] if isinstance(value, list) and len(value) > _ASSESSMENT else None
        if isinstance(written, bytes):
            found.append(_outcome(decode_assessment(written), one.done_at))
    return found


def _outcome(assessment: Assessment, at: Ms | None) -> AssessmentLine:
    return AssessmentLine(
        act=assessment.act.value,
        form=AssessmentForm(assessment.form).value,
        before=assessment.risk_before.value,
        after=assessment.risk_after.value,
        decision=assessment.decision.value,
        outside=assessment.outside_operation,
        tainted=assessment.tainted,
        at=at,
    )


# --- later acts ----------------------------------------------------------------------------------------------------


def _act(act: ActRow, tx: Tx, line: Line) -> ActLine:
    rows = tx.rows("SELECT record FROM record WHERE idx = ?", (act.record,))
    decided = read_record(bytes_of(rows[0][0])) if rows else None
    rest: Mapping[str, Value] = {} if decided is None else decided.rest
    about = (*sorted(act.to_agencies), act.serves, act.new_purpose)
    return ActLine(
        act=act.act,
        about=", ".join(word for word in about if word),
        state="done" if act.done else act.effect,
        officer=officer(act.desk, act.number),
        at=act.at,
        verdict=None if decided is None else line(act.act, decided.verdict),
        approvals=_words(rest.get("approvals")),
        assessments=_assessments(decided, act.at),
        missing=_steps(rest.get("missing")),
        glass=_behind_glass(rest),
        deferred=_steps(rest.get("deferred")),
    )


def _behind_glass(rest: Mapping[str, Value]) -> bool:
    written = rest.get("particulars")
    return isinstance(written, bytes) and bool(decode_particulars(written).break_glass)


def officer(desk: str, number: int) -> str:
    """Return how an officer is shown: desk and number, never a name."""
    return f"{desk}, officer {number}"


def plain_step(step: str) -> str:
    """Return what is missing in plain words: a word of the law, or a limit of the officer's own standing."""
    kind, _, limit = step.partition(":")
    if kind in {"act", "release"}:
        return LIMITS.get(limit, step)
    return step_words(step, WORDS)


def _steps(value: Value | None) -> tuple[str, ...]:
    return tuple(map(plain_step, _words(value)))


def _words(value: Value | None) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()
