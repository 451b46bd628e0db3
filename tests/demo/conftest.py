"""The demo is run once a session as a person would run it; what it prints and what it leaves are looked at in many tests."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from comity.cli.demo.clone import FinishedDay, kept_day

ROOT = Path(__file__).parents[2]
SECONDS = 240


@dataclass(frozen=True)
class Ran:
    """One run of the demo: its exit code, its JSON, its folder, how long it took."""

    code: int
    found: dict[str, Any]
    folder: Path
    seconds: float
    lines: int

    @property
    def finished(self) -> FinishedDay:
        found = kept_day(self.folder, ROOT)
        assert found is not None
        return found


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "comity.cli.main", *arguments]


def run_once(folder: Path, *arguments: str) -> Ran:
    began = time.monotonic()
    done = subprocess.run(
        program("demo", "--once", "--json", "--data", str(folder), *arguments),
        capture_output=True, text=True, timeout=SECONDS, cwd=ROOT, check=False, env=os.environ | {"PYTHONPATH": "src"},
    )  # fmt: skip
    assert done.stdout, done.stderr
    lines = done.stdout.splitlines()
    return Ran(done.returncode, json.loads(lines[0]), folder, time.monotonic() - began, len(lines))


def shared(tmp_path_factory: pytest.TempPathFactory, worker: str, name: str, *arguments: str) -> Ran:
    """Run it in the first worker that asks; the others read what it left."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if worker != "master" else base
    note = base / f"{name}.json"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            ran = run_once(base / f"{name}-data", *arguments)
            kept = {"code": ran.code, "found": ran.found, "folder": str(ran.folder), "seconds": ran.seconds}
            note.write_text(json.dumps(kept | {"lines": ran.lines}))
    read = json.loads(note.read_text())
    return Ran(**{**read, "folder": Path(read["folder"])})


@pytest.fixture(scope="session")
def ran(tmp_path_factory, worker_id) -> Ran:
    return shared(tmp_path_factory, worker_id, "day")


@pytest.fixture(scope="session")
def second(tmp_path_factory, worker_id) -> Ran:
    return shared(tmp_path_factory, worker_id, "second", "--accord", "ostrel-vanmere")


@pytest.fixture(scope="session")
def finished(ran) -> FinishedDay:
    return ran.finished


@pytest.fixture(scope="session")
def worker_id(request) -> str:
    """Name the worker also where xdist is not in use."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")
