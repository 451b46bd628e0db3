"""Finding what must not cross in plain text: national numbers, card numbers and whatever an edition has a pattern for.

The rule it keeps: a candidate that fails its check digit never hides a good number that begins inside it, in any
script's digits. Patterns are data of a law edition; this module knows how to look, not what for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from comity.base.errors import BadConfiguration

_D5 = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
"""Multiplication in the dihedral group of order ten, as Verhoeff wrote it (1969)."""
_MULTIPLY = tuple(tuple(int(c) for c in row) for row in _D5)
_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _powers() -> tuple[tuple[int, ...], ...]:
    rows = [tuple(range(10))]
    for _ in range(7):
        rows.append(tuple(rows[-1][_STEP[digit]] for digit in range(10)))
    return tuple(rows)


_PERMUTE = _powers()


def verhoeff(digits: Sequence[int]) -> bool:
    """Say whether the last of `digits` is the Verhoeff check digit of the others."""  # spec: Verhoeff
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total = _MULTIPLY[total][_PERMUTE[place & 7][digit]]
    return total == 0


_LUHN_MODULUS = 10
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn(digits: Sequence[int]) -> bool:
    """Say whether the last of `digits` is the Luhn check digit of the others."""  # spec: ISO/IEC 7812-1 annex B
    total = sum(_DOUBLED[d] if place & 1 else d for place, d in enumerate(reversed(digits)))
    return total % _LUHN_MODULUS == 0


_CHECKS = {"verhoeff": verhoeff, "luhn": luhn}


@dataclass(frozen=True, slots=True)
class Pattern:
    r"""One thing to look for.

    Attributes:
        id: name of the pattern in its edition.
        category: data category of what it finds.
        regex: Python regular expression; `\d` means a digit of any script.
        check: `verhoeff`, `luhn` or `none`; the check runs over all digits of a match.
        hard_stop: what it finds never crosses, whoever confirms what.
    """

    id: str
    category: str
    regex: str
    check: str
    hard_stop: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One match: `text[start:end]` of the text at `index`."""

    pattern: str
    category: str
    hard_stop: bool
    index: int
    start: int
    end: int


_PLAIN = re.compile(
    r"(?:\(\?<![^()]*\)|\\b)?"  # what must not stand before, or a word's edge
    r"((?:(?:\\d|\[\d-\d\])(?:\{\d+\})?|\[[ .-]+\][?*]?|[ -][?*]?)+)"  # digits and separators
    r"(?:\(\?![^()]*\)|\\b)?"  # what must not stand behind
)
"""Regular expressions of digits and separators only: how many digits they need can be counted."""
_PLAIN_DIGITS = re.compile(r"(?:\\d|\[\d-\d\])(?:\{(\d+)\})?")
_SHAPE = bytes(ord("1") if chr(b).isdigit() and b < 128 else ord(" ") for b in range(256))  # noqa: PLR2004  ASCII ends there
_SEPARATORS = b" .-"
_OTHER_DIGIT = re.compile(r"[^\D0-9]")


@lru_cache(maxsize=256)
def _ready(pattern: Pattern) -> tuple[re.Pattern[str], bytes]:
    """Return the compiled expression and the run of digits without which it cannot match (empty: not known)."""
    if pattern.check not in {*_CHECKS, "none"}:
        raise BadConfiguration(f"pattern {pattern.id}: no check is called {pattern.check!r}")
    try:
        compiled = re.compile(pattern.regex)
    except re.error as error:
        raise BadConfiguration(f"pattern {pattern.id}: not a regular expression ({error})") from error
    if compiled.match("") is not None:
        raise BadConfiguration(f"pattern {pattern.id}: it matches nothing at all, everywhere")
    plain = _PLAIN.fullmatch(pattern.regex)
    least = sum(int(n or 1) for n in _PLAIN_DIGITS.findall(plain[1])) if plain else 0
    return compiled, b"1" * least


def _shape(text: str) -> bytes:
    """Return the text with separators left out, every ASCII digit as `1` and all else as a blank."""
    return text.encode("utf-8", "surrogatepass").translate(_SHAPE, _SEPARATORS)


def scan(texts: Iterable[str], patterns: Sequence[Pattern]) -> tuple[Finding, ...]:
    """Return all that the patterns find, in the order of text, pattern, place.

    A cheap look at each text first: a pattern made of digits and separators only is not run where no such run stands.

    Raises:
        BadConfiguration: a pattern that is no regular expression or names an unknown check.
    """
    ready = [(pattern, *_ready(pattern)) for pattern in patterns]
    found: list[Finding] = []
    for index, text in enumerate(texts):
        shape = _shape(text)
        other_digits = not text.isascii() and _OTHER_DIGIT.search(text) is not None
        for pattern, compiled, run in ready:
            if run in shape or other_digits:
                found.extend(_matches(pattern, compiled, text, index))
    return tuple(found)


def _matches(pattern: Pattern, compiled: re.Pattern[str], text: str, index: int) -> Iterable[Finding]:
    check = _CHECKS.get(pattern.check)
    match = compiled.search(text)
    while match is not None:
        start, end = match.span()
        if check is None or check([int(c) for c in match[0] if c.isdecimal()]):
            yield Finding(pattern.id, pattern.category, pattern.hard_stop, index, start, end)
            match = compiled.search(text, end)
        else:
            # The next good number may begin inside this bad one: "2026 " and then twelve digits.
            match = compiled.search(text, start + 1)


def mark(category: str) -> str:
    """Return what stands where something of `category` was removed; it tells neither content nor length."""
    return f"[removed: {category}]"


def strike(text: str, findings: Iterable[Finding]) -> str:
    """Return `text` with every finding replaced by its mark.

    Args:
        text: the text that was scanned.
        findings: those of this text only; findings that overlap become one mark, that of the first.
    """
    spans: list[tuple[int, int, str]] = []
    for finding in sorted(findings, key=lambda f: (f.start, -f.end)):
        if spans and finding.start < spans[-1][1]:
            start, end, category = spans[-1]
            spans[-1] = (start, max(end, finding.end), category)
        else:
            spans.append((finding.start, finding.end, finding.category))
    edges = [(0, 0, ""), *spans, (len(text), len(text), "")]
    kept = [text[left[1] : right[0]] for left, right in pairwise(edges)]
    return "".join(part + (mark(span[2]) if span[2] else "") for part, span in zip(kept, edges[1:], strict=True))
