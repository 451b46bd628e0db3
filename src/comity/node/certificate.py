"""A certificate of destruction: what was destroyed, opened out of a leaf of a log that both parties signed, with its proof.

The rule it keeps: the file vouches for nothing by itself. Whoever has both key lists checks that the log's owner said so
then; that no copy is left is a promise, as everything is that somebody no longer has.
"""  # spec: protocol.md 11, What no rule here can show

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass
from typing import cast

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadProof
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, Origin
from comity.dispatch.book import LogRole
from comity.dispatch.entries import RecordLeaf, decode_entry, record_commit
from comity.dispatch.ports import Tx
from comity.node.proofs import entry_proof
from comity.node.publickeys import PublicKeys
from comity.tlog.proof import parse_proof
from comity.tlog.tree import leaf_hash, verify_inclusion

VERSION = "comity/certificate/1"
_FIELDS = 8
_KEYS = frozenset({"version", "entry", "salt", "record", "proof"})


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is certified.

    Attributes:
        kind: `shred` of what was held, `destroyed` of what was not admitted and lay with the custodian.
        dispatch: which.
        log, index: its leaf.
        commit: what that leaf commits to.
        parts: what was destroyed, by name.
        at: when, by the clock of who destroyed it.
    """

    kind: str
    dispatch: DispatchId
    log: Origin
    index: LeafIndex
    commit: Digest
    parts: tuple[str, ...]
    at: Ms


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate that holds: by which log, at which leaf, co-signed when (seconds)."""

    certificate: Certificate
    by: Origin
    leaf: LeafIndex
    cosigned: int


def encode_certificate(said: Certificate) -> bytes:
    """Return the record that the leaf commits to; no reason and no person stands in it."""
    return cbor.encode(
        [VERSION, said.kind, said.dispatch, said.log, said.index, said.commit, list(said.parts), said.at]
    )


def decode_certificate(record: bytes) -> Certificate:
    """Read what `encode_certificate` wrote.

    Raises:
        BadEnvelope: it is none.
    """
    value = cbor.decode(record)
    match value:
        case [version, str(kind), bytes(dispatch), str(log), int(index), bytes(commit), list(parts), int(at)] if (
            version == VERSION and len(value) == _FIELDS
        ):
            named = tuple(str(part) for part in parts)
            return Certificate(kind, DispatchId(dispatch), Origin(log), LeafIndex(index), Digest(commit), named, Ms(at))
        case _:
            raise BadEnvelope("this record is no certificate of destruction")


def certificate_file(tx: Tx, leaf: LeafIndex, salt: bytes, record: bytes) -> bytes | None:
    """Return the file for the other side, as JSON; None while no co-signed head covers the leaf."""
    proof = entry_proof(tx, LogRole.OURS, leaf, first=True)
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
