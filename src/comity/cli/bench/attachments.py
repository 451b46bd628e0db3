"""How fast a large file goes from one officer's door to the other node, and whether anything urgent waits for it.

Two node processes, mutual TLS, real disks: added and sealed, looked into, sent, fetched with every chunk checked, looked into
again. A second file's transfer is killed half way and gone on with; beside it dispatches of lane immediate are timed.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comity.base.ids import Ms
from comity.cli.bench.exchange import Comity, cpu_seconds_of, flush_ms, machine
from comity.cli.demo.stage import Actor, Stage, build, find_data
from comity.cli.out import read_moment
from comity.edge.files import SOCKET

_START = "2026-07-13T04:00:00+00:00"
_MIB = 1 << 20
_PIECE = 4 << 20
_BY = {"desk": "requests", "number": 201}
_SCAN = "import sys\nwhile sys.stdin.buffer.read(1 << 20): pass\n"
"""A scan that reads all and finds nothing, so that the pipe is measured and no scanner is."""
_SECONDS = 3_600
_QUICK = 1_000_000_000
_BESIDE = 2_000_000_000
"""Bytes of the files of the second and third part, so that the whole needs a disk of three times the first and no more."""


@dataclass(slots=True)
class _Watch:
    """Peak memory of processes, read while something runs."""

    actors: tuple[Actor, ...]
    peak: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._stop.wait(0.05):
            for actor in self.actors:
                if actor.process is not None:
                    self.peak[actor.id] = max(self.peak.get(actor.id, 0), _memory(actor.process.pid))

    def stop(self) -> None:
        self._stop.set()


def bench_attachments(
    quick: bool,  # noqa: FBT001  every bench is called this way
    folder: Path,
    *,
    root: Path,
    size: int = 10_000_000_000,
) -> dict[str, Any]:
    """Measure one file of `size` bytes end to end, the resuming of one after a kill, and what is urgent beside it.

    Returns:
        size, seconds and mb_per_s of each stage and of all; cpu_seconds by node; peak memory of each node in MiB;
        resume (again_bytes, seconds); immediate (p50_ms, p99_ms, most_ms alone and beside a transfer).
    """
    size = min(size, _QUICK) if quick else size
    stage = build(folder, find_data(root, "india-canada"), Ms(read_moment(_START)), tick_ms=0)
    for actor in stage.actors:
        with (actor.folder / "node.toml").open("a", encoding="utf-8") as settings:
            settings.write(f"scan_command = {json.dumps([sys.executable, '-c', _SCAN])}\nfiles_reserve_mib = 64\n")
    figures = asyncio.run(_measure(stage, size, 40 if quick else 200))
    figures["flush_ms"] = flush_ms(folder)
    figures["machine"] = machine()
    return figures


async def _measure(stage: Stage, size: int, immediate: int) -> dict[str, Any]:
    target = Comity(stage)
    far, near = stage.actors
    seen: dict[str, float] = {}

    def note(one: str, at: float) -> None:
        seen.setdefault(one, at)

    await target.open(note)
    watch = _Watch(stage.actors)
    threading.Thread(target=watch.run, daemon=True).start()
    try:
        figures = await _end_to_end(near, far, size)
        alone = await _immediate(target, seen, immediate)
        smaller = min(size, _BESIDE)
        figures["immediate"] = {"alone": alone, "beside_a_transfer": await _beside(target, seen, smaller, immediate)}
        figures["resume"] = await _resume(stage, smaller)
        figures["peak_mib"] = {name: value / _MIB for name, value in watch.peak.items()}
    finally:
        watch.stop()
        await target.close()
    return figures


# --- end to end ----------------------------------------------------------------------------------------------------


async def _end_to_end(near: Actor, far: Actor, size: int) -> dict[str, Any]:
    cpu = [_cpu(one) for one in (near, far)]
    began = time.perf_counter()
    files = await _add(near, size)
    added = time.perf_counter()
    await _until(lambda: _added_state(near, files) == "clean")
    looked = time.perf_counter()
    dispatch = await asyncio.to_thread(_send, near, files)
    await _until(lambda: _state(far, dispatch) not in {"", "coming"})
    whole = time.perf_counter()
    await _until(lambda: _state(far, dispatch) == "clean")
    clean = time.perf_counter()
    stages = {"add_and_seal": added - began, "look_into_ours": looked - added, "fetch": whole - looked}
    stages |= {"look_into_theirs": clean - whole, "all": clean - began, "send_to_clean": clean - looked}
    return {
        "size": size,
        "seconds": stages,
        "mb_per_s": {name: size / seconds / 1e6 for name, seconds in stages.items()},
        "cpu_seconds": {one.id: _cpu(one) - before for one, before in zip((near, far), cpu, strict=True)},
    }


async def _add(near: Actor, size: int) -> str:
    """Add a file whose bytes differ from place to place; return its number."""
    body = {"name": "measured.bin", "size": size, "media": "application/octet-stream", "by": _BY}
    files = str(near.ask("POST", "/files/begin", body)["files"])
    reader, writer = await asyncio.open_unix_connection(str(near.folder / SOCKET))
    path = f"/files/add?files={files}&number=0&offset=0&desk={_BY['desk']}&officer={_BY['number']}"
    writer.write(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n".encode())
    async for piece in _content(size):
        writer.write(piece)
        await writer.drain()
    said = await reader.read()
    writer.close()
    if not said.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the bench's own file was not taken: {said[:300]!r}")
    return files


async def _content(size: int) -> AsyncIterator[bytes]:
    block = os.urandom(_PIECE)
    for number in range(-(-size // _PIECE)):
        yield (number.to_bytes(8, "big") + block[8:])[: size - number * _PIECE]


def _send(near: Actor, files: str) -> str:
    said = near.ask("POST", "/submit", {"form": _form(files), "by": _BY})
    if said.get("outcome") != "sent":
        raise RuntimeError(f"the bench's own dispatch was not sent: {said}")
    return str(said["id"])


def _form(files: str) -> dict[str, Any]:
    return {
        "desk": "requests", "kind": "message", "agency": "cbi", "recipients": ["rcmp"], "purpose": "organised-crime",
        "urgency": "formal", "lane": "bulk", "workplan_item": "W-5", "basis": ["arrangement:2026-02"],
        "conduct": "measured conduct", "body": {"text": "measured"}, "files": files,
        "label": {"originator": "cbi", "handling": ["H1", "H2"], "conditions": ["lead-only", "no-third-state"]},
    }  # fmt: skip


# --- beside it -----------------------------------------------------------------------------------------------------


async def _immediate(target: Comity, seen: dict[str, float], count: int) -> dict[str, float]:
    """Send dispatches of lane immediate one at a time and return how long each took to be visible at the far node."""
    taken = []
    for number in range(count):
        began = time.perf_counter()
        one = await target.send(number, f"measured {number}")
        async with asyncio.timeout(30):
            while one not in seen:  # noqa: ASYNC110  the listener is another task of this loop
                await asyncio.sleep(0.0005)
        taken.append((seen[one] - began) * 1_000)
    ordered = sorted(taken)
    at = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {"p50_ms": statistics.median(ordered), "p99_ms": at, "most_ms": ordered[-1], "dispatches": count}


async def _beside(target: Comity, seen: dict[str, float], size: int, count: int) -> dict[str, float]:
    near, far = target.near, target.far
    dispatch = await asyncio.to_thread(_send, near, await _clean(near, size))
    await _until(lambda: _have(far, dispatch) > 0)
    figures = await _immediate(target, seen, count)
    have = await asyncio.to_thread(_have, far, dispatch)
    figures["under_way_at_the_end"] = float(_state(far, dispatch) == "coming" and have > 0)
    await _until(lambda: _state(far, dispatch) == "clean")
    return figures


async def _clean(near: Actor, size: int) -> str:
    files = await _add(near, size)
    await _until(lambda: _added_state(near, files) == "clean")
    return files


# --- after a kill --------------------------------------------------------------------------------------------------


async def _resume(stage: Stage, size: int) -> dict[str, float]:
    """Kill the fetching node half way, start it again, and see that it goes on where it was."""
    far, near = stage.actors
    files = await _clean(near, size)
    dispatch = await asyncio.to_thread(_send, near, files)
    await _until(lambda: _have(far, dispatch) > size // 2)
    assert far.process is not None
    far.process.kill()
    await asyncio.to_thread(far.process.wait)
    kept = max((one.stat().st_size for one in (far.folder / "files").glob("*.part")), default=0)
    began = time.perf_counter()
    await asyncio.to_thread(stage.restart, far)
    await _until(lambda: _state(far, dispatch) == "clean")
    return {"kept_mib": kept / _MIB, "again_mib": (size - kept) / _MIB, "seconds": time.perf_counter() - began}


# --- looking -------------------------------------------------------------------------------------------------------


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(_SECONDS):
        while not await asyncio.to_thread(done):  # noqa: ASYNC110  another process is asked
            await asyncio.sleep(0.05)


def _added_state(near: Actor, files: str) -> str:
    rows = near.ask("GET", f"/files/state?files={files}&desk={_BY['desk']}&officer={_BY['number']}")["list"]
    return str(rows[0]["state"]) if rows else ""


def _row(far: Actor, dispatch: str) -> dict[str, Any]:
    rows = far.ask("GET", f"/files/of?dispatch={dispatch}")
    return dict(rows[0]) if rows else {}


def _state(far: Actor, dispatch: str) -> str:
    return str(_row(far, dispatch).get("state", ""))


def _have(far: Actor, dispatch: str) -> int:
    row = _row(far, dispatch)
    return int(row["have"]) if row else 0


def _cpu(actor: Actor) -> float:
    assert actor.process is not None
    return cpu_seconds_of(actor.process.pid)


def _memory(pid: int) -> int:
    """Return the bytes of memory that a process has of its own now; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))
