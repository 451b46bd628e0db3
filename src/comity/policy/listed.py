"""Listed entities of an edition, as data: who is on whose list of terrorist or criminal entities, under what, from when to when.

The rule it keeps: a listing holds on its days only; an entity is found under each of its names, however they are written;
and of several that one dispatch names, the one that only one side lists decides, so that two lists never add up to one.
"""  # spec: vocabulary.md 3; law-and-agencies.md 5

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.marking.names import name_words, stands_in
from comity.policy.question import Listing
from comity.policy.rule import day_begins
from comity.policy.toml import Table

LISTED = "listed.toml"
"""The file of an edition, and of what it includes, that holds them."""
KINDS = ("person", "body", "vessel")
_OPEN = "open"
_TURNED = {Listing.OURS.value: Listing.THEIRS.value, Listing.THEIRS.value: Listing.OURS.value}


@dataclass(frozen=True, slots=True)
class Entry:
    """One listing of one entity.

    Attributes:
        id: of the entity; its listings under several instruments share it, also in the other side's edition.
        name: as the instrument has it.
        aliases: its other names and spellings, in any script.
        kind: `person`, `body` or `vessel`.
        jurisdiction: whose list it is, as this edition's side sees it.
        instrument: the list, as a lawyer cites it.
        starts: first instant at which it holds, Unix ms.
        ends: first instant at which it no longer holds; None while it is open.
        source: where the listing was read.
        words: all names in their one form, the instrument's first.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    jurisdiction: Listing
    instrument: str
    starts: Ms
    ends: Ms | None
    source: str
    words: tuple[tuple[str, ...], ...]

    def holds(self, now: Ms) -> bool:
        """Say whether the listing holds at this instant."""
        return self.starts <= now and (self.ends is None or now < self.ends)


def read_listed(text: str, file: str) -> tuple[Entry, ...]:
    """Read a `listed.toml`, sorted by entity, jurisdiction and first day.

    Raises:
        BadConfiguration: no TOML, an unknown key or word, no such day, or one entity twice on one list at one time.
    """
    try:
        head = Table(file, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{file}: {error}; nothing was loaded") from error
    found = tuple(_entry(table, file) for table in head.tables("entity"))
    head.done()
    return in_order(found, file)


def in_order(entries: Iterable[Entry], file: str) -> tuple[Entry, ...]:
    """Return entries sorted by entity, jurisdiction, instrument and first day.

    Raises:
        BadConfiguration: one entity stands twice on one list at one time, or is of two kinds.
    """
    found = sorted(entries, key=lambda one: (one.id, one.jurisdiction.value, one.instrument, one.starts))
    for one, two in pairwise(found):
        if one.id == two.id and one.kind != two.kind:
            raise BadConfiguration(f"{file}: {one.id} is of two kinds; nothing was loaded")
        same = (one.id, one.jurisdiction, one.instrument) == (two.id, two.jurisdiction, two.instrument)
        if same and (one.ends is None or two.starts < one.ends):
            raise BadConfiguration(f"{file}: {one.id} stands twice on one list at one time; nothing was loaded")
    return tuple(found)


def listed_by(written: Iterable[str], entries: Iterable[Entry], now: Ms) -> frozenset[str]:
    """Return by whom an entity that is named is listed at this instant, as `policy.question.Listing` words.

    Args:
        written: names and lines that hold names, as written. Another spelling of case, accents, width, punctuation or word
            order is the same name, and two words may stand between its words; nothing is transliterated.
        entries: of the edition.
        now: the instant, Unix ms.

    Returns:
        Empty where nobody who is named is listed. Of several who are, the one that the other side alone lists decides,
        then the one that our side alone lists; else all lists together.
    """
    known = tuple(entries)
    texts = tuple(name_words(text) for text in written) if known else ()
    there = frozenset[str]().union(*texts)
    names = _names_of(known)
    likely = [(entity, name) for word in names.keys() & there for entity, name in names[word] if there.issuperset(name)]
    named = {entity for entity, name in likely if any(stands_in(name, text) for text in texts)}
    lists = [
        found
        for entity in sorted(named)
        if (found := frozenset(one.jurisdiction.value for one in known if one.id == entity and one.holds(now)))
    ]
    for alone in (frozenset({Listing.THEIRS.value}), frozenset({Listing.OURS.value})):
        if alone in lists:
            return alone
    return frozenset[str]().union(*lists)


_Names = Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]
"""By the longest word of a name: (entity, the words of the name)."""
_SEEN: dict[int, tuple[tuple[Entry, ...], _Names]] = {}
"""The names of the last editions by the identity of their entries: hashing them would cost more than the search."""
_KEPT = 8


def _names_of(entries: tuple[Entry, ...]) -> _Names:
    known = _SEEN.get(id(entries))
    if known is not None and known[0] is entries:
        return known[1]
    names: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for one in entries:
        for name in one.words:
            names.setdefault(max(name, key=len, default=""), []).append((one.id, name))
    if len(_SEEN) >= _KEPT:
        _SEEN.clear()
    _SEEN[id(entries)] = (entries, names)
    return names


def other_side(words: frozenset[str]) -> frozenset[str]:
    """Return the same listings as the other side sees them: its own are `ours`, and ours `theirs`."""
    return frozenset(_TURNED.get(word, word) for word in words)


def _entry(table: Table, file: str) -> Entry:
    entity = table.text("id")
    try:
        starts = day_begins(table.text("from"))
        until = table.text("to")
        ends = None if until == _OPEN else day_begins(until, after=True)
    except ValueError as error:
        raise BadConfiguration(f"{file}: {entity}: from and to are days or {_OPEN!r} ({error})") from error
    name, aliases = table.text("name"), table.texts("aliases")
    entry = Entry(
        id=entity,
        name=name,
        aliases=aliases,
        kind=table.one_of("kind", KINDS),
        jurisdiction=Listing(table.one_of("jurisdiction", tuple(word.value for word in Listing))),
        instrument=table.text("instrument"),
        starts=starts,
        ends=ends,
        source=table.text("source"),
        words=tuple(name_words(one) for one in (name, *aliases)),
    )
    table.done()
    if ends is not None and ends <= starts:
        raise BadConfiguration(f"{file}: {entity} ends before it begins; nothing was loaded")
    if not all(entry.words):
        raise BadConfiguration(f"{file}: a name of {entity} has no word; nothing was loaded")
    return entry
