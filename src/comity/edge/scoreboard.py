"""Scorecards read for pages: counted from the store, compared with what the other side said, kept while nothing has moved.

The rule it keeps: nothing is written, and no result is kept beyond the heads for which it was counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from comity.base.ids import Ms
from comity.dispatch.book import Ledger
from comity.edge.calm import calm
from comity.edge.desks import offering, part
from comity.edge.figurepdf import Sheet, Table, make_sheet, words_of
from comity.edge.opening import OpenNode
from comity.screen.scorecard import FigureLine, LeafLine, ScoreCard, Standing

_KEPT: Final = 4
_LEAVES: Final = 200
_QUARTERS: Final = 6
_MONTHS: Final = 12
_MODULE: Final = "scorecard"


class ScoreReader:
    """A `screen.scorecard.ScoreBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        desk: that has scorecards.
        marks: short marks of parties by the name of their node; `node` is ours.
    """

    def __init__(self, ledger: Ledger, desk: str, marks: Mapping[str, str], node: str) -> None:
        self._ledger, self._marks, self._node = ledger, marks, node
        self._whole, self._comparing, self._codec, self._kind, self._table, self._model = (
            part(desk, f"{_MODULE}.{name}") for name in ("whole", "comparing", "codec", "part", "table", "model")
        )
        self._known: OrderedDict[tuple[object, ...], tuple[Any, Any, Any]] = OrderedDict()

    def page(self, begins: str, ends: str, language: str, now: Ms) -> ScoreCard:
        """Return one period."""
        first, last = days_of(begins, ends, now)
        counted, theirs, found = self._counted(first, last)
        card, words = counted.card, words_of(language)
        origins = [one.origin for one in card.cut]
        return ScoreCard(
            begins=first.isoformat(),
            ends=last.isoformat(),
            quarters=quarters(now),
            marks=self._sides(card),
            ours=next((n for n, one in enumerate(origins) if one.startswith(f"{self._node}/")), 0),
            sizes=(card.cut[0].size, card.cut[1].size),
            counted=card.leaves,
            digest=self._codec.digest(card).hex(),
            their_digest="" if theirs is None else self._codec.digest(theirs.scorecard).hex(),
            standing=Standing.WAITING if found is None else Standing.EQUAL if found.equal else Standing.DIFFERENT,
            explained=None if found is None else found.explained,
            leaves=() if found is None else tuple(_leaf(one, origins) for one in found.leaves[:_LEAVES]),
            leaf_count=0 if found is None else len(found.leaves),
            changed=0 if found is None else len(found.figures),
            lines=tuple(FigureLine(*line) for line in card.lines),
            limits={_urgency(number): (one.seen, one.full) for number, one in counted.terms.limits.items()},
            names=words,
        )

    def csv(self, begins: str, ends: str, language: str, now: Ms) -> bytes:
        """Return our figures as CSV, with the mark that tells programs it is UTF-8."""
        card = self._counted(*days_of(begins, ends, now))[0].card
        words = words_of(language)
        text: str = self._table.csv_text(self._table.figure_rows(card, self._sides(card), words), words)
        return text.encode("utf-8-sig")

    def pdf(self, begins: str, ends: str, language: str, now: Ms) -> bytes:
        """Return our figures as PDF."""
        card = self._counted(*days_of(begins, ends, now))[0].card
        said = self._table.printed(card, self._sides(card), words_of(language))
        return sheet_pdf(said, language, int(card.period.ends) // 1_000)

    def statement(self, begins: str, ends: str, now: Ms) -> bytes:
        """Return what the other side needs to compare."""
        counted = self._counted(*days_of(begins, ends, now))[0]
        said: bytes = self._codec.encode_statement(self._comparing.statement(counted))
        return said

    def differences(self, now: Ms) -> tuple[tuple[str, str], ...]:
        """Return the periods, of this quarter and the last, whose two results differ: first day and the day after the last."""
        found = []
        for period in quarters(now)[:2]:
            first, last = _days(period)
            with self._ledger.read() as tx:
                stated = self._kind.newest(tx, self._model.Period(_instant(first), _instant(last)), ours=False)
            if stated is not None and not self._counted(first, last)[2].equal:
                found.append(period)
        return tuple(found)

    def _sides(self, card: Any) -> tuple[str, str]:
        first, second = (
            next((mark for name, mark in self._marks.items() if one.origin.startswith(f"{name}/")), str(one.origin))
            for one in card.cut
        )
        return first, second

    def _counted(self, first: date, last: date) -> tuple[Any, Any, Any]:
        """Return what we counted, their newest statement, and the comparison; in their cut where they stated one."""
        period = self._model.Period(_instant(first), _instant(last))
        with self._ledger.read() as tx:
            theirs = self._kind.newest(tx, period, ours=False)
            cut = theirs.scorecard.cut if theirs is not None else self._whole.newest_cut(tx)
            key = (period, cut, None if theirs is None else self._codec.digest(theirs.scorecard))
            if key not in self._known:
                with calm():
                    if theirs is None:
                        self._known[key] = self._whole.count_here(tx, period, cut), None, None
                    else:
                        counted, found = self._whole.compare_here(tx, theirs)
                        self._known[key] = counted, theirs, found
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
            return self._known[key]


def sheet_pdf(said: Mapping[str, Any], language: str, second: int) -> bytes:
    """Return the PDF of what a desk's table says as plain data."""
    tables = tuple(Table(*one) for one in said["tables"])
    return make_sheet(
        Sheet(said["title"], said["subtitle"], said["facts"], tables, said["note"]), language, second=second
    )


def make_scoreboard(opened: OpenNode) -> ScoreReader | None:
    """Make the reader; None where no desk has scorecards."""
    desks = offering(opened.config.desks, _MODULE)
    if not desks:
        return None
    marks = {str(party.node): party.country for party in opened.node.office.accord.parties}
    return ScoreReader(opened.node.ledger, desks[0], marks, opened.config.name)


def days_of(begins: str, ends: str, now: Ms) -> tuple[date, date]:
    """Read a period; what is none gives the quarter of `now`, UTC."""
    try:
        first, last = date.fromisoformat(begins), date.fromisoformat(ends)
    except ValueError:
        return _days(quarters(now)[0])
    return (first, last) if first < last else _days(quarters(now)[0])


def _days(period: tuple[str, str]) -> tuple[date, date]:
    return date.fromisoformat(period[0]), date.fromisoformat(period[1])


def quarters(now: Ms) -> tuple[tuple[str, str], ...]:
    """Return the quarter of `now` and those before it, as first day and the day after the last."""
    today = datetime.fromtimestamp(now / 1_000, UTC).date()
    number = today.year * 4 + (today.month - 1) // 3
    starts = [date(one // 4, one % 4 * 3 + 1, 1).isoformat() for one in range(number + 1, number - _QUARTERS, -1)]
    return tuple(zip(starts[1:], starts[:-1], strict=True))


def _instant(day: date) -> Ms:
    return Ms(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000)


def _urgency(number: int) -> str:
    return ("immediate", "urgent", "normal", "formal")[number]


def _leaf(one: Any, origins: list[str]) -> LeafLine:
    held = (one.ours.name.lower(), one.theirs.name.lower())
    return LeafLine(origins.index(one.origin), one.place, one.leaf.hex(), *held, one.figures)
