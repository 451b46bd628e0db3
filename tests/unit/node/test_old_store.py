"""A put-back node whose old store comes up again: one of the two goes on, the other is told, and nobody is accused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.exchange_codec import decode_exchange, decode_problem, encode_exchange
from comity.dispatch.recover_codec import read_recover, read_recovered, sign_recovered
from comity.node.audit import audit
from comity.node.link import LinkState
from comity.node.linkrow import read_link, write_link
from comity.node.proofs import Signers
from comity.node.recovery import Next, log_keys
from comity.node.taken import Problem
from tests.unit.node.putback import SECOND, START, Side, ask, fetched, note, recover, say, settle
from tests.unit.node.rotating import Rotating, turn
from tests.unit.node.rotating import two as two_rotating

GONE_ON = [("stale-incarnation", None), (Next.SUPERSEDED, None)]


def at(seconds):
    return Ms(START + seconds * SECOND)


class Twins:
    """One node with two stores, and its peer: the new store is a copy of the old one from before its last dispatches.

    Args:
        untold: the old store signed a head that the peer never saw, over a dispatch of its own.
    """

    def __init__(self, *, untold=False):
        self.old, self.peer, self.new = Side(0), Side(1), Side(0)
        for side in (self.old, self.peer):
            side.node.submit([note("from before the copy")], START)
        recover(self.old, self.peer, START)
        settle(self.old, self.peer, START)
        image = self.old.store.image()
        self.old.node.submit([note("after the copy, co-signed")], at(60))
        settle(self.old, self.peer, at(60))
        if untold:
            self.old.node.submit([note("after the copy, never told")], at(80))
            self.old.node.speak(at(80))
        self.new.put_back(image, chosen=True)

    def restore(self, seconds, more=0):
        """Start the new store and let it go on."""
        assert recover(self.new, self.peer, at(seconds)) == [Next.AGAIN, Next.FETCH]
        for n in range(more + 1):
            self.new.node.submit([note(f"new {n}")] if n else [], at(seconds + n))
            settle(self.new, self.peer, at(seconds + n))

    def restart_old(self, seconds):
        """Let the program start on the old store as its edge would."""
        self.old.put_back(self.old.store.image())
        return recover(self.old, self.peer, at(seconds))

    def goes_on(self, one, seconds):
        """Show that one store and the peer exchange, that both are sound, and that nobody is accused."""
        for giver, taker in ((one, self.peer), (self.peer, one)):
            giver.node.submit([note(f"works {seconds}")], at(seconds))
            settle(one, self.peer, at(seconds))
            assert taker.rows("SELECT count(*) FROM exercise WHERE ours = 0 AND text = ?", f"works {seconds}") == [(1,)]
        assert (one.state, self.peer.state) == ("up", "up")
        for side in (one, self.peer):
            with side.store.read() as tx:
                assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()
            assert side.rows("SELECT 1 FROM evidence") == []
        assert self.peer.rows("SELECT 1 FROM pending_head UNION ALL SELECT 1 FROM disowned_head") == []

    def hold(self):
        """Return what the peer holds of this node, and of what it said to it."""
        kept = "SELECT role, size, head_size, head_time FROM log WHERE role <> 'decision' ORDER BY role"
        return (
            self.peer.rows(kept),
            self.peer.rows("SELECT * FROM incarnation"),
            self.peer.rows("SELECT * FROM recovered"),
        )


def says(a, b, now):
    """Let `a` call `b`, and take what it answers, as an edge does; return the code of a refusal."""
    try:
        b.node.take(a.node.speak(now), now)
    except Problem as problem:
        a.node.take_problem(decode_problem(b.node.problem_bytes(problem)), now)
        return problem.code
    a.node.take(b.node.speak(now), now)
    return None


def is_told(side):
    """Show that the people of a store that was left behind are told, that it takes nothing in, and that it says nothing."""
    assert side.node.superseded
    assert side.state == "superseded"
    assert "another store of this node has gone on" in side.node.link().reason
    assert side.rows("SELECT 1 FROM evidence") == [], "nobody is accused"
    assert side.rows("SELECT role FROM alarm WHERE kind = 'superseded'") == [("duty-officer",)]
    rows = side.rows("SELECT id FROM exercise"), side.logs()
    (refused,) = side.node.submit([note("more")], at(9_000))
    assert isinstance(refused, BadForm)
    assert "do it on the other one" in str(refused)
    assert (side.rows("SELECT id FROM exercise"), side.logs()) == rows
    assert side.node.due_at(at(9_000)) is None
    for act in (
        lambda: side.node.speak(at(9_000)),
        lambda: side.node.carry(frozenset(), at(9_000)),
        lambda: side.node.take_recover(b"", at(9_000)),
    ):
        with pytest.raises(Problem) as found:
            act()
        assert found.value.code == "recovering"
    side.node.tick(at(9_000))
    with side.store.read() as tx:
        assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()


# --- (a) the old store comes up after the new one has gone on -----------------------------------------------------------


@pytest.mark.parametrize("untold", [False, True])
@pytest.mark.parametrize("more", [0, 1, 6])
def test_an_old_store_that_is_started_later_stops_and_the_new_one_is_not_harmed(untold, more):
    # docs/adr/0097-old-store.md
    twins = Twins(untold=untold)
    twins.restore(120, more)
    held = twins.hold()
    assert [one[0] for one in twins_asked(twins, 300)] == ["stale-incarnation", Next.SUPERSEDED]
    assert twins.hold() == held, "the peer has taken nothing of it, and no incarnation"
    is_told(twins.old)
    twins.goes_on(twins.new, 400)


def twins_asked(twins, seconds):
    twins.old.put_back(twins.old.store.image())
    twins.old.node.starts(at(seconds))
    return [ask(twins.old, twins.peer, at(seconds)) for _ in range(2)]


def test_an_old_store_that_never_died_asks_where_its_peer_recovers_itself():
    """The peer's refusal shows a head that our keys signed; it was taken for a thief's, and the old store was broken."""
    twins = Twins()
    twins.restore(120, 3)
    twins.peer.put_back(twins.peer.store.image())
    twins.peer.node.starts(at(200))
    assert says(twins.old, twins.peer, at(300)) == "recovering"
    assert twins.old.state == "recovering"
    recover(twins.peer, twins.new, at(310))
    assert [one[0] for one in (ask(twins.old, twins.peer, at(320)) for _ in range(2))] == [
        "stale-incarnation",
        Next.SUPERSEDED,
    ]
    is_told(twins.old)
    twins.goes_on(twins.new, 400)


def test_what_shows_it_is_kept_in_our_decision_log_as_both_signed_it():
    twins = Twins()
    twins.restore(120)
    twins.restart_old(300)
    ((record,),) = twins.old.rows("SELECT record FROM record WHERE kind = 'superseded'")
    version, asked, answered, when = cbor.decode(record)
    assert (version, when) == ("comity/superseded/1", at(300))
    question = read_recover(asked, log_keys(twins.old.node.voice).public())
    said = read_recovered(answered, log_keys(twins.peer.node.voice).public())
    assert (question.looks, question.incarnation) == (True, 0), "our question takes no incarnation"
    assert [(said.held,)] == twins.new.rows("SELECT second FROM incarnation WHERE role = 'ours'"), (
        "the other side signed it"
    )
    assert [(said.head,)] == twins.peer.rows("SELECT note FROM head WHERE role = 'theirs' ORDER BY size DESC, time DESC LIMIT 1")  # fmt: skip


def test_a_restart_changes_nothing_of_it():
    twins = Twins()
    twins.restore(120)
    twins.restart_old(300)
    for seconds in (400, 500):
        twins.restart_old(seconds)
        is_told(twins.old)
    twins.goes_on(twins.new, 600)


def test_an_old_store_that_comes_up_while_the_new_one_recovers_stops_too():
    """The new one took its incarnation and has signed nothing under it: nothing but the number shows that it is there."""
    twins = Twins(untold=True)
    twins.new.node.starts(at(120))
    assert ask(twins.new, twins.peer, at(120))[0] is Next.AGAIN
    found, missing = ask(twins.new, twins.peer, at(120))
    assert found is Next.FETCH
    twins.restart_old(121)
    is_told(twins.old)
    assert twins.new.node.restore(missing, fetched(twins.new, twins.peer, missing), at(122))
    twins.goes_on(twins.new, 200)


def test_a_head_of_another_log_of_ours_shows_the_other_store_by_itself():
    """The old one is longer, and of the peer's log it lacks nothing: the root at that size is all that differs."""
    twins = Twins(untold=True)
    twins.restore(120)
    twins.old.node.submit([note(f"untold {n}") for n in range(9)], at(130))
    twins.old.node.speak(at(130))
    twins.old.put_back(twins.old.store.image())
    twins.old.node.starts(at(300))
    assert ask(twins.old, twins.peer, at(300))[0] == "stale-incarnation"
    answer = twins.peer.node.take_recover(twins.old.node.recover_request(), at(300))
    keys = log_keys(twins.peer.node.voice)
    said = replace(read_recovered(answer, keys.public()), cosigned=None)
    assert twins.old.node.take_recovered(sign_recovered(said, keys), at(300))[0] is Next.SUPERSEDED


# --- (b) the old store comes up before the new one ever spoke ------------------------------------------------------------


@pytest.mark.parametrize("untold", [False, True])
def test_an_old_store_that_comes_up_first_goes_on_until_the_new_one_recovers_and_nothing_is_lost_silently(untold):
    twins = Twins(untold=untold)
    assert twins.restart_old(120) == [Next.UP]
    twins.goes_on(twins.old, 130)
    assert recover(twins.new, twins.peer, at(200)) == [Next.AGAIN, Next.FETCH]
    settle(twins.new, twins.peer, at(201))
    twins.old.node.submit([note("at the same time")], at(210))
    assert says(twins.old, twins.peer, at(210)) == "stale-incarnation"
    assert [ask(twins.old, twins.peer, at(211))[0] for _ in range(2)] == ["stale-incarnation", Next.SUPERSEDED]
    is_told(twins.old)
    gone = {row[0] for row in twins.old.rows("SELECT id FROM sent WHERE fact > 0")}
    here = {row[0] for row in twins.new.rows("SELECT id FROM sent UNION SELECT id FROM lost")}
    assert gone <= here, "each that the peer has is known to the new store, if only as one whose content is elsewhere"
    twins.goes_on(twins.new, 300)


# --- (c) both run ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("untold", [False, True])
@pytest.mark.parametrize("more", [0, 1, 6])
@pytest.mark.parametrize("called", [False, True])
def test_an_old_process_that_never_died_is_refused_and_accuses_nobody(untold, more, called):
    """It speaks in turns with the new one, or the peer calls it first: it signs, at the same size, another entry."""
    twins = Twins(untold=untold)
    twins.restore(120, more)
    twins.old.node.submit([note("of the old process")], at(200))
    twins.old.node.speak(at(200))
    if called:
        before = twins.peer.logs()
        told = called_by(twins.peer, twins.old, at(201))
        assert told in {"stale-incarnation", "gap", "recovering"}
        assert twins.peer.logs()[1] == before[1], "the peer takes nothing of its answer"
    else:
        assert says(twins.old, twins.peer, at(201)) == "stale-incarnation"
    assert says(twins.new, twins.peer, at(202)) is None
    for seconds in range(203, 210):
        if twins.old.state == "superseded":
            break
        if twins.old.node.recovering:
            ask(twins.old, twins.peer, at(seconds))
        else:
            says(twins.old, twins.peer, at(seconds))
    is_told(twins.old)
    twins.goes_on(twins.new, 300)


def called_by(peer, old, now):
    """Let the peer call the old store, which answers; return how it ended on either side."""
    try:
        old.node.take(peer.node.speak(now), now)
        answer = old.node.speak(now)
    except Problem as problem:
        peer.node.take_problem(decode_problem(old.node.problem_bytes(problem)), now)
        return problem.code
    try:
        peer.node.take(answer, now)
    except Problem as problem:
        return problem.code
    return None


def rotating_twins():
    """Return an old store whose process never died, the one that was restored from it and went on, and their peer."""
    old, peer = two_rotating()
    new = Rotating(0)
    new.locker = old.locker
    new.put_back(old.store.image(), chosen=True)
    recover(new, peer, at(120))
    settle(new, peer, at(121))
    return old, new, peer


@pytest.mark.parametrize("log", [False, True])
def test_an_old_process_that_knows_no_newer_keys_is_told_that_it_is_old(log):
    """Its signatures fail where the log keys changed since; that is not what its people must be told."""
    old, new, peer = rotating_twins()
    turn(new, peer, at(200), log=log, mirror=True)
    old.node.submit([note(f"of the old process {n}") for n in range(20)], at(3_700))
    assert says(old, peer, at(3_700)) == "stale-incarnation"
    assert [ask(old, peer, at(3_701))[0] for _ in range(2)] == ["stale-incarnation", Next.SUPERSEDED]
    is_told(old)
    assert peer.rows("SELECT 1 FROM evidence UNION ALL SELECT 1 FROM pending_head") == []
    assert peer.state == "up"


def test_a_key_list_that_waits_in_an_old_store_enters_its_log_no_more():
    old, _, peer = rotating_twins()
    old.install(at(130))
    with old.store.begin() as tx:
        assert tx.run("UPDATE paper SET ready = 1 WHERE our_idx IS NULL") == 1
    assert says(old, peer, at(200)) == "stale-incarnation"
    assert [ask(old, peer, at(201))[0] for _ in range(2)] == ["stale-incarnation", Next.SUPERSEDED]
    size = old.logs()[0].size
    old.node.tick(at(300))
    old.node.enter_papers(at(300))
    assert old.logs()[0].size == size


@pytest.mark.parametrize("more", [0, 1, 6])
def test_an_old_process_that_can_only_be_called_stops_too_and_accuses_nobody(more):
    """It hears only what the peer says: heads, co-signatures and receipts of a log of its own that it does not know."""
    twins = Twins()
    twins.old.node.can_call = False
    twins.old.put_back(twins.old.store.image())
    twins.old.node.can_call = False
    twins.old.node.starts(at(100))
    twins.old.node.take(twins.peer.node.speak(at(100)), at(100))
    assert twins.old.state == "up"
    twins.restore(120, more)
    twins.old.node.submit([note(f"of the old process {n}") for n in range(2)], at(200))
    twins.old.node.speak(at(200))
    for seconds in range(201, 206):
        twins.peer.node.submit([note(f"peer {seconds}")], at(seconds))
        called_by(twins.peer, twins.old, at(seconds))
    assert twins.old.state == "recovering"
    assert "another store of this node has gone on" in twins.old.node.link().reason
    assert twins.old.rows("SELECT 1 FROM evidence") == []
    twins.goes_on(twins.new, 300)


def test_the_answer_of_an_old_process_to_a_peer_that_starts_is_not_taken():
    """It would say that it holds less of the peer's log than the new one does, and the peer would believe itself up to date."""
    twins = Twins()
    twins.restore(120, 1)
    twins.peer.node.starts(at(200))
    answer = twins.old.node.take_recover(twins.peer.node.recover_request(), at(200))
    with pytest.raises(Problem) as found:
        twins.peer.node.take_recovered(answer, at(200))
    assert found.value.code == "stale-incarnation"
    assert twins.peer.state == "recovering"
    assert ask(twins.peer, twins.new, at(201)) == (Next.UP, None)
    twins.goes_on(twins.new, 300)


def test_two_nodes_that_both_start_need_not_wait_until_the_incarnation_that_one_takes_is_its_own():
    twins = Twins()
    twins.new.node.starts(at(120))
    assert ask(twins.new, twins.peer, at(120))[0] is Next.AGAIN
    assert ask(twins.new, twins.peer, at(120))[0] is Next.FETCH
    twins.peer.node.starts(at(121))
    assert ask(twins.peer, twins.new, at(121)) == (Next.UP, None)


def test_a_store_that_was_never_restored_steps_back_before_one_that_was_without_a_fork():
    """An old primary of a database that comes back: it has the same incarnation, lacks the end of the log, and is mended."""
    twins = Twins()
    behind = Side(0)
    behind.put_back(twins.new.store.image())
    with behind.store.begin() as tx:
        tx.run("DELETE FROM counter WHERE name = 'put-back'")
    assert recover(behind, twins.peer, at(120)) == [Next.AGAIN, Next.FETCH]
    twins.goes_on(behind, 130)
    twins.old.node.submit([note("of the other primary")], at(200))
    assert says(twins.old, twins.peer, at(200)) == "stale-incarnation"
    for seconds in (201, 202):
        ask(twins.old, twins.peer, at(seconds))
    is_told(twins.old)
    twins.goes_on(behind, 300)


# --- (d) the restored one comes back after the old one had gone on, by a person's word -------------------------------------


def test_a_person_may_choose_the_old_store_and_then_the_other_one_stops():
    twins = Twins()
    twins.restore(120, 1)
    twins.restart_old(300)
    is_told(twins.old)
    twins.old.choose()
    assert twins.restart_old(400) == ["stale-incarnation", Next.AGAIN, Next.FETCH]
    twins.goes_on(twins.old, 410)
    twins.new.node.submit([note("of the other one")], at(500))
    assert says(twins.new, twins.peer, at(500)) == "stale-incarnation"
    assert [ask(twins.new, twins.peer, at(501))[0] for _ in range(2)] == ["stale-incarnation", Next.SUPERSEDED]
    is_told(twins.new)
    twins.goes_on(twins.old, 600)


def test_an_old_store_that_is_chosen_with_another_log_dies_and_the_new_one_can_be_chosen_again():
    twins = Twins(untold=True)
    twins.restore(120)
    twins.restart_old(300)
    twins.old.choose()
    assert twins.restart_old(400) == ["stale-incarnation", Next.CUT]
    assert twins.old.state == "broken"
    assert "must sign a cut" in twins.old.node.link().reason
    twins.goes_on(twins.new, 500)


# --- who is not left behind --------------------------------------------------------------------------------------------------


def test_an_empty_store_is_nobodys_old_one():
    """The disk was lost, after an earlier restore: the program starts with the kept keys and nothing else."""
    twins = Twins()
    twins.restore(120, 1)
    empty = Side(0)
    assert recover(empty, twins.peer, at(300)) == ["stale-incarnation", Next.AGAIN, Next.FETCH]
    twins.goes_on(empty, 400)


def test_an_incarnation_that_the_peer_made_up_leaves_nobody_behind():
    """A peer that forgot our incarnation takes that of our newest head: later than ours, and no other store of ours has it."""
    twins = Twins()
    twins.restore(120, 1)
    ((time,),) = twins.peer.rows("SELECT max(time) FROM head WHERE role = 'theirs'")
    with twins.peer.store.begin() as tx:
        tx.run("UPDATE incarnation SET second = ? WHERE role = 'theirs'", (time,))
    twins.peer.node.ledger.forget()
    assert recover(twins.new, twins.peer, at(300)) == ["stale-incarnation", Next.AGAIN, Next.FETCH]
    twins.goes_on(twins.new, 400)


def test_a_store_that_says_no_incarnation_is_judged_by_its_log_time_alone():
    """A program from before this version says none."""
    twins = Twins()
    twins.restore(120)
    said = decode_exchange(twins.new.node.speak(at(200)))
    assert said.incarnation == twins.new.rows("SELECT second FROM incarnation WHERE role = 'ours'")[0][0]
    twins.peer.node.take(encode_exchange(replace(said, incarnation=None)), at(200))
    twins.peer.node.take(encode_exchange(replace(said, incarnation=said.incarnation + 9)), at(201))
    with pytest.raises(Problem) as found:
        twins.peer.node.take(encode_exchange(replace(said, incarnation=said.incarnation - 1)), at(202))
    assert (found.value.code, found.value.status) == ("stale-incarnation", 409)


def test_an_answer_that_says_no_incarnation_is_taken_as_before():
    twins = Twins()
    twins.restore(120)
    twins.peer.node.starts(at(200))
    answer = twins.new.node.take_recover(twins.peer.node.recover_request(), at(200))
    keys = log_keys(twins.new.node.voice)
    said = read_recovered(answer, keys.public())
    assert said.incarnation is not None
    found, _ = twins.peer.node.take_recovered(sign_recovered(replace(said, incarnation=None), keys), at(200))
    assert found is Next.UP


def test_the_refused_head_of_an_old_store_is_not_kept():
    twins = Twins(untold=True)
    twins.restore(120)
    twins.old.node.submit([note("forked")], at(200))
    before = twins.hold()
    assert says(twins.old, twins.peer, at(200)) == "stale-incarnation"
    assert twins.hold() == before
    assert twins.peer.rows("SELECT 1 FROM pending_head UNION ALL SELECT 1 FROM evidence") == []
    with twins.peer.store.read() as tx:
        assert read_link(tx).state is LinkState.UP
        assert read_link(tx).challenged == 0


def test_a_fork_of_the_store_that_went_on_is_proved_as_before():
    """Planted: the newest incarnation excuses nothing of what is said under it."""
    twins = Twins()
    twins.restore(120)
    other = Side(0)
    other.put_back(twins.new.store.image())
    for side, text in ((twins.new, "one"), (other, "two")):
        side.node.submit([note(text)], at(200))
    assert says(twins.new, twins.peer, at(201)) is None
    with pytest.raises(Problem) as found:
        twins.peer.node.take(other.node.speak(at(202)), at(202))
    assert found.value.code == "broken"
    assert twins.peer.rows("SELECT class FROM evidence") == [("equivocation",)]


def test_a_link_that_is_left_behind_is_read_as_written():
    side = Side(0)
    with side.store.begin() as tx:
        write_link(tx, replace(read_link(tx), state=LinkState.SUPERSEDED))
    side.node.ledger.forget()
    with side.node.ledger.begin() as book:
        assert book.superseded
        assert not book.stops
        assert book.logs[LogRole.OURS].size


def test_an_old_store_with_a_key_list_where_the_other_one_has_none_learns_what_it_is():
    """It took the other one's head, under the keys of before, for one that nobody had signed, and asked for ever."""
    # spec: protocol.md 9, 10
    a, b = two_rotating()
    image = a.store.image()
    a.install(at(3_600))
    for n in range(20):
        say(a, b, at(3_700 + 70 * n))
        a.node.tick(at(3_701 + 70 * n))
        if a.list_places():
            break
    a.node.speak(at(9_000))
    turn_size = a.logs()[0].head_size
    assert b.logs()[1].size < turn_size, "the peer never saw the list"
    old = a.store.image()
    a.put_back(image, chosen=True)
    assert recover(a, b, at(9_100))[-1] is Next.FETCH
    a.node.submit([note(f"new {n}") for n in range(9)], at(9_200))
    b.node.take(a.node.speak(at(9_200)), at(9_200))
    assert b.logs()[1].head_size > turn_size
    assert not a.list_places()
    a.put_back(old)
    assert recover(a, b, at(9_300)) == [told for told, _ in GONE_ON]
    assert a.state == "superseded"
    assert b.rows("SELECT 1 FROM evidence") == a.rows("SELECT 1 FROM evidence") == []
