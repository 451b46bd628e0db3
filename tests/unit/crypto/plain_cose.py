"""COSE and HPKE once more, written plainly from the texts on the bare primitives, to compare with."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.properties.plain_cbor import write

SUITE_ID = b"HPKE" + bytes.fromhex("647a00110002")


def x_wing_public(seed: bytes) -> bytes:
    """draft-connolly-cfrg-xwing-kem, key generation."""
    expanded = hashlib.shake_256(seed).digest(96)
    ml_kem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).public_key()
    x25519 = X25519PrivateKey.from_private_bytes(expanded[64:]).public_key()
    return ml_kem.public_bytes_raw() + x25519.public_bytes_raw()


def x_wing_open(seed: bytes, ek: bytes) -> bytes:
    """draft-connolly-cfrg-xwing-kem, decapsulation and combiner."""
    expanded = hashlib.shake_256(seed).digest(96)
    first = MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).decapsulate(ek[:1088])
    private = X25519PrivateKey.from_private_bytes(expanded[64:])
    second = private.exchange(X25519PublicKey.from_public_bytes(ek[1088:]))
    return hashlib.sha3_256(first + second + ek[1088:] + private.public_key().public_bytes_raw() + b"\\.//^\\").digest()


def prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def hpke_open(seed: bytes, ek: bytes, ciphertext: bytes, info: bytes, aad: bytes = b"") -> bytes:
    """draft-ietf-hpke-hpke, base mode, one-stage key derivation with SHAKE256, AES-256-GCM, first message."""
    secrets = prefixed(b"") + prefixed(x_wing_open(seed, ek))
    context = b"\x00" + prefixed(b"") + prefixed(info)
    length = 32 + 12 + 64
    labeled = secrets + b"HPKE-v1" + SUITE_ID + prefixed(b"secret") + length.to_bytes(2, "big") + context
    secret = hashlib.shake_256(labeled).digest(length)
    return AESGCM(secret[:32]).decrypt(secret[32:44], ciphertext, aad)


def recipient_info(protected: bytes) -> bytes:
    return write(["HPKE Recipient", 3, protected, b""])


def enc_structure(protected: bytes, aad: bytes) -> bytes:
    return write(["Encrypt", protected, aad])


def sig_structure(body: bytes, sign: bytes, aad: bytes, payload: bytes) -> bytes:
    return write(["Signature", body, sign, aad, payload])


def okp_key(raw: bytes) -> bytes:
    return write({1: 1, -1: 6, -2: raw})


def akp_key(alg: int, raw: bytes) -> bytes:
    return write({1: 7, 3: alg, -1: raw})
