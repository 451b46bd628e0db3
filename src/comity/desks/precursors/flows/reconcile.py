"""The two sides' registers beside one another: what one exported and the other imported, consignment by consignment.

The rule it keeps: it is symmetric; who looks first changes nothing. What is still on its way is said, not accused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial

from comity.base.errors import BadForm
from comity.desks.precursors.flows.ledger import unique
from comity.desks.precursors.flows.model import (
    Alert,
    ConsignmentId,
    Discrepancy,
    Flow,
    Grams,
    HolderId,
    Movement,
    Sign,
    Stock,
    SubstanceId,
    grams_line,
    milli,
)
from comity.desks.precursors.flows.thresholds import Thresholds, TransitTolerance
from comity.desks.precursors.flows.trade import Check, Trade

Keepers = Mapping[tuple[HolderId, SubstanceId], date]
"""From which day a firm keeps a register of what."""


class Standing(StrEnum):
    """What came of laying two registers beside one another."""

    AGREED = "agreed"
    UNDERWAY = "underway"
    DIFFERS = "differs"
    NOT_ARRIVED = "not-arrived"
    NOT_SENT = "not-sent"
    NO_REGISTER = "no-register"
    """The firm at the other end kept no register of this substance on that day: nothing can be said."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One consignment of one substance in both registers; both parts may be several movements, one of them none.

    Raises:
        BadForm: both parts are empty, or one side stands on both ends.
    """

    consignment: ConsignmentId
    substance: SubstanceId
    exported: tuple[Movement, ...]
    imported: tuple[Movement, ...]

    def __post_init__(self) -> None:
        """Check that two sides stand at its two ends."""
        senders, takers = ({one.party for one in part} for part in (self.exported, self.imported))
        if not senders | takers or len(senders) > 1 or len(takers) > 1 or senders & takers:
            raise BadForm(f"consignment {self.consignment} is not between two sides; correct the registers")

    @property
    def sent(self) -> Grams:
        """Return what was exported."""
        return Grams(sum(one.grams for one in self.exported))

    @property
    def arrived(self) -> Grams:
        """Return what was imported."""
        return Grams(sum(one.grams for one in self.imported))

    @property
    def day(self) -> date:
        """Return the first day that either register has."""
        return min(one.day for one in (*self.exported, *self.imported))

    def allowed(self, rules: TransitTolerance) -> Grams:
        """Return how far the two may lie apart."""
        return rules.of(max(self.sent, self.arrived))

    @property
    def others(self) -> frozenset[HolderId]:
        """Return the firms that the registers name at the other end, those that are not named left out."""
        return frozenset(one.other for one in (*self.exported, *self.imported) if one.other)

    def standing(self, until: date, rules: TransitTolerance, keepers: Keepers) -> Standing:
        """Say what came of it, looked at on the day `until`; `keepers` says who keeps registers."""
        if not self.imported or not self.exported:
            kept = [keepers[other, self.substance] for other in self.others if (other, self.substance) in keepers]
            if self.others and (not kept or self.day < min(kept)):
                return Standing.NO_REGISTER
            if until - self.day <= timedelta(days=rules.transit_days):
                return Standing.UNDERWAY
            return Standing.NOT_SENT if self.imported else Standing.NOT_ARRIVED
        if abs(self.sent - self.arrived) <= self.allowed(rules):
            return Standing.AGREED
        return Standing.DIFFERS


def grouped(movements: Iterable[Movement]) -> dict[tuple[ConsignmentId, SubstanceId], tuple[Movement, ...]]:
    """Return what crossed the border by consignment and substance, sorted; what names no consignment is left out."""
    found: dict[tuple[ConsignmentId, SubstanceId], list[Movement]] = defaultdict(list)
    for one in movements:
        if one.kind in {Flow.EXPORT, Flow.IMPORT} and one.consignment:
            found[one.consignment, one.substance].append(one)
    return {key: tuple(found[key]) for key in sorted(found)}


def paired(key: tuple[ConsignmentId, SubstanceId], movements: Iterable[Movement]) -> Pair:
    """Lay the two ends of one consignment beside one another.

    Raises:
        BadForm: a movement stands twice with different content, or the ends are not two sides.
    """
    parts: dict[Flow, list[Movement]] = defaultdict(list)
    by_party: dict[str, list[Movement]] = defaultdict(list)
    for one in movements:
        by_party[one.party].append(one)
    for party in sorted(by_party):  # numbers of movements are each side's own
        for one in unique(by_party[party]):
            parts[one.kind].append(one)
    return Pair(*key, tuple(parts[Flow.EXPORT]), tuple(parts[Flow.IMPORT]))


def reconcile(ours: Iterable[Movement], theirs: Iterable[Movement]) -> tuple[Pair, ...]:
    """Return every consignment of either register, sorted; the same whichever register is given first.

    Raises:
        BadForm: see `paired`; use `reconcile_checks` where one bad consignment must not stop the others.
    """
    return tuple(paired(key, own) for key, own in grouped((*ours, *theirs)).items())


def reconcile_checks(trade: Trade, rules: Thresholds) -> Iterator[Check]:
    """Yield one check for each consignment in either register, where there is a register of more than one side."""
    if len({one.party for one in trade.movements}) < 2:  # noqa: PLR2004  two sides
        return
    kept = keepers(trade)
    for key, movements in grouped(trade.movements).items():
        yield Check(Discrepancy.RECONCILE, " ".join(key), partial(_judge, key, movements, (trade.until, kept), rules))


def keepers(trade: Trade) -> Keepers:
    """Return from which day each firm keeps a register of what: that of its first line."""
    first: dict[tuple[HolderId, SubstanceId], date] = {}
    lines: tuple[Movement | Stock, ...] = (*trade.movements, *trade.stocks)
    for one in lines:
        key = one.holder, one.substance
        first[key] = min(first.get(key, one.day), one.day)
    return first


def _judge(
    key: tuple[ConsignmentId, SubstanceId],
    movements: tuple[Movement, ...],
    known: tuple[date, Keepers],
    rules: Thresholds,
) -> Alert | None:
    pair = paired(key, movements)
    standing = pair.standing(known[0], rules.reconcile, known[1])
    if standing in {Standing.AGREED, Standing.UNDERWAY, Standing.NO_REGISTER}:
        return None
    allowed, difference = pair.allowed(rules.reconcile), pair.arrived - pair.sent
    lines = (
        grams_line(Sign.PLUS, "imported by one register", pair.arrived),
        grams_line(Sign.MINUS, "exported by the other", pair.sent),
        grams_line(Sign.EQUALS, f"difference ({standing})", difference),
        grams_line(Sign.LIMIT, "allowed difference", allowed),
    )
    subject = (f"consignment={pair.consignment}", f"substance={pair.substance}")
    return Alert(
        Discrepancy.RECONCILE, subject, (pair.consignment,), lines, rules.name, milli(abs(difference), allowed)
    )
