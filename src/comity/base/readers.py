"""How one field of a body is read from canonical bytes: texts, words of a closed list, numbers, times, ids, records of them.

The rule it keeps: a reader returns a typed value or says, without repeating the value, what does not fit.
"""  # spec: protocol.md 3

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias, cast

from comity.base.cbor import Value


class Misfit(Exception):
    """A value that does not fit; the text names the place for a person."""


Reader: TypeAlias = Callable[[Value], object]
TITLE, LABEL, TEXT, _MANY = 200, 200, 200_000, 512
"""Most characters of a title, a label and a text, and most entries of a list."""
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
CODE = re.compile(r"[a-z][a-z0-9-]{1,40}")
CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
ZONE = re.compile(r"[A-Za-z_+-]+(?:/[A-Za-z0-9_+-]+)*")
_ID_SIZE = 16
_LAST_MS = 253_402_300_799_999
"""The end of the year 9999, after which no calendar here goes."""


def text_of(limit: int, *, lines: bool = False, form: re.Pattern[str] | None = None) -> Reader:
    """Return a reader of a text of 1 to `limit` characters; of one line unless `lines`."""

    def read(value: Value) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            raise Misfit(f"is not a text of 1 to {limit} characters")
        if (not lines and "\n" in value) or (form and not form.fullmatch(value)):
            raise Misfit("does not have the form of such a text")
        return value

    return read


def words_of(known: Collection[str] | None) -> Reader:
    """Return a reader of sorted, unique words of a closed list, or of codes where `known` is None."""

    def read(value: Value) -> tuple[str, ...]:
        words = list_of(value)
        if not all(isinstance(w, str) and (w in known if known is not None else CODE.fullmatch(w)) for w in words):
            raise Misfit("has a word that is not in its list")
        found = tuple(str(w) for w in words)
        _sorted(found)
        return found

    return read


def _sorted(found: tuple[Any, ...]) -> None:
    if list(found) != sorted(set(found)):
        raise Misfit("is not sorted, or has something twice")


def list_of(value: Value) -> tuple[Value, ...]:
    """Return the entries of a list that is neither empty nor too long."""
    if not isinstance(value, list) or not 1 <= len(value) <= _MANY:
        raise Misfit(f"is not a list of 1 to {_MANY}")
    return tuple(value)


def word_of(known: Collection[str]) -> Reader:
    """Return a reader of one word of a closed list."""

    def read(value: Value) -> str:
        if not isinstance(value, str) or value not in known:
            raise Misfit(f"is not one of: {', '.join(sorted(known)[:8])}")
        return value

    return read


def number_of(value: Value) -> int:
    """Read a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Misfit("is not a whole number")
    return value


def time_of(value: Value) -> int:
    """Read a time in milliseconds UTC."""
    number = number_of(value)
    if not 0 <= number <= _LAST_MS:
        raise Misfit("is not a time in milliseconds")
    return number


def urgencies_of(value: Value) -> tuple[int, ...]:
    """Read sorted, unique urgencies."""
    found = tuple(number_of(v) for v in list_of(value))
    if any(v not in range(4) for v in found):
        raise Misfit("has an urgency other than 0 to 3")
    _sorted(found)
    return found


def true_of(value: Value) -> bool:
    """Read a flag, which is written only when it is true."""
    if value is not True:
        raise Misfit("is written only when it is true")
    return True


def id_of(value: Value) -> bytes:
    """Read an id of 16 bytes."""
    if not isinstance(value, bytes) or len(value) != _ID_SIZE:
        raise Misfit("is not an id of 16 bytes")
    return value


def record_of(make: Callable[..., object], fields: Mapping[str, Reader], needed: Collection[str]) -> Reader:
    """Return a reader of a map of named fields; keys that it does not know are kept by name."""

    def read(value: Value) -> object:
        if not isinstance(value, dict) or any(not isinstance(key, str) for key in value):
            raise Misfit("is not a map of named fields")
        absent = sorted(set(needed) - set(value))
        if absent:
            raise Misfit(f"lacks {absent[0]}")
        entries = cast("dict[str, Value]", value)
        found: dict[str, Any] = {}
        for key, reader in fields.items():
            if key in entries:
                try:
                    found[key] = reader(entries[key])
                except Misfit as misfit:
                    raise Misfit(f"{key} {misfit}") from None
        return make(**found, unknown=tuple(sorted(str(key) for key in entries if key not in fields)))

    return read


def many_of(one: Reader) -> Reader:
    """Return a reader of a list of one sort of entry."""
    return lambda value: tuple(one(entry) for entry in list_of(value))
