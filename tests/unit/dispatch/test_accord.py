from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from comity.base.errors import BadConfiguration, BadEnvelope, BadForm, BadSignature, UnknownVersion
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch import accord as a
from comity.marking.labels import Lane
from tests.properties.plain_cbor import write
from tests.unit.crypto import plain_cose
from tests.unit.dispatch.samples import ACCORD, LOG, NORTH, NORTH_ROOT, SOUTH, SOUTH_ROOT, d

PAYLOAD = a.encode_accord(ACCORD)
SIGNED = add_signatures(sign_instrument(PAYLOAD, "accord", NORTH_ROOT), "accord", SOUTH_ROOT)


def root_keys(root) -> list[bytes]:
    public = root.public()
    return [
        plain_cose.okp_key(public.ed25519.public_bytes_raw()),
        plain_cose.akp_key(-49, public.ml_dsa.public_bytes_raw()),
    ]


WRITTEN = {
    1: "comity/accord/1",
    2: "north-south",
    3: 1,
    4: None,
    5: [
        [NORTH, "NO", root_keys(NORTH_ROOT), ["https://north.example", "tel:+1"]],
        [SOUTH, "SO", root_keys(SOUTH_ROOT), []],
    ],
    6: {"node": ["manifest"], "requests": ["rfi", "answer"]},
    7: {0: [60_000, 1_800_000]},
    8: {"tick": 0, "custom-cap": 12},
    9: ["minutes"],
    10: 1_800_000_000_000,
    11: "comity/1",
}


def test_the_accord_is_written_as_the_protocol_has_it():
    assert write(WRITTEN) == PAYLOAD
    assert a.decode_accord(PAYLOAD) == ACCORD


def test_unknown_keys_are_kept():
    later = a.decode_accord(write(WRITTEN | {12: "x", 4: d(1)}))
    assert (later.unknown, later.prev) == (((12, b"\x61x"),), d(1))
    assert a.encode_accord(later) == write(WRITTEN | {12: "x", 4: d(1)})


@pytest.mark.parametrize("key", WRITTEN)
def test_every_key_is_mandatory(key):
    with pytest.raises(BadEnvelope):
        a.decode_accord(write({k: v for k, v in WRITTEN.items() if k != key}))


north, south = WRITTEN[5]


@pytest.mark.parametrize(
    "change",
    [
        {2: None},
        {3: "1"},
        {4: b"x"},
        {5: [north]},
        {5: [north, south, south]},
        {5: [north, north]},
        {5: [north, [SOUTH, "SO", north[2], []]]},
        {5: [north, [NORTH, *south[1:]]]},
        {5: [north, [SOUTH, "SO", south[2][::-1], []]]},
        {5: [north, [SOUTH, "SO", south[2][:1], []]]},
        {5: [north, [SOUTH, "SO", [south[2][0], LOG.public().cose_keys[1]], []]]},
        {5: [north, [SOUTH, None, south[2], []]]},
        {5: [north, [SOUTH, "SO", south[2], [1]]]},
        {6: {1: ["rfi"]}},
        {6: {"requests": "rfi"}},
        {6: []},
        {7: {4: [1, 2]}},
        {7: {0: [1]}},
        {7: {0: [1, None]}},
        {8: {"tick": None}},
        {8: {1: 1}},
        {9: [1]},
        {10: None},
    ],
    ids=lambda c: str(c)[:40],
)
def test_another_accord_is_refused(change):
    with pytest.raises(BadEnvelope):
        a.decode_accord(write(WRITTEN | change))


@pytest.mark.parametrize("change", [{1: "comity/accord/2"}, {11: "comity/2"}])
def test_another_version_or_profile_is_refused_as_such(change):
    with pytest.raises(UnknownVersion):
        a.decode_accord(write(WRITTEN | change))


def test_both_roots_named_in_it_must_have_signed():
    assert a.verify_accord(SIGNED) == ACCORD
    for wrong in (
        sign_instrument(PAYLOAD, "accord", NORTH_ROOT),
        sign_instrument(PAYLOAD, "accord", SOUTH_ROOT),
        add_signatures(SIGNED, "accord", LOG),
        add_signatures(sign_instrument(PAYLOAD, "cut", NORTH_ROOT), "cut", SOUTH_ROOT),
    ):
        with pytest.raises(BadSignature):
            a.verify_accord(wrong)


def test_a_changed_accord_has_no_signatures():
    signed = SIGNED.replace(b"north-south", b"north-north")
    with pytest.raises(BadSignature):
        a.verify_accord(signed)


def test_the_fingerprint_is_eight_groups_of_eight():
    shown = a.fingerprint(b"abc")  # spec: FIPS 180-4, SHA-256 of "abc"
    assert shown == "ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad"
    assert a.fingerprint(SIGNED).replace(" ", "") == sha256(SIGNED).hexdigest()


def test_limits_are_the_accords_or_the_protocols():
    assert ACCORD.limit(Lane.IMMEDIATE) == a.LaneLimit(Lane.IMMEDIATE, 60_000, 1_800_000)
    assert [ACCORD.limit(lane).arrived for lane in Lane] == [60_000, 3_600_000, 28_800_000, 86_400_000]
    assert replace(ACCORD, limits=()).limit(Lane.IMMEDIATE) == a.LaneLimit(Lane.IMMEDIATE, 1_800_000, None)
    with pytest.raises(BadForm):
        a.encode_accord(replace(ACCORD, limits=(ACCORD.limit(Lane.BULK),)))


def test_timers_are_the_accords_or_the_protocols():
    assert ACCORD.timer("tick") == 0
    assert ACCORD.timer("custom-cap") == 12
    assert replace(ACCORD, timers=()).timer("tick") == 60_000
    assert ACCORD.timer("heartbeat") == 600_000
    with pytest.raises(BadConfiguration):
        ACCORD.timer("no-such-timer")


def test_only_named_kinds_of_named_desks_are_open():
    assert ACCORD.opens("requests", "rfi")
    assert not ACCORD.opens("requests", "manifest")
    assert not ACCORD.opens("cyber", "rfi")


def test_parties_are_found_by_their_node():
    assert ACCORD.party(NORTH).country == "NO"
    assert ACCORD.peer_of(NORTH).node == SOUTH
    assert ACCORD.peer_of(SOUTH).node == NORTH
    assert ACCORD.party(SOUTH).root() == SOUTH_ROOT.public()
    with pytest.raises(BadConfiguration):
        ACCORD.party("east.example/comity")
