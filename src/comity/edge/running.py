"""Running a node: listeners for the peer, for pages and for officers' tools, the courier, and a good end."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import cast

from uvicorn._types import ASGI3Application

from comity.base.ids import Digest, Ms
from comity.edge import pki
from comity.edge.athome import home_of
from comity.edge.attaching import Attaching
from comity.edge.blobs import BlobClient, BlobServer
from comity.edge.board import NodeBoard
from comity.edge.boardcopy import start_board_copies
from comity.edge.calendars import start_calendars
from comity.edge.casereaders import make_readers
from comity.edge.changes import NearChanges, Topics
from comity.edge.clock import Clock, SetClock, SystemClock
from comity.edge.clock_admin import ClockApp
from comity.edge.config import Config
from comity.edge.courier_client import CourierClient
from comity.edge.courier_server import CourierApp
from comity.edge.custodial import Custodial
from comity.edge.desks import case_desk
from comity.edge.door import Door
from comity.edge.door_accord import AccordRoutes
from comity.edge.door_custody import CustodyRoutes
from comity.edge.door_cut import CutRoutes
from comity.edge.door_evidence import EvidenceRoutes
from comity.edge.door_files import FileRoutes
from comity.edge.door_keys import KeyRoutes
from comity.edge.door_link import LinkRoutes
from comity.edge.door_media import MediaRoutes
from comity.edge.door_meetings import meeting_routes
from comity.edge.door_request import Routes
from comity.edge.door_retention import RetentionRoutes
from comity.edge.door_search import SearchRoutes
from comity.edge.engine import Engine
from comity.edge.evidence import papers_of
from comity.edge.files import SOCKET
from comity.edge.filescan import Scanner, command_of
from comity.edge.filestore import FileStore
from comity.edge.hands import NearHands
from comity.edge.keywatch import KeyWatch
from comity.edge.listener import Listener, serve, serve_socket
from comity.edge.mediafiles import FileCarrier
from comity.edge.metrics import MetricsApp, NodeMetrics
from comity.edge.needs import house_access
from comity.edge.onduty import start_duty
from comity.edge.onnotice import start_notices
from comity.edge.opening import OpenNode, open_node
from comity.edge.pages import serve_pages
from comity.edge.peopledesk import open_people
from comity.edge.peoplewatch import watch_people
from comity.edge.plans import start_plan
from comity.edge.pulling import Crew, Puller
from comity.edge.retaining import Retaining
from comity.edge.rightofway import Way
from comity.edge.scoretelling import scorecard_routes
from comity.edge.searches import SearchNotes
from comity.edge.showing import lines_of, make_board
from comity.edge.site import make_site
from comity.edge.staffing import Staffing
from comity.edge.stores import database_of, in_database, rebuild_of
from comity.edge.writing import Writing
from comity.node.attached import served

_LOG = logging.getLogger("comity.run")
_POLL_MS = 20_000


class RunningNode:
    """A node that listens and speaks until it is stopped.

    Attributes:
        opened: what it was opened from.
        engine: what drives it.
        door: by which it is changed.
        keys: what looks after its keys.
        exchange_port, page_port: where it listens.
    """

    def __init__(
        self,
        opened: OpenNode,
        engine: Engine,
        door: Door,
        keys: KeyWatch,
        stack: AsyncExitStack,
        *,
        ports: tuple[int, int],
    ) -> None:
        self.opened = opened
        self.engine = engine
        self.door = door
        self.keys = keys
        self.exchange_port, self.page_port = ports
        self._stack = stack

    async def stop(self) -> None:
        """End in good order: no new exchange, answers under way end, the store is closed."""
        await self._stack.aclose()


async def start(config: Config) -> RunningNode:
    """Open a node and start everything that its settings name.

    Raises:
        BadConfiguration, StoreError: it was not started; the message says why.
    """
    for line in config.warnings():
        _LOG.warning(line)
    clock = _clock(config)
    stack = AsyncExitStack()
    gc.disable()
    try:
        opened = open_node(config, clock.now())
        stack.callback(opened.store.close)
        opened.node.starts(clock.now())
        contexts: list[ssl.SSLContext] = []
        engine = await _engine(opened, clock, stack, contexts)
        files = FileStore(config.path(config.files), config.files_reserve_mib << 20)
        exchange = await _listen_for_peer(opened, engine, _blobs(opened, files, engine), stack, contexts)
        keys = KeyWatch(opened, engine, contexts)
        stack.push_async_callback(_cancel, asyncio.create_task(keys.run(), name="keys"))
        board = make_board(opened)
        door = _door(opened, engine, board, files, _files(opened, engine, files, stack, contexts), stack)
        site = make_site(opened, NearHands(door), clock.now, board, lambda: engine.faults)
        changes = NearChanges(engine.bell, Topics(opened.node.ledger))
        page = await serve_pages(opened, site, changes, stack, config.page_port)
        if in_database(config):
            stack.push_async_callback(_cancel, _announcing(engine, config))
        await _listen_for_tools(opened, door, stack)
        if config.metrics_port:
            metrics = NodeMetrics(
                opened.node.ledger,
                config.path(config.store),
                config.path(config.tls),
                clock.now,
                lambda: engine.faults,
                database=opened.store.size_bytes if in_database(config) else None,
            )
            app = cast("ASGI3Application", MetricsApp(metrics))
            await _listen(stack, await serve(app, "127.0.0.1", config.metrics_port))
        if isinstance(clock, SetClock):
            clock.watch(engine.poke)
            if config.clock_port:
                app = cast("ASGI3Application", ClockApp(clock, config))
                await _listen(stack, await serve(app, "127.0.0.1", config.clock_port))
        courier = asyncio.create_task(engine.run(), name="courier")
        stack.push_async_callback(_cancel, courier)
    except BaseException:
        await stack.aclose()
        raise
    finally:
        _settle_memory()
    return RunningNode(opened, engine, door, keys, stack, ports=(exchange, page))


def _settle_memory() -> None:
    """Leave what was loaded at the start out of every later garbage collection, and collect less often.

    A full collection walks all that the libraries loaded, some 20 ms in which no officer is served. While a node starts
    nothing is collected: what is made stays.
    """
    gc.collect()
    gc.enable()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


async def run_until_stopped(config: Config, ready: Callable[[RunningNode], None]) -> None:
    """Run a node until SIGINT or SIGTERM."""
    node = await start(config)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    ready(node)
    await stopped.wait()
    await node.stop()


def _clock(config: Config) -> Clock:
    if config.insecure_demo_clock:
        return SetClock(Ms(config.clock_at), config.clock_rate)
    return SystemClock()


async def _engine(opened: OpenNode, clock: Clock, stack: AsyncExitStack, contexts: list[ssl.SSLContext]) -> Engine:
    config = opened.config
    pki.renew_if_due(config.path(config.tls), config.name, SystemClock().now())
    client = None
    if config.peer_addresses:
        trusted = b"".join(opened.node.authorities())
        tls = pki.client_context(config.path(config.tls), trusted, opened.node.office.peer)
        contexts.append(tls)
        client = CourierClient(config.peer_addresses, tls)
        stack.push_async_callback(client.close)
    engine = Engine(
        opened.node,
        clock,
        client,
        manifest_by=opened.roster.manifest_officer(config.party),
        way=Way(config.files_rate_mib),
        poll_ms=_POLL_MS if config.insecure_demo_clock is False and not config.exchange_port else 0,
    )
    stack.callback(engine.close)
    return engine


async def _listen_for_peer(
    opened: OpenNode, engine: Engine, blobs: BlobServer, stack: AsyncExitStack, contexts: list[ssl.SSLContext]
) -> int:
    config, office = opened.config, opened.built.office
    tls = pki.server_context(config.path(config.tls), b"".join(opened.node.authorities()), office.peer)
    contexts.append(tls)
    app = cast("ASGI3Application", CourierApp(engine, office.peer, blobs=blobs))
    listener = await serve(app, config.exchange_host, config.exchange_port, tls)
    await _listen(stack, listener)
    return listener.port


def _blobs(opened: OpenNode, files: FileStore, engine: Engine) -> BlobServer:
    def sent(cipher: Digest) -> int | None:
        with opened.node.ledger.read() as tx:
            return served(cipher, tx)

    return BlobServer(files, sent, engine.way)


def _files(
    opened: OpenNode, engine: Engine, store: FileStore, stack: AsyncExitStack, contexts: list[ssl.SSLContext]
) -> FileRoutes:
    """Start what fetches files and takes them for drafts, and return its routes."""
    config = opened.config
    scanner = Scanner(command_of(config), config.scan_seconds, config.insecure_unscanned_files)
    client = None
    if config.peer_addresses:
        trusted = b"".join(opened.node.authorities())
        tls = pki.client_context(config.path(config.tls), trusted, opened.node.office.peer)
        contexts.append(tls)
        client = BlobClient(config.peer_addresses, tls, config.files_at_once)
        stack.push_async_callback(client.close)
    puller = Puller(engine, Crew(store, client, scanner, config.files_at_once))
    attaching = Attaching(engine, store, scanner, config.files_most_mib << 20)
    stack.push_async_callback(attaching.close)
    for task in (asyncio.create_task(puller.run(), name="files"), asyncio.create_task(attaching.run(), name="adding")):
        stack.push_async_callback(_cancel, task)
    return FileRoutes(engine, store, attaching, puller)


def _door(  # noqa: PLR0917  what the door is made of
    opened: OpenNode, engine: Engine, board: NodeBoard, store: FileStore, files: FileRoutes, stack: AsyncExitStack
) -> Door:
    asked = getattr(opened.desks[case_desk(opened.config.desks)], "asked", lambda *_: None)
    desk = open_people(opened, engine)
    watching = asyncio.create_task(watch_people(engine, desk.people, desk.accounts), name="people")
    stack.push_async_callback(_cancel, watching)
    return Door(
        engine,
        board,
        asked,
        lines=lines_of(opened),
        their_law=board.their_law,
        writing=Writing.of(opened),
        people=desk.routes,
        further=(
            *start_duty(opened, engine, stack),
            _searches(opened, engine, stack),
            EvidenceRoutes(engine, papers_of(opened)).routes,
            MediaRoutes(engine, opened.config.folder, FileCarrier(engine, store, files.puller)).routes,
            _retention(opened, engine, store),
            _search(opened, board, engine),
            files.routes,
            LinkRoutes(engine, desk.people, house_access()).routes,
            KeyRoutes(engine, opened.roster.manifest_officer(opened.config.party)).routes,
            CutRoutes(engine).routes,
            AccordRoutes(engine, opened.roster.manifest_officer(opened.config.party)).routes,
            *start_notices(opened, engine, stack),
            *start_board_copies(opened, engine),
            *meeting_routes(opened, engine),
            *start_plan(opened, engine),
            *start_calendars(opened, engine),
            *scorecard_routes(opened, engine),
        ),
        home=home_of(Staffing.of(opened)),
        streams=files.streams,
    )


def _announcing(engine: Engine, config: Config) -> asyncio.Task[None]:
    """Tell the pages of other processes, through the database, what moved here."""
    from comity.edge.pgchanges import Announcer  # noqa: PLC0415  its driver is an extra

    return asyncio.create_task(Announcer(engine.bell, database_of(config)).run(), name="announcer")


def _searches(opened: OpenNode, engine: Engine, stack: AsyncExitStack) -> Routes:
    notes = SearchNotes(engine, opened.config.search_log_days)
    stack.push_async_callback(_cancel, asyncio.create_task(notes.run(), name="searches"))
    return notes.routes


def _retention(opened: OpenNode, engine: Engine, store: FileStore) -> Routes:
    retaining = Retaining(engine, opened.store, opened.desks, rebuild_of(opened.config), store)
    engine.daily = retaining.daily
    return {**RetentionRoutes(retaining).routes, **CustodyRoutes(Custodial(engine)).routes}


def _search(opened: OpenNode, board: NodeBoard, engine: Engine) -> Routes:
    readers = make_readers(opened, board)
    return SearchRoutes(readers.finder, readers.inbox, case_desk(opened.config.desks), engine.clock.now).routes


async def _listen_for_tools(opened: OpenNode, door: Door, stack: AsyncExitStack) -> None:
    path = opened.config.folder / SOCKET
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen()
    await _listen(stack, await serve_socket(cast("ASGI3Application", door), listening))
    stack.callback(path.unlink, missing_ok=True)


async def _listen(stack: AsyncExitStack, listener: Listener) -> None:
    stack.push_async_callback(listener.stop)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def socket_of(folder: Path) -> Path:
    """Return the officers' socket of the node in `folder`."""
    return folder / SOCKET
