"""Reading decoded values into typed fields; the one place where a wrong shape becomes a BadEnvelope.

Every reader takes the value and the name of the field for the message; the message never holds the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import NoReturn, TypeVar, cast

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, UnknownVersion
from comity.base.ids import Digest, DispatchId

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

Unknown = tuple[tuple[int, bytes], ...]
"""Map keys that this edition does not know, sorted, each with the canonical bytes of its value."""  # spec: protocol.md 3

_CODE = re.compile(r"[a-z][a-z-]{1,40}")
_DIGEST, _ID = 32, 16


def refuse(what: str) -> NoReturn:
    """Raise BadEnvelope for the field `what`."""
    raise BadEnvelope(f"a message has the field {what} in a form that it cannot have")


def uint(value: Value, what: str) -> int:
    """Return a whole number of 0 or more."""
    if type(value) is int and value >= 0:
        return value
    refuse(what)


def octets(value: Value, what: str) -> bytes:
    """Return a byte string of any length."""
    if isinstance(value, bytes):
        return value
    refuse(what)


def sized(value: Value, size: int, what: str) -> bytes:
    """Return a byte string of exactly `size` bytes."""
    if isinstance(value, bytes) and len(value) == size:
        return value
    refuse(what)


def digest(value: Value, what: str) -> Digest:
    """Return 32 bytes."""
    if isinstance(value, bytes) and len(value) == _DIGEST:
        return Digest(value)
    refuse(what)


def ident(value: Value, what: str) -> DispatchId:
    """Return 16 bytes."""
    if isinstance(value, bytes) and len(value) == _ID:
        return DispatchId(value)
    refuse(what)


def text(value: Value, what: str) -> str:
    """Return a text."""
    if isinstance(value, str):
        return value
    refuse(what)


def code(value: Value, what: str) -> str:
    """Return a code: small letters and hyphens, 2 to 41 characters, a letter first."""  # spec: protocol.md 3
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    refuse(what)


def flag(value: Value, what: str) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    refuse(what)


def maybe(value: Value, read: Callable[[Value, str], T], what: str) -> T | None:
    """Return None for null, else what `read` returns."""
    return None if value is None else read(value, what)


def given(members: Mapping[int, Value], key: int, read: Callable[[Value, str], T], what: str) -> T | None:
    """Return None where the member is not there, else what `read` returns; it is never there as null."""
    return read(members[key], what) if key in members else None


def choice(value: Value, kind: type[E], what: str) -> E:
    """Return the member of the enumeration `kind` whose value this is."""
    if type(value) in (int, str):
        try:
            return kind(value)
        except ValueError:
            pass
    refuse(what)


def array(value: Value, what: str, *, least: int = 0, most: int | None = None) -> Sequence[Value]:
    """Return an array of `least` to `most` values."""
    if isinstance(value, list) and least <= len(value) and (most is None or len(value) <= most):
        return value
    refuse(what)


def row(value: Value, size: int, what: str) -> Sequence[Value]:
    """Return an array of exactly `size` values."""
    if isinstance(value, list) and len(value) == size:
        return value
    refuse(what)


def many(
    value: Value, read: Callable[[Value, str], T], what: str, *, least: int = 0, most: int | None = None
) -> tuple[T, ...]:
    """Return `least` to `most` values, each read with `read`."""
    return tuple([read(item, what) for item in array(value, what, least=least, most=most)])


def numbered(value: Value, required: frozenset[int], what: str) -> Mapping[int, Value]:
    """Return a map with numbers as keys that has at least the keys `required`."""
    if isinstance(value, dict) and required <= value.keys():
        return cast("dict[int, Value]", value)
    refuse(what)


def pairs(value: Value, what: str) -> Sequence[tuple[Value, Value]]:
    """Return the entries of a map with keys of either type, in canonical order."""
    if isinstance(value, dict):
        return list(value.items())
    refuse(what)


def version(value: Value, expected: str, what: str) -> None:
    """Check the version text of a structure.

    Raises:
        UnknownVersion: another text stands there.
        BadEnvelope: no text stands there.
    """
    if value != expected:
        text(value, what)
        raise UnknownVersion(f"a message of a version that this program does not speak; it speaks {expected}")


def unknown(members: Mapping[int, Value], known: frozenset[int]) -> Unknown:
    """Return the members of a map whose keys are not `known`, to be kept and sent on."""
    if members.keys() <= known:
        return ()
    return tuple((key, cbor.encode(members[key])) for key in sorted(members.keys() - known))


def with_unknown(members: dict[int, Value], kept: Unknown) -> dict[int, Value]:
    """Return `members` with what `unknown` kept put back."""
    for key, data in kept:
        members[key] = cbor.decode(data)
    return members
