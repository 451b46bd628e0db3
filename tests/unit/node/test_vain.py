"""What only arrived and waits in vain: refused at the end of the accord, or when its time is over, and due from then on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.base.ids import LeafIndex, Ms
from comity.crypto.keys import SealingKey, cose_key, key_id
from comity.dispatch.attached import FileState
from comity.dispatch.certificates import DESTROYED
from comity.dispatch.entries import Fact, Withdrawal, WithdrawLeaf, encode_entry
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.node import attached, suspending
from comity.node.certifying import owed_by_them, owed_by_us
from comity.node.erasing import PARTS, ask_erasure, confirm_erasure, purge_sealed
from comity.node.retention import due, hold
from comity.node.suspending import END
from comity.sim.chance import SeededEntropy
from comity.sim.exercise import KEEPERS, OFFICER
from comity.sim.left import unasked
from tests.unit.node.cuts import (
    AFTER,
    LAST,
    THEN,
    cut_whole,
    every,
    forged,
    joined,
    notice,
    papers,
    steal,
    take,
    whole,
)
from tests.unit.node.cuts import LATER as LATER_CUT
from tests.unit.node.forge import Forger, node, rows
from tests.unit.node.putback import SECOND, START, Side, note, recover, say, settle
from tests.unit.node.test_attached import FILES, add, file_of
from tests.unit.node.test_put_back_filed_again import facts, sound
from tests.unit.node.test_suspending import suspend

MINUTE, DAY = 60_000, 86_400_000
T, END_AT, LATER = (Ms(START + n * MINUTE) for n in (10, 20, 30))


class Keeping(Side):
    """A side with a custodian, as every node that starts has one."""

    def open(self):
        super().open()
        public = SealingKey.generate(SeededEntropy("custodian")).public()
        self.node.office = replace(self.node.office, custodian=(key_id(cose_key(public)), public))


def two():
    a, b = Keeping(0), Keeping(1)
    settle(a, b, START)
    return a, b


def held_back(a, b, first, now):
    """Let `a` say all it has to `b`, but the bytes of one dispatch."""
    said = decode_exchange(a.node.speak(now))
    place = a.rows("SELECT idx FROM sent WHERE id = ?", first)[0][0]
    kept = tuple(one for one in said.dispatches if one[0] != place)
    b.node.take(encode_exchange(replace(said, dispatches=kept)), now)
    a.node.take(b.node.speak(now), now)


def waiting(*more):
    """Return two sides; of three dispatches of the first, each after the one before, the second has all but the first."""
    a, b = two()
    (first,) = a.node.submit([note("first")], T)
    (second,) = a.node.submit([note("second", case=first.case)], Ms(T + 1))
    (third,) = a.node.submit([note("third", case=first.case, **dict(more))], Ms(T + 2))
    held_back(a, b, first.id, Ms(T + 2))
    assert b.rows("SELECT id, fact FROM got ORDER BY idx") == [(first.id, 0), (second.id, 1), (third.id, 1)]
    return a, b, first, second, third


def told(side):
    return side.rows("SELECT fact, code FROM sent ORDER BY sent_at, idx")


def due_of(side, now):
    with side.store.read() as tx:
        return [(one.dispatch, one.whose, one.why) for one in due(tx, side.node.office.accord, now)]


def left(side, now):
    with side.store.read() as tx:
        return unasked(tx, side.node.office.accord, now)


REFUSED = (int(Fact.REFUSED), "incomplete")
GOT = "SELECT fact, code, plain IS NULL, sealed IS NULL, settled_at IS NOT NULL FROM got WHERE id = ?"
GIVEN_UP = [(*REFUSED, 1, 1, 1)]


# --- at the end -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["who has it", "who sent it", "both at once"])
def test_what_waits_when_the_accord_ends_is_refused_and_due_at_once(who):
    a, b, _, second, third = waiting()
    ends = {"who has it": (b,), "who sent it": (a,), "both at once": (a, b)}[who]
    for side in ends:
        suspend(side, END_AT, act=END)
    settle(a, b, END_AT)
    for one in (second, third):
        assert b.rows(GOT, one.id) == GIVEN_UP
        assert facts(b, one.id) == [Fact.ARRIVED, Fact.REFUSED], "said once, and neither is filed after the other"
    assert told(a)[1:] == [REFUSED, REFUSED], "its sender reads it"
    assert b.rows("SELECT count(*) FROM waits") == [(0,)]
    assert {(one[0], *one[1:]) for one in due_of(b, LATER)} == {(one.id, "custody", "ended") for one in (second, third)}
    assert left(b, LATER) == []
    assert b.rows("SELECT admitted, text, fact FROM exercise") == [(0, "", int(Fact.REFUSED))] * 2
    sound(a, b)


def test_two_persons_destroy_what_waited_and_nothing_is_owed_any_more():
    a, b, _, second, third = waiting()
    suspend(b, END_AT, act=END)
    settle(a, b, END_AT)
    with a.store.read() as tx:
        assert {one.dispatch for one in owed_by_them(tx, LATER)} == {second.id, third.id}, "its sender waits for it"
    for one in (second, third):
        with b.node.ledger.begin() as book:
            ask_erasure(one.id, KEEPERS[0], book, b.node.office, LATER, parts=("body",), reason="it has ended")
            assert confirm_erasure(one.id, KEEPERS[1], book, b.node.office, LATER).kind == DESTROYED
    assert due_of(b, LATER) == []
    assert b.rows("SELECT count(*) FROM custody") == [(0,)]
    with b.store.read() as tx:
        assert {one.state for one in owed_by_us(tx, b.node.office)} <= {"told"}, "nothing is kept"
    sound(a, b)


def test_what_it_waited_for_may_be_settled_in_the_exchange_that_brings_the_end():
    """Their leaf of the end and the receipt of our predecessor come together: it was settled before it ended."""
    a, b = two()
    (asked,) = b.node.submit([note("asked")], T)
    say(b, a, T)
    (answer,) = a.node.submit([note("answer", case=asked.case)], T)
    with b.node.ledger.begin() as book:  # the receipt of ours has not been heard
        book.tx.run("UPDATE sent SET fact = 0, settled_at = NULL WHERE id = ?", (asked.id,))
    say(a, b, Ms(T + SECOND))
    assert b.rows("SELECT fact FROM got WHERE id = ?", answer.id) == [(int(Fact.ARRIVED),)]
    suspend(b, END_AT, act=END)
    assert b.rows(GOT, answer.id) == GIVEN_UP


def test_nothing_that_media_bring_after_the_end_is_filed_or_stays():
    a, b, first, second, _ = waiting()
    suspend(b, END_AT, act=END)
    late = a.node.speak(Ms(END_AT + SECOND))
    assert decode_exchange(late).dispatches, "they left before the end was heard of"
    taken = b.node.take(late, Ms(END_AT + DAY))
    assert [one.fact for one in taken.recorded] == []
    assert b.rows("SELECT fact, sealed, plain FROM got WHERE id = ?", first.id) == [(0, None, None)]
    assert b.rows(GOT, second.id) == GIVEN_UP
    assert left(b, Ms(END_AT + DAY)) == []


def test_a_store_that_ended_under_an_earlier_program_refuses_at_its_next_tick_and_once():
    a, b, _, second, _ = waiting()
    asked = b.node.wish(END, "", OFFICER, END_AT, reason="it has come to its end")
    with b.node.ledger.begin() as book:  # all that the earlier program did
        suspending.confirm(book, b.node.office, asked.id, replace(OFFICER, number=8), END_AT)
    assert due_of(b, LATER) == []
    assert len(left(b, LATER)) == 2, "nobody was asked about it"
    b.node.starts(LATER)
    b.node.tick(LATER)
    assert b.rows("SELECT fact FROM got WHERE id = ?", second.id) == [(int(Fact.ARRIVED),)], "no leaf before it is up"
    recover(b, a, LATER)
    for at in (LATER, LATER + MINUTE):
        b.node.tick(Ms(at))
    assert facts(b, second.id) == [Fact.ARRIVED, Fact.REFUSED]
    assert left(b, LATER) == []


def test_a_store_put_back_to_before_the_end_keeps_nothing_of_what_was_refused():
    """Its parts had stayed in the row, beside what the custodian has: destroying the one left the other."""
    a, b, _, second, third = waiting()
    image = b.store.image()
    suspend(b, END_AT, act=END)
    settle(a, b, END_AT)
    b.put_back(image)
    recover(b, a, LATER)
    b.node.tick(LATER)
    settle(a, b, LATER)
    for one in (second, third):
        assert b.rows(GOT, one.id) == GIVEN_UP
        assert facts(b, one.id) == [Fact.ARRIVED, Fact.REFUSED]
    assert {one[1:] for one in due_of(b, Ms(LATER + DAY))} == {("custody", "ended")}
    sound(a, b)


def test_a_store_whose_answer_is_lost_refuses_nothing_twice():
    """The refusals are one transaction with the leaf of the end; what is taken again finds nothing that waits."""
    a, b, _, second, _ = waiting()
    suspend(a, END_AT, act=END)
    data = a.node.speak(END_AT)
    for n in range(3):
        b.node.take(data, Ms(END_AT + n * SECOND))
    assert facts(b, second.id) == [Fact.ARRIVED, Fact.REFUSED]


# --- files ----------------------------------------------------------------------------------------------------------------


def with_files():
    """Return two sides; the second has a dispatch with two files, of which one came."""
    a, b = two()
    for number in (0, 1):
        add(a.node, number)
    a.node.submit([note("with files", files=FILES)], T)
    settle(a, b, T)
    assert attached.whole(b.node.ledger, b.node.office, file_of(b.node, 0), T) == ()
    return a, b


def states(side):
    return [row[0] for row in side.rows("SELECT state FROM attachment WHERE dispatch = ? ORDER BY number", FILES)]


def test_files_half_fetched_at_the_end_are_destroyed_with_the_refusal():
    a, b = with_files()
    suspend(b, END_AT, act=END)
    settle(a, b, END_AT)
    assert b.rows(GOT, FILES) == GIVEN_UP
    assert states(b) == [FileState.ERASED.value] * 2
    with b.store.read() as tx:
        assert attached.to_fetch(tx) == ()
        assert len(tuple(attached.erased(tx))) == 2
    assert left(b, LATER) == []
    assert attached.whole(b.node.ledger, b.node.office, file_of(b.node, 1), LATER) == (), "a fetch that was under way"


def test_a_whole_file_of_what_is_on_hold_stays_until_two_persons_destroy_it():
    a, b = with_files()
    with b.node.ledger.begin() as book:
        kept = hold(FILES, "a court has asked for it", KEEPERS[0], book, b.node.office, now=T)
    suspend(b, END_AT, act=END)
    settle(a, b, END_AT)
    assert b.rows(GOT, FILES) == GIVEN_UP
    assert states(b) == [FileState.WHOLE.value, FileState.ERASED.value]
    with b.store.read() as tx:
        assert attached.to_look_at(tx) == (), "its key lies with the custodian"
    with b.node.ledger.begin() as book:
        book.tx.run("UPDATE legal_hold SET ended_at = ? WHERE id = ?", (LATER, kept.id))
        ask_erasure(FILES, KEEPERS[0], book, b.node.office, LATER, parts=("body",), reason="it has ended")
        confirm_erasure(FILES, KEEPERS[1], book, b.node.office, LATER)
    assert states(b) == [FileState.ERASED.value] * 2


def test_files_that_a_put_back_store_waits_for_are_not_wanted_where_its_log_refuses_them():
    a, b = with_files()
    image = b.store.image()
    suspend(b, END_AT, act=END)
    settle(a, b, END_AT)
    b.put_back(image)
    recover(b, a, LATER)
    assert b.rows(GOT, FILES) == GIVEN_UP
    assert states(b) == [FileState.ERASED.value] * 2


def test_files_of_what_does_not_cross_any_more_are_not_given_out_after_the_end():
    a, _ = with_files()
    cipher = file_of(a.node, 1).file.cipher
    with a.store.read() as tx:
        size = attached.served(cipher, tx)
        assert (cipher, size) in attached.to_carry(frozenset(), tx)
    suspend(a, END_AT, act=END)
    with a.store.read() as tx:
        assert attached.served(cipher, tx) is None
        assert attached.to_carry(frozenset(), tx) == ()
    with a.node.ledger.begin() as book:
        book.tx.run("UPDATE sent SET kind = 'recall'")
        assert attached.served(cipher, book.tx) == size, "a recall still crosses, with its files"


# --- outside the end ------------------------------------------------------------------------------------------------------


def test_what_waits_too_long_is_refused_and_what_came_after_it_is_filed():
    a, b, _, second, third = waiting()
    keep = b.node.office.accord.timer("quarantine-keep")
    assert b.node.refuse_late(Ms(T + keep + 1)) == ()
    done = b.node.refuse_late(Ms(T + keep + 2))
    assert [(one.id, one.fact, one.code) for one in done] == [
        (second.id, Fact.REFUSED, "incomplete"),
        (third.id, Fact.FILED, None),
    ]
    assert b.node.refuse_late(Ms(T + keep + MINUTE)) == (), "once"
    late = Ms(T + keep + 2 * MINUTE)
    settle(a, b, late)
    assert told(a)[1:] == [REFUSED, (int(Fact.FILED), None)]
    ((dispatch, whose, why),) = due_of(b, Ms(late + keep))
    assert (dispatch, whose, why) == (second.id, "custody", "custody"), "after the accord's period, as all in custody"
    with pytest.raises(BadForm, match="until the accord's period is over"), b.node.ledger.begin() as book:
        ask_erasure(second.id, KEEPERS[0], book, b.node.office, late, parts=("body",), reason="at once")
    sound(a, b)


def test_the_day_of_its_label_ends_its_waiting_too():
    a, b, _, _, third = waiting(("retain_until", Ms(T + DAY)))
    assert b.node.refuse_late(Ms(T + DAY - MINUTE)) == ()
    assert [(one.id, one.code) for one in b.node.refuse_late(Ms(T + DAY + MINUTE))] == [(third.id, "incomplete")]
    settle(a, b, Ms(T + DAY + 2 * MINUTE))
    sound(a, b)


def test_nothing_is_refused_while_it_is_not_known_whether_the_store_was_put_back():
    _, b, *_ = waiting()
    b.node.starts(LATER)
    assert b.node.refuse_late(Ms(T + 90 * DAY)) == ()


def test_a_recall_of_what_waits_ends_its_waiting():
    a, b, first, second, third = waiting()
    form, by = note("taken back", replaces=second.id, case=second.case)
    a.node.submit([(replace(form, kind="recall"), by)], LATER)
    held_back(a, b, first.id, LATER)
    assert facts(b, second.id) == [Fact.ARRIVED, Fact.REFUSED]
    assert facts(b, third.id) == [Fact.ARRIVED, Fact.FILED], "what it came after is settled"
    assert b.rows("SELECT code FROM got WHERE id = ?", second.id) == [("recalled",)]
    settle(a, b, Ms(LATER + SECOND))
    assert facts(b, first.id) == [Fact.FILED]
    sound(a, b)


def test_a_recall_that_comes_again_ends_the_waiting_in_a_store_of_an_earlier_program():
    a, b, first, second, _ = waiting()
    plain = b.rows("SELECT plain FROM got WHERE id = ?", second.id)[0][0]
    with b.node.ledger.begin() as book:  # the earlier program let what a recall names go on waiting
        book.tx.run("UPDATE got SET plain = NULL WHERE id = ?", (second.id,))
    form, by = note("taken back", replaces=second.id, case=second.case)
    (recall,) = a.node.submit([(replace(form, kind="recall"), by)], LATER)
    held_back(a, b, first.id, LATER)
    assert facts(b, second.id) == [Fact.ARRIVED]
    with b.node.ledger.begin() as book:  # and its store was put back to before the recall
        book.tx.run("UPDATE got SET plain = ? WHERE id = ?", (plain, second.id))
        book.tx.run(
            "INSERT INTO regot (idx, receipt_idx, seen) SELECT idx, receipt_idx, 0 FROM got WHERE id = ?", (recall.id,)
        )
    (index,) = b.node.unopened()
    assert next((one.id, one.code) for one in b.node.open_one(index, LATER)) == (second.id, "recalled")


# --- a stolen key ---------------------------------------------------------------------------------------------------------


def test_what_a_thief_sent_and_what_only_arrived_is_due_as_what_was_filed():
    """The cut settles it without a leaf: it had no day, and its files were asked for for ever."""
    a, b = joined()
    thief = Side(0)
    (first,) = thief.node.submit([note("never shown")], AFTER)
    (second,) = thief.node.submit([note("false one", case=first.case)], Ms(AFTER + 1))
    thief.node.speak(Ms(AFTER + 2))
    ((sealed,),) = thief.rows("SELECT sealed FROM sent WHERE id = ?", second.id)
    leaf = next(one for _, one in every(thief) if getattr(one, "id", None) == second.id)
    place = a.logs()[0].size
    b.node.take(forged(a, (encode_entry(leaf),), AFTER, dispatches=((place, sealed),)), AFTER)
    with b.node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO attachment (dispatch, number, ours, cipher, cipher_size, state, found, since)"
            " VALUES (?, 0, 0, ?, 9, ?, '', 0)",
            (leaf.id, bytes(32), FileState.COMING.value),
        )
    notice(a, b, AFTER)
    cut_whole(a, b)
    assert b.rows("SELECT fact, settled_at IS NULL FROM got WHERE id = ?", leaf.id) == [(int(Fact.ARRIVED), 0)]
    assert b.rows("SELECT state FROM attachment") == [(FileState.ERASED.value,)]
    suspend(b, LAST, act=END)
    assert due_of(b, LAST) == [(leaf.id, "theirs", "ended")]
    assert left(b, LAST) == []
    with b.node.ledger.begin() as book:
        ask_erasure(leaf.id, KEEPERS[0], book, b.node.office, LAST, parts=tuple(PARTS), reason="a thief made it")
        confirm_erasure(leaf.id, KEEPERS[1], book, b.node.office, LAST)
    assert due_of(b, LAST) == []


def test_what_arrived_below_a_cut_is_refused_in_the_new_log():
    a, b = joined()
    (first,) = a.node.submit([note("first")], LATER_CUT)
    (second,) = a.node.submit([note("second", case=first.case)], Ms(LATER_CUT + 1))
    held_back(a, b, first.id, Ms(LATER_CUT + 1))
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    made = papers(a, b, THEN)
    for side in (a, b):
        take(side, made, THEN)
    assert b.rows("SELECT fact, idx < 0 FROM got WHERE id = ?", second.id) == [(int(Fact.ARRIVED), 1)]
    suspend(b, THEN, act=END)
    assert b.rows("SELECT fact FROM got WHERE id = ?", second.id) == [(int(Fact.ARRIVED),)], (
        "the logs are compared first"
    )
    for side, other in ((a, b), (b, a)):
        recover(side, other, LAST)
    b.node.tick(LAST)
    assert b.rows("SELECT fact, code FROM got WHERE id = ?", second.id) == [REFUSED]
    settle(a, b, Ms(LAST + MINUTE))
    assert a.rows("SELECT fact, code FROM sent WHERE id = ?", second.id) == [REFUSED]
    whole(a, b)


# --- sealed bytes ---------------------------------------------------------------------------------------------------------


def purge(of, now):
    with of.ledger.begin() as book:
        return purge_sealed(book, of.office.accord, Ms(now))


def test_bytes_that_were_not_opened_go_when_their_sender_withdraws_them():
    a = node()
    forger = Forger(a)
    made = forger.make("late")
    forger.grow(made.leaf)
    a.take_unopened(forger.say(dispatches=((LeafIndex(3), made.sealed),)), START)
    assert rows(a, "SELECT sealed IS NULL FROM got") == [(0,)]
    forger.grow(WithdrawLeaf(LeafIndex(3), Withdrawal.LOST))
    a.take_unopened(forger.say(), START)
    assert rows(a, "SELECT sealed, code FROM got") == [(None, "lost")]
    assert a.unopened() == ()


def test_bytes_that_nothing_could_open_do_not_stay_for_ever():
    """Such as bring the program down whenever it opens them."""
    a = node()
    forger = Forger(a)
    made = forger.make("never")
    forger.grow(made.leaf)
    a.take_unopened(forger.say(dispatches=((LeafIndex(3), made.sealed),)), START)
    keep = a.office.accord.timer("quarantine-keep")
    purge(a, START + keep - 1)
    assert rows(a, "SELECT sealed IS NULL FROM got") == [(0,)]
    purge(a, START + keep)
    assert rows(a, "SELECT sealed IS NULL, settled_at FROM got") == [(1, None)], (
        "a debt again, asked for if it is wanted"
    )


def test_bytes_of_what_was_receipted_and_opens_no_more_go_as_what_was_quarantined_does():
    a = node()
    forger = Forger(a)
    forger.send(forger.make("filed"))
    with a.ledger.begin() as book:  # a store that was put back, whose sealing key is gone
        book.tx.run("UPDATE got SET plain = NULL")
    keep = a.office.accord.timer("quarantine-keep")
    purge(a, START + keep)
    assert rows(a, "SELECT sealed IS NULL, fact FROM got") == [(1, int(Fact.FILED))]


def test_a_clock_that_was_far_ahead_hides_nothing_from_the_purge():
    a = node()
    forger = Forger(a)
    keep = a.office.accord.timer("quarantine-keep")
    purge(a, START + 3 * keep)
    forger.send(forger.make("quarantined"))
    with a.ledger.begin() as book:
        book.tx.run("UPDATE got SET plain = NULL, fact = ?", (int(Fact.QUARANTINED),))
    purge(a, START + keep)
    assert rows(a, "SELECT sealed IS NULL FROM got") == [(1,)]
