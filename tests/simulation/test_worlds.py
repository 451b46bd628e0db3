"""Two whole nodes under faults of network, disk, clock and process: every invariant holds, and all comes to rest."""

from __future__ import annotations

import json

import pytest

from comity.sim.faults import LIES, Fault, calm_plan
from comity.sim.report import simulate
from comity.sim.world import Settings, World, run_world
from tests.simulation.disks import make_disk

SEEDS = range(50)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_invariant_holds_and_the_world_comes_to_rest(seed):
    outcome = run_world(Settings(seed), make_disk)
    assert outcome.broken is None
    assert outcome.dispatches >= 20


def test_the_same_seed_gives_the_same_world_and_another_seed_another():
    first, again, other = (run_world(Settings(seed, dispatches=12), make_disk) for seed in (7, 7, 8))
    assert first == again
    assert first.trace != other.trace


def test_a_calm_world_is_quick_and_settles_what_was_handed_in():
    world = World(Settings(3, dispatches=10, plan=calm_plan()), make_disk)
    outcome = world.run()
    assert outcome.broken is None
    assert not outcome.faults
    settled = [facts for side in world.watch.sides for facts in side.facts.values()]
    assert len(settled) == outcome.dispatches


def test_the_seeds_reach_every_kind_of_fault_and_outcome():
    faults, facts, challenges = set(), set(), 0
    for seed in (2, 4, 12, 18, 32):
        world = World(Settings(seed), make_disk)
        faults |= set(world.run().faults)
        for side in world.watch.sides:
            facts |= {fact.name for given in side.facts.values() for fact in given}
            challenges += sum(type(entry).__name__ == "LinkLeaf" for entry in side.log.decoded)
    assert faults == set(Fault)
    assert faults.issuperset(LIES)
    assert facts == {"ARRIVED", "FILED", "QUARANTINED", "REFUSED", "SEEN"}
    assert challenges


def test_the_report_is_json_and_names_what_broke():
    told, ticks = [], iter(range(100))
    report = simulate(range(2), make_disk, dispatches=6, stopwatch=lambda: next(ticks), told=told.append)
    shown = json.loads(json.dumps(report.as_json()))
    assert report.good
    assert shown["seeds"] == [0, 1]
    assert shown["failed"] == []
    assert shown["traces"] == {str(one.seed): one.trace for one in told}
    assert shown["dispatches"] == sum(one.dispatches for one in told)
    assert shown["wall_seconds"] == 1
    assert sum(shown["faults"].values()) == sum(sum(one.faults.values()) for one in told)
