"""The event stream: nothing lost, nothing repeated, laid out once however many listen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from comity.base.ids import Ms, show_id
from comity.web import events
from comity.web.assets import addresses, load
from comity.web.events import Live
from comity.web.pages import Setting
from comity.web.render import Renderer
from comity.web.texts import Texts
from tests.web.board import DAY_START, HOUR, MINUTE, Board, Clock, Count, log_files, tell_day

THREAT = (1).to_bytes(16, "big")


class World:
    def __init__(self) -> None:
        self.clock, self.count = Clock(DAY_START + 9 * HOUR + 42 * MINUTE), Count()
        self.board = Board(self.clock, self.count)
        self.told = tell_day(self.board)
        self.live = self.restarted("run1")

    def restarted(self, boot: str) -> Live:
        texts = Texts()
        renderer = Renderer(texts, addresses(load()))
        return Live(
            self.board,
            self.clock,
            self.count,
            log_files({}),
            renderer=renderer,
            setting=Setting(texts, (), exercise=True),
            boot=boot,
        )

    def add(self) -> str:
        return show_id(self.board.add(THREAT, self.clock.now, "message", ours=False))  # type: ignore[arg-type]  # 16 bytes


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "TICK_S", 0.02)
    monkeypatch.setattr(events, "SETTLE_S", 0.001)


def run(story: Callable[[World], Coroutine[object, object, None]]) -> None:
    async def go() -> None:
        await asyncio.wait_for(story(World()), 20)

    asyncio.run(go())


async def page(stream: AsyncIterator[bytes]) -> tuple[int, dict]:
    async for event in stream:
        lines = dict(line.split(b": ", 1) for line in event.strip().split(b"\n") if b": " in line)
        if lines.get(b"event") == b"page":
            return int(lines[b"id"]), json.loads(lines[b"data"])
    raise AssertionError("the stream ended")


def test_who_comes_with_the_present_number_gets_only_what_the_clock_moves() -> None:
    async def story(w: World) -> None:
        change = await w.live.catch_up()
        number, update = await page(w.live.follow("day", change, w.live.boot()))
        assert number == change
        assert f"d-{show_id(w.told['posting'])}" not in update["blocks"]
        assert "bar-ours" in update["blocks"]
        assert f"d-{show_id(w.told['posting'])}" in update["regions"]["cases"]

    run(story)


def test_who_slept_gets_what_came_meanwhile_and_no_more() -> None:
    async def story(w: World) -> None:
        change = await w.live.catch_up()
        w.live.shot("day")
        new = w.add()
        _, update = await page(w.live.follow("day", change, w.live.boot()))
        assert f"d-{new}" in update["blocks"]
        assert f"d-{show_id(w.told['posting'])}" not in update["blocks"]

    run(story)


@pytest.mark.parametrize("change", [-1, 0, 10**9])
def test_who_comes_from_another_run_or_a_number_not_yet_reached_gets_everything(change: int) -> None:
    async def story(w: World) -> None:
        boot = "another" if change == 0 else w.live.boot()
        _, update = await page(w.live.follow("day", change, boot))
        assert f"d-{show_id(w.told['posting'])}" in update["blocks"]

    run(story)


def test_after_midnight_everything_is_sent_for_dates_have_changed() -> None:
    async def story(w: World) -> None:
        change, boot = await w.live.catch_up(), w.live.boot()
        w.clock.now = Ms(DAY_START + 25 * HOUR)
        _, update = await page(w.live.follow("day", change, boot))
        assert "13 Jul 02:10" in update["blocks"][f"d-{show_id(w.told['ask'])}"]

    run(story)


def test_listeners_in_step_share_one_reading_and_one_frame() -> None:
    async def story(w: World) -> None:
        change = await w.live.catch_up()
        streams = [w.live.follow("day", change, w.live.boot()) for _ in range(8)]
        for stream in streams:
            await page(stream)
        assert w.live.listeners == 8
        reads = w.board.reads
        new = w.add()
        got = [await anext(stream) for stream in streams]
        assert w.board.reads == reads + 1
        assert all(event is got[0] for event in got)
        assert new.encode() in got[0]
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]  # an async generator
        assert w.live.listeners == 0

    run(story)


def test_an_event_holds_only_what_changed() -> None:
    async def story(w: World) -> None:
        stream = w.live.follow("day", await w.live.catch_up(), w.live.boot())
        await page(stream)
        w.board.change(w.told["hold"], seen=w.clock.now)
        number, update = await page(stream)
        assert number == w.count.number
        assert f"d-{show_id(w.told['hold'])}" in update["blocks"]
        assert f"d-{show_id(w.told['part'])}" not in update["blocks"]
        assert "cases" not in update["regions"]

    run(story)


def test_many_changes_at_once_are_one_event() -> None:
    async def story(w: World) -> None:
        stream = w.live.follow("day", await w.live.catch_up(), w.live.boot())
        await page(stream)
        new = [w.add() for _ in range(5)]
        _, update = await page(stream)
        assert {f"d-{n}" for n in new} <= set(update["blocks"])

    run(story)


def test_a_minute_that_goes_by_is_an_event_without_a_change() -> None:
    async def story(w: World) -> None:
        change = await w.live.catch_up()
        stream = w.live.follow("day", change, w.live.boot())
        await page(stream)
        w.clock.now = Ms(w.clock.now + MINUTE)
        number, update = await page(stream)
        assert number == change
        assert "bar-ours" in update["blocks"]
        assert f"d-{show_id(w.told['posting'])}" not in update["blocks"]

    run(story)


def test_a_quiet_line_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BEAT_S", 0.05)

    async def story(w: World) -> None:
        stream = w.live.follow("ledger", await w.live.catch_up(), w.live.boot())
        await page(stream)
        assert await anext(stream) == b"event: beat\ndata:\n\n"

    run(story)


def test_the_proof_of_an_open_dispatch_is_made_again_and_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PROOF_S", 0.03)

    async def story(w: World) -> None:
        view = f"dispatch/{show_id(w.told['part'])}"
        stream = w.live.follow(view, await w.live.catch_up(), w.live.boot())
        _, update = await page(stream)
        assert "All 4 checks hold" in update["blocks"]["proof-panel"]
        w.board.alter(w.told["part"])
        _, update = await page(stream)
        assert "Broken: 2 of 4 checks fail" in update["blocks"]["proof-panel"]

    run(story)


def test_a_page_that_is_not_there_has_no_stream() -> None:
    async def story(w: World) -> None:
        for view in ("", "day/x", "case", "case/none", "dispatch/none", f"dispatch/{'0' * 26}", "other"):
            assert [event async for event in w.live.follow(view, -1, "")] == [b"retry: 1000\n\n"], view

    run(story)


def test_views_that_nobody_opens_again_are_forgotten() -> None:
    async def story(w: World) -> None:
        await w.live.catch_up()
        for _ in range(70):
            number = w.add()
            await w.live.catch_up()
            assert w.live.shot(f"dispatch/{number}")
        assert len(w.live._shots) == len(w.live._keys) == 64

    run(story)
