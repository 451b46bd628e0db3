"""Cards and terms become an accord only where they fit each other."""

from __future__ import annotations

import json

import msgspec
import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import NodeName
from comity.edge.handover import PartyCard, Terms, card_bytes, make_accord, read_card
from comity.edge.registry import read_toml
from comity.marking.labels import Lane
from tests.unit.edge.twofolders import ACCORD, PARTIES, made
from tests.unit.node.world import A, Half


@pytest.fixture
def terms():
    return read_toml(ACCORD / "accord.toml", Terms)


@pytest.fixture
def cards():
    first, second = (read_card(made() / name / "party.json") for name in PARTIES)
    return first, second


def test_an_accord_has_the_terms_the_parties_in_their_order_and_days_as_milliseconds(terms, cards):
    accord = make_accord(terms, (cards[1], cards[0]))
    assert [party.node for party in accord.parties] == ["ostrel.example/comity", "vanmere.example/comity"]
    assert [party.root_keys for party in accord.parties] == [card.party().root_keys for card in cards]
    assert (accord.timer("custody"), accord.timer("retention")) == (14 * 86_400_000, 90 * 86_400_000)
    assert (accord.timer("tick"), accord.in_force_from) == (30_000, 1_780_272_000_000)
    assert accord.limit(Lane.IMMEDIATE).seen == 900_000
    assert accord.opens("requests", "rfi")
    assert not accord.opens("requests", "spontaneous")


def test_terms_for_another_profile_are_refused(terms, cards):
    with pytest.raises(BadConfiguration, match="ask for profile comity/2"):
        make_accord(msgspec.structs.replace(terms, profile="comity/2"), cards)


def test_cards_of_others_and_of_another_country_are_refused(terms, cards):
    with pytest.raises(BadConfiguration, match="no card fits the party vanmere"):
        make_accord(terms, (cards[0], cards[0]))
    with pytest.raises(BadConfiguration, match="no card fits the party ostrel"):
        make_accord(terms, (msgspec.structs.replace(cards[0], country="ZZ"), cards[1]))


def test_a_lane_that_there_is_not_is_named(terms, cards):
    terms.lanes["soon"] = terms.lanes["urgent"]
    with pytest.raises(BadConfiguration, match="a lane 'soon', which there is not"):
        make_accord(terms, cards)


def test_a_card_is_read_as_it_was_written(tmp_path):
    root = Half.make(A).root.public()
    path = tmp_path / "party.json"
    path.write_bytes(card_bytes(NodeName(A), "ZZ", root, ("https://127.0.0.1:1",)))
    party = read_card(path).party()
    assert (party.node, party.country, party.address, party.root()) == (A, "ZZ", ("https://127.0.0.1:1",), root)


@pytest.mark.parametrize("content", ["", "{}", '{"node": "a"}', "no json"])
def test_what_is_no_card_is_named(tmp_path, content):
    path = tmp_path / "party.json"
    path.write_text(content)
    with pytest.raises(BadConfiguration, match=r"party\.json is no party card"):
        read_card(path)
    with pytest.raises(BadConfiguration, match="is no party card"):
        read_card(tmp_path / "none.json")


def test_an_unknown_field_of_a_card_is_refused(tmp_path, cards):
    path = tmp_path / "party.json"
    path.write_text(json.dumps({**msgspec.to_builtins(cards[0]), "more": 1}))
    with pytest.raises(BadConfiguration, match="more"):
        read_card(path)


@pytest.mark.parametrize("keys", [("zz", "00"), ("00", "00"), ("", "")])
def test_a_card_without_root_keys_is_refused(keys):
    with pytest.raises(BadConfiguration, match="holds no root keys"):
        PartyCard("a.example/comity", "ZZ", keys, ()).party()
