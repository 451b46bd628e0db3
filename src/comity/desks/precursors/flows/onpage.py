"""Whether one consignment adds up, for its page: the checks that rest on it and its firms alone, and the months between these.

The rule it keeps: what is read is bounded and within the scope of whoever asks; where it was cut, no sum over time is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import NamedTuple

from comity.base.ids import DispatchId, show_id
from comity.desks.precursors.flows.alerts import Shown, run_checks, show
from comity.desks.precursors.flows.description import description_checks
from comity.desks.precursors.flows.filed import Filed, Told, laid_beside, number_of, project
from comity.desks.precursors.flows.mirror import mirror_checks
from comity.desks.precursors.flows.model import Consignment, ConsignmentId, Party
from comity.desks.precursors.flows.naming import BookNaming
from comity.desks.precursors.flows.need import need_checks
from comity.desks.precursors.flows.rows import read_reversals
from comity.desks.precursors.flows.thresholds import read_thresholds
from comity.desks.precursors.flows.told import Within, read_between
from comity.desks.precursors.flows.trade import Check, Trade
from comity.desks.precursors.screening.book import SubstanceBook
from comity.dispatch.ports import Tx
from comity.screen.consignments import Adding, Doubt, Month, Series, Sum

MOST = 60
"""Consignments that are read for one page, if nothing else is said."""
MONTHS = 12
_RULES = "thresholds.toml"


class _Pair(NamedTuple):
    """Of what, between whom."""

    substance: str
    exporter: str
    consignee: str


class OnPage:
    """What a page asks of the trade.

    Args:
        files: of the edition of the list, by name; its thresholds among them.
        sides: ours and theirs.
        most: consignments that are read for one page.

    Raises:
        BadConfiguration: the edition does not hold, or has no thresholds.
    """

    def __init__(self, files: Mapping[str, bytes], sides: tuple[Party, Party], most: int = MOST) -> None:
        self._sides, self._most = sides, most
        self._naming = BookNaming(SubstanceBook.load(files))
        self._rules = read_thresholds(files.get(_RULES, b"").decode())

    def of(self, tx: Tx, root: DispatchId, within: Within, until: date) -> Adding:
        """Return whether a consignment adds up.

        Args:
            tx: only read.
            root: its first version.
            within: the condition of what the person may see besides.
            until: the day of today.
        """
        found = read_between(tx, self._sides, root, self._most, within)
        own = next((one for one in found.told if one.root == root), None)
        filed = project(found.told, self._naming, firms=False)
        left = tuple(
            (one.line, one.why.name.lower()) for one in found.left + filed.left if _is_of(one.consignment, root)
        )
        if own is None:
            return Adding((), (), left, found.cut)
        shown = self._shown(tx, own, filed, until, cut=found.cut)
        return Adding(tuple(map(_doubt, shown)), tuple(_series(own, found.told, filed)), left, found.cut)

    def _shown(self, tx: Tx, own: Told, filed: Filed, until: date, *, cut: bool) -> tuple[Shown, ...]:
        trade = laid_beside(Trade(until), filed)
        numbers = {number_of(own, place) for place in range(1, len(own.pen.lines) + 1)}
        alone = replace(trade, consignments=tuple(one for one in trade.consignments if one.id in numbers))
        wanted = chain(
            _about(numbers, mirror_checks(trade, self._rules)),
            _about(numbers, description_checks(alone, self._rules, self._naming)),
            () if cut else _about({f"{one} consignee" for one in numbers}, need_checks(trade, self._rules)),
        )
        return show(run_checks(wanted).alerts, read_reversals(tx))


def _about(numbers: Iterable[str], checks: Iterable[Check]) -> Iterator[Check]:
    wanted = frozenset(numbers)
    return (one for one in checks if one.subject in wanted)


def _is_of(consignment: str, root: DispatchId) -> bool:
    return consignment == show_id(root)


def _doubt(one: Shown) -> Doubt:
    lines = tuple(Sum(o.sign.value, o.what, f"{o.amount:f}", o.unit.value, o.about) for o in one.alert.lines)
    said = one.reversal
    explained = None if said is None else (said.officer, said.at, said.reason)
    return Doubt(one.alert.kind.value, lines, one.alert.source, explained)


def _pair(one: Consignment) -> _Pair:
    return _Pair(one.substance, one.exporter, one.consignee)


def _series(own: Told, told: Iterable[Told], filed: Filed) -> Iterator[Series]:
    """Yield the months of each line of a consignment that could be placed."""
    by_number: dict[ConsignmentId, dict[bool, Consignment]] = defaultdict(dict)
    for one in filed.consignments:
        by_number[one.id][one.outward] = one
    months = _months(told, by_number)
    for place, line in enumerate(own.pen.lines, 1):
        sides = by_number.get(number_of(own, place))
        if sides is not None:
            sums = months[_pair(sides[True])]
            newest = sorted(sums)[-MONTHS:]
            yield Series(place, line.substance, tuple(Month(month, *sums[month]) for month in newest))


def _months(
    told: Iterable[Told], by_number: Mapping[ConsignmentId, Mapping[bool, Consignment]]
) -> dict[_Pair, dict[str, list[int]]]:
    """Return what was notified, left and came, by substance and firms, and by month."""
    found: dict[_Pair, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for one in told:
        for place, line in enumerate(one.pen.lines, 1):
            sides = by_number.get(number_of(one, place))
            if sides is None:
                continue
            sums = found[_pair(sides[True])]
            sums[one.pen.leaves[:7]][0] += line.grams
            if one.shipped is not None:
                sums[sides[True].day.isoformat()[:7]][1] += sides[True].grams
            if False in sides:
                sums[sides[False].day.isoformat()[:7]][2] += sides[False].grams
    return found
