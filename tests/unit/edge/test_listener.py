from __future__ import annotations

import asyncio
import resource
import socket
import time

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.listener import GuardedProtocol, run, serve
from tests.unit.edge.parties import Background, read_all, until


class Hello:
    """Answers with the length of the body; notes its lifespan; `/slow` waits."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.life: list[str] = []
        self.served = 0
        self.gate = asyncio.Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        self.served += 1
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        if scope["path"] == "/slow":
            await self.gate.wait()
        body = b"%d %d" % (size, len(scope["state"]["peer_uris"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    async def live(self, receive, send):
        while True:
            step = (await receive())["type"].rpartition(".")[2]
            self.life.append(step)
            await send({"type": f"lifespan.{step}.{'failed' if self.fails else 'complete'}"})
            if step == "shutdown":
                return


class Strict(GuardedProtocol):
    HEAD_BYTES = 1000
    HEAD_SECONDS = 0.2


@pytest.fixture(scope="module")
def plain():
    background = Background(Hello, protocol=Strict)
    yield background
    background.stop()


def dial(background):
    return socket.create_connection(("127.0.0.1", background.port), timeout=10)


def say(background, content):
    with dial(background) as connection:
        connection.sendall(content)
        return read_all(connection)


CLOSE = b"host: x\r\nconnection: close\r\n"


def test_requests_follow_each_other_on_one_connection(plain):
    request = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello"
    with dial(plain) as connection:
        for _ in range(3):
            connection.sendall(request)
            assert connection.recv(65536).endswith(b"5 0")
        # Two in one piece, each longer than nothing but together below no limit of one head.
        connection.sendall(request + request)
        answer = b""
        while answer.count(b"5 0") < 2:
            answer += connection.recv(65536)


def test_a_head_just_within_the_limit_is_served_and_one_above_is_not(plain):
    start = b"GET / HTTP/1.1\r\n" + CLOSE + b"x: "
    # Counted: the target, and each header's name, value and four bytes of punctuation.
    within = Strict.HEAD_BYTES - len(b"/" + b"host: x\r\nconnection: close\r\nx: \r\n")
    served = plain.app.served
    assert b"200 OK" in say(plain, start + b"y" * within + b"\r\n\r\n").split(b"\r\n")[0]
    assert say(plain, start + b"y" * (within + 1) + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")
    assert plain.app.served == served + 1


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + b"a" * 70_000,
        b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 10_000,
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\ntrailer: " + b"y" * 70_000,
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1;" + b"y" * 70_000,
    ],
)
def test_what_is_neither_body_nor_a_short_head_is_cut_off(plain, endless):
    assert say(plain, endless).startswith(b"HTTP/1.1 431 ")


def test_a_large_body_is_not_taken_for_a_head(plain):
    body = bytes(300_000)
    assert say(plain, b"POST / HTTP/1.1\r\n" + CLOSE + b"content-length: 300000\r\n\r\n" + body).endswith(b"300000 0")
    chunks = b"".join(b"64\r\n" + bytes(100) + b"\r\n" for _ in range(1000)) + b"0\r\n\r\n"
    assert say(plain, b"POST / HTTP/1.1\r\n" + CLOSE + b"transfer-encoding: chunked\r\n\r\n" + chunks).endswith(
        b"100000 0"
    )


def test_what_is_no_http_gets_400(plain):
    assert say(plain, b"\x16\x03\x01\x02\x00\x01\x00\x01").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("begun", "served_before"),
    [(b"", False), (b"GET / HTTP/1.1\r\nhost: x\r\n", False), (b"GET / HTTP/1.1\r\nhost: x\r\n", True)],
)
def test_a_head_that_does_not_come_is_not_waited_for(plain, begun, served_before):
    with dial(plain) as connection:
        if served_before:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"200 OK" in connection.recv(65536)
        began = time.monotonic()
        connection.sendall(begun)
        assert read_all(connection) == b""
        assert 0.1 < time.monotonic() - began < 3


def test_an_idle_connection_is_kept_longer_than_a_head_may_take(plain):
    with dial(plain) as connection:
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"200 OK" in connection.recv(65536)
            connection.settimeout(2 * Strict.HEAD_SECONDS)
            with pytest.raises(TimeoutError):
                connection.recv(1)


class Small(GuardedProtocol):
    CONNECTIONS = 2


def test_an_idle_connection_gives_way_a_busy_one_does_not(caplog, monkeypatch):
    monkeypatch.setattr(GuardedProtocol, "full_said", float("-inf"))
    background = Background(Hello, protocol=Small)
    try:
        _gives_way(background)
    finally:
        background.loop.call_soon_threadsafe(background.app.gate.set)
        background.stop()
    assert [one.message for one in caplog.records if one.name == "comity.edge.listener"] == [
        "over 2 connections at one listener; idle ones are closed for new ones"
    ], "once a minute, however many gave way"


class Unwilling(GuardedProtocol):
    def __init__(self, **more):
        super().__init__(**more)
        raise OSError("planted")


def test_a_connection_that_is_closed_before_it_is_read_is_told_of(caplog):
    background = Background(Hello, protocol=Unwilling)
    try:
        with dial(background):
            until(lambda: "a connection was closed before it was read: planted" in caplog.messages)
    finally:
        background.stop()


def _gives_way(background) -> None:
    with dial(background) as busy, dial(background) as idle:
        busy.sendall(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
        until(lambda: background.app.served == 1)
        assert say(background, b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n").endswith(b"0 0")
        assert read_all(idle) == b""
        with dial(background) as also_busy:
            also_busy.sendall(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
            until(lambda: background.app.served == 3)
            assert say(background, b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n") == b""
        background.loop.call_soon_threadsafe(background.app.gate.set)
        assert busy.recv(65536).endswith(b"0 0")


class Busy(Hello):
    """Each answer keeps the loop for a while; `rounds` counts answers by path."""

    def __init__(self):
        super().__init__()
        self.paths = []

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self.paths.append(scope["path"])
            time.sleep(0.003)  # noqa: ASYNC251  what a page costs: nobody else is served meanwhile
        await super().__call__(scope, receive, send)


def test_newcomers_stand_in_the_same_line_as_those_who_are_connected():
    """Sixteen who ask again at once would keep forty newcomers out for forty turns, were one taken each turn."""

    async def again(port, done):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not done.is_set():
            writer.write(b"GET /again HTTP/1.1\r\nhost: x\r\n\r\n")
            await reader.readuntil(b"0 0")
        writer.close()

    async def once(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /new HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"0 0")
        writer.close()

    async def main(port):
        done = asyncio.Event()
        hammering = [asyncio.create_task(again(port, done)) for _ in range(16)]
        await asyncio.sleep(0.2)
        await asyncio.gather(*(once(port) for _ in range(40)))
        done.set()
        await asyncio.gather(*hammering)

    background = Background(Busy)
    asyncio.run(main(background.port))
    paths = background.app.paths
    background.stop()
    came = [place for place, path in enumerate(paths) if path == "/new"]
    between = paths[came[0] : came[-1]].count("/again")
    assert len(came) == 40
    assert between < 16 * 8, "each of the sixteen was served many times while a newcomer waited"


def test_without_room_for_one_more_it_rests_and_then_goes_on(caplog):
    background = Background(Hello)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    first = dial(background)
    waiting = socket.socket()
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (waiting.fileno() + 1, hard))  # this one had the last number
        waiting.connect(("127.0.0.1", background.port))
        waiting.sendall(b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        time.sleep(0.3)
        assert background.app.served == 0
        assert [one.message for one in caplog.records if "no room" in one.message] == [
            "no room for one more connection (Too many open files); the next are taken in a second"
        ]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert read_all(waiting).endswith(b"0 0")
    waiting.close()
    first.close()
    background.stop()


def test_stopping_lets_an_answer_under_way_end():
    background = Background(Hello)
    app = background.app
    with dial(background) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
        until(lambda: app.served == 1)
        background.loop.call_soon_threadsafe(background.loop.call_later, 0.2, app.gate.set)
        background.stop()
        assert read_all(connection).endswith(b"0 0")
    assert app.life == ["startup", "shutdown"]


def test_several_listeners_share_a_loop_and_stop_apart():
    async def main():
        first = await serve(Hello(), "127.0.0.1", 0)
        second = await serve(Hello(), "::1", 0)
        await first.stop()
        with pytest.raises(OSError, match="refused"):
            await asyncio.open_connection("127.0.0.1", first.port)
        waiting = asyncio.create_task(second.stopped())
        _, writer = await asyncio.open_connection("::1", second.port)
        writer.close()
        assert not waiting.done()
        await second.stop()
        await waiting

    run(main())


def test_a_taken_port_and_an_application_that_does_not_start_are_errors():
    async def main():
        listener = await serve(Hello(), "127.0.0.1", 0)
        with pytest.raises(BadConfiguration, match="stop who has it"):
            await serve(Hello(), "127.0.0.1", listener.port)
        await listener.stop()
        with pytest.raises(BadConfiguration, match="did not start"):
            await serve(Hello(fails=True), "127.0.0.1", listener.port)
        again = await serve(Hello(), "127.0.0.1", listener.port)
        await again.stop()

    run(main())


def test_a_node_gets_as_many_files_as_the_system_gives():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))

    async def limit():
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    try:
        assert run(limit()) == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
        assert run(limit()) >= 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
