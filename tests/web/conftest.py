"""A node's page served in this process on a free port, and a real browser to look at it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from comity.web.screens import signin
from tests.web.bare import COOKIE, OLD, Changes, Hands, People, pages_of, site_of
from tests.web.board import DAY_START, HOUR, MINUTE, Board, Clock, Count, log_files, tell_day

CHROMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1280,720",
)  # fmt: skip
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
        assert ready.wait(10)
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
    """Chromium with ears: policy violations, console errors and every address asked for are kept."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        watch = "addEventListener('securitypolicyviolation', e => (window.__broken ||= []).push(e.violatedDirective + ' ' + e.blockedURI))"
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": watch})

    def get(self, url: str) -> None:
        if url.startswith("http"):
            self.driver.execute_cdp_cmd("Network.setCookie", {"name": COOKIE, "value": "desk-lead", "url": url})
        self.driver.get(url)

    def js(self, code: str, *args: object) -> object:
        return self.driver.execute_script(code, *args)

    def until(self, code: str, seconds: float = 8) -> object:
        """Wait until an expression is true, looking again every 20 ms."""
        return WebDriverWait(self.driver, seconds, poll_frequency=0.02).until(
            lambda d: d.execute_script(f"return {code}")
        )

    def tab(self, url: str) -> None:
        """Open another tab and look at it."""
        self.driver.switch_to.new_window("tab")
        self.driver.get(url)

    def live(self) -> None:
        self.until("document.documentElement.dataset.live === 'yes'")

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, **features: str) -> None:
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})

    def faults(self) -> list[str]:
        """Policy violations and console errors so far."""
        severe = [e["message"] for e in self.driver.get_log("browser") if e["level"] in {"SEVERE", "WARNING"}]
        return [*(self.js("return window.__broken || []")), *severe]  # type: ignore[misc]  # a list of strings

    def asked(self) -> set[str]:
        """Every address that was asked for since the last look."""
        events = (json.loads(e["message"])["message"] for e in self.driver.get_log("performance"))
        return {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    binary = next((path for name in CHROMES if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver") or "/usr/lib/chromium/chromedriver"
    assert binary, "no Chromium here: run tools/bootstrap.py --browser"
    folder = tempfile.mkdtemp(prefix="comity-browser-")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()
    shutil.rmtree(Path(folder), ignore_errors=True)


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[Browser]:
    it = Browser(chromium)
    it.get("about:blank")
    it.faults()
    it.asked()
    it.resize(1280, 720)
    it.prefer()
    yield it
    first, *others = chromium.window_handles
    for other in others:
        chromium.switch_to.window(other)
        chromium.close()
    chromium.switch_to.window(first)
    it.get("about:blank")
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
