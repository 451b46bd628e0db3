"""The event stream: content-free, nothing lost, nothing repeated, encoded once however many listen, over with its session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from comity.base.ids import Ms
from comity.screen.changes import Rung
from comity.web import listening, stream
from comity.web.stream import Stream
from tests.web.bare import COOKIE, KEY, People, ask, pages_of, site_of
from tests.web.board import DAY_START, MINUTE, Board, Clock, Count, log_files


class Bell:
    """A bell that a test rings; `boot` may change, as when the node starts again."""

    def __init__(self) -> None:
        self.boot, self.number, self.lost = "aa", 7, False
        self._rungs: list[Rung] = []
        self._woken = asyncio.Event()
        self.followed = 0

    def ring(self, *topics: str, anything: bool = False) -> int:
        self.number += 1
        self.put(Rung(self.boot, KEY, self.number, None if anything else frozenset(topics)))
        return self.number

    def put(self, rung: Rung) -> None:
        self._rungs.append(rung)
        self._woken.set()

    async def follow(self) -> AsyncIterator[Rung]:
        self.followed += 1
        yield Rung(self.boot, KEY, self.number, frozenset())
        while True:
            await self._woken.wait()
            self._woken.clear()
            rungs, self._rungs = self._rungs, []
            for rung in rungs:
                yield rung
            if self.lost:
                self.lost = False
                raise OSError("the way to the node was lost")


class World:
    def __init__(self) -> None:
        self.clock, self.bell = Clock(DAY_START), Bell()
        self.stream = Stream(self.bell, self.clock)
        self.alive = True

    def listen(self, last: str = "") -> Ear:
        return Ear(self.stream.listen(last, lambda: self.alive))


class Ear:
    """One listener, event by event."""

    def __init__(self, said) -> None:
        self.said, self._waiting = said, []

    async def next(self) -> tuple[str, dict, str]:
        """Return (event, data, id) of the next event that is no comment."""
        while not self._waiting:
            frames = (await anext(self.said)).decode()
            for frame in frames.strip().split("\n\n"):
                lines = dict(line.split(":", 1) for line in frame.split("\n"))
                if "event" in lines:
                    data = lines["data"].strip()
                    self._waiting.append(
                        (lines["event"].strip(), json.loads(data) if data else {}, lines.get("id", "").strip())
                    )
        return self._waiting.pop(0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_SETTLE_S", 0.005)
    monkeypatch.setattr(stream, "_LOOK_S", 0.01)
    monkeypatch.setattr(stream, "_AGAIN_S", 0.01)


def run(story: Callable[[World], Coroutine[object, object, None]]) -> None:
    async def go() -> None:
        async with asyncio.timeout(20):
            world = World()
            try:
                await story(world)
            finally:
                await world.stream.stop()

    asyncio.run(go())


def test_a_ping_says_which_topics_moved_and_nothing_of_what():
    async def story(w: World) -> None:
        ear = w.listen()
        assert await ear.next() == ("hello", {"n": 7, "boot": "aa"}, "aa:7")
        w.bell.ring("case:secret", "inbox")
        kind, said, at = await ear.next()
        assert (kind, at) == ("ping", "aa:8")
        assert said == {"n": 8, "topics": w.stream.hashed(["inbox", "case:secret"])}
        assert "secret" not in json.dumps(said)
        assert "inbox" not in json.dumps(said)

    run(story)


def test_topics_are_hashed_under_the_key_of_the_run():
    async def story(w: World) -> None:
        await w.stream.now()
        one = w.stream.hashed(["inbox"])
        w.bell.boot = "bb"
        w.bell.put(Rung("bb", b"x" * 32, 3, frozenset()))
        await asyncio.sleep(0.03)
        assert w.stream.boot == "bb"
        assert w.stream.number == 3
        assert w.stream.hashed(["inbox"]) != one

    run(story)


def test_rings_that_come_together_are_one_ping():
    async def story(w: World) -> None:
        ear = w.listen()
        await ear.next()
        for topic in ("inbox", "log", "inbox"):
            w.bell.ring(topic)
        assert (await ear.next())[1] == {"n": 10, "topics": w.stream.hashed(["log", "inbox"])}
        w.bell.ring("inbox")
        w.bell.ring(anything=True)
        assert (await ear.next())[1] == {"n": 12, "all": True}

    run(story)


def test_who_comes_back_gets_what_it_missed_once():
    async def story(w: World) -> None:
        ear = w.listen()
        await ear.next()
        pings = []
        for topic in ("inbox", "log", "link"):
            w.bell.ring(topic)
            pings.append(await ear.next())
        back = w.listen(pings[0][2])
        assert [await back.next() for _ in range(3)] == [*pings[1:], ("hello", {"n": 10, "boot": "aa"}, "aa:10")]
        assert (await w.listen(pings[2][2]).next())[0] == "hello", "nothing was missed"

    run(story)


@pytest.mark.parametrize("last", ["bb:8", "aa:6", "aa:9999", "nonsense", "aa:", "é", "x" * 5000])
def test_who_comes_from_another_run_or_from_too_long_ago_is_told_that_all_may_have_moved(last):
    async def story(w: World) -> None:
        await w.stream.now()
        w.bell.ring("inbox")
        await asyncio.sleep(0.03)
        assert (await w.listen(last).next())[1] == {"n": 8, "all": True}

    run(story)


def test_what_is_remembered_has_an_end(monkeypatch):
    monkeypatch.setattr(stream, "_PINGS", 2)

    async def story(w: World) -> None:
        ear = w.listen()
        await ear.next()
        for _ in range(4):
            w.bell.ring("inbox")
            await ear.next()
        assert (await w.listen("aa:8").next())[1] == {"n": 11, "all": True}
        assert (await w.listen("aa:9").next())[2] == "aa:10"

    run(story)


def test_a_slow_listener_is_told_that_all_may_have_moved(monkeypatch):
    monkeypatch.setattr(stream, "_FRAMES", 2)

    async def story(w: World) -> None:
        slow = w.listen()
        await slow.next()
        for _ in range(5):
            w.bell.ring("inbox")
            await asyncio.sleep(0.02)
        assert (await slow.next())[1] == {"n": 12, "all": True}
        w.bell.ring("log")
        assert (await slow.next())[1]["topics"] == w.stream.hashed(["log"])

    run(story)


def test_when_the_node_starts_again_everyone_looks_again():
    async def story(w: World) -> None:
        ear = w.listen()
        await ear.next()
        w.bell.boot, w.bell.number = "bb", 0
        w.bell.put(Rung("bb", KEY, 0, frozenset()))
        assert await ear.next() == ("ping", {"n": 0, "all": True}, "bb:0")
        w.bell.ring("inbox")
        assert (await ear.next())[2] == "bb:1"

    run(story)


def test_a_way_that_was_lost_is_found_again_and_nothing_is_said_if_nothing_was_missed():
    async def story(w: World) -> None:
        ear = w.listen()
        await ear.next()
        w.bell.lost = True
        w.bell.ring("inbox")
        assert (await ear.next())[2] == "aa:8"
        await asyncio.sleep(0.05)
        assert w.bell.followed == 2
        w.bell.ring("log")
        assert (await ear.next())[2] == "aa:9"
        w.bell.put(Rung("aa", KEY, 9, None))
        assert (await ear.next())[1] == {"n": 9, "all": True}

    run(story)


def test_five_hundred_listeners_hear_the_same_bytes_and_miss_none():
    async def story(w: World) -> None:
        streams = [w.stream.listen("", lambda: True) for _ in range(500)]
        for one in streams:
            await anext(one)
        assert w.stream.listeners == 500
        heard: list[list[bytes]] = [[] for _ in streams]

        async def hear(at: int) -> None:
            while b'"n":57' not in b"".join(heard[at][-1:]):
                heard[at].append(await anext(streams[at]))

        tasks = [asyncio.create_task(hear(at)) for at in range(500)]
        for turn in range(50):
            w.bell.ring(f"case:{turn}")
            if turn % 10 == 0:
                await asyncio.sleep(0.01)
        await asyncio.gather(*tasks)
        assert len({b"".join(one).replace(b"event: beat\ndata:\n\n", b"") for one in heard}) == 1
        for one in streams:
            await one.aclose()
        assert w.stream.listeners == 0

    run(story)


def test_a_minute_that_goes_by_is_said():
    async def story(w: World) -> None:
        ear = w.listen()
        await ear.next()
        w.clock.now = Ms(w.clock.now + MINUTE)
        assert (await ear.next())[0] == "minute"

    run(story)


def test_a_quiet_line_beats_and_ends_with_the_session(monkeypatch):
    monkeypatch.setattr(stream, "BEAT_S", 0.03)

    async def story(w: World) -> None:
        ear = w.listen()
        await ear.next()
        assert (await ear.next())[0] == "beat"
        w.alive = False
        assert (await ear.next())[0] == "gone"
        with pytest.raises(StopAsyncIteration):
            await ear.next()

    run(story)


def test_without_a_bell_pages_go_out_all_the_same(monkeypatch):
    monkeypatch.setattr(stream, "_FIRST_S", 0.02)

    class Silent:
        async def follow(self) -> AsyncIterator[Rung]:
            await asyncio.sleep(60)
            yield Rung("aa", KEY, 0, None)

    async def go() -> None:
        lone = Stream(Silent(), Clock(DAY_START))
        assert await lone.now() == 0
        await lone.stop()

    asyncio.run(go())


# --- the address ------------------------------------------------------------------------------------------------------


def served(people: People):
    clock, count = Clock(DAY_START), Count()
    board = Board(clock, count)
    return pages_of(site_of(board, clock, log_files({}), people=people), count), count


def test_only_who_is_signed_in_may_listen():
    async def go() -> None:
        app, _ = served(People())
        assert (await ask(app, "GET", "/events", who="")).status_code == 401
        assert (await ask(app, "GET", "/events", who="nobody")).status_code == 401
        assert (await ask(app, "GET", "/events", who="", headers={"cookie": "\x00=;;=,"})).status_code == 401
        await app.stop()

    asyncio.run(go())


def test_a_listener_too_many_is_told(monkeypatch):
    monkeypatch.setattr(listening, "MOST_LISTENERS", 0)

    async def go() -> None:
        app, _ = served(People())
        answer = await ask(app, "GET", "/events")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")

    asyncio.run(go())


def test_a_stream_ends_when_its_browser_goes_and_when_the_server_stops():
    async def go() -> None:
        app, _ = served(People())
        for leave in (True, False):
            sent: list[dict] = []
            gone, begun = asyncio.Event(), asyncio.Event()

            async def receive(gone=gone):
                await gone.wait()
                return {"type": "http.disconnect"}

            async def send(message, sent=sent, begun=begun):
                sent.append(message)
                if len(sent) > 1:
                    begun.set()

            headers = [(b"host", b"xa.localhost"), (b"cookie", f"{COOKIE}=officer".encode())]
            scope = {"type": "http", "method": "GET", "path": "/events", "headers": headers, "query_string": b""}
            task = asyncio.create_task(app(scope, receive, send))
            await begun.wait()
            assert sent[0]["status"] == 200
            assert b"event: hello" in sent[1]["body"]
            assert (b"cache-control", b"no-store") in sent[0]["headers"]
            if leave:
                gone.set()
            else:
                await app.stop()
            await asyncio.wait_for(task, 5)
            assert app.stream.listeners == 0

    asyncio.run(go())
