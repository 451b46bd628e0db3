"""The checks of a proof in the language of the page: the node's own sentences are recognized by their English and said anew.

Rule kept: what is not recognized word for word stands as the node said it, marked as English; figures are never touched.
"""

from __future__ import annotations

import re
import string
from functools import cache

from comity.screen import ProofStep
from comity.web.texts import FIRST, Texts
from comity.web.words.proved import WORDS

STEP = "proved.step."


def proved(step: ProofStep, texts: Texts) -> tuple[str, bool, str, str]:
    """Return a check as (what, whether it holds, sentence, language of both)."""
    what, said = _said(step.what, texts), _said(step.sentence, texts)
    if what is None or said is None:
        return step.what, step.good, step.sentence, FIRST
    return what, step.good, said, texts.lang


def _said(sentence: str, texts: Texts) -> str | None:
    for form, key in _forms():
        if found := form.fullmatch(sentence):
            return texts(key, **found.groupdict())
    return None


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return for each text the form of its English, every place being any text."""
    return tuple((re.compile(_form(english), re.DOTALL), key) for key, english in WORDS.items())


def _form(english: str) -> str:
    parsed = string.Formatter().parse(english)
    return "".join(re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in parsed)
