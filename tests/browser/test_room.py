"""A restricted room before the eyes of two named persons, each with their own program and browser, over two rooms' processes."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import axe
from tests.browser.nodes import until
from tests.browser.officer import Officer, arrive
from tests.browser.reflow import faults_of_hand
from tests.browser.roomstage import RoomStage, room, room_standing

NOTE = "The green ledger of the harbour office is asked for."
ANSWER = "The ledger is not ours to give; the treaty way is open."
SLOW_MS = 40_000


@pytest.fixture(scope="module")
def stage() -> Iterator[RoomStage]:
    with room_standing() as stage:
        until(lambda: all(stage.tray(side).joinpath("box").exists() for side in ("ca", "in")))
        yield stage


def opened(chromium: Browser, url: str, lang: str) -> Officer:
    host = urlsplit(url)
    person = arrive(chromium, f"{host.scheme}://{host.netloc}", locale=lang)
    person.page.set_default_timeout(SLOW_MS)
    person.page.goto(url)
    person.page.locator("#room").wait_for()
    person.page.wait_for_load_state("load")  # its keys are there
    return person


def asked(url: str, path: str, host: str | None = None, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Ask the page's process as another program of the machine would."""
    there = urlsplit(url)
    line = http.client.HTTPConnection("127.0.0.1", there.port, timeout=60)
    line.request(method, path, headers={"host": host or there.netloc, **headers})
    answer = line.getresponse()
    return answer.status, answer.read()


def write(person: Officer, text: str) -> None:
    person.page.locator('[name="b-text"]').fill(text)
    person.page.keyboard.press("Control+Enter")


def approved(stage: RoomStage, side: str, number: int) -> None:
    """The other named person of that side approves what waits."""
    hand = stage.hand(side, number)
    hand.approve(hand.look().drafts[0].id, "release-authority")


def sound(person: Officer) -> list[str]:
    return [*axe(person.page), *faults_of_hand(person.page), *person.heard.faults(), *person.heard.outside(person.url)]


def test_two_persons_write_answer_receipt_and_show_and_nobody_else_comes_in(
    stage: RoomStage, chromium: Browser
) -> None:
    ours, theirs = stage.page("ca", 11), stage.page("in", 21)
    assert_closed(ours)
    one, two = opened(chromium, ours, "en"), opened(chromium, theirs, "hi")
    assert asked(ours, urlsplit(ours).path + "?" + urlsplit(ours).query)[0] == 401, "the address is good once"
    try:
        sends(stage, one, NOTE)
        two.page.get_by_text(NOTE).wait_for(timeout=SLOW_MS)
        expect(two.page.locator("html")).to_have_attribute("lang", "hi")
        assert [*axe(two.page), *two.heard.faults(), *two.heard.outside(two.url)] == []
        two.page.locator("article.theirs .btn", has_text="R").first.click()
        two.page.locator("#said").wait_for()
        answers(stage, two)
        note = one.page.locator("article.ours", has_text=NOTE)
        expect(one.page.locator("article.theirs", has_text=ANSWER)).to_be_visible(timeout=SLOW_MS)
        expect(note).to_contain_text("1 receipt", timeout=SLOW_MS)
        assert sound(one) == []
        shows(stage, one, (note.get_attribute("id") or "").removeprefix("n-"))
        nowhere(stage)
        leaves(stage, one, ours)
    finally:
        one.close()
        two.close()


def assert_closed(url: str) -> None:
    """Without the token, under another name, from another page and from another machine there is nothing."""
    there = urlsplit(url)
    for path in ("/", "/live", "/write", "/enter", "/enter?token=x", "/nothing"):
        status, body = asked(url, path)
        assert (status, b"Point nine" in body) == (401, False), path
    for host in (
        "127.0.0.1",
        f"127.0.0.1:{there.port}",
        f"localhost:{there.port}",
        f"in.localhost:{there.port}",
        "evil.example",
    ):
        assert asked(url, f"{there.path}?{there.query}", host)[0] == 421, host
    assert asked(url, "/leave", method="POST", origin="http://evil.example")[0] == 403
    for address in {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None)} - {"127.0.0.1", "::1"}:
        with pytest.raises(ConnectionError), socket.create_connection((address, there.port), timeout=2):
            pass


def sends(stage: RoomStage, one: Officer, text: str) -> None:
    """Write a note: law holds it for the approval of a named authority, who gives it; then it goes."""
    one.page.keyboard.press("n")
    one.page.wait_for_url("**/write")
    write(one, text)
    one.page.wait_for_url("**/draft/*")
    one.page.keyboard.press("a")  # nobody has approved it: our law holds it
    one.page.get_by_text("What is missing").wait_for()
    approved(stage, "ca", 12)
    one.page.keyboard.press("a")
    one.page.get_by_text("Handed in. It waits for its place.").wait_for()


def answers(stage: RoomStage, two: Officer) -> None:
    """A counter-note in another language of the page."""
    two.page.locator("article.theirs a.btn", has_text="A").first.click()
    two.page.wait_for_url("**/write?re=*")
    write(two, ANSWER)
    two.page.wait_for_url("**/draft/*")
    approved(stage, "in", 22)
    two.page.keyboard.press("a")
    two.page.wait_for_url("**/?said=note")


def shows(stage: RoomStage, one: Officer, number: str) -> None:
    """Reveal the note to a third person, who checks it with nothing but the accord and their own key."""
    words = ["--key", stage.base / "clerk.key", "--passphrase-file", stage.base / "words"]
    room("join", "--number", 1, "--agency", "commission", *words, "--card", stage.base / "clerk.card")
    one.page.goto(f"{one.url}/reveal/{number}")
    one.page.locator("#whom").fill("Clerk of the commission")
    one.page.locator("#card").fill((stage.base / "clerk.card").read_text())
    with one.page.expect_download() as coming:
        one.page.locator(".next button").click()
    proof = stage.base / "proof"
    coming.value.save_as(proof)
    assert NOTE.encode() not in proof.read_bytes()
    room("verify", proof, *words, "--accord", stage.base / "accord.cose")
    one.page.goto(one.url)


def nowhere(stage: RoomStage) -> None:
    """Nothing that was written lies in clear on any disk of either side."""
    for path in stage.base.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert NOTE.encode() not in data, path
            assert ANSWER.encode() not in data, path


def leaves(stage: RoomStage, one: Officer, url: str) -> None:
    """Closing ends the program and with it the key; a form without its token changes nothing before."""
    said = one.page.evaluate(
        "fetch('/leave', {method: 'POST', body: new URLSearchParams({csrf: 'x'})}).then((a) => a.status)"
    )
    assert said == 403
    one.heard.expected.add("403")
    one.page.locator("details.me summary").click()
    one.page.locator('form[action="/leave"] button').click()
    one.page.get_by_role("heading", name="This room is closed").wait_for()
    until(lambda: any(process.poll() == 0 for process in stage.running))
    with pytest.raises(ConnectionError):
        asked(url, "/")
