"""A room between two invented parties: real keys, charters, stores and exchange bytes, four persons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import RootKeys, SealingKey, cose_key
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import Accord, OpenDesk, Party, encode_accord
from comity.dispatch.keylist import KeyPair
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.node.taken import Problem
from comity.room.charter import KIND, KINDS, Charter, Person, Side, encode_charter
from comity.room.keeper import Keeper, RoomKeys
from tests.unit.node.world import SCHEMA, START, A, B, Half, Seeded

ROOM_SCHEMA = (Path(__file__).parents[3] / "src/comity/room/schema/0001_room.sql").read_text(encoding="utf-8")
SLOT_MS = 600_000
BUCKET = 16_384


@dataclass
class Named:
    """A named person with both private keys."""

    number: int
    agency: str
    roles: tuple[str, ...]
    seal: SealingKey
    signs: RootKeys

    @property
    def person(self) -> Person:
        return Person(
            self.number, self.agency, self.roles, cose_key(self.seal.public()), self.signs.public().cose_keys
        )


def named(seed: str, number: int, agency: str, *roles: str) -> Named:
    e = Seeded(seed)
    return Named(number, agency, roles, SealingKey.generate(e), RootKeys.generate(e))


@dataclass
class World:
    a: Half
    b: Half
    accord: bytes
    charters: list[bytes]
    charter: Charter
    persons: dict[str, Named]
    now: int = START

    def keeper(self, half: Half, store=None, seed: str = "") -> Keeper:
        keys = RoomKeys(half.log, half.cosigner)
        store = store or store_of()
        keeper = Keeper(half.name, (self.accord, self.charters), keys, store, Seeded(f"{half.name}{seed}"), now=self.now)
        keeper.store = store
        return keeper

    def pair(self) -> tuple[Keeper, Keeper]:
        one, two = self.keeper(self.a), self.keeper(self.b)
        talk(one, two, self.now)
        return one, two

    def next_edition(self, **changes) -> Charter:
        charter = replace(self.charter, edition=self.charter.edition + 1, prev=sha256(self.charters[-1]), **changes)
        self.charters.append(signed_charter(charter, self.a, self.b))
        self.charter = charter
        return charter


def store_of(path: str = ":memory:") -> SqliteStore:
    return SqliteStore(path, [Schema("node", ((1, SCHEMA),)), Schema("room", ((1, ROOM_SCHEMA),))])


def room_accord(a: Half, b: Half) -> bytes:
    parties = tuple(Party(h.name, "ZZ", h.root.public().cose_keys, ()) for h in (a, b))
    accord = Accord("test", 1, None, parties, (OpenDesk("requests", KINDS),), (), (), (), Ms(0))
    return add_signatures(sign_instrument(encode_accord(accord), "accord", a.root), "accord", b.root)


def signed_charter(charter: Charter, a: Half, b: Half) -> bytes:
    return add_signatures(sign_instrument(encode_charter(charter), KIND, a.root), KIND, b.root)


def side_of(half: Half, *persons: Named) -> Side:
    log, cosigner = half.log.public().cose_keys, half.cosigner.public().cose_keys
    return Side(half.name, KeyPair(1, *log), KeyPair(1, *cosigner), (), tuple(one.person for one in persons))


def make_world(**changes) -> World:
    a, b = Half.make(A), Half.make(B)
    accord = room_accord(a, b)
    persons = {
        "a1": named("a1", 11, "north", "officer"),
        "a2": named("a2", 12, "north", "release-authority"),
        "b1": named("b1", 21, "south", "officer"),
        "b2": named("b2", 22, "south", "release-authority"),
    }
    charter = Charter(
        number=1, edition=1, prev=None, accord=Digest(sha256(accord)), title="Matter R", slot_ms=SLOT_MS,
        bucket=BUCKET, sides=(side_of(a, persons["a1"], persons["a2"]), side_of(b, persons["b1"], persons["b2"])),
        begins=Ms(0), **changes,
    )  # fmt: skip
    return World(a, b, accord, [signed_charter(charter, a, b)], charter, persons)


def talk(caller: Keeper, called: Keeper, now: Ms) -> tuple[int, int]:
    """One exchange as over the wire; return the sizes of request and answer."""
    request = caller.speak(now)
    called.take(request, now)
    answer = called.speak(now)
    caller.take(answer, now)
    return len(request), len(answer)


def slot(one: Keeper, two: Keeper, now: int) -> tuple[int, int, int, int]:
    """One slot: both turn, each calls the other."""
    one.turn(Ms(now))
    two.turn(Ms(now))
    return *talk(one, two, Ms(now)), *talk(two, one, Ms(now + 1_000))


def refused(call, *arguments) -> str:
    try:
        call(*arguments)
    except Problem as problem:
        return problem.code
    raise AssertionError("it was taken")
