"""An operator follows docs/operations.md section 3, command by command, from an empty folder to verified papers.

The commands and the forms are taken from the document itself; only ports, the accord's tick and what a person copies
from the screen are put in.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comity.cli.demo.ports import free_ports
from comity.cli.main import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").split("\n## 3.")[1].split("\n## 4.")[0]
BLOCK = re.compile(r"(?:Save as `(?P<name>[^`]+)`:\n\n)?```(?P<kind>sh|toml)\n(?P<body>.*?)```", re.DOTALL)
SECONDS = 30


class Operator:
    """Whoever types the commands of the document, in a folder beside the project's data."""

    def __init__(self, folder: Path, capsys, monkeypatch) -> None:
        self.folder, self.capsys, self.monkeypatch = folder, capsys, monkeypatch
        self.puts = dict(zip(("8461", "8462", "8401", "8402"), map(str, free_ports(4)), strict=True))
        self.puts["-2026-"] = f"-{datetime.now(UTC).year}-"
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.said: list[tuple[str, int, str]] = []
        for name in ("registries", "laws"):
            (folder / name).symlink_to(ROOT / name)
        shutil.copytree(ROOT / "accords", folder / "accords")
        terms = folder / "accords" / "ostrel-vanmere" / "accord.toml"
        quick = terms.read_text().replace("tick = 30_000", "tick = 200")
        assert quick != terms.read_text()
        terms.write_text(quick)
        monkeypatch.setenv("COLUMNS", "220")
        monkeypatch.chdir(folder)

    def follow(self) -> None:
        """Do what every block says, in order."""
        for block in BLOCK.finditer(TEXT):
            if block["kind"] == "toml":
                (self.folder / block["name"]).write_text(block["body"], encoding="utf-8")
                continue
            for line in block["body"].replace("\\\n", " ").splitlines():
                words = shlex.split(self._filled(line), comments=True)
                if words:
                    self.type(words)

    def type(self, words: list[str]) -> tuple[int, str]:
        """Type one command; return exit code and what it printed, and wait where the document says to."""
        if words[0] != "comity":
            subprocess.run(shlex.join(words).replace("'&&'", "&&"), shell=True, check=True)
            return 0, ""
        if words[1:3] == ["node", "run"]:
            self._run(words[3])
            return 0, ""
        self._before(words)
        self.monkeypatch.setattr(sys, "stdin", io.StringIO("yes\nyes\n"))
        code = main(words[1:])
        out = self.capsys.readouterr().out
        self.said.append((" ".join(words[1:]), code, out))
        if words[1] == "send" and code == 0:
            self.puts.setdefault("ID_OF_THE_QUESTION", re.search(r"sent: (\w{26})", out)[1])
        return code, out

    def json(self, *words: str):
        """Type a command with --json and return its value."""
        assert main([*words, "--json"]) == 0
        return json.loads(self.capsys.readouterr().out)

    def _filled(self, line: str) -> str:
        for shown, meant in self.puts.items():
            line = line.replace(shown, meant)
        return line

    def _run(self, folder: str) -> None:
        command = [sys.executable, "-m", "comity.cli.main", "node", "run", folder]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        with (self.folder / f"{Path(folder).name}.log").open("w") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        self.processes[folder] = process
        assert " runs. Page: http://x" in process.stdout.readline(), (
            self.folder / f"{Path(folder).name}.log"
        ).read_text()

    def _before(self, words: list[str]) -> None:
        """Wait for what the document says takes its time."""
        if words[1:3] == ["node", "status"]:
            self._until(lambda: all(log["size"] in (0, log["cosigned_size"]) for log in self._logs(words[3])))
        if words[1] == "inbox":
            self._until(lambda: self.json("inbox", "--node", "try/vanmere"))
        if words[1] == "case" and "try/ostrel" in words:
            self._until(lambda: len(self.json("case", words[2], "--node", "try/ostrel")["dispatches"]) == 2)

    def _logs(self, folder):
        return [log for log in self.json("node", "status", folder)["logs"] if log["role"] == "exchange"]

    def _until(self, condition) -> None:
        ends = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < ends
            time.sleep(0.05)

    def stop(self) -> None:
        """End both nodes as Ctrl-C does."""
        for process in self.processes.values():
            process.send_signal(signal.SIGINT)
        for process in self.processes.values():
            try:
                assert process.wait(60) == 0
            finally:
                process.kill()
                process.stdout.close()


@pytest.fixture
def operator(tmp_path, capsys, monkeypatch):
    made = Operator(tmp_path, capsys, monkeypatch)
    yield made
    made.stop()


def test_the_document_leads_from_an_empty_folder_to_verified_papers(operator):
    operator.follow()
    said = {command: (code, out) for command, code, out in operator.said}
    assert [command for command, (code, _) in said.items() if code] == []

    def out(*words):
        return next(text for command, (_, text) in said.items() if all(word in command for word in words))

    assert "NOT signed by both parties" in out("accord show")
    prints = [re.search(r"(?:[0-9a-f]{8} ){7}[0-9a-f]{8}", out("node init", name))[0] for name in ("ostrel", "vanmere")]
    assert prints[1] in out("node pair try/ostrel"), (
        "the peer's list is confirmed by what the peer read from its own paper"
    )
    assert prints[0] in out("node pair try/vanmere")
    assert re.search(r"link +│ up", out("node status"))
    assert "3 entries, cosigned 3" in out("node status")
    assert "Law of the accord, 2" in out("send try/question.toml")
    question = operator.puts["ID_OF_THE_QUESTION"]
    assert question in out("inbox")
    assert "Is paper 88 yours?" in out("case XV-")
    assert "Yes. The seal is ours; the paper is good." in out("case XO-")
    assert "answered" in out("case XO-")
    assert out("log verify try/out").count("VERIFIED") >= 1
    assert "VERIFIED" in out("log verify try/papers.zip")
    what_a_no_looks_like(operator)


def what_a_no_looks_like(operator):
    """Do what the document's last paragraph says; nothing of it crosses."""
    text = (operator.folder / "try" / "question.toml").read_text()
    send = ["comity", "send", "try/no.toml", "--node", "try/ostrel", "--officer"]
    for changed, officer, words in (
        (
            text.replace('categories = ["document"]', 'categories = ["location"]'),
            "13",
            ("referred:", "Law of the accord, 3"),
        ),
        (text.replace('purpose = "border-document"', 'purpose = "fraud"'), "13", ("refused:", "No rule permits this.")),
        (text, "12", ("held:", "release:officer-without-standing")),
    ):
        (operator.folder / "try" / "no.toml").write_text(changed)
        code, out = operator.type([*send, f"requests/{officer}"])
        assert code == 1
        assert all(word in out for word in words), out
    assert (
        len(operator.json("case", "XV" + operator.puts["-2026-"] + "0001", "--node", "try/vanmere")["dispatches"]) == 2
    )
