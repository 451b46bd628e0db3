"""The pages of the law in a real browser: sentences in their language, anchors that lead, both themes readable, live."""

from __future__ import annotations

import itertools

import pytest

from comity.base.ids import CaseId
from tests.web.board import verdict
from tests.web.conftest import Browser, Node
from tests.web.statute import SECRET, SECRET_ID, whole_part, whole_waiting
from tools.contrast import TEXT_NEEDS, ratio

THREAT = CaseId((1).to_bytes(16, "big"))
LAW = ("/law", "/law?lang=fr", "/law/xb", "/law/xb?lang=hi")


@pytest.fixture
def told(node: Node, day: dict) -> dict:
    """The day with everything that law adds to it."""

    def story() -> None:
        links = verdict("XA", "permit-with", rules=(("XA-DATA-8/arrangement", "XA-GONE"), ("XA-ACCORD",)))
        theirs = verdict("XB", act="admit", rules=(("XB-POL-1/other",), ()))
        day["linked"] = node.board.add(THREAT, int(node.clock.now), "message", ours=True, verdicts=(links, theirs))
        node.board.tell_law(day["part"], whole_part())
        node.board.wait(whole_waiting(day["part"]))
        node.board.mark(4, "break-glass", ours=True)
        node.board.mark(5, "review", ours=True)
        node.board.mark(2, "break-glass", ours=False)

    node.tell(story)
    return day


def pages(told: dict) -> list[str]:
    return [*LAW, "/today"]


def test_no_violation_no_error_one_heading_every_landmark(node: Node, told: dict, browser: Browser) -> None:
    for path in pages(told):
        browser.get(node.url(path))
        browser.live()
        assert browser.js("return document.querySelectorAll('h1').length") == 1, path
        assert browser.js("return ['header', 'nav', 'main'].every(tag => document.querySelector(tag))"), path
        levels = browser.js(
            "return [...document.querySelectorAll('main h1, main h2, main h3')].map(h => +h.nodeName[1])"
        )
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (path, levels)  # type: ignore[arg-type, index]  # a list of numbers
        unnamed = "[...document.querySelectorAll('nav, aside, [role=region]')].filter(e => !e.ariaLabel && !e.getAttribute('aria-labelledby'))"
        assert browser.js(f"return {unnamed}.map(e => e.outerHTML.slice(0, 80))") == [], path
        assert browser.js(
            "return [...document.querySelectorAll('table')].every(t => t.querySelector('th[scope=col]'))"
        ), path
        ids = browser.js("return [...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids)), path  # type: ignore[arg-type]  # a list
    assert browser.faults() == []


def test_sentences_stand_in_the_language_asked_for_and_say_so(node: Node, told: dict, browser: Browser) -> None:
    sentence = "document.querySelector('.rule p[lang=\"{0}\"]')"
    for path, lang, words in (
        ("/law?lang=fr", "fr", "Ce que dit XA-ACCORD"),
        ("/law/xb?lang=hi", "hi", "यह पुलिस को"),
        ("/law", "en", "What XA-ACCORD says"),
    ):
        browser.get(node.url(path))
        browser.live()
        found = sentence.format(lang)
        assert words in browser.js(f"return {found}.textContent")  # type: ignore[operator]  # text
        assert browser.js(
            "return [...document.querySelectorAll('.rule p[lang]')].every(p => p.lang === arguments[0])", lang
        )
        here = browser.js("return document.querySelector('.langs [aria-current]').lang")
        assert here == lang
    browser.get(node.url("/law/xb?lang=hi"))
    browser.live()
    browser.until("document.fonts.check('14px \"Comity Devanagari\"', 'पुलिस')")
    loaded = "[...document.fonts].some(f => f.family.includes('Devanagari') && f.status === 'loaded')"
    browser.until(loaded)
    browser.get(node.url("/law?lang=hi"))
    assert "no sentences in" in browser.js("return document.querySelector('#law-head .notice').textContent")  # type: ignore[operator]  # text
    assert browser.js("return document.querySelector('.rule p[lang]').lang") == "en"
    assert browser.faults() == []


@pytest.mark.parametrize("width", [320, 390, 834, 1280])
def test_nothing_scrolls_sideways(node: Node, told: dict, browser: Browser, width: int) -> None:
    browser.resize(width, 800)
    for path in pages(told):
        browser.get(node.url(path))
        assert browser.js("return document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, (
            path
        )  # type: ignore[operator]  # a number
        wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, .vh, [hidden]'))"
        assert browser.js(f"return {wide}.map(e => e.outerHTML.slice(0, 120))") == [], path


def _colour(text: str) -> str:
    """`rgb(1, 2, 3)` as `#010203`."""
    return "#" + "".join(f"{int(float(part)):02x}" for part in text[text.index("(") + 1 : -1].split(",")[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_themes(node: Node, told: dict, browser: Browser, scheme: str) -> None:
    """What contrast.py computes of the tokens, measured on the pages: each text against the ground behind it."""
    browser.prefer(prefers_color_scheme=scheme)
    measure = """
      const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/^rgba.*, 0\\)$|transparent/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
      const found = new Set();
      const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) { const e = walk.currentNode.parentElement;
        if (walk.currentNode.data.trim() && e.getClientRects().length && !e.closest('.vh, [hidden], noscript')) found.add(getComputedStyle(e).color + '|' + ground(e)); }
      return [...found];"""
    for path in ("/law", "/today"):
        browser.get(node.url(path))
        browser.live()
        for pair in browser.js(measure):  # type: ignore[union-attr]  # a list of texts
            ink, paper = map(_colour, pair.split("|"))
            assert ratio(ink, paper) >= TEXT_NEEDS, (path, pair)


def test_links_and_summaries_are_large_enough_to_touch(node: Node, told: dict, browser: Browser) -> None:
    """WCAG 2.5.8 but for links within a line of text."""
    browser.resize(320, 800)
    for path in LAW:
        browser.get(node.url(path))
        small = "[...document.querySelectorAll('main .tabs a, main .langs a, main .seeds a')].filter(a => a.getBoundingClientRect().height < 24)"
        assert browser.js(f"return {small}.map(a => a.outerHTML)") == [], path


def test_private_rules_are_marked_on_our_own_page_alone(node: Node, told: dict, browser: Browser) -> None:
    browser.get(node.url("/law"))
    rule = f"document.getElementById('{SECRET_ID}').innerText"
    assert SECRET in str(browser.js(f"return {rule}"))
    assert "private: the other side knows only its digest" in str(browser.js(f"return {rule}"))
    browser.get(node.url("/law/xb"))
    assert "private part is not here" in str(browser.js("return document.getElementById('law-facts').innerText"))
    assert SECRET not in str(browser.js("return document.documentElement.outerHTML"))
