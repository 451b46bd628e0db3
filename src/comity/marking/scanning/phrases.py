"""Phrases: how an edition writes what to look for in words, and by which words it is known that a look is worthwhile.

A phrase is written in small letters. A blank stands for any blanks or hyphens, `*` behind a word for any ending, ` .. `
for a few words of the same sentence, `(a|b)` for a choice, `?` behind a bracket or letter for what may be left out. Some word
of it must be long enough to be known by its beginning, so that texts without that are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from comity.base.errors import BadConfiguration
from comity.marking.scanning.fold import fold

_LETTERS = r"a-z\u0900-\u0dff"
BEFORE, AFTER = rf"(?<![{_LETTERS}])", rf"(?![{_LETTERS}])"
"""What a phrase stands between: no letter of the scripts that the sentences are written in."""
_GAP = r"[^.!?;\x00\n]{1,40}?"
_BLANK = r"[ \n\-]{1,3}"
_TOKEN = re.compile(r" \.\. |\*| |[()|?]|[^ *()|?]")
_BRACKETS = re.compile(r"\([^()]*\)[?*]*")
_CALLS_FOR = {" .. ": _GAP, "*": f"[{_LETTERS}]*", " ": _BLANK}
_KEY_BYTES, _KEY_BYTES_OTHER = 4, 9
_SPLIT = bytes(b if b >= 128 or chr(b).isalpha() else ord(" ") for b in range(256))  # noqa: PLR2004  ASCII ends there


def expression(phrases: Iterable[str]) -> str:
    """Return one regular expression for folded text that finds any of the phrases."""
    return BEFORE + "(?:" + "|".join(_regex(phrase) for phrase in phrases) + ")" + AFTER


def _regex(phrase: str) -> str:
    parts = []
    for token in _TOKEN.findall(fold(phrase)):
        plain = token in "()|?"
        parts.append("(?:" if token == "(" else token if plain else _CALLS_FOR.get(token) or re.escape(token))
    return "".join(parts)


def keys_of(phrase: str) -> frozenset[bytes]:
    """Return beginnings of words of which one stands in every text that the phrase matches.

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
    limit = _limit(longest)
    open_ended = bool(optional or more) and fixed.encode().endswith(longest)
    return b"" if open_ended and len(longest) < limit else longest[:limit]


def _limit(word: bytes) -> int:
    return _KEY_BYTES if word[:1].isascii() else _KEY_BYTES_OTHER


def keys_in(folded: str) -> set[bytes]:
    """Return the keys of all words of a folded text."""
    words = set(folded.encode("utf-8", "surrogatepass").translate(_SPLIT).split())
    return {word[:_KEY_BYTES] if word[0] < 128 else word[:_KEY_BYTES_OTHER] for word in words}  # noqa: PLR2004  as above
