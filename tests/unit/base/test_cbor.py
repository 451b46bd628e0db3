from __future__ import annotations

import json
import tracemalloc
from enum import IntEnum
from pathlib import Path

import cbor2
import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm
from tests.properties import plain_cbor

VECTORS = Path(__file__).parents[2] / "vectors" / "cbor"


def cases(name: str) -> list:
    return json.loads((VECTORS / name).read_text())["cases"]


def bytes_of(case: dict) -> bytes:
    repeat = case.get("repeat", {"hex": "", "count": 0})
    return bytes.fromhex(repeat["hex"]) * repeat["count"] + bytes.fromhex(case["hex"])


def value_of(shown):
    if isinstance(shown, dict) and "bytes" in shown:
        return bytes.fromhex(shown["bytes"])
    if isinstance(shown, dict):
        return {key: value_of(item) for key, item in shown["map"]}
    return [value_of(item) for item in shown] if isinstance(shown, list) else shown


@pytest.mark.parametrize("case", cases("refused.json"), ids=lambda c: f"{c['desc']} {c['hex'][:24]}")
def test_every_refused_form_is_refused(case):
    with pytest.raises(BadEnvelope):
        cbor.decode(bytes_of(case))


@pytest.mark.parametrize("case", cases("refused.json"), ids=lambda c: f"{c['desc']} {c['hex'][:24]}")
def test_the_plain_reader_refuses_the_same_forms(case):
    with pytest.raises(plain_cbor.Refused):
        plain_cbor.read(bytes_of(case))


@pytest.mark.parametrize("case", cases("good.json"), ids=lambda c: c["desc"])
def test_every_good_form_is_taken_and_three_readers_agree(case):
    data, value = bytes_of(case), value_of(case["value"])
    assert cbor.decode(data) == cbor2.loads(data) == plain_cbor.read(data) == value
    assert cbor.encode(value) == plain_cbor.write(value) == data


@pytest.mark.parametrize("damaged", [b"", b"\x82\x01", b"\x62\xff\xfe", b"\x1c", b"\xff"])
def test_stored_bytes_that_were_damaged_since_are_refused_as_such(damaged):
    # spec: RFC 8949 3: a cut array, text that is no UTF-8, a reserved length, a break without a beginning
    with pytest.raises(BadEnvelope, match="cut off or were changed"):
        cbor.known(damaged)
    assert cbor.known(b"\x82\x01\x02") == [1, 2]


def test_the_library_alone_would_take_some_of_them():
    taken = 0
    for case in cases("refused.json"):
        try:
            cbor2.loads(bytes_of(case))
        except cbor2.CBORError:
            continue
        taken += 1
    assert taken > 100


@pytest.mark.parametrize("case", cases("good.json"), ids=lambda c: c["desc"])
def test_a_good_form_cut_anywhere_is_refused(case):
    data = bytes_of(case)
    for end in range(len(data)):
        with pytest.raises(BadEnvelope):
            cbor.decode(data[:end])


def test_deep_nesting_is_refused_in_bounded_memory():
    data = b"\x81" * 1_000_000 + b"\x00"
    tracemalloc.start()
    with pytest.raises(BadEnvelope):
        cbor.decode(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


def test_more_values_than_a_message_may_have_are_refused_before_they_are_built():
    data = b"\x9a" + (cbor.ITEMS + 1).to_bytes(4, "big") + bytes(cbor.ITEMS + 1)
    tracemalloc.start()
    with pytest.raises(BadEnvelope):
        cbor.decode(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000
    assert len(cbor.decode(b"\x9a" + cbor.ITEMS.to_bytes(4, "big") + bytes(cbor.ITEMS))) == cbor.ITEMS


def test_the_pairs_of_maps_count_twice():
    third = (cbor.ITEMS - 1) // 3
    assert len(cbor.decode(plain_cbor.write([{1: None}] * third))) == third
    with pytest.raises(BadEnvelope):
        cbor.decode(plain_cbor.write([{1: None}] * (third + 1)))


def test_the_limit_of_bytes_holds():
    data = cbor.encode(bytes(100))
    assert cbor.decode(data, limit=len(data)) == bytes(100)
    with pytest.raises(BadEnvelope):
        cbor.decode(data, limit=len(data) - 1)
    with pytest.raises(BadEnvelope):
        cbor.decode(bytes(cbor.LIMIT + 1))


def test_bytes_inside_a_byte_string_are_not_looked_at():
    data = cbor.encode([b"\xff\xff\x9f", 1])
    assert cbor.decode(data) == [b"\xff\xff\x9f", 1]


class Colour(IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        -1,
        2**63,
        1.0,
        float("nan"),
        Colour.RED,
        "e\u0301",
        "a\x00",
        "\x7f",
        "\x85",
        "\ud800",
        {1: 0, "a": 0},
        {b"a": 0},
        {None: 0},
        {True: 0},
        {-1: 0},
        {"e\u0301": 0},
        {1.0: 0},
        {1, 2},
        bytearray(b"a"),
        cbor2.undefined,
        cbor2.CBORTag(1, 0),
        [[-1]],
        {1: {2: "\t"}},
    ],
    ids=repr,
)
def test_what_cannot_cross_is_not_written(value):
    with pytest.raises(BadForm):
        cbor.encode(value)


def test_depth_ends_at_sixteen_both_ways():
    value: list = []
    for _ in range(15):
        value = [value]
    assert cbor.decode(cbor.encode(value)) == value
    for deeper in ([value], {1: value}):
        with pytest.raises(BadForm):
            cbor.encode(deeper)
        with pytest.raises(BadEnvelope):
            cbor.decode(plain_cbor.write(deeper))
    with pytest.raises(BadForm):
        cbor.encode([{1: value}])


def test_tuples_are_written_as_arrays():
    assert cbor.encode((1, ("a", b"b"))) == bytes.fromhex("82018261614162")


def test_headers_may_have_negative_numbers():
    value = {1: -65709, 4: b"k", -4: [-1, -(2**63)]}
    data = cbor.encode(value, signed=True)
    assert data.hex() == "a3013a000100ac04416b2382203b7fffffffffffffff"
    assert cbor.decode(data, signed=True) == value
    with pytest.raises(BadEnvelope):
        cbor.decode(data)
    with pytest.raises(BadForm):
        cbor.encode(value)


@pytest.mark.parametrize(
    "data", ["a1181800", "a1381800", "a20100616100", "a1410100", "3b8000000000000000", "a220000100", "f97e00"]
)
def test_headers_have_limits_too(data):
    with pytest.raises(BadEnvelope):
        cbor.decode(bytes.fromhex(data), signed=True)


@pytest.mark.parametrize("value", [{24: 0}, {-25: 0}, -(2**63) - 1, {1: 0, "a": 0}])
def test_headers_are_not_written_beyond_their_limits(value):
    with pytest.raises(BadForm):
        cbor.encode(value, signed=True)


def test_headers_may_have_text_keys():
    data = cbor.encode({"aa": -1, "b": 0}, signed=True)
    assert cbor.decode(data, signed=True) == {"aa": -1, "b": 0}


def test_a_tag_stands_outermost_and_once():
    data = cbor.encode_tagged(96, [b"", {}])
    assert data.hex() == "d8608240a0"
    assert cbor.decode_tagged(data, 96) == [b"", {}]
    for wrong in (data[2:], b"\xd8\x62" + data[2:], data[:2] + data, b"\xd9\x00\x60" + data[2:], b""):
        with pytest.raises(BadEnvelope):
            cbor.decode_tagged(wrong, 96)
    with pytest.raises(BadEnvelope):
        cbor.decode_tagged(data, 96, limit=2)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a", True),
        ("a\nb", True),
        ("\t", False),
        ("\u00e9", True),
        ("e\u0301", False),
        ("\u0085", False),
        ("\n\u00e9", True),
    ],
)
def test_which_texts_fit(text, fits):
    assert cbor.text_fits(text) is fits


def test_keys_beyond_ascii_stand_by_the_length_of_their_bytes():
    right = bytes.fromhex("a2 627a7a 00 62c3a9 01")  # both two bytes long, the accented one by one character shorter
    assert cbor.decode(right) == {"zz": 0, "é": 1}
    assert cbor.encode({"é": 1, "zz": 0}) == right
    assert cbor.encode({"zz": 0, "é": 1}) == right
    with pytest.raises(BadEnvelope):
        cbor.decode(bytes.fromhex("a2 62c3a9 01 627a7a 00"))
