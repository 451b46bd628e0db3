"""Keeps each search: who, when, the words, how much was found; and reads that back for our reviewer.

The rule it keeps: nobody's search waits for its note. Notes are gathered for a moment and written together by the node's one
writer; the same search of the same person again within a quarter of an hour, such as a page that moved, is one search. What
is older than the time that the settings say is erased.
"""  # law: IN/CERT-In-Directions-2022

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections import deque
from dataclasses import dataclass

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import ComityError
from comity.base.ids import CaseId, Ms
from comity.dispatch.book import Ledger
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.plain import Json
from comity.screen.searches import Given, Searched, SearchesCard, Who

_LOG = logging.getLogger("comity.searches")
DAY_MS = 86_400_000
SAME_MS = 15 * 60_000
"""Within this time the same search of the same person is the same one."""
PAUSE_SECONDS = 0.5
_MOST_WAITING = 10_000
"""Notes that wait at most; the oldest is dropped beyond, and that is logged."""
_MOST_WORDS = 400
_PAGE = 100
_ID_BYTES = 16
_SAME = "SELECT 1 FROM searched WHERE desk = ? AND number = ? AND at > ? AND words = ? AND narrowed = ?"
_KEEP = (
    "INSERT INTO searched (id, desk, number, words, narrowed, cases, hits, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO NOTHING"
)
_FIELDS = "SELECT id, desk, number, words, narrowed, cases, hits, at FROM searched"
_ORDER = " ORDER BY at DESC, id DESC LIMIT ?"
_GIVEN = (
    "SELECT m.case_id, m.desk, m.number, m.by_officer, m.since, m.ended_at, (SELECT min(v.at) FROM viewed v WHERE v.desk = m.desk"
    " AND v.number = m.number AND v.dispatch IN (SELECT id FROM sent WHERE case_id = m.case_id UNION SELECT id FROM got WHERE"
    " case_id = m.case_id)) FROM case_member m ORDER BY m.since DESC, m.case_id, m.desk, m.number LIMIT ?"
)


class NoteIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One search, as whoever answered it tells it."""

    by: By
    words: str
    narrowed: str = ""
    cases: int = 0
    hits: int = 0


@dataclass(frozen=True, slots=True)
class _Note:
    said: NoteIn
    at: Ms


# --- keeping -------------------------------------------------------------------------------------------------------


class SearchNotes:
    """Takes notes of searches in the node's own process.

    Args:
        engine: the running node.
        days: for how long a search is kept.
    """

    def __init__(self, engine: Engine, days: int) -> None:
        self._engine, self._days = engine, days
        self._waiting: deque[_Note] = deque()
        self._there = asyncio.Event()
        self._erased: Ms | None = None

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {("POST", "/searches/note"): self._on_note}

    async def _on_note(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        said = msgspec.json.decode(await body_of(receive), type=NoteIn)
        self.note(said)
        return {"noted": True}

    def note(self, said: NoteIn) -> None:
        """Take one note; it is written within a moment."""
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft()
            _LOG.error("a note of a search was lost: more than %d wait to be written", _MOST_WAITING)
        self._waiting.append(_Note(said, self._engine.clock.now()))
        self._there.set()

    async def run(self) -> None:
        """Write what waits, at most twice a second; runs until cancelled, and then writes what still waits."""
        try:
            while True:
                await self._there.wait()
                await asyncio.sleep(PAUSE_SECONDS)
                await self.flush()
        finally:
            with contextlib.suppress(RuntimeError):  # the writer may have ended before
                await asyncio.shield(self.flush())

    async def flush(self) -> None:
        """Write what waits in one transaction; what could not be written waits on."""
        self._there.clear()
        notes = tuple(self._waiting)
        self._waiting.clear()
        if not notes:
            return
        try:
            await self._engine.call(self._write, notes, self._engine.clock.now())
        except ComityError as error:
            _LOG.error(
                "searches could not be noted (%s); they wait", error.code
            )  # the text of the error could hold words
            self._waiting.extendleft(reversed(notes))
            self._there.set()

    def _write(self, notes: tuple[_Note, ...], now: Ms) -> None:
        with self._engine.node.ledger.begin() as book:
            for one in notes:
                _keep(one, book.tx, now)
            if self._erased is None or now - self._erased >= DAY_MS // 24:
                book.tx.run("DELETE FROM searched WHERE at < ?", (now - self._days * DAY_MS,))
                self._erased = now


def _keep(note: _Note, tx: Tx, now: Ms) -> None:
    said, at = note.said, note.at
    words, by = said.words[:_MOST_WORDS], (said.by.desk, said.by.number)
    if tx.rows(_SAME, (*by, at - SAME_MS, words, said.narrowed)):
        return
    seed = f"{by[0]}\x00{by[1]}\x00{words}\x00{said.narrowed}\x00{at}\x00{now}"
    id_ = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()[:_ID_BYTES]
    tx.run(_KEEP, (id_, *by, words, said.narrowed, said.cases, said.hits, at))


# --- reading -------------------------------------------------------------------------------------------------------


class Searches:
    """`screen.searches.SearchesBoard` over one node's store; only reads."""

    def __init__(self, ledger: Ledger, days: int) -> None:
        self._ledger, self._days = ledger, days

    def days(self) -> int:
        """Return for how many days a search is kept."""
        return self._days

    def page(self, by: Who | None, words: str, after: str) -> SearchesCard:
        """Return one page; `after` is a place that `following` said, anything else is the beginning."""
        tests: list[str] = []
        values: list[Scalar] = []
        if by is not None:
            tests.append("desk = ? AND number = ?")
            values += by
        if words:
            tests.append("words LIKE ? ESCAPE '\\'")
            values.append(f"%{_plain(words)}%")
        place = _place(after)
        if place is not None:
            tests.append("(at < ? OR (at = ? AND id < ?))")
            values += (place[0], *place)
        which = f" WHERE {' AND '.join(tests)}" if tests else ""
        with self._ledger.read() as tx:
            rows = tx.rows(f"{_FIELDS}{which}{_ORDER}", (*values, _PAGE + 1))
        found = tuple(map(_searched, rows[:_PAGE]))
        return SearchesCard(found, f"{found[-1].at}-{found[-1].id}" if len(rows) > _PAGE else "")

    def given(self, most: int) -> tuple[Given, ...]:
        """Return the cases that persons were given, the newest first."""
        with self._ledger.read() as tx:
            return tuple(map(_given, tx.rows(_GIVEN, (most,))))


def _plain(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _place(after: str) -> tuple[int, bytes] | None:
    at, _, id_ = after.partition("-")
    good = at.isascii() and at.isdecimal() and len(at) <= len(str(2**62))
    try:
        return (int(at), bytes.fromhex(id_)) if good else None
    except ValueError:
        return None


def _searched(row: Row) -> Searched:
    id_, desk, number, words, narrowed, cases, hits, at = row
    return Searched(
        id=bytes_of(id_).hex(),
        by=(text_of(desk), int_of(number)),
        words=text_of(words),
        narrowed=text_of(narrowed),
        cases=int_of(cases),
        hits=int_of(hits),
        at=Ms(int_of(at)),
    )


def _given(row: Row) -> Given:
    case, desk, number, by, since, ended, opened = row
    return Given(
        case=CaseId(bytes_of(case)),
        who=(text_of(desk), int_of(number)),
        by=text_of(by),
        since=Ms(int_of(since)),
        ended=ms_or_none(ended),
        opened=ms_or_none(opened),
    )
