"""Either real process is killed at random moments while both send: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from contextlib import closing

from comity.base import cbor
from comity.base.errors import ComityError
from comity.cli.demo.stage import Actor, Stage
from comity.dispatch.partsrow import parts_of
from comity.edge.config import read_config
from comity.edge.stores import open_snapshots

SETTLE_SECONDS = 60


class Sender(threading.Thread):
    """An officer who hands in forms until told to stop, and remembers which ones the node said it had stored."""

    def __init__(self, actor: Actor, agency: str, to: str, number: int, pause: float = 0.02) -> None:
        super().__init__(daemon=True)
        self.actor, self.agency, self.to, self.number, self.pause = actor, agency, to, number, pause
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
            time.sleep(self.pause)

    def _form(self, key: str, count: int) -> dict:
        form = {
            "desk": "requests", "kind": "message", "agency": self.agency, "recipients": [self.to],
            "purpose": "organised-crime", "urgency": ("immediate", "urgent", "normal")[count % 3],
            "workplan_item": "W-2", "basis": ["arrangement:2026-02"], "conduct": "theft",
            "body": {"text": key},
        }  # fmt: skip
        return {"form": form, "by": {"desk": "requests", "number": self.number}}


def texts(actor: Actor, table: str, where: str) -> Counter:
    """Return how often each text stands in the rows of a node."""
    with closing(open_snapshots(read_config(actor.folder))) as store, store.read() as tx:
        rows = tx.rows(f"SELECT plain FROM {table} WHERE plain IS NOT NULL AND {where}")
    bodies = [cbor.decode(parts_of(plain)[1].content) for (plain,) in rows]
    return Counter(body["text"] for body in bodies if isinstance(body, dict) and "text" in body)


def test_kills_lose_and_double_nothing(stage, kills, pause, request):
    chance = random.Random(20260713 + request.config.getoption("kills_round"))
    first, second = stage.actors
    senders = [Sender(first, "rcmp", "cbi", 101, pause), Sender(second, "cbi", "rcmp", 201, pause)]
    for sender in senders:
        sender.start()
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 0.4))
        actor = chance.choice(stage.actors)
        actor.process.send_signal(signal.SIGKILL)
        actor.process.wait()
        stage.restart(actor)
    ends = time.monotonic() + SETTLE_SECONDS
    while any(len(sender.stored) <= kills for sender in senders) and time.monotonic() < ends:
        time.sleep(0.05)
    for sender in senders:
        sender.done.set()
        sender.join()
    _wait_until_settled(stage)
    for sender, receiver in zip(senders, (second, first), strict=True):
        sent, filed = texts(sender.actor, "sent", "1 = 1"), texts(receiver, "got", "fact = 2")
        assert len(sender.stored) > kills
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
