"""Bodies and headers of one invented consignment, for the tests of this desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta, timezone
from typing import Any

from comity.base.hashing import sha256
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms, NodeName
from comity.base.workdays import Calendar
from comity.desk import Filing
from comity.desks.precursors.clocks import Limit, Policy, Silence, Since
from comity.desks.precursors.service import PrecursorsDesk
from comity.dispatch.wire import Author, Header, ReleasedBy, wire_labels
from comity.marking.labels import LANE_OF, Urgency
from comity.marking.rules import default_label

HOUR, DAY = 3_600_000, 86_400_000
T0 = Ms(1_783_900_800_000)  # 13 July 2026 00:00 UTC, a Monday
FIRM = {"name": "Tern Fine Intermediates", "address": "Dock 4, Ford"}
BUYER = {"name": "Pivot Reagents", "address": "Hill Lane 2, Crossing"}
GOODS = {"substance": "4-piperidone hydrochloride", "grams": 200_000, "cas": "41979-39-9", "form": "salt"}
PEN: dict[str, Any] = {
    "state": "pre-export",
    "version": 1,
    "exporter": FIRM,
    "importer": BUYER,
    "lines": [GOODS],
    "route": {"entry": "Crossing Port"},
    "leaves": "2026-08-20",
}
NORTH = Calendar(timezone(timedelta(hours=3)), digest=Digest(sha256(b"north")))
SOUTH = Calendar(
    timezone(timedelta(hours=-4)),
    holidays=frozenset({date(2026, 7, 15)}),
    years=frozenset({2026}),
    digest=Digest(sha256(b"south")),
)
OURS = Policy(NORTH, certificate=Limit(21, True, Since.APPLIED), silence=Silence.NO_OBJECTION)
THEIRS = Policy(
    SOUTH, reply=Limit(7, False, Since.NOTIFIED), silence=Silence.EXPIRED, report_ms=72 * HOUR, permit_days=180
)
EXPORTER = PrecursorsDesk((), OURS, THEIRS)
IMPORTER = PrecursorsDesk((), THEIRS, OURS)


def ident(number: int) -> DispatchId:
    """Return an id."""
    return DispatchId(number.to_bytes(16, "big"))


def filing(number: int, kind: str, form: dict[str, Any], *, ours: bool, at: int = 0, **more: Any) -> Filing:
    """Return one dispatch as a desk gets it; `at` is milliseconds after T0."""
    admitted = more.pop("admitted", True)
    header = Header(
        id=ident(number),
        sender=NodeName("a.example/comity"),
        receiver=NodeName("b.example/comity"),
        author=Author("seal-house", "officer"),
        agencies=("paper-office",),
        desk="precursors",
        kind=kind,
        version=1,
        case=CaseId(ident(1)),
        re=(),
        after=(),
        lane=LANE_OF[Urgency.NORMAL],
        purpose="precursor-diversion",
        basis=(),
        labels=wire_labels(default_label("precursor-diversion", "seal-house")),
        created=Ms(T0 + at),
        answer_by=None,
        accord=Digest(bytes(32)),
        replaces=None,
        workplan_item="W-1",
        workplan_reason="",
        released_by=ReleasedBy("requests", 7, None),
        conduct=None,
        urgency=Urgency.NORMAL,
    )
    header = replace(header, **more)
    body = EXPORTER.compose(kind, form) if admitted else b""
    return Filing(ours, header, body, CaseId(ident(1)), Ms(T0 + at), LeafIndex(number), admitted)
