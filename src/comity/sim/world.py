"""One simulated world: two whole nodes, their disks, their officers, the network between them, and a seed.

The rule it keeps: the same seed gives the same world, step by step; only signatures and encapsulations differ, which
draw randomness of their own and of which the trace says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from comity.base.errors import ComityError
from comity.dispatch.book import LogRole, LogRow, log_rows
from comity.dispatch.ports import Tx
from comity.dispatch.stops import LEAVING, WHOLE, read_stops
from comity.node.audit import audit
from comity.node.link import LinkState
from comity.node.linkrow import read_link
from comity.node.manifest import differences, make_manifest
from comity.node.node import Node
from comity.node.recovery import AHEAD_S
from comity.sim.agenda import Agenda
from comity.sim.amenders import Amenders
from comity.sim.chance import Chance, SeededEntropy
from comity.sim.disk import FailingStore, MakeDisk
from comity.sim.enders import Enders
from comity.sim.exercise import DESK, START_MS, ExerciseDesk, Locker, parties
from comity.sim.faults import HOUR_MS, MINUTE_MS, Fault, Injected, Plan, plan_of
from comity.sim.left import unasked
from comity.sim.office_work import Officers, tasks_of
from comity.sim.oldstore import OldStore
from comity.sim.post import Post
from comity.sim.room import RoomBeside, Steps
from comity.sim.ruled import Broken, Invariant, ensure
from comity.sim.station import Build, Station
from comity.sim.suspenders import Suspenders
from comity.sim.turning import KeyKeepers
from comity.sim.watch import Watch

IDLE_MS = 35 * MINUTE_MS
_LOOK_MS = 10_000
_OLD_STORE_RATE = 0.5
_OLD_STORE_ACTS = 12
_ROOM_RATE = 0.12
"""A room costs a fifth of its world; so many worlds have one."""
_IDLE_EXCHANGES = 2 * 2 * 5
"""Two sides, request and answer, at most this many heartbeats in the idle time."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a world is made.

    Attributes:
        seed: of all that happens in it.
        dispatches: how many forms officers hand in, on both sides together.
        plan: what goes wrong, None for what the seed says.
        node_types: the class of each side's node; tests plant faults here.
        watched: invariants are checked; not where one side lies.
        healing_ms: virtual time within which the healed world must have settled everything.
        room: the tables of a restricted room that stands beside the traffic in some worlds; none where it is empty.
        most_steps: events after which a world that has not come to rest never will.
    """

    seed: int
    dispatches: int = 30
    plan: Plan | None = None
    node_types: tuple[type[Node], type[Node]] = (Node, Node)
    watched: bool = True
    healing_ms: int = 8 * HOUR_MS
    most_steps: int = 25_000
    room: Steps = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one world.

    Attributes:
        seed: of the world.
        broken: the first invariant that did not hold, in words; None if all did.
        steps: how many events happened.
        dispatches: leaves of both logs that are dispatches.
        commits: transactions that were committed.
        faults: how many of each kind were injected.
        virtual_ms: how long it lasted by its own clock.
        trace: hash of all that happened.
    """

    seed: int
    broken: str | None
    steps: int
    dispatches: int
    commits: int
    faults: dict[str, int]
    virtual_ms: int
    trace: str


class World:
    """Two nodes and everything between and around them.

    Args:
        settings: how it is made.
        make_disk: makes the empty store of a side.
    """

    def __init__(self, settings: Settings, make_disk: MakeDisk) -> None:
        chance = Chance(f"world {settings.seed}")
        self.settings = settings
        plan = settings.plan or plan_of(chance.branch("plan"))
        # Where one side lies no store is put back: what a liar did before it recovered is no evidence any more.
        # Nor do keys change there: the stranger of the tests has the first key lists.
        self.plan = plan if settings.watched else replace(plan, put_backs=(), turns=(), amendments=(), ends=())
        self.agenda = Agenda(START_MS)
        self.injected = Injected()
        self._make_disk = make_disk
        self.stores = tuple(self._store(make_disk, chance, number) for number in (0, 1))
        first, second = self.stores
        self.lockers = (Locker.of(0), Locker.of(1))
        self.watch = Watch((first, second), lambda: self.agenda.now, self.lockers) if settings.watched else None
        self.post = Post(self.agenda, chance.branch("post"), self.plan, START_MS, self.injected)
        self.sides = (self._station(chance, 0), self._station(chance, 1))
        self.officers = tuple(
            Officers(station, self.agenda, chance.branch(f"officers {station.number}")) for station in self.sides
        )
        self.keepers = tuple(
            KeyKeepers(station, locker, self.agenda, forget=self.plan.forget)
            for station, locker in zip(self.sides, self.lockers, strict=True)
        )
        self.suspenders = tuple(Suspenders(station, self.agenda) for station in self.sides)
        self.amenders = tuple(
            Amenders(station, locker, self.agenda, chance.branch(f"amenders {station.number}"))
            for station, locker in zip(self.sides, self.lockers, strict=True)
        )
        self.enders = tuple(
            Enders(station, self.agenda, chance.branch(f"enders {station.number}")) for station in self.sides
        )
        self._intended = [0, 0]
        """Of each side, how much its people have not begun yet."""
        self._healed = False
        self._left_behind: tuple[list[tuple[int, int]], ...] = ([], [])
        """Of each side, when copies were made that an older one has overtaken."""
        self._ghosts = chance.branch("old stores")
        self.old_stores: list[OldStore] = []
        self.room = self._beside(chance)
        self._populate(chance)

    def _store(self, make_disk: MakeDisk, chance: Chance, number: int) -> FailingStore:
        disk = make_disk(((DESK, ExerciseDesk.schema),))
        store = FailingStore(disk, chance.branch(f"disk {number}"), self.plan, self.injected)
        if self.settings.watched:
            store.committed = lambda: self._check(number)
        return store

    def _beside(self, chance: Chance) -> RoomBeside | None:
        """Return the room of this world, if it has one."""
        if not self.settings.room or not chance.branch("room").hit(_ROOM_RATE):
            return None
        name = f"world {self.settings.seed}"
        return RoomBeside(name, self.agenda, self.plan, self.injected, self._make_disk, self.settings.room)

    def _check(self, number: int) -> None:
        if self.watch is not None:
            self.watch.check(number)

    def _station(self, chance: Chance, number: int) -> Station:
        known = parties()
        used = known.instruments(number)
        assembled = known.node(
            number, SeededEntropy(f"world {self.settings.seed} side {number}"), custodian=bool(self.plan.ends)
        )
        instruments = (used.our_keys, used.peer_keys, used.accord)
        locker = self.lockers[number]
        build = Build(assembled, instruments, self.settings.node_types[number], lambda: locker.ring)
        station = Station(
            number,
            build,
            self.stores[number],
            self.agenda,
            self.post,
            watch=self.watch,
            chance=chance.branch(f"station {number}"),
        )
        station.offset = self._offset(number)
        station.calls = number != self.plan.silent_side
        return station

    def _offset(self, number: int) -> Callable[[], int]:
        """Return how far a side's clock is off: always a little, and one of them far for a while."""

        def offset() -> int:
            far = self.plan.far
            since = self.agenda.now - START_MS
            is_far = far is not None and far[0] == number and not self._healed and far[1] <= since < far[2]
            return self.plan.skew[number] + (far[3] if far is not None and is_far else 0)

        return offset

    def _populate(self, chance: Chance) -> None:
        first, second = self.sides
        first.peer, second.peer = second, first
        kills = chance.branch("kills")
        for station, officers in zip(self.sides, self.officers, strict=True):
            self.agenda.after(0, station.rise)
            tasks = tasks_of(station.number, self.settings.dispatches // 2, chance.branch(f"tasks {station.number}"))
            officers.plan(tasks, START_MS + 1_000, START_MS + self.plan.work_ms)
            for _ in range(self.plan.kills):
                self.agenda.after(kills.number(0, self.plan.work_ms), partial(self._kill, station))
        for station, keepers in zip(self.sides, self.keepers, strict=True):
            station.out_of_keys = partial(keepers.change, log=False, mirror=True)
        for side, copied, put_back in self.plan.put_backs:
            self.agenda.after(copied, partial(self._copy, self.sides[side], put_back))
        for side, at, log, mirror in self.plan.turns:
            self._intend(side, at, partial(self.keepers[side].change, log=log, mirror=mirror))
        for side, start, end, alone in self.plan.suspensions:
            scope = DESK if alone else WHOLE
            self._intend(side, start, partial(self._suspend, self.suspenders[side], scope))
            self._intend(side, end, partial(self.suspenders[side].want, scope, stopped=False))
        for side, at in self.plan.amendments:
            self._intend(side, at, partial(self._amend, self.amenders[side]))
        for side, at in self.plan.ends:
            self._intend(side, at, partial(self._end, self.enders[side]))
        if self.plan.far is not None:
            self.injected.note(Fault.CLOCK_FAR)

    def _intend(self, side: int, at: int, act: Callable[[], None]) -> None:
        """Enter what people of a side will do at a time since the start; the world does not rest before they have begun.

        What they do writes leaves, and a node cannot know of it: it may have settled everything, and be idle, until then.
        """
        self._intended[side] += 1

        def begin() -> None:
            self._intended[side] -= 1
            act()

        self.agenda.after(at, begin)

    def _suspend(self, people: Suspenders, scope: str) -> None:
        self.injected.note(Fault.SUSPENDED)
        people.want(scope, stopped=True)

    def _amend(self, people: Amenders) -> None:
        self.injected.note(Fault.AMENDED)
        for one in self.amenders:
            if not one.active:
                one.begin()
        people.want()

    def _end(self, people: Enders) -> None:
        self.injected.note(Fault.ENDED)
        for one in self.enders:
            one.begin()
        people.want()

    def _kill(self, station: Station) -> None:
        if station.up:
            self.injected.note(Fault.KILLED)
            station.fall()

    def _copy(self, station: Station, put_back: int) -> None:
        """Copy the store of a side, to be put back at a time since the start."""
        with station.store.read() as tx:
            if not tx.rows("SELECT 1 FROM link"):
                return  # the ceremony has not been held
        image, copied = station.store.image(), self.agenda.now
        self.agenda.at(START_MS + put_back, lambda: self._put_back(station, image, copied))

    def _put_back(self, station: Station, image: bytes, copied: int) -> None:
        """Put an older copy of a store in the place of the newest, while no other put-back is being mended.

        A copy of what an earlier put-back left behind is none of the log of now: its node stops, and wants a cut.
        """  # spec: protocol.md 9
        if self._healed:
            return
        if any(side.mending() for side in self.sides):
            self.agenda.after(_LOOK_MS, lambda: self._put_back(station, image, copied))
            return
        if any(begin < copied <= end for begin, end in self._left_behind[station.number]):
            return
        self._left_behind[station.number].append((copied, self.agenda.now))
        self.injected.note(Fault.PUT_BACK)
        self.post.cut(station.number)
        if self.watch is not None:
            self.watch.put_back(station.number)
        newest = station.store.image()
        station.put_back(self._make_disk(((DESK, ExerciseDesk.schema),), image))
        if self._ghosts.hit(_OLD_STORE_RATE):
            self._bring_back(station, newest)

    def _bring_back(self, station: Station, image: bytes) -> None:
        """Let the store that was put aside come up again now and then, beside the one that took its place."""
        self.injected.note(Fault.OLD_STORE)
        disk = self._make_disk(((DESK, ExerciseDesk.schema),), image)
        store = FailingStore(disk, self._ghosts, self.plan, self.injected)
        store.healed = True
        old = OldStore(station, store, self._ghosts)
        self.old_stores.append(old)
        for _ in range(_OLD_STORE_ACTS):
            self.agenda.after(self._ghosts.number(0, 40 * MINUTE_MS), old.act)

    # --- running -----------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Let the world happen, heal it, and see whether it comes to rest; its stores are closed then."""
        broken: str | None = None
        try:
            self.play()
        except Broken as error:
            broken = str(error)
        except (ComityError, AssertionError, LookupError, ValueError, TypeError) as error:
            broken = f"{Invariant.STUCK.name}: {type(error).__name__}: {error}"
        outcome = self.outcome(broken)
        for store in (*self.stores, *(side.store for side in self.room.sides)) if self.room else self.stores:
            store.close()
        return outcome

    def play(self) -> None:
        """Do all steps until the world has come to rest.

        Raises:
            Broken: an invariant does not hold.
        """
        self.until(START_MS + self.plan.work_ms)
        self.heal()
        end = self.agenda.now + self.settings.healing_ms
        while self._restless() and self.agenda.now < end:
            self.until(self.agenda.now + _LOOK_MS)
        self._ensure_settled()
        for old in self.old_stores:
            old.end()
        self._rest()

    def _restless(self) -> bool:
        """Say whether anything keeps the world from rest; it ends at the first thing found."""
        return any(True for _ in self._open_ends())

    def _ensure_settled(self) -> None:
        found = self.unsettled()
        ensure(not found, Invariant.NOT_SETTLED, 0, "; ".join(found))

    def heal(self) -> None:
        """Let nothing go wrong from now on."""
        self._healed = True
        self.post.healed = True
        for store in self.stores:
            store.healed = True
        if self.room is not None:
            self.room.heal()
        self.agenda.note("heals")

    def until(self, time: int) -> None:
        """Do what happens before a time."""
        reached = False

        def mark() -> None:
            nonlocal reached
            reached = True

        self.agenda.at(time, mark)
        while not reached:
            if self.agenda.steps > self.settings.most_steps:
                open_ends = "; ".join(self.unsettled())
                raise Broken(
                    Invariant.NOT_SETTLED if open_ends else Invariant.NOT_SILENT,
                    0,
                    f"{self.agenda.steps} steps; {open_ends}",
                )
            self.agenda.step()

    def _rest(self) -> None:
        """Check that two idle nodes only keep their heartbeat."""
        before, said = self._sizes(), sum(station.said for station in self.sides)
        self.until(self.agenda.now + IDLE_MS)
        more = sum(station.said for station in self.sides) - said
        ensure(self._sizes() == before, Invariant.NOT_SILENT, 0, f"logs grew from {before} to {self._sizes()}")
        ensure(more <= _IDLE_EXCHANGES, Invariant.NOT_SILENT, 0, f"{more} exchanges in {IDLE_MS // MINUTE_MS} minutes")
        self._ensure_settled()

    # --- looking -----------------------------------------------------------------------------------------------

    def unsettled(self) -> tuple[str, ...]:
        """Return, in plain words, what still keeps the world from rest."""
        return tuple(self._open_ends())

    def _open_ends(self) -> Iterator[str]:
        """Find what keeps the world from rest; logs, manifests and audits are compared only where nothing else does."""
        found = False
        for number in range(len(self.sides)):
            for what in self._open_ends_of(number):
                found = True
                yield what
        if not found and self.room is not None and self.room.behind():
            found = True
            yield self.room.behind()
        if not found:
            logs = []
            for station in self.sides:
                with station.store.read() as tx:
                    logs.append(log_rows(tx))
            yield from _agreement(logs[0], logs[1])
            yield from _agreement(logs[1], logs[0])
            yield from self._manifests()

    def _open_ends_of(self, number: int) -> Iterator[str]:
        station, officers = self.sides[number], self.officers[number]
        if officers.waiting or not station.is_ready():
            yield f"side {number} is down, or its officers have {officers.waiting} forms"
        if self._intended[number]:
            yield f"side {number}: its people have not begun {self._intended[number]} of the things that they will do"
        with station.store.read() as tx:
            found = _open(tx)
            ahead = log_rows(tx)[LogRole.OURS].head_time - station.peer.clock // 1_000
        yield from (f"side {number}: {what}" for what in found)
        if ahead > AHEAD_S:  # it is refused, and tried again, until that clock has come nearer
            yield f"side {number}: its newest head lies {ahead} s ahead of the other side's clock"
        behind = self.keepers[number].behind() or self.suspenders[number].behind()
        behind = behind or self.amenders[number].behind() or self.enders[number].behind()
        if behind:
            yield f"side {number}: {behind}"
        with station.store.read() as tx:  # last, for it reads all that is held
            found = unasked(tx, station.node.office.accord, station.clock) if read_stops(tx).ended else []
        yield from (f"side {number}: {what}" for what in found)

    def _manifests(self) -> list[str]:
        """Compare what each side would tell the other at the end of the day, and let each audit itself."""
        found: list[str] = []
        for station in self.sides:
            with station.store.read() as tx, station.peer.store.read() as peer_tx:
                told = () if read_stops(tx).ended else differences(peer_tx, make_manifest(tx, station.clock))
                found += [f"audit of side {station.number}: {one.table}: {one.what}" for one in audit(tx).differences]
            found += [f"manifest of side {station.number}: {what}" for what in told]
        return found

    def _sizes(self) -> tuple[int, ...]:
        sizes: list[int] = []
        for store in self.stores:
            with store.read() as tx:
                sizes += [row.size for row in log_rows(tx).values()]
        return tuple(sizes)

    def outcome(self, broken: str | None) -> Outcome:
        """Say what became of it."""
        leaves = sum(len(side.leaves) for side in self.watch.sides) if self.watch else 0
        return Outcome(
            seed=self.settings.seed,
            broken=broken,
            steps=self.agenda.steps,
            dispatches=leaves,
            commits=sum(store.commits for store in self.stores),
            faults=dict(sorted(self.injected.items())),
            virtual_ms=self.agenda.now - START_MS,
            trace=self.agenda.trace(),
        )


def _open(tx: Tx) -> list[str]:
    """Return the debts of one side."""
    if read_stops(tx).ended:
        return _open_after_the_end(tx)
    found = []
    for what, statement in (
        ("a dispatch of ours has no settling receipt", "SELECT 1 FROM sent WHERE settled_at IS NULL"),
        ("a dispatch of the peer is not settled", "SELECT 1 FROM got WHERE settled_at IS NULL"),
        ("a dispatch is not sealed anew", _NOT_RESEALED),
        ("the pool is not empty", "SELECT 1 FROM pool"),
        ("a dispatch waits for another", "SELECT 1 FROM waits"),
        ("a head is pending", "SELECT 1 FROM pending_head"),
        ("a lost dispatch of ours is not settled", "SELECT 1 FROM lost WHERE settled_at IS NULL"),
        ("a dispatch of the peer is to be filed again", "SELECT 1 FROM regot"),
        ("a filed dispatch is not read", _UNREAD),
    ):
        if tx.rows(statement + " LIMIT 1"):
            found.append(what)
    state = read_link(tx).state
    return found if state is LinkState.UP else [*found, f"the link is {state}"]


def _open_after_the_end(tx: Tx) -> list[str]:
    """Return the debts of one side once nothing but what leaves after an end crosses; all else waits for ever."""
    found = ["a filed dispatch is not read"] if tx.rows(_UNREAD + " LIMIT 1") else []
    found += ["a head is pending"] if tx.rows("SELECT 1 FROM pending_head LIMIT 1") else []
    waits = tx.rows("SELECT kind FROM sent WHERE settled_at IS NULL")
    found += ["what still leaves has no settling receipt"] if any(row[0] in LEAVING for row in waits) else []
    state = read_link(tx).state
    return found if state is LinkState.SUSPENDED else [*found, f"the accord has ended and the link is {state}"]


_UNREAD = "SELECT 1 FROM got WHERE fact = 2 AND seen_at IS NULL AND plain IS NOT NULL"
_NOT_RESEALED = (
    "SELECT 1 FROM sent s WHERE s.fact = 3 AND s.code = 'key-expired'"
    " AND (SELECT count(*) FROM reseal r WHERE r.role = 'ours' AND r.idx = s.idx) < 3"
)


def _agreement(ours: dict[LogRole, LogRow], theirs: dict[LogRole, LogRow]) -> list[str]:
    """Compare one side's log with the other's mirror of it."""
    log, mirror = ours[LogRole.OURS], theirs[LogRole.THEIRS]
    sizes = {log.size, log.head_size, log.cosigned_size, mirror.size, mirror.head_size, mirror.cosigned_size}
    same = len(sizes) == 1 and log.head_root == mirror.head_root
    return [] if same else [f"{log.origin}: log, mirror and cosignatures end at {sorted(sizes)}"]


def run_world(settings: Settings, make_disk: MakeDisk) -> Outcome:
    """Run one world from its seed to its end."""
    return World(settings, make_disk).run()


def with_seed(settings: Settings, seed: int) -> Settings:
    """Return the same settings for another seed."""
    return replace(settings, seed=seed)
