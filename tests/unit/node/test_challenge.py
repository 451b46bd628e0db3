"""A signed head whose entries do not give it: asked for in our log, proved by an honest peer, held against one that is silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch.columns import bytes_of
from comity.dispatch.entries import LinkEvent, LinkLeaf, decode_entry
from comity.dispatch.exchange_codec import decode_evidence, decode_exchange, encode_exchange
from comity.marking.labels import Urgency
from comity.node import challenge
from comity.node.taken import Problem
from comity.sim.faults import HOUR_MS, MINUTE_MS
from comity.sim.liar import Lie, liar
from tests.unit.node.putback import START, Side, note, recover, say, settle

LATER = Ms(START + MINUTE_MS)


def challenged(b_type=None):
    """Return two sides; the second has challenged a head of the first, whose true entries did not arrive."""
    a, b = Side(0), Side(1) if b_type is None else Side(1, b_type)
    settle(a, b, START)
    a.node.submit([note("under way", Urgency.URGENT)], LATER)
    said = decode_exchange(a.node.speak(LATER))
    with pytest.raises(Problem) as refused:
        b.node.take(encode_exchange(replace(said, entries=(*said.entries[:-1], b"x"))), LATER)
    assert refused.value.code == "unproven-head"
    return a, b, said


def questions(side):
    rows = side.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")
    leaves = [decode_entry(bytes_of(row[0])) for row in rows]
    return [leaf.digest for leaf in leaves if isinstance(leaf, LinkLeaf) and leaf.event is LinkEvent.CHALLENGE]


def wait(side, start, hours=2.0, step=5 * MINUTE_MS, meanwhile=lambda _now: None):
    now = start
    while now < start + hours * HOUR_MS and side.state != "broken":
        now = Ms(now + step)
        meanwhile(now)
        side.node.tick(now)
    return now


def test_a_head_is_asked_for_once_and_the_link_is_uncosigned_until_it_is_proved():
    a, b, said = challenged()
    assert questions(b) == [sha256(said.checkpoint.encode())]
    assert b.state == "uncosigned"
    with pytest.raises(Problem):
        b.node.take(encode_exchange(replace(said, entries=(*said.entries[:-1], b"y"))), LATER)
    assert len(questions(b)) == 1
    settle(a, b, Ms(LATER + MINUTE_MS))
    assert b.state == "up"
    assert b.rows("SELECT * FROM challenge") == []
    wait(b, Ms(LATER + MINUTE_MS), meanwhile=lambda now: say(a, b, now))
    assert (b.state, b.rows("SELECT * FROM evidence")) == ("up", [])


def test_a_co_signature_alone_does_not_bring_a_challenged_link_up():
    b = Side(0)
    a = Side(1, liar(Lie.UNPROVEN))
    settle(b, a, START)
    now = LATER
    for _ in range(20):
        now = Ms(now + MINUTE_MS)
        a.node.submit([note(f"text {now}", Urgency.URGENT)], now)
        for one, other in ((a, b), (b, a)):
            try:
                other.node.take(one.node.speak(now), now)
            except Problem:
                continue
    assert questions(b)
    assert b.rows("SELECT cosigned_size FROM log WHERE role = 'ours'")[0][0] > 3
    assert b.state == "uncosigned"

    def talk(at):
        for one, other in ((a, b), (b, a)):
            try:
                other.node.take(one.node.speak(at), at)
            except Problem:
                continue

    wait(b, now, meanwhile=talk)
    assert b.state == "broken"
    (kind,) = [decode_evidence(bytes_of(row[0])).kind for row in b.rows("SELECT evidence FROM evidence")]
    assert kind == "unanswered-challenge"
    accused = [decode_entry(bytes_of(r[0])) for r in b.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]
    assert accused[-1].event is LinkEvent.ACCUSED


def test_time_in_which_the_peer_could_not_be_reached_does_not_count():
    a, b, _ = challenged()
    at = Ms(LATER + 1_000)
    a.node.take(b.node.speak(at), at)  # the question is heard and co-signed; the answer does not come back
    wait(b, at, hours=5)
    assert b.state == "uncosigned"
    assert b.rows("SELECT * FROM evidence") == []
    settle(a, b, Ms(at + 6 * HOUR_MS))
    assert b.state == "up"


def test_time_alone_accuses_nobody_before_the_peer_signed_a_later_head():
    # spec: protocol.md 11: a signed head of so much later shows that the peer was there
    a, b, _ = challenged()
    at = Ms(LATER + 1_000)
    a.node.take(b.node.speak(at), at)
    said = decode_exchange(a.node.speak(at))
    ((old, size),) = b.rows("SELECT note, size FROM head WHERE role = 'theirs' ORDER BY size DESC, time DESC LIMIT 1")
    silent = encode_exchange(replace(said, checkpoint=old, base=size, entries=(), dispatches=()))
    end = wait(b, at, meanwhile=lambda now: b.node.take(silent, now))
    assert (b.state, b.rows("SELECT * FROM evidence")) == ("uncosigned", [])
    later = Ms(end + MINUTE_MS)
    said = decode_exchange(a.node.speak(later))
    with pytest.raises(Problem):
        b.node.take(encode_exchange(replace(said, base=size, entries=(b"x",), dispatches=())), later)
    b.node.tick(Ms(later + MINUTE_MS))
    ((data,),) = b.rows("SELECT evidence FROM evidence")
    assert (b.state, decode_evidence(bytes_of(data)).kind) == ("broken", "unanswered-challenge")


def test_a_peer_that_recovered_later_than_the_head_is_not_asked_any_more():
    a, b = Side(0), Side(1)
    settle(a, b, START)
    image = a.store.image()
    a.node.submit([note("lost", Urgency.URGENT)], LATER)
    said = decode_exchange(a.node.speak(LATER))
    with pytest.raises(Problem):
        b.node.take(encode_exchange(replace(said, entries=(*said.entries[:-1], b"x"))), LATER)
    a.put_back(image)
    recover(a, b, Ms(LATER + MINUTE_MS))
    settle(a, b, Ms(LATER + 2 * MINUTE_MS))
    end = wait(b, Ms(LATER + 2 * MINUTE_MS), meanwhile=lambda now: say(a, b, now))
    assert b.rows("SELECT * FROM evidence") == []
    settle(a, b, end)
    assert b.state == "up"
    assert b.node.link().challenged == 0


def test_a_put_back_store_forgets_what_it_asked_and_keeps_the_head():
    a, b, _ = challenged()
    image = b.store.image()
    b.put_back(image)
    with b.node.ledger.begin() as book:
        challenge.forget(book)
    assert b.node.link().challenged == 0
    assert b.rows("SELECT count(*) FROM pending_head") == [(1,)]
    settle(a, b, Ms(LATER + MINUTE_MS))
    assert b.rows("SELECT count(*) FROM pending_head") == [(0,)]
