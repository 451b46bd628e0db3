"""Patterns and findings: what an edition says to look for, what is found, and what must stand in a text for either."""

from __future__ import annotations

import re
from dataclasses import dataclass

from comity.base.errors import BadConfiguration
from comity.marking.scanning.checks import CHECKS, Check
from comity.marking.scanning.fold import fold
from comity.marking.scanning.phrases import expression, keys_of

NO_CHECK = "none"


@dataclass(frozen=True, slots=True)
class Pattern:
    r"""One thing to look for, in folded text (`fold.fold`): small letters, digits 0 to 9, no invisible characters.

    Attributes:
        id: name of the pattern in its edition.
        category: data category of what it finds.
        regex: Python regular expression; "" where `words` say what to look for.
        check: a name of `checks.CHECKS`, or `none`; it judges the whole match.
        hard_stop: what it finds never crosses, whoever confirms what.
        sure: precise enough that a receiver may rest on it without asking anyone.
        words: phrases to look for; what they find stands for the sentence around it.
        near: phrases of which one must stand beside what is found.
        unless: phrases of which none may stand beside what is found.
        digits: so many digits in one run, separators aside, must stand in a text for the regex to match.
        has: characters that must stand in a text for the regex to match.
        regions: whose numbering plans a telephone number may be of.
    """

    id: str
    category: str
    regex: str
    check: str
    hard_stop: bool
    sure: bool = False
    words: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    digits: int = 0
    has: str = ""
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One match: `text[start:end]` of the text at `index`; `words`: it was found by words, not by a number's form."""

    pattern: str
    category: str
    hard_stop: bool
    index: int
    start: int
    end: int
    sure: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """A pattern, compiled, with what a text must have for it to be tried."""

    pattern: Pattern
    search: re.Pattern[str]
    near: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    check: Check | None
    digits: int
    keys: frozenset[bytes]
    """One of these must be among the keys of a text; empty: nothing is known."""


_PLAIN = re.compile(
    r"(?:\(\?<![^()]*\)|\\b)?"  # what must not stand before, or a word's edge
    r"((?:(?:\\d|\[\d-\d\])(?:\{\d+\})?|\[[ .-]+\][?*]?|[ -][?*]?)+)"  # digits and separators
    r"(?:\(\?![^()]*\)|\\b)?"  # what must not stand behind
)
"""Regular expressions of digits and separators only: how many digits they need can be counted."""
_PLAIN_DIGITS = re.compile(r"(?:\\d|\[\d-\d\])(?:\{(\d+)\})?")
_CAPITAL = re.compile(r"(?<!\\)[A-Z]")


def make_ready(pattern: Pattern) -> Ready:
    """Compile a pattern.

    Raises:
        BadConfiguration: it is no regular expression, matches nothing at all, names an unknown check, has both or neither
            of regex and words, or has a phrase without a word to be known by.
    """
    if pattern.check != NO_CHECK and pattern.check not in CHECKS:
        raise BadConfiguration(f"pattern {pattern.id}: no check is called {pattern.check!r}")
    if bool(pattern.regex) is bool(pattern.words):
        raise BadConfiguration(f"pattern {pattern.id}: it has either a regex or words")
    try:
        search = _compiled(pattern)
        keys = frozenset(key for phrase in pattern.words or pattern.near for key in keys_of(phrase))
        near, unless = _phrases(pattern.near), _phrases(pattern.unless)
    except re.error as error:
        raise BadConfiguration(f"pattern {pattern.id}: not a regular expression ({error})") from error
    except BadConfiguration as error:
        raise BadConfiguration(f"pattern {pattern.id}: {error}") from error
    if search.match("") is not None:
        raise BadConfiguration(f"pattern {pattern.id}: it matches nothing at all, everywhere")
    plain = _PLAIN.fullmatch(pattern.regex)
    least = sum(int(n or 1) for n in _PLAIN_DIGITS.findall(plain[1])) if plain else 0
    return Ready(pattern, search, near, unless, CHECKS.get(pattern.check), max(least, pattern.digits), keys)


def _compiled(pattern: Pattern) -> re.Pattern[str]:
    if pattern.words:
        return re.compile(expression(pattern.words))
    folded = "".join(char if char.isascii() else re.escape(fold(char)) for char in pattern.regex)
    return re.compile(folded, re.IGNORECASE if _CAPITAL.search(folded) else 0)


def _phrases(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile(expression(phrases)) if phrases else None
