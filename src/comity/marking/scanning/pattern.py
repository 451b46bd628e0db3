"""Patterns and findings: what an edition says to look for, what is found, and what must stand in a text for either."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from comity.base.errors import BadConfiguration
from comity.marking.scanning.checks import CHECKS, Check
from comity.marking.scanning.fold import fold
from comity.marking.scanning.phrases import AFTER, INSIDE, expression, inside, keys_of

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
    """A pattern, or one phrase of it, with what a text must have for it to be tried."""

    pattern: Pattern
    source: str
    """Its regular expression; a phrase's is compiled when it is first tried, for most never are."""
    behind: re.Pattern[str] | None
    """What the character before a match must not be; kept apart so that the search can skip ahead."""
    near: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    check: Check | None
    digits: int
    keys: frozenset[bytes]
    """One of these must begin a word of a text; empty: nothing is known."""
    also: tuple[frozenset[bytes], ...] = ()
    """And of each of these one must stand somewhere in it."""
    kinds: bytes = b""
    """What must stand in a text where each small letter is `a` and each digit `1`: a look that takes no search."""

    @property
    def search(self) -> re.Pattern[str]:
        """What finds it."""
        return _compiled(self.source)


@lru_cache(maxsize=8192)
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE if _CAPITAL.search(source) else 0)


_PLAIN = re.compile(
    r"(?:\(\?<![^()]*\)|\\b)?"  # what must not stand before, or a word's edge
    r"((?:(?:\\d|\[\d-\d\])(?:\{\d+\})?|\[[ .-]+\][?*]?|[ -][?*]?)+)"  # digits and separators
    r"(?:\(\?![^()]*\)|\\b)?"  # what must not stand behind
)
"""Regular expressions of digits and separators only: how many digits they need can be counted."""
_PLAIN_DIGITS = re.compile(r"(?:\\d|\[\d-\d\])(?:\{(\d+)\})?")
_CAPITAL = re.compile(r"(?<!\\)[A-Z]")


_SMALL = r"\[(?:[a-z]-[a-z]|[a-z])+\]"
_LETTER_DIGIT_LETTER = re.compile(rf"{_SMALL}\\d{_SMALL}(?![*?+{{])[^|A-Z]*", re.DOTALL)
"""Expressions, no choices, of a letter, a digit and a letter: a search would begin them at almost every letter of a text."""


_HEAD = re.compile(r"\(\?<!(\[(?:[^\]\\]|\\.)*\]|\\d)\)(?!.*\|)")
"""What must not stand before, at the head of an expression that is no choice at its top."""


@lru_cache(maxsize=256)
def make_ready(pattern: Pattern) -> tuple[Ready, ...]:
    """Compile a pattern: its one expression, or each of its phrases; one that two editions share, once.

    Raises:
        BadConfiguration: it is no regular expression, matches nothing at all, names an unknown check, has both or neither
            of regex and words, or has a phrase without a word to be known by.
    """
    if pattern.check != NO_CHECK and pattern.check not in CHECKS:
        raise BadConfiguration(f"pattern {pattern.id}: no check is called {pattern.check!r}")
    if bool(pattern.regex) is bool(pattern.words):
        raise BadConfiguration(f"pattern {pattern.id}: it has either a regex or words")
    try:
        ready = _of_words(pattern) if pattern.words else (_of_regex(pattern),)
        anything = bool(pattern.regex) and ready[0].search.match("") is not None
    except re.error as error:
        raise BadConfiguration(f"pattern {pattern.id}: not a regular expression ({error})") from error
    except BadConfiguration as error:
        raise BadConfiguration(f"pattern {pattern.id}: {error}") from error
    if anything:
        raise BadConfiguration(f"pattern {pattern.id}: it matches nothing at all, everywhere")
    return ready


def _of_words(pattern: Pattern) -> tuple[Ready, ...]:
    near, unless, check = _phrases(pattern.near), _phrases(pattern.unless), CHECKS.get(pattern.check)
    return tuple(
        Ready(pattern, inside(phrase) + AFTER, INSIDE, near, unless, check, pattern.digits, keys[0], keys[1:])
        for phrase, keys in ((phrase, keys_of(phrase)) for phrase in pattern.words)
    )


def _of_regex(pattern: Pattern) -> Ready:
    folded = "".join(char if char.isascii() else re.escape(fold(char)) for char in pattern.regex)
    plain = _PLAIN.fullmatch(folded)
    least = sum(int(n or 1) for n in _PLAIN_DIGITS.findall(plain[1])) if plain else 0
    head = _HEAD.match(folded)
    behind = re.compile(head[1]) if head else None
    return Ready(
        pattern,
        folded[head.end() :] if head else folded,
        behind,
        _phrases(pattern.near),
        _phrases(pattern.unless),
        CHECKS.get(pattern.check),
        max(least, pattern.digits),
        frozenset(key for phrase in pattern.near for key in keys_of(phrase)[0]),
        kinds=b"a1a" if _LETTER_DIGIT_LETTER.fullmatch(folded[head.end() :] if head else folded) else b"",
    )


def _phrases(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile(expression(phrases)) if phrases else None
