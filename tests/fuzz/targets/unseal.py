"""A sealed dispatch, and what it opens to: recipients, plain bytes, header, attachments part."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadSeal
from comity.base.ids import Digest
from comity.crypto import seal
from comity.crypto.keys import cose_key, key_id
from comity.crypto.suites import TAG_ENCRYPT
from comity.dispatch import wire
from comity.dispatch.attached import well_formed
from comity.marking.rules import default_label
from tests.fuzz.targets.saying import one_form
from tests.unit.node.forge import Forger, half, node
from tests.unit.node.world import A, B, Seeded

WORDS = (
    b"comity/dispatch/1",
    b"\xd8\x60\x84",
    b"application/comity-dispatch+cbor",
    b"\x01\x18\x47",
    b"\x05\x4c",
    b"\x58\x20",
)
VECTORS = Path(__file__).parents[2] / "vectors/seal/sealed.json"


@cache
def keys():
    private = half(A).sealing
    return {key_id(cose_key(private.public())): private, Digest(bytes(32)): half(B).sealing}


AAD = wire.seal_aad(B, A, bytes(16), bytes(32))


def once(data: bytes) -> None:
    _sealed(data)
    _plain(data)
    _header(data)
    _attachments(data)


def _sealed(data: bytes) -> None:
    try:
        named = seal.recipients(data)
    except BadSeal:
        named = ()
    else:
        assert cbor.encode_tagged(TAG_ENCRYPT, cbor.decode_tagged(data, TAG_ENCRYPT)) == data
        assert 1 <= len(named) <= seal.MAX_RECIPIENTS
    try:
        plain, found = seal.unseal_any(data, keys=keys(), aad=AAD)
    except BadSeal:
        return
    assert found == named
    _plain(plain)


def _plain(data: bytes) -> None:
    parts = one_form(wire.decode_plain, lambda _: data, data, declared=BadEnvelope)
    if parts is None:
        return
    bare = cbor.encode((wire.DISPATCH, *[[part.salt, part.content] for part in parts], b""))[:-1]
    assert data.startswith(bare), "the four parts stand as they are written"
    assert len(wire.commit_of(parts)) == 32
    _header(parts[0].content)
    _attachments(parts[2].content)


def _header(data: bytes) -> None:
    header = one_form(wire.decode_header, wire.encode_header, data, declared=BadEnvelope)
    if header is not None:
        wire.label_of(header.labels)


def _attachments(data: bytes) -> None:
    found = one_form(wire.decode_attachments, wire.encode_attachments, data, declared=BadEnvelope)
    if found is not None:
        well_formed(found)


def seeds():
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
    for number, case in enumerate(cases):
        if len(case["hex"]) <= 8_000:
            yield f"vector-{number:02}", bytes.fromhex(case["hex"])
    forger = Forger(node())
    entropy = Seeded("fuzz")
    public = forger.them.sealing.public()
    to = [(key_id(cose_key(public)), public)]
    for name, changes in {
        "note": {}, "recall": {"kind": "recall", "re": (bytes(16),)}, "after": {"after": (bytes(16), bytes([1] * 16))},
        "unknown": {"unknown": ((99, cbor.encode("later")),)},
        "labels": {"labels": wire.wire_labels(default_label("organised-crime", "agency"))},
    }.items():  # fmt: skip
        header = wire.encode_header(forger.header(**changes))
        files = (wire.Attachment("a.pdf", "application/pdf", 5, 77, Digest(bytes(32)), bytes(32)),)
        contents = (header, cbor.encode({"text": name}), wire.encode_attachments(files if name == "note" else ()), b"")
        rows = [[part.salt, part.content] for part in wire.salted(contents, entropy)]
        plain = cbor.encode((wire.DISPATCH, *rows, bytes(9)))
        yield f"header-{name}", header
        yield f"plain-{name}", plain
        yield f"sealed-{name}", seal.seal(plain, recipients=to, aad=AAD, entropy=entropy)
    yield "attachments", contents[2]
    yield "attachments-one", wire.encode_attachments(files)
