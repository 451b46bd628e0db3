"""The seal: a COSE_Encrypt to one sealing key for each recipient, padded by its caller to a size bucket.

The rule it keeps: fresh content key and IV for every seal, one suite, and one error for every failure on opening, so
that whoever sends crafted bytes learns nothing from the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.entropy import Entropy
from comity.base.errors import BadEnvelope, BadForm, BadSeal
from comity.base.ids import Digest
from comity.crypto import suites
from comity.crypto.keys import SealingKey, SealingPublic

BUCKETS: Final = (4096, 16384, 65536, 262144, 1048576)
"""The sizes, in bytes, that a sealed dispatch may have."""  # spec: protocol.md 3
MAX_RECIPIENTS: Final = 16
CONTENT_TYPE: Final = "application/comity-dispatch+cbor"

_BODY_PROTECTED = cbor.encode({suites.HEADER_ALG: suites.A256GCM, suites.HEADER_CONTENT_TYPE: CONTENT_TYPE})
_KID = 32
_SOME_KID = bytes(_KID)
_WRAPPED = suites.CONTENT_KEY + suites.GCM_TAG


@dataclass(frozen=True, slots=True)
class _Recipient:
    protected: bytes
    kid: Digest
    ek: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class _Sealed:
    iv: bytes
    ciphertext: bytes
    recipients: tuple[_Recipient, ...]


def seal(plain: bytes, *, recipients: Sequence[tuple[Digest, SealingPublic]], aad: bytes, entropy: Entropy) -> bytes:
    """Seal `plain` to every recipient and return the whole COSE_Encrypt.

    Args:
        plain: what is hidden; its length shows, so the caller has padded it (`pad_to_bucket`).
        recipients: 1 to 16 (key id, public key), key ids all different.
        aad: external additional data, deterministic CBOR; what opens must give the same.
        entropy: gives content key and IV.

    Raises:
        BadForm: none, too many or repeated recipients.
    """  # spec: RFC 9052 5.3  # spec: protocol.md 3
    if not 1 <= len(recipients) <= MAX_RECIPIENTS or len({kid for kid, _ in recipients}) < len(recipients):
        raise BadForm(f"a seal needs 1 to {MAX_RECIPIENTS} different recipients, not {len(recipients)}")
    key, iv = entropy.draw(suites.CONTENT_KEY), entropy.draw(suites.IV)
    ciphertext = AESGCM(key).encrypt(iv, plain, _enc_structure(aad))
    return _assemble(iv, ciphertext, [_wrap(key, kid, public) for kid, public in recipients])


def unseal(sealed: bytes, *, kid: Digest, private: SealingKey, aad: bytes) -> bytes:
    """Open a COSE_Encrypt with the private key of recipient `kid` and return the plain bytes; else as `unseal_any`."""
    return unseal_any(sealed, keys={kid: private}, aad=aad)[0]


def unseal_any(sealed: bytes, *, keys: Mapping[Digest, SealingKey], aad: bytes) -> tuple[bytes, tuple[Digest, ...]]:
    """Open a COSE_Encrypt with the first of `keys` that it is addressed to.

    The caller must still recompute the commitment: the cipher does not bind the content to one key.

    Returns:
        The plain bytes, and the key ids of all recipients in their order.

    Raises:
        BadSeal: whatever the cause.
    """
    try:
        parsed = _parse(sealed)
        mine = next(r for r in parsed.recipients if r.kid in keys)
        key = suites.HPKE.decrypt(mine.ek + mine.wrapped, keys[mine.kid].key, _recipient_info(mine.protected))
        plain = AESGCM(key).decrypt(parsed.iv, parsed.ciphertext, _enc_structure(aad))
        return plain, tuple(r.kid for r in parsed.recipients)
    except (BadEnvelope, StopIteration, InvalidTag, ValueError):
        # The cause is dropped on purpose: an answer that told it would be an oracle.
        raise BadSeal("a sealed dispatch does not open; its bytes are kept apart") from None


def recipients(sealed: bytes) -> tuple[Digest, ...]:
    """Return the key ids to which `sealed` is addressed, in its order; nothing is opened.

    Raises:
        BadSeal: not a COSE_Encrypt of the profile.
    """
    try:
        return tuple(r.kid for r in _parse(sealed).recipients)
    except BadEnvelope:
        raise BadSeal("a sealed dispatch does not open; its bytes are kept apart") from None


def pad_to_bucket(size: int, recipients: int, buckets: Sequence[int] = BUCKETS) -> tuple[int, int]:
    """Return (bucket, pad): the smallest bucket that the seal can fill exactly, and the bytes of zeros that do it.

    Args:
        size: length of the plain bytes without the pad and without its length header.
        recipients: number of recipients that the seal will have.
        buckets: sizes to choose from, ascending; a restricted room has one.

    Raises:
        BadForm: the content is too large for one dispatch; the rest belongs into attachments.
    """
    for bucket in buckets:
        ciphertext = _string_in(bucket - _BASE_SIZE - recipients * _RECIPIENT_SIZE)
        pad = None if ciphertext is None else _string_in(ciphertext - suites.GCM_TAG - size)
        if pad is not None:
            return bucket, pad
    raise BadForm("the content is too large for one dispatch; put the larger part into an attachment")


def _string_in(room: int) -> int | None:
    """Return the length of the byte string that fills `room` bytes with its header, or None if none does."""
    # The header grows from 1 to 2, 3 and 5 bytes, so 25, 258, 65539 and 65540 bytes cannot be filled.
    return next((room - head for head in (1, 2, 3, 5) if room >= head and _head(room - head) == head), None)


def _head(length: int) -> int:
    """Return the size of the CBOR header of a string of this length."""  # spec: RFC 8949 3
    return 1 if length < 24 else 2 if length < 1 << 8 else 3 if length < 1 << 16 else 5  # noqa: PLR2004  CBOR's own steps


def _assemble(iv: bytes, ciphertext: bytes, wraps: Sequence[Value]) -> bytes:
    return cbor.encode_tagged(suites.TAG_ENCRYPT, [_BODY_PROTECTED, {suites.HEADER_IV: iv}, ciphertext, wraps])


def _recipient(protected: bytes, ek: bytes, wrapped: bytes) -> Value:
    return [protected, {suites.HEADER_EK: ek}, wrapped]


def _recipient_protected(kid: bytes) -> bytes:
    return cbor.encode({suites.HEADER_ALG: suites.HPKE_9_KE, suites.HEADER_KID: kid}, signed=True)


_RECIPIENT_PREFIX = _recipient_protected(_SOME_KID)[:-_KID]
_RECIPIENT_SIZE = len(
    cbor.encode(_recipient(_recipient_protected(_SOME_KID), bytes(suites.EK), bytes(_WRAPPED)), signed=True)
)


_BASE_SIZE = len(_assemble(bytes(suites.IV), b"", [])) - 1


@lru_cache(maxsize=1_024)
def _recipient_info(protected: bytes) -> bytes:
    """Return the HPKE info that binds a wrapped key to its header and to the content's algorithm."""
    return cbor.encode(["HPKE Recipient", suites.A256GCM, protected, b""])  # spec: draft-ietf-cose-hpke


def _enc_structure(aad: bytes) -> bytes:
    return cbor.encode(["Encrypt", _BODY_PROTECTED, aad])  # spec: RFC 9052 5.3


def _wrap(key: bytes, kid: Digest, public: SealingPublic) -> Value:
    protected = _RECIPIENT_PREFIX + kid
    made = suites.HPKE.encrypt(key, public.key, _recipient_info(protected))
    return _recipient(protected, made[: suites.EK], made[suites.EK :])


def _parse(sealed: bytes) -> _Sealed:
    """Take a COSE_Encrypt of exactly this profile apart.

    Raises:
        BadEnvelope: anything else.
    """
    match cbor.decode_tagged(sealed, suites.TAG_ENCRYPT):
        case [bytes(protected), {suites.HEADER_IV: bytes(iv), **rest}, bytes(ciphertext), [*wraps]] if (
            protected == _BODY_PROTECTED and not rest and len(iv) == suites.IV and 1 <= len(wraps) <= MAX_RECIPIENTS
        ):
            return _Sealed(iv, ciphertext, tuple(_read_recipient(wrap) for wrap in wraps))
        case _:
            raise BadEnvelope("a seal of another form than the profile has")


def _read_recipient(wrap: Value) -> _Recipient:
    match wrap:
        case [bytes(protected), {suites.HEADER_EK: bytes(ek), **rest}, bytes(wrapped)] if (
            protected[:-_KID] == _RECIPIENT_PREFIX and not rest and (len(ek), len(wrapped)) == (suites.EK, _WRAPPED)
        ):
            return _Recipient(protected, Digest(protected[-_KID:]), ek, wrapped)
        case _:
            raise BadEnvelope("a recipient of another form than the profile has")
