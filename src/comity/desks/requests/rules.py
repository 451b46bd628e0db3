"""The requests desk's decisions, pure: clocks, what a request's state is, what a refusal may say, whom a correction reaches.

The rule it keeps: clocks run from *arrived* and a holding answer stops none of them; what is told outward is never more
telling than policy has fixed.
"""  # spec: vocabulary.md 5, 6

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Ms
from comity.desks.requests.model import (
    ACCEPTED,
    ASKED,
    CONFIRMED,
    CORRECTED,
    ENDED,
    FINAL,
    GIVEN,
    HOLDING,
    NOMINATED,
    NOTED,
    PART,
    Answer,
    ContactNote,
    Copy,
    Kind,
)
from comity.marking.labels import Lane, Urgency
from comity.marking.vocabulary import GROUNDS, LIMITS, OUTWARD, Limits

DAY = 86_400_000
ARRIVED_LIMITS: Mapping[Lane, int] = MappingProxyType(
    {Lane.IMMEDIATE: 1_800_000, Lane.URGENT: 3_600_000, Lane.NORMAL: 28_800_000, Lane.BULK: 86_400_000}
)
"""Default milliseconds from our commit to the peer's receipt."""  # spec: protocol.md 8


@dataclass(frozen=True, slots=True)
class Clocks:
    """All limits that one accord sets, in milliseconds.

    Attributes:
        arrived: by lane, from our commit to the peer's receipt.
        seen: by lane, from *arrived* to *seen*; a lane that is missing has the urgency's default.
        limits: by urgency, from *arrived*.
        feedback: from a final answer to the first and the second time that its feedback is asked for; then it is missing.
        note: from *arrived* of a contact note to its confirmation, where its urgency has no nearer limit.
        keeping: how long before the end of a preservation whoever asked for it is told.
        status: from a conversion to the treaty channel, and from each status after it, to the next.
    """

    arrived: Mapping[Lane, int]
    seen: Mapping[Lane, int]
    limits: Mapping[Urgency, Limits]
    feedback: tuple[int, int] = (14 * DAY, 30 * DAY)
    note: int = 7 * DAY
    keeping: int = 7 * DAY
    status: int = 30 * DAY


def clocks_of(lanes: Mapping[int, tuple[int, int | None]], timers: Mapping[str, int]) -> Clocks:
    """Return the clocks of an accord: its lanes, and its timers.

    These are `first-<urgency>`, `full-<urgency>`, `feedback-first`, `feedback-second`, `contact-note`,
    `preservation-notice` and `treaty-status`.

    A timer of 0 of the first two says that nothing is owed. What the accord does not set keeps its default.

    Args:
        lanes: lane number to (arrived, seen), as accord field 7; seen may be None.
        timers: accord field 8; other timers are not ours.

    Raises:
        BadConfiguration: a lane that does not exist.
    """  # spec: protocol.md 3
    if any(lane not in {one.value for one in Lane} for lane in lanes):
        raise BadConfiguration("the accord sets limits for a lane that does not exist; it was not taken")
    found = {Lane(lane): limit for lane, limit in lanes.items()}
    return Clocks(
        arrived={**ARRIVED_LIMITS, **{lane: arrived for lane, (arrived, _) in found.items()}},
        seen={lane: seen for lane, (_, seen) in found.items() if seen is not None},
        limits={urgency: _limits(urgency, timers) for urgency in Urgency},
        feedback=(timers.get("feedback-first") or 14 * DAY, timers.get("feedback-second") or 30 * DAY),
        note=timers.get("contact-note") or 7 * DAY,
        keeping=timers.get("preservation-notice") or 7 * DAY,
        status=timers.get("treaty-status") or 30 * DAY,
    )


def _limits(urgency: Urgency, timers: Mapping[str, int]) -> Limits:
    name, default = urgency.name.lower(), LIMITS[urgency]
    first = timers.get(f"first-{name}", default.first)
    full = timers.get(f"full-{name}", default.full)
    return Limits(default.seen, first or None, full or None)


DEFAULT_CLOCKS = clocks_of({}, {})


def limits(urgency: Urgency, lane: Lane, clocks: Clocks) -> Limits:
    """Return what is owed for a request of this urgency in this lane."""
    of_urgency = clocks.limits[urgency]
    return Limits(clocks.seen.get(lane, of_urgency.seen), of_urgency.first, of_urgency.full)


ASKING = frozenset({Kind.RELEASE_REQUEST, Kind.PURPOSE_CHANGE, Kind.COURT_DISCLOSURE})
"""Kinds by which a holder asks the originator for a use that the label forbids."""


_OPENING = frozenset({(Kind.POSTING, NOMINATED), (Kind.CONTACT_NOTE, NOTED), (Kind.ASSURANCE, ASKED)})
"""Kinds that are owed an answer at one of their stages only, and are answered by another stage of themselves."""
_CLOSING = frozenset(
    {
        (Kind.ANSWER, FINAL),
        (Kind.POSTING, ACCEPTED),
        (Kind.POSTING, ENDED),
        (Kind.CONTACT_NOTE, CONFIRMED),
        (Kind.CONTACT_NOTE, CORRECTED),
        (Kind.ASSURANCE, GIVEN),
    }
)


def owes_answer(kind: str, stage: str) -> bool:
    """Say whether a dispatch of this kind and stage is owed an answer; all kinds are owed that someone looks at them."""
    return kind in {Kind.RFI, Kind.RECALL, Kind.PRESERVE, Kind.DECONFLICT, *ASKING} or (kind, stage) in _OPENING


def settles(kind: str, stage: str) -> bool:
    """Say whether this dispatch ends the request that it names; a part or holding answer does not."""
    return kind == Kind.REFUSAL or (kind, stage) in _CLOSING


_OF_ITSELF = frozenset({Kind.POSTING, Kind.CONTACT_NOTE, Kind.ASSURANCE})
"""Kinds that answer nothing but an earlier stage of themselves."""


def may_answer(kind: str, question: str) -> bool:
    """Say whether a dispatch of one kind may answer one of another; a `question` of "" is not here."""
    return kind == question if kind in _OF_ITSELF else kind in {Kind.ANSWER, Kind.REFUSAL}


def is_answer(kind: str, stage: str) -> bool:
    """Say whether this dispatch is a first answer to the request that it names."""
    return settles(kind, stage) or (kind == Kind.ANSWER and stage in {HOLDING, PART})


WITHDRAWN, CONVERTED = "withdrawn", "converted"
"""How a question ended without an answer: its asker took it back, or it goes on by treaty."""


class RequestState(StrEnum):
    """Where a request stands, for a screen."""

    SENT = "sent"
    ARRIVED = "arrived"
    SEEN = "seen"
    BEGUN = "begun"
    """There is a part or holding answer."""
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    CONVERTED = "converted"
    """It goes on by treaty."""
    REFUSED = "refused"
    """By the law that received it, or by a dispatch that says so."""
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Progress:
    """The facts that a state is read from; times in milliseconds, None for not yet. `sent` is our commit, if ours.

    `ended` is `withdrawn` or `converted` where that, and no answer, settled it at `answered`.
    """

    sent: Ms | None
    arrived: Ms | None
    seen: Ms | None
    first: Ms | None
    answered: Ms | None
    refused: Ms | None
    quarantined: Ms | None
    outward: str | None
    limit_arrived: int | None
    limits: Limits
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """One limit: what must happen (`arrived`, `seen`, `first`, `full`) and when at the latest."""

    what: str
    at: Ms


def state_of(progress: Progress) -> RequestState:
    """Return the state; a receipt that refuses it and a refusal that answers it are both `refused`."""
    p = progress
    if p.refused is not None or (p.answered is not None and p.outward):
        return RequestState.REFUSED
    if p.answered is not None:
        return RequestState(p.ended) if p.ended else RequestState.ANSWERED
    if p.first is not None:
        return RequestState.BEGUN
    if p.seen is not None:
        return RequestState.SEEN
    if p.arrived is not None:
        return RequestState.ARRIVED
    return RequestState.SENT if p.quarantined is None else RequestState.QUARANTINED


def dues(progress: Progress) -> tuple[Due, ...]:
    """Return every limit that is not met yet, earliest first; a holding answer meets only `first`."""
    p = progress
    if p.refused is not None or p.answered is not None:
        return ()
    if p.arrived is None:
        if p.sent is None or p.limit_arrived is None:
            return ()
        return (Due("arrived", Ms(p.sent + p.limit_arrived)),)
    owed = (
        ("seen", p.limits.seen, p.seen or p.first),
        ("first", p.limits.first, p.first),
        ("full", p.limits.full, None),
    )
    found = [Due(what, Ms(p.arrived + limit)) for what, limit, met in owed if limit is not None and met is None]
    return tuple(sorted(found, key=lambda due: due.at))


def overdue(progress: Progress, now: Ms) -> Due | None:
    """Return the limit that has run out longest ago, or None. A limit runs out at its very millisecond."""
    first = next(iter(dues(progress)), None)
    return first if first is not None and first.at <= now else None


def late_by(progress: Progress) -> int | None:
    """Return by how many milliseconds the final answer came after its limit; None if it was in time or is not there."""
    p = progress
    if p.arrived is None or p.answered is None or p.limits.full is None or p.ended:
        return None
    late = p.answered - (p.arrived + p.limits.full)
    return late if late > 0 else None


class Chase(StrEnum):
    """Where the feedback on a final answer stands while it has not come."""

    WANTED = "wanted"
    FIRST = "first"
    """The first reminder on the own side is due."""
    MISSING = "missing"
    """The second one has passed: it is counted as missing."""


def chase_of(since: Ms, clocks: Clocks, now: Ms) -> tuple[Chase, Ms]:
    """Return where feedback stands that has not come, and when it is due next; a missing one was due at the second time."""
    # spec: vocabulary.md 5, feedback
    first, second = (Ms(since + span) for span in clocks.feedback)
    if now >= second:
        return Chase.MISSING, second
    return (Chase.FIRST, second) if now >= first else (Chase.WANTED, first)


def outward_codes(ground: str) -> tuple[str, ...]:
    """Return the outward codes that an inward ground allows, the default first.

    Raises:
        BadForm: the closed list has no such ground.
    """
    if ground not in GROUNDS:
        raise BadForm(f"there is no ground called {ground!r}; choose one of the list")
    return GROUNDS[ground]


def check_outward(ground: str, fixed: str, wanted: str) -> None:
    """Check an officer's choice: a code that the ground allows and that tells no more than the one policy fixed.

    Raises:
        BadForm: it does not.
    """  # spec: vocabulary.md 6
    if wanted not in outward_codes(ground):
        raise BadForm(f"the code {wanted!r} does not go with this ground")
    if OUTWARD.index(wanted) < OUTWARD.index(fixed):
        raise BadForm(f"the code {wanted!r} tells more than {fixed!r}, which policy has fixed; choose a quieter one")


def reach(versions: Iterable[tuple[str, ...]], passed_to: Iterable[str]) -> tuple[str, ...]:
    """Return every holder that a correction must reach, sorted.

    Args:
        versions: the agencies that got the dispatch, and each earlier version that it replaced.
        passed_to: the agencies to which any of them was passed on at home.
    """  # spec: vocabulary.md 2
    return tuple(sorted({agency for agencies in versions for agency in agencies} | set(passed_to)))


class RecallState(StrEnum):
    """What became of a recall."""

    OPEN = "open"
    OVERDUE = "overdue"
    MET = "met"
    """Every copy that was named is stopped or erased."""
    BEFORE_COURT = "before-court"
    """Answered, but a copy is before a court."""


def recall_state(progress: Progress, copies: tuple[Copy, ...], now: Ms) -> RecallState:
    """Return what became of a recall, from its clock and the copies that its answers name."""
    if progress.answered is None:
        return RecallState.OPEN if overdue(progress, now) is None else RecallState.OVERDUE
    held = any(copy.outcome == "before-court" for copy in copies)
    return RecallState.BEFORE_COURT if held else RecallState.MET


def asserts(kind: str, body: object) -> bool:
    """Say whether a body states something about a person, firm or account, and so needs an evaluation.

    A holding answer does so only where it has lines; so do a contact note and an answer that says one thing only: what
    became of copies, to what we consent, until when data are kept, whether we are at a place too. Every other answer,
    spontaneous information and correction always does. A question needs none.
    """  # spec: vocabulary.md 4
    if isinstance(body, Answer):
        said = body.copies or body.consent or body.kept_until is not None or body.overlap
        return bool(body.items) or (body.state != HOLDING and not said)
    if isinstance(body, ContactNote):
        return bool(body.items)
    return kind in {Kind.SPONTANEOUS, Kind.CORRECTION}


def posting_may(before: str | None, after: str, *, by_host: bool) -> bool:
    """Say whether a posting may go from state `before` (None: not there) to `after` by an act of this side.

    Its own side nominates, the host accepts, either ends it; what has ended stays ended.
    """  # spec: vocabulary.md 5
    match before, after:
        case None, "nominated":
            return not by_host
        case "nominated", "accepted":
            return by_host
        case (("nominated" | "accepted"), "ended"):
            return True
        case _:
            return False
