"""A thief with a stolen log key in mid-traffic, in many small worlds: both stop, cut, go on, and nothing is lost or said twice."""

from __future__ import annotations

import os
import random
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from comity.base.errors import BadCut, StoreError
from comity.base.ids import LeafIndex, Ms
from comity.crypto.sign import unverified_payload
from comity.dispatch.entries import DispatchLeaf, Fact, LinkLeaf, ReceiptLeaf, RecordLeaf, encode_entry
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.exchange_codec import decode_exchange, decode_problem, encode_exchange
from comity.dispatch.keylist import decode_keylist
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.bundle import Piece, Wish, make_bundle
from comity.node.bundlecheck import check_bundle
from comity.node.proofs import Signers
from comity.node.publickeys import PublicKeys
from comity.node.taken import Problem
from comity.sim.disk import FailingTx
from comity.sim.exercise import parties
from comity.tlog.checkpoint import KeyRole, NoteKeys
from tests.unit.node.cuts import dispatched, every, forged, papers
from tests.unit.node.putback import START, ask, note, recover
from tests.unit.node.rotating import Rotating

SEEDS = range(int(os.environ.get("CUTS", "1")))
"""One world in `make test`; `make cuts` runs many."""
MINUTE = 60_000
URGENCIES = (Urgency.URGENT, Urgency.NORMAL, Urgency.IMMEDIATE)


class Failing:
    """A store whose writes fail now and then: not stored, or stored with the answer lost."""

    def __init__(self, disk, chance):
        self.disk, self.chance, self.rate, self.failed = disk, chance, 0.0, 0

    @contextmanager
    def begin(self):
        hit = self.chance.random() < self.rate
        lost = hit and self.chance.random() < 0.5
        self.failed += hit
        with self.disk.begin() as tx:
            yield FailingTx(tx, None if lost or not hit else self.chance.randrange(30), StoreError("planted"))
            if hit and not lost:
                raise StoreError("planted")
        if lost:
            raise StoreError("planted, after it was stored")

    def __getattr__(self, name):
        return getattr(self.disk, name)


class World:
    """Two nodes, a lossy link between them, and a thief."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.now = START
        self.sides = [Rotating(0), Rotating(1)]
        for side in self.sides:
            side.store = Failing(side.store, self.chance)
            side.node.ledger._store = side.store
        self.thief = self.chance.randrange(2)
        self.made = Counter()

    @property
    def victim(self):
        return self.sides[self.thief]

    @property
    def peer(self):
        return self.sides[1 - self.thief]

    def step(self, traffic=True):
        """Let some time pass: something is written, one side calls the other, and either may be lost."""
        self.now = Ms(self.now + self.chance.randrange(1_000, MINUTE))
        one, other = self.chance.sample(self.sides, 2)
        if traffic and self.chance.random() < 0.7:
            self.attempt(
                one, lambda: one.node.submit([note(f"text {self.now}", self.chance.choice(URGENCIES))], self.now)
            )
        self.attempt(one, lambda: one.node.tick(self.now))
        self.attempt(one, lambda: self.call(one, other))
        for side in self.sides:
            self.attempt(side, lambda side=side: self.seen(side))

    def seen(self, side):
        rows = side.rows("SELECT id FROM got WHERE fact = 2 AND seen_at IS NULL LIMIT 2")
        side.node.see([row[0] for row in rows], self.now)

    def attempt(self, side, act):
        try:
            with suppress(Problem):
                act()
        except StoreError:
            side.node.ledger.forget()
            side.node.reread()

    def call(self, one, other):
        if one.node.recovering:
            recover_once(one, other, self.now)
            return
        if one.state in {"broken", "unpaired"}:
            return
        data = one.node.speak(self.now)
        if self.chance.random() < 0.15:
            return
        try:
            other.node.take(data, self.now)
        except Problem as problem:
            one.node.take_problem(decode_problem(other.node.problem_bytes(problem)), self.now)
            return
        if other.node.recovering or self.chance.random() < 0.15:
            return
        one.node.take(other.node.speak(self.now), self.now)

    def heal(self):
        for side in self.sides:
            side.store.rate = 0.0
        for _ in range(60):
            self.step(traffic=False)


def recover_once(one, other, now):
    with suppress(Problem):
        ask(one, other, now)


def strike(world):
    """Let the thief write into the victim's log whatever it likes; the peer takes it."""
    victim, peer, chance = world.victim, world.peer, world.chance
    leaf, sealed = dispatched(f"false {world.now}", world.now, world.thief)
    entries = [encode_entry(leaf)]
    rows = peer.rows("SELECT id, idx, sealed_sha256 FROM sent WHERE idx >= 0 AND fact = 0 AND resealed_idx IS NULL")
    entries += [encode_entry(ReceiptLeaf(i, d, s, Fact.FILED, None, None, bytes(32))) for d, i, s in rows[:1]]
    more = [encode_entry(RecordLeaf("review", bytes(32))), encode_entry(LinkLeaf(Act.SUSPEND, None))]
    entries += chance.sample(more, chance.randrange(3))
    held = peer.logs()[1].size
    place = LeafIndex(held)
    with suppress(Problem):
        peer.node.take(forged(victim, entries, world.now, dispatches=((place, sealed),), size=held), world.now)
    return leaf


def stop(world):
    """Let traffic run on until the victim has noticed."""
    for _ in range(200):
        if world.victim.state == "broken":
            return
        world.step()
    raise AssertionError(f"nobody noticed: {world.victim.state}, {world.victim.node.link().reason}")


@pytest.fixture(params=SEEDS)
def world(request):
    made = World(request.param)
    recover(*made.sides, made.now)
    recover(*reversed(made.sides), made.now)
    for side in made.sides:
        side.store.rate = 0.03
    for _ in range(made.chance.randrange(8, 20)):
        made.step()
    for side in made.sides:
        side.store.rate = 0.0
    for _ in range(20):
        made.step(traffic=False)
    return made


def test_traffic_goes_on_behind_the_cut(world):
    false = strike(world)
    stop(world)
    while world.victim.node.recovering:
        world.step()
    signed = papers(world.victim, world.peer, world.now)
    for side in world.chance.sample(world.sides, 2):
        side.store.rate = 0.3
        for _ in range(100):
            try:
                side.node.apply_cut(*signed, world.now)
            except StoreError:
                side.node.ledger.forget()
                side.node.reread()
            except BadCut as error:
                assert "taken already" in str(error)  # noqa: PT017  it was, by this try or one whose answer was lost
                break
        side.store.rate = 0.03
        for _ in range(world.chance.randrange(4)):
            world.step()  # the other side has not taken it yet
    for _ in range(20):
        world.step()
    thief_goes_on(world)
    world.heal()
    check(world, false, signed)


def thief_goes_on(world):
    """The old key still speaks, in the old log's name and in the new one's: nothing of it is taken."""
    victim, peer, ring = world.victim, world.peer, parties().halves[world.thief].keyring.log
    for side in world.sides:
        side.store.rate = 0.0
    if victim.node.recovering:
        return
    before = peer.rows("SELECT count(*) FROM entry"), peer.logs()[1].size
    keys = NoteKeys.of(KeyRole.LOG, victim.node.voice.log_origin, ring.ed25519, ring.ml_dsa)
    new = forged(victim, (encode_entry(RecordLeaf("review", bytes(32))),), world.now, keys=keys)
    honest = decode_exchange(victim.node.speak(world.now))
    old = encode_exchange(replace(honest, origin=honest.origin.replace("/log/2", "/log/1")))
    for said in (new, old):
        with pytest.raises(Problem):
            peer.node.take(said, world.now)
    assert (peer.rows("SELECT count(*) FROM entry"), peer.logs()[1].size) == before


def check(world, false, signed):
    """Every invariant of two honest nodes, worked out from the logs and rows alone."""
    for side, other in (world.sides, world.sides[::-1]):
        assert side.state == "up", side.node.link().reason
        true = () if side is world.victim else ("equivocation", "false-receipt", "false-cosign", "id-reuse")
        classes = [row[0] for row in side.rows("SELECT class FROM evidence")]
        assert set(classes) <= set(true), "the peer did no wrong; of the key that was stolen there may be proof"
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()
        ours, mirror = dict(every(side)), dict(every(other, "theirs"))
        assert {k: v for k, v in ours.items() if k >= 0} == {k: v for k, v in mirror.items() if k >= 0}
        sent = [one.id for place, one in ours.items() if place >= 0 and isinstance(one, DispatchLeaf)]
        assert len(sent) == len(set(sent)), "one place each in a log"
        assert side.rows("SELECT count(*) FROM sent WHERE fact <> 2 OR seen_at IS NULL") == [(0,)], "all filed and seen"
        assert side.rows("SELECT count(*) FROM pool") == [(0,)]
        ids = {row[0] for row in side.rows("SELECT id FROM sent")}
        got = {row[0] for row in other.rows("SELECT id FROM got WHERE fact = 2")}
        assert ids <= got
        assert got - ids <= {false.id}, "nothing but what the thief sent is there besides"
        filed = Counter(one.id for _, one in every(other) if isinstance(one, ReceiptLeaf) and one.fact is Fact.FILED)
        twice = {one for one, count in filed.items() if count > 1}
        above = {one.id for one in other.node.cuts()[1]}
        assert twice <= again_said(other), "a receipt stands twice only where the log behind a cut says it again"
        assert above <= {false.id}
    stranger(world, signed)


def again_said(side):
    """Return what a side receipted above the cut of its own log: that it says again."""
    rows = side.rows("SELECT number, size, cut_size FROM closed_log WHERE role = 'ours'")
    bases = [(min(place for place, _ in every(side)), size, cut) for _, size, cut in rows]
    return {
        one.id
        for base, size, cut in bases
        for place, one in every(side)
        if base + cut <= place < base + size and isinstance(one, ReceiptLeaf)
    }


def stranger(world, signed):
    """Let somebody with the three key lists and the papers alone check what stands below and behind the cut."""
    lists = [*(half.keys for half in parties().halves), signed[1]]
    keys = PublicKeys.signed(*((one, decode_keylist(unverified_payload(one))) for one in lists))
    hidden = Wish(without=frozenset(Piece))
    for side in world.sides:
        rows = side.rows("SELECT id FROM sent ORDER BY idx")
        with side.store.read() as tx:
            for (id_,) in (rows[0], rows[-1]):
                steps = check_bundle(make_bundle(tx, id_, hidden, now=world.now), keys)
                assert all(step.good for step in steps), [step for step in steps if not step.good]
