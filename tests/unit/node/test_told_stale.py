"""A refusal that says that another store of ours has gone on: nobody signs refusals, so the peer is asked to sign which one it holds."""

from __future__ import annotations

import pytest

from comity.base.ids import Ms
from comity.dispatch.exchange_codec import Problem as Told
from comity.node.node import Node
from comity.node.recovery import Next, is_claimed
from comity.node.taken import Problem
from tests.unit.node.putback import SECOND, START, OfBefore, Side, ask, note, recover, settle

T, L = Ms(START + 60 * SECOND), Ms(START + 120 * SECOND)


def told(held, code="stale-incarnation"):
    """Return a refusal that anybody could have written."""
    return Told(code, 0, 0, None, held)


MADE_UP = told(T // SECOND + 30)


@pytest.fixture(params=[Node, OfBefore])
def two(request):
    """Two nodes that have exchanged something, beside a peer of this release and of the one before."""
    a, b = Side(0), Side(1, request.param)
    a.node.submit([note("a1")], START)
    b.node.submit([note("b1")], START)
    settle(a, b, START)
    a.node.starts(T)
    return a, b


def held_of(b):
    return b.rows("SELECT second FROM incarnation WHERE role = 'theirs'")


def claimed(a):
    with a.store.read() as tx:
        return is_claimed(tx)


def goes_on(a, b):
    """Show that the store is up, that nobody took an incarnation or was accused, and that traffic crosses."""
    assert (a.state, claimed(a)) == ("up", False)
    assert a.rows("SELECT 1 FROM record WHERE kind = 'superseded'") == []
    b.node.submit([note("after")], L)
    settle(a, b, L)
    assert a.rows("SELECT 1 FROM exercise WHERE text = 'after' AND filed = 1") == [(1,)]
    assert a.rows("SELECT 1 FROM evidence") == b.rows("SELECT 1 FROM evidence") == []


@pytest.mark.parametrize("carried", [False, True])
def test_a_made_up_refusal_ends_nothing(two, carried):
    """It made us ask under the incarnation that it names; the peer took that, and our only store took it for another one's."""
    a, b = two
    a.node.recover_request()
    a.node.told_stale(MADE_UP, T, carried=carried)
    assert (a.state, claimed(a)) == ("recovering", True)
    assert "nobody signed that" in a.node.link().reason
    assert a.node.link().reason.startswith("media say") == carried
    assert ask(a, b, T) == (Next.UP, None)
    assert held_of(b) == [], "nobody took it"
    goes_on(a, b)


def test_the_same_refusal_again_and_again_changes_nothing_on_media(two):
    a, b = two
    a.node.recover_request()
    a.node.told_stale(MADE_UP, T, carried=True)
    asked = a.node.recover_request()
    for _ in range(3):
        a.node.told_stale(MADE_UP, T, carried=True)
        assert a.node.recover_request() == asked
    a.node.starts(T)
    assert not claimed(a), "a start asks anew"
    assert recover(a, b, T) == [Next.UP]
    goes_on(a, b)


@pytest.mark.parametrize("again", [False, True])
def test_an_incarnation_that_we_asked_for_ourselves_is_no_other_stores(two, again):
    """The peer took it, its answer was lost, and then we were told of a later one that nobody has."""
    a, b = two
    a.choose()
    assert ask(a, b, T)[0] is Next.AGAIN
    b.node.take_recover(a.node.recover_request(), T)
    taken = held_of(b)
    with a.store.begin() as tx:
        tx.run("DELETE FROM counter WHERE name = 'put-back'")
    a.node.told_stale(told(taken[0][0] + 30), T, carried=True)
    assert claimed(a)
    if again:
        a.node.starts(T)
        assert claimed(a), "what the peer may hold as ours is not forgotten"
    happened = recover(a, b, L)
    assert happened[-1] is Next.FETCH
    assert Next.SUPERSEDED not in happened
    assert (a.state, a.rows("SELECT restored FROM incarnation WHERE role = 'ours'")) == ("up", [(1,)])


# --- where another store of ours has gone on -----------------------------------------------------------------------------


def gone_on(peer):
    """Return a store that another one of its node has left behind, and the peer."""
    a, b = Side(0), Side(1, peer)
    settle(a, b, START)
    old = a.store.image()
    a.put_back(old, chosen=True)
    assert recover(a, b, T)[-1] is Next.FETCH
    a.put_back(old)
    a.node.starts(L)
    return a, b


def refused(a, b, *, carried):
    """Let the peer refuse our question, and tell us so."""
    with pytest.raises(Problem) as found:
        b.node.take_recover(a.node.recover_request(), L)
    assert found.value.code == "stale-incarnation"
    a.node.told_stale(told(held_of(b)[0][0]), L, carried=carried)


@pytest.mark.parametrize("carried", [False, True])
def test_a_true_refusal_ends_the_old_store_by_what_the_peer_signs(carried):
    a, b = gone_on(Node)
    held = held_of(b)
    refused(a, b, carried=carried)
    assert ask(a, b, L)[0] is Next.SUPERSEDED
    assert a.state == "superseded"
    assert held_of(b) == held


def test_a_peer_of_before_is_believed_over_the_network_alone():
    """It cannot sign what it holds: over mutual TLS the word is the peer's, on media it is anybody's."""
    a, b = gone_on(OfBefore)
    refused(a, b, carried=True)
    for _ in range(3):
        refused(a, b, carried=True)
    assert (a.state, claimed(a)) == ("recovering", True)
    refused(a, b, carried=False)
    assert ask(a, b, L)[0] is Next.SUPERSEDED


def test_a_person_who_chose_this_store_is_not_asked_to_wait_for_a_signature(two):
    a, b = two
    a.put_back(a.store.image(), chosen=True)
    a.node.starts(T)
    a.node.recover_request()
    a.node.told_stale(MADE_UP, T, carried=True)
    assert not claimed(a)
    assert recover(a, b, L)[-1] is Next.FETCH
    assert a.state == "up"
