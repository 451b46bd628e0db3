"""One Chromium for each module, and officers whose browsers are closed at the end of a test, with what they heard looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import launched
from tests.browser.officer import SOON_MS, Officer, arrive, enter

expect.set_options(timeout=SOON_MS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, for one module: Playwright's loop must not be open in this thread while other tests run."""
    with launched() as browser:
        yield browser


@pytest.fixture
def come(chromium: Browser) -> Iterator[Callable[..., Officer]]:
    """`come(url, number, lang=, to=)`: an officer enters; without a number nobody has signed in yet.

    At the end no page may have broken the policy, said an error, or asked another host.
    """
    officers: list[Officer] = []

    def come(url: str, number: int | None = None, **more: object) -> Officer:
        made = arrive(chromium, url, **more) if number is None else enter(chromium, url, number, **more)  # type: ignore[arg-type]  # words of a test
        officers.append(made)
        return made

    yield come
    for one in officers:
        one.close()
    assert [fault for one in officers for fault in one.heard.faults()] == []
    assert [address for one in officers for address in one.heard.outside(one.url)] == []
