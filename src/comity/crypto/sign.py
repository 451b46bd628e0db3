"""Signatures of instruments: accords, key lists, cuts, recoveries. A COSE_Sign that stands alone for decades.

The rule it keeps: a verifier demands the exact set of signatures, Ed25519 and ML-DSA of every party named, and one
that is missing, extra, doubled, failing or out of order refuses the whole. Order [ours]: by protected header bytes,
so that a stranger cannot make a second form of a signed instrument.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey, MLDSA65PublicKey

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm, BadSignature
from comity.crypto import suites
from comity.crypto.keys import LogKeys, LogPublic, RootKeys, RootPublic, cose_key, key_id

SigningKeys: TypeAlias = RootKeys | LogKeys
"""Who may sign: roots (-19, -49) for instruments, logs (-19, -48) for `recover` and its answer."""
SigningPublic: TypeAlias = RootPublic | LogPublic
LIMIT = 1024 * 1024
"""Most bytes of a signed instrument."""
MAX_SIGNATURES = 16

_Verifier: TypeAlias = Ed25519PublicKey | MLDSA44PublicKey | MLDSA65PublicKey

_BODY_PROTECTED = b""  # an empty header map is written as an empty string: RFC 9052 3


@dataclass(frozen=True, slots=True)
class _Signature:
    protected: bytes
    signature: bytes


def sign_instrument(payload: bytes, kind: str, keys: SigningKeys) -> bytes:
    """Sign `payload` with both keys of one party and return the COSE_Sign.

    Args:
        payload: deterministic CBOR of the instrument.
        kind: `accord`, `keys`, `cut`, `restored`, `recover`, `recovered`; it is signed with the payload.
        keys: the party's root, or its log keys for the last two.
    """  # spec: RFC 9052 4.4  # spec: protocol.md 3
    return _assemble(payload, _sign(payload, kind, keys))


def add_signatures(data: bytes, kind: str, keys: SigningKeys) -> bytes:
    """Add the signatures of one more party to a COSE_Sign and return the new one; what is there is kept unverified.

    Raises:
        BadEnvelope: `data` is no COSE_Sign of the profile.
        BadForm: this party has signed it already.
    """
    payload, there = _parse(data)
    ours = _sign(payload, kind, keys)
    if {s.protected for s in there} & {s.protected for s in ours}:
        raise BadForm("this party has signed the instrument already; nothing was changed")
    return _assemble(payload, (*there, *ours))


def unverified_payload(data: bytes) -> bytes:
    """Return the payload of a COSE_Sign without looking at any signature: only to find whose keys it names.

    Raises:
        BadEnvelope: `data` is no COSE_Sign of the profile.
    """
    return _parse(data)[0]


def verify_instrument(data: bytes, kind: str, *signers: SigningPublic) -> bytes:
    """Return the payload of a COSE_Sign that has exactly the good signatures of all `signers`.

    Args:
        data: the signed bytes.
        kind: what it must have been signed as.
        signers: every party that must have signed, at least one, in any order.

    Raises:
        BadEnvelope: no COSE_Sign of the profile.
        BadSignature: a signature is missing, extra, doubled, out of order or wrong.
    """  # spec: protocol.md 2
    payload, signatures = _parse(data)
    expected = sorted(_verifiers(signers), key=lambda pair: pair[0])
    if not expected or [s.protected for s in signatures] != [protected for protected, _ in expected]:
        raise BadSignature("an instrument without the exact set of signatures; it is not in force")
    for signature, (_, public) in zip(signatures, expected, strict=True):
        try:
            public.verify(signature.signature, _sig_structure(payload, kind, signature.protected))
        except InvalidSignature as error:
            raise BadSignature("an instrument with a signature that fails; it is not in force") from error
    return payload


def _verifiers(signers: Iterable[SigningPublic]) -> Iterable[tuple[bytes, _Verifier]]:
    for signer in signers:
        for alg, public in zip(signer.ALGORITHMS, (signer.ed25519, signer.ml_dsa), strict=True):
            yield _protected(alg, key_id(cose_key(public))), public


def _sign(payload: bytes, kind: str, keys: SigningKeys) -> tuple[_Signature, ...]:
    headers = (protected for protected, _ in _verifiers([keys.public()]))
    return tuple(
        _Signature(protected, private.sign(_sig_structure(payload, kind, protected)))
        for private, protected in zip((keys.ed25519, keys.ml_dsa), headers, strict=True)
    )


def _protected(alg: int, kid: bytes) -> bytes:
    return cbor.encode({suites.HEADER_ALG: alg, suites.HEADER_KID: kid}, signed=True)


def _sig_structure(payload: bytes, kind: str, protected: bytes) -> bytes:
    aad = cbor.encode(["comity/instrument/1", kind])
    return cbor.encode(["Signature", _BODY_PROTECTED, protected, aad, payload])  # spec: RFC 9052 4.4


def _assemble(payload: bytes, signatures: Sequence[_Signature]) -> bytes:
    ordered = sorted(signatures, key=lambda s: s.protected)
    rows: list[Value] = [[s.protected, {}, s.signature] for s in ordered]
    return cbor.encode_tagged(suites.TAG_SIGN, [_BODY_PROTECTED, {}, payload, rows])


def _parse(data: bytes) -> tuple[bytes, tuple[_Signature, ...]]:
    match cbor.decode_tagged(data, suites.TAG_SIGN, limit=LIMIT):
        case [bytes(protected), {**rest}, bytes(payload), [*rows]] if (
            protected == _BODY_PROTECTED and not rest and 1 <= len(rows) <= MAX_SIGNATURES
        ):
            return payload, tuple(_read_signature(row) for row in rows)
        case _:
            raise BadEnvelope("a signed instrument of another form than the profile has")


def _read_signature(row: Value) -> _Signature:
    match row:
        case [bytes(protected), {**rest}, bytes(signature)] if not rest:
            return _Signature(protected, signature)
        case _:
            raise BadEnvelope("a signature of another form than the profile has")
