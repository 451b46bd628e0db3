"""The content-free bell of a running node: looks what waits, rings who is elsewhere, and remembers it in rows.

The rules it keeps: a ring is a row before it goes out, so that no restart doubles it; a way that fails is tried again with
growing pauses and never stops the node; it is also what brings tasks to mind when their time comes.

Not `engine.Bell`, which tells pages of this machine that something changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from comity.base.errors import ComityError
from comity.base.ids import Ms
from comity.edge.engine import Engine
from comity.edge.ringplan import Call, Way, begun, plan, undone
from comity.edge.ringthings import Things
from comity.edge.ringways import NotRung
from comity.edge.staffing import Staffing
from comity.screen.ringing import BellState, Ring

_LOG = logging.getLogger("comity.ringing")
_FIRST_PAUSE_MS = 30_000
_LONGEST_PAUSE_MS = 15 * 60_000
_LOOK_MS = 60_000
_LONGEST_SLEEP = 30.0
SETTLE_SECONDS = 1.0
"""Changes that come together are looked at once."""
_DAY_MS = 86_400_000
_KEPT_MS = 40 * _DAY_MS
_NEVER = Ms(0)


class Rings(Protocol):
    """One way."""

    async def ring(self, call: Call, desk: str, now: Ms) -> None:
        """Ring once.

        Raises:
            NotRung: it did not go out.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Pause:
    """How often in a row a way failed, since when, and when it is tried again."""

    failures: int = 0
    since: Ms | None = None
    until: Ms = _NEVER


class Ringing:
    """The bell of one node; make and use it inside one event loop.

    Args:
        engine: the running node.
        staffing: who is on duty, and the rows.
        ways: those that are set up; none: tasks are still brought to mind.
        desk: whose people are rung.
    """

    def __init__(self, engine: Engine, staffing: Staffing, ways: Mapping[Way, Rings], desk: str) -> None:
        self._engine, self._staffing, self._ways, self._desk = engine, staffing, dict(ways), desk
        self._things = Things(engine.node, staffing, desk)
        self._pauses: dict[Way, _Pause] = {}
        self._last: dict[Way, Ms] = {}
        self._forgot = Ms(0)

    def states(self) -> tuple[BellState, ...]:
        """Return how each way does, for the page of an administrator."""
        found = []
        for way in Way:
            pause = self._pauses.get(way, _Pause())
            found.append(
                BellState(
                    way.value, way in self._ways, pause.failures, pause.since, pause.until or None, self._last.get(way)
                )
            )
        return tuple(found)

    async def run(self) -> None:
        """Ring until cancelled; whatever fails is looked at again."""
        while True:
            heard = self._engine.bell.number
            try:
                await self.round()
            except ComityError as error:
                _LOG.warning("the bell could not look what waits: %s; it looks again", error.code)
            except Exception:  # noqa: BLE001  a bell that ended would leave a node that rings nobody
                _LOG.exception("the bell met a fault; it goes on after a pause")
            await asyncio.sleep(SETTLE_SECONDS)
            await self._wait(heard)

    async def round(self) -> int:
        """Look once and ring what is due; return how many rings went out."""
        engine, now = self._engine, self._engine.clock.now()
        if await asyncio.to_thread(self._reminds, now):
            await engine.call(self._staffing.task_work.remind, now)
            engine.bell.ring(topics=("tasks", "duty"))
        went = 0
        open_ways = frozenset(way for way in self._ways if self._pauses.get(way, _Pause()).until <= now)
        if not open_ways:
            return went
        for call in await asyncio.to_thread(self._plan, open_ways, now):
            if self._pauses.get(call.way, _Pause()).until <= now:
                went += await self._ring(call, now)
        return went

    def _reminds(self, now: Ms) -> bool:
        return bool(self._staffing.task_work.reminders_due(now))

    def _plan(self, ways: frozenset[Way], now: Ms) -> tuple[Call, ...]:
        desk = self._staffing.duty_desk
        with self._engine.node.ledger.read() as tx:
            bells = tuple(one for one in desk.bells(tx) if one.desk == self._desk)
            return plan(self._things.waiting(tx, now), desk.rung(tx), bells, ways, now)

    async def _ring(self, call: Call, now: Ms) -> bool:
        """Keep that a ring begins, let it out, and keep it if it did not go."""
        rows = await self._engine.call(self._begin, call, now)
        try:
            await self._ways[call.way].ring(call, self._desk, now)
        except NotRung as error:
            await self._engine.call(self._keep, undone(rows))
            self._fail(call.way, error, now)
            return False
        self._pauses.pop(call.way, None)
        self._last[call.way] = now
        return True

    def _begin(self, call: Call, now: Ms) -> tuple[Ring, ...]:
        desk = self._staffing.duty_desk
        with self._engine.node.ledger.begin() as book:
            rows = begun(call, desk.rung(book.tx), now)
            for row in rows:
                desk.note_rung(book.tx, row)
            if now - self._forgot > _DAY_MS:
                desk.forget_rung(book.tx, Ms(now - _KEPT_MS))
                self._forgot = now
        return rows

    def _keep(self, rows: tuple[Ring, ...]) -> None:
        with self._engine.node.ledger.begin() as book:
            for row in rows:
                self._staffing.duty_desk.note_rung(book.tx, row)

    def _fail(self, way: Way, error: NotRung, now: Ms) -> None:
        pause = self._pauses.get(way, _Pause())
        span = min(_LONGEST_PAUSE_MS, _FIRST_PAUSE_MS << min(pause.failures, 10))
        self._pauses[way] = replace(pause, failures=pause.failures + 1, since=pause.since or now, until=Ms(now + span))
        _LOG.warning("%s; it is tried again in %d s", error, span // 1_000)

    async def _wait(self, heard: int) -> None:
        """Wait until something changes or the clock has gone on a minute."""
        clock = self._engine.clock
        seconds = min(clock.seconds_until(Ms(clock.now() + _LOOK_MS)), _LONGEST_SLEEP)
        rung = asyncio.ensure_future(self._engine.bell.next(heard))
        try:
            await asyncio.wait({rung}, timeout=seconds)
        finally:
            rung.cancel()
