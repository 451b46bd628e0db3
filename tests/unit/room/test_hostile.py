"""What a hostile border does to a room is noticed: by the other room, or by the named person who believes no node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadProof, BadSignature
from comity.base.ids import Digest, LeafIndex, Ms
from comity.dispatch.book import LogRole, log_row
from comity.dispatch.entries import RecordLeaf, encode_entry
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.node.link import LinkState
from comity.room.box import MAX_BOX, check_log, decode_box, encode_box
from comity.room.charter import room_origin, verify_charters
from comity.room.keeper import CATCH_UP, WANTS, Lost, RoomKeys, _voice, place_of_log
from comity.room.reading import read_room
from comity.room.slot import Found
from comity.tlog.checkpoint import Seconds, cosign, make_checkpoint, merge, sign_head
from comity.tlog.tree import Edge, leaf_hash
from tests.unit.node.world import START, A
from tests.unit.room.world import (
    SLOT_MS,
    box_of,
    chamber,
    logs_of,
    make_world,
    notes,
    read_as,
    refused,
    say,
    slot,
    store_of,
    talk,
    turn,
)  # fmt: skip


def told():
    """A room in which a1 said one thing, with a box of the reader's side."""
    world = make_world()
    one, two = world.pair()
    say(world, one, "a1")
    turn(world, one, two)
    turn(world, one, two)
    return world, one, two


def turned():
    """A room whose borders have each signed a head."""
    world = make_world()
    one, two = world.pair()
    turn(world, one, two)
    return world, one, two


def second(world, seed):
    """A border that runs the same keys over a second store and skips the start."""
    other = world.keeper(world.a, seed=seed)
    with other.ledger.begin() as book:
        other._move(book, "recovered", Ms(world.now), "x")
    return other


def spoken(*who):
    """A room a slot later, and what its first border then says: a note of each of `who`, or a cover."""
    world = make_world()
    one, two = world.pair()
    for name in who:
        say(world, one, name)
    world.now += SLOT_MS
    one.turn(Ms(world.now))
    return world, one, two, decode_exchange(one.speak(Ms(world.now)))


def faults(world, box, seen=(None, None)):
    return [fault for log in logs_of(world, box, world.now, seen) for fault in log.faults]


# --- the other side's border ----------------------------------------------------------------------------------------


def test_a_room_log_that_is_forked_is_evidence_and_stops_the_room():
    world, one, two = turned()
    other = second(world, "fork")
    other.turn(Ms(world.now))
    assert refused(two.take, other.speak(Ms(world.now + 5)), Ms(world.now + 5)) == "broken"
    assert two.link().state is LinkState.BROKEN
    with two.ledger.read() as tx:
        assert [row[0] for row in tx.rows("SELECT class FROM evidence")] == ["equivocation"]
    assert refused(two.take, one.speak(Ms(world.now + 9)), Ms(world.now + 9)) == "broken"
    assert two.turn(Ms(world.now + SLOT_MS)) == 0


def test_a_room_log_that_goes_on_from_another_past_is_not_taken():
    world, _, two = turned()
    other = second(world, "fork")
    for n in range(1, 4):
        other.turn(Ms(world.now + n * SLOT_MS))
    assert refused(two.take, other.speak(Ms(world.now + 5)), Ms(world.now + 5)) == "unproven-head"


def test_places_that_are_withheld_are_named_debts_and_come_when_asked_for():
    world, one, two, honest = spoken("a1")
    two.take(encode_exchange(replace(honest, dispatches=())), Ms(world.now))
    answer = two.speak(Ms(world.now))
    assert decode_exchange(answer).wants == (0,)
    one.take(answer, Ms(world.now))
    assert any("1 places were not handed over, the first is 0" in fault for fault in faults(world, box_of(world, two)))
    talk(one, two, Ms(world.now + 1))
    assert len(notes(read_as(world, "b1", two))) == 1


@pytest.mark.parametrize("part", [0, 1])
def test_a_place_that_is_altered_on_the_way_is_found_by_the_person(part):
    world, one, two, honest = spoken("a1")
    rows = list(honest.dispatches)
    index, data = rows[part]
    rows[part] = index, data[:150] + bytes([data[150] ^ 1]) + data[151:]
    two.take(encode_exchange(replace(honest, dispatches=tuple(rows))), Ms(world.now))
    talk(one, two, Ms(world.now + 1))
    (found,) = [one for one in read_as(world, "b1", two) if one.found is Found.ALTERED]
    assert (found.ours, found.index) == (False, 0)


def test_a_note_whose_place_was_filled_with_a_cover_is_found_by_the_person():
    world, one, two, honest = spoken("a1")
    cover = one._next(_NoRows(), world.charter)
    rows = ((honest.dispatches[0][0], cover.opening), (honest.dispatches[0][0], cover.behind))
    two.take(encode_exchange(replace(honest, dispatches=rows)), Ms(world.now))
    talk(one, two, Ms(world.now + 1))
    assert [one.found for one in read_as(world, "b1", two) if not one.ours] == [Found.ALTERED]


class _NoRows:
    def rows(self, *_):
        return []


def test_a_place_of_another_size_or_without_a_leaf_is_dropped():
    world, _, two, honest = spoken()
    (index, opening), (_, behind) = honest.dispatches
    for rows in (
        ((index, opening), (index, behind + b"0")),
        ((7, opening), (7, behind)),
        ((index, b"x"), (index, b"y")),
        ((index, opening),),
    ):
        two.take(encode_exchange(replace(honest, dispatches=rows)), Ms(world.now))
    with two.ledger.read() as tx:
        assert tx.rows("SELECT count(*) FROM room_place") == [(0,)]
        assert tx.rows("SELECT value FROM counter WHERE name = 'place-dropped'") == [(4,)]


# --- our own border, or whoever hands the box over ------------------------------------------------------------------


def test_a_log_that_was_put_back_or_forked_is_found_by_who_saw_it_before():
    world, _, two = told()
    box = box_of(world, two)
    before = logs_of(world, box, world.now)
    seen = tuple(log.seen for log in before)
    assert faults(world, box, seen) == []
    short = replace(box, theirs=replace(box.theirs, entries=box.theirs.entries[:1], heads=box.theirs.heads[:1]))
    assert any("it was put back, or is withheld" in fault for fault in faults(world, short, seen))
    other = make_world()
    three, four = other.keeper(other.a, seed="again"), other.keeper(other.b, seed="again")
    talk(three, four, Ms(other.now))
    for _ in range(3):
        turn(other, three, four)
    assert any("it was forked" in fault for fault in faults(other, box_of(other, four), seen))


def test_a_log_that_stands_still_is_named():
    world, _, two = told()
    box = box_of(world, two)
    world.now += 10 * SLOT_MS
    assert sum("stands still" in fault for fault in faults(world, box)) == 2


def test_a_box_with_another_entry_head_or_key_is_not_believed():
    world, _, two = told()
    box = box_of(world, two)
    charters = verify_charters(box.charters, box.accord)

    def check(theirs):
        check_log(theirs, box, charters, ours=False, seen=None, now=Ms(world.now))

    entries = (bytes(len(box.theirs.entries[0])), *box.theirs.entries[1:])
    with pytest.raises(BadProof):
        check(replace(box.theirs, entries=entries))
    with pytest.raises(BadSignature):
        check(replace(box.theirs, heads=(box.ours.heads[0],)))
    head = box.theirs.heads[-1].splitlines(keepends=True)
    with pytest.raises(BadSignature):  # without the other border's co-signature
        check(replace(box.theirs, heads=("".join(head[:-2]),)))


@pytest.mark.parametrize("entry", [encode_entry(RecordLeaf("x", Digest(bytes(32)))), b"no entry"])
def test_an_entry_that_both_borders_signed_and_that_no_room_holds_is_not_believed(entry):
    world, _, two = told()
    box = box_of(world, two)
    entries = (entry, *box.theirs.entries[1:])
    edge, _ = Edge().append([leaf_hash(one) for one in entries])
    charters = verify_charters(box.charters, box.accord)
    time, checkpoint = Seconds(world.now // 1000), make_checkpoint(room_origin(A, 1), edge.size, edge.root())
    log = _voice(charters[0].sides[0], charters[0], RoomKeys(world.a.log, world.a.cosigner)).log_keys
    witness = _voice(charters[0].sides[1], charters[0], RoomKeys(world.b.log, world.b.cosigner)).cosigner_keys
    note = merge(sign_head(checkpoint, (log,), time).note, cosign(checkpoint, witness, time).note)
    with pytest.raises(BadProof, match="an entry of a room's log that is"):
        check_log(
            replace(box.theirs, entries=entries, heads=(note,)), box, charters, ours=False, seen=None, now=Ms(world.now)
        )


@pytest.mark.parametrize(("joined", "count"), [(b"", 1), (b"x", 0), (b"xyz", 2)])
def test_a_box_whose_entries_do_not_divide_is_none(joined, count):
    world, _, two = told()
    row = list(cbor.decode(encode_box(box_of(world, two)), limit=MAX_BOX))
    row[6] = [joined, count, *row[6][2:]]
    with pytest.raises(BadEnvelope, match="their log"):
        decode_box(cbor.encode(row))


def test_an_entry_that_is_none_at_all_is_not_taken():
    world, _, two, honest = spoken()
    bad = encode_exchange(replace(honest, entries=(b"no entry",)))
    assert refused(two.take, bad, Ms(world.now)) == "unproven-head"


def test_more_places_than_one_message_holds_come_with_the_next_ones():
    world = make_world()
    one, two = world.pair()
    for _ in range(1 + WANTS // CATCH_UP):
        world.now += CATCH_UP * SLOT_MS
        one.turn(Ms(world.now))
    said = decode_exchange(one.speak(Ms(world.now)))
    assert len(said.entries) > WANTS
    assert len(said.dispatches) == 2 * WANTS
    for second in (0, 61_000, 122_000):
        talk(one, two, Ms(world.now + second))
    with two.ledger.read() as tx:
        assert tx.rows("SELECT count(*) FROM room_place WHERE role = 'theirs'") == [(len(said.entries),)]


def test_a_leaf_that_stands_twice_is_named_a_replay():
    world, _, two = told()
    ours, theirs = logs_of(world, box_of(world, two), world.now)
    slots = dict(theirs.slots)
    slots[1] = slots[0]
    found = read_room(ours.slots, slots, chamber(world, "b1"), Ms(world.now))
    assert [one.fault for one in found if not one.ours and one.index == 1] == ["the same leaf stands twice in the log"]


# --- start and restore ----------------------------------------------------------------------------------------------


def test_a_store_that_was_put_back_gets_its_log_from_the_other_side_and_never_forks(tmp_path):
    world, _, two = turned()
    old = world.keeper(world.a, seed="restored")  # as from a copy that was made before anything was said
    assert refused_turn(old, world)
    two.take(old.speak(Ms(world.now)), Ms(world.now))
    old.take(two.speak(Ms(world.now)), Ms(world.now))
    assert old.lost == Lost(0, 1)
    assert refused_turn(old, world)
    box = box_of(world, two)
    old.restore(box.theirs.heads[-1], box.theirs.entries, Ms(world.now))
    assert old.link().state is LinkState.UP
    slot(old, two, world.now + SLOT_MS)
    with two.ledger.read() as tx:
        assert log_row(tx, LogRole.THEIRS).size == 2
        assert tx.rows("SELECT count(*) FROM evidence") == [(0,)]
    assert store_of


def refused_turn(keeper, world) -> bool:
    return keeper.turn(Ms(world.now)) == 0


def test_what_waited_unsigned_in_a_put_back_store_waits_again():
    world, _, two = turned()
    old = second(world, "restored")
    say(world, old, "a1")
    old.turn(Ms(world.now))
    with old.ledger.begin() as book:
        old._move(book, "node-starts", Ms(world.now), "x")
    with old.ledger.begin() as book:
        book.change(LogRole.OURS, head_size=0)
    box = box_of(world, two)
    old.restore(box.theirs.heads[-1], box.theirs.entries, Ms(world.now))
    assert old.waiting() == 1
    slot(old, two, world.now + SLOT_MS)
    assert len(notes(read_as(world, "b1", two))) == 1


def test_a_store_that_lost_what_stood_behind_a_leaf_gets_its_log_back_all_the_same():
    world, _, two = turned()
    old = second(world, "restored")
    old.turn(Ms(world.now))
    with old.ledger.begin() as book:
        old._move(book, "node-starts", Ms(world.now), "x")
        book.change(LogRole.OURS, head_size=0)
        book.tx.run("DELETE FROM room_place")
    box = box_of(world, two)
    old.restore(box.theirs.heads[-1], box.theirs.entries, Ms(world.now))
    assert (old.waiting(), old.link().state) == (0, LinkState.UP)


def test_what_waited_in_a_copy_and_has_its_place_by_now_does_not_stand_in_the_log_twice():
    world = make_world()
    one, two = world.pair()
    turn(world, one, two)
    old = world.keeper(world.a, seed="restored")
    item = say(world, one, "a1").slot
    turn(world, one, two)
    old.hand_in(item, Ms(world.now))  # as the copy had it, before it had its place
    box = box_of(world, two)
    old.restore(box.theirs.heads[-1], box.theirs.entries, Ms(world.now))
    assert old.waiting() == 0
    slot(old, two, world.now + SLOT_MS)
    found = read_as(world, "b1", two)
    assert (len(notes(found)), [one.fault for one in found if one.fault]) == (1, [])


def test_what_stood_behind_leaves_of_a_put_back_log_comes_back_and_is_held_against_them():
    world = make_world()
    one, two = world.pair()
    say(world, one, "a1")
    turn(world, one, two)
    turn(world, one, two)
    old = world.keeper(world.a, seed="restored")
    box = box_of(world, two)
    old.restore(box.theirs.heads[-1], box.theirs.entries, Ms(world.now))
    assert old.gaps() == (0, 1)
    with two.ledger.read() as tx:
        first, second = (place_of_log(tx, LogRole.THEIRS, index) for index in (0, 1))
        assert place_of_log(tx, LogRole.THEIRS, 9) is None
    for bad in (b"", b"\x80", first[:-40], cbor.encode((b"", b""))):
        assert not old.mend(LeafIndex(0), bad)
    assert old.gaps() == (0, 1)
    assert old.mend(LeafIndex(0), first)
    assert old.mend(LeafIndex(0), second)  # what is there stays; a leaf that is not there takes none
    assert old.mend(LeafIndex(7), second)
    assert old.gaps() == (1,)
    assert old.mend(LeafIndex(1), first)  # another's place fits in size: the person finds it
    slot(old, two, world.now + SLOT_MS)
    found = read_as(world, "a1", old)
    assert [(one.index, one.found) for one in found if one.ours][:2] == [(0, Found.TRUE), (1, Found.ALTERED)]


def test_entries_that_do_not_give_the_signed_head_do_not_come_back():
    world, _, two = turned()
    old = world.keeper(world.a, seed="restored")
    box = box_of(world, two)
    assert refused(old.restore, box.theirs.heads[-1], box.ours.entries, Ms(START)) == "unproven-head"
    assert refused(old.restore, box.ours.heads[-1], box.theirs.entries, Ms(START)) == "bad-signature"
    assert old.link().state is LinkState.RECOVERING


def test_a_log_does_not_come_back_shorter_than_the_other_side_mirrors_it():
    """What came last may be mirrored and not co-signed yet: a log that went on without it would be forked."""
    world, one, two = turned()
    turn(world, one, two)
    shorter = box_of(world, two)
    world.now += SLOT_MS
    one.turn(Ms(world.now))
    two.take(one.speak(Ms(world.now)), Ms(world.now))  # and falls before it co-signs
    old = world.keeper(world.a, seed="restored")
    two.take(old.speak(Ms(world.now)), Ms(world.now))
    old.take(two.speak(Ms(world.now)), Ms(world.now))
    assert old.lost == Lost(0, 3)
    assert refused(old.restore, shorter.theirs.heads[-1], shorter.theirs.entries, Ms(world.now)) == "unproven-head"
    assert old.link().state is LinkState.RECOVERING
    assert refused_turn(old, world)
    whole = box_of(world, two)
    old.restore(whole.theirs.heads[-1], whole.theirs.entries, Ms(world.now))
    slot(old, two, world.now + SLOT_MS)
    with two.ledger.read() as tx:
        assert log_row(tx, LogRole.THEIRS).size == 4
        assert tx.rows("SELECT count(*) FROM evidence") == [(0,)]


def test_a_store_of_another_log_stands_still_for_people_to_look():
    world, _, two = turned()
    other = second(world, "fork")
    other.turn(Ms(world.now))
    other.speak(Ms(world.now))
    with other.ledger.begin() as book:
        other._move(book, "node-starts", Ms(world.now), "x")
    assert refused(other.take, two.speak(Ms(world.now)), Ms(world.now)) == "broken"
    assert other.turn(Ms(world.now + SLOT_MS)) == 0
