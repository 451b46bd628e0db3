"""A node that recovers takes nothing of an exchange, and keeps its head: the peer may be put back before it is heard again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.node.absorb import PENDING_HEADS
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.tlog.checkpoint import make_checkpoint, sign_head
from tests.unit.node.putback import SECOND, START, Side, note, recover, settle
from tests.unit.node.test_put_back_disowned import sound

MINUTE = 60 * SECOND
T, L, M = Ms(START + MINUTE), Ms(START + 2 * MINUTE), Ms(START + 5 * MINUTE)
TAKEN = ("entry", "head", "got", "sent", "pool", "record", "evidence", "link", "log", "incarnation", "challenge")


@pytest.fixture
def pair():
    a, b = Side(0), Side(1)
    a.node.submit([note("a1")], START)
    b.node.submit([note("b1")], START)
    settle(a, b, START)
    return a, b


def said(side, text, now):
    side.node.submit([note(text)], now)
    return side.node.speak(now)


def refused(side, data, now, code="recovering", **how):
    with pytest.raises(Problem) as caught:
        side.node.take(data, now, **how)
    assert caught.value.code == code


def pending(side):
    return [note for (note,) in side.rows("SELECT note FROM pending_head ORDER BY time, size")]


def stored(side):
    return {table: side.rows(f"SELECT * FROM {table}") for table in TAKEN}


def signed(side, size, time, root=b"\1" * 32):
    """Return a head that this side signs beside its log."""
    return sign_head(make_checkpoint(side.logs()[0].origin, size, root), side.node.voice.keys_at(size), time).note


def recovering(side, now=T):
    side.node.starts(now)
    assert side.state == "recovering"


@pytest.mark.parametrize(("calls", "carried"), [(True, False), (True, True), (False, False), (False, True)])
def test_what_a_store_said_before_it_was_put_back_accuses_nobody_when_it_comes_again(pair, calls, carried):
    a, b = pair
    before = b.store.image()
    letter = said(b, "said to a node that recovers", T)
    if not calls:  # as if it was put back too: a call that agrees with its store would end its question
        letter = encode_exchange(replace(decode_exchange(letter), mirror_size=99))
    recovering(a)
    a.node.can_call = calls
    refused(a, letter, T, carried=carried)
    b.put_back(before)
    assert recover(b, a, L) == [Next.AGAIN, Next.FETCH], "the head that it lost is named to it"
    recover(a, b, L)
    b.node.submit([note("another history")], L)
    settle(a, b, Ms(L + SECOND))
    refused(a, letter, M, "stale-incarnation", carried=carried)
    settle(a, b, M)
    sound(a, b)


def test_nothing_but_the_head_is_kept_and_the_next_exchange_covers_it(pair):
    a, b = pair
    letter = said(b, "b2", T)
    recovering(a)
    before = stored(a)
    for _ in range(2):
        refused(a, letter, T)
    assert pending(a) == [decode_exchange(letter).checkpoint]
    assert stored(a) == before
    assert recover(a, b, L) == [Next.UP]
    settle(a, b, L)
    sound(a, b)


def test_a_head_that_the_peer_did_not_sign_is_not_kept(pair):
    a, b = pair
    letter = decode_exchange(said(b, "b2", T))
    recovering(a)
    text, signatures = letter.checkpoint.split("\n\n")
    other = signed(b, 9, T // SECOND).split("\n\n")[1]
    one = signatures.splitlines(keepends=True)[0]
    for head in (f"{text}\n\n{other}", f"{text}\n\n{one}", signed(a, 9, T // SECOND)):
        refused(a, encode_exchange(replace(letter, checkpoint=head)), T)
    assert pending(a) == []


def test_a_head_that_the_mirror_has_is_not_kept(pair):
    a, b = pair
    recovering(a)
    refused(a, b.node.speak(T), T)
    assert pending(a) == []


def test_a_head_of_before_the_peers_restore_and_one_of_a_store_left_behind_are_not_kept(pair):
    a, b = pair
    before = b.store.image()
    lost, told = said(b, "lost", T), Ms(L + MINUTE)
    b.put_back(before, chosen=True)
    assert recover(b, a, L)[-1] is Next.FETCH
    settle(a, b, Ms(L + SECOND))
    newer = decode_exchange(said(b, "b3", told))
    recovering(a, told)
    refused(a, lost, told)
    refused(a, encode_exchange(replace(newer, incarnation=L // SECOND - 1)), told)
    refused(
        a, encode_exchange(replace(decode_exchange(lost), incarnation=None)), told
    )  # it does not say of which store
    assert pending(a) == []
    refused(a, encode_exchange(newer), told)
    assert pending(a) == [newer.checkpoint]


def test_a_fork_that_was_said_to_a_node_that_recovers_is_evidence(pair):
    a, b = pair
    size, letter = b.logs()[0].size, said(b, "b2", T)
    assert decode_exchange(letter).size > size
    recovering(a)
    refused(a, shown(letter, signed(b, size + 1, T // SECOND)), T)
    assert recover(a, b, L) == [Next.UP]
    refused(a, letter, L, "broken")
    assert a.rows("SELECT class FROM evidence") == [("equivocation",)]


@pytest.mark.parametrize("state", ["broken", "superseded"])
def test_a_node_that_stopped_for_good_keeps_no_head(pair, state):
    a, b = pair
    with a.store.begin() as tx:
        tx.run("UPDATE link SET state = ?", (state,))
    a.node.ledger.forget()
    refused(a, said(b, "b2", T), T, "broken" if state == "broken" else "recovering")
    assert pending(a) == []


def test_of_more_than_64_heads_the_newest_takes_the_place_of_the_newest(pair):
    a, b = pair
    letter = said(b, "b2", T)
    heads = [signed(b, 20 + n, T // SECOND + n) for n in range(PENDING_HEADS + 3)]
    recovering(a)
    for head in heads:
        refused(a, shown(letter, head), T)
    assert pending(a) == [*heads[: PENDING_HEADS - 1], heads[-1]]
    refused(a, shown(letter, heads[PENDING_HEADS]), T)
    assert pending(a)[-1] == heads[-1], "an older one takes nobody's place"
    with a.store.begin() as tx:
        tx.run(
            "INSERT INTO challenge (note, idx, at, reached_ms, looked_at, heard_at) VALUES (?, 0, 0, 0, 0, 0)",
            (heads[-1],),
        )
    refused(a, shown(letter, signed(b, 99, L // SECOND)), L)
    assert pending(a)[-1] == heads[-1], "one that was asked for in our log stays"


def shown(letter, head):
    """Return the exchange with another head in it."""
    return encode_exchange(replace(decode_exchange(letter), checkpoint=head))
