"""The table of states, step by step; silence, holds and what is awaited; both sides come to the same whatever arrived first."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from comity.base.ids import DispatchId, Ms
from comity.desks.precursors.clocks import Silence, Times
from comity.desks.precursors.model import STOPPING, Arrived, Count, Line, Pen, Shipped
from comity.desks.precursors.rules import (
    FACTS,
    TABLE,
    Hold,
    Move,
    Side,
    Standing,
    State,
    awaited,
    fold,
    gaps,
    holds,
    lapsed,
    may_say,
)
from tests.unit.desks.precursors.forms import DAY, ident

EX, IM = Side.EXPORTER, Side.IMPORTER
FIRST = Move(ident(1), Ms(0), "pen", "pre-export", EX)
TIMES = Times(
    answer=Ms(7 * DAY),
    certificate=Ms(30 * DAY),
    sails=Ms(40 * DAY),
    leaves=Ms(41 * DAY),
    lands=Ms(60 * DAY),
    permits=None,
    silence=Silence.EXPIRED,
    known=True,
)
# What the officers' rules say, written down apart from the program's table.
SAID = """
pen amendment exporter: notified asked enquiry cleared objected -> notified
pen cancellation exporter: notified asked enquiry controlled cleared objected -> cancelled
pen-reply no-objection importer: notified asked enquiry objected -> cleared
pen-reply enquiry importer: notified asked cleared -> enquiry
pen-reply need-information importer: notified enquiry -> asked
pen-reply controlled-delivery importer: notified asked enquiry cleared -> controlled
pen-reply information exporter: asked notified -> notified
pen-reply information exporter: enquiry -> enquiry
objection - importer: notified asked enquiry cleared controlled -> objected
shipped - exporter: notified asked enquiry cleared objected controlled cancelled recalled -> shipped
arrived-quantity - importer: notified asked enquiry cleared objected controlled cancelled recalled shipped stopped -> arrived
outcome - exporter: objected cancelled recalled shipped arrived stopped closed -> closed
outcome - importer: objected cancelled recalled shipped arrived stopped closed -> closed
"""
ALL_BUT_CLOSED = frozenset(State) - {State.CLOSED}


def expected() -> dict[tuple[str, str, Side, State], State]:
    found: dict[tuple[str, str, Side, State], State] = {}
    for line in SAID.strip().splitlines():
        step, _, rest = line.partition(":")
        before, _, after = rest.partition("->")
        kind, stage, side = step.split()
        for state in before.split():
            found[kind, stage.strip("-") and stage, Side(side), State(state)] = State(after.strip())
    for what, side, state in itertools.product(STOPPING, Side, ALL_BUT_CLOSED):
        found["incident", what, side, state] = State.STOPPED
    return found


def test_the_table_is_what_the_officers_rules_say() -> None:
    table = {(*step, before): after for step, led in TABLE.items() for before, after in led.items()}
    assert table == expected()


def standing(state: State, **more: object) -> Standing:
    return replace(Standing(state, Ms(0), ident(1)), **more)


def after(*moves: Move, times: Times | None = TIMES) -> Standing:
    return fold(FIRST, moves, lambda _, since: None if times is None else replace(times, answer=Ms(since + 7 * DAY)))


def said(number: int, kind: str, stage: str = "", side: Side = IM, at: int = 0, on: int | None = None) -> Move:
    return Move(ident(number), Ms(at or number), kind, stage, side, None if on is None else ident(on))


def test_a_whole_way() -> None:
    way = [
        said(2, "pen-reply", "need-information"),
        said(3, "pen-reply", "information", EX),
        said(4, "pen-reply", "no-objection", on=1),
    ]
    way += [said(5, "shipped", side=EX), said(6, "arrived-quantity"), said(7, "outcome")]
    states = [after(*way[:n]).state for n in range(len(way) + 1)]
    assert states == ["notified", "asked", "notified", "cleared", "shipped", "arrived", "closed"]
    assert not after(*way).irregular
    assert not after(*way).out_of_turn
    assert after(*way[:2]).since == 3, "the importing side has its whole time again"


def test_a_recalled_notification_is_recalled_held_and_nothing_is_said_of_it() -> None:
    yes, recall = said(2, "pen-reply", "no-objection", on=1), said(3, "recall", "", EX, on=1)
    found = after(yes, recall)
    assert found.state is State.RECALLED
    assert holds(found, TIMES, Ms(4)) == (Hold.RECALLED,)
    assert lapsed(found, TIMES, Ms(9 * DAY)) is None
    assert not may_say(found, said(4, "pen-reply", "no-objection", on=1))
    assert awaited(found, TIMES, Ms(4)).what == "outcome"
    for late in (said(4, "pen-reply", "no-objection", on=1), said(4, "pen", "amendment", EX)):
        assert after(yes, recall, late).state is State.RECALLED
    left = after(yes, recall, said(4, "shipped", side=EX))
    assert (left.state, left.irregular) == (State.SHIPPED, True)
    assert after(yes, said(4, "shipped", side=EX), replace(recall, made=Ms(5))).state is State.SHIPPED
    assert after(yes, recall, said(4, "outcome", side=EX)).state is State.CLOSED


def test_a_recall_that_is_dated_before_what_it_names_counts_all_the_same() -> None:
    amended = said(5, "pen", "amendment", EX)
    assert after(amended, said(6, "recall", "", EX, at=2, on=5)).state is State.RECALLED


def test_a_mark_on_an_older_version_changes_nothing() -> None:
    amended = said(2, "pen", "amendment", EX)
    assert after(amended, said(3, "recall", "", EX, on=1)) == after(amended)
    assert after(amended, said(3, "recall", "", EX, on=99)) == after(amended)


@pytest.mark.parametrize("kind", ["correction", "recall-part"])
def test_a_corrected_version_is_held_until_there_is_a_new_one(kind: str) -> None:
    mark = said(3, kind, "", EX, on=1)
    found = after(mark)
    assert (found.state, holds(found, TIMES, Ms(4))) == (State.NOTIFIED, (Hold.CORRECTED,))
    assert lapsed(found, TIMES, Ms(9 * DAY)) is None, "nobody can be silent about what is no longer said"
    assert after(mark, said(4, "pen-reply", "no-objection", on=1)).marks == {Hold.CORRECTED}
    assert after(mark, said(4, "shipped", side=EX, at=9 * DAY)).irregular
    assert not after(mark, said(4, "pen", "amendment", EX)).marks


@pytest.mark.parametrize("kind", ["correction", "recall-part", "recall"])
def test_a_word_that_was_taken_back_does_not_count_and_silence_does_not_follow_it(kind: str) -> None:
    yes, mark = said(2, "pen-reply", "no-objection", on=1), said(3, kind, on=2)
    found = after(yes, mark)
    assert (found.state, holds(found, TIMES, Ms(4))) == (State.NOTIFIED, (Hold.TAKEN_BACK,))
    assert lapsed(found, TIMES, Ms(9 * DAY)) is None
    again = after(yes, mark, said(4, "pen-reply", "no-objection", on=1))
    assert (again.state, again.marks) == (State.CLEARED, frozenset())
    gone = after(yes, said(4, "shipped", side=EX), replace(mark, made=Ms(5)))
    assert (gone.state, gone.irregular) == (State.SHIPPED, False), "the goods left on a word that stood"


def test_what_happened_is_taken_away_by_a_recall_of_all_of_it_only() -> None:
    way = [said(2, "pen-reply", "no-objection", on=1), said(3, "shipped", side=EX)]
    back = after(*way, said(4, "recall", "", EX, on=3))
    assert (back.state, back.marks) == (State.CLEARED, frozenset())
    assert after(*way, said(4, "correction", "", EX, on=3)).state is State.SHIPPED
    closed = [said(4, "arrived-quantity"), said(5, "outcome")]
    assert after(*way, *closed, said(6, "recall", on=5)).state is State.ARRIVED


@pytest.mark.parametrize(
    ("kind", "hold"),
    [
        ("recall", Hold.RECALL_REFUSED),
        ("recall-part", Hold.CORRECTION_REFUSED),
        ("correction", Hold.CORRECTION_REFUSED),
    ],
)
def test_what_the_other_side_refused_to_take_back_is_held_until_that_is_resolved(kind: str, hold: Hold) -> None:
    yes, asked = said(2, "pen-reply", "no-objection", on=1), said(3, kind, "refused", EX, on=1)
    found = after(yes, asked)
    assert (found.state, holds(found, TIMES, Ms(4))) == (State.CLEARED, (hold,))
    assert lapsed(after(asked), TIMES, Ms(9 * DAY)) is None, "silence means nothing meanwhile"
    assert after(yes, asked, said(4, "pen-reply", "enquiry"), said(5, "pen-reply", "no-objection", on=1)).marks == {
        hold
    }
    assert after(yes, asked, said(4, "shipped", side=EX)).irregular
    assert not after(yes, asked, said(4, "pen", "amendment", EX)).marks
    assert after(yes, asked, said(4, "recall", "", EX, on=1)).state is State.RECALLED
    cancelled = after(yes, asked, said(4, "pen", "cancellation", EX))
    assert (cancelled.state, holds(cancelled, TIMES, Ms(5))) == (State.CANCELLED, ())


@pytest.mark.parametrize("kind", ["correction", "recall"])
def test_an_answer_whose_taking_back_was_refused_still_stands_and_holds_the_goods(kind: str) -> None:
    yes, asked = said(2, "pen-reply", "no-objection", on=1), said(3, kind, "refused", on=2)
    found = after(yes, asked)
    assert (found.state, holds(found, TIMES, Ms(4))) == (State.CLEARED, (Hold.TAKING_BACK_REFUSED,))
    again = after(yes, asked, said(4, "objection", on=1), said(5, "pen-reply", "no-objection", on=1))
    assert (again.state, again.marks) == (State.CLEARED, frozenset())
    left = said(3, "shipped", side=EX)
    gone = after(yes, left, replace(asked, made=Ms(5)))
    assert (gone.state, holds(gone, TIMES, Ms(6))) == (State.SHIPPED, ())
    back = after(yes, left, said(4, "recall", "refused", EX, on=3))
    assert (back.state, back.marks) == (State.SHIPPED, frozenset()), "what happened stays told"


def test_marks_come_to_the_same_whatever_arrived_first() -> None:
    moves = (said(2, "pen-reply", "no-objection", on=1), said(3, "recall", on=2), said(4, "objection", on=1),
             said(5, "correction", on=4), said(7, "recall", "refused", on=4), said(6, "recall", "", EX, on=1))  # fmt: skip
    assert len({after(*order) for order in itertools.permutations(moves)}) == 1


def test_a_yes_to_an_older_version_clears_nothing() -> None:
    amended = said(2, "pen", "amendment", EX)
    crossed = after(amended, said(3, "pen-reply", "no-objection", on=1))
    assert (crossed.state, crossed.current, crossed.out_of_turn) == (State.NOTIFIED, ident(2), {ident(3)})
    assert after(amended, said(3, "pen-reply", "no-objection", on=2)).state is State.CLEARED
    assert after(amended, said(3, "objection", on=1)).state is State.OBJECTED, "a no counts, whatever version it names"


def test_words_out_of_turn_change_nothing_and_are_marked() -> None:
    for move in (said(2, "pen-reply", "no-objection", EX), said(2, "objection", side=EX), said(2, "shipped", side=IM)):
        assert after(move).state is State.NOTIFIED
    assert after(said(2, "objection", side=EX)).out_of_turn == {ident(2)}
    assert after(said(2, "outcome")).out_of_turn == {ident(2)}
    assert not after(said(2, "incident", "refused-order")).out_of_turn


@pytest.mark.parametrize(
    ("moves", "irregular"),
    [
        ([said(2, "shipped", side=EX)], True),
        ([said(2, "objection"), said(3, "shipped", side=EX)], True),
        ([said(2, "pen-reply", "no-objection"), said(3, "shipped", side=EX)], False),
        ([said(2, "shipped", side=EX, at=7 * DAY)], False),
        ([said(2, "shipped", side=EX, at=7 * DAY - 1)], True),
        ([said(2, "arrived-quantity")], True),
        ([said(2, "incident", "seizure"), said(3, "arrived-quantity")], False),
    ],
)
def test_what_happened_to_goods_counts_and_is_marked_where_it_was_not_its_turn(
    moves: list[Move], irregular: bool
) -> None:
    assert after(*moves).irregular is irregular


def test_silence_lets_nothing_leave_where_the_accord_says_held() -> None:
    late = said(2, "shipped", side=EX, at=8 * DAY)
    assert not after(late).irregular
    assert after(late, times=replace(TIMES, silence=Silence.HELD)).irregular
    assert after(late, times=None).irregular


@pytest.mark.parametrize("stage", ["no-objection", "enquiry", "need-information", "controlled-delivery"])
def test_a_word_of_ours_out_of_its_turn_may_not_be_said(stage: str) -> None:
    move = said(9, "pen-reply", stage)
    for state in State:
        assert may_say(standing(state), move) is (("pen-reply", stage, IM, state) in expected())
    assert may_say(standing(State.NOTIFIED), said(9, "pen-reply", "no-objection", on=1))
    assert not may_say(standing(State.NOTIFIED), said(9, "pen-reply", "no-objection", on=8))


def test_what_happened_may_always_be_said() -> None:
    for kind, state in itertools.product(FACTS, State):
        assert may_say(standing(state), said(9, kind, side=EX))


# --- by the clock -------------------------------------------------------------------------------------------------------


def test_silence_counts_from_the_very_millisecond_and_only_where_nobody_spoke() -> None:
    assert lapsed(standing(State.NOTIFIED), TIMES, Ms(7 * DAY - 1)) is None
    assert lapsed(standing(State.NOTIFIED), TIMES, Ms(7 * DAY)) is Silence.EXPIRED
    assert lapsed(standing(State.ENQUIRY), TIMES, Ms(7 * DAY)) is None
    assert lapsed(standing(State.NOTIFIED), replace(TIMES, answer=None), Ms(70 * DAY)) is None


def test_goods_that_would_sail_before_the_other_sides_limit_are_held() -> None:
    early = replace(TIMES, sails=Ms(7 * DAY - 1), certificate=None)
    assert holds(standing(State.NOTIFIED), early, Ms(0)) == (Hold.SAILS_BEFORE_ANSWER,)
    assert holds(standing(State.NOTIFIED), replace(early, sails=Ms(7 * DAY)), Ms(0)) == ()
    assert holds(standing(State.CLEARED), early, Ms(0)) == ()
    assert holds(standing(State.NOTIFIED), early, Ms(7 * DAY)) == (), "the limit is over, and silence lets it go"


def test_every_reason_to_hold_is_told() -> None:
    tight = replace(TIMES, sails=Ms(DAY), permits=Ms(DAY), leaves=Ms(2 * DAY))
    sails = (Hold.SAILS_BEFORE_ANSWER, Hold.SAILS_BEFORE_CERTIFICATE)
    assert holds(standing(State.NOTIFIED), tight, Ms(0)) == (*sails, Hold.PERMIT_ENDS)
    assert holds(standing(State.ASKED), tight, Ms(0)) == (Hold.ASKED, *sails, Hold.PERMIT_ENDS)
    assert holds(standing(State.ENQUIRY), TIMES, Ms(0)) == (Hold.ENQUIRY,)
    assert holds(standing(State.OBJECTED), TIMES, Ms(0)) == (Hold.OBJECTED,)
    assert holds(standing(State.NOTIFIED), replace(TIMES, silence=Silence.HELD), Ms(7 * DAY)) == (Hold.SILENCE,)
    assert holds(standing(State.SHIPPED), tight, Ms(0)) == ()


def test_what_is_awaited_next_and_by_when() -> None:
    found = {state: awaited(standing(state), TIMES, Ms(0)) for state in State}
    told = {state: None if one is None else (one.side, one.what, one.by) for state, one in found.items()}
    assert told == {
        State.NOTIFIED: (IM, "pen-reply", 7 * DAY),
        State.ENQUIRY: (IM, "pen-reply", 7 * DAY),
        State.ASKED: (EX, "information", 30 * DAY),
        State.CLEARED: (EX, "shipped", 41 * DAY),
        State.CONTROLLED: (EX, "shipped", 41 * DAY),
        State.SHIPPED: (IM, "arrived-quantity", 60 * DAY),
        State.ARRIVED: (IM, "outcome", None),
        State.STOPPED: (IM, "outcome", None),
        State.RECALLED: (EX, "outcome", None),
        State.OBJECTED: None,
        State.CANCELLED: None,
        State.CLOSED: None,
    }
    lapsed_one = awaited(standing(State.NOTIFIED), TIMES, Ms(7 * DAY))
    assert lapsed_one is not None
    assert (lapsed_one.side, lapsed_one.what) == (EX, "shipped")
    stays = awaited(standing(State.NOTIFIED), replace(TIMES, silence=Silence.HELD), Ms(7 * DAY))
    assert stays is not None
    assert stays.side is IM


# --- quantities ---------------------------------------------------------------------------------------------------------


def test_what_is_missing_is_counted_against_what_left() -> None:
    pen = Pen(lines=(Line("one", 1000), Line("two", 50)))
    left, came = Shipped(counts=(Count(1, 900), Count(2, 50))), Arrived(counts=(Count(1, 850),))
    assert [gap.missing for gap in gaps(pen, left, came)] == [50, 50]
    assert [gap.missing for gap in gaps(pen, None, came)] == [150, 50]
    assert [gap.missing for gap in gaps(pen, left, None)] == [0, 0]
    assert [(gap.notified, gap.shipped, gap.arrived) for gap in gaps(pen, None, None)] == [
        (1000, None, None),
        (50, None, None),
    ]


def test_ids_are_told_apart_by_their_bytes() -> None:
    assert DispatchId(bytes(15) + b"\x02") == ident(2)
