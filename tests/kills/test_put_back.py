"""The store of a real node is put back while both sides send: both end up, and every audit passes."""

from __future__ import annotations

import json
import signal
import sqlite3
import time

import pytest

from comity.base.ids import Ms
from comity.cli.main import main
from comity.edge.config import read_config
from comity.edge.opening import open_node
from comity.node.audit import audit
from comity.node.proofs import Signers
from tests.kills.test_kills import Sender, texts

SECONDS = 60


def send_for(stage, seconds):
    """Let officers of both sides hand in forms for a while."""
    first, second = stage.actors
    senders = [Sender(first, "rcmp", "cbi", 101), Sender(second, "cbi", "rcmp", 201)]
    for sender in senders:
        sender.start()
    time.sleep(seconds)
    for sender in senders:
        sender.done.set()
        sender.join()


def wait_until_settled(stage):
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        found = [actor.ask("GET", "/status") for actor in stage.actors]
        logs = {}
        for one in found:
            for log in one["logs"]:
                if log["role"] != "decision":
                    logs.setdefault(log["origin"], set()).update((log["size"], log["cosigned_size"]))
        settled = all(one["link"]["state"] == "up" and one["link"]["waiting"] == 0 for one in found)
        if settled and all(len(sizes) == 1 for sizes in logs.values()):
            return found
        time.sleep(0.2)
    raise AssertionError([(one["link"], one["logs"]) for one in found])


def kill(actor, how=signal.SIGKILL):
    actor.process.send_signal(how)
    actor.process.wait()


def audited(stage, tmp_path, capsys):
    """Audit each node by itself, and both exported logs as a stranger who has the key lists."""
    stage.stop()
    keys = [str(actor.folder / "keys.cose") for actor in stage.actors]
    for actor in stage.actors:
        opened = open_node(read_config(actor.folder), Ms(int(time.time() * 1000)))
        with opened.store.read() as tx:
            found = audit(tx, Signers.of(opened.node.voice, opened.node.peer))
        opened.store.close()
        assert found.differences == ()
        out = tmp_path / f"{actor.id}-export"
        assert main(["log", "export", str(out), "--node", str(actor.folder), "--json"]) == 0
        capsys.readouterr()
        assert main(["log", "verify", str(out), "--keys", *keys, "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["verified"]
        assert shown["across"] == []


@pytest.mark.parametrize(
    ("stage", "side"),
    [
        pytest.param("sqlite", 0, marks=pytest.mark.slow),
        ("sqlite", 1),
        pytest.param("postgresql", 0, marks=pytest.mark.slow),
    ],
    indirect=["stage"],
)
def test_a_store_that_is_put_back_comes_back_up_and_every_audit_passes(stage, tmp_path, capsys, side):
    actor, other = stage.actors[side], stage.actors[1 - side]
    send_for(stage, 1.0)
    assert main(["node", "backup", str(actor.folder), str(tmp_path / "copy.db")]) == 0
    send_for(stage, 1.5)
    sent_before = texts(other, "sent", "1 = 1")
    kill(actor)
    assert main(["node", "restore", str(actor.folder), str(tmp_path / "copy.db")]) == 0
    stage.restart(actor)
    send_for(stage, 0.5)
    found = wait_until_settled(stage)
    assert all(one["counters"]["evidence"] == 0 for one in found)
    filed = texts(actor, "got", "fact = 2")
    assert sent_before <= filed, "what the other side had sent is filed here again"
    assert filed == texts(other, "sent", "1 = 1")
    capsys.readouterr()
    audited(stage, tmp_path, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_a_copy_that_nobody_announced_is_found_out_at_the_start(stage, tmp_path, capsys):
    actor, other = stage.actors
    send_for(stage, 0.7)
    copy = tmp_path / "copy.db"
    with sqlite3.connect(actor.folder / "node.db") as live, sqlite3.connect(copy) as copied:
        live.backup(copied)
    send_for(stage, 0.7)
    kill(actor)
    kill(other)
    for name in ("node.db", "node.db-wal", "node.db-shm"):
        (actor.folder / name).unlink(missing_ok=True)
    copy.rename(actor.folder / "node.db")
    stage.restart(actor)
    assert actor.ask("GET", "/status")["link"]["state"] == "recovering", "the other side cannot be asked yet"
    stage.restart(other)
    wait_until_settled(stage)
    capsys.readouterr()
    audited(stage, tmp_path, capsys)
