"""The edge of a start: it asks, fetches from the peer's tiles, waits in good order, and puts copies of stores back."""

from __future__ import annotations

import asyncio

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.cli.main import main
from comity.dispatch.exchange_codec import Problem, encode_problem
from comity.edge.backup import backup_store, put_back_store
from comity.edge.clock import SetClock
from comity.edge.config import read_config
from comity.edge.courier_client import NoAnswer
from comity.edge.engine import Engine
from comity.edge.opening import open_node
from comity.node.logfiles import origin_hash
from tests.unit.edge.driven import running, until
from tests.unit.edge.twofolders import MADE, copy_of, paired
from tests.unit.node.putback import SECOND, START, Side, note, settle

T = Ms(START + 60 * SECOND)


class Way:
    """The way to another engine; each step of `script` answers first."""

    def __init__(self, other, *script, tiles=True):
        self.other, self.script, self.tiles, self.asked = other, list(script), tiles, []

    async def exchange(self, body):
        return await self.other.exchange(body)

    async def recover(self, body):
        self.asked.append(body)
        await asyncio.sleep(0)
        if self.script:
            return self.script.pop(0)
        return await self.other.recover(body)

    async def tile(self, origin, path):
        found = self.other.tile(origin_hash(origin), path) if self.tiles else None
        return (404, b"") if found is None else (200, found)


@pytest.fixture
def two():
    a, b = Side(0), Side(1)
    a.node.submit([note("a1")], START)
    settle(a, b, START)
    return a, b


def engines(a, b, *script, **more):
    clock = SetClock(T)
    far = Engine(b.node, clock, None)
    way = Way(far, *script, **more)
    return Engine(a.node, clock, way), far, way


def started(a, b, *script, seconds=10, **more):
    """Start `a` with a way to `b` and wait until its link is up; return what it asked."""

    async def play():
        a.node.starts(T)
        near, far, way = engines(a, b, *script, **more)
        async with running(near):
            await until(lambda: a.state == "up", seconds)
        near.close()
        far.close()
        return way.asked

    return asyncio.run(play())


def test_a_start_asks_once_where_nothing_was_lost(two):
    assert len(started(*two)) == 1


def test_a_put_back_store_is_fetched_and_mended(two):
    a, b = two
    image = a.store.image()
    a.node.submit([note("a2")], T)
    b.node.submit([note("b2")], T)
    settle(a, b, T)
    a.put_back(image)
    assert len(started(a, b)) == 2
    assert a.rows("SELECT kind FROM instrument WHERE kind = 'restored'") == [("restored",)]


def test_no_answer_a_problem_and_something_else_are_waited_out(two):
    slow = (503, encode_problem(Problem("slow-down", 1, 0, None, 0)))
    stale = (409, encode_problem(Problem("stale-incarnation", 0, 0, None, 0)))
    a, b = two
    asked = started(a, b, NoAnswer.UNREACHABLE, slow, stale, seconds=60)
    assert len(asked) == 4
    assert len(set(asked)) == 1, "the same question is repeated"


def test_what_is_no_answer_moves_nothing(two):
    a, b = two

    async def play():
        a.node.starts(T)
        near, far, way = engines(a, b, (500, b"x"), (200, b"x"))
        async with running(near):
            await until(lambda: way.asked)
            await asyncio.sleep(0.05)
        assert a.state == "recovering"
        near.close()
        far.close()

    asyncio.run(play())


def test_the_endpoint_answers_and_refuses(two):
    a, b = two

    async def play():
        a.node.starts(T)
        near, far, _ = engines(a, b)
        status, _ = await far.recover(a.node.recover_request())
        assert status == 200
        status, body = await far.recover(b"none")
        assert status == 400
        assert b"bad-envelope" in body
        near.close()
        far.close()

    asyncio.run(play())


def test_a_node_that_can_only_be_called_waits_for_the_call(two):
    a, b = two

    async def play():
        b.node.starts(T)
        near, far, _ = engines(a, b)
        async with running(far):
            await asyncio.sleep(0.02)
            assert b.state == "recovering"
            status, _ = await far.exchange(a.node.speak(T))
            assert (status, b.state) == (200, "up")
        near.close()
        far.close()

    asyncio.run(play())


# --- copies of a store ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    base = copy_of(paired(), tmp_path)
    home = base / "ostrel"
    open_node(read_config(home), MADE).store.close()
    return home


def test_a_copy_is_made_and_put_back_and_the_store_before_it_is_kept(folder, tmp_path, capsys):
    copy = tmp_path / "copy.db"
    assert main(["node", "backup", str(folder), str(copy)]) == 0
    assert main(["node", "restore", str(folder), str(copy)]) == 0
    said = capsys.readouterr().out
    assert "recovering" in said or "asks the other side" in said
    assert len(list(folder.glob("node.db.replaced-*"))) >= 1
    opened = open_node(read_config(folder), MADE)
    with opened.store.read() as tx:
        assert tx.rows("SELECT value FROM counter WHERE name = 'put-back'") == [(1,)]
    opened.store.close()


def test_nothing_is_written_over_and_no_other_nodes_store_is_taken(folder, tmp_path):
    copy = tmp_path / "copy.db"
    backup_store(folder, copy)
    with pytest.raises(BadConfiguration, match="there already"):
        backup_store(folder, copy)
    other = folder.parent / "vanmere"
    open_node(read_config(other), MADE).store.close()
    with pytest.raises(BadConfiguration, match="not a copy"):
        put_back_store(other, copy, MADE)
    with pytest.raises(BadConfiguration, match="not there"):
        put_back_store(folder, tmp_path / "none.db", MADE)
    (tmp_path / "rubbish.db").write_bytes(b"x" * 5_000)
    with pytest.raises(BadConfiguration, match="no store"):
        put_back_store(folder, tmp_path / "rubbish.db", MADE)
    assert not list(folder.glob("*.coming*"))


def test_a_node_without_a_store_has_nothing_to_copy(tmp_path):
    base = copy_of(paired(), tmp_path)
    with pytest.raises(BadConfiguration, match="no store yet"):
        backup_store(base / "vanmere", tmp_path / "copy.db")


def test_a_peer_that_asks_is_there_again_and_the_pause_is_over(two):
    a, b = two

    class Refuses(Way):
        async def exchange(self, body):
            self.asked.append(body)
            if len(self.asked) == 1:
                return 503, encode_problem(Problem("recovering", 1, 0, None, 0))
            return await super().exchange(body)

    async def play():
        a.node.submit([note("waits")], T)
        clock = SetClock(T, 0)  # it stands still: no pause ends by itself
        far = Engine(b.node, clock, None)
        way = Refuses(far)
        near = Engine(a.node, clock, way)
        async with running(near):
            await until(lambda: way.asked)
            await asyncio.sleep(0.05)
            assert len(way.asked) == 1
            b.node.starts(T)
            await near.recover(b.node.recover_request())
            await until(lambda: len(way.asked) > 1)
        near.close()
        far.close()

    asyncio.run(play())


def test_a_start_with_a_clock_far_ahead_goes_on_once_the_clock_is_right(two):
    """The question under that time was kept and asked on, and refused until its time would have come."""
    a, b = two
    before = a.store.image()
    a.node.submit([note("since the copy")], T)
    settle(a, b, T)
    a.put_back(before)
    far = Ms(T + 400 * 86_400 * SECOND)
    a.node.starts(far)
    a.node.take_recovered(b.node.take_recover(a.node.recover_request(), T), far)
    wrong = a.node.recover_request()
    asked = started(a, b, seconds=60)
    assert asked[0] == wrong
    assert wrong not in asked[1:]
