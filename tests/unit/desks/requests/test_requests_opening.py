"""A node opens the desk with the limits of its accord; a lane without a seen limit keeps the urgency's own."""

from __future__ import annotations

import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import CaseId, Digest, DispatchId, Ms, NodeName
from comity.base.workdays import Calendar
from comity.desk import Around, Filing
from comity.desks.requests import opening
from comity.desks.requests.powers import OfficerPowers
from comity.desks.requests.service import RequestsDesk
from comity.dispatch.accord import Accord, LaneLimit, Party
from comity.dispatch.wire import Author, Header, ReleasedBy, wire_labels
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import LANE_OF, Lane, Urgency
from comity.marking.rules import default_label
from comity.node.manifest import NodeDesk

NOBODY = Party(NodeName("a.example/comity"), "XA", (b"", b""), ())
ACCORD = Accord(
    name="small",
    edition=1,
    prev=None,
    parties=(NOBODY, NOBODY),
    desks=(),
    limits=(LaneLimit(Lane.IMMEDIATE, Ms(5), None), LaneLimit(Lane.NORMAL, Ms(5), Ms(7))),
    timers=(("full-immediate", 9_000_000), ("heartbeat", 1)),
    author_kinds=(),
    in_force_from=Ms(0),
)
AROUND = Around("A", NOBODY.node, ACCORD, Calendar(), Calendar())


def due(urgency: Urgency) -> int | None:
    desk = opening.open_desk(read_schema("comity.desks.requests"), AROUND)
    header = Header(
        id=DispatchId(bytes(16)),
        sender=NodeName("b"),
        receiver=NodeName("a"),
        author=Author("police", "officer"),
        agencies=("bureau",),
        desk="requests",
        kind="message",
        version=1,
        case=None,
        re=(),
        after=(),
        lane=LANE_OF[urgency],
        purpose="fraud",
        basis=(),
        labels=wire_labels(default_label("fraud", "police")),
        created=Ms(0),
        answer_by=None,
        accord=Digest(bytes(32)),
        replaces=None,
        workplan_item=None,
        workplan_reason="x",
        released_by=ReleasedBy("requests", 1, None),
        conduct=None,
        urgency=urgency,
    )
    with SqliteStore(":memory:", (Schema("requests", desk.schema),)).begin() as tx:
        body = desk.compose("message", {"text": "x"})
        desk.file(
            tx,
            Filing(ours=False, header=header, body=body, case=CaseId(header.id), at=Ms(0), index=None, admitted=True),
        )
        assert isinstance(desk, RequestsDesk)
        row = desk.dispatch(tx, header.id)
        assert row is not None
        return row.due_next


def test_limits_of_the_accord() -> None:
    assert due(Urgency.NORMAL) == 7
    assert due(Urgency.IMMEDIATE) == 30 * 60_000


def test_powers_need_this_desk() -> None:
    assert isinstance(opening.open_powers(opening.open_desk((), AROUND), {}), OfficerPowers)
    with pytest.raises(BadConfiguration, match="postings"):
        opening.open_powers(NodeDesk(), {})  # type: ignore[arg-type]  # another desk
