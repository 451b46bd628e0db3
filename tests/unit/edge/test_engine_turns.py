"""An engine takes and says in one turn of its store where nothing stands against it, and stores what it takes in any case."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from comity.base.errors import StoreError
from comity.dispatch.states import Committed
from comity.edge.clock import SetClock
from comity.edge.engine import Engine
from tests.unit.edge.driven import FailingStore, Line, at, engine_of, link, rows, run, running, until
from tests.unit.node.world import form, store_of

SENT = "SELECT fact FROM sent ORDER BY idx"
GOT = "SELECT fact FROM got ORDER BY idx"


class Late(SetClock):
    """A clock that stands, so that nothing falls due meanwhile."""

    def __init__(self) -> None:
        super().__init__(at(60_000), 0)


class Busy(Line):
    """A line on which one more form is handed in while a certain exchange is under way."""

    near: Engine
    at = -1
    begun = 0

    async def exchange(self, body):
        answer = await super().exchange(body)
        if len(self.carried) == self.at:
            await self.near.submit(*form("second"))
            self.begun = self.near.node.ledger._store.begun
        return answer


@pytest.fixture
def pair():
    """Give a caller over a store that can fail, and the one that it calls; what has no company was said."""
    store = FailingStore(store_of())
    a, b = link(store)
    for caller, called in ((a, b), (b, a), (a, b)):
        called.take(caller.speak(at(30_000)), at(30_000))
        caller.take(called.speak(at(30_000)), at(30_000))
    return store, a, b


@asynccontextmanager
async def at_rest(a, b, kind=Line):
    """Give the engine of the caller, whose courier has nothing to say, and the line to the one that it calls."""
    with engine_of(b, Late()) as far:
        line = kind(far)
        with engine_of(a, Late(), line) as near:
            async with running(near):
                await until(lambda: near._rests)
                yield near, line


def test_a_form_that_finds_the_courier_at_rest_is_stored_and_said_in_one_transaction(pair):
    store, a, b = pair

    async def play():
        async with at_rest(a, b) as (near, line):
            before, said = store.begun, len(line.carried)
            done = await near.submit(*form())
            await until(lambda: rows(a, SENT) == [(2,)])
            return done, store.begun - before, line.said[said]

    done, transactions, said = run(play())
    assert isinstance(done, Committed)
    assert transactions == 2, "the form with what is said of it; the answer"
    assert [index for index, _ in said.dispatches] == [done.index]
    assert rows(b, GOT) == [(2,)]


def test_an_answer_and_what_is_said_next_are_one_transaction(pair):
    """A form that comes while an exchange is under way goes with the answer to that."""
    store, a, b = pair

    async def play():
        async with at_rest(a, b, Busy) as (near, line):
            line.near, line.at = near, len(line.carried) + 1
            await near.submit(*form("first"))
            await until(lambda: rows(a, SENT) == [(2,), (2,)])
            return store.begun - line.begun

    assert run(play()) == 2, "the answer with what is said next; the answer to that"


def test_what_stands_in_the_way_of_saying_does_not_keep_forms_from_being_stored(pair):
    _, a, b = pair

    def stumbles(*_, **__):
        raise LookupError("planted")

    async def play():
        async with at_rest(a, b) as (near, _):
            a._say_too = stumbles
            done = await near.submit(*form())
            await until(lambda: rows(a, SENT) == [(2,)])
            return done

    assert isinstance(run(play()), Committed)


def test_a_store_that_fails_is_told_to_who_handed_in_and_nothing_has_left(pair):
    store, a, b = pair

    async def play():
        async with at_rest(a, b) as (near, line):
            said = len(line.carried)
            store.faults.append("before")
            with pytest.raises(StoreError):
                await near.submit(*form())
            assert len(line.carried) == said
            await near.submit(*form("again"))
            await until(lambda: rows(a, SENT) == [(2,)])

    run(play())
    assert len(rows(b, GOT)) == 1


def test_an_answer_that_cannot_be_said_with_what_it_answers_is_made_apart(pair):
    _, a, b = pair

    def stumbles(*_, **__):
        raise LookupError("planted")

    async def play():
        with engine_of(b, Late()) as far, engine_of(a, Late(), Line(far)) as near:
            b._say_too = stumbles
            async with running(near):
                await near.submit(*form())
                await until(lambda: rows(a, SENT) == [(2,)])

    run(play())
    assert rows(b, GOT) == [(2,)]
