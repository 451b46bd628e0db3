"""A second reader and writer of the same bytes, written from the text alone, slowly and plainly, to compare with."""

from __future__ import annotations

import unicodedata

MAX = 2**63 - 1


class Refused(Exception):
    pass


def write(value) -> bytes:
    if value is False or value is True or value is None:
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(write, value))
    rows = sorted((write(key), write(item)) for key, item in value.items())
    return head(5, len(rows)) + b"".join(key + item for key, item in rows)


def head(major: int, number: int) -> bytes:
    for code, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes((major << 5 | number,))
        if number < 256**width:
            return bytes((major << 5 | code,)) + number.to_bytes(width, "big")
    raise Refused


def read(data: bytes):
    value, rest = _value(data, 0)
    if rest:
        raise Refused("trailing")
    return value


def _head(data: bytes) -> tuple[int, int, bytes]:
    if not data:
        raise Refused("cut off")
    major, low = data[0] >> 5, data[0] & 31
    if low < 24:
        return major, low, data[1:]
    if low > 27:
        raise Refused("indefinite or reserved")
    width = 2 ** (low - 24)
    if len(data) < 1 + width:
        raise Refused("cut off")
    number = int.from_bytes(data[1 : 1 + width], "big")
    if head(major, number) != data[: 1 + width]:
        raise Refused("not shortest")
    return major, number, data[1 + width :]


def _value(data: bytes, depth: int):
    if data[:1] in (b"\xf4", b"\xf5", b"\xf6"):
        return {0xF4: False, 0xF5: True, 0xF6: None}[data[0]], data[1:]
    major, number, rest = _head(data)
    if number > MAX or major in (1, 6, 7):
        raise Refused("number, tag, float")
    if major == 0:
        return number, rest
    if major in (2, 3):
        if len(rest) < number:
            raise Refused("cut off")
        return (rest[:number] if major == 2 else _text(rest[:number])), rest[number:]
    if depth == 16 or len(rest) < number:
        raise Refused("deep or cut off")
    return _array(rest, number, depth + 1) if major == 4 else _map(rest, number, depth + 1)


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise Refused("utf-8") from error
    if unicodedata.normalize("NFC", text) != text or any(unicodedata.category(c) == "Cc" and c != "\n" for c in text):
        raise Refused("text")
    return text


def _array(rest: bytes, number: int, depth: int):
    items = []
    for _ in range(number):
        item, rest = _value(rest, depth)
        items.append(item)
    return items, rest


def _map(rest: bytes, number: int, depth: int):
    members: dict = {}
    last = b""
    for _ in range(number):
        before = rest
        key, rest = _value(rest, depth)
        encoded = before[: len(before) - len(rest)]
        if type(key) not in (int, str) or encoded <= last or any(type(k) is not type(key) for k in members):
            raise Refused("keys")
        last = encoded
        members[key], rest = _value(rest, depth)
    return members, rest
