"""All checks together, sorted; and what officers reversed.

The rule it keeps: an item that cannot be judged is named and stops no other; a reversed alert is shown, counts no more,
and comes back when its arithmetic is another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from comity.base.errors import BadForm, LocalError
from comity.base.ids import Ms
from comity.desks.precursors.flows.description import Identify, description_checks
from comity.desks.precursors.flows.ledger import ledger_checks
from comity.desks.precursors.flows.mirror import mirror_checks
from comity.desks.precursors.flows.model import (
    Alert,
    AlertId,
    Consignment,
    ConsignmentId,
    Discrepancy,
    Party,
    Reversal,
)
from comity.desks.precursors.flows.need import need_checks
from comity.desks.precursors.flows.newcomer import newcomer_checks
from comity.desks.precursors.flows.price import price_checks
from comity.desks.precursors.flows.reconcile import reconcile_checks
from comity.desks.precursors.flows.route import route_checks
from comity.desks.precursors.flows.splitting import splitting_checks
from comity.desks.precursors.flows.thresholds import Thresholds
from comity.desks.precursors.flows.trade import Check, Trade

_RULES_ALONE = (
    ledger_checks,
    reconcile_checks,
    mirror_checks,
    need_checks,
    price_checks,
    newcomer_checks,
    splitting_checks,
    route_checks,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A subject that could not be judged, and why; the others were."""

    kind: Discrepancy
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: alerts, the worst first; faults; how many checks were made."""

    alerts: tuple[Alert, ...]
    faults: tuple[Fault, ...]
    checked: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One alert as people see it; with the reversal that explains it, or None: then it counts."""

    alert: Alert
    reversal: Reversal | None

    @property
    def counts(self) -> bool:
        """Say whether nobody has explained it."""
        return self.reversal is None


def checks(trade: Trade, rules: Thresholds, identify: Identify | None = None) -> Iterator[Check]:
    """Yield every check there is to make."""
    alone = chain.from_iterable(make(trade, rules) for make in _RULES_ALONE)
    return chain(_twice(trade), alone, description_checks(trade, rules, identify))


def _twice(trade: Trade) -> Iterator[Check]:
    """Yield a check that fails for each consignment that one side declared in two ways: the first counts elsewhere."""
    first: dict[tuple[ConsignmentId, Party], Consignment] = {}
    named: set[ConsignmentId] = set()
    for one in trade.consignments:
        if first.setdefault((one.id, one.declared_by), one) != one and one.id not in named:
            named.add(one.id)
            yield Check(Discrepancy.MIRROR, one.id, partial(_refuse, one))


def _refuse(one: Consignment) -> None:
    raise BadForm(f"{one.declared_by} declared it twice with different content; the first one counts, correct the file")


def run(trade: Trade, rules: Thresholds, identify: Identify | None = None) -> Report:
    """Make every check; the worst alerts first, the same order on every run."""
    return run_checks(checks(trade, rules, identify))


def run_checks(wanted: Iterable[Check]) -> Report:
    """Make these checks; one that fails becomes a fault and stops no other."""
    alerts: list[Alert] = []
    faults: list[Fault] = []
    count = 0
    for check in wanted:
        count += 1
        try:
            found = check.run()
        except (LocalError, ValueError, ArithmeticError, LookupError) as error:
            faults.append(Fault(check.kind, check.subject, str(error) or type(error).__name__))
        else:
            alerts += [found] if found else []
    alerts.sort(key=lambda one: (-one.score_milli, one.kind, one.subject))
    return Report(tuple(alerts), tuple(faults), count)


def reverse(alert: Alert, officer: str, at: Ms, reason: str) -> Reversal:
    """Return an officer's word that the alert, as it now stands, is explained.

    Args:
        alert: as the officer saw it.
        officer: desk and number, never a name.
        at: now.
        reason: in the officer's own words.

    Raises:
        BadForm: officer or reason is empty.
    """
    if not officer.strip() or not reason.strip():
        raise BadForm("a reversal needs the officer's desk and number, and a reason; nothing was reversed")
    return Reversal(alert.id, alert.arithmetic, officer.strip(), at, reason.strip())


def show(alerts: Iterable[Alert], reversals: Iterable[Reversal]) -> tuple[Shown, ...]:
    """Return the alerts with what explains them, in their order.

    A reversal explains an alert only while its arithmetic is the one that the officer saw; of several for the same
    arithmetic the first one stands, so that repeating one changes nothing.
    """
    by_alert: dict[tuple[AlertId, str], list[Reversal]] = defaultdict(list)
    for one in reversals:
        by_alert[one.alert, one.arithmetic].append(one)
    first = {key: min(given, key=lambda one: (one.at, one.officer, one.reason)) for key, given in by_alert.items()}
    return tuple(Shown(alert, first.get((alert.id, alert.arithmetic))) for alert in alerts)
