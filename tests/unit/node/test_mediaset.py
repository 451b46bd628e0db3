"""The list of a set on media: what a stranger may have written there instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, UnknownVersion
from comity.base.ids import Ms, NodeName
from comity.dispatch.recover_codec import Recover
from comity.node.carry import NEWEST, SMALL_LOG, bundles_for
from comity.node.mediaset import (
    MAX_FILES,
    MAX_HELD,
    VERSION,
    MediaFile,
    MediaSet,
    Part,
    decode_held,
    decode_set,
    encode_held,
    encode_set,
    file_of_media,
)

FILE = MediaFile.of("exchange-0000.cbor", Part.EXCHANGE, "", b"content")
SET = MediaSet(NodeName("ost.example/comity"), NodeName("van.example/comity"), bytes(16), Ms(5), (FILE,))


def forged(**changes):
    fields = {"version": VERSION, "sender": "a", "receiver": "b", "id": bytes(16), "written": 5, "files": []} | changes
    return cbor.encode(list(fields.values()))


def a_file(**changes):
    return list(({"name": "a.bin", "part": "bundle", "about": "", "size": 1, "digest": bytes(32)} | changes).values())


def test_a_list_is_read_as_it_was_written():
    assert decode_set(encode_set(SET)) == SET


def test_a_file_is_whole_only_with_its_own_bytes():
    assert FILE.is_whole(b"content")
    assert not FILE.is_whole(b"conten7")
    assert not FILE.is_whole(b"conten")


def test_a_piece_of_a_file_and_what_is_held_are_read_as_they_were_written():
    piece = MediaFile.of("file-000001.bin", Part.FILE, "ab" * 32 + "/1048576", b"content")
    assert decode_set(encode_set(replace(SET, files=(piece,)))).files == (piece,)
    assert file_of_media(piece) == (b"\xab" * 32, 1048576)
    held = [(b"\xab" * 32, 5), (b"\xcd" * 32, 0)]
    assert decode_held(encode_held(held)) == dict(held)


@pytest.mark.parametrize(
    "data",
    [
        cbor.encode([["x" * 32, 1]]),
        cbor.encode([[bytes(31), 1]]),
        cbor.encode([[bytes(32)]]),
        cbor.encode([[bytes(32), True]]),
        cbor.encode(5),
        cbor.encode([[bytes(32), 1]] * (MAX_HELD + 1)),
    ],
)
def test_what_is_no_list_of_what_is_held_is_refused(data):
    with pytest.raises(BadEnvelope):
        decode_held(data)


@pytest.mark.parametrize(
    "data",
    [
        forged(id=bytes(15)),
        forged(id="x" * 16),
        forged(written="now"),
        forged(sender=5),
        forged(receiver="x" * 201),
        forged(files="none"),
        forged(files=[a_file()] * 2),
        forged(files=[a_file()[:4]]),
        forged(files=["x"]),
        forged(files=[a_file(name="../../node.db")]),
        forged(files=[a_file(name="/etc/passwd")]),
        forged(files=[a_file(name="set.cbor/")]),
        forged(files=[a_file(name=5)]),
        forged(files=[a_file(part="program")]),
        forged(files=[a_file(about=5)]),
        forged(files=[a_file(part="file")]),
        forged(files=[a_file(part="file", about="ab" * 32)]),
        forged(files=[a_file(part="file", about="AB" * 32 + "/0")]),
        forged(files=[a_file(part="file", about="ab" * 32 + "/-1")]),
        forged(files=[a_file(size="1")]),
        forged(files=[a_file(digest=bytes(31))]),
        forged(files=[a_file(digest="x")]),
        forged(files=[a_file(name=f"f-{n}.bin") for n in range(MAX_FILES + 1)]),
        cbor.encode([VERSION, "a"]),
        b"\xff",
    ],
)
def test_what_is_no_list_is_refused(data):
    with pytest.raises(BadEnvelope):
        decode_set(data)


@pytest.mark.parametrize("data", [forged(version="comity/media/2"), cbor.encode([]), cbor.encode("x")])
def test_another_form_is_another_version(data):
    with pytest.raises(UnknownVersion):
        decode_set(data)


def asked(own, mirror):
    return Recover("ost.example/comity/log/1", 0, own, mirror, bytes(32))


def test_of_a_small_log_all_entries_go_back_and_of_a_long_one_the_newest():
    names = bundles_for((300, 600), asked(599, 299))
    assert [(role.value, name.n, name.width) for role, name in names] == [
        ("theirs", 0, 256), ("theirs", 1, 256), ("theirs", 2, 88), ("ours", 0, 256), ("ours", 1, 44),
    ]  # fmt: skip
    long = SMALL_LOG + 1_000
    first = bundles_for((0, long), asked(long - 10, 0))[0][1]
    assert first.n == (long - 10 - NEWEST) // 256
    assert bundles_for((0, long), asked(0, 0))[0][1].n == 0


@pytest.mark.parametrize("data", [forged(written=True), forged(files=[a_file(size=True)])])
def test_a_flag_in_the_place_of_a_number_is_refused(data):
    with pytest.raises(BadEnvelope):
        decode_set(data)
