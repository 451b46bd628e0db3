"""The yearly report of one side's activity: what it sent, got, refused and did, counted from its own decision log.

The rule it keeps: counts of closed words only, without names, officers, agencies, cases or dispatches; nothing of the other side's
decisions is in it, and nothing that is not in the log.
"""  # spec: scenarios.md 7

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from comity.base.ids import Ms
from comity.dispatch.acts import DONE
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import Decided, read_record
from comity.dispatch.inbound.admit import crossing
from comity.dispatch.ports import Tx
from comity.marking.vocabulary import PURPOSES
from comity.node.lawreport import OTHER, Counts
from comity.policy.question import Act

_PAGE: Final = 256
_SENT, _RECEIVED = "sent", "received"


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """One year of one party.

    Attributes:
        year: UTC.
        records: in the decision log, of every kind.
        sent: what left, by `desk kind`.
        received: what our law admitted, by `desk kind`.
        purposes: of both, by `sent purpose` and `received purpose`.
        not_sent: drafts that our law refused, referred or held, by which.
        not_admitted: what was refused or referred, by the code that its sender got.
        acts: what was asked to be done with what is held, by `act` and whether it was done.
        broken_glass: dispatches that left with forms or approvals deferred because a life was in danger.
        other: further records, by kind.
    """

    year: int
    records: int
    sent: Counts
    received: Counts
    purposes: Counts
    not_sent: Counts
    not_admitted: Counts
    acts: Counts
    broken_glass: int
    other: Counts


def activity_report(tx: Tx, year: int) -> ActivityReport:
    """Count one year of the decision log."""
    found = [(kind, one) for kind, one in _records(tx, _instant(year), _instant(year + 1))]
    decided = [one for _, one in found if one is not None]
    sent = [one for one in decided if one.kind == _SENT]
    admitted = [one for one in decided if one.kind == _RECEIVED and one.verdict.permits]
    held = [one for one in decided if one.kind not in {_SENT, _RECEIVED} and _first(one)]
    acts = [one for one in decided if one.kind != _RECEIVED and not _first(one)]
    return ActivityReport(
        year=year,
        records=len(found),
        sent=_counts(_kind(one) for one in sent),
        received=_counts(_kind(one) for one in admitted),
        purposes=_counts(
            f"{way} {_purpose(one)}" for way, ones in ((_SENT, sent), (_RECEIVED, admitted)) for one in ones
        ),
        not_sent=_counts(one.kind for one in held),
        not_admitted=_counts(code for one in decided if one.kind == _RECEIVED and (code := crossing(one.verdict))),
        acts=_counts(_act(one) for one in acts),
        broken_glass=sum(bool(one.rest.get("break_glass")) for one in sent),
        other=_counts(kind for kind, one in found if one is None),
    )


def _records(tx: Tx, begins: Ms, ends: Ms) -> Iterator[tuple[str, Decided | None]]:
    last = -1
    while rows := tx.rows(
        "SELECT idx, kind, record FROM record WHERE idx > ? AND at >= ? AND at < ? ORDER BY idx LIMIT ?",
        (last, begins, ends, _PAGE),
    ):
        last = int_of(rows[-1][0])
        yield from ((text_of(kind), read_record(bytes_of(record))) for _, kind, record in rows)


def _first(one: Decided) -> bool:
    """Say whether it is about a draft of ours, not about something that is held already."""
    return one.question is None or one.question.act is Act.CLEAR


def _kind(one: Decided) -> str:
    return f"{one.question.desk} {one.question.kind}" if one.question is not None else OTHER


def _purpose(one: Decided) -> str:
    """Return its purpose if it is one of the closed list: what the other side wrote is not copied into a report."""
    return one.question.purpose if one.question is not None and one.question.purpose in PURPOSES else OTHER


def _act(one: Decided) -> str:
    assert one.question is not None
    return f"{one.question.act} {'done' if one.kind == DONE else 'not done'}"


def _counts(words: Iterable[str]) -> Counts:
    return tuple(sorted(Counter(map(str, words)).items()))


def _instant(year: int) -> Ms:
    return Ms(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000)
