"""What a machine can see of a page's hand: nothing wider than it, no text cut off, targets large enough, focus in sight.

Looked at from 320 px on (WCAG 2.2: 1.4.10 reflow, 2.4.7 focus, 2.5.8 target size, 1.4.4 text that is not cut).
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.browser.chromium import WIDE

SIZES = ((320, 700), (820, 1180), (1280, 720))
FOCUSED = 40
"""Places on a page whose focus is looked at; a page of law has thousands that are alike."""
CUT = """() => [...document.querySelectorAll('body *')].filter((node) => {
  const style = getComputedStyle(node), hides = (how) => how === 'hidden' || how === 'clip';
  if (node.matches('.tabs') && innerWidth >= 1280 && node.scrollWidth > node.clientWidth + 1) return true; // scrolls where it need not
  return node.checkVisibility() && node.clientWidth > 2 && !node.closest('.vh, .scroll, svg, textarea, select, input, nav.rail') &&
    ((hides(style.overflowX) && node.scrollWidth > node.clientWidth + 1) || (hides(style.overflowY) && node.scrollHeight > node.clientHeight + 2));
}).map((node) => 'cut: ' + node.outerHTML.slice(0, 160)).slice(0, 3)"""
SMALL = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter((node) => {
  if (!node.checkVisibility() || node.closest('.vh, .skip') || node.matches('.vh, .skip')) return false;
  if (node.matches('a') && getComputedStyle(node).display === 'inline') return false; // within a sentence or a list of words
  const label = node.matches('[type=checkbox], [type=radio]') && node.closest('label'), box = (label || node).getBoundingClientRect();
  return Math.round(box.width) < 24 || Math.round(box.height) < 24;
}).map((node) => 'small: ' + node.outerHTML.slice(0, 160)).slice(0, 3)"""
AWAY = """() => { // a strip whose end nobody can bring into sight
  const rail = document.querySelector('nav.rail');
  if (!rail || rail.scrollWidth <= rail.clientWidth + 1) return [];
  return ['auto', 'scroll'].includes(getComputedStyle(rail).overflowX) ? [] : ['away: the end of the rail cannot be reached'];
}"""
UNSEEN = """(most) => {
  const seen = (node) => { const style = getComputedStyle(node); return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none'; };
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter((node) => node.checkVisibility() && !node.disabled);
  const step = Math.max(1, Math.floor(all.length / most)), before = document.activeElement, found = [];
  for (let n = 0; n < all.length; n += step) {
    all[n].focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement === all[n] && ![all[n], all[n].parentElement, all[n].closest('label, form.find')].some((one) => one && seen(one))) found.push('unseen: ' + all[n].outerHTML.slice(0, 160));
  }
  if (before) before.focus({ preventScroll: true });
  return found.slice(0, 3);
}"""


def faults_of_hand(page: Page) -> Iterator[str]:
    """Yield what is wrong with a page at each size; its size is put back."""
    was = page.viewport_size
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for look in (WIDE, CUT, SMALL, AWAY):
            yield from (f"{width} px: {one}" for one in page.evaluate(look))
    if was is not None:
        page.set_viewport_size(was)
    yield from page.evaluate(UNSEEN, FOCUSED)
