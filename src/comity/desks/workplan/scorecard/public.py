"""A scorecard as it may leave the two parties: few tables, no count under five, and none that can be calculated.

The rule it keeps: a count of one to four is not shown, nor as many others as must be hidden so that no hidden count follows from
the totals; times are shown only over five or more. Every table is checked as whoever has only the published one would: a hidden
count must be able to be another one while all that is shown stays as it is.
"""  # spec: scenarios.md 7

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from comity.desks.workplan.scorecard.counting import Figure
from comity.desks.workplan.scorecard.model import ALL, SIDES, Line, Scorecard

LEAST: Final = 5
"""The smallest count above 0 that is shown."""
TABLES: Final[tuple[tuple[str, str], ...]] = (
    (Figure.DISPATCHES, "item"),
    (Figure.QUESTIONS, "item"),
    (Figure.REFUSALS, "code"),
    (Figure.NOTICES, "item"),
    (Figure.OBJECTIONS, "item"),
)
"""What is published as a table with totals: a figure by side, and by item or outward code."""
TIMES: Final = ((Figure.ANSWER_COUNT, Figure.ANSWER_MEDIAN, Figure.ANSWER_P80),)
TOTAL: Final = "total"


class PublicLine(NamedTuple):
    """A published figure; `side` is 2 for both together, `value` None where it is hidden."""

    figure: str
    side: int
    item: str
    code: str
    value: int | None


@dataclass(frozen=True, slots=True)
class Public:
    """What may be published of a period."""

    sides: tuple[str, str, str]
    lines: tuple[PublicLine, ...]


@dataclass(slots=True)
class Table:
    """Counts with totals: rows by columns; the last row and the last column are the totals.

    `hidden` are the cells, totals among them, that are not shown.
    """

    cells: list[list[int]]
    hidden: set[tuple[int, int]]

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Table:
        """Add the totals."""
        cells = [[*row, sum(row)] for row in rows]
        cells.append([sum(column) for column in zip(*cells, strict=True)])
        return cls(cells, set())

    @property
    def height(self) -> int:
        """Return how many rows there are without totals."""
        return len(self.cells) - 1

    @property
    def width(self) -> int:
        """Return how many columns there are without totals."""
        return len(self.cells[0]) - 1


def protect(table: Table) -> Table:
    """Hide what is small, and then as little more as keeps every hidden count open.

    Raises:
        AssertionError: never: a table whose totals are all hidden says nothing.
    """
    places = [(row, column) for row in range(table.height + 1) for column in range(table.width + 1)]
    table.hidden |= {place for place in places if 0 < _at(table, place) < LEAST}
    while exposed := [place for place in sorted(table.hidden) if not may_differ(table, place)]:
        table.hidden.add(_next(table, exposed[0], places))
    return table


def _at(table: Table, place: tuple[int, int]) -> int:
    return table.cells[place[0]][place[1]]


def _next(table: Table, exposed: tuple[int, int], places: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return which cell to hide too: the smallest shown one above 0, of the same row or column if there is one, totals last."""

    def order(place: tuple[int, int]) -> tuple[bool, bool, int, tuple[int, int]]:
        total = place[0] == table.height or place[1] == table.width
        apart = place[0] != exposed[0] and place[1] != exposed[1]
        return (apart, total, _at(table, place), place)

    return min((one for one in places if one not in table.hidden and _at(table, one)), key=order)


def may_differ(table: Table, place: tuple[int, int]) -> bool:
    """Say whether a hidden count could be another one, above 0, with everything that is shown as it is.

    Rows and columns are the nodes of a graph; to add one to a hidden cell is a step from its row to its column, to take one
    from a cell above 1 a step back. What closes a circle changes no shown total. A hidden total lets its row or column out.
    """
    cells = {
        (row, table.height + 1 + column) for row, column in table.hidden if row < table.height and column < table.width
    }
    steps: dict[int, set[int]] = {}

    def step(one: int, two: int) -> None:
        steps.setdefault(one, set()).add(two)

    base, out_rows, out_columns = table.height + 1, -1, -2
    for row, node in cells:
        step(row, node)
        if table.cells[row][node - base] > 1:
            step(node, row)
    for row, column in table.hidden:
        if column == table.width and row < table.height:
            step(out_rows, row)
            if table.cells[row][column] > 1:
                step(row, out_rows)
        elif row == table.height and column < table.width:
            step(base + column, out_columns)
            if table.cells[row][column] > 1:
                step(out_columns, base + column)
    if (table.height, table.width) in table.hidden:
        step(out_columns, out_rows)
        if table.cells[table.height][table.width] > 1:
            step(out_rows, out_columns)
    first, second = _ends(table, place, base, out_rows, out_columns)
    return _reaches(steps, second, first) or (_at(table, place) > 1 and _reaches(steps, first, second))


def _ends(table: Table, place: tuple[int, int], base: int, out_rows: int, out_columns: int) -> tuple[int, int]:
    row, column = place
    if row == table.height and column == table.width:
        return out_columns, out_rows
    if column == table.width:
        return out_rows, row
    if row == table.height:
        return base + column, out_columns
    return row, base + column


def _reaches(steps: Mapping[int, Iterable[int]], start: int, end: int) -> bool:
    """Say whether a way leads from one node to another that is not the step between the two itself."""
    known, waiting = {start}, deque([start])
    while waiting:
        here = waiting.popleft()
        for there in steps.get(here, ()):
            if there == end and here != start:
                return True
            if there not in known and there != end:
                known.add(there)
                waiting.append(there)
    return False


def publish(card: Scorecard) -> Public:
    """Return what may be published of a scorecard."""
    lines: list[PublicLine] = []
    for figure, by in TABLES:
        lines += _table(card.lines, figure, by)
    for count, *times in TIMES:
        lines += _times(card.lines, count, times)
    sides = (card.cut[0].origin, card.cut[1].origin, "both")
    return Public(sides, tuple(lines))


def _table(found: Sequence[Line], figure: str, by: str) -> list[PublicLine]:
    words = sorted({getattr(one, by) for one in found if one.figure == figure})
    if not words:
        return []
    counts = {(side, word): 0 for side in range(SIDES) for word in words}
    for one in found:
        if one.figure == figure:
            counts[one.side, getattr(one, by)] += one.value
    table = protect(Table.of([[counts[side, word] for word in words] for side in range(SIDES)]))
    lines: list[PublicLine] = []
    for side in range(SIDES + 1):
        for column, word in enumerate([*words, TOTAL]):
            value = None if (side, column) in table.hidden else table.cells[side][column]
            item, code = (word, "") if by == "item" else ("", word)
            lines.append(PublicLine(figure, side, item, code, value))
    return lines


def _times(found: Sequence[Line], count: str, times: Sequence[str]) -> list[PublicLine]:
    """Return times over all items of each side, where they are of `LEAST` or more."""
    whole = [one for one in found if one.item == ALL and one.urgency == ALL]
    enough = {one.side for one in whole if one.figure == count and one.value >= LEAST}
    return [
        PublicLine(one.figure, one.side, ALL, "", one.value)
        for one in whole
        if one.figure in times and one.side in enough
    ]
