"""References to texts are found in every form, and one to a text that nobody listed is a fault."""

from __future__ import annotations

import pytest

from tools import refs

SOURCES = refs.read_sources("""
[[source]]
id = "RFC 690"
kind = "spec"
title = "t"
cite = "c"
read = "M"

[[source]]
id = "RFC 6902"
kind = "spec"
title = "t"
cite = "c"
read = "T"

[[source]]
id = "XA/Some-Act"
kind = "law"
title = "t"
cite = "c"
read = "T"
provisions = { s8 = "T", "s12(1)" = "M" }
""")


def found(path: str, text: str) -> list[tuple[str, str]]:
    return [(r.kind, r.text) for r in refs.find_references(path, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1  # spec: RFC 6902 2.1.", [("spec", "RFC 6902 2.1")]),
        ("// law: XA/Some-Act/s8", [("law", "XA/Some-Act/s8")]),
        ("-- agreement: art-4(2)", [("agreement", "art-4(2)")]),
        ("<!-- # spec: RFC 6902 -->", [("spec", "RFC 6902")]),
        ("# spec: RFC 6902 1; RFC 690 2", [("spec", "RFC 6902 1"), ("spec", "RFC 690 2")]),
        ("# spec: RFC 6902 1  # law: XA/Some-Act/s8", [("spec", "RFC 6902 1"), ("law", "XA/Some-Act/s8")]),
        ('@law("XA/Some-Act/s8")', [("law", "XA/Some-Act/s8")]),
        ("no mark: RFC 6902", []),
    ],
)
def test_each_form_of_reference_is_found(text, expected):
    assert found("x", text) == expected


def test_the_longest_id_wins_and_a_longer_number_is_another_text():
    reference = refs.Reference("x", 1, "spec", "RFC 6902 4")
    source = refs.source_of(reference, SOURCES)
    assert source is not None
    assert source.id == "RFC 6902"
    assert refs.source_of(refs.Reference("x", 1, "spec", "RFC 69020"), SOURCES) is None


@pytest.mark.parametrize(
    "text",
    ["XA/Some-Act", "XA/Some-Act/s8", "XA/Some-Act/s8(2)(f)(i)", "XA/Some-Act/s12(1)", "XA/Some-Act/s8 on the day"],
)
def test_a_listed_provision_and_its_parts_pass(text):
    assert refs.fault_of(refs.Reference("x", 1, "law", text), SOURCES) is None


@pytest.mark.parametrize(
    "text",
    ["XA/Some-Act/s81", "XA/Some-Act/s9", "XA/Some-Act/s12", "XA/Some-Act/s12(10)", "XA/Other-Act/s8", "RFC 6902"],
)
def test_an_unlisted_provision_text_or_kind_is_a_fault(text):
    assert refs.fault_of(refs.Reference("x", 1, "law", text), SOURCES) is not None


@pytest.mark.parametrize(
    "entry",
    [
        'id = "A"\nkind = "spec"\ntitle = "t"\ncite = "c"\nread = "X"',
        'id = "A"\nkind = "song"\ntitle = "t"\ncite = "c"\nread = "T"',
        'id = "A"\nkind = "spec"\ntitle = "t"\nread = "T"',
        'id = "A"\nkind = "spec"\ntitle = "t"\ncite = "c"\nread = "T"\n[[source]]\nid = "A"\nkind = "spec"\ntitle = "t"\ncite = "c"\nread = "T"',
    ],
)
def test_a_wrong_entry_is_refused(entry):
    with pytest.raises(ValueError, match=r"sources\.toml"):
        refs.read_sources(f"[[source]]\n{entry}\n")


def test_every_reference_of_the_tree_is_known():
    sources = refs.read_sources(refs.SOURCES.read_text(encoding="utf-8"))
    references = tuple(refs.read_tree(refs.ROOT))
    assert len(references) > 50
    assert [(r.path, r.line, fault) for r in references if (fault := refs.fault_of(r, sources))] == []
