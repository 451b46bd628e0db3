"""A node that starts asks before it signs; one whose store was put back gets it back, step by step of protocol section 9."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch import records
from comity.dispatch.entries import (
    Fact,
    InstrumentKind,
    InstrumentLeaf,
    LinkEvent,
    LinkLeaf,
    ReceiptLeaf,
    WithdrawLeaf,
    decode_entry,
)
from comity.dispatch.exchange_codec import Problem as Told
from comity.dispatch.exchange_codec import decode_exchange, decode_problem, encode_exchange
from comity.dispatch.recover_codec import read_recover, read_recovered, read_restored, sign_recover, sign_recovered
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.fetching import their_span
from comity.node.mend import Fetched
from comity.node.proofs import Signers
from comity.node.recovery import Next, log_keys, mark_put_back
from comity.node.taken import Problem
from comity.sim.exercise import REFUSED_THERE
from tests.unit.node.putback import SECOND, START, Side, ask, fetched, note, recover, say, settle

HOUR = 3_600_000


def entries(side, role="ours"):
    return [decode_entry(row[0]) for row in side.rows("SELECT entry FROM entry WHERE role = ? ORDER BY idx", role)]


def told(side, now, act):
    """Return the problem that `act` ends in, as the peer reads it."""
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.status, decode_problem(side.node.problem_bytes(caught.value))


@pytest.fixture
def two():
    """Two nodes with some traffic behind them, all of it settled; each read one dispatch."""
    a, b = Side(0), Side(1)
    a.node.submit([note("a1"), note("a2", Urgency.IMMEDIATE)], START)
    b.node.submit([note("b1"), note("b2")], START)
    settle(a, b, START)
    return a, b


def later(a, b, now):
    """Let more happen on both sides, so that a copy made before is old."""
    a.node.submit([note("a3"), note("a4")], now)
    b.node.submit([note("b3"), note("b4", purpose=REFUSED_THERE)], now)
    settle(a, b, now)
    a.node.see([row[0] for row in a.rows("SELECT id FROM got WHERE fact = 2 ORDER BY idx")], Ms(now + 5 * SECOND))
    settle(a, b, Ms(now + 6 * SECOND))


def sound(*sides):
    for side in sides:
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()
        assert side.rows("SELECT class FROM evidence") == []
        assert side.rows("SELECT id FROM exercise WHERE filed <> 1") == []


T = Ms(START + 60 * SECOND)
L = Ms(START + 120 * SECOND)


# --- nothing was put back -------------------------------------------------------------------------------------------


def test_a_start_signs_nothing_and_takes_nothing_until_the_peer_has_answered(two):
    a, b = two
    said = b.node.speak(T)
    a.node.starts(T)
    assert a.state == "recovering"
    assert a.node.due_at(T) is None
    for act in (lambda: a.node.speak(T), lambda: a.node.take(said, T)):
        status, problem = told(a, T, act)
        assert (status, problem.code) == (503, "recovering")
    assert [type(one).__name__ for one in a.node.submit([note("kept")], T)] == ["Committed"]
    before = a.logs()
    assert ask(a, b, T) == (Next.UP, None)
    assert a.state == "up"
    assert a.logs() == before, "nothing changes"
    settle(a, b, L)
    assert b.rows("SELECT count(*) FROM exercise WHERE text = 'kept'") == [(1,)]
    sound(a, b)


def test_two_nodes_that_start_together_answer_each_other():
    a, b = Side(0), Side(1)
    for side in (a, b):
        side.node.starts(START)
    assert ask(a, b, START)[0] is Next.UP
    assert ask(b, a, START)[0] is Next.UP
    a.node.submit([note("x")], START)
    settle(a, b, START)
    sound(a, b)


def test_the_question_is_stored_and_repeated_as_it_is_and_a_new_start_asks_anew(two):
    a, _ = two
    a.node.starts(T)
    first = a.node.recover_request()
    assert a.node.recover_request() == first
    asked = read_recover(first, log_keys(a.node.voice).public())
    assert (asked.incarnation, asked.own_size, asked.mirror_size) == (0, a.logs()[0].size, a.logs()[1].size)
    a.node.starts(T)
    assert a.node.recover_request() != first


def test_a_broken_link_stays_broken_at_a_start_and_answers_no_question(two):
    a, b = two
    a.node.starts(T)
    with b.store.begin() as tx:
        tx.run("UPDATE link SET state = 'broken'")
    b.node.ledger.forget()
    b.node.starts(T)
    assert b.state == "broken"
    assert told(b, T, lambda: b.node.take_recover(a.node.recover_request(), T))[0] == 409


# --- the six steps --------------------------------------------------------------------------------------------------


@pytest.fixture
def put_back(two):
    """`a` with the store that it had before `later`; also how its log and desk were."""
    a, b = two
    image = a.store.image()
    later(a, b, T)
    was = entries(a), a.rows("SELECT id, ours, text, fact FROM exercise WHERE ours = 0 ORDER BY id")
    a.put_back(image)
    return a, b, was


def test_what_was_lost_comes_back_and_both_sides_go_on(put_back):
    a, b, (log, desk) = put_back
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    assert a.state == "up"
    assert entries(a)[: len(log)] == log, "the log is what the peer accepted, and then more"
    settle(a, b, Ms(L + SECOND))
    assert a.rows("SELECT id, ours, text, fact FROM exercise WHERE ours = 0 ORDER BY id") == desk
    assert a.rows("SELECT 1 FROM regot") == []
    assert a.rows("SELECT count(*) FROM got WHERE seen_at IS NOT NULL") == [(3,)]
    a.node.submit([note("a5")], Ms(L + 9 * SECOND))
    settle(a, b, Ms(L + 9 * SECOND))
    assert b.rows("SELECT count(*) FROM exercise WHERE ours = 0 AND admitted = 1") == [(5,)]
    sound(a, b)


def test_step_1_the_new_incarnation_is_logged_by_the_peer_before_it_answers(put_back):
    a, b, _ = put_back
    a.node.starts(L)
    assert ask(a, b, L)[0] is Next.AGAIN
    data = a.node.recover_request()
    answer = b.node.take_recover(data, L)
    taken = read_recover(data, log_keys(a.node.voice).public()).incarnation
    assert taken == L // 1000
    assert LinkLeaf(LinkEvent.RECOVERED, sha256(answer)) in entries(b)
    assert b.rows("SELECT second FROM incarnation WHERE role = 'theirs'") == [(taken,)]
    said = read_recovered(answer, log_keys(b.node.voice).public())
    assert (said.last_time < taken, said.request, said.pending) == (True, sha256(data), ())
    size = b.logs()[0].size
    b.node.take_recover(data, L)
    assert b.logs()[0].size == size, "the same question again changes nothing"


def test_the_incarnation_is_later_than_every_head_the_peer_saw_even_with_a_slow_clock(put_back):
    a, b, _ = put_back
    last = b.rows("SELECT max(time) FROM head WHERE role = 'theirs'")[0][0]
    slow = Ms(last * 1000 - 40_000)
    recover(a, b, slow)
    assert a.rows("SELECT second FROM incarnation WHERE role = 'ours'") == [(last + 1,)]
    assert a.state == "up"
    settle(a, b, slow)
    sound(a, b)


def test_step_3_pending_heads_are_dropped_there_and_disowned_here(two):
    a, b = two
    image = a.store.image()
    a.node.submit([note("never proved")], T)
    lost = decode_exchange(a.node.speak(T))
    with pytest.raises(Problem):
        b.node.take(encode_exchange(replace(lost, entries=(*lost.entries[:-1], lost.entries[-1] + b"x"))), T)
    assert b.rows("SELECT note FROM pending_head") == [(lost.checkpoint,)]
    a.put_back(image)
    a.node.submit([note("another")], L)
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH], "a head that we do not know says that we were put back"
    assert b.rows("SELECT 1 FROM pending_head") == []
    signed = a.rows("SELECT signed FROM instrument WHERE kind = 'restored'")[0][0]
    said = read_restored(signed, log_keys(a.node.voice).public())
    assert said.disowned == (lost.checkpoint,)
    assert InstrumentLeaf(InstrumentKind.RESTORED, sha256(signed)) in entries(a)
    settle(a, b, Ms(L + SECOND))
    assert b.rows("SELECT 1 FROM disowned_head") == [], "the leaf says it in the open"
    status, problem = told(b, L, lambda: b.node.take(encode_exchange(lost), L))
    assert (status, problem.code) == (409, "stale-incarnation"), "an old head is no evidence later"
    assert problem.incarnation == said.incarnation
    assert b.rows("SELECT 1 FROM pending_head") == []
    sound(a, b)


def test_step_4_a_dispatch_of_ours_without_content_and_without_receipt_is_withdrawn(two):
    a, b = two
    image = a.store.image()
    a.node.submit([note("lost")], T)
    asked = decode_exchange(a.node.speak(T))
    b.node.take(encode_exchange(replace(asked, dispatches=())), T)
    index = b.rows("SELECT idx FROM got WHERE fact = 0")[0][0]
    a.put_back(image)
    recover(a, b, L)
    assert a.rows("SELECT idx, fact, withdrawn FROM lost") == [(index, 0, 1)]
    assert [leaf.index for leaf in entries(a) if isinstance(leaf, WithdrawLeaf)] == [index]
    settle(a, b, Ms(L + SECOND))
    assert b.rows("SELECT code, settled_at IS NULL FROM got WHERE idx = ?", index) == [("lost", 0)]
    sound(a, b)


def test_step_5_what_we_receipted_and_no_longer_hold_is_asked_for_and_filed_once_more_without_a_receipt(put_back):
    a, b, _ = put_back
    recover(a, b, L)
    wanted = [row[0] for row in a.rows("SELECT idx FROM regot ORDER BY idx")]
    assert len(wanted) == 2
    said = decode_exchange(a.node.speak(L))
    assert sorted(said.wants) == wanted
    receipts = sum(isinstance(leaf, ReceiptLeaf) for leaf in entries(a))
    settle(a, b, Ms(L + SECOND))
    assert sum(isinstance(leaf, ReceiptLeaf) for leaf in entries(a)) == receipts
    assert a.rows("SELECT admitted FROM exercise WHERE ours = 0 ORDER BY id") == [(1,), (1,), (1,), (0,)]


def test_a_want_for_bytes_that_are_gone_is_answered_with_a_withdrawal(put_back):
    a, b, _ = put_back
    recover(a, b, L)
    index, id_ = a.rows("SELECT idx, id FROM got WHERE idx IN (SELECT idx FROM regot) ORDER BY idx")[0]
    with b.store.begin() as tx:
        tx.run("DELETE FROM sent WHERE id = ?", (id_,))
        tx.run("INSERT INTO lost (id, idx, fact, withdrawn, settled_at) VALUES (?, ?, 2, 0, 1)", (id_, index))
    settle(a, b, Ms(L + SECOND))
    assert [leaf.index for leaf in entries(b) if isinstance(leaf, WithdrawLeaf)] == [index]
    assert a.rows("SELECT 1 FROM regot") == []
    assert a.rows("SELECT fact FROM got WHERE idx = ?", index) == [(int(Fact.FILED),)]


def test_step_6_the_next_spare_key_cosigns_and_the_old_one_no_longer_counts(put_back):
    a, b, _ = put_back
    recover(a, b, L)
    said = decode_exchange(a.node.speak(L))
    assert "/mirror/2 " in said.cosignature
    assert "/mirror/1 " not in said.cosignature
    settle(a, b, Ms(L + SECOND))
    b.node.submit([note("b9")], Ms(L + 9 * SECOND))
    b.node.speak(Ms(L + 9 * SECOND))
    a.node.take(b.node.speak(Ms(L + 9 * SECOND)), Ms(L + 9 * SECOND))
    with a.store.begin() as tx:
        tx.run("UPDATE incarnation SET restored = 0 WHERE role = 'ours'")
    a.node.ledger.forget()
    before = b.logs()[0].cosigned_size
    old = a.node.speak(Ms(L + 10 * SECOND))
    assert "/mirror/1 " in decode_exchange(old).cosignature
    b.node.take(old, Ms(L + 10 * SECOND))
    assert b.logs()[0].cosigned_size == before
    assert b.rows("SELECT value FROM counter WHERE name = 'cosignature-ignored'")[0][0] >= 1


def test_without_a_spare_key_the_node_says_so_and_goes_on_without_co_signing(put_back):
    a, b, _ = put_back
    a.node.voice = replace(a.node.voice, spares=())
    assert recover(a, b, L) == [Next.AGAIN, Next.FETCH]
    assert a.state == "up"
    assert "new key list" in a.node.link().reason
    assert decode_exchange(a.node.speak(L)).cosignature is None


# --- put back again, or in bad moments ------------------------------------------------------------------------------


def test_a_copy_from_before_the_last_restore_that_a_person_put_back_is_told_so_and_restored_again(two):
    a, b = two
    image = a.store.image()
    later(a, b, T)
    for at in (L, Ms(L + HOUR)):
        a.put_back(image, chosen=True)
        recover(a, b, at)
        assert a.state == "up"
        settle(a, b, Ms(at + SECOND))
    assert a.rows("SELECT restored FROM incarnation WHERE role = 'ours'") == [(2,)]
    assert "/mirror/3 " in a.rows("SELECT cosignature FROM head WHERE role = 'theirs' ORDER BY size DESC, time DESC LIMIT 1")[0][0]  # fmt: skip
    sound(a, b)


def test_both_sides_one_after_the_other(two):
    a, b = two
    images = a.store.image(), b.store.image()
    later(a, b, T)
    a.put_back(images[0])
    recover(a, b, L)
    settle(a, b, Ms(L + SECOND))
    b.put_back(images[1])
    recover(b, a, Ms(L + 20 * SECOND))
    assert (a.state, b.state) == ("recovering", "up"), "who was restored before says so again"
    assert b.rows("SELECT second FROM incarnation WHERE role = 'theirs'")[0][0] > 0
    recover(a, b, Ms(L + 21 * SECOND))
    if b.node.recovering:
        recover(b, a, Ms(L + 22 * SECOND))
    settle(a, b, Ms(L + 23 * SECOND))
    sound(a, b)
    kept = [row[0] for row in b.rows("SELECT second FROM incarnation WHERE role = 'theirs'")]
    assert kept == [row[0] for row in a.rows("SELECT second FROM incarnation WHERE role = 'ours'")]


def test_an_empty_store_gets_its_log_back_too(two):
    a, b = two
    later(a, b, T)
    a.put_back(Side(0).store.image())
    recover(a, b, L)
    settle(a, b, Ms(L + SECOND))
    assert a.state == "up"
    assert a.rows("SELECT count(*) FROM exercise WHERE ours = 0") == [(4,)]
    sound(a, b)


def test_what_was_written_while_it_could_not_ask_moves_behind_what_comes_back(put_back):
    a, b, (log, _) = put_back
    a.node.starts(L)
    a.node.submit([note("new", Urgency.IMMEDIATE), note("new2", Urgency.NORMAL)], L)
    a.node.close_day(note("x")[1], L)
    a.node.see([a.rows("SELECT id FROM got WHERE seen_at IS NULL AND fact = 2")[0][0]], L)
    recover(a, b, L)
    assert entries(a)[: len(log)] == log
    sound(a)
    settle(a, b, Ms(L + 61 * SECOND))
    assert b.rows("SELECT count(*) FROM exercise WHERE text IN ('new', 'new2')") == [(2,)]
    sound(a, b)


def test_a_copy_that_was_put_back_on_purpose_takes_a_new_incarnation_though_nothing_is_missing(two):
    a, b = two
    with a.store.begin() as tx:
        mark_put_back(tx)
    assert recover(a, b, T) == [Next.AGAIN, Next.FETCH]
    assert a.rows("SELECT restored FROM incarnation WHERE role = 'ours'") == [(1,)]
    assert a.rows("SELECT 1 FROM counter WHERE name = 'put-back'") == []
    settle(a, b, L)
    sound(a, b)


def test_a_log_that_the_peer_does_not_know_is_dead(put_back):
    a, b, _ = put_back
    a.node.submit([note("forked")], L)
    a.node.speak(L)
    a.node.starts(L)
    ask(a, b, L)
    found, missing = ask(a, b, L)
    assert found is Next.FETCH
    assert a.node.restore(missing, fetched(a, b, missing), L) is False
    with pytest.raises(Problem):
        a.node.restore(missing, fetched(a, b, missing, whole=True), L)
    assert a.state == "broken"
    assert "cut" in a.node.link().reason


def test_a_fork_within_what_we_signed_is_dead_at_once(two):
    a, b = two
    image = a.store.image()
    a.node.submit([note("one")], T)
    settle(a, b, T)
    a.put_back(image)
    a.node.submit([note("two"), note("three"), note("four"), note("five"), note("six")], L)
    for n in range(9):
        a.node.submit([note(f"more {n}")], L)
    a.node.speak(L)
    assert recover(a, b, L, steps=1) == [Next.CUT]
    assert a.state == "broken"


def test_tiles_that_do_not_fit_change_nothing(put_back):
    a, b, _ = put_back
    a.node.starts(L)
    ask(a, b, L)
    _, missing = ask(a, b, L)
    good = fetched(a, b, missing)
    before = a.logs()
    for bad in (
        replace(good, theirs=good.theirs[:-1]),
        replace(good, theirs=(*good.theirs[:-1], b"none")),
        Fetched((b"x",) * len(good.own), 0, good.theirs),
    ):
        with pytest.raises(Problem):
            a.node.restore(missing, bad, L)
        assert a.logs() == before
        assert a.state == "recovering"
    assert a.node.restore(missing, good, L)
    settle(a, b, Ms(L + SECOND))
    sound(a, b)


# --- questions and answers that are refused -------------------------------------------------------------------------


def test_a_question_must_be_the_peers_own_and_of_its_log(two):
    a, b = two
    a.node.starts(T)
    data = a.node.recover_request()
    asked = read_recover(data, log_keys(a.node.voice).public())
    ours, theirs = log_keys(a.node.voice), log_keys(b.node.voice)
    far = T // 1000 + 3_700
    for bad, status, code in (
        (b"none", 400, "bad-envelope"),
        (sign_recover(asked, theirs), 422, "bad-signature"),
        (sign_recover(replace(asked, origin=b.node.voice.log_origin), ours), 422, "unknown-log"),
        (sign_recover(replace(asked, incarnation=1), ours), 409, "stale-incarnation"),
        (sign_recover(replace(asked, incarnation=far), ours), 409, "clock"),
    ):
        found, problem = told(b, T, lambda bad=bad: b.node.take_recover(bad, T))
        assert (found, problem.code) == (status, code)
    assert b.rows("SELECT 1 FROM incarnation") == []


def test_an_answer_must_be_the_peers_to_this_question_with_good_heads(two):
    a, b = two
    a.node.starts(T)
    data = a.node.recover_request()
    answer = b.node.take_recover(data, T)
    said = read_recovered(answer, log_keys(b.node.voice).public())
    theirs, ours = log_keys(b.node.voice), log_keys(a.node.voice)
    size = b.logs()[0].size
    for bad, code in (
        (b"none", "bad-envelope"),
        (sign_recovered(said, ours), "bad-signature"),
        (sign_recovered(replace(said, request=sha256(b"")), theirs), "unproven-head"),
        (sign_recovered(replace(said, head=said.cosigned), theirs), "bad-signature"),
        (sign_recovered(replace(said, pending=("x",)), theirs), "bad-signature"),
        (sign_recovered(replace(said, cosigned=said.head), theirs), "bad-signature"),
    ):
        with pytest.raises(Problem) as caught:
            a.node.take_recovered(bad, T)
        assert caught.value.code == code
    assert (a.state, size) == ("recovering", b.logs()[0].size)
    assert a.node.take_recovered(answer, T) == (Next.UP, None)
    with pytest.raises(Problem):
        a.node.take_recovered(answer, T)


def test_a_false_later_incarnation_moves_nothing(two):
    a, b = two
    a.node.starts(T)
    first = a.node.recover_request()
    for held in (0, T // 1000 + 9_000):
        a.node.told_stale(Told("stale-incarnation", 0, 0, None, held), T)
        assert a.node.recover_request() == first
    assert ask(a, b, T)[0] is Next.UP


def test_a_peer_that_says_stale_makes_an_up_link_ask(two):
    a, b = two
    a.node.take_problem(Told("stale-incarnation", 0, 0, None, 0), T)
    assert a.state == "recovering"
    assert ask(a, b, T)[0] is Next.UP


# --- a node that can only be called ---------------------------------------------------------------------------------


def test_a_node_that_can_only_be_called_learns_from_the_call(two):
    a, b = two
    a.node.can_call = False
    a.node.starts(T)
    assert a.state == "recovering"
    a.node.take(b.node.speak(T), T)
    assert a.state == "up"
    say(b, a, L)
    sound(a, b)


def test_put_back_it_says_that_it_needs_an_address(put_back):
    a, b, _ = put_back
    a.node.can_call = False
    a.node.starts(L)
    for _ in range(2):
        with pytest.raises(Problem, match="recovering"):
            a.node.take(b.node.speak(L), L)
        assert a.state == "recovering"
    assert "address" in a.node.link().reason


def test_a_second_record_of_the_same_restore_excuses_nothing_more(put_back):
    """Planted: who wants a row to be missing writes that more came back; the first record counts."""
    a, b, _ = put_back
    recover(a, b, L)
    settle(a, b, Ms(L + SECOND))
    sound(a, b)
    ((record,),) = a.rows("SELECT record FROM record WHERE kind = 'restored'")
    incarnation, first, end = cbor.decode(record)
    assert first > 0
    with a.node.ledger.begin() as book:
        records.keep(book, records.RESTORED, None, bytes(32), cbor.encode((incarnation, 0, end)), now=L)
    sound(a, b)
    with a.store.begin() as tx:
        ((gone,),) = tx.rows("SELECT min(idx) FROM sent")
        assert gone < first
        tx.run("DELETE FROM sent WHERE idx = ?", (gone,))
    with a.store.read() as tx:
        assert audit(tx, Signers.of(a.node.voice, a.node.peer)).differences


def test_entries_of_our_log_that_are_none_tell_nothing_of_the_peers(put_back):
    a, b, _ = put_back
    a.node.starts(L)
    while (found := ask(a, b, L))[0] is not Next.FETCH:
        pass
    with pytest.raises(Problem) as caught:
        their_span(found[1], a.node.peer, [b"\x80"])
    assert (caught.value.code, caught.value.status) == ("unproven-head", 422)
