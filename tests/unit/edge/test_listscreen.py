"""A node with a list beside it screens line by line; one without a list, or without what the screening needs, runs all the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import SimpleNamespace

import pytest

from comity.desks.precursors import model
from comity.edge import listscreen
from comity.edge.listscreen import ListScreen, open_screen

DAY = date(2026, 7, 13)
NEXT = date.fromordinal(DAY.toordinal() + 1)


class Word(StrEnum):
    CONTROLLED = "controlled"
    CLEAR = "clear"
    NONE = "none"
    CERTAIN = "certain"


@dataclass(frozen=True)
class Input:
    id: str
    name: str
    cas: str
    hs: str
    un: str
    inchikey: str
    percent: float | None


@dataclass(frozen=True)
class Finding:
    substance: str = ""
    rule: str = ""
    jurisdiction: str = ""
    instrument: str = ""
    since: str = ""


class Book:
    """A list of one substance, which one of two laws has."""

    edition, treaties = "small (00)", ("all",)

    @classmethod
    def load(cls, files):
        assert files == {"edition.toml": b"x"}
        return cls()


MADE: list = []
ASKED: list = []


class Screener:
    """Knows a substance by its name; keeps what it was made for."""

    def __init__(self, book, on, laws):
        MADE.append((on, laws))

    def on(self, day):
        ASKED.append(day)
        return self

    def screen(self, row):
        if row.name != "4-piperidone":
            return SimpleNamespace(verdict=Word.CLEAR, first=Finding(), findings=())
        first = Finding("4-piperidone", "name", "xa", "Schedule 6", "2024-09-03")
        return SimpleNamespace(verdict=Word.CONTROLLED, first=first, findings=(first,), row=row)


def asymmetry(book, substance, origin, destination, on):
    return SimpleNamespace(gap=Word.CERTAIN if (origin, destination) == ("xb", "xa") else Word.NONE)


MODULES = {
    "screening.book": SimpleNamespace(SubstanceBook=Book),
    "screening.verdict": SimpleNamespace(Input=Input),
    "screening.status": SimpleNamespace(asymmetry=asymmetry),
    "screening.screen": SimpleNamespace(Screener=Screener),
    "model": model,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(listscreen, "part", lambda _, module: MODULES[module])
    monkeypatch.setattr(listscreen, "offering", lambda desks, _: desks)
    monkeypatch.setattr(listscreen, "_NEEDED", "json")
    MADE.clear()
    ASKED.clear()
    (tmp_path / "edition.toml").write_bytes(b"x")
    (tmp_path / ".hidden").write_bytes(b"y")
    (tmp_path / "more").mkdir()
    return tmp_path


def test_each_line_is_asked_for_both_laws_and_what_binds_both(folder):
    screen = open_screen("precursors", folder, ("XA", "XB"))
    lines = (model.Line("4-piperidone", 5, form="mixture", share=305), model.Line("red oxide", 5))
    found = screen.screen(lines, DAY)
    assert found == model.Screened(
        (
            model.LineVerdict(1, "controlled", "4-piperidone", "name", "xa: Schedule 6", "2024-09-03"),
            model.LineVerdict(2, "clear"),
        ),
        asymmetric=True,
        edition="small (00)",
    )
    assert screen.screen((lines[1],), DAY) == model.Screened((model.LineVerdict(1, "clear"),), edition="small (00)")
    screen.screen((lines[1],), NEXT)
    assert [(DAY, frozenset({"xa", "xb", "all"}))] == MADE, "the edition is read once"
    assert [DAY, DAY, NEXT] == ASKED, "each notification by the law of its day"


def test_the_share_of_a_mixture_is_told_in_percent(folder):
    screen = ListScreen("precursors", {"edition.toml": b"x"}, ("xa", "xb"))
    assert screen._row(1, model.Line("x", 5, share=305)).percent == 30.5
    assert screen._row(2, model.Line("x", 5)).percent is None


def test_a_node_without_a_list_or_without_what_it_needs_has_no_screen(folder, monkeypatch, caplog):
    assert open_screen("precursors", folder / "absent", ("XA", "XB")) is None
    monkeypatch.setattr(listscreen, "_NEEDED", "nothing_of_this_name")
    assert open_screen("precursors", folder, ("XA", "XB")) is None
    assert "are not screened here" in caplog.text
    monkeypatch.setattr(listscreen, "offering", lambda *_: ())
    assert open_screen("precursors", folder, ("XA", "XB")) is None
