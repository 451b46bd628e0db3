"""Registry, roster and workplan are read strictly, and say who may do what."""

from __future__ import annotations

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import read_id
from comity.dispatch.states import Officer
from comity.edge.registry import Delegated, Registry, Roster, RosterOfficer, Workplan, parse_toml, read_toml
from tests.unit.edge.twofolders import ACCORD, ROOT

OSTREL = ROOT / "registries" / "ostrel.toml"


@pytest.fixture
def registry():
    return read_toml(OSTREL, Registry)


@pytest.fixture
def roster():
    return read_toml(ACCORD / "roster.toml", Roster)


def test_a_registry_names_its_agencies_and_shows_its_party(registry):
    assert registry.acting == ("harbour-watch", "paper-office")
    assert registry.agency_name("harbour-watch") == "Harbour Watch of Ostrel"
    assert registry.agency_name("harbour-watch", "osv") == "Vard de port"
    assert registry.agency_name("harbour-watch", "zz") == "harbour-watch"
    assert registry.agency_name("none") == "none"
    card = registry.card(ours=False)
    assert (card.short, card.name, card.opens, card.closes, card.ours) == ("XO", "Ostrel", 480, 960, False)
    assert not card.on_duty, "the roster file does not say who is there now"


def test_an_agency_without_a_desk_does_not_act():
    text = OSTREL.read_text().replace('desks = ["requests", "precursors", "workplan", "node"]', "desks = []", 1)
    assert parse_toml(text.encode(), Registry, "it").acting == ("paper-office",)


@pytest.mark.parametrize("time", ["8:00", "24:00", "08:60", "morning", ""])
def test_a_time_of_day_that_is_none_is_refused_when_it_is_read(time):
    text = OSTREL.read_text().replace('opens = "08:00"', f'opens = "{time}"')
    with pytest.raises(BadConfiguration, match=r"opens"):
        parse_toml(text.encode(), Registry, "registry.toml")


def test_an_officer_may_do_what_the_delegation_leaves(roster):
    standings = roster.standings("xo")
    assert set(standings) == {*(("requests", number) for number in (*range(11, 18), *range(20, 25))), ("node", 19)}
    free, bound = standings["requests", 13], standings["node", 19]
    assert (free.agency, free.roles, free.kinds, free.purposes) == (
        "paper-office",
        {"desk-officer", "officer"},
        None,
        None,
    )
    assert (bound.kinds, bound.purposes, bound.stages) == (
        {"manifest", "keys", "accord-amend", "certificate"},
        {"accord"},
        None,
    )


def test_a_standing_delegation_bounds_urgency_data_and_time():
    given = Delegated("", urgencies=(0, 1), categories=("commercial",), until=7)
    bound = RosterOfficer("xo", "requests", 1, "a", (), delegation=given).standing()
    assert (bound.urgencies, bound.categories, bound.until) == ({0, 1}, {"commercial"}, 7)


def test_the_node_speaks_under_its_officers_delegation(roster):
    assert roster.manifest_officer("XO") == Officer("node", 19, read_id("01J0C0000000000000000000CC"))
    assert roster.manifest_officer("ZZ") is None
    assert RosterOfficer("xo", "requests", 1, "a", ()).officer() == Officer("requests", 1, None)


def test_a_file_that_does_not_fit_is_named_with_what_is_wrong(tmp_path):
    path = tmp_path / "workplan.toml"
    for content, words in (
        (b"title = 1", "title"),
        (b"title =", "workplan.toml"),
        (b"\xff", "workplan.toml"),
        (b'title = "a"\nsigned = 2026-01-01\nitem = []\n', None),
        (b'title = "a"\nsigned = 2026-01-01\nitem = [{ id = "F" }]\n', "aim"),
    ):
        path.write_bytes(content)
        if words is None:
            assert read_toml(path, Workplan).item == ()
            continue
        with pytest.raises(BadConfiguration, match=words):
            read_toml(path, Workplan)
    with pytest.raises(BadConfiguration, match="could not be read"):
        read_toml(tmp_path / "none.toml", Workplan)


def test_an_unknown_key_is_named():
    with pytest.raises(BadConfiguration, match="colour"):
        parse_toml(b'colour = "blue"\n' + OSTREL.read_bytes(), Registry, "registry.toml")
