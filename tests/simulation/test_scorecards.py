"""Two simulated nodes under faults: both count the same of the same cut, but for leaves whose content a put-back store lost: these are named."""

from __future__ import annotations

import pytest

from comity.base.ids import Digest, Ms
from comity.desks.workplan.scorecard import codec, comparing, rows
from comity.desks.workplan.scorecard.model import Period, Terms
from comity.marking.vocabulary import LIMITS
from comity.sim.faults import calm_plan
from comity.sim.world import Settings, World
from tests.simulation.disks import make_disk

PERIOD = Period(Ms(0), Ms(1 << 50))
TERMS = Terms(Digest(bytes(32)), {}, {urgency.value: limits for urgency, limits in LIMITS.items()}, 30 * 86_400_000)


def counted(world):
    with world.stores[0].read() as tx:
        cut = rows.newest_cut(tx)
    for store in world.stores:
        with store.read() as tx:
            logs = rows.read_logs(tx, cut)
            yield comparing.make(logs, rows.holding(tx, logs, PERIOD), TERMS, PERIOD)


@pytest.mark.parametrize("seed", [1, 7])
def test_what_a_world_of_faults_took_from_a_side_is_all_that_differs(seed):
    world = World(Settings(seed, dispatches=16), make_disk)
    world.play()
    ours, theirs = counted(world)
    for one, other in ((ours, theirs), (theirs, ours)):
        found = comparing.compare(one, comparing.statement(other), {})
        lacking = [leaf for leaf in found.leaves if leaf.ours is not leaf.theirs]
        assert found.equal == (not lacking)
        assert found.equal == (codec.encode(one.card) == codec.encode(other.card))
        assert found.explained is not False
        assert found.buckets == ()
    assert sum(line.value for line in ours.card.lines if line.figure in {"dispatches", "unfiled"}) >= 8


def test_both_sides_of_a_calm_world_count_the_same():
    world = World(Settings(3, dispatches=8, plan=calm_plan()), make_disk)
    world.play()
    ours, theirs = counted(world)
    assert codec.encode(ours.card) == codec.encode(theirs.card)
    assert sum(line.value for line in ours.card.lines if line.figure == "dispatches") >= 5
