"""Names as people write them, in one form: case, accents, width, punctuation and word order do not count.

The rule it keeps: scripts stay as written, nothing is transliterated; signs that are vowels of a script stay, because
without them two names would be one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

_CASED = ("LATIN", "GREEK", "CYRILLIC")
"""Scripts whose marks are accents."""
_BETWEEN = 2
"""Words that may stand between the words of one name, such as a middle name or an initial."""


_PLAIN = {n: chr(n).lower() if chr(n).isalnum() else " " for n in range(128)}
"""What the one form makes of each ASCII sign."""


def name_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in their one form, in order; a word has letters, digits and marks only."""
    if text.isascii():
        return tuple(text.translate(_PLAIN).split())
    kept: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFKD", text).casefold():
        kind = unicodedata.category(char)
        if kind == "Cf" or (kind in {"Mn", "Me"} and base.startswith(_CASED)):
            continue
        if kind[0] != "M":
            base = unicodedata.name(char, "")
        kept.append(char if kind[0] in "LNM" else " ")
    return tuple(unicodedata.normalize("NFC", word) for word in "".join(kept).split())


def one_form(text: str) -> str:
    """Return one form for all spellings of a name, whatever the order of its words; "" where there is no word."""
    return " ".join(sorted(name_words(text)))


def names(person: Sequence[str], texts: Iterable[str]) -> int:
    """Return how many of the texts have a person's words near each other, in any order.

    Args:
        person: `name_words` of the name; at least one.
        texts: as written.
    """
    wanted = Counter(person)
    return sum(_near(wanted, name_words(text)) for text in texts)


def stands_in(person: Sequence[str], words: Sequence[str]) -> bool:
    """Say whether a person's words stand near each other in one text, as `names` counts; both as `name_words` gives them."""
    return _near(Counter(person), words)


def _near(wanted: Counter[str], words: Sequence[str]) -> bool:
    if not wanted or not set(wanted) <= set(words):
        return False
    span = wanted.total() + _BETWEEN
    return any(not wanted - Counter(words[at : at + span]) for at in range(len(words)))
