"""The day in the tables of both sides: one limit runs out, on both screens at once, and nothing else ever does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from comity.base.ids import CaseId, Digest, LeafIndex, Ms, NodeName
from comity.cli.demo.day import Scene, body_of
from comity.desk import Filing
from comity.desks.requests.rows import ItemCount
from comity.desks.requests.rules import clocks_of, late_by
from comity.desks.requests.service import RequestsDesk
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Author, Header, ReleasedBy, wire_labels
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import LANE_OF, Lane
from tests.unit.desks.requests.test_day_data import IDS, MODEL, terms

LANES = {Lane[name.upper()].value: (one.arrived, one.seen) for name, one in terms("india-canada").lanes.items()}
CLOCKS = clocks_of(LANES, terms("india-canada").timers)
DAY0 = Ms(1_783_900_800_000)
DAY = (DAY0, Ms(DAY0 + 86_400_000))
DESKS = {party: RequestsDesk(read_schema("comity.desks.requests"), party.upper(), CLOCKS) for party in ("ca", "in")}
FILED, SEEN = 2, 5


def at(clock: str) -> Ms:
    hours, minutes = clock.split(":")
    return Ms(DAY0 + (int(hours) * 60 + int(minutes)) * 60_000)


def filing(scene: Scene, *, ours: bool) -> Filing:
    body = DESKS[scene.party].compose(scene.kind, body_of(scene, IDS))
    classes = frozenset(duty.partition(":")[2] for duty in scene.clear.obligations if duty.startswith("redact:"))
    return Filing(
        ours=ours,
        header=Header(
            id=IDS[scene.number],
            sender=NodeName(scene.party),
            receiver=NodeName("other"),
            author=Author(scene.agency, "officer"),
            agencies=scene.to,
            desk=scene.desk,
            kind=scene.kind,
            version=1,
            case=None if scene.case == scene.number else CaseId(IDS[scene.case]),
            re=tuple(IDS[number] for number in scene.re),
            after=(),
            lane=LANE_OF[scene.urgency],
            purpose=scene.purpose,
            basis=scene.basis,
            labels=wire_labels(scene.label),
            created=scene.at,
            answer_by=None,
            accord=Digest(bytes(32)),
            replaces=None if scene.replaces is None else IDS[scene.replaces],
            workplan_item=scene.item,
            workplan_reason=scene.reason,
            released_by=ReleasedBy(scene.desk, scene.officer, scene.delegation),
            conduct=scene.conduct,
            urgency=scene.urgency,
        ),
        body=DESKS[scene.party].redact(scene.kind, body, classes)[0],
        case=CaseId(IDS[scene.case]),
        at=scene.at,
        index=None if ours else LeafIndex(scene.number + 2),
        admitted=True,
    )


Sides = dict[str, Tx]


@pytest.fixture(scope="module")
def played() -> Iterator[tuple[Sides, dict[int, dict[str, tuple[ItemCount, ...]]]]]:
    """Play the day on both sides; return both and what each counted after every event."""
    with ExitStack() as stack:
        stores = {party: SqliteStore(":memory:", (Schema("requests", desk.schema),)) for party, desk in DESKS.items()}
        sides: Sides = {party: stack.enter_context(store.begin()) for party, store in stores.items()}
        events = [(scene.at, 0, scene) for scene in MODEL] + [(scene.seen, 1, scene) for scene in MODEL]
        counted: dict[int, dict[str, tuple[ItemCount, ...]]] = {}
        for when, seen, scene in sorted(events, key=lambda event: (event[0], event[1], event[2].number)):
            for party, tx in sides.items():
                if seen:
                    DESKS[party].settle(tx, IDS[scene.number], SEEN, None, when)
                else:
                    DESKS[party].file(tx, filing(scene, ours=party == scene.party))
                    DESKS[party].settle(tx, IDS[scene.number], FILED, None, when)
            counted[when] = {party: DESKS[party].counts(tx, DAY, when) for party, tx in sides.items()}
        yield sides, counted


def test_only_one_limit_ever_runs_out_and_both_see_it(played) -> None:
    _, counted = played
    for when, both in counted.items():
        for party, items in both.items():
            late = {(item.item, item.we_owe, item.they_owe) for item in items if item.we_owe or item.they_owe}
            running = at("09:00") <= when < at("14:40")
            expected = {("W-4", 1, 0) if party == "ca" else ("W-4", 0, 1)} if running else set()
            assert late == expected, (when, party)


def test_moved_today_is_the_same_on_both_screens(played) -> None:
    sides, _ = played
    evening = {party: DESKS[party].counts(tx, DAY, at("23:59")) for party, tx in sides.items()}
    assert evening["ca"] == evening["in"]
    assert [(item.item, item.moved) for item in evening["ca"]] == [
        ("W-1", 8), ("W-2", 9), ("W-3", 9), ("W-4", 7), ("W-5", 9), (None, 5),
    ]  # fmt: skip


def test_the_late_answer_is_counted_alike(played) -> None:
    sides, _ = played
    for party, tx in sides.items():
        row = DESKS[party].dispatch(tx, IDS[31])
        assert row is not None
        assert late_by(row.progress(None)) == (5 * 60 + 40) * 60_000
        threat = DESKS[party].dispatch(tx, IDS[39])
        assert threat is not None
        assert threat.answered is not None
        assert threat.answered - threat.created == (7 * 60 + 45) * 60_000
        assert threat.due_full == at("10:10")


def test_the_peer_sees_the_same_word_for_both_refusals_and_never_the_removed(played) -> None:
    sides, _ = played
    outward = {number: DESKS["ca"].dispatch(sides["ca"], IDS[number]).outward for number in (17, 20)}
    assert outward == {17: "cannot-assist", 20: "cannot-assist"}
    bodies = b"".join(
        row.body for case in DESKS["in"].cases(sides["in"]) for row in DESKS["in"].case(sides["in"], case.id)
    )
    for removed in ("Sam Placeholder", "loads for the broker", "tenant-0417", "Robin Example"):
        assert removed.encode() not in bodies


def test_recall_correction_and_postings(played) -> None:
    sides, _ = played
    for party, tx in sides.items():
        desk = DESKS[party]
        assert desk.dispatch(tx, IDS[22]).recalled_part == "address 2"
        assert desk.dispatch(tx, IDS[13]).replaced_by == IDS[15]
        assert desk.holders(tx, IDS[13]) == ("nia",)
    now = at("21:00")
    assert DESKS["ca"].standing(sides["ca"], "requests", 117, now) is not None
    assert DESKS["in"].standing(sides["in"], "requests", 217, now) is None
    assert DESKS["ca"].peer_posting_ended(sides["ca"], "requests", 217) == 50
    assert DESKS["in"].peer_posting_ended(sides["in"], "requests", 117) is None


def test_nothing_waits_in_the_evening(played) -> None:
    sides, _ = played
    for party, tx in sides.items():
        assert DESKS[party].inbox(tx) == ()
        assert DESKS[party].waiting(tx) == ()
        assert [DESKS[party].show_number(case.year, case.seq) for case in DESKS[party].cases(tx)][-1].startswith(
            f"{party.upper()}-2026-"
        )
