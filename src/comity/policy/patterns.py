"""Reading the patterns of an edition: those of its manifest and of every file called `patterns.toml` among its files.

The rule it keeps: a pattern that cannot work stops the edition. What a supplement adds looks for more, never for less.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache

from comity.base.errors import BadConfiguration
from comity.marking.scan import Pattern, scan
from comity.marking.scanning.checks import CHECKS
from comity.marking.scanning.pattern import NO_CHECK
from comity.marking.vocabulary import CATEGORIES
from comity.policy.toml import Table

PATTERNS = "patterns.toml"
_CHECKS = (NO_CHECK, *sorted(CHECKS))


def read_patterns(files: Mapping[str, bytes], tables: tuple[Table, ...]) -> tuple[Pattern, ...]:
    """Return all patterns, those of the manifest first, then by file.

    Args:
        files: of the edition, by path.
        tables: the array `pattern` of its manifest.

    Raises:
        BadConfiguration: a file or pattern is not well made, or an id stands twice; the message names it.
    """
    patterns = [_pattern(table, {}) for table in tables]
    for path, data in sorted(files.items()):
        if path.rpartition("/")[2] == PATTERNS:
            patterns += _file(path, data)
    ids = [pattern.id for pattern in patterns]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled:
        raise BadConfiguration(f"the pattern {doubled[0]} stands twice; nothing was loaded")
    found = tuple(patterns)
    scan(("",), found)
    return found


@lru_cache(maxsize=16)
def _file(path: str, data: bytes) -> tuple[Pattern, ...]:
    """Read one file; one that two editions share is read once."""
    try:
        table = Table(path, tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path}: {error}; nothing was loaded") from error
    named = table.table("lists")
    lists = {str(name): named.texts(name) for name in table.content("lists")}
    named.done()
    patterns = [_pattern(one, lists) for one in table.tables("pattern")]
    table.done()
    return tuple(patterns)


def _pattern(table: Table, lists: Mapping[str, tuple[str, ...]]) -> Pattern:
    name = table.text("id")
    pattern = Pattern(
        id=name,
        category=table.one_of("category", tuple(sorted(CATEGORIES))),
        regex=table.one("regex"),
        check=table.one_of("check", _CHECKS, default=NO_CHECK),
        hard_stop=table.has("hard_stop") and table.flag("hard_stop"),
        sure=table.has("sure") and table.flag("sure"),
        words=_phrases(name, table.texts("words"), lists),
        near=_phrases(name, table.texts("near"), lists),
        unless=_phrases(name, table.texts("unless"), lists),
        digits=table.whole("digits"),
        has=table.one("has"),
        regions=table.texts("regions"),
    )
    table.done()
    return pattern


def _phrases(name: str, phrases: tuple[str, ...], lists: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the phrases with each `@name` replaced by the list of that name."""
    found: list[str] = []
    for phrase in phrases:
        if not phrase.startswith("@"):
            found.append(phrase)
        elif phrase[1:] in lists:
            found += lists[phrase[1:]]
        else:
            raise BadConfiguration(f"pattern {name}: there is no list called {phrase!r}; nothing was loaded")
    return tuple(found)
