"""Media over a change of keys, a suspension and a destroyed key: what the network would do, a stick does too."""

from __future__ import annotations

import pytest

from comity.base.ids import Ms
from comity.marking.labels import Urgency
from tests.unit.edge.test_carrier import HOUR, Post, at
from tests.unit.node.putback import SECOND, START, settle
from tests.unit.node.rotating import Rotating
from tests.unit.node.test_reseal import LATER, late
from tests.unit.node.test_suspending import suspend


class Turning(Post):
    """A side with media whose keys can change."""

    def __init__(self, number, home):
        self.side, self.home = Rotating(number), home
        self.home.mkdir()


@pytest.fixture
def posts(tmp_path):
    a, b = Turning(0, tmp_path / "a"), Turning(1, tmp_path / "b")
    settle(a.side, b.side, START)
    return a, b


@pytest.fixture
def sticks(tmp_path):
    there, back = tmp_path / "there", tmp_path / "back"
    there.mkdir()
    back.mkdir()
    return there, back


def carry(a, b, sticks, now):
    """Carry one set there and one back; return what was read at both ends."""
    there, back = sticks
    a.write(there, now)
    first = b.read(there, Ms(now + SECOND))
    b.write(back, Ms(now + 2 * SECOND))
    return first, a.read(back, Ms(now + 3 * SECOND))


def test_keys_change_by_media_alone_and_what_was_under_way_is_filed(posts, sticks):
    a, b = posts
    a.submit("before", now=at(0))
    a.side.install(at(SECOND))
    first, _ = carry(a, b, sticks, at(10 * SECOND))
    assert (first.faults, first.filed) == ((), 2), "the list is filed before its leaf is written"
    turn = a.side.logs()[0].turn
    a.submit("behind the leaf", now=at(HOUR))
    second, back = carry(a, b, sticks, at(HOUR + SECOND))
    assert second.faults == back.faults == ()
    assert {len(one) for one in a.side.signers(turn)} == {4}, (
        "old and new keys sign the head that first covers the list"
    )
    third, back = carry(a, b, sticks, at(2 * HOUR))
    assert third.faults == back.faults == ()
    assert b.filed() == 3
    assert a.side.logs()[0].cosigned_size > turn
    assert {len(one) for one in a.side.signers(a.side.logs()[0].head_size)} == {2}
    assert a.node.our_lists()[0].keys.edition == b.node.office.peer_keys.edition == 2


def test_a_store_put_back_to_before_a_change_of_keys_is_mended_by_media_alone(posts, sticks):
    a, b = posts
    image = a.side.store.image()
    a.side.install(at(0))
    settle(a.side, b.side, at(61 * SECOND), rounds=6)
    a.side.put_back(image)
    a.node.starts(at(HOUR))
    for n in range(3):
        _, back = carry(a, b, sticks, at(HOUR + n * 100 * SECOND))
    assert (a.side.state, back.faults) == ("up", ())
    assert a.node.our_lists()[0].keys.edition == 2
    a.submit("by the new keys", now=at(2 * HOUR))
    first, _ = carry(a, b, sticks, at(2 * HOUR))
    assert (first.filed, first.faults) == (1, ())


def test_what_was_sealed_to_a_destroyed_key_is_sealed_anew_by_media(tmp_path, sticks):
    a, b = Turning(0, tmp_path / "a"), Turning(1, tmp_path / "b")
    a.side, b.side, sent = late()
    first, back = carry(a, b, sticks, Ms(LATER + SECOND))
    assert (first.faults, first.filed, back.faults) == ((), 0, ())
    second, back = carry(a, b, sticks, Ms(LATER + 100 * SECOND))
    assert (second.faults, second.filed, back.faults) == ((), 1, ())
    assert a.side.rows("SELECT fact FROM sent WHERE id = ?", sent.id) == [(2,)]


def test_what_is_suspended_stays_off_the_stick_and_goes_after_the_resumption(posts, sticks):
    a, b = posts
    suspend(a.side, at(0))
    a.submit("waits", now=at(SECOND))
    a.submit("goes", now=at(SECOND), urgency=Urgency.IMMEDIATE)
    first, back = carry(a, b, sticks, at(2 * SECOND))
    assert (first.filed, first.faults, back.faults) == (1, (), ())
    assert (a.side.state, b.side.state) == ("suspended", "suspended")
    suspend(a.side, at(HOUR), act="resume")
    for n in range(3):
        first, back = carry(a, b, sticks, at(HOUR + (1 + n) * 100 * SECOND))
        assert first.faults == back.faults == ()
    assert (a.side.state, b.side.state, b.filed()) == ("up", "up", 2)
