"""Texts and hashes are written from a folder or a git directory; what is not found keeps what it had."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from comity.policy.binding import read_bindings
from comity.policy.statute import text_hash
from tests.unit.policy.test_policy_edition import FORBID, PERMIT
from tools import statutes

XML = (
    '<S current-date="2026-03-02"><Body><Section inforce-start-date="2020-01-01"><Label>8</Label>'
    "<Text>A person may give.</Text></Section></Body></S>"
)
TEXT = "8 A person may give.\n"


@pytest.fixture
def laws(tmp_path: Path) -> Path:
    folder = tmp_path / "laws"
    for name in ("tt", "both", "statutes/tt", "statutes/both"):
        (folder / name).mkdir(parents=True)
    rules = PERMIT.replace('@title("t")', '@title("t") @law("XA/Act/s8; XX/Accord")')
    (folder / "tt" / "law.cedar").write_text(rules + FORBID.replace('@title("t")', '@title("t") @law("XA/Act/s8")'))
    (folder / "both" / "law.cedar").write_text(OWN)
    (folder / "statutes" / "tt" / "acts.toml").write_text(
        'prefix = "XA"\n[acts]\nAct = { xml = "eng/A-1.xml", title = "Some Act" }\n'
    )
    (folder / "statutes" / "both" / "acts.toml").write_text('prefix = "XX"\n[not_kept]\n"XX" = "signed"\n')
    (tmp_path / "xml" / "eng").mkdir(parents=True)
    (tmp_path / "xml" / "eng" / "A-1.xml").write_text(XML)
    return folder


OWN = PERMIT.replace('@title("t")', '@title("t") @law("XX/Accord")')


def run(monkeypatch, laws: Path, source: Path, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["statutes", "--from", str(source), "--laws", str(laws), *words])
    return statutes.main()


def bound(laws: Path, name: str = "tt"):
    text = (laws / name / "statutes.toml").read_text(encoding="utf-8")
    return {one.provision: one for one in read_bindings(text, name)}


def test_texts_and_hashes_are_written(monkeypatch, laws, tmp_path):
    assert run(monkeypatch, laws, tmp_path / "xml") == 0
    assert (laws / "statutes" / "xa" / "act" / "s8.txt").read_text(encoding="utf-8") == TEXT
    found = bound(laws)
    assert found["XA/Act/s8"].sha256 == text_hash(TEXT)
    assert (found["XA/Act/s8"].pit, found["XA/Act/s8"].since) == ("2026-03-02", "2020-01-01")
    assert found["XX/Accord"].not_kept == "signed"
    assert bound(laws, "both")["XX/Accord"].not_kept == "signed"


def test_a_second_run_changes_nothing(monkeypatch, laws, tmp_path):
    run(monkeypatch, laws, tmp_path / "xml")
    before = (laws / "tt" / "statutes.toml").read_bytes()
    assert run(monkeypatch, laws, tmp_path / "xml", "tt") == 0
    assert (laws / "tt" / "statutes.toml").read_bytes() == before


def test_a_git_directory_is_read_at_its_newest_commit(monkeypatch, laws, tmp_path):
    git = ["git", "-C", str(tmp_path / "xml"), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a"]):
        subprocess.run([*git, *words], check=True)
    (tmp_path / "xml" / "eng" / "A-1.xml").write_text("not committed")
    assert run(monkeypatch, laws, tmp_path / "xml") == 0
    assert bound(laws)["XA/Act/s8"].kept


def test_what_is_not_found_keeps_what_it_had_and_ends_with_1(monkeypatch, laws, tmp_path, capsys):
    assert run(monkeypatch, laws, tmp_path / "xml") == 0
    (tmp_path / "xml" / "eng" / "A-1.xml").write_text(XML.replace(">8<", ">9<"))
    assert run(monkeypatch, laws, tmp_path / "xml") == 1
    assert bound(laws)["XA/Act/s8"].sha256 == text_hash(TEXT)
    assert "not found: XA/Act/s8" in capsys.readouterr().out
    (laws / "tt" / "statutes.toml").unlink()
    assert run(monkeypatch, laws, tmp_path / "xml") == 1
    assert "not found" in bound(laws)["XA/Act/s8"].not_kept


def test_a_folder_without_a_list_of_acts_is_left_alone(monkeypatch, laws, tmp_path):
    (laws / "uu").mkdir()
    assert run(monkeypatch, laws, tmp_path / "xml", "uu") == 0
    assert not (laws / "uu" / "statutes.toml").exists()
