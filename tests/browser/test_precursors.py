"""A notification written at one node stands on the other's open board at once, is objected to, and both sides see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from comity.cli.demo.stage import Stage
from tests.browser.nodes import INVENTED, standing, until
from tests.browser.officer import SOON_MS, Officer
from tests.browser.story import OBJECTION, WRITTEN

NOTIFIES, ANSWERS = 13, 33
WHERE = {"h-agency": "paper-office", "h-recipients": ("seal-house",), "h-item": "F-1"}
HERE = {"h-agency": "seal-house"}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with standing(name=INVENTED) as stage:
        yield stage


def test_notified_seen_objected_to_on_both_boards(stage: Stage, come: Callable[..., Officer]) -> None:
    them, us = stage.actors
    board = come(us.url, ANSWERS, to="/precursors")
    expect(board.page.locator("#pen-none")).to_be_visible()
    writer = come(them.url, NOTIFIES, to="/precursors")
    with writer.page.expect_navigation(url="**/compose?kind=pen"):
        writer.page.keyboard.press("n")
    writer.fill(WRITTEN | WHERE)
    writer.send()
    assert writer.page.url.endswith("/sent"), writer.page.locator("main").inner_text()
    writer.page.locator('.next a[href^="/precursors/"]').click()
    number = writer.page.url.rpartition("/")[2]
    until(lambda: us.ask("GET", f"/state?id={number}").get("filed"), 60)

    row = board.page.locator(f"#pen-{number}")
    expect(row).to_be_visible(timeout=SOON_MS)
    expect(row).to_contain_text("1500.50 kg acetic anhydride")
    expect(row).to_contain_text("Held: would leave on 16 Jul 2026")
    expect(board.page.locator("#rail-precursors")).to_contain_text("1")

    board.page.keyboard.press("j")
    with board.page.expect_navigation(url=f"**/precursors/{number}"):
        board.page.keyboard.press("Enter")
    board.live()
    expect(board.page.locator("#pen-line-1 svg.mol")).to_be_visible()
    expect(board.page.locator("#pen-line-1")).to_contain_text("C4H6O3")
    expect(board.page.locator("#pen-laws")).to_contain_text("no sign that it is free")
    expect(board.page.locator("#pen-checks")).to_contain_text("controlled", timeout=SOON_MS)
    with board.page.expect_navigation(url="**/object"):
        board.page.keyboard.press("x")
    board.fill(OBJECTION | HERE)
    board.send()
    assert board.page.url.endswith("/sent"), board.page.locator("main").inner_text()

    said = board.page.url.rsplit("/", 2)[1]
    until(lambda: them.ask("GET", f"/state?id={said}").get("filed"), 60)
    expect(writer.page.locator("#pen-top")).to_contain_text("Objected to", timeout=SOON_MS)
    expect(writer.page.locator("#r-steps")).to_contain_text("no-permit", timeout=SOON_MS)
    expect(writer.page.locator("#pen-next")).to_contain_text("Nothing is awaited")
    board.go("/precursors?view=held")
    expect(board.page.locator(f"#pen-{number}")).to_contain_text("XV objects")
    board.go("/precursors")
    expect(board.page.locator("#pen-none")).to_be_visible()
