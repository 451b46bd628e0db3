"""Every code, kind and closed word of the code stands in docs/protocol/codes.md or docs/glossary.md."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import pytest

import comity.desks
import comity.node
from comity.base import errors
from comity.marking import vocabulary

ROOT = Path(__file__).resolve().parents[2]
CODES = (ROOT / "docs" / "protocol" / "codes.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def missing(words: Iterable[str], text: str) -> list[str]:
    """Return the words that the text does not show in code letters."""
    return sorted(word for word in words if f"`{word}`" not in text)


def error_classes() -> Iterator[type[errors.ComityError]]:
    for _, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, errors.ComityError):
            yield found


def enums_named(ending: str, *packages: object) -> Iterator[type[StrEnum]]:
    for package in packages:
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            for name, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if issubclass(found, StrEnum) and name.endswith(ending):
                    yield found


def test_a_word_that_is_missing_is_found():
    assert missing(["gap", "gone"], "| `gap` | 409 | gone |") == ["gone"]


def test_every_error_has_a_row_with_its_code_and_class():
    found = list(error_classes())
    assert len(found) > 10
    section = CODES.split("## 4.")[1].split("## 5.")[0]
    rows = set(re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", section, re.MULTILINE))
    assert {(c.code, c.__name__) for c in found} == rows


def test_error_codes_fit_the_protocol():
    assert all(re.fullmatch(r"[a-z][a-z-]{1,40}", c.code) for c in error_classes())


def test_every_kind_of_every_desk_has_a_row():
    kinds = {kind.value for enum in enums_named("Kind", comity.desks, comity.node) for kind in enum}
    assert "rfi" in kinds
    assert not missing(kinds, CODES)


# The lists are those of protocol sections 3, 7, 11 and 13.
@pytest.mark.parametrize(
    "words",
    [
        "bad-envelope version unknown-log recovering stale-incarnation bad-signature clock gap unproven-head too-large slow-down broken",
        "unopened key-expired recalled incomplete lost recalled-unsent",
        "arrived filed quarantined refused seen",
        "equivocation false-cosign false-receipt id-reuse unanswered-challenge",
        "suspend resume challenge accused recovered",
        "break-glass shred destroyed review decision-head keys accord cut restored",
        "manifest keys accord-amend certificate",
    ],
)
def test_every_code_of_the_protocol_is_explained(words):
    assert not missing(words.split(), CODES)


def test_outward_codes_and_inward_grounds_are_explained():
    assert not missing({*vocabulary.OUTWARD, *vocabulary.GROUNDS}, CODES)


def test_each_ground_is_shown_with_the_outward_codes_it_may_have():
    section = CODES.split("## 5.")[1].split("## 6.")[0]
    shown = {}
    for left, right in re.findall(r"^\| (`.+?) \| (.+?) \|$", section, re.MULTILINE):
        for ground in re.findall(r"`([a-z-]+)`", left):
            shown[ground] = {ground} if "same word" in right else set(re.findall(r"`([a-z-]+)`", right))
    assert shown == {ground: set(outward) for ground, outward in vocabulary.GROUNDS.items()}


@pytest.mark.parametrize("name", ["PURPOSES", "CONDITIONS", "CATEGORIES", "HANDLING", "TLP", "PAP"])
def test_every_closed_word_of_a_label_is_in_the_glossary(name):
    words = [str(word) for word in getattr(vocabulary, name)]
    assert len(words) > 3
    assert not missing(words, GLOSSARY)
