"""Where the list is read from."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.desks.precursors.screening.book import NEEDED
from comity.edge import substances
from comity.edge.substances import list_files

ROOT = Path(__file__).resolve().parents[3]


def test_the_edition_that_ships_is_read():
    assert set(NEEDED) <= set(list_files(ROOT / "substances"))


def test_hidden_files_are_no_part_of_it_and_no_folder_is_told(tmp_path):
    (tmp_path / ".hidden").write_text("x", encoding="utf-8")
    (tmp_path / "inner").mkdir()
    (tmp_path / "edition.toml").write_text("x", encoding="utf-8")
    assert list(list_files(tmp_path)) == ["edition.toml"]
    with pytest.raises(BadConfiguration, match="--list"):
        list_files(tmp_path / "none")


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(substances, "_LARGEST_BYTES", 3)
    (tmp_path / "edition.toml").write_text("xxxx", encoding="utf-8")
    with pytest.raises(BadConfiguration, match="larger"):
        list_files(tmp_path)
