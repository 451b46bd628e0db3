"""A node's page served in this process on a free port, and a real browser to look at it."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PageError

from comity.web.screens import signin
from tests.browser.chromium import launched, listen
from tests.browser.officer import DESKTOP
from tests.web.bare import COOKIE, OLD, Changes, Hands, People, pages_of, site_of
from tests.web.board import DAY_START, HOUR, MINUTE, Board, Clock, Count, log_files, tell_day

ORIGIN = hashlib.sha256(b"xa.example/comity/log/1").hexdigest()
SERVED = {(ORIGIN, "checkpoint"): b"xa.example/comity/log/1\n9\n", (ORIGIN, "tile/0/000.p/9"): b"\x00" * 288}


class Node:
    """One node's page on loopback: start, stop, start again; the story is told on its own event loop."""

    def __init__(self) -> None:
        self.clock = Clock(DAY_START + 9 * HOUR + 42 * MINUTE)
        self.count = Count()
        self.board = Board(self.clock, self.count)
        self.people = People()
        self.hands = Hands()
        self.port = 0
        self._thread: threading.Thread | None = None
        self.starts = 0

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(60)
        self.starts += 1

    def _run(self, ready: threading.Event) -> None:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
            asyncio.run(self._serve(listener, ready))

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        site = site_of(self.board, self.clock, log_files(SERVED), people=self.people, hands=self.hands)
        app = self.app = pages_of(
            site, self.count, routes=(*OLD, *signin.ROUTES), changes=Changes(self.count, boot=f"a{self.starts}")
        )
        config = uvicorn.Config(
            app, lifespan="off", log_level="error", timeout_graceful_shutdown=1, server_header=False
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(ready.set)
        await self._server.serve(sockets=[listener])
        await app.stop()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.app.stop(), self._loop).result(5)
        self._server.should_exit = True
        assert self._thread is not None
        self._thread.join(10)
        assert not self._thread.is_alive()

    def tell(self, story: Callable[[], object]) -> object:
        """Run one step of a story on the node's loop, where the board is read."""

        async def on_loop() -> object:
            return story()

        return asyncio.run_coroutine_threadsafe(on_loop(), self._loop).result(5)

    @property
    def listeners(self) -> int:
        return self.app.stream.listeners

    def url(self, path: str = "/today") -> str:
        return f"http://xa.localhost:{self.port}{path}"


@pytest.fixture
def node() -> Iterator[Node]:
    it = Node()
    it.start()
    yield it
    it.stop()


@pytest.fixture
def day(node: Node) -> dict[str, bytes]:
    return node.tell(lambda: tell_day(node.board))  # type: ignore[return-value]  # the story's own names


class Browser:
    """Chromium with ears: policy violations, console errors and every address asked for are kept; one tab is looked at."""

    def __init__(self, context: BrowserContext) -> None:
        self._context, self._heard = context, listen(context)
        self.page = context.new_page()

    def get(self, url: str) -> None:
        self.sign("desk-lead", url)
        self.page.goto(url)

    def sign(self, value: str, url: str) -> None:
        """Be somebody from now on, by the cookie of a session."""
        self._context.add_cookies([{"name": COOKIE, "value": value, "url": url}])

    def js(self, code: str, *args: object) -> object:
        """Run the body of a function in the page; its arguments are `arguments`."""
        return self.page.evaluate(f"(given) => (function () {{ {code} }}).apply(null, given)", list(args))

    def until(self, code: str, seconds: float = 30) -> object:
        """Wait until an expression is true, looking again every 20 ms."""
        ends = time.monotonic() + seconds
        while True:
            try:
                found = self.js(f"return {code}")
            except PageError:  # the page is just being loaded anew
                found = None
            if found:
                return found
            assert time.monotonic() < ends, f"not so after {seconds} s: {code}"
            self.page.wait_for_timeout(20)

    def tab(self, url: str) -> None:
        """Open another tab and look at it."""
        self.page = self._context.new_page()
        self.page.goto(url)

    @property
    def tabs(self) -> list[Page]:
        return self._context.pages

    def look(self, tab: Page) -> None:
        """Look at another tab."""
        self.page = tab
        tab.bring_to_front()

    def live(self) -> None:
        self.until("document.documentElement.dataset.live === 'yes'")

    def before(self, code: str) -> None:
        """Run something in every page before its own scripts."""
        self._context.add_init_script(code)

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def prefer(self, **features: str) -> None:
        """Prefer `prefers_color_scheme` or `prefers_reduced_motion`."""
        self.page.emulate_media(
            color_scheme=features.get("prefers_color_scheme"),  # type: ignore[arg-type]  # the test's own words
            reduced_motion=features.get("prefers_reduced_motion"),  # type: ignore[arg-type]  # the test's own words
        )

    def faults(self) -> list[str]:
        """Policy violations and console errors since the last look."""
        found, self._heard.errors = self._heard.errors, []
        return found

    def asked(self) -> list[str]:
        """Every address that was asked for since the last look."""
        found = sorted(self._heard.asked)
        self._heard.asked.clear()
        return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Chromium, for one module: Playwright's loop must not be open in this thread while other tests run."""
    with launched() as chromium:
        yield chromium


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Browser]:
    context = chromium.new_context(viewport=DESKTOP)  # type: ignore[arg-type]  # two numbers
    yield Browser(context)
    context.close()
