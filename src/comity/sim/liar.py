"""A node that lies with its own good keys, and the world in which the other one must notice and prove it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from comity.base.hashing import sha256
from comity.base.ids import LeafIndex, Ms
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import int_of
from comity.dispatch.entries import (
    DispatchLeaf,
    Fact,
    HeadLeaf,
    LinkEvent,
    LinkLeaf,
    ReceiptLeaf,
    decode_entry,
    encode_entry,
)
from comity.dispatch.exchange_codec import Exchange, Problem, decode_exchange, encode_exchange
from comity.node.link import LinkState
from comity.node.node import Node
from comity.node.speak import NOTHING_ALOFT, Aloft, Heard
from comity.node.speaking import Said
from comity.sim.disk import MakeDisk
from comity.sim.faults import HOUR_MS, Plan
from comity.sim.world import Settings, World
from comity.tlog.checkpoint import Checkpoint, cosign, make_checkpoint, sign_head
from comity.tlog.note import Seconds

_HONEST_ENTRIES = 12
"""A liar behaves until its log has so many entries, so that there is a history to lie about."""
_AHEAD = 3
_BEYOND = 100_000
_SPAN = 12
"""While its log grows by so much it shows the other history, then its own again, as if nothing had been."""
_LIMIT_MS = 12 * HOUR_MS
_LOOK_MS = 30_000
_FALSE_ROOT = sha256(b"no log has this root")
_SECOND_MS = 1_000


class Lie(StrEnum):
    """What a liar does; each must end in evidence that a stranger can check."""  # spec: protocol.md 11

    TWO_HEADS = "two heads of one size"
    TWO_HISTORIES = "a head of a larger size, of another history"
    FALSE_COSIGNATURE = "a cosignature on a root that the log never had"
    FALSE_RECEIPT = "a receipt for what was never sent"
    OTHER_BYTES = "a receipt for other bytes than were sent"
    ID_TWICE = "one dispatch id in two leaves"
    FALSE_TIE = "an l-head that the other side never signed"
    UNPROVEN = "a head that it never proves"


class Liar(Node):
    """A node that does all an honest one does, and then lies once, again and again."""

    lie = Lie.TWO_HEADS

    def starts(self, now: Ms) -> None:
        """Ask nothing: an honest start would disown the very heads that prove the lie."""

    def take_problem(self, problem: Problem, now: Ms) -> None:
        """Heed no claim that its store was put back, for the same reason."""
        if problem.code != "stale-incarnation":
            super().take_problem(problem, now)

    def _say_too(self, book: Book, heard: Heard, now: Ms, aloft: Aloft, *, when_due: bool) -> Said | None:
        """Say nothing beside another act: each exchange is made by `speak`, with the lie in it."""

    def speak(self, now: Ms, *, wait_ms: int = 0, aloft: Aloft = NOTHING_ALOFT) -> bytes:
        """Return an exchange, with the lie in it or in the log below it."""
        with self.ledger.begin() as book:
            begun = book.logs[LogRole.OURS].size >= _HONEST_ENTRIES and book.logs[LogRole.OURS].cosigned_size > 0
            if begun:
                self._write_lie(book)
        data = super().speak(now, wait_ms=wait_ms, aloft=aloft)
        return encode_exchange(self._told_lie(decode_exchange(data), now)) if begun else data

    def _write_lie(self, book: Book) -> None:
        """Put a false leaf into the log, once."""
        if book.tx.rows("SELECT 1 FROM counter WHERE name = 'lie'"):
            return
        leaf = self._false_leaf(book)
        if leaf is not None:
            book.append_own([encode_entry(leaf)])
            book.tx.run("INSERT INTO counter (name, value) VALUES ('lie', 1)")

    def _false_leaf(self, book: Book) -> DispatchLeaf | ReceiptLeaf | HeadLeaf | None:
        got = book.tx.rows("SELECT idx FROM got ORDER BY idx LIMIT 1")
        sent = book.tx.rows("SELECT idx FROM sent WHERE idx IS NOT NULL ORDER BY idx LIMIT 1")
        theirs = book.logs[LogRole.THEIRS]
        named = book.entry(LogRole.THEIRS, int_of(got[0][0])) if got else None
        match self.lie, named:
            case Lie.FALSE_RECEIPT, DispatchLeaf():
                return ReceiptLeaf(LeafIndex(0), named.id, named.sealed, Fact.FILED, None, None, None)
            case Lie.OTHER_BYTES, DispatchLeaf():
                index = LeafIndex(int_of(got[0][0]))
                return ReceiptLeaf(index, named.id, _FALSE_ROOT, Fact.FILED, None, None, None)
            case Lie.ID_TWICE, _ if sent:
                entry = book.entry(LogRole.OURS, int_of(sent[0][0]))
                return replace(entry, sealed=_FALSE_ROOT) if isinstance(entry, DispatchLeaf) else None
            case Lie.FALSE_TIE, _ if theirs.head_time:
                return HeadLeaf(theirs.origin, theirs.head_size, _FALSE_ROOT, theirs.head_time)
            case _:
                return None

    def _told_lie(self, exchange: Exchange, now: Ms) -> Exchange:
        """Change what is said, for lies that stand in no log."""
        time = Seconds(now // _SECOND_MS)
        ours = self.voice.log_origin
        match self.lie:
            case Lie.TWO_HEADS:
                head = sign_head(make_checkpoint(ours, exchange.base, _FALSE_ROOT), [self.voice.log_keys], time)
                return replace(exchange, entries=(), dispatches=(), checkpoint=head.note)
            case Lie.TWO_HISTORIES:
                if exchange.size > _HONEST_ENTRIES + _SPAN:
                    return exchange
                other = make_checkpoint(ours, exchange.size + _AHEAD, _FALSE_ROOT)
                head = sign_head(other, [self.voice.log_keys], time)
                return replace(exchange, checkpoint=head.note)
            case Lie.UNPROVEN if not self._asked():
                other = make_checkpoint(ours, exchange.size + _BEYOND, _FALSE_ROOT)
                return replace(exchange, checkpoint=sign_head(other, [self.voice.log_keys], time).note)
            case Lie.FALSE_COSIGNATURE if exchange.mirror_size:
                checkpoint = Checkpoint(self.peer.log_origin, exchange.mirror_size, _FALSE_ROOT)
                note = cosign(checkpoint, self.voice.cosigner_keys, time).note
                return replace(exchange, cosignature=note)
            case _:
                return exchange

    def _asked(self) -> bool:
        """Say whether the other side asked, in its log, for a head to be proved."""
        with self.ledger.begin() as book:
            entries = book.entries(LogRole.THEIRS, 0, book.logs[LogRole.THEIRS].size)
        leaves = (decode_entry(entry) for entry in entries)
        return any(isinstance(leaf, LinkLeaf) and leaf.event is LinkEvent.CHALLENGE for leaf in leaves)


def liar(lie: Lie) -> type[Node]:
    """Return the class of a node that tells this lie."""
    return type("Liar", (Liar,), {"lie": lie})


@dataclass(frozen=True, slots=True)
class Caught:
    """How the honest side ended.

    Attributes:
        state: of its link.
        evidence: all that it holds, oldest first.
        virtual_ms: how long it took.
    """

    state: LinkState
    evidence: tuple[bytes, ...]
    virtual_ms: int


def catch(seed: int, lie: Lie | None, make_disk: MakeDisk, *, dispatches: int = 24, plan: Plan | None = None) -> Caught:
    """Run a world whose side 1 lies until side 0 has noticed, or until nothing more will happen.

    Args:
        seed: of the world; its faults are those of an honest world.
        lie: what side 1 does; None: it is honest, and nobody may be accused.
        make_disk: makes the empty store of a side.
        dispatches: forms that officers hand in.
        plan: what else goes wrong; None: what the seed says.
    """
    types = (Node, liar(lie) if lie is not None else Node)
    world = World(Settings(seed, dispatches, plan, types, watched=False), make_disk)
    began = world.agenda.now
    honest = world.sides[0]
    state = LinkState.UNPAIRED
    while state is not LinkState.BROKEN and world.agenda.now < began + _LIMIT_MS:
        world.until(world.agenda.now + _LOOK_MS)
        state = honest.link_state()
        if world.agenda.now > began + world.plan.work_ms:
            world.heal()
            if lie is None and not world.unsettled():
                break
    evidence = honest.evidence()
    for store in world.stores:
        store.close()
    return Caught(state, evidence, world.agenda.now - began)
