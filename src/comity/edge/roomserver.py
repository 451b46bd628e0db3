"""The running process of a room: one turn and one exchange a slot, a listener of its own, and a start that asks first.

The rule it keeps: when it speaks is decided by the clock alone. It has no page, no door and no metrics, and its log lines
name states and numbers only.
"""  # spec: protocol.md 3, 8

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from uvicorn._types import ASGI3Application

from comity.base.errors import BadEnvelope, ComityError, StoreError
from comity.base.ids import NodeName
from comity.dispatch.accord import verify_accord
from comity.dispatch.exchange_codec import Problem as ProblemBytes
from comity.dispatch.exchange_codec import decode_problem, encode_problem
from comity.dispatch.keylist import verify_keylist
from comity.edge import pki
from comity.edge.clock import Clock
from comity.edge.config import Config
from comity.edge.courier_client import CourierClient, NoAnswer
from comity.edge.courier_paths import room_exchange
from comity.edge.courier_server import CourierApp
from comity.edge.listener import serve
from comity.edge.opening import signed_instruments
from comity.edge.roomcopy import running_alone
from comity.edge.rooms import open_room, room_folder
from comity.edge.roomtray import Emptied, Tray, serve_tray
from comity.node.fetching import Span
from comity.node.logfiles import CHECKPOINT, log_file, served
from comity.node.taken import Problem
from comity.room.keeper import Keeper, place_of_log

P = ParamSpec("P")
R = TypeVar("R")
_LOG = logging.getLogger("comity.room")
_OK = 200
_STORE_RETRY_MS = 1_000
_ASK_AGAIN = 5.0
"""Seconds between two tries of a start that the other side has not answered."""
_TRAY_S = 2.0
_PLACE = "place/"


class RoomCourier:
    """The way of the other side's border to a keeper, and ours to it; every call goes through one thread."""

    def __init__(self, keeper: Keeper, clock: Clock, client: CourierClient | None) -> None:
        self.keeper, self._clock, self._client = keeper, clock, client
        self._loop = asyncio.get_running_loop()
        self._writer = ThreadPoolExecutor(1, "room")

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a call into the keeper."""
        return await self._loop.run_in_executor(self._writer, lambda: function(*args, **kwargs))

    def close(self) -> None:
        """End the thread."""
        self._writer.shutdown()

    # --- called ------------------------------------------------------------------------------------------------

    async def exchange(self, body: bytes) -> tuple[int, bytes]:
        """Answer one exchange of the other side: status and body."""
        now = self._clock.now()
        try:
            await self.call(self.keeper.take, body, now)
        except Problem as problem:
            _LOG.warning("an exchange of the room was not taken: %s", problem.code)
            return problem.status, await self.call(self.keeper.problem_bytes, problem)
        except StoreError:
            return 503, self.problem("slow-down", _STORE_RETRY_MS)
        return _OK, await self.call(self.keeper.speak, now)

    async def recover(self, body: bytes) -> tuple[int, bytes]:
        """Refuse: a room has no such path, and the server asks for none."""
        return 409, self.problem("unknown-log" if body else "bad-envelope", 0)

    def immediate(self, body: bytes) -> bool:
        """Tell that no lane overtakes in a room."""
        return not body

    def problem(self, code: str, retry_ms: int) -> bytes:
        """Return a problem that needs no look into the store."""
        return encode_problem(ProblemBytes(code, retry_ms, 0, None, 0))

    def tile(self, origin_hash: str, path: str) -> bytes | None:
        """Return a file of either log; called in a thread, reads one snapshot."""
        with self.keeper.ledger.read() as tx:
            row = served(tx, origin_hash)
            if row is None:
                return None
            if path.startswith(_PLACE):
                return place_of_log(tx, row.role, int(path.removeprefix(_PLACE)))
            return log_file(tx, row.role, path)

    # --- calling -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Turn and speak once a slot, until cancelled."""
        while True:
            try:
                await self.once()
            except StoreError:
                _LOG.exception("the room's store did not do this; the next slot repeats it")
            except ComityError as error:
                _LOG.warning("the room's exchange failed: %s", error.code)
            now = self._clock.now()
            up = self.keeper.link().state != "recovering"
            seconds = (self.keeper.next_turn(now) - now) / 1_000
            await asyncio.sleep(seconds if up else min(seconds, _ASK_AGAIN))

    async def once(self) -> None:
        """Turn, say one exchange, take its answer, and fetch what a put-back store lost."""
        now = self._clock.now()
        await self.call(self.keeper.turn, now)
        if self._client is None:
            return
        answer = await self._client.exchange(await self.call(self.keeper.speak, now))
        if isinstance(answer, NoAnswer):
            _LOG.warning("the other side's room gave no answer: %s", answer)
            return
        status, body = answer
        if status == _OK:
            await self.call(self.keeper.take, body, self._clock.now())
        else:
            await self._refused(body)
        if self.keeper.lost is not None:
            await self._fetch(self._client)
        await self._mend(self._client)

    async def _refused(self, body: bytes) -> None:
        try:
            problem = decode_problem(body)
        except BadEnvelope:
            return
        _LOG.warning("the other side's room did not take our exchange: %s", problem.code)
        await self.call(self.keeper.take_problem, problem)

    async def _fetch(self, client: CourierClient) -> None:
        lost, origin = self.keeper.lost, self.keeper.voice.log_origin
        head = await client.tile(origin, CHECKPOINT)
        if lost is None or isinstance(head, NoAnswer) or head[0] != _OK:
            return
        note = head[1].decode(errors="replace")
        signed = await self.call(self.keeper.own_head, note)  # before its size is believed
        span = Span(origin, lost.start, signed.checkpoint.size)
        found: dict[str, bytes] = {}
        for name in span.bundles():
            answer = await client.tile(origin, name.path())
            if not isinstance(answer, NoAnswer) and answer[0] == _OK:
                found[name.path()] = answer[1]
        await self.call(self.keeper.restore, note, span.entries(found), self._clock.now())
        _LOG.warning("the room's store was put back; %d entries of its log came back", span.end - span.start)

    async def _mend(self, client: CourierClient) -> None:
        """Fetch what stood behind leaves of our own log and is lost here; a slot at a time, some at once."""
        gaps = await self.call(self.keeper.gaps)
        back = 0
        for index in gaps:
            answer = await client.tile(self.keeper.voice.log_origin, f"{_PLACE}{index}")
            if isinstance(answer, NoAnswer) or answer[0] != _OK:
                break
            back += await self.call(self.keeper.mend, index, answer[1])
        if gaps:
            _LOG.warning("%d of %d lost places of the room's own log came back", back, len(gaps))


async def _keep_tray(config: Config, number: int, clock: Clock, tray: Tray) -> None:
    """Empty a tray again and again, until cancelled; what is taken waits for its slot as everything does."""
    found = Emptied()
    while True:
        try:
            found = await asyncio.to_thread(serve_tray, config, number, tray, clock.now(), found)
        except (ComityError, OSError) as error:
            _LOG.warning("the tray of the room could not be served: %s", type(error).__name__)
        else:
            if found.refused:
                _LOG.warning("%d items in the tray of the room are not for it; set aside", found.refused)
        await asyncio.sleep(_TRAY_S)


class RunningRoom:
    """A room that listens and speaks until it is stopped; `port` is where it listens."""

    def __init__(self, courier: RoomCourier, port: int, stack: AsyncExitStack) -> None:
        self.courier, self.port = courier, port
        self._stack = stack

    async def stop(self) -> None:
        """End in good order."""
        await self._stack.aclose()


async def start_room(
    config: Config, number: int, clock: Clock, *, host: str, port: int, tray: Path | None = None
) -> RunningRoom:
    """Open a room's log, listen for the other side, and call it once a slot; with a tray, empty it beside.

    Raises:
        BadConfiguration, BadSignature, BadForm, StoreError: it was not started; the message says why.
    """
    stack = AsyncExitStack()
    try:
        if room_folder(config, number).exists():
            stack.enter_context(running_alone(room_folder(config, number)))  # two would sign two logs
        opened = open_room(config, number, clock.now())
        stack.callback(opened.store.close)
        pki.renew_if_due(config.path(config.tls), config.name, clock.now())
        peer, authority = _authority(config)
        path = room_exchange(number)
        client = None
        if opened.keeper.theirs.address:
            tls = pki.client_context(config.path(config.tls), authority, peer)
            client = CourierClient(opened.keeper.theirs.address, tls, exchange=path)
            stack.push_async_callback(client.close)
        courier = RoomCourier(opened.keeper, clock, client)
        stack.callback(courier.close)
        tls = pki.server_context(config.path(config.tls), authority, peer)
        app = cast("ASGI3Application", CourierApp(courier, peer, exchange=path))
        listener = await serve(app, host, port, tls)
        stack.push_async_callback(listener.stop)
        task = asyncio.create_task(courier.run(), name="room")
        stack.push_async_callback(_cancel, task)
        if tray is not None:
            task = asyncio.create_task(_keep_tray(config, number, clock, Tray(tray)), name="tray")
            stack.push_async_callback(_cancel, task)
    except BaseException:
        await stack.aclose()
        raise
    return RunningRoom(courier, listener.port, stack)


async def run_room(
    config: Config,
    number: int,
    clock: Clock,
    *,
    host: str,
    port: int,
    ready: Callable[[int], None],
    tray: Path | None = None,
) -> None:
    """Run a room until SIGINT or SIGTERM; `ready` is told the port."""
    room = await start_room(config, number, clock, host=host, port=port, tray=tray)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number_ in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number_, stopped.set)
    ready(room.port)
    await stopped.wait()
    await room.stop()


def _authority(config: Config) -> tuple[NodeName, bytes]:
    papers = signed_instruments(config)
    party = verify_accord(papers.accord).peer_of(config.name)
    return party.node, verify_keylist(papers.peer_keys, party.root()).tls_ca


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
