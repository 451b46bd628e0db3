"""How fast the desk's screens are over a store of years: inbox, search, case over HTTP at a fixed rate, and open streams.

The asking is in a process of its own and at fixed instants, so that a slow answer delays no later question and a wait is
part of what is measured. It is done twice: with the node's process alone, and with one `comity web` beside it, where the
questions go to both in turn as behind a proxy.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from comity.base.ids import Ms, show_id
from comity.cli.bench.deskstore import Ends, Size, fill
from comity.cli.bench.exchange import cpu_seconds_of, machine
from comity.cli.demo.stage import Actor, build, find_data
from comity.cli.out import read_moment
from comity.dispatch.columns import bytes_of
from comity.dispatch.states import Form, Officer
from comity.edge import peoplerows
from comity.edge.clock import SystemClock
from comity.edge.config import read_config
from comity.edge.opening import OpenNode, open_node
from comity.edge.peoplerows import SessionRow, digest_of
from comity.edge.search import Followed
from comity.marking.labels import Urgency
from comity.screen.visitor import session_cookie

_START = "2026-07-13T04:00:00+00:00"
_PARTY = "in"
_DESK = "requests"
_WHO = {901: "duty-officer", 902: "officer", 903: "reviewer"}
_SHARES = (("inbox", 0.4), ("search", 0.3), ("case", 0.3))
_OK = 200
_PING_SECONDS = 20.0
_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked.

    Attributes:
        rate: questions a second.
        seconds: for how long.
        streams: open event streams.
    """

    rate: int = 50
    seconds: int = 60
    streams: int = 500


def bench_desk(quick: bool, folder: Path, *, root: Path) -> dict[str, Any]:  # noqa: FBT001  every bench is called this way
    """Fill a store and measure its screens.

    Args:
        quick: a tenth of the store, for a shorter time.
        folder: where the node is made; on the disk that is to be measured.
        root: folder of the project's data.

    Returns:
        store (cases, dispatches, bytes, fill_s), alone and beside (each inbox, search, case with p50_ms, p95_ms, p99_ms,
        asked, failed; cpu_ms_per_answer of all page processes), streams (open, heard, slowest_ms), machine.
    """
    size = Size(1_000, 20_000, Ms(0)) if quick else Size(10_000, 200_000, Ms(0))
    load = Load(seconds=15, streams=100) if quick else Load()
    stage = build(folder, find_data(root, "india-canada"), Ms(read_moment(_START)))
    actor = stage.actor(_PARTY)
    _more_officers(actor)
    store = _filled(actor, size)
    tokens = cast("dict[int, str]", store.pop("tokens"))
    paths = _paths(store.pop("cases_seen"), store.pop("words"), tokens)
    stage.restart(actor)
    cookie, figures = store.pop("cookie"), {}
    try:
        assert actor.process is not None
        figures["alone"] = asyncio.run(_measure(_Pages((actor.page_port,), (actor.process.pid,)), cookie, paths, load))
        with _further(actor) as (port, pid):
            both = _Pages((actor.page_port, port), (actor.process.pid, pid))
            figures["beside"] = asyncio.run(_measure(both, cookie, paths, load))
            figures["streams"] = asyncio.run(_streams(Asker(both.ports, cookie), actor, paths["case"][0], load.streams))
    finally:
        stage.stop()
    return {"store": store, **figures, "rate_per_s": load.rate, "machine": machine()}


@dataclass(frozen=True, slots=True)
class _Pages:
    """The page processes that are asked in turn: their ports and process numbers."""

    ports: tuple[int, ...]
    pids: tuple[int, ...]


@contextmanager
def _further(actor: Actor) -> Iterator[tuple[int, int]]:
    """Run a further page process of a node; yields its port and number."""
    command = [sys.executable, "-m", "comity.cli.main", "web", "--node", str(actor.folder), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603  our own program
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            yield int(ready["url"].rpartition(":")[2]), process.pid
        finally:
            process.terminate()
            process.wait(20)


def _more_officers(actor: Actor) -> None:
    """Add one officer for each role that is measured."""
    agency = _agency(actor)
    lines = "".join(
        f'\n[[officer]]\nparty = "{actor.id}"\ndesk = "{_DESK}"\nnumber = {number}\nagency = "{agency}"\nroles = ["{role}"]\n'
        for number, role in _WHO.items()
    )
    roster = actor.folder / "roster.toml"
    roster.write_text(roster.read_text(encoding="utf-8") + lines, encoding="utf-8")


def _agency(actor: Actor) -> str:
    opened = _open(actor)
    try:
        return opened.registry.acting[0]
    finally:
        opened.store.close()


def _open(actor: Actor) -> OpenNode:
    return open_node(read_config(actor.folder), Ms(read_moment(_START)))


def _filled(actor: Actor, size: Size) -> dict[str, Any]:
    """Fill the actor's store and return what was made, the sessions, and what to ask for."""
    opened, began, now = _open(actor), time.perf_counter(), Ms(read_moment(_START))
    try:
        ends = Ends(
            ours=opened.registry.acting,
            theirs=opened.peer_registry.acting,
            items=tuple(item.id for item in opened.workplan.item),
        )
        opened.node.starts(now)
        opened.node.submit([(_first(opened), Officer(_DESK, 201))], now)
        whole = Size(size.cases, size.dispatches, Ms(now - 60_000))
        fill(cast("Followed", opened.store), opened.desks[_DESK], ends, whole)
        tokens = {number: _enter(opened, number) for number in _WHO}
        with opened.store.read() as tx:
            cases = tx.rows("SELECT c.id FROM requests_case c ORDER BY c.id")
            texts = tx.rows("SELECT words FROM requests_text WHERE place % ? = 0", (max(1, size.dispatches // 400),))
        return {
            "cases": len(cases),
            "dispatches": size.dispatches,
            "bytes": sum(path.stat().st_size for path in actor.folder.glob("*.db*")),
            "fill_s": time.perf_counter() - began,
            "cookie": session_cookie(opened.config.node, https=False),
            "tokens": tokens,
            "cases_seen": tuple(show_id(bytes_of(row[0])) for row in cases[:: max(1, len(cases) // 500)]),
            "words": tuple(str(row[0]) for row in texts if row[0]),
        }
    finally:
        opened.store.close()


def _first(opened: OpenNode) -> Form:
    """Return one dispatch that goes the real path, whose decision record the others have beside them."""
    return Form(
        desk=_DESK,
        kind="message",
        agency="cbi",
        role="officer",
        recipients=("rcmp",),
        purpose="organised-crime",
        urgency=Urgency.NORMAL,
        workplan_item=opened.workplan.item[0].id,
        workplan_reason="",
        basis=("arrangement:2026-02",),
        conduct="measured conduct",
        body={"text": "measured"},
    )


def _enter(opened: OpenNode, number: int) -> str:
    token, now = secrets.token_urlsafe(32), SystemClock().now()
    row = SessionRow(
        digest_of(token), _DESK, number, "passkey", secrets.token_bytes(32), now, Ms(now + 3_600_000 * 8), now, now
    )
    with opened.node.ledger.begin() as book:
        peoplerows.make_account(book.tx, (_DESK, number), secrets.token_bytes(32), now)
        peoplerows.add_session(book.tx, row)
    return token


def _paths(cases: Sequence[str], texts: Sequence[str], tokens: dict[int, str]) -> dict[str, list[tuple[str, str]]]:
    """Return for each screen what is asked, (address, token): different pages, words and persons in turn."""
    chance = random.Random(11)  # noqa: S311  the same questions each time
    who = itertools.cycle(tokens.values())
    first = tokens[next(iter(tokens))]
    views = ("/inbox", "/inbox?view=theirs", "/inbox?view=all", "/inbox?view=settled", "/inbox?view=mine")
    return {
        "inbox": [
            (path, token) for path, token in zip(itertools.islice(itertools.cycle(views), 60), who, strict=False)
        ],
        "search": [(f"/search?q={quote(_query(chance, text))}", next(who)) for text in texts],
        "case": [(f"/case/{case}", first) for case in cases],
    }


def _query(chance: random.Random, text: str) -> str:
    """Return a word, the beginning of one, two words, or a phrase that stands in a text."""
    words = text.split()
    place = chance.randrange(max(1, len(words) - 2))
    match chance.randrange(4):
        case 0:
            return words[place]
        case 1:
            return words[place][:3]
        case 2:
            return f"{words[place]} {chance.choice(words)}"
        case _:
            return f'"{" ".join(words[place : place + 2])}"'


# --- asking ----------------------------------------------------------------------------------------------------------


class Asker:
    """Asks one address after another over connections that stay open, of each page process in turn.

    Args:
        ports: of the page processes.
        cookie: name of the session's cookie.
    """

    def __init__(self, ports: tuple[int, ...], cookie: str) -> None:
        self._cookie = cookie
        self._ports = itertools.cycle(ports)
        self._idle: dict[int, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {port: [] for port in ports}

    async def get(self, path: str, token: str) -> tuple[int, int]:
        """Return status and size of the answer."""
        port = next(self._ports)
        idle = self._idle[port]
        reader, writer = idle.pop() if idle else await self._to(port)
        writer.write(self.head(path, token))
        status, body = await _answer(reader)
        if len(idle) < _CONNECTIONS:
            idle.append((reader, writer))
        else:
            writer.close()
        return status, len(body)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open one connection."""
        return await self._to(next(self._ports))

    async def _to(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)

    def head(self, path: str, token: str, accept: str = "text/html") -> bytes:
        """Write a question."""
        lines = (
            f"GET {path} HTTP/1.1",
            f"host: {_PARTY}.localhost",
            f"cookie: {self._cookie}={token}",
            f"accept: {accept}",
            "sec-fetch-site: same-origin",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def close(self) -> None:
        """End all connections."""
        for _, writer in itertools.chain.from_iterable(self._idle.values()):
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), None)
    if length is not None:
        return status, await reader.readexactly(length)
    body = bytearray()
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return status, bytes(body)


async def _measure(pages: _Pages, cookie: str, paths: dict[str, list[tuple[str, str]]], load: Load) -> dict[str, Any]:
    asker = Asker(pages.ports, cookie)
    for name, _ in itertools.product([name for name, _ in _SHARES], pages.ports):
        await asker.get(*paths[name][0])  # the first of each kind reads templates and opens the store
    taken: dict[str, list[float]] = {name: [] for name, _ in _SHARES}
    failed = dict.fromkeys(taken, 0)

    async def once(name: str, path: tuple[str, str], due: float) -> None:
        status, _ = await asker.get(*path)
        taken[name].append((time.perf_counter() - due) * 1_000)
        failed[name] += status != _OK

    used = sum(map(cpu_seconds_of, pages.pids))
    began, asking = time.perf_counter(), []
    for number, (name, path) in enumerate(itertools.islice(_mixed(paths), load.rate * load.seconds)):
        due = began + number / load.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asking.append(asyncio.create_task(once(name, path, due)))
    await asyncio.gather(*asking)
    figures: dict[str, Any] = {name: {**_spread(times), "failed": failed[name]} for name, times in taken.items()}
    spent = sum(map(cpu_seconds_of, pages.pids)) - used
    figures["cpu_ms_per_answer"] = spent * 1_000 / sum(map(len, taken.values()))
    asker.close()
    return figures


def _mixed(paths: dict[str, list[tuple[str, str]]]) -> Iterator[tuple[str, tuple[str, str]]]:
    chance = random.Random(13)  # noqa: S311  the same questions each time
    turns = {name: itertools.cycle(paths[name]) for name, _ in _SHARES}
    names, weights = [name for name, _ in _SHARES], [share for _, share in _SHARES]
    while True:
        name = chance.choices(names, weights)[0]
        yield name, next(turns[name])


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    return {"p50_ms": at(0.50), "p95_ms": at(0.95), "p99_ms": at(0.99), "asked": len(ordered)}


async def _streams(asker: Asker, actor: Actor, seen: tuple[str, str], count: int) -> dict[str, Any]:
    """Open streams, change something, and count who heard of it and how late."""
    opened = [await asker.connect() for _ in range(count)]
    for reader, writer in opened:
        writer.write(asker.head("/events", seen[1], "text/event-stream"))
        await reader.readuntil(b"\r\n\r\n")
    heard = [asyncio.create_task(_hears(reader)) for reader, _ in opened]
    await asyncio.sleep(1)
    began = time.perf_counter()
    case = seen[0].rsplit("/", 1)[1]
    body = {"ids": [case], "by": {"desk": _DESK, "number": next(iter(_WHO))}}
    await asyncio.get_running_loop().run_in_executor(None, actor.ask, "POST", "/see", body)
    done, late = await asyncio.wait(heard, timeout=_PING_SECONDS)
    for one in late:
        one.cancel()
    times = [one.result() - began for one in done if one.exception() is None]
    for _, writer in opened:
        writer.close()
    return {
        "open": count,
        "heard": len(times),
        "slowest_ms": max(times, default=0.0) * 1_000,
    }


async def _hears(reader: asyncio.StreamReader) -> float:
    """Return when the first ping after the beginning came."""
    begun = time.perf_counter()
    while True:
        line = await reader.readline()
        if not line:
            raise ConnectionError("the stream ended")
        if line.startswith(b"event: ping") and time.perf_counter() - begun > 1:
            return time.perf_counter()
