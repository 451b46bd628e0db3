"""`make screens`: the demo's day played, every screen looked at: a picture of each, and axe over all of them in all four languages.

Writes `docs/screens/`: one PNG a screen at 1280 x 720 in light English, some more in the other languages and in the dark, and
a page that shows them. Ends with 1 if axe-core finds something serious on any screen, in any language, light or dark, or if
at 320, 820 or 1280 px anything is wider than the page, cut off, too small to hit, or has the focus without showing it.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

from comity.cli.demo.stage import Actor, Stage
from tests.browser.chromium import axe, launched, listen
from tests.browser.nodes import ROOT, standing, until
from tests.browser.officer import DESKTOP, Officer, enter, speak
from tests.browser.pictures import keep
from tests.browser.reflow import faults_of_hand
from tests.browser.story import REQUEST, assessed, notified

OUT = ROOT / "docs" / "screens"
READ = """async ([path, selector, attribute]) => {
  const page = new DOMParser().parseFromString(await (await fetch(path)).text(), 'text/html');
  return [...page.querySelectorAll(selector)].map((node) => node.getAttribute(attribute));
}"""
MOST_BYTES = 4_000_000
LANGUAGES = ("en", "fr", "hi", "pa")
SCHEMES = ("light", "dark")
ALSO = ("inbox", "case", "compose")
"""Screens that are also shown in the other languages and in the dark."""
DUTY, OFFICER, OUTSIDE, LEGAL, LEAD, REVIEWER, ADMINISTRATOR, SECRETARY = 101, 141, 112, 113, 103, 114, 192, 171
THEIR_SECRETARY = 276


@dataclass(frozen=True, slots=True)
class Shot:
    """One screen.

    Attributes:
        name: of the picture.
        who: number of the officer before it, 0 for nobody.
        words: what the index says of it.
        way: the path, or what finds it with that officer's browser.
        then: what is done on the page before the picture is taken.
    """

    name: str
    who: int
    words: str
    way: str | Callable[[Officer], str]
    then: Callable[[Officer], None] = field(default=lambda _officer: None)


def read(officer: Officer, path: str, selector: str, attribute: str) -> list[str]:
    """Return an attribute of everything on another page that a selector names, without showing that page."""
    there: list[str] = officer.page.evaluate(READ, [path, selector, attribute])
    return there


def found(query: str, what: str = "/case/", after: str = "") -> Callable[[Officer], str]:
    """Return a way to the first thing that a search finds; where the day was not played, to what waits the next morning."""

    def way(officer: Officer) -> str:
        for words in (query, LETTER):
            links = read(officer, f"/search?q={words}", f'main a[href^="{what}"]', "href")
            if links:
                return links[0].partition("#")[0] + after
        raise AssertionError(f"nothing is found for {query}")

    return way


def of_dispatch(query: str, after: str = "", before: str = "/dispatch/", which: str = "") -> Callable[[Officer], str]:
    """Return a way to a screen about the first dispatch of the case that a search finds; `which`: `.ours` or `.theirs`."""

    def way(officer: Officer) -> str:
        shown = read(officer, found(query)(officer), f"#r-stream article.disp{which}", "id")
        return f"{before}{shown[0].removeprefix('d-')}{after}"

    return way


def linked(page: str, start: str) -> Callable[[Officer], str]:
    """Return a way by the first link of a page that begins so and goes on."""

    def way(officer: Officer) -> str:
        links = read(officer, page, f'main a[href^="{start}"]', "href")
        ways = (re.split("[?#]", one)[0] for one in links)
        return next(one for one in ways if one not in {start, page, "/tasks/new", "/meetings/new"})

    return way


def peeked(officer: Officer) -> None:
    """Wait for what stands beside the list."""
    officer.page.locator("#peeked").wait_for()


def judged(officer: Officer) -> None:
    """Write a request, and wait for what law says of it."""
    officer.fill(REQUEST)
    officer.page.locator("#verdict .verdict").first.wait_for()
    officer.page.evaluate(
        "for (const one of document.querySelectorAll('#draft details')) one.open = false; scrollTo(0, 0)"
    )


def of_consignment(after: str = "", before: str = "/precursors/") -> Callable[[Officer], str]:
    """Return a way to a screen about the first consignment of the board."""

    def way(officer: Officer) -> str:
        return before + linked("/precursors?view=all", "/precursors/")(officer).rpartition("/")[2] + after

    return way


NOWHERE = "/case/CA-2026-9999"
THREAT, LETTER, BROKER = "Ninepin", "L2", "broker"
SHOTS: tuple[Shot, ...] = (
    Shot("sign-in", 0, "Sign-in: a passkey, the agency, and the ready-made roles of a demonstration", "/sign-in"),
    Shot("inbox", DUTY, "Inbox: by time left, one dispatch in short beside it", "/inbox", peeked),
    Shot("inbox-theirs", DUTY, "What waits for the other side", "/inbox?view=theirs"),
    Shot("cases", DUTY, "All cases: what is owed next and by whom, what moved last", "/cases?view=all"),
    Shot("case", DUTY, "A case: timeline, stream, what to do next", found(THREAT)),
    Shot("case-open", OFFICER, "A case that waits for us", found(LETTER)),
    Shot("compose", OFFICER, "Writing, with our law's answer beside it", "/compose?kind=rfi", judged),
    Shot("answer", OFFICER, "Answering", of_dispatch(LETTER, "/answer")),
    Shot("refuse", OFFICER, "Refusing with a ground", of_dispatch(LETTER, "/refuse")),
    Shot("sent", DUTY, "Sent", of_dispatch("P7", "/sent")),
    Shot("approvals", OUTSIDE, "What waits for people", "/approvals"),
    Shot("draft", OUTSIDE, "One draft, whole, for whoever decides", linked("/approvals", "/approvals/")),
    Shot("act", DUTY, "A later act with what came", of_dispatch(BROKER, "/act?act=use", which=".theirs")),
    Shot("owed", LEAD, "What is owed, and alarms", "/owed"),
    Shot("persons", LEAD, "Who asked about persons, and objections", "/persons"),
    Shot("duty", LEAD, "Roster, postings and the hand-over note", "/duty"),
    Shot("duty-notes", LEAD, "Older hand-over notes", "/duty/notes"),
    Shot("tasks", DUTY, "Tasks to our own agencies", "/tasks"),
    Shot("task-new", DUTY, "A new task", "/tasks/new"),
    Shot("task", DUTY, "One task", linked("/tasks", "/task/")),
    Shot("search", DUTY, "Search over cases, in four scripts", "/search?q=Tarang"),
    Shot("precursors", DUTY, "Consignments of precursors by clock", "/precursors"),
    Shot("precursor", DUTY, "One consignment: clocks, goods, both laws, checks", of_consignment()),
    Shot("notify", DUTY, "Notifying a consignment", "/compose?kind=pen"),
    Shot("object", DUTY, "Objecting to a consignment", of_consignment("/object", "/dispatch/")),
    Shot("today", DUTY, "What moved today, by item of the workplan", "/today"),
    Shot("workplan", SECRETARY, "The workplan: priorities, items, actions", "/workplan"),
    Shot("workplan-time", SECRETARY, "The workplan as a line of time", "/workplan?view=timeline"),
    Shot("workplan-history", SECRETARY, "Who agreed to which version, and what it changed", "/workplan?view=history"),
    Shot("workplan-item", SECRETARY, "One item: what it produced", linked("/workplan", "/workplan/item/")),
    Shot("propose", SECRETARY, "Proposing a change of the plan", "/workplan/propose"),
    Shot("scorecard", SECRETARY, "The scorecard: what both logs prove of a period", "/scorecard"),
    Shot("scorecard-send", SECRETARY, "What crosses when the scorecard is sent", "/scorecard/tell"),
    Shot("meetings", SECRETARY, "Meetings and consultations", "/meetings"),
    Shot("meeting-new", SECRETARY, "Calling a meeting", "/meetings/new"),
    Shot("meeting", SECRETARY, "Minutes that both sides write", linked("/meetings", "/meetings/")),
    Shot("ledger", REVIEWER, "The ledger: both logs", "/ledger"),
    Shot("trace", REVIEWER, "One dispatch from draft to proof", of_dispatch(THREAT, before="/ledger/dispatch/")),
    Shot("manifest", REVIEWER, "Manifests and gaps", "/manifest"),
    Shot("reviews", REVIEWER, "Broken glass: what was sent before its approval, to be reviewed", "/reviews"),
    Shot("report", REVIEWER, "A yearly report, as it may leave us", "/reports/activity?public=yes"),
    Shot("searches", REVIEWER, "Who searched for what", "/searches"),
    Shot("retention", LEGAL, "What is past its day, held or to be erased", "/retention"),
    Shot("custody", LEGAL, "What our law refused, and what two persons do with it", "/custody"),
    Shot("accord", LEAD, "Amendments of the accord, and the steps of a cut", "/accord"),
    Shot("law", LEGAL, "Accord and our law", "/law"),
    Shot("law-theirs", LEGAL, "Their published law", "/law/in"),
    Shot("evidence", LEGAL, "Papers of a case for a court", found(BROKER, after="/evidence")),
    Shot("people", ADMINISTRATOR, "Accounts", "/people"),
    Shot("account", ADMINISTRATOR, "One account", linked("/people", "/people/")),
    Shot("health", ADMINISTRATOR, "Health of the node", "/health"),
    Shot("settings", DUTY, "One's own settings", "/settings"),
    Shot("bell", DUTY, "The bell for those whose working screen is elsewhere", "/settings/bell"),
    Shot("keys", DUTY, "All keys", "/keys"),
    Shot("absent", DUTY, "What is not there, or not for you", NOWHERE),
)


# --- what waits, so that no screen is empty ------------------------------------------------------------------------


def furnish(browser: Browser, stage: Stage) -> None:
    """Leave a held draft, a task and a hand-over note on our desk, by hand as an officer does, and a consignment notified."""
    us, them = stage.actors
    said = them.ask("POST", "/submit", notified())
    duty = enter(browser, us.url, DUTY)
    duty.go("/compose?kind=rfi")
    duty.fill(REQUEST | assessed("disclose", OUTSIDE))
    duty.send()
    duty.fill(assessed("request", OUTSIDE))
    with duty.page.expect_navigation():
        duty.page.locator('form[action$="/add"] .row button').click()
    duty.go("/tasks/new")
    duty.fill({"asked": "Ask the institution whether it issued letter L2, and who signed it."})
    with duty.page.expect_navigation():
        duty.page.locator('form[action="/tasks/new"] button').click()
    duty.go("/duty")
    duty.fill({"eye": "The letter of tonight's flight.", "promised": "A word to New Delhi before 21:00."})
    with duty.page.expect_navigation():
        duty.page.locator('form[action="/duty/note"] button').click()
    duty.close()
    until(lambda: us.ask("GET", f"/state?id={said['id']}").get("filed"))
    minute(us, them)


def minute(us: Actor, them: Actor) -> None:
    """Leave a meeting that is open, with a paragraph of each side."""
    by, they = {"desk": "requests", "number": SECRETARY}, {"desk": "requests", "number": THEIR_SECRETARY}
    terms = {"sort": "review", "title": "Review of the second quarter", "language": "en", "languages": ["en", "fr"]}
    number = us.ask("POST", "/meetings/act", {"by": by, "act": "call", "terms": terms | {"at": 1_783_900_800_000}})[
        "id"
    ]
    until(lambda: them.ask("GET", "/meetings"))
    for act in ("agree", "open"):
        them.ask("POST", "/meetings/act", {"by": they, "act": act, "meeting": number})
    until(lambda: us.ask("GET", f"/meetings/one?id={number}")["opened"])
    text = {"act": "text", "meeting": number, "language": "en"}
    us.ask(
        "POST",
        "/meetings/act",
        text
        | {
            "by": by,
            "texts": {"en": "Seals are compared within a day.", "fr": "Les scellés sont comparés sous un jour."},
        },
    )
    them.ask("POST", "/meetings/act", text | {"by": they, "texts": {"en": "Both sides name who answers at night."}})
    until(lambda: len(us.ask("GET", f"/meetings/one?id={number}")["paragraphs"]) == 2)


# --- pictures and axe ----------------------------------------------------------------------------------------------


class Looker:
    """Officers' browsers, opened once each, in one language at a time."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        """Take Chromium and the nodes; the screens are those of the first party."""
        self._browser, self._url = browser, stage.actors[0].url
        self._officers: dict[int, Officer] = {}
        self._paths: dict[str, str] = {}
        self._lang = dict.fromkeys({shot.who for shot in SHOTS}, "en")

    def show(self, shot: Shot, lang: str = "en", scheme: str = "light") -> Page:
        """Open a screen in a language and a scheme."""
        officer = self._officer(shot.who)
        if shot.who and self._lang[shot.who] != lang:
            speak(officer, lang)
            self._lang[shot.who] = lang
        if shot.name not in self._paths:
            self._paths[shot.name] = shot.way if isinstance(shot.way, str) else shot.way(officer)
        officer.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of SCHEMES
        path = self._paths[shot.name] + ("" if shot.who else f"?lang={lang}")
        officer.page.goto(officer.url + path)
        shot.then(officer)
        officer.page.evaluate("document.fonts.ready")
        return officer.page

    def _officer(self, number: int) -> Officer:
        if number not in self._officers:
            if number:
                self._officers[number] = enter(self._browser, self._url, number, to="/keys")
            else:
                context = self._browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]  # two numbers
                self._officers[0] = Officer(self._url, context, context.new_page(), listen(context))
        return self._officers[number]

    def faults(self) -> list[str]:
        """Return what the pages said was wrong, and every outside address asked for; what is not there is to be missed."""
        for one in self._officers.values():
            one.heard.expected.add(NOWHERE)
        return [
            fault for one in self._officers.values() for fault in (*one.heard.faults(), *one.heard.outside(one.url))
        ]


def pictures(looker: Looker, blank: Page, out: Path) -> Iterator[str]:
    """Write every picture; yield its line of the index."""
    for shot in SHOTS:
        keep(looker.show(shot), blank, out / f"{shot.name}.png")
        yield f"## {shot.words}\n\n![{shot.words}]({shot.name}.png)\n"
    for lang, scheme in (("en", "dark"), *((lang, "light") for lang in LANGUAGES[1:])):
        for shot in (one for one in SHOTS if one.name in ALSO):
            name = f"{shot.name}-{lang if scheme == 'light' else scheme}"
            keep(looker.show(shot, lang, scheme), blank, out / f"{name}.png")
            words = f"{shot.words} ({scheme}, {lang})"
            yield f"## {words}\n\n![{words}]({name}.png)\n"


def matrix(looker: Looker, shots: Iterable[Shot] = SHOTS) -> Iterator[str]:
    """Look at every screen in every language, light and dark; yield what is wrong."""
    for lang in LANGUAGES:
        for scheme in SCHEMES:
            for shot in shots:
                page = looker.show(shot, lang, scheme)
                yield from (f"{shot.name} {lang} {scheme}: {fault}" for fault in axe(page))
                if scheme == SCHEMES[0]:  # the other has the same boxes in other colours
                    yield from (f"{shot.name} {lang}: {fault}" for fault in faults_of_hand(page))


def main(arguments: list[str] | None = None) -> int:
    """Write the pictures and run axe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the pictures")
    parser.add_argument("--no-axe", action="store_true", help="pictures alone")
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    asked.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stage = stack.enter_context(standing(played=True, waiting=True))
        browser = stack.enter_context(launched())
        furnish(browser, stage)
        looker = Looker(browser, stage)
        index = "\n".join(pictures(looker, browser.new_page(), asked.out))
        head = "# The screens\n\nMade by `make screens` from the demo's day; all cases and persons are invented.\n\n"
        (asked.out / "README.md").write_text(head + index)
        wrong = [] if asked.no_axe else list(matrix(looker))
        wrong += looker.faults()
    size = sum(file.stat().st_size for file in asked.out.glob("*.png"))
    wrong += [f"the pictures are {size} bytes together, more than {MOST_BYTES}"] if size > MOST_BYTES else []
    for line in wrong:
        print(line)
    count = len(SHOTS) * len(LANGUAGES) * len(SCHEMES)
    print(
        f"{len(SHOTS)} screens, {size // 1024} kB of pictures; axe on {0 if asked.no_axe else count} pages:"
        f" {len(wrong)} wrong; {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
