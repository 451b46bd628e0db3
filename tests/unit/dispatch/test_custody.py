"""What our law does not admit lies sealed to a custodian, and the node that took it cannot open it again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadSeal
from comity.base.ids import Ms
from comity.crypto.keys import SealingKey, cose_key, key_id
from comity.crypto.seal import unseal
from comity.dispatch.entries import Fact
from comity.dispatch.partsrow import parts_of
from comity.dispatch.wire import commit_of, seal_aad
from tests.unit.node.forge import Forger, node
from tests.unit.node.world import START, Seeded, exchange, form, make_pair

CUSTODIAN = SealingKey.generate(Seeded("custodian"))


def pair_with_custodian():
    a, b = make_pair()
    public = CUSTODIAN.public()
    b.office = replace(b.office, custodian=(key_id(cose_key(public)), public))
    exchange(a, b, START)
    return a, b


def refused(a, b):
    a.submit([form("not for them", purpose="workplan")], Ms(START + 1000))
    _, taken = exchange(a, b, Ms(START + 1001))
    (record,) = taken.recorded
    assert record.fact == Fact.REFUSED
    return record


def row(b, columns, table):
    with b.ledger.read() as tx:
        return tx.rows(f"SELECT {columns} FROM {table}")


def test_refused_content_is_sealed_to_the_custodian_with_its_salts():
    a, b = pair_with_custodian()
    record = refused(a, b)
    ((kid, sealed, index),) = row(b, "kid, sealed, idx", "custody")
    assert index == record.index
    aad = seal_aad(a.office.us, b.office.us, record.id, b.office.accord_digest)
    parts = parts_of(unseal(sealed, kid=kid, private=CUSTODIAN, aad=aad))
    with b.ledger.begin() as book:
        assert commit_of(parts) == book.entry("theirs", record.index).commit


def test_the_node_keeps_nothing_that_it_could_open():
    a, b = pair_with_custodian()
    refused(a, b)
    assert row(b, "sealed, plain", "got") == [(None, None)]
    ((kid, sealed),) = row(b, "kid, sealed", "custody")
    for ours in b.office.sealing.values():
        with pytest.raises(BadSeal):
            unseal(sealed, kid=kid, private=ours, aad=b"")


def test_refused_content_is_no_debt_and_is_not_asked_for_again():
    a, b = pair_with_custodian()
    refused(a, b)
    _, taken = exchange(a, b, Ms(START + 5000))
    assert taken.recorded == ()
    assert taken.dropped == 0
    assert len(row(b, "id", "custody")) == 1


def test_without_a_custodian_the_sealed_bytes_stay_as_they_came():
    a, b = make_pair()
    exchange(a, b, START)
    refused(a, b)
    assert row(b, "id", "custody") == []
    ((sealed,),) = row(b, "sealed", "got")
    assert sealed is not None


def test_what_was_recalled_while_it_waited_goes_to_custody_as_what_was_recalled_before_it_came():
    # spec: protocol.md 7
    a = node()
    a.office = replace(a.office, custodian=(key_id(cose_key(CUSTODIAN.public())), CUSTODIAN.public()))
    forger = Forger(a)
    first = forger.make("first")
    held = forger.make("held", after=(first.leaf.id,))
    forger.send(held)
    assert row(a, "id", "custody") == []
    told = {
        one.id: (one.fact, one.code)
        for one in forger.send(forger.make("stop", kind="recall", re=(held.leaf.id,))).recorded
    }
    assert told[held.leaf.id] == (Fact.REFUSED, "recalled")
    assert held.leaf.id not in {one.id for one in forger.send(first).recorded}, "it is refused once"
    with a.ledger.read() as tx:
        assert tx.rows("SELECT sealed, plain FROM got WHERE id = ?", (held.leaf.id,)) == [(None, None)]
    ((id_, kid, sealed),) = row(a, "id, kid, sealed", "custody")
    aad = seal_aad(a.office.peer, a.office.us, held.leaf.id, a.office.accord_digest)
    assert id_ == held.leaf.id
    assert commit_of(parts_of(unseal(sealed, kid=kid, private=CUSTODIAN, aad=aad))) == held.leaf.commit


def test_what_is_admitted_never_goes_to_custody():
    a, b = pair_with_custodian()
    a.submit([form("welcome")], Ms(START + 1000))
    exchange(a, b, Ms(START + 1001))
    assert row(b, "id", "custody") == []
