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
from comity.screen.plots import Plot
from comity.screen.scorecard import FigureLine, ScoreCard, Standing
from comity.screen.scoreplots import Charted, plots, span
from comity.web import moments
from comity.web.texts import Texts

_WHOLLY = "whole"
_REVIEW, _OVER = "review", frozenset({"signed", "closed", "cancelled"})
_BEFORE = 14 * 86_400_000
"""So long before a review its scorecard is due, milliseconds."""
_ALL, _WHOLE = "*", 100
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


def drawn(card: ScoreCard) -> tuple[Plot, ...]:
    """Return the plots of a period, each with its table."""
    return plots(Charted(card.marks, card.ours, card.lines, card.months, card.limits, card.names))


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


def figures(card: ScoreCard) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the heads and rows of all figures, ours above theirs where they are of the same thing."""
    heads = tuple(
        card.names.get(head, head) for head in ("figure", "side", "item", "desk", "kind", "urgency", "code", "value")
    )

    def word(text: str) -> str:
        return card.names.get("all", text) if text == _ALL else card.names.get(text, text)

    rows = tuple(
        (
            word(one.figure),
            card.marks[one.side],
            *(word(part) for part in (one.item, one.desk, one.kind, one.urgency, one.code)),
            span(one.value) if one.figure.endswith("-ms") else str(one.value),
        )
        for one in card.lines
    )
    return heads, rows


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


def _is(one: FigureLine, figure: str, item: str, urgency: str) -> bool:
    return one.figure == figure and one.item == item and one.urgency == urgency


def _totals(lines: Iterable[FigureLine]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for one in lines:
        if not one.figure.endswith("-ms") and one.item != _ALL:
            found[one.figure] = found.get(one.figure, 0) + one.value
    return found
