"""Papers on a case over changes of the keys of both sides: good to our command and to a stranger's program, and to no others."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest

from comity.cli.doorway import ask
from comity.cli.main import main
from comity.edge.evidence import VERIFIER
from comity.node.casepapers import KEYS
from tests.unit.cli.pair import both, quick, typed
from tests.unit.cli.test_evidence_command import FOR, OFFICER
from tests.unit.cli.test_requests import GOOD
from tests.unit.edge.test_new_keys import make_list
from tests.unit.edge.twofolders import PARTIES, copy_of


def sent(two, **more):
    """Send a question of Ostrel's, and wait until both sides have its receipt."""
    form = {"desk": "requests", **tomllib.loads(GOOD), **more}
    done = ask(two.folder / "ostrel", "POST", "/submit", {"form": form, "by": {"desk": "requests", "number": 13}})
    for name in PARTIES:
        two.until(lambda name=name: (ask(two.folder / name, "GET", f"/state?id={done['id']}") or {}).get("filed"))
    return done


def change_keys(two, name):
    signed = make_list(two.folder, name, "--log", "--mirror")
    assert main(["keys", "install", str(signed), "--node", str(two.folder / name)]) == 0
    two.until(lambda: ask(two.folder / name, "GET", "/keys")["ours"][-1]["entry"] is not None)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


@pytest.fixture(scope="module")
def papers(two, tmp_path_factory):
    """Papers that Vanmere made on a case with a question before, between and after the changes of both sides' keys."""
    first = sent(two)
    change_keys(two, "ostrel")
    sent(two, case=first["case"])
    change_keys(two, "vanmere")
    sent(two, case=first["case"])
    to = tmp_path_factory.mktemp("made") / "papers"
    words = ["evidence", "make", first["case"], "--to", to, *FOR, *OFFICER, "--node", two.folder / "vanmere"]
    assert main([str(word) for word in words]) == 0
    return to


def stranger(folder, *more):
    """Run the second program as it lies in the folder, with the keys of the folder."""
    command = [sys.executable, str(folder / VERIFIER), "evidence", str(folder), f"@{folder / KEYS}", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def lists(folder):
    return [word for path in sorted((folder / "keys").glob("*.cose")) for word in ("--key-list", str(path))]


def test_papers_over_changed_keys_are_good_to_both_programs(papers, capsys):
    code, said, _ = typed(capsys, "evidence", "verify", papers)
    assert (code, said.rstrip().splitlines()[-1]) == (0, "VERIFIED")
    assert "1 later key lists entered this log" in said
    assert len(lists(papers)) == 2 * 4
    assert len(list((papers / "dispatch").iterdir())) == 3
    code, said = stranger(papers, *lists(papers))
    assert (code, said.splitlines()[-1]) == (0, "VERIFIED")
    assert "by the keys in force at its size" in said


def test_with_the_first_keys_alone_nobody_takes_them_for_proved(papers, two, capsys):
    keys = [two.folder / name / "keys.cose" for name in PARTIES]
    assert typed(capsys, "evidence", "verify", papers, "--keys", *keys)[0] == 1
    first = [word for path in keys for word in ("--key-list", str(path))]
    code, said = stranger(papers, *first)
    assert code == 1
    assert "is given" in said
