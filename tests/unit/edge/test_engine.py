"""An engine takes what waits together, stops nothing for one bad dispatch, keeps the link, falls silent, and ends."""

from __future__ import annotations

import asyncio
import logging

import pytest

from comity.base.errors import BadForm, StoreError, StoreMisuse
from comity.base.ids import Ms
from comity.dispatch.exchange_codec import decode_problem
from comity.dispatch.states import Committed, Officer
from comity.edge import bell as bell_module
from comity.edge import engine as engine_module
from comity.edge.bell import Bell
from comity.edge.clock import SetClock
from comity.marking.labels import Urgency
from tests.unit.edge.driven import (
    DAY,
    HOUR,
    MINUTE,
    FailingStore,
    HandClock,
    Line,
    at,
    engine_of,
    link,
    rows,
    run,
    running,
    until,
)
from tests.unit.edge.twofolders import ASKS, MADE, copy_of, opened, paired, question
from tests.unit.node.forge import pair
from tests.unit.node.world import START, PlainDesk, exchange, form, store_of

LEAVES = "SELECT count(*) FROM entry WHERE role = 'ours'"
GOT = "SELECT fact FROM got ORDER BY idx"


@pytest.fixture
def nodes():
    return link()


@pytest.fixture
def stored():
    store = FailingStore(store_of())
    return store, *link(store)


# --- forms -----------------------------------------------------------------------------------------------------------


def test_forms_that_wait_together_share_one_transaction(stored):
    store, a, _ = stored

    async def play():
        with engine_of(a) as engine:
            many = 2 * engine_module._BATCH + 1
            before = store.begun
            done = await asyncio.gather(*(engine.submit(*form(str(n))) for n in range(many)))
            return done, store.begun - before

    done, transactions = run(play())
    assert transactions == 3
    assert [one.index - done[0].index for one in done] == list(range(len(done)))


def test_a_form_that_has_come_already_joins_the_first_one_of_a_batch(stored):
    store, a, _ = stored

    async def play():
        with engine_of(a) as engine:

            async def in_turn(n: int):
                for _ in range(n):
                    await asyncio.sleep(0)
                return await engine.submit(*form(str(n)))

            before = store.begun
            done = await asyncio.gather(*map(in_turn, range(5)))
            return done, store.begun - before

    done, transactions = run(play())
    assert transactions == 1
    assert [one.index - done[0].index for one in done] == list(range(len(done)))


def test_a_bad_form_among_good_ones_is_refused_alone(nodes):
    a, _ = nodes

    async def play():
        with engine_of(a) as engine:
            return await asyncio.gather(*(engine.submit(*one) for one in (form("1"), form(kind="none"), form("3"))))

    first, bad, third = run(play())
    assert isinstance(first, Committed)
    assert isinstance(bad, BadForm)
    assert isinstance(third, Committed)


class PoisonDesk(PlainDesk):
    """A desk that falls over one text."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error

    def file(self, tx, filing):
        if self.error is not None and b"poison" in filing.body:
            raise self.error
        super().file(tx, filing)


@pytest.mark.parametrize("error", [ValueError("a fault of ours"), StoreMisuse("a statement was wrong")])
def test_a_form_that_brings_the_program_down_hears_of_it_and_the_others_go(nodes, error):
    a, _ = nodes
    a.office.desks["plain"] = PoisonDesk(error)

    async def play():
        with engine_of(a) as engine:
            forms = (engine.submit(*form(text)) for text in ("1", "poison", "3"))
            return await asyncio.gather(*forms, return_exceptions=True)

    first, bad, third = run(play())
    assert isinstance(first, Committed)
    assert bad is error
    assert isinstance(third, Committed)
    assert rows(a, "SELECT count(*) FROM sent") == [(2,)]


@pytest.mark.parametrize(("fault", "kept"), [("before", 0), ("after", 2)])
def test_whoever_waits_hears_that_the_outcome_is_unknown_and_the_log_is_read_anew(stored, fault, kept):
    store, a, b = stored

    async def play():
        with engine_of(a) as engine:
            store.faults.append(fault)
            first = await asyncio.gather(*(engine.submit(*form(x)) for x in "12"), return_exceptions=True)
            return first, await engine.submit(*form("again"))

    first, again = run(play())
    assert [type(one) for one in first] == [StoreError, StoreError]
    assert rows(a, LEAVES) == [(again.index + 1,)], "the size of the log is what is stored, not what was remembered"
    assert not exchange(a, b, at(MINUTE))[1].dropped
    assert rows(b, GOT) == [(2,)] * (kept + 1)


def test_a_store_error_makes_the_ledger_forget(stored):
    store, a, _ = stored

    async def play():
        with engine_of(a) as engine:
            await engine.submit(*form())
            assert a.ledger._known is not None
            store.reads.append(StoreError("the disk could not be read"))
            with pytest.raises(StoreError):
                await engine.call(a.due_at, START)
            assert a.ledger._known is None

    run(play())


def test_an_officer_who_goes_away_spoils_nothing_for_the_others(stored):
    store, a, _ = stored

    async def play():
        with engine_of(a) as engine:
            for fault in (None, "before"):
                tasks = [asyncio.create_task(engine.submit(*form(x))) for x in "12"]
                await asyncio.sleep(0)
                tasks[0].cancel()
                store.faults.append(fault)
                done = await asyncio.gather(*tasks, return_exceptions=True)
                assert isinstance(done[0], asyncio.CancelledError)
                assert isinstance(done[1], StoreError if fault else Committed)

    run(play())


def test_the_bell_says_which_dispatches_left_and_see_rings_too(nodes):
    a, b = nodes

    async def play():
        with engine_of(a) as sender, engine_of(b) as receiver:
            done = await sender.submit(*form())
            assert sender.bell.since(0) == (done.id,)
            await receiver.exchange(a.speak(at(MINUTE)))
            await until(lambda: receiver.bell.number == 1)
            assert receiver.bell.since(0) == (done.id,)
            await receiver.see([done.id])
            assert (receiver.bell.number, receiver.bell.since(1)) == (2, ())
        return done

    done = run(play())
    assert rows(b, "SELECT seen_at IS NOT NULL FROM got WHERE id = ?", done.id) == [(1,)]


def test_the_bell_wakes_each_who_waits_once_and_keeps_so_many_news():
    async def play():
        bell = Bell()
        waiting = [asyncio.create_task(bell.next(0)) for _ in range(2)]
        gone = asyncio.create_task(bell.next(0))
        await asyncio.sleep(0)
        gone.cancel()
        bell.ring([b"1"])
        assert await asyncio.gather(*waiting) == [1, 1]
        assert await bell.next(0) == 1
        for n in range(bell_module._NEWS_KEPT + 5):
            bell.ring([str(n).encode()])
        assert len(bell.since(0)) == bell_module._NEWS_KEPT

    run(play())


def test_an_immediate_draft_that_does_not_leave_is_in_the_log_with_whom_to_ring(tmp_path, caplog):
    one = opened(copy_of(paired(), tmp_path), "ostrel")

    async def play():
        with engine_of(one.node, SetClock(MADE)) as engine:
            return await engine.submit(question(), Officer("requests", 12))

    with caplog.at_level(logging.WARNING):
        outcome = run(play())
    one.store.close()
    assert (outcome.state, outcome.missing) == ("held", ("release:officer-without-standing",))
    assert f"{outcome.rings} rung: an immediate draft is held" in caplog.text


# --- the peer's exchanges --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("a fault of ours"), StoreMisuse("a wrong statement"), BadForm("no")])
def test_one_dispatch_that_brings_the_program_down_stops_no_other(nodes, error):
    a, b = nodes
    b.office.desks["plain"] = desk = PoisonDesk(error)
    done = a.submit([form("1"), form("poison"), form("3")], at(MINUTE))

    async def play():
        with engine_of(b) as engine:
            status, answer = await engine.exchange(a.speak(at(MINUTE)))
            assert status == 200
            await until(lambda: engine.bell.number)
            assert engine.bell.since(0) == (done[0].id, done[2].id)
            assert engine.faults == 1
            a.take(answer, at(MINUTE))
            assert rows(b, GOT) == [(2,), (0,), (2,)]
            assert rows(a, "SELECT fact FROM sent ORDER BY idx") == [(2,), (0,), (2,)]
            a.submit([form("4")], at(2 * MINUTE))
            assert (await engine.exchange(a.speak(at(2 * MINUTE))))[0] == 200
            assert rows(b, GOT) == [(2,), (0,), (2,), (2,)]

    run(play())

    async def start_again(falls):
        desk.error = error if falls else None
        line = Line()
        with engine_of(b, HandClock(at(HOUR)), line) as engine:
            async with running(engine):
                await until(lambda: line.carried)
            return engine.faults

    assert run(start_again(falls=True)) == 1, "a start meets it again, and the courier lives"
    assert rows(b, GOT) == [(2,), (0,), (2,), (2,)]
    assert run(start_again(falls=False)) == 0
    assert rows(b, GOT) == [(2,)] * 4


def test_a_store_that_fails_while_one_is_opened_leaves_it_for_the_repeat():
    store = FailingStore(store_of())
    b, a = pair(store_a=store)
    exchange(a, b, START)
    b.office.desks["plain"] = PoisonDesk(ValueError())
    a.submit([form("1"), form("poison")], at(MINUTE))
    body = a.speak(at(MINUTE))

    async def play():
        with engine_of(b) as engine:
            store.faults.extend([None, None, "before"])
            status, answer = await engine.exchange(body)
            assert (status, decode_problem(answer).code) == (503, "slow-down")
            assert rows(b, GOT) == [(0,), (0,)]
            assert (await engine.exchange(body))[0] == 200
            assert rows(b, GOT) == [(2,), (0,)]

    run(play())


def test_what_is_no_exchange_is_a_problem_and_a_store_error_asks_to_come_again(stored, caplog):
    store, a, b = stored

    async def play():
        with engine_of(a) as engine:
            status, answer = await engine.exchange(b"\x00")
            assert (status, decode_problem(answer).code, decode_problem(answer).mirror_size) == (400, "bad-envelope", 3)
            store.faults.append("before")
            status, answer = await engine.exchange(b"\x00")
            assert (status, decode_problem(answer).code, decode_problem(answer).mirror_size) == (400, "bad-envelope", 0)
            store.faults.append("before")
            status, answer = await engine.exchange(b.speak(at(MINUTE)))
            assert (status, decode_problem(answer).code, decode_problem(answer).retry_ms) == (503, "slow-down", 1_000)
            status, answer = await engine.recover(b"")
            assert (status, decode_problem(answer).code) == (400, "bad-envelope")
            store.faults.append("before")
            status, answer = await engine.recover(b"")
            assert (status, decode_problem(answer).code) == (503, "slow-down")
            assert decode_problem(engine.problem("broken", 7)).retry_ms == 7
            assert engine.bell.number == 3

    run(play())
    assert "an exchange of the peer was not taken: bad-envelope" in caplog.text


def test_lane_immediate_is_seen_from_the_bytes_alone(nodes):
    a, b = nodes
    with_it = (a.submit([form("now")], at(MINUTE)), a.speak(at(MINUTE)))[1]
    without = (b.submit([form("later", Urgency.URGENT)], at(MINUTE)), b.speak(at(MINUTE)))[1]

    async def play():
        with engine_of(a) as engine:
            return engine.immediate(with_it), engine.immediate(without), engine.immediate(b"")

    assert run(play()) == (True, False, False)


def test_a_file_of_a_log_is_served_by_the_hash_of_its_name_only(nodes):
    from comity.base.hashing import sha256

    a, _ = nodes

    async def play():
        with engine_of(a) as engine:
            name = sha256(a.voice.log_origin.encode()).hex()
            mirror = sha256(a.peer.log_origin.encode()).hex()
            return (
                engine.tile(name, "checkpoint"),
                engine.tile(mirror, "checkpoint"),
                engine.tile("0" * 64, "checkpoint"),
            )

    ours, theirs, none = run(play())
    assert ours.startswith(a.voice.log_origin.encode())
    assert theirs.startswith(a.peer.log_origin.encode())
    assert none is None


# --- the day ---------------------------------------------------------------------------------------------------------

CLOSED = "SELECT count(*) FROM opening WHERE kind = 'decision-head'"
MANIFESTS = "SELECT count(*) FROM got WHERE fact = 2"


@pytest.fixture
def two(tmp_path):
    folder = copy_of(paired(), tmp_path)
    made = [opened(folder, name, Ms(MADE + HOUR)) for name in ("ostrel", "vanmere")]
    yield made
    for one in made:
        one.store.close()


def live(two, since, to, *, officer=True):
    """Let Ostrel's courier run from one moment to another; Vanmere is called."""
    near, far = two
    clock = HandClock(Ms(MADE + since), MADE + to)

    async def play():
        with engine_of(far.node, clock) as answering:
            by = near.roster.manifest_officer("XO") if officer else None
            with engine_of(near.node, clock, Line(answering), manifest_by=by) as engine:
                async with running(engine):
                    await until(lambda: clock.done)
                return engine.bell.number

    return run(play())


def test_a_day_is_closed_once_and_a_missed_one_at_the_next_start(two):
    near, far = two
    exchange(near.node, far.node, Ms(MADE + HOUR))
    live(two, DAY - MINUTE, DAY + 30 * MINUTE)
    assert (rows(near.node, CLOSED), rows(far.node, MANIFESTS)) == ([(1,)], [(1,)])
    live(two, DAY + 40 * MINUTE, DAY + 50 * MINUTE)
    assert (rows(near.node, CLOSED), rows(far.node, MANIFESTS)) == ([(1,)], [(1,)])
    live(two, 3 * DAY + 6 * HOUR, 3 * DAY + 6 * HOUR + 5 * MINUTE)
    assert (rows(near.node, CLOSED), rows(far.node, MANIFESTS)) == ([(2,)], [(2,)])
    live(two, 4 * DAY, 4 * DAY + 20 * MINUTE)
    assert rows(near.node, CLOSED) == [(3,)], "by the calendar, not 24 hours after the last"


def test_a_day_is_closed_also_when_no_manifest_can_go(two, caplog):
    near, far = two
    exchange(near.node, far.node, Ms(MADE + HOUR))
    ends = 31 * DAY
    live(two, ends, ends + 5 * MINUTE)
    assert (rows(near.node, CLOSED), rows(far.node, MANIFESTS)) == ([(1,)], [(0,)])
    assert "the daily manifest was not sent; the day is closed in our own log" in caplog.text


def test_without_an_officer_for_it_the_day_stays_open_and_nothing_spins(two):
    near, far = two
    exchange(near.node, far.node, Ms(MADE + HOUR))
    live(two, DAY, DAY + 30 * MINUTE, officer=False)
    assert rows(near.node, CLOSED) == [(0,)]


def test_a_question_of_the_real_law_goes_and_is_receipted(two):
    near, far = two

    async def play():
        clock = SetClock(Ms(MADE + MINUTE))
        with engine_of(far.node, clock) as answering, engine_of(near.node, clock, Line(answering)) as engine:
            async with running(engine):
                done = await engine.submit(question(), ASKS)
                await until(lambda: rows(near.node, "SELECT fact FROM sent WHERE id = ?", done.id) == [(2,)])

    run(play())
