"""Two small logs and the rows of two nodes, made by hand for tests of the scorecard; every time is said by the test."""

from __future__ import annotations

from dataclasses import dataclass, field

from comity.base import cbor
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms, NodeName, Origin
from comity.desks.workplan.scorecard.model import Cut, LogCut, Period, Terms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import (
    DispatchLeaf,
    Fact,
    HeadLeaf,
    ReceiptLeaf,
    Withdrawal,
    WithdrawLeaf,
    encode_entry,
)
from comity.dispatch.partsrow import parts_bytes
from comity.dispatch.ports import Store
from comity.dispatch.wire import (
    Author,
    Header,
    Part,
    ReleasedBy,
    commit_of,
    encode_attachments,
    encode_header,
    wire_labels,
)
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.marking.labels import LANE_OF, Urgency
from comity.marking.rules import default_label
from comity.marking.vocabulary import LIMITS
from comity.tlog.tree import Edge, leaf_hash
from tests.templates import store_with

ORIGINS = (Origin("a.example/comity/log/1"), Origin("b.example/comity/log/1"))
HOUR, DAY = 3_600_000, 86_400_000
START = 1_800_000_000_000
SEALED = Digest(bytes(32))
PERIOD = Period(Ms(START), Ms(START + 90 * DAY))
TERMS = Terms(Digest(bytes(32)), {}, {urgency.value: limits for urgency, limits in LIMITS.items()}, 30 * DAY)
ACCORD = Digest(bytes(32))


@dataclass(slots=True)
class Traffic:
    """Both logs as they grow; times in hours after the start."""

    entries: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))
    plain: dict[tuple[int, int], tuple[DispatchId, int, bytes]] = field(default_factory=dict)
    places: dict[bytes, int] = field(default_factory=dict)

    def at(self, side: int, hours: float) -> None:
        """Begin a batch in a side's log, after the other side's head of that hour."""
        head = HeadLeaf(ORIGINS[1 - side], 0, SEALED, (START + int(hours * HOUR)) // 1_000)
        self.entries[side].append(encode_entry(head))

    def send(
        self,
        side: int,
        hours: float,
        kind: str,
        body: dict[str, object] | None = None,
        *,
        re: tuple[DispatchId, ...] = (),
        item: str | None = "W-1",
        urgency: Urgency = Urgency.URGENT,
        desk: str = "requests",
        created: int = START,
        answer_by: int | None = None,
    ) -> DispatchId:
        """Write a dispatch leaf."""
        self.at(side, hours)
        number = len(self.plain) + 1
        id_ = DispatchId(number.to_bytes(16, "big"))
        header = Header(
            id=id_,
            sender=NodeName("a.example/comity"),
            receiver=NodeName("b.example/comity"),
            author=Author("police", "officer"),
            agencies=("border",),
            desk=desk,
            kind=kind,
            version=1,
            case=CaseId(id_),
            re=re,
            after=(),
            lane=LANE_OF[urgency],
            purpose="fraud",
            basis=(),
            labels=wire_labels(default_label("fraud", "police")),
            created=Ms(created),
            answer_by=None if answer_by is None else Ms(answer_by),
            accord=ACCORD,
            replaces=None,
            workplan_item=item,
            workplan_reason="" if item else "posting",
            released_by=ReleasedBy("requests", 101, None),
            conduct=None,
            urgency=urgency,
        )
        contents = (encode_header(header), cbor.encode(body or {"text": "x"}), encode_attachments(()), b"")  # type: ignore[arg-type]  # bodies of tests
        head, text, files, author = (Part(bytes([number] * 32), content) for content in contents)
        parts = (head, text, files, author)
        place = len(self.entries[side])
        leaf = DispatchLeaf(id_, LANE_OF[urgency], 1, commit_of(parts), SEALED, 4_096, SEALED)
        self.entries[side].append(encode_entry(leaf))
        self.plain[side, place] = id_, side, parts_bytes(parts)
        self.places[id_] = place
        return id_

    def receipt(self, side: int, hours: float, id_: DispatchId, fact: Fact, code: str | None = None) -> None:
        """Write a receipt of `side` for the other side's dispatch."""
        self.at(side, hours)
        leaf = ReceiptLeaf(LeafIndex(self.places[id_]), id_, SEALED, fact, code, None, None)
        self.entries[side].append(encode_entry(leaf))

    def filed(self, side: int, hours: float, *args: object, **more: object) -> DispatchId:
        """Write a dispatch, and the other side's receipt that it is filed in the same hour."""
        id_ = self.send(side, hours, *args, **more)  # type: ignore[arg-type]  # as `send`
        self.receipt(1 - side, hours, id_, Fact.FILED)
        return id_

    def withdraw(self, side: int, hours: float, id_: DispatchId) -> None:
        """Say that a dispatch will not come."""
        self.at(side, hours)
        self.entries[side].append(encode_entry(WithdrawLeaf(LeafIndex(self.places[id_]), Withdrawal.LOST)))

    def cut(self, hours: float) -> Cut:
        """Return both logs as they are, under heads of that hour."""
        time = (START + int(hours * HOUR)) // 1_000
        first, second = (
            LogCut(origin, len(log), Edge().append([leaf_hash(one) for one in log])[0].root(), time)
            for origin, log in zip(ORIGINS, self.entries, strict=True)
        )
        return first, second

    def store(self, side: int, hours: float, *further: Schema) -> Store:
        """Return the store of one side's node at that hour; `further` are the tables of desks."""
        store = store_with((Schema("node", read_schema("comity.node")), *further))
        with store.begin() as tx:
            for number, cut in enumerate(self.cut(hours)):
                role = LogRole.OURS if number == side else LogRole.THEIRS
                row = (role, cut.origin, cut.size, cut.size, cut.time, cut.root, cut.size, cut.time)
                tx.run("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)", row)
                tx.run(
                    "INSERT INTO head VALUES (?, ?, ?, ?, '', '', ?)", (role, cut.size, cut.time, cut.root, cut.time)
                )
                tx.many(
                    "INSERT INTO entry VALUES (?, ?, ?)",
                    [(role, place, entry) for place, entry in enumerate(self.entries[number])],
                )
            for (who, place), (id_, _, plain) in self.plain.items():
                if who == side:
                    tx.run(
                        "INSERT INTO sent (id, idx, lane, desk, case_id, sealed_sha256, decision_salt, sent_at, sealed,"
                        " plain) VALUES (?, ?, 1, '', ?, x'', x'', 0, x'', ?)",
                        (id_, place, id_, plain),
                    )
                else:
                    tx.run(
                        "INSERT INTO got (idx, id, lane, sealed_sha256, size, commitment, edition, known_at, plain)"
                        " VALUES (?, ?, 1, x'', 0, x'', 1, 0, ?)",
                        (place, id_, plain),
                    )
        return store
