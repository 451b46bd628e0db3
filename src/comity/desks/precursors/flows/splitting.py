"""Many small consignments to firms that belong together: the sum over linked consignees within a window of days.

The rule it keeps: only consignments without a permit are added up, each of them below the quantity that would need one; a
trait that many firms share links nobody; what firms have long taken is their habit, told once.
"""
# spec: precursors-and-documents.md 4

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from comity.desks.precursors.flows.model import (
    Alert,
    Consignment,
    Discrepancy,
    Grams,
    HolderId,
    LicenceHolder,
    Line,
    Party,
    Sign,
    SubstanceId,
    Unit,
    count_line,
    grams_line,
    milli,
)
from comity.desks.precursors.flows.thresholds import Thresholds
from comity.desks.precursors.flows.trade import Check, Trade, one_each

_YEAR_DAYS = 365
SHOWN = 12
"""Consignments written out one by one in an alert; the others are one line."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Firms of one side that traits link, directly or through others.

    Attributes:
        firms: sorted.
        traits: those that link them, sorted, each with the firms that share it, sorted.
    """

    party: Party
    firms: tuple[HolderId, ...]
    traits: tuple[tuple[str, tuple[HolderId, ...]], ...]


def linked(
    firms: Iterable[HolderId], traits: Iterable[tuple[str, tuple[HolderId, ...]]]
) -> tuple[tuple[HolderId, ...], ...]:
    """Return the connected components of firms over shared traits, each sorted, in the order of their first firm."""
    above = {firm: firm for firm in sorted(firms)}

    def top(firm: HolderId) -> HolderId:
        while above[firm] != firm:
            above[firm] = above[above[firm]]
            firm = above[firm]
        return firm

    for _, sharing in traits:
        here = [firm for firm in sharing if firm in above]
        for firm in here[1:]:
            above[top(firm)] = top(here[0])
    found: dict[HolderId, list[HolderId]] = defaultdict(list)
    for firm in above:
        found[top(firm)].append(firm)
    return tuple(tuple(part) for part in found.values())


def rings(holders: Iterable[LicenceHolder], shared_by_most: int) -> tuple[Ring, ...]:
    """Return the connected components over shared traits; a firm that nothing links is a ring of its own.

    Args:
        holders: firms of any side; only those of one side are linked.
        shared_by_most: a trait of more firms than this links none.
    """
    by_party: dict[Party, dict[HolderId, LicenceHolder]] = defaultdict(dict)
    for one in holders:
        by_party[one.party][one.id] = one
    return tuple(ring for party in sorted(by_party) for ring in _of_party(party, by_party[party], shared_by_most))


def _of_party(party: Party, firms: dict[HolderId, LicenceHolder], most: int) -> Iterator[Ring]:
    sharing: dict[str, list[HolderId]] = defaultdict(list)
    for name in sorted(firms):
        for trait in firms[name].traits:
            sharing[trait].append(name)
    traits = [(trait, tuple(names)) for trait, names in sorted(sharing.items()) if 1 < len(names) <= most]
    for part in linked(firms, traits):
        inside = frozenset(part)
        yield Ring(party, part, tuple(link for link in traits if link[1][0] in inside))


def limit_of(party: Party, substance: SubstanceId, rules: Thresholds) -> tuple[Grams, str]:
    """Return what passes without a permit on that side, and where it stands.

    Where the schedule says nothing or lets nothing pass, it is the desk's own quantity, and the source says so.
    """
    schedule = rules.schedules.get(party)
    maximum = schedule.maximum_grams.get(substance) if schedule else None
    if schedule and maximum:
        return maximum, schedule.source
    why = "the schedule lets nothing pass" if maximum == 0 else "no quantity is known"
    return Grams(rules.splitting.watch_grams), f"{rules.name} ({why})"


def splitting_checks(trade: Trade, rules: Thresholds) -> Iterator[Check]:
    """Yield one check for each ring, substance and window that has consignments without a permit."""
    ring_of: dict[tuple[Party, HolderId], Ring] = {}
    for ring in rings(trade.holders, rules.splitting.shared_by_most):
        ring_of |= {(ring.party, firm): ring for firm in ring.firms}
    found: dict[tuple[Ring, SubstanceId], list[Consignment]] = defaultdict(list)
    for one in one_each(trade.consignments):
        if not one.permit and one.grams <= limit_of(one.to_party, one.substance, rules)[0]:
            single = Ring(one.to_party, (one.consignee,), ())
            found[ring_of.get((one.to_party, one.consignee), single), one.substance].append(one)
    for (ring, substance), consignments in found.items():
        limit, _ = limit_of(ring.party, substance, rules)
        for days, permille in zip(rules.splitting.days, rules.splitting.of_limit_permille, strict=True):
            for window in windows(tuple(consignments), days, limit * permille // 1_000):
                past = tuple(one for one in consignments if one.day < window[0].day)
                run = partial(_judge, ring, window, (days, permille, usual(past, window[0].day, days)), rules)
                yield Check(Discrepancy.SPLITTING, f"{ring.party} {ring.firms[0]} {substance} {days}", run)


def heaviest(consignments: tuple[Consignment, ...], days: int) -> tuple[Consignment, ...]:
    """Return those within any `days` days that weigh most together; sorted input, the earliest of equals."""
    best, best_grams, first, grams = (0, 0), -1, 0, 0
    for last, one in enumerate(consignments):
        grams += one.grams
        while one.day - consignments[first].day >= timedelta(days=days):
            grams -= consignments[first].grams
            first += 1
        if grams > best_grams:
            best, best_grams = (first, last + 1), grams
    return consignments[slice(*best)]


def windows(consignments: tuple[Consignment, ...], days: int, limit: int) -> Iterator[tuple[Consignment, ...]]:
    """Yield windows of `days` days that weigh more than the limit, heaviest first, none of them overlapping; sorted input."""
    parts = [consignments]
    while parts:
        part = parts.pop()
        window = heaviest(part, days)
        if sum(one.grams for one in window) > limit:
            yield window
            start = part.index(window[0])
            parts += [part[:start], part[start + len(window) :]]


def usual(past: tuple[Consignment, ...], day: date, days: int) -> Grams:
    """Return what the ring took in as many days on the average of the year before the day."""
    since = day - timedelta(days=_YEAR_DAYS)
    return Grams(sum(one.grams for one in past if one.day >= since) * days // _YEAR_DAYS)


def _judge(
    ring: Ring, window: tuple[Consignment, ...], within: tuple[int, int, Grams], rules: Thresholds
) -> Alert | None:
    days, permille, habit = within
    quantity, source = limit_of(ring.party, window[0].substance, rules)
    if len({one.consignee for one in window}) == 1:
        permille = permille * rules.splitting.alone_permille // 1_000
    limit, total = quantity * permille // 1_000, sum(one.grams for one in window)
    accustomed = habit * rules.splitting.usual_permille // 1_000
    if total <= max(limit, accustomed) or len(window) < rules.splitting.least_consignments:
        return None
    shown, rest = window[:SHOWN], window[SHOWN:]
    lines: list[Line] = [
        grams_line(Sign.PLUS, f"to {one.consignee} on {one.day.isoformat()}", one.grams, one.id) for one in shown
    ]
    if rest:
        lines.append(grams_line(Sign.PLUS, f"{len(rest)} further consignments", sum(one.grams for one in rest)))
    lines.append(grams_line(Sign.EQUALS, f"without a permit within {days} days", total))
    lines.append(grams_line(Sign.LIMIT, f"{permille} per mille of what passes without a permit", limit))
    lines.append(grams_line(Sign.NOTE, f"usual for them in {days} days, by the year before", habit))
    if accustomed > limit:
        more = f"{rules.splitting.usual_permille} per mille of what is usual for them"
        lines.append(grams_line(Sign.LIMIT, more, accustomed))
    lines.append(count_line(Sign.NOTE, "consignees that belong together", len({one.consignee for one in window})))
    takers = {one.consignee for one in window}
    links = [trait for trait, firms in ring.traits if len(takers.intersection(firms)) > 1]
    lines += [Line(Sign.NOTE, f"linked by {trait}", Decimal(1), Unit.YES) for trait in links[:SHOWN]]
    first = window[0]
    subject = (
        f"party={ring.party}",
        f"ring={ring.firms[0]}",
        f"substance={first.substance}",
        f"days={days}",
        f"from={first.day.isoformat()}",
    )
    numbers = tuple(sorted(one.id for one in window))
    return Alert(Discrepancy.SPLITTING, subject, numbers, tuple(lines), source, milli(total, max(limit, accustomed)))
