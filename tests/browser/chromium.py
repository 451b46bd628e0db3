"""The system's Chromium under Playwright: found, started, and what its pages did wrong kept. A browser is never fetched."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page, sync_playwright

from tools.bootstrap import BROWSERS, first_of

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SET_UP = "python3 tools/bootstrap.py --browser"
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
GRAVE = frozenset({"serious", "critical"})
HEARS = """addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"""
WIDE = """() => {
  const root = document.documentElement, past = [...document.querySelectorAll('body *')].filter((node) =>
    node.checkVisibility() && node.getBoundingClientRect().right > root.clientWidth + 1 && !node.closest('.scroll, .vh, svg'));
  return root.scrollWidth > root.clientWidth ? past.map((node) => node.outerHTML.slice(0, 160)).slice(-3).concat('page') : [];
}"""


def find() -> str:
    """Return the program of the system's Chromium; the failure names the command that installs it."""
    program = first_of(BROWSERS)
    assert program, f"There is no Chromium on this machine, and the browser tests need one. Run: {SET_UP}"
    return program


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """Run Chromium. While it runs, this thread has Playwright's event loop: keep it no longer than a module."""
    program = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Heard:
    """What the pages of one context did: errors said, policy broken, every address asked for.

    `expected` are texts of errors that a test means to cause.
    """

    errors: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    expected: set[str] = field(default_factory=set)

    def faults(self) -> list[str]:
        """Return the errors that no test meant to cause."""
        return [one for one in self.errors if not any(part in one for part in self.expected)]

    def outside(self, *origins: str) -> list[str]:
        """Return every address asked for that is not on these hosts."""
        return [one for one in self.asked if not one.startswith((*origins, "about:", "data:", "blob:", "chrome"))]


def listen(context: BrowserContext) -> Heard:
    """Keep what all pages of a context do from now on."""
    heard = Heard()
    context.add_init_script(HEARS)
    context.on("request", lambda request: heard.asked.add(request.url))
    context.on("console", lambda said: _note(heard, said) if said.type in {"error", "warning"} else None)
    context.on("weberror", lambda error: heard.errors.append(str(error.error)))
    return heard


def _note(heard: Heard, said: ConsoleMessage) -> None:
    heard.errors.append(f"{said.text} {said.location['url']}")


# --- axe -----------------------------------------------------------------------------------------------------------


@cache
def _axe() -> str:
    return AXE.read_text() + ";1"


def axe(page: Page) -> list[str]:
    """Look at a page with axe-core, in a world of its own that the page's policy does not reach; return what is grave."""
    talk = page.context.new_cdp_session(page)
    try:
        frame = talk.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = talk.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})["executionContextId"]
        _run(talk, _axe(), world)
        asked = "axe.run(document, {resultTypes: ['violations']}).then((found) => JSON.stringify(found.violations))"
        found = json.loads(_run(talk, asked, world))
    finally:
        talk.detach()
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def _run(talk: CDPSession, code: str, world: int) -> Any:
    said = talk.send(
        "Runtime.evaluate", {"expression": code, "contextId": world, "awaitPromise": True, "returnByValue": True}
    )
    assert "exceptionDetails" not in said, said
    return said["result"].get("value")
