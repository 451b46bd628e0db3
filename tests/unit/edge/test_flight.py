"""Two exchanges under way: the peer is at work on one while we take the answer to the other; what is given up is said again."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from comity.dispatch.states import Committed
from comity.edge.courier_client import NoAnswer
from comity.edge.flight import MOST, Flight, Plan
from comity.node.speak import DISPATCHES, Aloft
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


class Held(Counting):
    """A line that answers when it is told to."""

    def __init__(self, other) -> None:
        super().__init__(other, 1 << 30)

    def let_go(self) -> None:
        self.full.set()


async def handed_in_behind_one(a, b, many):
    """Hand in one form, and so many more while its exchange is under way; return the line, and how many were under way before it answered."""
    with engine_of(b) as far:
        line = Held(far)
        with engine_of(a, HandClock(), line) as near:
            async with running(near):
                await near.submit(*form("the first"))
                await until(lambda: line.now == 1, 5)
                outcomes = await asyncio.gather(*(near.submit(*form(str(n))) for n in range(many)))
                assert all(isinstance(one, Committed) for one in outcomes)
                await near.call(int)  # the writer has nothing to do any more, and the loop has turned
                said = line.most
                line.let_go()
                await until(lambda: rows(a, UNRECEIPTED) == [(0,)], 20)
                await until(lambda: not line.now, 5)
    return line, said


def test_what_is_handed_in_while_one_is_under_way_leaves_before_its_answer():
    a, b = link()
    line, said = run(handed_in_behind_one(a, b, 16))
    assert (said, line.most) == (MOST, MOST)
    carried = Counter(index for one in line.said for index, _ in one.dispatches)
    assert (len(carried), set(carried.values())) == (17, {1}), "each travels once"


def test_few_wait_for_the_answer_and_go_together():
    a, b = link()
    line, said = run(handed_in_behind_one(a, b, 3))
    assert said == 1
    assert [len(one.dispatches) for one in line.said][:2] == [1, 3]


def test_no_third_is_made():
    a, b = link()
    line, said = run(handed_in_behind_one(a, b, 40))
    assert (said, line.most) == (MOST, MOST)


def carries(leaf: int) -> Plan:
    return Plan(b"said", carries=Aloft({leaf: 1}))


async def answered(answer):
    """Return a flight whose first exchange was answered so, and what was sent."""
    sent = []

    async def say(plan):
        sent.append(plan)
        return answer

    flight = Flight(say)
    flight.send(carries(1))
    assert flight.may_follow
    assert await flight.answer() == answer
    return flight, sent


def test_what_was_answered_does_not_travel_again_before_the_answer_is_taken():
    async def see():
        flight, _ = await answered((200, b""))
        assert flight.may_follow
        assert set(flight.aloft.sizes) == {1}
        flight.heard()
        assert not flight.aloft.sizes

    run(see())


@pytest.mark.parametrize("answer", [NoAnswer.TIMED_OUT, (503, b""), None])
def test_nothing_follows_what_was_not_taken(answer):
    async def see():
        flight, sent = await answered(answer)
        assert not flight.may_follow
        flight.follow(carries(2))  # the thread that writes was at it
        flight.leave()
        await asyncio.sleep(0)
        assert sent == [carries(1)]
        flight.forget()
        assert (len(flight), flight.aloft.sizes) == (0, {})

    run(see())


def test_what_was_made_to_follow_leaves_before_what_is_planned_next():
    async def see():
        flight, sent = await answered((200, b""))
        flight.follow(carries(2))
        assert (len(flight), set(flight.aloft.sizes), flight.may_follow) == (1, {1, 2}, True)
        flight.shut()
        flight.send(carries(3))
        await asyncio.sleep(0)
        assert sent == [carries(1), carries(2), carries(3)]
        flight.forget()

    run(see())
