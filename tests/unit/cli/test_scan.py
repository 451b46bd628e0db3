"""`comity scan`: what it shows, and how it ends."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import pytest

from comity.cli.main import main

STOP = "Her number is 0234 5678 9014; she is staying at the inn. He is aged 12."


def run(monkeypatch, capsys, text: bytes, *more: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    code = main(["scan", "-", *more])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_hard_stop_ends_with_1_and_each_effect_is_told(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, STOP.encode(), "--law", "ca", "--json")
    found = {one["category"]: one for one in json.loads(out)["findings"]}
    assert code == 1
    assert found["national-number"]["hard_stop"]
    assert found["location"]["holds"]
    assert not found["minor"]["holds"]
    assert STOP[found["national-number"]["start"] : found["national-number"]["end"]] == "0234 5678 9014"


def test_a_table_for_people(monkeypatch, capsys, tmp_path):
    code, out, _ = run(monkeypatch, capsys, STOP.encode())
    assert code == 1
    assert "never crosses" in out
    plain = tmp_path / "plain.txt"
    plain.write_text("The parcel left the port.", encoding="utf-8")
    assert main(["scan", str(plain)]) == 0
    assert "nothing found" in capsys.readouterr().out


@pytest.mark.parametrize("more", [(), ("--laws", "nowhere")])
def test_what_cannot_be_read_is_misuse(monkeypatch, capsys, more):
    code, _, err = run(monkeypatch, capsys, b"\xff\xfe", *more)
    assert code == 2
    assert "comity:" in err
