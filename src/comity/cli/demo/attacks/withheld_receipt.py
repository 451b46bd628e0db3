"""3. Withheld receipt: one side takes an immediate question, co-signs the log that shows it, and says nothing.

What notices: the sender's clock. The co-signature over a head above the leaf proves that it was there.
"""

from __future__ import annotations

from comity.base.ids import LeafIndex, Ms
from comity.cli.demo.attacks.arena import SECOND_MS, Arena
from comity.cli.demo.attacks.result import AttackResult
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of
from comity.dispatch.entries import DispatchLeaf, Fact
from comity.dispatch.exchange_codec import decode_manifest
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Committed, Recorded
from comity.marking.labels import Lane, Urgency
from comity.node.node import Node
from comity.tlog.proof import parse_proof

ATTACK = (3, "withheld-receipt")


class SaysNothing(Node):
    """A node that keeps some dispatches and neither files nor receipts them."""

    silent_about: frozenset[bytes] = frozenset()

    def _receive(self, index: LeafIndex, sealed: bytes, book: Book, now: Ms) -> list[Recorded]:
        leaf = book.entry(LogRole.THEIRS, index)
        if not isinstance(leaf, DispatchLeaf) or leaf.id not in self.silent_about:
            return super()._receive(index, sealed, book, now)
        book.tx.run("UPDATE got SET sealed = ? WHERE idx = ?", (sealed, index))
        return []


def run(ring: Arena) -> AttackResult:
    """Send a question again, let the cheat take it and be silent, and let the accord's limit pass."""
    number = ring.finished.script.attacks[ATTACK[1]][0]
    asker = ring.scene(number).party
    cheat = ring.finished.other(asker)
    silent = ring.replace(cheat, SaysNothing)
    sent = ring.sent(number, urgency=Urgency.IMMEDIATE)
    silent.silent_about = frozenset({sent.id})
    ring.meet(asker)
    ring.settle()
    ring.check(
        "the cheat holds the bytes",
        ring.rows(cheat, "SELECT 1 FROM got WHERE id = ? AND sealed IS NOT NULL", (sent.id,)),
    )
    limit = next(one.arrived for one in ring.nodes[asker].office.accord.limits if one.lane is Lane.IMMEDIATE)
    ring.wait(limit - (ring.now - ring.began) - SECOND_MS)
    ring.check("not overdue a second before the limit", not ring.overdue(asker, sent.id))
    ring.wait(SECOND_MS)
    ring.check("overdue at the limit of the accord", ring.overdue(asker, sent.id))
    _check_there(ring, asker, sent)
    after = ring.passed()
    ring.check("the manifest, filed by the cheat's own node, names the leaf", _manifest(ring, asker, cheat, sent))
    return ring.result(
        ATTACK,
        by=cheat,
        done=f"{ring.mark(cheat)} took the question of dispatch {number}, co-signed the head above it, filed nothing and receipted nothing",
        noticed=f"{ring.mark(asker)}'s clock shows it overdue; {ring.mark(cheat)}'s co-signature over a head above leaf {sent.index} shows that "
        "it was there, and the manifest names the leaf to both desks",
        after=after,
    )


def _check_there(ring: Arena, asker: str, sent: Committed) -> None:
    assert sent.index is not None
    proof = parse_proof(ring.keep_proof(asker, LogRole.OURS, sent.index, "question"))
    head = ring.keys().head(proof.note)
    ring.keep("checkpoint", proof.note)
    covered = head.head.checkpoint.size > sent.index
    ring.check(
        "a head above the leaf carries the cheat's co-signature: it held every entry below", covered, public=True
    )
    fact, _ = ring.rows(asker, "SELECT fact, receipt_idx FROM sent WHERE id = ?", (sent.id,))[0]
    ring.check("there is no receipt", fact == 0)


def _manifest(ring: Arena, asker: str, cheat: str, sent: Committed) -> bool:
    """Close the asker's day, let the manifest cross, and say whether the cheat's own node has filed what names the leaf."""
    ring.wait(max(0, ring.nodes[asker].day_closes_at(ring.now) - ring.now))
    closed = ring.close_day(asker)
    ring.settle()
    ring.tick()
    found = ring.rows(cheat, "SELECT plain FROM got WHERE id = ? AND fact = ?", (closed.id, int(Fact.FILED)))
    if not found:
        return False
    body = parts_of(bytes_of(found[0][0]))[1].content
    ring.keep("manifest.cbor", body)
    return any(item.index == sent.index and item.state == 0 for item in decode_manifest(body).our_open)
