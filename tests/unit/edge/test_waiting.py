"""What waits for people: codes, counts and times of each held draft, thing owed, alarm and budget; nothing of content."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.persons import Asking as Persons
from comity.dispatch.persons import count
from comity.edge.waiting import waiting
from comity.marking.labels import Urgency
from comity.policy.verdict import Effect
from comity.screen import AssociationLine, BudgetLine, RingLine
from tests.unit.dispatch.test_acts import Law, held, used
from tests.unit.node.approving import HOUR, Asking, Rota, assessment, by, draft, hold, office_of, yes
from tests.unit.node.forge import START
from tests.unit.node.world import OFFICER

DAY = 24 * HOUR
NOON = Ms(START + HOUR)
CONTENT = ("somebody's own words", "a boat named Tern", "two sources", "police station")
KEY = bytes(range(32))


def card_of(node, now=NOON, accord=None):
    with node.ledger.read() as tx:
        return waiting(tx, accord or node.office.accord, lambda agency: f"agency {agency}", now)


def test_nothing_waits_on_a_new_node():
    card = card_of(office_of(Asking()))
    assert (card.held, card.owed, card.alarms, card.budgets, card.associations) == ((), (), (), (), ())
    assert card.until > NOON


def test_a_held_draft_says_what_it_waits_for_and_who_is_rung_and_no_more():
    a = office_of(Asking(("head", "privacy"), forms=("disclose",)), rota=Rota(approver=(14,), head=(11,)))
    kept = hold(
        a, "somebody's own words about a boat named Tern", urgency=Urgency.IMMEDIATE, assessments=(assessment(),)
    )
    a.approve(kept.subject, yes("head", 11), NOON)
    card = card_of(a)
    (one,) = card.held
    assert (one.id, one.what, one.act, one.urgency, one.agency, one.since) == (
        kept.id,
        "note",
        False,
        0,
        "agency one",
        START,
    )
    assert one.waits == ("approval by head", "approval by privacy")
    assert [(said.role, said.officer, said.at) for said in one.answered] == [("head", "plain, officer 11", NOON)]
    assert one.subject == kept.subject.hex()
    assert one.rung == (
        RingLine("approver", "plain, officer 14", START),
        RingLine("head", "plain, officer 11", START),
        RingLine("privacy", "", START),
    )
    assert card.alarms == (), "a ring stands with the draft that rings"
    assert not [words for words in CONTENT if words in repr(card)]


def test_a_ring_for_a_draft_that_does_not_wait_is_an_alarm():
    a = office_of(Asking(refuses="unclear"))
    a.submit([draft(urgency=Urgency.IMMEDIATE)], START)
    card = card_of(a)
    assert card.held == ()
    assert [(one.kind, one.role, one.about) for one in card.alarms] == [("rings", "approver", "plain, officer 14")]


def test_what_has_ended_waits_no_longer():
    a = office_of(Asking(("head",)))
    kept = hold(a)
    assert len(card_of(a).held) == 1
    a.drop(kept.id, by(7), NOON, reason="not wanted")
    assert card_of(a).held == ()


def test_an_act_waits_until_it_was_asked_again():
    law = Law(Effect.REFER, missing=("approval:head",), refer_to="head")
    _, b, one = held(law)
    b.act(used(one, reason="somebody's own words"), OFFICER, START)
    (act,) = card_of(b).held
    assert (act.id, act.what, act.act, act.waits, act.since) == (one, "use", True, ("approval by head",), START)
    assert not [words for words in CONTENT if words in repr(act)]
    law.verdict = replace(law.verdict, effect=Effect.PERMIT, missing=(), refer_to=None)
    b.act(used(one, reason="somebody's own words"), OFFICER, NOON)
    assert card_of(b).held == ()


def test_what_is_owed_comes_by_its_day_and_what_has_none_last():
    a = office_of(Asking(obliged=(("report", "list-check"), ("report", "objection-within-7-days"))))
    (done,) = a.submit([draft(urgency=Urgency.IMMEDIATE, assessments=(assessment(),))], START)
    card = card_of(a)
    assert [(one.verb, one.value, one.role, one.dispatch, one.due) for one in card.owed] == [
        ("full-form", "disclose", "assessor", done.id, START + DAY),
        ("report", "objection-within-7-days", "reviewer", done.id, START + 7 * DAY),
        ("report", "list-check", "reviewer", done.id, None),
    ]
    assert not [words for words in CONTENT if words in repr(card)]


def test_alarms_are_shown_until_somebody_has_seen_them():
    a = office_of(Asking())
    with a.ledger.begin() as book:
        ring(Alarm("budget-spent", "reviewer", "fraud: 5 of 5 persons", ("fraud", 1)), book.tx, START)
    (one,) = card_of(a).alarms
    assert (one.kind, one.role, one.about, one.dispatch, one.at) == (
        "budget-spent",
        "reviewer",
        "fraud: 5 of 5 persons",
        None,
        START,
    )
    a.alarm_seen(one.id, NOON)
    assert card_of(a).alarms == ()


def test_persons_are_counts_against_a_limit_and_never_names():
    a = office_of(Asking())
    accord = replace(a.office.accord, timers=(("budget-fraud", 5), ("association-members", 2)))
    with a.ledger.begin() as book:
        for ours, names in ((True, ("a boat named Tern", "b", "c")), (False, ("d",))):
            asking = Persons(DRAFT, "fraud", frozenset(names), frozenset({"the owners of a boat named Tern"}))
            count(asking, accord, KEY, book.tx, START, ours=ours)
        count(Persons(DRAFT, "organised-crime", frozenset({"e"}), frozenset()), accord, KEY, book.tx, START, ours=True)
    card = card_of(a, accord=accord)
    assert card.budgets == (
        BudgetLine(ours=True, purpose="fraud", persons=3, limit=5),
        BudgetLine(ours=True, purpose="organised-crime", persons=1, limit=None),
        BudgetLine(ours=False, purpose="fraud", persons=1, limit=5),
    )
    assert card.associations == (
        AssociationLine(ours=True, associations=1, most=3, told_from=2),
        AssociationLine(ours=False, associations=1, most=1, told_from=2),
    )
    assert [one.kind for one in card.alarms] == ["association"]
    assert not [words for words in CONTENT if words in repr(card)]


DRAFT = bytes(16)
