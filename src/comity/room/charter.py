"""The charter of a restricted room: who is in it, with which keys, at which rate its logs grow.

The rule it keeps: a room is open only by an instrument that the roots of both parties signed; a person is named by
agency and number, never by name. The keys of both logs stay through all editions; persons come and go by a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms, NodeName, Origin
from comity.crypto.keys import RootPublic, SealingPublic, key_id, read_cose_key
from comity.crypto.seal import BUCKETS
from comity.crypto.sign import LIMIT, unverified_payload, verify_instrument
from comity.dispatch.accord import Accord, verify_accord
from comity.dispatch.keylist import KeyPair
from comity.dispatch.wire import ms
from comity.node.assemble import cosigner_name
from comity.tlog.checkpoint import KeyRole, NoteVerifier

CHARTER: Final = "comity/room/1"
KIND: Final = "room"
"""What the roots sign it as."""
PERSONS: Final = 4
"""Most named persons of a side."""
KINDS: Final = ("answer", "message", "refusal", "rfi", "spontaneous")
"""Kinds that a room may hold."""  # spec: vocabulary.md 3
MIN_SLOT_MS: Final = 1_000
_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class Person:
    """One named person: the number that the side knows them by, their agency, what they may approve, their own keys.

    Attributes:
        number: of the officer, unique within the side.
        agency: for which they speak.
        roles: roles in which they may approve, such as the law asks for.
        seal: COSE_Key to which notes are sealed; the private half is nowhere but with the person.
        signs: the two COSE_Keys (Ed25519, ML-DSA-65) with which they sign what they write.
    """

    number: int
    agency: str
    roles: tuple[str, ...]
    seal: bytes
    signs: tuple[bytes, bytes]

    @property
    def kid(self) -> Digest:
        """Return the key id of the sealing key."""
        return key_id(self.seal)

    def sealing(self) -> SealingPublic:
        """Return the sealing key; BadEnvelope if it is another kind of key."""
        public = read_cose_key(self.seal)
        if not isinstance(public, SealingPublic):
            raise BadEnvelope("a person of a room whose sealing key is of another kind")
        return public

    def author(self) -> RootPublic:
        """Return the signing keys; BadEnvelope if they are of another kind."""
        return RootPublic.from_cose_keys(*self.signs)


@dataclass(frozen=True, slots=True)
class Side:
    """One party in the room: its node, the keys of its room log, those with which its border co-signs, where it is reached."""

    node: NodeName
    log: KeyPair
    cosigner: KeyPair
    address: tuple[str, ...]
    persons: tuple[Person, ...]

    def person(self, number: int) -> Person | None:
        """Return the person of this number, or None."""
        return next((one for one in self.persons if one.number == number), None)


@dataclass(frozen=True, slots=True)
class Charter:
    """One edition.

    Attributes:
        number: of the room; it stands in the names of both logs.
        edition: counted from 1.
        prev: SHA-256 of the signed edition before, or None.
        accord: SHA-256 of the signed accord under which it was opened.
        title: the agreed title, all that an agenda shows of the room.
        slot_ms: one leaf is added to each log in each such span, true or not.
        bucket: bytes of the sealed dispatch in each leaf's place.
        sides: the two parties, in the accord's order.
        begins: from when the edition is in force.
        ended: nothing is written any more; what is there stays provable.
    """

    number: int
    edition: int
    prev: Digest | None
    accord: Digest
    title: str
    slot_ms: int
    bucket: int
    sides: tuple[Side, Side]
    begins: Ms
    ended: bool = False

    def side(self, node: NodeName) -> Side:
        """Return the side of a node; BadForm if it is none of the two."""
        for one in self.sides:
            if one.node == node:
                return one
        raise BadForm("this node is no party of the room")

    def other(self, node: NodeName) -> Side:
        """Return the other side."""
        mine = self.side(node)
        return self.sides[1] if mine is self.sides[0] else self.sides[0]

    def persons_of(self, node: str) -> tuple[Person, ...]:
        """Return the persons of a node's side; none for another node."""
        return next((one.persons for one in self.sides if one.node == node), ())

    @property
    def persons(self) -> tuple[Person, ...]:
        """Return the persons of both sides, in the order in which notes are sealed to them."""
        return tuple(one for side in self.sides for one in side.persons)

    @property
    def kids(self) -> tuple[Digest, ...]:
        """Return their key ids in the same order."""
        return tuple(one.kid for one in self.persons)


def room_origin(node: NodeName, number: int) -> Origin:
    """Return the name of a party's log of a room."""  # spec: protocol.md 2
    return Origin(f"{node}/room/{number}")


def log_verifier(side: Side, number: int) -> NoteVerifier:
    """Return the public keys of the heads of a side's room log."""
    keys = side.log.log()
    raw = keys.ed25519.public_bytes_raw(), keys.ml_dsa.public_bytes_raw()
    return NoteVerifier.from_raw(KeyRole.LOG, room_origin(side.node, number), *raw)


def cosigner_verifier(side: Side) -> NoteVerifier:
    """Return the public keys with which a side's border co-signs the other's room log."""
    keys = side.cosigner.cosigner()
    raw = keys.ed25519.public_bytes_raw(), keys.ml_dsa.public_bytes_raw()
    return NoteVerifier.from_raw(KeyRole.COSIGNER, cosigner_name(side.node, side.cosigner.number), *raw)


def encode_charter(charter: Charter) -> bytes:
    """Return the payload that both roots sign.

    Raises:
        BadForm: more than four persons a side, two of one number or key, a size or rate that cannot be.
    """
    members: dict[int, Value] = {
        1: CHARTER,
        2: charter.number,
        3: charter.edition,
        4: charter.prev,
        5: charter.accord,
        6: charter.title,
        7: charter.slot_ms,
        8: charter.bucket,
        9: [_side_out(side) for side in charter.sides],
        10: charter.begins,
        11: charter.ended,
    }
    payload = cbor.encode(members)
    try:
        decode_charter(payload)
    except BadEnvelope as error:
        raise BadForm(f"a charter cannot be like this: {error}") from error
    return payload


def decode_charter(payload: bytes) -> Charter:
    """Read the payload of a charter; no signature is looked at.

    Raises:
        UnknownVersion: of another version.
        BadEnvelope: not canonical, another shape, or a bound that is passed.
    """
    m = fields.numbered(cbor.decode(payload, limit=LIMIT), _KEYS, "charter")
    fields.version(m[1], CHARTER, "charter version")
    first, second = fields.many(m[9], _side, "sides", least=2, most=2)
    charter = Charter(
        number=fields.uint(m[2], "room number"),
        edition=fields.uint(m[3], "edition"),
        prev=fields.maybe(m[4], fields.digest, "prev"),
        accord=fields.digest(m[5], "accord"),
        title=fields.text(m[6], "title"),
        slot_ms=fields.uint(m[7], "slot"),
        bucket=fields.uint(m[8], "bucket"),
        sides=(first, second),
        begins=ms(m[10], "begins"),
        ended=m[11] is True,
    )
    _check(charter)
    return charter


def verify_charter(signed: bytes, accord: bytes) -> Charter:
    """Read a signed charter after checking that both roots of the accord signed it, for the two parties of that accord.

    Args:
        signed: the COSE_Sign.
        accord: the signed accord; its own signatures are checked too.

    Raises:
        BadSignature: not exactly the four signatures, or another accord.
        BadEnvelope, UnknownVersion: as `decode_charter`.
    """
    agreed: Accord = verify_accord(accord)
    charter = decode_charter(verify_instrument(signed, KIND, *(party.root() for party in agreed.parties)))
    if charter.accord != sha256(accord) or [one.node for one in charter.sides] != [one.node for one in agreed.parties]:
        raise BadSignature("a charter of another accord or of other parties; the room is not open by it")
    return charter


def verify_charters(signed: Sequence[bytes], accord: bytes) -> tuple[Charter, ...]:
    """Read all editions of one room's charter, oldest first, each following the one before.

    Raises:
        BadSignature: one does not stand, or does not follow.
    """
    read = tuple(verify_charter(one, accord) for one in signed)
    if not read or read[0].prev is not None or read[0].edition != 1:
        raise BadSignature("the first edition of the room's charter is missing")
    for at in range(1, len(read)):
        why = _breaks(read[at], read[at - 1], sha256(signed[at - 1]))
        if why:
            raise BadSignature(f"an edition of the charter that does not follow: {why}")
    return read


def in_force(charters: Sequence[Charter], at: int) -> Charter:
    """Return the edition in force at a time; the first one before it begins."""
    return next((one for one in reversed(charters) if one.begins <= at), charters[0])


def unverified_charter(data: bytes) -> Charter:
    """Return what a charter says, signed or not: only to show it, or to add a signature."""
    try:
        payload = unverified_payload(data)
    except BadEnvelope:
        payload = data
    return decode_charter(payload)


def _breaks(charter: Charter, before: Charter, digest: Digest) -> str:
    if charter.edition != before.edition + 1 or charter.prev != digest or charter.begins < before.begins:
        return f"edition {charter.edition} after edition {before.edition}"
    if (charter.number, charter.title, charter.accord) != (before.number, before.title, before.accord):
        return "another room"
    if any(
        (new.log, new.cosigner.number, new.cosigner) != (old.log, old.cosigner.number, old.cosigner)
        for new, old in zip(charter.sides, before.sides, strict=True)
    ):
        return "the keys of a log stay for as long as the room does; open another room"
    return "nothing follows an edition that ends the room" if before.ended else ""


def _check(charter: Charter) -> None:
    persons = charter.persons
    numbers = [(side.node, one.number) for side in charter.sides for one in side.persons]
    good = (
        charter.bucket in BUCKETS[1:-1]
        and charter.slot_ms >= MIN_SLOT_MS
        and 0 < len(charter.title) <= _TITLE
        and charter.number > 0
        and len({one.kid for one in persons}) == len(persons)
        and len(set(numbers)) == len(numbers)
        and charter.sides[0].node != charter.sides[1].node
    )
    if not good:
        raise BadEnvelope("a charter with a size, rate, title or person that cannot be")
    for side in charter.sides:
        side.log.log()
        side.cosigner.cosigner()


_KEYS = frozenset(range(1, 12))


def _side_out(side: Side) -> Value:
    pairs = [(one.number, one.ed25519, one.ml_dsa) for one in (side.log, side.cosigner)]
    persons = [(one.number, one.agency, one.roles, one.seal, one.signs) for one in side.persons]
    return (side.node, *pairs, side.address, persons)


def _side(value: Value, what: str) -> Side:
    node, log, cosigner, address, persons = fields.row(value, 5, what)
    return Side(
        NodeName(fields.text(node, "node")),
        _pair(log, "room log"),
        _pair(cosigner, "co-signer"),
        fields.many(address, fields.text, "address"),
        fields.many(persons, read_person, "persons", least=1, most=PERSONS),
    )


def _pair(value: Value, what: str) -> KeyPair:
    number, ed25519, ml_dsa = fields.row(value, 3, what)
    return KeyPair(fields.uint(number, what), fields.octets(ed25519, what), fields.octets(ml_dsa, what))


def read_person(value: Value, what: str) -> Person:
    """Read one person's row: number, agency, roles, sealing key, signing keys."""
    number, agency, roles, seal, signs = fields.row(value, 5, what)
    first, second = fields.many(signs, fields.octets, "signing keys", least=2, most=2)
    person = Person(
        fields.uint(number, "number"),
        fields.text(agency, "agency"),
        fields.many(roles, fields.text, "roles"),
        fields.octets(seal, "sealing key"),
        (first, second),
    )
    person.sealing()
    person.author()
    return person
