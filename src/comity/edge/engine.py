"""What drives a node: one writer thread, the courier, and the bell that tells screens that something changed.

The rule it keeps: the node's core is called from one thread only, what waits is taken together, and whatever an exchange
brought is durable and shown before the answer to it is signed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ParamSpec, TypeVar

from comity.base.errors import BadEnvelope, ComityError, StoreError
from comity.base.ids import DispatchId, Ms
from comity.dispatch.acts import Done, NotDone
from comity.dispatch.exchange_codec import Problem as ProblemBytes
from comity.dispatch.exchange_codec import decode_problem, encode_problem
from comity.dispatch.held import NOTHING, Added
from comity.dispatch.particulars import Particulars
from comity.dispatch.states import Committed, Form, Officer, Recorded, Withheld
from comity.edge.bell import Bell
from comity.edge.brought import receipted, says_nothing, shows_immediate
from comity.edge.clock import Clock
from comity.edge.courier_client import Answer, CourierClient, NoAnswer
from comity.edge.flight import MOST, Flight, Plan
from comity.edge.recovery import Recovery
from comity.edge.rightofway import Way
from comity.marking.labels import Lane
from comity.node.handed import Again, HandedIn
from comity.node.logfiles import served_file
from comity.node.node import Node, Outcome
from comity.node.taken import Problem, Taken

P = ParamSpec("P")
R = TypeVar("R")
_LOG = logging.getLogger("comity.engine")
_BATCH = 16  # ADR 0088
"""Forms in one transaction: enough to share a flush, few enough that an answer of the peer does not wait long behind them."""
_WORTH = 4
"""Forms that are worth an exchange of their own while another is under way; fewer wait for its answer and go together."""
_OK = 200
_STORE_RETRY_MS = 1_000
_LONGEST_SLEEP = 3_600.0
_POLL_PAUSE_MS = 1_000
"""How soon after one poll that brought nothing the next one may begin; a peer that holds no answer is not run over."""
_LONGEST_HOLD_MS = 25_000  # spec: protocol.md 6 step 6
_RECOVER_SPACING = 0.2
"""Seconds between two questions whether our store was put back, whatever pokes us."""
_STUMBLED = 4
"""A fault that no rule foresees backs off as after so many tries without an answer."""
_CLOSING_RETRY_MS = 60_000
"""Without an officer who may send the manifest the day stays open; it is looked at again, not in a tight loop."""
_LOOK_SECONDS = 0.25
"""How often, at most, a busy node asks what time alone brings about: what is overdue, who is rung, whether the day closes."""
_DAY_MS = 86_400_000
_HELD, _LINK, _LOG_MOVED = ("waiting",), ("link", "log"), ("log",)


class Engine:
    """One running node. Make and use it inside one event loop; `close` it at the end.

    Args:
        node: the core.
        clock: its time.
        client: the way to the peer; None for a node that can only be called.
        manifest_by: the officer under whose standing delegation the daily manifest goes; None sends none.
        poll_ms: how long the peer may hold its answer until it has something; for a node that cannot be called.
        way: shared with the files that are sent and fetched.
    """

    def __init__(
        self,
        node: Node,
        clock: Clock,
        client: CourierClient | None,
        *,
        manifest_by: Officer | None = None,
        poll_ms: int = 0,
        way: Way | None = None,
    ) -> None:
        self.node = node
        self.clock = clock
        self.bell = Bell()
        self.faults = 0
        self.daily: Callable[[Ms], bool] = _nothing
        self.way = way or Way()
        self._client = client
        self._manifest_by = manifest_by
        self._closes = self._daily_at = Ms(0)
        self._wakes = Ms(0)
        self._looked, self._looked_at = -_LOOK_SECONDS, Ms(0)
        self._opened = False
        self._poll_ms = poll_ms
        self._polls = Ms(0)
        self._gapped = False
        self._flight = Flight(self._said)
        self._rests, self._made = False, Plan()
        self._held: asyncio.Future[int] | None = None
        self._loop = asyncio.get_running_loop()
        self._writer = ThreadPoolExecutor(1, "writer")
        self._waiting: list[tuple[Form, Officer, asyncio.Future[Outcome]]] = []
        self._draining = False
        self._poke = asyncio.Event()
        self._asked = 0
        self._recovery = Recovery(node, self.call)
        node.can_call = client is not None

    # --- what officers do --------------------------------------------------------------------------------------

    async def submit(self, form: Form, by: Officer) -> Outcome:
        """Take one form through the path; what waits together shares one transaction.

        Raises:
            StoreError: the outcome is unknown; look before repeating.
        """
        future: asyncio.Future[Outcome] = self._loop.create_future()
        self._waiting.append((form, by, future))
        if not self._draining:
            self._draining = True
            self._loop.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._gathered()
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                await self._submit(batch)
        finally:
            self._draining = False

    async def _gathered(self) -> None:
        """Let forms that have come already join, up to a full batch: no time is waited, only what is there is read."""
        before = 0
        while before < len(self._waiting) < _BATCH:
            before = len(self._waiting)
            await asyncio.sleep(0)

    async def _submit(self, batch: list[tuple[Form, Officer, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._loop.run_in_executor(self._writer, self._take_in, [one[:2] for one in batch])
        except Exception as error:  # noqa: BLE001  whoever waits must hear of it, whatever it was
            if len(batch) > 1 and not isinstance(error, StoreError):
                # Nothing was kept: each goes alone, so that one which brings the program down stops no other.
                for waiting in batch:
                    await self._submit([waiting])
                return
            for _, _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, _, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
        for one in outcomes:
            if isinstance(one, Withheld) and one.rings is not None:
                _LOG.warning("%s rung: an immediate draft is %s; the minimum-facts form is ready", one.rings, one.state)
        self._flight.leave()
        self.bell.ring([one.id for one in outcomes if isinstance(one, Committed)], _HELD)
        self._poke.set()
        if len(batch) == _BATCH:
            await asyncio.sleep(0)  # the courier, if it is idle, asks for the writer before the next batch does

    def _take_in(self, forms: Sequence[tuple[Form, Officer]]) -> list[Outcome]:
        """Take forms; where the courier is at rest, or has one exchange under way, say them in the same transaction."""
        if not self._rests and not (len(forms) >= _WORTH and self._flight.may_follow):
            return self._guarded(self.node.submit, forms, self.clock.now())
        try:
            aloft = self._flight.aloft
            outcomes, said = self._guarded(self.node.submit_and_speak, forms, self.clock.now(), aloft=aloft)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001  what stands in the way of saying them must not keep them from being stored
            _LOG.exception("forms could not be stored together with what is said next; they are stored without it")
            return self._guarded(self.node.submit, forms, self.clock.now())
        plan = Plan(said, carries=self.node.said)
        if said is not None and self._rests:
            self._made, self._rests = plan, False
        elif said is not None:
            self._flight.follow(plan)
        return outcomes

    async def hand_in(self, handed: HandedIn) -> Committed | Withheld | Again:
        """Take a form of a screen through the path once, whatever often it is handed in.

        Raises:
            BadForm: it does not fit, or has left with other content; nothing was kept.
            StoreError: the outcome is unknown; the same again does no harm.
        """
        outcome = await self.call(self.node.hand_in, handed, self.clock.now())
        self.bell.ring([outcome.id] if isinstance(outcome, Committed) else [], _HELD)
        self._poke.set()
        return outcome

    async def see(self, dispatches: Sequence[DispatchId], by: Officer | None = None) -> None:
        """Note that a person opened these dispatches, and who."""
        await self.call(self.node.see, dispatches, self.clock.now(), by)
        self.bell.ring(touched=dispatches)
        self._poke.set()

    async def act(self, particulars: Particulars, by: Officer) -> Done | NotDone:
        """Ask our law for an act on a dispatch that is held, and keep what it says.

        Raises:
            BadForm: the dispatch is not held.
            StoreError: the outcome is unknown; look before repeating.
        """
        outcome = await self.call(self.node.act, particulars, by, self.clock.now())
        self.bell.ring([particulars.dispatch], _HELD)
        return outcome

    async def resume(self, draft: DispatchId, by: Officer, added: Added = NOTHING) -> Committed | Withheld:
        """Take a held draft up again, by the law of now.

        Raises:
            BadForm: it no longer waits, or no longer fits; nothing was changed.
            StoreError: the outcome is unknown; look before repeating.
        """
        outcome = await self.call(self.node.resume, draft, by, self.clock.now(), added=added)
        self.bell.ring([outcome.id] if isinstance(outcome, Committed) else [], _HELD)
        self._poke.set()
        return outcome

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a call into the core in the writer thread, one at a time, in order."""
        return await self._loop.run_in_executor(self._writer, lambda: self._guarded(function, *args, **kwargs))

    def _guarded(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except StoreError:
            self.node.ledger.forget()
            raise

    # --- the courier as server ---------------------------------------------------------------------------------

    async def exchange(self, body: bytes) -> tuple[int, bytes]:
        """Answer one exchange of the peer: status and body."""
        if self._held is not None:
            self._held.cancel()  # the peer has given up its poll: it speaks again
        try:
            with self.way.taken():
                taken, answer = await self._loop.run_in_executor(self._writer, self._take_and_speak, body)
            if taken.exchange.wait and not taken.news and says_nothing(answer, taken.exchange.base):
                answer = await self._hold(taken.exchange.wait, answer)
        except Problem as problem:
            self._poke.set()  # a node that cannot call has learnt from it whether its store was put back
            self._after_problem(problem)
            return problem.status, await self._problem_bytes(problem)
        except StoreError:
            _LOG.exception("an exchange could not be stored; the peer will repeat it")
            return 503, self.problem("slow-down", _STORE_RETRY_MS)
        return _OK, answer

    async def take_carried(self, body: bytes) -> Taken | Problem:
        """Take an exchange of the peer that came on media; nothing is answered: media go back when they are written.

        Raises:
            StoreError: the outcome is unknown; the same media again do no harm.
        """
        try:
            return await self._loop.run_in_executor(self._writer, lambda: self._take(body, carried=True))
        except Problem as problem:
            self._after_problem(problem)
            return problem

    def _take_and_speak(self, body: bytes) -> tuple[Taken, bytes]:
        taken, said = self._take_saying(body, self.node.take_and_speak)
        return taken, self._guarded(self.node.speak, self.clock.now()) if said is None else said

    def _take(self, body: bytes, *, carried: bool = False) -> Taken:
        taken, _ = self._take_saying(body, lambda *at: (self.node.take(*at, carried=carried), None), carried=carried)
        return taken

    def _take_saying(
        self, body: bytes, take: Callable[[bytes, Ms], tuple[Taken, bytes | None]], *, carried: bool = False
    ) -> tuple[Taken, bytes | None]:
        """Take an exchange; if one of its dispatches fails it, take each apart. Also return what was signed with it."""
        said: bytes | None = None
        try:
            taken, said = self._guarded(take, body, self.clock.now())
        except (Problem, StoreError):
            raise
        except Exception:  # noqa: BLE001  one dispatch must never stop the others
            _LOG.exception("an exchange could not be taken as a whole; its dispatches are opened one by one")
            taken = self._guarded(self.node.take_unopened, body, self.clock.now(), carried=carried)
            taken = replace(taken, recorded=taken.recorded + tuple(self._open_stored()))
        if taken.news or taken.recorded:
            self._loop.call_soon_threadsafe(self._tell, [one.id for one in taken.recorded], tuple(receipted(taken)))
        return taken, said

    def _open_stored(self) -> list[Recorded]:
        """Open what is stored unopened; what brings the program down is counted and stays, the others go on."""
        recorded: list[Recorded] = []
        for index in self._guarded(self.node.unopened):
            try:
                recorded += self._guarded(self.node.open_one, index, self.clock.now())
            except StoreError:
                raise
            except Exception:  # noqa: BLE001  one dispatch must never stop the others
                _LOG.exception(
                    "the dispatch at leaf %d could not be opened; it stays stored and the others go on", index
                )
                self.faults += 1
        return recorded

    def _tell(self, dispatches: Sequence[bytes], touched: Sequence[bytes]) -> None:
        self.bell.ring(dispatches, _LOG_MOVED, touched=touched)
        self._poke.set()  # what the peer brought may be a reason to speak, or to repeat ourselves in time

    def tell_filed(self, dispatches: Sequence[bytes], moved: bytes) -> None:
        """Tell of dispatches that are filed now, of whatever else became of one, and that there are receipts to send."""
        self._tell(dispatches, (moved,))

    async def _hold(self, wait_ms: int, answer: bytes) -> bytes:
        """Hold an answer that has nothing in it until there is something, or the peer's time is over."""
        # spec: protocol.md 6 step 6: made from the state stored at the moment it is sent, also after `wait`
        held = self._held = asyncio.ensure_future(self.bell.next(self.bell.number))
        try:
            rung, _ = await asyncio.wait({held}, timeout=min(wait_ms, _LONGEST_HOLD_MS) / 1_000)
        finally:
            held.cancel()
        return await self.call(self.node.speak, self.clock.now()) if rung and not held.cancelled() else answer

    async def _problem_bytes(self, problem: Problem) -> bytes:
        try:
            return await self.call(self.node.problem_bytes, problem)
        except StoreError:
            return self.problem(problem.code, 0)

    async def recover(self, body: bytes) -> tuple[int, bytes]:
        """Answer the peer's `recover`: status and body. A peer that starts is also a peer that can be asked."""
        self._asked += 1
        self._poke.set()
        try:
            answer = await self.call(self.node.take_recover, body, self.clock.now())
        except Problem as problem:
            self._after_problem(problem)
            return problem.status, await self._problem_bytes(problem)
        except StoreError:
            _LOG.exception("a recover could not be stored; the peer will repeat it")
            return 503, self.problem("slow-down", _STORE_RETRY_MS)
        self.bell.ring(topics=_LINK)
        return _OK, answer

    def immediate(self, body: bytes) -> bool:
        """Say, from the bytes alone, whether an exchange shows a leaf of lane immediate; a claim that costs nothing."""
        return shows_immediate(body)

    def tile(self, origin_hash: str, path: str) -> bytes | None:
        """Return a file of our log or of our mirror, or None; called in a thread, reads one snapshot."""
        with self.node.ledger.read() as tx:
            return served_file(tx, origin_hash, path)

    def problem(self, code: str, retry_ms: int) -> bytes:
        """Return a problem that needs no look into the store."""
        return encode_problem(ProblemBytes(code, retry_ms, 0, None, 0))

    # --- the courier as client ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the link: speak when there is something to say, repeat what had no answer, fall silent otherwise."""
        while True:
            self._poke.clear()
            try:
                await self._round()
            except Problem as problem:
                self._after_problem(problem)
                await self._back_off(1)
            except StoreError:
                _LOG.exception("the store did not take what the courier had; it is repeated")
                await self._back_off(1)
            except Exception:  # noqa: BLE001  a courier that ended would leave a node that listens and never speaks
                _LOG.exception("the courier met a fault; it goes on after a pause")
                self.faults += 1
                await self._back_off(_STUMBLED)

    async def _recover(self) -> None:
        """Ask the peer whether our store was put back; until it has answered, only composing and pooling go on."""
        now = self.clock.now()
        if self._client is None:
            await self._sleep(_LONGEST_SLEEP)
            return
        failures = await self._recovery.step(self._client, now)
        self.bell.ring(topics=_LINK)
        if failures:
            span = min(self.node.timers.backoff_max_ms, self.node.timers.backoff_first_ms << min(failures, 20))
            wait = span // 2 + int(random.random() * span / 2)  # noqa: S311  jitter, no secret
            await asyncio.sleep(_RECOVER_SPACING)
            await self._sleep(self.clock.seconds_until(Ms(now + wait)))

    async def _round(self) -> None:
        """Say what there is to say until nothing is left, then wait for the clock or a poke."""
        plan: Plan | None = await self.call(self._plan_next)
        try:
            while plan is not None and self._client is not None and (plan.request is not None or self._flight):
                await self._send(plan)
                answer = await self._flight.answer()
                plan = None if answer is None else await self._take_answer(answer)
        finally:
            self._flight.forget()
        if plan is not None and plan.recovering:
            await self._recover()
        elif plan is not None:
            await self._sleep(min(self.clock.seconds_until(plan.wakes), plan.looks))

    async def _send(self, plan: Plan) -> None:
        """Send what is planned, and what had no room in it behind it, so that the peer need not wait for us between them."""
        while plan.request is not None:
            self._flight.send(plan)
            if plan.polls or not plan.carries.left or len(self._flight) >= MOST:
                return
            plan = await self.call(self._speak, self.clock.now())

    async def _said(self, plan: Plan) -> Answer | None:
        """Say one exchange; files wait meanwhile, but not while the peer may hold its answer."""
        assert plan.request is not None
        assert self._client is not None  # who cannot call plans nothing
        if plan.polls:
            return await self._poll(plan.request, self._client)
        with self.way.taken():
            return await self._client.exchange(plan.request)

    async def _poll(self, request: bytes, client: CourierClient) -> Answer | None:
        """Let the peer hold its answer; None if we have something to say before it comes."""
        asking = asyncio.ensure_future(client.exchange(request))
        poked = asyncio.ensure_future(self._poke.wait())
        try:
            await asyncio.wait({asking, poked}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            poked.cancel()
            asking.cancel()

    def _plan_next(self) -> Plan:
        """Return what was made while the courier was at rest, or plan anew; it rests if there is nothing to say."""
        plan, self._made = self._made, Plan()
        if plan.request is None:
            plan = self._plan()
        self._rests = plan.request is None and not plan.recovering and self._client is not None and not self._flight
        if plan.request is not None or not self._flight:
            self._flight.shut()
        return plan

    def _plan(self) -> Plan:
        """Return what to say now, or nothing and when to look again; do what the clock asks for, if that is due."""
        if self.node.recovering:
            return Plan(recovering=True)
        if not self._opened and not self.node.superseded:
            self._open_stored()
            self._opened = True
        now = self.clock.now()
        looks = self._looked + _LOOK_SECONDS - time.monotonic()
        if self._looks(now):
            self._look(now)
            looks = _LONGEST_SLEEP
        wakes = self._wakes if self._wakes > now or looks == _LONGEST_SLEEP else Ms(now + int(looks * 1_000) + 1)
        due = None if self._client is None else self.node.due_at(now)
        if due is not None and due <= now:
            return self._speak(now)
        wakes = wakes if due is None else min(due, wakes)
        if due is None or not self._poll_ms:
            return Plan(wakes=wakes, looks=looks)
        if now < self._polls <= now + _POLL_PAUSE_MS:
            return Plan(wakes=min(wakes, self._polls), looks=looks)
        self._polls = Ms(now + _POLL_PAUSE_MS)
        return Plan(self.node.speak(now, wait_ms=min(self._poll_ms, wakes - now)), polls=True)

    def _speak(self, now: Ms) -> Plan:
        request = self.node.speak(now, aloft=self._flight.aloft)
        return Plan(request, carries=self.node.said)

    def _looks(self, now: Ms) -> bool:
        """Say whether it is time to ask what time alone brings about."""
        waited = time.monotonic() - self._looked >= _LOOK_SECONDS
        return waited or abs(now - self._looked_at) >= _LOOK_SECONDS * 1_000

    def _look(self, now: Ms) -> None:
        """Do what time alone brings about, and note when it does next."""
        in_use = not self.node.superseded  # else it only rings
        if in_use and now >= self._closes:
            self._closes = self._close_day(now)
        self.node.tick(now)
        if in_use and self._manifest_by is not None:
            self.node.certify(self._manifest_by, now)
        rings = self.node.rings_at()
        self._wakes = self._closes if rings is None else min(rings, self._closes)
        self._looked, self._looked_at = time.monotonic(), now

    def _close_day(self, now: Ms) -> Ms:
        """Send the daily manifest if its time has come, and return when it comes next."""
        if now >= self._daily_at:
            self._daily_at = Ms(now + (_CLOSING_RETRY_MS if self.daily(now) else _DAY_MS))
        if self.node.day_closes_at(now) <= now and self._manifest_by is not None:
            outcome = self.node.close_day(self._manifest_by, now)
            if not isinstance(outcome, Committed):
                _LOG.warning("the daily manifest was not sent; the day is closed in our own log")
            self._loop.call_soon_threadsafe(self.bell.ring)
        closes = self.node.day_closes_at(now)
        return min(closes if closes > now else Ms(now + _CLOSING_RETRY_MS), self._daily_at)

    async def _take_answer(self, answer: Answer) -> Plan | None:
        """Take what the peer answered and return what comes next; None to begin again."""
        if isinstance(answer, NoAnswer):
            await self._back_off(await self.call(self.node.no_answer, self.clock.now()))
            return None
        status, body = answer
        if status == _OK:
            self._poke.clear()
            return await self._loop.run_in_executor(self._writer, self._take_and_plan, body)
        try:
            problem = decode_problem(body)
        except BadEnvelope:
            problem = ProblemBytes("bad-envelope", 0, 0, None, 0)
        _LOG.warning("the peer did not take our exchange: %s", problem.code)
        await self.call(self.node.take_problem, problem, self.clock.now())
        self.bell.ring(topics=_LINK)
        if problem.code == "gap" and not self._gapped:
            self._gapped = True  # said again at once from where the peer is; a second gap in a row is no help
            return None
        await self._back_off(1 if problem.retry_ms else _STUMBLED)
        return None

    def _take_and_plan(self, body: bytes) -> Plan:
        """Take an answer and say what comes next in one transaction, so that the peer waits for one flush and for no batch."""
        self._flight.heard()
        try:
            taken, said = self._take_saying(body, self._take_answered)
        except BaseException:
            self._flight.shut()
            raise
        self._gapped = False
        if taken.news or taken.recorded:
            self._polls = Ms(0)
        if said is None:
            return self._guarded(self._plan_next)
        self._flight.shut()
        return Plan(said, carries=self.node.said)

    def _take_answered(self, data: bytes, now: Ms) -> tuple[Taken, bytes | None]:
        if self._looks(now):
            return self.node.take(data, now), None  # what time brings about is asked between the two
        return self.node.take_and_speak(data, now, aloft=self._flight.aloft, when_due=True)

    def _after_problem(self, problem: Problem) -> None:
        _LOG.warning("an exchange of the peer was not taken: %s: %s", problem.code, problem)
        self.bell.ring(topics=_LINK)

    async def _back_off(self, failures: int) -> None:
        """Wait with full jitter; what is immediate is tried again sooner, and a peer that asks `recover` is there again."""
        # spec: protocol.md 8
        asked = self._asked
        timers, began, share = self.node.timers, self.clock.now(), random.random()  # noqa: S311  jitter, no secret
        self.bell.ring(topics=_LINK)
        while True:
            self._poke.clear()
            most = timers.backoff_immediate_ms if await self._hurries() else timers.backoff_max_ms
            span = min(most, timers.backoff_first_ms << min(failures, 20))
            began = min(began, self.clock.now())  # a clock that is set back holds up nothing
            seconds = self.clock.seconds_until(Ms(began + span // 2 + int(share * span / 2)))
            if seconds <= 0 or self._asked != asked:
                return
            await self._sleep(seconds)

    async def _hurries(self) -> bool:
        try:
            return await self.call(self._immediate_waits)
        except ComityError:
            return False

    def _immediate_waits(self) -> bool:
        with self.node.ledger.read() as tx:
            row = "SELECT 1 FROM sent WHERE settled_at IS NULL AND fact = 0 AND lane = ? LIMIT 1"
            return bool(tx.rows(row, (int(Lane.IMMEDIATE),)))

    async def _sleep(self, seconds: float) -> None:
        # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the poke.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(max(seconds, 0.0), _LONGEST_SLEEP)):
                await self._poke.wait()

    def poke(self) -> None:
        """Make the courier look again now; the clock calls it when it is set."""
        self._loop.call_soon_threadsafe(self._poke.set)

    def close(self) -> None:
        """End the writer thread after what it is doing."""
        self._writer.shutdown(wait=True)


def _nothing(_: Ms) -> bool:
    """Do nothing once a day, and leave nothing."""
    return False
