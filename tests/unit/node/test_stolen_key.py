"""A thief with our log key writes a leaf that we never made: our node notices at its next exchange and says no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.entries import RecordLeaf, encode_entry
from comity.dispatch.exchange_codec import Problem as Told
from comity.dispatch.exchange_codec import decode_exchange, decode_problem, encode_exchange
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.link import LinkState
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.sim.faults import MINUTE_MS
from comity.tlog.checkpoint import Checkpoint, cosign, make_checkpoint, sign_head
from comity.tlog.note import Seconds
from comity.tlog.tree import Edge, leaf_hash
from tests.unit.node.putback import START, Side, ask, note, recover, settle
from tests.unit.node.test_suspending import suspend

LATER, AFTER = Ms(START + MINUTE_MS), Ms(START + 2 * MINUTE_MS)
LEAF = encode_entry(RecordLeaf("review", bytes(32)))


def joined():
    a, b = Side(0), Side(1)
    recover(a, b, START)
    recover(b, a, START)
    settle(a, b, START)
    assert (a.state, b.state) == ("up", "up")
    return a, b


def stolen_leaf(a, b, now):
    """Say something in the name of `a` that `a` never made, with its own good keys; `b` takes it."""
    with a.node.ledger.begin() as book:
        ours = book.logs["ours"]
        entries = book.entries("ours", 0, ours.size)
    grown = [*entries, LEAF]
    edge, _ = Edge().append([leaf_hash(one) for one in grown])
    head = sign_head(
        make_checkpoint(ours.origin, len(grown), edge.root()), [a.node.voice.log_keys], Seconds(now // 1000)
    )
    said = decode_exchange(a.node.speak(now))
    forged = replace(said, base=0, entries=tuple(grown), checkpoint=head.note, dispatches=())
    b.node.take(encode_exchange(forged), now)


def stopped(a):
    assert a.state == "broken"
    assert "log key is in other hands" in a.node.link().reason
    assert a.rows("SELECT count(*) FROM evidence") == [(0,)], "the peer did no wrong"
    assert a.rows("SELECT count(*) FROM record WHERE kind = 'foreign-head'") == [(1,)]
    with a.store.read() as tx:
        assert audit(tx).good
    with pytest.raises(Problem):
        a.node.take(a.node.problem_bytes(Problem("broken", 503, "")), AFTER)


def test_a_co_signature_over_more_than_our_log_shows_the_thief():
    a, b = joined()
    stolen_leaf(a, b, LATER)
    a.node.take(b.node.speak(AFTER), AFTER)
    assert a.state == "recovering", "the co-signature is ignored, and the peer is asked what it holds"
    found, _ = ask(a, b, AFTER)
    assert found == "cut"
    stopped(a)


def test_a_peer_that_only_says_so_is_asked_and_nothing_stops():
    a, b = joined()
    checkpoint = Checkpoint(a.logs()[0].origin, 99, bytes(32))
    said = decode_exchange(b.node.speak(LATER))
    lie = cosign(checkpoint, b.node.voice.cosigner_keys, Seconds(LATER // 1000)).note
    a.node.take(encode_exchange(replace(said, cosignature=lie)), LATER)
    assert a.state == "recovering"
    found, _ = ask(a, b, AFTER)
    assert (found, a.state) == ("up", "up")


def test_our_own_signature_in_the_peers_problem_shows_the_thief():
    """Our node wrote leaves of its own at the same place: the peer challenges our head, and shows the one that it accepted."""
    a, b = joined()
    stolen_leaf(a, b, LATER)
    a.node.submit([note("true", Urgency.URGENT)], AFTER)
    with pytest.raises(Problem) as refused:
        b.node.take(a.node.speak(AFTER), AFTER)
    assert refused.value.code == "unproven-head"
    told = decode_problem(b.node.problem_bytes(refused.value))
    a.node.take_problem(told, AFTER)
    stopped(a)
    a.node.take_problem(told, AFTER)
    stopped(a)


def test_a_problem_with_our_true_head_or_with_none_of_ours_stops_nothing():
    a, b = joined()
    told = decode_problem(b.node.problem_bytes(Problem("slow-down", 429, "")))
    assert told.checkpoint is not None
    a.node.take_problem(told, LATER)
    a.node.take_problem(replace(told, checkpoint=told.checkpoint.replace("3\n", "4\n", 1)), LATER)
    a.node.take_problem(replace(told, checkpoint="nothing"), LATER)
    a.node.take_problem(Told("broken", 0, 99, None, 0), LATER)
    assert a.state == "up"


def test_a_node_that_runs_does_not_adopt_the_leaf_as_one_that_it_lost():
    """Resuming compares the logs as a start does; only a start may have an old store."""
    a, b = joined()
    suspend(a)
    stolen_leaf(a, b, LATER)
    suspend(a, AFTER, act="resume")
    assert a.state == "recovering"
    found, _ = ask(a, b, AFTER)
    assert found == "cut"
    stopped(a)
    a.node.starts(AFTER)
    assert a.node.link().state is LinkState.BROKEN, "a restart forgets nothing of it"


def put_back():
    """Return two nodes; the first was put back, and has what it lost again."""
    a, b = joined()
    image = a.store.image()
    a.node.submit([note("lost")], START)
    settle(a, b, START)
    a.put_back(image)
    assert recover(a, b, LATER) == [Next.AGAIN, Next.FETCH]
    settle(a, b, LATER)
    return a, b


def test_a_node_that_was_put_back_and_runs_since_does_not_adopt_the_leaf_either():
    """It took the thief's leaf for one more of those that it had lost, until its next start."""
    a, b = put_back()
    stolen_leaf(a, b, AFTER)
    a.node.take(b.node.speak(AFTER), AFTER)
    assert a.state == "recovering"
    found, _ = ask(a, b, AFTER)
    assert found == "cut"
    stopped(a)


def test_a_node_that_was_put_back_asks_before_it_accuses_a_peer_that_names_a_thiefs_head():
    a, b = put_back()
    stolen_leaf(a, b, AFTER)
    b.node.submit([note("names it")], AFTER)
    data = b.node.speak(AFTER)
    a.node.submit([note("at the same place")], AFTER)
    a.node.speak(AFTER)
    with pytest.raises(Problem) as caught:
        a.node.take(data, AFTER)
    assert (caught.value.code, a.state) == ("recovering", "recovering")
    assert a.rows("SELECT class FROM evidence") == []
    assert ask(a, b, AFTER)[0] == "cut"
    stopped(a)
