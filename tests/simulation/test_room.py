"""A restricted room in simulated trouble: nothing forks, no note is lost or stands twice; and each fault that must be caught is planted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from comity.room.keeper import Keeper
from comity.sim.agenda import Agenda
from comity.sim.chance import Chance
from comity.sim.exercise import START_MS
from comity.sim.faults import MINUTE_MS, Injected, calm_plan, plan_of
from comity.sim.room import ITEMS, SLOT_MS, RoomBeside
from comity.sim.ruled import Broken
from comity.sim.world import Settings, World
from tests.simulation.disks import make_disk

ROOM = ((1, (Path(__file__).parents[2] / "src/comity/room/schema/0001_room.sql").read_text(encoding="utf-8")),)
WORK = 60 * MINUTE_MS
PARTED = replace(calm_plan(WORK), partings=((15 * MINUTE_MS, 45 * MINUTE_MS),))
FALL = 42 * MINUTE_MS
PUT_BACK = replace(calm_plan(WORK), put_backs=((0, 19 * MINUTE_MS, 41 * MINUTE_MS),))


def played(plan, seed=1, keeper=Keeper, falls=()):
    """Let a room happen, both sides fall at some times, heal it, and return it with what was injected once it is settled."""
    agenda, injected = Agenda(START_MS), Injected()
    room = RoomBeside(f"world {seed}", agenda, plan, injected, make_disk, ROOM, keeper)
    for at in falls:
        agenda.after(at, partial(fall, room))
    for end in (plan.work_ms, plan.work_ms + 12 * SLOT_MS):
        while agenda.now < START_MS + end and not (room.healed and not room.behind()):
            agenda.step()
        room.heal()
    assert room.behind() == ""
    return room, injected


def fall(room):
    for side in room.sides:
        side.keeper = None


def test_a_calm_room_has_every_note_once():
    room, injected = played(calm_plan(WORK))
    assert not injected
    for side in room.sides:
        with side.store.read() as tx:
            assert tx.rows("SELECT count(*) FROM room_waiting") == [(0,)]
            entries = [row[0] for row in tx.rows("SELECT entry FROM entry WHERE role = 'ours'")]
        assert [entries.count(one.leaf) for one in side.tray] == [1] * ITEMS


def test_a_room_that_is_put_back_gets_all_of_it_again():
    room, injected = played(PUT_BACK)
    assert injected == {"put-back": 1}
    assert room.sides[0].keeper.gaps() == ()


def test_both_sides_that_start_at_once_while_no_letter_arrives_come_up():
    """Seeds 334 and 496: each called what the other said a gap, for ever, and no note came any more."""
    played(PARTED, falls=(FALL,))


@pytest.mark.parametrize("seed", range(4))
def test_a_room_comes_through_losses_restarts_and_a_failing_disk(seed):
    plan = plan_of(Chance(f"rough {seed}"))
    rough = replace(plan, lose=0.3, repeat=0.3, not_stored=0.1, answer_lost=0.1, crash_inside=0.05, crash_after=0.05)
    _, injected = played(replace(rough, work_ms=WORK, put_backs=PUT_BACK.put_backs), seed)
    assert injected["put-back"] == 1
    assert sum(injected.values()) > 1


class Twice(Keeper):
    """Lets what has its place in the log that came back wait all the same."""

    def _forget_waiting(self, book, entries):
        """Forget nothing."""


class Forgets(Keeper):
    """Loses what it is handed."""

    def hand_in(self, slot, now):
        """Keep nothing."""


class Lazy(Keeper):
    """Never asks for what stood behind its lost leaves."""

    def gaps(self):
        """Say that there are none."""
        return ()


class Hasty(Keeper):
    """Signs on from its put-back store without asking."""

    def _look(self, exchange, book, now):
        """Believe its own store."""
        self.lost = None
        if self.link().state == "recovering":
            self._move(book, "recovered", now, "x")


class FromItsHead(Keeper):
    """Says what it signed from its newest head on when it starts, whatever the other side has of it."""

    def _say_stored(self, book, now):
        """Show no entries."""
        said = super()._say_stored(book, now)
        return replace(said, base=said.size, entries=(), dispatches=())


def all_played(keeper):
    for seed in range(6):
        played(PUT_BACK, seed, keeper)
        played(PARTED, seed, keeper, falls=(FALL,))


@pytest.mark.parametrize("keeper", [Twice, Forgets, Lazy, Hasty, FromItsHead])
def test_a_room_with_a_planted_fault_is_broken_or_never_settles(keeper):
    with pytest.raises((Broken, AssertionError)):
        all_played(keeper)


def test_worlds_have_rooms_where_they_are_wanted():
    worlds = [World(Settings(seed, 4, calm_plan(WORK), room=ROOM), make_disk) for seed in range(24)]
    with_rooms = [one for one in worlds if one.room is not None]
    assert 0 < len(with_rooms) < len(worlds) // 2
    assert with_rooms[0].run().broken is None
    assert World(Settings(with_rooms[0].settings.seed, 4, calm_plan(WORK)), make_disk).room is None
