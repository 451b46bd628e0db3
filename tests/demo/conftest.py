"""The demo is run once a session for each of its accords; what it prints and what it leaves are looked at in many tests.

The first accord's stays up until it is stopped, as a person leaves it, and is visited meanwhile; the second's ends by itself.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from comity.cli.demo.clone import FinishedDay, kept_day

from .visit import ROOT, SOON_SECONDS, boards, entered, program, staying, verified

SECONDS = 240


@dataclass(frozen=True)
class Ran:
    """One run of the demo: its exit code, its JSON, its folder, how long it took, how many lines it said, what was seen meanwhile."""

    code: int
    found: dict[str, Any]
    folder: str
    seconds: float
    lines: int
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return Path(self.folder)

    @property
    def finished(self) -> FinishedDay:
        found = kept_day(self.data, ROOT)
        assert found is not None
        return found


def run_once(folder: Path, *arguments: str) -> Ran:
    """Run it to its end."""
    began = time.monotonic()
    done = subprocess.run(
        program("demo", "--once", "--json", "--data", str(folder), *arguments),
        capture_output=True, text=True, timeout=SECONDS, cwd=ROOT, check=False, env=os.environ | {"PYTHONPATH": "src"},
    )  # fmt: skip
    assert done.stdout, done.stderr
    lines = done.stdout.splitlines()
    return Ran(done.returncode, json.loads(lines[0]), str(folder), time.monotonic() - began, len(lines))


def run_and_visit(folder: Path) -> Ran:
    """Run it until it is stopped; visit both nodes when it has said where they are, and again when it has said everything."""
    began = time.monotonic()
    with staying("--json", kept=folder) as demo:
        first = demo.stdout.readline()
        assert first, demo.stderr.read()
        nodes = json.loads(first)["nodes"]
        seen = {"nodes": nodes, "pages": [entered(node["url"]) for node in nodes]}
        seen |= {"verified": [verified(node) for node in nodes], "up": [demo.poll() is None]}
        said = demo.stdout.readline()
        assert said, demo.stderr.read()
        took = time.monotonic() - began
        seen["boards"] = boards(nodes)
        seen["up"].append(demo.poll() is None)
        demo.send_signal(signal.SIGTERM)
        code = demo.wait(SOON_SECONDS)
        more = demo.stdout.read().splitlines()
    return Ran(code, json.loads(said), str(folder), took, 2 + len(more), seen)


def shared(tmp_path_factory: pytest.TempPathFactory, worker: str, name: str, run: Callable[[Path], Ran]) -> Ran:
    """Run it in the first worker that asks; the others read what it left."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if worker != "master" else base
    note = base / f"{name}.json"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            note.write_text(json.dumps(asdict(run(base / f"{name}-data"))))
    return Ran(**json.loads(note.read_text()))


@pytest.fixture(scope="session")
def ran(tmp_path_factory, worker_id) -> Ran:
    return shared(tmp_path_factory, worker_id, "day", run_and_visit)


@pytest.fixture(scope="session")
def second(tmp_path_factory, worker_id) -> Ran:
    return shared(tmp_path_factory, worker_id, "second", lambda to: run_once(to, "--accord", "ostrel-vanmere"))


@pytest.fixture(scope="session")
def finished(ran) -> FinishedDay:
    return ran.finished


@pytest.fixture(scope="session")
def worker_id(request) -> str:
    """Name the worker also where xdist is not in use."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")
