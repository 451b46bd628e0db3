"""The plots of a scorecard: share within the limit by item, by week and by month; times to answer; refusals by code.

The rule it keeps: every number drawn stands in the figures; with each goes of how many it is.
"""  # spec: scenarios.md 7

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from comity.screen.plots import Look, Plot, Shape, bar, dot, line, text
from comity.screen.scorecard import FigureLine, MonthLine

URGENCIES: Final = ("immediate", "urgent", "normal", "formal")
WIDTH: Final = 500
_ALL, _WHOLE, _WEEKS, _LINE = "*", 100, 13, 15
_LEFT, _RIGHT, _WORDS_AT = 128, 352, 362
_QUARTERS: Final = (0, 25, 50, 75, 100)
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_IN, _LATE = frozenset({"answered-in-limit", "week-in-limit"}), frozenset({"answered-late", "overdue", "week-late"})
_TIME_HEADS: Final = ("side", "answer-median-ms", "answer-p80-ms", "count")
Share = tuple[int, int]
"""(within the limit, of how many)."""


@dataclass(frozen=True, slots=True)
class Charted:
    """What the plots are drawn of; attributes as of a `ScoreCard`."""

    marks: tuple[str, str]
    ours: int
    lines: tuple[FigureLine, ...]
    months: tuple[MonthLine, ...]
    limits: Mapping[str, tuple[int | None, int | None]]
    names: Mapping[str, str]

    def word(self, key: str, **values: object) -> str:
        """Return a word in the reader's language; what it has none for stands as it is."""
        return self.names.get(key, key).format(**values) if values else self.names.get(key, key)

    @property
    def sides(self) -> tuple[tuple[int, Look], ...]:
        """Both sides, ours first, with their looks."""
        return (self.ours, Look.OURS), (1 - self.ours, Look.THEIRS)


def plots(of: Charted) -> tuple[Plot, ...]:
    """Return the plots that have something to show."""
    found = (
        items(of),
        times(of),
        seen_times(of),
        weeks(of),
        month_shares(of),
        month_times(of),
        refusals(of),
        month_refusals(of),
    )
    return tuple(one for one in found if one is not None)


def span(milliseconds: int) -> str:
    """Write a time: 9 min, 6 h 40, 3.2 d."""
    if milliseconds < _HOUR:
        return f"{milliseconds // _MINUTE} min"
    if milliseconds < 2 * _DAY:
        hours, minutes = divmod(milliseconds // _MINUTE, 60)
        return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
    days, tenths = divmod(milliseconds * 10 // _DAY, 10)
    return f"{days}.{tenths} d" if tenths else f"{days} d"


# --- shares ----------------------------------------------------------------------------------------------------------


def items(of: Charted) -> Plot | None:
    """Return the share answered within the limit by item: a bar for each side."""
    shares = _shares((one.item, one) for one in of.lines if not one.figure.startswith("week-"))
    names = sorted({item for item, _ in shares})
    if not names:
        return None
    shapes, rows, y = [*_scale(of, 20, 24 + 42 * len(names))], [], 24
    for item in names:
        shapes.append(text(Look.LABEL, 0, y + 20, of.word(item)))
        for side, look in of.sides:
            kept, whole = shares.get((item, side), (0, 0))
            if whole:
                share = kept * _WHOLE // whole
                shapes.append(bar(look, _LEFT, y, _LEFT + max(2, (_RIGHT - _LEFT) * share // _WHOLE), y + 13))
                shapes.append(text(Look.SMALL, _WORDS_AT, y + 11, _share_words(of, side, share, whole)))
                rows.append((of.word(item), of.marks[side], f"{share} %", str(whole)))
            y += 17
        y += 8
    return _plot(of, "items", _legend(of), y + 34, shapes, ("item", "side", "axis-share", "count"), rows)


def weeks(of: Charted) -> Plot | None:
    """Return the share by the week in which a question arrived, the newest quarter of them."""
    shares = _shares((one.code, one) for one in of.lines if one.figure.startswith("week-"))
    return _over_time(of, "weeks", shares, sorted({week for week, _ in shares})[-_WEEKS:], lambda week: week[-3:])


def month_shares(of: Charted) -> Plot | None:
    """Return the share by month."""
    shares = _shares((one.month, one.line) for one in of.months)
    return _over_time(of, "month-shares", shares, months_of(of), str)


def months_of(of: Charted) -> tuple[str, ...]:
    """Return the months that have figures; none where it is one alone, for the period says the same."""
    months = tuple(sorted({one.month for one in of.months}))
    return months if len(months) > 1 else ()


def _shares(found: Iterator[tuple[str, FigureLine]]) -> Mapping[tuple[str, int], Share]:
    shares: dict[tuple[str, int], Share] = {}
    for key, one in found:
        if one.figure in _IN or one.figure in _LATE:
            kept, whole = shares.get((key, one.side), (0, 0))
            shares[key, one.side] = kept + (one.value if one.figure in _IN else 0), whole + one.value
    return shares


def _share_words(of: Charted, side: int, share: int, whole: int) -> str:
    return f"{of.marks[side]} {share} % ({of.word('n-is', n=whole)})"


def _scale(of: Charted, top: int, bottom: int) -> Iterator[Shape]:
    """Yield a scale of per cent from left to right, with its words below."""
    for share in _QUARTERS:
        x = _LEFT + (_RIGHT - _LEFT) * share // _WHOLE
        yield line(Look.GRID, x, top, x, bottom)
        yield text(Look.SMALL, x, bottom + 14, str(share), "middle")
    yield text(Look.SMALL, (_LEFT + _RIGHT) // 2, bottom + 28, of.word("axis-share"), "middle")


def _over_time(
    of: Charted, name: str, shares: Mapping[tuple[str, int], Share], places: Sequence[str], short: Callable[[str], str]
) -> Plot | None:
    """Return shares as a line for each side; below each place of how many it is, ours above theirs."""
    if not places:
        return None
    left, right, top, bottom = 40, 400, 30, 190
    step = (right - left) // max(1, len(places) - 1)
    shapes, rows, ends = [text(Look.SMALL, 0, 14, of.word("axis-share"))], [], []
    for share in _QUARTERS:
        y = bottom - (bottom - top) * share // _WHOLE
        shapes += [line(Look.GRID, left, y, right, y), text(Look.SMALL, left - 6, y + 4, str(share), "end")]
    for row, (side, look) in enumerate(of.sides):
        points = []
        shapes.append(text(Look.SMALL, left - 12, bottom + 36 + 14 * row, of.word("n-of", side=of.marks[side]), "end"))
        for place, key in enumerate(places):
            kept, whole = shares.get((key, side), (0, 0))
            x = left + place * step
            shapes.append(text(Look.SMALL, x, bottom + 36 + 14 * row, str(whole), "middle"))
            if whole:
                points.append((x, bottom - (bottom - top) * (kept * _WHOLE // whole) // _WHOLE, kept * _WHOLE // whole))
                rows.append((key, of.marks[side], f"{points[-1][2]} %", str(whole)))
        for one, two in itertools.pairwise(points):
            shapes.append(line(look, one[0], one[1], two[0], two[1]))
        shapes += [dot(look, x, y) for x, y, _ in points]
        if points:
            ends.append((points[-1][1], f"{of.marks[side]} {points[-1][2]} %"))
    shapes += _apart(right + 12, ends)
    every = max(1, -(-len(places) // 7))
    for place, key in enumerate(places):
        if place % every == 0:
            shapes.append(text(Look.SMALL, left + place * step, bottom + 18, short(key), "middle"))
    heads = ("axis-week" if name == "weeks" else "axis-month", "side", "axis-share", "count")
    return _plot(of, name, _legend(of), bottom + 58, shapes, heads, sorted(rows))


def _apart(x: int, ends: Sequence[tuple[int, str]]) -> Iterator[Shape]:
    """Yield the words at the ends of lines, one below the other where the ends are close."""
    last = -_LINE
    for y, words in sorted(ends):
        last = max(y + 4, last + _LINE)
        yield text(Look.LABEL, x, last, words)


def _plot(  # noqa: PLR0917  what stands on it
    of: Charted,
    name: str,
    lead: str,
    height: int,
    shapes: Sequence[Shape],
    heads: Sequence[str],
    rows: Sequence[tuple[str, ...]],
) -> Plot:
    said = " ".join(f"{', '.join(row)}." for row in rows)
    words = tuple(of.word(head) for head in heads)
    return Plot(name, of.word(f"plot-{name}"), lead, said, WIDTH, height, tuple(shapes), words, tuple(rows))


def _legend(of: Charted) -> str:
    return of.word("plot-legend", ours=of.marks[of.ours], theirs=of.marks[1 - of.ours])


# --- times -----------------------------------------------------------------------------------------------------------


def times(of: Charted) -> Plot | None:
    """Return the times to answer by urgency: a dot at the median, a line to the 80th percentile, each urgency on its own scale."""
    return _by_urgency(of, "times", "answer")


def seen_times(of: Charted) -> Plot | None:
    """Return the times until a dispatch was looked at, in the same way."""
    return _by_urgency(of, "seen-times", "seen")


def _by_urgency(of: Charted, name: str, what: str) -> Plot | None:
    shapes: list[Shape] = []
    rows: list[tuple[str, ...]] = []
    y = 14
    for urgency in URGENCIES:
        found = _times([one for one in of.lines if one.item == _ALL and one.urgency == urgency], what)
        if not found:
            continue
        limit = of.limits.get(urgency, (None, None))[what == "answer"]
        scale = limit or max(p80 for _, p80, _ in found.values()) or 1
        end = _LEFT + (_RIGHT - _LEFT) * 9 // 10
        shapes.append(text(Look.LABEL, 0, y + 12, of.word(urgency)))
        if limit is not None:
            shapes += [
                text(Look.SMALL, 0, y + 27, of.word("limit-is", limit=span(limit))),
                line(Look.LIMIT, end, y, end, y + 36),
            ]
        for row, (side, look) in enumerate(of.sides):
            if side in found:
                words = _span_words(of, side, found[side])
                shapes += _range(look, y + 8 + 20 * row, [_at(one, scale, end) for one in found[side][:2]])
                shapes.append(text(Look.SMALL, _WORDS_AT, y + 12 + 20 * row, words))
                rows.append((of.word(urgency), *_row(of, side, found[side]), "" if limit is None else span(limit)))
        shapes.append(line(Look.GRID, _LEFT, y + 42, WIDTH, y + 42))
        y += 52
    if not rows:
        return None
    shapes.append(text(Look.SMALL, (_LEFT + _RIGHT) // 2, y + 8, of.word(f"axis-{name}"), "middle"))
    heads = ("urgency", "side", f"{what}-median-ms", f"{what}-p80-ms", "count", "limit")
    return _plot(of, name, _ranges(of), y + 16, shapes, heads, rows)


def month_times(of: Charted) -> Plot | None:
    """Return the times to answer by month, of all urgencies, on one scale."""
    months = months_of(of)
    by_month = {month: _times([one.line for one in of.months if one.month == month], "answer") for month in months}
    longest = max((p80 for found in by_month.values() for _, p80, _ in found.values()), default=0)
    if not longest:
        return None
    shapes: list[Shape] = []
    rows: list[tuple[str, ...]] = []
    y = 14
    for month in months:
        shapes.append(text(Look.LABEL, 0, y + 16, month))
        for row, (side, look) in enumerate(of.sides):
            if side in by_month[month]:
                words = _span_words(of, side, by_month[month][side])
                places = [_at(one, longest, _RIGHT) for one in by_month[month][side][:2]]
                shapes += [
                    *_range(look, y + 6 + 18 * row, places),
                    text(Look.SMALL, _WORDS_AT, y + 10 + 18 * row, words),
                ]
                rows.append((month, *_row(of, side, by_month[month][side])))
        y += 44
    shapes += [
        line(Look.GRID, _LEFT, y, _RIGHT, y),
        text(Look.SMALL, _LEFT, y + 14, "0", "middle"),
        text(Look.SMALL, _RIGHT, y + 14, span(longest), "middle"),
        text(Look.SMALL, (_LEFT + _RIGHT) // 2, y + 28, of.word("axis-times"), "middle"),
    ]
    return _plot(of, "month-times", _ranges(of), y + 36, shapes, ("axis-month", *_TIME_HEADS), rows)


def _ranges(of: Charted) -> str:
    return f"{of.word('plot-range')} {_legend(of)}"


def _row(of: Charted, side: int, found: tuple[int, int, int]) -> tuple[str, ...]:
    return (of.marks[side], span(found[0]), span(found[1]), str(found[2]))


def _times(lines: Sequence[FigureLine], what: str) -> Mapping[int, tuple[int, int, int]]:
    """Return by side (median, 80th percentile, of how many)."""
    by_name = {(one.figure, one.side): one.value for one in lines}
    return {
        side: (median, by_name.get((f"{what}-p80-ms", side), median), by_name.get((f"{what}-count", side), 0))
        for (figure, side), median in by_name.items()
        if figure == f"{what}-median-ms"
    }


def _span_words(of: Charted, side: int, found: tuple[int, int, int]) -> str:
    return f"{of.marks[side]} {span(found[0])}, {span(found[1])} ({of.word('n-is', n=found[2])})"


def _at(value: int, scale: int, end: int) -> int:
    return min(_RIGHT, _LEFT + value * (end - _LEFT) // scale)


def _range(look: Look, y: int, places: Sequence[int]) -> list[Shape]:
    return [line(look, places[0], y, max(places), y), dot(look, places[0], y)]


# --- refusals --------------------------------------------------------------------------------------------------------


def refusals(of: Charted) -> Plot | None:
    """Return refusals by outward code, both sides together, the most first."""
    counts = _codes(of.lines)
    if not counts:
        return None
    left, right = 190, 440
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    shapes, y = [], 8
    for code, count in ordered:
        shapes += [
            text(Look.LABEL, left - 10, y + 12, code, "end"),
            bar(Look.BOTH, left, y, left + max(2, count * (right - left) // ordered[0][1]), y + 16),
            text(Look.SMALL, left + max(2, count * (right - left) // ordered[0][1]) + 8, y + 13, str(count)),
        ]
        y += 26
    total = sum(counts.values())
    shapes.append(text(Look.SMALL, left, y + 12, f"{of.word('axis-refusals')} ({of.word('n-is', n=total)})"))
    rows = [(code, str(count)) for code, count in ordered]
    return _plot(of, "refusals", "", y + 20, shapes, ("code", "count"), rows)


def month_refusals(of: Charted) -> Plot | None:
    """Return refusals by outward code and month: a bar of its own scale in each field, with its count."""
    months = months_of(of)
    counts = {month: _codes([one.line for one in of.months if one.month == month]) for month in months}
    codes = sorted({code for found in counts.values() for code in found})
    if not codes:
        return None
    left, most = 190, max(count for found in counts.values() for count in found.values())
    step = (WIDTH - left) // len(months)
    shapes = [text(Look.SMALL, left + place * step, 12, month) for place, month in enumerate(months)]
    y, rows = 22, []
    for code in codes:
        rows.append((code, *(str(counts[month].get(code, 0)) for month in months)))
        shapes.append(text(Look.LABEL, left - 10, y + 12, code, "end"))
        for place, month in enumerate(months):
            count = counts[month].get(code, 0)
            x = left + place * step
            wide = count * (step - 40) // most
            if count:
                shapes.append(bar(Look.BOTH, x, y, x + max(2, wide), y + 16))
            shapes.append(text(Look.SMALL, x + (max(2, wide) + 6 if count else 0), y + 13, str(count)))
        y += 26
    sums = (f"{month} {of.word('n-is', n=sum(counts[month].values()))}" for month in months)
    shapes.append(text(Look.SMALL, 0, y + 12, f"{of.word('axis-refusals')}: {', '.join(sums)}"))
    return _plot(of, "month-refusals", "", y + 20, shapes, ("code", *months), rows)


def _codes(lines: Sequence[FigureLine]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in lines:
        if one.figure in {"refusals", "not-admitted"}:
            found[one.code] = found.get(one.code, 0) + one.value
    return found
