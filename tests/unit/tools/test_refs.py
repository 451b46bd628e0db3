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
sections = 7

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
    ("text", "fault"),
    [
        ("RFC 6902 7", None),
        ("RFC 6902 2.19, 5-7: and words of 2099", None),
        ("RFC 6902 4 rule 30, 7", None),
        ("RFC 6902, what stands nowhere", None),
        ("RFC 6902 8", "no section 8; its last is 7"),
        ("RFC 6902 8.1", "no section 8"),
        ("RFC 6902 4 rule 3, 10", "no section 10"),
        ("RFC 6902 5-9", "no section 9"),
        ("RFC 6902 0", "no section 0"),
        ("RFC 690 99", None),
    ],
)
def test_a_section_that_a_text_does_not_have_is_a_fault_where_they_are_counted(text, fault):
    told = refs.fault_of(refs.Reference("x", 1, "spec", text), SOURCES)
    assert told is None if fault is None else fault in told


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


LAWS = refs.read_sources("""
[[source]]
id = "XA/Some-Act"
kind = "law"
title = "Some Act"
cite = "c"
read = "T"
provisions = { s8 = "T", "s12(1)" = "M", SchVI = "S" }

[[source]]
id = "XB/Some-Act-1962"
kind = "law"
title = "Some Act"
names = ["Some Act 1962"]
cite = "c"
read = "M"

[[source]]
id = "XX/ACCORD"
kind = "law"
title = "The accord"
names = ["Accord"]
cite = "c"
read = "T"
""")


def rule_faults(article: str, status: str, folder: str = "xa") -> list[str]:
    text = f'@id("R-1")\n@article("{article}")\n@from("2026-01-01")\n@status("{status}")\nforbid (principal, action, resource);\n'
    rules = list(refs.find_rules(f"laws/{folder}/x.cedar", text))
    assert [(rule.line, rule.status) for rule in rules] == [(2, status)]
    return [fault for rule in rules for fault in refs.faults_of_rule(rule, LAWS)]


@pytest.mark.parametrize(
    ("article", "status"),
    [
        ("Some Act, s. 8(2)(f)", "text-read"),
        ("Some Act, s. 8(2)(f)", "unverified"),
        ("Some Act, s. 8 and Sch. VI, item 27(3)", "secondary"),
        ("Some Act, s. 12(1)", "unverified"),
        ("Some Act, s. 8; condition victim-data", "text-read"),
        ("Accord 2026-02, overriding rule 7", "accord"),
    ],
)
def test_a_rule_whose_text_is_listed_passes(article, status):
    assert rule_faults(article, status) == []


@pytest.mark.parametrize(
    ("article", "status", "word"),
    [
        ("Other Act, s. 8", "unverified", "is called"),
        ("Some Act, s. 8; Other Act, s. 1", "text-read", "is called"),
        ("Some Act, s. 81", "text-read", "lists not all"),
        ("Some Act, ss. 8, 9", "text-read", "lists not all"),
        ("Some Act, s. 12(1)", "text-read", "claims more"),
        ("Some Act, s. 12(1)", "secondary", "claims more"),
        ("Some Act, ss. 8, 12(1)", "text-read", "claims more"),
        ("Some Act, Sch. VI", "text-read", "claims more"),
        ("Some Act, s. 8", "read", "claims more"),
    ],
)
def test_a_rule_that_names_no_text_or_claims_to_know_it_better_is_found(article, status, word):
    assert word in " ".join(rule_faults(article, status))


def test_an_act_of_the_other_side_is_another_act():
    assert rule_faults("Some Act 1962, s. 1", "unverified", folder="xb") == []
    assert "claims more" in " ".join(rule_faults("Some Act 1962, s. 1", "text-read", folder="xb"))
    assert "is called" in " ".join(rule_faults("Some Act, s. 8", "text-read", folder="xc"))


def test_provisions_are_read_as_lawyers_write_them():
    assert refs.provisions_in(", ss. 55, 56(3), 56.1") == ["s55", "s56(3)", "s56.1"]
    assert refs.provisions_in(", ss. 315.28-315.38") == ["s315.28", "s315.38"]
    assert refs.provisions_in(", s. 107(2), (8)") == ["s107(2)"]
    assert refs.provisions_in(", s. 69B and Rules 2009") == ["s69B"]
    assert refs.provisions_in(", art. 21; cl. 10, Sch. VI") == ["art21", "cl10", "SchVI"]
    assert refs.provisions_in(" (Act 13 of 2025)") == []


def test_every_reference_and_rule_of_the_tree_is_known():
    sources = refs.read_sources(refs.SOURCES.read_text(encoding="utf-8"))
    assert len(tuple(refs.read_tree(refs.ROOT))) > 50
    assert len(tuple(refs.read_rules(refs.ROOT))) > 50
    assert refs.faults_of_tree(refs.ROOT, sources) == []
