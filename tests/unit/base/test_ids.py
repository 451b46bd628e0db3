"""A dispatch number survives being written down and typed again, and what is none is named."""

from __future__ import annotations

import pytest

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, read_id, show_id

ONE = DispatchId(bytes(range(16)))


def test_a_number_is_read_however_it_was_typed() -> None:
    shown = show_id(ONE)
    assert read_id(shown) == ONE
    assert read_id(f"  {shown.lower()} ") == ONE
    assert read_id(shown.replace("0", "O").replace("1", "l")) == ONE


@pytest.mark.parametrize("text", ["", "7", show_id(ONE)[:-1], show_id(ONE) + "0", "U" * 26, "-" * 26])
def test_what_has_other_letters_or_another_length_is_no_number(text: str) -> None:
    with pytest.raises(BadForm, match="26 letters and digits"):
        read_id(text)


def test_the_largest_number_is_one_and_the_next_is_not() -> None:
    assert read_id("7" + "Z" * 25) == bytes([255]) * 16
    with pytest.raises(BadForm, match="too large"):
        read_id("8" + "0" * 25)
