"""Every word a template or a page asks for is in the table, and every word in the table is asked for."""

from __future__ import annotations

import re
from pathlib import Path

import comity.web
from comity.web.texts import ENGLISH

HERE = Path(comity.web.__file__).parent
SOURCES = [*HERE.glob("*.py"), *HERE.glob("templates/*.html")]
FAMILIES = (
    "kind.",
    "urgency.",
    "mark.",
    "verdict.",
    "weekday.",
    "month.",
    "step.",
    "disp.",
    "link.",
    "logs.role.",
    "moved.",
    "law.status.",
    "law.effect.",
    "law.lang.",
    "duty.",
    "act.",
    "assessed.",
    "form.",
    "risk.",
    "decision.",
    "owed.",
    "alarm.",
    "leaf.",
)


def asked() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        if path.name != "texts.py":
            found |= set(re.findall(r"""["']([a-z]+(?:\.[a-z0-9-]+)+)["']""", path.read_text(encoding="utf-8")))
    return found


def test_no_word_is_missing() -> None:
    calls: set[str] = set()
    for path in SOURCES:
        calls |= set(re.findall(r"""\b(?:t|texts|at\.texts)\(\s*["']([\w.-]+)["']""", path.read_text(encoding="utf-8")))
    assert calls
    assert calls <= set(ENGLISH), sorted(calls - set(ENGLISH))


def test_no_word_is_left_over() -> None:
    unused = {key for key in ENGLISH if key not in asked() and not key.startswith(FAMILIES) and key != "lang"}
    assert not unused


def test_texts_have_no_exclamation_and_no_please() -> None:
    assert not [k for k, v in ENGLISH.items() if "!" in v or "please" in v.lower() or "successfully" in v.lower()]


def test_templates_obey_the_policy() -> None:
    for path in HERE.glob("templates/*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?! src=)|<style|https?://|<form|\|safe\b", text), path.name


def test_the_script_stays_small_and_names_no_host() -> None:
    text = (HERE / "static" / "live.js").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    assert "http" not in text
    assert "eval" not in text
