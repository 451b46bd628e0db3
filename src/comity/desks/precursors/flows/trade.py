"""What is checked together: registers, stocks, firms and declarations; and the shape of one check.

The rule it keeps: a check is made of one subject and looks only backwards from it, so that its arithmetic does not change
because a day has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from comity.desks.precursors.flows.model import (
    Alert,
    Consignment,
    ConsignmentId,
    Discrepancy,
    HolderId,
    LicenceHolder,
    Movement,
    Party,
    Stock,
)


@dataclass(frozen=True, slots=True)
class Trade:
    """All that is known on one side, or of both, up to and with the day `until`.

    Attributes:
        refused: traits (`kind:value`) of orders that were refused, ours or matched with the peer's.
        announced: numbers of consignments of which nothing left yet: the mirror has nothing to lay beside them.
    """

    until: date
    movements: tuple[Movement, ...] = ()
    stocks: tuple[Stock, ...] = ()
    holders: tuple[LicenceHolder, ...] = ()
    consignments: tuple[Consignment, ...] = ()
    refused: frozenset[str] = frozenset()
    announced: frozenset[ConsignmentId] = frozenset()

    def holder_index(self) -> dict[tuple[Party, HolderId], LicenceHolder]:
        """Return the firms by side and number."""
        return {(one.party, one.id): one for one in self.holders}


class Check(NamedTuple):
    """One check of one subject; `run` may raise `ValueError`, `ArithmeticError`, `LookupError` or a `LocalError`."""

    kind: Discrepancy
    subject: str
    run: Callable[[], Alert | None]


def one_each(consignments: Iterable[Consignment]) -> tuple[Consignment, ...]:
    """Return one declaration for each consignment, the exporter's where there is one, by day and number.

    It is the one that is there before the goods leave.
    """
    kept: dict[ConsignmentId, Consignment] = {}
    for one in consignments:
        before = kept.get(one.id)
        if before is None or (one.outward and not before.outward):
            kept[one.id] = one
    return tuple(sorted(kept.values(), key=lambda one: (one.day, one.id)))
