"""What a ring moves: the case, the lists, the link when its state does; and what is forgotten may be anything."""

from __future__ import annotations

import asyncio

import pytest

from comity.base.ids import show_id
from comity.edge import engine
from comity.edge.bell import Bell, News
from comity.edge.changes import MOVED, NearChanges, Topics
from tests.unit.edge.twofolders import ASKS, MADE, copy_of, opened, paired, question


@pytest.fixture
def node(tmp_path):
    found = opened(copy_of(paired(), tmp_path), "ostrel")
    found.node.starts(MADE)
    yield found
    found.store.close()


def test_a_dispatch_moves_its_case_and_every_list(node):
    (sent,) = node.node.submit([(question(), ASKS)], MADE)
    topics = Topics(node.node.ledger)
    topics.of(News(1, (), frozenset({"log"})))
    wanted = {f"case:{show_id(sent.case)}", *MOVED}
    assert topics.of(News(2, (sent.id,), None)) == wanted
    assert topics.of(News(2, (), frozenset({"tasks"}), (sent.id,))) == wanted | {"tasks"}
    assert topics.of(News(3, (b"\1" * 16,), None)) == MOVED, "a dispatch that is not here yet"


def test_a_ring_that_names_nothing_may_be_anything_and_so_may_very_many(node):
    topics = Topics(node.node.ledger)
    assert topics.of(News(1, (), None)) is None
    assert topics.of(News(1, tuple(bytes([n]) * 16 for n in range(65)), None)) is None


def test_the_link_is_told_when_its_state_moves(node):
    topics = Topics(node.node.ledger)
    assert "link" in topics.of(News(1, (), frozenset({"log"})))
    assert topics.of(News(2, (), frozenset({"log"}))) == {"log"}
    with node.node.ledger.begin() as book:
        book.tx.run("UPDATE link SET state = 'silent'")
    assert topics.of(News(3, (), frozenset({"log"}))) == {"log", "link"}


def test_the_bell_tells_what_it_forgot(monkeypatch):
    monkeypatch.setattr(engine, "_NEWS_KEPT", 3)
    bell = Bell()
    for _ in range(5):
        bell.ring(topics=["inbox"])
    assert [one.number for one in bell.after(2)] == [3, 4, 5]
    forgotten, *rest = bell.after(0)
    assert (forgotten.number, forgotten.topics, len(rest)) == (2, None, 3)
    assert bell.after(5) == ()


def test_near_changes_follow_from_now(node):
    async def play():
        bell = Bell()
        bell.ring()
        rungs = NearChanges(bell, Topics(node.node.ledger)).follow()
        first = await anext(rungs)
        assert (first.boot, first.key, first.number, first.topics) == (bell.boot, bell.key, 1, frozenset())
        bell.ring(topics=["tasks"])
        bell.ring()
        assert "tasks" in (await anext(rungs)).topics
        assert (await anext(rungs)).topics is None

    asyncio.run(play())
