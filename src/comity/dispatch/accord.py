"""The accord as a typed value: parties and their pinned roots, open desks and kinds, limits, timers and caps.

The rule it keeps: an accord is read only with the signatures of both roots that it names; its digest is that of the
signed bytes, and whoever compares it by voice reads the fingerprint.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadConfiguration, BadEnvelope, BadForm
from comity.base.fields import Unknown
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms, NodeName
from comity.crypto.keys import RootPublic
from comity.crypto.sign import LIMIT, unverified_payload, verify_instrument
from comity.crypto.suites import PROFILE
from comity.dispatch.entries import InstrumentKind
from comity.dispatch.wire import ms
from comity.marking.labels import Lane

ACCORD: Final = "comity/accord/1"

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

DEFAULT_TIMERS: Final = {
    "exchange-timeout": 30_000,
    "back-off-first": 1_000,
    "back-off-most": 300_000,
    "back-off-immediate": 15_000,
    "heartbeat": 600_000,
    "cosign-overdue": _HOUR,
    "challenge": _HOUR,
    "manifest-at": 10 * _MINUTE,
    "tick": _MINUTE,
    "window": 1024,
    "sealed-keep": 30 * _DAY,
    "quarantine-keep": 30 * _DAY,
    "preservation-most": 90 * _DAY,
    "attachment-most": 16 << 30,
    "attachments-most": 64 << 30,
}
"""Timers in milliseconds (`manifest-at` after midnight UTC; `window` in dispatches, `attachment-most` of one file and
`attachments-most` of all files of one dispatch in bytes) where the accord says nothing."""
# spec: protocol.md 8
DEFAULT_ARRIVED: Final = {
    Lane.IMMEDIATE: Ms(30 * _MINUTE),
    Lane.URGENT: Ms(_HOUR),
    Lane.NORMAL: Ms(8 * _HOUR),
    Lane.BULK: Ms(_DAY),
}
"""Time to the arrived receipt by lane where the accord says nothing."""  # spec: protocol.md 8


@dataclass(frozen=True, slots=True)
class Party:
    """One party: its node, its country code, its root keys (Ed25519, ML-DSA-65) as COSE_Keys, where it is reached."""

    node: NodeName
    country: str
    root_keys: tuple[bytes, bytes]
    address: tuple[str, ...]

    def root(self) -> RootPublic:
        """Return the root keys for verification.

        Raises:
            BadEnvelope: they are not an Ed25519 and an ML-DSA-65 key.
        """
        return RootPublic.from_cose_keys(*self.root_keys)


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk that is open under the accord, and the kinds it may exchange."""

    desk: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LaneLimit:
    """Time limits of a lane in milliseconds: to the arrived receipt, and to seen (None: the accord sets none)."""

    lane: Lane
    arrived: Ms
    seen: Ms | None


@dataclass(frozen=True, slots=True)
class Accord:
    """One edition of the accord.

    Attributes:
        name, edition: which; editions count from 1.
        prev: digest of the signed edition before, or None.
        parties: the two, in the accord's order.
        desks: open desks, in canonical order.
        limits: lanes for which the accord sets limits.
        timers: (name, number) of timers and caps, in canonical order.
        author_kinds: kinds that need an author's own assertion.
        in_force_from: not before this time.
        unknown: keys of a later edition, kept.
    """

    name: str
    edition: int
    prev: Digest | None
    parties: tuple[Party, Party]
    desks: tuple[OpenDesk, ...]
    limits: tuple[LaneLimit, ...]
    timers: tuple[tuple[str, int], ...]
    author_kinds: tuple[str, ...]
    in_force_from: Ms
    unknown: Unknown = ()

    def limit(self, lane: Lane) -> LaneLimit:
        """Return the limits of `lane`; the protocol's where the accord sets none."""
        found = (limit for limit in self.limits if limit.lane is lane)
        return next(found, LaneLimit(lane, DEFAULT_ARRIVED[lane], None))

    def timer(self, name: str) -> int:
        """Return a timer or cap of the accord, or its default (`DEFAULT_TIMERS`).

        Raises:
            BadConfiguration: neither has it.
        """
        for known, value in self.timers:
            if known == name:
                return value
        if name not in DEFAULT_TIMERS:
            raise BadConfiguration(f"the accord has no timer or cap named {name}; amend it")
        return DEFAULT_TIMERS[name]

    def opens(self, desk: str, kind: str) -> bool:
        """Say whether `desk` is open and may exchange `kind`."""
        return any(kind in found.kinds for found in self.desks if found.desk == desk)

    def party(self, node: NodeName) -> Party:
        """Return the party whose node this is.

        Raises:
            BadConfiguration: it is none of the two.
        """
        for party in self.parties:
            if party.node == node:
                return party
        raise BadConfiguration(f"the accord does not name the node {node}")

    def peer_of(self, node: NodeName) -> Party:
        """Return the other party; errors as `party`."""
        mine = self.party(node)
        return self.parties[1] if mine is self.parties[0] else self.parties[0]


@dataclass(frozen=True, slots=True)
class Agreed:
    """An edition of the accord as it stands in one log: in force from this index on, and the digest of its signed bytes."""

    index: LeafIndex
    digest: Digest
    accord: Accord


def encode_accord(accord: Accord) -> bytes:
    """Return the payload that both roots sign.

    Raises:
        BadForm: a lane without a limit for seen, or a text that cannot cross.
    """  # spec: protocol.md 3
    if any(limit.seen is None for limit in accord.limits):
        raise BadForm("an accord sets both limits of a lane or none; set the one for seen")
    members: dict[int, Value] = {
        1: ACCORD,
        2: accord.name,
        3: accord.edition,
        4: accord.prev,
        5: [(p.node, p.country, p.root_keys, p.address) for p in accord.parties],
        6: {desk.desk: desk.kinds for desk in accord.desks},
        7: {limit.lane.value: (limit.arrived, limit.seen) for limit in accord.limits},
        8: dict(accord.timers),
        9: accord.author_kinds,
        10: accord.in_force_from,
        11: PROFILE,
    }
    return cbor.encode(fields.with_unknown(members, accord.unknown))


def decode_accord(payload: bytes) -> Accord:
    """Read the payload of an accord; no signature is looked at.

    Raises:
        UnknownVersion: another version or profile.
        BadEnvelope: not canonical, another shape, or two parties that are one.
    """
    m = fields.numbered(cbor.decode(payload, limit=LIMIT), _KEYS, "accord")
    fields.version(m[1], ACCORD, "accord version")
    fields.version(m[11], PROFILE, "profile")
    first, second = fields.many(m[5], _party, "parties", least=2, most=2)
    if first.node == second.node or set(first.root_keys) & set(second.root_keys):
        raise BadEnvelope("an accord whose two parties are one")
    return Accord(
        name=fields.text(m[2], "name"),
        edition=fields.uint(m[3], "edition"),
        prev=fields.maybe(m[4], fields.digest, "prev"),
        parties=(first, second),
        desks=tuple(_open_desk(desk, kinds) for desk, kinds in fields.pairs(m[6], "desks")),
        limits=tuple(_limit(lane, times) for lane, times in fields.pairs(m[7], "limits")),
        timers=tuple((fields.text(k, "timer"), fields.uint(v, "timer")) for k, v in fields.pairs(m[8], "timers")),
        author_kinds=fields.many(m[9], fields.text, "author kinds"),
        in_force_from=ms(m[10], "in force from"),
        unknown=fields.unknown(m, _KEYS),
    )


@lru_cache(maxsize=64)
def verify_accord(signed: bytes) -> Accord:
    """Read a signed accord after checking that both roots named in it have signed it; the same bytes once a process.

    That those roots are the right ones is what the ceremony, or the edition before, must show.

    Raises:
        BadSignature: not exactly the four signatures.
        BadEnvelope, UnknownVersion: as `decode_accord`.
    """
    accord = decode_accord(unverified_payload(signed))
    verify_instrument(signed, InstrumentKind.ACCORD.value, *(party.root() for party in accord.parties))
    return accord


def fingerprint(signed: bytes) -> str:
    """Return the SHA-256 of a signed instrument in eight groups of eight hexadecimal digits, to be read aloud."""
    digits = sha256(signed).hex()  # spec: protocol.md 10
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))


_KEYS = frozenset(range(1, 12))


def _party(value: Value, what: str) -> Party:
    node, country, root_keys, address = fields.row(value, 4, what)
    ed25519, ml_dsa = fields.many(root_keys, fields.octets, "root keys", least=2, most=2)
    party = Party(
        NodeName(fields.text(node, "node")),
        fields.text(country, "country"),
        (ed25519, ml_dsa),
        fields.many(address, fields.text, "address"),
    )
    party.root()
    return party


def _open_desk(desk: Value, kinds: Value) -> OpenDesk:
    return OpenDesk(fields.text(desk, "desk"), fields.many(kinds, fields.text, "kinds"))


def _limit(lane: Value, times: Value) -> LaneLimit:
    arrived, seen = fields.row(times, 2, "limit")
    return LaneLimit(fields.choice(lane, Lane, "lane"), ms(arrived, "arrived"), ms(seen, "seen"))
