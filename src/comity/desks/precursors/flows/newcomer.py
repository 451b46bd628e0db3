"""A firm that is new here, and something else as well: a trait of a refused order, a young firm, a large first quantity.

The rule it keeps: being new is no ground by itself; every honest firm was new once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from statistics import median

from comity.desks.precursors.flows.model import (
    Alert,
    Consignment,
    Discrepancy,
    HolderId,
    LicenceHolder,
    Line,
    Party,
    Sign,
    SubstanceId,
    Unit,
    milli,
)
from comity.desks.precursors.flows.thresholds import NewcomerRules, Thresholds
from comity.desks.precursors.flows.trade import Check, Trade, one_each

Firm = tuple[Party, HolderId]
LEAST_FIRSTS = 5
"""First orders of a substance before a quantity can be called large."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of who came when.

    Attributes:
        first: first day of each firm, and of each firm with each substance.
        opening: (day, grams) of each firm's first consignment of a substance, by day.
        begins: first day of the data.
    """

    first: dict[Firm, date]
    opening: dict[SubstanceId, list[tuple[date, int]]]
    begins: date

    def usual_first(self, one: Consignment) -> int | None:
        """Return the median first quantity of this substance up to the day before, None where too few are known."""
        before = [grams for day, grams in self.opening[one.substance] if day < one.day]
        return int(median(before)) if len(before) >= LEAST_FIRSTS else None


def firms_of(one: Consignment) -> tuple[Firm, Firm]:
    """Return exporter and consignee."""
    return (one.from_party, one.exporter), (one.to_party, one.consignee)


def past_of(consignments: tuple[Consignment, ...]) -> Past:
    """Read the past from consignments in the order of their days."""
    first: dict[Firm, date] = {}
    opened: set[tuple[Firm, SubstanceId]] = set()
    opening: dict[SubstanceId, list[tuple[date, int]]] = defaultdict(list)
    for one in consignments:
        for firm in firms_of(one):
            first.setdefault(firm, one.day)
        key = (firms_of(one)[1], one.substance)
        if key not in opened:
            opened.add(key)
            opening[one.substance].append((one.day, one.grams))
    return Past(first, opening, consignments[0].day if consignments else date.min)


def newcomer_checks(trade: Trade, rules: Thresholds) -> Iterator[Check]:
    """Yield one check for each consignment of a firm that is new here, where the data go back far enough to say so."""
    consignments, holders = one_each(trade.consignments), trade.holder_index()
    past = past_of(consignments)
    settled = past.begins + timedelta(days=rules.newcomer.settle_days) if consignments else date.max
    for one in consignments:
        for firm in firms_of(one):
            since = one.day - past.first[firm]
            if past.first[firm] >= settled and since <= timedelta(days=rules.newcomer.new_days):
                run = partial(_judge, one, (firm, holders.get(firm)), past, (trade.refused, rules))
                yield Check(Discrepancy.NEWCOMER, f"{one.id} {firm[1]}", run)


def _judge(
    one: Consignment,
    who: tuple[Firm, LicenceHolder | None],
    past: Past,
    known: tuple[frozenset[str], Thresholds],
) -> Alert | None:
    (firm, holder), (refused, rules) = who, known
    found = [*_by_register(one, holder, refused, rules.newcomer)]
    if firm == firms_of(one)[1]:
        found += _by_quantity(one, past, rules.newcomer)
    points = sum(int(line.amount) for line in found if line.unit is Unit.POINTS)
    if points < rules.newcomer.points:
        return None
    days = Decimal((one.day - past.first[firm]).days)
    lines = (
        Line(Sign.NOTE, "first seen here before", days, Unit.DAYS, firm[1]),
        *found,
        Line(Sign.EQUALS, "together", Decimal(points), Unit.POINTS),
        Line(Sign.LIMIT, "worth a look from", Decimal(rules.newcomer.points), Unit.POINTS),
    )
    subject = (f"consignment={one.id}", f"firm={firm[1]}")
    return Alert(Discrepancy.NEWCOMER, subject, (one.id,), lines, rules.name, milli(points, rules.newcomer.points))


def _by_register(
    one: Consignment, holder: LicenceHolder | None, refused: frozenset[str], rules: NewcomerRules
) -> Iterator[Line]:
    """Yield what the register and refused orders say of the firm."""
    if holder is None:
        yield Line(Sign.PLUS, "in no register", Decimal(1), Unit.POINTS)
        return
    for trait in holder.traits:
        if trait in refused:
            yield Line(Sign.PLUS, f"shares with a refused order: {trait.partition(':')[0]}", Decimal(3), Unit.POINTS)
    if holder.founded is not None and one.day - holder.founded < timedelta(days=rules.young_days):
        age = Decimal((one.day - holder.founded).days)
        yield Line(Sign.NOTE, "age of the firm", age, Unit.DAYS)
        yield Line(Sign.PLUS, f"younger than {rules.young_days} days", Decimal(1), Unit.POINTS)


def _by_quantity(one: Consignment, past: Past, rules: NewcomerRules) -> Iterator[Line]:
    """Yield what the quantity says beside other firms' first orders."""
    usual = past.usual_first(one)
    if usual is None:
        return
    permille = milli(one.grams, usual)
    if permille >= rules.large_permille:
        points = 2 if permille >= rules.very_large_permille else 1
        times = Decimal(permille) / 1_000
        yield Line(Sign.NOTE, "quantity beside the median first order", times, Unit.TIMES)
        yield Line(Sign.PLUS, "large first order", Decimal(points), Unit.POINTS)
