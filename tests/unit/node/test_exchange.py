"""Two nodes exchange: what was sent arrives once, is receipted, cosigned, and then both fall silent."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.book import LogRole, log_row
from tests.unit.node.world import START, exchange, form, make_pair


def logs(node):
    with node.ledger.read() as tx:
        return log_row(tx, LogRole.OURS), log_row(tx, LogRole.THEIRS)


def test_one_dispatch_arrives_is_receipted_and_cosigned():
    a, b = make_pair()
    now = START
    exchange(a, b, now)
    (_done,) = a.submit([form()], Ms(now + 1000))
    _taken_a, taken_b = exchange(a, b, Ms(now + 1001))
    assert [r.fact for r in taken_b.recorded] == [2]
    with a.ledger.read() as tx:
        assert tx.rows("SELECT fact, settled_at IS NOT NULL FROM sent") == [(2, 1)]
    exchange(a, b, Ms(now + 2000))
    exchange(b, a, Ms(now + 2001))
    assert logs(a)[0].size == logs(b)[1].size == logs(a)[0].cosigned_size
    assert logs(b)[0].size == logs(a)[1].size == logs(b)[0].cosigned_size
    before = logs(a), logs(b)
    assert a.due_at(Ms(now + 3000)) > now + 500_000
    assert b.due_at(Ms(now + 3000)) > now + 500_000
    exchange(a, b, Ms(now + 3000))
    assert (logs(a), logs(b)) == before
