"""An amendment as bytes, which edition may follow which, and every difference between two editions by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm, BadSignature, UnknownVersion
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import RootKeys
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import LaneLimit, OpenDesk, decode_accord, encode_accord
from comity.dispatch.amendment import (
    Amendment,
    Stage,
    What,
    changes,
    decode_amendment,
    encode_amendment,
    follows,
    goes_first,
    stage_of,
)
from comity.marking.labels import Lane
from comity.sim.chance import SeededEntropy
from comity.sim.exercise import parties

ROOTS = tuple(half.root for half in parties().halves)
FIRST = decode_accord(cbor.decode_tagged(parties().accord, 98)[2])
DIGEST = sha256(parties().accord)
NEXT = replace(FIRST, edition=2, prev=DIGEST)


def signed(*roots, accord=NEXT):
    data = sign_instrument(encode_accord(accord), "accord", roots[0])
    for root in roots[1:]:
        data = add_signatures(data, "accord", root)
    return data


def test_there_and_back_with_what_a_later_version_adds():
    body = encode_amendment(Amendment(signed(ROOTS[0]), "why\nso"))
    members = cbor.decode(body)
    assert members[1] == "comity/amendment/1"
    later = cbor.encode({**members, 9: "more"})
    read = decode_amendment(later)
    assert (read.note, read.text_sha256) == ("why\nso", sha256(encode_accord(NEXT)))
    assert encode_amendment(read) == later


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({1: "comity/amendment/2"}, UnknownVersion),
        ({2: b"none"}, BadEnvelope),
        ({3: 7}, BadEnvelope),
        ({3: "x" * 2_001}, BadEnvelope),
        ({2: sign_instrument(b"\x01", "accord", ROOTS[0])}, BadEnvelope),
    ],
)
def test_what_is_no_amendment(changed, error):
    members = cbor.decode(encode_amendment(Amendment(signed(ROOTS[0]), "")))
    with pytest.raises(error):
        decode_amendment(cbor.encode({**members, **changed}))


def test_a_note_has_an_end():
    with pytest.raises(BadForm):
        encode_amendment(Amendment(b"", "x" * 2_001))


def test_who_signed_says_what_it_is():
    one, other = (party.node for party in FIRST.parties)
    first = next(root for root in ROOTS if root.public().cose_keys == FIRST.parties[0].root_keys)
    second = next(root for root in ROOTS if root is not first)
    assert stage_of(signed(first), FIRST, one) is Stage.PROPOSED
    assert stage_of(signed(first), FIRST, other) is Stage.REFUSED
    assert stage_of(signed(second, first), FIRST, one) is Stage.AGREED
    stranger = RootKeys.generate(SeededEntropy("stranger"))
    for data in (signed(stranger), signed(first, stranger), signed(first, second, stranger)):
        with pytest.raises(BadSignature):
            stage_of(data, FIRST, one)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"name": "else"}, "another accord"),
        ({"edition": 0}, "older"),
        ({"edition": 1}, "already"),
        ({"edition": 3}, "gap"),
        ({"prev": Digest(bytes(32))}, "another text"),
        ({"prev": None}, "another text"),
        ({"parties": FIRST.parties[::-1]}, "other parties"),
        ({"desks": ()}, "nodes' own desk"),
    ],
)
def test_what_may_follow(changed, why):
    found = follows(replace(NEXT, **changed), FIRST, DIGEST)
    assert (why in found) if why else found == ""


def test_not_before_the_edition_before_it():
    assert "in force before" in follows(NEXT, replace(FIRST, in_force_from=Ms(5)), DIGEST)


def test_the_sides_take_turns():
    one, other = (party.node for party in FIRST.parties)
    assert [goes_first(replace(NEXT, edition=n)) for n in (1, 2, 3)] == [one, other, one]


def test_every_difference_has_its_name():
    one, two = FIRST.parties
    old = replace(
        FIRST,
        desks=(OpenDesk("a", ("x", "y")), OpenDesk("b", ("z",))),
        limits=(LaneLimit(Lane.URGENT, Ms(60_000), Ms(120_000)),),
        timers=(("gone", 1), ("moved", 2)),
        author_kinds=("x",),
    )
    new = replace(
        old,
        desks=(OpenDesk("a", ("x", "w")), OpenDesk("c", ("u", "v"))),
        limits=(LaneLimit(Lane.URGENT, Ms(90_000), Ms(180_000)), LaneLimit(Lane.BULK, Ms(1), Ms(2))),
        timers=(("come", 4), ("moved", 3)),
        author_kinds=("y",),
        parties=(replace(one, address=("https://new",), country="QQ"), two),
        in_force_from=Ms(9),
        unknown=((77, b"\x01"),),
    )
    found = [(one.what, one.subject, one.before, one.after) for one in changes(old, new)]
    assert found == [
        (What.KIND_OPENED, "a", "", "w"),
        (What.KIND_CLOSED, "a", "y", ""),
        (What.DESK_CLOSED, "b", "z", ""),
        (What.DESK_OPENED, "c", "", "u, v"),
        (What.ARRIVED, "urgent", "60000", "90000"),
        (What.SEEN, "urgent", "120000", "180000"),
        (What.ARRIVED, "bulk", "86400000", "1"),
        (What.SEEN, "bulk", "", "2"),
        (What.TIMER, "come", "", "4"),
        (What.TIMER, "gone", "1", ""),
        (What.TIMER, "moved", "2", "3"),
        (What.AUTHOR_ADDED, "y", "", ""),
        (What.AUTHOR_ENDED, "x", "", ""),
        (What.ADDRESS, one.node, "", "https://new"),
        (What.COUNTRY, one.node, "ZZ", "QQ"),
        (What.FROM, "", "0", "9"),
        (What.UNKNOWN, "77", "", ""),
    ]
    assert {what for what, *_ in found} == set(What)
    assert [one.what for one in changes(old, old)] == [What.FROM]
