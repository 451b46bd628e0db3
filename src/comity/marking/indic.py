"""What is out of place in text of the Indic scripts: letters of two of them in one word, digits of two kinds in one number.

Rule kept: ordinary Hindi and Punjabi raise no alarm. A joiner inside a word belongs to the writing; a Latin word may take a
Hindi ending. Scripts are told by their blocks of 128 code points from U+0900 to U+0DFF.
"""  # spec: Unicode technical standard 39, 5.1 and 5.3

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

JOINERS = frozenset("\u200c\u200d")
_VIRAMA = 9  # canonical combining class of every virama
_SHARED = (
    "\u0951\u0952"  # tone marks of Vedic texts, used with every script; the danda is no letter and stands in no word
)
_WORD = re.compile(r"[\u0900-\u0963\u0971-\u09e5\u09f0-\u0a65\u0a70-\u0ae5\u0af0-\u0dff\u200c\u200d]+")
_LETTER = re.compile(rf"(?![{_SHARED}\u0964\u0965])[\u0900-\u0dff]")
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_NUMBER = re.compile(r"\d(?:[\d.,:/\-]*\d)?")
_ON_LATIN = re.compile(r"(?<=[0-9A-Za-z])[\u0901-\u0903\u093c\u0a01-\u0a03\u0a3c\u0a70\u0a71]")


def joins(text: str, at: int) -> bool:
    """Whether the joiner at a place belongs to the writing: after a virama, or between two letters of one script."""
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    if before and unicodedata.combining(before) == _VIRAMA:
        return True  # spec: RFC 5892 A.1, A.2
    return bool(before and after) and _block(before) is not None and _block(before) == _block(after)


def strange(text: str) -> frozenset[int]:
    """Return the positions of letters, marks and digits that are out of place in the word or number they stand in."""
    return frozenset(_two_scripts(text) | _two_kinds_of_digit(text) | {m.start() for m in _ON_LATIN.finditer(text)})


def _block(char: str) -> int | None:
    """The number of the script's block, None for a character that is of no Indic script or of all."""
    return (ord(char) - 0x900) // 0x80 if "\u0900" <= char <= "\u0dff" and char not in _SHARED else None


def _two_scripts(text: str) -> set[int]:
    """In a word of two scripts every character of the rarer one; of two that are as frequent, the later."""
    found: set[int] = set()
    first = _LETTER.search(text)
    if first is None or not _others(_block(first[0])).search(text):
        return found
    for word in _WORD.finditer(text):
        blocks = [_block(char) for char in word[0]]
        counted = Counter(block for block in blocks if block is not None)
        if len(counted) > 1:
            main = counted.most_common(1)[0][0]
            found |= {word.start() + at for at, block in enumerate(blocks) if block not in {None, main}}
    return found


@cache
def _others(block: int | None) -> re.Pattern[str]:
    """Find a letter or mark of a Indic script that is of another block."""
    ranges = (chr(0x900 + 0x80 * each) + "-" + chr(0x97F + 0x80 * each) for each in range(10) if each != block)
    return re.compile(f"(?![{_SHARED}\u0964\u0965])[{''.join(ranges)}]")


def _two_kinds_of_digit(text: str) -> set[int]:
    """Digits that are not ASCII in a number that has others, or right beside a Latin letter: a zero passes for an o."""
    if not _FOREIGN_DIGIT.search(text):
        return set()
    found: set[int] = set()
    for number in _NUMBER.finditer(text):
        kinds = {ord(char) - int(char) for char in number[0] if char.isdecimal()}
        if len(kinds) > 1:
            found |= {number.start() + at for at, char in enumerate(number[0]) if char.isdecimal() and char > "9"}
    for at, char in enumerate(text):
        if (
            char > "9"
            and char.isdecimal()
            and any(_latin(each) for each in text[max(at - 1, 0) : at] + text[at + 1 : at + 2])
        ):
            found.add(at)
    return found


def _latin(char: str) -> bool:
    return char.isalpha() and char < "\u0250"
