"""Both stores put back, one after the other: a head that the peer disowned does not accuse it again from an older store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import HeadLeaf, InstrumentKind, InstrumentLeaf, LinkEvent, LinkLeaf, decode_entry
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.node.audit import audit
from comity.node.incarnation import read_incarnation
from comity.node.proofs import Signers
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.tlog.checkpoint import make_checkpoint, sign_head
from tests.unit.node.putback import SECOND, START, Side, ask, fetched, note, recover, settle

MINUTE = 60 * SECOND
T, L, M = Ms(START + MINUTE), Ms(START + 2 * MINUTE), Ms(START + 5 * MINUTE)
AHEAD = Ms(L + 59 * MINUTE)
"""The time of a peer whose clock is fast, by just less than the hour that check 6 allows."""


def entries(side):
    return [decode_entry(row[0]) for row in side.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]


def sound(*sides):
    for side in sides:
        assert side.state == "up"
        assert side.rows("SELECT class FROM evidence") == []
        assert side.rows("SELECT note FROM pending_head UNION SELECT note FROM disowned_head") == []
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()
    a, b = sides
    assert a.logs()[1].size == b.logs()[0].size
    assert b.logs()[1].size == a.logs()[0].size


def pends(a, data, now):
    """Let an exchange come to `a` damaged: its head has good signatures, and waits for its proof."""
    spoken = decode_exchange(data)
    with pytest.raises(Problem) as caught:
        a.node.take(encode_exchange(replace(spoken, entries=(*spoken.entries[:-1], spoken.entries[-1] + b"x"))), now)
    assert caught.value.code == "unproven-head"


@pytest.fixture
def history():
    """Two nodes; the first keeps a head of the second, and was copied then; the second was put back to before that head."""
    a, b = Side(0), Side(1)
    a.node.submit([note("a1")], START)
    b.node.submit([note("b1")], START)
    settle(a, b, START)
    before = b.store.image()
    b.node.submit([note("never proved")], T)
    pends(a, b.node.speak(T), T)
    assert a.rows("SELECT count(*) FROM pending_head") == [(1,)]
    image = a.store.image()
    b.put_back(before)
    b.node.submit([note("another")], L)
    assert recover(b, a, L) == [Next.AGAIN, Next.FETCH]
    assert any(isinstance(one, LinkLeaf) and one.event is LinkEvent.RECOVERED for one in entries(a))
    assert any(isinstance(one, InstrumentLeaf) and one.kind is InstrumentKind.RESTORED for one in entries(b))
    return a, b, image


def go_on(a, b, now):
    """Let the peer say again that it was restored, as it does when the other side was, and both settle."""
    for n in range(3):
        for one, other in ((a, b), (b, a)):
            if one.node.recovering:
                recover(one, other, Ms(now + n * SECOND))
    settle(a, b, Ms(now + MINUTE))


def test_a_head_that_the_peer_disowned_to_what_we_forgot_accuses_nobody(history):
    a, b, image = history
    settle(a, b, Ms(L + SECOND))
    sound(a, b)
    a.put_back(image)
    assert a.rows("SELECT count(*) FROM pending_head") == [(1,)], "the copy is from before the peer disowned it"
    assert recover(a, b, M) == [Next.AGAIN, Next.FETCH]
    go_on(a, b, Ms(M + MINUTE))
    sound(a, b)


def test_a_store_that_forgot_the_restore_of_the_peer_may_start_again_before_the_peer_does(history):
    """What it learns again is when the peer recovered, not when the peer last signed: else its next answer were an old store's."""
    a, b, image = history
    settle(a, b, Ms(L + SECOND))
    with b.store.read() as tx:
        known = read_incarnation(tx, LogRole.OURS)
    assert b.logs()[0].head_time > known.second
    a.put_back(image)
    assert recover(a, b, M) == [Next.AGAIN, Next.FETCH]
    with a.store.read() as tx:
        assert read_incarnation(tx, LogRole.THEIRS).second == known.second
    assert recover(a, b, Ms(M + SECOND)) == [Next.UP]
    go_on(a, b, Ms(M + MINUTE))
    sound(a, b)


def test_it_accuses_nobody_where_only_our_own_leaf_says_how_far_we_mirrored(history):
    a, b, image = history
    a.node.speak(L)  # lost; what comes next begins a batch, with an l-head
    a.node.take(b.node.speak(AHEAD), L)
    a.node.submit([note("a2")], L)
    b.node.take(a.node.speak(START), AHEAD)  # a cosignature of more than an hour before the head: ignored by check 12
    tied = max(leaf.size for leaf in entries(a) if isinstance(leaf, HeadLeaf))
    assert b.logs()[0].cosigned_size < tied
    a.put_back(image)
    assert recover(a, b, M) == [Next.AGAIN, Next.FETCH]
    assert a.logs()[1].size == tied
    go_on(a, b, AHEAD)
    sound(a, b)


def asks_beside(a, data, now):
    """Let `a` hear an exchange while it asks what it lost."""
    a.node.starts(now)
    with pytest.raises(Problem, match="recovering"):
        a.node.take(data, now)


@pytest.mark.parametrize("heard", ["nothing", "lost", "newest"])
@pytest.mark.parametrize("accepted", [False, True])
def test_it_accuses_nobody_where_we_had_heard_nothing_of_the_peer_since(history, heard, accepted):
    """At most our own log says that the peer recovered; what is heard while we ask is of before its restore, or of after it."""
    a, b, image = history
    ((lost,),) = a.rows("SELECT note FROM disowned_head")
    if accepted:
        b.node.take(a.node.speak(L), L)  # and its answer is lost
    a.put_back(image, chosen=not accepted)
    with a.store.begin() as tx:
        tx.run("DELETE FROM pending_head")
    said = decode_exchange(b.node.speak(M))
    if heard != "nothing":
        note = lost if heard == "lost" else said.checkpoint
        asks_beside(a, encode_exchange(replace(said, checkpoint=note, incarnation=None)), M)
        assert a.rows("SELECT note FROM pending_head") == [(note,)]
    assert recover(a, b, Ms(M + SECOND)) == [Next.AGAIN, Next.FETCH]
    go_on(a, b, Ms(M + MINUTE))
    sound(a, b)


def test_an_incarnation_that_the_peer_is_about_to_take_disowns_what_we_heard_while_we_asked(history):
    """Both are put back, one while the other asks."""
    a, b, image = history
    settle(a, b, Ms(L + MINUTE))
    before = b.store.image()
    a.put_back(image)
    b.node.submit([note("lost again")], Ms(M - SECOND))
    asks_beside(a, b.node.speak(Ms(M - SECOND)), M)
    b.put_back(before, chosen=True)
    b.node.starts(M)
    ask(b, a, M)
    assert recover(a, b, Ms(M + SECOND)) == [Next.AGAIN, Next.FETCH]
    for n in range(6):
        for one, other in ((b, a), (a, b)):
            if one.node.recovering:
                recover(one, other, Ms(M + n * MINUTE))
    b.node.submit([note("more")], Ms(M + 10 * MINUTE))
    settle(a, b, Ms(M + 10 * MINUTE))
    sound(a, b)


def test_a_head_later_than_the_restore_still_accuses(history):
    """A peer that forked after it was restored disowned nothing of that."""
    a, b, image = history
    settle(a, b, Ms(L + SECOND))
    size = b.logs()[0].size
    a.put_back(image)
    fork = sign_head(make_checkpoint(b.logs()[0].origin, size, b"\1" * 32), b.node.voice.keys_at(size), M // SECOND)
    with a.store.begin() as tx:
        tx.run(
            "INSERT INTO pending_head (note, size, time, root) VALUES (?, ?, ?, ?)",
            (fork.note, size, M // SECOND, b"\1" * 32),
        )
    with pytest.raises(Problem) as caught:
        recover(a, b, M)
    assert caught.value.code == "broken"
    assert a.rows("SELECT class FROM evidence") == [("equivocation",)]


def test_a_head_that_was_never_disowned_still_accuses_a_peer_that_was_not_put_back():
    """The same head, the same put-back store, and no answer of ours that was forgotten."""
    a, b = Side(0), Side(1)
    a.node.submit([note("a1")], START)
    settle(a, b, START)
    before = b.store.image()
    b.node.submit([note("never proved")], T)
    pends(a, b.node.speak(T), T)
    image = a.store.image()
    with a.store.begin() as tx:  # so that nothing shows it before the store is put back
        tx.run("DELETE FROM pending_head")
    b.put_back(before)
    b.node.submit([note("another")], L)
    with b.store.begin() as tx:  # two histories from one node, and no word about it
        tx.run("UPDATE link SET state = 'up'")
    settle(a, b, L)
    a.put_back(image)
    a.node.starts(M)
    while True:
        found, missing = ask(a, b, M)
        if found is Next.FETCH:
            break
    with pytest.raises(Problem) as caught:
        a.node.restore(missing, fetched(a, b, missing), M)
    assert caught.value.code == "broken"
    assert a.rows("SELECT class FROM evidence") == [("equivocation",)]
