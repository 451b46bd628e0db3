"""A party with its real keys and no honesty: it writes any log, signs any head and seals any dispatch for a real node.

Keys and accords are made once; stores, nodes and logs are fresh in every test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from comity.base import cbor
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.crypto.keys import cose_key, key_id
from comity.crypto.seal import seal as encrypt
from comity.dispatch import wire
from comity.dispatch.book import LogRole, LogRow, log_row
from comity.dispatch.entries import DispatchLeaf, InstrumentKind, InstrumentLeaf, decode_entry, encode_entry
from comity.dispatch.exchange_codec import Exchange, encode_exchange
from comity.marking.labels import Lane, Urgency
from comity.marking.rules import default_label
from comity.node.node import Node
from comity.node.taken import Problem
from comity.tlog.checkpoint import Checkpoint, KeyRole, NoteKeys, cosign, make_checkpoint, sign_head
from comity.tlog.note import Seconds
from comity.tlog.tree import Edge, MemoryTiles, leaf_hash
from comity.tlog.tree import root as tree_root
from tests.unit.node.world import START, A, B, Half, Seeded, make_accord, make_node, store_of

S = START // 1000


@cache
def half(name: str) -> Half:
    made = Half.make(name)
    made.sign_keys()
    return made


@cache
def accord_of(timers: tuple[tuple[str, int], ...]) -> bytes:
    return make_accord(half(A), half(B), **dict(timers))


def pair(gate=None, store_a=None, **timers: int) -> tuple[Node, Node]:
    signed = accord_of(tuple(sorted(timers.items())))
    a = make_node(half(A), half(B), signed, store=store_a, gate=gate)
    return a, make_node(half(B), half(A), signed, gate=gate)


def node(gate=None, store=None, **timers: int) -> Node:
    return make_node(half(A), half(B), accord_of(tuple(sorted(timers.items()))), store=store, gate=gate)


def store():
    return store_of()


def log_keys(of: Half, name: str | None = None) -> NoteKeys:
    return NoteKeys.of(KeyRole.LOG, name or f"{of.name}/log/1", of.log.ed25519, of.log.ml_dsa)


def cosigner_keys(of: Half, name: str | None = None) -> NoteKeys:
    return NoteKeys.of(KeyRole.COSIGNER, name or f"{of.name}/mirror/1", of.cosigner.ed25519, of.cosigner.ml_dsa)


def logs(of: Node) -> tuple[LogRow, LogRow]:
    with of.ledger.read() as tx:
        return log_row(tx, LogRole.OURS), log_row(tx, LogRole.THEIRS)


def rows(of: Node, statement: str, arguments=()) -> list:
    with of.ledger.read() as tx:
        return tx.rows(statement, arguments)


def entries(of: Node, role: LogRole = LogRole.OURS) -> list:
    found = rows(of, "SELECT entry FROM entry WHERE role = ? ORDER BY idx", (role,))
    return [decode_entry(entry) for (entry,) in found]


def counter(of: Node, name: str) -> int:
    found = rows(of, "SELECT value FROM counter WHERE name = ?", (name,))
    return found[0][0] if found else 0


def problem(of: Node, data: bytes, now: int = START) -> tuple[str, int]:
    """Return code and status of the problem that taking these bytes gives; none is an error of the test."""
    try:
        of.take(data, Ms(now))
    except Problem as found:
        return found.code, found.status
    raise AssertionError("the exchange was taken")


def read_sealed(made: bytes) -> list:
    """Return the four values of a COSE_Encrypt."""
    return cbor.decode(made[2:], signed=True)


@dataclass(frozen=True)
class Made:
    leaf: DispatchLeaf
    sealed: bytes

    @property
    def entry(self) -> bytes:
        return encode_entry(self.leaf)


class Forger:
    """Party B against the real node of party A."""

    def __init__(self, against: Node, us: Half | None = None, them: Half | None = None) -> None:
        self.us, self.them = us or half(B), them or half(A)
        self.against = against
        self.accord = against.office.accord_digest
        self.log, self.mirror = log_keys(self.us), cosigner_keys(self.us)
        self.seeded = Seeded("forger")
        self.signed: dict = {}
        instruments = [(InstrumentKind.KEYS, sha256(self.us.keys)), (InstrumentKind.KEYS, sha256(self.them.keys))]
        leaves = [InstrumentLeaf(*one) for one in [*instruments, (InstrumentKind.ACCORD, self.accord)]]
        self.entries = [encode_entry(leaf) for leaf in leaves]

    # --- the log ---

    def grow(self, *added) -> LeafIndex:
        """Append entries, encoded or not, and return the index of the first."""
        first = len(self.entries)
        self.entries += [one if isinstance(one, bytes) else encode_entry(one) for one in added]
        return LeafIndex(first)

    def tiles(self, leaves: list[bytes] | None = None) -> MemoryTiles:
        tiles = MemoryTiles()
        tiles.write(Edge().append([leaf_hash(one) for one in leaves or self.entries])[1])
        return tiles

    def root(self, size: int | None = None) -> Digest:
        return tree_root(self.tiles(), len(self.entries) if size is None else size)

    def head(self, size: int | None = None, *, at: int = S, root: bytes | None = None, keys=None, origin=None) -> str:
        size = len(self.entries) if size is None else size
        root = self.root(size) if root is None else root
        made = make_checkpoint(origin or self.log.verifier.name, size, root)
        keys = keys or [self.log]
        return self.once((made, at, *map(id, keys)), lambda: sign_head(made, keys, Seconds(at)).note)

    def cosign(self, size: int | None = None, *, at: int = S, root: bytes | None = None, keys=None) -> str:
        """Cosign the node's log: as it is, or with another size or root."""
        ours = logs(self.against)[0]
        size = ours.head_size if size is None else size
        with self.against.ledger.begin() as book:
            root = tree_root(book.tiles(LogRole.OURS), size) if root is None else root
        made, keys = Checkpoint(ours.origin, size, Digest(root)), keys or self.mirror
        return self.once((made, at, id(keys)), lambda: cosign(made, keys, Seconds(at)).note)

    def once(self, what, make) -> str:
        """Sign a thing once: ML-DSA signatures are never the same twice."""
        if what not in self.signed:
            self.signed[what] = make()
        return self.signed[what]

    # --- an exchange ---

    def shape(self, *, at: int = S, size: int | None = None, **changes) -> Exchange:
        """Return an honest exchange with changes: entries from where the mirror ends, and the head above them."""
        size = len(self.entries) if size is None else size
        base = changes.pop("base", None)
        base = min(logs(self.against)[1].size, size) if base is None else base
        made = {
            "origin": self.log.verifier.name,
            "base": base,
            "entries": tuple(self.entries[base:size]),
            "checkpoint": self.head(size, at=at) if "checkpoint" not in changes else "",
            "cosignature": None,
            "mirror_size": 0,
            "mirror_root": Digest(bytes(32)),
            "dispatches": (),
            "wants": (),
            "credit": tuple((lane, 1 << 22) for lane in Lane),
            "wait": 0,
        }
        return Exchange(**{**made, **changes})

    def say(self, **changes) -> bytes:
        return encode_exchange(self.shape(**changes))

    def send(self, *made: Made, now: int = START, **changes):
        """Put dispatches into the log and let the node take them with their leaves."""
        first = self.grow(*[one.entry for one in made])
        sealed = tuple((LeafIndex(first + n), one.sealed) for n, one in enumerate(made))
        return self.against.take(self.say(dispatches=sealed, at=now // 1000, **changes), Ms(now))

    # --- a dispatch ---

    def header(self, now: int = START, **changes) -> wire.Header:
        lane = changes.get("lane", Lane.IMMEDIATE)
        made = wire.Header(
            id=DispatchId(int(now).to_bytes(6, "big") + self.seeded.draw(10)),
            sender=self.us.name,
            receiver=self.them.name,
            author=wire.Author("agency", "officer"),
            agencies=("agency",),
            desk="plain",
            kind="note",
            version=1,
            case=None,
            re=(),
            after=(),
            lane=lane,
            purpose="liaison",
            basis=(),
            labels=wire.wire_labels(default_label("liaison", "agency")),
            created=Ms(now),
            answer_by=None,
            accord=self.accord,
            replaces=None,
            workplan_item=None,
            workplan_reason="test",
            released_by=wire.ReleasedBy("plain", 7, None),
            conduct=None,
            urgency=Urgency.IMMEDIATE,
        )
        return replace(made, **changes)

    def make(
        self, text: str = "hello", *, now: int = START, leaf=None, aad=None, recipients=None, contents=None, **header
    ) -> Made:
        """Make a dispatch: honest, but for what is given."""
        head = self.header(now, **header)
        honest = (wire.encode_header(head), cbor.encode({"text": text}), wire.encode_attachments(()), b"")
        chosen = {} if contents is None else contents
        parts = wire.salted(tuple(chosen.get(n, one) for n, one in enumerate(honest)), self.seeded)
        public = self.them.sealing.public()
        recipients = recipients or [(key_id(cose_key(public)), public)]
        plain = chosen.get("plain", bytes)(wire.encode_plain(parts, recipients=len(recipients))[0])
        aad = aad or wire.seal_aad(self.us.name, self.them.name, head.id, self.accord)
        sealed = chosen.get("sealed") or encrypt(plain, recipients=recipients, aad=aad, entropy=self.seeded)
        made = DispatchLeaf(
            head.id, head.lane, 1, wire.commit_of(parts), sha256(sealed), len(sealed), Digest(bytes(32))
        )
        return Made(replace(made, **(leaf or {})), sealed)
