"""A put-back store that lost nothing but heads of the tree that it has: a peer that names one of them accuses nobody."""

from __future__ import annotations

import pytest

from comity.base.ids import Digest, Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import HeadLeaf, decode_entry, encode_entry
from comity.node.audit import audit
from comity.node.recovery import Next
from comity.node.taken import Problem
from comity.tlog.tree import root
from tests.unit.node.putback import SECOND, START, Side, ask, note, settle

HEARTBEAT = 600 * SECOND
LATER = Ms(START + 5 * HEARTBEAT)


def beats(a, b):
    """Let `a` sign three more heads of one size, which `b` accepts; return size, root and their times."""
    size, times = a.logs()[0].head_size, []
    for n in (1, 2, 3):
        now = Ms(START + n * HEARTBEAT)
        b.node.take(a.node.speak(now), now)
        if n == 2:
            b.node.submit([note("under the head in the middle")], now)
        assert a.logs()[0].head_size == size
        times.append(a.logs()[0].head_time)
    return size, a.logs()[0].head_root, times


def put_back():
    """Return two nodes, the first put back to before three of its heads of one size; and size, root and times of these."""
    a, b = Side(0), Side(1)
    settle(a, b, START)
    before = a.store.image()
    lost = beats(a, b)
    a.put_back(before)
    a.node.starts(LATER)
    assert ask(a, b, LATER)[0] is Next.UP
    assert a.rows("SELECT 1 FROM incarnation WHERE role = 'ours' AND second > 0") == []
    return a, b, *lost


def known(a, size):
    return [row[0] for row in a.rows("SELECT time FROM head WHERE role = 'ours' AND size = ? ORDER BY time", size)]


def names(b, *, size, digest, time):
    """Let the log of `b` name a head of the other one, and return the exchange that says so."""
    with b.node.ledger.begin() as book:
        book.append_own([encode_entry(HeadLeaf(book.logs[LogRole.THEIRS].origin, size, digest, time))])
    return b.node.speak(LATER)


def refused(a, data):
    with pytest.raises(Problem) as found:
        a.node.take(data, LATER)
    return found.value.code


def test_a_peer_that_names_a_head_in_the_middle_of_those_that_we_lost_is_not_accused():
    """It was: only the newest came back, and no new incarnation says that the others were forgotten."""
    a, b, size, _, times = put_back()
    assert known(a, size)[1:] == times[2:]
    b_log = [decode_entry(row[0]) for row in b.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]
    named = [(one.size, one.time) for one in b_log if isinstance(one, HeadLeaf)]
    assert named[-1] == (size, times[1])
    settle(a, b, LATER)
    assert (a.state, b.state) == ("up", "up")
    assert a.logs()[1].size == b.logs()[0].size
    assert a.rows("SELECT class FROM evidence UNION SELECT kind FROM record WHERE kind = 'named-head'") == []
    with a.store.read() as tx:
        assert audit(tx).differences == ()


def test_another_root_at_that_size_and_time_is_evidence_at_once():
    a, b, size, _, times = put_back()
    assert refused(a, names(b, size=size, digest=Digest(b"\7" * 32), time=times[1])) == "broken"
    assert a.rows("SELECT class FROM evidence") == [("false-cosign",)]


@pytest.mark.parametrize("case", ["after the newest", "before the first", "another size"])
def test_a_head_of_a_time_or_size_that_we_cannot_have_forgotten_still_accuses(case):
    a, b, size, digest, times = put_back()
    first, *_, last = known(a, size)
    time = {"after the newest": last + 1, "before the first": first - 1, "another size": times[1]}[case]
    if case == "another size":
        size -= 1
        assert known(a, size) == []
        with a.node.ledger.begin() as book:
            digest = root(book.tiles(LogRole.OURS), size)
    assert refused(a, names(b, size=size, digest=digest, time=time)) == "recovering", "the peer is asked for it"
    assert ask(a, b, LATER)[0] is Next.UNSHOWN
    assert a.rows("SELECT class FROM evidence") == [("false-cosign",)]
