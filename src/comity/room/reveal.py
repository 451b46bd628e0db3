"""A proof that a note is the note of its day, for one named third person: nothing else of the room is opened by it.

The rule it keeps: whoever has the accord in force needs nothing else to check it: not a node, not a network, not us. It
shows that this content was committed by that side between two acts of the other, and whose key signed it; not that it
is true.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.entropy import Entropy
from comity.base.errors import BadEnvelope, BadForm, BadProof, BadSignature
from comity.base.ids import Digest, LeafIndex, NodeName
from comity.crypto.keys import SealingKey, SealingPublic, cose_key, key_id
from comity.crypto.seal import seal, unseal
from comity.crypto.sign import sign_instrument, unverified_payload, verify_instrument
from comity.dispatch import wire
from comity.dispatch.entries import BlindLeaf, DispatchLeaf, blind_commit, decode_entry, encode_entry
from comity.policy.question import Act, Outside
from comity.policy.verdict import Verdict
from comity.room.box import CheckedLog
from comity.room.charter import (
    Charter,
    Person,
    cosigner_verifier,
    log_verifier,
    room_origin,
    verify_charters,
)
from comity.room.reading import Note, Read, check_parts
from comity.room.writing import Chamber
from comity.tlog.checkpoint import CosignedHead, verify_cosigned_head
from comity.tlog.proof import TlogProof, format_proof, parse_proof, verify_proof
from comity.tlog.tree import consistency_proof, inclusion_proof, verify_consistency

REVEAL = "comity/room-reveal/1"
SEALED = "comity/room-reveal-sealed/1"
KIND = "room-reveal"
_AAD = cbor.encode((SEALED,))


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a proof shows once it is verified.

    Attributes:
        room, title: of the charter.
        sender: the side in whose log it stands.
        index: there.
        header: of the note.
        body: its bytes.
        author: the named person whose key signed it.
        after: seconds: the other side co-signed a head of this log that did not reach so far; 0: it was among the first.
        before: seconds: the other side co-signed a head that covers it.
        for_whom: the third person's name or office, as the one who opened it wrote it.
        by: the named person who opened it.
    """

    room: int
    title: str
    sender: NodeName
    index: LeafIndex
    header: wire.Header
    body: bytes
    author: Person
    after: int
    before: int
    for_whom: str
    by: Person


def asks_law(note: Note, chamber: Chamber, now: int) -> Verdict | None:
    """Ask our law whether a note of the other side may be shown outside; None for a note of our own, which is ours to show."""
    if note.question is None:
        return None
    question = replace(note.question, act=Act.EXPORT, outside=Outside.PERSON)
    return chamber.office.gate.decide(question, wire.ms(now, "now"))


def reveal(
    read: Read, log: CheckedLog, chamber: Chamber, papers: tuple[bytes, tuple[bytes, ...]], for_whom: str
) -> bytes:
    """Return the proof of one note, signed by the named person who opens it.

    Args:
        read: the note, as read from a verified log.
        log: that log.
        chamber: of the person who opens it.
        papers: the signed accord and all editions of the charter.
        for_whom: name or office of the third person; it stands in the proof.

    Raises:
        BadForm: there is no note, nobody is named, or no co-signed head covers it yet.
    """
    if read.note is None or not for_whom.strip():
        raise BadForm("name the note that is to be shown and the person to whom; nothing was made")
    covering = next((one for one in log.heads if one.head.checkpoint.size > read.index), None)
    if covering is None:
        raise BadForm("the other side has not co-signed this leaf yet; try again after the next slot")
    earlier = next((one for one in reversed(log.heads) if 0 < one.head.checkpoint.size <= read.index), None)
    size = covering.head.checkpoint.size
    path = tuple(inclusion_proof(log.tiles, read.index, size))
    proof = format_proof(TlogProof(read.index, path, covering.note))
    before: Value = None
    if earlier is not None:
        steps = consistency_proof(log.tiles, earlier.head.checkpoint.size, size)
        before = (earlier.note.encode(), steps)
    payload = cbor.encode(
        (
            REVEAL,
            *papers,
            chamber.office.us if read.ours else chamber.office.peer,
            (read.salt, read.raw),
            [(part.salt, part.content) for part in read.note.parts],
            proof.encode(),
            before,
            for_whom.strip(),
            (chamber.office.us, chamber.number),
        )
    )
    return sign_instrument(payload, KIND, chamber.signs)


def verify_reveal(data: bytes, accord: bytes | None = None) -> Revealed:
    """Check a proof with nothing but itself; with the accord from a source one trusts it is checked against that one.

    Raises:
        BadSignature, BadProof, BadEnvelope, BadSeal: something does not hold; nothing of it is to be believed.
    """
    row = fields.row(cbor.decode(unverified_payload(data)), 10, "proof")
    fields.version(row[0], REVEAL, "proof version")
    own, signed = fields.octets(row[1], "accord"), fields.many(row[2], fields.octets, "charters", least=1)
    if accord is not None and own != accord:
        raise BadSignature("a proof under another accord than the one you gave; nothing of it is to be believed")
    charters = verify_charters(signed, own)
    sender = NodeName(fields.text(row[3], "sender"))
    by = _opener(row[9], charters)
    verify_instrument(data, KIND, by.author())
    salt, raw = (fields.octets(one, "opening") for one in fields.row(row[4], 2, "opening"))
    leaf = decode_entry(raw)
    if not isinstance(leaf, DispatchLeaf):
        raise BadProof("a proof of a leaf that is no note")
    index, after, before = _placed((row[6], row[7]), charters[0], sender, BlindLeaf(blind_commit(salt, raw)))
    parts = _parts(row[5])
    receiver = charters[0].other(sender).node
    header, author = check_parts(leaf, parts, (sender, receiver), charters, None)
    charter = charters[-1]
    who = fields.text(row[8], "for whom")
    return Revealed(
        charter.number, charter.title, sender, index, header, parts[1].content, author, after, before, who, by
    )


def _placed(
    shown: tuple[Value, Value], charter: Charter, sender: NodeName, leaf: BlindLeaf
) -> tuple[LeafIndex, int, int]:
    """Return the leaf's index, and the two acts of the other side between which it was made."""
    side = charter.side(sender)
    keys, witness = log_verifier(side, charter.number), cosigner_verifier(charter.other(sender))
    origin = room_origin(sender, charter.number)
    proof = parse_proof(fields.octets(shown[0], "proof").decode(errors="replace"))
    covering = verify_proof(proof, encode_entry(leaf), origin, (keys,), witness)
    if shown[1] is None:
        return LeafIndex(proof.index), 0, covering.cosigned.time
    note, steps = fields.row(shown[1], 2, "earlier head")
    text = fields.octets(note, "earlier head").decode(errors="replace")
    earlier = verify_cosigned_head(text, origin, (keys,), witness)
    _check_earlier(earlier, covering, proof.index, fields.many(steps, fields.digest, "steps"))
    return LeafIndex(proof.index), earlier.cosigned.time, covering.cosigned.time


def _check_earlier(earlier: CosignedHead, covering: CosignedHead, index: int, steps: tuple[Digest, ...]) -> None:
    small, large = earlier.head.checkpoint, covering.head.checkpoint
    if small.size > index:
        raise BadProof("an earlier head that covers the note already")
    verify_consistency(small.size, small.root, large.size, large.root, steps)


def _opener(value: Value, charters: tuple[Charter, ...]) -> Person:
    node, number = fields.row(value, 2, "who opened it")
    who = fields.text(node, "node"), fields.uint(number, "number")
    for charter in reversed(charters):
        found = next((one for one in charter.persons_of(who[0]) if one.number == who[1]), None)
        if found is not None:
            return found
    raise BadSignature("a proof that no named person of the room opened")


def _parts(value: Value) -> wire.Parts:
    rows = [fields.row(one, 2, "part") for one in fields.array(value, "parts", least=4, most=4)]
    header, body, attachments, author = (
        wire.Part(fields.sized(salt, wire.SALT, "salt"), fields.octets(content, "part")) for salt, content in rows
    )
    return header, body, attachments, author


# --- for one reader only -------------------------------------------------------------------------------------------


def seal_reveal(proof: bytes, reader: SealingPublic, entropy: Entropy) -> bytes:
    """Seal a proof to the third person's own key."""
    kid = key_id(cose_key(reader))
    return cbor.encode((SEALED, kid, seal(proof, recipients=[(kid, reader)], aad=_AAD, entropy=entropy)))


def open_reveal(data: bytes, key: SealingKey | None) -> bytes:
    """Return the proof in a file, opened with the reader's key if it is sealed.

    Raises:
        BadForm: it is sealed, and no key or another one was given.
        BadSeal: it does not open.
    """
    try:
        version, kid, sealed = fields.row(cbor.decode(data), 3, "sealed proof")
    except BadEnvelope:
        return data
    fields.version(version, SEALED, "sealed proof version")
    if key is None or key_id(cose_key(key.public())) != kid:
        raise BadForm("this proof is sealed to one person; open it with that person's key")
    return unseal(fields.octets(sealed, "sealed proof"), kid=fields.digest(kid, "key id"), private=key, aad=_AAD)
