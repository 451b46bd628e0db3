"""A name is found however it is written, in the script it is written in, and another name is not."""

from __future__ import annotations

import pytest

from comity.marking.names import name_words, names, one_form, stands_in


@pytest.mark.parametrize(
    ("person", "text"),
    [
        ("Amélie Dubois", "AMELIE DUBOIS was seen"),
        ("Dubois Amelie", "the ship's cook, Amélie   Dubois, signed"),
        ("Amelie Dubois", "Dubois, Amélie (cook)"),
        ("Amelie Dubois", "Amélie K. Dubois"),
        ("Amelie Dubois", "Dubois; Rose Amélie"),
        ("O'Hara Sean", "SEÁN O\u2019HARA"),
        ("\uff21melie Dubois", "Amelie\u00adDubois Dubois Amelie"),  # wide letters, a soft hyphen
        ("सीता वर्मा", "वर्मा सीता का पत्र"),
        ("ਗੁਰਪ੍ਰੀਤ ਕੌਰ", "ਕੌਰ, ਗੁਰਪ੍ਰੀਤ"),
        ("Strauß", "STRAUSS"),
        ("Νίκος", "ΝΙΚΟΣ"),
        ("Dubois", "Dubois"),
        ("Li Li", "Li, Li"),
    ],
)
def test_the_same_name(person, text):
    assert names(name_words(person), ["nothing here", text]) == 1


@pytest.mark.parametrize(
    ("person", "text"),
    [
        ("Amelie Dubois", "Amelie Dupont"),
        ("Amelie Dubois", "Amelie went home, and much later that evening came Dubois"),
        ("Li Li", "Li"),
        ("Ann", "Anna"),
        ("सीता", "सीत"),  # the vowel sign is part of the name
        ("सीता वर्मा", "Sita Verma"),  # scripts as written
    ],
)
def test_another_name(person, text):
    assert names(name_words(person), [text]) == 0


def test_each_text_counts_once_and_no_name_is_nowhere():
    assert names(name_words("Dubois"), ["Dubois, Dubois", "Dubois", "x"]) == 2
    assert names((), ["Dubois"]) == 0
    assert name_words(" -- ") == ()


def test_one_form_for_counting_and_whether_a_name_stands_in_a_text():
    assert one_form("Dubois, AM\u00c9LIE") == one_form("amelie\u200b dubois")
    assert one_form("सीता") != one_form("सीत")
    assert one_form(" -- ") == ""
    assert stands_in(name_words("Amelie Dubois"), name_words("Dubois, A. Amélie"))
    assert not stands_in(name_words("Amelie Dubois"), name_words("Dubois"))
    assert not stands_in((), name_words("Dubois"))


def test_the_short_way_for_ascii_gives_what_the_long_way_gives() -> None:
    for sign in map(chr, range(128)):
        plain = f"Ab{sign}cD 1{sign}2 {sign}"
        assert name_words(plain) == tuple(w for w in name_words(plain + " \u0939") if w != "\u0939")
