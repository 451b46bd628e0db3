"""`comity log evidence` writes out what a node holds against the other one; `comity log verify` judges it with public keys only."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from comity.cli import log
from comity.sim.exercise import parties
from comity.sim.liar import Lie, catch
from tests.simulation.disks import make_disk
from tests.unit.cli.pair import typed
from tests.unit.node.test_disowned import fork, restored


@pytest.fixture(scope="module")
def held():
    return catch(1, Lie.TWO_HEADS, make_disk).evidence[0]


@pytest.fixture
def keys(tmp_path):
    files = []
    for name, half in zip(("one", "other"), parties().halves, strict=True):
        files.append(tmp_path / f"{name}.cose")
        files[-1].write_bytes(half.keys)
    return files


def test_evidence_is_judged_with_both_key_lists(tmp_path, capsys, held, keys):
    file = tmp_path / "one.evidence"
    file.write_bytes(held)
    code, said, _ = typed(capsys, "log", "verify", file, "--keys", *keys)
    assert code == 0
    assert f"equivocation against {parties().halves[1].name}" in said
    shown = json.loads(typed(capsys, "log", "verify", file, "--keys", *keys, "--json")[1])
    assert (shown["verified"], shown["class"]) == (True, "equivocation")
    file.write_bytes(held[:-9] + bytes([held[-9] ^ 1]) + held[-8:])
    code, said, _ = typed(capsys, "log", "verify", file, "--keys", keys[0])
    assert code == 1
    assert "NOT VERIFIED" in said
    code, said, _ = typed(capsys, "log", "verify", file, "--keys", keys[0], "--json")
    assert (code, json.loads(said)["verified"]) == (1, False)


def test_what_a_node_holds_is_written_into_files(tmp_path, capsys, held, monkeypatch):
    class Tx:
        rows_held = ((b"", ""),)

        def rows(self, _, asked=()):
            return () if asked else self.rows_held

    @contextmanager
    def snapshot(_):
        yield Tx()

    monkeypatch.setattr(log, "snapshot", snapshot)
    Tx.rows_held = (("equivocation", held),)
    assert typed(capsys, "log", "evidence", tmp_path / "out")[1].strip() == "000-equivocation.evidence"
    assert (tmp_path / "out" / "000-equivocation.evidence").read_bytes() == held
    Tx.rows_held = ()
    assert "no evidence" in typed(capsys, "log", "evidence", tmp_path / "none")[1]
    assert json.loads(typed(capsys, "log", "evidence", tmp_path / "none", "--json")[1])["files"] == []


def test_what_was_lost_and_disowned_is_written_and_judged(tmp_path, capsys, keys, monkeypatch):
    _, b, head = restored()
    monkeypatch.setattr(log, "snapshot", lambda _: b.store.read())
    assert typed(capsys, "log", "disowned", tmp_path / "out")[1].strip() == "000.disowned"
    file, shown = tmp_path / "one.evidence", tmp_path / "out" / "000.disowned"
    file.write_bytes(fork(b, head))
    code, said, _ = typed(capsys, "log", "verify", file, "--keys", *keys)
    assert (code, "equivocation against" in said) == (0, True)
    code, said, _ = typed(capsys, "log", "verify", file, "--keys", *keys, "--disowned", shown)
    assert code == 1
    assert "was lost with a store, and disowned in the open" in said
    shown.write_bytes(b"none")
    assert typed(capsys, "log", "verify", file, "--keys", *keys, "--disowned", shown)[0] == 1
