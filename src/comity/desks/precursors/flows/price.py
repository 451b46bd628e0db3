"""A price per kilogram beside those of its like: robust z of its logarithm within code, origin, currency and quarter.

The rule it keeps: a consignment is never among its own peers, and is judged only where there are enough of them.
A small pack may be dear: it is purer.
"""
# spec: precursors-and-documents.md 4

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from statistics import median

from comity.base.errors import BadForm
from comity.desks.precursors.flows.model import Alert, Consignment, Discrepancy, Line, Sign, Unit, count_line
from comity.desks.precursors.flows.thresholds import PriceRules, Thresholds
from comity.desks.precursors.flows.trade import Check, Trade, one_each

QUARTERS_BACK = 4
_MAD = 1.4826
"""The median absolute deviation of a normal law, times this, is its standard deviation."""
Group = tuple[str, str, str]
Quarters = dict[int, list[Consignment]]


def quarter_of(one: Consignment) -> int:
    """Return the quarter of its day, counted from year 0."""
    return one.day.year * 4 + (one.day.month - 1) // 3


def log_price(one: Consignment) -> float:
    """Return the natural logarithm of minor units per kilogram.

    Raises:
        BadForm: it has no quantity or no price.
    """
    if one.grams <= 0 or one.value_minor <= 0:
        raise BadForm(f"consignment {one.id} has no quantity or no price")
    return math.log(one.value_minor * 1_000 / one.grams)


def robust_z(value: float, peers: Sequence[float], floor: float) -> float:
    """Return how many robust deviations `value` lies from the median of its peers; `floor` is the least deviation."""
    middle = median(peers)
    spread = _MAD * median(abs(one - middle) for one in peers)
    return (value - middle) / max(spread, floor)


def price_checks(trade: Trade, rules: Thresholds) -> Iterator[Check]:
    """Yield one check for each consignment that has a price."""
    groups: dict[Group, Quarters] = defaultdict(lambda: defaultdict(list))
    priced = [one for one in one_each(trade.consignments) if one.currency]
    for one in priced:
        groups[one.hs6, one.origin, one.currency][quarter_of(one)].append(one)
    for one in priced:
        group = groups[one.hs6, one.origin, one.currency]
        yield Check(Discrepancy.PRICE, one.id, partial(_judge, one, group, rules))


def peers_of(one: Consignment, group: Quarters, rules: PriceRules) -> tuple[Consignment, ...]:
    """Return those that it is compared with: of its quarter, then of the quarters before until there are enough.

    Those of like size are taken where they are enough, since small packs cost more.
    """
    now = quarter_of(one)
    peers: tuple[Consignment, ...] = ()
    for quarter in range(now, now - QUARTERS_BACK - 1, -1):
        found = group.get(quarter, ())
        peers += tuple(other for other in found if other.id != one.id and other.value_minor > 0 and other.grams > 0)
        like = tuple(
            o for o in peers if o.grams <= one.grams * rules.like_size and one.grams <= o.grams * rules.like_size
        )
        if len(like) >= rules.peers:
            return like
    return peers if len(peers) >= rules.peers else ()


def _judge(one: Consignment, group: Quarters, rules: Thresholds) -> Alert | None:
    own, peers = log_price(one), peers_of(one, group, rules.price)
    if not peers:
        return None
    prices = [log_price(other) for other in peers]
    deviations = robust_z(own, prices, rules.price.floor_log)
    if abs(deviations) <= rules.price.deviations or (deviations > 0 and one.grams < rules.price.small_grams):
        return None
    ratio = math.exp(own - median(prices))
    lines = (
        _rounded(Sign.NOTE, "this consignment", math.exp(own), Unit.MINOR_PER_KG, one.id),
        _rounded(Sign.NOTE, "median of its peers", math.exp(median(prices)), Unit.MINOR_PER_KG),
        count_line(Sign.NOTE, "peers of the same code, origin and currency", len(peers)),
        _rounded(Sign.NOTE, "price as part of the median", ratio, Unit.TIMES),
        _rounded(Sign.EQUALS, "from the median, in logarithms", deviations, Unit.MAD),
        _rounded(Sign.LIMIT, "allowed either way", rules.price.deviations, Unit.MAD),
    )
    subject = (f"consignment={one.id}", f"hs6={one.hs6}", f"origin={one.origin}")
    score = int(1_000 * abs(deviations) / rules.price.deviations)
    return Alert(Discrepancy.PRICE, subject, (one.id,), lines, rules.name, score)


def _rounded(sign: Sign, what: str, value: float, unit: Unit, about: str = "") -> Line:
    return Line(sign, what, Decimal(f"{value:.2f}"), unit, about)
