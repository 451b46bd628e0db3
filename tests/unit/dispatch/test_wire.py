from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm, UnknownVersion
from comity.crypto import keys, seal
from comity.dispatch import wire as w
from comity.marking.labels import Label
from tests.properties.plain_cbor import read, write
from tests.unit.crypto.seeded import Seeded
from tests.unit.dispatch.samples import ATTACHMENTS, HEADER, LABELS, NORTH, OTHER_HEADER, PARTS, SEALING, SOUTH, d, i

LABELS_WRITTEN = {
    1: "H1 H2",
    2: ["lead-only", "no-third-state"],
    3: "B2",
    4: None,
    5: None,
    6: 1_900_000_000_000,
    7: "harbour-police",
    8: ["name"],
    9: ["health", "health"],
}
WRITTEN = {
    1: i(1),
    2: NORTH,
    3: SOUTH,
    4: ["harbour-police", "case-officer"],
    5: ["coast-guard", "customs"],
    6: "requests",
    7: "rfi",
    8: 1,
    9: None,
    10: [i(2), i(3)],
    11: [i(4)],
    12: 2,
    13: "criminal-investigation",
    14: ["arrangement-3"],
    15: LABELS_WRITTEN,
    16: 1_800_000_000_000,
    17: 1_800_000_600_000,
    18: d(9),
    19: None,
    20: ["3.2", ""],
    21: ["duty", 14, i(5)],
    22: "smuggling",
    23: 2,
}


def test_the_header_is_written_as_the_protocol_has_it():
    assert w.encode_header(HEADER) == write(WRITTEN)
    assert w.decode_header(write(WRITTEN)) == HEADER


def test_the_other_choice_of_every_optional_key_is_read_back():
    assert w.decode_header(w.encode_header(OTHER_HEADER)) == OTHER_HEADER


def test_unknown_keys_are_kept_and_sent_on():
    later = write(WRITTEN | {24: ["later", {1: b"x"}], 1000: True, 15: LABELS_WRITTEN | {10: 7}})
    header = w.decode_header(later)
    assert header.unknown == ((24, write(["later", {1: b"x"}])), (1000, b"\xf5"))
    assert header.labels.unknown == ((10, b"\x07"),)
    assert w.encode_header(header) == later


@pytest.mark.parametrize("key", range(1, 24))
def test_every_key_of_the_header_is_mandatory(key):
    with pytest.raises(BadEnvelope):
        w.decode_header(write({k: v for k, v in WRITTEN.items() if k != key}))


@pytest.mark.parametrize("key", range(1, 10))
def test_every_key_of_the_labels_is_mandatory(key):
    labels = {k: v for k, v in LABELS_WRITTEN.items() if k != key}
    with pytest.raises(BadEnvelope):
        w.decode_header(write(WRITTEN | {15: labels}))


@pytest.mark.parametrize("key", range(1, 24))
@pytest.mark.parametrize("wrong", [b"", {}, [[]], True, 2**40, "\n", [1, 2, 3]], ids=repr)
def test_no_key_of_the_header_takes_another_type(key, wrong):
    if (key in {8, 16, 17} and wrong == 2**40) or (key in {2, 3, 6, 7, 13, 22} and wrong == "\n"):
        assert w.decode_header(write(WRITTEN | {key: wrong}))
        return
    with pytest.raises(BadEnvelope):
        w.decode_header(write(WRITTEN | {key: wrong}))


@pytest.mark.parametrize("key", range(1, 10))
@pytest.mark.parametrize("wrong", [b"", {}, [[]], True, [1]], ids=repr)
def test_no_key_of_the_labels_takes_another_type(key, wrong):
    with pytest.raises(BadEnvelope):
        w.decode_header(write(WRITTEN | {15: LABELS_WRITTEN | {key: wrong}}))


@pytest.mark.parametrize(
    "change",
    [
        {5: []},
        {5: ["a"] * 17},
        {11: [i(1)] * 9},
        {12: 4},
        {23: 4},
        {4: ["a"]},
        {20: [None]},
        {20: [None, None]},
        {21: ["duty", 14]},
        {21: ["duty", None, None]},
        {21: [None, 14, None]},
    ],
    ids=repr,
)
def test_limits_of_the_header(change):
    with pytest.raises(BadEnvelope):
        w.decode_header(write(WRITTEN | change))


@pytest.mark.parametrize("data", [b"", write([]), write({"1": 1}), write(None)])
def test_a_header_is_a_map_with_numbers(data):
    with pytest.raises(BadEnvelope):
        w.decode_header(data)


def test_a_text_that_cannot_cross_is_not_sent():
    with pytest.raises(BadForm):
        w.encode_header(replace(HEADER, purpose="e\u0301"))


def test_the_label_goes_into_the_header_and_back():
    label = Label(
        ("H1", "H2"),
        ("lead-only", "no-third-state"),
        "B2",
        None,
        None,
        1_900_000_000_000,
        "harbour-police",
        ("name",),
        ("health", "health"),
    )
    assert w.wire_labels(label) == LABELS
    assert w.label_of(LABELS) == label
    bare = Label((), (), None, "RED", "RED", None, "o", (), ())
    assert w.label_of(w.wire_labels(bare)) == bare


def test_attachments_are_written_as_the_protocol_has_them():
    rows = [
        ["plan.pdf", "application/pdf", 100_000, 106_496, d(1), d(2)],
        ["photo.jpg", "image/jpeg", 1, 2, d(3), d(4)],
    ]
    assert w.encode_attachments(ATTACHMENTS) == write(rows)
    assert w.decode_attachments(write(rows)) == ATTACHMENTS
    assert w.decode_attachments(b"\x80") == ()
    for wrong in ([rows[0][:5]], [[*rows[0][:5], b"short"]], rows[0], [[None, *rows[0][1:]]], rows * 33):
        with pytest.raises(BadEnvelope):
            w.decode_attachments(write(wrong))


def test_the_commitment_is_that_of_the_protocol():
    digests = [
        sha256(b"comity/part/1\x00" + bytes((number,)) + part.salt + part.content).digest()
        for number, part in enumerate(PARTS)
    ]
    assert [w.part_digest(number, part) for number, part in enumerate(PARTS)] == digests
    assert w.commit_of(PARTS) == sha256(b"comity/commit/1\x00" + b"".join(digests)).digest()
    assert w.commit_of_digests(digests) == w.commit_of(PARTS)
    assert w.author_digest(PARTS) == sha256(b"comity/author/1\x00" + b"".join(digests[:3])).digest()


def test_another_salt_content_or_place_is_another_commitment():
    header, body, attachments, author = PARTS
    for other in (
        (body, header, attachments, author),
        (header, replace(body, salt=d(1)), attachments, author),
        (header, replace(body, content=b"bodx"), attachments, author),
        (header, body, attachments, replace(author, content=b"x")),
    ):
        assert w.commit_of(other) != w.commit_of(PARTS)


def test_salts_are_fresh():
    assert len({part.salt for part in PARTS}) == 4
    assert all(len(part.salt) == 32 for part in PARTS)


@pytest.mark.parametrize("recipients", [1, 2, 16])
@pytest.mark.parametrize("size", [0, 2000, 60_000, 200_000])
def test_the_plain_is_padded_with_zeros_to_its_bucket(size, recipients):
    parts = (PARTS[0], w.Part(d(1), bytes(size)), *PARTS[2:])
    plain, bucket = w.encode_plain(parts, recipients=recipients)
    version, *rows, pad = read(plain)
    assert version == "comity/dispatch/1"
    assert rows == [[part.salt, part.content] for part in parts]
    assert not any(pad)
    assert w.decode_plain(plain) == parts
    entropy = Seeded("wire")
    to = [(bytes((n,)) * 32, SEALING.public()) for n in range(recipients)]
    assert len(seal.seal(plain, recipients=to, aad=b"", entropy=entropy)) == bucket


def test_too_large_a_dispatch_is_refused_before_it_is_sealed():
    with pytest.raises(BadForm):
        w.encode_plain((PARTS[0], w.Part(d(1), bytes(1024 * 1024)), *PARTS[2:]), recipients=1)


ROW = [d(1), b"x"]


@pytest.mark.parametrize(
    "plain",
    [
        ["comity/dispatch/1", ROW, ROW, ROW, b""],
        ["comity/dispatch/1", ROW, ROW, ROW, ROW, ROW, b""],
        ["comity/dispatch/1", ROW, ROW, ROW, ROW, None],
        ["comity/dispatch/1", ROW, ROW, ROW, ROW, b"\x00\x01"],
        ["comity/dispatch/1", ROW, ROW, ROW, [d(1)], b""],
        ["comity/dispatch/1", ROW, ROW, ROW, [d(1)[1:], b"x"], b""],
        ["comity/dispatch/1", ROW, ROW, ROW, [d(1), "x"], b""],
        [1, ROW, ROW, ROW, ROW, b""],
        {},
    ],
    ids=lambda p: str(p)[-60:],
)
def test_a_plain_of_another_shape_is_refused(plain):
    with pytest.raises(BadEnvelope):
        w.decode_plain(write(plain))


def test_a_plain_of_another_version_is_refused_as_such():
    with pytest.raises(UnknownVersion):
        w.decode_plain(write(["comity/dispatch/2", ROW, ROW, ROW, ROW, b""]))


def test_the_additional_data_name_parties_dispatch_and_accord():
    assert w.seal_aad(NORTH, SOUTH, i(1), d(9)) == write(["comity/seal/1", NORTH, SOUTH, i(1), d(9)])


def test_a_dispatch_goes_the_whole_way():
    entropy = Seeded("whole")
    kid = keys.key_id(keys.cose_key(SEALING.public()))
    aad = w.seal_aad(HEADER.sender, HEADER.receiver, HEADER.id, HEADER.accord)
    plain, bucket = w.encode_plain(PARTS, recipients=1)
    sealed = seal.seal(plain, recipients=[(kid, SEALING.public())], aad=aad, entropy=entropy)
    parts = w.decode_plain(seal.unseal(sealed, kid=kid, private=SEALING, aad=aad))
    assert len(sealed) == bucket == 4096
    assert w.commit_of(parts) == w.commit_of(PARTS)
    assert w.decode_header(parts[0].content) == HEADER
    assert cbor.decode(parts[2].content) == []
