"""The accord is amended in the middle of traffic: whatever fails, each dispatch is under the edition of its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import LeafIndex
from comity.node.editions import enter_edition
from comity.node.node import Node
from comity.sim.faults import MINUTE_MS, calm_plan
from comity.sim.world import Settings, World
from tests.simulation.disks import make_disk

CALM = calm_plan(20 * MINUTE_MS)
BOTH = replace(CALM, amendments=((0, 4 * MINUTE_MS), (1, 4 * MINUTE_MS), (0, 9 * MINUTE_MS), (1, 12 * MINUTE_MS)))
ROUGH = replace(BOTH, lose=0.2, repeat=0.2, delay=0.2, lie=0.1, not_stored=0.05, answer_lost=0.05, kills=4, crash_inside=0.02)  # fmt: skip
KEYS_TOO = replace(BOTH, turns=((0, 4 * MINUTE_MS, True, True), (1, 9 * MINUTE_MS, True, True)), forget=True)
PUT_BACK = replace(BOTH, put_backs=((0, 3 * MINUTE_MS, 9 * MINUTE_MS), (1, 6 * MINUTE_MS, 15 * MINUTE_MS)))
SUSPENDED = replace(BOTH, suspensions=((0, 3 * MINUTE_MS, 10 * MINUTE_MS, False), (1, 5 * MINUTE_MS, 12 * MINUTE_MS, True)))  # fmt: skip
PLANS = {"rough": ROUGH, "keys-too": KEYS_TOO, "put-back": PUT_BACK, "suspended": SUSPENDED}


def world_of(plan, seed, node_types=(Node, Node), dispatches=24):
    return World(Settings(seed, dispatches, plan, node_types, healing_ms=90 * MINUTE_MS), make_disk)


@pytest.mark.parametrize("name", PLANS)
def test_the_accord_is_amended_in_the_middle_of_traffic(name):
    world = world_of(PLANS[name], 1)
    assert world.run().broken is None
    editions = [side.editions for side in world.watch.sides]
    assert editions[0] == editions[1]


# --- each rule that section 10 is there for is caught -------------------------------------------------------------------


class ByNewest(Node):
    """Judges whatever comes by the edition that is newest here."""

    def _made_of(self, papers):
        office, *more = super()._made_of(papers)
        return (replace(office, editions=(replace(papers.agreed_ours[-1], index=LeafIndex(0)),)), *more)


class PoolLeft(Node):
    """Leaves what waits for its place under the edition before."""

    def enter_papers(self, now):
        with self._change() as book:
            self._enter(book)
            if not self.recovering and enter_edition(book, self.office, now):
                self._renew(book.tx)


class AtOnce(Node):
    """Writes the leaf before the other side holds the edition."""

    def enter_papers(self, now):
        with self.ledger.begin() as book:
            book.tx.run("UPDATE paper SET ready = 1 WHERE kind = 'accord'")
        super().enter_papers(now)


BUSY = replace(BOTH, partings=((4 * MINUTE_MS, 6 * MINUTE_MS), (9 * MINUTE_MS, 10 * MINUTE_MS)))


@pytest.mark.parametrize(("faulty", "first"), [(ByNewest, 1), (PoolLeft, 1), (AtOnce, 2)])
def test_a_node_that_judges_or_writes_otherwise_is_found(faulty, first):
    found = (settled_within(seed, faulty).run().broken for seed in range(first, 9))
    assert any(one is not None for one in found)


def settled_within(seed, faulty):
    return World(Settings(seed, 60, BUSY, (faulty, faulty), healing_ms=20 * MINUTE_MS, most_steps=4_000), make_disk)
