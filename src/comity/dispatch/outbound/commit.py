"""Commit: leaf, sealed bytes, desk row and decision record become durable together, or not at all."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import CaseId, LeafIndex, Ms
from comity.dispatch import owed, persons, records
from comity.dispatch.assured import note_promise
from comity.dispatch.attached import bind
from comity.dispatch.book import Book
from comity.dispatch.columns import int_of
from comity.dispatch.entries import encode_entry
from comity.dispatch.filing import Filing, checks_turn
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_bytes
from comity.dispatch.persons import Asking
from comity.dispatch.states import Committed, Sealed
from comity.dispatch.takingback import take_back
from comity.dispatch.telling import tell_of_ours
from comity.marking.labels import Lane
from comity.policy.verdict import Verdict


def commit(sealed: Sealed, book: Book, office: Office, now: Ms) -> Committed:
    """Write everything that one dispatch leaves behind at its sender, in the caller's transaction.

    An id that is there already has no second effect. Immediate and urgent leaves get their place in the log at once,
    the others wait in the pool, so that nothing urgent stands behind a long queue.
    """  # spec: protocol.md 4 rules 1, 2
    header, leaf = sealed.header, sealed.entry
    case = header.case or CaseId(header.id)
    draft = sealed.released.cleared.labelled.draft
    known = [] if draft.fresh else book.tx.rows("SELECT idx FROM sent WHERE id = ?", (header.id,))
    if known:
        index = None if known[0][0] is None else LeafIndex(int_of(known[0][0]))
        return Committed(header.id, case, leaf.lane, index, _verdict(sealed), sealed.header.labels.redactions)
    filing = Filing(
        ours=True,
        header=header,
        body=sealed.released.cleared.body,
        case=case,
        at=now,
        index=None,
        admitted=True,
        fresh=True,
    )
    desk = office.desks[header.desk]
    checker: object = desk
    if checks_turn(checker):
        checker.check(book.tx, filing)
    entry = encode_entry(leaf)
    at_once = leaf.lane <= Lane.URGENT and draft.not_before is None
    index = book.append_own([entry]) if at_once and not book.stops.stop(header.desk, header.kind, header.lane) else None
    if index is None:
        _pool(book, leaf.lane, entry, header.id, draft.not_before)
    book.tx.later(
        "INSERT INTO sent (id, idx, lane, desk, kind, case_id, sealed, sealed_sha256, plain, decision_salt, sent_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            header.id,
            index,
            int(leaf.lane),
            header.desk,
            header.kind,
            case,
            sealed.sealed,
            leaf.sealed,
            parts_bytes(sealed.parts),
            sealed.decision_salt,
            now,
        ),
    )
    desk.file(book.tx, replace(filing, index=index))
    take_back(header, draft.facts, office.desks, book.tx, ours=True)
    asking = Asking(header.id, header.purpose, draft.facts.subjects, draft.facts.associations)
    persons.count(asking, office.accord, office.person_key, book.tx, now, ours=True)
    records.keep(book, "sent", header.id, sealed.decision_salt, sealed.decision_record, now=now)
    owed.owe_for(sealed.released, book, office, now)
    tell_of_ours(header, book.tx, now)
    note_promise(header.id, draft.facts, book.tx, now)
    if draft.form.attachments:
        bind(header.id, draft.form.attachments, book.tx, now)
    return Committed(header.id, case, leaf.lane, index, _verdict(sealed), header.labels.redactions)


def _verdict(sealed: Sealed) -> Verdict:
    return sealed.released.cleared.verdict


def _pool(book: Book, lane: Lane, entry: bytes, dispatch: bytes, not_before: Ms | None) -> None:
    book.tx.later(
        "INSERT INTO pool (place, lane, entry, dispatch, not_before)"
        " SELECT coalesce(max(place), 0) + 1, ?, ?, ?, ? FROM pool",
        (int(lane), entry, dispatch, not_before),
    )
