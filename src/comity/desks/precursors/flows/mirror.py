"""What one side declared as exported beside what the other declared as imported: by code, month and pair, and one by one.

The rule it keeps: both declarations of a consignment count in the month and under the code of the exporter's, so that a
voyage over the end of a month is no gap; what may still be on its way is taken off first. Masses only: prices differ by
freight and insurance.
"""
# spec: precursors-and-documents.md 4

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from comity.desks.precursors.flows.model import (
    Alert,
    Consignment,
    ConsignmentId,
    Discrepancy,
    Grams,
    Line,
    Party,
    Sign,
    grams_line,
    milli,
)
from comity.desks.precursors.flows.thresholds import Thresholds
from comity.desks.precursors.flows.trade import Check, Trade

SHOWN = 8
"""Consignments written out in an alert about a month."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One consignment as either side declared it; at least one of the two is there."""

    outward: Consignment | None
    inward: Consignment | None

    @property
    def first(self) -> Consignment:
        """Return the exporter's declaration, else the importer's."""
        one = self.outward or self.inward
        assert one is not None
        return one

    @property
    def exported(self) -> Grams:
        """Return the exporter's mass, 0 where it declared none."""
        return self.outward.grams if self.outward else Grams(0)

    @property
    def imported(self) -> Grams:
        """Return the importer's mass, 0 where it declared none."""
        return self.inward.grams if self.inward else Grams(0)

    def underway(self, until: date, days: int) -> bool:
        """Say whether only one side declared it and the other may still do so."""
        alone = self.outward is None or self.inward is None
        return alone and until - self.first.day <= timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Cell:
    """One code, month and pair of sides."""

    hs6: str
    month: str
    from_party: Party
    to_party: Party


def declared(trade: Trade) -> tuple[Declared, ...]:
    """Return each consignment with both declarations, sorted by number."""
    sides: dict[ConsignmentId, dict[bool, Consignment]] = defaultdict(dict)
    for one in trade.consignments:
        sides[one.id].setdefault(one.outward, one)
    return tuple(Declared(sides[key].get(True), sides[key].get(False)) for key in sorted(sides))


def cells(consignments: tuple[Declared, ...]) -> dict[Cell, tuple[Declared, ...]]:
    """Return the consignments by cell, sorted."""
    found: dict[Cell, list[Declared]] = defaultdict(list)
    for both in consignments:
        one = both.first
        found[Cell(one.hs6, one.day.isoformat()[:7], one.from_party, one.to_party)].append(both)
    order = sorted(found, key=lambda cell: (cell.month, cell.hs6, cell.from_party))
    return {cell: tuple(found[cell]) for cell in order}


def mirror_checks(trade: Trade, rules: Thresholds) -> Iterator[Check]:
    """Yield one check for each consignment and one for each cell, where both sides declared anything at all."""
    if len({one.declared_by for one in trade.consignments}) < 2:  # noqa: PLR2004  two sides
        return
    both = tuple(one for one in declared(trade) if one.first.id not in trade.announced)
    for one in both:
        yield Check(Discrepancy.MIRROR, one.first.id, partial(_of_one, one, trade.until, rules))
    for cell, members in cells(tuple(one for one in both if one.first.hs6)).items():
        subject = f"{cell.hs6} {cell.month} {cell.from_party}-{cell.to_party}"
        yield Check(Discrepancy.MIRROR, subject, partial(_of_cell, cell, members, trade.until, rules))


def _of_one(both: Declared, until: date, rules: Thresholds) -> Alert | None:
    if both.underway(until, rules.reconcile.transit_days):
        return None
    gap = both.exported - both.imported
    allowed = rules.mirror.one.of(max(both.exported, both.imported))
    if abs(gap) <= allowed:
        return None
    lines = (
        grams_line(
            Sign.PLUS, "declared by the exporter" if both.outward else "not declared by the exporter", both.exported
        ),
        grams_line(
            Sign.MINUS, "declared by the importer" if both.inward else "not declared by the importer", both.imported
        ),
        grams_line(Sign.EQUALS, "gap", gap),
        grams_line(Sign.LIMIT, "allowed gap", allowed),
    )
    name = both.first.id
    return Alert(Discrepancy.MIRROR, (f"consignment={name}",), (name,), lines, rules.name, milli(abs(gap), allowed))


def _of_cell(cell: Cell, members: tuple[Declared, ...], until: date, rules: Thresholds) -> Alert | None:
    here = [one for one in members if not one.underway(until, rules.reconcile.transit_days)]
    away = sum(max(one.exported, one.imported) for one in members) - sum(
        max(one.exported, one.imported) for one in here
    )
    exported, imported = sum(one.exported for one in here), sum(one.imported for one in here)
    gap, allowed = exported - imported, rules.mirror.cell.of(max(exported, imported))
    if abs(gap) <= allowed:
        return None
    apart = sorted(here, key=lambda one: (-abs(one.exported - one.imported), one.first.id))
    own = rules.mirror.one
    causes = [o for o in apart if abs(o.exported - o.imported) > own.of(max(o.exported, o.imported))][:SHOWN] or apart[
        :1
    ]
    lines: list[Line] = [
        grams_line(Sign.PLUS, "declared by the exporters", exported),
        grams_line(Sign.MINUS, "declared by the importers", imported),
        grams_line(Sign.EQUALS, "gap", gap),
        grams_line(Sign.LIMIT, "allowed gap", allowed),
        grams_line(Sign.NOTE, "left out, may be on its way", away),
        *(grams_line(Sign.NOTE, "of it", one.exported - one.imported, one.first.id) for one in causes),
    ]
    subject = (f"hs6={cell.hs6}", f"month={cell.month}", f"from={cell.from_party}", f"to={cell.to_party}")
    numbers = tuple(sorted(one.first.id for one in causes))
    return Alert(Discrepancy.MIRROR, subject, numbers, tuple(lines), rules.name, milli(abs(gap), allowed))
