"""Which listed substance a line is: by the screen, else by number and name of the list; no chemistry is loaded.

The rule it keeps: a name counts where it stands whole or as a salt, or alone in a text; number and name that differ settle
nothing. What the names of the list are is read in one place, `screening.names`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from comity.desks.precursors.flows.filed import Unplaced
from comity.desks.precursors.flows.model import SubstanceId
from comity.desks.precursors.model import Line
from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.screening.cas import tidy
from comity.desks.precursors.screening.names import NameIndex, Way

_KEPT = 4_096


class BookNaming:
    """A `filed.Naming` and a `description.Identify` over one edition of the list.

    Args:
        book: the edition.
    """

    def __init__(self, book: SubstanceBook) -> None:
        self._substances = book.by_id
        self._names = NameIndex(book)
        self._find = lru_cache(_KEPT)(self._names.find)
        self._cas = {
            number: one.id for one in book.substances for number in (one.cas, *(n for n, _ in one.related)) if number
        }
        self._keys = {key: one.id for one in book.substances for key in (one.inchikey, *one.keys) if key}

    def of(self, line: Line, screened: str) -> SubstanceId | Unplaced:
        """Return the substance of a line, or why there is none."""
        if screened in self._substances:
            return SubstanceId(screened)
        named = self._find(line.substance)
        ways = (
            self._keys.get(line.inchikey),
            self._cas.get(tidy(line.cas)) if line.cas else None,
            named.substance.id if named is not None and named.way.sure else None,
        )
        found = {one for one in ways if one is not None}
        if len(found) > 1:
            return Unplaced.APART
        return SubstanceId(found.pop()) if found else Unplaced.SUBSTANCE

    def by_text(self, text: str) -> frozenset[SubstanceId]:
        """Return the substances that a text surely names."""
        found = self._find(text)
        if found is None or not found.way.sure:
            return frozenset()
        if found.way is not Way.IN_TEXT:
            return frozenset({SubstanceId(found.substance.id)})
        return frozenset(SubstanceId(one.substance.id) for one in self._names.find_in_text(text) if one.way.sure)

    def by_cas(self, cas: str) -> frozenset[SubstanceId]:
        """Return the substance of a CAS number, that of one of its salts or forms too."""
        found = self._cas.get(tidy(cas)) if cas else None
        return frozenset() if found is None else frozenset({SubstanceId(found)})

    def codes(self, substance: SubstanceId) -> frozenset[str]:
        """Return the customs code of a substance."""
        return self._of(substance, "hs")

    def transport(self, substance: SubstanceId) -> frozenset[str]:
        """Return the transport number of a substance."""
        return self._of(substance, "un")

    def _of(self, substance: SubstanceId, field: Literal["hs", "un"]) -> frozenset[str]:
        found = self._substances.get(substance)
        return frozenset() if found is None else frozenset(filter(None, (getattr(found, field),)))
