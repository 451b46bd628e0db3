"""Full text over the words that a desk keeps: a small port, and SQLite's FTS5 behind it.

The rule it keeps: the index is made from the desk's rows by triggers, so it changes in their transaction, and can be dropped
and made again at any time; need-to-know is a condition of the query itself, so that what may not be seen is not even counted.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Protocol, cast

from comity.base.ids import CaseId, DispatchId, Ms
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.ports import Row, Scalar, Store, Tx
from comity.marking.finding import words_of
from comity.marking.searchtags import agency_tag, case_tag, kind_tag, side_tag
from comity.policy.scope import Scope

COUNTED = 500
"""Hits are counted up to here; more is "more than"."""
_CHUNK = re.compile(r'"([^"]*)"?|(\S+)')
DESK_NAME = re.compile(r"[a-z]{1,32}")
"""Names that may stand in the name of a table."""
_MOST_CHUNKS = 16
_SHORTEST_PREFIX = 2
_TOKENS = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'"
_COLUMNS = "words, tags, scope"


class Behind(Protocol):
    """A desk that writes the words of what it has filed; its module `finding`."""

    def catch_up(self, tx: Tx) -> int:
        """Write some of what is missing; return how much was."""
        ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """One thing that was typed: its plain words in order; `whole` if the last is no beginning of a word.

    `agencies` are ids of agencies whose names it begins a word of.
    """

    words: tuple[str, ...]
    whole: bool
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for.

    Attributes:
        chunks: all of them must be in a dispatch.
        kinds: any of these; none: all.
        ours: whose; None: both.
        since, until: filed in between, the end not included; None: no bound.
    """

    chunks: tuple[Chunk, ...]
    kinds: tuple[str, ...] = ()
    ours: bool | None = None
    since: Ms | None = None
    until: Ms | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One dispatch that was found; `place` is for the next page."""

    place: int
    id: DispatchId
    case: CaseId


class Followed(Store, Protocol):
    """A store that runs a follower inside every transaction that writes."""

    def follow(self, follower: Callable[[Tx], None]) -> None:
        """Run `follower` at the end of every transaction that writes."""
        ...


class Finder(Protocol):
    """Looks for words in the dispatches that are in a scope, the newest first."""

    def hits(self, tx: Tx, wanted: Wanted, scope: Scope, *, before: int, limit: int) -> tuple[tuple[Hit, ...], int]:
        """Return the hits whose place is below `before` (0: all), at most `limit`, and how many there are of them.

        They are counted up to `COUNTED`; more is `COUNTED` + 1.
        """
        ...


def chunks_of(typed: str, names: Iterable[tuple[str, Sequence[str]]] = ()) -> tuple[Chunk, ...]:
    """Read what a person typed: words that begin words, and "phrases in quotes" that are whole.

    Args:
        typed: as typed.
        names: (id, plain words of the name) of the agencies.
    """
    known = tuple(names)
    found: list[Chunk] = []
    for match in list(_CHUNK.finditer(typed))[:_MOST_CHUNKS]:
        quoted = match[1] is not None
        words = words_of(match[1] if quoted else match[2])
        if not words:
            continue
        agencies = () if quoted or len(words) > 1 or len(words[0]) < _SHORTEST_PREFIX else words
        meant = tuple(id_ for id_, own in known if agencies and any(one.startswith(agencies[0]) for one in own))
        found.append(Chunk(words, quoted or len(words[-1]) < _SHORTEST_PREFIX, meant))
    return tuple(found)


class DeskFinder:
    """What the `Finder` of either store is made with and asks its index.

    Args:
        desk: whose words; its tables are `<desk>_text` and the index `<desk>_find`.
    """

    def __init__(self, desk: str) -> None:
        if not DESK_NAME.fullmatch(desk):
            raise ValueError("a desk's name has small letters only")
        self._desk = desk

    def _said(self, wanted: Wanted, scope: Scope) -> Iterator[str]:
        """Yield, in the index's own language, all that must be so: what is looked for, and who may see it."""
        yield from (self._chunk(chunk) for chunk in wanted.chunks)
        if wanted.kinds:
            yield self._any("tags", (kind_tag(kind) for kind in wanted.kinds))
        if wanted.ours is not None:
            yield self._any("tags", (side_tag(ours=wanted.ours),))
        if not scope.whole:
            agencies = (agency_tag(agency, "a") for agency in sorted(scope.agencies))
            yield self._any("scope", (*agencies, *(case_tag(case) for case in sorted(scope.cases))))

    def _chunk(self, chunk: Chunk) -> str:
        raise NotImplementedError

    def _any(self, column: str, terms: Iterable[str]) -> str:
        raise NotImplementedError


def agencies_of(chunk: Chunk) -> list[str]:
    """Return the tags of the agencies that a chunk may mean, as author or recipient."""
    return [agency_tag(agency, role) for agency in chunk.agencies for role in "ft"]


def hits_of(rows: Iterable[Row]) -> tuple[Hit, ...]:
    """Return the hits of rows of place, id and case."""
    return tuple(Hit(int_of(place), DispatchId(bytes_of(id_)), CaseId(bytes_of(case))) for place, id_, case in rows)


class FtsFinder(DeskFinder):
    """A `Finder` over SQLite's FTS5."""

    def hits(self, tx: Tx, wanted: Wanted, scope: Scope, *, before: int, limit: int) -> tuple[tuple[Hit, ...], int]:
        """Return the hits whose place is below `before` (0: all), at most `limit`, and how many there are of them."""
        if scope.empty or not wanted.chunks:
            return (), 0
        where, arguments = self._where(wanted, scope)
        if before:
            where, arguments = where + " AND f.rowid < ?", (*arguments, before)
        places = tx.rows(
            f"SELECT f.rowid FROM {self._desk}_find f WHERE {where} ORDER BY f.rowid DESC LIMIT ?",  # noqa: S608  the desk's name has letters only
            (*arguments, COUNTED + 1),
        )
        shown = tuple(place for (place,) in places[:limit])
        if not shown:
            return (), 0
        rows = tx.rows(
            f"SELECT place, id, case_id FROM {self._desk}_text WHERE place IN ({', '.join('?' * len(shown))})"  # noqa: S608  the desk's name has letters only
            " ORDER BY place DESC",
            shown,
        )
        return hits_of(rows), len(places)

    def _where(self, wanted: Wanted, scope: Scope) -> tuple[str, tuple[Scalar, ...]]:
        where, arguments = f"{self._desk}_find MATCH ?", [cast("Scalar", self._match(wanted, scope))]
        # Places follow the time of filing; a dispatch that was filed out of order is a few milliseconds off at most.
        if wanted.since is not None:
            where += f" AND f.rowid >= COALESCE((SELECT place FROM {self._desk}_text WHERE at >= ? ORDER BY at, place LIMIT 1), 9223372036854775807)"  # noqa: S608  the desk's name has letters only
            arguments.append(wanted.since)
        if wanted.until is not None:
            where += f" AND f.rowid <= COALESCE((SELECT place FROM {self._desk}_text WHERE at < ? ORDER BY at DESC, place DESC LIMIT 1), 0)"  # noqa: S608  the desk's name has letters only
            arguments.append(wanted.until)
        return where, tuple(arguments)

    def _match(self, wanted: Wanted, scope: Scope) -> str:
        """Write the question; every word in it is quoted."""
        return " AND ".join(self._said(wanted, scope))

    def _chunk(self, chunk: Chunk) -> str:
        phrase = f'words : "{" ".join(chunk.words)}"' + ("" if chunk.whole else " *")
        tags = agencies_of(chunk)
        return f"({phrase} OR {self._any('tags', tags)})" if tags else f"({phrase})"

    def _any(self, column: str, terms: Iterable[str]) -> str:
        return f"{column} : (" + " OR ".join(f'"{word}"' for word in terms) + ")"


def behind_of(desk: str) -> Behind:
    """Load what writes the words that a desk's rows have not yet got."""
    return cast("Behind", importlib.import_module(f"comity.desks.{desk}.finding"))


def prepare(store: Followed, desk: str) -> None:
    """Make the index of a desk if it is not there, write the words of whatever has none yet, and keep up from now on."""
    with store.begin() as tx:
        if not tx.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (f"{desk}_text",)):
            return
        if not tx.rows("SELECT 1 FROM sqlite_master WHERE name = ?", (f"{desk}_find",)):
            _make(tx, desk)
    store.follow(lambda tx: keep_up(tx, desk))
    behind = behind_of(desk)
    while True:
        with store.begin() as tx:
            if not behind.catch_up(tx):
                return


def drop(tx: Tx, desk: str) -> None:
    """Drop the index; `prepare` makes it again."""
    for when in ("insert", "delete", "update"):
        tx.run(f"DROP TRIGGER IF EXISTS {desk}_find_{when}")
    tx.run(f"DROP TABLE IF EXISTS {desk}_find")
    tx.run(f"DELETE FROM {desk}_find_todo")  # noqa: S608  the desk's name has letters only


def rebuild(tx: Tx, desk: str) -> None:
    """Make the index of a desk again from its rows: a word that was taken out stands in no part of it any more."""
    if tx.rows("SELECT 1 FROM sqlite_master WHERE name = ?", (f"{desk}_find",)):
        tx.run(f"INSERT INTO {desk}_find ({desk}_find) VALUES ('rebuild')")  # noqa: S608  the desk's name has letters only


def keep_up(tx: Tx, desk: str) -> None:
    """Bring the index up to the rows that this transaction wrote, or an earlier one of a program without an index."""
    todo, find = f"{desk}_find_todo", f"{desk}_find"
    rows = tx.rows(f"SELECT seq, gone, place, {_COLUMNS} FROM {todo} ORDER BY seq")  # noqa: S608  the desk's name has letters only
    if not rows:
        return
    new = f"INSERT INTO {find} (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?)"  # noqa: S608  the desk's name has letters only
    old = f"INSERT INTO {find} ({find}, rowid, {_COLUMNS}) VALUES ('delete', ?, ?, ?, ?)"  # noqa: S608  the desk's name has letters only
    for gone, some in groupby(rows, key=itemgetter(1)):
        tx.many(old if gone else new, [values for _, _, *values in some])
    tx.run(f"DELETE FROM {todo} WHERE seq <= ?", (rows[-1][0],))  # noqa: S608  the desk's name has letters only


def _make(tx: Tx, desk: str) -> None:
    """Make the index, and triggers that note what it has to take in.

    A trigger may not write into the index itself while the store trusts no schema, so a list stands in between.
    """
    text, find, todo = f"{desk}_text", f"{desk}_find", f"{desk}_find_todo"
    new = f"INSERT INTO {todo} (gone, place, {_COLUMNS}) VALUES (0, new.place, new.words, new.tags, new.scope)"  # noqa: S608  the desk's name has letters only
    old = f"INSERT INTO {todo} (gone, place, {_COLUMNS}) VALUES (1, old.place, old.words, old.tags, old.scope)"  # noqa: S608  the desk's name has letters only
    tx.run(
        f"CREATE TABLE IF NOT EXISTS {todo} (seq INTEGER PRIMARY KEY, gone BIGINT NOT NULL, place BIGINT NOT NULL, words TEXT NOT NULL,"
        " tags TEXT NOT NULL, scope TEXT NOT NULL)"
    )
    tx.run(
        f"CREATE VIRTUAL TABLE {find} USING fts5({_COLUMNS}, content='{text}', content_rowid='place', prefix='2 3',"
        f' columnsize=0, tokenize="{_TOKENS}")'
    )
    tx.run(f"CREATE TRIGGER {find}_insert AFTER INSERT ON {text} BEGIN {new}; END")
    tx.run(f"CREATE TRIGGER {find}_delete AFTER DELETE ON {text} BEGIN {old}; END")
    tx.run(f"CREATE TRIGGER {find}_update AFTER UPDATE OF place, {_COLUMNS} ON {text} BEGIN {old}; {new}; END")
    tx.run(f"INSERT INTO {find} ({find}) VALUES ('rebuild')")  # noqa: S608  the desk's name has letters only
