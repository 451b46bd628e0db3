"""What our own log says of the peer's counts after a put-back, also where the peer has no cosignature of ours for it.

A peer of this release says its own newest head, and all that our log names comes back under it; one of the release before does not.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch.entries import DispatchLeaf, Fact, HeadLeaf, ReceiptLeaf, decode_entry, encode_entry
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.dispatch.recover_codec import sign_recovered, unverified_recovered
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.evidencecheck import check_evidence
from comity.node.node import Node
from comity.node.proofs import Signers
from comity.node.publickeys import PublicKeys
from comity.node.recovery import Next, log_keys
from comity.node.taken import Problem
from comity.tlog.checkpoint import make_checkpoint, sign_head
from tests.unit.node.putback import SECOND, START, OfBefore, Side, ask, fetched, note, recover, settle

MINUTE = 60 * SECOND
L = Ms(START + 2 * MINUTE)
AHEAD = Ms(L + 59 * MINUTE)
"""The time of a peer whose clock is fast, by just less than the hour that check 6 allows."""


@pytest.fixture(params=[Node, OfBefore])
def either(request):
    """A peer of this release, and one of the release before."""
    return request.param


@pytest.fixture
def ignored(either):
    """Two nodes, the first put back; before, it logged a head of a peer with a fast clock, which ignored its cosignature."""
    return ignoring(either)


def ignoring(peer):
    a, b = Side(0), Side(1, peer)
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


def test_a_head_that_only_our_own_leaf_contradicts_is_refused_and_accuses_nobody():
    a, b, tied = ignoring(OfBefore)
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


def test_an_older_head_that_our_own_leaf_contradicts_stops_the_mending_and_proves_nothing():
    """The peer's signature on the head in our leaf is lost, so nobody could check such a proof."""
    a, b, tied = ignoring(OfBefore)
    with pytest.raises(Problem):
        a.node.take(forked(b, tied - 1, AHEAD), L)
    assert a.rows("SELECT count(*) FROM pending_head") == [(1,)]
    missing = missing_of(a, b, L)
    with pytest.raises(Problem) as caught:
        a.node.restore(missing, fetched(a, b, missing), L)
    assert caught.value.code == "unproven-head"
    assert a.rows("SELECT class FROM evidence") == []
    assert a.state == "recovering"


def test_receipts_that_came_back_above_the_newest_l_head_wait_for_what_they_are_of(either):
    """The batch began before the peer's entries were read, and the peer ignored the cosignature above them."""
    a, b, _ = receipted_and_put_back(either)
    receipts = a.rows("SELECT idx, receipt_idx FROM regot ORDER BY idx")
    assert len(receipts) == 2
    reached = a.rows("SELECT g.idx, g.receipt_idx FROM got g JOIN regot r ON r.idx = g.idx ORDER BY g.idx")
    assert reached == ([] if either is OfBefore else receipts), (
        "only then our log receipts what our mirror does not reach"
    )
    settle(a, b, Ms(AHEAD + MINUTE))
    assert a.rows("SELECT idx, receipt_idx FROM got ORDER BY idx") == receipts, "nothing is receipted twice"
    assert a.rows("SELECT text FROM exercise WHERE ours = 0 AND filed = 1 ORDER BY text") == [("b1",), ("b2",)]
    assert a.rows("SELECT 1 FROM regot") == []
    for one in (a, b):
        with one.store.read() as tx:
            assert audit(tx, Signers.of(one.node.voice, one.node.peer)).differences == ()
        assert one.rows("SELECT class FROM evidence") == []


def receipted_and_put_back(peer):
    """Return two sides, the first put back to before it receipted what the second sent, and the second's store of before that."""
    a, b = Side(0), Side(1, peer)
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
    a, b, other = receipted_and_put_back(OfBefore)
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


def both_were_put_back():
    """Return two sides: the first's receipts came back, and then the second was put back to before it sent what they are of."""
    a, b, other = receipted_and_put_back(Node)
    b.put_back(other)
    return a, b


def tell_again(a, b, now):
    """Let each of two restored sides say its incarnation to the other, which may have forgotten it."""
    assert (a.state, b.state) == ("recovering", "up")
    assert recover(a, b, now) == recover(b, a, now) == [Next.UP]


def audited(*sides):
    for one in sides:
        with one.store.read() as tx:
            assert audit(tx, Signers.of(one.node.voice, one.node.peer)).differences == ()
        assert one.rows("SELECT class FROM evidence") == []
        assert one.state == "up"


def test_where_both_were_put_back_no_receipt_outlives_its_dispatch_and_both_go_on():
    """The put-back peer gets from us what it sent: its leaves and our receipts; the content is lost, and that is said."""
    a, b = both_were_put_back()
    now = Ms(AHEAD + MINUTE)
    assert recover(b, a, now) == [Next.AGAIN, Next.FETCH], "the head that it signed shows that its store was put back"
    sent = [leaf.id for leaf in leaves(b) if isinstance(leaf, DispatchLeaf)]
    receipted = [leaf.id for leaf in leaves(a) if isinstance(leaf, ReceiptLeaf)]
    assert sent == receipted != []
    tell_again(a, b, now)
    b.node.submit([note("b3"), note("b4")], now)
    settle(a, b, now)
    audited(a, b)
    assert b.rows("SELECT fact, withdrawn FROM lost") == [(int(Fact.FILED), 1)] * 2, (
        "receipted once, and lost on both sides"
    )
    assert a.rows("SELECT 1 FROM regot") == [], "nobody waits for their bytes any more"
    texts = "SELECT text FROM exercise WHERE filed = 1 ORDER BY text"
    assert a.rows(texts) == b.rows(texts) == [("b3",), ("b4",)]
    for one, other in ((a, b), (b, a)):
        assert one.logs()[1].size == other.logs()[0].size == one.logs()[1].cosigned_size


def test_a_peer_that_was_put_back_to_before_a_head_that_our_log_names_gets_it_again_and_accuses_nobody():
    """The same with an l-head: the peer would take it for a head that it never signed."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    image, other = a.store.image(), b.store.image()
    b.node.submit([note("b2"), note("b3")], L)
    a.node.take(b.node.speak(AHEAD), L)
    a.node.submit([note("a2")], L)
    b.node.take(a.node.speak(START), AHEAD)
    tied = max(leaf.size for leaf in leaves(a) if isinstance(leaf, HeadLeaf))
    a.put_back(image)
    recover(a, b, L)
    b.put_back(other)
    assert b.logs()[0].size < tied == a.logs()[1].head_size
    now = Ms(AHEAD + MINUTE)
    recover(b, a, now)
    tell_again(a, b, now)
    b.node.submit([note("b4")], now)
    settle(a, b, now)
    audited(a, b)


def test_a_false_receipt_for_what_both_lost_is_evidence_as_any_other_is():
    """Nothing is excused by a put-back: the leaf stands in the log again, so the receipt is true or false beside it."""
    a, b = both_were_put_back()
    now = Ms(AHEAD + MINUTE)
    recover(b, a, now)
    tell_again(a, b, now)
    settle(a, b, now)
    place, leaf = next((n, one) for n, one in enumerate(leaves(b)) if isinstance(one, DispatchLeaf))
    false = ReceiptLeaf(LeafIndex(place), DispatchId(bytes(16)), leaf.sealed, Fact.FILED, None, None, None)
    with a.node.ledger.begin() as book:
        book.append_own([encode_entry(false)])
    with pytest.raises(Problem, match="a receipt for a dispatch that we did not send"):
        b.node.take(a.node.speak(Ms(now + MINUTE)), Ms(now + MINUTE))
    ((kind, data),) = b.rows("SELECT class, evidence FROM evidence")
    assert kind == "false-receipt"
    shown = check_evidence(data, keys_of(a, b))
    assert shown.accused == a.node.voice.node
    assert "co-signed the true log as well" in shown.sentence


def test_a_cosignature_that_came_too_long_before_its_head_is_made_anew_once_the_clock_has_come_nearer():
    """Seed 4782: the head came with the answer to a put-back store, over an hour ahead of its clock, and was cosigned at once."""
    # spec: protocol.md 7 check 12
    a, b, tied = ignoring(Node)
    b.node.submit([note("b4")], L)
    b.node.speak(AHEAD)  # nobody hears it
    size = b.logs()[0].head_size
    recover(a, b, START)
    assert (a.state, a.logs()[1].head_size) == ("up", size)
    b.node.take(a.node.speak(START), START)
    assert b.logs()[0].cosigned_size < tied
    later = Ms(START + 10 * MINUTE)  # the head lies 51 minutes ahead now, and is the newest still
    b.node.take(a.node.speak(later), later)
    assert b.logs()[0].cosigned_size == size
    settle(a, b, Ms(AHEAD + MINUTE))
    audited(a, b)


class SilentOfItsRestores(OfBefore):
    """A node of an earlier release still: it does not say in an answer which of its stores speaks."""

    def take_recover(self, data, now):
        return sign_recovered(
            replace(unverified_recovered(super().take_recover(data, now)), incarnation=None), log_keys(self.voice)
        )


def test_what_waited_of_a_history_that_the_peer_disowned_and_we_forgot_does_not_stop_the_mending():
    """Our log answers the peer's recover, and this store does not know of it: the head that waits in it was disowned then."""
    a, b = Side(0), Side(1, SilentOfItsRestores)
    settle(a, b, START)
    before = b.store.image()
    b.node.submit([note("lost")], Ms(START + MINUTE))
    letter = decode_exchange(b.node.speak(Ms(START + MINUTE)))
    with pytest.raises(Problem):
        a.node.take(encode_exchange(replace(letter, base=letter.size, entries=(), dispatches=())), Ms(START + MINUTE))
    image = a.store.image()
    assert a.rows("SELECT note FROM pending_head") == [(letter.checkpoint,)]
    b.put_back(before, chosen=True)
    assert recover(b, a, L)[-1] is Next.FETCH
    b.node.submit([note("b2"), note("b3")], L)
    a.node.take(b.node.speak(AHEAD), L)
    for text in ("a1", "a2"):
        a.node.submit([note(text)], L)
        b.node.take(a.node.speak(START), AHEAD)
    assert b.rows("SELECT value FROM counter WHERE name = 'cosignature-ignored'")
    a.put_back(image)
    recover(a, b, Ms(L + MINUTE))
    assert a.rows("SELECT note FROM pending_head") == []
    tell_again(b, a, Ms(AHEAD + MINUTE))
    settle(a, b, Ms(AHEAD + 2 * MINUTE))
    audited(a, b)


def keys_of(*sides):
    return PublicKeys.listed(*(one.node.office.peer_keys for one in sides))


def with_newest(b, head):
    """Return a change of the peer's answer: another newest head of its own log."""
    return lambda data: sign_recovered(replace(unverified_recovered(data), newest=head), log_keys(b.node.voice))


def answered(a, b, change):
    """Start `a`, let it ask twice, and return what it misses by answers that were changed."""
    a.node.starts(L)
    for _ in range(2):
        found, missing = a.node.take_recovered(change(b.node.take_recover(a.node.recover_request(), L)), L)
    assert found is Next.FETCH
    return missing


def test_a_newest_head_that_the_peers_entries_do_not_give_mends_nothing():
    a, b, tied = ignoring(Node)
    for size in (tied, tied - 1):
        head = sign_head(make_checkpoint(b.logs()[0].origin, size, b"\1" * 32), b.node.voice.keys_at(size), L // SECOND)
        before = a.logs()
        missing = answered(a, b, with_newest(b, head.note))
        with pytest.raises(Problem) as caught:
            a.node.restore(missing, fetched(a, b, missing), L)
        assert (caught.value.code, a.state, a.logs()) == ("unproven-head", "recovering", before)
    assert a.rows("SELECT class FROM evidence") == []
    assert recover(a, b, L)[-1] is Next.FETCH
    assert a.state == "up"


def test_a_newest_head_that_nobody_signed_so_is_refused():
    a, b, _ = ignoring(Node)
    a.node.starts(L)
    newest = unverified_recovered(b.node.take_recover(a.node.recover_request(), L)).newest
    cut = newest[: newest.rstrip().rindex("\n") + 1]
    with pytest.raises(Problem) as caught:
        a.node.take_recovered(with_newest(b, cut)(b.node.take_recover(a.node.recover_request(), L)), L)
    assert caught.value.code == "bad-signature"


def test_a_newest_head_above_another_that_the_peer_signed_is_evidence_while_the_store_is_mended():
    """What the peer said before, and we kept, contradicts what its tiles give under the head that it shows now."""
    a, b, tied = ignoring(Node)
    with pytest.raises(Problem):
        a.node.take(forked(b, tied - 1, AHEAD), L)
    missing = missing_of(a, b, L)
    with pytest.raises(Problem, match="earlier signed head"):
        a.node.restore(missing, fetched(a, b, missing), L)
    ((kind, data),) = a.rows("SELECT class, evidence FROM evidence")
    assert (kind, a.state) == ("equivocation", "broken")
    assert check_evidence(data, keys_of(a, b)).accused == b.node.voice.node


def test_a_peer_that_recovered_and_was_forgotten_is_answered_under_its_incarnation():
    """Its newest head is later than that; were it not known, the peer's next question would come too late for ever."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    image = a.store.image()
    b.put_back(b.store.image(), chosen=True)
    assert recover(b, a, L)[-1] is Next.FETCH
    b.node.submit([note("b1")], Ms(L + MINUTE))
    b.node.speak(Ms(L + MINUTE))
    a.put_back(image, chosen=True)
    assert a.rows("SELECT 1 FROM incarnation WHERE role = 'theirs'") == []
    recover(a, b, Ms(L + 2 * MINUTE))
    assert a.logs()[1].head_size == b.logs()[0].head_size
    assert b.state == "recovering", "it says its incarnation again"
    assert recover(b, a, Ms(L + 3 * MINUTE)) == [Next.UP]
    settle(a, b, Ms(L + 4 * MINUTE))
    audited(a, b)
    theirs, ours = (
        side.rows("SELECT second FROM incarnation WHERE role = ?", role) for side, role in ((a, "theirs"), (b, "ours"))
    )
    assert theirs == ours != []


def test_with_a_peer_of_before_a_receipt_may_outlive_its_dispatch_and_only_a_cut_goes_on():
    """Known: the dispatch is lost on both sides, its receipt came back from the peer before the peer lost both.

    The peer is put back to before it sent; we hold none of that part of its log, so our answer has it up at once. The next that
    it sends takes the place. We refuse it, for our log receipts another there; it takes our receipt for a false one.
    """
    a, b, other = receipted_and_put_back(OfBefore)
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
