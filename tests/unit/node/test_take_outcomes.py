"""What becomes of each dispatch: the table of outcomes row by row, its receipt, what is kept, what the desk gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, NodeName
from comity.crypto.keys import cose_key, key_id
from comity.crypto.seal import BUCKETS
from comity.dispatch import wire
from comity.dispatch.accord import OpenDesk
from comity.dispatch.book import LogRole
from comity.dispatch.decision import verdict_in
from comity.dispatch.entries import (
    Fact,
    ReceiptLeaf,
    ResealLeaf,
    Withdrawal,
    WithdrawLeaf,
    decision_hash,
    encode_entry,
)
from comity.marking.labels import Lane
from comity.policy.verdict import Effect
from tests.unit.node.forge import START, A, B, Forger, S, accord_of, counter, entries, half, logs, node, pair, rows
from tests.unit.node.world import Everyone, Half, Permits, exchange, form

MINUTE = 60_000


def receipts(of) -> list[ReceiptLeaf]:
    return [e for e in entries(of) if isinstance(e, ReceiptLeaf)]


def desk_rows(of) -> dict[bytes, tuple]:
    return {id_: (ours, body, fact, code) for id_, ours, body, fact, code in rows(of, "SELECT * FROM plain")}


def body(text: str) -> bytes:
    return cbor.encode({"text": text})


def fresh(**more):
    a = node(**more)
    return a, Forger(a)


# --- filed -------------------------------------------------------------------------------------------------------


def test_filed_with_its_desk_row_its_record_and_its_receipt():
    a, forger = fresh()
    made = forger.make("a line")
    taken = forger.send(made)
    assert [(r.fact, r.code, r.index) for r in taken.recorded] == [(Fact.FILED, None, 3)]
    (leaf,) = receipts(a)
    assert (leaf.index, leaf.id, leaf.sealed, leaf.fact, leaf.code) == (3, made.leaf.id, made.leaf.sealed, 2, None)
    assert taken.recorded[0].receipt == sha256(encode_entry(leaf))
    assert desk_rows(a) == {made.leaf.id: (0, body("a line"), 2, None)}
    ((salt, record, index),) = rows(a, "SELECT salt, record, idx FROM record")
    assert leaf.decision == decision_hash(salt, record), "the receipt commits to our record, which stays at home"
    assert verdict_in(record).effect is Effect.PERMIT
    assert len(entries(a, LogRole.DECISION)) == index + 1 == 1
    found = rows(a, "SELECT fact, settled_at, arrived_at, sealed, receipt_idx FROM got")
    assert found == [(2, START, START, made.sealed, 3)]


def test_the_same_exchange_again_has_no_second_effect():
    a, forger = fresh()
    made = forger.make()
    forger.grow(made.leaf)
    data = forger.say(dispatches=((LeafIndex(3), made.sealed),))
    a.take(data, START)
    before = [rows(a, f"SELECT * FROM {t}") for t in ("entry", "got", "plain", "record")]
    for _ in range(3):
        assert a.take(data, Ms(START + 9)).recorded == ()
    assert [rows(a, f"SELECT * FROM {t}") for t in ("entry", "got", "plain", "record")] == before


def test_the_same_bytes_twice_in_one_exchange_are_filed_once():
    a, forger = fresh()
    made = forger.make()
    forger.grow(made.leaf)
    twice = ((LeafIndex(3), made.sealed),) * 2
    assert len(a.take(forger.say(dispatches=twice), START).recorded) == 1
    assert len(receipts(a)) == 1
    assert rows(a, "SELECT count(*) FROM record") == [(1,)]


# --- dropped -----------------------------------------------------------------------------------------------------


def test_bytes_without_leaf_or_other_than_the_leaf_says_are_dropped_and_the_rest_goes_on():
    a, forger = fresh()
    good, other, longer = forger.make("good"), forger.make("other"), forger.make("longer")
    forger.grow(good.leaf, other.leaf, replace(longer.leaf, size=16384))
    sealed = ((4, good.sealed), (5, longer.sealed), (99, good.sealed), (3, good.sealed), (0, good.sealed))
    taken = a.take(forger.say(dispatches=tuple((LeafIndex(n), b) for n, b in sealed)), START)
    assert (taken.dropped, counter(a, "dispatch-dropped")) == (4, 4)
    assert [r.id for r in taken.recorded] == [good.leaf.id]
    assert [r.id for r in receipts(a)] == [good.leaf.id]
    assert rows(a, "SELECT sealed FROM got WHERE id = ?", (other.leaf.id,)) == [(None,)]
    again = a.take(forger.say(dispatches=((LeafIndex(4), other.sealed),)), START)
    assert [r.fact for r in again.recorded] == [Fact.FILED]


# --- quarantined -------------------------------------------------------------------------------------------------


def bad_contents(forger: Forger) -> dict[str, dict]:
    header = wire.encode_header(forger.header())
    attachment = wire.Attachment("x", "text/plain", 1, 16, Digest(bytes(32)), bytes(32))
    return {
        "plain: no CBOR": {"plain": lambda p: b"\xff" * len(p)},
        "plain: another version": {"plain": lambda p: p.replace(b"dispatch/1", b"dispatch/2")},
        "plain: a pad that is not zeros": {"plain": lambda p: p[:-1] + b"\x01"},
        "plain: one part less": {"plain": lambda p: b"\x85" + p[1:]},
        "plain: a short salt": {"plain": lambda p: p.replace(b"\x82\x58\x20", b"\x82\x58\x1f", 1)},
        "header: none": {0: b""},
        "header: cut": {0: header[:-1]},
        "header: key missing": {0: cbor.encode({k: v for k, v in cbor.decode(header).items() if k != 22})},
        "header: version of another type": {0: cbor.encode({**cbor.decode(header), 12: 9})},
        "body: not of its kind": {1: cbor.encode({"other": "x"})},
        "body: no CBOR": {1: b"\xff"},
        "body: key twice": {1: b"\xa2\x64text\x61a\x64text\x61b"},
        "attachments: some": {2: wire.encode_attachments((attachment,))},
        "attachments: none": {2: b""},
    }


BAD_CONTENTS = tuple(bad_contents(Forger(node())))


@pytest.mark.parametrize("what", BAD_CONTENTS)
def test_quarantined_content_that_is_none(what):
    a, forger = fresh()
    quarantined(a, forger, forger.make(contents=bad_contents(forger)[what]))


def other_key() -> list:
    public = Half.make("nobody.example").sealing.public()
    return [(key_id(cose_key(public)), public)]


def ours() -> tuple:
    public = half(A).sealing.public()
    return key_id(cose_key(public)), public


def aad(**changes) -> bytes:
    made = {"sender": B, "receiver": A, "dispatch": DispatchId(bytes(16)), "accord": Digest(bytes(32)), **changes}
    return wire.seal_aad(*made.values())


BAD = {
    "noise of the right size": {"contents": {"sealed": bytes(4096)}},
    "noise of no bucket": {"contents": {"sealed": b"x"}, "leaf": {"size": 4096}},
    "to nobody we know": {"recipients": other_key()},
    "to our name with another key": {"recipients": [(ours()[0], other_key()[0][1])]},
    "another accord in the seal": {"aad": aad()},
    "another commit": {"leaf": {"commit": Digest(bytes(32))}},
    "another id in the leaf": {"leaf": {"id": DispatchId(bytes(16))}},
    "another id in the header": {
        "leaf": {"id": DispatchId(b"\x07" * 16)},
        "aad": aad(dispatch=DispatchId(b"\x07" * 16), accord=sha256(accord_of(()))),
    },
    "another lane in the leaf": {"leaf": {"lane": Lane.URGENT}},
    "another edition in the leaf": {"leaf": {"edition": 2}},
    "from another node": {"sender": NodeName("else.example/comity")},
    "from us": {"sender": A},
    "to another node": {"receiver": NodeName("third.example/comity")},
    "to the sender": {"receiver": B},
    "to an agency that is not ours": {"agencies": ("elsewhere",)},
    "to more agencies than keys": {"agencies": ("agency", "agency")},
    "under another accord": {"accord": Digest(bytes(32))},
    "a desk that is not open": {"desk": "closed"},
    "a kind that is not open": {"kind": "secret"},
    "made too late": {"created": Ms(START + 5 * MINUTE + 1)},
    "its own case": {"id": DispatchId(b"\x01" * 16), "case": b"\x01" * 16},
}


@pytest.mark.parametrize("what", BAD)
def test_quarantined_what_does_not_agree(what):
    a, forger = fresh()
    quarantined(a, forger, forger.make(**BAD[what]))


def quarantined(a, forger, made) -> None:
    """Send a bad one between two good ones: it alone is kept apart, with the one code for every cause."""
    first, last = forger.make("first"), forger.make("last")
    if made.leaf.size != len(made.sealed):
        forger.grow(made.leaf)
        taken = a.take(forger.say(dispatches=((LeafIndex(3), made.sealed),)), START)
        assert taken.dropped == 1, "bytes of another size than the leaf's do not even reach the seal"
        return
    assert made.leaf.size in BUCKETS
    taken = forger.send(first, made, last)
    assert sorted((r.fact, r.code) for r in taken.recorded if r.id != made.leaf.id) == [(2, None), (2, None)]
    (leaf,) = [r for r in receipts(a) if r.id == made.leaf.id]
    assert (leaf.fact, leaf.code, leaf.decision, leaf.sealed) == (3, "unopened", None, made.leaf.sealed)
    kept = rows(a, "SELECT sealed, plain, fact, code, settled_at FROM got WHERE id = ?", (made.leaf.id,))
    assert kept == [(made.sealed, None, 3, "unopened", START)]
    assert made.leaf.id not in desk_rows(a)
    assert rows(a, "SELECT count(*) FROM record") == [(2,)]
    assert a.take(forger.say(dispatches=((LeafIndex(4), made.sealed),)), START).recorded == (), "no second receipt"


def test_created_five_minutes_ahead_is_just_good():
    _a, forger = fresh()
    assert forger.send(forger.make(created=Ms(START + 5 * MINUTE))).recorded[0].fact == Fact.FILED


def test_sealed_to_two_of_our_agencies():
    a, forger = fresh()
    second = other_key()[0]
    a.office = replace(
        a.office,
        agencies=frozenset({"agency", "second"}),
        seals={**a.office.seals, second[0]: "second"},
    )
    made = forger.make(recipients=[second, ours()], agencies=("second", "agency"))
    assert forger.send(made).recorded[0].fact == Fact.FILED


def test_sealed_to_a_key_that_is_not_the_named_agency_s():
    """A key that no agency of ours published opens the content to someone the header does not name."""
    a, forger = fresh()
    a.office = replace(a.office, agencies=frozenset({"agency", "second"}))
    made = forger.make(recipients=[*other_key(), ours()], agencies=("second", "agency"))
    assert forger.send(made).recorded[0].fact == Fact.QUARANTINED


def test_one_error_for_every_cause():
    """The receipt of every cause differs in nothing but place, id and hash: no oracle."""
    told = set()
    for changes in BAD.values():
        a, forger = fresh()
        made = forger.make(**changes)
        if made.leaf.size == len(made.sealed):
            forger.send(made)
            told |= {encode_entry(replace(r, id=bytes(16), sealed=bytes(32))) for r in receipts(a)}
    assert len(told) == 1


# --- refused -----------------------------------------------------------------------------------------------------


def test_refused_by_law_keeps_the_header_and_not_the_content():
    a, forger = fresh()
    made = forger.make("not for us", purpose="workplan")
    taken = forger.send(made)
    assert [(r.fact, r.code) for r in taken.recorded] == [(Fact.REFUSED, "cannot-assist")]
    (leaf,) = receipts(a)
    assert (leaf.fact, leaf.code) == (4, "cannot-assist")
    assert desk_rows(a) == {made.leaf.id: (0, b"", 4, "cannot-assist")}
    assert rows(a, "SELECT plain, case_id, sealed FROM got") == [(None, None, made.sealed)]
    ((record, salt),) = rows(a, "SELECT record, salt FROM record")
    assert verdict_in(record).ground == "disproportionate", "the inward ground stays in our decision log"
    assert leaf.decision == decision_hash(salt, record)
    assert b"disproportionate" not in a.speak(START)


class Silent:
    """A law that refuses without a word that may cross."""

    def decide(self, question, now):
        verdict = Permits().decide(replace(question, purpose="workplan", act="admit"), now)
        return replace(verdict, outward=None)


def test_refused_without_an_outward_word_says_the_general_one():
    _a, forger = fresh(gate=Silent())
    assert forger.send(forger.make()).recorded[0].code == "cannot-assist"


class Ended(Everyone):
    """A roster in which the posting of officer 7 ended at leaf 4 of the sender's log."""

    def peer_posting_ended(self, tx, desk, number):
        return 4 if (desk, number) == ("plain", 7) else None


def test_refused_after_the_leaf_that_ended_the_posting():
    a, forger = fresh()
    a.office = replace(a.office, powers=Ended())
    assert [r.code for r in forger.send(forger.make(), forger.make()).recorded] == [None, None]
    taken = forger.send(forger.make(), forger.make(released_by=wire.ReleasedBy("plain", 8, None)))
    assert [(r.index, r.code) for r in taken.recorded] == [(5, "cannot-assist"), (6, None)]


# --- recalled ----------------------------------------------------------------------------------------------------


def recall(forger: Forger, *targets: bytes, kind: str = "recall", **more):
    return forger.make("stop", kind=kind, re=targets, **more)


@pytest.mark.parametrize("by_replaces", [False, True])
def test_a_recall_that_came_first_meets_the_late_one(by_replaces):
    a, forger = fresh()
    late = forger.make("late")
    stop = recall(forger) if not by_replaces else forger.make("stop", kind="recall", replaces=late.leaf.id)
    stop = stop if by_replaces else recall(forger, late.leaf.id)
    forger.send(stop)
    taken = forger.send(late, forger.make("other"))
    assert [(r.fact, r.code) for r in taken.recorded] == [(4, "recalled"), (2, None)]
    assert desk_rows(a)[late.leaf.id] == (0, b"", 4, "recalled")


def test_a_recall_waits_for_nothing_and_what_still_waits_is_refused_with_it():
    """It would else wait for its predecessor for ever, where that never comes, with content that its sender took back."""
    a, forger = fresh()
    first = forger.make("first")
    held = forger.make("held", after=(first.leaf.id,))
    next_ = forger.make("next", after=(held.leaf.id,))
    forger.send(held, next_)
    stop = recall(forger, held.leaf.id, after=(held.leaf.id, first.leaf.id))
    told = [(r.id, r.fact, r.code) for r in forger.send(stop).recorded]
    assert told == [(stop.leaf.id, 2, None), (held.leaf.id, 4, "recalled"), (next_.leaf.id, 2, None)]
    assert [(r.id, r.fact) for r in forger.send(first).recorded] == [(first.leaf.id, 2)]
    assert desk_rows(a)[held.leaf.id] == (0, b"", 4, "recalled")
    assert rows(a, "SELECT plain FROM got WHERE id = ?", (held.leaf.id,)) == [(None,)]


def test_a_recall_is_not_hidden_by_a_correction_before_it():
    accord = {"kinds": ("note", "recall", "correction")}
    _a, forger = opened(**accord)
    late = forger.make("late")
    forger.send(recall(forger, late.leaf.id, kind="correction"))
    forger.send(recall(forger, late.leaf.id))
    forger.send(recall(forger, late.leaf.id, kind="correction"))
    assert forger.send(late).recorded[0].code == "recalled"


def test_a_correction_that_came_first_refuses_the_late_original():
    a, forger = opened(kinds=("note", "correction"))
    late = forger.make("late")
    right = recall(forger, late.leaf.id, kind="correction")
    forger.send(right)
    assert rows(a, "SELECT * FROM mark") == [(late.leaf.id, right.leaf.id, "correction")]
    assert forger.send(late).recorded[0].code == "recalled"


def test_a_refused_recall_leaves_no_mark():
    _a, forger = fresh()
    late = forger.make("late")
    forger.send(recall(forger, late.leaf.id, purpose="workplan"))
    assert forger.send(late).recorded[0].fact == Fact.FILED


def opened(kinds: tuple[str, ...]):
    """Return a node whose accord opens other kinds."""
    a = node()
    a.office = replace(a.office, accord=replace(a.office.accord, desks=(OpenDesk("plain", kinds),)))
    return a, Forger(a)


# --- held --------------------------------------------------------------------------------------------------------


def test_held_until_its_predecessor_is_filed():
    a, forger = fresh()
    first = forger.make("first")
    second = forger.make("second", after=(first.leaf.id,))
    taken = forger.send(second)
    assert [(r.fact, r.code) for r in taken.recorded] == [(Fact.ARRIVED, None)]
    assert desk_rows(a) == {}
    assert rows(a, "SELECT fact, settled_at, arrived_at FROM got") == [(1, None, START)]
    later = Ms(START + MINUTE)
    taken = forger.send(first, now=later)
    assert [(r.id, r.fact) for r in taken.recorded] == [(first.leaf.id, 2), (second.leaf.id, 2)]
    assert [(r.id, r.fact) for r in receipts(a)] == [(second.leaf.id, 1), (first.leaf.id, 2), (second.leaf.id, 2)]
    assert rows(a, "SELECT arrived_at, settled_at FROM got ORDER BY idx") == [(START, later), (later, later)]
    assert desk_rows(a)[second.leaf.id] == (0, body("second"), 2, None)
    assert not rows(a, "SELECT 1 FROM waits")


def test_a_chain_is_filed_from_its_beginning():
    _a, forger = fresh()
    made = [forger.make("0")]
    for n in range(1, 5):
        made.append(forger.make(str(n), after=(made[-1].leaf.id,)))
    for one in reversed(made[1:]):
        assert forger.send(one).recorded[0].fact == Fact.ARRIVED
    assert [r.id for r in forger.send(made[0]).recorded] == [one.leaf.id for one in made]


def test_two_predecessors_both_count():
    _a, forger = fresh()
    one, two = forger.make("1"), forger.make("2")
    last = forger.make("3", after=(one.leaf.id, two.leaf.id))
    forger.send(last)
    assert [r.fact for r in forger.send(two).recorded] == [2]
    assert [r.id for r in forger.send(one).recorded] == [one.leaf.id, last.leaf.id]


@pytest.mark.parametrize("changes", [{"purpose": "workplan"}, {"leaf": {"commit": Digest(bytes(32))}}])
def test_what_is_refused_or_quarantined_is_settled_too(changes):
    _a, forger = fresh()
    first = forger.make("first", **changes)
    second = forger.make("second", after=(first.leaf.id,))
    forger.send(second)
    assert [r.fact for r in forger.send(first).recorded][1:] == [2]


def test_one_that_was_settled_before_holds_nothing():
    _a, forger = fresh()
    first = forger.make("first")
    forger.send(first)
    assert forger.send(forger.make("second", after=(first.leaf.id,))).recorded[0].fact == Fact.FILED


@pytest.mark.parametrize("together", [True, False])
def test_a_withdrawal_frees_what_waited(together):
    a, forger = fresh()
    lost = forger.make("lost")
    waiting = forger.make("waiting", after=(lost.leaf.id,))
    assert forger.send(waiting).recorded[0].fact == Fact.ARRIVED
    place = forger.grow(lost.leaf)
    if not together:
        a.take(forger.say(), START)
    forger.grow(WithdrawLeaf(place, Withdrawal.LOST))
    taken = a.take(forger.say(), START)
    assert [(r.id, r.fact) for r in taken.recorded] == [(waiting.leaf.id, 2)]
    assert rows(a, "SELECT fact, code, settled_at FROM got WHERE id = ?", (lost.leaf.id,)) == [(0, "lost", START)]
    assert a.take(forger.say(dispatches=((place, lost.sealed),)), START).recorded == (), "it will never come"
    assert a.take(forger.say(), START).exchange.wants == ()


def test_a_withdrawal_of_what_was_filed_changes_nothing():
    a, forger = fresh()
    made = forger.make()
    forger.send(made)
    before = rows(a, "SELECT * FROM got")
    forger.grow(WithdrawLeaf(LeafIndex(3), Withdrawal.LOST), ResealLeaf(LeafIndex(3), made.leaf.sealed, 4096, 1))
    assert a.take(forger.say(), START).recorded == ()
    assert rows(a, "SELECT * FROM got") == before


def test_held_until_our_own_dispatch_is_receipted():
    a, forger = fresh()
    (ours,) = a.submit([form()], START)
    a.speak(START)
    waiting = forger.make("answer", after=(ours.id,))
    assert forger.send(waiting).recorded[0].fact == Fact.ARRIVED
    leaf = entries(a)[ours.index]
    for fact, code, freed in ((Fact.ARRIVED, None, 0), (Fact.REFUSED, "cannot-assist", 1), (Fact.FILED, None, 0)):
        forger.grow(ReceiptLeaf(ours.index, ours.id, leaf.sealed, fact, code, None, None))
        assert len(a.take(forger.say(), Ms(START + 5)).recorded) == freed
    found = rows(a, "SELECT fact, code, arrived_at, settled_at FROM sent")
    assert found == [(4, "cannot-assist", START, START)], "what is settled stays as it is; log time bounds the time"


# --- lanes, and the other ways -----------------------------------------------------------------------------------


def test_dispatches_are_opened_in_the_order_of_lane_then_index():
    _a, forger = fresh()
    made = [forger.make(lane.name, lane=lane) for lane in (Lane.BULK, Lane.NORMAL, Lane.URGENT, Lane.IMMEDIATE)]
    made += [forger.make("second", lane=Lane.URGENT)]
    taken = forger.send(*made)
    assert [r.index - 3 for r in taken.recorded] == [3, 2, 4, 1, 0]


def test_apart_each_is_stored_first_and_opened_in_its_own_transaction():
    a, forger = fresh()
    made = [forger.make("1"), forger.make("2", leaf={"commit": Digest(bytes(32))}), forger.make("3")]
    place = forger.grow(*[one.leaf for one in made])
    sealed = tuple((LeafIndex(place + n), one.sealed) for n, one in enumerate(made))
    taken = a.take(forger.say(dispatches=sealed), START, apart=True)
    assert [r.fact for r in taken.recorded] == [2, 3, 2]
    assert a.open_stored(START) == ()


class Fails(Exception):
    """A law that brings the program down."""


class Poison(Permits):
    def __init__(self) -> None:
        self.falls = True

    def decide(self, question, now):
        if self.falls and question.purpose == "exercise":
            raise Fails
        return super().decide(question, now)


def test_what_brings_the_program_down_leaves_the_others_their_way_and_a_start_goes_on():
    gate = Poison()
    a, forger = fresh(gate=gate)
    made = [forger.make("1"), forger.make("2", purpose="exercise"), forger.make("3")]
    place = forger.grow(*[one.leaf for one in made])
    sealed = tuple((LeafIndex(place + n), one.sealed) for n, one in enumerate(made))
    with pytest.raises(Fails):
        a.take(forger.say(dispatches=sealed), START, apart=True)
    assert rows(a, "SELECT fact, sealed IS NOT NULL FROM got ORDER BY idx") == [(2, 1), (0, 1), (0, 1)]
    gate.falls = False
    assert [r.fact for r in a.open_stored(START)] == [2, 2]
    assert len(receipts(a)) == 3


def test_in_one_transaction_all_or_nothing():
    gate = Poison()
    a, forger = fresh(gate=gate)
    before = rows(a, "SELECT * FROM entry"), logs(a)
    with pytest.raises(Fails):
        forger.send(forger.make("1"), forger.make("2", purpose="exercise"))
    assert (rows(a, "SELECT * FROM entry"), logs(a)) == before
    gate.falls = False
    assert a.take(forger.say(), START).grew


# --- seen --------------------------------------------------------------------------------------------------------


def test_seen_is_a_later_leaf_once_and_only_for_what_was_filed():
    a, forger = fresh()
    made, waiting = forger.make("1"), forger.make("2", after=(DispatchId(bytes(16)),))
    forger.send(made, waiting)
    a.see([made.leaf.id, waiting.leaf.id, DispatchId(bytes(16))], Ms(START + 7))
    a.see([made.leaf.id], Ms(START + 8))
    seen = [r for r in receipts(a) if r.fact is Fact.SEEN]
    assert [(r.index, r.id, r.sealed) for r in seen] == [(3, made.leaf.id, made.leaf.sealed)]
    assert rows(a, "SELECT seen_at FROM got ORDER BY idx") == [(START + 7,), (None,)]
    assert desk_rows(a)[made.leaf.id][2] == Fact.SEEN


def test_the_sender_reads_seen_after_filed():
    a, b = pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    exchange(a, b, Ms(START + 10))
    b.see([done.id], Ms(START + 20))
    exchange(b, a, Ms(START + 2000))
    ((fact, settled, seen, place),) = rows(a, "SELECT fact, settled_at, seen_at, seen_idx FROM sent")
    assert fact == 2
    assert settled <= seen <= START + 2000
    assert seen == (S + 2) * 1000
    assert entries(b)[place].fact is Fact.SEEN
    assert rows(a, "SELECT fact FROM plain") == [(5,)]


def test_what_is_filed_at_once_is_written_into_its_row_once():
    a, b = pair()
    with b.ledger.begin() as book:
        book.tx.run("CREATE TABLE written (idx INTEGER)")
        book.tx.run(
            "CREATE TRIGGER note_written AFTER UPDATE ON got BEGIN INSERT INTO written (idx) VALUES (new.idx); END"
        )
    a.submit([form("one"), form("two")], START)
    exchange(a, b, START)
    assert rows(b, "SELECT count(*), count(DISTINCT idx) FROM written") == [(2, 2)]
    kept = rows(b, "SELECT fact, settled_at, length(sealed) > 0, length(plain) > 0, case_id = id FROM got")
    assert kept == [(int(Fact.FILED), START, 1, 1, 1)] * 2
