"""A courier polls where it cannot be called, falls silent, backs off, heeds problems, and survives what it meets."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from comity.base.errors import StoreError
from comity.base.ids import Ms
from comity.dispatch.exchange_codec import Problem, decode_exchange, encode_problem
from comity.edge.clock import SetClock
from comity.edge.engine import Engine
from comity.marking.labels import Urgency
from tests.unit.edge.driven import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    FailingStore,
    HandClock,
    Line,
    StillClock,
    at,
    engine_of,
    link,
    rows,
    run,
    running,
    until,
)
from tests.unit.node.world import START, form, store_of

LEAVES = "SELECT count(*) FROM entry WHERE role = 'ours'"
GOT = "SELECT fact FROM got ORDER BY idx"


@pytest.fixture
def nodes():
    return link()


@pytest.fixture
def stored():
    store = FailingStore(store_of())
    return store, *link(store)


# --- the long poll ---------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def polling(a, b):
    """`a` cannot be called and polls; `b` has no way to it."""
    with engine_of(b) as far:
        line = Line(far)
        with engine_of(a, SetClock(START), line, poll_ms=20_000) as near:
            async with running(near):
                await until(lambda: far._held is not None and not far._held.done())
                yield near, far, line


def test_a_node_that_cannot_be_called_hears_at_once_what_is_for_it(nodes):
    a, b = nodes

    async def play():
        async with polling(a, b) as (near, far, _):
            for count in (1, 2):
                await far.submit(*form(str(count)))
                await until(lambda: near.bell.since(0), 2)
                await until(lambda count=count: rows(a, GOT) == [(2,)] * count, 2)
                await until(lambda count=count: rows(b, "SELECT fact FROM sent") == [(2,)] * count, 2)

    run(play())


def test_without_the_wake_up_it_would_wait_for_the_whole_poll(nodes):
    a, b = nodes

    async def play():
        async with polling(a, b) as (_, far, _):
            far.bell.ring = lambda *_: None
            await far.submit(*form())
            with pytest.raises(TimeoutError):
                await until(lambda: rows(a, GOT), 0.3)

    run(play())


def test_what_a_polling_node_has_to_say_does_not_wait_for_its_poll(nodes):
    a, b = nodes

    async def play():
        async with polling(a, b) as (near, _, line):
            polls = len(line.carried)
            await near.submit(*form())
            await until(lambda: rows(b, GOT) == [(2,)], 2)
            assert line.said[polls].dispatches
            assert line.said[polls].wait == 0

    run(play())


def test_an_answer_that_has_something_is_not_held(nodes):
    a, b = nodes
    b.submit([form()], at(MINUTE))

    async def play():
        with engine_of(b, SetClock(at(MINUTE))) as engine:
            body = a.speak(at(MINUTE), wait_ms=25_000)
            _, answer = await asyncio.wait_for(engine.exchange(body), 1)
            return decode_exchange(answer), a.take(answer, at(MINUTE))

    answer, taken = run(play())
    assert len(answer.dispatches) == 1
    assert [one.fact for one in taken.recorded] == [2]


def test_an_answer_is_held_no_longer_than_asked_and_let_go_when_the_peer_speaks_again(nodes):
    a, b = nodes

    async def play():
        with engine_of(b, SetClock(at(2 * SECOND))) as engine:
            _, answer = await asyncio.wait_for(engine.exchange(a.speak(at(2 * SECOND), wait_ms=30)), 1)
            assert not decode_exchange(answer).dispatches
            held = asyncio.create_task(engine.exchange(a.speak(at(2 * SECOND), wait_ms=25_000)))
            await until(lambda: not engine._held.done())
            await engine.exchange(a.speak(at(2 * SECOND)))
            assert (await asyncio.wait_for(held, 1))[0] == 200

    run(play())


def test_a_peer_that_holds_nothing_is_polled_once_a_second(nodes):
    a, b = nodes
    clock = HandClock(at(2 * SECOND), at(32 * SECOND))

    async def play():
        with engine_of(b, clock) as far:

            async def impatient(body):
                line.carried.append(body)
                await far.call(b.take, body, clock.now())
                return 200, await far.call(b.speak, clock.now())

            line = Line()
            line.exchange = impatient
            with engine_of(a, clock, line, poll_ms=20_000) as near:
                async with running(near):
                    await until(lambda: clock.done)
        return len(line.carried)

    assert 20 <= run(play()) <= 35


# --- the courier -----------------------------------------------------------------------------------------------------


def test_two_nodes_that_have_nothing_to_say_fall_silent(nodes):
    a, b = nodes
    clock = HandClock(at(2 * SECOND), at(6 * HOUR))

    async def play():
        with engine_of(b, clock) as far:
            line = Line(far)
            with engine_of(a, clock, line) as near:
                async with running(near):
                    await until(lambda: clock.done)
        return line

    line = run(play())
    # spec: protocol.md 8: one heartbeat every ten minutes; each changes the head's time, which is cosigned once
    assert 36 <= len(line.carried) <= 3 * 36 + 3
    assert rows(a, LEAVES) == rows(b, LEAVES) == [(3,)]


def test_a_dispatch_goes_and_comes_back_filed(nodes):
    a, b = nodes

    async def play():
        with engine_of(b) as far, engine_of(a, client=Line(far)) as near:
            async with running(near):
                await near.submit(*form())
                await until(lambda: rows(a, "SELECT fact FROM sent") == [(2,)])

    run(play())


def tries(a, urgency, many):
    """Return how long a node waits between its tries while the peer does not answer."""
    clock = HandClock(at(MINUTE))
    line = Line(clock=clock)
    a.submit([form("waits", urgency)], at(MINUTE))

    async def play():
        with engine_of(a, clock, line) as engine:
            async with running(engine):
                await until(lambda: len(line.carried) > many)

    run(play())
    return line.waits


def test_back_off_doubles_to_five_minutes_with_jitter(nodes):
    waits = tries(nodes[0], Urgency.URGENT, 24)
    for n, wait in enumerate(waits):
        span = min(300_000, 1_000 << n + 1)  # spec: protocol.md 8
        assert span // 2 <= wait <= span, n
    assert len(set(waits[10:])) > 5, "two nodes that fail together must not try together"
    assert rows(nodes[0], "SELECT state FROM link") == [("silent",)]


def test_what_is_immediate_is_tried_every_fifteen_seconds(nodes):
    waits = tries(nodes[0], Urgency.IMMEDIATE, 12)
    assert max(waits) <= 15_000  # spec: protocol.md 8


def test_what_becomes_immediate_during_a_long_pause_does_not_wait_for_its_end(nodes):
    a, _ = nodes
    clock, line = StillClock(at(MINUTE)), Line()
    a.submit([form("waits", Urgency.URGENT)], at(MINUTE))

    async def play():
        with engine_of(a, clock, line) as engine:
            clock.watch(engine.poke)
            async with running(engine):
                for tried in range(1, 10):
                    await until(lambda tried=tried: engine.bell.number == len(line.carried) == tried)
                    await clock.show(Ms(clock.now() + 300_001))
                await until(lambda: engine.bell.number == len(line.carried) == 10)
                await clock.show(Ms(clock.now() + 16_000))
                assert len(line.carried) == 10, "nothing immediate: at most every 150 s by now"
                await engine.submit(*form("now"))
                await until(lambda: len(line.carried) > 10)

    run(play())


def test_a_clock_that_is_set_back_does_not_lengthen_the_pause(nodes):
    a, _ = nodes
    clock, line = StillClock(at(DAY)), Line()
    a.submit([form("waits", Urgency.URGENT)], at(DAY))

    async def play():
        with engine_of(a, clock, line) as engine:
            clock.watch(engine.poke)
            async with running(engine):
                await until(lambda: engine.bell.number == 1)
                await clock.show(at(MINUTE))
                assert len(line.carried) == 1
                await clock.show(at(MINUTE + 3 * SECOND))
                await until(lambda: len(line.carried) > 1)

    run(play())


def problem(code, retry=0, mirror=0):
    return 409, encode_problem(Problem(code, retry, mirror, None, 0))


def after(a, b, *script):
    """Let a node say one thing to a peer whose first answers are given; return the line."""
    clock = HandClock(at(MINUTE))
    a.submit([form()], at(MINUTE))

    async def play():
        with engine_of(b, clock) as far:
            line = Line(far, *script, clock=clock)
            with engine_of(a, clock, line) as engine:
                async with running(engine):
                    await until(lambda: rows(b, GOT) == [(2,)])
        return line

    return run(play())


def test_a_gap_is_answered_at_once_from_where_the_peer_is(nodes):
    line = after(*nodes, problem("gap", 1_000, 0))
    assert [one.base for one in line.said[:2]] == [3, 0]
    assert line.waits[0] == 0


def test_a_peer_that_always_says_gap_is_not_run_over(nodes):
    line = after(*nodes, *[problem("gap", 1_000, 0)] * 5)
    assert line.waits[0] == 0
    assert min(line.waits[1:5]) >= 1_000


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (problem("clock", 1_000), 1_000, 2_000),
        # Sixteen seconds with full jitter, but what waits is immediate, which is tried again within fifteen.
        (problem("bad-signature"), 7_500, 15_000),
        ((500, b"no problem"), 7_500, 15_000),
        ((200, b"no exchange"), 1_000, 3_000),  # what was not confirmed is said again after three seconds
    ],
)
def test_any_other_problem_backs_off_and_is_tried_again(nodes, answer, least, most, caplog):
    line = after(*nodes, answer)
    assert least <= line.waits[0] <= most
    assert "not take" in caplog.text


def test_a_store_that_fails_and_a_fault_that_no_rule_foresees_do_not_end_the_courier(stored, caplog):
    store, a, b = stored
    clock = HandClock(at(MINUTE))

    async def play():
        with engine_of(b, clock) as far, engine_of(a, clock, Line(far)) as engine:
            store.reads.extend(
                [StoreError("not read"), StoreError("not read"), RuntimeError("planted"), StoreError("no")]
            )
            async with running(engine) as task:
                await engine.submit(*form())
                await until(lambda: rows(b, GOT) == [(2,)])
                assert not task.done()
            return engine.faults

    assert run(play()) == 1
    assert "the store did not take what the courier had" in caplog.text
    assert "the courier met a fault" in caplog.text


def test_a_node_that_can_only_be_called_calls_nobody_and_wakes_for_its_day(nodes):
    a, _ = nodes

    async def play():
        with engine_of(a, SetClock(at(MINUTE))) as engine:
            async with running(engine) as task:
                await engine.submit(*form())
                await asyncio.sleep(0.05)
                assert not task.done()
        return rows(a, "SELECT fact FROM sent")

    assert run(play()) == [(0,)]


def test_close_ends_the_writer_after_what_it_is_doing(nodes):
    import time

    a, _ = nodes
    done = []

    async def play():
        engine = Engine(a, SetClock(START), None)
        waiting = asyncio.create_task(engine.call(lambda: (time.sleep(0.05), done.append(1))))
        await asyncio.sleep(0)
        engine.close()
        assert done == [1]
        await waiting
        with pytest.raises(RuntimeError):
            await engine.call(a.link)

    run(play())


def test_an_end_that_comes_together_with_news_is_not_missed(nodes):
    a, _ = nodes

    async def play():
        with engine_of(a, SetClock(at(MINUTE), 0)) as engine:
            for _ in range(20):
                task = asyncio.create_task(engine.run())
                await asyncio.sleep(0.003)
                engine._poke.set()
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait_for(asyncio.wait([task]), 1)
                assert task.cancelled()

    run(play())
