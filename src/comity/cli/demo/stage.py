"""The stage: two nodes made, paired and run as two processes, each with its own folder, keys and authority."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comity.base.errors import BadConfiguration, ComityError
from comity.base.ids import Ms, NodeName
from comity.cli.demo.ports import free_ports
from comity.cli.doorway import ask
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import encode_accord
from comity.edge.config import POSTGRESQL
from comity.edge.files import write_atomic
from comity.edge.handover import PartyTerms, Terms, make_accord, read_card
from comity.edge.keystore import RootStore
from comity.edge.registry import read_toml
from comity.edge.setup import CARD, KEYS, LAW_FILE, LAW_KEY, REGISTRY, NewNode, init_node, keep_peer_law, pair_node

READY_SECONDS = 60
_LAST_WORDS = 1_000
_STEP_MS = 50 * 60_000
_KEY_DAYS = 60
_BREATH_SECONDS = 0.015
"""Real time between two steps of the clocks, in which the nodes keep their hourly duties."""


class StageFailed(ComityError):
    """A node of the stage did not start or ended by itself; its own words are in its log file."""

    code = "stage"


@dataclass(frozen=True, slots=True)
class Set:
    """Where an accord's data are: terms, registries, roster, workplan, laws, holidays, substances."""

    accord: Path
    registries: Path
    laws: Path
    calendars: Path | None = None
    substances: Path | None = None

    @property
    def terms(self) -> Terms:
        """Read the terms."""
        return read_toml(self.accord / "accord.toml", Terms)


@dataclass(slots=True)
class Actor:
    """One party's node on the stage."""

    terms: PartyTerms
    folder: Path
    root: Path
    exchange_port: int
    page_port: int
    clock_port: int
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """The party's id in the data of the accord."""
        return self.terms.id

    @property
    def url(self) -> str:
        """Where its page is."""
        return f"http://{self.terms.short.lower()}.localhost:{self.page_port}"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the running node through its officers' door."""
        return ask(self.folder, method, path, body)

    def set_clock(self, at: Ms, rate: int) -> None:
        """Set the node's clock."""
        body = json.dumps({"at": int(at), "rate": rate}).encode()
        head = f"POST /clock HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        with socket.create_connection(("127.0.0.1", self.clock_port), timeout=10) as connection:
            connection.sendall(head.encode() + b"connection: close\r\n\r\n" + body)
            answer = connection.recv(4_096)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise StageFailed(f"the clock of {self.id} was not set: {answer[:60]!r}")


@dataclass(slots=True)
class Stage:
    """Two nodes in one folder.

    Attributes:
        folder: holds both nodes' folders and logs.
        actors: both parties, in the accord's order.
        now: what both clocks show, as set last.
    """

    folder: Path
    actors: tuple[Actor, Actor]
    now: Ms

    def actor(self, party: str) -> Actor:
        """Return the actor of a party id."""
        return next(one for one in self.actors if one.id == party)

    def other(self, party: str) -> Actor:
        """Return the other actor."""
        return next(one for one in self.actors if one.id != party)

    def set_time(self, at: Ms, rate: int = 1) -> None:
        """Move both clocks on together, in steps short enough that neither takes the other's for wrong."""
        with ThreadPoolExecutor(2) as both:
            while self.now < at:
                self.now = Ms(min(at, self.now + _STEP_MS))
                list(both.map(lambda one: one.set_clock(self.now, rate), self.actors))
                if self.now < at:
                    time.sleep(_BREATH_SECONDS)

    def start(self) -> None:
        """Start both nodes as processes and wait until each says that it is ready."""
        for actor in self.actors:
            _start(actor, self.folder / f"{actor.id}.log")
        for actor in self.actors:
            _wait_ready(actor)

    def restart(self, actor: Actor) -> None:
        """Start one node again over what it has stored."""
        _start(actor, self.folder / f"{actor.id}.log")
        _wait_ready(actor)

    def stop(self) -> None:
        """End both nodes in good order."""
        for actor in self.actors:
            if actor.process is not None and actor.process.poll() is None:
                actor.process.send_signal(signal.SIGTERM)
        for actor in self.actors:
            if actor.process is not None:
                try:
                    actor.process.wait(20)
                except subprocess.TimeoutExpired:
                    actor.process.kill()
                    actor.process.wait(5)


def build(
    folder: Path,
    data: Set,
    at: Ms,
    *,
    tick_ms: int | None = None,
    real_clock: bool = False,
    databases: Mapping[str, str] | None = None,
) -> Stage:
    """Make and pair both nodes of an accord in `folder`.

    Args:
        folder: an empty or new folder.
        data: the accord's data.
        at: what both clocks show first.
        tick_ms: another tick for normal and bulk lanes, for measurements.
        real_clock: the nodes go by the machine's clock; `at` is then only when their keys begin.
        databases: by party id, where its PostgreSQL database is; a party without one has a file.

    Raises:
        BadConfiguration: the folder holds nodes already, or the data do not fit.
    """
    terms = data.terms
    if tick_ms is not None:
        terms.timers["tick"] = tick_ms
    ports = free_ports(6)
    actors = tuple(make_actor(folder, party, ports[3 * n : 3 * n + 3]) for n, party in enumerate(terms.party))
    for actor, peer in (actors, actors[::-1]):
        database = (databases or {}).get(actor.id)
        init_node(new_node(actor, peer, data, None if real_clock else at, database), at)
    accord = sign_accord(terms, (actors[0], actors[1]))
    write_atomic(folder / "accord.cose", accord)
    for actor, peer in (actors, actors[::-1]):
        pair_node(actor.folder, accord, (peer.folder / KEYS).read_bytes(), (peer.folder / REGISTRY).read_bytes())
        law = peer.folder / "law"
        keep_peer_law(actor.folder, (law / LAW_FILE).read_bytes(), (law / LAW_KEY).read_bytes())
    return Stage(folder, (actors[0], actors[1]), at)


def make_actor(folder: Path, party: PartyTerms, ports: list[int]) -> Actor:
    """Return an actor whose node and root are folders below `folder`; ports: exchanges, page, clock."""
    exchange, page, clock = ports
    return Actor(party, folder / party.id, folder / f"{party.id}-root", exchange, page, clock)


def new_node(actor: Actor, peer: Actor, data: Set, shown: Ms | None, database: str | None = None) -> NewNode:
    """Return what is said when an actor's node is made.

    Args:
        actor: whose.
        peer: with whom.
        data: of the accord.
        shown: what its clock shows first; None for the machine's.
        database: where its PostgreSQL database is; None for a file.
    """
    party = actor.terms
    store = {} if database is None else {"store": f'"{POSTGRESQL}"', "database": f'"{database}"'}
    clock = (
        {"clock_port": str(actor.clock_port), "clock_at": str(int(shown)), "insecure_demo_clock": "true"}
        if shown
        else {}
    )
    return NewNode(
        folder=actor.folder,
        root_folder=actor.root,
        node=NodeName(party.node),
        party=party.short,
        country=party.country,
        addresses=(f"https://127.0.0.1:{actor.exchange_port}",),
        registry=data.registries / f"{party.registry}.toml",
        roster=data.accord / "roster.toml",
        workplan=data.accord / "workplan.toml",
        laws=data.laws,
        law=party.law,
        desks=("requests", "precursors", "workplan"),
        calendars=data.calendars,
        substances=data.substances,
        settings={
            "peer": f'"{peer.terms.node}"',
            "peer_addresses": f'["https://127.0.0.1:{peer.exchange_port}"]',
            "exchange_port": str(actor.exchange_port),
            "page_port": str(actor.page_port),
            "page_name": f'"{party.short.lower()}.localhost"',
            "web": '"comity.web.app:create"',
            "insecure_demo_roles": "true",
            "insecure_exercise_edition": "true",
            **clock,
            **store,
        },
        sealing_days=_KEY_DAYS,
    )


def sign_accord(terms: Terms, actors: tuple[Actor, Actor]) -> bytes:
    """Return the accord of two actors whose nodes are made, signed by both roots."""
    cards = [read_card(actor.folder / CARD) for actor in actors]
    signed = encode_accord(make_accord(terms, (cards[0], cards[1])))
    first, second = (RootStore(actor.root).root() for actor in actors)
    return add_signatures(sign_instrument(signed, "accord", first), "accord", second)


def _start(actor: Actor, log: Path) -> None:
    command = [sys.executable, "-m", "comity.cli.main", "node", "run", str(actor.folder), "--json"]
    with log.open("a") as words:
        actor.process = subprocess.Popen(  # noqa: S603  our own program
            command, stdout=subprocess.PIPE, stderr=words, text=True, env={**os.environ}, start_new_session=True
        )


def _wait_ready(actor: Actor) -> None:
    assert actor.process is not None
    assert actor.process.stdout is not None
    ends = time.monotonic() + READY_SECONDS
    line = actor.process.stdout.readline()
    if not line or time.monotonic() > ends:
        log = actor.folder.parent / f"{actor.id}.log"
        raise StageFailed(
            f"the node of {actor.id} did not start; see {log}, which ends: {log.read_text()[-_LAST_WORDS:]}"
        )


def find_data(root: Path, name: str) -> Set:
    """Return the data of the accord called `name` below the project's folder.

    Raises:
        BadConfiguration: they are not there.
    """
    data = Set(root / "accords" / name, root / "registries", root / "laws", root / "calendars", root / "substances")
    if not (data.accord / "accord.toml").exists():
        raise BadConfiguration(f"there is no accord {name!r} in {root / 'accords'}")
    return data
