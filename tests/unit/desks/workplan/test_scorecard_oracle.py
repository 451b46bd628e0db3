"""The sceptic's count: every figure of a scorecard counted again from the entries of two logs, by another reader of CBOR and by hand.

Nothing of the program's own counting, reading or rules is used here: entries are read by `cbor2`, what a dispatch says from its
four parts, and each figure is counted as docs/scorecard.md and the accord's limits say it.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import NamedTuple

import cbor2
import pytest

from comity.desks.workplan.scorecard import comparing, monthly, rows
from comity.desks.workplan.scorecard.counting import Figure
from comity.dispatch.entries import Fact
from comity.edge.figurepdf import LANGUAGES, words_of
from comity.marking.labels import Urgency
from comity.marking.vocabulary import LIMITS
from tests.unit.desks.workplan.scorelogs import DAY, HOUR, PERIOD, START, TERMS, Traffic

ITEMS = ("W-1", "W-2", None)


class One(NamedTuple):
    side: int
    id: bytes
    at: int
    arrived: int
    seen: int
    desk: str
    kind: str
    urgency: int
    item: str
    re: list[bytes]
    stage: str
    outward: str


def random_traffic(seed: int) -> tuple[Traffic, float]:  # noqa: PLR0912  every kind that a figure knows
    """Make a quarter's traffic of both sides, of every kind that a figure knows."""
    chance, made, hours = random.Random(seed), Traffic(), 1.0
    open_: list[tuple[int, str, bytes, str | None, Urgency]] = []
    for _ in range(220):
        hours += chance.choice((0.2, 2, 9, 20))
        side, item = chance.randrange(2), chance.choice(ITEMS)
        urgency = chance.choice((Urgency.IMMEDIATE, Urgency.URGENT, Urgency.NORMAL, Urgency.FORMAL))
        what = chance.random()
        if what < 0.35 or not open_:
            kind = chance.choice(("rfi", "rfi", "rfi", "recall", "preserve", "message"))
            body = {"target": chance.randbytes(16)} if kind == "recall" else None
            id_ = made.filed(side, hours, kind, body, item=item, urgency=urgency)
            if kind != "message":
                open_.append((side, kind, id_, item, urgency))
        elif what < 0.7:
            asker, kind, id_, item, urgency = open_.pop(chance.randrange(len(open_)))
            end = chance.random()
            if end < 0.45:
                answer = made.filed(
                    1 - asker, hours, "answer", {"state": "final"}, re=(id_,), item=item, urgency=urgency
                )
                if kind == "rfi" and chance.random() < 0.5:
                    made.filed(
                        asker, hours + 3, "feedback", {"useful": "useful"}, re=(answer,), item=item, urgency=urgency
                    )
                    hours += 3
            elif end < 0.8:
                code = chance.choice(("cannot-assist", "no-legal-basis", "unclear"))
                made.filed(1 - asker, hours, "refusal", {"outward": code}, re=(id_,), item=item, urgency=urgency)
            else:
                made.filed(asker, hours, "withdraw", None, re=(id_,), item=item, urgency=urgency)
        elif what < 0.8:
            pen = made.filed(side, hours, "pen", {"state": "pre-export"}, desk="precursors", item=item, urgency=urgency)
            if chance.random() < 0.4:
                made.filed(
                    1 - side, hours + 1, "objection", None, desk="precursors", re=(pen,), item=item, urgency=urgency
                )
                hours += 1
        elif what < 0.9:
            made.receipt(1 - open_[-1][0], hours, open_[-1][2], Fact.SEEN)
        else:
            lost = made.send(side, hours, "message", item=item)
            end = chance.randrange(3)
            if end == 1:
                made.withdraw(side, hours, lost)
            elif end:
                made.receipt(1 - side, hours, lost, Fact.REFUSED, "unclear")
    return made, hours + 24


def read(traffic: Traffic) -> tuple[list[One], int]:
    """Read the filed dispatches of both logs, and how many are not filed."""
    facts: list[dict[bytes, list[tuple[int, int]]]] = [{}, {}]
    leaves: list[tuple[int, int, bytes, int]] = []
    for side, log in enumerate(traffic.entries):
        at = 0
        for place, entry in enumerate(log):
            row = cbor2.loads(entry)
            if row[1] == 5:
                at = max(at, row[5] * 1_000)
            elif row[1] == 1:
                leaves.append((side, place, row[2], at))
            elif row[1] == 3:
                facts[side].setdefault(row[3], []).append((row[5], at))
    found = []
    for side, place, id_, at in leaves:
        said = facts[1 - side].get(id_, [])
        standing = [fact for fact, _ in said if fact != Fact.SEEN]
        if not standing or standing[-1] != Fact.FILED:
            continue
        arrived = next(when for fact, when in said if fact != Fact.SEEN)
        seen = next((when for fact, when in said if fact == Fact.SEEN), 0)
        parts = cbor2.loads(traffic.plain[side, place][2])
        header, body = cbor2.loads(parts[0][1]), cbor2.loads(parts[1][1])
        named = [*header[10], *([body["target"]] if "target" in body else [])]
        found.append(
            One(side, id_, at, arrived, seen, header[6], header[7], header[23], header[20][0] or "none", named, body.get("state", ""), body.get("outward", ""))
        )  # fmt: skip
    return found, len(leaves) - len(found)


def count(ones: list[One], now: int) -> Counter:
    """Count as docs/scorecard.md says; a figure with its side, and of some the item or the code."""
    found: Counter = Counter()
    limits = {urgency.value: limit for urgency, limit in LIMITS.items()}
    for one in ones:
        owes = 1 - one.side
        found["dispatches", one.side, one.item] += 1
        found["notifications", one.side] += one.kind == "pen"
        found["objections", one.side] += one.kind == "objection"
        if not (one.kind in {"rfi", "recall", "preserve"} or one.kind == "pen"):
            continue
        ends = [n for n in ones if n.side == owes and one.id in n.re and n.kind in {"refusal", "objection", "answer"}]
        took = [n for n in ones if n.side == one.side and one.id in n.re and n.kind in {"withdraw", "recall"}]
        limit = None if one.kind == "pen" else limits[one.urgency].full
        found["questions", owes, one.item] += 1
        if ends:
            late = limit is not None and ends[0].at - one.arrived > limit
            found["answered" if limit is None else "answered-late" if late else "answered-in-limit", owes] += 1
        elif took:
            found["ended", owes] += 1
        else:
            late = limit is not None and now - one.arrived > limit
            found["overdue" if late else "open", owes] += 1
            found["recalls-overdue", owes] += late and one.kind == "recall"
        found["refusals", owes, ends[0].outward if ends and ends[0].kind == "refusal" else ""] += bool(
            ends and ends[0].kind == "refusal"
        )
        found["recalls", owes] += one.kind == "recall"
        found["recalls-answered", owes] += one.kind == "recall" and bool(ends)
        for answer in ends if one.kind == "rfi" else ():
            if answer.kind == "answer":
                given = any(n.kind == "feedback" and answer.id in n.re and n.side == one.side for n in ones)
                missing = now - answer.arrived > 30 * DAY
                found[
                    "feedback-came" if given else "feedback-missing" if missing else "feedback-waiting", one.side
                ] += 1
    return Counter({key: value for key, value in found.items() if value})


def spans(ones: list[One], side: int, what: str) -> list[int]:
    """Return the times to seen or to the full answer of what came to one side, ascending."""
    came = [one for one in ones if one.side == 1 - side]
    if what == "seen":
        return sorted(one.seen - one.arrived for one in came if one.seen)
    ends = (
        (one, [n for n in ones if n.side == side and one.id in n.re and n.kind in {"refusal", "objection", "answer"}])
        for one in came
        if one.kind in {"rfi", "recall", "preserve", "pen"}
    )
    return sorted(full[0].at - one.arrived for one, full in ends if full)


@pytest.mark.parametrize("seed", range(8))
def test_every_figure_is_what_a_stranger_counts_from_the_two_logs(seed: int) -> None:
    traffic, end = random_traffic(seed)
    with traffic.store(seed % 2, end).read() as tx:
        logs = rows.read_logs(tx, rows.newest_cut(tx))
        counted = comparing.make(logs, rows.holding(tx, logs, PERIOD), TERMS, PERIOD)
    ours: Counter = Counter()
    for one in counted.card.lines:
        if one.figure in {"dispatches", "questions"}:
            ours[one.figure, one.side, one.item] += one.value
        elif one.figure == "refusals":
            ours[one.figure, one.side, one.code] += one.value
        elif not one.figure.endswith("-ms") and not one.figure.startswith(
            ("seen", "first", "week", "answer-", "unfiled", "not-ad")
        ):
            ours[one.figure, one.side] += one.value
    ones, unfiled = read(traffic)
    now = (START + int(end * HOUR)) // 1_000 * 1_000
    assert ours == count(ones, now)
    assert sum(one.value for one in counted.card.lines if one.figure == "unfiled") == unfiled
    value = {(one.figure, one.side): one.value for one in counted.card.lines if one.item == one.urgency == "*"}
    for side in (0, 1):
        for what in ("seen", "answer"):
            times = spans(ones, side, what)
            assert value.get((f"{what}-count", side), 0) == len(times)
            if times:
                assert value[f"{what}-median-ms", side] == times[math.ceil(len(times) / 2) - 1]
                assert value[f"{what}-p80-ms", side] == times[math.ceil(len(times) * 4 / 5) - 1]


def test_the_stranger_s_count_sees_a_figure_that_is_one_too_high() -> None:
    traffic, end = random_traffic(0)
    ones, _ = read(traffic)
    now = START + int(end * HOUR)
    assert count(ones, now) != count(ones[:-1], now)


@pytest.mark.parametrize("seed", range(3))
def test_the_months_add_up_to_the_quarter(seed: int) -> None:
    traffic, end = random_traffic(seed)
    with traffic.store(0, end).read() as tx:
        logs = rows.read_logs(tx, rows.newest_cut(tx))
        counted = comparing.make(logs, rows.holding(tx, logs, PERIOD), TERMS, PERIOD)
    months = monthly.by_month(counted)
    assert len(months) >= 3
    for figure in ("dispatches", "answered-in-limit", "answered-late", "overdue", "refusals", "not-admitted"):
        whole = sum(one.value for one in counted.card.lines if one.figure == figure)
        assert sum(one.value for month in months for one in month.lines if one.figure == figure) == whole


def test_every_figure_has_a_word_in_every_language() -> None:
    names = {value for name, value in vars(Figure).items() if name.isupper()}
    for language in LANGUAGES:
        assert names <= set(words_of(language)), language
