"""The precursors desk's decisions, pure: the table of states, which word counts in which, what holds the goods.

The rule it keeps: the state of a notification is read from its dispatches in the order of their own times, so that both sides
come to the same state whatever arrived first; what happened to the goods counts always, what is said counts in its turn only.
"""  # spec: precursors-and-documents.md 1

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from comity.base.ids import DispatchId, Ms
from comity.desks.precursors.clocks import Silence, Times
from comity.desks.precursors.model import (
    AMENDMENT,
    CANCELLATION,
    CONTROLLED,
    ENQUIRY,
    INFORMATION,
    NEED,
    NO_OBJECTION,
    STOPPING,
    Arrived,
    Count,
    Kind,
    Pen,
    Shipped,
)


class State(StrEnum):
    """Where a notification stands by what was said and done; silence is read beside it, from the clock."""

    NOTIFIED = "notified"
    ASKED = "asked"
    ENQUIRY = "enquiry"
    CONTROLLED = "controlled"
    CLEARED = "cleared"
    OBJECTED = "objected"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    ARRIVED = "arrived"
    STOPPED = "stopped"
    CLOSED = "closed"
    RECALLED = "recalled"


class Hold(StrEnum):
    """Why goods that are notified must not leave yet, or must be looked at."""

    SAILS_BEFORE_ANSWER = "sails-before-answer"
    SAILS_BEFORE_CERTIFICATE = "sails-before-certificate"
    ASKED = "asked"
    ENQUIRY = "enquiry"
    OBJECTED = "objected"
    SILENCE = "silence"
    PERMIT_ENDS = "permit-ends"
    RECALLED = "recalled"
    CORRECTED = "corrected"
    TAKEN_BACK = "taken-back"
    RECALL_REFUSED = "recall-refused"
    CORRECTION_REFUSED = "correction-refused"
    TAKING_BACK_REFUSED = "taking-back-refused"


class Side(StrEnum):
    """Whose word a dispatch is, of one consignment."""

    EXPORTER = "exporter"
    IMPORTER = "importer"


Step = tuple[str, str, Side]
"""Kind, its state ("" for none), and whose it is."""
_OPEN = (State.NOTIFIED, State.ASKED, State.ENQUIRY)
_WAITING = (*_OPEN, State.CLEARED, State.OBJECTED)
_BEFORE = (*_WAITING, State.CONTROLLED)
_ANY = (*_BEFORE, State.CANCELLED, State.RECALLED, State.SHIPPED, State.ARRIVED, State.STOPPED)
_E, _I = Side.EXPORTER, Side.IMPORTER


def _to(state: State, *before: State) -> Mapping[State, State]:
    return MappingProxyType(dict.fromkeys(before, state))


TABLE: Mapping[Step, Mapping[State, State]] = MappingProxyType(
    {
        (Kind.PEN, AMENDMENT, _E): _to(State.NOTIFIED, *_WAITING),
        (Kind.PEN, CANCELLATION, _E): _to(State.CANCELLED, *_BEFORE),
        (Kind.REPLY, NO_OBJECTION, _I): _to(State.CLEARED, *_OPEN, State.OBJECTED),
        (Kind.REPLY, ENQUIRY, _I): _to(State.ENQUIRY, State.NOTIFIED, State.ASKED, State.CLEARED),
        (Kind.REPLY, NEED, _I): _to(State.ASKED, State.NOTIFIED, State.ENQUIRY),
        (Kind.REPLY, CONTROLLED, _I): _to(State.CONTROLLED, *_OPEN, State.CLEARED),
        (Kind.REPLY, INFORMATION, _E): MappingProxyType(
            {State.ASKED: State.NOTIFIED, State.NOTIFIED: State.NOTIFIED, State.ENQUIRY: State.ENQUIRY}
        ),
        (Kind.OBJECTION, "", _I): _to(State.OBJECTED, *_OPEN, State.CLEARED, State.CONTROLLED),
        (Kind.SHIPPED, "", _E): _to(State.SHIPPED, *_BEFORE, State.CANCELLED, State.RECALLED),
        (Kind.ARRIVED, "", _I): _to(
            State.ARRIVED, *_BEFORE, State.CANCELLED, State.RECALLED, State.SHIPPED, State.STOPPED
        ),
        **{(Kind.INCIDENT, what, side): _to(State.STOPPED, *_ANY) for what in STOPPING for side in Side},
        **{
            (Kind.OUTCOME, "", side): _to(
                State.CLOSED,
                State.OBJECTED,
                State.CANCELLED,
                State.RECALLED,
                State.SHIPPED,
                State.ARRIVED,
                State.STOPPED,
                State.CLOSED,
            )
            for side in Side
        },
    }
)
"""Step -> the states in which it counts and the state that it leads to. What is not here changes no state."""
FACTS = frozenset({Kind.SHIPPED, Kind.ARRIVED, Kind.INCIDENT})
"""Kinds that tell what happened to goods: they are never refused for their turn, only shown as irregular."""
RECALL, PART, CORRECTION = "recall", "recall-part", "correction"
MARKS = frozenset({RECALL, PART, CORRECTION})
"""What a sender does later to a dispatch of its own; as a move it names that dispatch in `on`."""
REFUSED = "refused"
"""Stage of a mark that the other side did not let in: it takes nothing away, and holds the goods until that is resolved."""
_MARKED = (Hold.RECALL_REFUSED, Hold.CORRECTED, Hold.CORRECTION_REFUSED, Hold.TAKEN_BACK, Hold.TAKING_BACK_REFUSED)
"""Holds of marks, in the order in which they are told."""
_OF_WORDS = frozenset({Hold.TAKEN_BACK, Hold.TAKING_BACK_REFUSED})
_UNDONE = frozenset({*FACTS, Kind.OUTCOME})
"""Kinds that count no more once they are recalled whole, wherever the consignment stands, and hold nothing."""
_REGULAR: Mapping[str, frozenset[State]] = MappingProxyType(
    {
        Kind.SHIPPED: frozenset({State.CLEARED, State.CONTROLLED}),
        Kind.ARRIVED: frozenset({State.SHIPPED, State.STOPPED}),
        Kind.INCIDENT: frozenset(_ANY),
    }
)


@dataclass(frozen=True, slots=True)
class Move:
    """One dispatch about a consignment, as the fold takes it.

    Attributes:
        id, made: of the dispatch; `made` is its sender's own time, the same on both sides.
        kind, stage: what it is; for an incident the stage is its sort.
        side: whose it is.
        on: the version of the notification that it names.
        arrived: when the other side had it, where that is known.
    """

    id: DispatchId
    made: Ms
    kind: str
    stage: str
    side: Side
    on: DispatchId | None = None
    arrived: Ms | None = None

    @property
    def counts(self) -> Ms:
        """From when limits run: its sender's time, or its arrival where that came more than a day later.

        A sender's time is only a claim: dated back it would let a limit run out before anybody could answer.
        """
        late = self.arrived is not None and self.arrived - self.made > LATE
        return self.arrived if late and self.arrived is not None else self.made


LATE = 86_400_000
"""How long a dispatch may be on its way, in milliseconds, before limits count from its arrival instead of its own time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a consignment stands.

    Attributes:
        state: by the table.
        since: when the limits began to run: the newest version, or what was added when it was asked for.
        current: the newest version.
        irregular: what happened to the goods came out of its turn.
        out_of_turn: dispatches that changed nothing, because they were said when nothing of the kind was to be said.
        marks: what a recall or a correction holds it for, until there is something new in its place.
    """

    state: State
    since: Ms
    current: DispatchId
    irregular: bool = False
    out_of_turn: frozenset[DispatchId] = field(default_factory=frozenset)
    marks: frozenset[Hold] = field(default_factory=frozenset)


def fold(first: Move, moves: Iterable[Move], times: Callable[[DispatchId, Ms], Times | None]) -> Standing:
    """Return where a consignment stands after all that was said and done about it.

    Args:
        first: the notification.
        moves: everything else, in any order.
        times: the limits of a version, counted from a time; where there are none nothing lapses.
    """
    standing = Standing(State.NOTIFIED, first.counts, first.id)
    counted: list[Move] = []
    for move in _in_order(first, moves):
        word = _taken_back(standing, counted, move) if move.kind in MARKS else None
        if word is None:
            counted.append(move)
            standing = _step(standing, move, times(standing.current, standing.since))
        elif move.stage == REFUSED:
            counted += () if word.kind in _UNDONE else (replace(move, on=None),)
            standing = _run(first, counted, times)
        else:
            counted = [one for one in counted if one is not word]
            counted += () if word.kind in _UNDONE else (replace(move, on=None),)
            standing = _run(first, counted, times)
    return standing


def _in_order(first: Move, moves: Iterable[Move]) -> list[Move]:
    """Return moves by their senders' times; a mark never before what it names, however it is dated."""
    all_ = tuple(moves)
    made = {one.id: one.made for one in (first, *all_)}

    def when(move: Move) -> tuple[Ms, bool, DispatchId]:
        if move.kind not in MARKS or move.on is None:
            return move.made, False, move.id
        return max(move.made, made.get(move.on, move.made)), True, move.id

    return sorted(all_, key=when)


def _run(first: Move, moves: Iterable[Move], times: Callable[[DispatchId, Ms], Times | None]) -> Standing:
    standing = Standing(State.NOTIFIED, first.counts, first.id)
    for move in moves:
        standing = _step(standing, move, times(standing.current, standing.since))
    return standing


def _taken_back(now: Standing, counted: Iterable[Move], mark: Move) -> Move | None:
    """Return the word that a mark takes away, as if it had not been said; None if it takes none away.

    A version stays, and is marked itself; so does a word once the goods have left, and what happened to goods is only
    taken away by a recall of all of it.
    """
    word = next((one for one in counted if one.id == mark.on and one.kind not in MARKS), None)
    if word is None or word.id in now.out_of_turn or (word.kind == Kind.PEN and word.stage != CANCELLATION):
        return None
    if word.kind in _UNDONE:
        return word if mark.kind == RECALL else None
    return word if now.state in {*_BEFORE, State.CANCELLED} else None


def _mark(now: Standing, mark: Move) -> Standing:
    """Return a standing after a mark: on the version in force, on a word that no longer counts (`on` is None), or on neither."""
    if mark.on is None:
        return replace(now, marks=now.marks | {Hold.TAKING_BACK_REFUSED if mark.stage == REFUSED else Hold.TAKEN_BACK})
    if mark.on != now.current:
        return now
    if mark.stage == REFUSED:
        return replace(now, marks=now.marks | {Hold.RECALL_REFUSED if mark.kind == RECALL else Hold.CORRECTION_REFUSED})
    if mark.kind == RECALL and now.state in _BEFORE:
        return replace(now, state=State.RECALLED, marks=frozenset())
    return replace(now, marks=now.marks | {Hold.CORRECTED})


def _step(now: Standing, move: Move, times: Times | None) -> Standing:
    if move.kind in MARKS:
        return _mark(now, move)
    led = TABLE.get((move.kind, move.stage, move.side), {}).get(now.state)
    stale = move.on is not None and move.on != now.current and (move.kind, move.stage) == (Kind.REPLY, NO_OBJECTION)
    if led is None or stale:
        speaks = (move.kind, move.stage, move.side) in TABLE or move.kind not in FACTS
        return _with(now, out=move.id) if speaks else now
    irregular = now.irregular or (
        move.kind in FACTS and now.state not in _REGULAR[move.kind] and not _silent_yes(now, times, move)
    )
    irregular = irregular or (move.kind == Kind.SHIPPED and bool(now.marks))
    restarts = move.kind == Kind.PEN or move.stage == INFORMATION
    return Standing(
        state=led,
        since=move.counts if restarts and led is State.NOTIFIED else now.since,
        current=move.id if move.kind == Kind.PEN and move.stage == AMENDMENT else now.current,
        irregular=irregular,
        out_of_turn=now.out_of_turn,
        marks=_left(now, move),
    )


def _with(now: Standing, *, out: DispatchId) -> Standing:
    return replace(now, out_of_turn=now.out_of_turn | {out})


def _left(now: Standing, move: Move) -> frozenset[Hold]:
    """Return the marks that hold on after a step: a new version ends them all, a new word of the importing side a word's."""
    if move.kind == Kind.PEN and move.stage == AMENDMENT:
        return frozenset()
    speaks = move.side is Side.IMPORTER and move.kind in {Kind.REPLY, Kind.OBJECTION}
    return now.marks - _OF_WORDS if speaks else now.marks


def _silent_yes(now: Standing, times: Times | None, move: Move) -> bool:
    """Say whether goods may leave because the importing side let its limit run out."""
    return (
        move.kind == Kind.SHIPPED
        and now.state is State.NOTIFIED
        and not now.marks
        and times is not None
        and times.answer is not None
        and times.silence is not Silence.HELD
        and move.made >= times.answer
    )


def may_say(standing: Standing, move: Move) -> bool:
    """Say whether a dispatch of ours comes in its turn; what happened to goods always does."""
    led = TABLE.get((move.kind, move.stage, move.side), {}).get(standing.state)
    stale = (move.kind, move.stage) == (Kind.REPLY, NO_OBJECTION) and move.on not in {None, standing.current}
    return move.kind in FACTS or (led is not None and not stale)


# --- by the clock -------------------------------------------------------------------------------------------------------


def lapsed(standing: Standing, times: Times, now: Ms) -> Silence | None:
    """Return what the importing side's silence means once its limit has run out; None while it has not, or it spoke.

    Nor does it mean anything while what was said, or what it was to answer, is taken back or corrected.
    """
    late = standing.state is State.NOTIFIED and not standing.marks and times.answer is not None and now >= times.answer
    return times.silence if late else None


def holds(standing: Standing, times: Times, now: Ms) -> tuple[Hold, ...]:
    """Return why the goods must not leave, in the order of the table; none once they have left or will not."""
    if standing.state is State.RECALLED:
        return (Hold.RECALLED,)
    if standing.state not in _BEFORE:
        return ()
    silence = lapsed(standing, times, now)
    waits = standing.state in _OPEN and silence is None
    found = (
        (Hold.OBJECTED, standing.state is State.OBJECTED),
        (Hold.ENQUIRY, standing.state is State.ENQUIRY),
        (Hold.ASKED, standing.state is State.ASKED),
        (Hold.SAILS_BEFORE_ANSWER, waits and times.answer is not None and times.sails < times.answer),
        (Hold.SAILS_BEFORE_CERTIFICATE, waits and times.certificate is not None and times.sails < times.certificate),
        (Hold.SILENCE, silence is Silence.HELD),
        *((mark, mark in standing.marks) for mark in _MARKED),
        (Hold.PERMIT_ENDS, times.permits is not None and times.permits < times.leaves),
    )
    return tuple(hold for hold, there in found if there)


@dataclass(frozen=True, slots=True)
class Awaited:
    """What comes next: whose word, which, by when at the latest (None: no limit is set)."""

    side: Side
    what: str
    by: Ms | None


def awaited(standing: Standing, times: Times, now: Ms) -> Awaited | None:
    """Return what is awaited next; None where the consignment is done with."""
    if standing.state is State.NOTIFIED and lapsed(standing, times, now) in {Silence.NO_OBJECTION, Silence.EXPIRED}:
        return Awaited(Side.EXPORTER, Kind.SHIPPED, times.leaves)
    next_of: Mapping[State, tuple[Side, str, Ms | None]] = {
        State.NOTIFIED: (Side.IMPORTER, Kind.REPLY, times.answer),
        State.ENQUIRY: (Side.IMPORTER, Kind.REPLY, times.answer),
        State.ASKED: (Side.EXPORTER, INFORMATION, times.certificate),
        State.CLEARED: (Side.EXPORTER, Kind.SHIPPED, times.leaves),
        State.CONTROLLED: (Side.EXPORTER, Kind.SHIPPED, times.leaves),
        State.SHIPPED: (Side.IMPORTER, Kind.ARRIVED, times.lands),
        State.ARRIVED: (Side.IMPORTER, Kind.OUTCOME, None),
        State.STOPPED: (Side.IMPORTER, Kind.OUTCOME, None),
        State.RECALLED: (Side.EXPORTER, Kind.OUTCOME, None),
    }
    found = next_of.get(standing.state)
    return None if found is None else Awaited(*found)


# --- quantities --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gap:
    """One line of a consignment in grams: notified, shipped and arrived; None for not told."""

    line: int
    substance: str
    notified: int
    shipped: int | None
    arrived: int | None

    @property
    def missing(self) -> int:
        """Grams that were to come and did not: against what left, or else against what was notified; below 0 for more."""
        return 0 if self.arrived is None else (self.notified if self.shipped is None else self.shipped) - self.arrived


def gaps(pen: Pen, shipped: Shipped | None, arrived: Arrived | None) -> tuple[Gap, ...]:
    """Return each line of a notification beside what left and what came."""
    left = _counts(() if shipped is None else shipped.counts)
    came = _counts(() if arrived is None else arrived.counts)
    return tuple(
        Gap(
            place,
            line.substance,
            line.grams,
            left.get(place, 0) if shipped is not None else None,
            came.get(place, 0) if arrived is not None else None,
        )
        for place, line in enumerate(pen.lines, 1)
    )


def _counts(counts: tuple[Count, ...]) -> dict[int, int]:
    return {count.line: count.grams for count in counts}
