"""Reading TOML tables strictly: every key is known, every value has its type, the message names the place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms

T = TypeVar("T")
Table = Mapping[str, object]


def parse(text: str, what: str) -> Fields:
    """Parse a whole file.

    Raises:
        BadConfiguration: it is not TOML.
    """
    try:
        return Fields(tomllib.loads(text), what)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{what} is not TOML: {error}; correct the file") from error


def to_ms(value: datetime) -> Ms:
    """Return a time with a zone as milliseconds UTC.

    Raises:
        BadConfiguration: the time has no zone.
    """
    if value.tzinfo is None:
        raise BadConfiguration("a time has no zone; write it with Z")
    return Ms(int(value.astimezone(UTC).timestamp() * 1000))


@dataclass(slots=True)
class Fields:
    """One table on the way to a type. `end` refuses what nobody has asked for."""

    table: Table
    place: str

    def __post_init__(self) -> None:
        self._asked: set[str] = set()

    _asked: set[str] = None  # type: ignore[assignment]  # filled by __post_init__

    def need(self, key: str, kind: type[T]) -> T:
        """Return a value that must be there."""
        found = self.maybe(key, kind)
        if found is None:
            raise BadConfiguration(f"{self.place} lacks {key}")
        return found

    def maybe(self, key: str, kind: type[T]) -> T | None:
        """Return a value that may be absent."""
        self._asked.add(key)
        value = self.table.get(key)
        if value is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise BadConfiguration(f"{self.place}: {key} is not of type {kind.__name__}")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty if absent."""
        return self._list(key, str)

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return a list of numbers, empty if absent."""
        return self._list(key, int)

    def time(self, key: str) -> Ms | None:
        """Return a time in milliseconds UTC, None if absent."""
        value = self.maybe(key, datetime)
        return None if value is None else to_ms(value)

    def day(self, key: str) -> date:
        """Return a day that must be there."""
        return self.need(key, date)

    def inner(self, key: str) -> Fields:
        """Return a table inside, empty if absent."""
        return Fields(self.maybe(key, dict) or {}, f"{self.place}, {key}")

    def each(self, key: str) -> tuple[Fields, ...]:
        """Return the tables of a list, none if absent."""
        return tuple(Fields(entry, f"{self.place}, {key} {at}") for at, entry in enumerate(self._list(key, dict), 1))

    def texts(self, key: str) -> dict[str, str]:
        """Return a table of texts, empty if absent."""
        inner = self.inner(key)
        return {name: inner.need(name, str) for name in inner.table}

    def end(self) -> None:
        """Refuse keys that nobody asked for.

        Raises:
            BadConfiguration: there is one.
        """
        strangers = sorted(set(self.table) - self._asked)
        if strangers:
            raise BadConfiguration(f"{self.place} has a key that is not known: {strangers[0]}")

    def _list(self, key: str, kind: type[T]) -> tuple[T, ...]:
        found = self.maybe(key, list) or []
        if not all(isinstance(entry, kind) for entry in found):
            raise BadConfiguration(f"{self.place}: {key} is not a list of {kind.__name__}")
        return tuple(found)
