"""Every word that a template or a page asks for is in the tables, and every word in the tables is asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import comity.web
from comity.web.texts import ENGLISH, MANY

HERE = Path(comity.web.__file__).parent
TEMPLATES = sorted(HERE.glob("templates/**/*.html"))
SCRIPTS = sorted(HERE.glob("static/*.js"))
MODULES = [path for path in HERE.glob("**/*.py") if path.parent.name != "words" and path.name != "texts.py"]
SOURCES = {path: path.read_text(encoding="utf-8") for path in (*TEMPLATES, *MODULES)}
WHOLE = "\n".join(SOURCES.values())
LONGEST_SCRIPT = 250

CALL = re.compile(r"""\b(?:t|texts)(?:\.count)?\(\s*["']([\w.-]+)["']""")
QUOTED = re.compile(r"""["']([a-z]+(?:\.[\w-]+)+)["']""")
FAMILY = re.compile(r"""\.(?:word|filled)\(\s*f?["']([\w.-]+)["'{]""")
BEGUN = re.compile(r"""["']([a-z]+(?:\.[\w-]+)*\.)(?:["']|\{)""")
TABLE = re.compile(r"from comity\.web\.words\.(\w+) import WORDS")
"""A module that goes through a whole table itself; what asks for those words is tested beside it."""
TERNARY = re.compile(r"""\.(?:word|filled)\(\s*["']([\w.-]+)["'] if [^,]+ else ["']([\w.-]+)["']""")


def families() -> tuple[str, ...]:
    """Begin of keys that are put together from a code: `word("kind", ...)`, `f"step.{name}"`, `'mark.' ~ code`."""
    words = {name for pair in TERNARY.findall(WHOLE) for name in pair} | set(FAMILY.findall(WHOLE))
    words |= set(TABLE.findall(WHOLE))
    return (*(word if word.endswith(".") else f"{word}." for word in words), *BEGUN.findall(WHOLE))


def test_no_word_is_missing() -> None:
    calls = {key for key in CALL.findall(WHOLE) if not key.endswith(".") and key != "lang"}
    assert len(calls) > 100
    assert calls <= set(ENGLISH), sorted(calls - set(ENGLISH))


def test_what_is_counted_has_both_forms() -> None:
    counted = set(re.findall(r"""\.count\(\s*["']([a-z]+(?:\.[\w-]+)+)["'],""", WHOLE))
    assert counted
    assert {key + MANY for key in counted} <= set(ENGLISH)


def test_no_word_is_left_over() -> None:
    named, begun = set(QUOTED.findall(WHOLE)), families()
    unused = {key for key in ENGLISH if key.removesuffix(MANY) not in named and not key.startswith(begun)}
    assert not unused, sorted(unused)


def test_texts_have_no_exclamation_and_no_please() -> None:
    assert not [k for k, v in ENGLISH.items() if "!" in v or "please" in v.lower() or "successfully" in v.lower()]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_obeys_the_policy(path: Path) -> None:
    text = SOURCES[path]
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?! src=)|<style|https?://|\|safe\b", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_form_that_changes_something_carries_its_token(path: Path) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', SOURCES[path], re.DOTALL):
        assert 'name="csrf"' in form or re.search(r"\b(?:csrf|token)\(", form), form[:80]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_stays_small_strict_and_names_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < LONGEST_SCRIPT
    assert '"use strict";' in text
    assert not re.search(r"https?://|\beval\b|new Function|document\.write|\.cookie\b", text)
