"""`recover`, its answer `recovered`, and the instrument `restored`, as bytes under both log keys of their author.

The rule it keeps: what a node says about a store that was put back is signed by the keys whose signatures are in doubt,
and one form of it exists: whoever holds the bytes can show them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope
from comity.base.fields import Unknown
from comity.base.ids import Digest, LeafIndex, Origin
from comity.crypto.keys import LogKeys, LogPublic
from comity.crypto.sign import sign_instrument, unverified_payload, verify_instrument
from comity.crypto.suites import PROFILE

RESTORED: Final = "comity/restored/1"
NONCE_BYTES: Final = 32
MAX_RECOVER: Final = 32 * 1024
"""Most bytes of a signed `recover`; it holds no list."""
MAX_PAPERS: Final = 24
_RECOVER, _RECOVERED = "recover", "recovered"
_KIND_RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Recover:
    """What a node that starts asks its peer.

    Attributes:
        origin: its own log.
        incarnation: in seconds; the one it has, or the new one that it takes.
        own_size: entries of its own log.
        mirror_size: entries of its mirror of the peer's log.
        nonce: 32 random bytes.
        looks: it takes no incarnation: it was told that another store of its node has, and asks which one that is.
        unknown: keys of a later edition, kept.
    """

    origin: Origin
    incarnation: int
    own_size: int
    mirror_size: int
    nonce: bytes
    looks: bool = False
    unknown: Unknown = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A signed key list or accord, with the log and the index at which it stands; None while it has no leaf there."""

    origin: Origin
    index: LeafIndex | None
    signed: bytes


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the peer holds of the node that asked.

    Attributes:
        head: the newest head of the asker that the peer accepted, a signed note, or None.
        pending: heads of the asker that no entries proved; with a new incarnation they are dropped for good.
        last_time: newest log time of the asker that the peer has seen, seconds; 0 if none.
        cosigned: the peer's own newest head that the asker cosigned, with both parties' lines, or None.
        request: SHA-256 of the signed `recover` that this answers.
        papers: key lists and accords, as signed, that the asker may have forgotten.
        incarnation: of the store that answers; None: it is not said.
        newest: the newest head of the peer's own log that it signed itself, or None.
        held: the incarnation that the peer holds for the asker; said to one that only looks.
        unknown: keys of a later edition, kept.
    """

    head: str | None
    pending: tuple[str, ...]
    last_time: int
    cosigned: str | None
    request: Digest
    papers: tuple[Paper, ...] = ()
    incarnation: int | None = None
    newest: str | None = None
    held: int | None = None
    unknown: Unknown = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What a node says in its own log after its store was put back.

    Attributes:
        incarnation: in seconds; every head with an earlier log time is stale.
        size, root: of its log as the peer mirrored it; nothing above was ever accepted.
        disowned: signed heads of this log that the peer could not prove; nothing below them was accepted either.
        unknown: keys of a later edition, kept.
    """

    incarnation: int
    size: int
    root: Digest
    disowned: tuple[str, ...]
    unknown: Unknown = ()


def sign_recover(recover: Recover, keys: LogKeys) -> bytes:
    """Return the signed bytes of a `recover`."""  # spec: protocol.md 3
    members: dict[int, Value] = {
        1: PROFILE,
        2: recover.origin,
        3: recover.incarnation,
        4: recover.own_size,
        5: recover.mirror_size,
        6: recover.nonce,
    }
    if recover.looks:
        members[7] = True
    return sign_instrument(cbor.encode(fields.with_unknown(members, recover.unknown)), _RECOVER, keys)


def read_recover(signed: bytes, keys: LogPublic) -> Recover:
    """Read a `recover` after checking that exactly the two log keys signed it.

    Raises:
        BadSignature: another set of signatures, or one that fails.
        UnknownVersion: of another profile.
        BadEnvelope: not canonical or of another shape.
    """
    m = fields.numbered(cbor.decode(verify_instrument(signed, _RECOVER, keys)), _RECOVER_KEYS, "recover")
    fields.version(m[1], PROFILE, "profile")
    nonce = fields.octets(m[6], "nonce")
    if len(nonce) != NONCE_BYTES:
        raise BadEnvelope("a recover whose nonce is not 32 bytes")
    return Recover(
        origin=Origin(fields.text(m[2], "origin")),
        incarnation=fields.uint(m[3], "incarnation"),
        own_size=fields.uint(m[4], "own size"),
        mirror_size=fields.uint(m[5], "mirror size"),
        nonce=nonce,
        looks=fields.given(m, 7, fields.flag, "looks") or False,
        unknown=fields.unknown(m, _RECOVER_KEYS | {7}),
    )


def sign_recovered(recovered: Recovered, keys: LogKeys) -> bytes:
    """Return the signed bytes of a `recovered`."""  # spec: protocol.md 3
    members: dict[int, Value] = {
        1: PROFILE,
        2: recovered.head,
        3: recovered.pending,
        4: recovered.last_time,
        5: recovered.cosigned,
        6: recovered.request,
    }
    if recovered.papers:
        members[7] = [(paper.origin, paper.index, paper.signed) for paper in recovered.papers]
    if recovered.incarnation is not None:
        members[8] = recovered.incarnation
    if recovered.newest is not None:
        members[9] = recovered.newest
    if recovered.held is not None:
        members[10] = recovered.held
    return sign_instrument(cbor.encode(fields.with_unknown(members, recovered.unknown)), _RECOVERED, keys)


def read_recovered(signed: bytes, keys: LogPublic) -> Recovered:
    """Read a `recovered` after checking that exactly the two log keys of the peer signed it.

    Raises:
        BadSignature, UnknownVersion, BadEnvelope: as `read_recover`.
    """
    return _recovered(verify_instrument(signed, _RECOVERED, keys))


def unverified_recovered(signed: bytes) -> Recovered:
    """Read a `recovered` of our own, whose signatures we made ourselves.

    Raises:
        UnknownVersion, BadEnvelope: it is none.
    """
    return _recovered(unverified_payload(signed))


def _recovered(payload: bytes) -> Recovered:
    m = fields.numbered(cbor.decode(payload), _RECOVER_KEYS, "recovered")
    fields.version(m[1], PROFILE, "profile")
    return Recovered(
        head=fields.maybe(m[2], fields.text, "head"),
        pending=fields.many(m[3], fields.text, "pending heads"),
        last_time=fields.uint(m[4], "last time"),
        cosigned=fields.maybe(m[5], fields.text, "cosigned head"),
        request=fields.digest(m[6], "request"),
        papers=_papers(m),
        incarnation=fields.given(m, 8, fields.uint, "incarnation"),
        newest=fields.given(m, 9, fields.text, "newest head"),
        held=fields.given(m, 10, fields.uint, "held incarnation"),
        unknown=fields.unknown(m, _RECOVER_KEYS | {7, 8, 9, 10}),
    )


def unverified_incarnation(signed: bytes) -> int:
    """Return the incarnation in a `recover` or a `restored` of our own, whose signatures were checked before.

    Raises:
        BadEnvelope: it is neither.
    """
    m = fields.numbered(cbor.decode(unverified_payload(signed)), _RESTORED_KEYS, "recover or restored")
    return fields.uint(m[2] if m[1] == RESTORED else m[3], "incarnation")


def unverified_disowned(signed: bytes) -> tuple[str, ...]:
    """Return the heads that a `restored` of our own disowns.

    Raises:
        BadEnvelope: it is none.
    """
    m = fields.numbered(cbor.decode(unverified_payload(signed)), _RESTORED_KEYS, "restored")
    return fields.many(m[5], fields.text, "disowned heads")


def unverified_papers(signed: bytes) -> tuple[Paper, ...]:
    """Return the papers in a `recovered` without looking at its signatures: they stand by those of the roots alone.

    Raises:
        BadEnvelope: it is none.
    """
    return _papers(fields.numbered(cbor.decode(unverified_payload(signed)), _RECOVER_KEYS, "recovered"))


def _papers(m: Mapping[int, Value]) -> tuple[Paper, ...]:
    return fields.many(m.get(7, []), _paper, "papers", most=MAX_PAPERS)


def _paper(value: Value, what: str) -> Paper:
    origin, index, signed = fields.row(value, 3, what)
    at = fields.maybe(index, fields.uint, what)
    return Paper(Origin(fields.text(origin, what)), None if at is None else LeafIndex(at), fields.octets(signed, what))


def sign_restored(restored: Restored, keys: LogKeys) -> bytes:
    """Return the signed bytes of a `restored`; the log keys sign it, for the root is not on the machine."""
    members: dict[int, Value] = {
        1: RESTORED,
        2: restored.incarnation,
        3: restored.size,
        4: restored.root,
        5: restored.disowned,
    }
    return sign_instrument(cbor.encode(fields.with_unknown(members, restored.unknown)), _KIND_RESTORED, keys)


def read_restored(signed: bytes, keys: LogPublic) -> Restored:
    """Read a `restored` after checking that exactly the two log keys signed it.

    Raises:
        BadSignature, UnknownVersion, BadEnvelope: as `read_recover`.
    """
    m = fields.numbered(cbor.decode(verify_instrument(signed, _KIND_RESTORED, keys)), _RESTORED_KEYS, "restored")
    fields.version(m[1], RESTORED, "restored version")
    return Restored(
        incarnation=fields.uint(m[2], "incarnation"),
        size=fields.uint(m[3], "size"),
        root=fields.digest(m[4], "root"),
        disowned=fields.many(m[5], fields.text, "disowned heads"),
        unknown=fields.unknown(m, _RESTORED_KEYS),
    )


_RECOVER_KEYS = frozenset(range(1, 7))
_RESTORED_KEYS = frozenset(range(1, 6))
