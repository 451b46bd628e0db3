"""The key list of one party: log, mirror and sealing keys, signed by its root.

The rule it keeps: a key is used only for what the list names it for, and never after the list revoked it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope
from comity.base.fields import Unknown
from comity.base.ids import Digest, LeafIndex, Ms, NodeName
from comity.crypto.keys import (
    CosignerPublic,
    LogPublic,
    RootPublic,
    SealingPublic,
    cose_key,
    key_id,
    read_cose_key,
)
from comity.crypto.sign import LIMIT, verify_instrument
from comity.dispatch.entries import InstrumentKind
from comity.dispatch.wire import ms

KEYS: Final = "comity/keys/1"
MAX_COSIGNERS: Final = 4


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A numbered pair of COSE_Keys, Ed25519 and ML-DSA-44; the number stands in the name of the log or mirror."""

    number: int
    ed25519: bytes
    ml_dsa: bytes

    def log(self) -> LogPublic:
        """Return the pair as keys of a log; BadEnvelope if they are others."""
        return LogPublic.from_cose_keys(self.ed25519, self.ml_dsa)

    def cosigner(self) -> CosignerPublic:
        """Return the pair as keys of a mirror; BadEnvelope if they are others."""
        return CosignerPublic.from_cose_keys(self.ed25519, self.ml_dsa)


@dataclass(frozen=True, slots=True)
class Sealing:
    """The sealing key of one agency for a time.

    Attributes:
        agency: whose.
        kid: key id of `cose_key`.
        cose_key: the encoded key.
        not_before, not_after: first millisecond in which it may be used, and first in which it may not.
        public: the key itself.
    """

    agency: str
    kid: Digest
    cose_key: bytes
    not_before: Ms
    not_after: Ms
    public: SealingPublic = field(compare=False, repr=False)

    @classmethod
    def of(cls, agency: str, public: SealingPublic, *, not_before: Ms, not_after: Ms) -> Self:
        """Name and encode `public` for a key list."""
        encoded = cose_key(public)
        return cls(agency, key_id(encoded), encoded, not_before, not_after, public)


@dataclass(frozen=True, slots=True)
class KeyList:
    """One edition of a party's keys.

    Attributes:
        node, edition: whose, which.
        prev: digest of the signed edition before, or None.
        log: keys of the exchange log.
        cosigners: keys of the mirror, the one in use first, then 0 to 3 spares.
        sealing: keys to which dispatches for the agencies are sealed.
        revoked: (key id, index of this party's log from which it no longer counts).
        tls_ca: certificate of the party's own authority, DER.
        issued: when the list was made.
        unknown: keys of a later edition, kept.
    """

    node: NodeName
    edition: int
    prev: Digest | None
    log: KeyPair
    cosigners: tuple[KeyPair, ...]
    sealing: tuple[Sealing, ...]
    revoked: tuple[tuple[Digest, LeafIndex], ...]
    tls_ca: bytes
    issued: Ms
    unknown: Unknown = ()

    def sealing_for(self, agency: str, at: Ms) -> Sealing | None:
        """Return the newest key of `agency` that may be used at `at` and is not revoked, or None."""
        revoked = {kid for kid, _ in self.revoked}
        fit = [
            key
            for key in self.sealing
            if key.agency == agency and key.not_before <= at < key.not_after and key.kid not in revoked
        ]
        return max(fit, key=lambda key: key.not_before, default=None)

    def log_keys(self) -> LogPublic:
        """Return the keys that sign this party's heads."""
        return self.log.log()

    def cosigner_keys(self, number: int) -> CosignerPublic | None:
        """Return the mirror keys with this number, or None."""
        return next((pair.cosigner() for pair in self.cosigners if pair.number == number), None)

    def revoked_from(self, kid: Digest) -> LeafIndex | None:
        """Return the index from which the key `kid` no longer counts, or None."""
        return min((index for revoked, index in self.revoked if revoked == kid), default=None)


def encode_keylist(keys: KeyList) -> bytes:
    """Return the payload that the party's root signs."""  # spec: protocol.md 3
    members: dict[int, Value] = {
        1: KEYS,
        2: keys.node,
        3: keys.edition,
        4: keys.prev,
        5: _pair_out(keys.log),
        6: [_pair_out(pair) for pair in keys.cosigners],
        7: [(s.agency, s.kid, s.cose_key, s.not_before, s.not_after) for s in keys.sealing],
        8: keys.revoked,
        9: keys.tls_ca,
        10: keys.issued,
    }
    return cbor.encode(fields.with_unknown(members, keys.unknown))


def decode_keylist(payload: bytes) -> KeyList:
    """Read the payload of a key list; no signature is looked at.

    Raises:
        UnknownVersion: of another version.
        BadEnvelope: not canonical, another shape, a key of the wrong kind, a key id that is not its key's.
    """
    m = fields.numbered(cbor.decode(payload, limit=LIMIT), _KEYS, "key list")
    fields.version(m[1], KEYS, "key list version")
    keys = KeyList(
        node=NodeName(fields.text(m[2], "node")),
        edition=fields.uint(m[3], "edition"),
        prev=fields.maybe(m[4], fields.digest, "prev"),
        log=_pair(m[5], "log keys"),
        cosigners=fields.many(m[6], _pair, "mirror keys", least=1, most=MAX_COSIGNERS),
        sealing=fields.many(m[7], _sealing, "sealing keys"),
        revoked=fields.many(m[8], _revoked, "revoked"),
        tls_ca=fields.octets(m[9], "authority"),
        issued=ms(m[10], "issued"),
        unknown=fields.unknown(m, _KEYS),
    )
    if len({pair.number for pair in keys.cosigners}) < len(keys.cosigners):
        raise BadEnvelope("a key list with two mirror keys of one number")
    return keys


def verify_keylist(signed: bytes, root: RootPublic) -> KeyList:
    """Read a signed key list after checking the signatures of the party's root.

    Raises:
        BadSignature: not exactly the two signatures of `root`.
        BadEnvelope, UnknownVersion: as `decode_keylist`.
    """
    return decode_keylist(verify_instrument(signed, InstrumentKind.KEYS.value, root))


def follows(keys: KeyList, before: KeyList, digest: Digest | None) -> str:
    """Say why a key list cannot follow the one in force of its party, or "".

    Args:
        keys: the new one.
        before: the one in force.
        digest: of the signed bytes of that one; None: it is not compared.
    """  # spec: protocol.md 2, 10
    used = before.cosigners[0].number
    kept = {pair.number: pair for pair in before.cosigners}
    if keys.node != before.node or keys.log.number != before.log.number:
        return "it is of another node or log"
    if keys.edition != before.edition + 1 or (digest is not None and keys.prev != digest):
        return f"it does not follow edition {before.edition}"
    if any(pair.number < used or kept.get(pair.number, pair) != pair for pair in keys.cosigners):
        return "it goes back to a mirror key of before, or gives one of its numbers to another"
    return ""


_KEYS = frozenset(range(1, 11))


def _pair_out(pair: KeyPair) -> Value:
    return pair.number, pair.ed25519, pair.ml_dsa


def _pair(value: Value, what: str) -> KeyPair:
    number, ed25519, ml_dsa = fields.row(value, 3, what)
    pair = KeyPair(fields.uint(number, what), fields.octets(ed25519, what), fields.octets(ml_dsa, what))
    pair.log()
    return pair


def _sealing(value: Value, what: str) -> Sealing:
    agency, kid, encoded, not_before, not_after = fields.row(value, 5, what)
    public = read_cose_key(fields.octets(encoded, what))
    if not isinstance(public, SealingPublic):
        raise BadEnvelope("a key list that names a signing key as sealing key")
    sealing = Sealing.of(
        fields.text(agency, what), public, not_before=ms(not_before, what), not_after=ms(not_after, what)
    )
    if sealing.kid != kid or sealing.not_before >= sealing.not_after:
        raise BadEnvelope("a sealing key with another's key id, or that is never in use")
    return sealing


def _revoked(value: Value, what: str) -> tuple[Digest, LeafIndex]:
    kid, index = fields.row(value, 2, what)
    return fields.digest(kid, what), LeafIndex(fields.uint(index, what))
