"""The nine entries of a log, as types and as bytes. One entry is one leaf; its bytes are hashed, never re-encoded.

The rule it keeps: what is not exactly one of the nine is refused; a leaf has no optional and no unknown part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Final, TypeAlias, assert_never

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm
from comity.base.hashing import domain_hash
from comity.base.ids import Digest, DispatchId, LeafIndex, Origin
from comity.crypto.seal import BUCKETS
from comity.marking.labels import Lane

LEAF: Final = "comity/leaf/1"
MAX_ENTRY: Final = 1024
"""Most bytes of one entry."""
MAX_RESEALS: Final = 3
MAX_RECIPIENT: Final = 15
_REMEMBERED: Final = 8_192


class InstrumentKind(StrEnum):
    """What kind of instrument a leaf points to."""

    KEYS = "keys"
    ACCORD = "accord"
    CUT = "cut"
    RESTORED = "restored"


class Fact(IntEnum):
    """What a receipt states."""

    ARRIVED = 1
    FILED = 2
    QUARANTINED = 3
    REFUSED = 4
    SEEN = 5


class Withdrawal(StrEnum):
    """Why a dispatch of ours will never come."""

    LOST = "lost"
    RECALLED_UNSENT = "recalled-unsent"


class LinkEvent(StrEnum):
    """What one side does to the link, or states about it."""

    SUSPEND = "suspend"
    RESUME = "resume"
    CHALLENGE = "challenge"
    ACCUSED = "accused"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class InstrumentLeaf:
    """Type 0: an instrument enters into force at this index; `digest` is the SHA-256 of its signed bytes."""

    kind: InstrumentKind
    digest: Digest


@dataclass(frozen=True, slots=True)
class DispatchLeaf:
    """Type 1: a dispatch.

    Attributes:
        id: of the dispatch; one such leaf an id.
        lane: in which it travels.
        edition: of the accord in force at this index.
        commit: over its four parts (`wire.commit_of`).
        sealed: SHA-256 of the whole COSE_Encrypt.
        size: its length in bytes, one of the buckets.
        decision: hash of the sender's own decision record.
    """

    id: DispatchId
    lane: Lane
    edition: int
    commit: Digest
    sealed: Digest
    size: int
    decision: Digest


@dataclass(frozen=True, slots=True)
class ResealLeaf:
    """Type 2: the dispatch at `index` of this log sealed anew, under the same commit; `attempt` 1 to 3."""

    index: LeafIndex
    sealed: Digest
    size: int
    attempt: int


@dataclass(frozen=True, slots=True)
class ReceiptLeaf:
    """Type 3: what became of the peer's dispatch.

    Attributes:
        index: of its leaf in the peer's log.
        id: of the dispatch.
        sealed: SHA-256 of the bytes that are receipted.
        fact: what is stated.
        code: an outward code, or None.
        recipient: position 0..15 of the agency that speaks, None for the node or the only one.
        decision: hash of the receiver's decision record, or None.
    """

    index: LeafIndex
    id: DispatchId
    sealed: Digest
    fact: Fact
    code: str | None
    recipient: int | None
    decision: Digest | None


@dataclass(frozen=True, slots=True)
class WithdrawLeaf:
    """Type 4: the dispatch at `index` of this log will not come."""

    index: LeafIndex
    reason: Withdrawal


@dataclass(frozen=True, slots=True)
class HeadLeaf:
    """Type 5: the head of the peer's log that we co-signed last; `time` is that of its 0x06 signature, in seconds."""

    origin: Origin
    size: int
    root: Digest
    time: int


@dataclass(frozen=True, slots=True)
class RecordLeaf:
    """Type 6: a record that stays at home and is opened on demand, such as `break-glass` or `decision-head`."""

    kind: str
    commit: Digest


@dataclass(frozen=True, slots=True)
class LinkLeaf:
    """Type 7: an event of the link; `digest` names what it is about, if anything."""

    event: LinkEvent
    digest: Digest | None


@dataclass(frozen=True, slots=True)
class BlindLeaf:
    """Type 8: an entry of a restricted room, hidden (`blind_commit`)."""

    commit: Digest


Entry: TypeAlias = (
    InstrumentLeaf
    | DispatchLeaf
    | ResealLeaf
    | ReceiptLeaf
    | WithdrawLeaf
    | HeadLeaf
    | RecordLeaf
    | LinkLeaf
    | BlindLeaf
)
"""One of the nine."""


def encode_entry(entry: Entry) -> bytes:  # noqa: PLR0911  nine types, a line each
    """Return the bytes of one entry.

    Raises:
        BadForm: a size that is no bucket, a text that cannot cross, or more than 1,024 bytes.
    """  # spec: protocol.md 3
    match entry:
        case InstrumentLeaf():
            return _leaf(0, entry.kind.value, entry.digest)
        case DispatchLeaf():
            sealed = (entry.sealed, _own_size(entry.size), entry.decision)
            return _leaf(1, entry.id, entry.lane.value, entry.edition, entry.commit, *sealed)
        case ResealLeaf():
            return _leaf(2, entry.index, entry.sealed, _own_size(entry.size), entry.attempt)
        case ReceiptLeaf():
            stated = (entry.fact.value, entry.code, entry.recipient, entry.decision)
            return _leaf(3, entry.index, entry.id, entry.sealed, *stated)
        case WithdrawLeaf():
            return _leaf(4, entry.index, entry.reason.value)
        case HeadLeaf():
            return _leaf(5, entry.origin, entry.size, entry.root, entry.time)
        case RecordLeaf():
            return _leaf(6, entry.kind, entry.commit)
        case LinkLeaf():
            return _leaf(7, entry.event.value, entry.digest)
        case BlindLeaf():
            return _leaf(8, entry.commit)
        case _:
            assert_never(entry)


@lru_cache(maxsize=_REMEMBERED)
def decode_entry(data: bytes) -> Entry:
    """Read one entry. An entry is read several times while it is absorbed, so the newest ones are remembered.

    Raises:
        BadEnvelope: not canonical, above 1,024 bytes, or none of the nine types in exactly its form.
    """  # spec: protocol.md 3
    items = cbor.decode(data, limit=MAX_ENTRY)
    if not isinstance(items, list) or len(items) < 3 or items[0] != LEAF:  # noqa: PLR2004  the shortest leaf
        raise BadEnvelope("an entry that is no leaf of this version")
    number = items[1]
    if type(number) is not int or number >= len(_READERS) or len(items) != _LENGTHS[number]:
        raise BadEnvelope("an entry of an unknown type or length")
    return _READERS[number](items)


def decision_hash(salt: bytes, record: bytes) -> Digest:
    """Return what a leaf shows of a decision record; the salt is 32 fresh random bytes."""
    return domain_hash("comity/decision/1", salt, record)  # spec: protocol.md 3


def record_commit(salt: bytes, record: bytes) -> Digest:
    """Return the commit of a record leaf; the salt is 32 fresh random bytes."""
    return domain_hash("comity/record/1", salt, record)  # spec: protocol.md 3


def blind_commit(salt: bytes, entry: bytes) -> Digest:
    """Return the commit of a blind leaf over an entry of a room; the salt is 32 fresh random bytes."""
    return domain_hash("comity/blind/1", salt, entry)  # spec: protocol.md 3


def _leaf(number: int, *items: Value) -> bytes:
    data = cbor.encode((LEAF, number, *items))
    if len(data) > MAX_ENTRY:
        raise BadForm(f"an entry of {len(data)} bytes, more than {MAX_ENTRY}")
    return data


def _own_size(size: int) -> int:
    if size not in BUCKETS:
        raise BadForm(f"a sealed size of {size} bytes, which is no bucket")
    return size


def _index(value: Value, what: str) -> LeafIndex:
    return LeafIndex(fields.uint(value, what))


def _size(value: Value) -> int:
    return fields.uint(value, "size") if value in BUCKETS else fields.refuse("size")


def _below(value: Value, least: int, most: int, what: str) -> int:
    number = fields.uint(value, what)
    return number if least <= number <= most else fields.refuse(what)


def _recipient(value: Value, what: str) -> int:
    return _below(value, 0, MAX_RECIPIENT, what)


def _instrument(items: Sequence[Value]) -> Entry:
    return InstrumentLeaf(fields.choice(items[2], InstrumentKind, "kind"), fields.digest(items[3], "digest"))


def _dispatch(items: Sequence[Value]) -> Entry:
    return DispatchLeaf(
        fields.ident(items[2], "id"),
        fields.choice(items[3], Lane, "lane"),
        fields.uint(items[4], "edition"),
        fields.digest(items[5], "commit"),
        fields.digest(items[6], "sealed"),
        _size(items[7]),
        fields.digest(items[8], "decision"),
    )


def _reseal(items: Sequence[Value]) -> Entry:
    return ResealLeaf(
        _index(items[2], "index"),
        fields.digest(items[3], "sealed"),
        _size(items[4]),
        _below(items[5], 1, MAX_RESEALS, "try"),
    )


def _receipt(items: Sequence[Value]) -> Entry:
    return ReceiptLeaf(
        _index(items[2], "index"),
        fields.ident(items[3], "id"),
        fields.digest(items[4], "sealed"),
        fields.choice(items[5], Fact, "fact"),
        fields.maybe(items[6], fields.code, "code"),
        fields.maybe(items[7], _recipient, "recipient"),
        fields.maybe(items[8], fields.digest, "decision"),
    )


def _withdraw(items: Sequence[Value]) -> Entry:
    return WithdrawLeaf(_index(items[2], "index"), fields.choice(items[3], Withdrawal, "reason"))


def _head(items: Sequence[Value]) -> Entry:
    origin = Origin(fields.text(items[2], "origin"))
    root = fields.digest(items[4], "root")
    return HeadLeaf(origin, fields.uint(items[3], "size"), root, fields.uint(items[5], "time"))


def _record(items: Sequence[Value]) -> Entry:
    return RecordLeaf(fields.text(items[2], "kind"), fields.digest(items[3], "commit"))


def _link(items: Sequence[Value]) -> Entry:
    return LinkLeaf(fields.choice(items[2], LinkEvent, "event"), fields.maybe(items[3], fields.digest, "digest"))


def _blind(items: Sequence[Value]) -> Entry:
    return BlindLeaf(fields.digest(items[2], "commit"))


_READERS: Final[tuple[Callable[[Sequence[Value]], Entry], ...]] = (
    _instrument,
    _dispatch,
    _reseal,
    _receipt,
    _withdraw,
    _head,
    _record,
    _link,
    _blind,
)
_LENGTHS: Final = (4, 9, 6, 9, 4, 6, 4, 4, 3)
