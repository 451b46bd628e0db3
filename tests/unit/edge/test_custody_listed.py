"""What stands in custody as those see it who decide on it: what our law was told, its reasons, holds, wishes, every step; no content.

Planted and caught, one at a time: a step of another dispatch let in; a request that was taken back read as one that was asked;
the roles of who confirms taken from the confirmer; what is sealed no more still listed as kept apart; conditions left out.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from comity.base.errors import NotAllowed
from comity.base.ids import Ms
from comity.dispatch.entries import Fact
from comity.edge.custodial import listing_json
from comity.node import custodylist
from comity.node.custody import End
from comity.node.custodylist import Known
from comity.node.link import LinkState
from comity.node.linkrow import read_link, write_link
from comity.policy.question import Act
from tests.unit.edge.dutyworld import DAY, NOW
from tests.unit.edge.test_certificates_cross import recalled_while_it_waited, waited_in_vain
from tests.unit.edge.test_custody_opens import REVIEWER, WHY, Sieve, keeping, opens, refused
from tests.unit.edge.test_retaining import LEAD, LEGAL, MARK, asked, doing

LATER = Ms(NOW + 14 * DAY)


def listed(two, now=NOW):
    return keeping(two, now, lambda c: c.listed())


def test_what_our_law_was_told_and_why_it_refused_stands_there_and_no_content(two):
    sent = refused(two)
    (one,) = listed(two).kept
    assert (one.place.dispatch, one.late, one.hold, one.destroy, one.waits) == (sent.id, "", None, None, None)
    assert one.seconds == frozenset()
    assert [reason.rule for reason in one.reasons] == ["T-1"]
    asked_ = two[1].node.office.gate.asked[0]
    assert one.known == Known(
        desk=asked_.desk,
        kind=asked_.kind,
        stage=asked_.stage,
        purpose=asked_.purpose,
        urgency=int(asked_.urgency),
        sender=asked_.peer_agencies,
        receiver=asked_.agency,
        label=(*sorted(asked_.handling), *sorted(asked_.conditions)),
    )
    assert one.known.label
    told = listing_json(listed(two))
    assert json.loads(json.dumps(told)) == told
    assert MARK not in json.dumps(told)


def test_colours_stand_at_the_end_of_the_label(two):
    refused(two)
    gate = two[1].node.office.gate
    coloured = replace(gate.asked[0], tlp="TLP:AMBER", pap="PAP:GREEN")
    assert custodylist._known(coloured).label[-2:] == ("TLP:AMBER", "PAP:GREEN")


@pytest.mark.parametrize(("first", "seconds"), [(LEGAL, {"reviewer"}), (REVIEWER, {"legal-officer"})])
def test_it_says_who_may_confirm_an_opening_that_waits(two, first, seconds, monkeypatch):
    sent = refused(two)
    keeping(two, NOW, lambda c: c.ask(sent.id, End.REVIEW, WHY, first))
    (one,) = listed(two).kept
    assert one.waits is not None
    assert (one.waits.by, one.seconds) == ((first.desk, first.number), seconds)
    monkeypatch.setattr(type(two[1].node.office.powers), "standing", lambda *_: None)
    assert listed(two).kept[0].seconds == frozenset(), "whoever asked is no officer of ours any more"
    assert listing_json(listed(two))["kept"][0]["waits"]["seconds"] == []


def test_every_step_stands_there_with_its_reason_and_what_our_law_said(two):
    sent = refused(two, Act.COURT)
    opens(two, sent.id, end=End.COURT)
    opens(two, sent.id, REVIEWER, LEGAL)
    keeping(two, NOW, lambda c: c.ask(sent.id, End.REVIEW, WHY, LEGAL))
    keeping(two, NOW, lambda c: c.drop(sent.id, REVIEWER))
    held = doing(two[1], NOW, lambda r: r.hold(sent.id, "order 7", LEAD))
    (one,) = listed(two).kept
    assert one.hold == held
    doing(two[1], NOW, lambda r: r.end_hold(held.id, LEGAL))
    doing(two[1], LATER, lambda r: r.ask(sent.id, ("body",), "its day", LEAD))
    (one,) = listed(two, LATER).kept
    assert one.destroy is not None
    assert (one.destroy.by, one.destroy.reason, one.destroy.at) == ((LEAD.desk, LEAD.number), "its day", LATER)
    assert listing_json(listed(two, LATER))["kept"][0]["destroy"]["reason"] == "its day"
    doing(two[1], LATER, lambda r: r.refuse(sent.id, LEGAL))
    doing(two[1], LATER, lambda r: r.ask(sent.id, ("body",), "its day", LEAD))
    doing(two[1], LATER, lambda r: r.confirm(sent.id, LEGAL))
    found = listed(two, LATER)
    assert found.kept == ()
    lead, legal, reviewer = ((one.desk, one.number) for one in (LEAD, LEGAL, REVIEWER))
    assert [(one.what, one.by, one.reason, one.end) for one in reversed(found.steps)] == [
        ("open-asked", legal, WHY, "court"),
        ("open-refused", reviewer, WHY, "court"),
        ("open-asked", reviewer, WHY, "review"),
        ("open-opened", legal, WHY, "review"),
        ("open-asked", legal, WHY, "review"),
        ("open-dropped", reviewer, WHY, "review"),
        ("held", lead, "order 7", ""),
        ("hold-ended", legal, "order 7", ""),
        ("destroy-asked", lead, "its day", ""),
        ("destroy-dropped", legal, "", ""),
        ("destroy-asked", lead, "its day", ""),
        ("destroyed", legal, "", ""),
    ]
    assert {one.dispatch for one in found.steps} == {sent.id}
    verdicts = [one.verdict for one in found.steps if one.what == "open-refused"]
    assert [reason.rule for reason in verdicts[0].reasons] == ["T-1"]
    assert [one.opens for one in found.steps] == [False] * 6 + [True] * 6
    told = listing_json(found)["steps"]
    assert [one["verdict"] is None for one in told].count(False) == 1


def test_what_was_done_with_other_dispatches_is_not_told_here(two):
    other = asked(two)
    sent = refused(two)
    with two[1].node.ledger.begin() as book:
        book.tx.run("UPDATE got SET settled_at = ? WHERE id = ?", (NOW, other.id))
    doing(two[1], NOW, lambda r: r.hold(other.id, "another order", LEAD))
    assert listed(two).steps == ()
    doing(two[1], NOW, lambda r: r.hold(sent.id, "an order", LEAD))
    assert [one.reason for one in listed(two).steps] == ["an order"]


def test_no_more_than_the_newest_steps_are_read(two, monkeypatch):
    sent = refused(two)
    for reason in ("first", "second", "third"):
        held = doing(two[1], NOW, lambda r, why=reason: r.hold(sent.id, why, LEAD))
        doing(two[1], NOW, lambda r, id_=held.id: r.end_hold(id_, LEAD))
    monkeypatch.setattr(custodylist, "SHOWN", 2)
    assert [(one.what, one.reason) for one in listed(two).steps] == [("hold-ended", "third"), ("held", "third")]


def test_where_nothing_ever_stood_nothing_is_read(two):
    asked(two)
    found = listed(two)
    assert (found.kept, found.apart, found.steps) == ((), (), ())


def test_what_was_recalled_while_it_waited_is_not_told_by_the_law_that_let_it_in(two, monkeypatch):
    node = two[1].node
    node.office = replace(node.office, gate=Sieve(node.office.gate))
    recalled_while_it_waited(two, monkeypatch)
    (one,) = listed(two).kept
    assert one.late == "recalled"
    assert listing_json(listed(two))["kept"][0]["reasons"] == []


def test_what_waited_in_vain_is_told_apart_from_what_was_recalled(two, monkeypatch):
    node = two[1].node
    node.office = replace(node.office, gate=Sieve(node.office.gate))
    waited_in_vain(two, monkeypatch)
    (one,) = listed(two).kept
    assert one.late == "vain"
    assert listing_json(listed(two))["kept"][0]["late"] == "vain"


def test_a_refusal_whose_record_is_gone_says_nothing_that_is_not_known(two, monkeypatch):
    refused(two)
    monkeypatch.setattr(custodylist, "refusal", lambda dispatch, tx: None)
    (one,) = listed(two).kept
    assert (one.known, one.reasons, one.late) == (None, (), "")
    assert listing_json(listed(two))["kept"][0]["known"] is None


@pytest.mark.parametrize("code", ["unopened", None])
def test_what_did_not_open_is_listed_until_its_bytes_are_gone(two, code):
    sent = asked(two)
    keep = two[1].node.office.accord.timer("quarantine-keep")
    with two[1].node.ledger.begin() as book:
        book.tx.run(
            "UPDATE got SET fact = ?, code = ?, settled_at = ?, sealed = ? WHERE id = ?",
            (int(Fact.QUARANTINED), code, NOW, b"sealed", sent.id),
        )
    (one,) = listed(two).apart
    assert (one.dispatch, one.since, one.code, one.day) == (sent.id, NOW, code or "", NOW + keep)
    assert one.entry >= 0
    assert one.hold is None
    held = doing(two[1], NOW, lambda r: r.hold(sent.id, "an order", LEAD))
    assert listed(two).apart[0].hold == held
    assert [one.what for one in listed(two).steps] == ["held"]
    assert listing_json(listed(two))["apart"][0]["hold"]["reason"] == "an order"
    with two[1].node.ledger.begin() as book:
        book.tx.run("UPDATE got SET sealed = NULL WHERE id = ?", (sent.id,))
    assert listed(two).apart == ()


def test_an_old_store_opens_nothing(two):
    """What is decided in a store that another one of this node has overtaken stands in no log that goes on."""
    sent = refused(two)
    with two[1].node.ledger.begin() as book:
        write_link(book.tx, replace(read_link(book.tx), state=LinkState.SUPERSEDED))
    for act in (
        lambda c: c.ask(sent.id, End.REVIEW, WHY, LEGAL),
        lambda c: c.confirm(sent.id, REVIEWER),
        lambda c: c.drop(sent.id, REVIEWER),
    ):
        with pytest.raises(NotAllowed, match="an old store"):
            keeping(two, NOW, act)
    assert listed(two).kept[0].place.dispatch == sent.id, "it is shown still"
