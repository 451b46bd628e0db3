"""The spare co-signing keys: a restore spends one of them, once."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.node.audit import audit
from comity.node.proofs import Signers
from comity.node.recovery import Next
from tests.unit.node.putback import SECOND, START, note, recover, settle
from tests.unit.node.rotating import two
from tests.unit.node.test_put_back_disowned import pends

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
T, L = Ms(START + HOUR), Ms(START + 2 * HOUR)


def disowning():
    """Return two nodes; the first was put back and disowned a head that the second keeps, and has not spoken since."""
    a, b = two()
    image = a.store.image()
    a.node.submit([note("never proved")], T)
    pends(b, a.node.speak(T), T)
    a.put_back(image)
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    assert b.rows("SELECT count(*) FROM disowned_head") == [(1,)]
    return a, b


def spent(side):
    return side.rows("SELECT restored FROM incarnation WHERE role = 'ours'")[0][0]


def sound(*sides):
    for side in sides:
        assert side.state == "up", side.node.link().reason
        assert side.logs()[0].cosigned_size == side.logs()[0].size
        assert side.rows("SELECT 1 FROM pending_head UNION ALL SELECT 1 FROM disowned_head") == []
        assert side.rows("SELECT count(*) FROM sent WHERE settled_at IS NULL") == [(0,)]
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()


def test_starts_before_the_other_side_has_taken_our_leaf_spend_no_further_key():
    """It listed the same heads to each of them, and each disowned them again, until no key was left."""
    a, b = disowning()
    size = a.logs()[0].size
    for n in range(6):
        a.put_back(a.store.image())
        assert recover(a, b, Ms(L + (n + 1) * MINUTE)) == [Next.UP]
    assert (spent(a), a.logs()[0].size) == (1, size)
    settle(a, b, Ms(L + HOUR))
    sound(a, b)


def test_a_head_that_was_lost_since_is_none_of_those_that_were_disowned():
    """Put back once more, to behind its first restore: what was signed since then is disowned by a restore of its own."""
    a, b = disowning()
    image = a.store.image()
    a.node.submit([note("nor was this")], Ms(L + MINUTE))
    pends(b, a.node.speak(Ms(L + MINUTE)), Ms(L + MINUTE))
    a.put_back(image)
    assert recover(a, b, Ms(L + 2 * MINUTE)) == [Next.AGAIN, Next.FETCH]
    assert spent(a) == 2
    settle(a, b, Ms(L + 3 * MINUTE))
    sound(a, b)
