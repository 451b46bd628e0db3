"""How long what piled up while the link was cut takes to cross, and how long something immediate waits meanwhile.

Two node processes, mutual TLS, durable. The far node is ended, the near one takes everything in lane bulk, the far one is
started again; from the moment it is ready the clock runs, and four times a second something immediate is sent.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from pathlib import Path
from typing import Any

from comity.base.ids import Ms
from comity.cli.bench.exchange import Comity, at_share, calibrate, machine, many_at_once, texts
from comity.cli.demo.stage import build, find_data
from comity.cli.out import read_moment

_START = "2026-07-13T04:00:00+00:00"
_MANY, _FEW = 50_000, 1_000
_WARM = 100
_EVERY = 0.25
_LONGEST = 3_600.0


class Arrivals:
    """When each dispatch was visible at the far node; `at` is by its id, on the clock of `time.perf_counter`."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self._rung = asyncio.Event()

    def note(self, one: str, at: float) -> None:
        """Note the first time that one was seen."""
        self.at.setdefault(one, at)
        self._rung.set()

    async def all_of(self, wanted: set[str]) -> None:
        """Wait until all of these are visible."""
        async with asyncio.timeout(_LONGEST):
            while not wanted <= self.at.keys():
                self._rung.clear()
                await self._rung.wait()


def bench_backlog(quick: bool, folder: Path, *, root: Path) -> dict[str, Any]:  # noqa: FBT001  every bench is called this way
    """Measure 50,000 dispatches that waited, 1,000 with `quick`.

    Returns:
        taken_per_s (forms a second while the link was cut), seconds, per_s, cpu_ms_per_dispatch (both nodes, from the
        moment that the far one was ready), immediate (p50_ms, p99_ms, worst_ms, dispatches: sent until the last of the
        backlog was visible), calibration, machine.
    """
    stage = build(folder, find_data(root, "india-canada"), Ms(read_moment(_START)), tick_ms=0)
    before = calibrate()
    figures = asyncio.run(measure(Comity(stage), _FEW if quick else _MANY))
    return {**figures, "calibration": {"ml_dsa_65_sign_ms": min(before, calibrate())}, "machine": machine()}


async def measure(target: Comity, many: int) -> dict[str, Any]:
    """Cut the link, hand in so many, join it again and wait until all are visible."""
    arrivals, text = Arrivals(), texts()
    await target.open(arrivals.note)
    try:
        await arrivals.all_of({await target.send(n, next(text)) for n in range(_WARM)})
        await _cut(target)
        sent: set[str] = set()

        async def hand_in(number: int) -> float:
            sent.add(await target.send(number, next(text), lane="bulk"))
            return 0.0

        began = time.perf_counter()
        await many_at_once(hand_in, many)
        taken = many / (time.perf_counter() - began)
        await target.rejoin(arrivals.note)
        return {"dispatches": many, "taken_per_s": taken} | await _drained(target, arrivals, sent)
    finally:
        await target.close()


async def _drained(target: Comity, arrivals: Arrivals, sent: set[str]) -> dict[str, Any]:
    cpu, began, waits = target.cpu_seconds(), time.perf_counter(), list[float]()
    draining, text = asyncio.create_task(arrivals.all_of(sent)), texts()
    for number in itertools.count():
        if draining.done():
            break
        handed = time.perf_counter()
        one = await target.send(number, next(text))
        await arrivals.all_of({one})
        waits.append((arrivals.at[one] - handed) * 1_000)
        await asyncio.wait({draining}, timeout=_EVERY)
    await draining
    seconds = max(arrivals.at[one] for one in sent) - began
    waits.sort()
    return {
        "seconds": seconds,
        "per_s": len(sent) / seconds,
        "cpu_ms_per_dispatch": (target.cpu_seconds() - cpu) / len(sent) * 1_000,
        "immediate": {
            "p50_ms": at_share(waits, 0.50),
            "p99_ms": at_share(waits, 0.99),
            "worst_ms": waits[-1],
            "dispatches": len(waits),
        },
    }


async def _cut(target: Comity) -> None:
    """End the far node in good order, so that nobody answers."""
    process = target.far.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(process.wait, 30)
