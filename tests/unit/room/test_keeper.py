"""The room's log: one leaf a slot whatever is said, co-signed by the other border, and no log that forks, shrinks or lies."""

from __future__ import annotations

import pytest

from comity.base.ids import Ms
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.entries import RecordLeaf, encode_entry
from comity.dispatch.exchange_codec import decode_exchange, decode_problem
from comity.node import heads
from comity.node.link import LinkState
from comity.node.taken import Problem
from tests.unit.node.world import START
from tests.unit.room.world import SLOT_MS, make_world, slot, talk


def sizes(keeper):
    with keeper.ledger.read() as tx:
        return {role: log_row(tx, role) for role in (LogRole.OURS, LogRole.THEIRS)}


def test_each_slot_adds_one_leaf_that_the_other_border_mirrors_and_co_signs():
    one, two = make_world().pair()
    assert one.link().state is LinkState.UP
    for n in range(1, 4):
        slot(one, two, START + n * SLOT_MS)
    for keeper in (one, two):
        rows = sizes(keeper)
        assert (rows[LogRole.OURS].size, rows[LogRole.OURS].cosigned_size) == (3, 3)
        assert rows[LogRole.THEIRS].size == 3


def test_nothing_is_signed_before_the_other_side_has_answered():
    one = make_world().keeper(make_world().a)
    assert one.link().state is LinkState.RECOVERING
    assert one.turn(Ms(START + SLOT_MS)) == 0
    assert sizes(one)[LogRole.OURS].size == 0


def parted(slots, *, after=1):
    """Two rooms that talked for some slots, signed alone for more, and then both start anew; and when that is."""
    world = make_world()
    one, two = world.pair()
    for _ in range(after):
        world.now += SLOT_MS
        slot(one, two, world.now)
    for _ in range(slots):
        world.now += SLOT_MS
        for keeper in (one, two):
            keeper.turn(Ms(world.now))
            keeper.speak(Ms(world.now))
    world.now += SLOT_MS
    return world, world.keeper(world.a, one.store), world.keeper(world.b, two.store)


def heads_of(keeper):
    with keeper.ledger.read() as tx:
        return tx.rows("SELECT size, time FROM head WHERE role = 'ours' ORDER BY size, time")


@pytest.mark.parametrize("after", [0, 2])
def test_two_that_start_at_once_with_heads_that_did_not_cross_both_come_up(after):
    world, one, two = parted(3, after=after)
    signed = heads_of(one), heads_of(two)
    assert [keeper.turn(Ms(world.now)) for keeper in (one, two)] == [0, 0]
    two.take(one.speak(Ms(world.now)), Ms(world.now))
    assert (heads_of(one), heads_of(two)) == signed  # it asked, and signed nothing new
    one.take(two.speak(Ms(world.now)), Ms(world.now))
    assert one.link().state is LinkState.UP
    two.take(one.speak(Ms(world.now + 1_000)), Ms(world.now + 1_000))
    assert two.link().state is LinkState.UP
    slot(one, two, world.now + 2_000)
    assert all(row.cosigned_size == row.size == 4 + after for one in (one, two) for row in sizes(one).values())


def test_who_starts_goes_back_to_where_the_other_side_says_that_its_mirror_ends():
    world, one, two = parted(2)
    with one.ledger.begin() as book:
        book.change(LogRole.OURS, cosigned_size=2)  # what a copy knew of a co-signature that the other side lost
    problem = gap(two.take, one.speak(Ms(world.now)), Ms(world.now))
    one.take_problem(decode_problem(two.problem_bytes(problem)))
    said = decode_exchange(one.speak(Ms(world.now)))
    assert (said.base, len(said.entries)) == (1, 2)
    talk(one, two, Ms(world.now))
    assert one.link().state is LinkState.UP


def gap(call, *arguments):
    with pytest.raises(Problem) as found:
        call(*arguments)
    assert found.value.code == "gap"
    return found.value


def test_who_starts_far_ahead_shows_the_newest_head_that_one_exchange_reaches(monkeypatch):
    world, one, two = parted(4)
    monkeypatch.setattr(heads, "ENTRIES_AN_EXCHANGE", 2)
    said = decode_exchange(one.speak(Ms(world.now)))
    assert (said.base, len(said.entries)) == (1, 2)
    two.take(one.speak(Ms(world.now)), Ms(world.now))
    one.take(two.speak(Ms(world.now)), Ms(world.now))
    assert sizes(two)[LogRole.THEIRS].size == 3
    assert one.link().state is LinkState.UP


def test_a_turn_within_a_slot_adds_nothing_and_missed_slots_are_made_up():
    one, _ = make_world().pair()
    assert one.turn(Ms(START)) == 1
    assert one.turn(Ms(START + 1)) == 0
    assert one.turn(Ms(START + 3 * SLOT_MS)) == 3
    assert one.turn(Ms(START + 100 * SLOT_MS)) == 16


def test_each_leaf_comes_with_its_place_and_a_lost_answer_costs_one_repeat():
    one, two = make_world().pair()
    one.turn(Ms(START + SLOT_MS))
    request = one.speak(Ms(START + SLOT_MS))
    assert two.take(request, Ms(START + SLOT_MS))
    assert not two.take(request, Ms(START + SLOT_MS))
    talk(one, two, Ms(START + SLOT_MS + 1))
    with two.ledger.read() as tx:
        assert tx.rows("SELECT role, count(*) FROM room_place GROUP BY role") == [("theirs", 1)]


def test_an_entry_that_is_no_blinded_leaf_is_not_taken():
    world = make_world()
    one, two = world.pair()
    with one.ledger.begin() as book:
        book.append_blind([encode_entry(RecordLeaf("x", bytes(32)))])
    from tests.unit.room.world import refused

    assert refused(two.take, one.speak(Ms(START + SLOT_MS)), Ms(START + SLOT_MS)) == "unproven-head"


def test_a_room_that_starts_again_says_its_old_head_until_the_other_side_has_answered():
    world = make_world()
    one, two = world.pair()
    slot(one, two, START + SLOT_MS)
    before = sizes(one)[LogRole.OURS]
    again = world.keeper(world.a, store=one.store, seed="again")
    assert again.link().state is LinkState.RECOVERING
    said = decode_exchange(again.speak(Ms(START + 2 * SLOT_MS)))
    after = sizes(again)[LogRole.OURS]
    assert (after.head_size, after.head_time) == (before.head_size, before.head_time), "nothing new is signed"
    assert (said.base, said.cosignature) == (1, None)
    assert said.checkpoint.splitlines()[1] == "1"
    talk(again, two, Ms(START + 2 * SLOT_MS))
    assert again.link().state is LinkState.UP
