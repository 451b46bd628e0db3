"""What the list says of declared goods: by which part a line is read, whose law, and what may leave and may not land."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import CaseId, DispatchId, Ms
from comity.edge.listedlaw import ListedLaw, open_listed_law
from comity.screen.consignments import Card, Check, Goods, Limits, Line

ROOT = Path(__file__).parents[3]
DAY = date(2026, 7, 28)
PLACES = {"here": "H", "there": "T"}
ID = bytes(16)
LIMITS = Limits(Ms(0), None, None, Ms(0), Ms(0), None, None, "held", known=True, same=True)
LINE = Line(
    DispatchId(ID), DispatchId(ID), 1, CaseId(ID), True, "notified", "", "", "", "", LIMITS, "", (), "", None, None, "", False,
    False, False, 0,
)  # fmt: skip
GOODS = Goods(1, "", 1000, "", "", "", "", "", None, None, False, None, None, 0)


@pytest.fixture(scope="module")
def law() -> ListedLaw:
    found = open_listed_law("precursors", ROOT / "substances")
    assert found is not None
    return found


def said(law: ListedLaw, goods: Goods, *, way: tuple[str, str] = ("in", "ca"), screened: str = "") -> Goods:
    checks = (Check(1, "controlled", screened, "name", "", ""),) if screened else ()
    card = Card(LINE, "", (), (goods,), checks, "", False, (), ())
    told = law.said(card, PLACES, way, DAY)
    assert told.edition
    assert told.draws == (importlib.util.find_spec("rdkit") is not None)
    return told.goods[0]


@pytest.mark.parametrize(
    ("goods", "by"),
    [
        (replace(GOODS, substance="ACETIC ANHYDRIDE"), "name"),
        (replace(GOODS, substance="a clear liquid", cas="108-24-7"), "cas"),
        (replace(GOODS, substance="x", inchikey="WFDIJRYMOXRFFG-UHFFFAOYSA-N"), "inchikey"),
    ],
)
def test_a_line_is_read_by_what_it_says(law: ListedLaw, goods: Goods, by: str) -> None:
    found = said(law, goods)
    assert found.known is not None
    assert (found.known.id, found.known.by, found.known.formula) == ("acetic-anhydride", by, "C4H6O3")
    assert found.laws is not None
    assert found.laws.relation == "both"


def test_what_the_screen_recognised_goes_first(law: ListedLaw) -> None:
    found = said(law, replace(GOODS, cas="108-24-7"), screened="ephedrine")
    assert found.known is not None
    assert (found.known.id, found.known.by) == ("ephedrine", "screen")


def test_a_line_that_may_not_land_says_so_one_way_only(law: ListedLaw) -> None:
    goods = replace(GOODS, cas="3612-20-2")
    there, here = said(law, goods), said(law, goods, way=("ca", "in"))
    assert there.laws is not None
    assert here.laws is not None
    assert (there.laws.gap, here.laws.gap) == ("possible", "none")
    assert (there.laws.leaves.standing, there.laws.lands.standing) == ("unknown", "controlled")
    assert there.laws.lands.since == "2024-09-03"
    assert [one.place for one in there.laws.treaties] == ["UN"]


def test_what_is_not_listed_is_left_alone(law: ListedLaw) -> None:
    found = said(law, replace(GOODS, substance="table salt"))
    assert (found.known, found.laws) == (None, None)


def test_a_party_is_named_by_its_mark(law: ListedLaw) -> None:
    goods = replace(GOODS, cas="108-24-7")
    card = Card(LINE, "", (), (goods,), (), "", False, (), ())
    told = law.said(card, {"in": "N", "ca": "S"}, ("in", "ca"), DAY).goods[0]
    assert told.laws is not None
    assert (told.laws.leaves.place, told.laws.lands.place) == ("N", "S")


def test_without_chemistry_the_formula_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "rdkit" else there(name, *a))
    bare = open_listed_law("precursors", ROOT / "substances")
    assert bare is not None
    monkeypatch.undo()
    card = Card(LINE, "", (), (replace(GOODS, cas="108-24-7"),), (), "", False, (), ())
    told = bare.said(card, PLACES, ("in", "ca"), DAY)
    assert not told.draws
    known = told.goods[0].known
    assert known is not None
    assert (known.drawing, known.formula) == (None, "C4H6O3")


def test_no_list_says_nothing_and_a_broken_one_does_not_start(tmp_path: Path) -> None:
    assert open_listed_law("precursors", tmp_path / "absent") is None
    assert open_listed_law("requests", ROOT / "substances") is None
    with pytest.raises(BadConfiguration):
        open_listed_law("precursors", tmp_path)
