"""A clock that was far ahead at a start keeps no node from recovering once it was mended."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.exchange_codec import decode_problem
from comity.node.audit import audit
from comity.node.recovery import Next
from comity.node.taken import Problem
from tests.unit.node.putback import SECOND, START, Side, ask, note, recover, settle

DAY = 86_400 * SECOND
T, L = Ms(START + 60 * SECOND), Ms(START + 120 * SECOND)


def put_back():
    """Return two nodes, the first put back to before something that the other one has."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    before = a.store.image()
    a.node.submit([note("since the copy")], T)
    settle(a, b, T)
    a.put_back(before)
    return a, b


def wrong_start(a, b):
    """Let the first node start with a clock that is 400 days ahead; the other one's is right."""
    far = Ms(L + 400 * DAY)
    a.node.starts(far)
    answer = b.node.take_recover(a.node.recover_request(), L)
    assert a.node.take_recovered(answer, far)[0] is Next.AGAIN


def refused(a, b, now):
    return ask(a, b, now)[0]


def test_a_node_whose_clock_was_far_ahead_recovers_as_soon_as_it_is_right():
    """It asked on under that time, and would have been refused for 400 days."""
    a, b = put_back()
    wrong_start(a, b)
    assert refused(a, b, L) == "clock"
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    settle(a, b, L)
    for one in (a, b):
        assert one.state == "up"
        with one.store.read() as tx:
            assert audit(tx).differences == ()


def test_while_the_clock_is_wrong_the_question_stays_and_is_refused():
    a, b = put_back()
    wrong_start(a, b)
    asked = a.node.recover_request()
    told = b.node  # the other side's clock is right, ours still is not
    for _ in range(2):
        data = a.node.recover_request()
        try:
            told.take_recover(data, L)
        except Problem as problem:
            a.node.told_stale(decode_problem(told.problem_bytes(problem)), Ms(L + 401 * DAY))
    assert a.node.recover_request() == asked


def test_a_question_that_was_taken_is_asked_on_whatever_the_clock_says():
    a, b = put_back()
    a.node.starts(L)
    assert refused(a, b, L) is Next.AGAIN
    b.node.take_recover(a.node.recover_request(), L)  # its answer is lost, and our clock goes back by a day
    assert recover(a, b, Ms(L - DAY)) == [Next.FETCH]
