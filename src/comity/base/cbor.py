"""Canonical bytes: deterministic CBOR in the narrow form that crosses the border.

The rule it keeps: one value has one encoding, and bytes that are not that encoding are refused. The bytes are walked
under the limits before anything is built, decoded by the library, encoded again and compared; no trailing byte.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias, cast

import cbor2

from comity.base.errors import BadEnvelope, BadForm

Value: TypeAlias = "int | bytes | str | bool | Sequence[Value] | Mapping[int, Value] | Mapping[str, Value] | None"
"""What can cross: `decode` gives int, bytes, str, bool, None, list and dict; `encode` also takes tuples."""

LIMIT = 8 * 1024 * 1024
"""Bytes that `decode` takes when nothing smaller is said."""
DEPTH = 16
"""Arrays and maps that may stand inside each other; the outermost is the first."""
ITEMS = 1 << 18
"""Values in one message. Not in the protocol: it bounds the memory that 8 MiB of one-byte values would take."""
MAX_UINT = (1 << 63) - 1

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_UINT, _NINT, _BSTR, _TSTR, _ARRAY, _MAP, _SIMPLE = 0, 1, 2, 3, 4, 5, 7
_FALSE_TRUE_NULL = (20, 21, 22)
_NO_MAP, _NO_KEY_YET = -2, -1
_TAG = 0xD8
_KEY_BYTE = 24


def encode(value: Value, *, signed: bool = False) -> bytes:
    """Return the one encoding of `value`.

    Args:
        value: of exactly the types int, bytes, str, bool, None, list or tuple, dict; enumerations must be converted.
        signed: negative numbers are allowed, as COSE headers need them; integer keys then lie in -24..23, where the
            two published orders of keys agree.

    Raises:
        BadForm: a type, number, text, mix of keys or depth that the protocol does not have.
    """  # spec: RFC 8949 4.2.1  # spec: protocol.md 3
    in_order = _check(value, signed)
    return cbor2.dumps(value, canonical=not in_order)  # of what is in order both forms are the same, and one is quicker


def decode(data: bytes, *, limit: int = LIMIT, signed: bool = False) -> Value:
    """Return the value whose one encoding is `data`.

    Args:
        data: bytes from anywhere; long byte strings inside are not looked into.
        limit: most bytes taken.
        signed: as in `encode`.

    Raises:
        BadEnvelope: anything but the deterministic encoding of one allowed value.
    """  # spec: RFC 8949 4.2.1  # spec: protocol.md 3
    if len(data) > limit:
        raise BadEnvelope(f"a message of {len(data)} bytes, more than the {limit} allowed")
    try:
        _walk(data, signed)
        value: Value = cbor2.loads(data, max_depth=DEPTH + 1, allow_indefinite=False, allow_duplicate_keys=False)
    except (IndexError, UnicodeDecodeError, cbor2.CBORError) as error:
        raise BadEnvelope("a message is cut off, has a key twice or text that is not UTF-8") from error
    if cbor2.dumps(value, canonical=not _in_order(value)) != data:  # as in `encode`
        _refuse("is not in its shortest form or in the order of keys")
    return value


def known(data: bytes) -> Value:
    """Return the value of bytes that were checked when they came and are compared with a hash by the caller.

    Raises:
        BadEnvelope: not one whole value.
    """
    try:
        value: Value = cbor2.loads(data)
    except (IndexError, UnicodeDecodeError, cbor2.CBORError) as error:
        raise BadEnvelope("stored bytes are cut off or were changed") from error
    return value


def encode_tagged(tag: int, value: Value) -> bytes:
    """Return the encoding of a COSE structure under its tag (24..255); negative numbers are allowed inside."""
    return bytes((_TAG, tag)) + encode(value, signed=True)  # spec: RFC 9052 2


def decode_tagged(data: bytes, tag: int, *, limit: int = LIMIT) -> Value:
    """Return the value under the outermost tag `tag` (24..255), decoded as `decode` does with `signed`.

    Raises:
        BadEnvelope: another tag or none, or bytes that `decode` refuses.
    """
    if data[:2] != bytes((_TAG, tag)):
        _refuse(f"does not begin with tag {tag}")
    return decode(data[2:], limit=limit, signed=True)


def text_fits(text: str) -> bool:
    """Say whether `text` may cross: NFC, no control character but the line feed, no lone surrogate."""
    if text.isascii():
        return text.isprintable() or text.replace("\n", "").isprintable()  # what ASCII cannot print are its controls
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return unicodedata.is_normalized("NFC", text) and not _CONTROL.search(text)


def _refuse(what: str) -> NoReturn:
    raise BadEnvelope(f"a message {what}")


def _walk(data: bytes, signed: bool) -> None:  # noqa: C901, FBT001, PLR0912  the one hot loop: a call a value costs double
    """Step over every value of `data` once, building nothing: types, lengths, depth, text, kinds of keys, one value.

    Shortest forms, order of keys and repeated keys are left to the comparison. A read past the end is an IndexError.
    """
    end, position, left, seen = len(data), 0, 1, 0
    keys = _NO_MAP
    outer: list[tuple[int, int]] = []
    while True:
        head = data[position]
        position += 1
        major, argument = head >> 5, head & 31
        short = argument < _KEY_BYTE
        if not short and major != _SIMPLE:
            if argument > 27:  # noqa: PLR2004  28..30 are reserved, 31 is an indefinite length
                _refuse("has an indefinite or reserved length")
            width = 1 << (argument - _KEY_BYTE)
            argument = int.from_bytes(data[position : position + width], "big")
            position += width
        if keys != _NO_MAP and not left & 1 and (keys != major or signed):
            keys = _key(keys, major, signed=signed, short=short)
        left -= 1
        if major == _BSTR:
            position += argument
        elif major == _TSTR:
            start, position = position, position + argument
            text = data[start:position].decode()
            if not (text.isascii() and text.isprintable()) and not text_fits(text):
                _refuse("has text that is not NFC or has a control character")
        elif major in (_ARRAY, _MAP):
            outer.append((left, keys))
            left, keys = (argument, _NO_MAP) if major == _ARRAY else (2 * argument, _NO_KEY_YET)
            seen += left
            if len(outer) > DEPTH or seen > ITEMS or left > end - position:
                _refuse("is nested too deep, has too many values or is cut off")
        elif major == _UINT or (major == _NINT and signed):
            if argument > MAX_UINT:
                _refuse("has a number above the range")
        elif major != _SIMPLE or argument not in _FALSE_TRUE_NULL:
            _refuse("has a negative number, a tag, a float or an undefined value")
        while not left and outer:
            left, keys = outer.pop()
        if not left:
            break
    if position != end:
        _refuse("is cut off or has trailing bytes")


def _key(keys: int, major: int, *, signed: bool, short: bool) -> int:
    """Return the kind of keys of a map after one more key of this major type, or refuse the mix."""
    kind = _UINT if signed and major == _NINT else major
    if kind not in (_UINT, _TSTR) or keys not in (_NO_KEY_YET, kind) or (signed and kind == _UINT and not short):
        _refuse("has a map with keys of two types or of a type that is not allowed")
    return kind


def _check(value: Value, signed: bool) -> bool:  # noqa: FBT001  positional for speed, private
    """Look at a value level by level, the outermost first; a call for each value inside would cost double.

    Return whether the keys of all maps stand in the order of the encoding already.
    """
    in_order = True
    level: list[Value] = [value]
    for _ in range(DEPTH + 1):
        deeper: list[Value] = []
        for item in level:
            kind = type(item)
            if kind is bytes or item is None or kind is bool:
                continue
            if isinstance(item, int) and kind is int:
                if not (-MAX_UINT - 1 if signed else 0) <= item <= MAX_UINT:
                    raise BadForm(f"a number outside the range that can cross: {item}")
            elif isinstance(item, str) and kind is str:
                if not (item.isascii() and item.isprintable()) and not text_fits(item):
                    raise BadForm("a text that is not in Unicode form NFC, or has a control character")
            elif isinstance(item, (list, tuple)):
                deeper += item or (None,)
            elif isinstance(item, dict):
                in_order = _check_keys(item, signed=signed) and in_order
                deeper += item.values() or (None,)
            else:
                raise BadForm(f"a value of type {kind.__name__} cannot cross")
        if not deeper:
            return in_order
        level = deeper
    raise BadForm(f"a value nested deeper than {DEPTH}")


def _in_order(value: Value) -> bool:
    """Say whether the keys of all maps of what was walked over are known to stand in the order of the encoding."""
    level: list[Value] = [value]
    while level:
        deeper: list[Value] = []
        for item in level:
            kind = type(item)
            if kind is list:
                deeper += cast("list[Value]", item)
            elif kind is dict:
                members = cast("dict[int, Value] | dict[str, Value]", item)
                if len(members) > 1 and not _keys_in_order(members):
                    return False
                deeper += members.values()
        level = deeper
    return True


def _keys_in_order(members: Mapping[int, Value] | Mapping[str, Value]) -> bool:
    keys = list(members)
    if isinstance(keys[0], str):
        return _in_order_of_texts(members)
    numbers = cast("list[int]", keys)
    return min(numbers) >= 0 and numbers == sorted(numbers)


def _in_order_of_texts(members: Mapping[int, Value] | Mapping[str, Value]) -> bool:
    """Say whether keys that are all ASCII stand in order: the shorter first, then by their bytes."""
    texts = cast("list[str]", list(members))
    return "".join(texts).isascii() and texts == sorted(texts, key=lambda text: (len(text), text))


def _check_keys(value: Mapping[int, Value] | Mapping[str, Value], *, signed: bool) -> bool:
    """Look at the keys of a map; return whether they are known to stand in the order of the encoding."""
    kinds = set(map(type, value))
    if kinds == {int}:
        keys = cast("list[int]", list(value))
        least, most = min(keys), max(keys)
        if not (-_KEY_BYTE <= least <= most < _KEY_BYTE if signed else 0 <= least <= most <= MAX_UINT):
            wrong = least if least < (-_KEY_BYTE if signed else 0) else most
            raise BadForm(f"a map has the key {wrong}, outside of what can cross")
        return len(keys) == 1 or (least >= 0 and keys == sorted(keys))  # negative ones stand behind the others
    if kinds == {str}:
        joined = "".join(map(str, value))
        if not (joined.isascii() and joined.isprintable()) and not all(text_fits(str(key)) for key in value):
            raise BadForm("a map has a key that is not in Unicode form NFC, or has a control character")
        return len(value) == 1 or _in_order_of_texts(value)
    if kinds:
        raise BadForm("a map needs keys that are all numbers or all texts")
    return True
