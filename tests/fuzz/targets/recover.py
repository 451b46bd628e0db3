"""`recover`, `recovered` and `restored`: as they came, and as payloads that the right log keys have signed; read and taken by a node.

In a payload that is signed here 32 bytes of zeros where the request's hash stands are the hash that the node asked with, and a text
`SIZE TIME` where a head stands is our own head of that size and time, signed.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from functools import cache

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms
from comity.crypto.sign import sign_instrument, unverified_payload
from comity.dispatch import recover_codec as codec
from comity.dispatch.book import Ledger, LogRole
from comity.edge.sqlite import SqliteStore
from comity.node.node import Node
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.tlog.checkpoint import Checkpoint, cosign, merge, sign_head
from comity.tlog.note import Seconds
from comity.tlog.tree import root as tree_root
from tests.fuzz.guard import own_hands
from tests.fuzz.targets.saying import without
from tests.unit.node.forge import START, Forger, S, cosigner_keys, half, log_keys, logs, node
from tests.unit.node.world import A, B, form

WORDS = (
    b"comity/1",
    b"comity/restored/1",
    b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x58\x20" + bytes(32),
    b"\x1a" + S.to_bytes(4, "big"),
    b"\xf6",
    b"3 1783900800",
    b"4 1783900801",
)
NOW = Ms(START + 5_000)
_HEAD = re.compile(r"(\d{1,4}) (\d{1,12})", re.ASCII)


@cache
def world():
    with own_hands():
        a = node()
        forger = Forger(a)
        a.submit([form("ours")], START)
        a.speak(START)
        forger.send(forger.make("theirs"), cosignature=forger.cosign(at=S + 1))
        a.speak(Ms(START + 1_000))
        store = SqliteStore(":memory:", image=a.store.image())
        asking = Node(a.office, a.voice, a.peer, Ledger(store), a.timers)
        asking.starts(Ms(START + 2_000))
        asked = asking.recover_request()
        image = store.image()
    return a, a.store.image(), image, asked


@contextmanager
def copy(image: bytes):
    """Give the node over a copy of its store."""
    a = world()[0]
    with own_hands():
        store = SqliteStore(":memory:", image=image)
    try:
        yield Node(a.office, a.voice, a.peer, Ledger(store), a.timers)
    finally:
        with own_hands():
            store.close()


def once(data: bytes) -> None:
    theirs = half(B).log.public()
    for read in codec.read_recover, codec.read_recovered, codec.read_restored:
        try:
            read(data, theirs)
        except (BadEnvelope, BadSignature):
            continue
    with suppress(BadEnvelope):
        codec.unverified_papers(data)
    _answered(data)
    _took(data)
    if len(data) < 4096 and data[:1] and data[0] >> 5 == 5:
        _signed_for_it(data)


def _signed_for_it(payload: bytes) -> None:
    keys = half(B).log
    payload = _filled(payload)
    signed = {kind: sign_instrument(payload, kind, keys) for kind in ("recover", "recovered", "restored")}
    _same(codec.read_recover, codec.sign_recover, signed["recover"], payload)
    _same(codec.read_recovered, codec.sign_recovered, signed["recovered"], payload)
    _same(codec.read_restored, codec.sign_restored, signed["restored"], payload)
    _answered(signed["recover"])
    _took(signed["recovered"])


def _same(read, write, signed: bytes, payload: bytes) -> None:
    keys = half(B).log
    try:
        value = read(signed, keys.public())
    except (BadEnvelope, BadSignature):
        return
    again = unverified_payload(write(value, keys))
    # No papers may be said by an empty list, and by leaving it out: the profile has both.
    assert again == (without(payload, 7, []) if read is codec.read_recovered else payload), "it is written otherwise"


def _answered(data: bytes) -> None:
    """A node answers it, or says why not; its answer is one."""
    with copy(world()[1]) as asked:
        try:
            signed = asked.take_recover(data, NOW)
        except Problem:
            return
    codec.read_recovered(signed, half(A).log.public())


def _took(data: bytes) -> None:
    """A node that starts takes it for the answer to its question, or says why not."""
    with copy(world()[2]) as starting:
        before = logs(starting)
        try:
            found, missing = starting.take_recovered(data, NOW)
        except Problem:
            pass
        else:
            assert (missing is not None) == (found is Next.FETCH)
        assert logs(starting)[1] == before[1]
        assert logs(starting)[0].size == before[0].size


def _filled(payload: bytes) -> bytes:
    """Put what only this run can know into a payload."""
    try:
        value = cbor.decode(payload)
    except BadEnvelope:
        return payload
    if not isinstance(value, dict):
        return payload
    value = dict(value)
    if value.get(6) == bytes(32) and "nonce" not in value:
        value[6] = sha256(world()[3]) if isinstance(value.get(3), list) else value[6]
    for key in (2, 5):
        value[key] = _head(value[key], both=key == 5) if key in value else value.pop(key, None)
    if isinstance(value.get(3), list):
        value[3] = [_head(one) for one in value[3]]
    return cbor.encode({key: one for key, one in value.items() if key in cbor.decode(payload)})


def _head(said, *, both: bool = False):
    found = _HEAD.fullmatch(said) if isinstance(said, str) else None
    if found is None or int(found[2]) == 0:
        return said
    a = world()[0]
    role = LogRole.THEIRS if both else LogRole.OURS
    row = logs(a)[1 if both else 0]
    with a.ledger.begin() as book:
        size = min(int(found[1]), row.size)
        checkpoint = Checkpoint(row.origin, int(found[1]), Digest(tree_root(book.tiles(role), size)))
    if not checkpoint.size:
        return said
    head = sign_head(checkpoint, [log_keys(half(B if both else A))], Seconds(int(found[2]))).note
    return merge(head, cosign(checkpoint, cosigner_keys(half(A)), Seconds(int(found[2]))).note) if both else head


def seeds():
    b = half(B)
    origin = log_keys(b).verifier.name
    ours = logs(world()[0])[0]
    for name, second, size in ("same", 0, 5), ("new", S + 5, 5), ("far", S + 9_999, 0), ("late", 1, 5):
        asked = codec.Recover(origin, second, size, ours.size, bytes(range(32)))
        yield f"recover-{name}", unverified_payload(codec.sign_recover(asked, b.log))
    yield (
        "recover-signed",
        codec.sign_recover(codec.Recover(origin, 0, 5, 5, bytes(32), unknown=((99, b"\x01"),)), b.log),
    )
    request = Digest(bytes(32))
    papers = (codec.Paper(ours.origin, LeafIndex(0), half(A).keys), codec.Paper(origin, None, half(B).keys))
    for name, answer in {
        "nothing": codec.Recovered(None, (), 0, None, request),
        "own": codec.Recovered(f"{ours.head_size} {ours.head_time}", (), S, None, request),
        "longer": codec.Recovered(f"{ours.head_size + 3} {S + 3}", (f"{ours.head_size + 5} {S + 4}",), S, None, request),
        "cosigned": codec.Recovered(None, (f"{ours.head_size} {S}",), S, f"4 {S}", request),
        "unknown": codec.Recovered(None, (), S, None, request, unknown=((99, b"\x01"),)),
    }.items():  # fmt: skip
        yield f"recovered-{name}", unverified_payload(codec.sign_recovered(answer, b.log))
    yield "recovered-papers", codec.sign_recovered(codec.Recovered(None, (), S, None, request, papers[1:]), b.log)
    restored = codec.Restored(S, 4, Digest(bytes(32)), ("a head",), ((99, b"\x01"),))
    yield "restored", unverified_payload(codec.sign_restored(restored, b.log))
    yield "papers-none", cbor.encode({1: "comity/1", 2: None, 3: [], 4: 0, 5: None, 6: bytes(32), 7: []})
