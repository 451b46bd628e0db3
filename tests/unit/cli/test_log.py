"""`comity log` as a person runs it: exit codes, tables, JSON; an export, an address and papers, good and tampered with."""

from __future__ import annotations

import argparse
import json
import shutil
import stat
import subprocess
import sys
import threading
import zipfile
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration, BadForm, BadSignature
from comity.base.ids import Ms, NodeName, show_id
from comity.cli import log
from comity.node.bundle import Piece, Wish, make_bundle
from tests.unit.edge.lognode import told
from tests.unit.node.letout import let_out
from tests.unit.node.told import altered
from tests.unit.node.world import START, A, B, Half

TOOL = Path(__file__).parents[3] / "tools" / "verify.py"


def run(*words):
    parser = argparse.ArgumentParser()
    log.add_commands(parser.add_subparsers())
    asked = parser.parse_args(["log", *map(str, words)])
    return asked.run(asked)


def hashed(node):
    return sha256(f"{node}/log/1".encode()).hexdigest()


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """An export, its keys in every form, and a bundle that our law let out."""
    folder = tmp_path_factory.mktemp("papers")
    assert run("export", folder / "logs", "--node", told()[0], "--json") == 0
    _, node, _, ids, _ = told()
    with altered(node) as tx:
        (folder / "b.zip").write_bytes(make_bundle(tx, ids[7], Wish(), now=Ms(START), act=let_out(tx, ids[7])))
    keys = told()[4]
    lines = [line for key in (*keys.logs, *keys.cosigners) for line in key.vkeys()]
    (folder / "vkeys.txt").write_text("# both parties\n\n--log-vkey\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def lists(papers):
    return sorted((papers / "logs" / "keys").iterdir())


@pytest.fixture
def copy(papers, tmp_path):
    return Path(shutil.copytree(papers / "logs", tmp_path / "logs"))


def spoil(path):
    data = path.read_bytes()
    path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])


# --- export and bundle -----------------------------------------------------------------------------------------------


def test_export_shows_a_table_and_json(tmp_path, capsys):
    assert run("export", tmp_path / "a", "--node", told()[0]) == 0
    assert f"{A}/log/1" in capsys.readouterr().out
    assert run("export", tmp_path / "b", "--node", told()[0], "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["origin"] for one in said["logs"]] == [f"{A}/log/1", f"{B}/log/1"]
    assert (tmp_path / "b" / said["logs"][0]["folder"] / "checkpoint").is_file()


NOTHING = [word for piece in Piece for word in ("--without", piece.value)]


def test_a_bundle_is_private_and_leaves_out_what_it_should(tmp_path, capsys):
    out = tmp_path / "b.zip"
    words = ("bundle", show_id(told()[3][7]), "--out", out, "--node", told()[0], *NOTHING)
    assert run(*words) == 0
    assert "read statement.txt first" in capsys.readouterr().out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with zipfile.ZipFile(out) as pack:
        names = set(pack.namelist())
    place = f"dispatch/{show_id(told()[3][7])}"
    assert f"{place}/part1.digest" in names
    assert f"{place}/part1" not in names
    with pytest.raises(BadConfiguration, match="there already"):
        run(*words)
    assert run("bundle", *words[1:2], "--out", tmp_path / "c.zip", *words[4:], "--json") == 0
    assert json.loads(capsys.readouterr().out)["without"] == sorted(Piece)


def test_misuse_of_bundle(tmp_path):
    node = ("--node", told()[0])
    with pytest.raises(BadForm):
        run("bundle", "nonsense", "--out", tmp_path / "b.zip", *node)
    with pytest.raises(BadForm, match="no dispatch"):
        run("bundle", show_id(bytes(16)), "--out", tmp_path / "b.zip", *NOTHING, *node)
    with pytest.raises(BadConfiguration, match="could not be written"):
        run("bundle", show_id(told()[3][7]), "--out", tmp_path / "absent" / "b.zip", *NOTHING, *node)
    with pytest.raises(SystemExit):
        run("bundle", show_id(told()[3][7]), "--out", tmp_path / "b.zip", "--without", "everything", *node)
    with pytest.raises(BadForm, match="name --officer"):
        run("bundle", show_id(told()[3][7]), "--out", tmp_path / "b.zip", "--decision", *NOTHING, *node)
    with pytest.raises(BadConfiguration, match="no node runs"):
        run("bundle", show_id(told()[3][7]), "--out", tmp_path / "b.zip", "--officer", "requests/1", *node)
    assert list(tmp_path.iterdir()) == []


# --- verify: logs ----------------------------------------------------------------------------------------------------


def test_an_export_verifies_with_each_form_of_keys(papers, lists, capsys):
    for keys in ([papers / "vkeys.txt"], lists, [*lists, papers / "logs" / "accord.cose"]):
        assert run("verify", papers / "logs", "--keys", *keys) == 0
        said = capsys.readouterr().out
        assert said.rstrip().endswith("VERIFIED")
        assert f"{A}/log/1" in said
        assert ("no accord was given" in said) == (keys == lists)
        assert ("signed by the root in the accord" in said) == (len(keys) == 3)


def test_json_says_what_was_verified(papers, lists, capsys):
    assert run("verify", papers / "logs", "--keys", *lists, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["verified"] is True
    assert {one["origin"] for one in said["logs"]} == {f"{A}/log/1", f"{B}/log/1"}
    ours = next(one for one in said["logs"] if one["origin"] == f"{A}/log/1")
    assert (ours["cosigner"], ours["entries"], ours["faults"]) == (f"{B}/mirror/1", ours["size"], [])


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/0/000", "checkpoint"])
def test_a_tampered_export_is_refused(copy, papers, path, capsys):
    spoil(copy / hashed(A) / path)
    assert run("verify", copy, "--keys", papers / "vkeys.txt") == 1
    said = capsys.readouterr().out
    assert "BAD" in said
    assert said.rstrip().splitlines()[-1].startswith("NOT VERIFIED")
    assert run("verify", copy, "--keys", papers / "vkeys.txt", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["verified"] is False
    assert [one["verified"] for one in said["logs"]].count(False) == 1


def test_logs_that_contradict_each_other_are_refused(copy, papers, capsys, monkeypatch):
    monkeypatch.setattr(log, "cross_check", lambda _: ("entry 5: names a head that never was",))
    assert run("verify", copy, "--keys", papers / "vkeys.txt") == 1
    assert "BAD   across the logs: entry 5" in capsys.readouterr().out


def test_older_checkpoints_are_placed(papers, tmp_path, capsys):
    words = ("verify", papers / "logs" / hashed(A), "--keys", papers / "vkeys.txt", "--json", "--older")
    assert run(*words, papers / "logs" / hashed(A) / "checkpoint") == 0
    assert json.loads(capsys.readouterr().out)["logs"][0]["older"] == 1
    (tmp_path / "older").write_bytes(b"no checkpoint")
    with pytest.raises(BadSignature):
        run(*words, tmp_path / "older")
    with pytest.raises(BadConfiguration, match="could not be read"):
        run(*words, tmp_path / "absent")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_an_address_verifies_while_it_is_served(papers, copy, capsys):
    (copy.parent / "web").mkdir()
    copy.rename(copy.parent / "web" / "log")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(copy.parent / "web"))) as server:
        threading.Thread(target=partial(server.serve_forever, 0.05), daemon=True).start()
        page = f"http://north.localhost:{server.server_address[1]}"
        assert run("verify", page, "--keys", papers / "vkeys.txt", "--json") == 0
        assert len(json.loads(capsys.readouterr().out)["logs"]) == 2
        assert run("verify", f"{page}/log/{hashed(B)}", "--keys", papers / "vkeys.txt") == 0
        assert run("verify", f"{page}/log/absent", "--keys", papers / "vkeys.txt") == 1
        assert "there is no checkpoint" in capsys.readouterr().out
        server.shutdown()


# --- verify: bundles -------------------------------------------------------------------------------------------------


def options():
    keys = told()[4]
    logs = [part for key in keys.logs for vkey in key.vkeys() for part in ("--log-vkey", vkey)]
    return logs + [part for key in keys.cosigners for vkey in key.vkeys() for part in ("--cosigner-vkey", vkey)]


def stranger(bundle):
    command = [sys.executable, str(TOOL), "bundle", str(bundle), *options()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).returncode


def test_papers_verify_here_and_with_the_stranger(papers, lists, capsys):
    assert run("verify", papers / "b.zip", "--keys", *lists) == 0
    assert capsys.readouterr().out.rstrip().endswith("VERIFIED")
    assert run("verify", papers / "b.zip", "--keys", *lists, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["verified"]
    assert all(one["good"] for one in said["checks"])
    assert stranger(papers / "b.zip") == 0


def test_papers_with_a_changed_part_are_refused_by_both(papers, tmp_path, capsys):
    changed = tmp_path / "b.zip"
    with zipfile.ZipFile(papers / "b.zip") as old, zipfile.ZipFile(changed, "w") as new:
        for one in old.infolist():
            content = old.read(one)
            new.writestr(
                one.filename, content.replace(b"Lorry 7", b"Lorry 8") if one.filename.endswith("part1") else content
            )
    assert run("verify", changed, "--keys", papers / "vkeys.txt") == 1
    assert "a part was changed" in capsys.readouterr().out
    assert run("verify", changed, "--keys", papers / "vkeys.txt", "--json") == 1
    assert stranger(changed) == 1


# --- keys and misuse -------------------------------------------------------------------------------------------------


def test_keys_of_somebody_else(papers, tmp_path):
    impostor = Half.make(NodeName("impostor.example/comity"))
    impostor.name = A
    impostor.sign_keys()
    (tmp_path / "keys.cose").write_bytes(impostor.keys)
    keys, other = tmp_path / "keys.cose", next((papers / "logs" / "keys").glob("van*"))
    assert run("verify", papers / "logs", "--keys", keys, other) == 1
    with pytest.raises(BadSignature):
        run("verify", papers / "logs", "--keys", keys, papers / "logs" / "accord.cose")
    assert run("verify", papers / "logs", "--keys", other) == 1
    stranger = Half.make(NodeName("stranger.example/comity"))
    stranger.sign_keys()
    keys.write_bytes(stranger.keys)
    own = sorted((papers / "logs" / "keys").iterdir())
    assert run("verify", papers / "logs", "--keys", keys, *own, papers / "logs" / "accord.cose") == 0


def test_files_that_hold_no_keys(papers, tmp_path):
    (tmp_path / "empty").write_text("# nothing\n", encoding="utf-8")
    (tmp_path / "half").write_text((papers / "vkeys.txt").read_text().splitlines()[3] + "\n", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "cose").write_bytes(b"\xd8\x62\x80")
    for name, said in (
        ("empty", "no key of a log"),
        ("half", "holds no verifier keys"),
        ("binary", "holds no verifier keys"),
        ("cose", "neither an accord nor a key list"),
        ("absent", "could not be read"),
    ):
        with pytest.raises(BadConfiguration, match=said):
            run("verify", papers / "logs", "--keys", tmp_path / name)


def test_what_is_nowhere(papers, tmp_path):
    with pytest.raises(BadForm, match="nothing was verified"):
        run("verify", tmp_path / "absent", "--keys", papers / "vkeys.txt")
    with pytest.raises(SystemExit):
        run("verify", papers / "logs")
