"""The scorecard as views: plots with every coordinate computed here, and beside each the table that says the same.

The rule it keeps: no plot without its table and a sentence that says it; the two sides differ by fill and dash, not by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from comity.base.ids import Ms
from comity.screen.meetings import MeetingLine
from comity.screen.scorecard import FigureLine, ScoreCard, Standing
from comity.web import moments
from comity.web.texts import Texts

_WHOLLY = "whole"
_REVIEW, _OVER = "review", frozenset({"signed", "closed", "cancelled"})
_BEFORE = 14 * 86_400_000
"""So long before a review its scorecard is due, milliseconds."""
_URGENCIES = ("immediate", "urgent", "normal", "formal")
_LEFT, _LIMIT_AT, _RIGHT, _ROW = 122, 330, 366, 60
_WEEKS_WIDTH, _WEEKS_LEFT, _WEEKS_TOP, _WEEKS_HEIGHT = 396, 34, 16, 160
_BAR_LEFT, _BAR_WIDE, _BAR_ROW = 190, 250, 26
_ALL, _SHOWN_WEEKS, _WHOLE = "*", 13, 100
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_ITEM_FIGURES = (
    "dispatches", "questions", "answered-in-limit", "answered-late", "overdue", "refusals", "recalls", "recalls-answered",
    "notifications", "objections", "feedback-missing", "actions-overdue",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Banner:
    """How the two results compare: its look and icon, a sentence, the rest."""

    look: str
    icon: str
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class SpanView:
    """One side's times of one urgency: where dot and line stand, and the words beside them."""

    side: str
    ours: bool
    dot: int
    end: int
    y: int
    text: str
    over: bool


@dataclass(frozen=True, slots=True)
class TimeRow:
    """One urgency: its word, its limit in words ("" for none), where the rows of the plot stand, both sides."""

    word: str
    limit: str
    top: int
    spans: tuple[SpanView, ...]


@dataclass(frozen=True, slots=True)
class TimesView:
    """The plot of times with its table as (urgency, side, ours, median, 80th percentile, limit)."""

    sentence: str
    height: int
    rows: tuple[TimeRow, ...]
    table: tuple[tuple[str, str, bool, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class WeeksView:
    """Shares by week: lines as (ours, points, label, y of the label), ticks as (x, word), the table as (week, ours, theirs)."""

    sentence: str
    lines: tuple[tuple[bool, str, str, int], ...]
    ticks: tuple[tuple[int, str], ...]
    table: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class BarsView:
    """Counts by a word: bars as (word, width, y, count); the list beside it is its table."""

    sentence: str
    height: int
    bars: tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class ItemsView:
    """The table of items: heads, and rows as (item, side, ours, counts)."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, str, bool, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Next:
    """What is to be done about a period: a sentence, a button ("" for none), whether it is the first thing to do."""

    text: str
    word: str = ""
    href: str = ""
    first: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A statement that is due: a word, a sentence, where it is sent from."""

    head: str
    text: str
    href: str


def next_of(card: ScoreCard, t: Texts, *, may: bool) -> Next | None:
    """Return what is to be done about a period; the button is for those who `may` send."""
    tell = f"/scorecard/tell?{urlencode({'from': card.begins, 'to': card.ends})}"
    if not card.stated:
        text = t("score.next.first" if card.standing is Standing.WAITING else "score.next.answer")
        return Next(text, t("score.tell"), tell, first=True) if may else Next(text)
    detail = card.detail
    if card.standing is not Standing.WAITING and not detail.ready:
        return Next(t("score.next.ahead"))
    if detail.buckets and not detail.ours:
        text = t("score.next.came" if detail.theirs else "score.next.detail")
        return Next(text, t("score.tell.deeper"), f"{tell}&what=detail", first=True) if may else Next(text)
    if detail.buckets and not detail.theirs:
        return Next(t("score.next.waits"))
    text = t("score.next.stated" if card.standing is Standing.WAITING else "score.next.both")
    return Next(text, t("score.tell.again"), tell) if may else Next(text)


def due(quarter: tuple[str, str], meetings: Iterable[MeetingLine], now: Ms, t: Texts) -> Due | None:
    """Return what the day's page says of a quarter that ended and was not stated; None while the next review is far.

    Args:
        quarter: first day, and the day after the last.
        meetings: of which the next review that is still to come counts; without one it is due at once.
        now: our time.
        t: the words.
    """  # spec: scenarios.md 7
    coming = (one.at for one in meetings if one.sort == _REVIEW and one.state not in _OVER and one.at is not None)
    review = min((at for at in coming if at >= now), default=None)
    if review is not None and review - now > _BEFORE:
        return None
    text = t("score.due.text") if review is None else t("score.due.review", at=moments.date(review, t, year=True))
    query = urlencode({"from": quarter[0], "to": quarter[1]})
    return Due(t("score.due", period=period(*quarter, t)), text, f"/scorecard/tell?{query}")


def period(begins: str, ends: str, t: Texts) -> str:
    """Write a period: whole months by name, such as `Jul-Sep 2026`, any other by its first and last day."""
    first, after = date.fromisoformat(begins), date.fromisoformat(ends)
    last = after - timedelta(days=1)
    if (first.day, after.day) != (1, 1):
        return f"{first} - {last}"
    return moments.months(first, last, t)


def instant(second: int, t: Texts) -> str:
    """Write a log time: day and clock, UTC."""
    at = Ms(second * 1_000)
    return f"{moments.date(at, t, year=True)} {moments.clock(at)} UTC"


def banner(card: ScoreCard, t: Texts) -> Banner:
    """Say how the two results compare."""
    short = f"{card.digest[:8]}…{card.digest[-8:]}"
    first, second = (f"{size:,}".replace(",", " ") for size in card.sizes)
    match card.standing:
        case Standing.EQUAL:
            return Banner(
                "ok", "check", t("score.equal"), t("score.equal.text", ours=short, first=first, second=second)
            )
        case Standing.DIFFERENT:
            word = {True: "all", None: "part", False: "none"}[card.explained]
            head = t("score.different", changed=card.changed)
            read = sum(number for *held, number in card.reasons if held == [_WHOLLY, _WHOLLY])
            word = "read" if read else word
            return Banner("stop", "stop", head, t(f"score.different.{word}", leaves=card.leaf_count, read=read))
        case _:
            return Banner("hold", "half", t("score.waiting"), t("score.waiting.text", ours=short))


def kpis(card: ScoreCard) -> tuple[tuple[str, str, str], ...]:
    """Return the counts at the top as (number, word, small line)."""
    total = _totals(card.lines)
    names = card.names
    asked = total.get("questions", 0)
    kept, late = total.get("answered-in-limit", 0), total.get("answered-late", 0) + total.get("overdue", 0)
    share = f"{names['answered-in-limit']}: {kept * _WHOLE // (kept + late)} %" if kept + late else ""
    median = [one.value for one in card.lines if _is(one, "answer-median-ms", _ALL, "urgent")]
    found = [(str(asked), names["questions"], share)]
    if median:
        found.append((span(max(median)), names["answer-median-ms"], names["urgent"]))
    for figure, small in (
        ("refusals", ""),
        ("notifications", "objections"),
        ("recalls", "recalls-answered"),
        ("feedback-missing", "feedback-came"),
    ):
        words = f"{total.get(small, 0)} {names[small].lower()}" if small else ""
        found.append((str(total.get(figure, 0)), names[figure], words))
    return tuple(found)


def times(card: ScoreCard, t: Texts) -> TimesView | None:
    """Return the plot of times to answer, one scale an urgency; None where nothing was answered."""
    rows: list[TimeRow] = []
    table: list[tuple[str, str, bool, str, str, str]] = []
    sentences: list[str] = []
    for urgency in _URGENCIES:
        found = _times_of(card, urgency)
        if not found:
            continue
        limit = card.limits.get(urgency, (None, None))[1]
        scale = limit or max(p80 for _, _, p80 in found) or 1
        top, word = 26 + _ROW * len(rows), card.names[urgency]
        written = "" if limit is None else span(limit)
        spans = []
        for side, median, p80 in found:
            ours, mark = side == card.ours, card.marks[side]
            over = limit is not None and p80 > limit
            spans.append(
                SpanView(
                    mark,
                    ours,
                    _x(median, scale),
                    _x(p80, scale),
                    top + (14 if ours else 32),
                    f"{span(median)}, {span(p80)}",
                    over,
                )
            )
            table.append((word, mark, ours, span(median), span(p80), written))
            sentences.append(t("score.times.one", urgency=word, side=mark, median=span(median), p80=span(p80)))
        rows.append(TimeRow(word, t("score.times.limit", limit=written) if written else "", top, tuple(spans)))
    return TimesView(" ".join(sentences), 30 + _ROW * len(rows), tuple(rows), tuple(table)) if rows else None


def _times_of(card: ScoreCard, urgency: str) -> list[tuple[int, int, int]]:
    medians = {one.side: one.value for one in card.lines if _is(one, "answer-median-ms", _ALL, urgency)}
    longer = {one.side: one.value for one in card.lines if _is(one, "answer-p80-ms", _ALL, urgency)}
    order = (card.ours, 1 - card.ours)
    return [(side, medians[side], longer[side]) for side in order if side in medians]


def weeks(card: ScoreCard, t: Texts) -> WeeksView | None:
    """Return the share of answers within the limit by week, the newest quarter of them; None where there is none."""
    kept = {(one.side, one.code): one.value for one in card.lines if one.figure == "week-in-limit"}
    late = {(one.side, one.code): one.value for one in card.lines if one.figure == "week-late"}
    named = sorted({week for _, week in {*kept, *late}})[-_SHOWN_WEEKS:]
    if not named:
        return None
    step = _WEEKS_WIDTH // max(1, len(named) - 1)
    shares: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
    for side, found in shares.items():
        for place, week in enumerate(named):
            whole = kept.get((side, week), 0) + late.get((side, week), 0)
            if whole:
                found.append((place, kept.get((side, week), 0) * _WHOLE // whole))
    lines, sentences = [], []
    for side in (card.ours, 1 - card.ours):
        if shares[side]:
            points = " ".join(f"{_WEEKS_LEFT + place * step},{_y(share)}" for place, share in shares[side])
            last = shares[side][-1][1]
            lines.append((side == card.ours, points, f"{card.marks[side]} {last} %", _y(last)))
            first = shares[side][0][1]
            sentences.append(t("score.weeks.one", side=card.marks[side], first=first, last=last))
    by_place = {side: dict(points) for side, points in shares.items()}
    table = tuple(
        (week, _cell(by_place[card.ours].get(place)), _cell(by_place[1 - card.ours].get(place)))
        for place, week in enumerate(named)
    )
    every = max(1, len(named) // 4)
    ticks = tuple((_WEEKS_LEFT + place * step, week[-3:]) for place, week in enumerate(named) if place % every == 0)
    return WeeksView(" ".join(sentences), tuple(lines), ticks, table)


def _cell(share: int | None) -> str:
    return "" if share is None else f"{share} %"


def refusals(card: ScoreCard, t: Texts) -> BarsView | None:
    """Return refusals by outward code, both sides together, the most first; None where nothing was refused."""
    found: dict[str, int] = {}
    for one in card.lines:
        if one.figure in {"refusals", "not-admitted"}:
            found[one.code] = found.get(one.code, 0) + one.value
    if not found:
        return None
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    most = ordered[0][1]
    bars = tuple(
        (word, max(2, count * _BAR_WIDE // most), 4 + _BAR_ROW * place, count)
        for place, (word, count) in enumerate(ordered)
    )
    sentence = " ".join(t("score.refusals.one", code=word, count=count) for word, count in ordered)
    return BarsView(sentence, 4 + _BAR_ROW * len(bars), bars)


def items(card: ScoreCard) -> ItemsView:
    """Return the main counts of each item, ours above theirs."""
    names = sorted({one.item for one in card.lines if one.item and one.item != _ALL})
    figures = [figure for figure in _ITEM_FIGURES if any(one.figure == figure for one in card.lines)]
    counts: dict[tuple[str, int, str], int] = {}
    for one in card.lines:
        counts[one.item, one.side, one.figure] = counts.get((one.item, one.side, one.figure), 0) + one.value
    rows = tuple(
        (
            card.names.get(item, item),
            card.marks[side],
            side == card.ours,
            tuple(counts.get((item, side, figure), 0) for figure in figures),
        )
        for item in names
        for side in (card.ours, 1 - card.ours)
    )
    return ItemsView(tuple(card.names[figure] for figure in figures), rows)


def leaves(card: ScoreCard, t: Texts) -> tuple[object, ...]:
    """Return the leaves that explain a difference: rows, the reasons in words, how many there are, where all are to be had.

    A row is side, whether ours, place, hash, what both hold, figures.
    """
    reasons = tuple(
        t("score.why.read", leaves=t.number(number))
        if (ours, theirs) == (_WHOLLY, _WHOLLY)
        else t("score.why", leaves=t.number(number), ours=t(f"score.held.{ours}"), theirs=t(f"score.held.{theirs}"))
        for ours, theirs, number in card.reasons
    )
    query = urlencode({"from": card.begins, "to": card.ends})
    return _rows(card, t), reasons, card.leaf_count, f"/scorecard/leaves.csv?{query}"


def _rows(card: ScoreCard, t: Texts) -> tuple[tuple[str, bool, str, str, str, str, str], ...]:
    return tuple(
        (
            card.marks[one.side],
            one.side == card.ours,
            str(one.place),
            one.leaf,
            t(f"score.held.{one.ours}"),
            t("score.held.read" if (one.ours, one.theirs) == (_WHOLLY, _WHOLLY) else f"score.held.{one.theirs}"),
            ", ".join(card.names.get(figure, figure) for figure in one.figures),
        )
        for one in card.leaves
    )


def span(milliseconds: int) -> str:
    """Write a time: 9 min, 6 h 40, 3.2 d."""
    if milliseconds < _HOUR:
        return f"{milliseconds // _MINUTE} min"
    if milliseconds < 2 * _DAY:
        hours, minutes = divmod(milliseconds // _MINUTE, 60)
        return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
    days, tenths = divmod(milliseconds * 10 // _DAY, 10)
    return f"{days}.{tenths} d" if tenths else f"{days} d"


def _x(value: int, scale: int) -> int:
    return min(_RIGHT, _LEFT + value * (_LIMIT_AT - _LEFT) // scale)


def _y(share: int) -> int:
    return _WEEKS_TOP + _WEEKS_HEIGHT * (_WHOLE - share) // _WHOLE


def _is(one: FigureLine, figure: str, item: str, urgency: str) -> bool:
    return one.figure == figure and one.item == item and one.urgency == urgency


def _totals(lines: Iterable[FigureLine]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for one in lines:
        if not one.figure.endswith("-ms") and one.item != _ALL:
            found[one.figure] = found.get(one.figure, 0) + one.value
    return found
