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
_OTHER = r"[^\x00-\x7f]"
BEFORE = f"(?<![a-z](?=[a-z]))(?<!{_OTHER}(?={_OTHER}))"
AFTER = f"(?!(?<=[a-z])[a-z])(?!(?<={_OTHER}){_OTHER})"
"""What a phrase stands between: no letter, unless Latin ones meet others; folding leaves nothing else beyond ASCII."""
INSIDE = re.compile(f"[a-z](?=[a-z])|{_OTHER}(?={_OTHER})")
"""A letter with which the word goes on."""
_GAP = r"[^.!?;\x00\n]{1,40}?"
_BLANK = r"[ \n\-]{1,3}"
_UNSOUND = re.compile(r"(?:^|[(|?*])\?|^[^(]*[)|]")
"""A sign for what may be left out with nothing before it, or a bracket or choice that closes what was never opened."""
_PARTS = re.compile(r" \.\. |\*| |[()|?]|[^ *()|?]")
_CALLS_FOR = {" .. ": _GAP, "*": f"{_LETTER}*", " ": _BLANK, "(": "(?:", ")": ")", "|": "|", "?": "?"}
_LEAST_BYTES, _HEAD_BYTES, _WIDE_HEAD = 4, 4, 6
"""How long an open-ended key is at least; how much of a word finds its keys, in Latin and in scripts of three bytes a letter."""
_WIDE = 0xE0
_LATIN = bytes(b if b < 128 and chr(b).isalpha() else ord(" ") for b in range(256))  # noqa: PLR2004  ASCII ends there
_OTHERS = bytes(b if b >= 128 else ord(" ") for b in range(256))  # noqa: PLR2004


def expression(phrases: Iterable[str]) -> str:
    """Return one regular expression for folded text that finds any of the phrases."""
    return BEFORE + "(?:" + "|".join(map(inside, phrases)) + ")" + AFTER


def inside(phrase: str) -> str:
    """Return the regular expression of a phrase without what it stands between."""
    return "".join(_CALLS_FOR.get(part) or re.escape(part) for part in _PARTS.findall(fold(phrase)))


Keys = frozenset[bytes]
"""Beginnings of words, at least 4 bytes or a whole word, of which one stands in every text that a phrase matches."""


def keys_of(phrase: str) -> tuple[Keys, ...]:
    """Return all that a text must have for a phrase to match it, what is most telling first: of each plain word, of each bracket.

    Raises:
        BadConfiguration: there is none, or only one that is too short for an open ending.
    """
    folded = fold(phrase)
    if _UNSOUND.search(folded) or folded.count("(") != folded.count(")"):
        raise BadConfiguration(
            f"the phrase {phrase!r} has a bracket that is not closed, or a sign with nothing before it"
        )
    keys = _keys(folded)
    if not keys:
        raise BadConfiguration(f"the phrase {phrase!r} has no word long enough to be known by")
    return keys


def _keys(folded: str) -> tuple[Keys, ...]:
    plain, brackets = _parted(folded)
    words = [frozenset({key}) for key in map(_key, plain.split()) if key]
    choices = [keys for keys in (_keys_of_choice(*bracket) for bracket in brackets) if keys]
    return tuple(sorted((*words, *choices), key=lambda keys: (-min(map(len, keys)), len(keys))))


def _keys_of_choice(choices: tuple[str, ...], tail: str) -> Keys:
    """Return the keys of the choices of a bracket; none if one has none or the whole may be left out."""
    keys: list[tuple[Keys, ...]] = [() if tail.startswith("?") else _keys(choice + tail) for choice in choices]
    return frozenset[bytes]().union(*(one[0] for one in keys)) if all(keys) else frozenset()


def _parted(folded: str) -> tuple[str, list[tuple[tuple[str, ...], str]]]:
    """Return what stands outside all brackets, and the choices of each outer bracket with what follows it without a blank.

    A bracket in the middle of a word begins none, so it is left out; one that may be left out with its blank begins the next.
    """
    brackets: list[tuple[tuple[str, ...], str]] = []
    plain, rest = "", folded
    while "(" in rest:
        before, _, rest = rest.partition("(")
        choices, rest = _choices(rest)
        tail = re.match(r"[^ (]*", rest)
        assert tail is not None  # it may be empty
        glued = bool(before) and not before.endswith(" ")
        plain += before + ("* " if glued else " ")
        if tail[0].startswith("?") and not glued and all(choice.endswith(" ") for choice in choices):
            plain += tail[0][1:]
        brackets += [] if glued else [(choices, tail[0])]
        rest = rest[tail.end() :]
    return plain + rest, brackets


def _choices(rest: str) -> tuple[tuple[str, ...], str]:
    """Return the choices of the bracket that was opened just before, and what follows it."""
    found, depth = [""], 0
    for place, char in enumerate(rest):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return tuple(found), rest[place + 1 :]
        if char == "|" and not depth:
            found.append("")
        else:
            found[-1] += char
    raise BadConfiguration("a bracket is not closed")


def _key(word: str) -> bytes:
    """Return the key of one word of a phrase; empty if a text may have it in another form."""
    fixed, optional, _ = word.partition("?")
    fixed, more, _ = (fixed[:-1] if optional else fixed).partition("*")
    longest = max(_runs(fixed), key=len, default=b"")
    open_ended = bool(optional or more) and fixed.encode().endswith(longest)
    return b"" if open_ended and len(longest) < max(_LEAST_BYTES, len(_head(longest + b"    "))) else longest


def _runs(folded: str) -> list[bytes]:
    """Return the words of a folded text, parted where Latin letters meet others."""
    if folded.isascii():
        return folded.encode().translate(_LATIN).split()
    text = folded.encode("utf-8", "surrogatepass")
    return text.translate(_LATIN).split() + text.translate(_OTHERS).split()


def _head(word: bytes) -> bytes:
    return word[: _WIDE_HEAD if word[0] >= _WIDE else _HEAD_BYTES]


Index = Mapping[bytes, tuple[tuple[bytes, int], ...]]
"""By the first bytes of a key: the key and the place of what it is a key of."""


def index(keys: Iterable[tuple[bytes, int]]) -> Index:
    """Return an index of (key, place)."""
    found: dict[bytes, tuple[tuple[bytes, int], ...]] = {}
    for key, place in keys:
        found[_head(key)] = (*found.get(_head(key), ()), (key, place))
    return found


def known_by(folded: str, known: Index) -> set[int]:
    """Return the places whose keys begin a word of a folded text."""
    found: set[int] = set()
    for word in set(_runs(folded)):
        for key, place in known.get(_head(word), ()):
            if word.startswith(key):
                found.add(place)
    return found
