"""Words are found as people type them: accents, case, width, loan dots and the digits of a script do not count."""

from __future__ import annotations

import pytest

from comity.marking.finding import plain, words_at, words_of


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Montréal", "montreal"),
        ("MÉTÉO", "meteo"),
        ("ÅNGSTRÖM", "angstrom"),
        ("Straße", "strasse"),
        ("\uff46ull", "full"),
        ("ﬁnd", "find"),
        ("फ़ोन", "फोन"),
        ("हरप्रीत", "हरप्रीत"),
        ("५५५", "555"),
        ("੫੫੫", "555"),
        ("ਫ਼ੋਨ", "ਫੋਨ"),
        ("ਸਿੰਘ", "ਸਿਂਘ"),
        ("चाँद", "चांद"),
        ("क्\u200dष", "क्ष"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_two_spellings_are_one_word(written, typed):
    assert plain(written) == plain(typed)


@pytest.mark.parametrize(("one", "other"), [("कि", "की"), ("ਕਿ", "ਕੀ"), ("ha", "he"), ("१२", "१३")])
def test_vowel_signs_and_digits_tell_words_apart(one, other):
    assert plain(one) != plain(other)


def test_words_keep_their_places_in_the_text_as_written():
    text = "À Montréal: हरप्रीत, 555-0142."
    assert [(text[a:b], form) for a, b, form in words_at(text)] == [
        ("À", "a"),
        ("Montréal", "montreal"),
        ("हरप्रीत", "हरप्रीत"),
        ("555", "555"),
        ("0142", "0142"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Call 555-0142 AT noon.",
            [("Call", "call"), ("555", "555"), ("0142", "0142"), ("AT", "at"), ("noon", "noon")],
        ),
        (
            "Über \U00010428\U00010400 und \U0001f600 da",
            [("Über", "uber"), ("\U00010428\U00010400", "\U00010428" * 2), ("und", "und"), ("da", "da")],
        ),
        ("\U0001f600 \u0301", []),
    ],
)
def test_words_of_plain_english_and_of_letters_beyond_the_basic_plane(text, words):
    assert [(text[a:b], form) for a, b, form in words_at(text)] == words


def test_nothing_but_signs_has_no_words():
    assert words_of('"*():^-_ … \u200d') == ()


def test_a_word_without_an_end_is_kept_short():
    assert len(plain("x" * 10_000)) == 64
