"""Two real nodes, of which the first has a disk or a clock that can go wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from comity.base.ids import Ms
from comity.cli.demo import stage as stages
from comity.cli.demo.stage import build, find_data
from tests.disks.faulty import Switch
from tests.kills.test_kills import Sender

ROOT = Path(__file__).parents[2]
AGENCIES = (("rcmp", "cbi", 101), ("cbi", "rcmp", 201))


def make(folder: Path, *, real_clock: bool = True):
    """Make two paired nodes that do not run yet."""
    folder.chmod(0o700)
    now = Ms(int(time.time() * 1000))
    return build(folder, find_data(ROOT, "india-canada"), now, tick_ms=0, real_clock=real_clock)


def show_at_start(actor, at: int) -> None:
    """Let a node's clock show `at` when it starts next."""
    settings = actor.folder / "node.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"clock_at = \d+", f"clock_at = {at}", text), encoding="utf-8")


@pytest.fixture
def stage(tmp_path):
    """Give two paired nodes that do not run yet; they end with the test."""
    made = make(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def clocked(tmp_path):
    """Give two running nodes whose clocks can be set; their keys are some hours old, so that a clock can go back."""
    made = make(tmp_path, real_clock=False)
    for actor in made.actors:
        show_at_start(actor, made.now + 6 * 3_600_000)
    made.start()
    yield made
    made.stop()


class Trial:
    """Officers of both sides hand in forms while something is wrong with the first node, and go on after it."""

    def __init__(self, stage) -> None:
        self.stage = stage
        self.first, self.second = stage.actors
        self.senders = [Sender(actor, *names) for actor, names in zip(stage.actors, AGENCIES, strict=True)]

    def start(self) -> None:
        for sender in self.senders:
            sender.start()

    def stored(self, side: int = 0) -> int:
        return len(self.senders[side].stored)

    def wait_for_more(self, count: int = 5, side: int = 0, seconds: float = 180) -> None:
        """Wait until a side has stored so many more."""
        before, ends = self.stored(side), time.monotonic() + seconds
        while self.stored(side) < before + count:
            assert time.monotonic() < ends, "the node does not go on by itself"
            time.sleep(0.05)

    def end(self) -> None:
        for sender in self.senders:
            sender.done.set()
        for sender in self.senders:
            sender.join()

    def log(self) -> str:
        """Return what the first node wrote for its operator."""
        return (self.stage.folder / f"{self.first.id}.log").read_text(encoding="utf-8")

    def wait_for_word(self, word: str, seconds: float = 90) -> None:
        ends = time.monotonic() + seconds
        while word not in self.log():
            assert time.monotonic() < ends, f"the log never says {word!r}"
            time.sleep(0.1)


def start_faulty(stage, actor) -> Switch:
    """Start a node whose disk obeys a switch, and return the switch."""
    path = stage.folder / f"{actor.id}.switch"
    switch = Switch(path)
    command = [
        sys.executable,
        str(ROOT / "tests/disks/faulty.py"),
        str(path),
        "node",
        "run",
        str(actor.folder),
        "--json",
    ]
    with (stage.folder / f"{actor.id}.log").open("a") as words:
        actor.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=words, text=True, env={**os.environ}, start_new_session=True
        )
    stages._wait_ready(actor)
    return switch
