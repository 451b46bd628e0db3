"""What lies with the custodian and what was kept apart unopened, as those see it who decide on it; nothing is written here.

The rule it keeps: no content. What is told of a dispatch is what our law was asked about it and what it answered, as our
decision log has both; what was done with it since is told from that log too, step by step, by desk and number.
"""  # spec: vocabulary.md 5, Custody

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch import records
from comity.dispatch.closed import real
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import Decided, decode_verdict
from comity.dispatch.entries import Fact
from comity.dispatch.inbound.record import UNMET
from comity.dispatch.office import Office
from comity.dispatch.ports import Row, Tx
from comity.node.custody import ASKED, LEGAL, REVIEWER, InCustody, Opening, in_custody, openings, refusal
from comity.node.retention import Hold, holds_in_force
from comity.policy.question import Question
from comity.policy.verdict import Reason, Verdict

OPENING, WISHED, HELD, LET_GO = "custody-opening", "erasure-asked", "hold", "hold-ended"
KINDS: Final = (OPENING, WISHED, records.ERASED, HELD, LET_GO)
"""Kinds of the records of our decision log that say what was done with something in custody."""
SHOWN: Final = 200
"""So many that were kept apart, and so many steps, are shown; the newest."""
By: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What our law was told of a dispatch that it refused: from the header, never from the content.

    Attributes:
        desk, kind, stage, purpose, urgency: of it.
        sender: agencies of the other side.
        receiver: our agency.
        label: handling codes, conditions, colours.
    """

    desk: str
    kind: str
    stage: str
    purpose: str
    urgency: int
    sender: tuple[str, ...]
    receiver: str
    label: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """A destruction that one person asked for and no other has confirmed."""

    by: By
    reason: str
    at: Ms


@dataclass(frozen=True, slots=True)
class Kept:
    """One dispatch with the custodian.

    Attributes:
        place: what lies there, since and until when, and who wanted it opened.
        known: what our law was told of it; None where the accord refused it before any law was asked.
        reasons: why it was refused, all of them.
        late: why it was refused though our law had let it in: `recalled` while it waited, or `vain`; "" else.
        hold: that keeps it from being destroyed; None if none does.
        destroy: that it be destroyed; None if nobody asked.
        seconds: roles of which one confirms the opening that waits; empty if none waits.
    """

    place: InCustody
    known: Known | None
    reasons: tuple[Reason, ...]
    late: str
    hold: Hold | None
    destroy: Wish | None
    seconds: frozenset[str]

    @property
    def waits(self) -> Opening | None:
        """The opening that one person asked for and no other has decided."""
        return next((one for one in self.place.openings if one.state == ASKED), None)


@dataclass(frozen=True, slots=True)
class Apart:
    """One dispatch that could not be opened or checked: its sealed bytes are kept, and a clock destroys them.

    Attributes:
        dispatch: which.
        entry: its place in the other side's log.
        lane: of its entry, which is all that is known of how soon it was.
        since: when it was receipted.
        code: what the other side was told.
        day: from when its bytes are destroyed, unless it is on hold.
        hold: that keeps them; None if none does.
    """

    dispatch: DispatchId
    entry: LeafIndex
    lane: int
    since: Ms
    code: str
    day: Ms
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody did with something in custody, as our decision log has it.

    Attributes:
        dispatch: with which.
        what: `open-asked`, `open-opened`, `open-refused`, `open-dropped`, `destroy-asked`, `destroy-dropped`,
            `destroyed`, `held`, `hold-ended`.
        by: who did it; of what our law refused, who confirmed.
        at: when.
        end: what an opening is for, "" else.
        reason: in the words of who asked, "" where none belongs to it.
        verdict: what our law answered; None where it was not asked.
    """

    dispatch: DispatchId
    what: str
    by: By
    at: Ms
    end: str = ""
    reason: str = ""
    verdict: Verdict | None = None

    @property
    def opens(self) -> bool:
        """Whether it is about an opening, of which the desk learns nothing."""
        return self.what.startswith("open-")


@dataclass(frozen=True, slots=True)
class Listing:
    """All of it: what lies there the oldest first, what was kept apart and the steps the newest first."""

    kept: tuple[Kept, ...]
    apart: tuple[Apart, ...]
    steps: tuple[Step, ...]


def listing(tx: Tx, office: Office, now: Ms) -> Listing:
    """Return what stands in custody and what was done with it.

    The decision log is read through only where something ever stood there.
    """
    holds = {one.target: one for one in holds_in_force(tx)}
    wishes = {bytes_of(row[0]): _wish(row) for row in tx.rows(_WISHES)}
    kept = tuple(_kept(one, holds, wishes, tx, office, now) for one in in_custody(tx, office))
    apart = tuple(_apart(row, holds, office) for row in tx.rows(_APART, (int(Fact.QUARANTINED), SHOWN)))
    ever = {one.place.dispatch for one in kept} | {one.dispatch for one in apart}
    ever |= {one.dispatch for one in openings(tx)}
    ever |= {DispatchId(bytes_of(row[0])) for row in tx.rows(_DESTROYED, (int(Fact.REFUSED),))}
    return Listing(kept, apart, _steps(ever, tx) if ever else ())


# --- what lies there ----------------------------------------------------------------------------------------------------

_WISHES = "SELECT coalesce(about, dispatch), desk, number, reason, asked_at FROM erasure WHERE done_at IS NULL"
_DESTROYED = (
    "SELECT e.dispatch FROM erasure e JOIN got g ON g.id = e.dispatch WHERE e.done_at IS NOT NULL AND g.fact = ?"
)
_APART = (
    "SELECT id, idx, lane, settled_at, code FROM got WHERE fact = ? AND sealed IS NOT NULL AND settled_at IS NOT NULL"
    " ORDER BY settled_at DESC, idx DESC LIMIT ?"
)


def _wish(row: Row) -> Wish:
    _, desk, number, reason, at = row
    return Wish((text_of(desk), int_of(number)), text_of(reason), Ms(int_of(at)))


def _kept(  # noqa: PLR0917  the dispatch, what is known of all, and where it is looked up
    place: InCustody, holds: dict[bytes, Hold], wishes: dict[bytes, Wish], tx: Tx, office: Office, now: Ms
) -> Kept:
    found = refusal(place.dispatch, tx)
    question = None if found is None else found.question
    waits = next((one for one in place.openings if one.state == ASKED), None)
    return Kept(
        place=place,
        known=None if question is None else _known(question),
        reasons=() if found is None else found.verdict.reasons,
        late="" if found is None else _late(found, place),
        hold=holds.get(place.dispatch),
        destroy=wishes.get(place.dispatch),
        seconds=frozenset() if waits is None else _seconds(waits, tx, office, now),
    )


def _late(found: Decided, place: InCustody) -> str:
    if not found.verdict.permits:
        return ""
    return "vain" if place.why == (UNMET,) else "recalled"


def _known(asked: Question) -> Known:
    colours = tuple(one for one in (asked.tlp, asked.pap) if one)
    return Known(
        desk=asked.desk,
        kind=asked.kind,
        stage=asked.stage,
        purpose=asked.purpose,
        urgency=int(asked.urgency),
        sender=asked.peer_agencies,
        receiver=asked.agency,
        label=(*sorted(asked.handling), *sorted(asked.conditions), *colours),
    )


def _seconds(waits: Opening, tx: Tx, office: Office, now: Ms) -> frozenset[str]:
    """Return the roles that whoever confirms must have one of, by what the first of the two is today."""
    standing = office.powers.standing(tx, *waits.by, now)
    first: frozenset[str] = frozenset() if standing is None else standing.roles
    return frozenset(other for one, other in ((LEGAL, REVIEWER), (REVIEWER, LEGAL)) if one in first)


def _apart(row: Row, holds: dict[bytes, Hold], office: Office) -> Apart:
    id_, index, lane, settled, code = row
    since = Ms(int_of(settled))
    return Apart(
        dispatch=DispatchId(bytes_of(id_)),
        entry=LeafIndex(real(int_of(index))),
        lane=int_of(lane),
        since=since,
        code="" if code is None else text_of(code),
        day=Ms(since + office.accord.timer("quarantine-keep")),
        hold=holds.get(bytes_of(id_)),
    )


# --- what was done ------------------------------------------------------------------------------------------------------


def _steps(about: Iterable[DispatchId], tx: Tx) -> tuple[Step, ...]:
    """Return the newest steps with these dispatches, the newest first."""
    wanted = frozenset(about)
    places = ", ".join("?" * len(KINDS))
    found: list[Step] = []
    for kind, record in tx.rows(f"SELECT kind, record FROM record WHERE kind IN ({places}) ORDER BY idx DESC", KINDS):  # noqa: S608  places only
        step = _step(text_of(kind), bytes_of(record))
        if step.dispatch in wanted:
            found.append(step)
        if len(found) == SHOWN:
            break
    return tuple(found)


def _step(kind: str, record: bytes) -> Step:
    """Read one record; their forms are those of `custody`, `erasing` and `retention`."""
    members = cast("list[Value]", cbor.decode(record))
    if kind == OPENING:
        return _opening(members)
    if kind == WISHED:
        _, dispatch, named, reason, *rest = members
        desk, number, at = cast("tuple[str, int, int]", tuple(rest))
        dropped = not named
        what, why = ("destroy-dropped", "") if dropped else ("destroy-asked", cast("str", reason))
        return Step(DispatchId(cast("bytes", dispatch)), what, (desk, number), Ms(at), reason=why)
    if kind == records.ERASED:
        _, _, _, dispatch, _, _, *rest = members
        desk, number, at = cast("tuple[str, int, int]", tuple(rest))
        return Step(DispatchId(cast("bytes", dispatch)), "destroyed", (desk, number), Ms(at))
    _, _, _, target, reason, *rest = members
    desk, number, at = cast("tuple[str, int, int]", tuple(rest))
    what = "held" if kind == HELD else LET_GO
    return Step(DispatchId(cast("bytes", target)), what, (desk, number), Ms(at), reason=cast("str", reason))


def _opening(members: list[Value]) -> Step:
    _, state, _, dispatch, end, reason, by, second, _, verdict, at = members
    desk, number = cast("tuple[str, int]", tuple(cast("list[Value]", by if second is None else second)))
    return Step(
        dispatch=DispatchId(cast("bytes", dispatch)),
        what=f"open-{cast('str', state)}",
        by=(desk, number),
        at=Ms(cast("int", at)),
        end=cast("str", end),
        reason=cast("str", reason),
        verdict=None if verdict is None else decode_verdict(cast("bytes", verdict)),
    )
