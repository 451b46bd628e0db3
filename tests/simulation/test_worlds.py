"""Two whole nodes under faults of network, disk, clock and process: every invariant holds, and all comes to rest."""

from __future__ import annotations

import json

import pytest

from comity.dispatch.entries import LinkLeaf
from comity.sim.faults import MINUTE_MS, Fault, Plan, calm_plan
from comity.sim.report import simulate
from comity.sim.world import Settings, World, run_world
from tests.simulation.disks import make_disk

WORLDS, EACH = 200, 5
"""How many worlds, and how many of them a test runs; more: `make worlds`."""
HANDED_IN = 16
"""Dispatches that officers hand in to a world here; in those of `make trial` 30 (ADR 0115)."""
LEAST, MEAN = 10, 14
"""How many of them leave at least: in any world, and in those of one test at the mean."""


@pytest.mark.parametrize("first", range(0, WORLDS, EACH))
def test_every_invariant_holds_and_each_world_comes_to_rest(first):
    outcomes = [run_world(Settings(seed, dispatches=HANDED_IN), make_disk) for seed in range(first, first + EACH)]
    assert {one.seed: one.broken for one in outcomes if one.broken is not None} == {}
    whole = [one for one in outcomes if Fault.ENDED not in one.faults]  # few leave after the end
    assert [one for one in whole if one.dispatches < LEAST] == []
    assert sum(one.dispatches for one in whole) >= MEAN * len(whole)


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


ROUGH = Plan(
    lose=0.2, repeat=0.2, delay=0.3, lie=0.3, thin=0.5, not_stored=0.05, answer_lost=0.05, crash_inside=0.02,
    crash_after=0.02, kills=3, partings=((600_000, 900_000),), skew=(90_000, -90_000),
    far=(0, 300_000, 900_000, 70 * MINUTE_MS), silent_side=None, work_ms=30 * MINUTE_MS,
)  # fmt: skip
EVERYTHING = {*Fault, "ARRIVED", "FILED", "QUARANTINED", "REFUSED", "SEEN", "challenge", "manifest"} - {
    Fault.PUT_BACK,
    Fault.OLD_STORE,
    Fault.SUSPENDED,
    Fault.AMENDED,
    Fault.ENDED,
}  # fmt: skip  test_put_back.py, test_suspended.py, test_amendments.py, test_ended.py


def test_rough_worlds_reach_every_kind_of_fault_and_outcome():
    reached = set()
    for seed in range(55, 75):
        world = World(Settings(seed, 24, ROUGH), make_disk)
        outcome = world.run()
        assert outcome.broken is None
        reached |= set(outcome.faults)
        for side in world.watch.sides:
            reached |= {fact.name for given in side.facts.values() for fact in given}
            reached |= {entry.event.value for entry in side.log.decoded if isinstance(entry, LinkLeaf)}
            reached |= {header.kind for header in side.headers.values()}
        if reached >= EVERYTHING:
            break
    assert EVERYTHING - reached == set()


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
