"""Whether a consignment adds up, as views: each alert with its arithmetic, what is in no check, months as bars and as a table.

The rule it keeps: no bar without the table that says the same; a number stands with its unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.screen.consignments import Adding, Doubt, Month, Series, Sum
from comity.web import moments
from comity.web.consignmentview import amount
from comity.web.letters import Sight
from comity.web.texts import Texts

_HEIGHT, _WIDTH, _GAP = 60, 8, 6
_STEP = 3 * _WIDTH + _GAP


@dataclass(frozen=True, slots=True)
class SumView:
    """One line of arithmetic; `strong` for what the sum comes to and for its limit."""

    sign: str
    what: str
    amount: str
    strong: bool


@dataclass(frozen=True, slots=True)
class DoubtView:
    """One alert: what it is, its arithmetic, what it is measured against, who explained it."""

    title: str
    lines: tuple[SumView, ...]
    source: str
    explained: str


@dataclass(frozen=True, slots=True)
class ChartView:
    """The months of one line: a sentence, bars as (class, x, y, height), the table's rows as (month, notified, left, arrived)."""

    title: str
    sentence: str
    width: int
    bars: tuple[tuple[str, int, int, int], ...]
    rows: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class AddingView:
    """The whole panel."""

    doubts: tuple[DoubtView, ...]
    charts: tuple[ChartView, ...]
    unplaced: tuple[str, ...]
    cut: str


def adding(card: Adding, at: Sight) -> AddingView:
    """Return the panel."""
    t = at.texts
    return AddingView(
        tuple(_doubt(one, at) for one in card.doubts),
        tuple(_chart(one, t) for one in card.series if one.months),
        tuple(_unplaced(line, why, t) for line, why in card.unplaced),
        t("pen.adds.cut") if card.cut else "",
    )


def _unplaced(line: int, why: str, t: Texts) -> str:
    said = t.word("pen.adds.why", why)
    return t("pen.adds.line", line=line, why=said) if line else said


def _doubt(one: Doubt, at: Sight) -> DoubtView:
    t = at.texts
    explained = ""
    if one.explained is not None:
        officer, when, why = one.explained
        explained = t("pen.adds.explained", officer=officer, time=moments.moment(when, at.now, t), why=why)
    return DoubtView(
        t.word("pen.adds.kind", one.kind),
        tuple(_sum(line, t) for line in one.lines),
        t("pen.adds.source", source=one.source),
        explained,
    )


def _sum(one: Sum, t: Texts) -> SumView:
    slug = one.what.replace(" ", "-").lower()
    known = t.word("pen.adds.what", slug)
    what = one.what if known == slug else known
    what = f"{what}: {one.about}" if one.unit == "points" and one.about else what
    limit = one.sign == "limit"
    return SumView("" if limit else one.sign.replace("-", "\u2212"), what, _amount(one, t), limit or one.sign == "=")


def _amount(one: Sum, t: Texts) -> str:
    if one.unit == "g":
        grams = int(one.amount)
        return f"\u2212{amount(-grams, t)}" if grams < 0 else amount(grams, t)
    return t.count("pen.adds.points", int(one.amount)) if one.unit == "points" else f"{one.amount} {one.unit}"


def _chart(one: Series, t: Texts) -> ChartView:
    title = t("pen.adds.chart", line=one.line, substance=one.substance)
    most = max((max(_three(month)) for month in one.months), default=0) or 1
    bars = tuple(
        (look, place * _STEP + n * _WIDTH, _HEIGHT - height, height)
        for place, month in enumerate(one.months)
        for n, (look, grams) in enumerate(zip(("told", "gone", "here"), _three(month), strict=True))
        if (height := -(-grams * _HEIGHT // most))
    )
    rows = tuple((m.month, amount(m.notified, t), amount(m.left, t), amount(m.came, t)) for m in one.months)
    return ChartView(title, t("pen.adds.chart.says"), len(one.months) * _STEP, bars, rows)


def _three(month: Month) -> tuple[int, int, int]:
    return month.notified, month.left, month.came
