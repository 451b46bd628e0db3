"""Keys: how they are made, kept as seeds, written as COSE_Key and named by a hash.

The rule it keeps: a signing identity is always a pair, Ed25519 and ML-DSA, and no half of it goes alone. Primitives
are the library's; this file only names, measures and pairs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import shake_256
from typing import ClassVar, Self, TypeAlias, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.entropy import Entropy
from comity.base.errors import BadEnvelope, BadForm
from comity.base.hashing import sha256
from comity.base.ids import Digest
from comity.crypto import suites

_PAIR = 2 * suites.SEED


@dataclass(frozen=True, slots=True)
class SealingPublic:
    """The public half to which dispatches are sealed.

    Attributes:
        raw: 1,216 bytes, the ML-KEM-768 key and then the X25519 key.
        key: the same as the library's object.
    """

    raw: bytes
    key: MLKEM768X25519PublicKey = field(compare=False, repr=False)

    @classmethod
    def from_raw(cls, raw: bytes) -> Self:
        """Read 1,216 bytes.

        Raises:
            BadEnvelope: another length, or no ML-KEM key (FIPS 203 7.2).
        """
        if len(raw) != suites.SEALING_PUBLIC:
            raise BadEnvelope(f"a sealing key of {len(raw)} bytes")
        cut = suites.ML_KEM_768_PUBLIC
        try:
            halves = MLKEM768PublicKey.from_public_bytes(raw[:cut]), X25519PublicKey.from_public_bytes(raw[cut:])
        except ValueError as error:
            raise BadEnvelope("a sealing key that is no ML-KEM-768 key") from error
        return cls(raw, MLKEM768X25519PublicKey(*halves))


PublicKey: TypeAlias = Ed25519PublicKey | MLDSA44PublicKey | MLDSA65PublicKey | SealingPublic
"""Every public key that the profile knows."""


def cose_key(public: PublicKey) -> bytes:
    """Return the deterministic COSE_Key of `public` with the required members only."""  # spec: RFC 9679
    if isinstance(public, Ed25519PublicKey):
        return _written(None, public.public_bytes_raw())
    if isinstance(public, SealingPublic):
        return _written(suites.HPKE_9_KE, public.raw)
    alg = suites.ML_DSA_44 if isinstance(public, MLDSA44PublicKey) else suites.ML_DSA_65
    return _written(alg, public.public_bytes_raw())


@lru_cache(maxsize=256)
def _written(alg: int | None, raw: bytes) -> bytes:
    """Return the COSE_Key of raw public bytes, of an Ed25519 key where no algorithm is named; once a process."""
    return cbor.encode(_okp(raw) if alg is None else _akp(alg, raw), signed=True)


def key_id(cose_key_bytes: bytes) -> Digest:
    """Return the key id of an encoded COSE_Key: its SHA-256."""  # spec: RFC 9679  # spec: protocol.md 2
    return sha256(cose_key_bytes)


@lru_cache(maxsize=256)
def read_cose_key(data: bytes) -> PublicKey:
    """Read what `cose_key` writes; the same bytes once a process, for the keys of two parties come again and again.

    Raises:
        BadEnvelope: other members, another type or algorithm, or bytes that are no such key.
    """
    members = cbor.decode(data, limit=4096, signed=True)
    raw = _raw_of(members)
    public = _from_raw(members, raw) if raw is not None else None
    if public is None:
        raise BadEnvelope("a key of another kind or form than the profile has")
    return public


def _okp(raw: bytes) -> Mapping[int, Value]:
    return {suites.KEY_TYPE: suites.OKP, suites.OKP_CURVE: suites.CURVE_ED25519, suites.OKP_X: raw}


def _akp(alg: int, raw: bytes) -> Mapping[int, Value]:
    return {suites.KEY_TYPE: suites.AKP, suites.KEY_ALG: alg, suites.AKP_PUB: raw}


def _raw_of(members: Value) -> bytes | None:
    """Return the public bytes of either key type, or None."""
    if not isinstance(members, dict):
        return None
    known = cast("dict[int, Value]", members)
    raw = known.get(suites.OKP_X) or known.get(suites.AKP_PUB)
    return raw if isinstance(raw, bytes) else None


def _from_raw(members: Value, raw: bytes) -> PublicKey | None:
    """Return the key whose members are exactly these, or None; each row is one kind of the profile."""
    if members == _okp(raw) and len(raw) == suites.ED25519_PUBLIC:
        return Ed25519PublicKey.from_public_bytes(raw)
    if members == _akp(suites.ML_DSA_44, raw) and len(raw) == suites.ML_DSA_44_PUBLIC:
        return MLDSA44PublicKey.from_public_bytes(raw)
    if members == _akp(suites.ML_DSA_65, raw) and len(raw) == suites.ML_DSA_65_PUBLIC:
        return MLDSA65PublicKey.from_public_bytes(raw)
    if members == _akp(suites.HPKE_9_KE, raw):
        return SealingPublic.from_raw(raw)
    return None


@dataclass(frozen=True, slots=True)
class RootPublic:
    """The public halves of a party's root: it signs accords, key lists and cuts, offline."""

    ALGORITHMS: ClassVar = (suites.ED25519, suites.ML_DSA_65)
    ed25519: Ed25519PublicKey
    ml_dsa: MLDSA65PublicKey

    @classmethod
    def from_cose_keys(cls, ed25519: bytes, ml_dsa: bytes) -> Self:
        """Read the two COSE_Keys, in this order.

        Raises:
            BadEnvelope: not an Ed25519 and an ML-DSA-65 key.
        """
        first, second = read_cose_key(ed25519), read_cose_key(ml_dsa)
        if not isinstance(first, Ed25519PublicKey) or not isinstance(second, MLDSA65PublicKey):
            raise BadEnvelope("a root needs an Ed25519 and an ML-DSA-65 key, in this order")
        return cls(first, second)

    @property
    def cose_keys(self) -> tuple[bytes, bytes]:
        """Return the two COSE_Keys, Ed25519 first."""
        return cose_key(self.ed25519), cose_key(self.ml_dsa)


@dataclass(frozen=True, slots=True)
class _Public44:
    ALGORITHMS: ClassVar = (suites.ED25519, suites.ML_DSA_44)
    ed25519: Ed25519PublicKey
    ml_dsa: MLDSA44PublicKey

    @classmethod
    def from_cose_keys(cls, ed25519: bytes, ml_dsa: bytes) -> Self:
        """Read the two COSE_Keys, in this order.

        Raises:
            BadEnvelope: not an Ed25519 and an ML-DSA-44 key.
        """
        first, second = read_cose_key(ed25519), read_cose_key(ml_dsa)
        if not isinstance(first, Ed25519PublicKey) or not isinstance(second, MLDSA44PublicKey):
            raise BadEnvelope("a log or mirror needs an Ed25519 and an ML-DSA-44 key, in this order")
        return cls(first, second)

    @classmethod
    def from_raw(cls, ed25519: bytes, ml_dsa: bytes) -> Self:
        """Read the two raw public keys of 32 and 1,312 bytes."""
        return cls(Ed25519PublicKey.from_public_bytes(ed25519), MLDSA44PublicKey.from_public_bytes(ml_dsa))

    @property
    def cose_keys(self) -> tuple[bytes, bytes]:
        """Return the two COSE_Keys, Ed25519 first."""
        return cose_key(self.ed25519), cose_key(self.ml_dsa)


@dataclass(frozen=True, slots=True)
class LogPublic(_Public44):
    """The public halves of a log: they sign its heads, and `recover`."""


@dataclass(frozen=True, slots=True)
class CosignerPublic(_Public44):
    """The public halves of a mirror: they co-sign the peer's heads."""


@dataclass(frozen=True, slots=True)
class RootKeys:
    """The private halves of a party's root; see `RootPublic`."""

    ALGORITHMS: ClassVar = (suites.ED25519, suites.ML_DSA_65)
    ed25519: Ed25519PrivateKey
    ml_dsa: MLDSA65PrivateKey

    @classmethod
    def generate(cls, entropy: Entropy) -> Self:
        """Make a new pair from 64 random bytes."""
        return cls.from_private_bytes(entropy.draw(_PAIR))

    @classmethod
    def from_private_bytes(cls, data: bytes) -> Self:
        """Read 64 bytes: the Ed25519 seed, then the ML-DSA-65 seed.

        Raises:
            BadForm: another length.
        """
        first, second = _halves(data)
        return cls(Ed25519PrivateKey.from_private_bytes(first), MLDSA65PrivateKey.from_seed_bytes(second))

    def to_private_bytes(self) -> bytes:
        """Return what `from_private_bytes` reads; the caller keeps it secret."""
        return self.ed25519.private_bytes_raw() + self.ml_dsa.private_bytes_raw()

    def public(self) -> RootPublic:
        """Return the public halves."""
        return RootPublic(self.ed25519.public_key(), self.ml_dsa.public_key())


@dataclass(frozen=True, slots=True)
class _Private44:
    ALGORITHMS: ClassVar = (suites.ED25519, suites.ML_DSA_44)
    ed25519: Ed25519PrivateKey
    ml_dsa: MLDSA44PrivateKey

    @classmethod
    def generate(cls, entropy: Entropy) -> Self:
        """Make a new pair from 64 random bytes."""
        return cls.from_private_bytes(entropy.draw(_PAIR))

    @classmethod
    def from_private_bytes(cls, data: bytes) -> Self:
        """Read 64 bytes: the Ed25519 seed, then the ML-DSA-44 seed.

        Raises:
            BadForm: another length.
        """
        first, second = _halves(data)
        return cls(Ed25519PrivateKey.from_private_bytes(first), MLDSA44PrivateKey.from_seed_bytes(second))

    def to_private_bytes(self) -> bytes:
        """Return what `from_private_bytes` reads; the caller keeps it secret."""
        return self.ed25519.private_bytes_raw() + self.ml_dsa.private_bytes_raw()


@dataclass(frozen=True, slots=True)
class LogKeys(_Private44):
    """The private halves of a log; see `LogPublic`."""

    def public(self) -> LogPublic:
        """Return the public halves."""
        return LogPublic(self.ed25519.public_key(), self.ml_dsa.public_key())


@dataclass(frozen=True, slots=True)
class CosignerKeys(_Private44):
    """The private halves of a mirror; see `CosignerPublic`."""

    def public(self) -> CosignerPublic:
        """Return the public halves."""
        return CosignerPublic(self.ed25519.public_key(), self.ml_dsa.public_key())


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The private half of a sealing key: an X-Wing seed and the library's key made from it."""

    seed: bytes = field(repr=False)
    key: MLKEM768X25519PrivateKey = field(compare=False, repr=False)
    public_raw: bytes = field(compare=False, repr=False)

    @classmethod
    def generate(cls, entropy: Entropy) -> Self:
        """Make a new key from 32 random bytes."""
        return cls.from_private_bytes(entropy.draw(suites.SEED))

    @classmethod
    def from_private_bytes(cls, data: bytes) -> Self:
        """Read the 32-byte X-Wing seed and expand it to the ML-KEM-768 seed and the X25519 key.

        Raises:
            BadForm: another length.
        """  # spec: draft-connolly-cfrg-xwing-kem
        if len(data) != suites.SEED:
            raise BadForm(f"a sealing key is kept as {suites.SEED} bytes, not {len(data)}")
        expanded = shake_256(data).digest(3 * suites.SEED)
        ml_kem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_PAIR])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[_PAIR:])
        raw = ml_kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        return cls(data, MLKEM768X25519PrivateKey(ml_kem, x25519), raw)

    def to_private_bytes(self) -> bytes:
        """Return the 32-byte seed; the caller keeps it secret and destroys it in time."""
        return self.seed

    def public(self) -> SealingPublic:
        """Return the public half."""
        return SealingPublic.from_raw(self.public_raw)


def _halves(data: bytes) -> tuple[bytes, bytes]:
    if len(data) != _PAIR:
        raise BadForm(f"a pair of keys is kept as {_PAIR} bytes, not {len(data)}")
    return data[: suites.SEED], data[suites.SEED :]
