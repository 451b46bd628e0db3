"""Text as a search looks for it: words in one plain form, and where in the text as written each of them stands.

The rule it keeps: case, accents of Latin, width, the dot under a letter of an Indic script and the digits of any script do
not count; vowel signs do, because without them two words would be one. Nothing is transliterated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

_ACCENT = re.compile("[\u0300-\u036f]")
_NUKTA = ("\u093c", "\u0a3c")
"""A loan sound's dot, which many writers leave out."""
_NASAL = {"\u0901": "\u0902", "\u0a01": "\u0a02", "\u0a70": "\u0a02"}
"""Signs of one nasal that writers exchange."""
_JOINERS = frozenset("\u200c\u200d\u00ad\ufeff\u2060")
_KEPT = 65_536
_LONGEST = 64


def is_letter(char: str) -> bool:
    """Say whether a character is part of a word: letters, marks and digits are."""
    return char.isalnum() or char in _JOINERS or unicodedata.category(char)[0] == "M"


@lru_cache(1)
def _runs() -> re.Pattern[str]:
    """Return what finds a run of letters, as `is_letter` has them, in text of the basic plane."""
    marks = (chr(point) for point in range(0x300, 0x10000) if unicodedata.category(chr(point))[0] == "M")
    return re.compile(f"(?:[^\\W_]|[{''.join(map(re.escape, (*marks, *sorted(_JOINERS))))}])+")


_ASCII_RUNS = re.compile("[^\\W_]+", re.ASCII)
_ASCII_PLAIN = str.maketrans({chr(point): chr(point).lower() if chr(point).isalnum() else " " for point in range(128)})


def words_at(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (begin, end, plain form) of each word of a text, in order; an end is the place after the last character."""
    if text.isascii():
        for run in _ASCII_RUNS.finditer(text):
            yield run.start(), run.end(), run[0].lower()[:_LONGEST]
        return
    runs = (found.span() for found in _runs().finditer(text)) if max(text) < "\U00010000" else _spans(text)
    for begin, end in runs:
        if form := plain(text[begin:end]):
            yield begin, end, form


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for letters, run in groupby(enumerate(text), key=lambda one: is_letter(one[1])):
        if letters:
            places = [place for place, _ in run]
            yield places[0], places[-1] + 1


def words_of(text: str) -> tuple[str, ...]:
    """Return the plain forms of the words of a text, in order."""
    if text.isascii():
        words = text.translate(_ASCII_PLAIN).split()
        return tuple(words) if len(max(words, key=len, default="")) <= _LONGEST else tuple(w[:_LONGEST] for w in words)
    return tuple(form for _, _, form in words_at(text))


@lru_cache(_KEPT)
def plain(word: str) -> str:
    """Return the plain form of one word, at most 64 characters of it."""
    if word.isascii():
        return word.lower()[:_LONGEST]
    form = unicodedata.normalize("NFKD", word).casefold()
    form = _ACCENT.sub("", unicodedata.normalize("NFKD", form))
    return "".join(_letter(char) for char in form if char not in _JOINERS and char not in _NUKTA and is_letter(char))[
        :_LONGEST
    ]


def _letter(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return _NASAL.get(char, char) if digit is None else str(digit)
