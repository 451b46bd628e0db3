"""Either real process is killed at random moments while both send: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from comity.base import cbor
from comity.base.errors import ComityError
from comity.base.ids import Ms
from comity.cli.demo.stage import Actor, Stage, build, find_data
from comity.dispatch.partsrow import parts_of

ROOT = Path(__file__).parents[2]
KILLS = 20
SETTLE_SECONDS = 60


@pytest.fixture
def stage(tmp_path):
    tmp_path.chmod(0o700)
    made = build(
        tmp_path, find_data(ROOT, "india-canada"), Ms(int(time.time() * 1000)), tick_ms=0, real_clock=True
    )  # fmt: skip
    made.start()
    yield made
    made.stop()


class Sender(threading.Thread):
    """An officer who hands in forms until told to stop, and remembers which ones the node said it had stored."""

    def __init__(self, actor: Actor, agency: str, to: str, number: int) -> None:
        super().__init__(daemon=True)
        self.actor, self.agency, self.to, self.number = actor, agency, to, number
        self.stored: list[str] = []
        self.done = threading.Event()

    def run(self) -> None:
        count = 0
        while not self.done.is_set():
            count += 1
            key = f"{self.actor.id} {count}"
            try:
                answer = self.actor.ask("POST", "/submit", self._form(key, count))
            except (ComityError, OSError, ValueError):
                time.sleep(0.02)
                continue
            assert answer["outcome"] == "sent", answer
            self.stored.append(key)
            time.sleep(0.004)

    def _form(self, key: str, count: int) -> dict:
        form = {
            "desk": "requests", "kind": "message", "agency": self.agency, "recipients": [self.to],
            "purpose": "organised-crime", "urgency": ("immediate", "urgent", "normal")[count % 3],
            "workplan_item": "W-2", "basis": ["arrangement:2026-02"], "conduct": "theft",
            "body": {"text": key},
        }  # fmt: skip
        return {"form": form, "by": {"desk": "requests", "number": self.number}}


def texts(actor: Actor, table: str, where: str) -> Counter:
    """Return how often each text stands in the rows of a node, read from its file."""
    connection = sqlite3.connect(f"file:{actor.folder}/node.db?mode=ro", uri=True)
    rows = connection.execute(f"SELECT plain FROM {table} WHERE plain IS NOT NULL AND {where}").fetchall()
    connection.close()
    bodies = [cbor.decode(parts_of(plain)[1].content) for (plain,) in rows]
    return Counter(body["text"] for body in bodies if isinstance(body, dict) and "text" in body)


def test_twenty_kills_lose_and_double_nothing(stage):
    chance = random.Random(20260713)
    first, second = stage.actors
    senders = [Sender(first, "rcmp", "cbi", 101), Sender(second, "cbi", "rcmp", 201)]
    for sender in senders:
        sender.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.4))
        actor = chance.choice(stage.actors)
        actor.process.send_signal(signal.SIGKILL)
        actor.process.wait()
        stage.restart(actor)
    for sender in senders:
        sender.done.set()
        sender.join()
    _wait_until_settled(stage)
    for sender, receiver in zip(senders, (second, first), strict=True):
        sent, filed = texts(sender.actor, "sent", "1"), texts(receiver, "got", "fact = 2")
        assert len(sender.stored) > KILLS
        assert set(sender.stored) <= set(filed), "what the node said it had stored must arrive"
        assert max(filed.values()) == 1, "nothing may be filed twice"
        assert sent == filed, "what one side holds as sent the other holds as filed"
    for actor in stage.actors:
        assert actor.ask("GET", "/status")["counters"]["evidence"] == 0, "no honest node may be accused"


def _wait_until_settled(stage: Stage) -> None:
    ends = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < ends:
        if all(actor.ask("GET", "/status")["link"]["waiting"] == 0 for actor in stage.actors):
            return
        time.sleep(0.2)
    raise AssertionError("dispatches are still waiting after the last restart")
