"""A restricted room of the model accord: two nodes' folders, both rooms' processes, four named persons with their trays and pages."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from comity.base.ids import Ms
from comity.cli.demo.ports import free_ports
from comity.cli.demo.stage import build
from comity.cli.main import main
from comity.edge.clock import SystemClock
from comity.edge.files import make_private_folder, read_private
from comity.edge.roomdesk import read_law
from comity.edge.roomhand import RoomHand
from comity.edge.roomtray import Tray
from comity.room.keyfile import unlock
from tests.browser.nodes import MODEL, data_of

ROOM = ("--room", "1")
TITLE = "Point nine"
PASSPHRASE = "a long enough passphrase"
PERSONS = {"ca": ("pco-nsia", 11, 12), "in": ("nscs", 21, 22)}
"""Of each side: the agency, who writes, who approves."""


@dataclass
class RoomStage:
    """Both nodes' folders and what runs of the room."""

    base: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def tray(self, side: str) -> Path:
        """Return where a side's node leaves the box."""
        return self.base / f"{side}.tray"

    def key(self, number: int) -> Path:
        """Return the key file of a person."""
        return self.base / f"{number}.key"

    def hand(self, side: str, number: int) -> RoomHand:
        """Return a person's own hand, as the page has it."""
        keys = unlock(read_private(self.key(number)), PASSPHRASE)
        law = read_law(self.base / side / "law")
        return RoomHand(self.key(number), keys, law, Tray(self.tray(side)), SystemClock())

    def serve(self, side: str, port: int) -> None:
        """Start a side's room."""
        say = ["serve", "--node", str(self.base / side), *ROOM, "--port", str(port), "--tray", str(self.tray(side))]
        self._start(say)

    def page(self, side: str, number: int, **more: str) -> str:
        """Start a person's page and return the address that opens it once."""
        law = self.base / side / "law"
        words = ["--key", str(self.key(number)), "--passphrase-file", str(self.base / "words"), "--law", str(law)]
        options = [part for name, value in more.items() for part in (f"--{name}", value)]
        return json.loads(self._start(["page", *words, "--tray", str(self.tray(side)), "--json", *options]))["url"]

    def _start(self, words: list[str]) -> str:
        program = [sys.executable, "-m", "comity.cli.main", "room", *words]
        log = (self.base / f"{len(self.running)}.log").open("w")
        process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=log, text=True)
        self.running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (self.base / f"{len(self.running) - 1}.log").read_text()
        return line

    def stop(self) -> None:
        """End everything."""
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            process.wait(60)


@contextlib.contextmanager
def room_standing(*, serving: bool = True, slot_ms: int = 3_000) -> Iterator[RoomStage]:
    """Make both nodes and the room, and run both rooms' processes until the block is left."""
    base = Path(tempfile.mkdtemp(prefix="comity-r-"))
    make_private_folder(base)
    build(base, data_of(MODEL), Ms(1_783_900_800_000), real_clock=True)
    stage, ports = RoomStage(base), free_ports(2)
    _open(stage, ports, slot_ms)
    try:
        if serving:
            for side, port in zip(PERSONS, ports, strict=True):
                stage.serve(side, port)
        yield stage
    finally:
        stage.stop()
        shutil.rmtree(base, ignore_errors=True)


def room(*words: object) -> None:
    """Type one command."""
    assert main(["room", *map(str, words)]) == 0, words


def _open(stage: RoomStage, ports: list[int], slot_ms: int) -> None:
    base = stage.base
    words = base / "words"
    words.touch(0o600)
    words.write_text(PASSPHRASE)
    cards: list[object] = []
    for (side, (agency, writes, approves)), port in zip(PERSONS.items(), ports, strict=True):
        make_private_folder(stage.tray(side))
        where = ["--node", base / side, *ROOM, "--address", f"https://127.0.0.1:{port}"]
        room("prepare", *where, "--out", base / f"{side}.side")
        for number, roles in ((writes, ["assessor"]), (approves, ["release-authority"])):
            card, own = base / f"{number}.card", ["--key", stage.key(number), "--passphrase-file", words]
            role = [part for one in roles for part in ("--role", one)]
            room("join", "--number", number, "--agency", agency, *role, *own, "--card", card)
            cards += ["--person", f"{json.loads((base / f'{side}.side').read_text())['node']}={card}"]
    (base / "terms.toml").write_text(f'number = 1\ntitle = "{TITLE}"\nslot_ms = {slot_ms}\nbucket = 16384\n')
    charter, sides = base / "charter", [part for side in PERSONS for part in ("--side", base / f"{side}.side")]
    room("open", "--terms", base / "terms.toml", "--accord", base / "accord.cose", *sides, *cards, "--out", charter)
    for side in PERSONS:
        room("sign", charter, "--root", base / f"{side}-root")
    for side in PERSONS:
        room("install", charter, "--node", base / side)
