"""What is filed is on both sides' boards with the same limits; a word out of turn does not leave; repeats change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from comity.base.errors import BadForm
from comity.base.ids import CaseId, Ms
from comity.desks.precursors import knowing
from comity.desks.precursors.agreed import Word, approvals
from comity.desks.precursors.clocks import Silence
from comity.desks.precursors.consignments import Consignments
from comity.desks.precursors.model import LineVerdict, Pen, Screened
from comity.desks.precursors.rules import Hold, State
from comity.desks.precursors.service import PrecursorsDesk
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from tests.unit.desks.precursors.forms import (
    DAY,
    EXPORTER,
    HOUR,
    IMPORTER,
    NORTH,
    OURS,
    PEN,
    T0,
    THEIRS,
    filing,
    ident,
)

COPY = {"state": "reported", "what": "refused-order", "copy": True}
ARRIVED, FILED, QUARANTINED, REFUSED, SEEN = 1, 2, 3, 4, 5


class Two:
    """Both sides' rows: the exporting side's and the importing side's."""

    def __init__(self, north: Tx, south: Tx) -> None:
        self.north, self.south = north, south

    def north_says(self, number: int, kind: str, form: dict[str, Any], at: int, **more: Any) -> None:
        EXPORTER.file(self.north, filing(number, kind, form, ours=True, at=at, **more))
        IMPORTER.file(self.south, filing(number, kind, form, ours=False, at=at, **more))

    def south_says(self, number: int, kind: str, form: dict[str, Any], at: int, **more: Any) -> None:
        IMPORTER.file(self.south, filing(number, kind, form, ours=True, at=at, **more))
        EXPORTER.file(self.north, filing(number, kind, form, ours=False, at=at, **more))

    def rows(self, at: int = 0):
        now = Ms(T0 + at)
        return EXPORTER.board(self.north, now), IMPORTER.board(self.south, now)


@pytest.fixture
def two() -> Iterator[Two]:
    schema = Schema("precursors", read_schema("comity.desks.precursors"))
    with SqliteStore(":memory:", (schema,)).begin() as north, SqliteStore(":memory:", (schema,)).begin() as south:
        yield Two(north, south)


def on(number: int) -> dict[str, Any]:
    return {"re": (ident(number),)}


def test_a_notification_is_on_both_boards_with_the_same_limits(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    (ours,), (theirs,) = two.rows()
    assert ours.notice.times == theirs.notice.times
    # Notified on the 12th in the south, four hours behind: the seventh day after ends on the 20th at 04:00 UTC.
    assert ours.notice.times.answer == T0 + 7 * DAY + 4 * HOUR
    assert (ours.we_owe, theirs.we_owe) == (False, True)
    assert (ours.notice.ours, theirs.notice.ours) == (True, False)
    assert ours.notice.same_days
    assert theirs.notice.same_days
    assert ours.left == ours.notice.times.answer - T0
    assert (ours.notice.exporter, ours.notice.importer, ours.notice.title) == (
        "Tern Fine Intermediates",
        "Pivot Reagents",
        "200 kg 4-piperidone hydrochloride",
    )


def test_a_consignment_that_would_sail_too_early_is_held_and_shown(two: Two) -> None:
    two.north_says(1, "pen", {**PEN, "leaves": "2026-07-17"}, HOUR)
    for (row,) in two.rows():
        assert row.holds == (Hold.SAILS_BEFORE_ANSWER, Hold.SAILS_BEFORE_CERTIFICATE)
    two.south_says(2, "pen-reply", {"state": "no-objection"}, 2 * HOUR, **on(1))
    for (row,) in two.rows(3 * HOUR):
        assert (row.holds, row.notice.standing.state) == ((), State.CLEARED)


def test_silence_shows_on_both_boards_and_turns_who_is_awaited(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    (ours,), (theirs,) = two.rows(8 * DAY)
    assert (ours.silence, ours.we_owe, theirs.we_owe) == (Silence.EXPIRED, True, False)
    assert EXPORTER.board(two.north, Ms(T0 + 8 * DAY), waits_for="ours") == (ours,)
    assert EXPORTER.board(two.north, Ms(T0 + 8 * DAY), waits_for="theirs") == ()


def test_an_amendment_counts_anew_and_an_answer_names_it(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    changed = {**PEN, "state": "amendment", "version": 2, "leaves": "2026-08-25"}
    two.north_says(2, "pen", changed, 2 * DAY, replaces=ident(1))
    with pytest.raises(BadForm, match="does not go with"):
        IMPORTER.file(two.south, filing(3, "pen-reply", {"state": "no-objection"}, ours=True, at=3 * DAY, **on(1)))
    two.south_says(4, "pen-reply", {"state": "no-objection"}, 3 * DAY, **on(2))
    for (row,) in two.rows(3 * DAY):
        assert (row.notice.version, row.notice.newest, row.notice.id) == (2, ident(2), ident(1))
        assert row.notice.standing.state is State.CLEARED


def test_versions_follow_each_other(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    changed = {**PEN, "state": "amendment", "version": 3}
    for form, more in (
        (changed, {"replaces": ident(1)}),
        ({**changed, "version": 2}, {"replaces": ident(9)}),
        ({**changed, "version": 2}, on(1)),
        ({"state": "cancellation", "version": 3, "reason": "x"}, {"replaces": ident(1)}),
    ):
        with pytest.raises(BadForm):
            EXPORTER.file(two.north, filing(2, "pen", form, ours=True, at=DAY, **more))
    two.north_says(2, "pen", {**changed, "version": 2}, DAY, replaces=ident(1))
    with pytest.raises(BadForm, match="replaces the one in force"):
        EXPORTER.file(two.north, filing(3, "pen", changed, ours=True, at=DAY, replaces=ident(1)))
    two.north_says(3, "pen", {"state": "cancellation", "version": 3, "reason": "x"}, DAY, replaces=ident(2))
    for (row,) in two.rows():
        assert (row.notice.standing.state, row.awaited, row.left) == (State.CANCELLED, None, None)


def test_a_word_of_ours_out_of_turn_does_not_leave_one_of_theirs_is_shown(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    two.south_says(2, "objection", {"reasons": ["no-permit"]}, 2 * HOUR, **on(1))
    late = filing(3, "pen-reply", {"state": "enquiry", "reason": "x"}, ours=True, at=3 * HOUR, **on(1))
    with pytest.raises(BadForm, match="a consignment that is objected"):
        IMPORTER.file(two.south, late)
    EXPORTER.file(two.north, replace(late, ours=False))
    (row,), _ = two.rows()
    assert (row.notice.standing.state, row.notice.out_of_turn) == (State.OBJECTED, 1)


def test_an_answer_to_nothing_does_not_leave(two: Two) -> None:
    for kind, form in (
        ("pen-reply", {"state": "no-objection"}),
        ("shipped", {"day": "2026-08-20", "counts": [{"line": 1, "grams": 1}]}),
    ):
        with pytest.raises(BadForm, match="names no notification"):
            EXPORTER.file(two.north, filing(5, kind, form, ours=True))


def test_what_is_refused_by_their_law_has_not_happened(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    two.south_says(2, "objection", {"reasons": ["no-permit"]}, 2 * HOUR, **on(1))
    IMPORTER.settle(two.south, ident(2), REFUSED, "no-legal-basis", Ms(T0 + 3 * HOUR))
    _, (row,) = two.rows()
    assert row.notice.standing.state is State.NOTIFIED
    EXPORTER.settle(two.north, ident(1), REFUSED, "no-legal-basis", Ms(T0 + 3 * HOUR))
    assert two.rows()[0] == ()


def test_what_our_law_did_not_admit_has_a_row_and_no_words(two: Two) -> None:
    IMPORTER.file(two.south, filing(1, "pen", PEN, ours=False, admitted=False))
    assert IMPORTER.board(two.south, T0) == ()
    (row,) = IMPORTER.about(two.south, ident(1))
    assert (row.admitted, row.body, row.title) == (False, b"", "")
    assert IMPORTER.unscreened(two.south) == ()


def test_an_answer_that_came_before_its_notification_finds_it(two: Two) -> None:
    reply = filing(2, "objection", {"reasons": ["no-permit"]}, ours=False, at=2 * HOUR, **on(1))
    EXPORTER.file(two.north, reply)
    assert EXPORTER.board(two.north, T0) == ()
    EXPORTER.file(two.north, filing(1, "pen", PEN, ours=True, at=HOUR))
    (row,), _ = two.rows()
    assert row.notice.standing.state is State.OBJECTED


def test_a_version_that_came_before_the_one_it_replaces_stands_by_itself(two: Two) -> None:
    changed = {**PEN, "state": "amendment", "version": 2}
    IMPORTER.file(two.south, filing(3, "objection", {"reasons": ["no-permit"]}, ours=False, at=4 * HOUR, **on(2)))
    IMPORTER.file(two.south, filing(2, "pen", changed, ours=False, at=3 * HOUR, replaces=ident(1)))
    IMPORTER.file(two.south, filing(1, "pen", PEN, ours=False, at=HOUR))
    assert [row.notice.id for row in IMPORTER.board(two.south, T0)] == [ident(1), ident(2)]


def test_what_was_said_of_a_version_before_it_came_is_put_beside_it(two: Two) -> None:
    EXPORTER.file(two.north, filing(1, "pen", PEN, ours=True, at=HOUR))
    EXPORTER.file(two.north, filing(3, "objection", {"reasons": ["no-permit"]}, ours=False, at=4 * HOUR, **on(2)))
    changed = {**PEN, "state": "amendment", "version": 2}
    EXPORTER.file(two.north, filing(2, "pen", changed, ours=True, at=3 * HOUR, replaces=ident(1)))
    assert [row.root for row in EXPORTER.about(two.north, ident(3))] == [ident(1)] * 3


@pytest.mark.parametrize(
    ("form", "more"),
    [
        (PEN, {"re": (ident(1),)}),
        (PEN, {"replaces": ident(1)}),
        ({**PEN, "state": "amendment", "version": 2}, {"replaces": ident(1)}),
        ({**PEN, "state": "amendment", "version": 2}, {"replaces": ident(77)}),
    ],
)
def test_a_notification_cannot_hide_behind_one_of_ours(two: Two, form: dict[str, Any], more: dict[str, Any]) -> None:
    IMPORTER.file(two.south, filing(1, "pen", PEN, ours=True, at=HOUR))
    IMPORTER.file(two.south, filing(2, "pen", form, ours=False, at=0, **more))
    rows = {row.notice.id: (row.notice.ours, row.we_owe, row.notice.newest) for row in IMPORTER.board(two.south, T0)}
    assert rows == {ident(1): (True, False, ident(1)), ident(2): (False, True, ident(2))}


def test_a_repeat_changes_nothing(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    before = two.rows(), two.north.rows("SELECT * FROM precursors_dispatch")
    two.north_says(1, "pen", {**PEN, "leaves": "2026-09-09"}, 9 * HOUR)
    assert (two.rows(), two.north.rows("SELECT * FROM precursors_dispatch")) == before


def test_receipts_are_noted_once(two: Two) -> None:
    EXPORTER.settle(two.south, ident(1), ARRIVED, None, Ms(7))
    IMPORTER.file(two.south, filing(1, "pen", PEN, ours=False, at=HOUR))
    for fact, at in ((FILED, 8), (SEEN, 9), (SEEN, 10), (QUARANTINED, 11), (ARRIVED, 12)):
        IMPORTER.settle(two.south, ident(1), fact, None, Ms(at))
    (row,) = IMPORTER.about(two.south, ident(1))
    assert (row.arrived, row.filed, row.seen, row.quarantined, row.refused) == (7, 8, 9, 11, None)
    with pytest.raises(BadForm):
        IMPORTER.settle(two.south, ident(1), 99, None, Ms(1))
    IMPORTER.settle(two.south, ident(77), REFUSED, "x", Ms(1))


def test_quantities_to_the_end(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    two.south_says(2, "pen-reply", {"state": "no-objection"}, 2 * HOUR, **on(1))
    two.north_says(3, "shipped", {"day": "2026-08-20", "counts": [{"line": 1, "grams": 199_000}]}, 38 * DAY, **on(1))
    two.south_says(
        4, "arrived-quantity", {"day": "2026-09-02", "counts": [{"line": 1, "grams": 190_000}]}, 51 * DAY, **on(3)
    )
    for tx, desk in ((two.north, EXPORTER), (two.south, IMPORTER)):
        (gap,) = desk.gaps(tx, ident(4))
        assert (gap.notified, gap.shipped, gap.arrived, gap.missing) == (200_000, 199_000, 190_000, 9_000)
    for (row,) in two.rows():
        assert row.notice.standing.state is State.ARRIVED
        assert not row.notice.standing.irregular


def test_a_notification_that_is_dated_back_counts_from_its_arrival_on_both_sides(two: Two) -> None:
    sent = filing(1, "pen", PEN, ours=True, at=HOUR)
    EXPORTER.file(two.north, sent)
    IMPORTER.file(two.south, replace(sent, ours=False, at=Ms(T0 + 8 * DAY)))
    (before,), (there,) = two.rows()
    assert before.notice.times.answer == T0 + 7 * DAY + 4 * HOUR
    assert there.notice.times.answer == T0 + 15 * DAY + 4 * HOUR
    EXPORTER.settle(two.north, ident(1), FILED, None, Ms(T0 + 8 * DAY + 500))
    (ours,), (theirs,) = two.rows()
    assert ours.notice.times == theirs.notice.times
    on_time = filing(2, "pen", PEN, ours=False, at=HOUR)
    IMPORTER.file(two.south, replace(on_time, at=Ms(T0 + DAY + HOUR)))
    assert IMPORTER.board(two.south, T0)[0].notice.times.answer == T0 + 7 * DAY + 4 * HOUR


def test_whoever_is_on_duty_is_told_before_silence_counts_and_when_it_does(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    limit = T0 + 7 * DAY + 4 * HOUR
    assert EXPORTER.next_chase(two.north) is None, "it is the other side's limit"
    assert IMPORTER.next_chase(two.south) == limit - DAY
    told = []
    for at in (limit - DAY - 1, limit - DAY, limit - 1, limit, limit + DAY):
        told += [(at - limit, one.kind, one.stage, one.dispatch) for one in IMPORTER.chase(two.south, Ms(at))]
    assert told == [(-DAY, "notification", "soon", ident(1)), (0, "notification", "over", ident(1))]
    assert IMPORTER.next_chase(two.south) is None


def test_a_node_that_slept_is_told_once_and_an_answer_or_a_new_version_settles_it(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    late = Ms(T0 + 20 * DAY)
    assert [one.stage for one in IMPORTER.chase(two.south, late)] == ["over"]
    assert IMPORTER.chase(two.south, late) == ()
    changed = {**PEN, "state": "amendment", "version": 2}
    two.north_says(2, "pen", changed, 20 * DAY, replaces=ident(1))
    assert IMPORTER.next_chase(two.south) == T0 + 26 * DAY + 4 * HOUR
    two.south_says(3, "pen-reply", {"state": "no-objection"}, 21 * DAY, **on(2))
    assert IMPORTER.next_chase(two.south) is None


def test_an_incident_stands_alone_and_the_boards_copy_needs_both(two: Two) -> None:
    refused = {"state": "reported", "what": "refused-order", "copy": True}
    two.north_says(8, "incident", refused, HOUR)
    assert not EXPORTER.copy_agreed(two.north, ident(8))
    two.south_says(9, "incident", {"state": "copy-agreed"}, 2 * HOUR, **on(8))
    assert EXPORTER.copy_agreed(two.north, ident(8))
    assert IMPORTER.copy_agreed(two.south, ident(8))
    assert not EXPORTER.copy_agreed(two.north, ident(9))
    assert not EXPORTER.copy_agreed(two.north, ident(99))
    assert two.rows() == ((), ())


@pytest.mark.parametrize("target", [8, 9])
@pytest.mark.parametrize("kind", ["recall", "recall-part", "correction"])
@pytest.mark.parametrize("refused", [False, True])
def test_an_approval_that_was_touched_is_none_on_both_sides(two: Two, target: int, kind: str, refused: bool) -> None:
    two.north_says(8, "incident", COPY, HOUR)
    two.south_says(9, "incident", {"state": "copy-agreed"}, 2 * HOUR, **on(8))
    for desk, tx, ours in ((EXPORTER, two.north, target == 8), (IMPORTER, two.south, target == 9)):
        assert desk.copy_agreed(tx, ident(8))
        desk.take_back(tx, TakenBack(ident(target), ident(20), kind, ours, Ms(T0 + 3 * HOUR), refused))
        assert not desk.copy_agreed(tx, ident(8))
        assert approvals(tx, ident(8)).word is Word.TAKEN_BACK
    two.south_says(10, "incident", {"state": "copy-agreed"}, 4 * HOUR, **on(8))
    assert EXPORTER.copy_agreed(two.north, ident(8)) == (target == 9), (
        "a new word agrees anew; an incident stays taken back"
    )


SHIPPED = {"day": "2026-08-20", "counts": [{"line": 1, "grams": 200_000}]}
REPORTED = {"state": "reported", "what": "seizure"}


def test_a_word_on_a_copy_leaves_only_where_it_has_its_place(two: Two) -> None:
    two.north_says(8, "incident", COPY, HOUR)
    given = {"state": "copy-given", "digest": bytes(32)}
    agrees = {"state": "copy-agreed"}
    for desk, tx, form, more in (
        (EXPORTER, two.north, agrees, on(8)),  # our own
        (IMPORTER, two.south, agrees, on(99)),
        (IMPORTER, two.south, agrees, {}),
        (IMPORTER, two.south, given, on(8)),  # one side alone
    ):
        with pytest.raises(BadForm, match="nothing was kept"):
            desk.check(tx, filing(12, "incident", form, ours=True, **more))
    with pytest.raises(BadForm, match="names no notification"):
        IMPORTER.check(two.south, filing(12, "shipped", SHIPPED, ours=True, **on(99)))
    IMPORTER.check(two.south, filing(12, "incident", REPORTED, ours=True))  # a report asks for no place
    IMPORTER.check(two.south, filing(12, "incident", agrees, ours=True, **on(8)))
    two.south_says(9, "incident", agrees, 2 * HOUR, **on(8))
    IMPORTER.check(two.south, filing(12, "incident", given, ours=True, **on(8)))


def test_a_report_after_its_hours_is_shown_as_late_on_both_sides(two: Two) -> None:
    said = {"state": "reported", "what": "suspicious-shipment", "known": T0}
    two.south_says(8, "incident", said, 73 * HOUR, case=CaseId(ident(1)))
    two.north_says(9, "incident", said, 73 * HOUR)
    for tx, desk in ((two.north, EXPORTER), (two.south, IMPORTER)):
        assert {row.id: row.late for row in desk.case(tx, CaseId(ident(1)))} == {ident(8): HOUR, ident(9): 0}
        assert desk.about(tx, ident(8))[0].late == HOUR


def test_our_screen_looks_once_at_each_version_and_its_word_stays_here(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    ((version, pen, at),) = IMPORTER.unscreened(two.south)
    assert (version, at) == (ident(1), T0 + HOUR)
    assert isinstance(pen, Pen)
    said = Screened(
        (LineVerdict(1, "clear"), LineVerdict(2, "controlled", "x", "list", "Schedule", "2024-09-03")), asymmetric=True
    )
    IMPORTER.note_screened(two.south, version, said, Ms(T0 + 2 * HOUR))
    assert IMPORTER.unscreened(two.south) == ()
    assert IMPORTER.screened(two.south, version) == said
    _, (row,) = two.rows()
    assert (row.notice.verdict, row.notice.asymmetric, row.notice.screened) == ("controlled", True, T0 + 2 * HOUR)
    assert EXPORTER.screened(two.north, version) is None
    IMPORTER.note_screened(two.south, version, Screened((LineVerdict(1, "clear"),)), Ms(T0 + 3 * HOUR))
    assert two.rows()[1][0].notice.verdict == "clear"


def test_calendars_that_differ_are_shown(two: Two) -> None:
    other = PrecursorsDesk((), THEIRS, replace(OURS, calendar=replace(NORTH, digest=THEIRS.calendar.digest)))
    other.file(two.south, filing(1, "pen", PEN, ours=False))
    (row,) = other.board(two.south, T0)
    assert not row.notice.same_days


def test_words_are_taken_out_of_the_rows(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    EXPORTER.erase(two.north, ident(1), CaseId(ident(1)))
    left = str(two.north.rows("SELECT title, body FROM precursors_dispatch")) + str(
        two.north.rows("SELECT title, reference, exporter, importer FROM precursors_notice")
    )
    assert "piperidone" not in left
    assert "Tern" not in left


def test_who_of_ours_has_a_case(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    assert knowing.agencies(two.north, CaseId(ident(1))) == {"seal-house"}
    assert knowing.agencies(two.south, CaseId(ident(1))) == {"paper-office"}
    assert knowing.agencies(two.south, CaseId(ident(5))) is None
    assert knowing.numbered(two.south, "XO-2026-0001") is None
    assert [row.id for row in EXPORTER.case(two.north, CaseId(ident(1)))] == [ident(1)]
    assert EXPORTER.row(two.north, ident(5), T0) is None
    assert EXPORTER.about(two.north, ident(5)) == ()
    assert EXPORTER.gaps(two.north, ident(5)) == ()
    assert (EXPORTER.name, EXPORTER.schema) == ("precursors", ())


def taken(two: Two, target: int, by: int, kind: str, *, north: bool, refused: bool = False) -> None:
    for tx, desk, ours in ((two.north, EXPORTER, north), (two.south, IMPORTER, not north)):
        mark = TakenBack(ident(target), ident(by), kind, ours, Ms(T0 + DAY), refused)
        desk.take_back(tx, mark)
        desk.take_back(tx, mark)


def test_a_recall_at_another_desk_reaches_the_notification_on_both_sides(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    two.south_says(2, "pen-reply", {"state": "no-objection"}, 2 * HOUR, **on(1))
    taken(two, 1, 9, "recall", north=True)
    for (row,) in two.rows(2 * DAY):
        assert (row.notice.standing.state, row.holds) == (State.RECALLED, (Hold.RECALLED,))
    with pytest.raises(BadForm, match="a consignment that is recalled"):
        IMPORTER.file(two.south, filing(3, "objection", {"reasons": ["no-permit"]}, ours=True, at=2 * DAY, **on(1)))
    marked = {row.id: row.marked for row in EXPORTER.about(two.north, ident(1))}
    assert marked == {ident(1): "recall", ident(2): ""}


def test_nobody_takes_back_what_the_other_side_said(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    taken(two, 1, 9, "recall", north=False)
    taken(two, 77, 10, "recall", north=True)
    for (row,) in two.rows():
        assert (row.notice.standing.state, row.notice.standing.marks) == (State.NOTIFIED, frozenset())


def test_a_recall_that_the_other_side_refused_holds_the_goods_on_both_sides_and_hides_nothing(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    two.south_says(2, "pen-reply", {"state": "no-objection"}, 2 * HOUR, **on(1))
    EXPORTER.take_back(two.north, TakenBack(ident(1), ident(9), "recall", True, Ms(T0 + DAY)))
    assert [row.notice.standing.state for row in EXPORTER.board(two.north, Ms(T0 + DAY))] == [State.RECALLED]
    taken(two, 1, 9, "recall", north=True, refused=True)
    for desk, tx, (row,) in zip((EXPORTER, IMPORTER), (two.north, two.south), two.rows(2 * DAY), strict=True):
        assert (row.notice.standing.state, row.holds) == (State.CLEARED, (Hold.RECALL_REFUSED,))
        marked = {one.id: one.marked for one in desk.about(tx, ident(1))}
        assert marked == {ident(1): "recall-refused", ident(2): ""}
        assert Consignments(desk).card(tx, ident(1), Ms(T0 + 2 * DAY)).facts, "its words are not closed"
        assert tx.rows("SELECT words <> '' FROM precursors_text") == [(1,)]
    two.north_says(3, "pen", {**PEN, "state": "amendment", "version": 2}, 2 * DAY, replaces=ident(1))
    for (row,) in two.rows(3 * DAY):
        assert (row.holds, row.notice.standing.state) == ((), State.NOTIFIED)


def test_a_corrected_no_objection_holds_the_goods_again_on_both_sides(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    two.south_says(2, "pen-reply", {"state": "no-objection"}, 2 * HOUR, **on(1))
    assert [row.holds for (row,) in two.rows(DAY)] == [(), ()]
    taken(two, 2, 9, "correction", north=False)
    for (row,) in two.rows(9 * DAY):
        assert (row.notice.standing.state, row.holds, row.silence) == (State.NOTIFIED, (Hold.TAKEN_BACK,), None)
    two.south_says(3, "pen-reply", {"state": "no-objection"}, 2 * DAY, **on(1))
    assert [row.holds for (row,) in two.rows(3 * DAY)] == [(), ()]


def test_a_corrected_notification_is_held_on_both_sides_until_its_next_version(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    taken(two, 1, 9, "correction", north=True)
    for (row,) in two.rows(9 * DAY):
        assert (row.holds, row.silence) == ((Hold.CORRECTED,), None)
    two.north_says(2, "pen", {**PEN, "state": "amendment", "version": 2}, 2 * DAY, replaces=ident(1))
    for (row,) in two.rows(3 * DAY):
        assert (row.holds, row.notice.version) == ((), 2)


def test_what_came_and_was_recalled_is_not_counted(two: Two) -> None:
    two.north_says(1, "pen", PEN, HOUR)
    two.south_says(2, "arrived-quantity", {"day": "2026-07-13", "counts": [{"line": 1, "grams": 5}]}, 2 * HOUR, **on(1))
    assert EXPORTER.gaps(two.north, ident(1))[0].arrived == 5
    taken(two, 2, 9, "recall", north=False)
    for desk, tx in ((EXPORTER, two.north), (IMPORTER, two.south)):
        assert desk.gaps(tx, ident(1))[0].arrived is None
