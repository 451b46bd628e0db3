"""Two stores as they are after a quarter of traffic, with both whole logs in each: questions, answers, refusals, feedback, receipts.

Entries, commitments, headers and tiles' roots are real; what the scorecard does not read (seals, signatures, the desks' own rows)
is not made. Seals have their size for the thirty days for which they are kept.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from comity.base import cbor
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms, NodeName, Origin
from comity.cli.bench.deskstore import DAY_MS
from comity.dispatch.book import LogRole
from comity.dispatch.entries import DispatchLeaf, Fact, HeadLeaf, ReceiptLeaf, encode_entry
from comity.dispatch.partsrow import parts_bytes
from comity.dispatch.ports import Store
from comity.dispatch.wire import (
    SALT,
    Author,
    Header,
    Part,
    ReleasedBy,
    commit_of,
    encode_attachments,
    encode_header,
    wire_labels,
)
from comity.marking.labels import LANE_OF, Urgency
from comity.marking.rules import default_label
from comity.marking.vocabulary import OUTWARD
from comity.tlog.tree import Edge, leaf_hash

ORIGINS: Final = (Origin("one.example/comity/log/1"), Origin("two.example/comity/log/1"))
DAYS: Final = 91
_MINUTE, _HOUR = 60_000, 3_600_000
_KEPT = 30 * DAY_MS
_SEALED = 4_096
_ITEMS = ("W-1", "W-2", "W-3", "W-4", "W-5", None)
_BATCH = 2_000
_AGENCIES = ("police", "border")


@dataclass(frozen=True, slots=True)
class _Event:
    """One leaf to be: when, in whose log, the dispatch or what it receipts."""

    at: int
    side: int
    number: int
    fact: int
    """0: the dispatch itself; else the receipt's fact."""


@dataclass(slots=True)
class _Made:
    """A dispatch as it is made."""

    id: DispatchId
    side: int
    plain: bytes
    commit: Digest
    lane: int
    at: int
    place: int = -1


@dataclass(slots=True)
class _Log:
    entries: list[bytes] = field(default_factory=list)
    waiting: list[bytes] = field(default_factory=list)
    edge: Edge = field(default_factory=Edge)
    time: int = 0

    def sign(self, second: int) -> None:
        """Put what waits under a head of this second."""
        self.edge, _ = self.edge.append([leaf_hash(entry) for entry in self.waiting])
        self.entries += self.waiting
        self.waiting = []
        self.time = second


def fill_pair(stores: tuple[Store, Store], dispatches: int, begins: Ms) -> int:
    """Write the same traffic into both stores; return how many dispatches it has.

    Args:
        stores: of the two nodes, with the node's tables and nothing in them.
        dispatches: about how many; the last case is made whole.
        begins: first millisecond of the quarter.
    """
    chance = random.Random(11)  # noqa: S311  the same stores each time, nothing secret
    made: list[_Made] = []
    events: list[_Event] = []
    cases = max(1, dispatches // 4)
    while len(made) < dispatches:
        start = begins + _HOUR + (len(made) // 4) * ((DAYS - 12) * DAY_MS // cases)
        events += _case(chance, made, start)
    events.sort(key=lambda one: (one.at, one.number, one.fact))
    logs = (_Log(), _Log())
    _play(events, made, logs, begins)
    for side, store in enumerate(stores):
        _write(store, side, made, logs, begins + DAYS * DAY_MS)
    return len(made)


def _case(chance: random.Random, made: list[_Made], start: int) -> Iterator[_Event]:
    """Make one case: a question, a line, an answer or refusal, feedback; with their receipts."""
    side, item = chance.randrange(2), chance.choice(_ITEMS)
    urgency = chance.choice((Urgency.IMMEDIATE, Urgency.URGENT, Urgency.NORMAL, Urgency.NORMAL, Urgency.FORMAL))
    asked = _dispatch(chance, made, side, "rfi", urgency, item, start, (), {"title": "which firm"})
    case = made[asked].id
    yield from _receipts(chance, made, asked, start)
    at = start + chance.randrange(_MINUTE, 2 * _HOUR)
    line = _dispatch(chance, made, side, "message", urgency, item, at, (), {"text": "more follows"}, case)
    yield from _receipts(chance, made, line, at)
    if chance.random() < 0.04:  # noqa: PLR2004  the share that nobody answers
        return
    at = start + chance.randrange(_HOUR, chance.choice((8, 60, 240)) * _HOUR)
    refused = chance.random() < 0.1  # noqa: PLR2004  the share that is refused
    said: dict[str, Any] = {"outward": chance.choice(OUTWARD)} if refused else {"state": "final", "text": "found"}
    kind = "refusal" if refused else "answer"
    answer = _dispatch(chance, made, 1 - side, kind, urgency, item, at, (made[asked].id,), said, case)
    yield from _receipts(chance, made, answer, at)
    if not refused and chance.random() < 0.8:  # noqa: PLR2004  the share of which feedback comes
        at += chance.randrange(_HOUR, 2 * DAY_MS)
        told = {"useful": "useful"}
        back = _dispatch(chance, made, side, "feedback", urgency, item, at, (made[answer].id,), told, case)
        yield from _receipts(chance, made, back, at)


def _receipts(chance: random.Random, made: list[_Made], number: int, at: int) -> Iterator[_Event]:
    side = made[number].side
    arrived = at + chance.randrange(1_000, 5 * _MINUTE)
    yield _Event(at, side, number, 0)
    yield _Event(arrived, 1 - side, number, int(Fact.FILED))
    if chance.random() < 0.97:  # noqa: PLR2004  the share that somebody looks at
        yield _Event(arrived + chance.randrange(_MINUTE, 20 * _HOUR), 1 - side, number, int(Fact.SEEN))


def _dispatch(  # noqa: PLR0917  the fields that differ
    chance: random.Random,
    made: list[_Made],
    side: int,
    kind: str,
    urgency: Urgency,
    item: str | None,
    at: int,
    re: tuple[DispatchId, ...],
    body: dict[str, Any],
    case: DispatchId | None = None,
) -> int:
    number = len(made)
    id_ = DispatchId(at.to_bytes(6, "big") + number.to_bytes(10, "big"))
    names = (NodeName("one.example/comity"), NodeName("two.example/comity"))
    agencies = _AGENCIES if side == 0 else _AGENCIES[::-1]
    header = Header(
        id=id_,
        sender=names[side],
        receiver=names[1 - side],
        author=Author(agencies[0], "officer"),
        agencies=(agencies[1],),
        desk="requests",
        kind=kind,
        version=1,
        case=None if case is None else CaseId(case),
        re=re,
        after=(),
        lane=LANE_OF[urgency],
        purpose="fraud",
        basis=(),
        labels=wire_labels(default_label("fraud", agencies[0])),
        created=Ms(at),
        answer_by=None,
        accord=Digest(bytes(32)),
        replaces=None,
        workplan_item=item,
        workplan_reason="" if item else "posting",
        released_by=ReleasedBy("requests", 101, None),
        conduct=None,
        urgency=urgency,
    )
    contents = (encode_header(header), cbor.encode(body), encode_attachments(()), b"")
    head, text, files, author = (Part(chance.randbytes(SALT), content) for content in contents)
    parts = (head, text, files, author)
    made.append(_Made(id_, side, parts_bytes(parts), commit_of(parts), header.lane.value, at))
    return number


def _play(events: Sequence[_Event], made: Sequence[_Made], logs: tuple[_Log, _Log], begins: int) -> None:
    """Append every leaf in the order of time; heads are signed as each side hears of the other's."""
    for log in logs:
        log.time = begins // 1_000
    for event in events:
        log, other = logs[event.side], logs[1 - event.side]
        if not log.waiting:
            other.sign(max(other.time, event.at // 1_000 - 1))
            head = HeadLeaf(ORIGINS[1 - event.side], other.edge.size, other.edge.root(), other.time)
            log.waiting.append(encode_entry(head))
        log.waiting.append(_entry(event, made[event.number], len(log.entries) + len(log.waiting)))
    end = begins // 1_000 + DAYS * DAY_MS // 1_000
    for log in logs:
        log.sign(end)


def _entry(event: _Event, one: _Made, place: int) -> bytes:
    sealed = Digest(sha256(one.id).digest())
    if event.fact:
        return encode_entry(
            ReceiptLeaf(LeafIndex(max(one.place, 0)), one.id, sealed, Fact(event.fact), None, None, None)
        )
    one.place = place
    lane = next(lane for lane in LANE_OF.values() if lane.value == one.lane)
    return encode_entry(DispatchLeaf(one.id, lane, 1, one.commit, sealed, _SEALED, sealed))


def _write(store: Store, side: int, made: Sequence[_Made], logs: tuple[_Log, _Log], ends: int) -> None:
    """Write one node's rows: both logs, and each dispatch as sent or got."""
    for number, role in ((side, LogRole.OURS), (1 - side, LogRole.THEIRS)):
        log = logs[number]
        root, size = log.edge.root(), log.edge.size
        with store.begin() as tx:
            tx.run(
                "INSERT INTO log (role, origin, size, head_size, head_time, head_root, cosigned_size, cosigned_time)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (role, ORIGINS[number], size, size, log.time, root, size, log.time),
            )
            tx.run(
                "INSERT INTO head (role, size, time, root, note, cosignature, cosigned_time) VALUES (?, ?, ?, ?, '', '', ?)",
                (role, size, log.time, root, log.time),
            )
        rows = [(role, place, entry) for place, entry in enumerate(log.entries)]
        for start in range(0, len(rows), _BATCH * 10):
            with store.begin() as tx:
                tx.many("INSERT INTO entry (role, idx, entry) VALUES (?, ?, ?)", rows[start : start + _BATCH * 10])
    for start in range(0, len(made), _BATCH):
        batch = made[start : start + _BATCH]
        with store.begin() as tx:
            tx.many(
                "INSERT INTO sent (id, idx, lane, desk, case_id, sealed_sha256, decision_salt, sent_at, sealed, plain)"
                " VALUES (?, ?, ?, 'requests', ?, ?, ?, ?, ?, ?)",
                [
                    (one.id, one.place, one.lane, one.id, bytes(32), bytes(32), one.at, _seal(one, ends), one.plain)
                    for one in batch
                    if one.side == side
                ],
            )
            tx.many(
                "INSERT INTO got (idx, id, lane, sealed_sha256, size, commitment, edition, known_at, sealed, plain)"
                " VALUES (?, ?, ?, ?, 4096, ?, 1, ?, ?, ?)",
                [
                    (one.place, one.id, one.lane, bytes(32), one.commit, one.at, _seal(one, ends), one.plain)
                    for one in batch
                    if one.side != side
                ],
            )


def _seal(one: _Made, ends: int) -> bytes:
    return bytes(_SEALED) if one.at >= ends - _KEPT else b""
