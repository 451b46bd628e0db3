"""An edition that the other side holds by a `recovered`, while the dispatch that brought it did not open, enters both logs."""

from __future__ import annotations

import pytest

from comity.base.ids import LeafIndex, Ms
from comity.dispatch.amendment import edition_of
from comity.dispatch.recover_codec import Paper
from comity.node.papers import keep_paper, take_papers
from comity.node.recovery import Next
from comity.node.taken import BadEdition
from tests.unit.node.amended import DAY, TICK, agree, rest, signed_by_both, two
from tests.unit.node.putback import SECOND, START, recover

T1 = Ms(START + DAY)
AHEAD = 2 * 3_600_000
LATER = Ms(START + 3 * DAY)
AT_ONCE = Ms(1)


def fast(in_force_from=AT_ONCE):
    """Let `b` sign a proposal while its clock is far ahead, and `a` start anew: it has the edition before its dispatch."""
    a, b = two()
    a.say(a.half(in_force_from=in_force_from), T1)
    rest(a, b, Ms(T1 + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(T1 + 4 * TICK + AHEAD), "agreed")
    recover(a, b, Ms(T1 + 5 * TICK))
    return a, b


def in_both(a, b):
    assert (a.edition(), b.edition()) == (2, 2)
    assert (len(a.accords()), len(b.accords())) == (1, 1)
    for side in (a, b):
        assert [one.ready for one in side.node.amending().signed] == [True]
        assert side.state == "up"
    agree(a, b, Ms(LATER + 20 * TICK), in_force_from=Ms(T1 + DAY + 1))
    assert (a.edition(), b.edition()) == (3, 3)


def test_a_leaf_that_came_before_the_receipt_shows_that_the_other_side_holds_it():
    a, b = fast()
    rest(a, b, Ms(T1 + 6 * TICK))
    assert b.rows("SELECT fact FROM amendment WHERE ours = 1") == [(3,)], "its dispatch did not open there"
    rest(a, b, LATER)
    in_both(a, b)


def test_a_leaf_behind_the_receipt_brings_back_what_was_forgotten():
    a, b = fast(in_force_from=Ms(T1 + DAY))
    rest(a, b, Ms(T1 + 6 * TICK))
    assert b.rows("SELECT fact FROM amendment WHERE ours = 1") == [(3,)]
    assert b.rows("SELECT * FROM paper") == []
    rest(a, b, LATER)
    in_both(a, b)
    assert "edition-unsigned" not in b.alarms()


def test_a_receipt_and_the_leaf_behind_it_in_one_exchange():
    a, b = fast(in_force_from=Ms(T1 + DAY))
    now = Ms(T1 + 6 * TICK)
    a.node.take(b.node.speak(now), now)
    a.node.tick(Ms(T1 + 7 * TICK))
    a.node.tick(LATER)
    ((receipt,),) = a.rows("SELECT receipt_idx FROM got WHERE fact = 3")
    assert receipt < a.accords()[0]
    rest(a, b, LATER)
    in_both(a, b)


def test_what_was_forgotten_does_not_come_back_beside_another_text_that_both_hold():
    a, b = fast(in_force_from=Ms(T1 + DAY))
    rest(a, b, Ms(T1 + 6 * TICK))
    b.say(signed_by_both(b, in_force_from=Ms(T1 + 2 * DAY)), Ms(T1 + 20 * TICK))
    with b.store.begin() as tx:
        tx.run("UPDATE paper SET ready = 1")
    before = b.rows("SELECT * FROM paper")
    a.node.tick(LATER)
    now = Ms(LATER + SECOND)
    with pytest.raises(BadEdition, match="edition-unsigned"):
        b.node.take(a.node.speak(now), now)
    assert b.rows("SELECT * FROM paper") == before


def test_what_we_did_not_send_signed_by_both_is_not_held_again():
    a, b = fast(in_force_from=Ms(T1 + DAY))
    rest(a, b, Ms(T1 + 6 * TICK))
    a.node.tick(LATER)
    with b.store.begin() as tx:
        tx.run("UPDATE amendment SET stage = 'proposed' WHERE ours = 1")  # as if one root alone had signed it
    now = Ms(LATER + SECOND)
    with pytest.raises(BadEdition, match="edition-unsigned"):
        b.node.take(a.node.speak(now), now)
    assert b.rows("SELECT * FROM paper") == []


@pytest.mark.parametrize("placed", [False, True])
def test_what_was_signed_again_meanwhile_does_not_stand_beside_what_the_other_side_holds(placed):
    """Its people sign again before they hear of the leaf; each signing makes other bytes. A start brings these too."""
    a, b = fast(in_force_from=Ms(T1 + DAY))
    rest(a, b, Ms(T1 + 6 * TICK))
    ((first,),) = a.rows("SELECT signed FROM paper")
    if placed:
        a.node.tick(LATER)
    now = Ms(LATER + SECOND)
    again = b.also(b.proposal().signed)
    assert again != first
    b.say(again, now, "agreed once more")
    assert recover(a, b, now) == [Next.UP]
    assert a.rows("SELECT signed FROM paper") == [(first,)]
    rest(a, b, Ms(LATER + TICK), rounds=6)
    assert [one.signed for one in b.node.amending().signed] == [first]
    in_both(a, b)


def test_what_stands_in_a_log_is_taken_whatever_else_we_hold():
    a, b = two()
    first, other = (signed_by_both(a, in_force_from=Ms(n)) for n in (1, 2))
    accord = edition_of(first)
    with a.store.begin() as tx:
        keep_paper(tx, first, accord, node=accord.parties[0].node, ready=True, dispatch=None, now=T1)
        origin = b.logs()[0].origin
        take_papers(tx, [Paper(origin, None, other)], a.logs()[0].origin, T1)
        assert tx.rows("SELECT signed FROM paper") == [(first,)]
        take_papers(tx, [Paper(origin, LeafIndex(9), other)], a.logs()[0].origin, T1)
        assert len(tx.rows("SELECT signed FROM paper")) == 2
