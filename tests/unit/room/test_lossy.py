"""Two rooms over a network that loses, repeats and delays, with kills and a store that is put back: nobody is accused, nothing is lost."""

from __future__ import annotations

import random

import pytest

from comity.base.ids import Ms
from comity.dispatch.book import LogRole, log_row
from comity.node.link import LinkState
from comity.node.taken import Problem
from tests.unit.room.world import SLOT_MS, make_world, notes, read_as, say, talk


def try_take(keeper, data, now) -> None:
    try:
        keeper.take(data, now)
    except Problem as problem:
        if problem.code != "gap":
            raise


@pytest.mark.parametrize("seed", range(4))
def test_what_is_lost_repeated_or_late_changes_nothing_in_the_end(seed):
    chance, world = random.Random(seed), make_world()
    rooms = list(world.pair())
    said, late = [], []
    for _ in range(8):
        world.now += SLOT_MS
        if chance.random() < 0.5:
            side = chance.randrange(2)
            said.append(say(world, rooms[side], ("a1", "b1")[side], f"note {len(said)}").id)
        for room in rooms:
            room.turn(Ms(world.now))
        for caller, called in (rooms, rooms[::-1]):
            request = caller.speak(Ms(world.now))
            late.append((called, request))
            if chance.random() < 0.6:
                try_take(called, request, Ms(world.now))
                answer = called.speak(Ms(world.now))
                if chance.random() < 0.6:
                    try_take(caller, answer, Ms(world.now))
        if late and chance.random() < 0.5:
            called, old = late[chance.randrange(len(late))]
            try_take(called, old, Ms(world.now))
    for _ in range(3):
        world.now += 1_000
        talk(*rooms, Ms(world.now))
        talk(*rooms[::-1], Ms(world.now))
    for room, other in (rooms, rooms[::-1]):
        assert room.link().state is LinkState.UP
        with room.ledger.read() as tx, other.ledger.read() as there:
            assert tx.rows("SELECT count(*) FROM evidence") == [(0,)]
            assert log_row(tx, LogRole.THEIRS).size == log_row(there, LogRole.OURS).size == 8
            assert tx.rows("SELECT count(*) FROM room_place") == [(16,)]
    for who, room in (("a2", rooms[0]), ("b2", rooms[1])):
        read = notes(read_as(world, who, room))
        assert sorted(one.note.header.id for one in read) == sorted(said)
