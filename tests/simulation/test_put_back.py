"""A store is put back in the middle of traffic: no fork, nothing filed twice, nothing lost that the peer still has."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace

import pytest

from comity.base.errors import BadEnvelope
from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import (
    Fact,
    HeadLeaf,
    InstrumentKind,
    InstrumentLeaf,
    LinkEvent,
    LinkLeaf,
    ReceiptLeaf,
    encode_entry,
)
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.marking.labels import Urgency
from comity.node.link import LinkState
from comity.node.linkrow import read_link, write_link
from comity.node.mend import Fetched
from comity.node.node import Node
from comity.node.recovery import Next, mark_put_back
from comity.node.taken import Problem
from comity.sim.faults import MINUTE_MS, Fault, calm_plan
from comity.sim.rows import check_disowned
from comity.sim.ruled import Broken, Invariant
from comity.sim.watch import Watch
from comity.sim.world import Settings, World
from tests.simulation.apart import Apart
from tests.simulation.disks import make_disk
from tests.unit.node.putback import START, OfBefore, Side, note, recover

CALM = calm_plan(20 * MINUTE_MS)
ONE = replace(CALM, put_backs=((0, 30_000, 12 * MINUTE_MS),))
OTHER = replace(CALM, put_backs=((1, 30_000, 12 * MINUTE_MS),))
BOTH = replace(CALM, put_backs=((0, 30_000, 11 * MINUTE_MS), (1, 30_000, 15 * MINUTE_MS)))
TOGETHER = replace(CALM, put_backs=((0, 30_000, 12 * MINUTE_MS), (1, 30_000, 12 * MINUTE_MS)))
TWICE = replace(CALM, put_backs=((0, 30_000, 10 * MINUTE_MS), (0, 30_000, 16 * MINUTE_MS)))
OFTEN = replace(
    calm_plan(60 * MINUTE_MS), put_backs=tuple((0, (n - 9) * MINUTE_MS, n * MINUTE_MS) for n in (12, 24, 36, 48))
)
"""Once more than a key list has spare co-signing keys: people bring a new one."""
CRASHING = replace(BOTH, kills=12, crash_inside=0.03, crash_after=0.03)
LOSSY = replace(BOTH, lose=0.2, repeat=0.2, delay=0.2, lie=0.1, not_stored=0.05, answer_lost=0.05)
PLANS = {
    "one": ONE, "other": OTHER, "both": BOTH, "together": TOGETHER, "twice": TWICE, "crashing": CRASHING, "lossy": LOSSY
}  # fmt: skip


def world_of(plan, seed, node_types=(Node, Node), dispatches=24):
    return World(Settings(seed, dispatches, plan, node_types), make_disk)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", PLANS)
def test_a_put_back_store_is_mended_whatever_else_goes_wrong(name, seed):
    world = world_of(PLANS[name], seed)
    outcome = world.run()
    assert outcome.broken is None
    if name in {"crashing", "lossy"}:  # a side that was down when it was to be copied was not
        return
    assert outcome.faults[Fault.PUT_BACK.value] == len(PLANS[name].put_backs)
    put_back = {side for side, *_ in PLANS[name].put_backs}
    for side in (0, 1):
        leaves = world.watch.sides[side].log.decoded
        restored = [one for one in leaves if isinstance(one, InstrumentLeaf) and one.kind is InstrumentKind.RESTORED]
        heard = [one for one in leaves if isinstance(one, LinkLeaf) and one.event is LinkEvent.RECOVERED]
        assert bool(restored) == (side in put_back)
        assert bool(heard) == (1 - side in put_back)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_side_that_was_put_back_more_often_than_it_has_spare_keys_goes_on_and_gets_new_ones(seed):
    world = world_of(OFTEN, seed, dispatches=60)
    assert world.run().broken is None
    leaves = [one.kind for one in world.watch.sides[0].log.decoded if isinstance(one, InstrumentLeaf)]
    assert leaves.count(InstrumentKind.RESTORED) == 4
    assert leaves[-1] is InstrumentKind.KEYS, "people read that no key was left"


def test_a_side_that_waits_for_people_as_an_old_store_is_not_mended_yet():
    """The other side was put back meanwhile: what both had accepted of each other since was forgotten by all."""
    world = world_of(TWICE, 1)
    side, seen = world.sides[0], 0
    for minute in range(1, 40):
        world.until(START + minute * MINUTE_MS // 2)
        if side.is_ready() and side.link_state() is LinkState.SUPERSEDED:
            seen += 1
            assert side.mending()
    assert seen
    assert world.run().broken is None
    assert not side.mending()


# --- each fault that section 9 is there for is caught ---------------------------------------------------------------


def broken_by(faulty, plan=ONE, seeds=range(1, 5), dispatches=24):
    """Return the name of the first thing that one of several worlds with one faulty node breaks, or None."""
    outcomes = (world_of(plan, seed, (faulty, Node), dispatches).run().broken for seed in seeds)
    return next((one.partition(":")[0] for one in outcomes if one is not None), None)


class GoesOn(Node):
    """Takes its store for the newest one, as a node did before it could ask."""

    def starts(self, now):
        pass


class AnswersWhileRecovering(Apart):
    """Takes and answers an exchange from the old state while it asks."""

    def take(self, data, now, *, apart=False):
        with self.ledger.begin() as book:
            link = read_link(book.tx)
            if link.state is LinkState.RECOVERING:
                write_link(book.tx, replace(link, state=LinkState.UP))
        return super().take(data, now, apart=apart)


class DisownsNothing(Node):
    """Leaves the heads that the peer could not prove out of what it says."""

    def restore(self, missing, fetched, now):
        return super().restore(replace(missing, disowned=()), fetched, now)


class KeepsItsKey(Apart):
    """Goes on cosigning with the key that may have signed what was forgotten."""

    def speak(self, now, *, wait_ms=0):
        self.voice = replace(self.voice, spares=(self.voice.cosigner_keys,) * 3)
        return super().speak(now, wait_ms=wait_ms)

    def take_recovered(self, data, now):
        self.voice = replace(self.voice, spares=(self.voice.cosigner_keys,) * 3)
        return super().take_recovered(data, now)


class KeepsItsBase(Node):
    """Says its entries from the place that it had before, whatever mirror the peer asks with, and heeds no gap."""

    def take_recover(self, data, now):
        base = self.base()
        answer = super().take_recover(data, now)
        self.set_base(base)
        return answer

    def take_problem(self, problem, now):
        base = self.base()
        super().take_problem(problem, now)
        self.set_base(base)

    def base(self):
        with self.ledger.begin() as book:
            return book.logs[LogRole.OURS].cosigned_size

    def set_base(self, base):
        with self.ledger.begin() as book:
            book.change(LogRole.OURS, cosigned_size=base)


class FetchesNoMirror(Node):
    """Leaves its mirror as the put-back store had it."""

    def restore(self, missing, fetched, now):
        return super().restore(replace(missing, theirs=None), Fetched(fetched.own, fetched.own_from, ()), now)


class AsksForNothing(Node):
    """Forgets what it receipted and no longer holds."""

    def restore(self, missing, fetched, now):
        done = super().restore(missing, fetched, now)
        with self.ledger.begin() as book:
            book.tx.run("DELETE FROM regot")
        return done


class TakesAnyStore(Apart):
    """Does not look which store of its peer speaks, as a node did before stores said it."""

    def take(self, data, now, *, apart=False):
        with suppress(BadEnvelope):
            data = encode_exchange(replace(decode_exchange(data), incarnation=None))
        return super().take(data, now, apart=apart)


class TakesOver(Node):
    """Takes a later incarnation by itself where it is told that its store is an old one."""

    def told_stale(self, problem, now):
        with self.ledger.begin() as book:
            mark_put_back(book.tx)
        super().told_stale(problem, now)


def test_taking_an_exchange_of_an_old_store_is_caught():
    assert broken_by(TakesAnyStore, OTHER, (6,)) == Invariant.ACCUSED.name


def test_an_old_store_that_takes_over_by_itself_is_caught():
    assert broken_by(TakesOver) == Invariant.OLD_STORE.name


def test_an_old_store_comes_up_again_and_is_told():
    told = []
    for seed in (1, 2):
        world = world_of(ONE, seed)
        assert world.run().broken is None
        told += [old.told for old in world.old_stores]
    assert told == [True, True]


def test_a_store_that_never_signed_anything_is_no_old_one():
    """Seed 5917: it cannot be told from a disk that was lost, so it comes back if it is started (ADR 0097)."""
    early = replace(CALM, put_backs=((0, 100, 200), (0, 30_000, 12 * MINUTE_MS)))
    worlds = [world_of(early, seed) for seed in range(1, 5)]
    assert [one.run().broken for one in worlds] == [None] * 4
    assert any(not old.told for one in worlds for old in one.old_stores)


def test_going_on_from_an_old_store_is_caught():
    assert broken_by(GoesOn)


def test_answering_an_exchange_while_recovering_is_caught():
    assert broken_by(AnswersWhileRecovering, replace(ONE, lose=0.3), range(1, 8))


def test_skipping_the_new_cosigner_key_is_caught():
    assert broken_by(KeepsItsKey) == Invariant.SPARE_KEY.name


def test_keeping_the_base_where_the_mirror_was_not_fetched_is_caught():
    found = [
        World(Settings(1, 24, ONE, sides, healing_ms=30 * MINUTE_MS), make_disk).run().broken
        for sides in ((Node, Node), (FetchesNoMirror, KeepsItsBase))
    ]
    assert found[0] is None
    assert found[1] is not None


def test_asking_for_nothing_again_is_caught():
    assert broken_by(AsksForNothing)


def test_not_disowning_pending_heads_is_caught():
    """The head of the one exchange whose entries did not fit is all that is left of it, and it must be said so."""
    for node_type in (Node, DisownsNothing):
        a, b = Side(0, node_type), Side(1)
        image = a.store.image()
        a.node.submit([note("never proved")], START)
        lost = decode_exchange(a.node.speak(START))
        with pytest.raises(Problem):
            b.node.take(encode_exchange(replace(lost, entries=(*lost.entries[:-1], b"x"))), START)
        a.put_back(image)
        recover(a, b, Ms(START + MINUTE_MS))
        with a.store.read() as tx, b.store.read() as peer_tx:
            caught = pytest.raises(Broken, match="DISOWNED") if node_type is DisownsNothing else nullcontext()
            with caught:
                check_disowned(0, tx, peer_tx)


def test_these_plans_break_nothing_without_a_fault():
    assert broken_by(Node, replace(ONE, lose=0.3), (1, 2)) is None


# --- receipts that came back above the mirror ------------------------------------------------------------------------


LATER, AHEAD = Ms(START + 2 * MINUTE_MS), Ms(START + 61 * MINUTE_MS)
"""The time of the first side, and that of the other, whose clock is fast by less than the hour that check 6 allows."""


def say(watch, sides, number, said, taken):
    """Let one side speak to the other, each by its own clock, and check both."""
    data = sides[number].node.speak(said)
    watch.check(number)
    sides[1 - number].node.take(data, taken)
    watch.check(1 - number)


@pytest.fixture
def come_back():
    """Two watched nodes: the first receipted a dispatch of the other, which ignored its cosignature, and was put back.

    The other is of the release before: it says no newest head of its own log.
    """
    return came_back(OfBefore)


def came_back(peer):
    sides = a, b = Side(0), Side(1, peer)
    watch = Watch((a.store, b.store), lambda: LATER)
    for number in (0, 1):
        watch.check(number)
    for number in (0, 1, 0, 1):
        say(watch, sides, number, START, START)
    image = a.store.image()
    b.node.submit([note("b1")], LATER)
    a.node.submit([note("a1", Urgency.IMMEDIATE)], LATER)
    say(watch, sides, 1, AHEAD, LATER)
    say(watch, sides, 0, START, AHEAD)
    a.put_back(image)
    watch.stores = (a.store, b.store)
    watch.put_back(0)
    assert Next.FETCH in recover(a, b, LATER)
    watch.check(1)
    return sides, watch


def test_a_receipt_that_came_back_may_name_what_the_mirror_does_not_reach(come_back):
    """Seed 5115: the receipt is true, and its leaf comes again with the next exchange."""
    sides, watch = come_back
    named = [leaf.index for leaf in watch.sides[0].log.decoded if isinstance(leaf, ReceiptLeaf)]
    assert named
    assert min(named) >= sides[0].logs()[1].size
    watch.check(0)
    say(watch, sides, 1, AHEAD, LATER)
    assert watch.sides[0].mirror > max(named)
    assert sides[0].rows("SELECT idx FROM got WHERE fact = ?", int(Fact.FILED)) == [(one,) for one in named]


def test_a_receipt_that_came_back_names_what_the_mirror_has_beside_a_peer_of_this_release():
    # docs/adr/0109-no-word-outlives-what-it-names.md
    sides, watch = came_back(Node)
    named = [leaf.index for leaf in watch.sides[0].log.decoded if isinstance(leaf, ReceiptLeaf)]
    assert named
    assert max(named) < sides[0].logs()[1].size
    watch.check(0)
    say(watch, sides, 1, AHEAD, LATER)
    assert sides[0].rows("SELECT idx FROM got WHERE fact = ?", int(Fact.FILED)) == [(one,) for one in named]


def test_a_receipt_that_came_back_and_names_no_leaf_of_the_peer_is_caught(come_back):
    _, watch = come_back
    (named,) = (leaf.index for leaf in watch.sides[0].log.decoded if isinstance(leaf, ReceiptLeaf))
    peer = watch.sides[1].log.decoded
    peer[named] = next(leaf for leaf in peer if isinstance(leaf, HeadLeaf))
    with pytest.raises(Broken) as caught:
        watch.check(0)
    assert caught.value.invariant is Invariant.RECEIPT_WITHOUT_LEAF


def test_a_new_receipt_for_what_the_mirror_does_not_reach_is_caught_after_a_put_back(come_back):
    (a, _), watch = come_back
    watch.check(0)
    receipt = next(leaf for leaf in watch.sides[0].log.decoded if isinstance(leaf, ReceiptLeaf))
    with a.node.ledger.begin() as book:
        book.append_own([encode_entry(replace(receipt, fact=Fact.SEEN, decision=None))])
    with pytest.raises(Broken) as caught:
        watch.check(0)
    assert caught.value.invariant is Invariant.RECEIPT_WITHOUT_LEAF
