"""A stolen log key: both roots cut the log where both accept it, and the traffic goes on in a new one."""

from __future__ import annotations

import zipfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BytesIO

import pytest

from comity.base.errors import BadCut, StoreError
from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.crypto.sign import unverified_payload
from comity.dispatch.accord import fingerprint
from comity.dispatch.closed import SPAN, closed_logs
from comity.dispatch.cut import decode_cut
from comity.dispatch.entries import Fact, HeadLeaf, LinkLeaf, ReceiptLeaf, Withdrawal, WithdrawLeaf, encode_entry
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.dispatch.keylist import decode_keylist
from comity.marking.labels import Urgency
from comity.node import closed
from comity.node.audit import audit
from comity.node.bundle import Piece, Wish, key_proofs, make_bundle
from comity.node.bundlecheck import check_bundle, check_files
from comity.node.logfiles import origin_hash, served_file
from comity.node.proofs import Signers
from comity.node.publickeys import PublicKeys
from comity.node.taken import Problem
from comity.sim.disk import FailingTx
from comity.sim.exercise import OFFICER, parties
from comity.tlog.checkpoint import parse_body
from comity.tlog.note import parse_note
from tests.unit.node.cuts import (
    AFTER,
    LAST,
    LATER,
    LEAF,
    THEN,
    again,
    cut_whole,
    dispatched,
    dump,
    every,
    forged,
    joined,
    leaves,
    notice,
    papers,
    signed_alone,
    signed_by_both,
    steal,
    stolen,
    take,
    whole,
)
from tests.unit.node.putback import ask, note, recover, settle
from tests.unit.node.test_suspending import suspend


def test_after_the_cut_both_go_on_in_a_new_log():
    a, b = joined()
    a.node.submit([note("before")], LATER)
    b.node.submit([note("before, there")], LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    made = papers(a, b, THEN)
    cut = take(a, made, THEN)
    assert take(b, made, THEN) == cut
    assert (a.state, b.state) == ("recovering", "recovering")
    whole(a, b)
    again(a, b, THEN)
    whole(a, b)
    assert [type(one).__name__ for _, one in leaves(a)][:4] == ["InstrumentLeaf"] * 4
    a.node.submit([note("behind")], LAST)
    b.node.submit([note("behind, there")], LAST)
    settle(a, b, Ms(LAST + 61_000))
    assert a.rows("SELECT count(*) FROM sent WHERE fact = 2") == [(2,)]
    assert b.rows("SELECT count(*) FROM sent WHERE fact = 2") == [(2,)]
    whole(a, b)


def test_what_waited_goes_again_under_its_number():
    a, b = joined()
    a.node.submit([note("one")], LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    a.node.submit([note("two", Urgency.URGENT), note("three", Urgency.NORMAL)], AFTER)
    b.node.submit([note("four", Urgency.URGENT)], AFTER)
    notice(a, b, AFTER)
    made = papers(a, b, THEN)
    assert a.node.held_back() == 0
    take(a, made, THEN)
    assert a.node.held_back() == 1, "what had a place in the old log waits for the other side's word"
    take(b, made, THEN)
    whole(a, b)
    again(a, b, THEN)
    assert a.node.held_back() == 0
    whole(a, b)
    assert a.rows("SELECT count(*) FROM sent WHERE fact = 2") == [(3,)]
    assert b.rows("SELECT count(*) FROM sent WHERE fact = 2") == [(1,)]
    assert b.rows("SELECT count(*) FROM got WHERE fact = 2") == [(3,)]
    assert every(a)


def test_what_the_thief_sent_is_set_aside_and_shown():
    a, b = joined()
    a.node.submit([note("true one")], LATER)
    settle(a, b, LATER)
    leaf, sealed = dispatched("false one", AFTER)
    place = a.logs()[0].size
    b.node.take(forged(a, (encode_entry(leaf),), AFTER, dispatches=((place, sealed),)), AFTER)
    assert b.rows("SELECT fact FROM got WHERE id = ?", leaf.id) == [(2,)], "it was filed before anybody knew"
    notice(a, b, AFTER)
    made = cut_whole(a, b)
    whole(a, b)
    cuts, shown = b.node.cuts()
    assert [(one.id, one.index, one.fact) for one in shown] == [(leaf.id, place, 2)]
    assert b.rows("SELECT count(*) FROM alarm WHERE kind = 'cut-aside'") == [(1,)]
    assert [(one.ours, one.entries_above, one.mark) for one in cuts] == [(False, 1, None)]
    ours, nothing = a.node.cuts()
    assert (nothing, ours[0].ours, ours[0].fingerprint) == ((), True, fingerprint(made[0]))
    assert ours[0].mark is not None
    size = b.logs()[0].size
    b.node.see([leaf.id], LAST)
    assert b.logs()[0].size == size, "no leaf says anything of it any more"
    settle(a, b, LAST)
    whole(a, b)


def test_a_dispatch_below_the_cut_is_seen_behind_it():
    a, b = joined()
    a.node.submit([note("true one")], LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    cut_whole(a, b)
    ((id_,),) = b.rows("SELECT id FROM got WHERE fact = 2")
    b.node.see([id_], LAST)
    settle(a, b, LAST)
    assert a.rows("SELECT seen_at IS NOT NULL FROM sent WHERE id = ?", id_) == [(1,)]
    whole(a, b)


def thiefs_receipt(b, fact=Fact.FILED):
    ((id_, idx, sealed),) = b.rows("SELECT id, idx, sealed_sha256 FROM sent")
    return ReceiptLeaf(idx, id_, sealed, fact, None, None, bytes(32))


def test_false_receipts_and_suspensions_are_undone():
    a, b = joined()
    b.node.submit([note("to be receipted", Urgency.URGENT)], LATER)
    a.node.take(b.node.speak(LATER), LATER)  # its receipt stays here
    said = thiefs_receipt(b), thiefs_receipt(b, Fact.SEEN)
    steal(a, b, AFTER, *map(encode_entry, said), encode_entry(LinkLeaf(Act.SUSPEND, None)))
    assert b.rows("SELECT fact, seen_at IS NULL FROM sent") == [(2, 0)]
    assert b.state == "suspended"
    with suppress(Problem):
        a.node.take(b.node.speak(AFTER), AFTER)
    ask(a, b, AFTER)
    assert a.state == "broken"
    made = papers(a, b, THEN)
    take(b, made, THEN)
    assert b.rows("SELECT fact, settled_at, seen_at FROM sent") == [(0, None, None)]
    assert not b.node.link().stops
    take(a, made, THEN)
    again(a, b, THEN)
    assert b.rows("SELECT fact FROM sent") == [(2,)], "now our node says it itself"
    whole(a, b)


def test_what_was_said_above_the_cut_is_said_again_in_the_new_log():
    a, b = joined()
    b.node.submit([note("wants a receipt", Urgency.URGENT)], LATER)
    steal(a, b, AFTER)
    a.node.take(b.node.speak(LATER), AFTER)
    a.node.close_day(OFFICER, AFTER)
    suspend(a, AFTER)
    suspend(a, AFTER, act="resume")
    found, _ = ask(a, b, AFTER)
    assert (found, a.state) == ("cut", "broken")
    cut_whole(a, b)
    kinds = [type(one).__name__ for _, one in leaves(a)]
    assert kinds.count("ReceiptLeaf") == 1
    assert kinds.count("RecordLeaf") == 1
    assert kinds.count("LinkLeaf") == 2
    assert b.rows("SELECT fact FROM sent") == [(2,)]
    whole(a, b)


def test_the_second_cut_of_a_node_begins_its_third_log():
    a, b = joined()
    a.node.submit([note("one")], LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    cut_whole(a, b)
    a.node.submit([note("two")], LAST)
    settle(a, b, LAST)
    then = Ms(LAST + 600_000)
    steal(a, b, then)
    notice(a, b, then)
    cut_whole(a, b, Ms(then + 600_000))
    assert a.logs()[0].origin.endswith("/log/3")
    assert a.rows("SELECT count(*) FROM sent WHERE fact = 2") == [(2,)]
    whole(a, b)
    for side, other in ((a, b), (b, a)):
        side.open()
        assert recover(side, other, Ms(then + 1_200_000))[-1] == "up"
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()


def test_both_logs_are_cut_one_after_the_other():
    a, b = joined()
    a.node.submit([note("one")], LATER)
    b.node.submit([note("two")], LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    cut_whole(a, b)
    then = Ms(LAST + 600_000)
    steal(b, a, then)
    notice(b, a, then)
    made = cut_whole(b, a, Ms(then + 600_000))
    assert made
    assert [one.origin[-1] for one in a.logs()] == ["2", "2"]
    a.node.submit([note("three")], Ms(then + 1_200_000))
    settle(a, b, Ms(then + 1_300_000))
    assert a.rows("SELECT count(*) FROM sent WHERE fact = 2") == [(2,)]
    whole(a, b)


def test_a_kill_at_any_statement_leaves_the_old_state_or_the_new_one():
    a, b = stolen()
    a.node.submit([note("waits")], AFTER)
    made = papers(a, b, THEN)
    for side in (a, b):
        before, image = dump(side), side.store.image()
        side.put_back(image)
        count = Counted(side.store)
        side.node.ledger._store = count
        done, kills = 0, 0
        while not done:
            count.left = kills
            try:
                take(side, made, THEN)
                done = 1
            except StoreError:
                assert dump(side) == before
                kills += 1 if kills < 12 else 5
                side.node.ledger.forget()
        assert kills > 40
        assert side.logs()[0 if side is a else 1].origin.endswith("/log/2")
        side.put_back(side.store.image())
    again(a, b, THEN)
    whole(a, b)
    assert a.rows("SELECT count(*) FROM sent WHERE fact = 2") == [(2,)]


class Counted:
    """A store one of whose transactions fails at a counted statement."""

    def __init__(self, disk):
        self.disk, self.left = disk, None

    @contextmanager
    def begin(self):
        with self.disk.begin() as tx:
            yield FailingTx(tx, self.left, StoreError("planted"))
            self.left = None

    def read(self):
        return self.disk.read()


def test_an_answer_that_was_lost_leaves_the_new_state():
    a, b = stolen()
    made = papers(a, b, THEN)
    take(a, made, THEN)
    a.open()
    with pytest.raises(BadCut, match="taken already"):
        take(a, made, THEN)
    take(b, made, THEN)
    again(a, b, THEN)
    whole(a, b)


def test_a_store_put_back_to_before_the_cut_takes_it_again_and_gets_the_rest_from_the_peer():
    a, b = stolen()
    image = a.store.image()
    made = cut_whole(a, b)
    a.node.submit([note("behind")], LAST)
    settle(a, b, LAST)
    a.put_back(image)
    take(a, made, LAST)
    assert recover(a, b, LAST)[-1] in {"up", "fetch"}
    settle(a, b, Ms(LAST + 120_000))
    assert (a.state, b.state) == ("up", "up")
    assert a.rows("SELECT count(*) FROM sent WHERE fact = 2")[0][0] + a.rows("SELECT count(*) FROM lost")[0][0] >= 2


def test_a_node_that_can_only_be_called_comes_up_too():
    a, b = stolen()
    made = papers(a, b, THEN)
    take(a, made, THEN)
    take(b, made, THEN)
    a.node.can_call = False
    recover(b, a, THEN)
    for n in range(4):
        with suppress(Problem):
            a.node.take(b.node.speak(Ms(THEN + n)), Ms(THEN + n))
    assert a.state == "up"


def test_the_edition_in_force_stands_in_the_new_log_too():
    a, b = joined()
    a.node.submit([note("one")], LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    cut_whole(a, b)
    digests = [one.digest for _, one in leaves(a)[:4]]
    assert digests[3] == sha256(parties().accord)
    assert [one.digest for _, one in leaves(b, "theirs")[:4]] == digests


def test_the_audit_finds_what_was_changed_in_a_closed_log():
    a, b = stolen()
    cut_whole(a, b)
    for statement in (
        "UPDATE entry SET entry = zeroblob(9) WHERE idx = (SELECT min(idx) FROM entry)",
        "UPDATE closed_log SET cut_root = zeroblob(32)",
        "UPDATE closed_log SET signed = zeroblob(32)",
        "UPDATE sent SET idx = idx + 1 WHERE idx < 0",
        "UPDATE head SET root = zeroblob(32) WHERE size < 0",
        "DELETE FROM instrument WHERE kind = 'cut'",
    ):
        image = a.store.image()
        with a.store.begin() as tx:
            tx.run(statement)
        with a.store.read() as tx:
            assert not audit(tx, Signers.of(a.node.voice, a.node.peer)).good, statement
        a.put_back(image)
    whole(a, b)


def test_files_of_the_closed_log_are_served_up_to_the_cut():
    a, b = stolen()
    origin = a.logs()[0].origin
    cut_whole(a, b)
    for side in (a, b):
        with side.store.read() as tx:
            note_ = served_file(tx, origin_hash(origin), "checkpoint").decode()
            assert parse_body(parse_note(note_).text).origin == origin
            size = parse_body(parse_note(note_).text).size
            assert served_file(tx, origin_hash(origin), f"tile/entries/000.p/{size}")
            assert served_file(tx, origin_hash(origin), f"tile/entries/000.p/{size + 1}") is None
            assert served_file(tx, origin_hash(origin), "nothing") is None
            assert served_file(tx, origin_hash("x/log/1"), "checkpoint") is None
            assert served_file(tx, origin_hash(side.logs()[0].origin), "checkpoint")


def test_papers_made_before_and_after_stand_for_a_stranger():
    a, b = joined()
    a.node.submit([note("below")], LATER)
    settle(a, b, LATER)
    ((below,),) = a.rows("SELECT id FROM sent")
    hidden = Wish(without=frozenset(Piece))
    made = {}
    with a.store.read() as tx:
        made["before"] = make_bundle(tx, below, hidden, now=LATER)
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    signed = cut_whole(a, b)
    a.node.submit([note("behind")], LAST)
    settle(a, b, LAST)
    ((behind,),) = a.rows("SELECT id FROM sent WHERE idx >= 0")
    for side in (a, b):
        with side.store.read() as tx:
            made[f"below {side.number}"] = make_bundle(tx, below, hidden, now=LAST)
            made[f"behind {side.number}"] = make_bundle(tx, behind, hidden, now=LAST)
    halves = parties().halves
    lists = [half.keys for half in halves] + [signed[1]]
    keys = PublicKeys.signed(*((one, decode_keylist(unverified_payload(one))) for one in lists))
    for name, data in made.items():
        wrong = [step for step in check_bundle(data, keys) if not step.good]
        assert not wrong, (name, wrong)
    first = PublicKeys.signed(*((one, decode_keylist(unverified_payload(one))) for one in lists[:2]))
    assert all(step.good for step in check_bundle(made["before"], first))
    assert not all(step.good for step in check_bundle(made["behind 0"], first)), "the new keys are needed"


def test_an_erasure_above_the_cut_points_to_where_it_is_said_again():
    a, b = joined()
    a.node.submit([note("one")], LATER)
    a.node.close_day(OFFICER, LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    a.node.close_day(OFFICER, AFTER)
    ((first,), (second,)) = a.rows("SELECT idx FROM opening ORDER BY idx")
    with a.store.begin() as tx:
        for number, leaf in enumerate((first, second)):
            tx.run(
                "INSERT INTO erasure (dispatch, parts, reason, desk, number, asked_at, leaf) VALUES (?, '', '', '', 1, 0, ?)",
                (bytes([number]), leaf),
            )
    notice(a, b, AFTER)
    made = papers(a, b, THEN)
    take(a, made, THEN)
    joined_ = a.rows("SELECT e.dispatch, o.kind, o.idx FROM erasure e JOIN opening o ON o.idx = e.leaf ORDER BY 1")
    assert [(id_[0], kind) for id_, kind, _ in joined_] == [(0, "decision-head"), (1, "decision-head")]
    assert joined_[0][2] < 0 <= joined_[1][2]


def test_a_cut_of_the_others_log_is_said_again_where_our_own_is_cut_below_it():
    a, b = joined()
    b.node.submit([note("one")], LATER)
    settle(a, b, LATER)
    steal(b, a, AFTER)
    notice(b, a, AFTER)
    made = papers(b, a, THEN)
    take(b, made, THEN)
    take(a, made, THEN)
    second = papers(a, b, THEN)
    take(a, second, THEN)
    take(b, second, THEN)
    kinds = [getattr(one, "kind", "") for _, one in leaves(a)]
    assert kinds.count("cut") == 2
    again(a, b, THEN)
    whole(a, b)
    assert b.rows("SELECT count(*) FROM sent WHERE fact = 2") == [(1,)]


def test_of_a_false_receipt_the_true_one_below_the_cut_is_left():
    a, b = joined()
    b.node.submit([note("waits there", Urgency.URGENT)], LATER)
    said = thiefs_receipt(b, Fact.ARRIVED)
    with a.node.ledger.begin() as book:
        book.append_own([encode_entry(said)])
    b.node.take(a.node.speak(LATER), LATER)
    assert b.rows("SELECT fact FROM sent") == [(1,)]
    ((place,),) = b.rows("SELECT receipt_idx FROM sent")
    steal(a, b, AFTER, encode_entry(thiefs_receipt(b)))
    assert b.rows("SELECT fact FROM sent") == [(2,)]
    take(b, papers(a, b, THEN), THEN)
    ((fact, receipt, settled),) = b.rows("SELECT fact, receipt_idx, settled_at FROM sent")
    assert (fact, receipt % SPAN, settled) == (1, place, None)
    assert receipt < 0


def test_a_false_withdrawal_is_undone_and_what_never_came_goes_again():
    a, b = joined()
    a.node.submit([note("held up", Urgency.URGENT)], LATER)
    said = decode_exchange(a.node.speak(LATER))
    b.node.take(encode_exchange(replace(said, dispatches=())), LATER)
    ((place,),) = a.rows("SELECT idx FROM sent")
    steal(a, b, AFTER, encode_entry(WithdrawLeaf(place, Withdrawal.LOST)))
    assert b.rows("SELECT fact, code FROM got") == [(0, "lost")]
    notice(a, b, AFTER)
    cut_whole(a, b)
    assert b.rows("SELECT fact, idx >= 0 FROM got") == [(2, 1)]
    assert a.rows("SELECT fact FROM sent") == [(2,)]
    whole(a, b)


def test_a_suspension_that_stood_before_the_thief_ended_it_stands_again():
    a, b = joined()
    suspend(a, LATER)
    settle(a, b, LATER)
    assert b.state == "suspended"
    steal(a, b, AFTER, LEAF, encode_entry(LinkLeaf(Act.RESUME, None)))
    assert not b.node.link().stops
    take(b, papers(a, b, THEN), THEN)
    assert b.node.link().stops.theirs


def test_what_was_receipted_before_the_cut_and_not_heard_of_does_not_go_again():
    a, b = joined()
    a.node.submit([note("filed already", Urgency.URGENT)], LATER)
    b.node.take(a.node.speak(LATER), LATER)
    steal(a, b, AFTER)
    cut_whole(a, b)
    assert a.rows("SELECT fact, idx < 0 FROM sent") == [(2, 1)]
    assert b.rows("SELECT fact, idx < 0 FROM got WHERE plain IS NOT NULL") == [(2, 1)]
    assert a.rows("SELECT count(*) FROM pool") == [(0,)]
    whole(a, b)


def test_an_l_head_that_names_another_log_or_what_stands_otherwise_is_no_leave_to_lie():
    a, b = stolen()
    cut_whole(a, b)
    with a.node.ledger.begin() as book:
        (one,) = closed_logs(book.tx, "ours")
        good = HeadLeaf(one.origin, one.cut_size, one.cut_root, 1)
        assert closed.named(book, good)
        assert not closed.named(book, replace(good, root=bytes(32)))
        assert not closed.named(book, replace(good, size=one.cut_size + 1)), "the peer knows of the cut by now"
        assert not closed.named(book, replace(good, origin="x/log/1"))
        ((id_, place, sealed),) = a.rows("SELECT id, idx, sealed_sha256 FROM sent")
        true = ReceiptLeaf(place % SPAN, id_, sealed, Fact.SEEN, None, None, None)
        assert closed.receipted(book, true)
        assert not closed.receipted(book, replace(true, sealed=bytes(32)))
        assert not closed.receipted(book, replace(true, index=place % SPAN + 1))
        assert not closed.receipted(book, replace(true, index=99))
        assert not closed.awaited(book)


def test_a_changed_cut_among_papers_does_not_stand():
    a, b = joined()
    a.node.submit([note("below")], LATER)
    settle(a, b, LATER)
    steal(a, b, AFTER)
    notice(a, b, AFTER)
    signed = cut_whole(a, b)
    ((below,),) = a.rows("SELECT id FROM sent")
    with a.store.read() as tx:
        made = make_bundle(tx, below, Wish(without=frozenset(Piece)), now=LAST)
    lists = [half.keys for half in parties().halves] + [signed[1]]
    keys = PublicKeys.signed(*((one, decode_keylist(unverified_payload(one))) for one in lists))
    with zipfile.ZipFile(BytesIO(made)) as pack:
        files = {one: pack.read(one) for one in pack.namelist()}
    (name,) = [one for one in files if one.startswith("cut-")]
    cut = decode_cut(unverified_payload(files[name]))
    assert all(step.good for step in check_files(files, keys)[0])
    lower = signed_by_both(replace(cut, size=3, root=bytes(32)))
    for other in (signed_alone(cut), lower):
        wrong = [step.what for step in check_files(files | {name: other}, keys)[0] if not step.good]
        assert wrong == [name]


def test_closed_logs_that_cannot_be_read_or_whose_signatures_do_not_hold_are_findings():
    a, b = stolen()
    cut_whole(a, b)
    for statement, what in (
        ("UPDATE closed_log SET cut_size = 'x'", "closed_log"),
        ("UPDATE head SET note = replace(note, substr(note, -1000, 6), 'AAAAAA') WHERE size < 0", "head"),
    ):
        image = a.store.image()
        with a.store.begin() as tx:
            tx.run(statement)
        with a.store.read() as tx:
            found = audit(tx, Signers.of(a.node.voice, a.node.peer)).differences
        assert found, statement
        assert what in {one.table for one in found} or what == "closed_log", (statement, found)
        a.put_back(image)
    whole(a, b)


def test_the_edition_behind_a_cut_is_among_the_proofs_once_the_other_side_co_signed_it():
    a, b = stolen()
    notice(a, b, AFTER)
    made = papers(a, b, THEN)
    take(a, made, THEN)
    take(b, made, THEN)
    with a.store.read() as tx:
        assert not any("accord-entry" in name for name in key_proofs(tx)), "no head covers it yet"
    again(a, b, THEN)
    with a.store.read() as tx:
        assert {name for name in key_proofs(tx) if name.startswith("accord-entry/0/")} == {
            "accord-entry/0/entry", "accord-entry/0/proof",
        }  # fmt: skip
