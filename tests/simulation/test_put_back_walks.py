"""Two nodes whose stores are put back again and again, one after the other, between exchanges of which halves are lost.

The clocks are apart and jump, so that co-signatures are ignored. Whatever comes of it, nobody honest is accused, and both go on.
"""

from __future__ import annotations

from random import Random

import pytest

from comity.base.ids import Ms
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.node import Node
from comity.node.proofs import Signers
from comity.node.recovery import Next
from comity.node.taken import Problem
from tests.unit.node.putback import SECOND, START, OfBefore, Side, note, recover, settle

MINUTE = 60 * SECOND
APART = 59 * MINUTE
"""Just less than what check 6 lets a clock be ahead; a co-signature by the other clock is then ignored after a jump back."""
STEPS = 24
PUT_BACKS = 2
"""Of each side: no more than it has spare co-signing keys."""


class Walk:
    """One walk: what is done next, and when, follows from a seed."""

    def __init__(self, seed, node_type=Node):
        self.chance = Random(seed)
        self.sides = (Side(0, node_type), Side(1, node_type))
        self.now = START
        self.images = ([], [])
        self.left = [PUT_BACKS, PUT_BACKS]
        settle(*self.sides, START)
        self.keep()

    def keep(self):
        for side, images in zip(self.sides, self.images, strict=True):
            images.append(side.store.image())

    def clock(self, number):
        """Return the time of a side: the second may be ahead, the first jumps back."""
        if number:
            return Ms(self.now + self.chance.choice((0, APART)))
        return Ms(self.now - self.chance.choice((0, 3 * MINUTE, 3 * MINUTE)))

    def step(self):
        self.now = Ms(self.now + self.chance.choice((1, 30, 120)) * SECOND)
        self.chance.choice((self.write, self.say, self.say, self.keep, self.put_back_both))()

    def write(self):
        side = self.chance.choice(self.sides)
        side.node.submit([note(f"{self.now}", self.chance.choice((Urgency.URGENT, Urgency.IMMEDIATE)))], self.now)

    def say(self):
        """Let one side call; the answer is lost now and then."""
        caller = self.chance.randrange(2)
        a, b = self.sides[caller], self.sides[1 - caller]
        b.node.take(a.node.speak(self.clock(caller)), self.now_of_taker())
        if self.chance.random() < 0.3:
            a.node.take(b.node.speak(self.clock(1 - caller)), self.now_of_taker())

    def now_of_taker(self):
        return Ms(self.now + 3 * MINUTE)

    def put_back_both(self):
        """Put one side back, and often the other right behind it, before they have said anything."""
        first = self.chance.randrange(2)
        self.put_back(first)
        if self.chance.random() < 0.7:
            self.put_back(1 - first)

    def put_back(self, number):
        if not self.left[number]:
            return
        self.left[number] -= 1
        self.sides[number].put_back(self.chance.choice(self.images[number][-3:]), chosen=True)
        self.up(number)

    def up(self, number):
        """Let a side that was put back recover, and then each that has to say its own incarnation again."""
        self.sides[number].node.starts(self.now)
        for _ in range(8):
            for one, other in ((number, 1 - number), (1 - number, number)):
                if self.sides[one].state == "recovering":
                    self.now = Ms(self.now + SECOND)
                    found = recover(self.sides[one], self.sides[other], Ms(self.now + APART))
                    assert Next.CUT not in found
            if not any(side.node.recovering for side in self.sides):
                return
        raise AssertionError("they ask each other for ever")

    def whole(self):
        for _ in range(STEPS):
            self.step()
            assert [side.rows("SELECT class FROM evidence") for side in self.sides] == [[], []]
        settle(*self.sides, Ms(self.now + 2 * APART))


FOUND = (5, 42, 56, 97, 120, 131)
"""Walks of the first 160 in which something honest was refused for good or accused, before the peer said its newest head."""


@pytest.mark.parametrize("seed", [*range(4), *FOUND])
def test_nobody_is_accused_whatever_is_put_back_one_after_the_other(seed):
    walk = Walk(seed)
    walk.whole()
    for side, other in (walk.sides, walk.sides[::-1]):
        assert side.state == "up"
        assert side.logs()[0].size == other.logs()[1].size
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()


@pytest.mark.parametrize(("seed", "said"), [(5, "a head under our name"), (56, "a receipt for a dispatch")])
def test_the_same_walks_accuse_where_nobody_says_the_newest_head(seed, said):
    """They would see the fault: two nodes of the release before."""
    walk = Walk(seed, OfBefore)
    with pytest.raises(Problem, match=f"{said} that we did not s"):
        walk.whole()
    stopped = {side.state for side in walk.sides} & {"broken", "recovering"}
    assert len(stopped) == 1, "the accusation, or the question before it"
