"""A note opened to one named third person: it is the note of that day, and nothing else of the room shows."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, BadProof, BadSeal, BadSignature, ComityError
from comity.base.ids import Digest, Ms
from comity.crypto.keys import SealingKey
from comity.crypto.sign import sign_instrument, unverified_payload
from comity.dispatch.entries import RecordLeaf, encode_entry
from comity.policy.verdict import Effect, Verdict
from comity.room.reading import read_room
from comity.room.reveal import KIND, asks_law, open_reveal, reveal, seal_reveal, verify_reveal
from tests.unit.node.world import START, A, Permits, Seeded
from tests.unit.room.world import SECRET, box_of, chamber, logs_of, make_world, notes, say, turn


def shown(who: str = "b1"):
    world = make_world()
    one, two = world.pair()
    turn(world, one, two)
    say(world, one, "a1")
    say(world, one, "a1", "Another note that stays closed.")
    for _ in range(3):
        turn(world, one, two)
    keeper = two if who.startswith("b") else one
    box = box_of(world, keeper)
    logs = logs_of(world, box, world.now)
    me = chamber(world, who)
    read = read_room(logs[0].slots, logs[1].slots, me, Ms(world.now))
    note = notes(read)[0]
    papers = (world.accord, tuple(world.charters))
    return world, note, reveal(note, logs[0 if note.ours else 1], me, papers, "Clerk of the commission"), me


def again(proof: bytes, signs, **changes) -> bytes:
    row = list(cbor.decode(unverified_payload(proof)))
    for place, value in changes.items():
        row[int(place[1:])] = value
    return sign_instrument(cbor.encode(row), KIND, signs)


@pytest.mark.parametrize("who", ["a1", "b1"])
def test_a_stranger_verifies_the_note_its_author_and_the_two_acts_it_lies_between(who):
    world, note, proof, _ = shown(who)
    found = verify_reveal(proof, world.accord)
    assert (found.sender, found.index, found.author.number) == (A, note.index, 11)
    assert cbor.decode(found.body)["text"] == SECRET
    assert START // 1000 < found.after <= found.before <= world.now // 1000 + 1
    assert found.after < found.before
    assert (found.for_whom, found.title, found.by.number) == (
        "Clerk of the commission",
        "Matter R",
        11 if who == "a1" else 21,
    )
    assert b"stays closed" not in proof


def test_the_leaf_of_another_day_another_text_or_another_opener_does_not_verify():
    world, note, proof, me = shown()
    row = cbor.decode(unverified_payload(proof))
    _, raw = row[4]
    parts = [list(one) for one in row[5]]
    changed = [*parts]
    changed[1] = [parts[1][0], cbor.encode({"text": "He never left."})]
    for bad in (
        {"_4": [bytes(32), raw]},
        {"_5": changed},
        {"_5": [[bytes(32), one[1]] for one in parts]},
        {"_6": row[6].replace(b"index 1", b"index 2")},
        {"_7": [row[6].partition(b"\n\n")[2], []]},
        {"_3": "van.example/comity"},
        {"_9": [A, 11]},
        {"_9": [A, 99]},
        {"_2": []},
    ):
        with pytest.raises(ComityError):
            verify_reveal(again(proof, me.signs, **bad), world.accord)
    assert verify_reveal(again(proof, me.signs), world.accord).index == note.index


def test_the_first_note_of_a_room_lies_before_one_act_and_after_none():
    world = make_world()
    one, two = world.pair()
    say(world, one, "a1")
    for _ in range(2):
        turn(world, one, two)
    logs = logs_of(world, box_of(world, two), world.now)
    me = chamber(world, "b1")
    (note,) = notes(read_room(logs[0].slots, logs[1].slots, me, Ms(world.now)))
    found = verify_reveal(reveal(note, logs[1], me, (world.accord, tuple(world.charters)), "Clerk"), world.accord)
    assert (found.index, found.after) == (0, 0)
    assert START // 1000 < found.before <= world.now // 1000 + 1


def test_a_proof_of_a_leaf_that_is_no_note_is_none():
    world, _, proof, me = shown()
    salt, _ = cbor.decode(unverified_payload(proof))[4]
    record = encode_entry(RecordLeaf("x", Digest(bytes(32))))
    with pytest.raises(BadProof, match="a leaf that is no note"):
        verify_reveal(again(proof, me.signs, _4=[salt, record]), world.accord)


def test_under_another_accord_than_the_one_at_hand_nothing_is_believed():
    _, _, proof, _ = shown()
    with pytest.raises(BadSignature, match="another accord"):
        verify_reveal(proof, b"another")


def test_an_earlier_head_that_covers_the_note_already_is_refused():
    world, _, proof, me = shown()
    row = cbor.decode(unverified_payload(proof))
    covering = row[6].partition(b"\n\n")[2]
    with pytest.raises(BadProof, match="covers the note"):
        verify_reveal(again(proof, me.signs, _7=[covering, []]), world.accord)


def test_a_proof_names_who_it_is_for_and_waits_for_the_co_signature():
    world, note, _, me = shown()
    logs = logs_of(world, box_of(world, world.pair()[1]), world.now)
    with pytest.raises(BadForm, match="name the note"):
        reveal(note, logs[1], me, (world.accord, tuple(world.charters)), "  ")
    with pytest.raises(BadForm, match="not co-signed"):
        reveal(note, logs[1], me, (world.accord, tuple(world.charters)), "Clerk")


def test_a_sealed_proof_opens_for_its_reader_only():
    _, _, proof, _ = shown()
    reader, other = SealingKey.generate(Seeded("reader")), SealingKey.generate(Seeded("other"))
    sealed = seal_reveal(proof, reader.public(), Seeded("e"))
    assert SECRET.encode() not in sealed
    assert open_reveal(sealed, reader) == proof
    assert open_reveal(proof, None) == proof
    for key in (None, other):
        with pytest.raises(BadForm, match="sealed to one person"):
            open_reveal(sealed, key)
    with pytest.raises(BadSeal):
        open_reveal(sealed[:-1] + bytes([sealed[-1] ^ 1]), reader)


class Closed(Permits):
    def decide(self, question, now):
        found = super().decide(question, now)
        if question.act == "export":
            return Verdict(
                Effect.REFUSE, found.reasons, (), "originator-objects", "cannot-assist", None, (), Digest(bytes(32))
            )
        return found


def test_law_is_asked_before_a_note_of_the_other_side_is_shown_and_not_for_our_own():
    world, note, _, _ = shown("b1")
    assert asks_law(note.note, chamber(world, "b1", Closed()), world.now).effect is Effect.REFUSE
    assert asks_law(note.note, chamber(world, "b1"), world.now).permits
    own = shown("a1")
    assert asks_law(own[1].note, own[3], own[0].now) is None
