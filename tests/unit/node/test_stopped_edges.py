"""While something is stopped, doubtful or at its end: what asks for an exchange, what comes anyway, and what is erased once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.dispatch.states import Officer
from comity.dispatch.stops import WHOLE
from comity.marking.labels import Urgency
from comity.node.certificate import decode_certificate
from comity.node.due import REPEAT_MS
from comity.node.erasing import PARTS, ask_erasure, confirm_erasure
from comity.node.retention import due, note_days
from comity.sim.exercise import DESK
from comity.sim.faults import MINUTE_MS
from tests.unit.dispatch.test_acts import Roster
from tests.unit.dispatch.test_acts import officer as standing
from tests.unit.node.forge import START as FORGED
from tests.unit.node.forge import Forger, pair, rows
from tests.unit.node.putback import note, settle
from tests.unit.node.test_challenge import LATER, challenged
from tests.unit.node.test_suspending import WITHIN, ended, joined, recall, send, suspend
from tests.unit.node.world import exchange, form

LEGAL = Officer("plain", 8)
CLERK = Officer("plain", 7)
KEEPERS = Roster(n7=standing("desk-lead"), n8=standing("legal-officer"))


# --- what asks for an exchange -----------------------------------------------------------------------------------------


def test_what_waits_for_its_place_asks_for_an_exchange_only_where_its_desk_is_not_stopped():
    # spec: protocol.md 8, 9
    a, b = joined()
    done = send(a, "filed before", Urgency.URGENT)
    settle(a, b, WITHIN)
    suspend(a, WITHIN, DESK)
    settle(a, b, Ms(WITHIN + MINUTE_MS))
    now = Ms(WITHIN + 2 * MINUTE_MS)
    assert a.node.due_at(now) > now
    send(a, "waits in the pool", now=now)
    assert a.node.due_at(now) > now, "what may not go is no reason to speak"
    recall(a, done, now)
    assert a.node.due_at(now) <= now, "what passes is"


def test_a_doubtful_link_repeats_no_debts_of_a_stopped_desk():
    _, b, _ = challenged()
    b.node.submit([note("under way", Urgency.URGENT)], LATER)
    suspend(b, LATER, DESK)
    b.node.speak(LATER)
    with b.node.ledger.begin() as book:
        book.change(LogRole.OURS, cosigned_size=book.logs[LogRole.OURS].size)
    assert b.state == "uncosigned"
    assert b.node.due_at(LATER) > LATER + REPEAT_MS, "the other side proves its head first"


# --- what comes anyway -------------------------------------------------------------------------------------------------


def test_what_does_not_open_is_kept_apart_also_while_the_exchange_is_suspended():
    # spec: protocol.md 9
    a, _ = pair()
    forger = Forger(a)
    a.take(forger.say(), FORGED)
    wish = a.wish("suspend", WHOLE, CLERK, FORGED, reason="the talks were broken off today")
    a.confirm(wish.id, LEGAL, FORGED)
    made = forger.make(contents={"sealed": forger.make().sealed[:-1] + b"\x00"})
    taken = forger.send(made)
    assert [one.code for one in taken.recorded] == ["unopened"]
    assert rows(a, "SELECT fact, length(sealed) FROM got") == [(3, len(made.sealed))]


# --- what is erased ----------------------------------------------------------------------------------------------------


def erase(node, dispatch, now):
    with node.ledger.begin() as book:
        ask_erasure(dispatch, CLERK, book, node.office, now, parts=tuple(PARTS), reason="its day is past")
    with node.ledger.begin() as book:
        return confirm_erasure(dispatch, LEGAL, book, node.office, now)


def test_what_was_erased_is_not_due_any_more():
    _, b, done, now = ended()
    node = b.node
    node.office = replace(node.office, powers=KEEPERS)

    def overdue():
        with b.store.read() as tx:
            return [one.dispatch for one in due(tx, node.office.accord, now)]

    assert overdue() == [done.id]
    erase(node, done.id, now)
    assert b.rows("SELECT 1 FROM review WHERE dispatch = ?", done.id) == [(1,)], "its day stays written"
    assert overdue() == []
    note_days(node.ledger, node.office.accord)
    assert overdue() == []


def test_of_what_was_refused_without_a_custodian_there_is_nothing_to_erase():
    a, b = pair()
    exchange(a, b, FORGED)
    (sent,) = a.submit([form(purpose="workplan")], FORGED)
    exchange(a, b, Ms(FORGED + 1_000))
    b.office = replace(b.office, powers=KEEPERS)
    assert rows(b, "SELECT fact, plain FROM got") == [(4, None)]
    with pytest.raises(BadForm, match="nothing of its content is held here"):
        erase(b, sent.id, Ms(FORGED + 2_000))
    assert rows(b, "SELECT 1 FROM erasure") == []


@pytest.mark.parametrize("record", ["x", [], ["comity/certificate/0", "shred", bytes(16), "log", 1, bytes(32), [], 1]])
def test_a_record_that_is_no_certificate_is_refused(record):
    with pytest.raises(BadEnvelope, match="no certificate of destruction"):
        decode_certificate(cbor.encode(record))
