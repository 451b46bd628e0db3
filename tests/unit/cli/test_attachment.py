"""Files from a terminal: sent with a dispatch, listed and taken at the other side, each no in one line."""

from __future__ import annotations

import json
import os
import sys

import pytest

from comity.cli.doorway import ask
from tests.unit.cli.pair import both, quick, typed
from tests.unit.cli.test_requests import GOOD
from tests.unit.edge.filesworld import PDF, scan_setting
from tests.unit.edge.twofolders import copy_of

SENDER, READER = ("--officer", "requests/13"), ("--officer", "requests/33")
LARGE = PDF + os.urandom(2_500_000)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = copy_of(quick(), tmp_path_factory.mktemp("run"))
    for name in ("ostrel", "vanmere"):
        with (folder / name / "node.toml").open("a") as settings:
            settings.write(f"scan_command = {scan_setting()}\nfiles_reserve_mib = 0\nfiles_most_mib = 4\n")
    with both(folder) as running:
        yield running


@pytest.fixture
def person(two, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    return lambda name, *words: typed(capsys, *words, "--node", two.folder / name)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    (folder / "form.toml").write_text(GOOD)
    (folder / "plan.pdf").write_bytes(LARGE)
    (folder / "bad.pdf").write_bytes(PDF + b"EICAR")
    (folder / "wide.pdf").write_bytes(PDF + bytes(5 << 20))
    return folder


def test_a_file_goes_with_a_dispatch_and_is_taken_at_the_other_side(two, person, given, tmp_path):
    code, said, error = person("ostrel", "send", given / "form.toml", "--attach", given / "plan.pdf", *SENDER, "--json")
    assert (code, error) == (0, "")
    dispatch = json.loads(said)["id"]
    two.until(
        lambda: (
            [one["state"] for one in ask(two.folder / "vanmere", "GET", f"/files/of?dispatch={dispatch}")] == ["clean"]
        )
    )
    two.until(lambda: ask(two.folder / "vanmere", "GET", f"/state?id={dispatch}").get("filed"))
    code, said, _ = person("vanmere", "attachment", "list", dispatch)
    assert code == 0
    assert "plan.pdf" in said
    assert "clean" in said
    to = tmp_path / "taken.pdf"
    code, said, _ = person("vanmere", "attachment", "get", dispatch, 0, "--to", to, *READER)
    assert (code, to.read_bytes() == LARGE, to.stat().st_mode & 0o777) == (0, True, 0o600)
    assert "decision log" in said
    code, _, error = person("vanmere", "attachment", "get", dispatch, 0, "--to", to, *READER)
    assert (code, "not replaced" in error) == (2, True)
    code, _, error = person("vanmere", "attachment", "get", dispatch, 7, "--to", tmp_path / "x", *READER)
    assert (code, "nothing was given out" in error, list(tmp_path.iterdir())) == (1, True, [to])
    code, _, error = person("vanmere", "attachment", "again", dispatch, 0, *READER)
    assert (code, "nothing was changed" in error) == (2, True)
    assert json.loads(person("vanmere", "attachment", "list", dispatch, "--json")[1])[0]["have"] > len(LARGE)


def test_a_file_that_breaks_off_leaves_nothing(two, person, given, tmp_path):
    code, said, _ = person("ostrel", "send", given / "form.toml", "--attach", given / "plan.pdf", *SENDER, "--json")
    dispatch = json.loads(said)["id"]
    [stored] = list(ask(two.folder / "ostrel", "GET", f"/files/of?dispatch={dispatch}"))
    path = two.folder / "ostrel" / "files" / stored["hash"]
    data = bytearray(path.read_bytes())
    data[2_000_000] ^= 1
    path.write_bytes(data)
    code, _, error = person("ostrel", "attachment", "get", dispatch, 0, "--to", tmp_path / "x", *SENDER)
    assert (code, "nothing was kept" in error, list(tmp_path.iterdir())) == (1, True, [])


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("bad.pdf", 1, "infected"), ("wide.pdf", 2, "at most 4194304 bytes"), ("none.pdf", 2, "is no file")],
)
def test_what_may_not_leave_is_said_and_nothing_is_sent(person, given, name, code, said):
    found, _, error = person("ostrel", "send", given / "form.toml", "--attach", given / name, *SENDER)
    assert (found, said in error) == (code, True), (sys.platform, error)
