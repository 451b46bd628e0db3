"""What the checks measure against, as data: quantities of schedules with their text, and the desk's own settings.

The rule it keeps: every number is read from the file; what a schedule does not say is unknown, never zero.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from comity.base.errors import BadConfiguration
from comity.desks.precursors.flows.model import Grams, Party, SubstanceId

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two quantities may lie apart: thousandths of the larger, and never less than a floor."""

    tolerance_permille: int
    floor_grams: int

    def of(self, grams: int) -> Grams:
        """Return what is allowed on `grams`."""
        return Grams(max(self.floor_grams, grams * self.tolerance_permille // 1_000))


@dataclass(frozen=True, slots=True)
class TransitTolerance(Tolerance):
    """The same, and how many days a consignment may be on its way."""

    transit_days: int


@dataclass(frozen=True, slots=True)
class MirrorRules:
    """Tolerance of a cell of code, month and pair, and of one consignment that both sides declared."""

    tolerance_permille: int
    floor_grams: int
    one_permille: int
    one_floor_grams: int

    @property
    def cell(self) -> Tolerance:
        """Return the tolerance of a cell."""
        return Tolerance(self.tolerance_permille, self.floor_grams)

    @property
    def one(self) -> Tolerance:
        """Return the tolerance of one consignment."""
        return Tolerance(self.one_permille, self.one_floor_grams)


@dataclass(frozen=True, slots=True)
class NeedRules:
    """How many whole years of history there must be, and how much of their mean is still plausible, and what is in any case, where no licence says it."""

    history_years: int
    history_factor_permille: int
    history_floor_grams: int
    history_floor_free: int


@dataclass(frozen=True, slots=True)
class PriceRules:
    """How many robust deviations are too many, the least spread in log price, how many peers are enough, how like in size.

    Below `small_grams` a high price raises nothing.
    """

    deviations: float
    floor_log: float
    peers: int
    like_size: int
    small_grams: int


@dataclass(frozen=True, slots=True)
class NewcomerRules:
    """What makes a firm that is new here worth a look: see the comments in the file."""

    new_days: int
    settle_days: int
    young_days: int
    points: int
    large_permille: int
    very_large_permille: int


@dataclass(frozen=True, slots=True)
class SplittingRules:
    """Windows in days with how much of the limit each allows.

    Then: how much more one firm alone may take, how much more than usual is new, how many firms a trait may link, the least number of consignments, and what stands in where no quantity is known.
    """

    days: tuple[int, ...]
    of_limit_permille: tuple[int, ...]
    alone_permille: int
    usual_permille: int
    shared_by_most: int
    least_consignments: int
    watch_grams: int


@dataclass(frozen=True, slots=True)
class RouteRules:
    """Points, how long a route stays known, and how much history a pair needs before one is called unseen."""

    points: int
    seen_days: int
    least_history: int


@dataclass(frozen=True, slots=True)
class DescriptionRules:
    """Points from which a look is worth it; of a wrong CAS digit, two names apart, a code that fits none, codes of the sides.

    Then of a UN number that fits none, and of more grams to a package than `package_grams`.
    """

    points: int
    digit: int
    names_apart: int
    code: int
    codes_apart: int
    un: int = 2
    package: int = 1
    package_grams: int = 3_000_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """Quantities that pass without a permit, and the text that says so; `yearly` is a country's legitimate need, with its own source."""

    source: str
    maximum_grams: Mapping[SubstanceId, Grams]
    yearly: Mapping[SubstanceId, Grams]
    yearly_sources: Mapping[SubstanceId, str] = field(default_factory=dict[SubstanceId, str])


@dataclass(frozen=True, slots=True)
class Thresholds:
    """All of it; `name` is written into every alert that rests on the desk's own settings."""

    name: str
    ledger: Tolerance
    reconcile: TransitTolerance
    mirror: MirrorRules
    need: NeedRules
    price: PriceRules
    newcomer: NewcomerRules
    splitting: SplittingRules
    route: RouteRules
    description: DescriptionRules
    free_zones: frozenset[str]
    schedules: Mapping[Party, Schedule]


def read_thresholds(text: str, schedule_of: Mapping[Party, str] | None = None) -> Thresholds:
    """Read the file of thresholds.

    Args:
        text: TOML.
        schedule_of: name of the schedule of each side; where it is None, a side's mark in small letters is the name.

    Raises:
        BadConfiguration: a table or number is missing, unknown or of another type.
    """
    try:
        data = tomllib.loads(text)
        desk = dict(data["desk"])
        schedules = {name: _schedule(data, name) for name in data.get("schedule", {})}
        named = {Party(name.upper()): name for name in schedules} if schedule_of is None else schedule_of
        return Thresholds(
            str(desk["name"]),
            _table(Tolerance, desk, "ledger"),
            _table(TransitTolerance, desk, "reconcile"),
            _table(MirrorRules, desk, "mirror"),
            _table(NeedRules, desk, "need"),
            _table(PriceRules, desk, "price"),
            _table(NewcomerRules, desk, "newcomer"),
            _table(SplittingRules, desk, "splitting"),
            _table(RouteRules, desk, "route"),
            _table(DescriptionRules, desk, "description"),
            frozenset(map(str, data.get("free_zones", {}).get("codes", ()))),
            {party: schedules[name] for party, name in named.items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadConfiguration(f"the file of thresholds cannot be used: {error}. Nothing was checked.") from error


def _table(kind: Callable[..., _T], desk: Mapping[str, Mapping[str, object]], name: str) -> _T:
    """Make one frozen table; a missing or unknown key is a `TypeError` of its constructor."""
    given = {
        key: tuple(cast("list[object]", value)) if isinstance(value, list) else value
        for key, value in desk[name].items()
    }
    for key, value in given.items():
        numbers = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
        if not all(isinstance(one, int | float) and one >= 0 for one in numbers):
            raise ValueError(f"{name}.{key} is no number from 0 on")
    return kind(**given)


def _schedule(data: Mapping[str, Mapping[str, Mapping[str, object]]], name: str) -> Schedule:
    table = data["schedule"][name]
    return Schedule(
        str(table["source"]),
        _grams(table.get("maximum_grams", {})),
        _grams(data.get("annual_need", {}).get(name, {})),
    )


def _grams(table: object) -> Mapping[SubstanceId, Grams]:
    if not isinstance(table, dict):
        raise TypeError("quantities are whole grams")
    grams = cast("dict[str, int]", table)
    if not all(type(value) is int and value >= 0 for value in grams.values()):
        raise ValueError("quantities are whole grams")
    return {SubstanceId(key): Grams(value) for key, value in grams.items()}
