"""Public keys of both parties as a stranger has them, and the one check of a checkpoint that he needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from comity.base.errors import BadForm, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, Origin
from comity.dispatch.keylist import KeyList
from comity.node.assemble import cosigner_name, log_verifier
from comity.node.keyorder import Entered, wrong_signers
from comity.tlog.checkpoint import (
    CosignedHead,
    KeyRole,
    NoteVerifier,
    parse_body,
    verify_cosigned_head,
)
from comity.tlog.note import parse_note


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The log and mirror keys that whoever checks holds to be the parties' own.

    Attributes:
        logs, cosigners: of all lists.
        lists: the key lists themselves, by digest of their signed bytes, where they are known as signed.
    """

    logs: tuple[NoteVerifier, ...]
    cosigners: tuple[NoteVerifier, ...]
    lists: tuple[tuple[Digest, KeyList], ...] = ()

    @classmethod
    def signed(cls, *lists: tuple[bytes, KeyList]) -> Self:
        """Take all keys of key lists whose signed bytes are known: which of them apply then follows from a log."""
        made = cls.listed(*(keys for _, keys in lists))
        return cls(made.logs, made.cosigners, tuple((sha256(data), keys) for data, keys in lists))

    def wrong_signers(self, note: str, places: Sequence[Entered]) -> str:
        """Say why a head that `head` took is not signed by the keys in force at its size, or ""."""
        return wrong_signers(note, places, dict(self.lists))

    @classmethod
    def listed(cls, *lists: KeyList) -> Self:
        """Take all keys of key lists, spare mirror keys too."""
        cosigners = [
            NoteVerifier.from_raw(
                KeyRole.COSIGNER,
                cosigner_name(keys.node, pair.number),
                pair.cosigner().ed25519.public_bytes_raw(),
                pair.cosigner().ml_dsa.public_bytes_raw(),
            )
            for keys in lists
            for pair in keys.cosigners
        ]
        return cls(tuple(log_verifier(keys) for keys in lists), tuple(cosigners))

    @classmethod
    def from_vkeys(cls, lines: Sequence[str]) -> Self:
        """Take vkey lines: of each signer its Ed25519 line, then its ML-DSA-44 line.

        Raises:
            BadForm: a line is none, or a pair is not whole.
        """
        if len(lines) % 2:
            raise BadForm("verifier keys come in pairs, an Ed25519 line and then the ML-DSA-44 line of the same name")
        pairs = [NoteVerifier.from_vkeys(*lines[at : at + 2]) for at in range(0, len(lines), 2)]
        logs = tuple(pair for pair in pairs if pair.role is KeyRole.LOG)
        return cls(logs, tuple(pair for pair in pairs if pair.role is KeyRole.COSIGNER))

    def __add__(self, other: PublicKeys) -> PublicKeys:
        lists = (*self.lists, *other.lists)
        return PublicKeys((*self.logs, *other.logs), (*self.cosigners, *other.cosigners), lists)

    def head(self, note: str) -> CosignedHead:
        """Check a checkpoint: exactly the log's lines and one pair of the other party's mirror.

        Raises:
            BadSignature: it has others, or none of the given keys is the log's or the other party's.
        """  # spec: protocol.md 2
        parsed = parse_note(note)
        origin = parse_body(parsed.text).origin
        there = {(line.name, line.key_id) for line in parsed.lines}
        logs = [key for key in dict.fromkeys(self.logs) if key.name == origin and _signs(key, there)]
        mirrors = [
            key for key in dict.fromkeys(self.cosigners) if party(key.name) != party(origin) and _signs(key, there)
        ]
        if not logs or not mirrors:
            missing = "the log" if not logs else "the other party's mirror"
            raise BadSignature(f"the checkpoint of {origin} is not signed by a key of {missing} that was given")
        return verify_cosigned_head(note, Origin(origin), logs, mirrors[0])


def party(name: str) -> str:
    """Return the node that a log or mirror belongs to, from its name."""
    return name.rsplit("/", 2)[0]


def _signs(key: NoteVerifier, there: set[tuple[str, bytes]]) -> bool:
    return (key.name, key.ed25519.key_id) in there
