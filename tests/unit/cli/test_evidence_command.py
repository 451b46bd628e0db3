"""Papers on a case at a terminal, from two running nodes: made under the law, written privately, checked without a node."""

from __future__ import annotations

import json
import stat
import tomllib

import pytest

from comity.cli.doorway import ask
from comity.dispatch.columns import bytes_of
from comity.edge import casepdf
from comity.edge.export import snapshot
from comity.node.disclosure import MADE
from tests.unit.cli.pair import both, quick, typed
from tests.unit.cli.test_requests import GOOD
from tests.unit.edge.twofolders import copy_of

FOR = ("--for", "Court of the ford", "--purpose", "court", "--basis", "order 7")
OFFICER = ("--officer", "requests/33")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with both(copy_of(quick(), tmp_path_factory.mktemp("run"))) as running:
        yield running


@pytest.fixture(scope="module")
def case(two):
    """The number at Vanmere of a case with one question of Ostrel's in it."""
    form = {"desk": "requests", **tomllib.loads(GOOD)}
    done = ask(two.folder / "ostrel", "POST", "/submit", {"form": form, "by": {"desk": "requests", "number": 13}})
    two.until(lambda: ask(two.folder / "vanmere", "GET", f"/state?id={done['id']}").get("filed"))
    two.until(lambda: (ask(two.folder / "ostrel", "GET", f"/state?id={done['id']}") or {}).get("filed"))
    return done["case"]


@pytest.fixture
def person(two, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    return lambda name, *words: typed(capsys, "evidence", *words, "--node", two.folder / name)


@pytest.fixture
def anyone(capsys):
    return lambda *words: typed(capsys, "evidence", "verify", *words)


@pytest.fixture(scope="module")
def made(two, case, tmp_path_factory):
    """Papers that were made once, and what the node said of them."""
    wish = {"case": case, "purpose": "court", "recipient": "Court", "by": {"desk": "requests", "number": 33}}
    said = ask(two.folder / "vanmere", "POST", "/evidence/make", wish | {"basis": ["order 7"], "pdf": True})
    from base64 import b64decode

    from comity.cli.evidence import _unpack

    folder = tmp_path_factory.mktemp("made") / "papers"
    _unpack(b64decode(said.pop("zip")), folder)
    return folder, said


def test_papers_are_made_privately_and_say_what_was_made(person, anyone, case, two, tmp_path):
    to = tmp_path / "papers"
    code, said, _ = person("vanmere", "make", case, "--to", to, *FOR, *OFFICER)
    assert code == 0
    assert "value to be certified (SHA-256): " in said
    assert "read README.txt first" in said
    assert stat.S_IMODE(to.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in to.rglob("*") if path.is_file()} == {0o600}
    code, said, _ = anyone(to)
    assert code == 0, said
    assert said.rstrip().endswith("VERIFIED")
    assert "compare the fingerprints" in said
    code, said, error = person("vanmere", "make", case, "--to", to, *FOR, *OFFICER)
    assert code == 2
    assert "there already" in error


def test_papers_hold_the_forms_of_the_editions_and_both_numbers(made):
    folder, said = made
    assert (folder / "forms" / "xv-1-keeper.toml").is_file()
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    assert case["case"]["ours"].startswith("XV-")
    assert said["name"] == f"papers-{case['case']['ours']}.zip"
    assert [one["short"] for one in case["parties"]] == ["XV", "XO"]
    assert case["dispatches"][0]["law"]["disclosure"]["reasons"][0]["rule"] == "OV-2"
    assert (folder / "case.pdf").read_bytes().startswith(b"%PDF-")


def test_what_was_made_is_in_the_decision_log(made, two):
    _, said = made
    with snapshot(two.folder / "vanmere") as tx:
        rows = tx.rows("SELECT record FROM record WHERE kind = ? AND idx = ?", (MADE, said["record"]))
    assert bytes.fromhex(said["manifest"]) in bytes_of(rows[0][0])


def test_a_folder_is_checked_against_the_hash_that_was_kept(made, anyone):
    folder, said = made
    assert anyone(folder, "--manifest", said["manifest"])[0] == 0
    code, out, _ = anyone(folder, "--manifest", "00" * 32)
    assert code == 1
    assert "another hash than you gave" in out


def test_keys_of_another_source_are_taken(made, anyone, two):
    folder, _ = made
    keys = [two.folder / name / "keys.cose" for name in ("ostrel", "vanmere")]
    code, said, _ = anyone(folder, "--keys", *keys)
    assert code == 0
    assert "compare the fingerprints above" not in said
    code, said, _ = anyone(folder, "--keys", keys[0], "--json")
    assert code == 1
    assert not json.loads(said)["verified"]


def test_a_changed_folder_is_not_verified(made, anyone, tmp_path):
    import shutil

    copy = shutil.copytree(made[0], tmp_path / "copy")
    (copy / "README.txt").write_text("other", encoding="utf-8")
    code, said, _ = anyone(copy)
    assert code == 1
    assert "BAD   README.txt: was changed" in said
    (copy / "link").symlink_to(copy / "README.txt")
    assert "is no plain file" in anyone(copy)[2]
    (copy / "link").unlink()
    (copy / "accord.cose").write_bytes(b"\xd8\x62none")
    code, said, _ = anyone(copy)
    assert code == 1
    assert "NOT VERIFIED" in said


def test_what_our_law_does_not_let_out_is_named_and_withheld(person, anyone, case, tmp_path):
    to = tmp_path / "papers"
    code, said, _ = person("vanmere", "make", case, "--to", to, "--for", "Court", *OFFICER, "--json")
    assert code == 0
    (told,) = json.loads(said)["dispatches"]
    assert told["act"]["outcome"] == "refused"
    listed = json.loads((to / "case.json").read_text(encoding="utf-8"))["dispatches"]
    assert [one["shown"] for one in listed] == [[]]
    assert listed[0]["removed"]["class"] == "refused-by-law"
    assert anyone(to)[0] == 0


def test_the_law_is_asked_dry_for_each_dispatch(two, case):
    wish = {"case": case, "purpose": "court", "recipient": "Court", "by": {"desk": "requests", "number": 33}}
    (one,) = ask(two.folder / "vanmere", "POST", "/evidence/ask", wish)["dispatches"]
    assert (one["goes"], one["held"], one["removed"]) == (True, True, [])
    (one,) = ask(two.folder / "vanmere", "POST", "/evidence/ask", {**wish, "purpose": "evidence"})["dispatches"]
    assert (one["goes"], one["verdict"]["effect"]) == (False, "refuse")


def test_misuse_is_told(person, anyone, case, tmp_path, monkeypatch):
    code, _, error = person("vanmere", "make", "XV-2026-999999", "--to", tmp_path / "a", *FOR, *OFFICER)
    assert code == 2
    assert "no case XV-2026-999999" in error
    code, _, error = person("vanmere", "make", case, "--to", tmp_path / "a", "--for", " ", *OFFICER)
    assert code == 2
    assert "for whom the papers are" in error
    code, _, error = anyone(tmp_path / "absent")
    assert code == 2
    assert "no folder" in error
    monkeypatch.setattr(casepdf, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    code, _, error = person("vanmere", "make", case, "--to", tmp_path / "a", *FOR, *OFFICER, "--pdf")
    assert code == 1
    assert "comity[documents]" in error
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "change", [{"purpose": "use"}, {"purpose": "none"}, {"language": "de"}, {"recipient": "x" * 401}]
)
def test_a_wish_that_does_not_fit_is_refused_before_anything_is_asked(two, case, change):
    from comity.base.errors import BadForm

    wish = {"case": case, "purpose": "court", "recipient": "Court", "by": {"desk": "requests", "number": 33}}
    with pytest.raises(BadForm, match=r"nothing was asked|papers are made"):
        ask(two.folder / "vanmere", "POST", "/evidence/make", wish | change)


def test_papers_are_checked_without_typst(made, anyone, monkeypatch):
    monkeypatch.setattr(casepdf, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    code, said, _ = anyone(made[0])
    assert code == 0
    assert "typst is not installed here" in said
