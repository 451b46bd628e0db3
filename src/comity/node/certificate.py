"""A certificate of destruction: what was destroyed, opened out of a leaf of a log that both parties signed, with its proof.

The rule it keeps: the file vouches for nothing by itself. Whoever has both key lists checks that the log's owner said so
then; that no copy is left is a promise, as everything is that somebody no longer has.
"""  # spec: protocol.md 11, What no rule here can show

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass
from typing import cast

from comity.base.errors import BadEnvelope, BadProof
from comity.base.ids import LeafIndex, Origin
from comity.dispatch.book import LogRole
from comity.dispatch.certificates import VERSION, Certificate, decode_certificate
from comity.dispatch.entries import RecordLeaf, decode_entry, record_commit
from comity.dispatch.ports import Tx
from comity.node.proofs import entry_proof
from comity.node.publickeys import PublicKeys
from comity.tlog.proof import parse_proof
from comity.tlog.tree import leaf_hash, verify_inclusion

_KEYS = frozenset({"version", "entry", "salt", "record", "proof"})


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate that holds: by which log, at which leaf, co-signed when (seconds)."""

    certificate: Certificate
    by: Origin
    leaf: LeafIndex
    cosigned: int


def certificate_file(
    tx: Tx, leaf: LeafIndex, salt: bytes, record: bytes, *, role: LogRole = LogRole.OURS
) -> bytes | None:
    """Return the file for whoever asks, as JSON, of a leaf of our log or of theirs; None while no co-signed head covers it."""
    proof = entry_proof(tx, role, leaf, first=True)
    if proof is None:
        return None
    said = {"version": VERSION, "entry": proof.entry.hex(), "salt": salt.hex(), "record": record.hex()}
    return json.dumps({**said, "proof": proof.text()}, indent=1).encode() + b"\n"


def _is_certificate(said: object) -> bool:
    """Say whether this is a table of exactly the texts that a certificate has."""
    if not isinstance(said, dict):
        return False
    texts = cast("dict[str, object]", said)
    return texts.keys() == _KEYS and all(isinstance(one, str) for one in texts.values())


def check_certificate(content: bytes, keys: PublicKeys) -> Certified:
    """Check a file with the public keys of both parties.

    Raises:
        BadEnvelope: it is no certificate.
        BadProof, BadSignature: its log does not say so.
    """
    try:
        said = cast("dict[str, str]", json.loads(content))
        if not _is_certificate(said):
            raise BadEnvelope("this file is no certificate of destruction")
        entry, salt, record = (bytes.fromhex(said[name]) for name in ("entry", "salt", "record"))
    except (UnicodeDecodeError, ValueError, binascii.Error) as error:
        raise BadEnvelope("this file is no certificate of destruction") from error
    proof = parse_proof(said["proof"])
    head = keys.head(proof.note)
    checkpoint = head.head.checkpoint
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
    leaf, certificate = decode_entry(entry), decode_certificate(record)
    if not isinstance(leaf, RecordLeaf) or (leaf.kind, leaf.commit) != (certificate.kind, record_commit(salt, record)):
        raise BadProof("the leaf of the log does not say what this certificate says")
    return Certified(certificate, checkpoint.origin, LeafIndex(proof.index), head.cosigned.time)
