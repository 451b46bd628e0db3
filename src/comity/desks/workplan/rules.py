"""When an amendment takes effect: one answer from what both sides said, whatever arrived first.

The rule it keeps: each side numbers what it says of amendments and says how much of the other's it had. What holds of one of
them is decided by its own past alone, so nothing that comes later changes it, and both nodes decide alike. At most one
proposal on a version takes effect; docs/adr/0068-amending-the-plan.md has the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from comity.base.errors import BadForm
from comity.base.ids import Digest, DispatchId, Ms
from comity.desks.workplan.model import PROPOSING, Operation, Plan, Stage
from comity.desks.workplan.plans import apply, version_digest

SIDES = (0, 1)
_NEVER = Ms(0)


class Verdict(StrEnum):
    """What holds of an amendment."""

    COUNTS = "counts"
    BACKWARDS = "backwards"
    """It says that its side had less of the other's than it said before."""
    OTHER_BASE = "other-base"
    """It is on another version than the one in force for whoever said it."""
    OTHER_RESULT = "other-result"
    """Its changes do not lead to what it says, or it agrees to another text."""
    NO_FIT = "no-fit"
    """Its changes do not fit the plan."""
    NOT_OPEN = "not-open"
    """There is no such proposal open, or it is not this side's to answer or withdraw."""
    CROSSED = "crossed"
    """A proposal of its own goes first on this version and is not out of the way."""


@dataclass(frozen=True, slots=True)
class Event:
    """One `workplan-amend` of one side.

    Attributes:
        id: of the dispatch.
        side: 0 the party that the accord names first, 1 the other.
        number, seen, state, base, result, about: as in the body.
        operations: of a proposal.
        made: its sender's time.
        agency: that said it.
        kept: what was decided of a proposal before its words were erased; None while it has them.
        plan: to which such a one led, if it took effect.
    """

    id: DispatchId
    side: int
    number: int
    seen: int
    state: Stage
    base: Digest
    result: Digest | None = None
    about: DispatchId | None = None
    operations: tuple[Operation, ...] = ()
    made: Ms = _NEVER
    agency: str = ""
    kept: Verdict | None = None
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the plan: what led to it, and who signed when; the first has neither."""

    number: int
    digest: Digest
    plan: Plan
    proposal: Event | None = None
    agreed: Event | None = None


class Fate(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    COUNTERED = "countered"
    WITHDRAWN = "withdrawn"
    OUTDATED = "outdated"
    """Another took effect on its version: it has to be made anew on the one in force."""
    VOID = "void"
    """It never counted; its verdict says why."""


@dataclass(frozen=True, slots=True)
class Story:
    """What both sides' amendments come to.

    Attributes:
        versions: from the first to the one in force.
        fates: of each proposal.
        verdicts: of each amendment that was reached.
        waiting: those that were not: something before them is not here.
        said: how many of each side were reached.
        plans: the plan to which each proposal that counts leads.
    """

    versions: tuple[Version, ...]
    fates: Mapping[DispatchId, Fate]
    verdicts: Mapping[DispatchId, Verdict]
    waiting: tuple[DispatchId, ...]
    said: tuple[int, int]
    plans: Mapping[DispatchId, Plan]

    @property
    def now(self) -> Version:
        """Return the version in force."""
        return self.versions[-1]

    @property
    def first_side(self) -> int:
        """Return whose proposals go first on the version in force."""
        return goes_first(self.now.number)


def goes_first(version: int) -> int:
    """Return the side whose proposals go first on a version: the party named first in the accord on odd ones."""
    return 1 - version % 2


def first_version(plan: Plan) -> Version:
    """Return the version with which both sides begin."""
    return Version(1, version_digest(1, None, plan), plan)


def fold(first: Version, events: Iterable[Event], parties: frozenset[str]) -> Story:
    """Return what both sides' amendments come to.

    The order in which they are handed over means nothing but for one number said twice, of which the first counts.

    Args:
        first: the version with which both began.
        events: of both sides, in the order in which they were filed.
        parties: ids of both parties.
    """
    lanes = _lanes(events)
    telling = _Telling(first, lanes, parties)
    while any([telling.step(side) for side in SIDES]):  # noqa: C419  both sides take a step
        pass
    return telling.story()


def _lanes(events: Iterable[Event]) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    lanes: tuple[dict[int, Event], dict[int, Event]] = ({}, {})
    for one in events:
        lanes[one.side].setdefault(one.number, one)
    first, second = (tuple(lane[number] for number in sorted(lane)) for lane in lanes)
    return first, second


@dataclass(slots=True)
class _View:
    """How things stand after some of each side's amendments."""

    version: Version
    open: dict[DispatchId, Event] = field(default_factory=dict)


class _Telling:
    """The fold at work: how far each side was reached, and what was decided of each."""

    def __init__(
        self, first: Version, lanes: tuple[tuple[Event, ...], tuple[Event, ...]], parties: frozenset[str]
    ) -> None:
        self._first, self._lanes, self._parties = first, lanes, parties
        self._at = [0, 0]
        self._heard = [0, 0]
        self._verdicts: dict[DispatchId, Verdict] = {}
        self._plans: dict[DispatchId, Plan] = {}
        self._views: dict[tuple[int, int], _View] = {}

    def step(self, side: int) -> bool:
        """Decide the next of one side, if all before it is here; return whether there was one."""
        at, lane = self._at[side], self._lanes[side]
        if at == len(lane) or lane[at].number != at + 1 or lane[at].seen > self._at[1 - side]:
            return False
        self._verdicts[lane[at].id] = self._decide(lane[at])
        self._heard[side] = max(self._heard[side], lane[at].seen)
        self._at[side] += 1
        return True

    def story(self) -> Story:
        """Return what it comes to."""
        counts = (self._at[0], self._at[1])
        view = self._view(*counts)
        reached = self._verdicts
        waiting = tuple(one.id for lane in self._lanes for one in lane if one.id not in reached)
        versions = tuple(self._chain(*counts))
        return Story(versions, self._fates(versions, view), dict(reached), waiting, counts, dict(self._plans))

    # --- how things stand ------------------------------------------------------------------------------------------

    def _said(self, first: int, second: int) -> list[Event]:
        """Return what counts among the first so many of each side."""
        found = [*self._lanes[0][:first], *self._lanes[1][:second]]
        return [one for one in found if self._verdicts.get(one.id) is Verdict.COUNTS]

    def _chain(self, first: int, second: int) -> list[Version]:
        said = self._said(first, second)
        by_id = {one.id: one for one in said}
        agreed = {one.base: one for one in said if one.state is Stage.AGREED}
        versions = [self._first]
        while (yes := agreed.get(versions[-1].digest)) is not None:
            proposal = by_id[_about(yes)]
            assert yes.result is not None
            last = versions[-1]
            versions.append(Version(last.number + 1, yes.result, self._plans[proposal.id], proposal, yes))
        return versions

    def _view(self, first: int, second: int) -> _View:
        if (first, second) not in self._views:
            said = self._said(first, second)
            version = self._chain(first, second)[-1]
            ended = {one.about for one in said if one.about is not None}
            live = {
                one.id: one
                for one in said
                if one.state in PROPOSING and one.base == version.digest and one.id not in ended
            }
            self._views[first, second] = _View(version, live)
        return self._views[first, second]

    def _past(self, one: Event) -> _View:
        own, other = one.number - 1, one.seen
        return self._view(own, other) if one.side == 0 else self._view(other, own)

    # --- what holds of one -------------------------------------------------------------------------------------------

    def _decide(self, one: Event) -> Verdict:
        if one.seen < self._heard[one.side]:
            return Verdict.BACKWARDS
        if one.kept is not None:
            if one.plan is not None:
                self._plans[one.id] = one.plan
            return one.kept
        past = self._past(one)
        if one.base != past.version.digest:
            return Verdict.OTHER_BASE
        if one.state is not Stage.PROPOSAL:
            about = past.open.get(_about(one))
            mine = one.state is Stage.WITHDRAWN
            if about is None or (about.side == one.side) != mine:
                return Verdict.NOT_OPEN
            if one.state is Stage.AGREED:
                return self._agreed(one, about, past)
        return self._proposed(one, past) if one.state in PROPOSING else Verdict.COUNTS

    def _proposed(self, one: Event, past: _View) -> Verdict:
        try:
            plan = apply(past.version.plan, one.operations, self._parties)
        except BadForm:
            return Verdict.NO_FIT
        if version_digest(past.version.number + 1, past.version.digest, plan) != one.result:
            return Verdict.OTHER_RESULT
        self._plans[one.id] = plan
        return Verdict.COUNTS

    def _agreed(self, one: Event, about: Event, past: _View) -> Verdict:
        if one.result != about.result:
            return Verdict.OTHER_RESULT
        return Verdict.CROSSED if self._in_the_way(one, past) else Verdict.COUNTS

    def _in_the_way(self, one: Event, past: _View) -> bool:
        """Say whether a proposal of its own goes first on this version, and the other side may still agree to it."""
        if goes_first(past.version.number) != one.side:
            return False
        own = self._lanes[one.side][: one.number - 1]
        proposed = [
            other
            for other in own
            if other.state in PROPOSING
            and other.base == past.version.digest
            and self._verdicts[other.id] is Verdict.COUNTS
        ]
        return any(not self._surely_over(other, one) for other in proposed)

    def _surely_over(self, proposal: Event, by: Event) -> bool:
        """Say whether a proposal is over for both: the other side said no, or said something after its withdrawal."""
        theirs = self._lanes[1 - by.side][: by.seen]
        if any(one.about == proposal.id and self._verdicts[one.id] is Verdict.COUNTS for one in theirs):
            return True
        ours = self._lanes[by.side][: by.number - 1]
        withdrawn = [
            one.number for one in ours if one.about == proposal.id and self._verdicts[one.id] is Verdict.COUNTS
        ]
        return any(one.seen >= number for one in theirs for number in withdrawn)

    def _fates(self, versions: Sequence[Version], view: _View) -> dict[DispatchId, Fate]:
        agreed = {one.proposal.id for one in versions if one.proposal is not None}
        said = self._said(*self._at)
        ends = {_about(one): one.state for one in said if one.about is not None and one.state is not Stage.AGREED}
        found: dict[DispatchId, Fate] = {}
        for one in (event for lane in self._lanes for event in lane if event.state in PROPOSING):
            if one.id not in self._verdicts:
                continue
            if self._verdicts[one.id] is not Verdict.COUNTS:
                found[one.id] = Fate.VOID
            elif one.id in agreed:
                found[one.id] = Fate.AGREED
            elif one.id in ends:
                found[one.id] = _ENDS[ends[one.id]]
            else:
                found[one.id] = Fate.OPEN if one.id in view.open else Fate.OUTDATED
        return found


_ENDS = {Stage.COUNTER: Fate.COUNTERED, Stage.DECLINED: Fate.DECLINED, Stage.WITHDRAWN: Fate.WITHDRAWN}


def _about(one: Event) -> DispatchId:
    assert one.about is not None
    return one.about
