"""The catalogs: complete, with every place kept; counting, numbers and lists as each language has them."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from comity.web import words
from comity.web.texts import ENGLISH, FOLDER, LANGUAGES, Texts
from tools import words as tool

OTHERS = ("fr", "hi", "pa")
TABLES = {"shell": {"x.one": "Sent to {to}", "x.two": "{n} row", "x.two.many": "{n} rows"}}
CATALOG = f"""# French words of Comity, module shell. {tool.UNREVIEWED}
msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "x.one"
msgid "Sent to {{to}}"
msgstr "Envoyé à {{to}}"

msgctxt "x.two"
msgid "{{n}} row"
msgstr "{{n}} ligne"

msgctxt "x.two.many"
msgid "{{n}} rows"
msgstr "{{n}} lignes"
"""


def folder(tmp_path: Path, french: str = CATALOG) -> Path:
    """Three catalogs of one module, the French one as given."""
    for language in OTHERS:
        (tmp_path / language).mkdir()
        (tmp_path / language / "shell.po").write_text(french if language == "fr" else CATALOG, encoding="utf-8")
    return tmp_path


def edit(old: str, new: str) -> str:
    assert old in CATALOG
    return CATALOG.replace(old, new, 1)


# (desc, the French catalog, the fault that is said)
PLANTED = [
    ("a text is missing", edit('msgstr "{n} ligne"', 'msgstr ""'), "x.two is not translated"),
    ("an entry is missing", CATALOG[: CATALOG.index('\nmsgctxt "x.two.many"')], "x.two.many is not translated"),
    ("a key that the English has not", CATALOG + '\nmsgctxt "x.three"\nmsgid "a"\nmsgstr "b"\n', "x.three is no key"),
    ("a place is lost", edit("Envoyé à {to}", "Envoyé"), "x.one has lost or invented"),
    ("a place is invented", edit("Envoyé à {to}", "Envoyé à {to} {qui}"), "x.one has lost or invented"),
    ("a place is misspelt", edit("Envoyé à {to}", "Envoyé à {à}"), "x.one has lost or invented"),
    ("a brace is left open", edit("Envoyé à {to}", "Envoyé à {to"), "x.one has lost or invented"),
    ("a place stands twice", edit("Envoyé à {to}", "Envoyé à {to} {to}"), "x.one has lost or invented"),
    ("fuzzy", edit('msgctxt "x.one"', '#, fuzzy\nmsgctxt "x.one"'), "x.one is fuzzy"),
    ("the English was changed", edit('msgid "Sent to {to}"', 'msgid "Sent {to}"'), "x.one: the English was changed"),
    ("an exclamation mark", edit("{n} lignes", "{n} lignes !"), "x.two.many has an exclamation mark"),
    ("a blank at the end", edit('"{n} lignes"', '"{n} lignes "'), "x.two.many begins or ends with a blank"),
    ("an entry twice", CATALOG + CATALOG[CATALOG.index('\nmsgctxt "x.one"') : CATALOG.index('\nmsgctxt "x.two"')], "twice"),
]  # fmt: skip


def test_a_whole_catalog_has_no_fault(tmp_path: Path) -> None:
    assert list(tool.faults(TABLES, folder(tmp_path))) == []


@pytest.mark.parametrize(("desc", "french", "said"), PLANTED, ids=[p[0] for p in PLANTED])
def test_the_gate_sees(desc: str, french: str, said: str, tmp_path: Path) -> None:
    found = list(tool.faults(TABLES, folder(tmp_path, french)))
    assert len(found) == 1, found
    assert said in found[0]
    assert found[0].startswith("fr/shell.po: ")


def test_the_gate_sees_a_catalog_without_module_and_a_module_without_catalog(tmp_path: Path) -> None:
    where = folder(tmp_path)
    (where / "hi" / "gone.po").write_text(CATALOG, encoding="utf-8")
    assert list(tool.faults(TABLES, where)) == ["hi/gone.po: there is no such module of words"]
    more = {**TABLES, "more": {"m.a": "A"}}
    assert sum("m.a is not translated" in each for each in tool.faults(more, where)) == 3


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"a": {"k": "A"}, "b": {"k": "B"}}, "k stands in a.py too"),
        ({"a": {"k": "A {"}}, "k has a brace that opens no place"),
        ({"a": {"k.many": "{n} rows"}}, "k.many has no form for one"),
    ],
)
def test_the_gate_sees_faults_of_the_english(tables: tool.Tables, said: str, tmp_path: Path) -> None:
    assert any(said in each for each in tool.faults(tables, tmp_path))


def test_extract_keeps_what_was_translated_and_marks_what_was_changed(tmp_path: Path) -> None:
    where = folder(tmp_path)
    (where / "fr" / "gone.po").write_text(CATALOG, encoding="utf-8")
    changed = {"shell": {"x.two": "{n} row", "x.new": "New", "x.one": "Gone to {to}", "x.two.many": "{n} rows"}}
    tool.extract(changed, where)
    entries = tool.read(where / "fr" / "shell.po").entries
    assert list(entries) == list(changed["shell"])
    assert entries["x.one"] == tool.Entry("Gone to {to}", "Envoyé à {to}", fuzzy=True)
    assert entries["x.two"] == tool.Entry("{n} row", "{n} ligne")
    assert entries["x.new"] == tool.Entry("New", "")
    assert not (where / "fr" / "gone.po").exists()
    once = (where / "fr" / "shell.po").read_bytes()
    tool.extract(changed, where)
    assert (where / "fr" / "shell.po").read_bytes() == once
    assert list(tool.todo(changed, "fr", folder=where)) == ["x.new\tNew", "x.one\tGone to {to}"]


def test_what_is_fuzzy_or_missing_is_english_and_says_so(tmp_path: Path) -> None:
    fuzzy = Texts("fr", tmp_path)
    assert fuzzy.borrowed == frozenset(ENGLISH)
    assert fuzzy("page.skip") == ENGLISH["page.skip"]
    assert fuzzy.lang_of("page.skip") == "en"
    assert fuzzy("lang") == fuzzy.lang == "fr"
    assert Texts("fr").lang_of("page.skip") == "fr"
    assert Texts("xx").lang == "en"


def test_every_catalog_says_that_nobody_has_reviewed_it() -> None:
    for language in OTHERS:
        for path in (FOLDER / language).glob("*.po"):
            assert tool.UNREVIEWED in path.read_text(encoding="utf-8").splitlines()[0], path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_filled(language: str) -> None:
    texts = Texts(language)
    for key, english in ENGLISH.items():
        names = {name for _, name, _, _ in string.Formatter().parse(english) if name}
        said = texts(key, **dict.fromkeys(names, "§"))
        assert ("§" in said) == bool(names), key


# The two tables of the CLDR (release 44, plurals.xml and its samples): integers of the category `one`.
@pytest.mark.parametrize(
    ("language", "one", "others"),
    [
        ("en", [1], [0, 2, 3, 10, 11, 21, 101, 1000, 1_000_000]),
        ("fr", [0, 1], [2, 3, 17, 100, 101, 1000, 1_000_000]),
        ("hi", [0, 1], [2, 3, 17, 100, 101, 1000, 1_000_000]),
        ("pa", [0, 1], [2, 3, 17, 100, 101, 1000, 1_000_000]),
    ],
)
def test_counting_follows_the_cldr(language: str, one: list[int], others: list[int], tmp_path: Path) -> None:
    texts = Texts(language, tmp_path)  # the English words, chosen as the language counts
    assert {texts.count("case.count", n).split()[-1] for n in one} == {"dispatch"}
    assert {texts.count("case.count", n).split()[-1] for n in others} == {"dispatches"}


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        ("en", 1, "1 dispatch"), ("en", 0, "0 dispatches"), ("en", 4211, "4\u202f211 dispatches"),
        ("fr", 0, "0 dépêche"), ("fr", 2, "2 dépêches"), ("fr", 4211, "4\u202f211 dépêches"),
        ("hi", 2, "2 प्रेषण"), ("pa", 2, "2 ਸੁਨੇਹਾ-ਪੱਤਰ"),
    ],
)  # fmt: skip
def test_counted_things(language: str, n: int, said: str) -> None:
    assert Texts(language).count("case.count", n) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "12\u202f345\u202f678"), ("fr", "12\u202f345\u202f678"), ("hi", "1,23,45,678"), ("pa", "1,23,45,678")],
)
def test_numbers_have_latin_digits_grouped_as_the_language_groups(language: str, said: str) -> None:
    assert Texts(language).number(12_345_678) == said


@pytest.mark.parametrize(
    ("language", "both", "either"),
    [("en", "A, B and C", "A, B or C"), ("fr", "A, B et C", "A, B ou C"), ("hi", "A, B, और C", "A, B या C"), ("pa", "A, B ਅਤੇ C", "A, B ਜਾਂ C")],
)  # fmt: skip
def test_lists(language: str, both: str, either: str) -> None:
    assert Texts(language).listing("ABC") == both
    assert Texts(language).listing(["A", "B", "C"], either=True) == either
    assert Texts(language).listing([]) == ""


def test_codes_of_closed_lists() -> None:
    texts = Texts("fr")
    assert texts.word("urgency", "1") == "Urgent"
    assert texts.word("urgency", "9") == "9"
    assert texts.filled("obliged", "redact", value="minor") == "Retiré\u00a0: minor"
    assert texts.filled("obliged", "strange", value="minor") == "strange: minor"


def test_modules_are_found_by_themselves() -> None:
    assert {"shell", "dispatches"} <= set(words.tables())


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["words.py", "todo", "fr", "shell"])
    assert tool.main() == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("none is missing")
