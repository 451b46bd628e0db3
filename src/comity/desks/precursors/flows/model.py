"""What the ledger and the alerts are made of: movements, counted stocks, licence holders, consignments, alerts, reversals.

The rule it keeps: quantities are whole grams, money whole minor units, so that every sum is exact; no score stands without
the lines of its arithmetic, and each line names its unit.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from comity.base.errors import BadForm
from comity.base.ids import Ms

Grams = NewType("Grams", int)
"""A net mass of the substance itself, in whole grams."""
Party = NewType("Party", str)
"""Short mark of one side, as the accord has it."""
HolderId = NewType("HolderId", str)
"""A licence holder, exporter, importer or consignee, under its number in the registry of its side."""
SubstanceId = NewType("SubstanceId", str)
"""Key of a substance in the list of watched substances."""
ConsignmentId = NewType("ConsignmentId", str)
"""Number of the notification, the same on both sides."""
AlertId = NewType("AlertId", str)
"""16 hex digits of what an alert is about: the same alert has the same id on every run."""


class Flow(StrEnum):
    """How a quantity came to a holder or left it."""

    PRODUCTION = "production"
    IMPORT = "import"
    RECEIVED = "received"
    """From another holder of the same side."""
    EXPORT = "export"
    SUPPLIED = "supplied"
    """To another holder of the same side."""
    USE = "use"
    LOSS = "loss"


INFLOWS = (Flow.PRODUCTION, Flow.IMPORT, Flow.RECEIVED)
OUTFLOWS = (Flow.EXPORT, Flow.SUPPLIED, Flow.USE, Flow.LOSS)


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a holder's register. `grams` is above 0; `consignment` and `other` are "" where there is none."""

    id: str
    party: Party
    holder: HolderId
    substance: SubstanceId
    kind: Flow
    grams: Grams
    day: date
    consignment: ConsignmentId = ConsignmentId("")
    other: HolderId = HolderId("")


@dataclass(frozen=True, slots=True)
class Stock:
    """A stock as it was counted at the end of `day`."""

    party: Party
    holder: HolderId
    substance: SubstanceId
    day: date
    grams: Grams


@dataclass(frozen=True, slots=True)
class LicenceHolder:
    """One firm, as the register of its side has it.

    Attributes:
        id, party: of the firm.
        founded: day of registration, None where unknown.
        traits: address, telephone, owner and the like as `kind:value`, normalised by whoever read them; sorted, unique.
        yearly: grams that the licence allows in any 12 months, by substance; nothing for a substance means no licence known.
    """

    id: HolderId
    party: Party
    founded: date | None
    traits: tuple[str, ...]
    yearly: tuple[tuple[SubstanceId, Grams], ...] = ()

    def yearly_of(self, substance: SubstanceId) -> Grams | None:
        """Return what the licence allows in any 12 months, None where no licence is known."""
        return dict(self.yearly).get(substance)


@dataclass(frozen=True, slots=True)
class Consignment:
    """One consignment as one side declared it.

    Attributes:
        id: number of the notification, the same on both sides.
        declared_by: side whose declaration this is.
        from_party, to_party: exporting and importing side.
        substance: what the notification says it is.
        text, cas, hs6: description, CAS number and customs code of the declaration; "" where left out.
        exporter, consignee: the firms.
        origin, departure: codes of the country of origin and of departure.
        via: places of transit in order.
        day: of dispatch on the exporter's declaration, of arrival on the importer's.
        grams: net mass.
        value_minor, currency: price in minor units of the currency; 0 and "" where none was declared.
        permit: number of the permit that it claims, "" for none.
        un: transport number, four digits, "" where left out; packages: how many, 0 where left out.
    """

    id: ConsignmentId
    declared_by: Party
    from_party: Party
    to_party: Party
    substance: SubstanceId
    text: str
    cas: str
    hs6: str
    exporter: HolderId
    consignee: HolderId
    origin: str
    departure: str
    via: tuple[str, ...]
    day: date
    grams: Grams
    value_minor: int
    currency: str
    permit: str
    un: str = ""
    packages: int = 0

    @property
    def outward(self) -> bool:
        """Say whether this is the exporter's declaration."""
        return self.declared_by == self.from_party


class Discrepancy(StrEnum):
    """What did not add up."""

    LEDGER = "ledger"
    OVERDRAWN = "overdrawn"
    RECONCILE = "reconcile"
    MIRROR = "mirror"
    NEED = "need"
    PRICE = "price"
    NEWCOMER = "newcomer"
    SPLITTING = "splitting"
    ROUTE = "route"
    DESCRIPTION = "description"


class Unit(StrEnum):
    """The unit of a number in an arithmetic line."""

    GRAMS = "g"
    MINOR_PER_KG = "minor units/kg"
    COUNT = "count"
    DAYS = "days"
    TIMES = "times"
    MAD = "deviations"
    PERMILLE = "per mille"
    POINTS = "points"
    YES = "yes"


class Sign(StrEnum):
    """How a line enters the sum above the rule, or what it is measured against."""

    PLUS = "+"
    MINUS = "-"
    EQUALS = "="
    LIMIT = "limit"
    NOTE = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of arithmetic: sign, what it is, how much, in which unit; `about` names a record where there is one."""

    sign: Sign
    what: str
    amount: Decimal
    unit: Unit
    about: str = ""

    def __str__(self) -> str:
        """Write it as a person would under one another."""
        amount = "" if self.unit is Unit.YES else f"{self.amount:,} {self.unit}"
        return " ".join(filter(None, (self.sign.value, self.what, self.about, amount)))


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that does not add up, with its arithmetic.

    Attributes:
        kind: what.
        subject: whom or what it is about, as `key=value` parts; the same subject is the same alert on every run.
        consignments: those that it rests on, sorted.
        lines: the arithmetic, at least one line.
        source: where the limit stands: a schedule, a licence, or the desk's own thresholds.
        score_milli: how far above its limit, in thousandths of the limit: 1000 is exactly at it. For sorting only.
    """

    kind: Discrepancy
    subject: tuple[str, ...]
    consignments: tuple[ConsignmentId, ...]
    lines: tuple[Line, ...]
    source: str
    score_milli: int

    def __post_init__(self) -> None:
        """Refuse a score without reasons.

        Raises:
            BadForm: there is no line of arithmetic.
        """
        if not self.lines:
            raise BadForm("an alert has no arithmetic; no score without reasons")

    @property
    def id(self) -> AlertId:
        """Return its id: what it is about, never how much."""
        return AlertId(_digest(self.kind, *self.subject))

    @property
    def arithmetic(self) -> str:
        """Return 16 hex digits of its lines and limit: another number, another arithmetic."""
        return _digest(self.source, *(f"{o.sign}|{o.what}|{o.amount}|{o.unit}|{o.about}" for o in self.lines))


@dataclass(frozen=True, slots=True)
class Reversal:
    """An officer's word that an alert is explained: which, with which arithmetic, who, when, why."""

    alert: AlertId
    arithmetic: str
    officer: str
    at: Ms
    reason: str


def milli(measured: Decimal | int, limit: Decimal | int) -> int:
    """Return measured / limit in whole thousandths, rounded down; a limit of 0 counts as one unit."""
    return int(Decimal(measured) * 1_000 / (Decimal(limit) if limit else Decimal(1)))


def grams_line(sign: Sign, what: str, grams: int, about: str = "") -> Line:
    """Return a line in grams."""
    return Line(sign, what, Decimal(grams), Unit.GRAMS, about)


def count_line(sign: Sign, what: str, count: int, about: str = "") -> Line:
    """Return a line that counts."""
    return Line(sign, what, Decimal(count), Unit.COUNT, about)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
