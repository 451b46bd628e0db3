"""`comity demo --json` says where both nodes are once the day is played, and stays up until it is stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from comity.cli.doorway import ask

from .conftest import ROOT, program

DAY_MS = 86_400_000


@contextmanager
def staying(*arguments: str):
    folder = tempfile.mkdtemp(prefix="comity-up-")
    process = subprocess.Popen(
        program("demo", "--data", folder, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=ROOT, env=os.environ | {"PYTHONPATH": "src"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  Ctrl-C counts also behind a shell
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def browser(url: str) -> httpx.Client:
    """Return a browser for a page; every name below localhost is this machine, which not every resolver knows."""
    place = urlsplit(url)
    return httpx.Client(base_url=f"http://127.0.0.1:{place.port}", timeout=20, follow_redirects=True)


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


def assert_a_clock_runs_on_each_board(nodes: list[dict]) -> None:
    """On the next morning one consignment waits for each side's answer, and the other side's board says the same."""
    ends = time.monotonic() + 60
    while True:
        boards = [ask(Path(node["data"]), "GET", "/notices?waits_for=ours")["rows"] for node in nodes]
        if [len(rows) for rows in boards] == [1, 1]:
            break
        assert time.monotonic() < ends, boards
        time.sleep(0.2)
    for (row,), other in zip(boards, nodes[::-1], strict=True):
        theirs = {one["notice"]["id"]: one for one in ask(Path(other["data"]), "GET", "/notices")["rows"]}
        seen = theirs[row["notice"]["id"]]
        assert (seen["awaited"], seen["holds"], seen["we_owe"]) == (row["awaited"], row["holds"], False)
        assert row["awaited"]["what"] == "pen-reply"
        assert 6 * DAY_MS < row["left"] < 9 * DAY_MS
    assert sorted(one["holds"] for (one,) in boards) == [[], ["sails-before-answer"]]


def test_the_first_line_says_where_the_nodes_are_and_a_stranger_can_verify_their_logs():
    with staying("--json", "--no-attacks") as demo:
        nodes = json.loads(demo.stdout.readline())["nodes"]
        assert [node["party"] for node in nodes] == ["ca", "in"]
        for node in nodes:
            assert "W-4" in entered(node["url"])
            keys = [*("--log-vkey=" + key for key in node["log_vkeys"])]
            keys += [*("--cosigner-vkey=" + key for key in node["cosigner_vkeys"])]
            done = subprocess.run(
                [sys.executable, str(ROOT / "tools/verify.py"), "log", node["log_url"], *keys],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            assert re.search(r"good +all \d+ entries hash to the signed root", done.stdout)
        assert demo.poll() is None
        second = json.loads(demo.stdout.readline())
        assert len(second["dispatches"]) == 48
        assert second["deviations"] == []
        assert_a_clock_runs_on_each_board(nodes)
        assert demo.poll() is None
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(60) == 0


def test_people_read_the_workplan_first_and_find_both_pages():
    with staying("--no-attacks", "--accord", "ostrel-vanmere") as demo:
        lines: list[str] = []
        for line in demo.stdout:
            lines.append(line.rstrip())
            if "Stop with Ctrl-C" in line:
                break
        assert lines[0].strip() == "Workplan"
        assert "owner XO" in lines[1]
        assert any("F-1" in line for line in lines[:6])
        assert any("exercise edition" in line for line in lines)
        urls = [found[0] for line in lines if (found := re.search(r"http://\w+\.localhost:\d+", line))]
        assert [url.partition("//")[2].partition(".")[0] for url in urls] == ["xo", "xv"]
        assert all("F-1" in entered(url) for url in urls)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0
