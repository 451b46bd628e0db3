"""Two simulated nodes under faults: both count the same of the same cut, but for leaves whose content a put-back store lost: these are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Digest, Ms
from comity.desks.workplan.scorecard import codec, comparing, rows
from comity.desks.workplan.scorecard.model import Period, Terms
from comity.dispatch.entries import Fact
from comity.dispatch.partsrow import digests_of, parts_bytes, parts_of, without
from comity.marking.vocabulary import LIMITS
from comity.sim.faults import MINUTE_MS, calm_plan
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


# --- what happens to an exchange in its life: keys change, it is suspended, a dispatch is erased -----------------------------

CALM = calm_plan(25 * MINUTE_MS)
LIVES = {
    "keys": replace(CALM, turns=((0, 5 * MINUTE_MS, True, True), (1, 9 * MINUTE_MS, True, False))),
    "suspended": replace(
        CALM, suspensions=((0, 5 * MINUTE_MS, 12 * MINUTE_MS, False), (1, 8 * MINUTE_MS, 18 * MINUTE_MS, True))
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_both_count_the_same_over_new_keys_and_a_suspension(name):
    world = World(Settings(2, 12, LIVES[name], healing_ms=60 * MINUTE_MS), make_disk)
    world.play()
    world.heal()
    ours, theirs = counted(world)
    assert codec.encode(ours.card) == codec.encode(theirs.card)
    found = comparing.compare(ours, comparing.statement(theirs), {})
    assert (found.equal, found.leaves) == (True, ())
    assert sum(line.value for line in ours.card.lines if line.figure == "dispatches") >= 8


def erase(store, table: str, id_: bytes) -> None:
    """Erase the body of a dispatch in one side's rows; the digests of its parts stay, so that its leaf can still be checked."""
    with store.begin() as tx:
        ((plain,),) = tx.rows(f"SELECT plain FROM {table} WHERE id = ?", (id_,))
        parts = parts_of(plain)
        tx.run(
            f"UPDATE {table} SET plain = ?, digests = ? WHERE id = ?",
            (parts_bytes(without(parts, {1})), digests_of(parts), id_),
        )


def test_an_erased_dispatch_counts_on_both_sides_as_long_as_its_header_is_there():
    """Both erase it, then one side alone another: its body has no word that counts, so neither changes a figure."""
    world = World(Settings(4, 8, CALM), make_disk)
    world.play()
    world.heal()
    before = [codec.encode(one.card) for one in counted(world)]
    with world.stores[0].read() as tx:
        filed = [
            id_
            for (id_,) in tx.rows("SELECT id FROM sent WHERE fact = ? AND desk != 'node' ORDER BY idx", (Fact.FILED,))
        ][:2]
    assert len(filed) == 2
    erase(world.stores[0], "sent", filed[0])
    erase(world.stores[1], "got", filed[0])
    erase(world.stores[1], "got", filed[1])
    ours, theirs = counted(world)
    found = comparing.compare(ours, comparing.statement(theirs), {})
    assert [codec.encode(one.card) for one in (ours, theirs)] == before
    assert (found.equal, found.leaves) == (True, ())
