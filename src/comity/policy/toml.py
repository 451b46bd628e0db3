"""Reading a TOML table with a message for each thing that is not as it should be; nothing unknown is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from comity.base.errors import BadConfiguration


class Table:
    """One table of a TOML file that notes which keys were read; `done` refuses what is left.

    Every reader raises BadConfiguration, naming file, table and key.
    """

    def __init__(self, where: str, content: Mapping[str, object]) -> None:
        self._where = where
        self._content = content
        self._read: set[str] = set()

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._take(key)
        if isinstance(value, str) and value:
            return value
        raise self._wrong(f"{key} is a text")

    def names(self) -> frozenset[str]:
        """Return the keys that are there; each still has to be read."""
        return frozenset(self._content)

    def has(self, key: str) -> bool:
        """Say whether the key is there; it still has to be read."""
        return key in self._content

    def maybe(self, key: str) -> str | None:
        """Return a text, which may be empty; None where it is not there."""
        value = self._take(key)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong(f"{key} is a text")

    def one(self, key: str) -> str:
        """Return a text; "" where it is not there."""
        return self.maybe(key) or ""

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._take(key)
        if isinstance(value, bool):
            return value
        raise self._wrong(f"{key} is true or false")

    def whole(self, key: str) -> int:
        """Return a whole number; 0 where it is not there."""
        value = self._take(key, 0)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self._wrong(f"{key} is a whole number")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, in order; `[]` where it is not there."""
        value = self._take(key, [])
        if isinstance(value, list) and all(isinstance(item, str) and item for item in cast("list[object]", value)):
            return tuple(cast("list[str]", value))
        raise self._wrong(f"{key} is a list of texts")

    def one_of(self, key: str, words: tuple[str, ...], *, default: str | None = None) -> str:
        """Return one of `words`."""
        value = self._take(key, default)
        if isinstance(value, str) and value in words:
            return value
        raise self._wrong(f"{key} is one of {', '.join(words)}")

    def table(self, key: str) -> Table:
        """Return a table inside this one; an empty one where it is not there."""
        value = self._take(key, {})
        if isinstance(value, dict):
            return Table(f"{self._where}: {key}", cast("dict[str, object]", value))
        raise self._wrong(f"{key} is a table")

    def content(self, key: str) -> Mapping[str, object]:
        """Return a table as it stands; its reader looks for unknown keys itself. Empty where it is not there."""
        value = self._take(key, {})
        if isinstance(value, dict):
            return cast("dict[str, object]", value)
        raise self._wrong(f"{key} is a table")

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return an array of tables, in order; none where it is not there."""
        value = self._take(key, [])
        if isinstance(value, list) and all(isinstance(item, dict) for item in cast("list[object]", value)):
            tables = cast("list[dict[str, object]]", value)
            return tuple(Table(f"{self._where}: {key} {place}", item) for place, item in enumerate(tables, 1))
        raise self._wrong(f"{key} is an array of tables")

    def sentences(self, languages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Return (language, sentence) for exactly these languages, sorted; the whole table is that."""
        found = tuple((tag, self.text(tag)) for tag in sorted(languages))
        self.done()
        return found

    def done(self) -> None:
        """Refuse keys that nobody read."""
        left = sorted(self._content.keys() - self._read)
        if left:
            raise self._wrong(f"there is no key {left[0]}")

    def _take(self, key: str, default: object = None) -> object:
        self._read.add(key)
        return self._content.get(key, default)

    def _wrong(self, why: str) -> BadConfiguration:
        return BadConfiguration(f"{self._where}: {why}; nothing was loaded")
