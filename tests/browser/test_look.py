"""Every screen before Chromium: axe finds nothing grave, nothing is wider than the page, no policy is broken, no other host asked.

Each screen is looked at once, in a language and a scheme that change from screen to screen so that all are covered; every
screen in every language, light and dark, is `make screens`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from comity.cli.demo.stage import Stage
from tests.browser.chromium import axe
from tests.browser.nodes import standing, until
from tests.browser.reflow import faults_of_hand
from tests.browser.screens import LANGUAGES, SCHEMES, SHOTS, Looker, Shot, furnish

TURNS = sorted(
    (
        (shot, LANGUAGES[place % 4], SCHEMES[place // 4 % 2])
        for place, shot in enumerate(sorted(SHOTS, key=lambda s: s.who))
    ),
    key=lambda turn: (turn[0].who, turn[1]),  # an officer changes the language as seldom as can be
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with standing(waiting=True) as stage:
        yield stage


@pytest.fixture(scope="module")
def looker(stage: Stage, chromium: Browser) -> Iterator[Looker]:
    furnish(chromium, stage)
    looker = Looker(chromium, stage)
    yield looker
    assert looker.faults() == []


@pytest.mark.parametrize(("shot", "lang", "scheme"), TURNS, ids=[f"{s.name}-{lang}-{how}" for s, lang, how in TURNS])
def test_a_screen(looker: Looker, shot: Shot, lang: str, scheme: str) -> None:
    page = looker.show(shot, lang, scheme)
    assert axe(page) == []
    assert list(faults_of_hand(page)) == []
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == lang


def test_a_printed_case_heads_with_its_labels(looker: Looker) -> None:
    """Labels stand on paper, in the head and in each dispatch; the frame does not."""
    case = next(shot for shot in SHOTS if shot.name == "case-open")
    page = looker.show(case)
    page.emulate_media(media="print")
    try:
        assert page.locator(".print-head").is_visible()
        assert "lead-only" in page.locator(".print-head").inner_text()
        assert page.locator("article.disp .code").first.is_visible()
        assert not page.locator(".rail").is_visible()
    finally:
        page.emulate_media(media="screen")


def test_dark_is_dark_and_said_by_the_officer_too(looker: Looker) -> None:
    shot = next(shot for shot in SHOTS if shot.name == "keys")
    grounds = [
        looker.show(shot, scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in SCHEMES
    ]
    assert grounds == ["rgb(238, 240, 238)", "rgb(17, 22, 26)"]


PLANTED = {
    "WIDE": "main { min-width: 400px !important }",
    "cut": "h1 { overflow: hidden; height: 10px }",
    "small": "main button, main .btn { min-height: 0 !important; height: 12px; padding: 0 }",
    "away": "nav.rail { overflow-x: hidden !important }",
    "unseen": "*, *:focus, *:focus-visible, *:focus-within { outline: 0 !important; box-shadow: none !important }",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_of_the_hand_is_seen(looker: Looker, fault: str) -> None:
    """Each look sees the fault that it is for, planted in the page's own style sheets."""
    page = looker.show(next(shot for shot in SHOTS if shot.name == "tasks"))
    page.evaluate(
        "(rule) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(rule); document.adoptedStyleSheets = [sheet]; }",
        PLANTED[fault],
    )
    found = list(faults_of_hand(page))
    assert any("page" in one if fault == "WIDE" else fault in one for one in found), found


def test_what_law_says_and_the_button_stay_in_sight_while_a_long_form_is_written(looker: Looker) -> None:
    page = looker.show(next(shot for shot in SHOTS if shot.name == "answer"))
    page.locator('[name="h-evaluation"]').focus()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    for what in ('.next button[value="send"]', "#verdict"):
        # What law says comes a moment after the form, and takes the place of what it said before.
        box = until(page.locator(what).bounding_box)
        assert 0 <= box["y"] < 720, what
