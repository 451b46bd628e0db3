"""The disk of a real node is full, read-only, broken, slow, or a liar: it says so, loses nothing it acknowledged, and goes on by itself."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time

import pytest

from comity.base.errors import ComityError
from comity.base.ids import Ms
from comity.cli.main import main
from comity.edge.doctor import Grade, examine
from tests.disks.conftest import Trial, start_faulty
from tests.disks.faulty import BROKEN, GOOD, READ_ONLY, SLOW
from tests.disks.mounts import SmallDisk, own_mounts
from tests.kills.test_kills import texts
from tests.kills.test_put_back import audited, kill, send_for, wait_until_settled

pytestmark = pytest.mark.slow
FULL = (
    "the disk or the store's page limit is full; make room" if own_mounts() else "the disk could not be read or written"
)


def findings(actor):
    return {one.what: one for one in examine(actor.folder, Ms(int(time.time() * 1000)))}


def refused(actor, trial: Trial) -> str:
    """Return what an officer is told who hands in a form now."""
    try:
        actor.ask("POST", "/submit", trial.senders[0]._form("nobody waits for this", 3))
    except ComityError as error:
        return str(error)
    raise AssertionError("the form was taken")


def nothing_is_lost(trial: Trial, *, forgot: bool = False) -> None:
    """Settle, and compare what each side said it had stored with what the other holds.

    Of a first node that `forgot`, the other side may hold more than it: its log comes back, the texts in it do not.
    """
    processes = [actor.process for actor in trial.stage.actors]
    found = wait_until_settled(trial.stage)
    assert all(one["counters"]["evidence"] == 0 for one in found), "no honest node is accused"
    if not forgot:
        assert all(process.poll() is None for process in processes), "both went on by themselves"
    for sender, receiver in zip(trial.senders, trial.stage.actors[::-1], strict=True):
        filed = texts(receiver, "got", "fact = 2")
        assert set(sender.stored) <= set(filed), "what the node said it had stored has arrived"
        sent = texts(sender.actor, "sent", "1 = 1")
        assert sent == filed or (forgot and sender is trial.senders[0] and sent <= filed)
        assert max(filed.values()) == 1


class Limit:
    """In the place of a small disk: no file of the running node may grow."""

    def __init__(self, actor) -> None:
        self.actor = actor

    def fill(self) -> None:
        largest = max(one.stat().st_size for one in self.actor.folder.glob("node.db*"))
        self._set(min(largest, 4096))

    def free(self) -> None:
        self._set(resource.RLIM_INFINITY)

    def _set(self, size: int) -> None:
        resource.prlimit(self.actor.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_full_disk(stage, tmp_path, capsys):
    trial = Trial(stage)
    disk = SmallDisk(trial.first.folder, 12 << 20) if own_mounts() else None
    stage.start()
    disk = disk or Limit(trial.first)
    trial.start()
    time.sleep(1.5)
    disk.fill()
    trial.wait_for_word(FULL)
    assert "make room" in refused(trial.first, trial) or not own_mounts()
    assert trial.first.ask("GET", "/status")["link"], "it can still be looked at"
    if own_mounts():
        found = findings(trial.first)["disk"]
        assert (found.grade, found.says) == (Grade.BAD, "0.0 GiB free")
        assert "make room" in found.do
    kept = trial.stored()
    trial.wait_for_more(1, side=1)
    assert trial.stored() == kept, "nothing is acknowledged that is not kept"
    disk.free()
    trial.wait_for_more(5)
    trial.wait_for_more(5, side=1)
    trial.end()
    nothing_is_lost(trial)
    capsys.readouterr()
    audited(stage, tmp_path, capsys)


@pytest.mark.parametrize(("fault", "said"), [(READ_ONLY, "made read-only"), (BROKEN, "check the disk")])
def test_a_disk_that_refuses_to_be_written(stage, tmp_path, capsys, fault, said):
    trial = Trial(stage)
    stage.start()
    stage.stop()
    switch = start_faulty(stage, trial.first)
    stage.restart(trial.second)
    trial.start()
    trial.wait_for_more(5)
    switch.turn(fault)
    trial.wait_for_word(said)
    assert said in refused(trial.first, trial)
    assert trial.first.ask("GET", "/status")["link"], "it can still be looked at"
    kept = trial.stored()
    trial.wait_for_more(1, side=1)
    assert trial.stored() == kept
    switch.turn(GOOD)
    trial.wait_for_more(5)
    trial.end()
    nothing_is_lost(trial)
    capsys.readouterr()
    audited(stage, tmp_path, capsys)


def test_a_slow_disk(stage, tmp_path, capsys):
    trial = Trial(stage)
    stage.start()
    stage.stop()
    switch = start_faulty(stage, trial.first)
    stage.restart(trial.second)
    trial.start()
    trial.wait_for_more(5)
    switch.turn(SLOW, 5)
    trial.wait_for_word("the disk is slow", seconds=180)
    trial.wait_for_more(2)
    assert trial.second.ask("GET", "/status")["link"]["state"] == "up", "slow is not silent"
    switch.turn(GOOD)
    trial.wait_for_more(20)
    trial.end()
    nothing_is_lost(trial)
    capsys.readouterr()
    audited(stage, tmp_path, capsys)


STORE = ("node.db", "node.db-wal")


def test_a_disk_that_acknowledged_and_lost_the_end_of_what_it_was_given(stage, tmp_path, capsys):
    trial = Trial(stage)
    stage.start()
    trial.start()
    trial.wait_for_more(10)
    trial.first.process.send_signal(signal.SIGSTOP)
    held = {name: (trial.first.folder / name).read_bytes() for name in STORE}  # what the disk really wrote
    trial.first.process.send_signal(signal.SIGCONT)
    trial.wait_for_more(20)
    kill(trial.first)
    for name, content in held.items():
        cut = 2_048 if name == STORE[1] else 0  # of the last page that was on its way, half
        (trial.first.folder / name).write_bytes(content[: len(content) - cut])
    (trial.first.folder / "node.db-shm").unlink()
    stage.restart(trial.first)
    trial.wait_for_word("the store was put back")
    trial.wait_for_more(5)
    trial.end()
    known = texts(trial.first, "sent", "1 = 1") + texts(trial.second, "got", "fact = 2")
    lost = [one for one in trial.senders[0].stored if one not in known]
    assert len(lost) < 5, "at most what no one but the lying disk had"
    trial.senders[0].stored = [one for one in trial.senders[0].stored if one in known]
    nothing_is_lost(trial, forgot=True)
    capsys.readouterr()
    audited(stage, tmp_path, capsys)


def test_a_disk_that_tore_pages_of_the_store(stage, tmp_path, capsys):
    trial = Trial(stage)
    stage.start()
    send_for(stage, 1.0)
    assert main(["node", "backup", str(trial.first.folder), str(tmp_path / "copy.db")]) == 0
    send_for(stage, 1.0)
    sent = texts(trial.second, "sent", "1 = 1")
    wait_until_settled(stage)
    trial.first.process.send_signal(signal.SIGTERM)
    trial.first.process.wait()
    store = trial.first.folder / "node.db"
    with store.open("r+b") as file:
        for page in range(2, store.stat().st_size // 4096, 3):
            file.seek(4096 * page + 2048)
            file.write(b"\xa5" * 2048)
    found = findings(trial.first)["store"]
    assert found.grade is Grade.BAD
    assert "put a copy back" in found.do
    started = subprocess.run(
        [sys.executable, "-m", "comity.cli.main", "node", "run", str(trial.first.folder), "--json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert started.returncode
    assert "damaged" in started.stderr
    assert "Traceback" not in started.stderr
    assert main(["node", "restore", str(trial.first.folder), str(tmp_path / "copy.db")]) == 0
    stage.restart(trial.first)
    wait_until_settled(stage)
    assert texts(trial.first, "got", "fact = 2") == sent, "what the copy lacked came from the other side"
    capsys.readouterr()
    audited(stage, tmp_path, capsys)


if own_mounts():  # elsewhere nothing can be mounted, and a mode bit does not stop root

    def test_a_start_on_a_disk_that_is_read_only(stage, capsys):
        trial = Trial(stage)
        disk = SmallDisk(trial.first.folder, 64 << 20)
        stage.start()
        send_for(stage, 0.7)
        kill(trial.first)
        disk.read_only(on=True)
        found = findings(trial.first)["disk"]
        assert (found.grade, found.says) == (Grade.BAD, "it is read-only")
        started = subprocess.run(
            [sys.executable, "-m", "comity.cli.main", "node", "run", str(trial.first.folder), "--json"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert started.returncode
        assert "ead-only" in started.stderr
        assert "Traceback" not in started.stderr
        disk.read_only(on=False)
        stage.restart(trial.first)
        send_for(stage, 0.5)
        wait_until_settled(stage)
        assert texts(trial.first, "sent", "1 = 1") == texts(trial.second, "got", "fact = 2")
