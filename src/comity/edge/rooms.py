"""A restricted room on the node's side: its folder, its papers, its store; all that lies there is ciphertext or public.

The rule it keeps: the folder holds the keys of the room's log and no key of any person. What the desks read of a room is
its agreed title, and only by `agenda`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from comity.base.errors import BadConfiguration, BadEnvelope, BadForm
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms, NodeName
from comity.crypto.keys import LogKeys
from comity.crypto.sign import add_signatures, sign_instrument, unverified_payload
from comity.dispatch.accord import Accord, verify_accord
from comity.dispatch.keylist import KeyPair
from comity.edge.config import Config
from comity.edge.entropy import SystemEntropy
from comity.edge.files import PUBLIC_FILE, make_private_folder, write_atomic
from comity.edge.keystore import KeyStore, RootStore
from comity.edge.opening import read_schema, signed_instruments
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.room.box import Box, make_box
from comity.room.charter import (
    KIND,
    Charter,
    Person,
    Side,
    encode_charter,
    unverified_charter,
    verify_charters,
)
from comity.room.keeper import Keeper, RoomKeys, hand_in
from comity.room.slot import Slot

_T = TypeVar("_T")
STORE = "room.db"
KEYS = "keys"
CARD = "side.json"


class SideCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one side tells the other of its room log: public keys as hex of their COSE_Keys, and where it is reached."""

    node: str
    room: int
    log: tuple[str, str]
    mirror: int
    cosigner: tuple[str, str]
    addresses: tuple[str, ...]


class PersonCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a named person tells their side: number, agency, roles, public keys as hex."""

    number: int
    agency: str
    roles: tuple[str, ...]
    seal: str
    signs: tuple[str, str]

    @staticmethod
    def of(person: Person) -> PersonCard:
        """Return the card of a person."""
        first, second = (key.hex() for key in person.signs)
        return PersonCard(person.number, person.agency, person.roles, person.seal.hex(), (first, second))

    def person(self) -> Person:
        """Return the person as the charter names them."""
        first, second = (bytes.fromhex(key) for key in self.signs)
        return Person(self.number, self.agency, self.roles, bytes.fromhex(self.seal), (first, second))


class RoomTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What both sides agree on before the room is open."""

    number: int
    title: str
    slot_ms: int = 600_000
    bucket: int = 65_536
    begins: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """A room that is ready to run: its keeper and its store, to be closed at the end."""

    keeper: Keeper
    store: SqliteStore


def room_folder(config: Config, number: int) -> Path:
    """Return the folder of a room below the node's."""
    return config.folder / f"room-{number}"


def prepare(config: Config, number: int, addresses: tuple[str, ...]) -> SideCard:
    """Make the folder and the log keys of a room, and return the card for the other side; made twice it is the same.

    Raises:
        BadConfiguration: the node has no keys yet, or others can enter its folder.
    """
    folder = room_folder(config, number)
    make_private_folder(folder)
    keys, path = KeyStore(folder / KEYS), folder / CARD
    if path.exists():
        return read_json(path, SideCard)
    keys.put_log(number, LogKeys.generate(SystemEntropy()))
    first, second = (key.hex() for key in keys.log(number).public().cose_keys)
    mirror, cosigner = 1, KeyStore(config.path(config.keys)).cosigner(1).public().cose_keys
    card = SideCard(config.node, number, (first, second), mirror, (cosigner[0].hex(), cosigner[1].hex()), addresses)
    write_atomic(path, card_bytes(card), mode=PUBLIC_FILE)
    return card


def make_charter(
    terms: RoomTerms,
    accord: bytes,
    sides: Sequence[SideCard],
    persons: Sequence[tuple[str, Path]],
    before: bytes | None,
) -> bytes:
    """Return an unsigned charter, or the next edition of one.

    Args:
        terms: what both agreed on.
        accord: the signed accord.
        sides: both cards.
        persons: (node, file of a person's card), up to four a side.
        before: the signed edition before, if there is one.

    Raises:
        BadForm: something does not fit; nothing was made.
    """
    agreed: Accord = verify_accord(accord)
    made = []
    for party in agreed.parties:
        card = next((one for one in sides if one.node == party.node and one.room == terms.number), None)
        if card is None:
            raise BadForm(f"there is no card of {party.node} for room {terms.number}; nothing was made")
        cards = [read_json(path, PersonCard).person() for node, path in persons if node == party.node]
        made.append(_side(card, tuple(sorted(cards, key=lambda one: one.number))))
    edition, prev = 1, None
    if before is not None:
        edition, prev = unverified_charter(before).edition + 1, Digest(sha256(before))
    charter = Charter(
        number=terms.number,
        edition=edition,
        prev=prev,
        accord=Digest(sha256(accord)),
        title=terms.title,
        slot_ms=terms.slot_ms,
        bucket=terms.bucket,
        sides=(made[0], made[1]),
        begins=Ms(terms.begins),
        ended=terms.ended,
    )
    return encode_charter(charter)


def sign_charter(data: bytes, root: Path) -> tuple[bytes, bool]:
    """Add one party's two signatures; return the charter and whether both have signed now."""
    keys = RootStore(root).root()
    try:
        unverified_payload(data)
    except BadEnvelope:
        return sign_instrument(data, KIND, keys), False
    return add_signatures(data, KIND, keys), True


def charters_in(folder: Path) -> tuple[bytes, ...]:
    """Return the signed editions in a room's folder, oldest first."""
    found = [path.read_bytes() for path in folder.glob("charter-*.cose")]
    return tuple(sorted(found, key=lambda one: unverified_charter(one).edition))


def install(config: Config, signed: bytes) -> Charter:
    """Put a signed edition of a charter into its room's folder, after checking that it follows what is there.

    Raises:
        BadSignature: it does not stand or does not follow; nothing was changed.
        BadConfiguration: the room was not prepared here.
    """
    accord = signed_instruments(config).accord
    charter = unverified_charter(signed)
    folder = room_folder(config, charter.number)
    if not (folder / CARD).exists():
        raise BadConfiguration(f"{folder} is not there; run `comity room prepare` first")
    there = [one for one in charters_in(folder) if one != signed]
    read = verify_charters([*there, signed], accord)
    write_atomic(folder / f"charter-{charter.edition}.cose", signed, mode=PUBLIC_FILE)
    return read[-1]


def open_room(config: Config, number: int, now: Ms) -> OpenRoom:
    """Open a room's log for its process.

    Raises:
        BadConfiguration: the room is not here, or has no signed charter.
        BadSignature, BadForm: papers or keys do not stand.
    """
    folder = _folder(config, number)
    signed, accord = charters_in(folder), signed_instruments(config).accord
    charter = verify_charters(signed, accord)[0]
    mirror = charter.side(config.name).cosigner.number
    keys = RoomKeys(KeyStore(folder / KEYS).log(number), KeyStore(config.path(config.keys)).cosigner(mirror))
    store = _store(folder)
    try:
        return OpenRoom(Keeper(config.name, (accord, signed), keys, store, SystemEntropy(), now=now), store)
    except BaseException:
        store.close()
        raise


def take_in(config: Config, number: int, slot: Slot, now: Ms) -> None:
    """Let a person's item wait for its slot, beside the running process.

    Raises:
        BadSeal, BadForm: it does not fit this room; nothing was kept.
    """
    folder = _folder(config, number)
    accord = signed_instruments(config).accord
    charters = verify_charters(charters_in(folder), accord)
    with open_store(config, number) as store, store.begin() as tx:
        hand_in(tx, slot, charters, verify_accord(accord).edition, now)


def box_of(config: Config, number: int, since: int) -> Box:
    """Return what a named person is handed: both logs and the places from `since` on."""
    papers = signed_instruments(config)
    with open_store(config, number) as store, store.read() as tx:
        made = make_box(tx, (config.name, papers.accord, papers.peer_keys), since)
    return replace(made, charters=charters_in(room_folder(config, number)))


@contextmanager
def open_store(config: Config, number: int) -> Iterator[SqliteStore]:
    """Open the store of a room beside its running process, and close it.

    Raises:
        BadConfiguration: the room is not here.
    """
    store = _store(_folder(config, number))
    try:
        yield store
    finally:
        store.close()


def agenda(folder: Path) -> tuple[tuple[int, str], ...]:
    """Return number and agreed title of each open room of a node: all that a list may show."""
    newest = [charters[-1] for charters in (charters_in(path) for path in sorted(folder.glob("room-*"))) if charters]
    return tuple((one.number, one.title) for one in map(unverified_charter, newest) if not one.ended)


def card_bytes(card: SideCard | PersonCard) -> bytes:
    """Return a card as it is written into a file."""
    return msgspec.json.format(msgspec.json.encode(card)) + b"\n"


def read_json(path: Path, kind: type[_T]) -> _T:
    """Read a card.

    Raises:
        BadForm: the file cannot be read or is none.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadForm(f"{path} could not be read ({error}); nothing was done") from error
    return card_of(data, str(path), kind)


def card_of(data: bytes, name: str, kind: type[_T]) -> _T:
    """Read a card from its bytes; `name` is what the error calls it.

    Raises:
        BadForm: it is none.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise BadForm(f"{name} could not be read ({error}); nothing was done") from error


def read_terms(path: Path) -> RoomTerms:
    """Read the terms of a room.

    Raises:
        BadForm: the file cannot be read, or a key is missing, unknown or ill-formed.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), RoomTerms)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadForm(f"{path} could not be read ({error}); nothing was done") from error


def _side(card: SideCard, persons: tuple[Person, ...]) -> Side:
    log, cosigner = (tuple(bytes.fromhex(key) for key in pair) for pair in (card.log, card.cosigner))
    return Side(
        NodeName(card.node),
        KeyPair(card.room, log[0], log[1]),
        KeyPair(card.mirror, cosigner[0], cosigner[1]),
        card.addresses,
        persons,
    )


def _folder(config: Config, number: int) -> Path:
    folder = room_folder(config, number)
    if not charters_in(folder):
        raise BadConfiguration(
            f"{folder} holds no signed charter; run `comity room prepare`, `open` and `install` first"
        )
    return folder


def _store(folder: Path) -> SqliteStore:
    schemas = [Schema("node", read_schema("comity.node")), Schema("room", read_schema("comity.room"))]
    return SqliteStore(folder / STORE, schemas)
