"""What drives a node: one writer thread, the courier, and the bell that tells screens that something changed.

The rule it keeps: the node's core is called from one thread only, what waits is taken together, and whatever an exchange
brought is durable and shown before the answer to it is signed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from comity.base.errors import BadEnvelope, ComityError, StoreError
from comity.base.ids import DispatchId, Ms
from comity.dispatch.exchange_codec import Problem as ProblemBytes
from comity.dispatch.exchange_codec import decode_problem, encode_problem
from comity.dispatch.states import Committed, Form, Officer, Withheld
from comity.edge.clock import Clock
from comity.edge.courier_client import Answer, CourierClient, NoAnswer
from comity.marking.labels import Lane
from comity.node.logfiles import log_file, served
from comity.node.node import Node, Outcome
from comity.node.taken import Problem, Taken

P = ParamSpec("P")
R = TypeVar("R")
_LOG = logging.getLogger("comity.engine")
_BATCH = 64
_OK = 200
_NEWS_KEPT = 4_096
_STORE_RETRY_MS = 1_000
_LONGEST_SLEEP = 3_600.0
_CLOSING_RETRY_MS = 60_000
"""Without an officer who may send the manifest the day stays open; it is looked at again, not in a tight loop."""
_IMMEDIATE_LEAF = re.compile(rb"\x89mcomity/leaf/1\x01\x50.{16}\x00", re.DOTALL)


class Bell:
    """Rings when something changed; who waits gives the number of the last ring that it heard."""

    def __init__(self) -> None:
        self.number = 0
        self.news: list[tuple[int, tuple[bytes, ...]]] = []
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self, dispatches: Sequence[bytes] = ()) -> None:
        """Tell everyone; `dispatches` are the ids that were filed or sent."""
        self.number += 1
        self.news.append((self.number, tuple(dispatches)))
        del self.news[:-_NEWS_KEPT]
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def next(self, after: int) -> int:
        """Return the number of the last ring, waiting until it is above `after`."""
        while self.number <= after:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
        return self.number

    def since(self, after: int) -> tuple[bytes, ...]:
        """Return the ids of all rings above `after` that are remembered, in order."""
        return tuple(one for number, ids in self.news if number > after for one in ids)


class Engine:
    """One running node. Make and use it inside one event loop; `close` it at the end.

    Args:
        node: the core.
        clock: its time.
        client: the way to the peer; None for a node that can only be called.
        manifest_by: the officer under whose standing delegation the daily manifest goes; None sends none.
        poll_ms: how long the peer may hold its answer until it has something; for a node that cannot be called.
    """

    def __init__(
        self,
        node: Node,
        clock: Clock,
        client: CourierClient | None,
        *,
        manifest_by: Officer | None = None,
        poll_ms: int = 0,
    ) -> None:
        self.node = node
        self.clock = clock
        self.bell = Bell()
        self.faults = 0
        self._client = client
        self._manifest_by = manifest_by
        self._closes = Ms(0)
        self._poll_ms = poll_ms
        self._loop = asyncio.get_running_loop()
        self._writer = ThreadPoolExecutor(1, "writer")
        self._waiting: list[tuple[Form, Officer, asyncio.Future[Outcome]]] = []
        self._draining = False
        self._poke = asyncio.Event()

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
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                await self._submit(batch)
        finally:
            self._draining = False

    async def _submit(self, batch: list[tuple[Form, Officer, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self.call(self.node.submit, [(form, by) for form, by, _ in batch], self.clock.now())
        except Exception as error:  # noqa: BLE001  whoever waits must hear of it, whatever it was
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
        self.bell.ring([one.id for one in outcomes if isinstance(one, Committed)])
        self._poke.set()

    async def see(self, dispatches: Sequence[DispatchId]) -> None:
        """Note that a person opened these dispatches."""
        await self.call(self.node.see, dispatches, self.clock.now())
        self.bell.ring()
        self._poke.set()

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
        try:
            taken, answer = await self._loop.run_in_executor(self._writer, self._take_and_speak, body)
        except Problem as problem:
            self._after_problem(problem)
            return problem.status, await self._problem_bytes(problem)
        except StoreError:
            _LOG.exception("an exchange could not be stored; the peer will repeat it")
            return 503, self.problem("slow-down", _STORE_RETRY_MS)
        if taken.exchange.wait and not taken.news:
            answer = await self._hold(taken.exchange.wait, answer)
        return _OK, answer

    def _take_and_speak(self, body: bytes) -> tuple[Taken, bytes]:
        taken = self._take(body)
        return taken, self._guarded(self.node.speak, self.clock.now())

    def _take(self, body: bytes) -> Taken:
        """Take an exchange; if one of its dispatches brings the program down, take each apart from the others."""
        try:
            taken = self._guarded(self.node.take, body, self.clock.now())
        except ComityError:
            raise
        except Exception:  # noqa: BLE001  one dispatch must never stop the others
            _LOG.exception("an exchange could not be taken as a whole; its dispatches are opened one by one")
            self.faults += 1
            self.node.ledger.forget()
            taken = self._guarded(self.node.take, body, self.clock.now(), apart=True)
        if taken.news or taken.recorded:
            self._loop.call_soon_threadsafe(self._tell, [one.id for one in taken.recorded])
        return taken

    def _tell(self, dispatches: Sequence[bytes]) -> None:
        self.bell.ring(dispatches)

    async def _hold(self, wait_ms: int, answer: bytes) -> bytes:
        """Hold an answer that has nothing in it until there is something, or the peer's time is over."""
        # spec: protocol.md 6 step 6: made from the state stored at the moment it is sent, also after `wait`
        seen = self.bell.number
        try:
            await asyncio.wait_for(self.bell.next(seen), min(wait_ms, 25_000) / 1_000)
        except TimeoutError:
            return answer
        return await self.call(self.node.speak, self.clock.now())

    async def _problem_bytes(self, problem: Problem) -> bytes:
        try:
            return await self.call(self.node.problem_bytes, problem)
        except StoreError:
            return self.problem(problem.code, 0)

    async def recover(self, body: bytes) -> tuple[int, bytes]:  # noqa: ARG002  the endpoint is not built yet
        """Refuse: restoring a node is not part of this release."""
        return 503, self.problem("recovering", 0)

    def immediate(self, body: bytes) -> bool:
        """Say, from the bytes alone, whether an exchange shows a leaf of lane immediate; a claim that costs nothing."""
        return _IMMEDIATE_LEAF.search(body) is not None

    def tile(self, origin_hash: str, path: str) -> bytes | None:
        """Return a file of our log or of our mirror, or None; called in a thread, reads one snapshot."""
        with self.node.ledger.read() as tx:
            row = served(tx, origin_hash)
            return log_file(tx, row.role, path) if row is not None else None

    def problem(self, code: str, retry_ms: int) -> bytes:
        """Return a problem that needs no look into the store."""
        return encode_problem(ProblemBytes(code, retry_ms, 0, None, 0))

    # --- the courier as client ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the link: speak when there is something to say, repeat what had no answer, fall silent otherwise."""
        await self.call(self.node.open_stored, self.clock.now())
        while True:
            self._poke.clear()
            try:
                request, wakes = await self.call(self._plan)
                if request is None:
                    await self._sleep(self.clock.seconds_until(wakes))
                elif self._client is not None:
                    await self._take_answer(await self._client.exchange(request))
            except Problem as problem:
                self._after_problem(problem)
                await self._back_off(1)
            except StoreError:
                _LOG.exception("the store did not take what the courier had; it is repeated")
                await self._back_off(1)

    def _plan(self) -> tuple[bytes | None, Ms]:
        """Do what the clock asks for, and return what to say now, or nothing and when to look again."""
        now = self.clock.now()
        if now >= self._closes:
            self._closes = self._close_day(now)
        self.node.tick(now)
        due = self.node.due_at(now)
        if self._client is None or due is None:
            return None, self._closes
        if due > now:
            return None, min(due, self._closes)
        return self.node.speak(now, wait_ms=self._poll_ms), now

    def _close_day(self, now: Ms) -> Ms:
        """Send the daily manifest if its time has come, and return when it comes next."""
        if self.node.day_closes_at(now) <= now and self._manifest_by is not None:
            outcome = self.node.close_day(self._manifest_by, now)
            if not isinstance(outcome, Committed):
                _LOG.warning("the daily manifest was not sent; the day is closed in our own log")
            self._loop.call_soon_threadsafe(self.bell.ring)
        closes = self.node.day_closes_at(now)
        return closes if closes > now else Ms(now + _CLOSING_RETRY_MS)

    async def _take_answer(self, answer: Answer) -> None:
        if isinstance(answer, NoAnswer):
            await self._back_off(await self.call(self.node.no_answer, self.clock.now()))
            return
        status, body = answer
        if status == _OK:
            await self._loop.run_in_executor(self._writer, self._take, body)
            return
        try:
            problem = decode_problem(body)
        except BadEnvelope:
            problem = ProblemBytes("bad-envelope", 0, 0, None, 0)
        _LOG.warning("the peer did not take our exchange: %s", problem.code)
        await self.call(self.node.take_problem, problem, self.clock.now())
        self.bell.ring()
        if problem.code != "gap":
            await self._back_off(1 if problem.retry_ms else 4)

    def _after_problem(self, problem: Problem) -> None:
        _LOG.warning("an exchange of the peer was not taken: %s: %s", problem.code, problem)
        self.bell.ring()

    async def _back_off(self, failures: int) -> None:
        """Wait with full jitter; what is immediate is tried again sooner."""  # spec: protocol.md 8
        timers = self.node.timers
        most = timers.backoff_immediate_ms if await self.call(self._immediate_waits) else timers.backoff_max_ms
        span = min(most, timers.backoff_first_ms << min(failures, 20))
        self.bell.ring()
        wait = Ms(self.clock.now() + random.randint(span // 2, span))  # noqa: S311  jitter, no secret
        await asyncio.sleep(min(self.clock.seconds_until(wait), _LONGEST_SLEEP))

    def _immediate_waits(self) -> bool:
        with self.node.ledger.read() as tx:
            row = "SELECT 1 FROM sent WHERE settled_at IS NULL AND fact = 0 AND lane = ? LIMIT 1"
            return bool(tx.rows(row, (int(Lane.IMMEDIATE),)))

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._poke.wait(), min(max(seconds, 0.0), _LONGEST_SLEEP))

    def poke(self) -> None:
        """Make the courier look again now; the clock calls it when it is set."""
        self._loop.call_soon_threadsafe(self._poke.set)

    def close(self) -> None:
        """End the writer thread after what it is doing."""
        self._writer.shutdown(wait=True)
