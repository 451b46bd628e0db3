from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from comity.base import cbor
from comity.base.errors import BadEnvelope
from tests.examples import examples
from tests.properties import plain_cbor

texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20).map(
    lambda t: unicodedata.normalize("NFC", t)
)
leaves = st.none() | st.booleans() | st.integers(0, 2**63 - 1) | st.binary(max_size=300) | texts
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.integers(0, 2**63 - 1), inner, max_size=5)
        | st.dictionaries(texts, inner, max_size=5)
    ),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_and_the_plain_reader_agrees(value):
    data = cbor.encode(value)
    assert data == plain_cbor.write(value)
    assert cbor.decode(data) == value == plain_cbor.read(data)


def both(data: bytes) -> None:
    try:
        ours = cbor.decode(data)
    except BadEnvelope:
        ours = plain_cbor.Refused
    try:
        plain = plain_cbor.read(data)
    except plain_cbor.Refused:
        plain = plain_cbor.Refused
    assert ours == plain
    if ours is not plain_cbor.Refused:
        assert cbor.encode(ours) == data


@examples(400)
@given(values, st.data())
def test_mutated_bytes_are_judged_as_the_plain_reader_judges_them(value, data):
    made = bytearray(cbor.encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(made)))
        change = data.draw(st.sampled_from(("flip", "cut", "insert", "drop")))
        if change == "flip" and at < len(made):
            made[at] ^= 1 << data.draw(st.integers(0, 7))
        elif change == "cut":
            del made[at:]
        elif change == "insert":
            made[at:at] = data.draw(st.binary(min_size=1, max_size=3))
        else:
            del made[at : at + 1]
    both(bytes(made))


@examples(400)
@given(st.binary(max_size=60))
def test_any_bytes_are_judged_as_the_plain_reader_judges_them(data):
    both(data)
