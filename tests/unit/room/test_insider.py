"""A named person, or the room of the other side, that says what its charter, key or leaf does not bear out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadEnvelope, BadForm
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.crypto.seal import seal, unseal
from comity.crypto.sign import sign_instrument
from comity.dispatch import wire
from comity.dispatch.entries import DispatchLeaf, Fact, RecordLeaf, encode_entry
from comity.dispatch.exchange_codec import decode_problem
from comity.marking.labels import Lane
from comity.node.taken import Problem
from comity.room.charter import room_origin
from comity.room.reading import read_room, receipts
from comity.room.slot import Found, Slot, decode_item, encode_item, note_slot, place_of
from comity.room.writing import ASSERTION, write_note, write_receipt
from tests.unit.node.world import START, A, Seeded
from tests.unit.room.world import chamber, form, make_world, named, side_of


def parts_of(world, me):
    """Return header and parts of an honest note of a1, which the forgeries are made from."""
    written, _ = write_note(form(), me, Ms(world.now))
    kid = world.charter.persons[0].kid
    aad = wire.seal_aad(A, me.office.peer, written.id, me.office.accord_digest)
    parts = wire.decode_plain(unseal(written.slot.behind, kid=kid, private=me.seal, aad=aad))
    return wire.decode_header(parts[0].content), parts


def forged(world, *, signs=None, leaf=None, to=None, seal_to=None, lies=None, over=None, **header) -> Slot:
    me = chamber(world, "a1")
    honest, parts = parts_of(world, me)
    changed = replace(honest, **header)
    bare = (wire.Part(parts[0].salt, wire.encode_header(changed)), *parts[1:3], wire.Part(parts[3].salt, b""))
    assertion = sign_instrument(over or wire.author_digest(bare), ASSERTION, signs or me.signs)
    whole = (*bare[:3], wire.Part(parts[3].salt, assertion))
    charter = to or world.charter
    persons = [(one.kid, one.sealing()) for one in (seal_to or charter).persons]
    plain, _ = wire.encode_plain(whole, recipients=len(persons), buckets=(charter.bucket,))
    aad = wire.seal_aad(A, me.office.peer, changed.id, me.office.accord_digest)
    sealed = seal(plain, recipients=persons, aad=aad, entropy=Seeded("forged"))
    commit = lies or wire.commit_of(whole)
    entry = DispatchLeaf(changed.id, changed.lane, 1, commit, sha256(sealed), len(sealed), Digest(bytes(32)))
    entry = replace(entry, **(leaf or {}))
    return note_slot(entry, sealed, room_origin(A, 1), charter, Seeded("place"))


def fault(world, *slots: Slot) -> str:
    found = read_room({}, dict(enumerate(slots)), chamber(world, "b1"), Ms(world.now))
    return found[-1].fault


def test_an_honest_note_made_by_the_same_hands_has_no_fault():
    world = make_world()
    assert fault(world, forged(world)) == ""


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"kind": "recall"}, "its kind"),
        ({"leaf": {"lane": Lane.BULK}}, "its lane"),
        ({"lies": Digest(bytes(32))}, "not what its leaf commits to"),
        ({"author": wire.Author("south", "officer")}, "its author"),
        ({"released_by": wire.ReleasedBy("requests", 11, None)}, "the desk of its release"),
        ({"released_by": wire.ReleasedBy("room", 99, None)}, "its author"),
        ({"released_by": wire.ReleasedBy("room", 12, None)}, "exact set of signatures"),
        ({"sender": "other.example/comity"}, "who sent it"),
        ({"accord": Digest(bytes(32))}, "the accord"),
        ({"desk": "plain"}, "a kind that is open"),
        ({"created": Ms(START + 3_600_000)}, "from after now"),
        ({"leaf": {"edition": 2}}, "a kind that is open"),
        ({"over": bytes(32)}, "a signature that was made for another"),
    ],
)  # fmt: skip
def test_a_note_that_does_not_agree_is_named_and_not_shown(changes, what):
    world = make_world()
    assert what in fault(world, forged(world, **changes))


def test_another_persons_key_does_not_sign_for_the_author():
    world = make_world()
    assert fault(world, forged(world, signs=world.persons["b2"].signs))


def test_a_note_sealed_to_fewer_than_its_opening_or_to_an_edition_that_ended_is_named():
    world = make_world()
    first = world.charter
    fewer = replace(first, sides=(first.sides[0], replace(first.sides[1], persons=first.sides[1].persons[:1])))
    assert "other persons" in fault(world, forged(world, seal_to=fewer))
    world.persons["b2"] = named("later", 22, "south")
    world.next_edition(sides=(first.sides[0], side_of(world.b, world.persons["b1"], world.persons["b2"])))
    assert "had ended" in fault(world, forged(world, to=first))


def test_two_notes_of_one_number_and_a_leaf_of_another_kind_are_named():
    world = make_world()
    one = forged(world)
    two = place_of(encode_entry(_leaf_of(world, one)), one.behind, room_origin(A, 1), world.charter, Seeded("again"))
    assert "two notes of one number" in fault(world, one, two)
    record = place_of(
        encode_entry(RecordLeaf("x", Digest(bytes(32)))), b"", room_origin(A, 1), world.charter, Seeded("r")
    )
    assert "does not hold" in fault(world, record)
    assert "not what the leaf commits to" in fault(world, Slot(one.commit, b"no opening", one.behind))


def _leaf_of(world, slot):
    found = read_room({}, {0: slot}, chamber(world, "b1"), Ms(world.now))
    return found[0].note.leaf


def test_a_receipt_of_a_note_that_was_not_sent_counts_for_nothing():
    world = make_world()
    slot = forged(world)
    leaf = replace(_leaf_of(world, slot), id=DispatchId(bytes(16)))
    receipt = write_receipt(
        (LeafIndex(0), leaf), (Fact.SEEN, None), chamber(world, "b1"), Ms(world.now), decided=Digest(bytes(32))
    )
    read = read_room({0: slot}, {0: receipt}, chamber(world, "a1"), Ms(world.now))
    assert [one.found for one in read] == [Found.TRUE, Found.TRUE]
    assert receipts(read) == {}


def test_an_item_crosses_as_bytes_and_another_is_none():
    slot = forged(make_world())
    assert decode_item(encode_item(slot)) == slot
    with pytest.raises(BadEnvelope):
        decode_item(b"\x84")
    with pytest.raises(BadForm, match="another size"):
        note_slot(
            DispatchLeaf(DispatchId(bytes(16)), Lane.BULK, 1, *[Digest(bytes(32))] * 2, 4096, Digest(bytes(32))), b"x",
            room_origin(A, 1), make_world().charter, Seeded("x"),
        )  # fmt: skip


def test_a_gap_moves_the_base_and_a_problem_says_how_far_the_mirror_reaches():
    from tests.unit.room.world import talk, turn

    world = make_world()
    one, two = world.pair()
    turn(world, one, two)
    said = decode_problem(one.problem_bytes(Problem("gap", 409, "x")))
    assert (said.code, said.mirror_size, said.retry_ms) == ("gap", 1, 1000)
    one.take_problem(replace(said, mirror_size=0))
    one.take_problem(replace(said, code="clock"))
    with one.ledger.begin() as book:
        assert book.logs["ours"].cosigned_size == 0
    talk(one, two, Ms(world.now + 5))
    assert one.next_turn(Ms(world.now)) > world.now


def test_what_is_a_rooms_purpose_is_not_sent_by_a_desk():
    from tests.unit.node.world import form as desk_form
    from tests.unit.node.world import make_pair

    node, _ = make_pair()
    (outcome,) = node.submit([desk_form(purpose="restricted-dialogue")], START)
    assert isinstance(outcome, BadForm)
    assert "restricted room's alone" in str(outcome)
