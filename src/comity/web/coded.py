"""Codes of closed lists in words: which family of words a list of a form, or a line of a body, takes its words from."""

from __future__ import annotations

from comity.web.texts import Texts

FAMILIES = {
    "asks": "choice.category", "categories": "choice.category", "records": "choice.record", "known_for": "choice.known-for",
    "means": "choice.means", "consent": "choice.release", "release": "choice.release", "reason": "choice.reason",
    "useful": "choice.useful", "used": "choice.used", "covers": "choice.covers", "usable": "compose.serves",
    "stages": "compose.state", "subjects": "compose.purpose",
}  # fmt: skip
"""Families of words for lists that have none of their own name."""
_BETWEEN = ", "


def said(label: str, text: str, texts: Texts) -> str | None:
    """Return what a line of a body says in the page's words, None unless it is made of codes of its list alone.

    Args:
        label: name of the field.
        text: codes, one or several with commas between.
        texts: the words of the page.
    """
    family = FAMILIES.get(label)
    if family is None or not text:
        return None
    words = [(code, texts.word(family, code)) for code in text.split(_BETWEEN)]
    return None if any(code == word for code, word in words) else _BETWEEN.join(word for _, word in words)
