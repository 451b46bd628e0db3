"""One simulated node with what the edge does for it: it starts, speaks when something is due, listens, crashes, rises.

The rule it keeps: it does with a node only what an engine can do. After a store error it forgets all that was in
memory and goes on from what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from comity.base.errors import BadEnvelope, StoreError
from comity.base.ids import Ms
from comity.dispatch.book import Ledger, LogRole, log_row
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.exchange_codec import Problem as Told
from comity.dispatch.exchange_codec import decode_problem, encode_problem
from comity.dispatch.ports import Tx
from comity.dispatch.states import Form, Officer
from comity.node.assemble import Assembled, Keyring
from comity.node.ceremony import hold_ceremony
from comity.node.fetching import Span, gathered, own_span, their_span
from comity.node.heads import cosigner
from comity.node.link import LinkState
from comity.node.linkrow import read_link
from comity.node.logfiles import log_file
from comity.node.node import Node, Outcome
from comity.node.recovery import Missing, Next, mark_put_back
from comity.node.taken import Problem, Taken
from comity.sim.agenda import Agenda
from comity.sim.chance import Chance
from comity.sim.disk import Crashed, Disk, FailingStore
from comity.sim.exercise import OFFICER
from comity.sim.heard import check_heard, check_kept, check_said
from comity.sim.post import Letter, Post
from comity.sim.ruled import Invariant, ensure
from comity.sim.watch import Watch

Result = TypeVar("Result")
Take = Callable[[Letter, int, int], bool]
"""Takes a letter, the number of the question that it is or answers, and the life of the asker; False: nobody was there for it."""
IN_FLIGHT = 4
"""Exchanges that a node has under way at once."""  # spec: protocol.md 5
_NOT_TAKEN_UNREAD = frozenset({"bad-envelope", "version", "too-large", "unknown-log", "bad-signature"})
_NOT_KEPT = frozenset({"recovering", "broken", "slow-down", "stale-incarnation"})
_SPACING_MS = 50
_REFUSED_MS = 5
_TICK_MS = 300_000
_RETRY_MS = 1_000
_PEOPLE_MS = 120_000
_BUSY = Told("slow-down", _RETRY_MS, 0, None, 0)
_DOWN_MS = ((1_000, 5_000), (1_000, 20_000), (5_000, 60_000), (60_000, 600_000))


@dataclass(frozen=True, slots=True)
class Build:
    """What a node is made of at each start: everything but its memory."""

    assembled: Assembled
    instruments: tuple[bytes, bytes, bytes]
    node_type: type[Node] = Node
    keyring: Callable[[], Keyring] | None = None

    def start(self, store: FailingStore, now: Ms) -> Node:
        """Make a node over a store; the ceremony is held once.

        Raises:
            StoreError: its outcome is not known; start again.
        """
        made = self.assembled
        with store.read() as tx:
            held = bool(tx.rows("SELECT 1 FROM link"))
        ledger = Ledger(store) if held else hold_ceremony(store, made.voice, made.peer, self.instruments, now=now)
        return self.node_type(made.office, made.voice, made.peer, ledger, made.timers, keyring=self.keyring)


class Station:
    """One side.

    Args:
        number: 0 or 1.
        build: how its node is made.
        store: its failing store.
        agenda: the virtual clock.
        post: the network.
        watch: the invariants, or None where a liar breaks them.
        chance: the stream of this side's choices.
    """

    def __init__(
        self,
        number: int,
        build: Build,
        store: FailingStore,
        agenda: Agenda,
        post: Post,
        *,
        watch: Watch | None,
        chance: Chance,
    ) -> None:
        self.number = number
        self.store = store
        self.peer: Station = self
        self.offset: Callable[[], int] = lambda: 0
        self.out_of_keys: Callable[[], None] = lambda: None
        """What people do who read that a restore has used up the last co-signing key."""
        self.up = False
        self.calls = True
        self.said = 0
        self.put_backs = 0
        self._mending = False
        self.build, self._agenda, self._post, self._watch, self._chance = build, agenda, post, watch, chance
        self._node: Node | None = None
        self._life = 0
        self._asked = 0
        self._in_flight: set[int] = set()
        self._failures = 0
        self._failed = 0
        """Deeds over which the store or the process failed."""
        self._not_before = 0
        self._wake_at: int | None = None

    # --- life --------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> Ms:
        """The time as this side's clock shows it."""
        return Ms(self._agenda.now + self.offset())

    @property
    def node(self) -> Node:
        """The node, which is there only while the side is up."""
        assert self._node is not None
        return self._node

    def rise(self) -> None:
        """Start the process: a new node over the old store, and what it left unopened is opened."""
        self.up = True
        self._agenda.note(self.number, "rises")
        self._begin(starts=True)
        self._tick(self._life)

    def fall(self) -> None:
        """Lose the process and all that it had in memory; it rises again after a while."""
        self.up, self._node = False, None
        self._life += 1
        self._in_flight.clear()
        self._wake_at, self._failures, self._not_before = None, 0, 0
        self._agenda.note(self.number, "falls")
        self._agenda.after(self._chance.number(*self._chance.pick(_DOWN_MS)), self._rise_once(self._life))

    def _rise_once(self, life: int) -> Callable[[], None]:
        def rise() -> None:
            if not self.up and life == self._life:
                self.rise()

        return rise

    def put_back(self, older: Disk) -> None:
        """Lose the process, and find an older store at the next start."""
        self.put_backs += 1
        self._mending = True
        if self.up:
            self.fall()
        self._agenda.note(self.number, "store put back")
        self.store.put_back(older)

    def mending(self) -> bool:
        """Whether a put-back store is not mended yet, or the peer has not cosigned since what came back.

        A peer put back before that would not be told of what it had cosigned: two stores put back at once are not covered.
        One that stopped as an old store, and waits for people, is not mended either.
        """
        self._mending = self._mending and not (self.is_at_work() and self._cosigned_again())
        return self._mending

    def _cosigned_again(self) -> bool:
        with self.store.read() as tx:
            rows = tx.rows("SELECT max(from_ours) FROM instrument WHERE kind = 'restored'")
            row = log_row(tx, LogRole.OURS)
        return row is not None and (rows[0][0] is None or row.cosigned_size > int_of(rows[0][0]))

    def _begin(self, *, starts: bool) -> None:
        """Make the node anew from what is stored; repeat until the disk lets us."""
        self._node = None
        try:
            self._node = self.build.start(self.store, self.clock)
            self._node.can_call = self.calls
            if starts:
                self._node.starts(self.clock)
            if self.link_state() is LinkState.SUPERSEDED:
                self._look_for_people()
            elif not self._node.recovering:
                self._node.open_stored(self.clock)
        except StoreError:
            self._node = None
            self._again(lambda: self._begin(starts=starts))
        except Crashed:
            self.fall()
        else:
            self.wake_by(self._agenda.now)

    def _look_for_people(self) -> None:
        """Let a person read why the store stopped, and put it in the place of the newer one, which in a world is gone."""
        ensure(self.put_backs, Invariant.OLD_STORE, self.number, "the only store of its node stopped as an old one")
        life = self._life
        self._agenda.after(_PEOPLE_MS, lambda: self._choose() if self.up and life == self._life else None)

    def _choose(self) -> None:
        if self.is_ready() and self.attempt(_put_in_place) and self.up:
            self.fall()
        elif self.up:
            self._again(self._choose)

    def _again(self, act: Callable[[], None]) -> None:
        life = self._life
        self._agenda.after(_RETRY_MS, lambda: act() if self.up and life == self._life else None)

    def is_ready(self) -> bool:
        """Whether there is a node that can be asked something."""
        return self.up and self._node is not None

    def is_at_work(self) -> bool:
        """Whether people can hand something in: it is neither asking what it lost nor left behind by another store."""
        return self.is_ready() and self.link_state() not in {LinkState.RECOVERING, LinkState.SUPERSEDED}

    def attempt(self, act: Callable[[Node], Result]) -> Result | None:
        """Let the node do something; after a store error or a crash there is no result, and nothing in memory."""
        try:
            return act(self.node)
        except StoreError:
            self._agenda.note(self.number, "store error")
            self._forget()
        except Crashed:
            self.fall()
        self._failed += 1
        return None

    def _forget(self) -> None:
        """Forget what was read, or more: all that the node has in memory."""
        if self._chance.hit(0.5):
            self.node.ledger.forget()
        else:
            self._begin(starts=False)

    def _tick(self, life: int) -> None:
        if not self.up or life != self._life:
            return
        if self.is_ready():
            self.attempt(self._pass_time)
            self.wake_by(self._agenda.now)
        self._agenda.after(_TICK_MS, lambda: self._tick(life))

    def _pass_time(self, node: Node) -> None:
        """Let the node note that time passed, and close the day when that is due."""
        if node.day_closes_at(self.clock) <= self.clock:
            node.close_day(OFFICER, self.clock)
        node.certify(OFFICER, self.clock)
        node.tick(self.clock)

    # --- speaking ----------------------------------------------------------------------------------------------

    def wake_by(self, time: int) -> None:
        """See to it that the node is asked by this time whether something is due."""
        if self._wake_at is None or time < self._wake_at:
            self._wake_at = time
            life = self._life
            self._agenda.at(time, lambda: self._wake(time, life))

    def hurry(self) -> None:
        """Cut a long wait short: something immediate came in."""
        most = self.node.timers.backoff_immediate_ms
        self._not_before = min(self._not_before, self._agenda.now + self._chance.number(1, most))

    def _wake(self, time: int, life: int) -> None:
        if life != self._life or time != self._wake_at:
            return
        self._wake_at = None
        if not self.calls or not self.is_ready() or len(self._in_flight) >= IN_FLIGHT:
            return
        due = self.node.due_at(self.clock)
        recovering = due is None and self.node.recovering  # one that asks what it lost has nothing else to say
        if recovering:
            due = self.clock
        if due is None:
            return
        at = max(due - self.offset(), self._not_before)
        if at > self._agenda.now:
            self.wake_by(at)
        elif recovering:
            self._ask_recover()
        else:
            self._ask()

    def _ask_recover(self) -> None:
        data = self.attempt(lambda node: node.recover_request())
        if data is None or self._in_flight:
            return
        self._send(
            data,
            "asks whether it was put back",
            self.peer.serve_recover,
        )

    def _ask(self) -> None:
        self._say(self.attempt(lambda node: node.speak(self.clock)))

    def _say(self, data: bytes | None) -> None:
        if data is None:
            return
        self._check_said(data)
        self._send(data, "asks", self.peer.serve)

    def _may_call(self) -> bool:
        """Whether an exchange that is signed now can leave now."""
        return self.calls and len(self._in_flight) < IN_FLIGHT and self._not_before <= self._agenda.now

    def submit(self, forms: Sequence[tuple[Form, Officer]]) -> list[Outcome] | None:
        """Hand in forms; if the courier is at rest, what is due is signed in the same transaction. None: look again."""
        if self._in_flight or not self._may_call():
            return self.attempt(lambda node: node.submit(forms, self.clock))
        done = self.attempt(lambda node: node.submit_and_speak(forms, self.clock))
        if done is None:
            return None
        self._say(done[1])
        return done[0]

    def _send(self, data: bytes, what: str, serve: Take) -> None:
        self._asked += 1
        asked, life = self._asked, self._life
        self._in_flight.add(asked)
        made = Letter(data, recovers=serve == self.peer.serve_recover)
        self._agenda.note(self.number, what, asked, len(data))
        self._post.carry(self.number, made, lambda letter: self.peer.hears(serve, letter, asked, life), answer=False)
        self._agenda.after(self.node.timers.exchange_ms, lambda: self.unanswered(asked, life))
        self._not_before = max(self._not_before, self._agenda.now + _SPACING_MS)
        self.wake_by(self._not_before)

    def unanswered(self, asked: int, life: int) -> None:
        """Give an exchange up: its answer did not come in time, or the peer cannot be reached."""
        if life != self._life or asked not in self._in_flight:
            return
        self._in_flight.discard(asked)
        self._agenda.note(self.number, "no answer", asked)
        if self.is_ready():
            self.attempt(lambda node: node.no_answer(self.clock))
        if self.is_ready():
            self._back_off(0)

    def _back_off(self, least: int) -> None:
        timers = self.node.timers
        self._failures += 1
        most = timers.backoff_immediate_ms if self._immediate_waits() else timers.backoff_max_ms
        span = min(most, timers.backoff_first_ms << min(self._failures - 1, 20))
        self._not_before = max(self._not_before, self._agenda.now + max(least, self._chance.number(0, span)))
        self.wake_by(self._not_before)

    def _immediate_waits(self) -> bool:
        with self.store.read() as tx:
            return bool(tx.rows("SELECT 1 FROM sent WHERE lane = 0 AND settled_at IS NULL LIMIT 1"))

    def link_state(self) -> LinkState:
        """Return the stored state of the link."""
        with self.store.read() as tx:
            return read_link(tx).state

    def evidence(self) -> tuple[bytes, ...]:
        """Return all evidence that is stored, oldest first."""
        with self.store.read() as tx:
            return tuple(bytes_of(row[0]) for row in tx.rows("SELECT evidence FROM evidence ORDER BY found, class"))

    def _check_said(self, data: bytes) -> None:
        self.said += 1
        if self._watch is not None:
            check_said(self._watch, self.number, data)

    # --- start and restore ---------------------------------------------------------------------------------------

    def serve_recover(self, letter: Letter, asked: int, life: int) -> bool:
        """Answer the peer's `recover`."""
        if not self.is_ready():
            self._agenda.after(_REFUSED_MS, lambda: self.peer.unanswered(asked, life))
            return False
        try:
            data = self.attempt(lambda node: node.take_recover(letter.data, self.clock))
            answer = self._busy() if data is None else Letter(data, recovers=True)
        except Problem as problem:
            answer = self.problem_letter(problem)
        if answer is not None:
            self._agenda.note(self.number, "answers a recover", answer.problem)
            self._reply(answer, self.peer.heard_recovered, asked, life)
        if self.is_ready():
            self.wake_by(self._agenda.now)
        return True

    def problem_letter(self, told: Problem) -> Letter | None:
        """Return what the peer reads of a problem; None where the store or the process failed."""
        data = self.attempt(lambda node: node.problem_bytes(told))
        return None if data is None else Letter(data, problem=True)

    def heard_recovered(self, letter: Letter, asked: int, life: int) -> bool:
        """Take the answer to a `recover`, and fetch what it says is missing."""
        if life != self._life or asked not in self._in_flight or not self.is_ready():
            return False
        self._in_flight.discard(asked)
        good = not letter.problem and self.node.recovering and self._recovered(letter.data)
        if letter.problem:
            self._take_stale(letter)
        self._go_on(good)
        return True

    def _go_on(self, good: bool) -> None:  # noqa: FBT001  said of one answer
        """Speak on soon after an answer that was taken, later after another."""
        if not self.is_ready():
            return
        if good:
            self._failures = 0
            self.wake_by(self._agenda.now)
        else:
            self._back_off(_RETRY_MS)

    def _take_stale(self, letter: Letter) -> None:
        try:
            problem = decode_problem(letter.data)
        except BadEnvelope:
            return
        if problem.code in {"stale-incarnation", "clock"}:
            self.attempt(lambda node: node.told_stale(problem, self.clock))

    def _recovered(self, data: bytes) -> bool:
        try:
            found = self.attempt(lambda node: node.take_recovered(data, self.clock))
            if found is None:
                return False
            self._agenda.note(self.number, "recovers", found[0])
            if found[0] is Next.FETCH and found[1] is not None:
                return self._fetch(found[1])
        except Problem as problem:
            self._agenda.note(self.number, "does not take a recovered", problem.code)
            return False
        if found[0] is Next.SUPERSEDED:
            self._look_for_people()
        return found[0] in {Next.UP, Next.AGAIN} and self._open_stored()

    def _fetch(self, missing: Missing) -> bool:
        """Fetch from the peer's tiles what is missing, with our log from 0 on if what we hold does not fit."""
        for whole in (False, True):
            if not self.peer.is_ready() or self._post.parted():
                return False
            made = self.build.assembled
            own = own_span(missing, made.voice, whole=whole)
            with self.peer.store.read() as tx:
                found = {own.origin: _files(tx, LogRole.THEIRS, own)}
                theirs = their_span(missing, made.peer, own.entries(found[own.origin]))
                found[theirs.origin] = _files(tx, LogRole.OURS, theirs)
            fetched = gathered(own, theirs, found)
            done = self.attempt(lambda node: node.restore(missing, fetched, self.clock))  # noqa: B023  called at once
            if done is not False:
                return bool(done) and self._mended()
        return False

    def _mended(self) -> bool:
        with self.store.read() as tx:
            left = cosigner(tx, self.node.voice)
        if left is None:
            self._agenda.note(self.number, "has no co-signing key left")
            self.out_of_keys()
        return self._open_stored()

    def _open_stored(self) -> bool:
        if self.node.recovering:
            return True
        return self.attempt(lambda node: node.open_stored(self.clock)) is not None

    # --- listening ---------------------------------------------------------------------------------------------

    def hears(self, take: Take, letter: Letter, asked: int, life: int) -> bool:
        """Take a letter, and say whether this node heard it: one that is not there or does not wait for it does not.

        Where the store or the process failed over it, nothing of it may be left either.
        """
        failed = self._failed
        return take(letter, asked, life) and failed == self._failed

    def _reply(self, answer: Letter, take: Take, asked: int, life: int) -> None:
        self._post.carry(self.number, answer, lambda one: self.peer.hears(take, one, asked, life), answer=True)

    def serve(self, letter: Letter, asked: int, life: int) -> bool:
        """Take a request of the peer and answer it."""
        if not self.is_ready():
            self._agenda.after(_REFUSED_MS, lambda: self.peer.unanswered(asked, life))
            return False
        answer = self._answer(letter)
        if answer is not None:
            self._agenda.note(self.number, "answers", answer.problem, len(answer.data))
            self._reply(answer, self.peer.heard, asked, life)
        if self.is_ready():
            self.wake_by(self._agenda.now)
        return True

    def _answer(self, letter: Letter) -> Letter | None:
        try:
            done = self.attempt(lambda node: self._take(node, letter.data))
            if done is None:
                return self._busy()
            data = self.attempt(lambda node: node.speak(self.clock)) if done[1] is None else done[1]
        except Problem as problem:  # one that a resume leaf made recovering does not speak either
            return self.problem_letter(problem)
        if data is None:
            return self._busy()
        self._check_said(data)
        return Letter(data)

    def _busy(self) -> Letter | None:
        """Answer what could not be stored; a process that is gone answers nothing."""
        return Letter(encode_problem(_BUSY), problem=True) if self.up else None

    def heard(self, letter: Letter, asked: int, life: int) -> bool:
        """Take the answer to a request that still waits for it."""
        if life != self._life or asked not in self._in_flight or not self.is_ready():
            return False
        self._in_flight.discard(asked)
        self._go_on(self._take_problem(letter) if letter.problem else self._take_answer(letter))
        return True

    def _take_answer(self, letter: Letter) -> bool:
        may = self._may_call()
        try:
            done = self.attempt(lambda node: self._take(node, letter.data, answers=False, may=may))
        except Problem:
            return False
        if done is not None:
            self._say(done[1])
        return done is not None

    def _take_problem(self, letter: Letter) -> bool:
        try:
            problem = decode_problem(letter.data)
        except BadEnvelope:
            return False
        self._agenda.note(self.number, "is told", problem.code)
        self.attempt(lambda node: node.take_problem(problem, self.clock))
        return False

    def _take(self, node: Node, data: bytes, *, answers: bool = True, may: bool = True) -> tuple[Taken, bytes | None]:
        """Take an exchange: each dispatch apart, or all together with the signing of what is said next, if that may leave."""
        apart, said = self._chance.hit(0.5), None
        try:
            if apart or not may:
                taken = node.take(data, self.clock, apart=apart)
            else:
                taken, said = node.take_and_speak(data, self.clock, when_due=not answers)
        except Problem as problem:
            self._agenda.note(self.number, "does not take", problem.code)
            self._check_kept(data, problem)
            raise
        outcomes = [(one.id, one.index, one.fact, one.code) for one in taken.recorded]
        self._agenda.note(self.number, "takes", taken.exchange.size, taken.grew, taken.news, taken.dropped, outcomes)
        return taken, said

    def _check_kept(self, data: bytes, problem: Problem) -> None:
        if self._watch is None:
            return
        if problem.code == "recovering" and self.link_state() is LinkState.RECOVERING:
            check_heard(self._watch, self.number, data)
        elif problem.code not in _NOT_TAKEN_UNREAD | _NOT_KEPT:
            check_kept(self._watch, self.number, data)


def _files(tx: Tx, role: LogRole, span: Span) -> dict[str, bytes]:
    """Return the bundles of a span as the peer serves them."""
    found = {name.path(): log_file(tx, role, name.path()) for name in span.bundles()}
    return {path: content for path, content in found.items() if content is not None}


def _put_in_place(node: Node) -> bool:
    """Do what `comity node restore` does to a store that shall take the place of another."""
    with node.ledger.begin() as book:
        mark_put_back(book.tx)
    return True
