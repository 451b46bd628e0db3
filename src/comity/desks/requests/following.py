"""What a dispatch does to others: it answers, recalls, corrects, takes back, passes on, keeps, promises, moves a posting.

The rule it keeps: a dispatch acts only on what its own side may change; a step that does not exist changes nothing, and
doing it twice changes nothing more.
"""  # spec: vocabulary.md 5

from __future__ import annotations

from typing import assert_never

from comity.base.ids import DispatchId
from comity.desk import Filing
from comity.desks.requests import laterrows, postings, store
from comity.desks.requests.facts import stage_of
from comity.desks.requests.model import (
    ACCEPTED,
    ENDED,
    FINAL,
    GIVEN,
    NOMINATED,
    Answer,
    Assurance,
    Body,
    ConvertToMla,
    Correction,
    Feedback,
    Kind,
    Posting,
    Preserve,
    Recall,
    Refusal,
    Transfer,
    Withdraw,
)
from comity.desks.requests.rows import PostingRow
from comity.desks.requests.rules import is_answer, may_answer, posting_may, settles
from comity.dispatch.ports import Tx


def follow(tx: Tx, filing: Filing, body: Body) -> None:
    """Write what a dispatch that was just filed does to others."""
    _answers(tx, filing, body)
    match body:
        case Recall() | Correction():
            _mark(tx, filing, body)
        case Posting():
            _posting(tx, filing, body)
        case Withdraw() | Transfer() | ConvertToMla():
            _redirect(tx, filing, body)
        case Answer() | Preserve() | Assurance() | Feedback():
            _keep(tx, filing, body)
        case _:
            pass


def _answers(tx: Tx, filing: Filing, body: Body) -> None:
    header, stage = filing.header, stage_of(body)
    outward = body.outward if isinstance(body, Refusal) else None
    for request in header.re:
        if not may_answer(header.kind, store.kind_of(tx, request)):
            continue
        if settles(header.kind, stage):
            store.note_answered(tx, request, not filing.ours, header.id, outward, filing.at)
        elif is_answer(header.kind, stage):
            store.note_first_answer(tx, request, not filing.ours, filing.at)


def _mark(tx: Tx, filing: Filing, body: Recall | Correction) -> None:
    header = filing.header
    match body:
        case Recall():
            target = DispatchId(body.target)
            store.mark(tx, target, filing.ours, header.id, header.kind, body.part or None, filing.at)
        case Correction():
            target = header.replaces or next(iter(header.re), header.id)
            store.mark(tx, target, filing.ours, header.id, header.kind, None, filing.at)
        case _:
            assert_never(body)


def _redirect(tx: Tx, filing: Filing, body: Withdraw | Transfer | ConvertToMla) -> None:
    """Take back what is ours, pass on what was sent to us, or send a case the treaty way."""
    header = filing.header
    match body:
        case Withdraw():
            for request in header.re:
                store.note_withdrawn(tx, request, filing.ours, header.id, filing.at)
        case Transfer():
            for request in header.re:
                store.note_passed(tx, request, not filing.ours, body.agency, header.id)
        case ConvertToMla():
            for request in header.re:
                store.note_converted(tx, request, header.id, filing.at)
            laterrows.insert_treaty(tx, filing, body)
        case _:
            assert_never(body)


def _keep(tx: Tx, filing: Filing, body: Answer | Preserve | Assurance | Feedback) -> None:
    """Write what stays open after a dispatch: feedback, an end of keeping, a promise."""
    header = filing.header
    match body:
        case Answer(state=state) if state == FINAL:
            _final(tx, filing, body)
        case Preserve():
            laterrows.insert_keeping(tx, filing, body)
        case Assurance(state=state) if state == GIVEN:
            laterrows.insert_assurance(tx, filing, body)
        case Feedback():
            for answer in header.re:
                laterrows.note_feedback(tx, answer, not filing.ours, filing, body)
        case _:
            pass


def _final(tx: Tx, filing: Filing, body: Answer) -> None:
    kinds = {request: store.kind_of(tx, request) for request in filing.header.re}
    if Kind.RFI in kinds.values():
        laterrows.want_feedback(tx, filing)
    for request in kinds if body.kept_until is not None else ():
        laterrows.note_kept(tx, request, not filing.ours, body.kept_until, filing.header.id)


def _posting(tx: Tx, filing: Filing, body: Posting) -> None:
    """Move a posting on; a step that does not exist changes nothing.

    The nomination is named by `re`; without it, an ending means the sender's own officer.
    """
    header = filing.header
    if body.state == NOMINATED:
        row = PostingRow(
            id=header.id,
            ours=filing.ours,
            desk=body.desk,
            officer=body.officer,
            state=NOMINATED,
            nominated=filing.at,
            accepted=None,
            ended=None,
            ended_by_ours=False,
            ended_leaf=None,
            body=filing.body,
        )
        postings.insert_posting(tx, row)
        return
    before = _meant(tx, filing, body)
    if before is None or not posting_may(before.state, body.state, by_host=before.ours != filing.ours):
        return
    if body.state == ACCEPTED:
        postings.accept_posting(tx, before.id, filing.at)
    else:
        postings.end_posting(tx, before.id, filing.ours, filing.index, filing.at)


def _meant(tx: Tx, filing: Filing, body: Posting) -> PostingRow | None:
    named = [postings.posting(tx, request) for request in filing.header.re]
    fits = [row for row in named if row is not None and (row.desk, row.officer) == (body.desk, body.officer)]
    if fits or body.state != ENDED:
        return fits[0] if fits else None
    own = postings.postings_of(tx, body.desk, body.officer, ours=filing.ours)
    return own[0] if own else None
