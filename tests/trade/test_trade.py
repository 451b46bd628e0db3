"""A small share of `make trade`: two worlds, every kind found, honest trade rarely named; and the worlds are what they claim."""

from __future__ import annotations

import pytest

from tests.trade.generator import Maker
from tests.trade.measure import FALSE_ALARMS, OWN_KIND, Measured, false_share, measure, share


@pytest.fixture(scope="module")
def measured() -> list[Measured]:
    return [measure(seed, planted=12) for seed in (101, 102)]


@pytest.mark.parametrize("kind", OWN_KIND)
def test_what_is_planted_is_found(measured, kind):
    assert share(measured, "found_uncut", kind) >= 0.7  # 24 cases; make trade asks 0.8 of 200


def test_honest_trade_is_rarely_named(measured):
    assert false_share(measured) <= 1.5 * FALSE_ALARMS
    assert sum(one.false_ledgers for one in measured) <= 3


def test_the_same_seed_makes_the_same_world_and_another_another():
    one, same, other = (Maker(seed, firms=15, planted=1).world() for seed in (1, 1, 2))
    assert one.trade == same.trade
    assert one.cases == same.cases
    assert one.trade != other.trade


def test_a_world_has_what_makes_false_alarms():
    world = Maker(3, firms=40, planted=1).world()
    ways = {one.via for one in world.trade.consignments}
    assert len(ways) > 6
    assert any(one.hs6 not in world.identify.codes(one.substance) for one in world.trade.consignments)
    assert len({one.origin for one in world.trade.consignments}) > 2
    assert {case.kind for case in world.cases} == set(OWN_KIND)
