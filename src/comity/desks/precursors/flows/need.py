"""A quantity beside the need: any 12 months of a consignee against its licence or its history, and of a country.

The rule it keeps: a licence's number is used where there is one; history only where there is none; unknown raises nothing.
"""

from __future__ import annotations

from bisect import bisect_right
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
    Sign,
    grams_line,
    milli,
)
from comity.desks.precursors.flows.splitting import limit_of
from comity.desks.precursors.flows.thresholds import Thresholds
from comity.desks.precursors.flows.trade import Check, Trade, one_each

YEAR = timedelta(days=365)
HISTORY_YEARS = 3
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """What somebody took of one substance, by day; `totals[i]` is the sum before the i-th, `numbers` are their numbers."""

    days: tuple[date, ...]
    totals: tuple[int, ...]
    numbers: tuple[ConsignmentId, ...]

    def between(self, after: date, until: date) -> Grams:
        """Return the grams after one day, up to and with the other."""
        return Grams(self.totals[bisect_right(self.days, until)] - self.totals[bisect_right(self.days, after)])

    def named(self, after: date, until: date) -> tuple[ConsignmentId, ...]:
        """Return the consignments after one day, up to and with the other, sorted."""
        return tuple(sorted(self.numbers[bisect_right(self.days, after) : bisect_right(self.days, until)]))


def intakes(consignments: tuple[Consignment, ...]) -> dict[Key, Intake]:
    """Return what each consignee (side, firm, substance) and each side (side, substance) took; sorted input."""
    found: dict[Key, tuple[list[date], list[int], list[ConsignmentId]]] = defaultdict(lambda: ([], [0], []))
    for one in consignments:
        for key in ((one.to_party, one.consignee, one.substance), (one.to_party, one.substance)):
            days, totals, numbers = found[key]
            days.append(one.day)
            totals.append(totals[-1] + one.grams)
            numbers.append(one.id)
    return {key: Intake(tuple(days), tuple(totals), tuple(numbers)) for key, (days, totals, numbers) in found.items()}


def need_checks(trade: Trade, rules: Thresholds) -> Iterator[Check]:
    """Yield one check for each consignment against its consignee's need, and one against the country's."""
    consignments, holders = one_each(trade.consignments), trade.holder_index()
    taken = intakes(consignments)
    for one in consignments:
        intake = taken[one.to_party, one.consignee, one.substance]
        holder = holders.get((one.to_party, one.consignee))
        licensed = holder.yearly_of(one.substance) if holder else None
        run = partial(_of_consignee, one, intake, licensed, rules)
        yield Check(Discrepancy.NEED, f"{one.id} consignee", run)
        schedule = rules.schedules.get(one.to_party)
        yearly = schedule.yearly.get(one.substance) if schedule else None
        if schedule and yearly is not None:
            country = partial(
                _of_country,
                one,
                taken[one.to_party, one.substance],
                yearly,
                schedule.yearly_sources.get(one.substance, schedule.source),
            )
            yield Check(Discrepancy.NEED, f"{one.id} country", country)


def _sum(one: Consignment, intake: Intake) -> tuple[Grams, tuple[Line, ...]]:
    total = intake.between(one.day - YEAR, one.day)
    lines = (
        grams_line(Sign.PLUS, "in the 12 months before", total - one.grams),
        grams_line(Sign.PLUS, "this consignment", one.grams, one.id),
        grams_line(Sign.EQUALS, "in any 12 months", total),
    )
    return total, lines


def _alert(one: Consignment, of: tuple[str, Intake], lines: tuple[Line, ...], source: str, score_milli: int) -> Alert:
    subject = (f"consignment={one.id}", f"substance={one.substance}", f"need={of[0]}")
    return Alert(Discrepancy.NEED, subject, of[1].named(one.day - YEAR, one.day), lines, source, score_milli)


def _of_consignee(one: Consignment, intake: Intake, licensed: Grams | None, rules: Thresholds) -> Alert | None:
    total, lines = _sum(one, intake)
    if licensed is not None:
        limit, source = licensed, "licence of the consignee"
        lines += (grams_line(Sign.LIMIT, "allowed by the licence", licensed),)
    else:
        past = _history(one, intake, rules.need.history_years)
        if past is None:
            return None
        years, grams = past
        need, source = rules.need, rules.name
        mean = grams // years
        free = limit_of(one.to_party, one.substance, rules)[0] * need.history_floor_free
        limit = Grams(max(need.history_floor_grams, free, mean * need.history_factor_permille // 1_000))
        lines += (
            grams_line(Sign.NOTE, f"yearly mean of {years} years before", mean),
            grams_line(Sign.LIMIT, "plausible by that history", limit),
        )
    if not _crosses(one, total, limit):
        return None
    return _alert(one, ("consignee", intake), lines, source, milli(total, limit))


def _crosses(one: Consignment, total: int, limit: int) -> bool:
    """Say whether this consignment is the one that goes over the limit, or over twice, four times, eight times.

    Those that follow stand in the same sum: naming each again would hide the one that did it.
    """
    times, before = (milli(grams, limit) // 1_000 for grams in (total, total - one.grams))
    return total > limit and (times.bit_length() > before.bit_length() or total - one.grams <= limit)


def _history(one: Consignment, intake: Intake, least: int) -> tuple[int, int] | None:
    """Return whole years of history before the last 12 months, and the grams in them; None where there are fewer than `least`."""
    end = one.day - YEAR
    years = min(HISTORY_YEARS, (end - intake.days[0]) // YEAR)
    return (years, intake.between(end - years * YEAR, end)) if years >= least else None


def _of_country(one: Consignment, intake: Intake, yearly: Grams, source: str) -> Alert | None:
    total, lines = _sum(one, intake)
    if not _crosses(one, total, yearly):
        return None
    lines += (grams_line(Sign.LIMIT, "yearly need of the country", yearly),)
    return _alert(one, ("country", intake), lines, source, milli(total, yearly))
