"""The next edition of the accord: signed by both roots, a leaf in each log, and judged by index alone."""

from __future__ import annotations

from comity.base.ids import Ms
from tests.unit.node.amended import HOUR, TICK, agree, rest, two
from tests.unit.node.putback import START, note, settle


def test_both_sign_and_each_writes_it_into_its_own_log():
    a, b = two()
    agree(a, b, Ms(START + HOUR))
    assert (a.edition(), b.edition()) == (2, 2)
    assert len(a.accords()) == len(b.accords()) == 1
    a.node.submit([note("after")], Ms(START + 2 * HOUR))
    b.node.submit([note("after too")], Ms(START + 2 * HOUR))
    rest(a, b, Ms(START + 2 * HOUR + TICK))
    assert [row[0] for row in a.rows("SELECT DISTINCT fact FROM got")] == [2]
    assert [row[0] for row in b.rows("SELECT DISTINCT fact FROM got")] == [2]
    assert not any(one.waits for one in a.node.amending().proposals)
