"""Days, holds and erasures over the rows of a node whose desk keeps no words of its own to erase."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Committed, Officer
from comity.marking.rules import default_label
from comity.node.audit import audit
from comity.node.erasing import ask_erasure, confirm_erasure
from comity.node.proofs import Signers
from comity.node.retention import due, hold, note_days
from tests.unit.dispatch.test_acts import Roster, officer
from tests.unit.node.forge import START, pair, rows
from tests.unit.node.world import exchange, form

DAY = 86_400_000
LEAD, LEGAL, CLERK = (Officer("plain", number) for number in (1, 2, 3))
ROSTER = Roster(n1=officer("desk-lead"), n2=officer("legal-officer"), n3=officer("officer"), n7=officer("officer"))


def held(*categories: str, **timers: int):
    """Return the node that got one dispatch, and the number of that."""
    a, b = pair(**timers)
    exchange(a, b, START)
    label = replace(default_label("organised-crime", "agency"), categories=categories)
    (sent,) = a.submit([form("what they gave", purpose="organised-crime", conduct="fraud", label=label)], START)
    assert isinstance(sent, Committed), sent
    exchange(a, b, Ms(START + 1))
    exchange(b, a, Ms(START + 2))
    b.office = replace(b.office, powers=ROSTER)
    return b, sent.id


def due_at(b, now: int):
    with b.ledger.read() as tx:
        return [(one.dispatch, one.why, one.at) for one in due(tx, b.office.accord, Ms(now))]


@pytest.mark.parametrize("noted", [False, True])
def test_the_accords_period_ends_what_bears_a_category_where_no_label_and_no_law_does(noted):
    b, one = held("commercial", retention=30 * DAY)
    if noted:
        assert note_days(b.ledger, b.office.accord) is False
    ((settled,),) = rows(b, "SELECT settled_at FROM got WHERE id = ?", (one,))
    assert due_at(b, settled + 30 * DAY - 1) == []
    assert due_at(b, settled + 30 * DAY) == [(one, "accord", settled + 30 * DAY)]


def test_what_bears_no_category_has_no_day():
    b, _ = held(retention=30 * DAY)
    note_days(b.ledger, b.office.accord)
    assert due_at(b, START + 400 * DAY) == []


def test_two_persons_erase_what_no_hold_keeps_and_the_header_stays_provable():
    b, one = held()
    with b.ledger.begin() as book:
        with pytest.raises(NotAllowed):
            ask_erasure(one, CLERK, book, b.office, START, parts=("body",), reason="its day")
        ask_erasure(one, LEAD, book, b.office, START, parts=("body",), reason="its day")
        with pytest.raises(NotAllowed, match="another person"):
            confirm_erasure(one, LEAD, book, b.office, START)
    with b.ledger.begin() as book:
        hold(one, "court order 7", LEGAL, book, b.office, now=START)
        with pytest.raises(BadForm, match="on hold"):
            confirm_erasure(one, LEGAL, book, b.office, START)
        book.tx.run("UPDATE legal_hold SET ended_at = 1")
        done = confirm_erasure(one, LEGAL, book, b.office, START)
    assert done.kind == "shred"
    ((plain, sealed),) = rows(b, "SELECT plain, sealed FROM got WHERE id = ?", (one,))
    header, body, *_ = parts_of(plain)
    assert (header.content != b"", body.content, body.salt, sealed) == (True, b"", b"", None)
    with b.ledger.read() as tx:
        assert audit(tx, Signers.of(b.voice, b.peer)).differences == ()
