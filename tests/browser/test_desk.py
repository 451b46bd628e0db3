"""The desk by officers of four languages, by the keyboard alone, in twelve tabs, after a cut and after a restart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from comity.cli.demo.clone import load_open
from comity.cli.demo.play import form_of
from comity.cli.demo.stage import Stage
from tests.browser.nodes import data_of, halt, standing, until
from tests.browser.officer import LIVE, SOON_MS, Officer

CA, IN = 141, 251
DUTY, LEAD, ADMINISTRATOR = 101, 103, 192
ANSWERS = {"en": "Not ours.", "fr": "Cette pièce n'est pas à nous.", "hi": "यह हमारा नहीं है।", "pa": "ਇਹ ਸਾਡਾ ਨਹੀਂ ਹੈ।"}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with standing() as stage:
        yield stage


def asked(stage: Stage, title: str, *, wait: bool = True) -> str:
    """Ask the first question of the next morning at the asking side's door; wait until it is there; return its id."""
    day = load_open(data_of())
    scene = day.scene(101)
    form = form_of(scene, day, {})
    form["body"] = form["body"] | {"title": title}
    asks = stage.actor(scene.party)
    said = asks.ask("POST", "/submit", {"form": form, "by": {"desk": scene.desk, "number": scene.officer}})
    assert said["outcome"] == "sent", said
    if wait:
        until(lambda: stage.other(scene.party).ask("GET", f"/state?id={said['id']}").get("filed"))
    return str(said["id"])


def says(officer: Officer, dispatch: str, text: str) -> None:
    """Answer a dispatch by the form, in whatever language it stands."""
    officer.go(f"/dispatch/{dispatch}/answer")
    officer.fill({"h-evaluation": "A1", "b-state": "final", "b-text": text})
    officer.send()
    assert officer.page.url.endswith("/sent"), officer.page.locator("#verdict, .err, .notice").all_inner_texts()


@pytest.mark.parametrize("lang", list(ANSWERS))
def test_a_question_answered_in_each_language(stage: Stage, come: Callable[..., Officer], lang: str) -> None:
    us, them = stage.actors
    question = asked(stage, f"Is page {lang} of a revoked series?")
    asks, answers = come(them.url, IN, lang=lang), come(us.url, CA, lang=lang)
    assert answers.page.locator("html").get_attribute("lang") == lang
    answers.page.locator(f"#in-{question}").click()
    answers.page.locator('#peek button[data-key="A"]').click()
    asks.go(f"/case/{question}")
    expect(asks.page.locator(f"#d-{question} .trail li.on")).to_have_count(5, timeout=SOON_MS)
    says(answers, question, ANSWERS[lang])
    expect(asks.page.locator("#r-stream")).to_contain_text(ANSWERS[lang], timeout=SOON_MS)
    raw = re.findall(r"\b(?:case|inbox|compose|frame|disp|step)\.[a-z][a-z.-]+", asks.page.locator("body").inner_text())
    assert raw == []


def test_the_whole_way_without_a_mouse(stage: Stage, come: Callable[..., Officer]) -> None:
    """Sign-in, sheet, list, acknowledge, answer, send; nothing is clicked."""
    us, them = stage.actors
    question = asked(stage, "Is the seal genuine?")
    asks = come(them.url, IN, to="/inbox?view=theirs")
    come(us.url, CA)  # the desk speaks English to this officer, whatever an earlier test chose
    one = come(us.url)
    page, keys = one.page, one.page.keyboard
    page.goto(one.url + "/sign-in")
    tab_to(page, f'.roles form:has(input[value="{CA}"]) button')
    keys.press("Enter")
    one.live()
    keys.press("?")
    expect(page.locator("#keys-dialog")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("#keys-dialog")).to_have_count(0)
    for way, path in (("a", "/approvals"), ("d", "/duty"), ("i", "/inbox")):
        keys.press("g")
        with page.expect_navigation(url=f"**{path}"):
            keys.press(way)
        one.live()
    for _ in range(20):
        keys.press("j")
        if page.evaluate("document.activeElement.id") == f"in-{question}":
            break
    assert page.evaluate("document.activeElement.id") == f"in-{question}"
    keys.press("o")
    expect(page.locator("#peeked")).to_contain_text("Is the seal genuine?")
    other = asked(stage, "Another one, meanwhile")  # a live update does not take the focus away
    expect(page.locator(f"#in-{other}")).to_be_visible(timeout=SOON_MS)
    assert page.evaluate("document.activeElement.id") == f"in-{question}"
    keys.press("a")
    expect(page.locator('#peek [data-key="A"]')).to_have_count(0)
    with page.expect_navigation(url="**/answer"):
        keys.press("r")
    one.live()
    tab_to(page, '[name="b-state"]')
    page.keyboard.type("final")
    tab_to(page, '[name="b-text"]')
    page.keyboard.type("The seal is genuine.")
    tab_to(page, '[name="h-evaluation"]')
    page.keyboard.type("A1")
    with page.expect_navigation(url="**/sent"):
        keys.press("Control+Enter")
    asks.go(f"/case/{question}")
    asks.sees("The seal is genuine.")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something has the focus."""
    for _ in range(120):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {selector}")


def test_a_row_that_came_while_the_list_was_open_works_like_the_others(
    stage: Stage, come: Callable[..., Officer]
) -> None:
    """What is written in place gets its htmx: a click looks beside the list instead of leaving it; so does what changed."""
    one = come(stage.actors[0].url, CA)
    question = asked(stage, "Came while the list was open")
    row = one.page.locator(f"#in-{question}")
    expect(row).to_be_visible(timeout=SOON_MS)
    row.click()
    expect(one.page.locator("#peeked")).to_contain_text("Came while the list was open")
    one.page.locator('#peek button[data-key="A"]').click()
    expect(row).to_contain_text("Seen", timeout=SOON_MS)
    one.page.locator("#peek").evaluate("node => node.replaceChildren()")
    row.click()
    expect(one.page.locator("#peeked")).to_contain_text("Came while the list was open")
    assert one.page.url.endswith("/inbox")


def test_without_a_script_nothing_written_is_lost_when_the_session_has_ended(
    stage: Stage, come: Callable[..., Officer]
) -> None:
    """The form is given back, sent again after the sign-in in another tab, read once more, and goes."""
    us, text = stage.actors[0], "Not ours.\n\nAsk the issuing office <twice> & wait."
    question = asked(stage, "For a page without scripts")
    one = come(us.url, None, java_script_enabled=False)
    one.heard.expected |= {"401", "403"}
    role = f'.roles form:has(input[name="number"][value="{CA}"]) button'
    page = one.page
    page.goto(f"{us.url}/sign-in")
    page.locator(role).click()
    page.goto(f"{us.url}/dispatch/{question}/answer")
    page.locator('[name="h-evaluation"]').select_option("A1")
    page.locator('[name="b-state"]').select_option("final")
    page.locator('[name="b-text"]').fill(text)
    one.context.clear_cookies()
    page.locator('.next button[value="send"]').click()
    expect(page.locator("#kept textarea")).to_have_value(text)
    with one.context.expect_page() as opened:
        page.locator('#kept a[href="/sign-in"]').click()
    opened.value.locator(role).click()
    page.locator("#kept button").click()
    expect(page.locator("#kept textarea")).to_have_value(text)
    page.locator("#kept button").click()
    page.wait_for_url("**/sent")
    page.goto(f"{us.url}/case/{question}")
    one.sees("Ask the issuing office <twice> & wait.")


# --- one stream a browser -------------------------------------------------------------------------------------------


def streams(watcher: Officer) -> int:
    """Return how many event streams the node says that it holds open; asked beside the browser, which would open one more."""
    place = urlsplit(watcher.url)
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in watcher.context.cookies())
    asked = httpx.get(f"http://127.0.0.1:{place.port}/health", headers={"host": place.netloc, "cookie": cookie})
    found = re.search(r"Open event streams of this process</dt>\s*<dd[^>]*>\D*(\d+)", asked.text)
    assert found, asked
    return int(found[1])


def test_twelve_tabs_have_one_stream_and_the_next_leads_when_the_first_goes(
    stage: Stage, chromium: Browser, come: Callable[..., Officer]
) -> None:
    us = stage.actors[0]
    watcher = come(us.url, ADMINISTRATOR, to="/keys")
    watcher.page.goto("about:blank")
    until(lambda: streams(watcher) == 0, 20)
    one = come(us.url, DUTY)
    tabs = [one.page, *(one.context.new_page() for _ in range(11))]
    for tab in tabs[1:]:
        tab.goto(one.url + "/inbox")
        tab.locator(LIVE).wait_for(state="attached")
    assert streams(watcher) == 1
    first = asked(stage, "For twelve tabs")
    for tab in tabs:
        tab.bring_to_front()
        expect(tab.locator(f"#in-{first}")).to_have_count(1, timeout=SOON_MS)
    tabs[0].close()
    second = asked(stage, "For eleven tabs")
    for tab in tabs[1:]:
        tab.bring_to_front()
        expect(tab.locator(f"#in-{second}")).to_have_count(1, timeout=SOON_MS)
    assert streams(watcher) == 1


def test_after_sleep_and_after_a_restart_everything_is_there_once(stage: Stage, come: Callable[..., Officer]) -> None:
    us = stage.actors[0]
    one = come(us.url, DUTY)
    one.heard.expected |= {"ERR_", "Failed to load resource"}
    one.page.evaluate("document.getElementById('main').dataset.same = 'yes'")
    talk = one.context.new_cdp_session(one.page)
    talk.send("Page.setWebLifecycleState", {"state": "frozen"})
    slept = asked(stage, "Sent while the screen slept")
    talk.send("Page.setWebLifecycleState", {"state": "active"})
    expect(one.page.locator(f"#in-{slept}")).to_have_count(1, timeout=20_000)
    halt(us)
    expect(one.page.locator("#stale")).to_be_visible(timeout=20_000)
    missed = asked(stage, "Sent while the node was down", wait=False)
    stage.restart(us)
    expect(one.page.locator(f"#in-{missed}")).to_have_count(1, timeout=30_000)
    expect(one.page.locator("#stale")).to_be_hidden(timeout=20_000)
    assert one.page.locator("#main").get_attribute("data-same") == "yes", "mended, not loaded again"
    ids = one.page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))


# --- a real passkey ---------------------------------------------------------------------------------------------------


def test_an_invitation_a_passkey_and_in(stage: Stage, chromium: Browser, come: Callable[..., Officer]) -> None:
    """The administrator invites, the officer registers a key, signs out, and signs in with it."""
    us = stage.actors[0]
    boss = come(us.url, ADMINISTRATOR, to="/keys")
    boss.go(f"/people/requests/{LEAD}")
    with boss.page.expect_navigation():
        boss.page.locator(f'form[action="/people/requests/{LEAD}/invite"] button').click()
    link = re.search(r"/invitation/[\w-]+", boss.page.content())
    assert link
    one = come(us.url)
    talk = one.context.new_cdp_session(one.page)
    talk.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    talk.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    one.page.goto(one.url + link[0])
    one.page.locator('[name="label"]').fill("desk key")
    one.page.locator("form[data-passkey] button").click()
    one.live()
    expect(one.page.locator(".me summary")).to_contain_text(str(LEAD))
    one.page.locator(".me summary").click()
    one.page.locator('form[action="/sign-out"] button').click()
    one.page.wait_for_url("**/sign-in*")
    one.page.locator('form[data-passkey="get"] button').click()
    one.live()
    expect(one.page.locator(".me summary")).to_contain_text(str(LEAD))
