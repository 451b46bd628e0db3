"""The gate of colours: it sees a pair that is too weak, a colour that escapes the tokens, a token without a pair."""

from __future__ import annotations

import pytest

from tools import contrast

CSS = contrast.CSS.read_text(encoding="utf-8")


def test_black_on_white_is_21_to_1() -> None:
    assert contrast.ratio("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast.ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the known value just below 4.5


def test_the_shipped_sheets_hold() -> None:
    assert contrast.failures(contrast.tokens(CSS)) == []
    assert [s for path in contrast.STATIC.glob("*.css") for s in contrast.escapes(path.read_text("utf-8"))] == []


def test_a_weak_text_is_seen_in_its_theme() -> None:
    known = contrast.tokens(CSS) | {"ink-2": ("#999999", "#b9c2c8")}
    said = contrast.failures(known)
    assert said
    assert all(each.startswith("light: ink-2 on ") for each in said)


def test_a_weak_edge_is_seen() -> None:
    known = contrast.tokens(CSS) | {"focus": ("#0b5563", "#20272d")}
    assert any(each.startswith("dark: focus on raised") and "needs 3.0" in each for each in contrast.failures(known))


@pytest.mark.parametrize(
    ("css", "said"),
    [
        (".a { color: #123456; }", "color: #123456 names a colour; use a token"),
        (".a { border: 1px solid rgb(1 2 3); }", "border: 1px solid rgb(1 2 3) names a colour; use a token"),
        (".a { color: var(--line); }", "line is set as text and stands in no pair"),
        (".a { background: var(--focus); }", "focus is set as ground and stands in no pair"),
    ],
)
def test_what_escapes_the_pairs_is_seen(css: str, said: str) -> None:
    assert contrast.escapes(css) == [said]


@pytest.mark.parametrize(
    "css",
    [
        ":root { --ink: light-dark(#171d22, #e8ecee); }",
        "/* #fff */ .a { color: var(--ink); background: var(--surface); }",
        "@media print { .a { border-bottom: 1pt solid #000; } }",
        ".a { box-shadow: 0 2px 8px rgb(0 0 0 / 25%); }",
    ],
)
def test_what_may_stand(css: str) -> None:
    assert contrast.escapes(css) == []
