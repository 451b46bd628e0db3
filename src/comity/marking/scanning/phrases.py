"""Phrases: how an edition writes what to look for in words, and by which words it is known that a look is worthwhile.

A phrase is written in small letters. A blank stands for any blanks or hyphens, `*` behind a word for any ending, ` .. `
for a few words of the same sentence, `(a|b)` for a choice, `?` behind a bracket or letter for what may be left out. Some word
of it must be long enough to be known by its beginning, so that texts without that are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from comity.base.errors import BadConfiguration
from comity.marking.scanning.fold import fold

_LETTER = r"[^\x00-`{-\x7f]"
"""Said by what it is not: a class of small letters and all beyond ASCII would take a thousand times as long to compile."""
BEFORE, AFTER = f"(?<!{_LETTER})", f"(?!{_LETTER})"
"""What a phrase stands between: no letter of any script; folding leaves nothing else beyond ASCII."""
LETTER = re.compile(_LETTER)
_GAP = r"[^.!?;\x00\n]{1,40}?"
_BLANK = r"[ \n\-]{1,3}"
_PARTS = re.compile(r" \.\. |\*| |[()|?]|[^ *()|?]")
_BRACKETS = re.compile(r"\([^()]*\)[?*]*")
_CALLS_FOR = {" .. ": _GAP, "*": f"{_LETTER}*", " ": _BLANK, "(": "(?:", ")": ")", "|": "|", "?": "?"}
_HEAD_BYTES = 4
_SPLIT = bytes(b if b >= 128 or chr(b).isalpha() else ord(" ") for b in range(256))  # noqa: PLR2004  ASCII ends there


def expression(phrases: Iterable[str]) -> str:
    """Return one regular expression for folded text that finds any of the phrases."""
    return BEFORE + "(?:" + "|".join(map(inside, phrases)) + ")" + AFTER


def inside(phrase: str) -> str:
    """Return the regular expression of a phrase without what it stands between."""
    return "".join(_CALLS_FOR.get(part) or re.escape(part) for part in _PARTS.findall(fold(phrase)))


def keys_of(phrase: str) -> frozenset[bytes]:
    """Return beginnings of words, at least 4 bytes or a whole word, of which one stands in every text that it matches.

    They are that of its longest plain word; without one, those of the choices of a bracket.

    Raises:
        BadConfiguration: there is none, or only one that is too short for an open ending.
    """
    folded = fold(phrase)
    known = [key for key in map(_key, _BRACKETS.sub(" ", folded).split()) if key]
    if known:
        return frozenset({max(known, key=len)})
    for bracket in _BRACKETS.findall(folded):
        choices, _, tail = bracket[1:].partition(")")
        keys = frozenset(max(map(_key, (choice + tail).split()), key=len, default=b"") for choice in choices.split("|"))
        if "?" not in tail and b"" not in keys:
            return keys
    raise BadConfiguration(f"the phrase {phrase!r} has no word long enough to be known by")


def _key(word: str) -> bytes:
    """Return the key of one word of a phrase; empty if a text may have it in another form."""
    fixed, optional, _ = word.partition("?")
    fixed, more, _ = (fixed[:-1] if optional else fixed).partition("*")
    longest = max(fixed.encode().translate(_SPLIT).split(), key=len, default=b"")
    open_ended = bool(optional or more) and fixed.encode().endswith(longest)
    return b"" if open_ended and len(longest) < _HEAD_BYTES else longest


Index = Mapping[bytes, tuple[tuple[bytes, int], ...]]
"""By the first bytes of a key: the key and the place of what it is a key of."""


def index(keys: Iterable[tuple[bytes, int]]) -> Index:
    """Return an index of (key, place)."""
    found: dict[bytes, tuple[tuple[bytes, int], ...]] = {}
    for key, place in keys:
        found[key[:_HEAD_BYTES]] = (*found.get(key[:_HEAD_BYTES], ()), (key, place))
    return found


def known_by(folded: str, known: Index) -> set[int]:
    """Return the places whose keys begin a word of a folded text."""
    found: set[int] = set()
    for word in set(folded.encode("utf-8", "surrogatepass").translate(_SPLIT).split()):
        head = word[:_HEAD_BYTES]
        if head in known:
            found.update(place for key, place in known[head] if word.startswith(key))
    return found
