"""The extortion case of the demo's day, played by officers in two browsers on two nodes; each step seen live on the other side."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from comity.cli.demo.stage import Stage
from tests.browser.nodes import standing
from tests.browser.officer import SOON_MS, Officer
from tests.browser.story import ANSWER, REQUEST, assessed

DUTY_CA, DECIDER_CA, DUTY_IN = 101, 112, 201


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with standing() as stage:
        yield stage


def test_the_extortion_case_by_two_desks(
    stage: Stage, chromium: Browser, come: Callable[..., Officer], record_property: Callable[[str, object], None]
) -> None:
    us, them = stage.actors
    asks, answers, decides = come(us.url, DUTY_CA), come(them.url, DUTY_IN), come(us.url, DECIDER_CA, to="/approvals")

    # written, with the law's live verdict; one assessment is missing, and somebody outside has to approve
    asks.go("/compose?kind=rfi")
    asks.fill(REQUEST | assessed("disclose", DECIDER_CA))
    asks.sees("approval by decider-outside")
    asks.send()
    draft = asks.page.url.rpartition("/")[2]
    assert "/approvals/" in asks.page.url, asks.page.locator("#verdict, .err, .notice").all_inner_texts()
    asks.fill(assessed("request", DECIDER_CA))
    with asks.page.expect_navigation():
        asks.page.locator('form[action$="/add"] .row button').click()
    asks.live()

    # the approval, seen without loading anything again
    decides.page.locator(f'#r-mine a[href="/approvals/{draft}"]').click()
    decides.live()
    assert "+91 05550 10139" in decides.page.locator("#r-draft").inner_text()
    decides.fill({"reason": "The callers can be reached no other way."})
    with decides.page.expect_navigation():
        decides.page.keyboard.press("Escape")
        decides.page.locator('button[value="approve"]').click()
    expect(asks.page.locator(".next .do")).to_contain_text("leaves if it may", timeout=SOON_MS)
    expect(asks.page.locator("#r-side")).to_contain_text("Approved", timeout=SOON_MS)

    # let go; it is on the other open inbox at once
    with asks.page.expect_navigation():
        asks.page.locator('form[action$="/resume"] button').click()
    began = time.monotonic()
    row = answers.page.locator(f"#in-{draft}")
    expect(row).to_be_visible(timeout=SOON_MS)
    record_property("arrived_ms", round(1000 * (time.monotonic() - began)))
    assert re.search("Immediate", answers.page.locator("#loud").inner_text() + row.inner_text())

    # acknowledged: the asking side sees it
    asks.go(f"/case/{draft}")
    row.click()
    answers.page.locator('#peek button[data-key="A"]').click()
    seen = asks.page.locator(f"#d-{draft}")
    expect(seen.locator(".trail li.on", has_text="Seen")).to_be_visible(timeout=SOON_MS)

    # a holding answer
    def answered(fields: dict[str, object], path: str = f"/dispatch/{draft}/answer", who: Officer = answers) -> str:
        who.go(path)
        who.fill(fields)
        who.send()
        assert who.page.url.endswith("/sent"), who.page.locator("#verdict, .err, .notice, #r-side").all_inner_texts()
        return who.page.url.split("/")[-2]

    holding = answered(
        {"b-state": "holding", "b-reason": "Carriers asked; more by five.", "b-new_time": "2026-07-13T10:30"}
    )
    expect(asks.page.locator(f"#d-{holding}")).to_contain_text("Carriers asked", timeout=SOON_MS)

    # talk, both ways
    answers.go(f"/case/{draft}")
    asks.page.locator("#talk").fill("The second time was local, not UTC.")
    asks.page.locator("#talk").press("Control+Enter")
    expect(answers.page.locator(".msg", has_text="local, not UTC")).to_be_visible(timeout=SOON_MS)
    asks.live()

    # a full answer: the national number is removed on the way, and it says so
    full = answered(
        ANSWER
        | {
            "b-state": "final",
            "b-items-0-label": "number in the form",
            "b-items-0-value": "0000 0000 0019",
            "b-items-0-categories": ("national-number",),
        }
    )
    given = asks.page.locator(f"#d-{full}")
    expect(given).to_contain_text("dormant since May", timeout=SOON_MS)
    expect(given.locator(".redact, .redact-block").first).to_be_visible()
    assert "0000 0000 0019" not in given.inner_text()

    # another question is refused, with one outward word; the ground stays at home
    second = answered(
        {
            **{name: value for name, value in REQUEST.items() if not name.startswith(("b-items", "h-recipients"))},
            "b-title": "Who are the members of the shopkeepers' association?",
            "b-text": "The list of members, to warn them.",
            "b-asks": ("commercial",),
            "b-records": ("registration",),
        },
        f"/case/{draft}/compose/rfi",
        asks,
    )
    answers.go("/inbox")
    expect(answers.page.locator(f"#in-{second}")).to_be_visible(timeout=SOON_MS)
    asks.go(f"/case/{draft}")
    answered(
        {"h-ground": "disproportionate", "b-outward": "cannot-assist", "b-text": "More than the purpose needs."},
        f"/dispatch/{second}/refuse",
    )
    expect(asks.page.locator("#r-stream")).to_contain_text("cannot-assist", timeout=SOON_MS)
    assert "disproportionate" not in asks.page.locator("#r-stream").inner_text()

    # what the answer was worth
    answers.go(f"/case/{draft}")
    worth = answered({"b-useful": "useful", "b-used": ("lead",)}, f"/dispatch/{full}/feedback", asks)
    expect(answers.page.locator(f"#d-{worth}")).to_be_visible(timeout=SOON_MS)

    # the holding answer is recalled; its text is closed on the other screen, and they say that its use has stopped
    asks.go(f"/case/{draft}")
    recall = answered(
        {"b-target": full, "b-reason": "The wrong number was looked at.", "b-due": "2026-07-14T10:30"},
        f"/dispatch/{full}/recall",
    )
    expect(asks.page.locator(f"#d-{full}.struck")).to_be_visible(timeout=SOON_MS)
    expect(asks.page.locator(f"#d-{full}")).not_to_contain_text("dormant since May")
    answers.go(f"/case/{draft}")
    stopped = answered(
        {"b-state": "final", "b-copies-0-holder": "rcmp", "b-copies-0-outcome": "stopped"},
        f"/dispatch/{recall}/answer",
        asks,
    )
    expect(answers.page.locator(f"#d-{stopped}")).to_be_visible(timeout=SOON_MS)
