"""The months of a period, each counted as a period of its own from what was read once for the whole.

The rule it keeps: no figure is made here; each month is counted by `counting.count`, so that the months of counts add up to the period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from comity.base.ids import Ms
from comity.desks.workplan.scorecard.comparing import Counted
from comity.desks.workplan.scorecard.counting import Figure, count
from comity.desks.workplan.scorecard.model import ALL, Line, Period, Place

MOST: Final = 24
"""Months at most; of a longer period the last."""
_TIMES: Final = frozenset({Figure.ANSWER_COUNT, Figure.ANSWER_MEDIAN, Figure.ANSWER_P80})
_COUNTS: Final = frozenset(
    {Figure.IN_LIMIT, Figure.LATE, Figure.OVERDUE, Figure.REFUSALS, Figure.NOT_ADMITTED, Figure.DISPATCHES}
)
_YEAR: Final = 12


class Month(NamedTuple):
    """A month, such as 2026-08, and its lines: over all items, desks, kinds and urgencies, by side and code."""

    name: str
    lines: tuple[Line, ...]


def by_month(counted: Counted) -> tuple[Month, ...]:
    """Return the months of a period, oldest first; none where it has one alone."""
    periods = list(_months(counted.card.period))[-MOST:]
    if len(periods) < 2:  # noqa: PLR2004  one month says what the period says
        return ()
    at: dict[Place, int] = {(side, leaf.place): leaf.at for side, log in enumerate(counted.logs) for leaf in log.leaves}
    found: list[Month] = []
    for name, period in periods:
        said = {place: one for place, one in counted.holding.said.items() if at[place] >= period.begins}
        found.append(Month(name, _short(count(counted.logs, said, counted.terms, period).lines)))
    return tuple(found)


def _months(period: Period) -> Iterator[tuple[str, Period]]:
    begins = period.begins
    while begins < period.ends:
        day = datetime.fromtimestamp(begins / 1_000, UTC)
        year, month = divmod(day.year * _YEAR + day.month, _YEAR)
        ends = Ms(min(period.ends, int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * 1_000))
        yield f"{day.year:04d}-{day.month:02d}", Period(begins, ends)
        begins = ends


def _short(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    counts: Counter[tuple[str, int, str]] = Counter()
    times: list[Line] = []
    for one in lines:
        if one.figure in _COUNTS:
            counts[one.figure, one.side, one.code] += one.value
        elif one.figure in _TIMES and one.item == ALL and one.urgency == ALL:
            times.append(one)
    sums = [Line(figure, side, ALL, "", "", "", code, value) for (figure, side, code), value in counts.items()]
    return tuple(sorted([*sums, *times]))
