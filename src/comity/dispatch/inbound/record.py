"""Record, file, receipt: what became of an arrival, written in one transaction with the receipt leaf that says so."""

from __future__ import annotations

from comity.base.hashing import domain_hash, sha256
from comity.base.ids import ID_SIZE, CaseId, Digest, DispatchId, Ms
from comity.dispatch import decision, persons, records
from comity.dispatch.book import Book
from comity.dispatch.consent import note_consent
from comity.dispatch.entries import Fact, ReceiptLeaf, decision_hash, encode_entry
from comity.dispatch.filing import Filing
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.holding import MARKING_KINDS, reached, targets_of
from comity.dispatch.inbound.custody import into_custody
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_bytes
from comity.dispatch.persons import Asking
from comity.dispatch.predecessors import unsettled
from comity.dispatch.states import Admitted, Arrival, Opened, Recorded, Verified

_SALT_BYTES = 32
_SETTLING = frozenset({Fact.FILED, Fact.QUARANTINED, Fact.REFUSED})


def record(admitted: Admitted, book: Book, office: Office, now: Ms) -> Recorded:
    """Write the outcome of an admitted or refused dispatch: decision record, desk row, receipt.

    What our law does not admit keeps its header; its content stays sealed and goes to custody.
    """  # spec: protocol.md 7
    opened = admitted.verified.opened
    header = opened.header
    salt = office.entropy.draw(_SALT_BYTES)
    inward = decision.receiving(header.id, admitted.question, admitted.verdict, now)
    records.keep(book, "received", header.id, salt, inward, now=now)
    fact = Fact.REFUSED if admitted.code else (Fact.ARRIVED if admitted.waits_for else Fact.FILED)
    if admitted.waits_for:
        rows = [(header.id, one) for one in admitted.waits_for]
        book.tx.many("INSERT INTO waits (id, predecessor) VALUES (?, ?) ON CONFLICT DO NOTHING", rows)
    recorded = receipt(opened.arrival, fact, admitted.code, book, now, decision=decision_hash(salt, inward))
    _keep_content(opened, fact, book, office, now)
    _file(admitted.verified, fact, admitted.code, book, office, now=now)
    _count_persons(admitted.verified, book, office, now)
    return Recorded(header.id, opened.arrival.index, fact, admitted.code, recorded.case, recorded.receipt)


def file_again(
    verified: Verified, fact: Fact, code: str | None, book: Book, office: Office, *, now: Ms
) -> tuple[DispatchId, ...]:
    """Write again what a put-back store lost of a dispatch that our log receipts with `fact`: no leaf, no decision.

    Returns what it still waits for, if it was `arrived` only.
    """  # spec: protocol.md 9 step 5
    header = verified.opened.header
    waits = unsettled(book, header.after) if fact is Fact.ARRIVED else ()
    rows = [(header.id, one) for one in waits]
    book.tx.many("INSERT INTO waits (id, predecessor) VALUES (?, ?) ON CONFLICT DO NOTHING", rows)
    _keep_content(verified.opened, fact, book, office, now)
    _file(verified, fact, code, book, office, now=now)
    _count_persons(verified, book, office, now)
    return waits


def _count_persons(verified: Verified, book: Book, office: Office, now: Ms) -> None:
    header, facts = verified.opened.header, verified.facts
    asking = Asking(header.id, header.purpose, facts.subjects, facts.associations)
    persons.count(asking, office.accord, office.person_key, book.tx, now, ours=False)


def quarantine(arrival: Arrival, code: str, book: Book, now: Ms) -> Recorded:
    """Keep bytes that cannot be opened apart and receipt them with the one code for every cause."""
    book.tx.run("UPDATE got SET sealed = ? WHERE idx = ?", (arrival.sealed, arrival.index))
    return receipt(arrival, Fact.QUARANTINED, code, book, now, decision=None)


def _keep_content(opened: Opened, fact: Fact, book: Book, office: Office, now: Ms) -> None:
    """Keep what was opened, or give it to the custodian: written once, for a second write costs the whole row again."""
    header, index = opened.header, opened.arrival.index
    if fact is Fact.REFUSED:
        sealed = None if into_custody(opened, book, office, now) else opened.arrival.sealed
        book.tx.run("UPDATE got SET sealed = ? WHERE idx = ?", (sealed, index))
        return
    row = (opened.arrival.sealed, parts_bytes(opened.parts), header.case or header.id, index)
    book.tx.run("UPDATE got SET sealed = ?, plain = ?, case_id = ? WHERE idx = ?", row)


def receipt(
    arrival: Arrival, fact: Fact, code: str | None, book: Book, now: Ms, *, decision: Digest | None
) -> Recorded:
    """Append the receipt leaf and note it in the row of the dispatch."""
    leaf = arrival.entry
    entry = encode_entry(ReceiptLeaf(arrival.index, leaf.id, leaf.sealed, fact, code, None, decision))
    place = book.append_own([entry])
    settled = now if fact in _SETTLING else None
    book.tx.run(
        "UPDATE got SET fact = ?, code = ?, receipt_idx = ?, arrived_at = coalesce(arrived_at, ?), settled_at = ?"
        " WHERE idx = ?",
        (int(fact), code, place, now, settled, arrival.index),
    )
    return Recorded(leaf.id, arrival.index, fact, code, None, sha256(entry))


def _file(verified: Verified, fact: Fact, code: str | None, book: Book, office: Office, *, now: Ms) -> None:
    """Give the dispatch to its desk; what waits for a predecessor is given to it when that one is settled."""
    opened = verified.opened
    header, desk = opened.header, office.desks[opened.header.desk]
    filing = Filing(
        ours=False,
        header=header,
        body=verified.body if fact is not Fact.REFUSED else b"",
        case=header.case or CaseId(header.id),
        at=now,
        index=opened.arrival.index,
        admitted=fact is not Fact.REFUSED,
    )
    if fact is not Fact.ARRIVED:
        desk.file(book.tx, filing)
    desk.settle(book.tx, header.id, int(fact), code, now)
    if fact is Fact.FILED:
        note_consent(header, verified.facts, book.tx, office, now)
    _mark(verified, fact, book, now)


def _mark(verified: Verified, fact: Fact, book: Book, now: Ms) -> None:
    """Leave a mark for what a recall or a correction names, so that it meets a late original.

    Whoever of ours it was passed on to must be told, and until somebody has, that is owed.
    """
    header = verified.opened.header
    if fact is not Fact.FILED or header.kind not in MARKING_KINDS:
        return
    targets = targets_of(header)
    rows = [(target, header.id, header.kind) for target in targets]
    book.tx.many(
        "INSERT INTO mark (target, by_id, kind) VALUES (?, ?, ?) ON CONFLICT (target)"
        " DO UPDATE SET by_id = excluded.by_id, kind = excluded.kind WHERE excluded.kind = 'recall'",
        rows,
    )
    theirs = [target for target in targets if book.tx.rows("SELECT 1 FROM got WHERE id = ?", (target,))]
    tell = [(target, agency) for target in theirs for agency in reached(target, book.tx)]
    book.tx.many(
        "INSERT INTO owed (id, what, dispatch, role, due, since) VALUES (?, ?, ?, ?, NULL, ?) ON CONFLICT DO NOTHING",
        [(_owed_id(header.id, *one), f"tell-{header.kind}:{one[1]}", header.id, DUTY_OFFICER, now) for one in tell],
    )


def _owed_id(mark: DispatchId, target: DispatchId, agency: str) -> bytes:
    return domain_hash("comity/owed/1", mark, target, agency.encode())[:ID_SIZE]


def recalled(dispatch: DispatchId, book: Book) -> bool:
    """Say whether a recall or correction of this dispatch came before it could be filed."""  # spec: protocol.md 7
    return bool(book.tx.rows("SELECT 1 FROM mark WHERE target = ?", (dispatch,)))
