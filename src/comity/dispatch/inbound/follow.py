"""Follow: what waited for a predecessor is filed when that one is settled, and refused where it waits in vain."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms
from comity.dispatch import attached, wire
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.consent import note_consent
from comity.dispatch.entries import DispatchLeaf, Fact
from comity.dispatch.filing import Filing
from comity.dispatch.foresight import AWAITED, is_absent
from comity.dispatch.inbound.record import INCOMPLETE, keep_apart, recalled, receipt
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Arrival, Opened, Recorded


def follow(settled: DispatchId, book: Book, office: Office, now: Ms) -> tuple[Recorded, ...]:
    """File every dispatch that waited for `settled` and for nothing else, and those that waited for them in turn.

    What was recalled while it waited is refused, and goes to custody as one does that was recalled before it came.
    """
    filed: list[Recorded] = []
    open_ends = [settled]
    while open_ends:
        for one in _freed(open_ends.pop(), book):
            filed.append(_file(one, book, office, now))
            open_ends.append(one)
    return tuple(filed)


def refuse(dispatch: DispatchId, book: Book, office: Office, now: Ms) -> Recorded:
    """Refuse what arrived and waits for what will not come; its content goes to custody, and its files are destroyed."""
    book.tx.run("DELETE FROM waits WHERE id = ?", (dispatch,))
    return _end(dispatch, INCOMPLETE, book, office, now)


def _freed(settled: DispatchId, book: Book) -> tuple[DispatchId, ...]:
    """Strike a settled predecessor and return the dispatches that waited for it and for nothing else."""
    if is_absent(book.tx, AWAITED, settled):
        return ()
    waiting = book.tx.rows("SELECT id FROM waits WHERE predecessor = ?", (settled,))
    if not waiting:
        return ()
    book.tx.run("DELETE FROM waits WHERE predecessor = ?", (settled,))
    ids = [DispatchId(bytes_of(row[0])) for row in waiting]
    return tuple(one for one in ids if not book.tx.rows("SELECT 1 FROM waits WHERE id = ?", (one,)))


def _file(dispatch: DispatchId, book: Book, office: Office, now: Ms) -> Recorded:
    return _end(dispatch, None, book, office, now)


def _end(dispatch: DispatchId, code: str | None, book: Book, office: Office, now: Ms) -> Recorded:
    """Settle what arrived: refused with a code, or as recalled, else filed."""
    found = book.tx.rows("SELECT idx, plain, sealed, sealed_sha256 FROM got WHERE id = ?", (dispatch,))
    index, plain, sealed, digest = found[0]
    parts = parts_of(bytes_of(plain))
    header = wire.decode_header(parts[0].content)
    leaf = book.entry(LogRole.THEIRS, int_of(index))
    assert isinstance(leaf, DispatchLeaf)
    leaf = replace(leaf, sealed=Digest(bytes_of(digest)))  # of its newest reseal, if it has one
    arrival = Arrival(LeafIndex(int_of(index)), leaf, bytes_of(sealed), now)
    case = header.case or CaseId(header.id)
    code = "recalled" if recalled(dispatch, book) else code
    desk, stopped = office.desks[header.desk], code is not None
    fact = Fact.REFUSED if stopped else Fact.FILED
    body = b"" if stopped else parts[1].content
    filing = Filing(ours=False, header=header, body=body, case=case, at=now, index=arrival.index, admitted=not stopped)
    desk.file(book.tx, filing)
    desk.settle(book.tx, dispatch, int(fact), code, now)
    if not stopped:
        note_consent(header, desk.facts(header.kind, body), book.tx, office, now)
    done = receipt(arrival, fact, code, book, now, decision=None)
    if stopped:
        book.tx.run("UPDATE got SET plain = NULL WHERE id = ?", (dispatch,))
        keep_apart(Opened(arrival, parts, header, ()), book, office, now)
        attached.give_up(dispatch, book.tx, now)
    return Recorded(dispatch, arrival.index, fact, code, case, done.receipt)
