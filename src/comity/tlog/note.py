"""C2SP signed notes: text, one blank line, signature lines; and the keys that check them.

Reading is strict: one note has one byte form, and base64 has one spelling. Three types of signature are known:
Ed25519 over the text, and the two cosignatures with a time, of which ML-DSA-44 signs the checkpoint's three facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final, NewType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from comity.base.errors import BadForm, BadSignature
from comity.tlog.text import MAX_NUMBER, decode_base64, encode_base64, parse_decimal
from comity.tlog.tree import HASH_BYTES

Seconds = NewType("Seconds", int)
"""Seconds since 1970-01-01 UTC, as cosignatures carry them: 0 to 2^63 - 1."""

PrivateKey = Ed25519PrivateKey | MLDSA44PrivateKey
PublicKey = Ed25519PublicKey | MLDSA44PublicKey

MAX_NOTE_BYTES: Final = 131_072
MAX_SIGNATURES: Final = 16
MAX_NAME_BYTES: Final = 255
KEY_ID_BYTES: Final = 4
TIME_BYTES: Final = 8
_DASH = "\u2014 "
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


class SignatureType(IntEnum):
    """The signature types of C2SP signed-note that this program speaks."""

    ED25519 = 0x01
    """Ed25519 over the note's text; carries no time."""
    ED25519_COSIGNATURE = 0x04
    """Ed25519 over a time line and the whole text."""
    MLDSA44_COSIGNATURE = 0x06
    """ML-DSA-44 over time, signer's name, and the checkpoint's origin, size and root."""


_KEY_BYTES = {
    SignatureType.ED25519: 32,
    SignatureType.ED25519_COSIGNATURE: 32,
    SignatureType.MLDSA44_COSIGNATURE: 1312,
}
_SIGNATURE_BYTES = {
    SignatureType.ED25519: 64,
    SignatureType.ED25519_COSIGNATURE: TIME_BYTES + 64,
    SignatureType.MLDSA44_COSIGNATURE: TIME_BYTES + 2420,
}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name and a type, as a vkey line states it."""

    name: str
    key_id: bytes
    type: SignatureType
    raw: bytes
    public: PublicKey = field(compare=False, repr=False)

    def vkey(self) -> str:
        """Return `<name>+<key id in hex>+<base64 of type and key>`."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.type]) + self.raw)}"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line under a note: who says to have signed, and the bytes after the key id."""

    name: str
    key_id: bytes
    signature: bytes

    def text(self) -> str:
        """Return the line with its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart; nothing in it is verified. `text` ends in a newline."""

    text: str
    lines: tuple[SignatureLine, ...]

    def join(self) -> str:
        """Return the note as it travels and is kept."""
        return self.text + "\n" + "".join([line.text() for line in self.lines])


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature that was verified; `time` is None for the type that has none."""

    key: VerifierKey
    time: Seconds | None


def key_id(name: str, type_: SignatureType, raw: bytes) -> bytes:
    """Return the first four bytes of SHA-256(name || LF || type || public key)."""  # spec: C2SP signed-note
    return sha256(name.encode() + b"\n" + bytes([type_]) + raw).digest()[:KEY_ID_BYTES]


@lru_cache(maxsize=64)
def make_verifier(name: str, type_: SignatureType, raw: bytes) -> VerifierKey:
    """Make a verifier from a raw public key, 32 bytes for Ed25519, 1,312 for ML-DSA-44; the same once a process.

    Raises:
        BadForm: the name or the key cannot be one.
    """
    if not is_key_name(name):
        raise BadForm("a key name is 1 to 255 bytes long and has no space, plus sign or control character")
    if len(raw) != _KEY_BYTES[type_]:
        raise BadForm("the public key has the wrong length for its type")
    public: PublicKey
    if type_ is SignatureType.MLDSA44_COSIGNATURE:
        public = MLDSA44PublicKey.from_public_bytes(raw)
    else:
        public = Ed25519PublicKey.from_public_bytes(raw)
    return VerifierKey(name, key_id(name, type_, raw), type_, raw, public)


def parse_vkey(text: str) -> VerifierKey:
    """Read a vkey line.

    Raises:
        BadForm: it is malformed, of an unknown type, or its key id is not that of its key.
    """  # spec: C2SP signed-note, Verifier keys
    parts = text.split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004  name, id, key
        raise BadForm("a verifier key has three parts with plus signs between them")
    material = decode_base64(parts[2], BadForm)
    if not material or material[0] not in _KEY_BYTES:
        raise BadForm("the verifier key is of a type this program does not know")
    key = make_verifier(parts[0], SignatureType(material[0]), material[1:])
    if key.key_id.hex() != parts[1]:
        raise BadForm("the verifier key's id does not belong to its name and key")
    return key


def is_key_name(name: str) -> bool:
    """Say whether `name` may stand in a signature line."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= MAX_NAME_BYTES and "+" not in name and name.split() == [name] and not _CONTROL.search(name)


@lru_cache(maxsize=64)
def parse_note(text: str) -> Note:
    """Take a note apart; the newest ones once a process, for a head is read wherever it is looked at.

    Raises:
        BadSignature: it is not a note, is too large, or has no signature line or more than 16.
    """  # spec: C2SP signed-note, Format
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise BadSignature("the note is not text") from error
    if size > MAX_NOTE_BYTES or _CONTROL.search(text):
        raise BadSignature("the note is too large or has control characters in it")
    # The last blank line divides; the signature lines behind it cannot hold one.
    body, blank, below = text.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise BadSignature("the note has no blank line before its signatures, or no newline at its end")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadSignature("the note has more than 16 signatures")
    return Note(body + "\n", tuple([_parse_line(line) for line in lines]))


def _parse_line(line: str) -> SignatureLine:
    if not line.startswith(_DASH):
        raise BadSignature("a signature line does not begin with a dash and a space")
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not space or not is_key_name(name):
        raise BadSignature("a signature line has no proper name")
    raw = decode_base64(encoded, BadSignature)
    if len(raw) <= KEY_ID_BYTES:
        raise BadSignature("a signature line has no signature")
    return SignatureLine(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def verify_note(note: Note, known: Iterable[VerifierKey]) -> tuple[Signed, ...]:
    """Check every line of a known key; lines of unknown keys are passed over, as C2SP asks of a general verifier.

    What two parties demand of each other is stricter: `verify_exact`.

    Raises:
        BadSignature: a known key's line fails, or no known key has signed.
    """  # spec: C2SP signed-note, Signatures
    keys = {(key.name, key.key_id): key for key in known}
    signed = [
        _verify_line(note.text, line, keys[line.name, line.key_id])
        for line in note.lines
        if (line.name, line.key_id) in keys
    ]
    if not signed:
        raise BadSignature("no known key has signed the note")
    return tuple(signed)


def verify_exact(note: Note, expected: Sequence[VerifierKey]) -> tuple[Signed, ...]:
    """Check that exactly the expected keys have signed, each once, and nobody else; in the order of `expected`.

    Raises:
        BadSignature: a signature is missing, doubled, failing or not expected.
    """  # spec: protocol.md 2
    lines = {(line.name, line.key_id): line for line in note.lines}
    wanted = [(key.name, key.key_id) for key in expected]
    if len(lines) != len(note.lines) or len(wanted) != len(note.lines) or set(wanted) != set(lines):
        raise BadSignature("the note does not have exactly the signatures that it must have")
    return tuple([_verify_line(note.text, lines[key.name, key.key_id], key) for key in expected])


@lru_cache(maxsize=64)
def _verify_line(text: str, line: SignatureLine, key: VerifierKey) -> Signed:
    """Verify one line; the same bytes under the same whole key are good once and for all, and bad ones are asked again."""
    if len(line.signature) != _SIGNATURE_BYTES[key.type]:
        raise BadSignature("a signature has the wrong length")
    time: Seconds | None = None
    signature = line.signature
    if key.type is not SignatureType.ED25519:
        time = Seconds(int.from_bytes(signature[:TIME_BYTES], "big"))
        signature = signature[TIME_BYTES:]
    try:
        key.public.verify(signature, signed_message(text, key.name, key.type, time))
    except InvalidSignature as error:
        raise BadSignature("a signature does not fit the note's text, name and time") from error
    return Signed(key, time)


def sign_line(text: str, key: VerifierKey, private: PrivateKey, time: Seconds | None = None) -> SignatureLine:
    """Sign a note's text; `time` is for the two types that carry one.

    Raises:
        BadForm: a time is missing, too many, or out of range; or the text is no checkpoint where it must be one.
    """
    if (time is None) != (key.type is SignatureType.ED25519):
        raise BadForm("cosignatures have a time, plain signatures have none")
    try:
        message = signed_message(text, key.name, key.type, time)
    except BadSignature as error:
        raise BadForm("this text or time cannot be signed") from error
    prefix = b"" if time is None else int(time).to_bytes(TIME_BYTES, "big")
    return SignatureLine(key.name, key.key_id, prefix + private.sign(message))


def signed_message(text: str, name: str, type_: SignatureType, time: Seconds | None) -> bytes:
    """Return the bytes that a signature of `type_` covers.

    Raises:
        BadSignature: the time is out of range, or ML-DSA-44 is asked to cover what is no checkpoint.
    """
    if type_ is SignatureType.ED25519:
        return text.encode()
    if time is None or not 0 <= time <= MAX_NUMBER:
        raise BadSignature("the time of a cosignature is out of range")
    if type_ is SignatureType.ED25519_COSIGNATURE:
        # spec: C2SP tlog-cosignature, Ed25519 signed message
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    return _cosigned_message(text, name, time)


def _cosigned_message(text: str, name: str, time: Seconds) -> bytes:
    """Return the `cosigned_message` structure of a checkpoint: a subtree that starts at 0."""
    # spec: C2SP tlog-cosignature, ML-DSA-44 signed message
    origin, size, root = _three_facts(text)
    return b"".join(
        (
            b"subtree/v1\n\x00",
            _short(name.encode()),
            int(time).to_bytes(TIME_BYTES, "big"),
            _short(origin),
            bytes(8),
            size.to_bytes(8, "big"),
            root,
        )
    )


def _three_facts(text: str) -> tuple[bytes, int, bytes]:
    """Return origin, size and root as the first three lines of a checkpoint's text state them."""
    lines = text.split("\n", 3)
    if len(lines) != 4 or not lines[0]:  # noqa: PLR2004  three lines, and what follows the third newline
        raise BadSignature("the text under the signature is not a checkpoint")
    root = decode_base64(lines[2], BadSignature, size=HASH_BYTES)
    return lines[0].encode(), parse_decimal(lines[1], BadSignature), root


def _short(raw: bytes) -> bytes:
    if not 0 < len(raw) <= MAX_NAME_BYTES:
        raise BadSignature("a name under an ML-DSA-44 cosignature has 1 to 255 bytes")
    return bytes([len(raw)]) + raw
