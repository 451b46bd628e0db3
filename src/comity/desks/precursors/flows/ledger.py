"""The stock-flow ledger of each substance and licence holder: what was there, came and went, against what was counted.

The rule it keeps: opening + production + imports + received - exports - supplied - use - losses is the stock that must be
there; whole grams only, nothing is rounded away.
"""
# spec: precursors-and-documents.md 1

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise

from comity.base.errors import BadForm
from comity.desks.precursors.flows.model import (
    INFLOWS,
    OUTFLOWS,
    Alert,
    Discrepancy,
    Flow,
    Grams,
    HolderId,
    Line,
    Movement,
    Party,
    Sign,
    Stock,
    SubstanceId,
    grams_line,
    milli,
)
from comity.desks.precursors.flows.thresholds import Thresholds, Tolerance
from comity.desks.precursors.flows.trade import Check, Trade

Account = tuple[Party, HolderId, SubstanceId]
"""Whose ledger, of what."""
Book = tuple[Account, tuple[Stock, ...], tuple[Movement, ...]]
"""An account with its stocks and movements."""


@dataclass(frozen=True, slots=True)
class Period:
    """A ledger between two counts of the stock.

    Attributes:
        opening, closing: the two counts of one account.
        movements: after the day of `opening`, up to and with that of `closing`; by day, inflows first.
    """

    opening: Stock
    closing: Stock
    movements: tuple[Movement, ...]

    def total(self, kind: Flow) -> Grams:
        """Return the sum of one kind."""
        return Grams(sum(one.grams for one in self.movements if one.kind is kind))

    @property
    def incoming(self) -> Grams:
        """Return all that came in."""
        return Grams(sum(self.total(kind) for kind in INFLOWS))

    @property
    def outgoing(self) -> Grams:
        """Return all that left, losses among it."""
        return Grams(sum(self.total(kind) for kind in OUTFLOWS))

    @property
    def expected(self) -> Grams:
        """Return the stock that must be there at the end."""
        return Grams(self.opening.grams + self.incoming - self.outgoing)

    @property
    def difference(self) -> Grams:
        """Return counted minus expected: below 0 something is missing, above 0 something came that is not in the register."""
        return Grams(self.closing.grams - self.expected)

    @property
    def lowest(self) -> tuple[Grams, date]:
        """Return the lowest balance by the register, at the end of a day, and that day."""
        balance = int(self.opening.grams)
        least = (balance, self.opening.day)
        by_day: dict[date, int] = defaultdict(int)
        for one in self.movements:
            by_day[one.day] += one.grams if one.kind in INFLOWS else -one.grams
        for day in sorted(by_day):
            balance += by_day[day]
            least = min(least, (balance, day))
        return Grams(least[0]), least[1]


def account_of(one: Movement | Stock) -> Account:
    """Return whose ledger it belongs to."""
    return one.party, one.holder, one.substance


def unique(movements: Iterable[Movement]) -> tuple[Movement, ...]:
    """Return each movement once, by day, inflows first.

    Raises:
        BadForm: one number stands for two different movements.
    """
    kept: dict[str, Movement] = {}
    for one in movements:
        if kept.setdefault(one.id, one) != one:
            raise BadForm(f"movement {one.id} stands twice with different content; correct the register")
    return tuple(sorted(kept.values(), key=lambda one: (one.day, one.kind in OUTFLOWS, one.id)))


def periods(account: Account, stocks: Iterable[Stock], movements: Iterable[Movement]) -> tuple[Period, ...]:
    """Return the ledger of one account between each two counts.

    What moved before the first count or after the last is in none: it is judged at the next count.

    Raises:
        BadForm: a movement stands twice with different content, or a stock was counted twice on a day.
    """
    counts = sorted({one for one in stocks if account_of(one) == account}, key=lambda one: one.day)
    if len({one.day for one in counts}) < len(counts):
        raise BadForm("a stock stands twice for one day with different content; correct the register")
    own = unique(one for one in movements if account_of(one) == account)
    return tuple(
        Period(first, last, tuple(one for one in own if first.day < one.day <= last.day))
        for first, last in pairwise(counts)
    )


def ledgers(trade: Trade) -> Iterator[Book]:
    """Yield each account with its stocks and movements, sorted by account."""
    stocks: dict[Account, list[Stock]] = defaultdict(list)
    movements: dict[Account, list[Movement]] = defaultdict(list)
    for stock in trade.stocks:
        stocks[account_of(stock)].append(stock)
    for movement in trade.movements:
        movements[account_of(movement)].append(movement)
    for account in sorted({*stocks, *movements}):
        yield account, tuple(stocks[account]), tuple(movements[account])


def ledger_checks(trade: Trade, rules: Thresholds) -> Iterator[Check]:
    """Yield one check for each account and count, against the register before it, and one for the lowest balance."""
    for account, stocks, movements in ledgers(trade):
        days = sorted({one.day for one in stocks})
        for day in days[1:]:
            for kind, judge in ((Discrepancy.LEDGER, _missing), (Discrepancy.OVERDRAWN, _overdrawn)):
                run = partial(_judged, judge, rules, (account, stocks, movements), day)
                yield Check(kind, " ".join((*account, day.isoformat())), run)


_Judge = Callable[["Period", Tolerance, str], Alert | None]


def _judged(judge: _Judge, rules: Thresholds, book: Book, day: date) -> Alert | None:
    period = next(one for one in periods(*book) if one.closing.day == day)  # each count but the first closes one
    return judge(period, rules.ledger, rules.name)


def _subject(period: Period) -> tuple[str, ...]:
    party, holder, substance = account_of(period.closing)
    return f"party={party}", f"holder={holder}", f"substance={substance}", f"counted={period.closing.day.isoformat()}"


def sum_lines(period: Period) -> tuple[Line, ...]:
    """Return the ledger as it is written down, one line for each kind that has anything, and the stock that must be there."""
    lines = [grams_line(Sign.PLUS, "opening stock", period.opening.grams, period.opening.day.isoformat())]
    for sign, kinds in ((Sign.PLUS, INFLOWS), (Sign.MINUS, OUTFLOWS)):
        lines += [grams_line(sign, kind.value, period.total(kind)) for kind in kinds if period.total(kind)]
    return (
        *lines,
        grams_line(Sign.EQUALS, "stock that must be there", period.expected, period.closing.day.isoformat()),
    )


def _missing(period: Period, tolerance: Tolerance, name: str) -> Alert | None:
    allowed = tolerance.of(period.opening.grams + period.incoming)
    if abs(period.difference) <= allowed:
        return None
    lines = (
        *sum_lines(period),
        grams_line(Sign.NOTE, "counted", period.closing.grams),
        grams_line(Sign.EQUALS, "difference", period.difference),
        grams_line(Sign.LIMIT, "allowed difference", allowed),
    )
    return Alert(Discrepancy.LEDGER, _subject(period), (), lines, name, milli(abs(period.difference), allowed))


def _overdrawn(period: Period, tolerance: Tolerance, name: str) -> Alert | None:
    lowest, day = period.lowest
    if lowest >= 0:
        return None
    allowed = tolerance.of(period.opening.grams + period.incoming)
    lines = (
        grams_line(Sign.PLUS, "opening stock", period.opening.grams, period.opening.day.isoformat()),
        grams_line(Sign.EQUALS, "balance of the register", lowest, day.isoformat()),
        grams_line(Sign.LIMIT, "least stock there can be", 0),
    )
    return Alert(Discrepancy.OVERDRAWN, _subject(period), (), lines, name, 1_000 + milli(-lowest, allowed))
