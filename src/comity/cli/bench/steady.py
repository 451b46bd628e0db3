"""Whether a node stays as it is: its memory after many dispatches, and what one costs above a log of many leaves.

Two node processes, mutual TLS, durable, 32 in flight. For the second the stores are filled with leaves that nobody sent: our
log and the other side's copy of it alike, with all their tiles, through the code that keeps them; from there on all is real.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comity.base.ids import Digest, DispatchId, Ms
from comity.cli.bench.backlog import Arrivals
from comity.cli.bench.exchange import Comity, calibrate, machine, many_at_once, measure, texts
from comity.cli.demo.stage import Actor, Stage, build, find_data
from comity.cli.out import read_moment
from comity.dispatch.book import LogRole
from comity.dispatch.entries import DispatchLeaf, encode_entry
from comity.edge.config import read_config
from comity.edge.opening import OpenNode, open_node
from comity.marking.labels import Lane
from comity.tlog.tree import leaf_hash

_START = "2026-07-13T04:00:00+00:00"
_MARKS, _FEW_MARKS = (100_000, 1_000_000), (1_000, 3_000)
_SIZES, _SMALL_SIZES = (10_000, 10_000_000), (2_000, 20_000)
_SINGLES, _FLIGHT, _SHORT_FLIGHT = 100, 5_000, 1_000
_CHUNK = 20_000
_MIB = 1 << 20


# --- memory ----------------------------------------------------------------------------------------------------------


def bench_memory(quick: bool, folder: Path, *, root: Path) -> dict[str, Any]:  # noqa: FBT001  every bench is called this way
    """Measure the memory of both nodes after 100,000 and after 1,000,000 dispatches; 1,000 and 3,000 with `quick`.

    Returns:
        after, by number of dispatches: sender_mib, receiver_mib (resident), per_s since the mark before; growth: the
        larger ratio of the last mark to the first; machine.
    """
    stage = build(folder, find_data(root, "india-canada"), Ms(read_moment(_START)), tick_ms=0)
    after = asyncio.run(_marked(Comity(stage), _FEW_MARKS if quick else _MARKS))
    first, *_, last = after.values()
    growth = max(last[who] / first[who] for who in ("sender_mib", "receiver_mib"))
    return {"after": {str(mark): found for mark, found in after.items()}, "growth": growth, "machine": machine()}


async def _marked(target: Comity, marks: Sequence[int]) -> dict[int, dict[str, float]]:
    arrivals, text, done = Arrivals(), texts(), 0
    after: dict[int, dict[str, float]] = {}

    async def once(number: int) -> float:
        one = await target.send(number, next(text))
        await arrivals.all_of({one})
        return arrivals.at.pop(one)

    await target.open(arrivals.note)
    try:
        for mark in marks:
            began = time.perf_counter()
            await many_at_once(once, mark - done)
            per_s = (mark - done) / (time.perf_counter() - began)
            after[mark] = {
                "sender_mib": _resident(target.near),
                "receiver_mib": _resident(target.far),
                "per_s": per_s,
            }
            done = mark
    finally:
        await target.close()
    return after


def _resident(actor: Actor) -> float:
    assert actor.process is not None
    lines = Path(f"/proc/{actor.process.pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS")) / _MIB


# --- depth -----------------------------------------------------------------------------------------------------------


def bench_depth(quick: bool, folder: Path, *, root: Path) -> dict[str, Any]:  # noqa: FBT001  every bench is called this way
    """Measure the exchange above logs of 10,000 and of 10,000,000 leaves; 2,000 and 20,000 with `quick`.

    Returns:
        leaves, by size: one_at_a_time and in_flight_32 as of `exchange`, sender_mib and receiver_mib (resident at the
        end), fill_seconds; cost: CPU of a dispatch above the larger log by that above the smaller; calibration, machine.
    """
    stage = build(folder, find_data(root, "india-canada"), Ms(read_moment(_START)), tick_ms=0)
    before, found = calibrate(), dict[str, Any]()
    many = _SHORT_FLIGHT if quick else _FLIGHT
    asyncio.run(measure(Comity(stage), singles=1, many=1))  # both sides know each other's logs
    for leaves in _SMALL_SIZES if quick else _SIZES:
        began = time.perf_counter()
        fill(stage, leaves)
        filled = time.perf_counter() - began
        target = _Weighed(stage)
        figures = asyncio.run(measure(target, singles=_SINGLES, many=many))
        figures.pop("extra")
        found[str(leaves)] = figures | target.memory | {"fill_seconds": filled}
    small, large = (one["in_flight_32"]["cpu_ms_per_dispatch"] for one in found.values())
    calibration = {"ml_dsa_65_sign_ms": min(before, calibrate())}
    return {"leaves": found, "cost": large / small, "calibration": calibration, "machine": machine()}


class _Weighed(Comity):
    """Two nodes whose memory is looked at before they end."""

    memory: dict[str, float]

    async def close(self) -> None:
        """End both nodes."""
        self.memory = {"sender_mib": _resident(self.near), "receiver_mib": _resident(self.far)}
        await super().close()


def fill(stage: Stage, leaves: int) -> None:
    """Bring the near node's log, and the far node's copy of it, to so many leaves; neither node runs meanwhile."""
    far, near = (open_node(read_config(actor.folder), stage.now) for actor in stage.actors)
    try:
        size = _copy(near, far)
        while size < leaves:
            _grow(near, size, min(_CHUNK, leaves - size))
            size = _copy(near, far)
        with near.node.ledger.begin() as book:
            # What was never said counts as cosigned, so that the next exchange begins behind it.
            book.change(LogRole.OURS, cosigned_size=book.logs[LogRole.OURS].size)
    finally:
        near.store.close()
        far.store.close()


def _grow(node: OpenNode, size: int, by: int) -> None:
    """Append leaves that are well formed and differ, as of dispatches that were never sent."""
    nothing = Digest(bytes(32))
    with node.node.ledger.begin() as book:
        entries = [
            encode_entry(
                DispatchLeaf(DispatchId(place.to_bytes(16, "big")), Lane.BULK, 1, nothing, nothing, 4_096, nothing)
            )
            for place in range(size, size + by)
        ]
        book.append_blind(entries)


def _copy(near: OpenNode, far: OpenNode) -> int:
    """Give the far node what its copy of the near one's log lacks, and return the size of both."""
    with near.node.ledger.begin() as ours, far.node.ledger.begin() as theirs:
        first, size = theirs.logs[LogRole.THEIRS].size, ours.logs[LogRole.OURS].size
        entries = ours.entries(LogRole.OURS, first, size)
        edge, tiles = theirs.edges[LogRole.THEIRS].append([leaf_hash(entry) for entry in entries])
        theirs.append_mirror(entries, edge, tiles)
    return size
