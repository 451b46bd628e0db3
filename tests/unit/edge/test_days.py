"""A calendar is read from its file with the registry's zone and week; a wrong file stops the start, a missing one does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from comity.base.errors import BadConfiguration
from comity.edge.days import calendar_of
from comity.edge.registry import Registry, read_toml

ROOT = Path(__file__).parents[3]
OSTREL = read_toml(ROOT / "registries" / "ostrel.toml", Registry)
GOOD = """
id = "ostrel"
title = "Invented"
[[year]]
year = 2026
announced = true
source = "invented"
[[holiday]]
day = 2026-03-09
name = "Day of the Fords"
"""


def read(folder, text=GOOD, registry=OSTREL):
    (folder / "ostrel.toml").write_text(text)
    return calendar_of(registry, folder)


def test_what_decides_a_count_decides_the_digest(tmp_path):
    one = read(tmp_path)
    assert (one.holidays, one.years, one.working) == ({date(2026, 3, 9)}, {2026}, {0, 1, 2, 3, 4})
    assert read(tmp_path, GOOD.replace("invented", "another source").replace("Fords", "Bridges")).digest == one.digest
    for text in (GOOD.replace("03-09", "03-10"), GOOD.replace("true", "false")):
        assert read(tmp_path, text).digest != one.digest
    assert read(tmp_path, GOOD, changed(OSTREL, days=("mon",))).digest != one.digest
    assert replace(one) == read(tmp_path)


def test_a_party_without_a_file_has_its_week_only(tmp_path):
    found = calendar_of(OSTREL, tmp_path)
    assert (found.holidays, found.years) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace('"ostrel"', '"vanmere"'), "is that of vanmere"),
        (GOOD.replace("2026-03-09", "2028-03-09"), "2028-03-09 in a year of which it says nothing"),
        (GOOD + "colour = 1", "could not be read"),
        ("id =", "could not be read"),
    ],
)
def test_a_wrong_file_stops_the_start(tmp_path, text, said):
    with pytest.raises(BadConfiguration, match=said):
        read(tmp_path, text)


def test_a_zone_that_there_is_not_stops_the_start(tmp_path):
    with pytest.raises(BadConfiguration, match="no time zone"):
        read(tmp_path, GOOD, changed(OSTREL, zone="Nowhere/Ford"))


@pytest.mark.parametrize("party", ["india", "canada", "ostrel", "vanmere"])
def test_the_files_of_this_tree_hold(party):
    registry = read_toml(ROOT / "registries" / f"{party}.toml", Registry)
    assert calendar_of(registry, ROOT / "calendars").holidays
