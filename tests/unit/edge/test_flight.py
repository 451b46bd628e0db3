"""Two exchanges under way: the peer is at work on one while we take the answer to the other; what is given up is said again."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from comity.edge.courier_client import NoAnswer
from comity.edge.flight import MOST
from comity.node.speak import DISPATCHES
from tests.unit.edge.driven import HandClock, Line, engine_of, link, rows, run, running, until
from tests.unit.node.world import START, form

MANY = 3 * DISPATCHES
UNRECEIPTED = "SELECT count(*) FROM sent WHERE fact = 0"


class Counting(Line):
    """A line that counts what is under way, and answers nothing before so many exchanges are."""

    def __init__(self, other, together: int, *script) -> None:
        super().__init__(other, *script)
        self.together, self.now, self.most = together, 0, 0
        self.full = asyncio.Event()

    async def exchange(self, body: bytes):
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now >= self.together:
            self.full.set()
        try:
            async with asyncio.timeout(5):
                await self.full.wait()
            return await super().exchange(body)
        finally:
            self.now -= 1


@pytest.fixture
def laden():
    """Two nodes that have met, and what piled up at the first."""
    a, b = link()
    a.submit([form(str(n)) for n in range(MANY)], START)
    return a, b


async def drain(a, b, line_of):
    with engine_of(b) as far:
        line = line_of(far)
        with engine_of(a, HandClock(), line) as near:
            async with running(near):
                await until(lambda: rows(a, UNRECEIPTED) == [(0,)], 20)
                await until(lambda: not line.now, 5)
    return line


def test_a_second_exchange_is_said_before_the_first_is_answered(laden):
    line = run(drain(*laden, lambda far: Counting(far, MOST)))
    assert line.most == MOST
    carried = Counter(index for one in line.said for index, _ in one.dispatches)
    assert (len(carried), set(carried.values())) == (MANY, {1}), "each travels once"


class Hanging(Counting):
    """A line whose first exchange has no answer and whose second one never ends by itself."""

    async def exchange(self, body: bytes):
        if len(self.carried) == 1:
            self.now += 1
            self.carried.append(body)
            self.full.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.now -= 1
        return await super().exchange(body)


def test_what_was_under_way_behind_a_lost_answer_is_given_up_and_said_again(laden):
    line = run(drain(*laden, lambda far: Hanging(far, 1, NoAnswer.TIMED_OUT)))
    assert rows(laden[1], "SELECT count(*) FROM got WHERE fact = 2") == [(MANY,)]
    again = {index for one in line.said[2:] for index, _ in one.dispatches}
    assert len(again) == MANY, "it counts as delivered by its receipt alone"
