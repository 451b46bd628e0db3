"""Text of the scripts of India: what is planted is seen, what people write raises no alarm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comity.marking.visible import segments

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "scan"
# (desc, text, what must be a chip)
PLANTED = [
    ("a Devanagari vowel sign in a Punjabi word", "ਸਤਨ\u093eਮ", "\u093e"),
    ("a Gurmukhi letter in a Hindi word", "क\u0a2eल", "\u0a2e"),
    ("a Bengali digit in an ASCII number", "9\u09e77", "\u09e7"),
    ("a Devanagari zero for an o", "g\u0966v", "\u0966"),
    ("a Gurmukhi zero for an o", "pa\u0a66l", "\u0a66"),
    ("a visarga for a colon", "admin\u0903 yes", "\u0903"),
    ("a dot above a Latin letter", "o\u0902k", "\u0902"),
    ("a dot below a digit", "12\u093c34", "\u093c"),
    ("two kinds of digit across a stroke", "12/\u0966\u0967/2026", "\u0966\u0967"),
    ("a Cyrillic letter in a Latin word of a Hindi text", "नाम p\u0430ypal है", "\u0430"),
]
HIDDEN = [
    ("a joiner before a word", "\u200dक", 1),
    ("two joiners in a row", "क\u200d\u200dख", 2),
    ("a joiner between two scripts", "क\u200dਮ", 1),
    ("a joiner after a Latin letter", "ok\u200c", 1),
    ("a joiner between digits of a number", "98\u200c76", 1),
    ("a zero-width space in a Punjabi word", "ਸਤ\u200bਨਾਮ", 1),
    ("a direction mark in a Hindi text", "फ़ोन\u200f 12", 1),
    ("tag letters after a Hindi word", "हाँ\U000e0068\U000e0069", 2),
]
HONEST = [
    ("Hindi: half forms with and without joiner", "अन्\u200dय, क्\u200cष, विद्या, वाक्\u200c"),
    ("Hindi: a joiner that changes nothing", "राज\u200cपथ"),
    ("Hindi ending on a Latin word", "दो SIMों में"),
    ("Hindi digits in a number of their own", "धारा ३०२, १२,३४५ रुपये"),
    ("an ASCII number with an ordinal", "10वाँ और 12वीं"),
    ("Punjabi with nukta, addak, tippi, bindi", "ਸ਼ੁੱਕਰਵਾਰ ਨੂੰ ਖ਼ਾਲਸਾ ਕਾਲਜ, ਪਿੰਡ ਵਿੱਚ।"),
    ("Hindi and Punjabi side by side", "कप्तान/ਕਪਤਾਨ"),
    ("a Vedic accent with either script", "अ॑ ਅ॑"),
    ("French", "l\u2019agent n° 4 : « déjà vu » à 3 h 05, œuvre"),
    ("Punjabi apostrophe", "ਸਮੱਗਰੀ \u2019ਤੇ ਜਾਓ"),
]


@pytest.mark.parametrize(("desc", "text", "chips"), PLANTED, ids=[p[0] for p in PLANTED])
def test_what_is_out_of_place_is_a_chip(desc: str, text: str, chips: str) -> None:
    assert "".join(s.text for s in segments(text) if s.chip) == chips


@pytest.mark.parametrize(("desc", "text", "count"), HIDDEN, ids=[h[0] for h in HIDDEN])
def test_what_hides_is_a_chip(desc: str, text: str, count: int) -> None:
    hidden = [s for s in segments(text) if s.chip and not s.text]
    assert len(hidden) == count


@pytest.mark.parametrize(("desc", "text"), HONEST, ids=[h[0] for h in HONEST])
def test_what_people_write_is_plain(desc: str, text: str) -> None:
    assert [s for s in segments(text) if s.chip] == []


def test_no_text_of_the_labelled_set_raises_an_alarm_that_is_not_planted() -> None:
    texts = [json.loads(line)["text"] for path in VECTORS.glob("*.jsonl") for line in path.open(encoding="utf-8")]
    assert len(texts) > 1000
    alarms = [text for text in texts if any(s.chip for s in segments(text, harmless=True))]
    assert all(any(char in text for char in "\u200b\u200e\u202e\ufeff") for text in alarms), alarms
