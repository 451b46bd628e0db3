"""What a hostile peer makes: any leaf, head, co-signature and dispatch, with the true keys of a node that was set up as any is.

Its own store keeps its log as it was shown last, so that it can also be honest again; a lie is told beside it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from types import SimpleNamespace

import cbor2
import msgspec

from comity.base import cbor
from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.entries import ReceiptLeaf, decode_entry, encode_entry
from comity.dispatch.exchange_codec import Exchange, decode_exchange
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Committed, Officer
from comity.edge.forms import FormIn
from comity.edge.opening import OpenNode
from comity.tlog.checkpoint import Checkpoint, cosign
from comity.tlog.note import Seconds
from tests.unit.node.forge import Forger, Made

FORM = {
    "desk": "requests", "kind": "message", "agency": "cbi", "recipients": ["rcmp"], "purpose": "organised-crime",
    "urgency": "immediate", "workplan_item": "W-2", "basis": ["arrangement:2026-02"], "conduct": "theft",
}  # fmt: skip
"""A message as the desk of the second party sends it; its body is put in."""
NUMBER = 201


@dataclass
class Clock:
    """The machine's clock, moved by whoever plays the attack, together with that of the other side."""

    shift_ms: int = 0

    def now(self) -> Ms:
        return Ms(time.time_ns() // 1_000_000 + self.shift_ms)


class Workshop(Forger):
    """The forger of the unit tests over a real opened node, its store and its keys."""

    def __init__(self, opened: OpenNode, clock: Clock) -> None:
        self.opened, self.node, self.clock = opened, opened.node, clock
        office = opened.built.office
        key = office.peer_keys.sealing_for("rcmp", clock.now())
        assert key is not None
        self.us = SimpleNamespace(name=office.us)
        self.them = SimpleNamespace(name=office.peer, sealing=SimpleNamespace(public=lambda: key.public))
        self.accord = office.accord_digest
        self.log, self.mirror = self.node.voice.log_keys, self.node.voice.cosigner_keys
        self.seeded = office.entropy
        self.signed = {}
        self.template: tuple[wire.Header, dict] | None = None

    # --- honest work ---

    def submit(self, text: str, urgency: str = "immediate") -> DispatchId:
        """Hand in an honest form and return what it became."""
        form = msgspec.json.decode(json.dumps(FORM | {"urgency": urgency, "body": {"text": text}}), type=FormIn)
        (done,) = self.node.submit([(form.form(), Officer("requests", NUMBER))], self.clock.now())
        assert isinstance(done, Committed), done
        parts = self.parts(done.id)
        body = cbor.decode(parts[1].content)
        assert isinstance(body, dict)
        self.template = wire.decode_header(parts[0].content), body
        return done.id

    def parts(self, dispatch: DispatchId) -> wire.Parts:
        ((plain,),) = self.rows("SELECT plain FROM sent WHERE id = ?", (dispatch,))
        return parts_of(plain)

    def rows(self, statement: str, arguments: tuple = ()) -> list:
        with self.node.ledger.read() as tx:
            return tx.rows(statement, arguments)

    def fact(self, dispatch: bytes) -> str:
        """Return what the other side's newest receipt says of a dispatch: its fact, and its code if it has one."""
        for (entry,) in self.rows("SELECT entry FROM entry WHERE role = 'theirs' ORDER BY idx DESC"):
            leaf = decode_entry(entry)
            if isinstance(leaf, ReceiptLeaf) and leaf.id == dispatch:
                return f"{int(leaf.fact)} {leaf.code or ''}".strip()
        return ""

    # --- the log, which is that of the store ---

    @property
    def entries(self) -> list[bytes]:
        return [entry for (entry,) in self.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]

    @property
    def mirrored(self) -> tuple[int, bytes]:
        """Size and root of what this side holds of the other's log."""
        with self.node.ledger.begin() as book:
            edge = book.edges[LogRole.THEIRS]
            return edge.size, edge.root()

    def grow(self, *added):
        with self.node.ledger.begin() as book:
            return book.append_own([one if isinstance(one, bytes) else encode_entry(one) for one in added])

    def cosign(
        self, size: int | None = None, *, at: int | None = None, root: bytes | None = None, keys=None, origin=None
    ):
        held, true = self.mirrored
        made = Checkpoint(origin or self.node.peer.log_origin, held if size is None else size, Digest(root or true))
        return cosign(made, keys or self.mirror, Seconds(at or self.second)).note

    @property
    def second(self) -> int:
        return self.clock.now() // 1000

    # --- an exchange ---

    def shape(self, **changes) -> Exchange:
        """Return what the honest node would say now, with changes."""
        return replace(decode_exchange(self.node.speak(self.clock.now())), **changes)

    def say_raw(self, key: int, value: object) -> bytes:
        """Return an honest exchange with one value put in its place that the encoder would refuse."""
        return cbor2.dumps({**cbor.decode(self.say()), key: value}, canonical=True)

    # --- a dispatch ---

    def header(self, now: int | None = None, **changes) -> wire.Header:
        assert self.template is not None, "something honest is sent first"
        at = self.clock.now() if now is None else Ms(now)
        fresh = {"id": DispatchId(int(at).to_bytes(6, "big") + self.seeded.draw(10)), "created": at, "case": None}
        return replace(self.template[0], **{**fresh, **changes})

    def make(self, text: str = "hello", *, now: int | None = None, contents=None, **given) -> Made:
        assert self.template is not None
        body = cbor.encode({**self.template[1], "text": text})
        return super().make(
            text, now=self.clock.now() if now is None else now, contents={1: body, **(contents or {})}, **given
        )
