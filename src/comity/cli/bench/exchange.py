"""How fast a dispatch goes from one node to the other: two node processes, mutual TLS, durable, bodies that differ.

The generator hands forms to one node's door and hears at the other's what was filed there; its own CPU is counted apart.
Every figure stands beside a calibration of the same minute, so that runs on different machines can be compared.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.cli.demo.stage import Stage, build, find_data
from comity.cli.out import read_moment
from comity.edge.database import read_database
from comity.edge.files import SOCKET

START = "2026-07-13T04:00:00+00:00"
_IN_FLIGHT = 32
_BODY_BYTES = 2_048
_TICKS = os.sysconf("SC_CLK_TCK")
_CONDITIONS = (
    (),
    ("no-arrest-without-contact",),
    ("no-automated-decision",),
    ("no-contact-with-source",),
    ("no-contact-with-subject",),
    ("no-evidence",),
    ("no-match-listing",),
    ("no-onward",),
    ("translation-unofficial",),
    ("consult-before-disclosure",),
    ("witness-risk",),
    ("political-content-removed",),
)
_PURPOSES = ("organised-crime", "fraud", "firearms-trafficking", "extortion-threat-to-life")
_KINDS = ("message", "spontaneous")


class Target(Protocol):
    """What is measured: one system with two ends. A peer is measured beside this one by an adapter of this shape."""

    async def open(self, seen: Callable[[str, float], None]) -> None:
        """Be ready; call `seen(id, time.perf_counter())` for each message that is visible at the far end."""
        ...

    async def send(self, number: int, text: str) -> str:
        """Hand in one message and return its id once the near end has stored it."""
        ...

    def cpu_seconds(self) -> float:
        """Return the CPU seconds that both ends have used so far."""
        ...

    async def close(self) -> None:
        """End."""
        ...


class Comity:
    """Two nodes of the model case on a stage of their own."""

    officer = 201

    def __init__(self, stage: Stage, servers: Callable[[], float] = lambda: 0.0) -> None:
        self._stage = stage
        self.server_cpu_seconds = servers
        self.far, self.near = self._far, self._near = stage.actors
        self._mixes = mixes()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._events: asyncio.Task[None] | None = None
        self._ear: asyncio.StreamWriter | None = None

    async def open(self, seen: Callable[[str, float], None]) -> None:
        """Listen at the far node."""
        self._stage.start()
        await self._listen(seen)

    async def rejoin(self, seen: Callable[[str, float], None]) -> None:
        """Start the far node again, which somebody ended, and listen there; returns when it is ready."""
        await asyncio.to_thread(self._stage.restart, self._far)
        await self._listen(seen)

    async def _listen(self, seen: Callable[[str, float], None]) -> None:
        reader, self._ear = await self._connect(self._far.folder)
        self._ear.write(b"GET /events?after=0 HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        self._events = asyncio.create_task(_listen(reader, seen))

    async def send(self, number: int, text: str, *, lane: str | None = None) -> str:
        """Hand one form to the near node; it goes in the lane of its urgency, `immediate`, unless one is named."""
        form = plain_form(*next(self._mixes), f"{number} {text}") | {"lane": lane}
        body = json.dumps({"form": form, "by": {"desk": "requests", "number": self.officer}}).encode()
        reader, writer = self._idle.pop() if self._idle else await self._connect(self._near.folder)
        head = b"POST /submit HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body)
        writer.write(head + body)
        answer = await _read_json(reader)
        self._idle.append((reader, writer))
        if answer.get("outcome") != "sent":
            raise RuntimeError(f"the bench's own form was not sent: {answer}")
        return str(answer["id"])

    def cpu_seconds(self) -> float:
        """Return user and system time of both processes, and of the database server if there is one."""
        return self.server_cpu_seconds() + sum(
            cpu_seconds_of(actor.process.pid) for actor in self._stage.actors if actor.process is not None
        )

    def gate_share(self) -> dict[str, float]:
        """Return the share of verdicts that each node's memory answered."""
        shares = {}
        for actor, name in ((self._near, "sender"), (self._far, "receiver")):
            counters = actor.ask("GET", "/status")["counters"]
            asked = counters.get("hits", 0) + counters.get("misses", 0)
            shares[name] = counters.get("hits", 0) / asked if asked else 0.0
        return shares

    async def close(self) -> None:
        """End both nodes."""
        if self._events is not None:
            self._events.cancel()
        for _, writer in self._idle:
            writer.close()
        await asyncio.to_thread(self._stage.stop)

    async def _connect(self, folder: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(str(folder / SOCKET), limit=1 << 20)


def bench_exchange(quick: bool, folder: Path, *, root: Path, databases: Sequence[str] = ()) -> dict[str, Any]:  # noqa: FBT001  every bench is called this way
    """Measure one at a time and 32 in flight.

    Args:
        quick: fewer dispatches; the whole takes under half a minute.
        folder: where the two nodes are made; on the disk that is to be measured.
        root: folder of the project's data.
        databases: addresses of two empty PostgreSQL databases of one server on this machine; none: SQLite.

    Returns:
        one_at_a_time (p50_ms, p99_ms), in_flight_32 (per_s, p50_ms, p99_ms, cpu_ms_per_dispatch,
        server_cpu_ms_per_dispatch, which is part of it, generator_cpu_ms_per_dispatch), gate (share of verdicts from memory), calibration, machine, ratios.
    """
    data = find_data(root, "india-canada")
    parties = tuple(party.id for party in data.terms.party)
    where = dict(zip(parties, databases, strict=True)) if databases else None
    stage = build(folder, data, Ms(read_moment(START)), tick_ms=0, databases=where)
    target = Comity(stage, server_of(databases[0]) if databases else lambda: 0.0)
    before = calibrate()
    figures = asyncio.run(measure(target, singles=150 if quick else 600, many=4_000 if quick else 20_000))
    figures["gate"] = {"from_memory": figures.pop("extra")}
    figures["calibration"] = {"ml_dsa_65_sign_ms": min(before, calibrate()), "flush_ms": flush_ms(folder)}
    figures["machine"] = machine()
    figures["ratios"] = _ratios(figures)
    return figures


async def measure(target: Target, *, singles: int, many: int) -> dict[str, Any]:
    """Run both shapes against a target and return their figures."""
    seen: dict[str, asyncio.Future[float]] = {}

    def note(one: str, at: float) -> None:
        future = seen.setdefault(one, asyncio.get_running_loop().create_future())
        if not future.done():
            future.set_result(at)

    async def once(number: int) -> float:
        began = time.perf_counter()
        one = await target.send(number, next(text))
        at = await asyncio.wait_for(seen.setdefault(one, asyncio.get_running_loop().create_future()), 30)
        del seen[one]
        return (at - began) * 1_000

    text = texts()
    await target.open(note)
    try:
        await many_at_once(once, 300)
        alone = sorted([await once(n) for n in range(singles)])
        figures = {
            "one_at_a_time": {"p50_ms": at_share(alone, 0.50), "p99_ms": at_share(alone, 0.99), "dispatches": singles}
        }
        figures["in_flight_32"] = await _timed(target, once, many)
        figures["extra"] = target.gate_share() if isinstance(target, Comity) else {}
    finally:
        await target.close()
    return figures


async def _timed(target: Target, once: Callable[[int], Awaitable[float]], many: int) -> dict[str, float]:
    server = target.server_cpu_seconds if isinstance(target, Comity) else lambda: 0.0
    cpu, own, served, began = target.cpu_seconds(), _own_cpu(), server(), time.perf_counter()
    taken = sorted(await many_at_once(once, many))
    seconds = time.perf_counter() - began
    return {
        "per_s": many / seconds,
        "p50_ms": at_share(taken, 0.50),
        "p99_ms": at_share(taken, 0.99),
        "cpu_ms_per_dispatch": (target.cpu_seconds() - cpu) / many * 1_000,
        "server_cpu_ms_per_dispatch": (server() - served) / many * 1_000,
        "generator_cpu_ms_per_dispatch": (_own_cpu() - own) / many * 1_000,
        "dispatches": many,
    }


async def many_at_once(once: Callable[[int], Awaitable[float]], many: int) -> list[float]:
    """Do something so many times, 32 under way at once, and return what each gave."""
    numbers = iter(range(many))
    taken: list[float] = []

    async def worker() -> None:
        for number in numbers:
            taken.append(await once(number))  # noqa: PERF401  each waits for the one before

    await asyncio.gather(*(worker() for _ in range(_IN_FLIGHT)))
    return taken


def calibrate() -> float:
    """Return the milliseconds of one ML-DSA-65 signature now: the best of several rounds."""
    key, rounds = MLDSA65PrivateKey.generate(), []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(40):
            key.sign(b"calibration")
        rounds.append((time.perf_counter() - began) / 40 * 1_000)
    return min(rounds)


def flush_ms(folder: Path) -> float:
    """Return the median milliseconds of writing 4 KiB and flushing it to the disk of `folder`."""
    path, taken = folder / "flush.tmp", []
    with path.open("wb", buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(bytes(4_096))
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - began) * 1_000)
    path.unlink()
    return statistics.median(taken)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    names = [line.split(":")[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _ratios(figures: dict[str, Any]) -> dict[str, float]:
    """Return every figure in signatures: how many ML-DSA-65 signatures it lasts, or how many dispatches one lasts."""
    unit = figures["calibration"]["ml_dsa_65_sign_ms"]
    alone, many = figures["one_at_a_time"], figures["in_flight_32"]
    return {
        "one_at_a_time_p50_in_signatures": alone["p50_ms"] / unit,
        "one_at_a_time_p99_in_signatures": alone["p99_ms"] / unit,
        "in_flight_32_dispatches_a_signature": many["per_s"] * unit / 1_000,
        "in_flight_32_cpu_in_signatures": many["cpu_ms_per_dispatch"] / unit,
    }


def texts() -> Iterator[str]:
    """Yield texts of 2 KiB that differ."""
    for number in itertools.count():
        stem = f"measured text {number} "
        yield (stem * (_BODY_BYTES // len(stem) + 1))[:_BODY_BYTES]


def mixes() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield purposes, kinds and conditions in turn, so that not all verdicts are one that is remembered."""
    return itertools.cycle(list(itertools.product(_PURPOSES, _KINDS, _CONDITIONS)))


def plain_form(purpose: str, kind: str, conditions: tuple[str, ...], text: str) -> dict[str, Any]:
    """Return a form as a screen would hand it in."""
    body: dict[str, Any] = {"text": text}
    if kind == "spontaneous":
        body["title"] = "measured"
    return {
        "desk": "requests",
        "kind": kind,
        "agency": "cbi",
        "recipients": ["rcmp"],
        "purpose": purpose,
        "urgency": "immediate",
        "workplan_item": "W-5",
        "basis": ["arrangement:2026-02"],
        "conduct": "measured conduct",
        "label": {
            "originator": "cbi",
            "handling": ["H1", "H2"],
            "conditions": sorted(("lead-only", "no-third-state", *conditions)),
            "evaluation": "B2" if kind == "spontaneous" else None,
        },
        "body": body,
    }


def at_share(taken: list[float], share: float) -> float:
    """Return the value below which this share of sorted values lies."""
    return taken[min(len(taken) - 1, int(len(taken) * share))]


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def cpu_seconds_of(pid: int) -> float:
    """Return user and system seconds that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def server_of(database: str) -> Callable[[], float]:
    """Return what tells the CPU seconds of a database server on this machine, those of its ended processes among them.

    Raises:
        BadForm: it is not on this machine.
    """
    from comity.edge.pgwire import Wire  # noqa: PLC0415  its driver is an extra

    wire = Wire(read_database(database, Path()))
    backend = int(wire.ask("SELECT pg_backend_pid()").rows[0][0] or 0)
    try:
        parent = _parent_of(backend)
    except OSError as error:
        raise BadForm("the database server is not on this machine, so its CPU cannot be measured") from error
    finally:
        wire.close()  # and with it the process that was looked at
    return lambda: _family_seconds(parent)


def _parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _family_seconds(parent: int) -> float:
    total = 0
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = one.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended; its parent has its time
        if int(fields[1]) == parent:
            total += int(fields[11]) + int(fields[12])
        elif one.parent.name == str(parent):
            total += sum(map(int, fields[11:15]))
    return total / _TICKS


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


async def _listen(reader: asyncio.StreamReader, seen: Callable[[str, float], None]) -> None:
    async for line in reader:
        at = time.perf_counter()
        if line.startswith(b"{"):
            for one in json.loads(line)["ids"]:
                seen(one, at)


async def _read_json(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    answer: dict[str, Any] = json.loads(await reader.readexactly(length))
    return answer
