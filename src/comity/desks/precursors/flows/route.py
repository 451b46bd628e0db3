"""The way a consignment goes: free zones, departure elsewhere than origin, places more than usual, a way unseen for this pair.

The rule it keeps: one odd thing is a note; only several together are worth a look, and each point is on its own line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from statistics import median_low
from unicodedata import category

from comity.desks.precursors.flows.model import Alert, Consignment, Discrepancy, Line, Party, Sign, Unit, milli
from comity.desks.precursors.flows.thresholds import Thresholds
from comity.desks.precursors.flows.trade import Check, Trade, one_each

Way = tuple[str, ...]
FREE_ZONE_POINTS = 2
_SPOKEN = frozenset("LMN")
"""Letters, the marks that belong to them, and digits, by the first letter of their Unicode category."""


@dataclass(frozen=True, slots=True)
class Travelled:
    """One consignment that passed between two sides."""

    day: date
    way: Way


def way_of(one: Consignment) -> Way:
    """Return departure and places of transit."""
    return (one.departure, *one.via)


def place_of(text: str) -> str:
    """Return a place as it is compared: small letters and digits of whatever script, single blanks."""
    return " ".join("".join(char if category(char)[0] in _SPOKEN else " " for char in text.casefold()).split())


def in_zone(place: str, zones: frozenset[str]) -> bool:
    """Say whether a place is a free zone: by its code or name, or because a name of two words or more stands in its address."""
    said = place_of(place)
    known = {place_of(zone) for zone in zones}
    return said in known or any(f" {zone} " in f" {said} " for zone in known if " " in zone)


def route_checks(trade: Trade, rules: Thresholds) -> Iterator[Check]:
    """Yield one check for each consignment, against those of its pair before its day."""
    passed: dict[tuple[Party, Party], list[Travelled]] = defaultdict(list)
    consignments = one_each(trade.consignments)
    for one in consignments:
        passed[one.from_party, one.to_party].append(Travelled(one.day, way_of(one)))
    for one in consignments:
        run = partial(_judge, one, passed[one.from_party, one.to_party], rules)
        yield Check(Discrepancy.ROUTE, one.id, run)


def _judge(one: Consignment, passed: list[Travelled], rules: Thresholds) -> Alert | None:
    since = one.day - timedelta(days=rules.route.seen_days)
    before = [other.way for other in passed if since <= other.day < one.day]
    found = tuple(_points(one, before, rules))
    points = sum(int(line.amount) for line in found)
    if points < rules.route.points:
        return None
    lines = (
        *found,
        Line(Sign.EQUALS, "together", Decimal(points), Unit.POINTS),
        Line(Sign.LIMIT, "worth a look from", Decimal(rules.route.points), Unit.POINTS),
    )
    subject = (f"consignment={one.id}", f"way={' '.join(way_of(one))}")
    return Alert(Discrepancy.ROUTE, subject, (one.id,), lines, rules.name, milli(points, rules.route.points))


def _points(one: Consignment, before: list[Way], rules: Thresholds) -> Iterator[Line]:
    for place in one.via:
        if in_zone(place, rules.free_zones):
            yield Line(Sign.PLUS, "stops in a free zone", Decimal(FREE_ZONE_POINTS), Unit.POINTS, place)
    if one.origin != one.departure:
        yield Line(Sign.PLUS, f"made in {one.origin}, sent from", Decimal(1), Unit.POINTS, one.departure)
    if len(before) < rules.route.least_history:
        return
    if way_of(one) not in before:
        yield Line(Sign.PLUS, f"a way unseen among {len(before)} before", Decimal(1), Unit.POINTS)
    usual = median_low(len(way) for way in before)
    if len(way_of(one)) > usual:
        more = Decimal(len(way_of(one)) - usual)
        yield Line(Sign.PLUS, "more places than usual for this pair", more, Unit.POINTS)
