"""A review date is put off by two persons with a reason, within what label, law and accord let, and else all is as before."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms
from comity.dispatch.states import Officer
from comity.edge.retaining import due_json, renewal_json
from comity.node import renewing
from comity.node.audit import audit
from comity.node.proofs import Signers
from comity.node.renewing import bounds
from tests.unit.edge.dutyworld import DAY, NOW
from tests.unit.edge.test_certificates_cross import end
from tests.unit.edge.test_retaining import LEAD, asked, doing, erase

WHY = "the case goes on, and this is its only lead"
OUR_LEAD, OUR_LEGAL = Officer("requests", 21), Officer("requests", 22)
LABELLED, RENEWED = Ms(NOW + 10 * DAY), Ms(NOW + 40 * DAY)


def timers(one, **changed):
    """Let the accord of a node say other spans."""
    accord = one.node.office.accord
    kept = tuple((name, span) for name, span in accord.timers if name not in changed)
    timers = (*kept, *((name.replace("_", "-"), span) for name, span in changed.items() if span is not None))
    one.node.office = replace(one.node.office, accord=replace(accord, timers=timers))


def ours(two):
    """A dispatch of the first with a day of its own, and no law that ends it before ninety days."""
    timers(two[0], retention=30 * DAY, retention_most=60 * DAY)
    return asked(two, retain_until=LABELLED)


def ask(one, dispatch, until=RENEWED, by=OUR_LEAD, now=LABELLED, why=WHY):
    return doing(one, now, lambda r: r.ask_renewal(dispatch, until, why, by))


def confirm(one, dispatch, by=OUR_LEGAL, now=LABELLED):
    return doing(one, now, lambda r: r.confirm_renewal(dispatch, by))


def due(one, now):
    return doing(one, now, lambda r: r.due())[0]


def steps(one):
    with one.node.ledger.read() as tx:
        return [cbor.decode(row[0]) for row in tx.rows("SELECT record FROM record WHERE kind = 'renewal' ORDER BY idx")]


def test_it_is_kept_until_the_new_day_and_is_then_due_again(two):
    sent = ours(two)
    here = two[0]
    assert [one.dispatch for one in due(here, LABELLED)] == [sent.id]
    assert ask(here, sent.id).state == "asked"
    assert [one.dispatch for one in due(here, LABELLED)] == [sent.id], "one person alone moves nothing"
    done = confirm(here, sent.id)
    assert (done.state, done.before, done.until, done.second) == ("renewed", LABELLED, RENEWED, ("requests", 22))
    assert due(here, Ms(RENEWED - 1)) == ()
    (one,) = due(here, RENEWED)
    assert (one.dispatch, one.why) == (sent.id, "renewed")
    assert due_json(one)["why"] == "renewed"
    assert [step[1] for step in steps(here)] == ["asked", "renewed"]
    assert steps(here)[1][4:7] == [LABELLED, RENEWED, WHY]
    told = renewal_json(done)
    assert json.loads(json.dumps(told)) == told
    doing(here, RENEWED, lambda r: r.ask(sent.id, ("body", "attachments", "author"), "its day", OUR_LEAD))
    doing(here, RENEWED, lambda r: r.confirm(sent.id, OUR_LEGAL))
    assert due(here, Ms(RENEWED + DAY)) == ()
    with here.store.read() as tx:
        assert audit(tx, Signers.of(here.node.voice, here.node.peer)).differences == ()


@pytest.mark.parametrize(
    ("most", "retention", "limit", "by"),
    [(60, 30, 60, "accord"), (None, 30, 60, "accord"), (500, 30, 90, "law"), (None, None, 90, "law")],
)
def test_the_limit_is_what_law_and_accord_say(two, monkeypatch, most, retention, limit, by):
    monkeypatch.setattr(renewing, "ordered", lambda dispatch, tx: [90 * DAY])
    sent = asked(two, retain_until=LABELLED)
    spans = {"retention": retention, "retention_most": most}
    timers(two[0], **{name: None if days is None else days * DAY for name, days in spans.items()})
    if retention is None:
        accord = two[0].node.office.accord
        kept = tuple(one for one in accord.timers if one[0] not in {"retention", "retention-most"})
        two[0].node.office = replace(two[0].node.office, accord=replace(accord, timers=kept))
    with two[0].node.ledger.read() as tx:
        found = bounds(sent.id, tx, two[0].node.office.accord)
        since = tx.rows("SELECT sent_at FROM sent WHERE id = ?", (sent.id,))[0][0]
    assert (found.limit, found.by) == (since + limit * DAY, by)
    with pytest.raises(BadForm, match="and no longer"):
        ask(two[0], sent.id, until=Ms(since + limit * DAY + 1))
    assert ask(two[0], sent.id, until=Ms(since + limit * DAY)).state == "asked"


def test_what_the_other_sides_label_ends_is_not_renewed(two):
    sent = asked(two, retain_until=LABELLED)
    timers(two[1], retention=30 * DAY, retention_most=60 * DAY)
    with pytest.raises(BadForm, match="the other side's label lets it be kept until"):
        ask(two[1], sent.id, by=LEAD)


def test_nothing_is_renewed_after_the_end_of_the_accord(two):
    sent = ours(two)
    ask(two[0], sent.id)
    end(two, 0)
    with pytest.raises(BadForm, match="the accord has ended"):
        confirm(two[0], sent.id)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"why": "short"}, "a reason has"),
        ({"until": LABELLED}, "not later than the one"),
        ({"now": Ms(RENEWED + 1)}, "has passed"),
        ({"dispatch": bytes(16)}, "not held here"),
    ],
)
def test_what_is_asked_badly_changes_nothing(two, more, match):
    sent = ours(two)
    with pytest.raises(BadForm, match=match):
        ask(two[0], more.pop("dispatch", sent.id), **more)
    assert steps(two[0]) == []


def test_what_has_no_day_needs_no_renewal(two, monkeypatch):
    sent = ours(two)
    with two[0].node.ledger.begin() as book:
        book.tx.run("INSERT INTO review (dispatch, whose, desk, kind, case_id, at, why) VALUES (?, 'ours', 'requests', 'rfi', NULL, NULL, '')", (sent.id,))  # fmt: skip
    with pytest.raises(BadForm, match="no day"):
        ask(two[0], sent.id)
    monkeypatch.setattr(renewing, "ordered", lambda dispatch, tx: [])
    accord = two[0].node.office.accord
    kept = tuple(one for one in accord.timers if not one[0].startswith("retention"))
    two[0].node.office = replace(two[0].node.office, accord=replace(accord, timers=kept))
    with two[0].node.ledger.begin() as book:
        book.tx.run("UPDATE review SET at = ?, why = 'label'", (LABELLED,))
    with pytest.raises(BadForm, match="neither law nor accord"):
        ask(two[0], sent.id)


def test_two_persons_one_of_them_a_legal_officer(two, monkeypatch):
    sent = ours(two)
    here = two[0]
    with pytest.raises(NotAllowed, match="desk lead or a legal"):
        ask(here, sent.id, by=Officer("requests", 15))
    with pytest.raises(BadForm, match="nobody asked"):
        confirm(here, sent.id)
    ask(here, sent.id)
    with pytest.raises(BadForm, match="asked for already"):
        ask(here, sent.id, by=OUR_LEGAL)
    with pytest.raises(NotAllowed, match="another person"):
        confirm(here, sent.id, OUR_LEAD)
    assert doing(here, LABELLED, lambda r: r.drop_renewal(sent.id, OUR_LEGAL)).state == "dropped"
    with pytest.raises(BadForm, match="nobody asked"):
        confirm(here, sent.id)
    ask(here, sent.id)
    real = here.node.office.powers.standing

    def standing(tx, desk, number, now):
        found = real(tx, desk, number, now)
        return replace(found, roles=frozenset({"desk-lead"})) if number == 22 else found

    monkeypatch.setattr(here.node.office.powers, "standing", standing)
    with pytest.raises(NotAllowed, match="a legal officer"):
        confirm(here, sent.id)
    assert sorted(one.state for one in doing(here, LABELLED, lambda r: r.renewals())) == ["asked", "dropped"]


def test_an_erasure_that_was_asked_for_comes_first(two):
    sent = ours(two)
    here = two[0]
    ask(here, sent.id)
    doing(here, LABELLED, lambda r: r.ask(sent.id, ("body",), "its day", OUR_LEAD))
    with pytest.raises(BadForm, match="erasure was asked for"):
        confirm(here, sent.id)


def test_what_is_not_renewed_is_erased_as_before(two):
    sent = ours(two)
    assert [one.dispatch for one in due(two[0], LABELLED)] == [sent.id]
    done, _ = erase(two[1], sent.id, now=LABELLED)
    assert done.kind == "shred"


def test_a_limit_that_is_not_looked_at_would_be_passed(two, monkeypatch):
    """Planted: without the bounds a renewal goes as far as anybody asks."""
    sent = ours(two)
    monkeypatch.setattr(
        renewing, "bounds", lambda dispatch, tx, accord: renewing.Bounds(LABELLED, Ms(NOW + 9_999 * DAY), "law")
    )
    assert ask(two[0], sent.id, until=Ms(NOW + 5_000 * DAY)).state == "asked"
