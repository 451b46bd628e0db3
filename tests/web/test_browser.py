"""The live page in a real browser: true within a second, still under the hand, nothing from outside, readable by anyone."""

from __future__ import annotations

import time

import pytest

from comity.base.ids import CaseId, Ms, show_id
from comity.screen import BodyLine
from tests.web.board import DAY_START, HOUR, MINUTE, verdict
from tests.web.conftest import Browser, Node

THREAT = CaseId((1).to_bytes(16, "big"))
PAPER = CaseId((2).to_bytes(16, "big"))
POST = CaseId((5).to_bytes(16, "big"))


def paths(day: dict) -> list[str]:
    return ["/today", "/law", "/law?lang=fr", "/law/xb?lang=hi"]


def test_no_violation_no_error_nothing_from_outside(node: Node, day: dict, browser: Browser) -> None:
    for path in paths(day):
        browser.get(node.url(path))
        browser.live()
        assert browser.js("return document.querySelectorAll('h1').length") == 1
    assert browser.faults() == []
    outside = [url for url in browser.asked() if not url.startswith((node.url("/"), "about:", "chrome"))]
    assert outside == []
    assert browser.js("return document.fonts.check('14px \"Comity Latin\"')")


def test_a_new_dispatch_is_there_within_a_second_and_fades_once(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.live()
    browser.js(
        "new MutationObserver(() => { if (!window.__at && document.querySelector('[data-say^=\"Message from\"]'))"
        " window.__at = Date.now(); }).observe(document.body, {subtree: true, childList: true})"
    )
    told = time.time() * 1000
    new = node.tell(lambda: node.board.add(THREAT, node.clock.now, "message", ours=False))
    browser.until("window.__at")
    assert browser.js("return window.__at") - told < 1000  # type: ignore[operator]  # a number
    article = f"document.getElementById('d-{show_id(new)}')"  # type: ignore[arg-type]  # an id
    assert browser.js(f"return {article}.classList.contains('arrive')")
    assert (
        browser.js(
            f"return getComputedStyle({article}).animationName + getComputedStyle({article}).animationIterationCount"
        )
        == "arrive1"
    )
    assert browser.js("return document.getElementById('loud').textContent").startswith("Message from")  # type: ignore[union-attr]  # text
    assert browser.js("return document.querySelector('#r-latest a').textContent") == "Message"


def test_reduced_motion_is_honoured(node: Node, day: dict, browser: Browser) -> None:
    browser.prefer(prefers_reduced_motion="reduce")
    browser.get(node.url())
    browser.live()
    node.tell(lambda: node.board.add(THREAT, node.clock.now, "message", ours=False))
    browser.until("document.querySelector('.arrive')")
    assert browser.js("return getComputedStyle(document.querySelector('.arrive')).animationName") == "none"


def test_nothing_moves_under_the_hand(node: Node, day: dict, browser: Browser) -> None:
    """A dispatch comes in above, and a case jumps to the top: focus, selection and what is in sight stay."""
    late = node.tell(
        lambda: node.board.add(POST, node.clock.now, "rfi", ours=True, due=Ms(node.clock.now + 5 * MINUTE))
    )
    browser.get(node.url())
    browser.live()
    mine, hers = f"d-{show_id(day['cyber'])}", f"d-{show_id(late)}"  # type: ignore[arg-type]  # an id
    browser.js(
        "const a = document.getElementById(arguments[0]), link = a.querySelector('a.kind');"
        "a.scrollIntoView(); scrollBy(0, -80); link.focus({preventScroll: true});"
        "const text = a.querySelector('.said bdi').firstChild; getSelection().setBaseAndExtent(text, 0, text, 9);"
        "window.__link = link; window.__node = a",
        mine,
    )
    where = "[__node.getBoundingClientRect().top, document.activeElement === __link, getSelection().toString(), __node.isConnected]"
    before = browser.js(f"return {where}")
    assert before[1] is True  # type: ignore[index]  # a list
    assert len(before[2]) == 9  # type: ignore[index]  # a list

    def story() -> None:
        node.board.add(PAPER, node.clock.now, "message", ours=False)
        node.board.add(THREAT, node.clock.now, "message", ours=False)
        node.clock.now = Ms(node.clock.now + 6 * MINUTE)

    height = browser.js("return document.documentElement.scrollHeight")
    node.tell(story)
    browser.until(f"document.querySelector('#{hers} .left.over')")
    after = browser.js(f"return {where}")
    assert abs(after[0] - before[0]) < 1  # type: ignore[index]  # a list; the screen's grid is whole pixels
    assert after[1:] == before[1:]  # type: ignore[index]  # a list
    assert browser.js("return document.documentElement.scrollHeight") > height  # type: ignore[operator]  # numbers
    order = browser.js("return [...document.querySelectorAll('#r-cases > [id]')].map(e => e.id)")
    assert order.index(hers) < order.index(mine)  # type: ignore[union-attr]  # a list


def test_a_limit_that_passes_turns_red_with_a_plus_and_is_said(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.live()
    asked = f"#d-{show_id(day['ask'])}"
    assert browser.js(f"return document.querySelector('{asked} .left').textContent").startswith("29 min")  # type: ignore[union-attr]  # text
    node.tell(lambda: setattr(node.clock, "now", Ms(DAY_START + 10 * HOUR + 24 * MINUTE)))
    browser.until(f"document.querySelector('{asked} .left.over')")
    left = f"document.querySelector('{asked} .left b')"
    assert browser.js(f"return getComputedStyle({left}, '::before').content + {left}.textContent") == '"+"13 min'
    assert "Overdue: A garage owner" in browser.js(
        "return document.getElementById('loud').textContent + document.getElementById('polite').textContent"
    )  # type: ignore[operator]  # text
    row = browser.js("return document.getElementById('w-W-5').textContent")
    assert "+1" in row  # type: ignore[operator]  # text


def test_keys_reach_the_content_first(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.page.keyboard.press("Tab")
    assert browser.js("return document.activeElement.className") == "skip"
    assert browser.js("return document.activeElement.getBoundingClientRect().top") >= 0  # type: ignore[operator]  # a number
    browser.page.keyboard.press("Enter")
    assert browser.js("return document.activeElement.id") == "main"
    browser.page.keyboard.press("Tab")
    assert browser.js("return document.querySelector('main').contains(document.activeElement)")
    assert browser.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("width", [320, 390, 834, 1280])
def test_nothing_scrolls_sideways(node: Node, day: dict, browser: Browser, width: int) -> None:
    node.tell(
        lambda: node.board.add(
            THREAT,
            node.clock.now,
            "message",
            ours=False,
            title="W" * 90,
            body=(BodyLine("L" * 60, "x" * 200, None, None),),
        )
    )
    browser.resize(width, 800)
    for path in paths(day):
        browser.get(node.url(path))
        assert browser.js("return document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, (
            path
        )  # type: ignore[operator]  # a number
        wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, .vh, [hidden]'))"
        assert browser.js(f"return {wide}.map(e => e.outerHTML.slice(0, 120))") == [], path


def test_dark_follows_the_system(node: Node, day: dict, browser: Browser) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        browser.prefer(prefers_color_scheme=scheme)
        browser.get(node.url())
        grounds.append(
            browser.js(
                "return [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
            )
        )
    assert grounds == [["rgb(238, 240, 238)", "rgb(23, 29, 34)"], ["rgb(17, 22, 26)", "rgb(232, 236, 238)"]]
    assert browser.faults() == []


def test_hostile_text_is_text(node: Node, day: dict, browser: Browser) -> None:
    evil = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>\u202egnp.exe p\u0430y http://evil.example.org"
    line = BodyLine(evil, evil, evil, 'en"><script>window.pwned = 3</script>')
    more = {"title": evil, "label": (evil,), "from_agency": evil, "to_agencies": (evil,), "released_by": evil, "body": (line,), "item_reason": evil,
            "verdicts": (verdict("XB", sentence=evil, articles=(evil,), marks=(evil,)), verdict("XA", act="admit")), "kind": evil, "stage": evil}  # fmt: skip
    bad = node.tell(lambda: node.board.add(THREAT, node.clock.now, ours=False, **more))  # type: ignore[arg-type]  # the test's own fields
    for path in ("/today",):
        browser.get(node.url(path))
        browser.live()
        node.tell(lambda: node.board.change(bad, seen=int(node.clock.now)))  # type: ignore[arg-type]  # so it comes by the stream, too
        browser.until("document.querySelector('.hidden-char')")
        article = f"document.getElementById('d-{show_id(bad)}')"  # type: ignore[arg-type]  # an id
        assert browser.js(f"return [window.pwned || 0, {article}.querySelectorAll('script, img').length]") == [0, 0]
        text = browser.js(f"return {article}.textContent")
        assert "<script>" in text  # type: ignore[operator]  # text
        assert "\u202e" not in text  # type: ignore[operator]  # text
        assert "U+202E" in text  # type: ignore[operator]  # text
        assert "hxxp://evil[.]example[.]org" in text  # type: ignore[operator]  # text
        assert not browser.js(
            f"return [...{article}.querySelectorAll('a')].some(a => !a.href.startsWith(location.origin))"
        )
    assert browser.faults() == []


def test_after_a_cut_the_page_has_everything_once(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.live()
    browser.js("document.getElementById('main').dataset.same = 'yes'")
    node.stop()
    browser.until("!document.getElementById('stale').hidden")
    assert "UTC" in browser.js("return document.getElementById('stale').textContent")  # type: ignore[operator]  # text
    new = [show_id(node.board.add(THREAT, int(node.clock.now), "message", ours=False)) for _ in range(3)]
    node.start()
    browser.until("document.documentElement.dataset.live === 'yes'")
    browser.until(f"document.getElementById('d-{new[2]}')")
    for number in new:
        assert browser.js(f"return document.querySelectorAll('#d-{number}').length") == 1
    ids = browser.js("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))  # type: ignore[arg-type]  # a list
    assert (
        browser.js("return document.getElementById('main').dataset.same") == "yes"
    )  # the page was mended, not loaded again
    assert browser.js("return document.getElementById('stale').hidden")


def test_traffic_stopped_is_said_aloud(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.live()
    assert not browser.js("return document.getElementById('n-link')")
    node.tell(lambda: node.board.set_link("broken", "Root for 9 differs."))
    browser.until("document.getElementById('n-link')")
    assert browser.js("return document.getElementById('loud').textContent") == "Traffic stopped"
    assert "Root for 9 differs." in browser.js("return document.getElementById('n-link').textContent")  # type: ignore[operator]  # text
    node.tell(lambda: node.board.set_link("up"))
    browser.until("!document.getElementById('n-link')")


# --- one stream a browser -------------------------------------------------------------------------------------------


def test_twelve_tabs_share_one_stream_and_the_next_takes_over(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.live()
    first = browser.page
    for _ in range(11):
        browser.tab(node.url())
        browser.live()
    last = browser.page
    assert node.listeners == 1
    new = show_id(node.tell(lambda: node.board.add(THREAT, node.clock.now, "message", ours=False)))  # type: ignore[arg-type]  # an id
    for tab in browser.tabs:
        browser.look(tab)
        browser.until(f"document.getElementById('d-{new}')")
    first.close()
    browser.look(last)
    late = show_id(node.tell(lambda: node.board.add(PAPER, node.clock.now, "message", ours=False)))  # type: ignore[arg-type]  # an id
    browser.until(f"document.getElementById('d-{late}')")
    assert browser.js("return document.getElementById('stale').hidden")


def test_a_tab_without_locks_has_a_stream_of_its_own(node: Node, day: dict, browser: Browser) -> None:
    script = "Object.defineProperty(navigator, 'locks', {value: undefined})"
    browser.before(script)
    browser.get(node.url())
    browser.live()
    new = show_id(node.tell(lambda: node.board.add(THREAT, node.clock.now, "message", ours=False)))  # type: ignore[arg-type]  # an id
    browser.until(f"document.getElementById('d-{new}')")


def test_when_the_session_ends_the_open_page_goes_to_sign_in(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url("/today?a=1"))
    browser.live()
    node.people.ended.add("desk-lead")
    node.tell(node.count.rise)
    browser.until("location.pathname === '/sign-in'")
    assert browser.js("return new URLSearchParams(location.search).get('back')") == "/today?a=1"


def test_another_persons_session_loads_the_page_anew(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.live()
    browser.js("window.__same = true")
    browser.sign("reviewer", node.url())
    node.tell(node.count.rise)
    browser.until("window.__same === undefined && document.documentElement.dataset.live === 'yes'")


def test_a_block_in_which_someone_writes_is_left_alone(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.live()
    article = f"d-{show_id(day['cyber'])}"
    browser.js(
        "const field = document.createElement('input'); document.getElementById(arguments[0]).append(field); field.focus(); field.value = 'half'",
        article,
    )
    node.tell(lambda: node.board.change(day["cyber"], seen=int(node.clock.now)))
    node.tell(lambda: node.board.add(THREAT, node.clock.now, "message", ours=False))
    browser.until("document.querySelector('.arrive')")
    assert browser.js("return document.activeElement.value") == "half"


def test_a_page_that_stands_still_asks_nothing(node: Node, day: dict, browser: Browser) -> None:
    browser.get(node.url())
    browser.live()
    time.sleep(1.0)
    before = len([url for url in browser.asked() if url.endswith("/today")])
    time.sleep(1.5)
    assert [url for url in browser.asked() if url.endswith("/today")] == []
    assert before >= 1


IDLE = "document.getElementById('idle')"


def test_two_minutes_before_the_session_ends_it_is_said_once_and_one_can_stay(node: Node, day: dict, browser: Browser) -> None:  # fmt: skip
    node.people.left_ms = 130_000
    browser.get(node.url())
    browser.live()
    assert browser.js(f"return {IDLE}.hidden")
    node.people.left_ms = 110_000
    node.tell(lambda: node.board.add(THREAT, node.clock.now, "message", ours=False))
    browser.until(f"!{IDLE}.hidden")
    assert "ends in two minutes" in browser.js("return document.getElementById('polite').textContent")  # type: ignore[operator]  # text
    node.people.left_ms = 3_600_000
    browser.js(f"{IDLE}.querySelector('button').click()")
    browser.until(f"{IDLE}.hidden")
    assert ("POST", "/people/session/seen", {"id": "desk-lead".ljust(64, "0")}) in node.hands.asked
    assert "/today" in browser.js("return location.pathname")  # type: ignore[operator]  # text
    assert browser.faults() == []


def test_a_session_that_lasted_as_long_as_one_may_says_so(node: Node, day: dict, browser: Browser) -> None:
    node.people.left_ms = 60_000
    browser.get(node.url())
    browser.live()
    browser.until(f"!{IDLE}.hidden")
    browser.js(f"{IDLE}.querySelector('button').click()")
    browser.until("document.getElementById('idle-text').textContent.includes('lasted as long')")
    assert not browser.js(f"return {IDLE}.hidden")


def test_what_was_written_outlives_the_session_and_gets_the_new_ones_token(node: Node, day: dict, browser: Browser) -> None:  # fmt: skip
    browser.get(node.url())
    browser.live()
    browser.js(
        "const form = document.createElement('form'); const text = document.createElement('textarea');"
        " const csrf = Object.assign(document.createElement('input'), {type: 'hidden', name: 'csrf', value: 'old'});"
        " text.id = 'wrote'; form.append(csrf, text); document.querySelector('main').append(form); text.value = 'draft'"
    )
    node.people.ended.add("desk-lead")
    node.tell(lambda: node.board.add(THREAT, node.clock.now, "message", ours=False))
    browser.until("!document.getElementById('over').hidden")
    assert browser.js("return location.pathname + document.getElementById('wrote').value") == "/todaydraft"
    node.people.ended.clear()
    node.people.csrf = "d" * 43
    browser.js("document.dispatchEvent(new CustomEvent('comity:ask'))")
    browser.until(f"document.querySelector('main form:last-of-type input[name=csrf]').value === '{'d' * 43}'")
    assert browser.js("return document.getElementById('over').hidden")
    assert browser.js("return document.getElementById('wrote').value") == "draft"
