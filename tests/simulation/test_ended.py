"""The accord ends in the middle of traffic: both sides destroy what was given, certificates cross, and the world comes to rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.dispatch.certificates import DESTROYED, SHRED
from comity.dispatch.entries import DispatchLeaf, LinkEvent, LinkLeaf, ReceiptLeaf, RecordLeaf
from comity.dispatch.inbound import admit
from comity.dispatch.stops import LEAVING, Stops
from comity.node import certifying, erasing, retention, vain
from comity.node.link import LinkState
from comity.node.linkrow import read_link, write_link
from comity.node.node import Node
from comity.sim.chance import Chance
from comity.sim.disk import FailingStore
from comity.sim.faults import MINUTE_MS, Fault, Injected, calm_plan
from comity.sim.ruled import Invariant
from comity.sim.world import Settings, World
from tests.simulation.apart import Apart
from tests.simulation.disks import make_disk

CALM = replace(calm_plan(25 * MINUTE_MS), ends=((0, 18 * MINUTE_MS),))
BOTH = replace(CALM, ends=((0, 18 * MINUTE_MS), (1, 18 * MINUTE_MS)))
LOSSY = replace(BOTH, lose=0.2, repeat=0.2, delay=0.2, lie=0.1, not_stored=0.05, answer_lost=0.05)
CRASHING = replace(CALM, kills=8, crash_inside=0.03, crash_after=0.03)
KEYS = replace(CALM, turns=((1, 16 * MINUTE_MS, True, True), (0, 12 * MINUTE_MS, False, False)))
PARTED = replace(BOTH, partings=((17 * MINUTE_MS, 40 * MINUTE_MS),))
FAR = replace(CALM, far=(1, 19 * MINUTE_MS, 25 * MINUTE_MS, 58 * MINUTE_MS))
WITHHELD = replace(BOTH, withheld=(14 * MINUTE_MS, 19 * MINUTE_MS))
PLANS = {"withheld": WITHHELD, "lossy": LOSSY, "crashing": CRASHING, "keys": KEYS, "parted": PARTED, "far": FAR}


def world_of(plan, seed, node_types=(Node, Node), minutes=120):
    return World(Settings(seed, 18, plan, node_types, healing_ms=minutes * MINUTE_MS), make_disk)


@pytest.mark.parametrize("name", PLANS)
def test_the_accord_ends_and_all_that_was_given_is_destroyed(name):
    world = world_of(PLANS[name], 1)
    outcome = world.run()
    assert outcome.broken is None
    assert outcome.faults[Fault.ENDED.value] == len(PLANS[name].ends)
    kinds = [leaf.kind for side in world.watch.sides for leaf in side.log.decoded if isinstance(leaf, RecordLeaf)]
    assert SHRED in kinds, "nothing was destroyed"
    assert set(kinds) <= {SHRED, DESTROYED, "decision-head"}
    ends = [leaf for side in world.watch.sides for leaf in side.log.decoded if isinstance(leaf, LinkLeaf)]
    assert 1 <= len([leaf for leaf in ends if leaf.event is LinkEvent.SUSPEND]) <= len(PLANS[name].ends)
    made = set()
    for side in world.watch.sides:
        end = next((n for n, leaf in enumerate(side.log.decoded) if isinstance(leaf, LinkLeaf)), len(side.log.decoded))
        after = (leaf.id for leaf in side.log.decoded[end:] if isinstance(leaf, DispatchLeaf))
        made |= {side.headers[one].kind for one in after}
    assert "certificate" in made


def test_a_world_does_not_rest_before_people_ended_the_accord():
    """Work was over and all settled when people ended it: until then nobody looked, so nothing was owed."""
    world = world_of(replace(CALM, ends=((0, CALM.work_ms + 30 * MINUTE_MS),)), 1)
    outcome = world.run()
    assert outcome.broken is None
    assert outcome.faults[Fault.ENDED.value] == 1


# --- planted faults -----------------------------------------------------------------------------------------------------


class Silent(Node):
    """Destroys, and sends no certificate."""

    def certify(self, by, now):
        return 0


class SendsOn(Apart):
    """Lets everything go after the end."""

    def speak(self, now, *, wait_ms=0):
        with self.ledger.begin() as book:
            link = read_link(book.tx)
            if link.stops.ended:
                write_link(book.tx, replace(link, stops=Stops(), state=LinkState.UP))
        return super().speak(now, wait_ms=wait_ms)


def broken_by(faulty, plan=CALM, seeds=range(1, 4)):
    found = (world_of(plan, seed, (faulty, faulty)).run().broken for seed in seeds)
    return next((one.partition(":")[0] for one in found if one is not None), None)


def test_a_side_that_sends_no_certificate_leaves_the_world_without_rest():
    settings = Settings(1, 16, CALM, (Silent, Node), healing_ms=40 * MINUTE_MS)
    broken = World(settings, make_disk).run().broken
    assert broken is not None
    assert broken.startswith(Invariant.NOT_SETTLED.name)
    assert "certificates are owed" in broken


def test_sending_on_after_the_end_is_caught():
    assert broken_by(SendsOn) in {Invariant.SUSPENDED.name, Invariant.NOT_SETTLED.name}


def test_a_copy_that_is_kept_is_caught(monkeypatch):
    """The leaf is written, the content stays in the row."""
    monkeypatch.setattr(erasing, "_destroy_parts", lambda row, parts, book, office: None)
    assert broken_by(Node) == Invariant.DESTROYED.name


def test_a_certificate_of_the_wrong_dispatch_is_caught(monkeypatch):
    """Each certificate goes out with the record of another destruction."""
    real = certifying.encode_crossing
    first = []

    def crossing(one):
        first.append(one)
        return real(replace(one, leaf=first[0].leaf))

    monkeypatch.setattr(certifying, "encode_crossing", crossing)
    assert broken_by(Node) == Invariant.CERTIFIED.name


def test_a_receiver_that_looks_at_nothing_is_caught(monkeypatch):
    """A false certificate that is filed is seen by the watch, not by the node."""
    real = certifying.encode_crossing
    monkeypatch.setattr(certifying, "encode_crossing", lambda one: real(replace(one, leaf=0)))
    monkeypatch.setattr(admit.certificates, "fault_of_theirs", lambda body, book: "")
    assert broken_by(Node) == Invariant.CERTIFIED.name


def test_what_leaves_is_what_the_protocol_names():
    assert set(LEAVING) == {"recall", "correction", "keys", "certificate"}


def test_each_step_of_a_destruction_has_a_certificate_of_its_own():
    """Of some dispatches the body goes first; the fault below shows that this world has such."""
    world = world_of(BOTH, 1)
    assert world.run().broken is None
    for side in world.watch.sides:
        leaves = [one for one in side.log.decoded if isinstance(one, RecordLeaf) and one.kind in {SHRED, DESTROYED}]
        kinds = [header.kind for header in side.headers.values()]
        assert kinds.count("certificate") == len(leaves) > 0


def test_what_waits_for_something_withheld_when_the_accord_ends_is_refused_and_destroyed():
    world = world_of(WITHHELD, 1)
    assert world.run().broken is None
    given_up = [
        leaf.id
        for side in world.watch.sides
        for leaf in side.log.decoded
        if isinstance(leaf, ReceiptLeaf) and leaf.code == "incomplete"
    ]
    assert given_up
    destroyed = [one for side in world.watch.sides for one in side.log.decoded if isinstance(one, RecordLeaf)]
    assert [one.kind for one in destroyed].count(DESTROYED) >= len(given_up)


def test_what_is_left_waiting_after_the_end_lets_no_world_rest(monkeypatch):
    """Planted: what only arrived stays, as it did before; it is neither due nor owed, and only the content itself tells."""
    assert world_of(WITHHELD, 1, minutes=20).run().broken is None
    monkeypatch.setattr(vain, "refuse_all", lambda book, office, now: ())
    broken = world_of(WITHHELD, 1, minutes=20).run().broken
    assert broken is not None
    assert broken.startswith(Invariant.NOT_SETTLED.name)
    assert "is here, arrived, and nobody is asked about it" in broken


def test_a_rest_that_is_left_for_ever_lets_no_world_rest(monkeypatch):
    """Planted: what was erased in part is due no more, as it was before further erasures."""
    assert world_of(BOTH, 1, minutes=20).run().broken is None
    monkeypatch.setattr(retention, "left_of", lambda found, *, whole: () if found else tuple(erasing.PARTS))
    broken = world_of(BOTH, 1, minutes=20).run().broken
    assert broken is not None
    assert broken.startswith(Invariant.NOT_SETTLED.name)
    assert "are owed, one part" in broken


def test_people_who_look_again_know_each_change_of_their_store():
    store = FailingStore(make_disk(()), Chance("disk"), calm_plan(), Injected())
    with store.begin() as tx:
        tx.rows("SELECT 1 FROM pool")
    assert store.changes == 0
    with store.begin() as tx:
        tx.run("DELETE FROM pool")
    assert store.changes == 1
    store.put_back(make_disk(()))
    assert store.changes == 2
    store.close()
