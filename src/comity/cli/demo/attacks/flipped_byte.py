"""5. Flipped byte: an exchange of two dispatches is changed under way, at every position; and one is spoilt at home.

What notices: changed under way, a hash, a root or a signature differs, so the dispatch is dropped or the whole exchange
refused, counted, and wanted again. Spoilt before its leaf was made, it is what its leaf says and does not open: kept
apart and receipted. The others go on.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace

import msgspec

from comity.base.hashing import sha256
from comity.base.ids import DispatchId
from comity.cli.demo.attacks.arena import Arena
from comity.cli.demo.attacks.result import AttackResult
from comity.cli.demo.attacks.trial import DROPPED, FILED, IGNORED, MISSED, Trial
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Fact
from comity.dispatch.exchange_codec import decode_exchange
from comity.dispatch.outbound.clear import clear
from comity.dispatch.outbound.commit import commit
from comity.dispatch.outbound.compose import compose
from comity.dispatch.outbound.label import label
from comity.dispatch.outbound.release import release
from comity.dispatch.outbound.seal import seal
from comity.dispatch.predecessors import related
from comity.dispatch.states import Cleared, Committed, Released
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import Urgency

ATTACK = (5, "flipped-byte")
_WHOLE_EVERY = 61
"""Inside sealed bytes and cosignature each position meets its own check, and every such one goes the whole way too."""
EVERY = 1
"""Every so manieth position is changed: all of them."""
_HARMLESS = {"sealed": {DROPPED}, "cosignature": {FILED, IGNORED}, "frame": {FILED, DROPPED}}


@dataclass(slots=True)
class _Tally:
    """What became of the changed exchanges, by region, and which were not as they should be."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def first(self, region: str, outcome: str) -> bool:
        """Say whether this is the first such outcome in a region."""
        return outcome not in self.outcomes.get(region, Counter())

    def add(self, region: str, outcome: str, position: int) -> None:
        """Count an outcome, and note the position if it should not have come to that."""
        self.outcomes.setdefault(region, Counter())[outcome] += 1
        if outcome == MISSED or not (outcome.startswith("refused") or outcome in _HARMLESS.get(region, ())):
            self.wrong.append(f"position {position}, {region}: {outcome}")


def run(ring: Arena) -> AttackResult:
    """Change each byte of an exchange of two in turn; then spoil one dispatch of two before its leaf is made."""
    first, second, bad, good = ring.finished.script.attacks[ATTACK[1]]
    data, ids = _batch(ring, (first, second))
    ring.keep("exchange.cbor", data)
    tally, began = _Tally(), time.perf_counter()
    _every_position(ring, ring.finished.other(ring.scene(first).party), data, ids, tally)
    took = time.perf_counter() - began
    counted = {region: dict(outcomes) for region, outcomes in tally.outcomes.items()}
    kept = {"bytes": len(data), "outcomes": counted, "wrong": tally.wrong}
    ring.keep("positions.json", msgspec.json.format(msgspec.json.encode(kept)))
    tried = sum(sum(outcomes.values()) for outcomes in counted.values())
    ring.check(f"all {len(data)} positions were tried", tried == len(range(0, len(data), EVERY)))
    ring.check(
        "each was refused, or the changed part dropped and the other filed, or it changed nothing", not tally.wrong
    )
    ring.meet(ring.scene(first).party)
    ring.settle()
    _spoilt(ring, bad, good)
    return ring.result(
        ATTACK,
        by=f"whoever holds the wire; then a fault at {ring.mark(ring.scene(bad).party)}",
        done=f"an exchange of two dispatches, {len(data)} bytes, was changed at every position in turn; then one of two "
        "dispatches was spoilt before its leaf was made",
        noticed="under way: a hash, root or signature differs, so it is dropped or refused, counted, wanted again, and "
        "the other is filed. At home: it fits its leaf and does not open, so it is quarantined and receipted; the other is filed",
        after=f"at once; {took:.1f} s for all positions",
    )


def _batch(ring: Arena, numbers: tuple[int, int]) -> tuple[bytes, tuple[bytes, ...]]:
    """Return an exchange with two dispatches, their entries, a head and a cosignature that its reader does not have yet."""
    sender = ring.scene(numbers[0]).party
    receiver = ring.finished.other(sender)
    ring.settle()
    question = ring.rows(receiver, "SELECT id FROM got WHERE fact = ? AND seen_at IS NULL LIMIT 1", (int(Fact.FILED),))
    ring.nodes[receiver].see([DispatchId(bytes_of(row[0])) for row in question], ring.now)
    ring.nodes[sender].take(ring.nodes[receiver].speak(ring.now), ring.now)  # what it would answer is lost
    ids = tuple(ring.sent(number, urgency=Urgency.IMMEDIATE).id for number in numbers)
    return ring.nodes[sender].speak(ring.now), ids


def _every_position(ring: Arena, receiver: str, data: bytes, ids: tuple[bytes, ...], tally: _Tally) -> None:
    regions = _regions(data)
    store = ring.opened[receiver].store
    assert isinstance(store, SqliteStore)  # the demonstration's nodes have files
    trial = Trial(ring.nodes[receiver], store.image(), data, ids, ring.now)
    try:
        for position in range(0, len(data), EVERY):
            changed = bytearray(data)
            changed[position] ^= 1 << position % 8
            region = regions.get(position, "frame")
            tally.add(region, _one(trial, tally, region, bytes(changed), position), position)
    finally:
        trial.close()


def _one(trial: Trial, tally: _Tally, region: str, raw: bytes, position: int) -> str:
    """Let one changed exchange meet its check; in the long regions only some go the whole way, elsewhere all."""
    whole = position % _WHOLE_EVERY == 0
    if region == "sealed":
        met = trial.sealed(raw)
    elif region == "cosignature":
        met = trial.cosignature(raw)
    else:
        met = trial.whole(raw, then_honest=whole)
        # The first of its kind is tried once more, to see that the honest exchange is taken after it.
        return trial.whole(raw, then_honest=True) if tally.first(region, met) else met
    return trial.whole(raw, then_honest=True) if whole and met != MISSED else met


def _regions(data: bytes) -> dict[int, str]:
    """Return which part of the exchange each byte belongs to; what is not listed is the frame around them."""
    exchange = decode_exchange(data)
    parts = [("entries", entry) for entry in exchange.entries]
    parts += [("checkpoint", exchange.checkpoint.encode()), ("cosignature", (exchange.cosignature or "").encode())]
    parts += [("sealed", sealed) for _, sealed in exchange.dispatches]
    found: dict[int, str] = {}
    for name, content in parts:
        start = data.index(content)
        found.update(dict.fromkeys(range(start, start + len(content)), name))
    return found


# --- at home -------------------------------------------------------------------------------------------------------


def _spoilt(ring: Arena, number: int, beside: int) -> None:
    """Commit a dispatch whose sealed bytes went bad before their hash was taken, and a good one after it."""
    sender = ring.scene(number).party
    receiver = ring.finished.other(sender)
    with ring.nodes[sender].ledger.begin() as book:
        bad = _send_spoilt(ring, number, book)
    good = ring.sent(beside, urgency=Urgency.IMMEDIATE)
    ring.meet(sender)
    ring.settle()
    apart, receipt = ring.receipt(receiver, bad.id)
    ring.check("the spoilt one is quarantined and receipted", apart == int(Fact.QUARANTINED) and receipt is not None)
    ring.check("the other one is filed", ring.receipt(receiver, good.id)[0] == int(Fact.FILED))
    told = ring.rows(sender, "SELECT fact, code FROM sent WHERE id = ?", (bad.id,))
    ring.check("its sender knows, by one code for every cause", told == [(int(Fact.QUARANTINED), "unopened")])
    bytes_apart = ring.rows(receiver, "SELECT sealed FROM got WHERE id = ?", (bad.id,))[0][0]
    if bytes_apart is not None and receipt is not None:
        ring.keep("quarantined.bin", bytes_of(bytes_apart))
        ring.keep_proof(receiver, LogRole.OURS, int_of(receipt), "receipt")


def _send_spoilt(ring: Arena, number: int, book: Book) -> Committed:
    """Walk the sender's steps with one bit changed between sealing and the leaf."""
    form, by = ring.form(number, urgency=Urgency.IMMEDIATE)
    office = ring.nodes[ring.scene(number).party].office
    draft = compose(form, related(form, book.tx), office, ring.now)
    cleared = clear(label(draft, office), office, ring.now)
    assert isinstance(cleared, Cleared)
    released = release(cleared, by, book.tx, office, ring.now)
    assert isinstance(released, Released)
    sealed = seal(released, office, ring.now)
    raw = bytearray(sealed.sealed)
    raw[len(raw) // 2] ^= 1
    spoilt = bytes(raw)
    return commit(
        replace(sealed, sealed=spoilt, entry=replace(sealed.entry, sealed=sha256(spoilt))), book, office, ring.now
    )
