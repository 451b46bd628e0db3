"""Scorecards read for pages: counted from the store, compared with what the other side said, kept once both are equal.

The rule it keeps: nothing is written, and no result is kept beyond the heads for which it was counted, nor for more than a minute while it differs.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any, Final

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.dispatch.book import Ledger
from comity.dispatch.ports import Tx
from comity.edge.calm import calm
from comity.edge.desks import offering, part
from comity.edge.figurepdf import Sheet, Table, make_sheet, words_of
from comity.edge.opening import OpenNode
from comity.edge.scorecut import cut_of, cut_text
from comity.screen.plots import Plot
from comity.screen.scorecard import Crossing, Detail, FigureLine, LeafLine, MonthLine, ScoreCard, Standing
from comity.screen.scoreplots import Charted, plots

_KEPT: Final = 4
_LEAVES: Final = 200
_QUARTERS: Final = 6
_MONTHS: Final = 12
_STANDS: Final = 60_000
"""For so long a count stands while both results are not known to be equal, milliseconds."""
_MODULE: Final = "scorecard"
STATEMENT, DETAIL = "statement", "detail"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was counted of a period: ours, their newest statement, the comparison, what is read otherwise, the months; and when."""

    counted: Any
    theirs: Any
    found: Any
    read: tuple[Any, ...]
    months: tuple[Any, ...]
    at: Ms

    @property
    def settled(self) -> bool:
        """Whether both results are equal."""
        return self.found is not None and self.found.equal


class ScoreReader:
    """A `screen.scorecard.ScoreBoard` over one node's store.

    Args:
        ledger: of the node; only read.
        desk: that has scorecards.
        marks: short marks of parties by the name of their node; `node` is ours.
        takers: agencies of the other side that get a statement, with their names, as they are now.
    """

    def __init__(
        self,
        ledger: Ledger,
        desk: str,
        marks: Mapping[str, str],
        node: str,
        takers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._ledger, self.desk, self._marks, self._node, self._takers = ledger, desk, marks, node, takers
        self._whole, self._comparing, self._codec, self._kind, self._table, self._model, self._monthly = (
            part(desk, f"{_MODULE}.{name}")
            for name in ("whole", "comparing", "codec", "part", "table", "model", "monthly")
        )
        self._known: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()
        self._lock = Lock()

    def takers(self) -> tuple[str, ...]:
        """Return the agencies of the other side that get a statement."""
        return tuple(self._takers())

    def page(self, begins: str, ends: str, language: str, now: Ms) -> ScoreCard:
        """Return one period."""
        first, last = days_of(begins, ends, now)
        kept = self._counted(first, last, now)
        card, found = kept.counted.card, kept.found
        origins = [one.origin for one in card.cut]
        leaves = _leaves(kept)
        stated, ready, detailed = self._said(kept)
        return ScoreCard(
            begins=first.isoformat(),
            ends=last.isoformat(),
            quarters=quarters(now),
            marks=self._sides(card),
            ours=next((n for n, one in enumerate(origins) if one.startswith(f"{self._node}/")), 0),
            sizes=(card.cut[0].size, card.cut[1].size),
            counted=card.leaves,
            digest=self._codec.digest(card).hex(),
            their_digest="" if kept.theirs is None else self._codec.digest(kept.theirs.scorecard).hex(),
            standing=Standing.WAITING if found is None else Standing.EQUAL if found.equal else Standing.DIFFERENT,
            explained=None if found is None else found.explained,
            leaves=tuple(_leaf(one, origins) for one in leaves[:_LEAVES]),
            leaf_count=len(leaves),
            changed=0 if found is None else len(found.figures),
            stated=stated,
            detail=Detail(0 if found is None else len(found.buckets), ready, detailed, bool(kept.read)),
            reasons=_reasons(leaves),
            months=tuple(MonthLine(name, FigureLine(*line)) for name, lines in kept.months for line in lines),
            lines=tuple(FigureLine(*line) for line in card.lines),
            limits={_urgency(number): (one.seen, one.full) for number, one in kept.counted.terms.limits.items()},
            names=words_of(language),
        )

    def csv(self, begins: str, ends: str, language: str, now: Ms, *, leaves: bool = False) -> bytes:
        """Return our figures, or all leaves that explain a difference, as CSV with the mark that tells programs it is UTF-8."""
        kept = self._counted(*days_of(begins, ends, now), now)
        card, words = kept.counted.card, words_of(language)
        if leaves:
            said: str = self._table.leaves_text(_leaves(kept), words)
            return said.encode("utf-8-sig")
        text: str = self._table.csv_text(self._table.figure_rows(card, self._sides(card), words), words)
        return text.encode("utf-8-sig")

    def pdf(self, begins: str, ends: str, language: str, now: Ms) -> bytes:
        """Return our figures as PDF."""
        shown = self.page(begins, ends, language, now)
        card = self._counted(*days_of(begins, ends, now), now).counted.card
        said = self._table.printed(card, self._sides(card), words_of(language))
        drawn = plots(Charted(shown.marks, shown.ours, shown.lines, shown.months, shown.limits, shown.names))
        return sheet_pdf(said, language, int(card.period.ends) // 1_000, drawn)

    def statement(self, begins: str, ends: str, now: Ms) -> bytes:
        """Return what the other side needs to compare."""
        counted = self._counted(*days_of(begins, ends, now), now).counted
        said: bytes = self._codec.encode_statement(self._comparing.statement(counted))
        return said

    def crossing(self, begins: str, ends: str, what: str, now: Ms) -> Crossing:
        """Return what would cross: in their cut, unless we answered that already; then as far as both sides have signed."""
        first, last = days_of(begins, ends, now)
        period = self._period(first, last)
        with self._ledger.read() as tx:
            mine, theirs = (self._kind.newest(tx, period, ours=ours) for ours in (True, False))
            answers = theirs is not None and (what == DETAIL or not _reaches(mine, theirs))
            cut = theirs.scorecard.cut if answers else self._whole.newest_cut(tx)
        counted, body = self._made(period, cut, what)
        card, places = counted.card, len(counted.holding.needed)
        return Crossing(
            begins=first.isoformat(),
            ends=last.isoformat(),
            what=what,
            marks=self._sides(card),
            sizes=(cut[0].size, cut[1].size),
            times=(cut[0].time, cut[1].time),
            digest=self._codec.digest(card).hex(),
            figures=len(card.lines),
            leaves=places,
            buckets=len(body.get("buckets", ())),
            size=sum(len(one) for one in body.values() if isinstance(one, bytes)),
            answers=answers,
            to=tuple(self._takers().values()),
            cut=cut_text(cut),
        )

    def body(self, begins: Ms, ends: Ms, cut: str, what: str) -> tuple[bytes, Mapping[str, Any]]:
        """Return the digest of our result of a period and a cut (`scorecut.cut_text`), and the body that says it.

        Raises:
            BadForm: the cut is none of this node's, or there is no detail to go into.
            BadProof: the stored entries do not give the signed root.
        """
        period = self._model.Period(begins, ends)
        with self._ledger.read() as tx:
            like = self._whole.newest_cut(tx)
        counted, body = self._made(period, cut_of(cut, like), what)
        return self._codec.digest(counted.card), body

    def due(self, now: Ms) -> tuple[str, str] | None:
        """Return the last quarter that ended if there are logs of it and we never stated it."""
        days = quarters(now)[1]
        period = self._period(*_days(days))
        with self._ledger.read() as tx:
            stated = self._kind.stated(tx, period)
            logs = tx.rows("SELECT 1 FROM head WHERE time < ? LIMIT 1", (period.ends // 1_000,))
        return None if stated or not logs else days

    def differences(self, now: Ms) -> tuple[tuple[str, str], ...]:
        """Return the periods, of this quarter and the last, whose two results differ: first day and the day after the last."""
        found = []
        for days in quarters(now)[:2]:
            first, last = _days(days)
            with self._ledger.read() as tx:
                stated = self._kind.newest(tx, self._period(first, last), ours=False)
            if stated is not None and not self._counted(first, last, now).found.equal:
                found.append(days)
        return tuple(found)

    def _period(self, first: date, last: date) -> Any:
        return self._model.Period(instant_of(first), instant_of(last))

    def _sides(self, card: Any) -> tuple[str, str]:
        first, second = (
            next((mark for name, mark in self._marks.items() if one.origin.startswith(f"{name}/")), str(one.origin))
            for one in card.cut
        )
        return first, second

    def _said(self, kept: _Kept) -> tuple[bool, bool, bool]:
        """Return whether we stated the period at least as far, whether of this very cut, and whether we went into its detail."""
        card = kept.counted.card
        with self._ledger.read() as tx:
            mine = self._kind.newest(tx, card.period, ours=True)
            if mine is None:
                return False, False, False
            same = kept.theirs is not None and mine.scorecard.cut == card.cut
            stated = kept.theirs is None or _reaches(mine, kept.theirs)
            return stated, same, same and self._kind.detailed(tx, self._codec.digest(mine.scorecard))

    def _made(self, period: Any, cut: Any, what: str) -> tuple[Any, Mapping[str, Any]]:
        """Return what we count of a period and a cut, and the body of a statement or of a detail."""
        with self._ledger.read() as tx, calm():
            if what == STATEMENT:
                counted = self._whole.count_here(tx, period, cut)
                said = self._codec.encode_statement(self._comparing.statement(counted))
                return counted, {"state": STATEMENT, "statement": said}
            theirs = self._kind.newest(tx, period, ours=False)
            if theirs is None or theirs.scorecard.cut != cut:
                raise BadForm("the other side did not state this period so far; there is no detail to go into")
            counted, found = self._whole.compare_here(tx, theirs)
        buckets = found.buckets[: self._kind.MOST_BUCKETS]
        if not buckets:
            raise BadForm("both programs read every leaf alike; there is no detail to go into")
        digests = self._comparing.detail(counted, buckets)
        of = self._codec.digest(counted.card)
        return counted, {"state": DETAIL, "of": of, "buckets": buckets, "digests": digests}

    def _counted(self, first: date, last: date, now: Ms) -> _Kept:
        """Return what we counted, in their cut where they stated one.

        Two results that are equal stay so. Any other count stands for a minute, however much comes: what differs may be content
        that was still under way.
        """
        period = self._period(first, last)
        with self._ledger.read() as tx:
            theirs = self._kind.newest(tx, period, ours=False)
            digest = None if theirs is None else self._codec.digest(theirs.scorecard)
            told = () if theirs is None else self._kind.details(tx, digest)
            key = (period, digest, told)
            known = self._known.get(key)
            if known is None or not (known.settled or 0 <= now - known.at < _STANDS):
                with calm():
                    known = self._count(tx, period, theirs, now)
                self._keep(key, known)
            return known

    def _keep(self, key: tuple[object, ...], found: _Kept) -> None:
        """Keep the newest few; several pages may count at once."""
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)

    def _count(self, tx: Tx, period: Any, theirs: Any, now: Ms) -> _Kept:
        if theirs is None:
            counted = self._whole.count_here(tx, period, self._whole.newest_cut(tx))
            return _Kept(counted, None, None, (), self._monthly.by_month(counted), now)
        counted, found = self._whole.compare_here(tx, theirs)
        read = self._whole.read_otherwise(tx, counted, theirs, found.buckets)
        return _Kept(counted, theirs, found, read, self._monthly.by_month(counted), now)


def _reaches(mine: Any, theirs: Any) -> bool:
    """Say whether we stated a period at least as far as they did."""
    if mine is None:
        return False
    pairs = zip(mine.scorecard.cut, theirs.scorecard.cut, strict=True)
    return all(one.size >= other.size for one, other in pairs)


def _leaves(kept: _Kept) -> tuple[Any, ...]:
    """Return all leaves that explain a difference: those that a side could not count, then those that are read otherwise."""
    return () if kept.found is None else (*kept.found.leaves, *kept.read)


def _reasons(leaves: Sequence[Any]) -> tuple[tuple[str, str, int], ...]:
    counts = Counter((one.ours.name.lower(), one.theirs.name.lower()) for one in leaves)
    return tuple((*held, number) for held, number in sorted(counts.items()))


def charted(counted: Any, months: Sequence[Any], marks: tuple[str, str], ours: int, language: str) -> Charted:
    """Return what the plots of a result are drawn of; `months` as the desk's `monthly.by_month` has them."""
    limits = {_urgency(number): (one.seen, one.full) for number, one in counted.terms.limits.items()}
    lines = tuple(FigureLine(*line) for line in counted.card.lines)
    by_month = tuple(MonthLine(name, FigureLine(*line)) for name, found in months for line in found)
    return Charted(marks, ours, lines, by_month, limits, words_of(language))


def sheet_pdf(said: Mapping[str, Any], language: str, second: int, drawn: tuple[Plot, ...] = ()) -> bytes:
    """Return the PDF of what a desk's table says as plain data, with plots above."""
    tables = tuple(Table(*one) for one in said["tables"])
    return make_sheet(
        Sheet(said["title"], said["subtitle"], said["facts"], tables, said["note"], drawn), language, second=second
    )


def make_scoreboard(opened: OpenNode) -> ScoreReader | None:
    """Make the reader; None where no desk has scorecards."""
    desks = offering(opened.config.desks, _MODULE)
    if not desks:
        return None
    marks = {str(party.node): party.country for party in opened.node.office.accord.parties}
    return ScoreReader(opened.node.ledger, desks[0], marks, opened.config.name, lambda: _takers(opened))


def _takers(opened: OpenNode) -> Mapping[str, str]:
    """Return the agencies of the other side that state scorecards themselves and have a key, with their names."""
    sealed = {one.agency for one in opened.node.office.peer_keys.sealing}
    registry = opened.peer_registry
    return {
        one.id: registry.agency_name(one.id) for one in registry.agency if _MODULE in one.sends and one.id in sealed
    }


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


def instant_of(day: date) -> Ms:
    """Return the beginning of a day, UTC."""
    return Ms(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000)


def _urgency(number: int) -> str:
    return ("immediate", "urgent", "normal", "formal")[number]


def _leaf(one: Any, origins: list[str]) -> LeafLine:
    held = (one.ours.name.lower(), one.theirs.name.lower())
    return LeafLine(origins.index(one.origin), one.place, one.leaf.hex(), *held, one.figures)
