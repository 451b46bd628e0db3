"""The exchange and the problem as bytes, and two bodies that the node itself writes: manifest and evidence.

The rule it keeps: request and answer have one shape, and no limit of the protocol is passed by what leaves this file
as a typed value, in either direction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadForm, TooLarge
from comity.base.fields import Unknown
from comity.base.ids import Digest, LeafIndex, Ms, Origin
from comity.crypto.suites import PROFILE
from comity.dispatch.wire import ms
from comity.marking.labels import Lane

MAX_EXCHANGE: Final = 8 * 1024 * 1024
"""Most bytes of an exchange."""  # spec: protocol.md 5
MAX_ENTRIES: Final = 4096
MAX_DISPATCHES: Final = 256
MAX_DISPATCH: Final = 1024 * 1024
"""Most bytes of one sealed dispatch."""
MAX_WANTS: Final = 64
MAX_NOTE: Final = 32 * 1024
"""Most bytes of a checkpoint, and of a cosignature."""
MAX_WAIT: Final = 25_000
"""Longest time in milliseconds for which an answer may be held."""  # spec: protocol.md 6
IMMEDIATE_CREDIT: Final = 1024 * 1024
"""Bytes that lane immediate always has."""  # spec: protocol.md 8
MAX_PROBLEM: Final = 64 * 1024
MANIFEST: Final = "comity/manifest/1"
EVIDENCE: Final = "comity/evidence/1"
_MAX_STATE: Final = 5


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one side tells the other, as request or as answer.

    Attributes:
        origin: our log.
        base: index of the first entry sent.
        entries: bytes of our entries from `base` on, without gap; at most 4,096.
        checkpoint: our signed head at size `base + len(entries)`.
        cosignature: our signature lines on the peer's head at our mirror size, or None.
        mirror_size, mirror_root: how far we hold the peer's log.
        dispatches: (leaf index, sealed bytes), at most 256; in a room also openings.
        wants: indexes of the peer's log whose bytes we lack; at most 64.
        credit: (lane, bytes) that we take next, by lane ascending; an absent lane has none (`credit_for`).
        wait: milliseconds, at most 25,000, for which the answer may be held until there is something to say.
        more: more follows.
        incarnation: of the store that says this, in seconds, 0 before its first restore; None: it is not said, as in a room.
        unknown: keys of a later edition, kept.
    """

    origin: Origin
    base: int
    entries: tuple[bytes, ...]
    checkpoint: str
    cosignature: str | None
    mirror_size: int
    mirror_root: Digest
    dispatches: tuple[tuple[LeafIndex, bytes], ...]
    wants: tuple[LeafIndex, ...]
    credit: tuple[tuple[Lane, int], ...]
    wait: int
    more: bool = False
    incarnation: int | None = None
    unknown: Unknown = ()

    @property
    def size(self) -> int:
        """Return the log size that the checkpoint must have."""
        return self.base + len(self.entries)

    def credit_for(self, lane: Lane) -> int:
        """Return the bytes of `lane` that the other side takes next."""  # spec: protocol.md 8
        given = next((size for at, size in self.credit if at == lane), 0)
        return max(given, IMMEDIATE_CREDIT) if lane is Lane.IMMEDIATE else given


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an exchange was not taken: a code, never a reason from inside.

    Attributes:
        code: of protocol section 13.
        retry_ms: when to try again, 0 if a repeat is of no use.
        mirror_size, checkpoint: how far we hold the caller's log, and its newest head we hold, or None.
        incarnation: in seconds, the one that we hold for the caller.
        unknown: keys of a later edition, kept.
    """

    code: str
    retry_ms: int
    mirror_size: int
    checkpoint: str | None
    incarnation: int
    unknown: Unknown = ()


@dataclass(frozen=True, slots=True)
class LogState:
    """Size and root of a log."""

    size: int
    root: Digest


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A dispatch that is not settled: its leaf index and its last fact, 0 for no receipt."""

    index: LeafIndex
    state: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one side holds and misses at the end of a day; both sides compare.

    Attributes:
        day: `YYYY-MM-DD`, UTC.
        ours, theirs: the sender's log, and its mirror of the other.
        our_open, their_open: what is not settled in each.
        missing: addresses of attachments not yet fetched.
        unknown: keys of a later edition, kept.
    """

    day: str
    ours: LogState
    theirs: LogState
    our_open: tuple[OpenItem, ...]
    their_open: tuple[OpenItem, ...]
    missing: tuple[Digest, ...]
    unknown: Unknown = ()


class EvidenceClass(StrEnum):
    """What a piece of evidence shows."""  # spec: protocol.md 11

    EQUIVOCATION = "equivocation"
    FALSE_COSIGN = "false-cosign"
    FALSE_RECEIPT = "false-receipt"
    ID_REUSE = "id-reuse"
    UNANSWERED_CHALLENGE = "unanswered-challenge"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Artifacts that a stranger can check with the two key lists, and a note for the reader."""

    kind: EvidenceClass
    found: Ms
    artifacts: tuple[bytes, ...]
    note: str


def encode_exchange(exchange: Exchange) -> bytes:
    """Return the canonical bytes of an exchange.

    Raises:
        BadForm: a limit of the protocol is passed.
    """  # spec: protocol.md 3
    over = _over(exchange)
    if over:
        raise BadForm(f"an exchange with too much in it: {over}; nothing was sent")
    members: dict[int, Value] = {
        1: PROFILE,
        2: exchange.origin,
        4: exchange.base,
        5: exchange.entries,
        6: exchange.checkpoint,
        7: exchange.cosignature,
        8: (exchange.mirror_size, exchange.mirror_root),
        9: exchange.dispatches,
        10: exchange.wants,
        11: {lane.value: size for lane, size in exchange.credit},
        12: exchange.wait,
    }
    if exchange.more:
        members[13] = True
    if exchange.incarnation is not None:
        members[14] = exchange.incarnation
    data = cbor.encode(fields.with_unknown(members, exchange.unknown))
    if len(data) > MAX_EXCHANGE:
        raise BadForm(f"an exchange of {len(data)} bytes; nothing was sent")
    return data


def decode_exchange(data: bytes) -> Exchange:
    """Read an exchange.

    Raises:
        TooLarge: more bytes, entries, dispatches or wants than section 5 allows.
        UnknownVersion: of another profile.
        BadEnvelope: not canonical or of another shape.
    """  # spec: protocol.md 7
    if len(data) > MAX_EXCHANGE:
        raise TooLarge(f"an exchange of {len(data)} bytes; nothing of it was read")
    m = fields.numbered(cbor.decode(data), _EXCHANGE_KEYS, "exchange")
    fields.version(m[1], PROFILE, "profile")
    mirror_size, mirror_root = fields.row(m[8], 2, "mirror")
    exchange = Exchange(
        origin=Origin(fields.text(m[2], "origin")),
        base=fields.uint(m[4], "base"),
        entries=fields.many(m[5], fields.octets, "entries"),
        checkpoint=fields.text(m[6], "checkpoint"),
        cosignature=fields.maybe(m[7], fields.text, "cosignature"),
        mirror_size=fields.uint(mirror_size, "mirror size"),
        mirror_root=fields.digest(mirror_root, "mirror root"),
        dispatches=fields.many(m[9], _dispatch, "dispatches"),
        wants=fields.many(m[10], _index, "wants"),
        credit=tuple(
            (fields.choice(lane, Lane, "lane"), fields.uint(size, "credit"))
            for lane, size in fields.pairs(m[11], "credit")
        ),
        wait=fields.uint(m[12], "wait"),
        more=fields.flag(m.get(13, False), "more"),
        incarnation=fields.given(m, 14, fields.uint, "incarnation"),
        unknown=fields.unknown(m, _EXCHANGE_KEYS | {13, 14}),
    )
    over = _over(exchange)
    if over:
        raise TooLarge(f"an exchange with too much in it: {over}; nothing of it was kept")
    return exchange


def encode_problem(problem: Problem) -> bytes:
    """Return the canonical bytes of a problem."""
    members: dict[int, Value] = {
        1: problem.code,
        2: problem.retry_ms,
        3: (problem.mirror_size, problem.checkpoint),
        4: problem.incarnation,
    }
    return cbor.encode(fields.with_unknown(members, problem.unknown))


def decode_problem(data: bytes) -> Problem:
    """Read a problem.

    Raises:
        BadEnvelope: not canonical, above 64 KiB or of another shape.
    """  # spec: protocol.md 5
    m = fields.numbered(cbor.decode(data, limit=MAX_PROBLEM), _PROBLEM_KEYS, "problem")
    size, checkpoint = fields.row(m[3], 2, "mirror")
    return Problem(
        code=fields.code(m[1], "code"),
        retry_ms=fields.uint(m[2], "retry"),
        mirror_size=fields.uint(size, "mirror size"),
        checkpoint=fields.maybe(checkpoint, fields.text, "checkpoint"),
        incarnation=fields.uint(m[4], "incarnation"),
        unknown=fields.unknown(m, _PROBLEM_KEYS),
    )


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the canonical bytes of a manifest, the body of a dispatch of desk node."""
    members: dict[int, Value] = {
        1: MANIFEST,
        2: manifest.day,
        3: (manifest.ours.size, manifest.ours.root),
        4: (manifest.theirs.size, manifest.theirs.root),
        5: [(item.index, item.state) for item in manifest.our_open],
        6: [(item.index, item.state) for item in manifest.their_open],
        7: manifest.missing,
    }
    return cbor.encode(fields.with_unknown(members, manifest.unknown))


def decode_manifest(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        UnknownVersion: of another version.
        BadEnvelope: not canonical or of another shape.
    """
    m = fields.numbered(cbor.decode(data), _MANIFEST_KEYS, "manifest")
    fields.version(m[1], MANIFEST, "manifest version")
    return Manifest(
        day=fields.text(m[2], "day"),
        ours=_log_state(m[3], "our log"),
        theirs=_log_state(m[4], "their log"),
        our_open=fields.many(m[5], _open_item, "our open items"),
        their_open=fields.many(m[6], _open_item, "their open items"),
        missing=fields.many(m[7], fields.digest, "missing attachments"),
        unknown=fields.unknown(m, _MANIFEST_KEYS),
    )


def encode_evidence(evidence: Evidence) -> bytes:
    """Return the canonical bytes of a piece of evidence."""
    return cbor.encode((EVIDENCE, evidence.kind.value, evidence.found, evidence.artifacts, evidence.note))


def decode_evidence(data: bytes) -> Evidence:
    """Read a piece of evidence.

    Raises:
        UnknownVersion: of another version.
        BadEnvelope: not canonical or of another shape.
    """
    version, kind, found, artifacts, note = fields.row(cbor.decode(data), 5, "evidence")
    fields.version(version, EVIDENCE, "evidence version")
    return Evidence(
        fields.choice(kind, EvidenceClass, "class"),
        ms(found, "found"),
        fields.many(artifacts, fields.octets, "artifacts"),
        fields.text(note, "note"),
    )


_EXCHANGE_KEYS = frozenset((1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12))
_PROBLEM_KEYS = frozenset((1, 2, 3, 4))
_MANIFEST_KEYS = frozenset(range(1, 8))
_LIMITS: Final[tuple[tuple[str, Callable[[Exchange], bool]], ...]] = (
    ("entries", lambda e: len(e.entries) > MAX_ENTRIES),
    ("dispatches", lambda e: len(e.dispatches) > MAX_DISPATCHES),
    ("bytes of a dispatch", lambda e: any(len(sealed) > MAX_DISPATCH for _, sealed in e.dispatches)),
    ("wants", lambda e: len(e.wants) > MAX_WANTS),
    ("bytes of a checkpoint", lambda e: len(e.checkpoint.encode()) > MAX_NOTE),
    ("bytes of a cosignature", lambda e: len((e.cosignature or "").encode()) > MAX_NOTE),
    ("wait", lambda e: e.wait > MAX_WAIT),
)


def _over(exchange: Exchange) -> str | None:
    """Return the first limit that is passed, or None."""  # spec: protocol.md 5
    return next((what for what, passed in _LIMITS if passed(exchange)), None)


def _index(value: Value, what: str) -> LeafIndex:
    return LeafIndex(fields.uint(value, what))


def _dispatch(value: Value, what: str) -> tuple[LeafIndex, bytes]:
    index, sealed = fields.row(value, 2, what)
    return _index(index, what), fields.octets(sealed, what)


def _log_state(value: Value, what: str) -> LogState:
    size, root = fields.row(value, 2, what)
    return LogState(fields.uint(size, what), fields.digest(root, what))


def _open_item(value: Value, what: str) -> OpenItem:
    index, state = fields.row(value, 2, what)
    if fields.uint(state, what) > _MAX_STATE:
        fields.refuse(what)
    return OpenItem(_index(index, what), fields.uint(state, what))
