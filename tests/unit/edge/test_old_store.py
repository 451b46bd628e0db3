"""Two folders of one node, as after a restore on another machine: the program is started on the old one, or never ended there."""

from __future__ import annotations

import asyncio
import json
import shutil
from types import SimpleNamespace

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms, show_id
from comity.cli.main import main
from comity.dispatch.states import Committed
from comity.edge.clock import SetClock
from comity.edge.doctor import Grade, examine
from comity.edge.engine import Engine
from comity.edge.oldstore import left_behind
from tests.unit.edge.driven import running, until
from tests.unit.edge.test_recovery import Way
from tests.unit.edge.twofolders import ASKS, MADE, copy_of, opened, paired, question

STEP = 60_000


def run_for(*pairs, at, done):
    """Let engines run, each with its way to the last one, until `done`."""

    async def play():
        *callers, far = pairs
        clock = SetClock(Ms(MADE + at))
        peer = Engine(far.node, clock, None)
        engines = [Engine(one.node, clock, Way(peer)) for one in callers]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(stay(engine)) for engine in engines]
            await until(done, 20)
            for task in tasks:
                task.cancel()
        for engine in (*engines, peer):
            engine.close()

    async def stay(engine):
        async with running(engine):
            await asyncio.Event().wait()

    asyncio.run(play())


def state(one):
    return one.node.link().state.value


def settled(one):
    with one.store.read() as tx:
        return state(one) == "up" and not tx.rows("SELECT 1 FROM sent WHERE settled_at IS NULL")


def whole(*ends):
    """Say whether both sides have co-signed all that the other one holds."""
    for one in ends:
        with one.store.read() as tx:
            if tx.rows("SELECT 1 FROM log WHERE role = 'ours' AND cosigned_size < size"):
                return False
    return settled(ends[0])


def asks(one, at):
    (outcome,) = one.node.submit([(question(), ASKS)], Ms(MADE + at))
    assert isinstance(outcome, Committed)
    return outcome.id


def start(base, name, at):
    one = opened(base, name, Ms(MADE + at))
    one.node.starts(Ms(MADE + at))
    return one


@pytest.fixture
def world(tmp_path):
    """A node that sent after its copy was made, its peer, and the folder of the same node with that copy, not started yet."""
    base = copy_of(paired(), tmp_path)
    peer, old = (start(base, name, STEP) for name in ("vanmere", "ostrel"))
    peer.node.can_call = False
    first = asks(old, STEP)
    run_for(old, peer, at=STEP, done=lambda: settled(old) and state(peer) == "up")
    assert main(["node", "backup", str(base / "ostrel"), str(tmp_path / "copy.db")]) == 0
    co_signed = asks(old, 2 * STEP)
    run_for(old, peer, at=2 * STEP, done=lambda: whole(old, peer))
    (tmp_path / "other").mkdir()
    shutil.copytree(base / "ostrel", tmp_path / "other" / "ostrel", ignore=shutil.ignore_patterns("node.db*"))
    assert main(["node", "restore", str(tmp_path / "other" / "ostrel"), str(tmp_path / "copy.db")]) == 0
    made = SimpleNamespace(base=base, home=tmp_path / "other", peer=peer, old=old, first=first, co_signed=co_signed)
    yield made
    for one in (made.peer, made.old, getattr(made, "new", made.old)):
        one.store.close()


def restored(world, at):
    world.new = start(world.home, "ostrel", at)
    run_for(world.new, world.peer, at=at, done=lambda: settled(world.new))
    return world.new


def test_a_program_that_is_started_on_the_old_store_stops_and_says_so(world, capsys):
    # docs/adr/0097-old-store.md
    unsent = asks(world.old, 3 * STEP)
    world.old.store.close()
    new = restored(world, 4 * STEP)
    world.old = start(world.base, "ostrel", 5 * STEP)
    run_for(world.old, world.peer, at=5 * STEP, done=lambda: state(world.old) == "superseded")
    asks(new, 6 * STEP)
    run_for(new, world.peer, at=6 * STEP, done=lambda: settled(new))
    assert (state(new), state(world.peer)) == ("up", "up")
    world.old.store.close()
    (link,) = [one for one in examine(world.base / "ostrel", Ms(MADE + 6 * STEP)) if one.what == "link"]
    assert (link.grade, link.says[:10]) == (Grade.BAD, "superseded")
    assert "stop this program" in link.do
    capsys.readouterr()
    there = [str(world.home / "ostrel"), str(world.base / "ostrel")]
    assert main(["node", "left", *there, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    why = {one["id"]: one["why"] for one in said["left"]}
    assert why == {show_id(unsent): "unsent", show_id(world.co_signed): "content"}
    assert said["records"] > 0
    assert main(["node", "left", *there]) == 0
    shown = capsys.readouterr().out
    assert show_id(unsent) in shown
    assert "send it again" in shown


def test_a_program_that_never_ended_on_the_old_store_stops_while_the_new_one_goes_on(world):
    asks(world.old, 3 * STEP)
    world.new = start(world.home, "ostrel", 4 * STEP)
    run_for(world.new, world.peer, at=4 * STEP, done=lambda: settled(world.new))
    asks(world.new, 5 * STEP)
    run_for(
        world.old, world.new, world.peer, at=5 * STEP,
        done=lambda: state(world.old) == "superseded" and settled(world.new),
    )  # fmt: skip
    for one in (world.old, world.new, world.peer):
        with one.store.read() as tx:
            assert tx.rows("SELECT 1 FROM evidence") == []
    assert state(world.peer) == "up"
    with world.old.store.read() as tx:
        assert tx.rows("SELECT role FROM alarm WHERE kind = 'superseded'") == [("duty-officer",)]


def test_the_file_that_a_restore_keeps_is_an_old_store_too_and_that_of_another_node_is_none(world, tmp_path):
    new = restored(world, 4 * STEP)
    held, records = left_behind(world.home / "ostrel", world.base / "ostrel" / "node.db")
    assert [(one.why, one.id) for one in held] == [("content", world.co_signed)]
    assert records > 0
    assert left_behind(world.base / "ostrel", world.base / "ostrel")[0] == ()
    with pytest.raises(BadConfiguration, match="not an old store"):
        left_behind(world.home / "ostrel", world.base / "vanmere")
    with pytest.raises(BadConfiguration, match="not there"):
        left_behind(world.home / "ostrel", tmp_path / "none.db")
    assert state(new) == "up"
