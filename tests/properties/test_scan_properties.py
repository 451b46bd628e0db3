"""Whatever a text holds, the scan ends with an answer, its places are places of the text, and no hard stop is left."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from comity.marking.scan import clean, scan, strike, verhoeff
from comity.marking.scanning.fold import fold, places
from comity.marking.scanning.phrases import known_by
from tests.unit.marking.scan_measure import NOW, patterns

WORDS = st.sampled_from(
    ["aadhaar ", "SIN ", "PAN ", "victim ", "asylum ", "lives at ", "passport ", "template ", "phone ", "आधार ", "ਪੀੜਤ ", "[removed: victim]", "\x00", "\n", "\u200b", ". "]
)  # fmt: skip
DIGITS = st.sampled_from([chr(base + n) for base in (0x30, 0x966, 0xA66, 0x660, 0xFF10) for n in range(10)])
PIECES = st.one_of(st.text(max_size=8), WORDS, st.lists(DIGITS, max_size=14).map("".join), st.sampled_from(" .-/+@()"))
TEXTS = st.lists(PIECES, max_size=24).map("".join)


def whole_number(stem: str) -> str:
    return next(stem + str(d) for d in range(10) if verhoeff([int(c) for c in stem + str(d)]))


@given(st.lists(TEXTS, max_size=5))
def test_any_texts_are_scanned_and_every_place_is_in_them(texts):
    for hit in scan(texts, patterns(), NOW):
        assert 0 <= hit.start < hit.end <= len(texts[hit.index])


@given(TEXTS)
def test_no_hard_stop_is_left(text):
    assert not [hit for hit in scan(clean((text,), patterns(), NOW), patterns(), NOW) if hit.hard_stop]


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


@given(st.text())
def test_folding_keeps_count_of_its_places(text):
    assert len(places(text)) == len(fold(text)) + 1
    assert fold(fold(text)) == fold(text) or not text.isascii()


@settings(max_examples=200)
@given(TEXTS)
def test_the_first_look_passes_over_nothing(text):
    """Without any first look, the same findings."""
    from dataclasses import replace

    bare = tuple(replace(pattern, digits=0, has="") for pattern in patterns() if not pattern.words)
    looked = tuple(pattern for pattern in patterns() if not pattern.words)
    assert scan((text,), looked, NOW) == scan((text,), bare, NOW)
    assert known_by(fold(text), {}) == set()
