"""Values of the core as JSON and back: identifiers as 26 letters and digits, other bytes as hex."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum

from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.ids import ID_SIZE, read_id, show_id

Json = int | float | str | bool | None | list["Json"] | dict[str, "Json"]
ID_KEY = "$id"


def to_json(value: object) -> Json:  # noqa: PLR0911  a line for each kind of value
    """Return a value of the core as plain JSON data; dataclasses become objects."""
    if isinstance(value, bytes):
        return show_id(value) if len(value) == ID_SIZE else value.hex()
    if isinstance(value, Enum):
        return to_json(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return [to_json(item) for item in sorted(value)]
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    raise BadForm(f"a value of type {type(value).__name__} has no JSON form")


def to_value(value: object) -> Value:
    """Return JSON data as a value of the core; `{"$id": "..."}` becomes the 16 bytes of an identifier.

    Raises:
        BadForm: a number that is no whole one, or something that JSON does not have.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, list):
        return [to_value(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {ID_KEY} and isinstance(value[ID_KEY], str):
            return read_id(value[ID_KEY])
        return {str(key): to_value(item) for key, item in value.items()}
    raise BadForm("a form has texts, whole numbers, lists and objects only")
