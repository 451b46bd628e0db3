"""The codecs of the courier: request and answer, problem, manifest, evidence; and canonical bytes beside a second reader."""

from __future__ import annotations

import json
from pathlib import Path

from comity.base import cbor
from comity.base.errors import BadEnvelope
from comity.base.ids import Digest, LeafIndex, Ms
from comity.dispatch import exchange_codec as codec
from tests.fuzz.targets.saying import one_form, without
from tests.properties import plain_cbor
from tests.unit.node.forge import START, Forger, node, pair
from tests.unit.node.world import exchange, form

VECTORS = Path(__file__).parents[2] / "vectors/cbor"
WORDS = (
    b"comity/1",
    b"comity/manifest/1",
    b"comity/evidence/1",
    b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x0d\xf5",
    b"\x0d\xf4",
    b"\xa0",
    b"\x80",
)


def once(data: bytes) -> None:
    try:
        taken: object = ("value", cbor.decode(data))
    except BadEnvelope:
        taken = None
    try:
        plain: object = ("value", plain_cbor.read(data))
    except plain_cbor.Refused:
        plain = None
    assert repr(taken) == repr(plain), "two readers of the same bytes differ"
    one_form(codec.decode_exchange, codec.encode_exchange, data, declared=BadEnvelope, written=_more)
    one_form(codec.decode_problem, codec.encode_problem, data, declared=BadEnvelope)
    one_form(codec.decode_manifest, codec.encode_manifest, data, declared=BadEnvelope)
    one_form(codec.decode_evidence, codec.encode_evidence, data, declared=BadEnvelope)


def _more(data: bytes) -> bytes:
    """`more` may be said to be false, and may be left out: the profile has both."""
    return without(data, 13, False)


def seeds():
    a, b = pair()
    yield "first", a.speak(START)
    exchange(a, b, START)
    a.submit([form("ours")], START)
    full = codec.decode_exchange(a.speak(Ms(START + 1)))
    small = codec.Exchange(
        **{name: getattr(full, name) for name in full.__slots__} | {"dispatches": ((LeafIndex(3), b"x"),)}
    )
    yield "small", codec.encode_exchange(small)
    forger = Forger(node())
    note = forger.head()
    yield "head", forger.say()
    yield "later", codec.encode_exchange(forger.shape(unknown=((3, b"\x01"), (99, cbor.encode(["later"])))))
    yield (
        "all",
        codec.encode_exchange(forger.shape(more=True, wait=25_000, wants=(LeafIndex(1),), cosignature=forger.cosign())),
    )
    yield "problem", codec.encode_problem(codec.Problem("gap", 5_000, 3, note, 0))
    yield "problem-bare", codec.encode_problem(codec.Problem("slow-down", 1_000, 0, None, 0))
    state = codec.LogState(3, Digest(bytes(32)))
    items = (codec.OpenItem(LeafIndex(1), 2), codec.OpenItem(LeafIndex(9), 0))
    yield (
        "manifest",
        codec.encode_manifest(codec.Manifest("2026-07-13", state, state, items, items, (Digest(bytes(32)),))),
    )
    found = codec.Evidence(codec.EvidenceClass.EQUIVOCATION, START, (note.encode(), b""), "two heads")
    yield "evidence", codec.encode_evidence(found)
    for name in ("good", "refused"):
        for number, case in enumerate(json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]):
            if "repeat" not in case and len(case["hex"]) < 400:
                yield f"{name}-{number:03}", bytes.fromhex(case["hex"])
