"""What moves in the node's own process is heard in every page process, through the database."""

from __future__ import annotations

import asyncio
import contextlib

from comity.edge.changes import MOVED, Topics
from comity.edge.engine import Bell
from comity.edge.pgchanges import Announcer, DatabaseChanges
from tests.unit.node.world import make_pair


@contextlib.asynccontextmanager
async def announced(bell, database):
    task = asyncio.create_task(Announcer(bell, database).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def heard(rungs):
    return await asyncio.wait_for(anext(rungs), 20)


def test_a_ring_is_heard_with_its_topics_and_one_that_was_missed_may_be_anything(pg):
    node, _ = make_pair()

    async def play():
        bell = Bell()
        bell.ring()
        rungs = DatabaseChanges(pg, Topics(node.ledger)).follow()
        async with announced(bell, pg):
            first = await heard(rungs)
            assert (first.boot, first.key, first.number, first.topics) == (bell.boot, bell.key, 1, frozenset())
            bell.ring(topics=["tasks"])
            assert "tasks" in (await heard(rungs)).topics
            bell.ring([b"\1" * 16], ["tasks"], touched=[b"\2" * 16])
            assert (await heard(rungs)).topics >= {"tasks", *MOVED}
            bell.ring([bytes([n]) * 16 for n in range(65)])
            assert (await heard(rungs)).topics is None
            bell.ring()
            assert (await heard(rungs)).topics is None
        await rungs.aclose()

    asyncio.run(play())


def test_a_node_that_was_started_again_moves_everything(pg):
    node, _ = make_pair()

    async def play():
        rungs = DatabaseChanges(pg, Topics(node.ledger)).follow()
        old, new = Bell(), Bell()
        async with announced(old, pg):
            assert (await heard(rungs)).boot == old.boot
        async with announced(new, pg):
            begun = await heard(rungs)
            assert (begun.boot, begun.topics) == (new.boot, None)
        await rungs.aclose()

    asyncio.run(play())


def test_two_page_processes_hear_the_same_and_a_lost_connection_is_made_again(pg, pg_server):
    node, _ = make_pair()

    async def play():
        bell = Bell()
        both = [DatabaseChanges(pg, Topics(node.ledger)).follow() for _ in range(2)]
        async with announced(bell, pg):
            for rungs in both:
                await heard(rungs)
            bell.ring(topics=["inbox"])
            assert [(await heard(rungs)).topics for rungs in both] == [{"inbox", "link"}] * 2
            pg_server.ask(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'comity pages'"
            )
            for rungs in both:
                assert (await heard(rungs)).topics is None, "whatever was told meanwhile is not known"
            pg_server.ask(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'comity bell'"
            )
            bell.ring(topics=["tasks"])
            for rungs in both:
                assert (await heard(rungs)).topics is None
        for rungs in both:
            await rungs.aclose()

    asyncio.run(play())
