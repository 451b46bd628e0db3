"""Which listed substance a line is: by the screen, else by number and name of the list; no chemistry is loaded.

The rule it keeps: a name counts where it stands whole or as a salt; number and name that differ settle nothing.
"""

from __future__ import annotations

from comity.desks.precursors.flows.filed import Unplaced
from comity.desks.precursors.flows.model import SubstanceId
from comity.desks.precursors.model import Line
from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.screening.cas import tidy
from comity.desks.precursors.screening.names import NameIndex


class BookNaming:
    """A `filed.Naming` over one edition of the list.

    Args:
        book: the edition.
    """

    def __init__(self, book: SubstanceBook) -> None:
        self._ids = frozenset(book.by_id)
        self._names = NameIndex(book)
        self._cas = {
            number: one.id for one in book.substances for number in (one.cas, *(n for n, _ in one.related)) if number
        }
        self._keys = {key: one.id for one in book.substances for key in (one.inchikey, *one.keys) if key}

    def of(self, line: Line, screened: str) -> SubstanceId | Unplaced:
        """Return the substance of a line, or why there is none."""
        if screened in self._ids:
            return SubstanceId(screened)
        named = self._names.find(line.substance)
        ways = (
            self._keys.get(line.inchikey),
            self._cas.get(tidy(line.cas)) if line.cas else None,
            named.substance.id if named is not None and named.way.sure else None,
        )
        found = {one for one in ways if one is not None}
        if len(found) > 1:
            return Unplaced.APART
        return SubstanceId(found.pop()) if found else Unplaced.SUBSTANCE
