"""What a form said: its fields within limits, from urlencoded bytes or from a JSON object.

Rule kept: what is too large, too many or in another form is refused before anything is made of it; no file is taken.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

MOST_BYTES = 1 << 20
MOST_FIELDS = 500
URLENCODED, JSON = "application/x-www-form-urlencoded", "application/json"
Fields = Mapping[str, tuple[str, ...]]


class NotTaken(Exception):
    """What was sent is not read; `status` is what HTTP says, `key` the text that the person is told."""

    def __init__(self, status: HTTPStatus, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


async def fields_of(media_type: str, chunks: AsyncIterator[bytes]) -> Fields:
    """Read the fields of a POST.

    Args:
        media_type: as the request says it, parameters and all; "" without one.
        chunks: the body.

    Raises:
        NotTaken: more than 1 MiB or 500 fields, neither urlencoded nor a JSON object, or no UTF-8.
    """
    kind = media_type.partition(";")[0].strip().lower()
    body = await _body(chunks)
    if not body:
        return {}
    if kind not in {URLENCODED, JSON}:
        raise NotTaken(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "error.form")
    try:
        pairs = _from_json(body) if kind == JSON else _from_form(body)
    except (ValueError, RecursionError) as error:
        raise NotTaken(HTTPStatus.BAD_REQUEST, "error.form") from error
    if len(pairs) > MOST_FIELDS:
        raise NotTaken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "error.large")
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


async def _body(chunks: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MOST_BYTES:
            raise NotTaken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "error.large")
    return bytes(body)


def _from_form(body: bytes) -> list[tuple[str, str]]:
    if body.count(b"&") >= MOST_FIELDS:
        raise NotTaken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "error.large")
    pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    return [(_sound(name), _sound(value).replace("\r\n", "\n")) for name, value in pairs]


def _from_json(body: bytes) -> list[tuple[str, str]]:
    """Return the members of an object: a text as it is, a list of texts as several, anything else as JSON again."""
    found = json.loads(body.decode())
    if not isinstance(found, dict):
        raise ValueError("a form is an object")  # noqa: TRY004  told as one kind of fault with what is no JSON
    return [(_sound(name), text) for name, value in found.items() for text in _texts(value)]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [_sound(value)]
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return [_sound(one) for one in value]
    return [_sound(json.dumps(value, ensure_ascii=False, separators=(",", ":")))]


def _sound(text: str) -> str:
    """Return a text that can be written as UTF-8; half a surrogate pair cannot, and nobody types a NUL."""
    text.encode()
    if "\0" in text:
        raise ValueError("a NUL is no character of a text")
    return text
