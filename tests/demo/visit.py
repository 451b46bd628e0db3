"""A demonstration that stays up, and what a visitor and a stranger find there while it does."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from comity.cli.doorway import ask

ROOT = Path(__file__).parents[2]
SOON_SECONDS = 120
"""A generous bound of what takes seconds; a machine may have other work."""


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "comity.cli.main", *arguments]


@contextmanager
def staying(*arguments: str, kept: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run the demonstration until the block is left, in a folder that is kept or in one that goes with it."""
    folder = kept or Path(tempfile.mkdtemp(prefix="comity-up-"))
    process = subprocess.Popen(
        program("demo", "--data", str(folder), *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=ROOT, env=os.environ | {"PYTHONPATH": "src"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  Ctrl-C counts also behind a shell
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=SOON_SECONDS)
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def browser(url: str) -> httpx.Client:
    """Return a browser for a page; every name below localhost is this machine, which not every resolver knows."""
    place = urlsplit(url)
    return httpx.Client(base_url=f"http://127.0.0.1:{place.port}", timeout=SOON_SECONDS, follow_redirects=True)


def entered(url: str) -> str:
    """Enter a demonstration's page as a new officer does, by the first role that reads the workplan; return that page."""
    with browser(url) as visitor:
        door = visitor.get("/")
        assert door.status_code == 200
        assert door.url.path == "/sign-in", "nothing is shown before"
        form = re.search(r'<form[^>]*action="([^"]*demo[^"]*)"[^>]*>(.*?)</form>', door.text, re.DOTALL)
        assert form, "no ready-made role is offered"
        fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form[2]))
        inside = visitor.post(form[1], data=fields, headers={"origin": str(visitor.base_url).rstrip("/")})
        assert inside.status_code == 200
        assert inside.url.path != "/sign-in"
        return visitor.get("/today").text


def verified(node: dict[str, Any]) -> str:
    """Verify a running node's log as a stranger does, with the published keys; return what the program says."""
    keys = ["--log-vkey=" + key for key in node["log_vkeys"]]
    keys += ["--cosigner-vkey=" + key for key in node["cosigner_vkeys"]]
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/verify.py"), "log", node["log_url"], *keys],
        capture_output=True, text=True, timeout=SOON_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def boards(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Wait until one consignment waits for each side's answer; return of each side that row, and what the other's board has."""
    ends = time.monotonic() + SOON_SECONDS
    while True:
        waits = [ask(Path(node["data"]), "GET", "/notices?waits_for=ours")["rows"] for node in nodes]
        if [len(rows) for rows in waits] == [1, 1]:
            break
        assert time.monotonic() < ends, waits
        time.sleep(0.05)
    everything = [ask(Path(other["data"]), "GET", "/notices")["rows"] for other in nodes[::-1]]
    return [
        {"ours": row, "theirs": next(one for one in rows if one["notice"]["id"] == row["notice"]["id"])}
        for (row,), rows in zip(waits, everything, strict=True)
    ]
