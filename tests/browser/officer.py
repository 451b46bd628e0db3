"""An officer before a screen: enters, writes, answers; each a few words in a test. All waiting is for what is seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from playwright.sync_api import Error as PageError

from tests.browser.chromium import Heard, listen

DESKTOP = {"width": 1280, "height": 720}
LIVE = 'html[data-live="yes"]'
SOON_MS = 30_000
"""A generous bound of what takes well under a second; the figures are `comity bench`'s."""


@dataclass
class Officer:
    """One person's browser at one node, its page, and what it heard."""

    url: str
    context: BrowserContext
    page: Page
    heard: Heard

    def go(self, path: str) -> Page:
        """Open a page and wait until it hears of changes."""
        self.page.goto(self.url + path)
        return self.live()

    def live(self) -> Page:
        """Wait until the open page hears of changes."""
        self.page.locator(LIVE).wait_for(state="attached")
        return self.page

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the one button or link of a name."""
        found = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        found.first.click()

    def fill(self, fields: Mapping[str, Any]) -> None:
        """Fill in fields of the open form by their names: text, a choice, or a tuple of boxes to be ticked."""
        for name, value in fields.items():
            where = self.page.locator(f'[name="{name}"]:not([type=hidden])')
            _open_around(where.first)
            if isinstance(value, tuple):
                for one in value:
                    self.page.locator(f'[name="{name}"][value="{one}"]').check()
            elif where.first.evaluate("node => node.tagName") == "SELECT":
                where.select_option(value)
            elif where.first.get_attribute("type") in {"radio", "checkbox"}:
                self.page.locator(f'[name="{name}"][value="{value}"]').check()
            else:
                where.fill(value)

    def send(self) -> None:
        """Press Send and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.locator('.next button[value="send"]').click()

    def sees(self, text: str | re.Pattern[str], ms: int = SOON_MS) -> Locator:
        """Wait until a text can be seen."""
        found = self.page.locator("main").get_by_text(text).locator("visible=true").first
        expect(found).to_be_visible(timeout=ms)
        return found

    def close(self) -> None:
        """Close the browser."""
        with suppress(PageError):
            self.context.close()


def _open_around(where: Locator) -> None:
    where.evaluate(
        "node => { for (let at = node; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true; }"
    )


def arrive(browser: Browser, url: str, **context: Any) -> Officer:
    """Open a browser of nobody at a node."""
    made = browser.new_context(**({"viewport": DESKTOP, "color_scheme": "light"} | context))
    made.set_default_timeout(SOON_MS)
    heard = listen(made)
    return Officer(url, made, made.new_page(), heard)


def enter(browser: Browser, url: str, number: int, *, lang: str = "en", to: str = "/inbox", **context: Any) -> Officer:
    """Enter as one of the ready-made roles of a demonstration, by its number."""
    officer = arrive(browser, url, **context)
    officer.page.goto(f"{url}/sign-in?lang={lang}&back={to}")
    officer.page.locator(f'.roles form:has(input[name="number"][value="{number}"]) button').click()
    officer.page.wait_for_url(f"**{to}")
    if officer.page.locator("html").get_attribute("lang") != lang:
        speak(officer, lang)
        officer.page.goto(url + to)
    officer.live()
    return officer


def speak(officer: Officer, lang: str) -> None:
    """Choose the language in which the desk speaks to this officer, as the officer does."""
    officer.page.goto(officer.url + "/settings")
    officer.page.locator("#language").select_option(lang)
    officer.page.locator('form[action="/settings"] button').click()
    officer.page.locator(f'html[lang="{lang}"]').wait_for(state="attached")
