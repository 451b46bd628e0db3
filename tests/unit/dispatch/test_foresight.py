"""What a batch asks at once: every key is answered, and what is written meanwhile is not overlooked."""

from __future__ import annotations

import pytest

from comity.dispatch.foresight import AWAITED, MARKED, WANTED, foresee, is_absent, rows_among, written
from tests.unit.node.forge import store


def put_waits(tx, *numbers):
    tx.many("INSERT INTO waits (id, predecessor) VALUES (?, ?)", [(b"w%d" % n, b"p%d" % n) for n in numbers])


@pytest.mark.parametrize("many", [0, 1, 2, 8, 9, 63, 64, 65, 200])
def test_every_key_is_asked_once_whatever_their_number(many):
    with store().begin() as tx:
        put_waits(tx, *range(0, 300, 2))
        rows = rows_among(tx, "SELECT predecessor FROM waits WHERE predecessor IN", [b"p%d" % n for n in range(many)])
        assert sorted(rows) == sorted((b"p%d" % n,) for n in range(0, many, 2))


def test_only_what_is_not_there_is_known_and_only_of_the_keys_that_were_asked():
    with store().begin() as tx:
        put_waits(tx, 1)
        foresee(tx, AWAITED, [b"p1", b"p2"])
        assert [is_absent(tx, AWAITED, one) for one in (b"p1", b"p2", b"p3")] == [False, True, False]
        assert not is_absent(tx, MARKED, b"p2")
        foresee(tx, WANTED, [])
        assert not is_absent(tx, WANTED, 1)


def test_what_is_written_meanwhile_is_asked_again():
    with store().begin() as tx:
        foresee(tx, AWAITED, [b"p1"])
        assert is_absent(tx, AWAITED, b"p1")
        written(tx, AWAITED)
        put_waits(tx, 1)
        assert not is_absent(tx, AWAITED, b"p1")
