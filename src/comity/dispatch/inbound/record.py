"""Record, file, receipt: what became of an arrival, written in one transaction with the receipt leaf that says so."""

from __future__ import annotations

from typing import Final

from comity.base.hashing import sha256
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms
from comity.dispatch import certificates, decision, persons, records
from comity.dispatch.attached import coming, expect, give_up, waits_on
from comity.dispatch.book import Book
from comity.dispatch.closed import real
from comity.dispatch.consent import note_consent
from comity.dispatch.entries import Fact, ReceiptLeaf, decision_hash, encode_entry
from comity.dispatch.filing import Filing
from comity.dispatch.foresight import AWAITED, MARKED, is_absent, written
from comity.dispatch.held import drop_about
from comity.dispatch.holding import ANSWERING, MARKING_KINDS, PART, RECALL, WITHDRAW, targets_of
from comity.dispatch.inbound.custody import into_custody
from comity.dispatch.inbound.paper import CERTIFICATE, NODE_DESK
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_bytes
from comity.dispatch.persons import Asking
from comity.dispatch.predecessors import unsettled
from comity.dispatch.states import Admitted, Arrival, Opened, Recorded, Verified
from comity.dispatch.takingback import take_back
from comity.dispatch.telling import tell

RECALLED: Final = "ACCORD-RECALLED"
"""The rule that refuses what was recalled before it could be filed."""
INCOMPLETE: Final = "incomplete"
"""The code of a refusal of what waited for another, or for its files, that did not come."""
UNMET: Final = "ACCORD-INCOMPLETE"
"""The rule that refuses it."""
_SALT_BYTES = 32
# A recall of all outweighs that of a part, that a correction, and each of them that nothing is asked any more.
_LEAVE_MARK = (
    "INSERT INTO mark (target, by_id, kind) VALUES (?, ?, ?) ON CONFLICT (target)"
    " DO UPDATE SET by_id = excluded.by_id, kind = excluded.kind"
    " WHERE excluded.kind = 'recall' OR mark.kind = 'withdraw' OR (excluded.kind = 'recall-part' AND mark.kind = 'correction')"
)
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
        _wait(rows, book)
    kept = None if fact is Fact.REFUSED else _content(opened)
    told = decision_hash(salt, inward)
    recorded = receipt(opened.arrival, fact, admitted.code, book, now, decision=told, kept=kept)
    if kept is None:
        keep_apart(opened, book, office, now)
    if admitted.verified.attachments and fact is not Fact.REFUSED:
        expect(header.id, admitted.verified.attachments, book.tx, now)
    _file(admitted.verified, fact, admitted.code, book, office, now=now, fresh=fact is Fact.FILED)
    _count_persons(admitted.verified, book, office, now)
    return Recorded(header.id, opened.arrival.index, fact, admitted.code, recorded.case, recorded.receipt)


def file_again(
    verified: Verified, fact: Fact, code: str | None, book: Book, office: Office, *, now: Ms
) -> tuple[DispatchId, ...]:
    """Write again what a put-back store lost of a dispatch that our log receipts with `fact`: no leaf, no decision.

    Returns what it still waits for, if it was `arrived` only.
    """  # spec: protocol.md 9 step 5
    header = verified.opened.header
    if verified.attachments and fact is not Fact.REFUSED:
        expect(header.id, verified.attachments, book.tx, now)
    waits = unsettled(book, header.after) if fact is Fact.ARRIVED else ()
    if fact is Fact.ARRIVED and coming(header.id, book.tx):
        waits = (*waits, waits_on(header.id))
    rows = [(header.id, one) for one in waits]
    _wait(rows, book)
    if fact is Fact.REFUSED:
        # It may have arrived here before: its parts would stay in the row, beside what the custodian has.
        book.tx.run("UPDATE got SET plain = NULL WHERE id = ?", (header.id,))
        keep_apart(verified.opened, book, office, now)
        give_up(header.id, book.tx, now)
    else:
        row = (*_content(verified.opened), verified.opened.arrival.index)
        book.tx.later("UPDATE got SET sealed = ?, plain = ?, case_id = ? WHERE idx = ?", row)
    _file(verified, fact, code, book, office, now=now)
    _count_persons(verified, book, office, now)
    return waits


def _wait(rows: list[tuple[DispatchId, DispatchId]], book: Book) -> None:
    written(book.tx, AWAITED)
    book.tx.many("INSERT INTO waits (id, predecessor) VALUES (?, ?) ON CONFLICT DO NOTHING", rows)


def _count_persons(verified: Verified, book: Book, office: Office, now: Ms) -> None:
    header, facts = verified.opened.header, verified.facts
    asking = Asking(header.id, header.purpose, facts.subjects, facts.associations)
    accord, _ = office.judged_by(verified.opened.arrival.index)  # spec: protocol.md 10
    persons.count(asking, accord, office.person_key, book.tx, now, ours=False)


def quarantine(arrival: Arrival, code: str, book: Book, now: Ms) -> Recorded:
    """Keep bytes that cannot be opened apart and receipt them with the one code for every cause."""
    book.tx.run("UPDATE got SET sealed = ? WHERE idx = ?", (arrival.sealed, arrival.index))
    return receipt(arrival, Fact.QUARANTINED, code, book, now, decision=None)


def keep_apart(opened: Opened, book: Book, office: Office, now: Ms) -> None:
    """Give what is refused, by our law or since it was recalled, to the custodian; without one its bytes stay sealed."""
    sealed = None if into_custody(opened, book, office, now) else opened.arrival.sealed
    book.tx.later("UPDATE got SET sealed = ? WHERE idx = ?", (sealed, opened.arrival.index))


def _content(opened: Opened) -> tuple[bytes, bytes, bytes]:
    """Return what is kept of a dispatch that was opened: sealed bytes, parts, case."""
    return opened.arrival.sealed, parts_bytes(opened.parts), opened.header.case or opened.header.id


def receipt(
    arrival: Arrival,
    fact: Fact,
    code: str | None,
    book: Book,
    now: Ms,
    *,
    decision: Digest | None,
    kept: tuple[bytes, bytes, bytes] | None = None,
) -> Recorded:
    """Append the receipt leaf and note it in the row of the dispatch.

    `kept` is written with it: sealed bytes, parts and case in one write, for a second one costs the whole row again.
    """
    leaf = arrival.entry
    entry = encode_entry(ReceiptLeaf(LeafIndex(real(arrival.index)), leaf.id, leaf.sealed, fact, code, None, decision))
    place = book.append_own([entry])
    settled = now if fact in _SETTLING else None
    also = "" if kept is None else ", sealed = ?, plain = ?, case_id = ?"
    book.tx.later(
        "UPDATE got SET fact = ?, code = ?, receipt_idx = ?, arrived_at = coalesce(arrived_at, ?), settled_at = ?"  # noqa: S608  one of two texts above
        f"{also} WHERE idx = ?",
        (int(fact), code, place, now, settled, *(kept or ()), arrival.index),
    )
    return Recorded(leaf.id, arrival.index, fact, code, None, sha256(entry))


def _file(
    verified: Verified, fact: Fact, code: str | None, book: Book, office: Office, *, now: Ms, fresh: bool = False
) -> None:
    """Give the dispatch to its desk; what waits for a predecessor is given to it when that one is settled.

    `fresh`: it came in this step, and our law let it in.
    """
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
        fresh=fresh,
    )
    if fact is not Fact.ARRIVED:
        desk.file(book.tx, filing)
    desk.settle(book.tx, header.id, int(fact), code, now)
    if fact is Fact.FILED:
        note_consent(header, verified.facts, book.tx, office, now)
    if fact is not Fact.ARRIVED:
        take_back(header, verified.facts, office.desks, book.tx, ours=False, refused=fact is Fact.REFUSED)
    _mark(verified, fact, book, now)
    if fact is Fact.REFUSED and (header.desk, header.kind) == (NODE_DESK, CERTIFICATE):
        certificates.ring_false(verified.body, header.id, book, now)


def _mark(verified: Verified, fact: Fact, book: Book, now: Ms) -> None:
    """Leave a mark for what a recall, correction or withdrawal names, so that it meets a late original.

    Whoever of ours it was passed on to must be told, and until somebody has, that is owed. A draft of ours that answers
    what is no longer asked waits no longer.
    """
    header, facts = verified.opened.header, verified.facts
    if fact is not Fact.FILED or header.kind not in MARKING_KINDS:
        return
    kind = PART if facts.takes_back_part else header.kind
    targets = tuple(dict.fromkeys((*targets_of(header), *(() if facts.takes_back is None else (facts.takes_back,)))))
    written(book.tx, MARKED)
    book.tx.many(_LEAVE_MARK, [(target, header.id, kind) for target in targets])
    theirs = [target for target in targets if book.tx.rows("SELECT 1 FROM got WHERE id = ?", (target,))]
    _free(theirs, header.id, book)
    tell(header, theirs, book.tx, now)
    if kind in {WITHDRAW, RECALL}:
        drop_about(book.tx, frozenset(theirs), now, kinds=ANSWERING)


def _free(targets: list[DispatchId], recall: DispatchId, book: Book) -> None:
    """Let what is taken back while it waits wait for that alone: it is refused once this is settled, not once all came."""
    arrived = "SELECT 1 FROM got WHERE id = ? AND fact = ? AND settled_at IS NULL AND plain IS NOT NULL"
    found = [one for one in targets if book.tx.rows(arrived, (one, int(Fact.ARRIVED)))]
    book.tx.many("DELETE FROM waits WHERE id = ?", [(one,) for one in found])
    if found:
        _wait([(one, recall) for one in found], book)


def recalled(dispatch: DispatchId, book: Book) -> bool:
    """Say whether a recall or correction of this dispatch came before it could be filed."""  # spec: protocol.md 7
    if is_absent(book.tx, MARKED, dispatch):
        return False
    return bool(book.tx.rows("SELECT 1 FROM mark WHERE target = ?", (dispatch,)))
