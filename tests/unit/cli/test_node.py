"""A node is made, paired after both fingerprints were confirmed, run until a signal, and looked at."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import time

import pytest

from comity.dispatch.accord import fingerprint
from comity.edge.config import read_config
from comity.edge.running import socket_of
from tests.unit.cli.pair import both, quick, typed
from tests.unit.edge.twofolders import ACCORD, ROOT, copy_of, made, paired


def init(capsys, base, *more, name="ostrel"):
    return typed(
        capsys, "node", "init", base / name, "--root", base / f"{name}-root", "--node", f"{name}.example/comity", "--country",
        "XO", "--peer", "vanmere.example/comity", "--registry", ROOT / "registries" / f"{name}.toml", "--roster",
        ACCORD / "roster.toml", "--workplan", ACCORD / "workplan.toml", "--laws", ROOT / "laws", "--law", "ostrel-vanmere",
        "--exchange-port", "0", "--page-port", "0", *more,
    )  # fmt: skip


def pair(capsys, base, *more):
    peer = base / "vanmere"
    return typed(
        capsys, "node", "pair", base / "ostrel", "--accord", base / "accord.cose", "--peer-keys", peer / "keys.cose",
        "--peer-registry", peer / "registry.toml", *more,
    )  # fmt: skip


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    return copy_of(made(), tmp_path)


def prints(base):
    return [fingerprint((base / name).read_bytes()) for name in ("accord.cose", "vanmere/keys.cose")]


def test_init_prints_the_fingerprint_once_and_the_second_time_refuses(tmp_path, capsys):
    code, said, _ = init(capsys, tmp_path, "--exercise", "--peer-address", "https://127.0.0.1:1", "--at", "2026-07-13")
    assert code == 0
    assert fingerprint((tmp_path / "ostrel" / "keys.cose").read_bytes()) in said
    config = read_config(tmp_path / "ostrel")
    assert (config.insecure_exercise_edition, config.peer_addresses) == (True, ("https://127.0.0.1:1",))
    code, said, error = init(capsys, tmp_path)
    assert (code, said, "holds a node already; nothing was changed" in error) == (2, "", True)


def test_without_exercise_the_setting_is_off(tmp_path, capsys):
    assert init(capsys, tmp_path)[0] == 0
    assert not read_config(tmp_path / "ostrel").insecure_exercise_edition


def test_a_time_that_is_none_makes_nothing(tmp_path, capsys):
    code, _, error = init(capsys, tmp_path, "--at", "soon")
    assert (code, "'soon' is no time" in error) == (2, True)
    assert not (tmp_path / "ostrel").exists()


def test_both_fingerprints_confirmed_pair_the_node(base, capsys):
    heard = [one for each in prints(base) for one in ("--confirm", each)]
    code, said, _ = pair(capsys, base, *heard)
    assert code == 0
    assert fingerprint((base / "ostrel" / "keys.cose").read_bytes()) in said
    assert (base / "ostrel" / "peer-keys.cose").exists()


def test_a_fingerprint_is_compared_by_its_digits(base, capsys):
    accord, keys = prints(base)
    heard = ("--confirm", accord.upper().replace(" ", ""), "--confirm", keys.replace(" ", "  "))
    assert pair(capsys, base, *heard)[0] == 0


@pytest.mark.parametrize("which", [0, 1])
def test_one_fingerprint_that_was_not_heard_pairs_nothing(base, capsys, which):
    heard = prints(base)
    heard[which] = heard[which][:-1] + ("0" if heard[which][-1] != "0" else "1")
    code, _, error = pair(capsys, base, "--confirm", heard[0], "--confirm", heard[1])
    what = ("the accord", "the other party's key list")[which]
    assert (code, error) == (1, f"the fingerprint of {what} was not confirmed; nothing was changed\n")
    assert not (base / "ostrel" / "accord.cose").exists()


@pytest.mark.parametrize(("said", "code"), [("yes\nYES\n", 0), ("yes\nno\n", 1), ("y\n", 1), ("", 1), ("yes\n", 1)])
def test_at_the_terminal_only_yes_is_yes(base, capsys, monkeypatch, said, code):
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    ended, shown, _ = pair(capsys, base)
    assert ended == code
    assert prints(base)[0] in shown
    assert (base / "ostrel" / "accord.cose").exists() == (code == 0)


def test_the_peers_law_is_kept_if_it_is_handed_over(base, capsys):
    heard = [one for each in prints(base) for one in ("--confirm", each)]
    assert pair(capsys, base, *heard, "--peer-law", base / "vanmere" / "law")[0] == 0
    assert (base / "ostrel" / "peer-law" / "edition.cose").exists()
    assert pair(capsys, base, *heard, "--peer-law", base / "none")[0] == 2


def test_papers_that_do_not_belong_together_are_refused_though_they_were_confirmed(base, capsys):
    (base / "vanmere" / "keys.cose").write_bytes((base / "ostrel" / "keys.cose").read_bytes())
    heard = [one for each in prints(base) for one in ("--confirm", each)]
    code, _, error = pair(capsys, base, *heard)
    assert (code, "exact set of signatures" in error) == (1, True)
    assert not (base / "ostrel" / "accord.cose").exists()
    (base / "accord.cose").unlink()
    assert pair(capsys, base)[0] == 2


@pytest.mark.parametrize("json_too", [False, True])
def test_a_node_runs_until_a_signal_and_says_where(tmp_path, capsys, monkeypatch, json_too):
    base = copy_of(paired(), tmp_path)
    from comity.edge import running as node

    def ends_when_ready(config, ready):
        def both_(running):
            ready(running)
            os.kill(os.getpid(), signal.SIGTERM)

        return node_run(config, both_)

    node_run = node.run_until_stopped
    monkeypatch.setattr(node, "run_until_stopped", ends_when_ready)
    code, said, _ = typed(capsys, "node", "run", base / "ostrel", *(["--json"] if json_too else []))
    assert code == 0
    if json_too:
        assert json.loads(said)["node"] == "ostrel.example/comity"
    else:
        assert said.startswith("ostrel.example/comity runs. Page: http://localhost:0   exchanges: port ")
    assert not socket_of(base / "ostrel").exists()


def test_a_node_that_may_not_start_says_why(base, capsys):
    code, _, error = typed(capsys, "node", "run", base / "ostrel")
    assert (code, "run `comity node pair`" in error) == (2, True)
    assert typed(capsys, "node", "run", base / "none")[0] == 2


def test_status_shows_link_logs_and_counters(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    base = copy_of(quick(), tmp_path)
    code, _, error = typed(capsys, "node", "status", base / "ostrel")
    assert (code, "no node runs in" in error) == (2, True)
    with both(base):
        said, ends = "", time.monotonic() + 60
        while "up: " not in said and time.monotonic() < ends:
            code, said, _ = typed(capsys, "node", "status", base / "ostrel")
            assert code == 0
        assert "up: " in said, "each start asks the other side first"
        assert "ostrel.example/comity/log/1: 3 entries" in said
        code, said, _ = typed(capsys, "node", "status", base / "ostrel", "--json")
        assert json.loads(said)["counters"]["evidence"] == 0
