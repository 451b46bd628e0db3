"""Checkpoints, and who signs them: the log's head signature and the other party's cosignature.

The rule of the profile: each is a pair, Ed25519 and ML-DSA-44, with one time, and a verifier demands exactly the
expected lines. A checkpoint has three lines; an extension line is refused, because ML-DSA-44 would not cover it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from comity.base.errors import BadForm, BadSignature
from comity.base.ids import Digest, Origin
from comity.tlog.note import (
    Note,
    Seconds,
    SignatureLine,
    SignatureType,
    Signed,
    VerifierKey,
    is_key_name,
    make_verifier,
    parse_note,
    parse_vkey,
    sign_line,
    verify_exact,
)
from comity.tlog.text import MAX_NUMBER, decode_base64, encode_base64, parse_decimal
from comity.tlog.tree import EMPTY_ROOT, HASH_BYTES

MAX_CHECKPOINT_BYTES: Final = 32_768  # spec: protocol.md 5


class KeyRole(StrEnum):
    """What a pair of note keys is for; it decides the type of the Ed25519 half."""

    LOG = "log"
    COSIGNER = "cosigner"


_ED25519_TYPE = {
    KeyRole.LOG: SignatureType.ED25519,
    KeyRole.COSIGNER: SignatureType.ED25519_COSIGNATURE,
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The three facts of a log's head. The root is 32 bytes; that of an empty log is the hash of nothing."""

    origin: Origin
    size: int
    root: Digest

    def body(self) -> str:
        """Return the note text: three lines, each with its newline."""  # spec: C2SP tlog-checkpoint
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def make_checkpoint(origin: Origin, size: int, root: bytes) -> Checkpoint:
    """Make a checkpoint of our own log.

    Raises:
        BadForm: a value that could not be read back.
    """
    checkpoint = Checkpoint(origin, size, Digest(root))
    try:
        parse_body(checkpoint.body())
    except BadSignature as error:
        raise BadForm("origin, size or root cannot stand in a checkpoint") from error
    return checkpoint


def parse_body(text: str) -> Checkpoint:
    """Read a checkpoint's text; nothing is verified.

    Raises:
        BadSignature: it is not exactly three well-formed lines.
    """  # spec: protocol.md 2
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not is_key_name(lines[0]):  # noqa: PLR2004  three lines, each with a newline
        raise BadSignature("a checkpoint has a proper origin and exactly three lines; extension lines are refused")
    size = parse_decimal(lines[1], BadSignature)
    root = Digest(decode_base64(lines[2], BadSignature, size=HASH_BYTES))
    if size == 0 and root != EMPTY_ROOT:
        raise BadSignature("an empty log has one root, and this is not it")
    return Checkpoint(Origin(lines[0]), size, root)


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """The public pair of a log key or a cosigning key."""

    role: KeyRole
    name: str
    ed25519: VerifierKey
    mldsa44: VerifierKey

    @staticmethod
    def from_raw(role: KeyRole, name: str, ed25519: bytes, mldsa44: bytes) -> NoteVerifier:
        """Make the pair from raw public keys of 32 and 1,312 bytes.

        Raises:
            BadForm: the name or a key cannot be one.
        """
        return NoteVerifier(
            role,
            name,
            make_verifier(name, _ED25519_TYPE[role], ed25519),
            make_verifier(name, SignatureType.MLDSA44_COSIGNATURE, mldsa44),
        )

    @staticmethod
    def from_vkeys(ed25519: str, mldsa44: str) -> NoteVerifier:
        """Make the pair from two vkey lines; the first one's type says whether it is a log's or a cosigner's.

        Raises:
            BadForm: a line is malformed, the types are not those of a pair, or the names differ.
        """
        first, second = parse_vkey(ed25519), parse_vkey(mldsa44)
        roles = {type_: role for role, type_ in _ED25519_TYPE.items()}
        if first.type not in roles or second.type is not SignatureType.MLDSA44_COSIGNATURE or first.name != second.name:
            raise BadForm("a pair is an Ed25519 and an ML-DSA-44 verifier key of one name, in this order")
        return NoteVerifier(roles[first.type], first.name, first, second)

    def vkeys(self) -> tuple[str, str]:
        """Return the two vkey lines, Ed25519 first."""
        return self.ed25519.vkey(), self.mldsa44.vkey()


@dataclass(frozen=True, slots=True, repr=False)
class NoteKeys:
    """The private pair of a log key or a cosigning key, with its public side. It is never printed."""

    ed25519: Ed25519PrivateKey
    mldsa44: MLDSA44PrivateKey
    verifier: NoteVerifier

    @staticmethod
    def of(role: KeyRole, name: str, ed25519: Ed25519PrivateKey, mldsa44: MLDSA44PrivateKey) -> NoteKeys:
        """Put a name and a role to two private keys.

        Raises:
            BadForm: the name cannot stand in a signature line.
        """
        public = ed25519.public_key().public_bytes_raw(), mldsa44.public_key().public_bytes_raw()
        return NoteKeys(ed25519, mldsa44, NoteVerifier.from_raw(role, name, *public))

    @staticmethod
    def from_seeds(role: KeyRole, name: str, ed25519: bytes, mldsa44: bytes) -> NoteKeys:
        """Make the pair from two secret seeds of 32 bytes each."""
        private = Ed25519PrivateKey.from_private_bytes(ed25519), MLDSA44PrivateKey.from_seed_bytes(mldsa44)
        return NoteKeys.of(role, name, *private)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A checkpoint that its log signed, verified or just made; `time` is the log's own claim, from ML-DSA-44."""

    checkpoint: Checkpoint
    time: Seconds
    note: str


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A cosignature, verified or just made: the cosigner held every entry of this checkpoint at `time`."""

    checkpoint: Checkpoint
    cosigner: str
    time: Seconds
    note: str


@dataclass(frozen=True, slots=True)
class CosignedHead:
    """A checkpoint under both: what an export, a proof and a court need. `note` holds all four lines."""

    head: SignedHead
    cosigned: Cosigned
    note: str


# --- making ------------------------------------------------------------------------------------------------------


def sign_head(checkpoint: Checkpoint, keys: Sequence[NoteKeys], time: Seconds) -> SignedHead:
    """Sign a head with the log's key; with the old and the new key where a change of keys is first covered.

    The caller has stored every entry below the size, never signed a head that this one does not extend, and takes
    care that `time` never goes back.

    Raises:
        BadForm: the keys are not log keys under the checkpoint's origin, or the time is out of range.
    """  # spec: protocol.md 2, 4, 10
    text = checkpoint.body()
    _check_log_keys(checkpoint.origin, [pair.verifier for pair in keys])
    lines = [line for pair in keys for line in _sign_pair(text, pair, time)]
    return SignedHead(checkpoint, time, Note(text, tuple(lines)).join())


def cosign(checkpoint: Checkpoint, keys: NoteKeys, time: Seconds) -> Cosigned:
    """Cosign the other party's checkpoint; its note is the text with our two lines only.

    The caller holds every entry below the size and has checked that they give the root.

    Raises:
        BadForm: the keys are not cosigning keys, or the time is out of range.
    """  # spec: protocol.md 2, 4
    if keys.verifier.role is not KeyRole.COSIGNER:
        raise BadForm("a log key does not cosign")
    text = checkpoint.body()
    note = Note(text, _sign_pair(text, keys, time)).join()
    return Cosigned(checkpoint, keys.verifier.name, time, note)


def merge(head_note: str, cosignature_note: str) -> str:
    """Put a head's and a cosignature's lines under their one checkpoint; nothing is verified.

    Raises:
        BadSignature: one of them is no note, or they are about different checkpoints.
    """
    head, cosignature = parse_note(head_note), parse_note(cosignature_note)
    if head.text != cosignature.text:
        raise BadSignature("head and cosignature are about different checkpoints")
    return Note(head.text, head.lines + cosignature.lines).join()


def _sign_pair(text: str, keys: NoteKeys, time: Seconds) -> tuple[SignatureLine, SignatureLine]:
    if not 0 < time <= MAX_NUMBER:
        raise BadForm("a head and a cosignature have a time")
    timed = keys.verifier.role is KeyRole.COSIGNER
    return (
        sign_line(text, keys.verifier.ed25519, keys.ed25519, time if timed else None),
        sign_line(text, keys.verifier.mldsa44, keys.mldsa44, time),
    )


def _check_log_keys(origin: str, verifiers: Sequence[NoteVerifier]) -> None:
    if not verifiers or any(pair.role is not KeyRole.LOG or pair.name != origin for pair in verifiers):
        raise BadForm("a head is signed by log keys that bear the log's own name")


# --- checking ----------------------------------------------------------------------------------------------------


def verify_head(note: str, origin: Origin, log: Sequence[NoteVerifier]) -> SignedHead:
    """Check a signed head: exactly the signatures of the given log keys, one pair or, at a change, two.

    Raises:
        BadSignature: anything else; the head is not to be kept.
        BadForm: the keys handed in are not keys of that log.
    """  # spec: protocol.md 2, 7 check 3
    _check_log_keys(origin, log)
    parsed, checkpoint = _parse_checkpoint(note, origin)
    time = _one_time(verify_exact(parsed, [key for pair in log for key in (pair.ed25519, pair.mldsa44)]))
    return SignedHead(checkpoint, time, note)


def verify_cosignature(note: str, origin: Origin, cosigner: NoteVerifier) -> Cosigned:
    """Check a cosignature of the log `origin`: exactly the two lines of that cosigner, with one time.

    The caller compares size and root with its own log.

    Raises:
        BadSignature: anything else.
        BadForm: the key handed in is not a cosigning key.
    """  # spec: protocol.md 2, 7 check 12
    _check_cosigner(cosigner)
    parsed, checkpoint = _parse_checkpoint(note, origin)
    time = _one_time(verify_exact(parsed, (cosigner.ed25519, cosigner.mldsa44)))
    return Cosigned(checkpoint, cosigner.name, time, note)


def verify_cosigned_head(
    note: str, origin: Origin, log: Sequence[NoteVerifier], cosigner: NoteVerifier
) -> CosignedHead:
    """Check a fully signed and cosigned checkpoint, as `merge` makes it: exactly all those lines.

    Raises:
        BadSignature: anything else.
        BadForm: the keys handed in are not what they are taken for.
    """
    _check_log_keys(origin, log)
    _check_cosigner(cosigner)
    parsed, _ = _parse_checkpoint(note, origin)
    theirs = [line for line in parsed.lines if line.name == cosigner.name]
    ours = [line for line in parsed.lines if line.name != cosigner.name]
    head = verify_head(Note(parsed.text, tuple(ours)).join(), origin, log)
    cosigned = verify_cosignature(Note(parsed.text, tuple(theirs)).join(), origin, cosigner)
    return CosignedHead(head, cosigned, note)


def _check_cosigner(cosigner: NoteVerifier) -> None:
    if cosigner.role is not KeyRole.COSIGNER:
        raise BadForm("a cosignature is checked with a cosigning key")


def _parse_checkpoint(note: str, origin: Origin) -> tuple[Note, Checkpoint]:
    if len(note) > MAX_CHECKPOINT_BYTES:
        raise BadSignature("the checkpoint is larger than 32 KiB")
    parsed = parse_note(note)
    checkpoint = parse_body(parsed.text)
    if checkpoint.origin != origin:
        raise BadSignature("the checkpoint is of another log")
    return parsed, checkpoint


def _one_time(signed: Sequence[Signed]) -> Seconds:
    """Return the time that all the timed signatures agree on."""
    times = {one.time for one in signed if one.time is not None}
    if len(times) != 1 or 0 in times:
        raise BadSignature("the signatures do not carry one and the same time")
    return times.pop()
