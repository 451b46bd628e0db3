"""New key lists in the middle of traffic: which keys sign which head, and what refuses."""

from __future__ import annotations

from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from tests.unit.node.putback import SECOND, START, note, settle
from tests.unit.node.rotating import TICK, list_of, turn, two

HOUR = 3_600_000


def test_old_and_new_keys_by_size_alone():
    a, b = two()
    a.node.submit([note("before")], START)
    settle(a, b, Ms(START + SECOND))
    old = a.node.voice.log_keys.verifier
    turn(a, b, Ms(START + HOUR))
    new = a.node.voice.log_keys.verifier
    assert new != old
    (at,) = a.list_places()
    a.node.submit([note("after")], Ms(START + 2 * HOUR))
    settle(a, b, Ms(START + 2 * HOUR))
    first, second = ({key.ed25519.key_id, key.mldsa44.key_id} for key in (old, new))
    for size in a.heads():
        expected = first if size <= at else (first | second if size == at + 1 else second)
        assert all(lines == expected for lines in a.signers(size)), size
    assert at + 1 in a.heads(), "the list ended its batch"
    assert max(a.heads()) > at + 1, "and traffic went on"
    assert b.logs()[1].size == a.logs()[0].size == a.logs()[0].cosigned_size
    assert b.node.peer.log == new
    assert b.rows("SELECT count(*) FROM got WHERE fact = 2")[0][0] == 3
