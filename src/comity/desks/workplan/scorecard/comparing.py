"""Two scorecards of the same cut compared: equal, or exactly the leaves that explain the difference.

The rule it keeps: the leaf commits to its content, so two sides that both hold a leaf whole read the same of it. What can differ
is what a side holds; each says that of every leaf in two bits, and whoever holds the leaf counts again without it. Only if the
other side's result comes out, byte for byte, do the named leaves explain it. What then still differs is a program that counts
otherwise, and digests of 256 leaves each, then of single leaves, find where.
"""  # spec: protocol.md 3

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from comity.base.errors import BadForm
from comity.base.ids import Digest, Origin
from comity.desks.workplan.scorecard import rules
from comity.desks.workplan.scorecard.codec import Statement, encode
from comity.desks.workplan.scorecard.counting import Figure, count
from comity.desks.workplan.scorecard.model import (
    ActionDue,
    Held,
    Line,
    Logs,
    Period,
    Place,
    Said,
    Scorecard,
    Terms,
)
from comity.desks.workplan.scorecard.rows import Holding

BUCKET: Final = 256
"""Leaves under one digest."""
SHORT: Final = 8
"""Bytes of the digest of a single leaf in a detail: both sides are honest about it or named all the same."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one side counted, with what it counted from."""

    card: Scorecard
    logs: Logs
    holding: Holding
    terms: Terms
    actions: tuple[ActionDue, ...] = ()


class Named(NamedTuple):
    """A leaf that explains a difference.

    Attributes:
        origin, place, leaf: which: its log, its place, the hash of the leaf.
        ours, theirs: what each side holds of it.
        figures: the figures into which it goes, as far as we can read it.
    """

    origin: Origin
    place: int
    leaf: bytes
    ours: Held
    theirs: Held
    figures: tuple[str, ...]


class Changed(NamedTuple):
    """A figure that differs; 0 where a side has none."""

    line: Line
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comes out of two results.

    Attributes:
        equal: they are the same bytes.
        leaves: that one side or both could not count.
        figures: that differ.
        explained: their result is what we get without the leaves that they could not count; None where we lack leaves
            ourselves that they hold, so that only they can say it.
        buckets: numbers of buckets in which the sides read the same leaves otherwise: empty unless a program counts wrongly.
    """

    equal: bool
    leaves: tuple[Named, ...]
    figures: tuple[Changed, ...]
    explained: bool | None
    buckets: tuple[int, ...]


def make(logs: Logs, holding: Holding, terms: Terms, period: Period, actions: Sequence[ActionDue] = ()) -> Counted:
    """Count a period from what one side holds."""
    kept = tuple(actions)
    return Counted(count(logs, holding.said, terms, period, kept), logs, holding, terms, kept)


def statement(counted: Counted) -> Statement:
    """Return what the other side needs to compare."""
    holding = counted.holding
    return Statement(counted.card, holding.held, _buckets(holding.needed, holding.held, holding.said))


def compare(counted: Counted, theirs: Statement, hashes: Mapping[Place, bytes]) -> Comparison:
    """Compare our result with what the other side says of its own.

    Args:
        counted: ours, of the same period and cut.
        theirs: their statement.
        hashes: of the leaves, by place; those that are named must be there (`leaf_hashes`).

    Raises:
        BadForm: the two are of different periods, logs or accords, or theirs speaks of other leaves.
    """
    card, holding = counted.card, counted.holding
    _check_same(card, theirs.scorecard)
    if len(theirs.held) != len(holding.needed) or len(theirs.buckets) != -(-len(holding.needed) // BUCKET):
        raise BadForm("their statement speaks of another number of leaves than this cut has; nothing was compared")
    states = {
        place: (ours, other) for place, ours, other in zip(holding.needed, holding.held, theirs.held, strict=True)
    }
    leaves = tuple(name_leaf(counted, place, states[place], hashes) for place in apart(counted, theirs))
    return Comparison(
        encode(card) == encode(theirs.scorecard),
        leaves,
        differences(card, theirs.scorecard),
        _explained(counted, theirs),
        _unlike(counted, theirs),
    )


def apart(counted: Counted, theirs: Statement) -> tuple[Place, ...]:
    """Return the leaves that one side or both could not count."""
    holding = counted.holding
    pairs = zip(holding.needed, holding.held, theirs.held, strict=False)
    return tuple(place for place, ours, other in pairs if (ours, other) != (Held.WHOLE, Held.WHOLE))


def _check_same(ours: Scorecard, theirs: Scorecard) -> None:
    for what, mine, other in (
        ("the period", ours.period, theirs.period),
        ("how far the logs are read", ours.cut, theirs.cut),
        ("the accord", ours.accord, theirs.accord),
    ):
        if mine != other:
            raise BadForm(f"the two scorecards differ in {what}; count anew for theirs, then compare")


def name_leaf(counted: Counted, place: Place, held: tuple[Held, Held], hashes: Mapping[Place, bytes]) -> Named:
    """Name one leaf: its log, place and hash, what we and what they hold of it, the figures into which it goes."""
    side, index = place
    said = counted.holding.said.get(place)
    figures = figures_of(said) if said is not None else ()
    return Named(counted.logs[side].cut.origin, index, hashes.get(place, b""), *held, figures)


def figures_of(said: Said) -> tuple[str, ...]:
    """Return the figures into which one dispatch goes, sorted: its own, and those of the question that it answers."""
    found = {Figure.DISPATCHES, Figure.SEEN_COUNT}
    if rules.asks(said):
        found |= {Figure.QUESTIONS}
    if rules.settles(said) or rules.begins_answer(said):
        found |= {Figure.IN_LIMIT, Figure.ANSWER_COUNT}
    if said.kind == rules.REFUSAL:
        found |= {Figure.REFUSALS}
    if said.kind == rules.RECALL:
        found |= {Figure.RECALLS}
    if said.kind == rules.FEEDBACK or rules.earns_feedback(said):
        found |= {Figure.FEEDBACK_CAME}
    if rules.is_notice(said):
        found |= {Figure.NOTICES}
    if said.kind == rules.OBJECTION:
        found |= {Figure.OBJECTIONS}
    return tuple(sorted(found))


def differences(ours: Scorecard, theirs: Scorecard) -> tuple[Changed, ...]:
    """Return every figure in which two scorecards differ, sorted."""
    mine = {line._replace(value=0): line.value for line in ours.lines}
    other = {line._replace(value=0): line.value for line in theirs.lines}
    return tuple(
        Changed(line, mine.get(line, 0), other.get(line, 0))
        for line in sorted({*mine, *other})
        if mine.get(line, 0) != other.get(line, 0)
    )


def _explained(counted: Counted, theirs: Statement) -> bool | None:
    holding = counted.holding
    pairs = list(zip(holding.needed, holding.held, theirs.held, strict=True))
    if any(other is Held.WHOLE and ours is not Held.WHOLE for _, ours, other in pairs):
        return None
    without = frozenset(place for place, _, other in pairs if other is not Held.WHOLE)
    card = counted.card
    again = count(counted.logs, holding.said, counted.terms, card.period, counted.actions, without) if without else card
    return encode(again) == encode(theirs.scorecard)


# --- where two programs read the same leaf otherwise -----------------------------------------------------------------


def _buckets(needed: Sequence[Place], held: Sequence[Held], said: Mapping[Place, Said]) -> tuple[Digest, ...]:
    """Return the digest of each bucket over the leaves that `held` calls whole."""
    found: list[Digest] = []
    for start in range(0, len(needed), BUCKET):
        digest = sha256()
        for place, one in zip(needed[start : start + BUCKET], held[start : start + BUCKET], strict=True):
            if one is Held.WHOLE:
                digest.update(_leaf(place, said.get(place)))
        found.append(Digest(digest.digest()))
    return tuple(found)


def _leaf(place: Place, said: Said | None) -> bytes:
    """Return what a leaf says as bytes of one length; no text that crosses has the control that parts them."""
    if said is None:
        return bytes(32)
    words = (*place, said.desk, said.kind, said.urgency, said.item, said.within, said.stage, said.outward)
    named = b"".join(said.re)
    return sha256("\x00".join(map(str, words)).encode() + b"\x00" + named).digest()


def _unlike(counted: Counted, theirs: Statement) -> tuple[int, ...]:
    """Return the buckets that differ though we hold all of what they hold there."""
    holding = counted.holding
    again = _buckets(holding.needed, theirs.held, holding.said)
    found: list[int] = []
    for number, (ours, other) in enumerate(zip(again, theirs.buckets, strict=True)):
        within = slice(number * BUCKET, (number + 1) * BUCKET)
        pairs = zip(holding.held[within], theirs.held[within], strict=True)
        lacking = any(two is Held.WHOLE and one is not Held.WHOLE for one, two in pairs)
        if ours != other and not lacking:
            found.append(number)
    return tuple(found)


def detail(counted: Counted, buckets: Sequence[int]) -> bytes:
    """Return `SHORT` bytes for each leaf of some buckets, in order: at most 2 KiB a bucket."""
    holding = counted.holding
    places = [place for number in buckets for place in holding.needed[number * BUCKET : (number + 1) * BUCKET]]
    return b"".join(_leaf(place, holding.said.get(place))[:SHORT] for place in places)


def unlike(counted: Counted, buckets: Sequence[int], theirs: bytes) -> tuple[Place, ...]:
    """Return the leaves of some buckets that the other side reads otherwise, by its `detail`.

    Raises:
        BadForm: it speaks of another number of leaves.
    """
    ours = detail(counted, buckets)
    if len(ours) != len(theirs):
        raise BadForm("their detail speaks of another number of leaves; nothing was compared")
    needed = counted.holding.needed
    places = [place for number in buckets for place in needed[number * BUCKET : (number + 1) * BUCKET]]
    return tuple(
        place
        for at, place in enumerate(places)
        if ours[at * SHORT : (at + 1) * SHORT] != theirs[at * SHORT : (at + 1) * SHORT]
    )
