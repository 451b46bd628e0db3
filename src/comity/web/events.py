"""What keeps an open page true: one event stream a page, each change laid out once and shared by all who listen.

Rule kept: an event is the difference between two states of one page, not a message, so a listener that slept, lost its
connection or came late gets what it lacks, once, and never a repeat. Event ids are the node's change numbers.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from comity.base.errors import BadForm
from comity.base.ids import Ms, read_id
from comity.screen import Board
from comity.screen.site import LogFiles
from comity.web import letters, moments, pages
from comity.web.pages import Page, Part, Reading, Setting
from comity.web.render import Renderer

TICK_S = 1.0  # how often the clock is looked at: a minute, or a demo's fast clock, may have gone by
SETTLE_S = 0.04  # a batch of commits becomes one update
BEAT_S = 5.0  # a listener that hears nothing for longer knows that the line is dead
PROOF_S = 3.0  # how often the proof of an open dispatch is made again
MOST_LISTENERS = 64
_MOST_VIEWS = 64
_WHOLE = {"day": pages.day, "ledger": pages.ledger, "approvals": pages.approvals}
_RETRY = b"retry: 1000\n\n"
_BEAT = b"event: beat\ndata:\n\n"
_TIMED = frozenset(
    (
        "capital",
        "days",
        "rail_case",
        "rail_foot",
        "notice_link",
        "link_card",
        "case_row",
        "case_head",
        "owed",
        "proof_panel",
        "rail_waiting",
        "held",
        "law_spans",
    )
)


class Changes(Protocol):
    """The node's count of committed changes, as a listener sees it."""

    async def next(self, after: int) -> int:
        """Wait until the change number is above `after` and return it; at once if it is already.

        `next(-1)` returns the present number. Numbers only rise while the node runs. May be cancelled at any time and
        awaited by many at once.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Block:
    html: str
    serial: int
    change: int
    timed: bool


@dataclass(slots=True)
class Shot:
    """One page as it is now: blocks with the serial and change number at which each last changed."""

    serial: int
    change: int
    page: Page
    order: dict[str, tuple[str, ...]]
    moved: dict[str, int]
    blocks: dict[str, _Block]
    frames: dict[int, bytes] = field(default_factory=dict)


class Live:
    """Pages of one node as they change. Not thread-safe: the board is read on the event loop's own thread."""

    def __init__(
        self,
        board: Board,
        clock: Callable[[], Ms],
        changes: Changes,
        log_files: LogFiles,
        *,
        renderer: Renderer,
        setting: Setting,
        boot: str,
    ) -> None:
        """Take what the node shows; `boot` is a token of this run of the program."""
        self._board, self._clock, self._changes, self._log_files = board, clock, changes, log_files
        self._renderer, self._setting, self._boot = renderer, setting, boot
        self._change = -1
        self._serial = 0
        self._reading: Reading | None = None
        self._laws = board.laws()
        self._rules = frozenset((card.short, rule.id) for card in self._laws for rule in card.rules)
        self._shots: OrderedDict[str, Shot] = OrderedDict()
        self._keys: dict[str, tuple[Reading, int]] = {}
        self.listeners = 0

    async def catch_up(self) -> int:
        """Learn the present change number, before the board is read: what is read is then never older."""
        self._change = max(self._change, await self._changes.next(-1))
        return self._change

    def boot(self) -> str:
        """Return the token under which change numbers and dates of pages can be compared: this run, this day."""
        return f"{self._boot}-{self._clock() // moments.DAY}"

    def reading(self) -> Reading:
        """Return all that the board says now; read once for each change, minute and state of the link."""
        now, old = self._clock(), self._reading
        link = self._board.link()
        if (
            old
            and old.change == self._change
            and old.link == link
            and old.now // moments.MINUTE == now // moments.MINUTE
        ):
            return old
        logs = self._board.logs()
        names = (letters.origin_hash(card.origin) for card in logs)
        served = frozenset(name for name in names if self._log_files(name, "checkpoint") is not None)
        parties, plan, cases = self._board.parties(), self._board.workplan(now), self._board.cases(now)
        self._reading = Reading(
            change=self._change,
            now=now,
            parties=parties,
            workplan=plan,
            cases=cases,
            link=link,
            logs=logs,
            served=served,
            laws=self._laws,
            rules=self._rules,
            waiting=self._board.waiting(now),
        )
        return self._reading

    def page(self, view: str) -> Page | None:
        """Make the page of a view; None if there is none.

        Views are `day`, `ledger`, `approvals`, `law/<mark>/<language>`, `case/<number>`, `dispatch/<number>`.
        """
        reading = self.reading()
        name, _, number = view.partition("/")
        if view in _WHOLE:
            return _WHOLE[view](reading, self._setting)
        match name, bool(number):
            case "law", True:
                return self._law(number, reading)
            case "case", True:
                return pages.case(number, reading, self._setting)
            case "dispatch", True:
                return self._dispatch(number, reading)
            case _:
                return None

    def _law(self, number: str, reading: Reading) -> Page | None:
        short, _, language = number.partition("/")
        return pages.law(short, language, reading, self._setting) if language in self._languages() else None

    def law_view(self, short: str, language: str) -> str:
        """Return the view of a party's law; of ours if `short` is empty. A language that nobody writes is passed over."""
        cards = [card for card in self._laws if (card.short.lower() == short if short else card.ours)]
        if not cards:
            return ""
        asked = language if language in self._languages() else cards[0].languages[0]
        return f"law/{cards[0].short.lower()}/{asked}"

    def _languages(self) -> frozenset[str]:
        return frozenset(tag for card in self._laws for tag in card.languages)

    def absent(self) -> Page:
        """Make the page that says that nothing is here."""
        return pages.absent(self.reading(), self._setting)

    def _dispatch(self, number: str, reading: Reading) -> Page | None:
        try:
            dispatch = read_id(number)
        except BadForm:
            return None
        card = self._board.dispatch(dispatch, reading.now)
        if card is None:
            return None
        return pages.dispatch(card, self._board.prove(dispatch, self._clock()), reading, self._setting)

    def shot(self, view: str) -> Shot | None:
        """Return the page of a view as blocks; laid out anew only if the board, the clock or a proof has moved on."""
        reading = self.reading()
        key = (reading, int(time.monotonic() / PROOF_S) if view.startswith("dispatch/") else 0)
        old = self._shots.get(view)
        if old is not None and self._keys[view] == key:
            self._shots.move_to_end(view)
            return old
        page = self.page(view)
        if page is None:
            return None
        shot = self._next_shot(page, old, reading.change)
        self._keys[view], self._shots[view] = key, shot
        self._shots.move_to_end(view)
        while len(self._shots) > _MOST_VIEWS:
            self._keys.pop(self._shots.popitem(last=False)[0])
        return shot

    def _next_shot(self, page: Page, old: Shot | None, change: int) -> Shot:
        serial = self._serial + 1
        blocks = {part.id: self._block(part, old, serial, change) for r in page.regions for part in r.parts}
        order = {r.name: tuple(part.id for part in r.parts) for r in page.regions}
        moved = {n: old.moved[n] if old and old.order.get(n) == ids else serial for n, ids in order.items()}
        same = old and old.page.title == page.title and serial not in moved.values()
        if old and same and all(b.serial != serial for b in blocks.values()):
            return old
        self._serial = serial
        return Shot(serial, change, page, order, moved, blocks)

    def _block(self, part: Part, old: Shot | None, serial: int, change: int) -> _Block:
        html = self._renderer.part(part)
        before = old.blocks.get(part.id) if old else None
        if before is not None and before.html == html:
            return before
        timed = part.macro in _TIMED or getattr(part.view, "left", None) is not None
        return _Block(html, serial, change, timed)

    def since_serial(self, shot: Shot, serial: int) -> bytes:
        """Return the event for a listener who has had the shot of `serial`; made once for all who are in step."""
        if serial not in shot.frames:
            moved = {name: ids for name, ids in shot.order.items() if shot.moved[name] > serial}
            blocks = {key: b.html for key, b in shot.blocks.items() if b.serial > serial}
            shot.frames[serial] = self._frame(shot, moved, blocks)
        return shot.frames[serial]

    def since_change(self, shot: Shot, change: int) -> bytes:
        """Return the event for a listener who has the page as of `change`: what is newer, and what the clock moves."""
        blocks = {key: b.html for key, b in shot.blocks.items() if b.change > change or b.timed}
        return self._frame(shot, shot.order, blocks)

    def _frame(self, shot: Shot, order: dict[str, tuple[str, ...]], blocks: dict[str, str]) -> bytes:
        update = {"title": shot.page.title, "boot": self.boot(), "regions": order, "blocks": blocks}
        return b"id: %d\nevent: page\ndata: %s\n\n" % (shot.change, msgspec.json.encode(update))

    async def follow(self, view: str, change: int, boot: str) -> AsyncIterator[bytes]:
        """Yield the events of one listener for as long as it listens.

        Args:
            view: the page that it has open.
            change: the change number as of which it has it, -1 for none.
            boot: the token that came with that number; if it is not the present one, everything is sent.
        """
        self.listeners += 1
        try:
            yield _RETRY
            await self.catch_up()
            shot = self.shot(view)
            if shot is None:
                return
            yield self.since_change(shot, change if boot == self.boot() and change <= self._change else -1)
            async for event in self._steps(view, shot):
                yield event
        finally:
            self.listeners -= 1

    async def _steps(self, view: str, shot: Shot) -> AsyncIterator[bytes]:
        spoke = time.monotonic()
        while True:
            await self._wait()
            latest = self.shot(view)
            if latest is None:
                return
            if latest.serial != shot.serial:
                yield self.since_serial(latest, shot.serial)
            elif time.monotonic() - spoke >= BEAT_S:
                yield _BEAT
            else:
                continue
            shot, spoke = latest, time.monotonic()

    async def _wait(self) -> None:
        """Wait for a change, at most until the next look at the clock."""
        try:
            async with asyncio.timeout(TICK_S):  # not wait_for: before 3.12 it can lose a stop
                number = await self._changes.next(self._change)
        except TimeoutError:
            return
        self._change = max(self._change, number)
        await asyncio.sleep(SETTLE_S)
        await self.catch_up()
