"""Keys change in the middle of traffic: whatever fails, each head bears the keys in force at its size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.dispatch.book import LogRow
from comity.dispatch.entries import ResealLeaf
from comity.node.node import Node
from comity.node.peer import Voice
from comity.sim.faults import MINUTE_MS, calm_plan
from comity.sim.ruled import Invariant
from comity.sim.world import Settings, World
from tests.simulation.apart import Apart
from tests.simulation.disks import make_disk

CALM = calm_plan(20 * MINUTE_MS)
ONE = replace(CALM, turns=((0, 5 * MINUTE_MS, True, True),))
BOTH = replace(
    CALM, turns=((0, 5 * MINUTE_MS, True, True), (1, 5 * MINUTE_MS, True, False), (0, 12 * MINUTE_MS, True, True))
)
ROUGH = replace(BOTH, lose=0.2, repeat=0.2, delay=0.2, lie=0.1, not_stored=0.05, answer_lost=0.05, kills=4, crash_inside=0.02)  # fmt: skip
PUT_BACK = replace(BOTH, put_backs=((0, 30_000, 9 * MINUTE_MS), (1, 6 * MINUTE_MS, 15 * MINUTE_MS)))
PLANS = {"one": ONE, "both": BOTH, "rough": ROUGH, "put-back": PUT_BACK}


def world_of(plan, seed, node_types=(Node, Node), dispatches=16):
    return World(Settings(seed, dispatches, plan, node_types, healing_ms=60 * MINUTE_MS), make_disk)


@pytest.mark.parametrize("name", PLANS)
def test_keys_change_in_the_middle_of_traffic(name):
    world = world_of(PLANS[name], 1)
    assert world.run().broken is None
    for keepers, (side, *_) in zip(world.keepers, PLANS[name].turns, strict=False):
        assert keepers.wanted > 1 or side != keepers, "the change that was planned happened"


# --- each rule that section 10 is there for is caught -------------------------------------------------------------------


def broken_by(faulty, plan=ONE, seeds=range(1, 4)):
    outcomes = (world_of(plan, seed, (faulty, Node)).run().broken for seed in seeds)
    return next((one.partition(":")[0] for one in outcomes if one is not None), None)


class NewKeysAlone(Apart):
    """Signs the head that first covers a list with the new keys only."""

    def speak(self, now, *, wait_ms=0):
        self.voice = replace(self.voice, earlier=())
        return super().speak(now, wait_ms=wait_ms)


class OldKeysForEver(Apart):
    """Goes on signing with the keys that it began with."""

    def speak(self, now, *, wait_ms=0):
        if self.voice.earlier:
            self.voice = replace(self.voice, log_keys=self.voice.earlier[0][1], earlier=())
        return super().speak(now, wait_ms=wait_ms)


class OldMirror(Apart):
    """Goes on cosigning with the key of the list before."""

    first = None

    def speak(self, now, *, wait_ms=0):
        self.first = self.first or self.voice.cosigner_keys
        self.voice = replace(self.voice, cosigner_keys=self.first)
        return super().speak(now, wait_ms=wait_ms)


@pytest.mark.parametrize(
    ("faulty", "expected"),
    [
        (NewKeysAlone, Invariant.KEYS_BY_SIZE),
        (OldKeysForEver, Invariant.KEYS_BY_SIZE),
        (OldMirror, Invariant.SPARE_KEY),
    ],
)
def test_wrong_keys_are_caught(faulty, expected):
    assert broken_by(faulty) == expected.name


def test_what_is_signed_above_a_change_too_early_is_caught(monkeypatch):
    monkeypatch.setattr(LogRow, "turning", property(lambda _: False))
    busy = replace(ONE, lose=0.5)
    assert broken_by(Node, busy, range(1, 8)) in {Invariant.KEYS_WAIT.name, Invariant.NOT_SETTLED.name}


def test_a_list_that_nobody_writes_into_the_log_is_missed(monkeypatch):
    monkeypatch.setattr("comity.node.papered.enter_keys", lambda book, us: False)
    assert broken_by(Node, ONE, range(1, 2)) == Invariant.NOT_SETTLED.name


EXPIRING = replace(
    ROUGH, turns=tuple((n % 2, (3 + 2 * n) * MINUTE_MS, False, False) for n in range(7)), forget=True, lose=0.4
)


def resealed(world):
    return sum(isinstance(one, ResealLeaf) for side in world.watch.sides for one in side.log.decoded)


def test_what_is_under_way_to_a_destroyed_key_is_sealed_anew():
    found = 0
    for seed in range(1, 9):
        world = world_of(EXPIRING, seed, dispatches=48)
        assert world.run().broken is None
        found += resealed(world)
        if found > 1:
            return
    raise AssertionError("no world needed a reseal")


def test_who_never_seals_anew_is_missed(monkeypatch):
    monkeypatch.setattr("comity.node.node.reseal_due", lambda *_: 0)
    assert broken_by(Node, EXPIRING, range(1, 5)) == Invariant.NOT_SETTLED.name


def test_the_account_is_made_without_the_nodes():
    world = world_of(ONE, 1)
    world.run()
    voice: Voice = world.sides[0].build.assembled.voice
    assert voice.earlier == (), "what a node began with has not changed; the account comes from the log"
