"""C2SP tlog-proof v1: a file that shows, without any network, that an entry stands in a signed and cosigned log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from comity.base.errors import BadForm, BadProof
from comity.base.ids import Digest, Origin
from comity.tlog.checkpoint import CosignedHead, NoteVerifier, verify_cosigned_head
from comity.tlog.text import decode_base64, encode_base64, parse_decimal
from comity.tlog.tree import HASH_BYTES, MAX_PROOF, leaf_hash, verify_inclusion

PROOF_SUFFIX: Final = ".tlog-proof"
MAX_PROOF_BYTES: Final = 262_144
_MAGIC = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof taken apart; nothing in it is verified.

    `path` goes from the leaf's sibling upward; `note` is the checkpoint as signed; `extra` is not authenticated.
    """

    index: int
    path: tuple[Digest, ...]
    note: str
    extra: bytes | None = None


def format_proof(proof: TlogProof) -> str:
    """Write the proof file.

    Raises:
        BadForm: what is written could not be read back.
    """  # spec: C2SP tlog-proof, Format
    extra = [] if proof.extra is None else [f"extra {encode_base64(proof.extra)}"]
    lines = [_MAGIC, *extra, f"index {proof.index}", *[encode_base64(step) for step in proof.path], "", proof.note]
    text = "\n".join(lines)
    try:
        parse_proof(text)
    except BadProof as error:
        raise BadForm("this cannot stand in a proof file") from error
    return text


def parse_proof(text: str) -> TlogProof:
    """Take a proof file apart.

    Raises:
        BadProof: it is not one, or not in the one canonical form.
    """
    head, blank, note = text.partition("\n\n")
    if not blank or not note or len(text) > MAX_PROOF_BYTES:
        raise BadProof("this is not a proof file, or it is too large")
    lines = head.split("\n")
    if lines.pop(0) != _MAGIC:
        raise BadProof("the first line is not that of a proof file")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0)[len("extra ") :], BadProof)
    if not lines or not lines[0].startswith("index "):
        raise BadProof("the proof file does not say the entry's index")
    index = parse_decimal(lines.pop(0)[len("index ") :], BadProof)
    if len(lines) > MAX_PROOF:
        raise BadProof("the proof has more hashes than any tree needs")
    path = tuple([Digest(decode_base64(line, BadProof, size=HASH_BYTES)) for line in lines])
    return TlogProof(index, path, note, extra)


def verify_proof(
    proof: TlogProof, entry: bytes, origin: Origin, log: Sequence[NoteVerifier], cosigner: NoteVerifier
) -> CosignedHead:
    """Check that `entry` stands in the log `origin`, under a head with exactly the log's and the cosigner's lines.

    Raises:
        BadSignature: the checkpoint does not have exactly those signatures.
        BadProof: the entry is not at that index under that root.
    """  # spec: C2SP tlog-proof, Verifying a tlog proof
    cosigned = verify_cosigned_head(proof.note, origin, log, cosigner)
    checkpoint = cosigned.head.checkpoint
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
    return cosigned
