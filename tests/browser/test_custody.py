"""Custody in a real browser: asked by one, seen live by the other, opened by keyboard into a file, and the card moves by itself.

And the look of it: axe finds nothing grave and nothing is cut off, in four languages, light and dark; on paper no form is left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from comity.base.ids import Ms
from comity.edge.keystore import RootStore
from comity.node.custodybox import open_box, read_box
from tests.browser.chromium import axe, launched, listen
from tests.browser.officer import DESKTOP, LIVE, SOON_MS
from tests.browser.reflow import faults_of_hand
from tests.unit.edge.twofolders import MADE
from tests.web.desk import Browser, House, desk
from tests.web.kept import FAR, WORDS, in_custody, refuse

DAY = 86_400_000
WHY = {"step": "ask", "for": "review", "reason": "Was the refusal right?"}
expect.set_options(timeout=SOON_MS)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Four that Vanmere's law refused, two past their day: one held, one that somebody asked to destroy."""
    with desk(tmp_path_factory.mktemp("custody")) as found:
        refuse(found)
        held, over = in_custody(found), in_custody(found)
        found.set_time(Ms(MADE + 20 * DAY))
        found.kept = [in_custody(found), in_custody(found)]  # type: ignore[attr-defined]  # for the tests of this module
        lead = found.visitor("desk-lead", FAR)
        lead.post("/custody/hold", {"dispatch": held, "reason": "Order 7: keep it until the appeal is decided."})
        lead.post("/custody/destroy", {"dispatch": over, "step": "ask", "reason": "The period is over."})
        yield found


@pytest.fixture(scope="module")
def chromium(house: House) -> Iterator[Chromium]:
    """After the house: Playwright's loop must not run in this thread while a house is waited for."""
    with launched() as chromium:
        yield chromium


@pytest.fixture
def context(chromium: Chromium) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport=DESKTOP)  # type: ignore[arg-type]  # two numbers
    made.set_default_timeout(SOON_MS)
    heard = listen(made)
    yield made
    made.close()
    assert heard.faults() == []


def enter(context: BrowserContext, who: Browser, path: str = "/custody") -> Page:
    context.add_cookies([{"name": who.cookie, "value": who.token, "url": who.origin}])
    page = context.new_page()
    page.goto(who.origin + path)
    page.locator(LIVE).wait_for(state="attached")
    return page


def test_the_second_opens_by_keyboard_what_the_first_asks_for_before_its_eyes(
    house: House, context: BrowserContext
) -> None:
    one = house.kept[0]  # type: ignore[attr-defined]  # as above
    page = enter(context, house.visitor("reviewer", FAR))
    card = page.locator(f"#k-{one}")
    expect(card).to_be_visible()
    assert WORDS not in page.content()
    legal = house.visitor("legal-officer", FAR)
    assert legal.post("/custody/open", {"dispatch": one, **WHY}).status_code == 303
    button = card.get_by_role("button", name="Open it and take the box")
    expect(button).to_be_visible()  # nothing was loaded again
    assert "Was the refusal right?" in card.inner_text()
    button.focus()
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    taken = coming.value
    assert taken.suggested_filename == f"custody-{one}.json"
    content = taken.path().read_bytes()
    assert WORDS.encode() not in content
    found = open_box(read_box(content), RootStore(house.folder / f"{FAR}-root").custodian())
    assert json.dumps(WORDS)[1:-1].encode() in found.body
    expect(page.locator("#r-steps li").first).to_contain_text("Opened: the sealed box was handed out")
    expect(button).to_have_count(0)
    assert page.url.endswith("/custody"), "the page stays where it is"
    assert WORDS not in page.content()


def test_a_form_opens_by_keyboard_and_what_is_written_stays_while_the_page_moves(
    house: House, context: BrowserContext
) -> None:
    other = house.kept[1]  # type: ignore[attr-defined]  # as above
    page = enter(context, house.visitor("legal-officer", FAR))
    card = page.locator(f"#k-{other}")
    card.locator("summary").first.focus()
    page.keyboard.press("Enter")
    field = card.locator("textarea").first
    field.fill("The court at Vell asks")
    lead = house.visitor("desk-lead", FAR)
    assert lead.post("/custody/hold", {"dispatch": other, "reason": "an order came"}).status_code == 303
    expect(page.locator("#r-steps li").first).to_contain_text("an order came")
    assert field.input_value() == "The court at Vell asks"
    card.locator("select").first.select_option("court")
    with page.expect_navigation():
        card.get_by_role("button", name="Ask that it is opened").click()
    expect(page.locator("#said")).to_contain_text("Asked for.")
    assert "Order of a court" in page.locator(f"#k-{other}").inner_text()


@pytest.mark.parametrize("lang", ["en", "fr", "hi", "pa"])
def test_the_look_in_a_language(house: House, context: BrowserContext, lang: str) -> None:
    who = house.visitor("legal-officer", FAR)
    who.post("/settings", {"language": lang})
    try:
        page = enter(context, who)
        assert page.locator("html").get_attribute("lang") == lang
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        assert list(faults_of_hand(page)) == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
            page.reload()  # colours change by and by on a page that is open
            page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
            assert axe(page) == []
    finally:
        who.post("/settings", {"language": "en"})


def test_on_paper_stand_labels_and_reasons_and_no_form(house: House, context: BrowserContext) -> None:
    page = enter(context, house.visitor("legal-officer", FAR))
    page.emulate_media(media="print")
    assert page.locator(".print-head").is_visible()
    card = page.locator("article.kept").first
    assert card.locator(".code").first.is_visible()
    assert "The test refuses this." in card.inner_text()
    assert page.locator("main form:visible, main textarea:visible, main .btn:visible").count() == 0
