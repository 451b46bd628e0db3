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


class Case:
    """The case as its three officers see it; `draft` is the question, `full` the answer."""

    def __init__(self, asks: Officer, answers: Officer, decides: Officer) -> None:
        self.asks, self.answers, self.decides = asks, answers, decides
        self.draft = self.full = ""

    def answered(self, fields: dict[str, object], path: str = "", who: Officer | None = None) -> str:
        who = who or self.answers
        who.go(path or f"/dispatch/{self.draft}/answer")
        who.fill(fields)
        who.send()
        assert who.page.url.endswith("/sent"), who.page.locator("#verdict, .err, .notice, #r-side").all_inner_texts()
        return who.page.url.split("/")[-2]

    def is_written(self) -> None:
        # written, with the law's live verdict; one assessment is missing, and somebody outside has to approve
        self.asks.go("/compose?kind=rfi")
        self.asks.fill(REQUEST | assessed("disclose", DECIDER_CA))
        self.asks.sees("Decider outside the desk")
        self.asks.send()
        self.draft = self.asks.page.url.rpartition("/")[2]
        assert "/approvals/" in self.asks.page.url, self.asks.page.locator("#verdict, .err, .notice").all_inner_texts()
        self.asks.fill(assessed("request", DECIDER_CA))
        with self.asks.page.expect_navigation():
            self.asks.page.locator('form[action$="/add"] .row button').click()
        self.asks.live()

    def is_approved(self) -> None:
        # the approval, seen without loading anything again
        self.decides.page.locator(f'#r-mine a[href="/approvals/{self.draft}"]').click()
        self.decides.live()
        assert "+91 05550 10139" in self.decides.page.locator("#r-draft").inner_text()
        self.decides.fill({"reason": "The callers can be reached no other way."})
        with self.decides.page.expect_navigation():
            self.decides.page.keyboard.press("Escape")
            self.decides.page.locator('button[value="approve"]').click()
        expect(self.asks.page.locator(".next .do")).to_contain_text("leaves if it may", timeout=SOON_MS)
        expect(self.asks.page.locator("#r-side")).to_contain_text("Approved", timeout=SOON_MS)

    def leaves(self) -> int:
        # let go; it is on the other open inbox at once
        with self.asks.page.expect_navigation():
            self.asks.page.locator('form[action$="/resume"] button').click()
        began = time.monotonic()
        row = self.answers.page.locator(f"#in-{self.draft}")
        expect(row).to_be_visible(timeout=SOON_MS)
        arrived = round(1000 * (time.monotonic() - began))
        assert re.search("Immediate", self.answers.page.locator("#loud").inner_text() + row.inner_text())
        return arrived

    def is_seen(self) -> None:
        # acknowledged: the asking side sees it
        self.asks.go(f"/case/{self.draft}")
        self.answers.page.locator(f"#in-{self.draft}").click()
        self.answers.page.locator('#peek button[data-key="A"]').click()
        seen = self.asks.page.locator(f"#d-{self.draft}")
        expect(seen.locator(".trail li.on", has_text="Seen")).to_be_visible(timeout=SOON_MS)

    def is_held(self) -> None:
        # a holding answer
        holding = self.answered(
            {"b-state": "holding", "b-reason": "Carriers asked; more by five.", "b-new_time": "2026-07-13T10:30"}
        )
        expect(self.asks.page.locator(f"#d-{holding}")).to_contain_text("Carriers asked", timeout=SOON_MS)

    def is_talked_about(self) -> None:
        # talk, both ways
        self.answers.go(f"/case/{self.draft}")
        self.asks.page.locator("#talk").fill("The second time was local, not UTC.")
        self.asks.page.locator("#talk").press("Control+Enter")
        expect(self.answers.page.locator(".msg", has_text="local, not UTC")).to_be_visible(timeout=SOON_MS)
        self.asks.live()

    def is_answered(self) -> None:
        # a full answer: the national number is removed on the way, and it says so
        self.full = self.answered(
            ANSWER
            | {
                "b-state": "final",
                "b-items-0-label": "number in the form",
                "b-items-0-value": "0000 0000 0019",
                "b-items-0-categories": ("national-number",),
            }
        )
        given = self.asks.page.locator(f"#d-{self.full}")
        expect(given).to_contain_text("dormant since May", timeout=SOON_MS)
        expect(given.locator(".redact, .redact-block").first).to_be_visible()
        assert "0000 0000 0019" not in given.inner_text()

    def is_refused_another(self) -> None:
        # another question is refused, with one outward word; the ground stays at home
        second = self.answered(
            {
                **{name: value for name, value in REQUEST.items() if not name.startswith(("b-items", "h-recipients"))},
                "b-title": "Who are the members of the shopkeepers' association?",
                "b-text": "The list of members, to warn them.",
                "b-asks": ("commercial",),
                "b-records": ("registration",),
            },
            f"/case/{self.draft}/compose/rfi",
            self.asks,
        )
        self.answers.go("/inbox")
        expect(self.answers.page.locator(f"#in-{second}")).to_be_visible(timeout=SOON_MS)
        self.asks.go(f"/case/{self.draft}")
        self.answered(
            {"h-ground": "disproportionate", "b-outward": "cannot-assist", "b-text": "More than the purpose needs."},
            f"/dispatch/{second}/refuse",
        )
        expect(self.asks.page.locator("#r-stream")).to_contain_text("cannot-assist", timeout=SOON_MS)
        assert "disproportionate" not in self.asks.page.locator("#r-stream").inner_text()

    def was_worth(self) -> None:
        # what the answer was worth
        self.answers.go(f"/case/{self.draft}")
        worth = self.answered({"b-useful": "useful", "b-used": ("lead",)}, f"/dispatch/{self.full}/feedback", self.asks)
        expect(self.answers.page.locator(f"#d-{worth}")).to_be_visible(timeout=SOON_MS)

    def is_recalled(self) -> None:
        # the holding answer is recalled; its text is closed on the other screen, and they say that its use has stopped
        self.asks.go(f"/case/{self.draft}")
        recall = self.answered(
            {"b-target": self.full, "b-reason": "The wrong number was looked at.", "b-due": "2026-07-14T10:30"},
            f"/dispatch/{self.full}/recall",
        )
        expect(self.asks.page.locator(f"#d-{self.full}.struck")).to_be_visible(timeout=SOON_MS)
        expect(self.asks.page.locator(f"#d-{self.full}")).not_to_contain_text("dormant since May")
        self.answers.go(f"/case/{self.draft}")
        stopped = self.answered(
            {"b-state": "final", "b-copies-0-holder": "rcmp", "b-copies-0-outcome": "stopped"},
            f"/dispatch/{recall}/answer",
            self.asks,
        )
        expect(self.answers.page.locator(f"#d-{stopped}")).to_be_visible(timeout=SOON_MS)


def test_the_extortion_case_by_two_desks(
    stage: Stage, chromium: Browser, come: Callable[..., Officer], record_property: Callable[[str, object], None]
) -> None:
    us, them = stage.actors
    case = Case(come(us.url, DUTY_CA), come(them.url, DUTY_IN), come(us.url, DECIDER_CA, to="/approvals"))
    case.is_written()
    case.is_approved()
    record_property("arrived_ms", case.leaves())
    case.is_seen()
    case.is_held()
    case.is_talked_about()
    case.is_answered()
    case.is_refused_another()
    case.was_worth()
    case.is_recalled()
