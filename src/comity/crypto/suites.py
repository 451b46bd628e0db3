"""The one table of numbers: algorithms, header labels and sizes of profile `comity/1`. There is no other suite."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

PROFILE: Final = "comity/1"
"""Names every algorithm below; a successor is an accord edition with another profile."""  # spec: protocol.md 13

# Algorithm numbers of COSE.
ED25519: Final = -19  # spec: RFC 9864
ML_DSA_44: Final = -48  # spec: RFC 9964
ML_DSA_65: Final = -49  # spec: RFC 9964
A256GCM: Final = 3  # spec: RFC 9053 4.1
HPKE_9_KE: Final = -65709
"""Private-use number of HPKE-9-KE until one is registered."""  # spec: protocol.md 2

# Labels of COSE headers.
HEADER_ALG: Final = 1  # spec: RFC 9052 3.1
HEADER_CONTENT_TYPE: Final = 3  # spec: RFC 9052 3.1
HEADER_KID: Final = 4  # spec: RFC 9052 3.1
HEADER_IV: Final = 5  # spec: RFC 9052 3.1
HEADER_EK: Final = -4  # spec: draft-ietf-cose-hpke

# Labels and types of COSE keys.
KEY_TYPE: Final = 1  # spec: RFC 9052 7.1
KEY_ALG: Final = 3  # spec: RFC 9052 7.1
OKP: Final = 1  # spec: RFC 9053 7.2
OKP_CURVE: Final = -1  # spec: RFC 9053 7.2
OKP_X: Final = -2  # spec: RFC 9053 7.2
CURVE_ED25519: Final = 6  # spec: RFC 9053 7.1
AKP: Final = 7  # spec: RFC 9964
AKP_PUB: Final = -1  # spec: RFC 9964

# Tags of COSE structures.
TAG_ENCRYPT: Final = 96  # spec: RFC 9052 2
TAG_SIGN: Final = 98  # spec: RFC 9052 2

# Sizes in bytes.
ED25519_PUBLIC: Final = 32
ML_DSA_44_PUBLIC: Final = 1312
ML_DSA_65_PUBLIC: Final = 1952
ML_KEM_768_PUBLIC: Final = 1184
SEALING_PUBLIC: Final = 1216
"""ML-KEM-768 key, then X25519 key."""
SEED: Final = 32
"""Every private half is kept as its 32-byte seed."""
EK: Final = 1120
CONTENT_KEY: Final = 32
IV: Final = 12
GCM_TAG: Final = 16

HPKE: Final = Suite(KEM.MLKEM768_X25519, KDF.SHAKE256, AEAD.AES_256_GCM)
"""X-Wing, one-stage SHAKE256, AES-256-GCM."""  # spec: draft-ietf-cose-hpke-pq-pqt
