"""A search for one person: number or id straight to its case, words by the index, each hit marked in its own text.

The rule it keeps: the scope of the person goes into the query, and a number of a case outside it finds nothing, as if it were
not there; what was recalled is shown without its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from comity.base.errors import BadForm
from comity.base.ids import CaseId, DispatchId, Ms, read_id
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge.board import Lines, Setting
from comity.edge.inbox import DeskLists, InboxReader
from comity.edge.scope import case_of, read_scope
from comity.edge.search import COUNTED, Chunk, Finder, Wanted, chunks_of
from comity.marking.finding import words_at, words_of
from comity.node.difference import DAMAGE
from comity.policy.access import Person
from comity.policy.scope import Scope
from comity.screen.consignments import Line as Consignment
from comity.screen.finding import FoundCard, FoundCase, FoundDispatch, Piece, Search
from comity.screen.inbox import Line

PAGE = 25
_DAY_MS = 86_400_000
_ID = re.compile(r"[0-9A-Za-z]{26}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLACE = re.compile(r"[1-9]\d{0,14}")
_AROUND = 60
_MOST_PIECES = 24
_LONGEST = 400
_KEPT = 1_024


class ConsignmentLines(Protocol):
    """Reads consignments for a list; part of a desk's module `consignments`."""

    def lines(self, tx: Tx, roots: Iterable[DispatchId], now: Ms) -> tuple[Consignment, ...]:
        """Return these consignments, by their first versions, in this order."""
        ...


class SearchReader:
    """A `screen.finding.SearchBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        desk: name of the desk that keeps the cases.
        lists, finder: of that desk.
        lines: lays a body of that desk out.
        inbox: names the agencies of a line.
        setting: names of agencies.
        kinds: of that desk, to choose from.
        notices: finds consignments, with what reads their lines; None where no desk keeps any.
    """

    def __init__(  # noqa: PLR0917  the readers of one node
        self,
        ledger: Ledger,
        desk: str,
        lists: DeskLists,
        finder: Finder,
        lines: Lines,
        inbox: InboxReader,
        setting: Setting,
        kinds: Iterable[str],
        notices: tuple[Finder, ConsignmentLines] | None = None,
    ) -> None:
        self._ledger = ledger
        self._desk = desk
        self._lists = lists
        self._finder = finder
        self._lines = lines
        self._inbox = inbox
        self._kinds = tuple(kinds)
        self._notices = notices
        self._names = tuple((id_, words_of(name)) for id_, name in setting.agencies.items())

    def find(self, person: Person, search: Search, now: Ms) -> FoundCard:
        """Return one page of what was found."""
        typed = search.typed[:_LONGEST]
        wanted = self._wanted(search, typed)
        with self._ledger.read() as tx:
            scope = read_scope(tx, person, self._desk)
            straight = self._straight(tx, typed, scope)
            numbered = self._numbered(tx, typed, scope)
            before = int(search.page) if _PLACE.fullmatch(search.page) else 0
            hits, count = self._finder.hits(tx, wanted, scope, before=before, limit=PAGE + 1)
            consignments = () if before else self._consignments(tx, wanted, scope, now)
            cases = self._cases(tx, tuple((hit.case, hit.id) for hit in hits[:PAGE]), wanted.chunks)
        return FoundCard(
            search=search,
            straight=straight,
            numbered=numbered,
            cases=cases,
            count=count,
            most=COUNTED,
            following=str(hits[PAGE - 1].place) if len(hits) > PAGE else "",
            words=tuple(" ".join(chunk.words) for chunk in wanted.chunks),
            kinds=self._kinds,
            consignments=consignments,
        )

    def _consignments(self, tx: Tx, wanted: Wanted, scope: Scope, now: Ms) -> tuple[Consignment, ...]:
        """Return the newest consignments in which the words are, on the first page; none where a kind is chosen."""
        if self._notices is None or wanted.kinds:
            return ()
        finder, lines = self._notices
        hits, _ = finder.hits(tx, wanted, scope, before=0, limit=PAGE)
        return lines.lines(tx, tuple(hit.id for hit in hits), now)

    def _wanted(self, search: Search, typed: str) -> Wanted:
        until = _day(search.until)
        return Wanted(
            chunks=chunks_of(typed, self._names),
            kinds=(search.kind,) if search.kind in self._kinds else (),
            ours={"ours": True, "theirs": False}.get(search.side),
            since=_day(search.since),
            until=None if until is None else Ms(until + _DAY_MS),
        )

    def _straight(self, tx: Tx, typed: str, scope: Scope) -> tuple[CaseId, DispatchId | None] | None:
        """Return what a whole number or an id stands for, if that one is open to the person."""
        text = typed.strip()
        found: list[tuple[CaseId, DispatchId | None]] = []
        if _ID.fullmatch(text):
            try:
                named = read_id(text)
            except BadForm:
                return None
            case = case_of(tx, named)
            found = [] if case is None else [(case, named)]
        elif "-" in text:
            found = [(case, None) for case in self._lists.cases_of_number(tx, text)]
        seen = self._lists.in_scope(tx, tuple(case for case, _ in found), scope)
        return next(((case, dispatch) for case, dispatch in found if case in seen), None)

    def _numbered(self, tx: Tx, typed: str, scope: Scope) -> tuple[Line, ...]:
        cases = self._lists.cases_of_number(tx, typed) if "-" not in typed else ()
        seen = self._lists.in_scope(tx, cases, scope)
        lines = (self._lists.opener(tx, case) for case in cases if case in seen)
        return tuple(self._inbox.named(line) for line in lines if line is not None)

    def _cases(
        self, tx: Tx, hits: tuple[tuple[CaseId, DispatchId], ...], chunks: tuple[Chunk, ...]
    ) -> tuple[FoundCase, ...]:
        lines = self._lists.lines(tx, (*(id_ for _, id_ in hits), *(DispatchId(case) for case, _ in hits)))
        bodies = self._lists.bodies(tx, (id_ for _, id_ in hits))
        by_case: dict[CaseId, list[DispatchId]] = {}
        for case, id_ in hits:
            by_case.setdefault(case, []).append(id_)
        found: list[FoundCase] = []
        for case, ids in by_case.items():
            opener = lines.get(DispatchId(case)) or self._lists.opener(tx, case)
            if opener is None:
                continue
            inside = tuple(self._dispatch(lines[id_], bodies, chunks) for id_ in ids if id_ in lines)
            found.append(FoundCase(case, self._inbox.named(opener), marked(opener.title, chunks), inside))
        return tuple(found)

    def _dispatch(
        self, line: Line, bodies: Mapping[DispatchId, tuple[str, bytes]], chunks: tuple[Chunk, ...]
    ) -> FoundDispatch:
        kind, body = bodies.get(line.id, ("", b""))
        text, lang = ("", None) if line.recalled is not None or not body else self._text(kind, body, chunks)
        return FoundDispatch(self._inbox.named(line), marked(line.title, chunks), around(text, chunks), lang)

    def _text(self, kind: str, body: bytes, chunks: tuple[Chunk, ...]) -> tuple[str, str | None]:
        """Return the first line of a body in which something was found, else its first; and its language."""
        try:
            shown = [one for one in self._lines(kind, body) if one.text]
        except DAMAGE:
            return "", None
        for one in shown:
            if next(hits_in(one.text, chunks), None) is not None:
                return one.text, one.lang
        return (shown[0].text, shown[0].lang) if shown else ("", None)


def _day(text: str) -> Ms | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return Ms(int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000))
    except ValueError:
        return None


def hits_in(text: str, chunks: tuple[Chunk, ...]) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of each place of a text where one of the chunks stands, in order, none over another."""
    words = _words_at(text)
    place = 0
    while place < len(words):
        form = words[place][2]
        length = 0
        for chunk in chunks:
            if len(chunk.words) > length and form.startswith(chunk.words[0]) and _stands(words, place, chunk):
                length = len(chunk.words)
        if length:
            yield words[place][0], words[place + length - 1][1]
        place += length or 1


@lru_cache(maxsize=_KEPT)
def _words_at(text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple(words_at(text))


def _stands(words: tuple[tuple[int, int, str], ...], place: int, chunk: Chunk) -> bool:
    last = place + len(chunk.words) - 1
    if last >= len(words) or any(words[place + n][2] != word for n, word in enumerate(chunk.words[:-1])):
        return False
    return words[last][2] == chunk.words[-1] if chunk.whole else words[last][2].startswith(chunk.words[-1])


def marked(text: str, chunks: tuple[Chunk, ...]) -> tuple[Piece, ...]:
    """Return a text in pieces, those that were looked for marked."""
    return tuple(_pieces(text, list(hits_in(text, chunks)), 0, len(text)))


def around(text: str, chunks: tuple[Chunk, ...]) -> tuple[Piece, ...]:
    """Return a few words on both sides of the first place, in pieces; the beginning of a text in which there is none."""
    hits = list(hits_in(text, chunks))
    first = hits[0][0] if hits else 0
    begin = max(0, first - _AROUND)
    begin = 0 if begin == 0 else text.find(" ", begin, first) + 1 or begin
    end = min(len(text), first + 4 * _AROUND)
    end = end if end == len(text) else (text.rfind(" ", first, end) if " " in text[first:end] else end)
    end = max([end, *(b for a, b in hits[:1])])
    pieces = list(_pieces(text, [hit for hit in hits if hit[0] >= begin and hit[1] <= end], begin, end))[:_MOST_PIECES]
    head = [Piece("… ", hit=False)] if begin else []
    tail = [Piece(" …", hit=False)] if end < len(text) else []
    return (*head, *pieces, *tail)


def _pieces(text: str, hits: list[tuple[int, int]], begin: int, end: int) -> Iterator[Piece]:
    at = begin
    for start, stop in hits:
        if start > at:
            yield Piece(text[at:start], hit=False)
        yield Piece(text[start:stop], hit=True)
        at = stop
    if at < end:
        yield Piece(text[at:end], hit=False)
