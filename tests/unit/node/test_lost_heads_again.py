"""Heads that were lost with a store are shown to its owner again, whatever became of keys and logs since."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.sim.exercise import OFFICER
from comity.tlog.note import parse_note
from tests.unit.node.cuts import AFTER, LAST, LATER, cut_whole, joined, notice, steal, whole
from tests.unit.node.putback import SECOND, START, note, recover, say, settle
from tests.unit.node.rotating import TICK, turn, two
from tests.unit.node.test_put_back_disowned import pends
from tests.unit.node.test_spare_keys import sound

HOUR = 60 * 60 * SECOND
T, L, M = Ms(START + HOUR), Ms(START + 2 * HOUR), Ms(START + 4 * HOUR)


def test_a_lost_head_under_the_keys_of_before_a_change_that_came_earlier_in_the_log_of_now():
    a, b = two()
    before = a.store.image()
    for n in range(8):
        a.node.submit([note(f"never proved {n}")], T)
    pends(b, a.node.speak(T), T)
    a.put_back(before)
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    settle(a, b, Ms(L + SECOND))
    turn(a, b, Ms(L + HOUR))
    a.put_back(before, chosen=True)
    assert recover(a, b, M)[-1] is Next.FETCH
    settle(a, b, Ms(M + SECOND))
    sound(a, b)


def test_a_lost_head_at_a_change_of_keys_that_came_later_in_the_log_of_now():
    a, b = two()
    before = a.store.image()
    signed = a.install(T)
    now = T
    while not a.list_places():
        now = Ms(now + TICK)
        say(a, b, now)
        a.node.tick(now)
    (place,) = a.list_places()
    spoken = decode_exchange(a.node.speak(now))
    damaged = encode_exchange(replace(spoken, entries=(spoken.entries[0] + b"x", *spoken.entries[1:])))
    with pytest.raises(Problem, match="none"):
        b.node.take(damaged, now)
    ((lost, head),) = b.rows("SELECT size, note FROM pending_head")
    assert (lost, len(parse_note(head).lines)) == (place + 1, 4), "the old keys and the new ones"
    a.put_back(before)
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    settle(a, b, Ms(L + SECOND))
    a.node.install_keys(signed, OFFICER, Ms(L + TICK))
    settle(a, b, Ms(L + 3 * TICK), rounds=6)
    assert a.list_places()[0] > place
    a.put_back(before, chosen=True)
    assert recover(a, b, M)[-1] is Next.FETCH
    settle(a, b, Ms(M + SECOND))
    sound(a, b)


def test_a_lost_head_of_a_log_that_was_cut_is_none_of_the_next_one():
    a, b = joined()
    before = a.store.image()
    a.node.submit([note("never proved")], Ms(START + SECOND))
    pends(b, a.node.speak(Ms(START + SECOND)), Ms(START + SECOND))
    a.put_back(before)
    assert recover(a, b, Ms(START + 2 * SECOND)) == [Next.AGAIN, Next.FETCH]
    settle(a, b, LATER)
    a.open()
    assert recover(a, b, LATER) == [Next.UP]
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    cut_whole(a, b)
    before = a.store.image()
    a.node.submit([note("behind")], LAST)
    settle(a, b, LAST)
    a.put_back(before)
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    settle(a, b, Ms(L + SECOND))
    assert (a.state, b.state) == ("up", "up")
    whole(a, b)
