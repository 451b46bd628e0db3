"""The words of a text are its runs of letters, however they are looked for."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from comity.marking.finding import is_letter, plain, words_at, words_of

TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("aZ09 _-.\u0301\u200d\u093c\u0915\u094d\u0a15\u0a70\u2060")))


def walked(text):
    """The same by a walk from character to character."""
    for letters, run in groupby(enumerate(text), key=lambda one: is_letter(one[1])):
        places = [place for place, _ in run]
        form = plain(text[places[0] : places[-1] + 1]) if letters else ""
        if form:
            yield places[0], places[-1] + 1, form


@given(TEXTS)
def test_words_are_the_runs_of_letters(text):
    assert list(words_at(text)) == list(walked(text))
    assert words_of(text) == tuple(form for _, _, form in walked(text))
