"""Writing a note on the named person's own machine: our law clears it there, and what leaves is ciphertext and a commitment.

The rule it keeps: a note is a dispatch like any other, taken through the same steps; only its leaf is blinded, it is
sealed to the named persons of both sides, and its author signs it with their own key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.crypto.keys import RootKeys, SealingKey
from comity.crypto.seal import seal as encrypt
from comity.crypto.sign import sign_instrument, verify_instrument
from comity.dispatch import decision, wire
from comity.dispatch.entries import DispatchLeaf, Fact, ReceiptLeaf, decision_hash
from comity.dispatch.office import Office
from comity.dispatch.outbound.clear import clear
from comity.dispatch.outbound.compose import compose
from comity.dispatch.outbound.label import label
from comity.dispatch.outbound.seal import SALT_BYTES, header_of
from comity.dispatch.predecessors import Related
from comity.dispatch.states import Approval, Draft, Form, Labelled, Officer, Released, Withheld
from comity.policy.listed import listed_by
from comity.policy.verdict import Verdict
from comity.room.charter import KINDS, Charter, Person, in_force, room_origin
from comity.room.slot import Slot, note_slot, receipt_slot

DESK = "room"
"""The desk under which a release in a room is noted; the number is the person's in the charter."""
ASSERTION = "room-note"
"""What a person's signature over a note is made as."""
APPROVAL = "room-approval"


@dataclass(frozen=True, slots=True)
class Chamber:
    """One named person's machine: their keys, the papers of the room, and their own law.

    Attributes:
        office: accord, law, patterns, desk and randomness; its sealing keys and officers are not used.
        charters: all editions, oldest first, verified.
        number: the person's, in the charter of our side.
        seal, signs: the person's private keys.
    """

    office: Office
    charters: tuple[Charter, ...]
    number: int
    seal: SealingKey
    signs: RootKeys

    def charter(self, now: Ms) -> Charter:
        """Return the edition in force."""
        return in_force(self.charters, now)

    def me(self, now: Ms) -> tuple[Charter, Person]:
        """Return the edition in force and our place in it.

        Raises:
            BadForm: we are no longer named, or the room has ended.
        """
        charter = self.charter(now)
        person = charter.side(self.office.us).person(self.number)
        if charter.ended or person is None or person.kid not in charter.kids:
            raise BadForm("the charter in force does not name you, or has ended; nothing was made")
        return charter, person


@dataclass(frozen=True, slots=True)
class Written:
    """A note that is ready for the room's process; `salt` and `record` stay with the person, for their own reviewer."""

    id: DispatchId
    slot: Slot
    verdict: Verdict
    redactions: tuple[str, ...]
    salt: bytes
    record: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """What a draft keeps from one try to the next, so that what was approved is what leaves."""

    id: DispatchId
    created: Ms


def write_note(
    form: Form,
    chamber: Chamber,
    now: Ms,
    *,
    question: wire.Header | None = None,
    begun: Begun | None = None,
    approvals: Sequence[bytes] = (),
) -> tuple[Written | Withheld, Begun]:
    """Take a form through compose, label, clear and release, and seal it to the named persons.

    Args:
        form: of one of the five kinds of a room.
        chamber: whose machine this is.
        now: the time of the note.
        question: header of the note that this one answers.
        begun: of an earlier try of the same draft.
        approvals: signed by other named persons of our side (`approve`).

    Raises:
        BadForm: the form does not fit, an approval does not stand, or the note is too long for the room's places.
    """
    charter, me = chamber.me(now)
    labelled, begun = _labelled(form, chamber, now, question, begun)
    found = tuple(read_approval(one, charter, chamber) for one in approvals)
    cleared = clear(replace(labelled, approvals=_by_others(found, me)), chamber.office, now)
    if isinstance(cleared, Withheld):
        return cleared, begun
    released = Released(cleared, Officer(DESK, me.number), min(me.roles) if me.roles else "officer")
    return _seal(released, charter, chamber, now), begun


def approve(
    form: Form, chamber: Chamber, now: Ms, *, role: str, begun: Begun, question: wire.Header | None = None
) -> tuple[bytes, Withheld | None]:
    """Sign our approval of a draft that another named person of our side wrote; we ask the same law and see the same text.

    Raises:
        BadForm: the charter does not give us that role, or there is nothing to approve.
    """
    _, me = chamber.me(now)
    if role not in me.roles:
        raise BadForm(f"the charter does not name you as {role}; nothing was approved")
    labelled, _ = _labelled(form, chamber, now, question, begun)
    outcome = clear(labelled, chamber.office, now)
    if not isinstance(outcome, Withheld) or outcome.subject is None:
        raise BadForm("this draft waits for no approval; nothing was approved")
    payload = cbor.encode((APPROVAL, outcome.subject, role, me.number))
    return sign_instrument(payload, APPROVAL, chamber.signs), outcome


def read_approval(signed: bytes, charter: Charter, chamber: Chamber) -> Approval:
    """Read an approval and check that a named person of our side who has the role signed it.

    Raises:
        BadForm: it does not stand.
    """
    side = charter.side(chamber.office.us)
    for person in side.persons:
        try:
            payload = verify_instrument(signed, APPROVAL, person.author())
        except (BadEnvelope, BadSignature):
            continue
        match cbor.decode(payload):
            case [str(kind), bytes(subject), str(role), int(number)] if (
                kind == APPROVAL and number == person.number and role in person.roles
            ):
                return Approval(Digest(subject), role, Officer(DESK, number), person.agency)
            case _:
                continue
    raise BadForm("an approval that no named person of this side signed in a role that the charter gives them")


def write_receipt(
    leaf: tuple[LeafIndex, DispatchLeaf],
    outcome: tuple[Fact, str | None],
    chamber: Chamber,
    now: Ms,
    *,
    decided: Digest,
) -> Slot:
    """Make the receipt of a note of the other side: that we read it, or that our law does not admit it.

    Args:
        leaf: its index in the other side's log, and its leaf.
        outcome: `SEEN` and None, or `REFUSED` and one outward code.
        chamber: whose machine this is.
        now: the time.
        decided: hash of our decision record.
    """
    charter, me = chamber.me(now)
    index, entry = leaf
    position = charter.side(chamber.office.us).persons.index(me)
    made = ReceiptLeaf(index, entry.id, entry.sealed, outcome[0], outcome[1], position, decided)
    origin = room_origin(chamber.office.us, charter.number)
    return receipt_slot(made, origin, charter, chamber.office.accord.edition, chamber.office.entropy)


def _labelled(
    form: Form, chamber: Chamber, now: Ms, question: wire.Header | None, begun: Begun | None
) -> tuple[Labelled, Begun]:
    if form.kind not in KINDS:
        raise BadForm(f"a room has the kinds {', '.join(KINDS)} only; nothing was made")
    draft = compose(form, Related((), question), chamber.office, begun.created if begun else now)
    begun = begun or Begun(draft.id, draft.created)
    draft = _again(draft, begun)
    listed = listed_by(draft.facts.names, chamber.office.listed, now)
    return replace(label(draft, chamber.office), listed_by=listed), begun


def _again(draft: Draft, begun: Begun) -> Draft:
    return replace(draft, id=begun.id, created=begun.created, not_before=None, fresh=False)


def _by_others(approvals: Sequence[Approval], me: Person) -> tuple[Approval, ...]:
    """Return one approval of each other person: nobody approves what they let go themselves."""
    return tuple({one.by.number: one for one in approvals if one.by.number != me.number}.values())


def _seal(released: Released, charter: Charter, chamber: Chamber, now: Ms) -> Written:
    office, draft = chamber.office, released.cleared.labelled.draft
    persons = [(one.kid, one.sealing()) for one in charter.persons]
    contents = (
        wire.encode_header(header_of(released, office)),
        released.cleared.body,
        wire.encode_attachments(()),
        b"",
    )
    parts = wire.salted(contents, office.entropy)
    signed = sign_instrument(wire.author_digest(parts), ASSERTION, chamber.signs)
    whole = (*parts[:3], wire.Part(parts[3].salt, signed))
    plain, _ = wire.encode_plain(whole, recipients=len(persons), buckets=(charter.bucket,))
    aad = wire.seal_aad(office.us, office.peer, draft.id, office.accord_digest)
    sealed = encrypt(plain, recipients=persons, aad=aad, entropy=office.entropy)
    salt, record = office.entropy.draw(SALT_BYTES), decision.sending(released, now)
    entry = DispatchLeaf(
        id=draft.id,
        lane=draft.lane,
        edition=office.accord.edition,
        commit=wire.commit_of(whole),
        sealed=sha256(sealed),
        size=len(sealed),
        decision=decision_hash(salt, record),
    )
    origin = room_origin(office.us, charter.number)
    slot = note_slot(entry, sealed, origin, charter, office.entropy)
    return Written(draft.id, slot, released.cleared.verdict, released.cleared.label.redactions, salt, record)
