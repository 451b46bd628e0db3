from __future__ import annotations

from hashlib import sha256

import pytest

from comity.base.errors import BadEnvelope, BadForm
from comity.dispatch import entries as e
from comity.marking.labels import Lane
from tests.properties.plain_cbor import write
from tests.unit.dispatch.samples import ENTRIES, d, i

V = "comity/leaf/1"
WRITTEN = (
    [V, 0, "accord", d(1)],
    [V, 1, i(1), 2, 1, d(1), d(2), 4096, d(3)],
    [V, 2, 7, d(1), 16384, 3],
    [V, 3, 7, i(1), d(1), 4, "not-open", 15, d(2)],
    [V, 3, 0, i(1), d(1), 1, None, None, None],
    [V, 4, 7, "recalled-unsent"],
    [V, 5, "north.example/comity/log/1", 3, d(1), 1_800_000_000],
    [V, 6, "break-glass", d(1)],
    [V, 7, "challenge", d(1)],
    [V, 7, "resume", None],
    [V, 8, d(1)],
)


@pytest.mark.parametrize(("entry", "written"), list(zip(ENTRIES, WRITTEN, strict=True)), ids=lambda v: type(v).__name__)
def test_each_type_is_written_as_the_protocol_has_it(entry, written):
    assert e.encode_entry(entry) == write(written)
    assert e.decode_entry(write(written)) == entry


def test_sizes_are_those_that_the_protocol_reckons_with():
    dispatch = e.DispatchLeaf(i(1), Lane.NORMAL, 300, d(1), d(2), 4096, d(3))
    receipt = e.ReceiptLeaf(70_000, i(1), d(1), e.Fact.FILED, None, None, d(2))
    assert [len(e.encode_entry(entry)) for entry in (dispatch, receipt, ENTRIES[6])] == [142, 109, 84]


REFUSED = (
    [],
    [V],
    [V, 8],
    {1: V},
    "leaf",
    ["comity/leaf/2", 8, d(1)],
    ["comity/dispatch/1", 8, d(1)],
    [V, 9, d(1)],
    [V, "8", d(1)],
    [V, True, d(1), d(1)],
    [V, None, d(1)],
    [V, 8, d(1), None],
    [V, 8, d(1)[1:]],
    [V, 8, "x" * 32],
    [V, 0, "amendment", d(1)],
    [V, 0, b"keys", d(1)],
    [V, 0, 1, d(1)],
    [V, 1, i(1) + b"x", 2, 1, d(1), d(2), 4096, d(3)],
    [V, 1, i(1), 4, 1, d(1), d(2), 4096, d(3)],
    [V, 1, i(1), False, 1, d(1), d(2), 4096, d(3)],
    [V, 1, i(1), 2, None, d(1), d(2), 4096, d(3)],
    [V, 1, i(1), 2, 1, d(1), d(2), 4095, d(3)],
    [V, 1, i(1), 2, 1, d(1), d(2), 4096, None],
    [V, 2, 7, d(1), 0, 3],
    [V, 2, 7, d(1), 4096, 0],
    [V, 2, 7, d(1), 4096, 4],
    [V, 2, True, d(1), 4096, 1],
    [V, 3, 7, i(1), d(1), 0, None, None, None],
    [V, 3, 7, i(1), d(1), 6, None, None, None],
    [V, 3, 7, i(1), d(1), 1, "X", None, None],
    [V, 3, 7, i(1), d(1), 1, "a", None, None],
    [V, 3, 7, i(1), d(1), 1, "-lost", None, None],
    [V, 3, 7, i(1), d(1), 1, "lost\n", None, None],
    [V, 3, 7, i(1), d(1), 1, "a" * 42, None, None],
    [V, 3, 7, i(1), d(1), 1, None, 16, None],
    [V, 3, 7, i(1), d(1), 1, None, None, b""],
    [V, 4, 7, "found"],
    [V, 5, b"origin", 3, d(1), 1],
    [V, 5, "origin", 3, d(1), None],
    [V, 6, None, d(1)],
    [V, 7, "gossip", None],
    [V, 7, "suspend", b""],
    [V, 6, "x" * 1000, d(1)],
)


@pytest.mark.parametrize("written", REFUSED, ids=lambda v: str(v)[:50])
def test_what_is_not_one_of_the_nine_is_refused(written):
    with pytest.raises(BadEnvelope):
        e.decode_entry(write(written))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda v: type(v).__name__)
def test_an_entry_cut_or_longer_is_refused_and_a_flipped_one_is_another(entry):
    data = e.encode_entry(entry)
    for end in range(len(data)):
        with pytest.raises(BadEnvelope):
            e.decode_entry(data[:end])
    with pytest.raises(BadEnvelope):
        e.decode_entry(data + b"\x00")
    for at in range(len(data)):
        flipped = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        try:
            assert e.decode_entry(flipped) != entry
        except BadEnvelope:
            continue


def test_an_entry_holds_at_most_1024_bytes():
    room = 1024 - len(e.encode_entry(e.RecordLeaf("x" * 300, d(1)))) + 300
    assert len(e.encode_entry(e.RecordLeaf("x" * room, d(1)))) == 1024
    with pytest.raises(BadForm):
        e.encode_entry(e.RecordLeaf("x" * (room + 1), d(1)))


def test_only_buckets_are_sizes():
    with pytest.raises(BadForm):
        e.encode_entry(e.DispatchLeaf(i(1), Lane.BULK, 1, d(1), d(2), 5000, d(3)))
    with pytest.raises(BadForm):
        e.encode_entry(e.ResealLeaf(1, d(1), 5000, 1))


def test_hashes_are_salted_and_each_for_its_use():
    salt, record = d(1), b"record"
    for made, domain in (
        (e.decision_hash, b"comity/decision/1"),
        (e.record_commit, b"comity/record/1"),
        (e.blind_commit, b"comity/blind/1"),
    ):
        assert made(salt, record) == sha256(domain + b"\x00" + salt + record).digest()
