"""How long a notification takes: handed in at one node, until it is in the other side's queue, and until it is screened there.

Two node processes, mutual TLS, durable, one notification at a time; the asking is in a process of its own and counts as part
of what is measured.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from comity.base.ids import Ms
from comity.cli.bench.exchange import Comity, calibrate, machine
from comity.cli.demo.stage import Stage, build, find_data
from comity.cli.out import read_moment

_START = "2026-07-13T04:00:00+00:00"
_SECONDS = 30
_GOODS = ("4-piperidone hydrochloride", "acetic anhydride", "anthranilic acid", "1-boc-4-piperidone", "red oxide")
_LIMIT_MS = 2_000


class Notices(Comity):
    """Sends notifications from the near node of the model case; its far node has them in its queue and screens them."""

    officer = 231

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._far_actor = stage.actors[0]

    def _form(self, purpose: str, kind: str, conditions: tuple[str, ...], text: str) -> dict[str, Any]:  # noqa: ARG002  one shape with the exchange
        number = int(text.split(maxsplit=1)[0])
        firm = {"name": f"Tern Fine Intermediates {number}", "address": "Dock 4, Ford"}
        return {
            "desk": "precursors",
            "kind": "pen",
            "agency": "cbn",
            "recipients": ["health-canada"],
            "purpose": "precursor-diversion",
            "workplan_item": "W-1",
            "basis": ["arrangement:2026-02"],
            "evaluation": "B2",
            "body": {
                "state": "pre-export",
                "version": 1,
                "reference": f"B-{number}",
                "exporter": firm,
                "importer": {"name": f"Pivot Reagents {number}", "address": "Hill Lane 2"},
                "lines": [{"substance": _GOODS[number % len(_GOODS)], "grams": 25_000 + number}],
                "route": {"entry": "Crossing Port"},
                "leaves": "2026-09-20",
                "applied": "2026-07-10",
                "text": text,
            },
        }

    async def screened(self, id_: str) -> bool:
        """Wait until the far node's screen has looked at it; False if that node has no screen."""
        ends = time.monotonic() + _SECONDS
        while time.monotonic() < ends:
            found = await asyncio.to_thread(self._far_actor.ask, "GET", f"/notice?id={id_}")
            if found["row"]["notice"]["screened"] is not None:
                return True
            await asyncio.sleep(0.002)
        raise RuntimeError(f"the far node did not screen {id_} in {_SECONDS} seconds")

    async def screens(self) -> bool:
        """Say whether the far node has a screen."""
        found = await asyncio.to_thread(self._far_actor.ask, "GET", "/notices")
        return bool(found["screens"])


def bench_pen(quick: bool, folder: Path, *, root: Path) -> dict[str, Any]:  # noqa: FBT001  every bench is called this way
    """Measure notifications, one at a time.

    Args:
        quick: fewer of them.
        folder: where the two nodes are made; on the disk that is to be measured.
        root: folder of the project's data.

    Returns:
        in_queue and screened (each p50_ms, p95_ms, worst_ms; screened is absent where the far node has no screen), under_2_s
        (share), sent, calibration, machine.
    """
    stage = build(folder, find_data(root, "india-canada"), Ms(read_moment(_START)), tick_ms=0)
    before = calibrate()
    figures = asyncio.run(_measure(Notices(stage), 30 if quick else 200))
    figures["calibration"] = {"ml_dsa_65_sign_ms": min(before, calibrate())}
    figures["machine"] = machine()
    return figures


async def _measure(target: Notices, count: int) -> dict[str, Any]:
    seen: dict[str, asyncio.Future[float]] = {}

    def note(one: str, at: float) -> None:
        future = seen.setdefault(one, asyncio.get_running_loop().create_future())
        if not future.done():
            future.set_result(at)

    queued: list[float] = []
    screened: list[float] = []
    await target.open(note)
    try:
        screens = await target.screens()
        for number in range(count + 5):
            began = time.perf_counter()
            one = await target.send(number, f"measured {number}")
            waiting = seen.setdefault(one, asyncio.get_running_loop().create_future())
            queued.append((await asyncio.wait_for(waiting, _SECONDS) - began) * 1_000)
            if screens and await target.screened(one):
                screened.append((time.perf_counter() - began) * 1_000)
    finally:
        await target.close()
    last = screened[5:] or queued[5:]
    found: dict[str, Any] = {"in_queue": _shape(queued[5:]), "sent": count}
    found["under_2_s"] = sum(one < _LIMIT_MS for one in last) / len(last)
    return {**found, "screened": _shape(screened[5:])} if screens else found


def _shape(taken: list[float]) -> dict[str, float]:
    """Return median, 95th of a hundred and worst of some milliseconds."""
    ordered = sorted(taken)
    return {
        "p50_ms": ordered[len(ordered) // 2],
        "p95_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
        "worst_ms": ordered[-1],
    }
