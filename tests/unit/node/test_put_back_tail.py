"""The end of a log that nobody signed: a copy has it, the other side does not, and after a put-back it moves behind what came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch.certificates import decode_certificate
from comity.dispatch.entries import (
    DispatchLeaf,
    Fact,
    InstrumentKind,
    InstrumentLeaf,
    ReceiptLeaf,
    RecordLeaf,
    decode_entry,
    record_commit,
)
from comity.dispatch.states import Officer
from comity.marking.labels import Urgency
from comity.node.audit import audit
from comity.node.certificate import check_certificate
from comity.node.certifying import certificate_of, certificates_of
from comity.node.erasing import ask_erasure, confirm_erasure
from comity.node.proofs import Signers
from comity.node.publickeys import PublicKeys
from comity.node.recovery import Next
from tests.unit.dispatch.test_acts import Roster, officer
from tests.unit.node.amended import TICK, rest
from tests.unit.node.amended import two as two_amended
from tests.unit.node.putback import SECOND, START, Side, note, recover, settle

T, L = Ms(START + 60 * SECOND), Ms(START + 120 * SECOND)
DAY = 24 * 3_600 * SECOND


@pytest.fixture
def two():
    a, b = Side(0), Side(1)
    a.node.submit([note("a1")], START)
    b.node.submit([note("b1")], START)
    settle(a, b, START)
    return a, b


def entries(side):
    return [decode_entry(row[0]) for row in side.rows("SELECT entry FROM entry WHERE role = 'ours' ORDER BY idx")]


def sound(*sides):
    for side in sides:
        with side.store.read() as tx:
            assert audit(tx, Signers.of(side.node.voice, side.node.peer)).differences == ()
        assert side.rows("SELECT class FROM evidence") == []
        assert side.rows("SELECT id FROM exercise WHERE filed <> 1") == []


def grow(a, b, now, text="known to the other side"):
    """Let the log of `a` grow where the other side takes it."""
    a.node.submit([note(text, Urgency.IMMEDIATE)], now)
    b.node.take(a.node.speak(now), now)


def test_a_receipt_that_the_other_side_never_read_moves_and_its_row_follows(two):
    # spec: protocol.md 4 rule 1: an index is final when a head above it has been signed
    a, b = two
    b.node.submit([note("b2")], T)
    b.node.take(a.node.speak(T), T)
    a.node.take_unopened(b.node.speak(T), T)
    image = a.store.image()
    grow(a, b, Ms(T + SECOND))
    a.put_back(image)
    a.node.starts(L)
    (opened,) = a.node.open_stored(L)
    first = a.rows("SELECT id FROM got WHERE seen_at IS NULL AND fact = 2 ORDER BY idx")[0][0]
    a.node.see([first], L)
    was = a.rows("SELECT receipt_idx FROM got WHERE id = ?", opened.id)[0][0]
    recover(a, b, L)
    ((now,),) = a.rows("SELECT receipt_idx FROM got WHERE id = ?", opened.id)
    assert now > was, "what came back stands where it stood, and the receipt is behind it"
    leaf = entries(a)[now]
    assert isinstance(leaf, ReceiptLeaf)
    assert (leaf.id, leaf.fact) == (opened.id, Fact.FILED)
    settle(a, b, Ms(L + SECOND))
    assert b.rows("SELECT fact, receipt_idx FROM sent WHERE id = ?", opened.id) == [(2, now)]
    assert b.rows("SELECT seen_at IS NULL FROM sent WHERE id = ?", first) == [(0,)]
    sound(a, b)


def test_records_of_ours_are_opened_at_the_places_that_they_have_now(two):
    a, b = two
    a.node.close_day(note("x")[1], T)
    image = a.store.image()
    settle(a, b, Ms(T + SECOND))
    a.put_back(image)
    a.node.starts(Ms(T + DAY))
    a.node.close_day(note("x")[1], Ms(T + DAY))
    recover(a, b, Ms(T + DAY + SECOND))
    rows = a.rows("SELECT idx, salt, record FROM opening ORDER BY idx")
    log = entries(a)
    assert [index for index, one in enumerate(log) if isinstance(one, RecordLeaf)] == [row[0] for row in rows]
    assert [log[index].commit for index, _, _ in rows] == [record_commit(salt, record) for _, salt, record in rows]
    assert len(rows) == 2
    settle(a, b, Ms(T + DAY + 2 * SECOND))
    sound(a, b)


def agreed():
    """Return two sides that both signed an edition, which stands in neither log yet."""
    a, b = two_amended()
    a.say(a.half(), START)
    rest(a, b, Ms(START + TICK), rounds=2)
    b.say(b.also(b.proposal().signed), Ms(START + 4 * TICK))
    settle(b, a, Ms(START + 5 * TICK))
    return a, b


def test_an_edition_that_was_written_and_never_signed_moves_with_what_is_under_the_one_before_it():
    # spec: protocol.md 10: a dispatch is judged by the edition in force at its index in its sender's log
    a, b = agreed()
    before = a.store.image()
    now = Ms(START + 6 * TICK)
    a.node.submit([note("under the first")], now)
    a.node.tick(Ms(now + SECOND))
    entered = a.store.image()
    a.put_back(before)
    recover(a, b, now)
    assert a.state == "up", "the other side has nothing that this copy lacks"
    grow(a, b, Ms(now + 2 * SECOND), "of another line")
    a.put_back(entered)
    recover(a, b, Ms(now + TICK))
    (place,) = a.accords()
    ((under,),) = a.rows("SELECT s.idx FROM sent s JOIN exercise e ON e.id = s.id WHERE e.text = 'under the first'")
    assert under == place - 1
    leaf = entries(a)[under]
    assert isinstance(leaf, DispatchLeaf)
    assert leaf.edition == 1
    rest(a, b, Ms(now + 2 * TICK))
    assert (a.edition(), b.edition()) == (2, 2)
    assert a.rows("SELECT our_idx FROM paper WHERE kind = 'accord' AND edition = 2") == [(place,)]
    assert b.rows("SELECT count(*) FROM exercise WHERE text = 'under the first'") == [(1,)]
    sound(a, b)


def test_a_dispatch_that_came_back_under_a_later_edition_is_not_handed_in_again_from_the_tail():
    """Seed 1140: the end of the copy has it under the edition before, by other bytes; a restore between put it under this one."""
    # spec: protocol.md 4 rule 1, 9 step 4
    a, b = agreed()
    before, now = a.store.image(), Ms(START + 6 * TICK)
    a.node.submit([note("under the first")], now)
    tail = a.store.image()
    assert a.logs()[0].size > a.logs()[0].head_size
    a.put_back(before)
    recover(a, b, now)
    rest(a, b, now)
    assert (a.edition(), b.edition()) == (2, 2)
    for at in (Ms(now + 9 * TICK), Ms(now + 12 * TICK)):
        a.put_back(tail, chosen=True)
        assert recover(a, b, at)[-1] is Next.FETCH
        assert a.edition() == 2
        rest(a, b, Ms(at + SECOND), rounds=1)
        ((place,),) = a.rows("SELECT s.idx FROM sent s JOIN exercise e ON e.id = s.id WHERE e.text = 'under the first'")
        leaf = entries(a)[place]
        assert isinstance(leaf, DispatchLeaf)
        assert leaf.edition == 2
        assert a.rows("SELECT 1 FROM pool") == []
    assert b.rows("SELECT count(*) FROM exercise WHERE text = 'under the first'") == [(1,)]
    sound(a, b)


def test_a_restore_that_nobody_heard_of_is_said_behind_a_later_one(two):
    a, b = two
    image = a.store.image()
    grow(a, b, T)
    a.put_back(image)
    recover(a, b, L)
    unheard = a.store.image()
    (signed,) = a.rows("SELECT signed FROM instrument WHERE kind = 'restored'")[0]
    for at, copy in ((Ms(L + 60 * SECOND), image), (Ms(L + 120 * SECOND), unheard)):
        a.put_back(copy, chosen=True)
        recover(a, b, at)
        settle(a, b, Ms(at + SECOND))
        assert a.state == "up"
    said = [
        leaf.digest for leaf in entries(a) if isinstance(leaf, InstrumentLeaf) and leaf.kind is InstrumentKind.RESTORED
    ]
    assert sha256(signed) in said
    assert len(said) == len(set(said)) == 3
    place = len(entries(a)) - 1 - [*reversed(entries(a))].index(InstrumentLeaf(InstrumentKind.RESTORED, sha256(signed)))
    assert a.rows("SELECT from_ours FROM instrument WHERE signed = ?", signed) == [(place,)]
    counted = "SELECT restored FROM incarnation WHERE role = ?"
    assert a.rows(counted, "ours") == b.rows(counted, "theirs") == [(3,)], "both say which mirror key is in force"
    sound(a, b)


def erased_unheard(a, b, *parts):
    """Put `a` back and let it erase parts of what it sent, one by one, before the peer is asked; return what, and each step."""
    image = a.store.image()
    grow(a, b, T)
    a.put_back(image)
    a.node.starts(L)
    gone = a.rows("SELECT id FROM sent WHERE settled_at IS NOT NULL")[0][0]
    office = replace(a.node.office, powers=Roster(n1=officer("desk-lead"), n2=officer("legal-officer")))
    done = []
    with a.node.ledger.begin() as book:
        for part in parts:
            ask_erasure(gone, Officer("exercise", 1), book, office, L, parts=(part,), reason="its day")
            done.append(confirm_erasure(gone, Officer("exercise", 2), book, office, L))
    return gone, done


def test_an_erasure_that_nobody_heard_of_points_to_where_its_leaf_stands_now(two):
    a, b = two
    gone, (was,) = erased_unheard(a, b, "body")
    recover(a, b, L)
    ((place,),) = a.rows("SELECT leaf FROM erasure WHERE dispatch = ?", gone)
    assert place > was.leaf, "what came back stands where it stood"
    assert [index for index, one in enumerate(entries(a)) if isinstance(one, RecordLeaf)] == [place]
    settle(a, b, Ms(L + SECOND))
    with a.store.read() as tx:
        content = certificate_of(gone, tx)
    assert content is not None
    found = check_certificate(content, PublicKeys.listed(*(one.node.all_lists()[0][0].keys for one in (a, b))))
    assert (found.certificate.dispatch, found.leaf) == (gone, place)
    sound(a, b)


def test_two_steps_of_one_erasure_each_point_to_their_own_leaf(two):
    """Planted before it was told apart by what it says: both rows of a dispatch pointed to the last leaf."""
    a, b = two
    gone, _ = erased_unheard(a, b, "body", "author")
    recover(a, b, L)
    settle(a, b, Ms(L + SECOND))
    said = a.rows("SELECT e.parts, o.record FROM erasure e JOIN opening o ON o.idx = e.leaf ORDER BY e.leaf")
    assert [(parts, decode_certificate(record).parts) for parts, record in said] == [
        ("body", ("body",)),
        ("author", ("author",)),
    ]
    with a.store.read() as tx:
        assert all(certificates_of(gone, tx))
    sound(a, b)
