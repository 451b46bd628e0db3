"""A certificate whose own leaf is in a log that was cut: it is said again in the new log, or stands below the cut as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch import certificates as crossed
from comity.dispatch.certificates import CONTENT
from comity.dispatch.closed import closed_logs
from comity.dispatch.entries import Fact, RecordLeaf
from comity.dispatch.inbound.paper import CERTIFICATE
from comity.node.certificate import check_certificate
from comity.node.certifying import certificates, certificates_of
from comity.node.erasing import ask_erasure, confirm_erasure
from comity.node.publickeys import PublicKeys
from comity.sim.exercise import KEEPERS, OFFICER
from tests.unit.node.cuts import (
    AFTER,
    LAST,
    LATER,
    THEN,
    again,
    cut_whole,
    every,
    joined,
    notice,
    papers,
    steal,
    take,
    whole,
)
from tests.unit.node.putback import note, settle

HOUR = 3_600_000


def erased(side, dispatch, now, parts=CONTENT):
    with side.node.ledger.begin() as book:
        ask_erasure(dispatch, KEEPERS[0], book, side.node.office, now, parts=parts, reason="its day")
        return confirm_erasure(dispatch, KEEPERS[1], book, side.node.office, now)


def given(a, b):
    """Let `b` give something to `a`, and return its number."""
    (sent,) = b.node.submit([note("given")], LATER)
    settle(a, b, LATER)
    return sent.id


def owed(side):
    with side.store.read() as tx:
        return [(one.ours, one.state) for one in certificates(tx, side.node.office, LAST).owed]


def certified(a, b, now):
    went = a.node.certify(OFFICER, now)
    settle(a, b, Ms(now + 61_000))
    return went


def destroyed_below_the_cut(a, b, parts=(CONTENT,)):
    """`a` destroys what `b` gave, its log is cut above that before the certificate went, and both go on."""
    gone = given(a, b)
    done = [erased(a, gone, Ms(LATER + 5_000 * n), one) for n, one in enumerate(parts)]
    settle(a, b, Ms(LATER + 61_000))
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    cut_whole(a, b, THEN)
    with a.store.read() as tx:
        (closed,) = closed_logs(tx, "ours")
    assert all(one.leaf < closed.cut_size for one in done)
    assert a.rows("SELECT leaf FROM erasure ORDER BY leaf") == [(closed.base + one.leaf,) for one in done]
    return gone, done


@pytest.mark.parametrize("parts", [(CONTENT,), (("body",), ("attachments", "author"))])
def test_one_that_never_went_is_said_again_in_the_new_log_and_crosses(parts):
    """It stayed owed on both sides for ever."""
    a, b = joined()
    gone, done = destroyed_below_the_cut(a, b, parts)
    assert owed(a) == [(True, "told")]
    assert a.node.certify(OFFICER, LAST) == 0, "it is said again, and its place is not final yet"
    places = [row[0] for row in a.rows("SELECT leaf FROM erasure ORDER BY leaf")]
    assert all(place >= 0 for place in places)
    assert a.node.certify(OFFICER, LAST) == 0, "once"
    assert [row[0] for row in a.rows("SELECT leaf FROM erasure ORDER BY leaf")] == places
    settle(a, b, Ms(LAST + 61_000))
    assert certified(a, b, Ms(LAST + 200_000)) == len(done)
    settle(a, b, Ms(LAST + 300_000))
    assert owed(a) == owed(b) == []
    with b.store.read() as tx:
        held = [one for one in certificates(tx, b.node.office, LAST).held if not one.ours]
        assert [(one.said.at, one.fact) for one in sorted(held, key=lambda one: one.said.at)] == [
            (one.at, Fact.FILED) for one in done
        ], "what it says is when it was destroyed, not when it was said again"
        assert b.rows("SELECT count(*) FROM alarm WHERE kind = 'certificate-false'") == [(0,)]
    both_prove(a, b, gone, len(done))
    whole(a, b)
    said = [(idx, one) for idx, one in every(a) if isinstance(one, RecordLeaf) and one.kind == "shred"]
    assert [idx < 0 for idx, _ in said] == [True] * len(done) + [False] * len(done), "the old leaves stand as they did"


def both_prove(a, b, gone, steps):
    """Let both sides make the files, and a stranger check them."""
    for side in (a, b):
        keys = PublicKeys.listed(*(one.keys for lists in side.node.all_lists() for one in lists))
        with side.store.read() as tx:
            files = certificates_of(gone, tx)
        assert len(files) == steps
        for one in files:
            assert one is not None
            assert check_certificate(one, keys).certificate.dispatch == gone


def under_way(a, b, *, blind=False):
    """`a` sends a certificate, and its log is cut above the leaf before `b` has opened what brings it.

    A `blind` side finds no leaf in the closed log, as a program that looks in the log of now alone.
    """
    gone = given(a, b)
    done = erased(a, gone, LATER)
    settle(a, b, Ms(LATER + 61_000))
    steal(a, b, AFTER)
    assert a.node.certify(OFFICER, AFTER) == 1
    notice(a, b, AFTER)
    made = papers(a, b, THEN)
    take(a, made, THEN)
    take(b, made, THEN)
    hidden = []
    if blind:
        with b.store.begin() as tx:
            (closed,) = closed_logs(tx, "theirs")
            hidden = tx.rows("SELECT * FROM entry WHERE role = 'theirs' AND idx = ?", (closed.base + done.leaf,))
            assert tx.run("DELETE FROM entry WHERE role = 'theirs' AND idx = ?", (closed.base + done.leaf,)) == 1
    again(a, b, THEN)
    with b.store.begin() as tx:
        for row in hidden:
            tx.run(f"INSERT INTO entry VALUES ({', '.join('?' * len(row))})", row)
    return gone, done


def test_one_that_was_under_way_stands_by_the_closed_log():
    """It was refused as one that the log does not say, it rang, and it stayed owed."""
    a, b = joined()
    gone, done = under_way(a, b)
    settle(a, b, LAST)
    assert owed(a) == owed(b) == []
    assert b.rows("SELECT count(*) FROM alarm WHERE kind = 'certificate-false'") == [(0,)]
    ((leaf,),) = b.rows("SELECT leaf FROM certificate WHERE ours = 0")
    assert leaf == done.leaf, "as it stood in the log that was cut"
    both_prove(a, b, gone, 1)
    assert a.node.certify(OFFICER, Ms(LAST + HOUR)) == 0
    assert len([one for _, one in every(a) if isinstance(one, RecordLeaf) and one.kind == "shred"]) == 1
    whole(a, b)


def test_one_that_a_peer_refuses_for_the_closed_log_is_said_again():
    a, b = joined()
    under_way(a, b, blind=True)
    settle(a, b, LAST)
    assert owed(a) == [(True, "refused")]
    assert a.node.certify(OFFICER, LAST) == 0
    settle(a, b, Ms(LAST + 61_000))
    assert certified(a, b, Ms(LAST + 200_000)) == 1
    settle(a, b, Ms(LAST + 300_000))
    assert owed(a) == owed(b) == []
    assert a.node.certify(OFFICER, Ms(LAST + HOUR)) == 0


def test_a_leaf_above_the_cut_is_none_of_the_closed_log():
    """Planted: what a thief wrote above the cut opens no certificate."""
    a, b = joined()
    gone, _ = under_way(a, b)
    settle(a, b, LAST)
    with b.store.read() as tx:
        (closed,) = closed_logs(tx, "theirs")
        (one,) = crossed.came_about(tx, gone)
        size = b.logs()[1].size
        assert closed.base + one.leaf in crossed.places_of(one, tx, size)
        above = crossed.Crossing(closed.cut_size, one.salt, one.record)
        assert closed.base + closed.cut_size not in crossed.places_of(above, tx, size)


def test_nothing_is_said_again_where_the_accord_does_not_open_the_kind():
    a, b = joined()
    gone, _ = destroyed_below_the_cut(a, b)
    accord = a.node.office.accord
    without = [
        replace(one, kinds=tuple(kind for kind in one.kinds if kind != CERTIFICATE)) if one.desk == "node" else one
        for one in accord.desks
    ]
    a.node.office = replace(a.node.office, accord=replace(accord, desks=tuple(without)))
    assert a.node.certify(OFFICER, LAST) == 0
    assert [row[0] < 0 for row in a.rows("SELECT leaf FROM erasure")] == [True]
    keys = PublicKeys.listed(*(one.keys for lists in a.node.all_lists() for one in lists))
    with a.store.read() as tx:
        (file,) = certificates_of(gone, tx)
    assert check_certificate(file, keys).certificate.dispatch == gone, "the file proves it in the closed log"


def test_one_whose_leaf_is_not_held_proves_nothing_until_it_is():
    a, b = joined()
    gone, done = under_way(a, b)
    settle(a, b, LAST)
    with b.store.begin() as tx:
        (closed,) = closed_logs(tx, "theirs")
        leaf = ("theirs", closed.base + done.leaf)
        (held,) = tx.rows("SELECT * FROM entry WHERE role = ? AND idx = ?", leaf)
        assert tx.run("DELETE FROM entry WHERE role = ? AND idx = ?", leaf) == 1
        assert certificates_of(gone, tx) == (None,)
        tx.run(f"INSERT INTO entry VALUES ({', '.join('?' * len(held))})", held)
    both_prove(a, b, gone, 1)
