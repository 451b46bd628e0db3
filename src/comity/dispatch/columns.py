"""Columns of rows as the types they must have; another type means that the store is not ours."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.ports import Scalar


def bytes_of(value: Scalar) -> bytes:
    """Return a column that is never null and holds bytes."""
    assert isinstance(value, bytes)
    return value


def text_of(value: Scalar) -> str:
    """Return a column that is never null and holds text."""
    assert isinstance(value, str)
    return value


def int_of(value: Scalar) -> int:
    """Return a column that is never null and holds a number."""
    assert isinstance(value, int)
    return value


def ms_or_none(value: Scalar) -> Ms | None:
    """Return a time column that may be null."""
    return None if value is None else Ms(int_of(value))
