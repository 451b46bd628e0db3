"""What our own log says of the peer's counts after a put-back, also where the peer has no cosignature of ours for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.entries import HeadLeaf, decode_entry
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.proofs import Signers
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.tlog.checkpoint import make_checkpoint, sign_head
from tests.unit.node.putback import SECOND, START, Side, ask, fetched, note, recover, settle

MINUTE = 60 * SECOND
L = Ms(START + 2 * MINUTE)
AHEAD = Ms(L + 59 * MINUTE)
"""The time of a peer whose clock is fast, by just less than the hour that check 6 allows."""


@pytest.fixture
def ignored():
    """Two nodes, the first put back; before, it logged a head of a peer with a fast clock, which ignored its cosignature."""
    a, b = Side(0), Side(1)
    a.node.submit([note("a1")], START)
    b.node.submit([note("b1")], START)
    settle(a, b, START)
    image = a.store.image()
    b.node.submit([note("b2"), note("b3")], L)
    a.node.take(b.node.speak(AHEAD), L)
    a.node.submit([note("a2")], L)
    b.node.take(
        a.node.speak(START), AHEAD
    )  # our clock went back: more than an hour before the head: ignored by check 12
    assert b.rows("SELECT value FROM counter WHERE name = 'cosignature-ignored'")
    tied = max(leaf.size for leaf in leaves(a) if isinstance(leaf, HeadLeaf))
    assert b.logs()[0].cosigned_size < tied == b.logs()[0].head_size
    a.put_back(image)
    assert a.logs()[1].size < tied
    return a, b, tied


def leaves(side, role="ours"):
    return [decode_entry(row[0]) for row in side.rows("SELECT entry FROM entry WHERE role = ? ORDER BY idx", role)]


def missing_of(a, b, now):
    a.node.starts(now)
    while True:
        found, missing = ask(a, b, now)
        if found is Next.FETCH:
            return missing


def test_the_mirror_reaches_the_newest_l_head_of_what_came_back(ignored):
    a, b, tied = ignored
    assert recover(a, b, L)[-1] is Next.FETCH
    assert a.state == "up"
    assert a.logs()[1].size == tied
    assert a.node.speak(L)  # it cosigns nothing that it has no head for
    settle(a, b, Ms(AHEAD + MINUTE))
    for one, other in ((a, b), (b, a)):
        assert one.logs()[1].size == other.logs()[0].size == one.logs()[1].cosigned_size
        with one.store.read() as tx:
            assert audit(tx, Signers.of(one.node.voice, one.node.peer)).differences == ()
        assert one.rows("SELECT class FROM evidence") == []
        assert one.rows("SELECT id FROM exercise WHERE filed <> 1") == []
    assert a.rows("SELECT count(*) FROM exercise WHERE filed = 1") == [(4,)], "a1, b1 and what came since; a2 is lost"


def test_entries_that_do_not_give_the_root_in_our_own_leaf_change_nothing(ignored):
    a, b, _ = ignored
    missing = missing_of(a, b, L)
    good = fetched(a, b, missing)
    assert good.theirs
    before = a.logs()
    for bad in (good.theirs[:-1], (*good.theirs[:-1], good.theirs[0]), ()):
        with pytest.raises(Problem) as caught:
            a.node.restore(missing, replace(good, theirs=bad), L)
        assert caught.value.code == "unproven-head"
        assert a.logs() == before
        assert a.state == "recovering"
    assert a.node.restore(missing, good, L)


def forked(b, size, now):
    """Return what the peer would say under a head that is not of its log, without the entries below."""
    head = sign_head(make_checkpoint(b.logs()[0].origin, size, b"\1" * 32), b.node.voice.keys_at(size), now // SECOND)
    spoken = decode_exchange(b.node.speak(now))
    return encode_exchange(
        replace(spoken, base=size, entries=(), checkpoint=head.note, cosignature=None, dispatches=())
    )


def test_a_head_that_only_our_own_leaf_contradicts_is_refused_and_accuses_nobody(ignored):
    a, b, tied = ignored
    recover(a, b, L)
    size = a.logs()[1].head_size + 1
    assert size <= tied
    with pytest.raises(Problem) as caught:
        a.node.take(forked(b, size, AHEAD), Ms(L + SECOND))
    assert caught.value.code == "unproven-head"
    assert a.rows("SELECT class FROM evidence") == []
    assert a.rows("SELECT count(*) FROM pending_head WHERE size = ?", size) == [(1,)], (
        "kept: it may prove something later"
    )
    settled = b.node.speak(Ms(AHEAD + MINUTE))
    with pytest.raises(Problem):
        a.node.take(settled, Ms(L + MINUTE))
    assert a.rows("SELECT class FROM evidence") == [("equivocation",)]


def test_an_older_head_that_our_own_leaf_contradicts_stops_the_mending_and_proves_nothing(ignored):
    """The peer's signature on the head in our leaf is lost, so nobody could check such a proof."""
    a, b, tied = ignored
    with pytest.raises(Problem):
        a.node.take(forked(b, tied - 1, AHEAD), L)
    assert a.rows("SELECT count(*) FROM pending_head") == [(1,)]
    missing = missing_of(a, b, L)
    with pytest.raises(Problem) as caught:
        a.node.restore(missing, fetched(a, b, missing), L)
    assert caught.value.code == "unproven-head"
    assert a.rows("SELECT class FROM evidence") == []
    assert a.state == "recovering"


def test_receipts_that_came_back_above_the_newest_l_head_wait_for_what_they_are_of():
    """The batch began before the peer's entries were read, and the peer ignored the cosignature above them."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    image = a.store.image()
    b.node.submit([note("b1"), note("b2")], L)
    a.node.submit([note("a1", Urgency.IMMEDIATE)], L)
    a.node.take(b.node.speak(AHEAD), L)
    b.node.take(a.node.speak(START), AHEAD)
    receipts = a.rows("SELECT idx, receipt_idx FROM got ORDER BY idx")
    a.put_back(image)
    recover(a, b, L)
    waiting = a.rows("SELECT r.idx, r.receipt_idx FROM regot r LEFT JOIN got g ON g.idx = r.idx WHERE g.idx IS NULL")
    assert sorted(waiting) == receipts, "our log receipts what our mirror does not reach"
    settle(a, b, Ms(AHEAD + MINUTE))
    assert a.rows("SELECT idx, receipt_idx FROM got ORDER BY idx") == receipts, "nothing is receipted twice"
    assert a.rows("SELECT text FROM exercise WHERE ours = 0 AND filed = 1 ORDER BY text") == [("b1",), ("b2",)]
    assert a.rows("SELECT 1 FROM regot") == []
    for one in (a, b):
        with one.store.read() as tx:
            assert audit(tx, Signers.of(one.node.voice, one.node.peer)).differences == ()
        assert one.rows("SELECT class FROM evidence") == []


def receipted_and_put_back():
    """Return two sides, the first put back to before it receipted what the second sent, and the second's store of before that."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    image, other = a.store.image(), b.store.image()
    b.node.submit([note("b1"), note("b2")], L)
    a.node.submit([note("a1", Urgency.IMMEDIATE)], L)
    a.node.take(b.node.speak(AHEAD), L)
    b.node.take(a.node.speak(START), AHEAD)
    a.put_back(image)
    recover(a, b, L)
    return a, b, other


def test_another_dispatch_where_our_own_log_receipts_one_is_refused_and_never_taken_for_it():
    """The peer's own older store, which it went on with, stands for a peer that shows another history of its log."""
    a, b, other = receipted_and_put_back()
    before = a.logs()
    b.put_back(other)
    b.node.submit([note("b3"), note("b4")], Ms(L + SECOND))
    with pytest.raises(Problem) as caught:
        a.node.take(b.node.speak(AHEAD), Ms(L + SECOND))
    assert caught.value.code == "unproven-head"
    assert a.logs()[1] == before[1], "nothing of it is mirrored"
    assert a.rows("SELECT id FROM got WHERE fact <> 0") == []
    assert a.rows("SELECT count(*) FROM pending_head") == [(1,)], "its head is kept: it may prove something later"
    assert a.rows("SELECT class FROM evidence") == []


def test_where_both_were_put_back_and_a_receipt_outlived_its_dispatch_only_a_cut_goes_on():
    """Known and not mended: the dispatch is lost on both sides, its receipt came back from the peer before the peer lost both.

    The peer is put back to before it sent; we hold none of that part of its log, so our answer has it up at once. The next that
    it sends takes the place. We refuse it, for our log receipts another there; it takes our receipt for a false one.
    """
    a, b, other = receipted_and_put_back()
    b.put_back(other)
    now = Ms(AHEAD + MINUTE)
    assert recover(b, a, now) == [Next.UP], "we can show it nothing that it lost"
    b.node.submit([note("b3"), note("b4")], now)
    with pytest.raises(Problem, match="not the dispatch which our own log receipts"):
        a.node.take(b.node.speak(now), now)
    with pytest.raises(Problem, match="a receipt for a dispatch that we did not send"):
        b.node.take(a.node.speak(now), now)
    assert (a.state, a.rows("SELECT 1 FROM evidence")) == ("uncosigned", [])
    assert (b.state, b.rows("SELECT class FROM evidence")) == ("broken", [("false-receipt",)])
