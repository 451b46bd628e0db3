"""What an operator gives the checks: a country's yearly legitimate need of each substance, and places that are free zones.

The rule it keeps: every figure and every place has its source and the day on which it stood there; two that differ on one day are
none; what is not given stays unknown.
"""  # spec: precursors-and-documents.md 1, 4

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from comity.base.errors import BadForm
from comity.desks.precursors.flows.model import Grams, Party, SubstanceId
from comity.desks.precursors.flows.reading import Row, day_in, grams_in, text_in
from comity.desks.precursors.flows.route import place_of
from comity.desks.precursors.flows.thresholds import Schedule, Thresholds

NEED_COLUMNS = ("party", "substance", "grams", "kg", "source", "day")
ZONE_COLUMNS = ("place", "source", "day")
_LEAST_PLACE = 2


@dataclass(frozen=True, slots=True)
class YearlyNeed:
    """What all importers of a country together need of a substance in a year, where that stands, and since which day."""

    party: Party
    substance: SubstanceId
    grams: Grams
    source: str
    day: date


@dataclass(frozen=True, slots=True)
class FreeZone:
    """A place that is a free zone, by code or by name, where that stands, and since which day."""

    place: str
    source: str
    day: date


def read_need(row: Row, known: frozenset[str] | None = None) -> YearlyNeed:
    """Read one row of yearly needs.

    Args:
        row: its cells.
        known: ids of the list of substances; None where no list is here.

    Raises:
        BadForm: something is missing, does not fit, or is no substance of the list.
    """
    _check_columns(row, NEED_COLUMNS)
    substance = text_in(row, "substance")
    if known is not None and substance not in known:
        raise BadForm(f"the list has no substance {substance!r}; `comity precursors status NAME` says its id")
    return YearlyNeed(
        Party(text_in(row, "party").upper()),
        SubstanceId(substance),
        grams_in(row, least=0),
        text_in(row, "source"),
        day_in(row, "day"),
    )


def read_zone(row: Row) -> FreeZone:
    """Read one row of free zones.

    Raises:
        BadForm: something is missing or does not fit.
    """
    _check_columns(row, ZONE_COLUMNS)
    place = place_of(text_in(row, "place"))
    if len(place) < _LEAST_PLACE:
        raise BadForm(
            f"place is {text_in(row, 'place')!r}: it has fewer than two letters or digits and would fit anything"
        )
    return FreeZone(place, text_in(row, "source"), day_in(row, "day"))


def with_given(
    rules: Thresholds, needs: Iterable[YearlyNeed], zones: Iterable[FreeZone], until: date
) -> tuple[Thresholds, tuple[tuple[str, str], ...]]:
    """Return the thresholds with what was given up to a day, and what was left out: (what, why).

    A newer row takes the place of an older one, and of what the thresholds' own table says.
    """
    held, left = _newest(one for one in needs if one.day <= until)
    schedules: dict[Party, Schedule] = dict(rules.schedules)
    for one in held:
        before = schedules.get(one.party) or Schedule("", {}, {})
        schedules[one.party] = replace(
            before,
            yearly={**before.yearly, one.substance: one.grams},
            yearly_sources={**before.yearly_sources, one.substance: f"{one.source}, {one.day.isoformat()}"},
        )
    places = frozenset(one.place for one in zones if one.day <= until)
    return replace(rules, schedules=schedules, free_zones=rules.free_zones | places), left


def contradictions(needs: Iterable[YearlyNeed], until: date) -> tuple[tuple[str, str], ...]:
    """Return what contradicts itself on the newest day up to a day: (what, why)."""
    return _newest(one for one in needs if one.day <= until)[1]


def _newest(needs: Iterable[YearlyNeed]) -> tuple[tuple[YearlyNeed, ...], tuple[tuple[str, str], ...]]:
    """Return the newest row of each party and substance; two of one day that differ are both left out."""
    by_key: dict[tuple[Party, SubstanceId], list[YearlyNeed]] = {}
    for one in needs:
        by_key.setdefault((one.party, one.substance), []).append(one)
    good: list[YearlyNeed] = []
    left: list[tuple[str, str]] = []
    for (party, substance), rows in sorted(by_key.items()):
        last = max(one.day for one in rows)
        newest = [one for one in rows if one.day == last]
        if len({one.grams for one in newest}) == 1:
            good.append(newest[0])
        else:
            told = " and ".join(f"{one.grams} g ({one.source})" for one in newest)
            left.append((f"{party} {substance}", f"of {last.isoformat()} there are {told}; strike one"))
    return tuple(good), tuple(left)


def _check_columns(row: Mapping[str, object], columns: tuple[str, ...]) -> None:
    strangers = sorted(str(name) for name, cell in row.items() if name not in columns and cell)
    if strangers:
        raise BadForm(f"there is no column {strangers[0]!r}; there are {', '.join(columns)}")
