"""Incoming text: nothing hidden, nothing turned round, nothing that a program takes for a link."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.web.render import shown
from comity.web.text_safety import Segment, defang, segments, spoken

# (desc, text, code points that must be chips)
CHIPS = [
    ("right-to-left override turns an ending round", "invoice\u202egnp.exe", ["U+202E"]),
    ("isolates", "a\u2066b\u2069c", ["U+2066", "U+2069"]),
    ("zero-width space splits a word", "pass\u200bword", ["U+200B"]),
    ("byte order mark", "\ufeffabc", ["U+FEFF"]),
    ("soft hyphen", "co\u00adop", ["U+00AD"]),
    ("word joiner", "a\u2060b", ["U+2060"]),
    ("joiner between Latin letters", "a\u200db", ["U+200D"]),
    ("tag characters carry a second text", "ok\U000e0041", ["U+E0041"]),
    ("variation selector", "a\ufe0f", ["U+FE0F"]),
    ("Hangul filler looks like a space", "a\u3164b", ["U+3164"]),
    ("Braille blank", "a\u2800b", ["U+2800"]),
    ("control character", "a\x1bb", ["U+001B"]),
    ("line separator", "a\u2028b", ["U+2028"]),
    ("private use", "a\ue000b", ["U+E000"]),
    ("Cyrillic a in a Latin word", "p\u0430ypal", ["U+0430"]),
    ("Greek omicron in a Latin word", "g\u03bfv", ["U+03BF"]),
    ("Armenian in a Latin word", "\u0570ome", ["U+0570"]),
    ("fullwidth letter in a Latin word", "\uff47ov", ["U+FF47"]),
    ("mathematical letter in a Latin word", "g\U0001d428v", ["U+1D428"]),
    ("dotless i in a Latin word", "b\u0131g", []),
    (
        "a word of twins among Latin words",
        "send to \u0441\u043e\u0441\u043e now",
        ["U+0441", "U+043E", "U+0441", "U+043E"],
    ),
    ("a heap of marks", "a" + "\u0301" * 5, ["U+0301", "U+0301"]),
]
PLAIN = [
    ("Hindi with a joiner after a virama", "क्\u200dष और ਪੰਜਾਬੀ"),
    ("a name in two scripts with a stroke between", "Kaptan/कप्तान"),
    ("a Russian text", "Москва не сразу строилась"),
    ("a chemist's alpha", "\u03b1-phenylacetoacetonitrile"),
    ("French with a narrow space", "« oui\u202f»"),
    ("two lines", "one\ntwo"),
    ("accents, composed", "Montréal Großstadt"),
]
DEFANGED = [
    ("http://evil.example.org/a?b=c", "hxxp://evil[.]example[.]org/a?b=c"),
    ("HTTPS://X.EXAMPLE", "HxxPS://X[.]EXAMPLE"),
    ("ftp://files.example.net", "fxp://files[.]example[.]net"),
    ("198.51.100.7:443", "198[.]51[.]100[.]7:443"),
    ("from 203.0.113.9.", "from 203[.]0[.]113[.]9."),
    ("2001:db8::17", "2001[:]db8::17"),
    ("2001:db8:0:0:0:0:0:1", "2001[:]db8:0:0:0:0:0:1"),
    ("who@mail.example.com", "who[@]mail[.]example[.]com"),
    ("प्रयोग.example", "प्रयोग[.]example"),
    ("cdn\u3002example.org", "cdn[.]example[.]org"),
    ("xn--80ak6aa92e.xn--p1ai", "xn--80ak6aa92e[.]xn--p1ai"),
    ("(see www.example.com/a.html)", "(see www[.]example[.]com/a[.]html)"),
    ("x.example and U.S.A, i.e. no link", "x[.]example and U.S.A, i.e. no link"),
    ("H1.lead 12.5kg 2026.07 v2.13", "H1[.]lead 12.5kg 2026.07 v2.13"),
    ("at 10:30:45 see s. 8.2, e.g. 3.5 kg", "at 10:30:45 see s. 8.2, e.g. 3.5 kg"),
    ("Act s. 25(1)(j), art. 6", "Act s. 25(1)(j), art. 6"),
]


@pytest.mark.parametrize(("desc", "text", "codes"), CHIPS, ids=[c[0] for c in CHIPS])
def test_what_hides_or_imitates_is_a_chip(desc: str, text: str, codes: list[str]) -> None:
    assert [s.chip.split()[0] for s in segments(text) if s.chip] == codes


@pytest.mark.parametrize(("desc", "text"), PLAIN, ids=[p[0] for p in PLAIN])
def test_honest_text_stays_as_it_is(desc: str, text: str) -> None:
    assert spoken(text) == text


@pytest.mark.parametrize(("text", "wanted"), DEFANGED)
def test_addresses_cannot_be_followed(text: str, wanted: str) -> None:
    assert defang(text) == wanted


def test_keys_and_origins_can_be_copied_whole() -> None:
    assert [s.text for s in segments("xa.example/comity/log/1", harmless=True)] == ["xa.example/comity/log/1"]


def test_an_imitating_letter_is_still_seen_beside_its_name() -> None:
    (_, chip, _) = segments("p\u0430y")
    assert chip.text == "\u0430"
    assert chip.chip == "U+0430 cyrillic small letter a"


def test_markup_is_text() -> None:
    html = shown("<script>alert(1)</script>\u202e&")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "\u202e" not in html


@given(st.text(max_size=60))
def test_no_hidden_character_ever_reaches_a_page(text: str) -> None:
    html = str(shown(text))
    joiners = {"\u200c", "\u200d"}
    assert not [
        c
        for c in html
        if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"} and c not in joiners | {"\n"}
    ]
    assert html.count("<bdi>") == 1


def test_plain_text_is_one_run_and_what_cannot_be_seen_in_it_is_still_a_chip() -> None:
    assert segments("Plain words, 12.\nAnother line.") == (Segment("Plain words, 12.\nAnother line.", None),)
    assert segments("") == ()
    for hidden in ("\t", "\x00", "\x1b", "\x7f", "\r"):
        found = segments(f"a{hidden}b")
        assert [one.text for one in found if one.chip is None] == ["a", "b"]
        assert found[1].chip is not None
