"""The exchange, or the desk, is suspended in the middle of traffic: nothing of it leaves or is filed, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.dispatch.entries import LinkEvent, LinkLeaf
from comity.dispatch.stops import NOTHING
from comity.node import linkrow
from comity.node.node import Node
from comity.sim.faults import MINUTE_MS, Fault, calm_plan
from comity.sim.ruled import Invariant
from comity.sim.world import Settings, World
from tests.simulation.apart import Apart
from tests.simulation.disks import make_disk

CALM = calm_plan(25 * MINUTE_MS)
WHOLE = replace(CALM, suspensions=((0, 6 * MINUTE_MS, 15 * MINUTE_MS, False),))
DESK_ALONE = replace(CALM, suspensions=((1, 6 * MINUTE_MS, 15 * MINUTE_MS, True),))
BOTH = replace(CALM, suspensions=((0, 5 * MINUTE_MS, 12 * MINUTE_MS, False), (1, 8 * MINUTE_MS, 18 * MINUTE_MS, False)))
CRASHING = replace(BOTH, kills=8, crash_inside=0.03, crash_after=0.03, put_backs=((0, 3 * MINUTE_MS, 10 * MINUTE_MS),))
LOSSY = replace(BOTH, lose=0.2, repeat=0.2, delay=0.2, lie=0.1, not_stored=0.05, answer_lost=0.05)
PLANS = {"whole": WHOLE, "desk": DESK_ALONE, "both": BOTH, "crashing": CRASHING, "lossy": LOSSY}


def world_of(plan, seed, node_types=(Node, Node)):
    return World(Settings(seed, 24, plan, node_types), make_disk)


@pytest.mark.parametrize("name", PLANS)
def test_what_is_suspended_waits_and_comes_whatever_else_goes_wrong(name):
    world = world_of(PLANS[name], 1)
    outcome = world.run()
    assert outcome.broken is None
    assert outcome.faults[Fault.SUSPENDED.value] == len(PLANS[name].suspensions)
    said = [leaf for side in world.watch.sides for leaf in side.log.decoded if isinstance(leaf, LinkLeaf)]
    events = [leaf.event for leaf in said]
    assert events.count(LinkEvent.SUSPEND) == events.count(LinkEvent.RESUME) >= 1


def test_a_world_does_not_rest_before_people_resumed_the_desk():
    """Nothing waited for it, so that the world seemed settled, and the resume stood in logs that were to fall silent."""
    late = replace(CALM, suspensions=((1, CALM.work_ms - 1, CALM.work_ms + 30 * MINUTE_MS, True),))
    world = World(Settings(1, 2, late), make_disk)
    assert world.run().broken is None
    events = [leaf.event for leaf in world.watch.sides[1].log.decoded if isinstance(leaf, LinkLeaf)]
    assert events == [LinkEvent.SUSPEND, LinkEvent.RESUME]


class FilesAllTheSame(Node):
    """Files what was under way when its own side suspended."""

    def _note_good(self, book, head, now, *, cosigned, **more):
        super()._note_good(book, head, now, cosigned=cosigned, **more)
        self._stops = NOTHING


class SendsAllTheSame(Apart):
    """Sends on, whatever is suspended."""

    def speak(self, now, *, wait_ms=0):
        with self.ledger.begin() as book:
            link = linkrow.read_link(book.tx)
            linkrow.write_link(book.tx, replace(link, stops=NOTHING, state=linkrow.LinkState.UP))
        said = super().speak(now, wait_ms=wait_ms)
        with self.ledger.begin() as book:
            linkrow.write_link(book.tx, link)
        return said


def broken_by(faulty, plan):
    found = (world_of(plan, seed, (faulty, Node)).run().broken for seed in range(1, 5))
    return next((one.partition(":")[0] for one in found if one is not None), None)


def test_sending_on_is_caught():
    assert broken_by(SendsAllTheSame, WHOLE) == Invariant.SUSPENDED.name


def test_filing_what_was_under_way_is_caught():
    often = tuple((0, n * MINUTE_MS, (n + 1) * MINUTE_MS, False) for n in range(2, 24, 2))
    lagging = replace(WHOLE, delay=0.7, suspensions=often)
    assert broken_by(FilesAllTheSame, lagging) == Invariant.SUSPENDED.name
