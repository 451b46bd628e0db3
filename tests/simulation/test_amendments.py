"""The accord is amended in the middle of traffic: whatever fails, each dispatch is under the edition of its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.node.node import Node
from comity.sim.faults import MINUTE_MS, calm_plan
from comity.sim.world import Settings, World
from tests.simulation.disks import make_disk

CALM = calm_plan(20 * MINUTE_MS)
ONE = replace(CALM, amendments=((0, 4 * MINUTE_MS),))
BOTH = replace(CALM, amendments=((0, 4 * MINUTE_MS), (1, 4 * MINUTE_MS), (0, 9 * MINUTE_MS), (1, 12 * MINUTE_MS)))
ROUGH = replace(BOTH, lose=0.2, repeat=0.2, delay=0.2, lie=0.1, not_stored=0.05, answer_lost=0.05, kills=4, crash_inside=0.02)  # fmt: skip
KEYS_TOO = replace(BOTH, turns=((0, 4 * MINUTE_MS, True, True), (1, 9 * MINUTE_MS, True, True)), forget=True)
PUT_BACK = replace(BOTH, put_backs=((0, 3 * MINUTE_MS, 9 * MINUTE_MS), (1, 6 * MINUTE_MS, 15 * MINUTE_MS)))
SUSPENDED = replace(BOTH, suspensions=((0, 3 * MINUTE_MS, 10 * MINUTE_MS, False), (1, 5 * MINUTE_MS, 12 * MINUTE_MS, True)))  # fmt: skip
PLANS = {"one": ONE, "both": BOTH, "rough": ROUGH, "keys-too": KEYS_TOO, "put-back": PUT_BACK, "suspended": SUSPENDED}


def world_of(plan, seed, node_types=(Node, Node), dispatches=24):
    return World(Settings(seed, dispatches, plan, node_types, healing_ms=90 * MINUTE_MS), make_disk)


@pytest.mark.parametrize("name", PLANS)
def test_the_accord_is_amended_in_the_middle_of_traffic(name):
    world = world_of(PLANS[name], 1)
    assert world.run().broken is None
    editions = [side.editions for side in world.watch.sides]
    assert editions[0] == editions[1]
