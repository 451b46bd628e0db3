"""The figures of a scorecard, counted from what both logs prove and nothing else.

The rule it keeps: each dispatch counts in the period in which its leaf was made; what became of it is taken from the whole of
both logs as they were cut. All numbers are whole; a share of a hundred is the value at the nearest rank; an entry that is not
filed counts by its receipt alone, for only then both sides know no more.
"""  # spec: protocol.md 4 rule 3  # spec: scenarios.md 7

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from comity.base.ids import Digest
from comity.desks.workplan.scorecard import rules
from comity.desks.workplan.scorecard.model import (
    ALL,
    NOTHING_YET,
    SIDES,
    ActionDue,
    Fate,
    Leaf,
    Line,
    Logs,
    Period,
    Place,
    Said,
    Scorecard,
    Terms,
)
from comity.dispatch.accord import Accord
from comity.dispatch.entries import Fact
from comity.marking.labels import Lane, Urgency
from comity.marking.vocabulary import LIMITS, Limits

MEDIAN, P80 = 50, 80
_DAY: Final = 86_400_000
_NO_LIMITS: Final = Limits(None, None, None)
_FEEDBACK: Final = 30 * _DAY
_URGENCY: Final = {one.value: one.name.lower() for one in Urgency}
_BECAME: Final[Mapping[int, str]] = {
    Fact.REFUSED: "refused",
    Fact.QUARANTINED: "quarantined",
    Fact.ARRIVED: "arrived",
}
_LANE: Final = {one.value: one.name.lower() for one in Lane}


class Figure:
    """What is counted; a name that ends in `-ms` is a time in milliseconds, all others are counts."""

    DISPATCHES: Final = "dispatches"
    """Filed, by sender, item, desk, kind and urgency."""
    UNFILED: Final = "unfiled"
    """Not filed, by sender; `code` says what became of it, `urgency` is its lane."""
    QUESTIONS: Final = "questions"
    """By the side that owes the answer, with item, desk, kind and urgency; so are the next four."""
    IN_LIMIT: Final = "answered-in-limit"
    LATE: Final = "answered-late"
    OVERDUE: Final = "overdue"
    """Not answered when the logs were cut, and the limit has passed."""
    OPEN: Final = "open"
    ENDED: Final = "ended"
    """Taken back by the asker, or gone to the treaty channel, before it was answered."""
    UNLIMITED: Final = "answered"
    """Answered where the accord sets no limit."""
    FIRST_IN_LIMIT: Final = "first-in-limit"
    FIRST_LATE: Final = "first-late"
    SEEN_IN_LIMIT: Final = "seen-in-limit"
    SEEN_LATE: Final = "seen-late"
    SEEN_OPEN: Final = "seen-open"
    """By the side that is to look, with item and urgency; late counts what nobody looked at in time."""
    SEEN_COUNT: Final = "seen-count"
    SEEN_MEDIAN: Final = "seen-median-ms"
    SEEN_P80: Final = "seen-p80-ms"
    ANSWER_COUNT: Final = "answer-count"
    ANSWER_MEDIAN: Final = "answer-median-ms"
    ANSWER_P80: Final = "answer-p80-ms"
    """Over all items and for each: how many were answered in full, and in what time from *arrived*."""
    WEEK_IN_LIMIT: Final = "week-in-limit"
    WEEK_LATE: Final = "week-late"
    """By the week in which the question arrived (`code`, such as 2026-W17)."""
    REFUSALS: Final = "refusals"
    """Questions refused, by the side that refused, item and outward code."""
    NOT_ADMITTED: Final = "not-admitted"
    """Dispatches that a law did not admit, by the side that refused, and outward code."""
    RECALLS: Final = "recalls"
    RECALLS_ANSWERED: Final = "recalls-answered"
    RECALLS_OVERDUE: Final = "recalls-overdue"
    """By the side that has to answer."""
    NOTICES: Final = "notifications"
    OBJECTIONS: Final = "objections"
    """By the side that wrote them."""
    FEEDBACK_CAME: Final = "feedback-came"
    FEEDBACK_WAITING: Final = "feedback-waiting"
    FEEDBACK_MISSING: Final = "feedback-missing"
    """By the side that owes it, and item."""
    ACTIONS_OVERDUE: Final = "actions-overdue"
    ACTIONS_OPEN: Final = "actions-open"
    ACTIONS_DONE: Final = "actions-done"
    """Of the plan in force, by owner and item."""


def terms_of(accord: Accord, digest: Digest) -> Terms:
    """Return what an accord sets for the figures; `digest` is that of its signed bytes."""
    timers = dict(accord.timers)
    return Terms(
        accord=digest,
        seen={one.lane.value: one.seen for one in accord.limits if one.seen is not None},
        limits={urgency.value: _limits(urgency, timers) for urgency in Urgency},
        feedback=timers.get("feedback-second") or _FEEDBACK,
    )


def _limits(urgency: Urgency, timers: Mapping[str, int]) -> Limits:
    name, default = urgency.name.lower(), LIMITS[urgency]
    first = timers.get(f"first-{name}", default.first)
    full = timers.get(f"full-{name}", default.full)
    return Limits(default.seen, first or None, full or None)


def rank(ordered: Sequence[int], of_hundred: int) -> int:
    """Return the value at the nearest rank: the smallest that at least so many of a hundred do not exceed.

    Args:
        ordered: ascending, not empty.
        of_hundred: 1 to 100.
    """
    return ordered[-(-of_hundred * len(ordered) // 100) - 1]


class _Answered(NamedTuple):
    """What names a dispatch: its own id, when its leaf was made, what it says."""

    id: bytes
    at: int
    said: Said


class _One(NamedTuple):
    """A dispatch that counts: whose, its leaf, what it says, what became of it."""

    side: int
    leaf: Leaf
    said: Said
    fate: Fate


Key = tuple[str, int, str, str, str, str, str]
Times = defaultdict[tuple[int, str, str], list[int]]


class _Tally:
    """Counts and times on their way to lines."""

    def __init__(self) -> None:
        self.counts: Counter[Key] = Counter()
        self.seen: Times = defaultdict(list)
        self.answered: Times = defaultdict(list)

    def add(self, figure: str, side: int, *, of: Said | None = None, item: str = "", code: str = "") -> None:
        """Count one, with item, desk, kind and urgency of a dispatch or with an item alone."""
        if of is None:
            self.counts[figure, side, item, "", "", "", code] += 1
        else:
            self.counts[figure, side, of.item, of.desk, of.kind, _URGENCY.get(of.urgency, ""), code] += 1

    def brief(self, figure: str, side: int, said: Said) -> None:
        """Count one by item and urgency."""
        self.counts[figure, side, said.item, "", "", _URGENCY.get(said.urgency, ""), ""] += 1

    def took(self, times: Times, side: int, said: Said, span: int) -> None:
        """Note a time with its item and urgency."""
        times[side, said.item, _URGENCY.get(said.urgency, "")].append(span)


def count(  # noqa: PLR0917  what the figures rest on
    logs: Logs,
    said: Mapping[Place, Said],
    terms: Terms,
    period: Period,
    actions: Sequence[ActionDue] = (),
    without: Collection[Place] = frozenset(),
) -> Scorecard:
    """Count one period.

    Args:
        logs: both, as they were cut.
        said: what the dispatches say that are held whole.
        terms: of the accord.
        period: whose dispatches.
        actions: of the plan in force when the logs were cut.
        without: leaves to leave out, as the other side would have to that does not hold them.
    """
    tally = _Tally()
    ones = list(_ones(logs, said, without))
    _unfiled(logs, period, tally)
    named = _named(ones)
    for one in ones:
        if one.leaf.at < period.ends:
            _count_one(one, logs, named, terms, tally)
    _actions(actions, min(period.ends, max(log.cut.time for log in logs) * 1_000), tally)
    lines = tuple(sorted([*(Line(*key, value) for key, value in tally.counts.items()), *_times(tally)]))
    return Scorecard(terms.accord, period, (logs[0].cut, logs[1].cut), len(ones), lines)


def _ones(logs: Logs, said: Mapping[Place, Said], without: Collection[Place]) -> Iterator[_One]:
    for side in range(SIDES):
        fates = logs[1 - side].fates
        for leaf in logs[side].leaves:
            place = (side, leaf.place)
            found = said.get(place)
            if found is not None and place not in without:
                yield _One(side, leaf, found, fates.get(leaf.id, NOTHING_YET))


def _unfiled(logs: Logs, period: Period, tally: _Tally) -> None:
    """Count what no receipt says was filed: by lane and by what became of it, which is all that both sides know."""
    for side in range(SIDES):
        log, fates = logs[side], logs[1 - side].fates
        for leaf in log.leaves:
            fate = fates.get(leaf.id, NOTHING_YET)
            if fate.fact != Fact.FILED and period.begins <= leaf.at < period.ends:
                code = _became(fate, leaf.place in log.withdrawn)
                tally.counts[Figure.UNFILED, side, "", "", "", _LANE.get(leaf.lane, ""), code] += 1
                if fate.fact == Fact.REFUSED:
                    tally.add(Figure.NOT_ADMITTED, 1 - side, code=fate.code)


def _became(fate: Fate, withdrawn: bool) -> str:  # noqa: FBT001  a fact of the log
    if withdrawn:
        return "withdrawn"
    return _BECAME.get(fate.fact, "no-receipt")


def _named(ones: Iterable[_One]) -> Mapping[tuple[int, bytes], list[_Answered]]:
    """Return by (side that wrote, dispatch that is named) what names it, in the order of the log."""
    found: dict[tuple[int, bytes], list[_Answered]] = defaultdict(list)
    for one in ones:
        for named in one.said.re:
            found[one.side, named].append(_Answered(one.leaf.id, one.leaf.at, one.said))
    return found


def _count_one(
    one: _One, logs: Logs, named: Mapping[tuple[int, bytes], list[_Answered]], terms: Terms, tally: _Tally
) -> None:
    said, owes = one.said, 1 - one.side
    now = logs[one.side].cut.time * 1_000
    tally.add(Figure.DISPATCHES, one.side, of=said)
    if rules.is_notice(said):
        tally.add(Figure.NOTICES, one.side, item=said.item)
    if said.kind == rules.OBJECTION:
        tally.add(Figure.OBJECTIONS, one.side, item=said.item)
    _seen(one, owes, now, terms, tally)
    if rules.asks(said):
        by_them, by_asker = named.get((owes, one.leaf.id), ()), named.get((one.side, one.leaf.id), ())
        _question(one, by_them, by_asker, now, terms, tally)
        if said.kind == rules.RFI:
            _feedback(one, logs, named, terms, tally)


def _seen(one: _One, owes: int, now: int, terms: Terms, tally: _Tally) -> None:
    said, fate = one.said, one.fate
    limit = terms.seen.get(one.leaf.lane) or _limit(terms, said).seen
    if fate.seen:
        tally.took(tally.seen, owes, said, fate.seen - fate.arrived)
    if limit is None:
        return
    span = (fate.seen or now) - fate.arrived
    late = span > limit
    tally.brief(Figure.SEEN_LATE if late else Figure.SEEN_IN_LIMIT if fate.seen else Figure.SEEN_OPEN, owes, said)


def _limit(terms: Terms, said: Said) -> Limits:
    return terms.limits.get(said.urgency, _NO_LIMITS)


def _question(  # noqa: PLR0917  one question with all that is said of it
    one: _One, by_them: Sequence[_Answered], by_asker: Sequence[_Answered], now: int, terms: Terms, tally: _Tally
) -> None:
    said, owes, arrived = one.said, 1 - one.side, one.fate.arrived
    tally.add(Figure.QUESTIONS, owes, of=said)
    full = next((each for each in by_them if rules.settles(each.said)), None)
    ended = next((each.at for each in by_asker if rules.ends(each.said)), None)
    spans = [span for span in (_limit(terms, said).full, said.within) if span] if rules.limited(said) else []
    limit = min(spans, default=None)
    standing = _standing(full, ended, arrived, limit, now)
    tally.add(standing, owes, of=said)
    if full is not None:
        tally.took(tally.answered, owes, said, full.at - arrived)
        if full.said.kind == rules.REFUSAL:
            tally.add(Figure.REFUSALS, owes, item=said.item, code=full.said.outward)
    _week(standing, owes, arrived, tally)
    _first(one, by_them, now, terms, tally)
    if said.kind == rules.RECALL:
        tally.add(Figure.RECALLS, owes, item=said.item)
        if full is not None:
            tally.add(Figure.RECALLS_ANSWERED, owes, item=said.item)
        elif standing == Figure.OVERDUE:
            tally.add(Figure.RECALLS_OVERDUE, owes, item=said.item)


def _standing(full: _Answered | None, ended: int | None, arrived: int, limit: int | None, now: int) -> str:
    """Say how a question stands; what its asker ended after the limit is late all the same only if it was answered."""
    if full is not None:
        if limit is None:
            return Figure.UNLIMITED
        return Figure.IN_LIMIT if full.at - arrived <= limit else Figure.LATE
    if ended is not None:
        return Figure.ENDED
    return Figure.OVERDUE if limit is not None and now - arrived > limit else Figure.OPEN


def _week(standing: str, owes: int, arrived: int, tally: _Tally) -> None:
    """Count by the week of arrival what was answered in time, and what was late or is overdue."""
    if standing in {Figure.IN_LIMIT, Figure.LATE, Figure.OVERDUE}:
        year, week, _ = datetime.fromtimestamp(arrived / 1_000, UTC).isocalendar()
        figure = Figure.WEEK_IN_LIMIT if standing == Figure.IN_LIMIT else Figure.WEEK_LATE
        tally.add(figure, owes, code=f"{year:04d}-W{week:02d}")


def _first(one: _One, by_them: Sequence[_Answered], now: int, terms: Terms, tally: _Tally) -> None:
    limit = _limit(terms, one.said).first
    if limit is None or not rules.first_limited(one.said):
        return
    at = next((each.at for each in by_them if rules.begins_answer(each.said)), None)
    if at is None and now - one.fate.arrived <= limit:
        return
    late = at is None or at - one.fate.arrived > limit
    tally.brief(Figure.FIRST_LATE if late else Figure.FIRST_IN_LIMIT, 1 - one.side, one.said)


def _feedback(
    one: _One, logs: Logs, named: Mapping[tuple[int, bytes], list[_Answered]], terms: Terms, tally: _Tally
) -> None:
    """Count for a question whether its asker said of what use the final answers were."""
    for answer in named.get((1 - one.side, one.leaf.id), ()):
        if not rules.earns_feedback(answer.said):
            continue
        arrived = logs[one.side].fates.get(answer.id, NOTHING_YET).arrived
        said = any(each.said.kind == rules.FEEDBACK for each in named.get((one.side, answer.id), ()))
        now = logs[1 - one.side].cut.time * 1_000
        late = now - arrived > terms.feedback
        figure = Figure.FEEDBACK_CAME if said else Figure.FEEDBACK_MISSING if late else Figure.FEEDBACK_WAITING
        tally.add(figure, one.side, item=one.said.item)


def _actions(actions: Sequence[ActionDue], now: int, tally: _Tally) -> None:
    for action in actions:
        overdue = action.due <= now
        figure = Figure.ACTIONS_DONE if action.done else Figure.ACTIONS_OVERDUE if overdue else Figure.ACTIONS_OPEN
        tally.add(figure, action.side, item=action.item)


def _times(tally: _Tally) -> Iterator[Line]:
    for times, names in (
        (tally.seen, (Figure.SEEN_COUNT, Figure.SEEN_MEDIAN, Figure.SEEN_P80)),
        (tally.answered, (Figure.ANSWER_COUNT, Figure.ANSWER_MEDIAN, Figure.ANSWER_P80)),
    ):
        for (side, item, urgency), spans in _together(times).items():
            ordered = sorted(spans)
            values = (len(ordered), rank(ordered, MEDIAN), rank(ordered, P80))
            for name, value in zip(names, values, strict=True):
                yield Line(name, side, item, "", "", urgency, "", value)


def _together(times: Mapping[tuple[int, str, str], Sequence[int]]) -> Times:
    """Return the times with those over all items, over all urgencies, and over both."""
    found: Times = defaultdict(list)
    for (side, item, urgency), spans in times.items():
        for key in ((side, item, urgency), (side, item, ALL), (side, ALL, urgency), (side, ALL, ALL)):
            found[key] += spans
    return found
