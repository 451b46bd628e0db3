"""Values of the core as JSON and back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base.errors import BadForm
from comity.base.ids import show_id
from comity.edge.plain import to_json, to_value
from comity.marking.labels import Lane
from comity.policy.verdict import Effect
from tests.examples import examples


@dataclass(frozen=True)
class Row:
    name: str
    ids: tuple[bytes, ...]


def test_each_kind_of_value_has_one_form():
    assert to_json(bytes(16)) == show_id(bytes(16))
    assert to_json(b"\x01\xff") == "01ff"
    assert (to_json(Effect.PERMIT), to_json(Lane.URGENT)) == ("permit", 1)
    assert to_json((None, True, 1, 1.5, "a")) == [None, True, 1, 1.5, "a"]
    assert to_json(frozenset({"b", "a"})) == ["a", "b"]
    assert to_json({1: Row("x", (bytes(16),))}) == {"1": {"name": "x", "ids": [show_id(bytes(16))]}}


def test_what_has_no_form_is_refused():
    with pytest.raises(BadForm, match="a value of type object has no JSON form"):
        to_json([object()])


def test_an_identifier_in_a_form_is_marked_as_one():
    assert to_value({"$id": show_id(bytes(16))}) == bytes(16)
    assert to_value({"$id": "x", "more": 1}) == {"$id": "x", "more": 1}
    assert to_value({"$id": 7}) == {"$id": 7}
    with pytest.raises(BadForm):
        to_value({"$id": "x"})


@pytest.mark.parametrize("value", [1.5, [0.0], {"a": float("nan")}, b"x", object()])
def test_a_form_has_no_other_values(value):
    with pytest.raises(BadForm, match="whole numbers"):
        to_value(value)


@examples(50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "$id"), inner),
        max_leaves=20,
    )
)
def test_plain_data_comes_back_as_it_was(value):
    assert to_json(to_value(value)) == value
