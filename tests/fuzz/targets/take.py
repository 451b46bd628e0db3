"""The whole taking of an exchange or a problem by a node: as it came, or said by a peer that signs whatever it likes.

Bytes that are a CBOR map of the keys below are a script: party B, with its real keys, makes of it log, head, seals and exchange.
All else is given to the node as it is.
"""

from __future__ import annotations

from functools import cache

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm
from comity.base.hashing import sha256
from comity.base.ids import Digest, LeafIndex, Ms
from comity.crypto.keys import cose_key, key_id
from comity.crypto.seal import seal
from comity.dispatch import wire
from comity.dispatch.book import Ledger, LogRole
from comity.dispatch.entries import (
    DispatchLeaf,
    Fact,
    HeadLeaf,
    ReceiptLeaf,
    RecordLeaf,
    Withdrawal,
    WithdrawLeaf,
    encode_entry,
)
from comity.dispatch.exchange_codec import Exchange, decode_exchange, decode_problem, encode_exchange
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import Lane
from comity.node.absorb import PENDING_HEADS
from comity.node.node import Node
from comity.node.taken import Problem
from comity.tlog.checkpoint import Checkpoint, cosign, make_checkpoint, sign_head
from comity.tlog.note import Seconds
from comity.tlog.tree import root as tree_root
from tests.fuzz.guard import own_hands
from tests.unit.node.forge import START, Forger, S, counter, entries, logs, node, rows
from tests.unit.node.world import form

AT, ENTRIES, MADE, RAW, SIZE, BASE, COSIGN, WANTS, CREDIT, WAIT, MIRROR, ROOT, MORE, APART = range(14)
WORDS = (
    b"comity/leaf/1",
    b"comity/1",
    b"refused",
    b"arrived",
    b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x1a" + S.to_bytes(4, "big"),
    b"\xf5",
    b"\xf6",
)
NOW = Ms(START + 5_000)


@cache
def world():
    """Return a node whose log and mirror have a few dispatches, the image of its store, and its dishonest peer."""
    with own_hands():
        a = node()
        forger = Forger(a)
        a.submit([form("ours"), form("ours too")], START)
        a.speak(START)
        a.take(forger.say(), START)
        forger.send(
            forger.make("theirs"), forger.make("later", after=(bytes(16),)), cosignature=forger.cosign(at=S + 1)
        )
        a.speak(Ms(START + 1_000))
    return a, a.store.image(), forger


def copy() -> Node:
    a, image, _ = world()
    with own_hands():
        store = SqliteStore(":memory:", image=image)
    made = Node(a.office, a.voice, a.peer, Ledger(store), a.timers)
    made.store = store
    return made


def once(data: bytes) -> None:
    taker = copy()
    try:
        script = _script(data)
        said = data if script is None else _said(script, taker)
        if said is not None:
            _take(taker, said, apart=script is not None and script.get(APART) is True)
        _told(taker, data)
    finally:
        with own_hands():
            taker.store.close()


def _take(taker: Node, said: bytes, *, apart: bool) -> None:
    before = logs(taker)[1]
    held = rows(taker, "SELECT id, fact FROM got ORDER BY idx")
    try:
        taken = taker.take(said, NOW, apart=apart)
    except Problem as found:
        problem: Problem | None = found
    else:
        problem = None
    if problem is not None:
        assert 400 <= problem.status < 600
        decode_problem(taker.problem_bytes(problem))
        assert logs(taker)[1].size == before.size, "of an exchange that is not taken nothing is believed"
        assert rows(taker, "SELECT id, fact FROM got ORDER BY idx") == held
    else:
        after = logs(taker)[1]
        assert after.size >= before.size
        assert taken.grew == (after.size > before.size)
        with taker.ledger.begin() as book:
            assert tree_root(book.tiles(LogRole.THEIRS), before.size) == world()[2].root(before.size), (
                "what was held stands"
            )
    assert rows(taker, "SELECT count(*) FROM pending_head")[0][0] <= PENDING_HEADS
    assert counter(taker, "evidence") >= 0
    taker.tick(Ms(NOW + 1_000))
    _speaks(taker)


def _speaks(taker: Node) -> None:
    """Whatever was taken: the node goes on, and what it says is an exchange."""
    try:
        said = taker.speak(Ms(NOW + 2_000))
    except Problem as found:
        refused = found.code
    else:
        refused = None
        assert encode_exchange(decode_exchange(said)) == said
    assert refused in {None, "recovering", "broken"}
    entries(taker), entries(taker, LogRole.THEIRS)


def _told(taker: Node, data: bytes) -> None:
    try:
        problem = decode_problem(data)
    except BadEnvelope:
        return
    taker.take_problem(problem, NOW)
    _speaks(taker)


def _our_root(a: Node, size: int) -> Digest:
    with a.ledger.begin() as book:
        return tree_root(book.tiles(LogRole.OURS), size)


# --- the peer that signs whatever it likes -----------------------------------------------------------------------


def _script(data: bytes) -> dict[int, Value] | None:
    try:
        value = cbor.decode(data)
    except BadEnvelope:
        return None
    return (
        value
        if isinstance(value, dict) and value.keys() <= set(range(14)) and not isinstance(value.get(1), str)
        else None
    )


def _said(script: dict, taker: Node) -> bytes | None:
    forger = world()[2]
    kept = list(forger.entries)
    try:
        return _exchange(script, forger, logs(taker)[1].size)
    except (BadForm, BadEnvelope):
        return None  # not even this peer can say it
    finally:
        forger.entries, forger.signed = kept, {}


def _exchange(script: dict, forger: Forger, mirrored: int) -> bytes:
    forger.entries += [one[:1024] for one in _list(script, ENTRIES, bytes)][:64]
    sealed: list[tuple[LeafIndex, bytes]] = []
    for made in _list(script, MADE, list)[:4]:
        leaf, content = _seal(forger, made)
        sealed.append((forger.grow(leaf), content))
    sealed += [(LeafIndex(i), b) for i, b in _pairs(script, RAW, int, bytes)]
    size = min(_uint(script, SIZE, len(forger.entries)), len(forger.entries))
    base = _uint(script, BASE, min(mirrored, size))
    at = Seconds(_uint(script, AT, S + 2))
    root = script[ROOT] if isinstance(script.get(ROOT), bytes) and len(script[ROOT]) == 32 else forger.root(size)
    head = sign_head(make_checkpoint(forger.log.verifier.name, size, root), [forger.log], at).note
    return encode_exchange(
        Exchange(
            origin=forger.log.verifier.name, base=base, entries=tuple(forger.entries[min(base, size) : size]), checkpoint=head,
            cosignature=_cosigned(script, forger), mirror_size=_uint(script, MIRROR, 0), mirror_root=Digest(bytes(32)),
            dispatches=tuple(sealed), wants=tuple(LeafIndex(i) for i in _list(script, WANTS, int)),
            credit=tuple((Lane(i), n) for i, n in _pairs(script, CREDIT, int, int) if i in list(Lane)),
            wait=_uint(script, WAIT, 0), more=script.get(MORE) is True,
        )
    )  # fmt: skip


def _cosigned(script: dict, forger: Forger) -> str | None:
    said = _list(script, COSIGN, int)
    if len(said) < 2 or isinstance(said[0], bool):
        return None
    ours = logs(forger.against)[0]
    size = min(said[0], ours.size)
    root = _our_root(forger.against, size)
    return cosign(
        Checkpoint(ours.origin, said[0] if len(said) > 2 else size, root), forger.mirror, Seconds(said[1])
    ).note


def _seal(forger: Forger, made: list) -> tuple[DispatchLeaf, bytes]:
    contents = [one if isinstance(one, bytes) else b"" for one in (*made, b"", b"", b"", b"")[:4]]
    try:
        id_, lane = (header := wire.decode_header(contents[0])).id, header.lane
    except BadEnvelope:
        id_, lane = bytes(16), Lane.NORMAL
    parts = wire.salted(tuple(contents), forger.seeded)
    public = forger.them.sealing.public()
    aad = wire.seal_aad(forger.us.name, forger.them.name, id_, forger.accord)
    plain = wire.encode_plain(parts, recipients=1)[0]
    content = seal(plain, recipients=[(key_id(cose_key(public)), public)], aad=aad, entropy=forger.seeded)
    return DispatchLeaf(id_, lane, 1, wire.commit_of(parts), sha256(content), len(content), Digest(bytes(32))), content


def _uint(script: dict, key: int, default: int) -> int:
    value = script.get(key)
    return value if type(value) is int else default


def _list(script: dict, key: int, kind: type) -> list:
    value = script.get(key)
    return [one for one in value if type(one) is kind] if isinstance(value, list) else []


def _pairs(script: dict, key: int, first: type, second: type) -> list:
    pairs = [one for one in _list(script, key, list) if len(one) == 2]
    return [one for one in pairs if type(one[0]) is first and type(one[1]) is second]


def seeds():
    a, _, forger = world()
    yield "honest", forger.say()
    yield "nothing", cbor.encode({AT: S + 2})
    header = wire.encode_header(forger.header())
    body = cbor.encode({"text": "hello"})
    yield "dispatch", cbor.encode({MADE: [[header, body, b"\x80", b""]]})
    yield "two", cbor.encode({MADE: [[header, body, b"\x80", b""], [header, body, b"\x80", b""]]})
    recall = wire.encode_header(forger.header(kind="recall", re=(bytes(16),)))
    yield "recall", cbor.encode({MADE: [[recall, body, b"\x80", b""]], MORE: True, APART: True})
    files = wire.encode_attachments((wire.Attachment("a.pdf", "application/pdf", 5, 77, Digest(bytes(32)), bytes(32)),))
    yield "files", cbor.encode({MADE: [[header, body, files, b""]]})
    ours = [leaf for leaf in entries(a) if isinstance(leaf, DispatchLeaf)]
    at = LeafIndex(len(entries(a)) - 1)
    for index, leaf in enumerate(entries(a)):
        if isinstance(leaf, DispatchLeaf):
            at = LeafIndex(index)
    for fact in Fact:
        code = "cannot-assist" if fact in {Fact.REFUSED, Fact.QUARANTINED} else None
        leaf = ReceiptLeaf(at, ours[-1].id, ours[-1].sealed, fact, code, None, Digest(bytes(32)))
        yield f"receipt-{fact.name.lower()}", cbor.encode({ENTRIES: [encode_entry(leaf)]})
    theirs = logs(a)[1]
    head_size = logs(a)[0].head_size
    head = encode_entry(HeadLeaf(logs(a)[0].origin, head_size, _our_root(a, head_size), S))
    assert theirs.size == len(forger.entries)
    yield "head-leaf", cbor.encode({ENTRIES: [head]})
    yield "withdraw", cbor.encode({ENTRIES: [encode_entry(WithdrawLeaf(LeafIndex(3), Withdrawal.LOST))]})
    yield "record", cbor.encode({ENTRIES: [encode_entry(RecordLeaf("break-glass", Digest(bytes(32))))]})
    yield "cosign", cbor.encode({COSIGN: [head_size, S + 3]})
    yield "false-cosign", cbor.encode({COSIGN: [head_size, S + 3, 1]})
    yield "far-cosign", cbor.encode({COSIGN: [head_size, 2**63 - 1]})
    yield "fork", cbor.encode({ROOT: bytes(32)})
    yield "gap", cbor.encode({BASE: 99})
    yield "asks", cbor.encode({WANTS: [3, 4, 2**63 - 1], CREDIT: [[0, 2**63 - 1], [3, 0]], WAIT: 25_000, MIRROR: 5})
    yield "raw", cbor.encode({RAW: [[3, bytes(64)], [4, b""], [2**63 - 1, b"x"]], SIZE: 4})
    yield "clock-far", cbor.encode({AT: 2**63 - 1})
    yield "clock", cbor.encode({AT: S + 3_605})
