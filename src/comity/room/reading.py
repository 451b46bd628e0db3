"""Reading a room on the named person's own machine: every leaf held against its opening, every note judged by our law.

The rule it keeps: nothing is believed because the node says it. What does not agree is named with its place, and what
our law does not admit is not shown.
"""  # spec: protocol.md 7: the room makes checks 11 and T2

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from comity.base.errors import BadEnvelope, BadSeal, BadSignature
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, Origin
from comity.crypto.keys import cose_key, key_id
from comity.crypto.seal import unseal_any
from comity.crypto.sign import verify_instrument
from comity.dispatch import wire
from comity.dispatch.entries import DispatchLeaf, Fact, ReceiptLeaf
from comity.dispatch.filing import Facts
from comity.dispatch.inbound.admit import ask
from comity.dispatch.office import Office
from comity.marking.scan import binding, scan
from comity.policy.listed import listed_by
from comity.policy.question import Question
from comity.policy.verdict import Verdict
from comity.room.charter import KINDS, Charter, Person, in_force, room_origin
from comity.room.keeper import charter_of
from comity.room.slot import Found, Place, Slot, open_slot
from comity.room.writing import ASSERTION, DESK, Chamber

CREATED_AHEAD_MS = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Read:
    """One leaf of either log as a named person finds it.

    Attributes:
        ours: it stands in our side's log.
        index: there.
        found: what it is to us.
        note: the dispatch, if it is one that agrees with its leaf.
        receipt: the receipt, if it is one.
        fault: what does not agree, "" if everything does.
        salt, raw: what opens the leaf, for a later proof.
    """

    ours: bool
    index: LeafIndex
    found: Found
    note: Note | None = None
    receipt: ReceiptLeaf | None = None
    fault: str = ""
    salt: bytes = b""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Note:
    """A note that agrees with its leaf, its header and its author's signature.

    `verdict` is our law's on a note of the other side, None for our own; `code` is the outward code if it says no, and then
    the text is not to be shown.
    """

    leaf: DispatchLeaf
    header: wire.Header
    parts: wire.Parts
    author: Person
    facts: Facts
    verdict: Verdict | None = None
    code: str | None = None
    question: Question | None = None

    @property
    def body(self) -> bytes:
        """Return the bytes of the body, whatever law says of them."""
        return self.parts[1].content


@dataclass(slots=True)
class Shelf:
    """All notes that were read, by id: what answers what, and what came twice."""

    notes: dict[DispatchId, Note] = field(default_factory=dict)
    commits: set[Digest] = field(default_factory=set)


def read_room(ours: Mapping[int, Slot], theirs: Mapping[int, Slot], chamber: Chamber, now: Ms) -> tuple[Read, ...]:
    """Read every place that was handed over, in order of each log, ours first.

    Args:
        ours: places of our side's log by index, each with the commitment that stands in the verified log.
        theirs: of the other side's.
        chamber: whose machine this is.
        now: the day of our law.
    """
    shelf = Shelf()
    found = [_read(True, index, ours[index], chamber, shelf, now) for index in sorted(ours)]
    found += [_read(False, index, theirs[index], chamber, shelf, now) for index in sorted(theirs)]
    return tuple(found)


def receipts(read: Sequence[Read]) -> dict[DispatchId, tuple[ReceiptLeaf, ...]]:
    """Return the receipts of each note that name it rightly: its index, its id and its sealed bytes."""
    placed = {(one.ours, one.index): one.note.leaf for one in read if one.note is not None}
    found: dict[DispatchId, tuple[ReceiptLeaf, ...]] = {}
    for one in read:
        leaf = None if one.receipt is None else placed.get((not one.ours, one.receipt.index))
        if one.receipt is None or leaf is None or (leaf.id, leaf.sealed) != (one.receipt.id, one.receipt.sealed):
            continue
        found[leaf.id] = (*found.get(leaf.id, ()), one.receipt)
    return found


def _read(ours: bool, index: int, slot: Slot, chamber: Chamber, shelf: Shelf, now: Ms) -> Read:  # noqa: FBT001, PLR0917  which log, and what a place needs
    at = LeafIndex(index)
    origin = room_origin(chamber.office.us if ours else chamber.office.peer, chamber.charters[0].number)
    if slot.commit in shelf.commits:
        return Read(ours, at, Found.ALTERED, fault="the same leaf stands twice in the log")
    shelf.commits.add(slot.commit)
    place, charter = _open(slot, chamber, origin)
    if place.found is Found.ALTERED:
        return Read(ours, at, place.found, fault="what came is not what the leaf commits to")
    if place.found is not Found.TRUE or charter is None:
        return Read(ours, at, place.found)
    match place.entry:
        case DispatchLeaf() as leaf:
            return _read_note(
                Read(ours, at, place.found, salt=place.salt, raw=place.raw), leaf, slot, chamber, shelf, now
            )
        case ReceiptLeaf(fact=Fact.SEEN | Fact.REFUSED) as receipt:
            return Read(ours, at, place.found, receipt=receipt, salt=place.salt, raw=place.raw)
        case _:
            return Read(ours, at, Found.ALTERED, fault="a leaf of a kind that a room does not hold")


def _open(slot: Slot, chamber: Chamber, origin: Origin) -> tuple[Place, Charter | None]:
    try:
        charter = charter_of(slot.opening, chamber.charters)
    except BadSeal:
        charter = None
    if charter is None:
        return Place(Found.ALTERED), None
    kid = key_id(cose_key(chamber.seal.public()))
    return open_slot(slot, kid, chamber.seal, origin, charter), charter


def _read_note(read: Read, leaf: DispatchLeaf, slot: Slot, chamber: Chamber, shelf: Shelf, now: Ms) -> Read:  # noqa: PLR0917  what a note needs
    try:
        note = open_note(
            leaf, slot.behind, chamber, ours=read.ours, sealed_to=charter_of(slot.opening, chamber.charters)
        )
    except (BadSeal, BadEnvelope, BadSignature) as error:
        return Read(read.ours, read.index, Found.ALTERED, fault=str(error))
    if note.header.created > now + CREATED_AHEAD_MS:
        return Read(read.ours, read.index, Found.ALTERED, fault="a note from after now")
    if leaf.id in shelf.notes:
        return Read(read.ours, read.index, Found.ALTERED, fault="two notes of one number")
    if not read.ours:
        note = _admitted(note, chamber.office, shelf, now)
    shelf.notes[leaf.id] = note
    return Read(read.ours, read.index, read.found, note, salt=read.salt, raw=read.raw)


def open_note(leaf: DispatchLeaf, sealed: bytes, chamber: Chamber, *, ours: bool, sealed_to: Charter | None) -> Note:
    """Open a sealed note and check all that header, leaf, charter and author must agree on.

    Raises:
        BadSeal, BadEnvelope, BadSignature: something does not agree.
    """
    office = chamber.office
    sender, receiver = (office.us, office.peer) if ours else (office.peer, office.us)
    kid = key_id(cose_key(chamber.seal.public()))
    aad = wire.seal_aad(sender, receiver, leaf.id, office.accord_digest)
    plain, kids = unseal_any(sealed, keys={kid: chamber.seal}, aad=aad)
    parts = wire.decode_plain(plain)
    if sealed_to is None or kids != sealed_to.kids:
        raise BadSeal("a note sealed to other persons than its leaf's opening")
    header, author = check_parts(leaf, parts, (sender, receiver), chamber.charters, office)
    if sealed_to.edition < in_force(chamber.charters, header.created).edition:
        raise BadSeal("a note sealed to persons of an edition of the charter that had ended when it was written")
    facts = office.desks[header.desk].facts(header.kind, parts[1].content)
    return Note(leaf, header, parts, author, facts)


def check_parts(
    leaf: DispatchLeaf, parts: wire.Parts, way: tuple[str, str], charters: Sequence[Charter], office: Office | None
) -> tuple[wire.Header, Person]:
    """Check a note's four parts against its leaf and the charter; who has no node, such as a court, can do it too.

    Returns:
        The header, and the named person who signed the note.

    Raises:
        BadSeal, BadEnvelope, BadSignature: something does not agree.
    """
    if wire.commit_of(parts) != leaf.commit:
        raise BadSeal("a note whose content is not what its leaf commits to")
    header = wire.decode_header(parts[0].content)
    charter = in_force(charters, header.created)
    author = next((one for one in charter.persons_of(way[0]) if one.number == header.released_by.officer), None)
    checks = (
        ("its id", header.id == leaf.id),
        ("its lane", header.lane == leaf.lane),
        ("who sent it", (header.sender, header.receiver) == way),
        ("its kind", header.kind in KINDS),
        ("its size", leaf.size == charter.bucket),
        ("the accord", header.accord == charter.accord),
        ("the room as the desk of its release", header.released_by.desk == DESK),
        ("its attachments", not wire.decode_attachments(parts[2].content)),
        ("its author", author is not None and author.agency == header.author.agency),
        ("a kind that is open", office is None or _is_open(header, leaf, office)),
    )
    wrong = next((what for what, good in checks if not good), None)
    if wrong is not None or author is None:
        raise BadSeal(f"a note does not agree with its leaf or the charter: {wrong}")
    if verify_instrument(parts[3].content, ASSERTION, author.author()) != wire.author_digest(parts):
        raise BadSignature("a note under a signature that was made for another")
    return header, author


def _is_open(header: wire.Header, leaf: DispatchLeaf, office: Office) -> bool:
    return (
        header.desk in office.desks
        and office.accord.opens(header.desk, header.kind)
        and leaf.edition == office.accord.edition
    )


def _admitted(note: Note, office: Office, shelf: Shelf, now: Ms) -> Note:
    """Ask our law whether we may receive and use it."""
    answered = next((shelf.notes[one].header.kind for one in note.header.re[:1] if one in shelf.notes), "")
    listed = listed_by(note.facts.names, office.listed, now)
    found = binding(scan(note.facts.texts, office.patterns, now))
    question = ask(note.header, note.facts, answered, found, listed=listed)
    verdict = office.gate.decide(question, now)
    code = None if verdict.permits else (verdict.outward or "cannot-assist")
    return Note(note.leaf, note.header, note.parts, note.author, note.facts, verdict, code, question)
