from __future__ import annotations

from enum import IntEnum

import pytest

from comity.base import fields
from comity.base.errors import BadEnvelope, UnknownVersion
from comity.base.ids import read_id, show_id


class Colour(IntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("read", "good", "wrong"),
    [
        (fields.uint, [0, 2**63 - 1], [-1, True, "1", None, b"", []]),
        (fields.octets, [b"", b"x"], ["x", None, 1, [b"x"]]),
        (fields.digest, [bytes(32)], [bytes(31), bytes(33), "x" * 32, None]),
        (fields.ident, [bytes(16)], [bytes(15), bytes(17), "x" * 16, None]),
        (fields.text, ["", "x"], [b"x", None, 1]),
        (fields.code, ["ab", "not-open", "a" * 41], ["a", "A", "ab1", "-a", "", "a" * 42, "ab\n", b"ab", None]),
        (fields.flag, [True, False], [0, 1, None]),
    ],
)
def test_a_field_is_of_its_type(read, good, wrong):
    for value in good:
        assert read(value, "f") == value
        assert fields.maybe(value, read, "f") == value
    for value in wrong:
        with pytest.raises(BadEnvelope):
            read(value, "f")
    assert fields.maybe(None, read, "f") is None


def test_a_message_names_the_field_and_never_shows_the_value():
    with pytest.raises(BadEnvelope) as caught:
        fields.uint("secret", "created")
    assert "created" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_sizes_of_strings_and_arrays():
    assert fields.sized(b"abc", 3, "f") == b"abc"
    assert fields.row([1, 2], 2, "f") == [1, 2]
    assert fields.many([1, 2], fields.uint, "f", least=1, most=2) == (1, 2)
    for call in (
        lambda: fields.sized(b"abc", 2, "f"),
        lambda: fields.row([1], 2, "f"),
        lambda: fields.row((1, 2), 2, "f"),
        lambda: fields.many([], fields.uint, "f", least=1),
        lambda: fields.many([1, 2, 3], fields.uint, "f", most=2),
        lambda: fields.many([None], fields.uint, "f"),
        lambda: fields.array({}, "f"),
        lambda: fields.numbered([], frozenset(), "f"),
        lambda: fields.numbered({1: 1}, frozenset((1, 2)), "f"),
        lambda: fields.pairs([], "f"),
    ):
        with pytest.raises(BadEnvelope):
            call()


def test_a_choice_is_closed():
    assert fields.choice(1, Colour, "f") is Colour.RED
    for value in (2, True, "1", b"1", None, []):
        with pytest.raises(BadEnvelope):
            fields.choice(value, Colour, "f")


def test_a_version_is_exact():
    fields.version("v/1", "v/1", "f")
    with pytest.raises(UnknownVersion):
        fields.version("v/2", "v/1", "f")
    with pytest.raises(BadEnvelope):
        fields.version(1, "v/1", "f")


def test_unknown_members_are_kept_in_order_and_put_back():
    kept = fields.unknown({1: 0, 9: [b"x"], 3: None}, frozenset((1,)))
    assert kept == ((3, b"\xf6"), (9, b"\x81\x41x"))
    assert fields.with_unknown({1: 0}, kept) == {1: 0, 3: None, 9: [b"x"]}
    assert fields.unknown({1: 0}, frozenset((1, 2))) == ()
    assert dict(fields.pairs({1: 2}, "f")) == {1: 2}


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0" * 26), (1, "0" * 25 + "1"), (31, "0" * 25 + "Z"), (32, "0" * 24 + "10"), (2**128 - 1, "7" + "Z" * 25),
        (0x0123456789ABCDEF0123456789ABCDEF, "014D2PF2DBSQQG28T5CY4TQKFF"),
    ],
)  # fmt: skip
def test_a_number_is_shown_in_base_32(number, shown):
    assert show_id(number.to_bytes(16, "big")) == shown
    assert int.from_bytes(read_id(shown), "big") == number
