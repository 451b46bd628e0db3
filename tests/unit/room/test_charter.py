"""The charter: both roots sign it, each edition follows, and no key of a log changes within a room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm, BadSignature, ComityError
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import LogKeys
from comity.crypto.sign import sign_instrument
from comity.dispatch.keylist import KeyPair
from comity.room.charter import (
    KIND,
    encode_charter,
    in_force,
    read_person,
    unverified_charter,
    verify_charter,
    verify_charters,
)
from comity.room.keyfile import PersonKeys, lock, unlock
from tests.unit.node.world import Seeded
from tests.unit.room.world import make_world, named, say, side_of, signed_charter


def test_a_charter_stands_with_both_roots_only():
    world = make_world()
    assert verify_charter(world.charters[0], world.accord) == world.charter
    alone = sign_instrument(encode_charter(world.charter), KIND, world.a.root)
    with pytest.raises(BadSignature):
        verify_charter(alone, world.accord)
    assert unverified_charter(alone) == unverified_charter(encode_charter(world.charter)) == world.charter


def test_a_charter_of_another_accord_does_not_stand():
    world = make_world()
    other = signed_charter(replace(world.charter, accord=Digest(bytes(32))), world.a, world.b)
    with pytest.raises(BadSignature, match="another accord"):
        verify_charter(other, world.accord)


@pytest.mark.parametrize(
    "changes", [{"bucket": 4096}, {"bucket": 5000}, {"slot_ms": 10}, {"title": ""}, {"title": "x" * 201}, {"number": 0}]
)
def test_a_charter_that_cannot_be_is_not_made(changes):
    with pytest.raises(BadForm):
        encode_charter(replace(make_world().charter, **changes))


def test_a_side_has_one_to_four_persons_each_with_a_key_and_number_of_their_own():
    world = make_world()
    a, b = world.charter.sides
    five = tuple(named(f"x{n}", n, "north").person for n in range(5))
    twice = (a.persons[0], replace(a.persons[1], number=a.persons[0].number))
    for persons in ((), five, twice, (a.persons[0], replace(a.persons[0], number=99)), b.persons):
        with pytest.raises(BadForm):
            encode_charter(replace(world.charter, sides=(replace(a, persons=persons), b)))


def test_an_edition_that_does_not_follow_is_refused():
    world = make_world()
    first, a = world.charters[0], world.charter.sides[0]
    keys = KeyPair(1, *LogKeys.generate(Seeded("another")).public().cose_keys)
    good = replace(world.charter, edition=2, prev=sha256(first), begins=Ms(5))
    assert [one.edition for one in verify_charters([first, signed_charter(good, world.a, world.b)], world.accord)] == [
        1,
        2,
    ]
    for bad in (
        {"edition": 3},
        {"prev": Digest(bytes(32))},
        {"title": "Another"},
        {"number": 2},
        {"sides": (replace(a, log=keys), world.charter.sides[1])},
    ):
        with pytest.raises(BadSignature):
            verify_charters([first, signed_charter(replace(good, **bad), world.a, world.b)], world.accord)
    with pytest.raises(BadSignature, match="first edition"):
        verify_charters([signed_charter(good, world.a, world.b)], world.accord)


def test_nothing_follows_the_end_and_nothing_is_handed_in_after_it():
    world = make_world()
    end = world.next_edition(ended=True, begins=Ms(world.now))
    assert in_force(verify_charters(world.charters, world.accord), world.now).ended
    world.next_edition(ended=False)
    with pytest.raises(BadSignature, match="ends the room"):
        verify_charters(world.charters, world.accord)
    assert end.ended
    with pytest.raises(BadForm):
        world.charter.side("other.example/comity")
    assert side_of(world.a, world.persons["a1"]).person(99) is None


def test_nothing_is_kept_for_a_room_that_has_ended():
    world = make_world()
    one, _ = world.pair()
    written = say(world, one, "a1")
    world.next_edition(ended=True, begins=Ms(world.now + 1))
    one.charters = verify_charters(world.charters, world.accord)
    with pytest.raises(BadForm, match="the room has ended"):
        one.hand_in(written.slot, Ms(world.now + 2))
    assert one.waiting() == 1


def test_a_person_has_a_key_to_which_one_can_seal():
    person = make_world().charter.sides[0].persons[0]
    row = [person.number, person.agency, list(person.roles), person.seal, list(person.signs)]
    assert read_person(row, "person") == person
    with pytest.raises(BadEnvelope, match="sealing key is of another kind"):
        read_person([*row[:3], person.signs[0], row[4]], "person")
    more = cbor.encode({**cbor.decode(person.seal, signed=True), 4: 1}, signed=True)
    with pytest.raises(BadEnvelope):
        read_person([*row[:3], more, row[4]], "person")


def test_a_key_file_with_the_right_passphrase_and_too_few_keys_in_it_does_not_open():
    words, salt, nonce = "correct horse battery", bytes(16), bytes(12)
    key, cost, salt, nonce, _ = cbor.decode(lock(PersonKeys.generate(Seeded("p")), words, Seeded("f"), cost=1 << 10))
    derived = Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(words.encode())
    short = AESGCM(derived).encrypt(nonce, bytes(95), cbor.encode((key, cost, salt, nonce)))
    with pytest.raises(BadForm, match="does not open"):
        unlock(cbor.encode((key, cost, salt, nonce, short)), words)


def test_a_key_file_opens_with_its_passphrase_only():
    keys = PersonKeys.generate(Seeded("p"))
    data = lock(keys, "correct horse battery", Seeded("f"), cost=1 << 10)
    assert unlock(data, "correct horse battery").seal.seed == keys.seal.seed
    assert keys.seal.seed not in data
    for bad, words in (
        (data, "incorrect horse battery"),
        (data[:-1] + b"\0", "correct horse battery"),
        (b"x", "correct horse battery"),
    ):
        with pytest.raises(BadForm, match="does not open"):
            unlock(bad, words)
    with pytest.raises(BadForm, match="12 characters"):
        lock(keys, "short", Seeded("f"))
    assert keys.person(7, "north", ("b", "a")).roles == ("a", "b")


def test_a_keeper_without_the_keys_of_the_charter_does_not_start():
    world = make_world()
    world.a.log = world.b.log
    with pytest.raises(ComityError, match="not those that the charter names"):
        world.keeper(world.a)
