"""Texts of the log: notes, checkpoints, key lines, proof files, and what exactly the right keys have signed."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path

from comity.base.errors import BadForm, BadProof, BadSignature
from comity.tlog.checkpoint import (
    NoteVerifier,
    cosign,
    make_checkpoint,
    merge,
    parse_body,
    sign_head,
    verify_cosignature,
    verify_cosigned_head,
    verify_head,
)
from comity.tlog.note import Seconds, parse_note, parse_vkey, verify_note
from comity.tlog.proof import TlogProof, format_proof, parse_proof
from tests.fuzz.targets.saying import one_form
from tests.unit.node.forge import cosigner_keys, half, log_keys
from tests.unit.node.world import A, B

VECTORS = Path(__file__).parents[2] / "vectors/tlog"
WORDS = (
    b"\n\n", "\u2014 ".encode(), b"c2sp.org/tlog-proof@v1\n", b"index ", b"extra ", b"+", b"\n0\n", b"9223372036854775807",
    b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", b"van.example/comity/log/1", b"ost.example/comity/mirror/1",
)  # fmt: skip


@cache
def signers():
    return log_keys(half(B)), cosigner_keys(half(A))


def once(data: bytes) -> None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode(errors="surrogateescape")
    log, mirror = signers()
    note = one_form(parse_note, lambda one: one.join(), text, declared=BadSignature)
    one_form(parse_body, lambda one: one.body(), text, declared=BadSignature)
    one_form(parse_vkey, lambda one: one.vkey(), text, declared=BadForm)
    one_form(parse_proof, format_proof, text, declared=BadProof)
    first, _, second = text.partition("\n")
    one_form(
        lambda _: NoteVerifier.from_vkeys(first, second), lambda one: "\n".join(one.vkeys()), text, declared=BadForm
    )
    origin = log.verifier.name
    heads = [_or_none(verify_head, text, origin, [log.verifier])]
    heads += [_or_none(verify_cosignature, text, origin, mirror.verifier)]
    heads += [_or_none(verify_cosigned_head, text, origin, [log.verifier], mirror.verifier)]
    assert sum(head is not None for head in heads) <= 1, "one text passes as two things"
    if note is not None:
        _or_none(verify_note, note, [log.verifier.ed25519, log.verifier.mldsa44])
        _or_none(merge, text, text)


def _or_none(check, *arguments):
    try:
        return check(*arguments)
    except BadSignature:
        return None


def seeds():
    log, mirror = signers()
    checkpoint = make_checkpoint(log.verifier.name, 257, bytes(range(32)))
    head, cosigned = (
        sign_head(checkpoint, [log], Seconds(1_783_900_800)),
        cosign(checkpoint, mirror, Seconds(1_783_900_801)),
    )
    yield "head", head.note.encode()
    yield "cosignature", cosigned.note.encode()
    yield "both", merge(head.note, cosigned.note).encode()
    yield "body", checkpoint.body().encode()
    yield "vkeys", "\n".join(log.verifier.vkeys()).encode()
    yield "vkey", mirror.verifier.vkeys()[0].encode()
    yield "proof", format_proof(TlogProof(3, (checkpoint.root,) * 3, head.note, b"more")).encode()
    yield "proof-bare", format_proof(TlogProof(0, (), checkpoint.body() + "\n\u2014 a AAAAAAA=\n")).encode()
    kept = json.loads((VECTORS / "note_vectors.json").read_text(encoding="utf-8"))
    for case in kept["notes"] + kept["checkpoints"]:
        yield f"note-{case['id']}", case["note"].encode(errors="surrogateescape")
    for case in kept["vkeys"]:
        yield f"vkey-{case['id']}", case["vkey"].encode(errors="surrogateescape")
    tessera = json.loads((VECTORS / "tessera_log.json").read_text(encoding="utf-8"))
    yield "tessera", base64.b64decode(tessera["files"]["checkpoint"])
