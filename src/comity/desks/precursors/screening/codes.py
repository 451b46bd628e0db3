"""Customs and transport codes: what a code names exactly, and what it only gathers.

The rule it keeps: a code that names one substance identifies it; one that gathers many says nothing of a substance but that it
may be among them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from comity.desks.precursors.screening.book import Substance, SubstanceBook

_SIX: Final = 6
_HEADING: Final = 4
_LONGEST: Final = 12
_CHAPTERS: Final = 97
_HS: Final = re.compile(r"\d{4}(?:\d{2}){0,4}")
_UN: Final = re.compile(r"(?:un|id|na)?(\d{4})")
_UN_IN_TEXT: Final = re.compile(r"\bUN\s?(?:no\.?\s?)?-?(\d{4})\b", re.IGNORECASE)
PREPARED: Final = frozenset({"30", "32", "33", "34", "38"})
"""Chapters of medicines, paints, perfumes, soaps and preparations, in which any substance may be an ingredient."""


def read_hs(text: str) -> str | None:
    """Return the digits of a customs code, 4 to 12; None if it is none."""
    digits = re.sub(r"[.\s-]", "", text.upper().removeprefix("HS"))
    if len(digits) > _LONGEST or not (digits.isascii() and _HS.fullmatch(digits)):
        return None
    return digits if 0 < int(digits[:2]) <= _CHAPTERS else None


def read_un(text: str) -> str | None:
    """Return the four digits of a transport number; None if it is none."""
    found = _UN.fullmatch(re.sub(r"[\s.:-]", "", text.lower()))
    return found[1] if found else None


def un_in_text(text: str) -> Iterator[str]:
    """Yield the transport numbers that a text gives as such."""
    for found in _UN_IN_TEXT.finditer(text):
        yield found[1]


class Codes:
    """The codes of an edition.

    Args:
        book: the edition.
    """

    def __init__(self, book: SubstanceBook) -> None:
        self._exact: defaultdict[str, list[Substance]] = defaultdict(list)
        self._gathers: defaultdict[str, list[Substance]] = defaultdict(list)
        self._un: defaultdict[str, list[Substance]] = defaultdict(list)
        for one in book.substances:
            if one.hs:
                (self._exact if one.hs_exact else self._gathers)[one.hs].append(one)
            if one.un:
                self._un[one.un].append(one)

    def named(self, hs: str) -> tuple[Substance, ...]:
        """Return the substances that a code of six digits or more names."""
        return tuple(self._exact.get(hs[:_SIX], ()))

    def gathered(self, hs: str) -> tuple[Substance, ...]:
        """Return the substances that are among those under a code."""
        return tuple(self._gathers.get(hs[:_SIX], ()))

    def carried(self, un: str) -> tuple[Substance, ...]:
        """Return the substances with a transport number."""
        return tuple(self._un.get(un, ()))


def agrees(hs: str, own: str, *, exact: bool) -> bool:
    """Say whether a code of a paper can be that of a substance whose code is known.

    Args:
        hs: of the paper, digits.
        own: of the substance, six digits.
        exact: the substance's code names it; else any code of the same heading will do.
    """
    if hs[:2] in PREPARED:
        return True
    size = min(len(hs), _SIX if exact else _HEADING)
    return hs[:size] == own[:size]
