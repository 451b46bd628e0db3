"""A restricted room beside a world's traffic: two keepers over failing stores, with losses, restarts and a store put back.

The rule it keeps: persons leave their items in a tray until they are co-signed, as they do; so after healing each stands in its log
exactly once, both logs are whole on both sides, and no honest room is ever accused of a fork.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TypeVar

from comity.base.errors import ComityError, StoreError
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms, NodeName
from comity.crypto.keys import CosignerKeys, LogKeys, RootKeys, SealingKey, cose_key
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import Accord, OpenDesk, Party, encode_accord
from comity.dispatch.book import LogRole, entries_between, log_row
from comity.dispatch.columns import int_of
from comity.dispatch.exchange_codec import decode_problem
from comity.dispatch.keylist import KeyPair
from comity.dispatch.ports import Row, Scalar, Tx
from comity.node.link import LinkState
from comity.node.logfiles import newest_checkpoint
from comity.node.taken import Problem
from comity.room.charter import KIND, KINDS, Charter, Person, Side, encode_charter, room_origin
from comity.room.keeper import Keeper, RoomKeys, place_of_log, wants
from comity.room.slot import Slot, cover_slot
from comity.sim.agenda import Agenda
from comity.sim.chance import Chance, SeededEntropy
from comity.sim.disk import Crashed, FailingStore, MakeDisk
from comity.sim.exercise import NAMES, START_MS
from comity.sim.faults import MINUTE_MS, Fault, Injected, Plan
from comity.sim.ruled import Invariant, ensure

Steps = tuple[tuple[int, str], ...]
"""The numbered steps of the tables of a room."""
OWNER = "room"
SLOT_MS = 10 * MINUTE_MS
ITEMS = 2
"""That persons of each side leave."""
_NUMBER = 1
_BUCKET = 16_384
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class _Papers:
    accord: bytes
    edition: int
    charter: Charter
    signed: bytes
    keys: tuple[RoomKeys, RoomKeys]


@cache
def _papers() -> _Papers:
    """Return accord, charter and keys; one named person a side."""
    entropy = SeededEntropy("room")
    roots = [RootKeys.generate(entropy) for _ in NAMES]
    keys = tuple(RoomKeys(LogKeys.generate(entropy), CosignerKeys.generate(entropy)) for _ in NAMES)
    parties = tuple(Party(name, "ZZ", root.public().cose_keys, ()) for name, root in zip(NAMES, roots, strict=True))
    agreed = Accord("room", 1, None, (parties[0], parties[1]), (OpenDesk("requests", KINDS),), (), (), (), Ms(0))
    accord = _both(encode_accord(agreed), "accord", roots)
    sides = tuple(_side(number, name, keys[number], entropy) for number, name in enumerate(NAMES))
    charter = Charter(
        number=_NUMBER,
        edition=1,
        prev=None,
        accord=Digest(sha256(accord)),
        title="exercise",
        slot_ms=SLOT_MS,
        bucket=_BUCKET,
        sides=(sides[0], sides[1]),
        begins=Ms(0),
    )
    return _Papers(accord, agreed.edition, charter, _both(encode_charter(charter), KIND, roots), (keys[0], keys[1]))


def _both(payload: bytes, kind: str, roots: list[RootKeys]) -> bytes:
    return add_signatures(sign_instrument(payload, kind, roots[0]), kind, roots[1])


def _side(number: int, name: NodeName, keys: RoomKeys, entropy: SeededEntropy) -> Side:
    seal, signs = SealingKey.generate(entropy), RootKeys.generate(entropy)
    person = Person(number + 1, "agency", (), cose_key(seal.public()), signs.public().cose_keys)
    log, cosigner = keys.log.public().cose_keys, keys.cosigner.public().cose_keys
    return Side(name, KeyPair(_NUMBER, *log), KeyPair(1, *cosigner), (), (person,))


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    is_problem: bool


@dataclass(slots=True)
class _Room:
    """One side: its store, the running keeper or None, the items in its tray, an older image of its store."""

    number: int
    store: FailingStore
    entropy: SeededEntropy
    tray: list[Slot] = field(default_factory=list)
    keeper: Keeper | None = None
    image: bytes | None = None


class RoomBeside:
    """Both sides of one room of one world.

    Args:
        world: its name, for chance.
        agenda: the virtual clock.
        plan: what goes wrong; network, disk, one put-back.
        injected: where faults are counted.
        make_disk: makes stores.
        steps: of the room's tables.
        keeper: the class of both keepers; tests plant faults here.
    """

    def __init__(  # noqa: PLR0917  what a world gives
        self,
        world: str,
        agenda: Agenda,
        plan: Plan,
        injected: Injected,
        make_disk: MakeDisk,
        steps: Steps,
        keeper: type[Keeper] = Keeper,
    ) -> None:
        self._agenda, self._plan, self._injected, self._steps = agenda, plan, injected, steps
        self._type = keeper
        self._make_disk, self._chance = make_disk, Chance(f"{world}/room")
        self._papers = _papers()
        self.healed = False
        self.sides = (self._room(world, 0), self._room(world, 1))
        agenda.after(0, self._turn)
        for side, copied, put_back in plan.put_backs[:1]:
            agenda.after(copied, partial(self._copy, self.sides[side]))
            agenda.after(put_back, partial(self._put_back, self.sides[side]))

    def _room(self, world: str, number: int) -> _Room:
        disk = self._make_disk(((OWNER, self._steps),))
        store = FailingStore(disk, self._chance.branch(f"disk {number}"), self._plan, self._injected)
        made = _Room(number, store, SeededEntropy(f"{world} room {number}"))
        origin = room_origin(NAMES[number], _NUMBER)
        for _ in range(ITEMS):
            item = cover_slot(origin, self._papers.charter, self._papers.edition, made.entropy)
            self._agenda.after(self._chance.number(0, self._plan.work_ms), partial(made.tray.append, item))
        return made

    def heal(self) -> None:
        """Let nothing go wrong from now on."""
        self.healed = True
        for room in self.sides:
            room.store.healed = True

    # --- what happens ------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """One slot: both sides take their tray in, turn, and call each other; until the healed room is settled."""
        now = Ms(self._agenda.now)
        for room in self.sides:
            for item in room.tray:
                self._try(room, partial(_hand_in, item=item, now=now))
            self._try(room, lambda keeper: keeper.turn(now))
        for caller in self.sides:
            self._exchange(caller, self.sides[1 - caller.number], now)
        if not (self.healed and not self.behind()):
            self._agenda.after(SLOT_MS, self._turn)

    def _exchange(self, caller: _Room, called: _Room, now: Ms) -> None:
        """One request and its answer, as the process has them: what is not taken is answered with a problem."""
        asked = self._try(caller, lambda keeper: keeper.speak(now))
        answer: _Answer | None = None
        for letter in self._carried(asked):
            answer = self._try(called, partial(_answer, letter=letter, now=now))
        for one in self._carried(answer):
            self._try(caller, partial(_hear, answer=one, now=now))
        self._recover(caller, called, now)

    def _recover(self, room: _Room, other: _Room, now: Ms) -> None:
        """Fetch from the other side what a put-back store lost, as the process does."""
        if self._parted():
            return
        with other.store.read() as tx:
            head, size = newest_checkpoint(tx, LogRole.THEIRS), log_row(tx, LogRole.THEIRS)
            start = room.keeper.lost.start if room.keeper is not None and room.keeper.lost is not None else None
            if start is not None and head is not None and size is not None:
                entries = list(entries_between(tx, LogRole.THEIRS, start, head[0]))
                self._try(room, lambda keeper: keeper.restore(head[1], entries, now))
            for index in self._try(room, lambda keeper: keeper.gaps()) or ():
                data = place_of_log(tx, LogRole.THEIRS, index)
                if data is not None:
                    self._try(room, partial(_mend, index=index, data=data))

    def _carried(self, letter: _R | None) -> tuple[_R, ...]:
        if letter is None or self._parted():
            return ()
        if not self.healed and self._chance.hit(self._plan.lose):
            self._injected.note(Fault.LOST)
            return ()
        if not self.healed and self._chance.hit(self._plan.repeat):
            self._injected.note(Fault.REPEATED)
            return (letter, letter)
        return (letter,)

    def _parted(self) -> bool:
        since = self._agenda.now - START_MS
        return not self.healed and any(start <= since < end for start, end in self._plan.partings)

    def _copy(self, room: _Room) -> None:
        room.image = room.store.image()

    def _put_back(self, room: _Room) -> None:
        """Put an older store back; what lies in the tray is more than its items that are co-signed now."""
        if room.image is None or self.healed:
            return
        self._injected.note(Fault.PUT_BACK)
        room.store.put_back(self._make_disk(((OWNER, self._steps),), room.image))
        room.keeper = None

    def _try(self, room: _Room, act: Callable[[Keeper], _R]) -> _R | None:
        """Do something with a side's keeper, started anew where it fell; what a failing disk does is the next slot's."""
        try:
            if room.keeper is None:
                keys = self._papers.keys[room.number]
                papers = (self._papers.accord, (self._papers.signed,))
                name = NAMES[room.number]
                room.keeper = self._type(name, papers, keys, room.store, room.entropy, now=Ms(self._agenda.now))
            return act(room.keeper)
        except Crashed:
            room.keeper = None
        except Problem as problem:
            ensure(problem.code != "broken", Invariant.ROOM_FORKED, room.number, str(problem))
        except StoreError:
            room.keeper = None  # whether it was stored is not known: the process starts anew and asks
        except ComityError as error:
            ensure(good=False, invariant=Invariant.STUCK, side=room.number, detail=f"the room: {error}")
        return None

    # --- looking -----------------------------------------------------------------------------------------------

    def behind(self) -> str:
        """Say what is not settled, or ""; a log that differs from its mirror, or an item twice, is a broken world."""
        found = [self._behind(room, self.sides[1 - room.number]) for room in self.sides]
        return "; ".join(one for one in found if one)

    def _behind(self, room: _Room, other: _Room) -> str:
        with room.store.read() as tx, other.store.read() as there:
            if not tx.rows("SELECT 1 FROM log") or not there.rows("SELECT 1 FROM log"):
                return "a room has not begun"
            log, mirror = log_row(tx, LogRole.OURS), log_row(there, LogRole.THEIRS)
            assert log is not None
            assert mirror is not None
            ours, theirs = (
                entries_between(tx, LogRole.OURS, 0, log.size),
                entries_between(there, LogRole.THEIRS, 0, mirror.size),
            )
            short = min(log.size, mirror.size)
            ensure(ours[:short] == theirs[:short], Invariant.ROOM_FORKED, room.number, "its mirror is another log")
            ensure(not tx.rows("SELECT 1 FROM evidence"), Invariant.ROOM_FORKED, room.number, "it accuses the other")
            for item in room.tray:
                ensure(ours.count(item.leaf) <= 1, Invariant.ROOM_NOTE, room.number, "a note stands twice")
            waits = [item for item in room.tray if item.leaf not in ours[: log.cosigned_size]]
            state = room.keeper.link().state if room.keeper is not None else LinkState.RECOVERING
            settled = not waits and state is LinkState.UP and not wants(tx) and len(room.tray) == ITEMS
            return (
                ""
                if settled and self._same(tx, there)
                else f"the room of side {room.number} is {state}, with {len(waits)} notes to come"
            )

    def _same(self, tx: Tx, there: Tx) -> bool:
        """Say whether the other side has the same bytes behind our leaves, below what it co-signed."""
        statement = "SELECT idx, opening, behind FROM room_place WHERE role = ? ORDER BY idx"
        mine, far = _by_index(tx.rows(statement, (LogRole.OURS,))), _by_index(there.rows(statement, (LogRole.THEIRS,)))
        return all(mine.get(index) == parts for index, parts in far.items())


def _hand_in(keeper: Keeper, item: Slot, now: Ms) -> None:
    keeper.hand_in(item, now)


def _answer(keeper: Keeper, letter: bytes, now: Ms) -> _Answer:
    try:
        keeper.take(letter, now)
    except Problem as problem:
        if problem.code == "broken":
            raise
        return _Answer(keeper.problem_bytes(problem), is_problem=True)
    return _Answer(keeper.speak(now), is_problem=False)


def _hear(keeper: Keeper, answer: _Answer, now: Ms) -> None:
    if answer.is_problem:
        keeper.take_problem(decode_problem(answer.body))
    else:
        keeper.take(answer.body, now)


def _mend(keeper: Keeper, index: LeafIndex, data: bytes) -> None:
    keeper.mend(index, data)


def _by_index(rows: list[Row]) -> dict[int, tuple[Scalar, ...]]:
    return {int_of(row[0]): tuple(row[1:]) for row in rows}
