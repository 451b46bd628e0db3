from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadEnvelope, BadForm, TooLarge, UnknownVersion
from comity.dispatch import exchange_codec as x
from comity.marking.labels import Lane
from tests.properties.plain_cbor import write
from tests.unit.dispatch.samples import EVIDENCE, EXCHANGE, MANIFEST, PROBLEM, d

WRITTEN = {
    1: "comity/1",
    2: "north.example/comity/log/1",
    4: 2,
    5: list(EXCHANGE.entries),
    6: EXCHANGE.checkpoint,
    7: EXCHANGE.cosignature,
    8: [3, d(5)],
    9: [[3, b"sealed"], [3, b"opening"]],
    10: [1, 2],
    11: {1: 1000, 3: 5},
    12: 25_000,
}


def test_the_exchange_is_written_as_the_protocol_has_it():
    assert x.encode_exchange(EXCHANGE) == write(WRITTEN)
    assert x.decode_exchange(write(WRITTEN)) == EXCHANGE
    assert EXCHANGE.size == 4


def test_more_follows_is_said_or_not():
    more = replace(EXCHANGE, more=True, cosignature=None)
    assert x.encode_exchange(more) == write(WRITTEN | {7: None, 13: True})
    assert x.decode_exchange(x.encode_exchange(more)) == more
    assert x.decode_exchange(write(WRITTEN | {13: False})) == EXCHANGE


def test_the_incarnation_of_the_store_that_speaks_is_said_also_where_it_is_nought():
    # docs/adr/0097-old-store.md
    assert x.decode_exchange(write(WRITTEN)).incarnation is None
    for second in (0, 1_790_000_000):
        said = replace(EXCHANGE, incarnation=second)
        assert x.encode_exchange(said) == write(WRITTEN | {14: second})
        assert x.decode_exchange(x.encode_exchange(said)) == said
    for bad in (None, -1, "1", True):
        with pytest.raises(BadEnvelope):
            x.decode_exchange(write(WRITTEN | {14: bad}))


def test_unknown_keys_are_kept_and_sent_on():
    later = write(WRITTEN | {3: b"x", 15: [1]})
    exchange = x.decode_exchange(later)
    assert exchange.unknown == ((3, b"\x41x"), (15, b"\x81\x01"))
    assert x.encode_exchange(exchange) == later


@pytest.mark.parametrize("key", WRITTEN)
def test_every_key_but_the_last_is_mandatory(key):
    with pytest.raises(BadEnvelope):
        x.decode_exchange(write({k: v for k, v in WRITTEN.items() if k != key}))


@pytest.mark.parametrize(
    "change",
    [
        {1: None},
        {2: b"x"},
        {4: "2"},
        {4: True},
        {5: [1]},
        {5: {}},
        {6: None},
        {7: b"x"},
        {8: [3]},
        {8: [3, d(5)[1:]]},
        {8: [None, d(5)]},
        {9: [[3]]},
        {9: [["3", b"x"]]},
        {9: [[3, "x"]]},
        {10: [None]},
        {11: []},
        {11: {4: 1}},
        {11: {"0": 1}},
        {11: {1: None}},
        {12: None},
        {13: 1},
        {13: None},
    ],
    ids=repr,
)
def test_another_shape_is_refused(change):
    with pytest.raises(BadEnvelope) as caught:
        x.decode_exchange(write(WRITTEN | change))
    assert caught.value.code == "bad-envelope"


def test_another_profile_is_refused_as_such():
    with pytest.raises(UnknownVersion):
        x.decode_exchange(write(WRITTEN | {1: "comity/2"}))


LARGEST = {
    "entries": {"entries": (b"",) * 4096},
    "dispatches": {"dispatches": ((0, b""),) * 256},
    "one dispatch": {"dispatches": ((0, bytes(1024 * 1024)),)},
    "wants": {"wants": (0,) * 64},
    "checkpoint": {"checkpoint": "\u2014" * 10922 + "ab"},
    "cosignature": {"cosignature": "x" * 32768},
    "wait": {"wait": 25_000},
}
TOO_LARGE = {
    "entries": {"entries": (b"",) * 4097},
    "dispatches": {"dispatches": ((0, b""),) * 257},
    "one dispatch": {"dispatches": ((0, bytes(1024 * 1024 + 1)),)},
    "wants": {"wants": (0,) * 65},
    "checkpoint": {"checkpoint": "\u2014" * 10922 + "abc"},
    "cosignature": {"cosignature": "x" * 32769},
    "wait": {"wait": 25_001},
}
KEY = {"entries": 5, "dispatches": 9, "wants": 10, "checkpoint": 6, "cosignature": 7, "wait": 12}


@pytest.mark.parametrize("name", LARGEST)
def test_each_limit_holds_both_ways_to_the_unit(name):
    lawful = replace(EXCHANGE, **LARGEST[name])
    assert x.decode_exchange(x.encode_exchange(lawful)) == lawful
    with pytest.raises(BadForm):
        x.encode_exchange(replace(EXCHANGE, **TOO_LARGE[name]))
    [(field, value)] = TOO_LARGE[name].items()
    with pytest.raises(TooLarge) as caught:
        x.decode_exchange(write(WRITTEN | {KEY[field]: value}))
    assert caught.value.code == "too-large"


def test_eight_mebibytes_are_the_most():
    dispatches = ((0, bytes(1024 * 1024)),) * 7
    rest = x.MAX_EXCHANGE - len(x.encode_exchange(replace(EXCHANGE, dispatches=dispatches)))
    full = replace(EXCHANGE, dispatches=(*dispatches, (0, bytes(rest - 7))))
    data = x.encode_exchange(full)
    assert len(data) == x.MAX_EXCHANGE
    assert x.decode_exchange(data) == full
    with pytest.raises(BadForm):
        x.encode_exchange(replace(EXCHANGE, dispatches=((0, bytes(1024 * 1024)),) * 8))
    with pytest.raises(TooLarge):
        x.decode_exchange(data + b"\x00")


@pytest.mark.parametrize("mask", [0x01, 0x20])
def test_an_exchange_flipped_anywhere_is_refused_or_another(mask):
    data = x.encode_exchange(EXCHANGE)
    for at in range(len(data)):
        flipped = data[:at] + bytes((data[at] ^ mask,)) + data[at + 1 :]
        try:
            assert x.decode_exchange(flipped) != EXCHANGE
        except (BadEnvelope, UnknownVersion):
            continue


def test_an_exchange_cut_anywhere_is_refused():
    data = x.encode_exchange(EXCHANGE)
    for end in range(len(data)):
        with pytest.raises(BadEnvelope):
            x.decode_exchange(data[:end])


def test_credit_of_a_lane_is_none_unless_given_and_immediate_always_has_some():
    assert [EXCHANGE.credit_for(lane) for lane in Lane] == [1024 * 1024, 1000, 0, 5]
    more = replace(EXCHANGE, credit=((Lane.IMMEDIATE, 2**21),))
    assert more.credit_for(Lane.IMMEDIATE) == 2**21


PROBLEM_WRITTEN = {1: "gap", 2: 1000, 3: [3, "north.example/comity/log/1\n3\n"], 4: 1_800_000_000}


def test_the_problem_is_written_as_the_protocol_has_it():
    assert x.encode_problem(PROBLEM) == write(PROBLEM_WRITTEN)
    assert x.decode_problem(write(PROBLEM_WRITTEN)) == PROBLEM
    bare = replace(PROBLEM, checkpoint=None, unknown=((9, b"\x01"),))
    assert x.decode_problem(x.encode_problem(bare)) == bare


@pytest.mark.parametrize(
    "change", [{1: "Gap"}, {1: 4}, {2: None}, {3: 3}, {3: [3]}, {3: [3, b"x"]}, {3: [None, None]}, {4: "0"}], ids=repr
)
def test_another_problem_is_refused(change):
    with pytest.raises(BadEnvelope):
        x.decode_problem(write(PROBLEM_WRITTEN | change))


def test_a_problem_is_small_and_whole():
    with pytest.raises(BadEnvelope):
        x.decode_problem(write(PROBLEM_WRITTEN | {9: bytes(x.MAX_PROBLEM)}))
    for key in PROBLEM_WRITTEN:
        with pytest.raises(BadEnvelope):
            x.decode_problem(write({k: v for k, v in PROBLEM_WRITTEN.items() if k != key}))


MANIFEST_WRITTEN = {
    1: "comity/manifest/1",
    2: "2027-01-15",
    3: [10, d(1)],
    4: [11, d(2)],
    5: [[3, 0], [4, 5]],
    6: [],
    7: [d(3)],
}


def test_the_manifest_is_written_as_the_protocol_has_it():
    assert x.encode_manifest(MANIFEST) == write(MANIFEST_WRITTEN)
    assert x.decode_manifest(write(MANIFEST_WRITTEN)) == MANIFEST
    later = replace(MANIFEST, unknown=((8, b"\xf6"),))
    assert x.decode_manifest(x.encode_manifest(later)) == later


@pytest.mark.parametrize(
    "change", [{2: 1}, {3: [10]}, {4: [None, d(2)]}, {5: [[3, 6]]}, {5: [[3]]}, {6: [[None, 1]]}, {7: [b""]}], ids=repr
)
def test_another_manifest_is_refused(change):
    with pytest.raises(BadEnvelope):
        x.decode_manifest(write(MANIFEST_WRITTEN | change))


def test_evidence_is_written_as_the_protocol_has_it():
    written = ["comity/evidence/1", "equivocation", 1_800_000_000_000, [b"one", b"two"], "two heads of size 4"]
    assert x.encode_evidence(EVIDENCE) == write(written)
    assert x.decode_evidence(write(written)) == EVIDENCE
    for at, wrong in ((1, "gossip"), (2, None), (3, ["x"]), (4, b"x")):
        with pytest.raises(BadEnvelope):
            x.decode_evidence(write([*written[:at], wrong, *written[at + 1 :]]))
    with pytest.raises(BadEnvelope):
        x.decode_evidence(write([*written, 1]))


def test_other_versions_are_refused_as_such():
    with pytest.raises(UnknownVersion):
        x.decode_manifest(write(MANIFEST_WRITTEN | {1: "comity/manifest/2"}))
    with pytest.raises(UnknownVersion):
        x.decode_evidence(write(["comity/evidence/2", "equivocation", 0, [], ""]))
