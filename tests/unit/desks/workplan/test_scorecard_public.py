"""What is published: no count under five, and none that subtraction, or all of the published sums together, would give."""

from __future__ import annotations

import random

import pytest

from comity.base.ids import Digest, Ms, Origin
from comity.desks.workplan.scorecard.model import ALL, Line, LogCut, Period, Scorecard
from comity.desks.workplan.scorecard.public import LEAST, Table, may_differ, protect, publish


def ranges(table: Table) -> dict[tuple[int, int], tuple[int, int]]:
    """What whoever has only the published table can say of each hidden count: all sums at once, by linear programming.

    The sums of a table with totals are those of a network, so that the ends of each range are whole numbers.
    """
    from scipy.optimize import linprog  # half a second to load

    hidden = sorted(table.hidden)
    number = {place: n for n, place in enumerate(hidden)}
    sums, right = [], []
    height, width = table.height, table.width
    lines = [[(row, column) for column in range(width + 1)] for row in range(height + 1)]
    lines += [[(row, column) for row in range(height + 1)] for column in range(width + 1)]
    for line in lines:
        row, known = [0.0] * len(hidden), 0
        for place in line:
            sign = -1 if place == line[-1] else 1
            if place in number:
                row[number[place]] += sign
            else:
                known += sign * table.cells[place[0]][place[1]]
        sums.append(row)
        right.append(-known)
    found = {}
    for place, n in number.items():
        ends = []
        for sign in (1, -1):
            cost = [0.0] * len(hidden)
            cost[n] = sign
            solved = linprog(cost, A_eq=sums, b_eq=right, bounds=[(1, 1_000)] * len(hidden))
            assert solved.success
            ends.append(round(solved.x[n]))
        found[place] = ends[0], ends[1]
    return found


def test_the_planted_subtraction_finds_the_count_where_only_small_ones_are_hidden_and_not_in_what_is_published():
    rows = [[30, 3, 12], [22, 14, 9]]
    naive = Table.of(rows)
    naive.hidden = {(0, 1)}
    assert ranges(naive)[0, 1] == (3, 3)  # 45 - 30 - 12
    assert not may_differ(naive, (0, 1))
    table = protect(Table.of(rows))
    assert (0, 1) in table.hidden
    assert all(least < most for least, most in ranges(table).values())
    assert (2, 3) not in table.hidden


@pytest.mark.parametrize("seed", range(60))
def test_no_hidden_count_can_be_calculated(seed):
    chance = random.Random(seed)
    width = chance.randint(1, 5)
    rows = [[chance.choice((0, 0, 1, 2, 4, 5, 7, 12, 40)) for _ in range(width)] for _ in range(2)]
    table = protect(Table.of(rows))
    shown = [
        table.cells[row][column] for row in range(3) for column in range(width + 1) if (row, column) not in table.hidden
    ]
    assert all(count == 0 or count >= LEAST for count in shown)
    for place, (least, most) in ranges(table).items():
        assert least < most, (rows, place)
        assert may_differ(table, place)


def test_of_a_single_one_not_even_the_total_is_told():
    table = protect(Table.of([[1, 0], [0, 0]]))
    assert table.hidden == {(0, 0), (0, 2), (2, 0), (2, 2)}
    assert all(least < most for least, most in ranges(table).values())
    assert all(may_differ(table, place) for place in table.hidden)


def card(*lines: Line) -> Scorecard:
    cut = tuple(LogCut(Origin(f"{side}.example/comity/log/1"), 0, Digest(bytes(32)), 0) for side in "ab")
    return Scorecard(Digest(bytes(32)), Period(Ms(0), Ms(1)), (cut[0], cut[1]), 0, tuple(sorted(lines)))


def test_what_is_published_has_totals_and_times_over_five_or_more_only():
    lines = [
        Line("dispatches", side, item, "requests", "rfi", "urgent", "", 40)
        for side in (0, 1)
        for item in ("W-1", "W-2")
    ]
    lines.append(Line("refusals", 0, "W-1", "", "", "", "unclear", 3))
    for side, count in ((0, 4), (1, 5)):
        lines += [
            Line("answer-count", side, ALL, "", "", ALL, "", count),
            Line("answer-median-ms", side, ALL, "", "", ALL, "", 77),
            Line("answer-p80-ms", side, ALL, "", "", ALL, "", 99),
        ]
    found = publish(card(*lines)).lines
    assert [(one.side, one.item, one.value) for one in found if one.figure == "dispatches"] == [
        (side, item, 40 * (2 if side == 2 else 1) * (2 if item == "total" else 1))
        for side in (0, 1, 2)
        for item in ("W-1", "W-2", "total")
    ]
    assert all(one.value is None or one.value == 0 for one in found if one.figure == "refusals")
    assert [(one.side, one.value) for one in found if one.figure.endswith("-ms")] == [(1, 77), (1, 99)]
    assert not [one for one in found if one.value is not None and 0 < one.value < LEAST]
