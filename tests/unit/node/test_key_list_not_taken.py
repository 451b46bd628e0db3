"""A key list of ours that the other side did not take: it stands in nobody's way, and people hand in the same or another."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms
from comity.dispatch.entries import Fact
from comity.node.erasing import PARTS, ask_erasure, confirm_erasure
from comity.node.resealing import KEY_EXPIRED, mend_reseals
from comity.sim.exercise import KEEPERS, OFFICER
from tests.unit.node.amended import Amended
from tests.unit.node.putback import START, note, recover, say, settle
from tests.unit.node.rotating import TICK, Rotating, turn, two

HOUR = 3_600_000
AHEAD = Ms(START + 2 * HOUR)
"""What our clock shows when the list is handed in; it is set back then."""
LATER = Ms(START + 3 * HOUR)


def unopened():
    """Return two sides after a list of the first, made under a clock that was ahead, could not be opened; and the list."""
    a, b = two()
    signed = a.install(AHEAD)
    settle(a, b, Ms(START + HOUR), rounds=5)
    assert b.rows("SELECT fact, code FROM got") == [(3, "unopened")]
    return a, b, signed


def in_force(side):
    newest, coming = side.node.our_lists()
    return newest.keys.edition, len(coming)


def alarms(side):
    return [kind for (kind,) in side.rows("SELECT kind FROM alarm")]


def test_a_list_that_could_not_be_opened_waits_no_more_and_is_handed_in_again():
    a, b, signed = unopened()
    assert in_force(a) == (1, 0)
    assert a.node.voice.coming == ()
    assert alarms(a) == ["keys-not-taken"]
    a.node.install_keys(signed, OFFICER, Ms(START + HOUR))
    settle(a, b, Ms(START + HOUR + TICK), rounds=6)
    assert in_force(a) == (2, 0)
    assert len(a.list_places()) == 1
    assert b.node.peer.log == a.node.voice.log_keys.verifier


def test_another_list_may_take_its_place():
    a, b, signed = unopened()
    assert turn(a, b, Ms(START + HOUR)) != signed
    assert in_force(a) == (2, 0)
    turn(a, b, LATER)
    assert in_force(a) == (3, 0)


def test_a_list_that_another_overtook_never_comes_into_force():
    a, b = two()
    a.install(AHEAD)
    recover(b, a, Ms(START + HOUR))  # the answer tells the other side of the list before its dispatch is there
    settle(a, b, Ms(START + HOUR), rounds=5)
    assert b.node.peer.coming
    assert in_force(a) == (1, 0), "and it could not open the dispatch"
    turn(a, b, LATER)
    assert b.node.peer.coming == ()
    (place,) = a.list_places()
    lists = b.rows("SELECT edition FROM paper")
    assert lists == [(2,), (2,)], "the other side still has both"
    recover(a, b, Ms(LATER + HOUR))  # and tells of both
    assert a.rows("SELECT ready FROM paper WHERE our_idx IS NULL") == [(1,)]
    a.node.enter_papers(Ms(LATER + HOUR))
    settle(a, b, Ms(LATER + HOUR + TICK), rounds=6)
    assert a.list_places() == [place]
    assert in_force(a) == (2, 0)
    turn(a, b, Ms(LATER + 2 * HOUR))
    assert in_force(a) == (3, 0)


class Both(Amended, Rotating):
    """A side whose keys and whose accord change."""


def expired(sides):
    """Let the second get a new sealing key and destroy its old one, while the first still seals to that; return how it stops."""
    a, b = sides
    settle(a, b, START)
    old = a.node.office.peer_keys
    turn(b, a, Ms(START + HOUR), log=False, mirror=False)
    new = a.node.office.peer_keys
    kid = new.sealing[0].kid
    b.locker.ring = replace(b.locker.ring, sealing={kid: b.locker.ring.sealing[kid]})
    b.node.reread()
    a.node.office = replace(a.node.office, peer_keys=old)
    return lambda: setattr(a.node, "office", replace(a.node.office, peer_keys=new))


def test_a_list_that_is_sealed_anew_by_itself_waits_for_its_filing():
    a, b = Rotating(0), Rotating(1)
    stop = expired((a, b))
    a.install(LATER)
    stop()
    say(a, b, Ms(LATER + TICK))
    assert b.rows("SELECT fact, code FROM got") == [(int(Fact.QUARANTINED), KEY_EXPIRED)]
    assert in_force(a) == (1, 1)
    settle(a, b, Ms(LATER + 2 * TICK), rounds=6)
    assert in_force(a) == (2, 0)
    assert alarms(a) == []


def test_a_list_that_was_sealed_anew_three_times_in_vain_waits_no_more():
    a, b = two()
    a.install(LATER)
    say(a, b, Ms(LATER + TICK))
    for tries, waits in ((2, 1), (3, 0)):
        (dispatch, index), *_ = a.rows("SELECT id, idx FROM sent WHERE kind = 'keys'")
        with a.node._change() as book:
            book.tx.run("UPDATE paper SET ready = 0, our_idx = NULL")
            book.tx.run("DELETE FROM reseal")
            for n in range(1, tries + 1):
                row = ("ours", 90 + n, index, bytes(32), 4096, n)
                book.tx.run(
                    "INSERT INTO reseal (role, leaf_idx, idx, sealed_sha256, size, try) VALUES (?, ?, ?, ?, ?, ?)", row
                )
            a.node.office.desks["node"].settle(book.tx, dispatch, int(Fact.QUARANTINED), KEY_EXPIRED, LATER)
        assert a.rows("SELECT count(*) FROM paper") == [(waits,)]


def test_an_edition_that_is_sealed_anew_by_itself_is_not_forgotten():
    a, b = Both(0), Both(1)
    stop = expired((a, b))
    a.say(b.also(a.half()), LATER)
    stop()
    settle(a, b, Ms(LATER + TICK), rounds=8)
    for side in (a, b):
        side.node.enter_papers(Ms(LATER + 10 * TICK))
    settle(a, b, Ms(LATER + 11 * TICK), rounds=6)
    assert a.node.office.accord.edition == b.node.office.accord.edition == 2
    assert alarms(a) == []


# --- what a put-back side withdraws as lost ----------------------------------------------------------------------------------


def withdrawn(side, kind, at):
    """Let a dispatch of a side come back as resealed three times in vain, its last bytes lost, and be mended."""
    ((dispatch, index),) = side.rows("SELECT id, idx FROM sent WHERE kind = ?", kind)
    with side.node._change() as book:
        book.tx.run(
            "UPDATE sent SET fact = 0, code = NULL, receipt_idx = NULL, arrived_at = NULL, settled_at = NULL,"
            " resealed_idx = 92, sealed_sha256 = ? WHERE id = ?",
            (bytes(32), dispatch),
        )
        for n in range(1, 4):
            book.tx.run(
                "INSERT INTO reseal (role, leaf_idx, idx, sealed_sha256, size, try) VALUES (?, ?, ?, ?, ?, ?)",
                ("ours", 89 + n, index, bytes(32), 4096, n),
            )
        mend_reseals(book, side.node.office, at)
    assert side.rows("SELECT settled_at FROM sent WHERE id = ?", dispatch) == [(at,)]
    return dispatch


def test_a_list_that_is_withdrawn_as_lost_waits_no_more():
    """Its desk was not told: it waited for ever, and no other could be handed in."""
    a, b = two()
    a.install(LATER)
    say(a, b, Ms(LATER + TICK))
    with a.store.begin() as tx:
        tx.run("UPDATE paper SET ready = 0, our_idx = NULL")
    withdrawn(a, "keys", Ms(LATER + 2 * TICK))
    assert a.rows("SELECT count(*) FROM paper") == [(0,)]
    assert alarms(a) == ["keys-not-taken"]


def test_an_edition_that_is_withdrawn_as_lost_waits_no_more():
    a, b = Both(0), Both(1)
    settle(a, b, START)
    a.say(a.half(), LATER)
    say(a, b, Ms(LATER + TICK))
    withdrawn(a, "accord-amend", Ms(LATER + 2 * TICK))
    assert [one.waits for one in a.node.amending().proposals] == [False]
    assert "accord-not-taken" in alarms(a)


def test_a_certificate_that_is_withdrawn_as_lost_goes_again_by_another_dispatch():
    a, b = two()
    (sent,) = b.node.submit([note("given")], START)
    settle(a, b, Ms(START + TICK))
    with a.node.ledger.begin() as book:
        ask_erasure(sent.id, KEEPERS[0], book, a.node.office, LATER, parts=tuple(PARTS), reason="its day")
        confirm_erasure(sent.id, KEEPERS[1], book, a.node.office, LATER)
    settle(a, b, Ms(LATER + TICK))
    assert a.node.certify(OFFICER, Ms(LATER + 10 * TICK)) == 1
    say(a, b, Ms(LATER + 11 * TICK))
    first = withdrawn(a, "certificate", Ms(LATER + 12 * TICK))
    assert a.rows("SELECT certified FROM erasure") == [(None,)]
    assert a.node.certify(OFFICER, Ms(LATER + 13 * TICK)) == 1
    assert a.rows("SELECT count(*) FROM sent WHERE kind = 'certificate' AND id <> ?", first) == [(1,)]
