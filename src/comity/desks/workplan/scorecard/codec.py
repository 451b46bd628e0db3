"""A scorecard and a statement of one as bytes: one encoding each, so that equal results are equal bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope
from comity.base.hashing import domain_hash
from comity.base.ids import Digest, Ms, Origin
from comity.desks.workplan.scorecard.model import RULES, SIDES, Held, Line, LogCut, Period, Scorecard

SCORECARD: Final = "comity/scorecard/1"
STATEMENT: Final = "comity/scorecard-statement/1"
PER_BYTE: Final = 4
"""Leaves whose holding stands in one byte."""
_BITS, _MASK = 2, 3


@dataclass(frozen=True, slots=True)
class Statement:
    """What one side gives the other to compare: its result, what it holds of each leaf that counts, and bucket digests.

    Attributes:
        scorecard: its result.
        held: of the leaves that count, in the order of logs and places.
        buckets: one digest for each `comparing.BUCKET` of them, over what those say that it holds whole.
    """

    scorecard: Scorecard
    held: tuple[Held, ...]
    buckets: tuple[Digest, ...]


def encode(card: Scorecard) -> bytes:
    """Return the bytes of a scorecard; two equal ones have the same."""
    return cbor.encode(_card(card))


def digest(card: Scorecard) -> Digest:
    """Return the hash by which two scorecards are compared at a glance."""
    return domain_hash(SCORECARD, encode(card))


def encode_statement(said: Statement) -> bytes:
    """Return the bytes of a statement: some 0.4 bytes a leaf beside the figures."""
    return cbor.encode((STATEMENT, _card(said.scorecard), len(said.held), pack(said.held), b"".join(said.buckets)))


def decode(data: bytes) -> Scorecard:
    """Read a scorecard.

    Raises:
        BadEnvelope: not canonical, of another shape, or counted by other rules.
    """
    return _read_card(cbor.decode(data))


def decode_statement(data: bytes) -> Statement:
    """Read a statement of the other side.

    Raises:
        BadEnvelope: not canonical, of another shape, or counted by other rules.
    """
    version, card, count, held, buckets = fields.row(cbor.decode(data), 5, "statement")
    fields.version(version, STATEMENT, "statement version")
    size = fields.uint(count, "leaves")
    packed, digests = fields.octets(held, "held"), fields.octets(buckets, "buckets")
    if len(packed) != -(-size // PER_BYTE) or len(digests) % 32:
        fields.refuse("held")
    found = tuple(Digest(digests[at : at + 32]) for at in range(0, len(digests), 32))
    return Statement(_read_card(card), unpack(packed, size), found)


def pack(held: tuple[Held, ...]) -> bytes:
    """Return two bits a leaf, the first in the lowest; the rest of the last byte is 0."""
    packed = bytearray(-(-len(held) // PER_BYTE))
    for place, one in enumerate(held):
        packed[place // PER_BYTE] |= one << _BITS * (place % PER_BYTE)
    return bytes(packed)


def unpack(packed: bytes, count: int) -> tuple[Held, ...]:
    """Read what `pack` wrote.

    Raises:
        BadEnvelope: bits are set beyond the last leaf.
    """
    found = tuple(Held(packed[at // PER_BYTE] >> _BITS * (at % PER_BYTE) & _MASK) for at in range(count))
    if pack(found) != packed:
        raise BadEnvelope("a statement says something of leaves that do not count")
    return found


def _card(card: Scorecard) -> Value:
    cuts = tuple((one.origin, one.size, one.root, one.time) for one in card.cut)
    period = (card.period.begins, card.period.ends)
    return (SCORECARD, RULES, card.accord, period, cuts, card.leaves, tuple(tuple(line) for line in card.lines))


def _read_card(value: Value) -> Scorecard:
    version, rules, accord, period, cuts, leaves, lines = fields.row(value, 7, "scorecard")
    fields.version(version, SCORECARD, "scorecard version")
    if rules != RULES:
        raise BadEnvelope(f"the other side counted by edition {rules!r} of the rules, this program by {RULES}")
    begins, ends = (fields.uint(one, "period") for one in fields.row(period, 2, "period"))
    first, second = (_read_cut(one) for one in fields.row(cuts, SIDES, "cut"))
    found = fields.many(lines, _read_line, "lines")
    if list(found) != sorted(found):
        fields.refuse("lines")
    return Scorecard(
        fields.digest(accord, "accord"),
        Period(Ms(begins), Ms(ends)),
        (first, second),
        fields.uint(leaves, "leaves"),
        found,
    )


def _read_cut(value: Value) -> LogCut:
    origin, size, root, time = fields.row(value, 4, "cut")
    return LogCut(
        Origin(fields.text(origin, "origin")),
        fields.uint(size, "size"),
        fields.digest(root, "root"),
        fields.uint(time, "time"),
    )


def _read_line(value: Value, what: str) -> Line:
    figure, side, item, desk, kind, urgency, code, number = fields.row(value, 8, what)
    place = fields.uint(side, "side")
    if place >= SIDES:
        fields.refuse("side")
    words = [fields.text(one, what) for one in (item, desk, kind, urgency, code)]
    return Line(
        fields.text(figure, what), place, words[0], words[1], words[2], words[3], words[4], fields.uint(number, what)
    )
