"""Text of the scripts of India, whatever it is: what is strange is never ASCII, and the short way says what the long one says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comity.marking import indic, visible

DEVANAGARI = st.text(st.characters(min_codepoint=0x0904, max_codepoint=0x0939), min_size=1, max_size=12)
GURMUKHI = st.text(st.sampled_from("ਕਖਗਘਚਛਜਝਟਠਡਢਣਤਥਦਧਨਪਫਬਭਮਯਰਲਵਸਹੜ"), min_size=1, max_size=12)


@given(DEVANAGARI, GURMUKHI)
def test_a_word_of_one_script_is_plain_and_of_two_is_not(one: str, other: str) -> None:
    assert indic.strange(f"{one} {other}") == frozenset()
    marked = indic.strange(one + other)
    assert marked == set(range(len(one))) or marked == set(range(len(one), len(one + other)))


@given(st.text(max_size=80))
def test_places_lie_in_the_text_and_name_no_ascii(text: str) -> None:
    assert all(text[at] > "\x7f" for at in indic.strange(text))


@given(st.text(st.characters(codec="ascii"), max_size=80))
def test_ascii_is_never_strange(text: str) -> None:
    assert indic.strange(text) == frozenset()


ODD = st.text(
    st.sampled_from("a\u043eb1\u0966\u0a66क\u094d\u200dਸ\u0902\u0901\u093e।\u0951 é\u2019\u2014\u00ad\u0301ßµ\u0131"),
    max_size=12,
)


@given(ODD)
def test_the_short_way_and_the_long_way_say_the_same(text: str) -> None:
    assert visible.segments(text, harmless=True) == visible._cut(text)
