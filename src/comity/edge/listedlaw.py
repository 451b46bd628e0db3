"""What the list of watched substances says of declared goods: which substance, whose law, since when, and how it is drawn.

The rule it keeps: the list is read once at the start; a node without one says nothing, and one that cannot draw shows formulas.
"""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from comity.edge.desks import offering, part
from comity.edge.substances import list_files
from comity.screen.consignments import Card, Drawing, Goods, Known, Laws, Standing

_NEEDED = "rdkit"
_TABLE = "substances.csv"


class ListedLaw:
    """One edition of the list, as the page of a consignment asks it.

    Args:
        desk: whose list it is.
        files: of the edition, by name.

    Raises:
        BadConfiguration: the edition does not hold.
    """

    def __init__(self, desk: str, files: Mapping[str, bytes]) -> None:
        self._book = part(desk, "screening.book").SubstanceBook.load(files)
        self._status = part(desk, "screening.status")
        self._desk = desk
        self._draws = importlib.util.find_spec(_NEEDED) is not None
        rows = csv.DictReader(io.StringIO(files[_TABLE].decode()))
        self._formulas = {row["substance_id"]: row.get("formula", "") for row in rows}
        self._by_cas: dict[str, Any] = {}
        self._by_key: dict[str, Any] = {}
        self._by_name: dict[str, Any] = {}
        for one in self._book.substances:
            self._by_cas |= dict.fromkeys((number for number in (one.cas, *(n for n, _ in one.related)) if number), one)
            self._by_key |= dict.fromkeys((key for key in (one.inchikey, *one.keys) if key), one)
            self._by_name |= {name.casefold(): one for name in one.names}

    def said(self, card: Card, places: Mapping[str, str], way: tuple[str, str], day: date) -> Card:
        """Return a consignment with what the list says of each line.

        Args:
            card: without it.
            places: mark of a party by the code of its law.
            way: codes of the law where the goods leave and where they land.
            day: on which they leave.
        """
        screened = {one.line: one.substance for one in card.checks}
        goods = tuple(self._told(one, screened.get(one.line, ""), places, way, day) for one in card.goods)
        return replace(card, goods=goods, edition=self._book.edition, draws=self._draws)

    def _told(self, goods: Goods, screened: str, places: Mapping[str, str], way: tuple[str, str], day: date) -> Goods:
        found, by = self._find(goods, screened)
        if found is None:
            return goods
        answer = self._status.asymmetry(self._book, found.id, *way, day)
        laws = Laws(
            relation=answer.relation.value,
            leaves=_standing(answer.origin, places),
            lands=_standing(answer.destination, places),
            treaties=tuple(_standing(one, places) for one in answer.treaties),
            gap=answer.gap.value,
        )
        drawn = self._draw(found.smiles)
        formula = drawn.formula if drawn is not None else self._formulas.get(found.id, "")
        return replace(goods, laws=laws, known=Known(found.id, found.name, by, formula, drawn))

    def _find(self, goods: Goods, screened: str) -> tuple[Any, str]:
        """Return the listed substance that a line names, and by which of its parts; (None, "") for none."""
        ways = (
            ("screen", self._book.by_id.get(screened)),
            ("inchikey", self._by_key.get(goods.inchikey)),
            ("cas", self._by_cas.get(goods.cas)),
            ("name", self._by_name.get(goods.substance.casefold())),
        )
        return next(((found, by) for by, found in ways if found is not None), (None, ""))

    def _draw(self, smiles: str) -> Drawing | None:
        if not self._draws:
            return None
        drawn: Drawing | None = part(self._desk, "drawing").draw(smiles)  # loaded with the first page that draws
        return drawn


def _standing(answer: Any, places: Mapping[str, str]) -> Standing:
    status = answer.status
    place = places.get(answer.jurisdiction, answer.jurisdiction.upper())
    if status is None:
        return Standing(place, answer.standing.value)
    return Standing(place, answer.standing.value, status.list, status.instrument, status.since, status.kind.value)


def open_listed_law(desk: str, folder: Path) -> ListedLaw | None:
    """Return what the list in a folder says; None where there is none.

    Raises:
        BadConfiguration: the list is there and does not hold.
    """
    if not folder.is_dir() or not offering((desk,), "screening"):
        return None
    return ListedLaw(desk, list_files(folder))
