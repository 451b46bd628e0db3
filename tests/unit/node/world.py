"""Two small nodes in one process, with real keys, stores and logs, a plain desk and a law that permits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_256
from pathlib import Path

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Digest, Ms, NodeName
from comity.crypto.keys import CosignerKeys, LogKeys, RootKeys, SealingKey, cose_key
from comity.crypto.sign import add_signatures, sign_instrument
from comity.dispatch.accord import Accord, OpenDesk, Party, encode_accord
from comity.dispatch.filing import Facts, Standing
from comity.dispatch.keylist import KeyList, KeyPair, Sealing, encode_keylist
from comity.dispatch.states import Form, Officer
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import Urgency
from comity.node.assemble import Instruments, Keyring, assemble
from comity.node.ceremony import hold_ceremony
from comity.node.node import Node
from comity.policy.verdict import Effect, Reason, Verdict
from tests.templates import store_with

START = Ms(1_783_900_800_000)
SCHEMA = "".join(
    step.read_text(encoding="utf-8")
    for step in sorted((Path(__file__).parents[3] / "src/comity/node/schema").glob("*.sql"))
)
A, B = NodeName("ost.example/comity"), NodeName("van.example/comity")
YEAR = 365 * 86_400_000


class Seeded:
    def __init__(self, seed: str) -> None:
        self.seed, self.count = seed, 0

    def draw(self, size: int) -> bytes:
        self.count += 1
        return shake_256(f"{self.seed}/{self.count}".encode()).digest(size)


class PlainDesk:
    name = "plain"
    schema = ((1, "CREATE TABLE plain (id BLOB PRIMARY KEY, ours BIGINT, body BLOB, fact BIGINT, code TEXT)"),)

    def compose(self, kind, form):
        if "text" not in form:
            raise BadForm("text is missing")
        return cbor.encode(dict(form))

    def facts(self, kind, body):
        value = cbor.decode(body)
        if not isinstance(value, dict) or "text" not in value:
            raise BadEnvelope("no text")
        nothing = frozenset()
        return Facts("", False, nothing, nothing, nothing, True, nothing, False, (value["text"],))

    def redact(self, kind, body, classes):
        return body, ()

    def file(self, tx, filing):
        tx.run(
            "INSERT INTO plain (id, ours, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (filing.header.id, int(filing.ours), filing.body),
        )

    def settle(self, tx, dispatch, fact, code, at):
        tx.run("UPDATE plain SET fact = ?, code = ? WHERE id = ?", (fact, code, dispatch))


class Everyone:
    def standing(self, tx, desk, number, now):
        return Standing("agency", frozenset({"officer"}), None, None, None, None, None)

    def peer_posting_ended(self, tx, desk, number):
        return None


class Permits:
    """A law that permits everything but the purpose `workplan`, which it refuses to receive."""

    def decide(self, question, now):
        refused = question.purpose == "workplan" and question.act == "admit"
        effect = Effect.REFUSE if refused else Effect.PERMIT
        reason = Reason("T-1", effect, "Test Act s. 1", "text-read", "A sentence.", (("en", "A sentence."),))
        ground, outward = ("disproportionate", "cannot-assist") if refused else (None, None)
        return Verdict(effect, (reason,), (), ground, outward, None, (), Digest(bytes(32)))


@dataclass
class Half:
    name: NodeName
    root: RootKeys
    log: LogKeys
    cosigner: CosignerKeys
    sealing: SealingKey
    keys: bytes = b""

    @staticmethod
    def make(name: NodeName) -> Half:
        e = Seeded(name)
        return Half(name, RootKeys.generate(e), LogKeys.generate(e), CosignerKeys.generate(e), SealingKey.generate(e))

    def sign_keys(self) -> None:
        log, cosigner = self.log.public().cose_keys, self.cosigner.public().cose_keys
        sealing = Sealing.of("agency", self.sealing.public(), not_before=Ms(0), not_after=Ms(START + YEAR))
        listed = KeyList(self.name, 1, None, KeyPair(1, *log), (KeyPair(1, *cosigner),), (sealing,), (), b"ca", START)
        self.keys = sign_instrument(encode_keylist(listed), "keys", self.root)


def make_accord(a: Half, b: Half, **timers: int) -> bytes:
    parties = tuple(Party(h.name, "ZZ", h.root.public().cose_keys, ()) for h in (a, b))
    listed = tuple(sorted(({"tick": 0} | {k.replace("_", "-"): v for k, v in timers.items()}).items()))
    accord = Accord("test", 1, None, parties, (OpenDesk("plain", ("note", "recall")),), (), listed, (), Ms(0))
    return add_signatures(sign_instrument(encode_accord(accord), "accord", a.root), "accord", b.root)


def store_of() -> SqliteStore:
    return store_with((Schema("node", ((1, SCHEMA),)), Schema("plain", PlainDesk.schema)))


def make_node(us: Half, them: Half, accord: bytes, store=None, gate=None, seed="x") -> Node:
    keyring = Keyring(us.log, us.cosigner, {sealing_kid(us): us.sealing})
    built = assemble(
        us.name,
        Instruments(accord, us.keys, them.keys),
        keyring,
        gate=gate or Permits(),
        patterns=(),
        desks={"plain": PlainDesk()},
        powers=Everyone(),
        entropy=Seeded(us.name + seed),
    )
    store = store or store_of()
    ledger = hold_ceremony(store, built.voice, built.peer, (us.keys, them.keys, accord), now=START)
    node = Node(built.office, built.voice, built.peer, ledger, built.timers)
    node.store = store
    return node


def sealing_kid(half: Half) -> Digest:
    from comity.crypto.keys import key_id

    return key_id(cose_key(half.sealing.public()))


def make_pair(**timers: int) -> tuple[Node, Node]:
    a, b, accord = _agreed(tuple(sorted(timers.items())))
    return make_node(a, b, accord), make_node(b, a, accord)


@lru_cache(maxsize=64)
def _agreed(timers: tuple[tuple[str, int], ...]) -> tuple[Half, Half, bytes]:
    """Make both parties' papers once; their keys come from seeds and are the same for every test."""
    a, b = Half.make(A), Half.make(B)
    a.sign_keys()
    b.sign_keys()
    return a, b, make_accord(a, b, **dict(timers))


OFFICER = Officer("plain", 7)


def form(text: str = "hello", urgency: Urgency = Urgency.IMMEDIATE, **more) -> tuple[Form, Officer]:
    made = Form(
        desk="plain", kind=more.pop("kind", "note"), agency="agency", role="officer", recipients=("agency",),
        purpose=more.pop("purpose", "liaison"), urgency=urgency, workplan_item=None, workplan_reason="test",
        body={"text": text}, **more,
    )  # fmt: skip
    return made, OFFICER


def exchange(a: Node, b: Node, now: Ms):
    """A starts one exchange with B; return what each took."""
    request = a.speak(now)
    taken_b = b.take(request, now)
    answer = b.speak(now)
    taken_a = a.take(answer, now)
    return taken_a, taken_b
