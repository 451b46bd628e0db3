"""One place in a room's log: the blinded leaf, its opening, and what lies behind it, always of one size.

The rule it keeps: every leaf, true or cover, has an opening that the named persons can hold against its commitment, so
nothing can be put in its stead unseen; and all places of an edition have the same number of bytes.
"""  # spec: protocol.md 3, 8

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from comity.base import cbor, fields
from comity.base.entropy import Entropy
from comity.base.errors import BadEnvelope, BadForm, BadSeal
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, Origin
from comity.crypto.keys import SealingKey, SealingPublic
from comity.crypto.seal import pad_to_bucket, recipients, seal, unseal
from comity.dispatch.entries import (
    BlindLeaf,
    DispatchLeaf,
    Entry,
    ReceiptLeaf,
    blind_commit,
    decode_entry,
    encode_entry,
)
from comity.marking.labels import Lane
from comity.room.charter import Charter, room_origin

SALT = 32
_NOTHING = Digest(bytes(32))
ITEM = "comity/room-item/1"


@dataclass(frozen=True, slots=True)
class Slot:
    """What one leaf's place holds.

    Attributes:
        commit: of the blinded leaf.
        opening: COSE_Encrypt of [salt, entry] to the named persons.
        behind: the sealed dispatch if the entry is one, else as many bytes that hold nothing.
    """

    commit: Digest
    opening: bytes
    behind: bytes

    @property
    def leaf(self) -> bytes:
        """Return the entry that stands in the log."""
        return encode_entry(BlindLeaf(self.commit))

    @property
    def size(self) -> int:
        """Return the bytes of its opening and of what is behind it."""
        return len(self.opening) + len(self.behind)


class Found(StrEnum):
    """What a named person finds in a place."""

    TRUE = "true"
    COVER = "cover"
    ALTERED = "altered"
    """It is not what the leaf commits to: someone on the way changed it."""
    NOT_FOR_US = "not-for-us"
    """It was sealed to other persons than this one, such as before they came or after they left."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place as a named person reads it; `salt` and `entry` are there where the opening agrees with the leaf."""

    found: Found
    salt: bytes = b""
    raw: bytes = b""
    entry: Entry | None = None


def opening_aad(origin: Origin, charter: Charter) -> bytes:
    """Return the external data of an opening: the log, the room's accord and edition."""
    return cbor.encode(("comity/room-opening/1", origin, charter.accord, charter.edition))


def entry_size(charter: Charter, accord_edition: int) -> int:
    """Return the bytes of the entry of a note in this room; a cover has as many."""
    leaf = DispatchLeaf(
        DispatchId(bytes(16)), Lane.NORMAL, accord_edition, _NOTHING, _NOTHING, charter.bucket, _NOTHING
    )
    return len(encode_entry(leaf))


def place_of(raw: bytes, behind: bytes, origin: Origin, charter: Charter, entropy: Entropy) -> Slot:
    """Hide an entry, or random bytes in its stead, with what lies behind it."""
    salt = entropy.draw(SALT)
    plain = cbor.encode((salt, raw))
    opening = seal(plain, recipients=_persons(charter), aad=opening_aad(origin, charter), entropy=entropy)
    return Slot(blind_commit(salt, raw), opening, behind)


def note_slot(entry: DispatchLeaf, sealed: bytes, origin: Origin, charter: Charter, entropy: Entropy) -> Slot:
    """Hide a dispatch.

    Raises:
        BadForm: it does not have the room's size.
    """
    if len(sealed) != charter.bucket or entry.sealed != sha256(sealed):
        raise BadForm("a note of another size than the room's; nothing was made")
    return place_of(encode_entry(entry), sealed, origin, charter, entropy)


def receipt_slot(entry: ReceiptLeaf, origin: Origin, charter: Charter, accord_edition: int, entropy: Entropy) -> Slot:
    """Hide a receipt; what its entry is shorter than a note's, the bytes behind it are longer."""
    raw = encode_entry(entry)
    short = entry_size(charter, accord_edition) - len(raw)
    return place_of(raw, _nothing(charter, short, entropy), origin, charter, entropy)


def cover_slot(origin: Origin, charter: Charter, accord_edition: int, entropy: Entropy) -> Slot:
    """Make a place that holds nothing: its leaf commits to random bytes."""  # spec: protocol.md 8
    raw = entropy.draw(entry_size(charter, accord_edition))
    return place_of(raw, _nothing(charter, 0, entropy), origin, charter, entropy)


@lru_cache(maxsize=64)
def slot_size(charter: Charter, accord_edition: int) -> int:
    """Return the bytes that every place of this edition has."""
    cover = cover_slot(room_origin(charter.sides[0].node, charter.number), charter, accord_edition, _Zeros())
    return cover.size


def open_slot(slot: Slot, kid: Digest, key: SealingKey, origin: Origin, charter: Charter) -> Place:
    """Open a place with one person's key and hold it against the leaf."""
    try:
        if kid not in recipients(slot.opening):
            return Place(Found.NOT_FOR_US)
        plain = unseal(slot.opening, kid=kid, private=key, aad=opening_aad(origin, charter))
        salt, raw = fields.row(cbor.decode(plain), 2, "opening")
        salt, raw = fields.sized(salt, SALT, "salt"), fields.octets(raw, "entry")
    except (BadSeal, BadEnvelope):
        return Place(Found.ALTERED)
    if blind_commit(salt, raw) != slot.commit:
        return Place(Found.ALTERED)
    try:
        entry = decode_entry(raw)
    except BadEnvelope:
        return Place(Found.COVER, salt, raw)
    if isinstance(entry, DispatchLeaf) and sha256(slot.behind) != entry.sealed:
        return Place(Found.ALTERED, salt, raw, entry)
    return Place(Found.TRUE, salt, raw, entry)


def encode_item(slot: Slot) -> bytes:
    """Return what a person hands to the room's process: ciphertext and a commitment."""
    return cbor.encode((ITEM, slot.commit, slot.opening, slot.behind))


def decode_item(data: bytes) -> Slot:
    """Read an item.

    Raises:
        BadEnvelope: it is none.
    """
    version, commit, opening, behind = fields.row(cbor.decode(data), 4, "item")
    fields.version(version, ITEM, "item version")
    return Slot(fields.digest(commit, "commit"), fields.octets(opening, "opening"), fields.octets(behind, "behind"))


def check_slot(slot: Slot, charter: Charter, size: int) -> None:
    """Check what can be checked without a person's key: the size, and to whom the opening is sealed.

    Raises:
        BadSeal: it is not of this edition of the room.
    """
    if slot.size != size or recipients(slot.opening) != charter.kids:
        raise BadSeal("a place of a room of another size, or sealed to other persons than the charter names")


class _Zeros:
    def draw(self, size: int) -> bytes:
        """Return zeros: only a length is wanted."""
        return bytes(size)


def _persons(charter: Charter) -> list[tuple[Digest, SealingPublic]]:
    return [(one.kid, one.sealing()) for one in charter.persons]


def _nothing(charter: Charter, longer: int, entropy: Entropy) -> bytes:
    """Return a sealed nothing of the room's size, or some bytes longer."""
    keys = _persons(charter)
    _, pad = pad_to_bucket(0, len(keys), (charter.bucket,))
    return seal(cbor.encode(bytes(pad)) + bytes(longer), recipients=keys, aad=b"", entropy=entropy)
