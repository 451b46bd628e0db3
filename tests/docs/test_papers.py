"""Decisions have their form, pages that are named exist, and what comes from others says under which licence."""

from __future__ import annotations

import re
from pathlib import Path

from tools import house

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("**Context.**", "**Options.**", "**Decision.**", "**Costs.**")
PAGE_LINES = 60
NAMED = re.compile(r"(?<![\w/.])(docs/[\w./-]+\.(?:md|toml))")


def faults_of_record(name: str, text: str) -> list[str]:
    """Return what a decision record lacks."""
    number = re.match(r"(\d{4})-[a-z0-9-]+\.md$", name)
    faults = [] if number and text.startswith(f"# {number[1]}: ") else ["number"]
    faults += [part for part in PARTS if text.count(part) != 1]
    return faults + (["length"] if len(text.splitlines()) > PAGE_LINES else [])


def test_a_record_without_its_form_is_found():
    good = "# 0009: Title\n\n" + "\n\n".join(f"{part} Text." for part in PARTS)
    assert faults_of_record("0009-title.md", good) == []
    assert faults_of_record("0010-title.md", good) == ["number"]
    assert faults_of_record("0009-title.md", good.replace("**Costs.**", "Costs")) == ["**Costs.**"]
    assert faults_of_record("0009-title.md", good + "\n" * PAGE_LINES) == ["length"]


def test_every_decision_has_its_form_and_its_own_number():
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert len(records) >= 3
    assert {r.name: f for r in records if (f := faults_of_record(r.name, r.read_text(encoding="utf-8")))} == {}
    assert len({r.name[:4] for r in records}) == len(records)


def test_every_page_that_is_named_exists():
    gone = {
        (path, named)
        for path, text in house.tracked(ROOT)
        if not path.startswith("tests/")
        for named in NAMED.findall(text)
        if "NNNN" not in named
        if not (ROOT / named).is_file()
    }
    assert gone == set()


def test_every_file_of_vectors_has_its_source_and_licence():
    for folder in (f for f in (ROOT / "tests" / "vectors").iterdir() if f.is_dir()):
        files = [f.name for f in folder.iterdir() if f.suffix not in {".py", ".md"} and f.is_file()]
        if files:
            table = (folder / "README.md").read_text(encoding="utf-8")
            assert [name for name in files if f"`{name}`" not in table] == [], folder.name


def test_every_font_has_its_licence_beside_it_and_in_the_notice():
    fonts = ROOT / "src" / "comity" / "web" / "static" / "fonts"
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    licences = {f.name.removeprefix("LICENSE-").removesuffix(".txt") for f in fonts.glob("LICENSE-*.txt")}
    assert licences
    assert [f.name for f in fonts.glob("*.woff2") if not any(f.name.startswith(licence) for licence in licences)] == []
    assert [licence for licence in licences if f"LICENSE-{licence}.txt" not in notice] == []


def test_the_licence_is_the_whole_text():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
