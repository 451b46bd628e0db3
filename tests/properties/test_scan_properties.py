"""Whatever a text holds, the scan ends with an answer, its places are places of the text, and no hard stop is left."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from hypothesis import given, settings
from hypothesis import strategies as st

from comity.marking.scan import Pattern, clean, scan, strike, verhoeff
from comity.marking.scanning.fold import fold, places
from comity.marking.scanning.pattern import make_ready
from comity.marking.scanning.phrases import index, known_by
from tests.unit.marking.scan_measure import NOW, patterns

UNHURRIED = settings(deadline=None)
"""The first example compiles the patterns."""
WORDS = st.sampled_from(
    ["aadhaar ", "SIN ", "PAN ", "victim ", "asylum ", "lives at ", "passport ", "template ", "phone ", "आधार ", "ਪੀੜਤ ", "[removed: victim]", "\x00", "\n", "\u200b", ". "]
)  # fmt: skip
DIGITS = st.sampled_from([chr(base + n) for base in (0x30, 0x966, 0xA66, 0x660, 0xFF10) for n in range(10)])
PIECES = st.one_of(st.text(max_size=8), WORDS, st.lists(DIGITS, max_size=14).map("".join), st.sampled_from(" .-/+@()"))
TEXTS = st.lists(PIECES, max_size=24).map("".join)


def whole_number(stem: str) -> str:
    return next(stem + str(d) for d in range(10) if verhoeff([int(c) for c in stem + str(d)]))


@UNHURRIED
@given(st.lists(TEXTS, max_size=5))
def test_any_texts_are_scanned_and_every_place_is_in_them(texts):
    for hit in scan(texts, patterns(), NOW):
        assert 0 <= hit.start < hit.end <= len(texts[hit.index])


@UNHURRIED
@given(TEXTS)
def test_no_hard_stop_is_left(text):
    assert not [hit for hit in scan(clean((text,), patterns(), NOW), patterns(), NOW) if hit.hard_stop]


@UNHURRIED
@given(
    st.from_regex(r"0[0-9]{10}", fullmatch=True),
    st.sampled_from(["", " ", "-", ".", "\u200b", "\u00a0"]),
    st.sampled_from([0x30, 0x966, 0xA66, 0xFF10]),
    TEXTS,
)
def test_a_number_is_found_however_it_is_written_and_struck(stem, between, zero, rest):
    number = between.join(chr(zero + int(c)) for c in whole_number(stem))
    text = f"{rest} {number}; {rest}"
    hits = [hit for hit in scan((text,), patterns(), NOW) if hit.hard_stop]
    assert hits
    assert number not in strike(text, hits)
    assert number not in clean((text,), patterns(), NOW)[0]


@UNHURRIED
@given(st.text())
def test_folding_keeps_count_of_its_places(text):
    assert len(places(text)) == len(fold(text)) + 1
    assert fold(fold(text)) == fold(text) or not text.isascii()


@lru_cache
def numbers(*, looked: bool) -> tuple[Pattern, ...]:
    found = tuple(pattern for pattern in patterns() if not pattern.words)
    return found if looked else tuple(replace(pattern, digits=0, has="") for pattern in found)


@UNHURRIED
@given(TEXTS)
def test_the_first_look_passes_over_nothing(text):
    assert scan((text,), numbers(looked=True), NOW) == scan((text,), numbers(looked=False), NOW)


@lru_cache
def phrases():
    return tuple(one for pattern in patterns() if pattern.words for one in make_ready(pattern))


@lru_cache
def keys():
    return index((key, place) for place, one in enumerate(phrases()) for key in one.keys)


@UNHURRIED
@given(TEXTS)
def test_no_word_is_passed_over(text):
    """Every phrase that matches anywhere is among those that its keys let through."""
    folded = fold(text)
    plan = phrases()
    known = known_by(folded, keys())
    for place, one in enumerate(plan):
        match = one.search.search(folded)
        if match and not (match.start() and one.behind.match(folded, match.start() - 1)):
            assert place in known
            assert all(any(key in folded.encode() for key in keys_) for keys_ in one.also)
