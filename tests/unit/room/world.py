"""A room between two invented parties: real keys, charters, stores and exchange bytes, four persons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import RootKeys, SealingKey, cose_key
from comity.crypto.sign import add_signatures, sign_instrument
from comity.desks.requests.service import RequestsDesk
from comity.dispatch.accord import Accord, OpenDesk, Party, encode_accord, verify_accord
from comity.dispatch.keylist import KeyPair, verify_keylist
from comity.dispatch.office import Office
from comity.dispatch.states import Form
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import Urgency
from comity.node.taken import Problem
from comity.room.box import Box, check_log, make_box
from comity.room.charter import KIND, KINDS, Charter, Person, Side, encode_charter, verify_charters
from comity.room.keeper import Keeper, RoomKeys
from comity.room.reading import read_room
from comity.room.writing import Chamber, write_note
from tests.templates import store_with
from tests.unit.node.world import SCHEMA, START, A, B, Everyone, Half, Permits, Seeded

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
        return Person(self.number, self.agency, self.roles, cose_key(self.seal.public()), self.signs.public().cose_keys)


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
    drawn: int = 0

    def keeper(self, half: Half, store=None, seed: str = "") -> Keeper:
        keys = RoomKeys(half.log, half.cosigner)
        store = store or store_of()
        keeper = Keeper(
            half.name, (self.accord, self.charters), keys, store, Seeded(f"{half.name}{seed}"), now=self.now
        )
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
    return store_with((Schema("node", ((1, SCHEMA),)), Schema("room", ((1, ROOM_SCHEMA),))), path)


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


# --- persons -------------------------------------------------------------------------------------------------------


def office_of(world: World, us: Half, peer: Half, gate=None, seed: str = "office") -> Office:
    us.sign_keys()
    peer.sign_keys()
    keys = verify_keylist(peer.keys, peer.root.public())
    mine = world.charter.side(us.name)
    return Office(
        us=us.name, peer=peer.name, accord=verify_accord(world.accord), accord_digest=Digest(sha256(world.accord)),
        peer_keys=keys, sealing={}, seals={}, agencies=frozenset(one.agency for one in mine.persons),
        gate=gate or Permits(), patterns=(), desks={"requests": RequestsDesk((), "x")}, powers=Everyone(),
        entropy=Seeded(us.name + seed),
    )  # fmt: skip


def chamber(world: World, who: str, gate=None) -> Chamber:
    us, peer = (world.a, world.b) if who.startswith("a") else (world.b, world.a)
    one = world.persons[who]
    charters = verify_charters(world.charters, world.accord)
    world.drawn += 1
    return Chamber(
        office_of(world, us, peer, gate, seed=f"{who}{world.drawn}"), charters, one.number, one.seal, one.signs
    )


SECRET = "The pianist left by the garden gate at noon."


def form(text: str = SECRET, kind: str = "message", to: str = "south", agency: str = "north", **more) -> Form:
    return Form(
        desk="requests", kind=kind, agency=agency, role="officer", recipients=(to,),
        purpose=more.pop("purpose", "restricted-dialogue"), urgency=Urgency.NORMAL, workplan_item=None,
        workplan_reason="room", body={"text": text, **more.pop("body", {})}, **more,
    )  # fmt: skip


def say(world: World, keeper: Keeper, who: str, text: str = SECRET, **more):
    to, agency = ("south", "north") if who.startswith("a") else ("north", "south")
    written, _ = write_note(form(text, to=to, agency=agency, **more), chamber(world, who), Ms(world.now))
    keeper.hand_in(written.slot, Ms(world.now))
    return written


def box_of(world: World, keeper: Keeper, since: int = 0) -> Box:
    node = keeper.ours.node
    peer = world.b if node == A else world.a
    with keeper.ledger.read() as tx:
        return make_box(tx, (node, world.accord, peer.keys), since)


def logs_of(world: World, box: Box, now: int, seen=(None, None)):
    charters = verify_charters(box.charters, box.accord)
    return tuple(
        check_log(copy, box, charters, ours=ours, seen=before, now=Ms(now))
        for copy, ours, before in ((box.ours, True, seen[0]), (box.theirs, False, seen[1]))
    )


def read_as(world: World, who: str, keeper: Keeper, gate=None):
    ours, theirs = logs_of(world, box_of(world, keeper), world.now)
    return read_room(ours.slots, theirs.slots, chamber(world, who, gate), Ms(world.now))


def notes(read):
    return [one for one in read if one.note is not None]


def turn(world: World, one: Keeper, two: Keeper):
    world.now += SLOT_MS
    return slot(one, two, world.now)
