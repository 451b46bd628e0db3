"""Two nodes, a thief with the log key of the first, and the cut that both roots sign."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from comity.base.ids import Ms
from comity.crypto.sign import sign_instrument
from comity.dispatch.accord import verify_accord
from comity.dispatch.cut import KIND, draft_cut, encode_cut, sign_cut
from comity.dispatch.entries import DispatchLeaf, Fact, ReceiptLeaf, RecordLeaf, decode_entry, encode_entry
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.taken import Problem
from comity.sim.chance import SeededEntropy
from comity.sim.exercise import parties
from comity.sim.faults import MINUTE_MS
from comity.tlog.checkpoint import make_checkpoint, sign_head
from comity.tlog.note import Seconds
from comity.tlog.tree import Edge, leaf_hash
from tests.unit.node.putback import START, ask, note, recover, settle
from tests.unit.node.rotating import Rotating

LATER, AFTER, THEN, LAST = (Ms(START + n * MINUTE_MS) for n in (10, 20, 30, 60))
LEAF = encode_entry(RecordLeaf("review", bytes(32)))


def joined(node_type=None):
    a, b = (Rotating(n) if node_type is None else Rotating(n, node_type) for n in (0, 1))
    recover(a, b, START)
    recover(b, a, START)
    settle(a, b, START)
    return a, b


def forged(victim, entries, now, *, dispatches=(), keys=None, size=None):
    """Return an exchange in the name of the victim, over its true entries and others, under its own stolen keys."""
    with victim.node.ledger.begin() as book:
        ours = book.logs["ours"]
        true = book.entries("ours", 0, ours.size if size is None else size)
    grown = [*true, *entries]
    edge, _ = Edge().append([leaf_hash(one) for one in grown])
    made = make_checkpoint(ours.origin, len(grown), edge.root())
    head = sign_head(made, [keys or victim.node.voice.log_keys], Seconds(now // 1000))
    said = decode_exchange(victim.node.speak(now))
    return encode_exchange(
        replace(said, base=0, entries=tuple(grown), checkpoint=head.note, dispatches=dispatches, cosignature=None)
    )


def steal(a, b, now, *entries):
    """Let the thief write entries into the log of `a`, and `b` take them."""
    b.node.take(forged(a, entries or (LEAF,), now), now)


def notice(a, b, now):
    """Let `a` see the thief's leaf in what `b` co-signed, ask, and stop."""
    with suppress(Problem):
        a.node.take(b.node.speak(now), now)
    found, _ = ask(a, b, now)
    assert (found, a.state) == ("cut", "broken")


def draft(a, b):
    return draft_cut(a.node.cut_view(own=True), b.node.cut_view(own=False))


def signed_by_both(cut):
    first, second = parties().halves
    return sign_cut(sign_cut(encode_cut(cut), first.root, accord()), second.root, accord())


def accord():
    return verify_accord(parties().accord)


def signed_alone(cut, side=0):
    return sign_instrument(encode_cut(cut), KIND, parties().halves[side].root)


def papers(a, b, now):
    """Return a signed cut of the log of `a`, and its new list."""
    cut = draft(a, b)
    newest, _ = a.node.our_lists()
    return signed_by_both(cut), a.locker.cut_list(newest, cut, now)


def take(side, made, now):
    return side.node.apply_cut(*made, now)


def whole(*sides):
    for one in sides:
        with one.store.read() as tx:
            assert audit(tx).differences == ()
        assert one.rows("SELECT count(*) FROM evidence") == [(0,)]


def again(a, b, now):
    """Let both compare the logs, and talk."""
    for at in (now, now + 61_000, now + 122_000):  # a resume that is said again compares the logs once more
        for side, other in ((a, b), (b, a)):
            if side.node.recovering:
                recover(side, other, Ms(at))
        with suppress(Problem):
            settle(a, b, Ms(at), rounds=6)
    assert (a.state, b.state) == ("up", "up")


def leaves(side, role="ours"):
    return [
        (idx, decode_entry(raw))
        for idx, raw in side.rows("SELECT idx, entry FROM entry WHERE role = ? AND idx >= 0 ORDER BY idx", role)
    ]


def filed(side):
    """Return the ids that a side filed, each as often as its log says so."""
    return [one.id for _, one in every(side) if isinstance(one, ReceiptLeaf) and one.fact is Fact.FILED]


def every(side, role="ours"):
    rows = side.rows("SELECT idx, entry FROM entry WHERE role = ? ORDER BY idx", role)
    return [(idx, decode_entry(raw)) for idx, raw in rows]


def sent(side):
    return [one.id for _, one in every(side) if isinstance(one, DispatchLeaf)]


def dump(side):
    """Return everything that a side's store holds."""
    names = [row[0] for row in side.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: sorted(map(repr, side.rows(f"SELECT * FROM {name}"))) for name in names}


def stolen():
    """Return two sides that stopped over a thief's leaf, with something sent before it."""
    a, b = joined()
    a.node.submit([note("before")], LATER)
    b.node.submit([note("before, there")], LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    return a, b


def cut_whole(a, b, now=THEN):
    """Let both take a cut of the log of `a`, compare, and talk; return the cut and its list."""
    made = papers(a, b, now)
    take(a, made, now)
    take(b, made, now)
    again(a, b, now)
    return made


def dispatched(text, now, number=0):
    """Return a thief's dispatch in the name of a side, with its leaf: sealed to the other as any other."""
    other = Rotating(number)
    other.node.office = replace(other.node.office, entropy=SeededEntropy(f"thief {text}"))
    other.node.submit([note(text, Urgency.URGENT)], now)
    ((id_, sealed),) = other.rows("SELECT id, sealed FROM sent")
    return next(one for _, one in every(other) if getattr(one, "id", None) == id_), sealed
