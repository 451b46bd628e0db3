"""Folding: one plain form of a text, so that no way of writing hides what it says.

The rule it keeps: digits of every script, wide letters, accents, dashes, quotation marks, invisible and turning
characters, optional dots and nasal signs of the Brahmic scripts all become one form, and each character of that form
knows where it came from. Letters that only look Latin become what they look like inside a word that has Latin ones.
"""

from __future__ import annotations

import re
import unicodedata

from comity.marking.scanning.lookalikes import LATIN_TWIN

_ASCII = 128
_REMEMBERED = 0x10000
_DROPPED = frozenset(
    [
        0x034F,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x3164,
        0xFFA0,  # invisible, though no format characters
        0x093C,
        0x09BC,
        0x0A3C,
        0x0A71,  # dots below and the sign of doubling, which many leave out
        *range(0x0300, 0x0370),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    ]
)
_SAME = {
    0x0901: "\u0902", 0x0A70: "\u0a02", 0x0A01: "\u0a02",  # nasal signs
    0x0964: ".", 0x0965: ".", 0x3002: ".", 0x00B7: ".", 0x2022: ".", 0x2027: ".", 0x2219: ".",
    0x2018: "'", 0x2019: "'", 0x02BC: "'", 0x2032: "'", 0x00B4: "'", 0x2212: "-", 0x00AB: '"', 0x00BB: '"',
    0x201C: '"', 0x201D: '"', 0x2028: "\n", 0x2029: "\n", 0x0085: "\n",
    0x0153: "oe", 0x0152: "oe", 0x00E6: "ae", 0x00C6: "ae", 0x00F8: "o", 0x00D8: "o", 0x00DF: "ss", 0x0131: "i",
    0x0142: "l", 0x0141: "l", 0x0111: "d", 0x0110: "d",
}  # fmt: skip
_CONTROLS = {0x00: "\x00", 0x09: " ", 0x0A: "\n", 0x0B: " ", 0x0C: " ", 0x0D: "\n"}
"""What the control characters become; the others are dropped. The first is how `scan` keeps texts apart."""


def _one(point: int) -> str:
    """Return the folded form of one character: none, one or several characters."""
    if point < _ASCII:
        return chr(point).lower() if chr(point).isprintable() else _CONTROLS.get(point, "")
    if point in _SAME:
        return _SAME[point]
    char = chr(point)
    kind = unicodedata.category(char)
    if kind in {"Cf", "Cc"} or point in _DROPPED:
        return ""
    if kind in {"Zs", "Pd"}:
        return " " if kind == "Zs" else "-"
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    parts = unicodedata.normalize("NFKD", char).lower()
    return "".join(map(_part, parts))


def _part(char: str) -> str:
    """Return the folded form of one part of a taken-apart character: what is no letter of any script is a blank."""
    point = ord(char)
    if point < _ASCII or point in _SAME:
        return _SAME.get(point, char)
    if point in _DROPPED:
        return ""
    return " " if unicodedata.category(char)[0] in "PSCZ" else char


class _Table(dict[int, str]):
    """Folded forms by code point, worked out once each; only the first plane is remembered."""

    def __missing__(self, point: int) -> str:
        folded = _one(point)
        if point < _REMEMBERED:
            self[point] = folded
        return folded


_TABLE = _Table()


def _twins() -> dict[str, str]:
    """Return folded letter -> Latin letter; where small and capital letters are taken for different ones, the small one's."""
    capitals = {folded: twin.lower() for char, twin in LATIN_TWIN.items() if char != (folded := fold_each(char))}
    return {char: twin for char, twin in (capitals | LATIN_TWIN).items() if len(char) == 1 and fold_each(char) == char}


def fold_each(text: str) -> str:
    """Return each character's plain form, whatever stands beside it."""
    return text.translate(_TABLE)


_TWINS = _twins()
_TWIN = re.compile(f"[{''.join(sorted(_TWINS))}]")
_MIXED = re.compile(f"[a-z]+{_TWIN.pattern}[a-z{_TWIN.pattern[1:]}*|{_TWIN.pattern}+[a-z][a-z{_TWIN.pattern[1:]}*")
"""A word of Latin letters and such as look like them; `places` holds, since each stands for one."""
_TO_LATIN = str.maketrans(_TWINS)


def fold(text: str) -> str:
    """Return the plain form of a text; may be shorter or longer."""
    folded = text.translate(_TABLE)
    if folded.isascii() or _TWIN.search(folded) is None:
        return folded
    return _MIXED.sub(lambda word: word[0].translate(_TO_LATIN), folded)


def places(text: str) -> list[int]:
    """Return for each character of `fold(text)` the place in `text` that it came from, and the length of `text` last."""
    found = [place for place, char in enumerate(text) for _ in _TABLE[ord(char)]]
    return [*found, len(text)]
