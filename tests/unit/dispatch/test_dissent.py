"""A decider's no is not undone by asking another one: the same content is disputed, and the head decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import DispatchId, Ms
from comity.dispatch.dissent import NOTHING_BEFORE, Before, before, content_of, links_of, note, weighed
from comity.dispatch.particulars import Particulars
from comity.dispatch.states import Officer
from comity.policy.assessment import Assessment, AssessmentForm
from comity.policy.question import Act, Assessed, AssessedAct, Decision, Risk, Serves
from comity.policy.verdict import Effect
from tests.unit.dispatch.test_acts import LATER, Law, held
from tests.unit.node.forge import store
from tests.unit.node.world import START
from tests.unit.policy.policy_laws import BASE, DAY, ask, assessed, gate

LINK = frozenset({b"q" * 16})
KEY = b"k" * 32


def written(decision: Decision, **more) -> Assessment:
    risk = Risk.SUBSTANTIAL if decision is Decision.NO else Risk.LOW
    made = {
        "act": AssessedAct.USE,
        "form": AssessmentForm.FULL,
        "who_and_how": "the person named could be questioned",
        "risk_before": risk,
        "source": "a file, B2",
        "mitigations": (),
        "risk_after": risk,
        "decision": decision,
        "basis": "read in full",
        "decider_desk": "plain",
        "decider_number": 9,
        "outside_operation": True,
        **more,
    }
    return Assessment(**made)


def said(at, decision: str, *, act: str = "disclose", categories=("person",), number: int = 1, **more) -> None:
    question = replace(
        BASE, categories=frozenset(categories), assessments=(assessed(act, decision=Decision(decision), **more),)
    )
    with at.begin() as tx:
        note(question, LINK, DispatchId(number.to_bytes(16)), tx, Ms(START))


def found(at, *content: str, link=LINK) -> Before:
    with at.read() as tx:
        return before(link, frozenset(content), tx)


@pytest.mark.parametrize("decision", ["no", "undecided", "disputed"])
def test_what_was_not_let_go_is_found_again_by_what_it_is_about(decision):
    at = store()
    said(at, decision)
    assert found(at, "person", "contact").acts == {AssessedAct.DISCLOSE}
    assert found(at, "contact") == NOTHING_BEFORE  # less than what was refused: it was mitigated
    assert found(at, "person", link=frozenset({b"x" * 16})) == NOTHING_BEFORE


def test_a_yes_leaves_nothing_and_a_taint_stays():
    at = store()
    said(at, "go")
    assert found(at, "person") == NOTHING_BEFORE
    said(at, "go", act="use", tainted=True)
    assert found(at, "person") == Before(frozenset({AssessedAct.USE}), tainted=True)


def test_another_yes_is_disputed_and_silence_too():
    yes = assessed("disclose")
    stands = Before(frozenset({AssessedAct.DISCLOSE}))
    assert weighed((yes,), NOTHING_BEFORE) == (yes,)
    assert [one.decision for one in weighed((yes,), stands)] == [Decision.DISPUTED]
    (silent,) = weighed((), stands)
    assert (silent.act, silent.decision, silent.decider_outside) == (AssessedAct.DISCLOSE, Decision.DISPUTED, False)
    no = assessed("disclose", decision=Decision.NO)
    assert weighed((no,), stands) == (no,)
    other = assessed("request")
    assert weighed((other,), stands)[-1] == other
    (tainted,) = weighed((assessed("use"),), Before(frozenset({AssessedAct.USE}), tainted=True))
    assert tainted.tainted


@pytest.mark.parametrize("law", ["ca", "in"])
def test_both_laws_send_the_dispute_to_the_head_whatever_is_said_now(law):
    """The way round: the first decider said no, a second says go, or nobody is asked again."""
    stands = Before(frozenset({AssessedAct.DISCLOSE}))
    question = ask(
        kind="answer", stage="final", categories=frozenset({"person"}), basis=frozenset({"arrangement:2026-02"}), asserts=True, evaluated=True,
        conduct="theft", purpose="fraud",
    )  # fmt: skip
    alone = replace(question, assessments=(assessed("disclose"),))
    assert gate(law).decide(alone, DAY).permits
    for now in ((assessed("disclose"),), ()):
        verdict = gate(law).decide(replace(question, assessments=weighed(now, stands)), DAY)
        assert verdict.effect in {Effect.REFER, Effect.REFUSE}
        assert "XX-RULE-5/head" in {reason.rule for reason in verdict.reasons}


def test_drafts_are_recognised_by_the_question_and_the_persons_else_by_their_case():
    one, two = DispatchId(b"1" * 16), DispatchId(b"2" * 16)
    assert links_of((one,), two, (), KEY) == {one}
    assert links_of((), two, (), KEY) == {two}
    assert links_of((), None, (), KEY) == frozenset()
    (person,) = links_of((), two, ("meera kalsi",), KEY)
    assert b"meera" not in person
    assert {person} == links_of((), None, ("meera kalsi",), KEY)
    assert content_of(("person",), ("location",), ("police-file",)) == {
        "person",
        "asks:location",
        "records:police-file",
    }


def test_a_use_that_one_decider_refused_is_disputed_when_another_one_agrees():
    law = Law(Effect.REFUSE, ground="mistreatment-risk", outward="cannot-assist")
    _, b, one = held(law)
    b.act(
        Particulars(Act.USE, one, serves=Serves.LEAD, assessments=(written(Decision.NO),)), Officer("plain", 7), LATER
    )
    again = Particulars(Act.ONWARD, one, to_agencies=frozenset({"agency"}), assessments=(written(Decision.GO),))
    b.act(again, Officer("plain", 8), LATER)
    silent = Particulars(Act.ONWARD, one, to_agencies=frozenset({"agency"}))
    b.act(silent, Officer("plain", 8), LATER)
    assert [[a.decision for a in question.assessments] for question in law.asked] == [
        [Decision.NO],
        [Decision.DISPUTED],
        [Decision.DISPUTED],
    ]


def test_what_was_once_called_tainted_stays_tainted_for_every_later_act():
    law = Law()
    _, b, one = held(law)
    tainted = written(Decision.GO, tainted=True)
    b.act(Particulars(Act.USE, one, serves=Serves.PREVENT_HARM, assessments=(tainted,)), Officer("plain", 7), LATER)
    clean = written(Decision.GO)
    b.act(Particulars(Act.EVIDENCE, one, assessments=(clean,)), Officer("plain", 8), LATER)
    b.act(Particulars(Act.EVIDENCE, one), Officer("plain", 8), LATER)
    assert [[a.tainted for a in question.assessments] for question in law.asked] == [[True], [True], [True]]


def test_the_assessed_word_is_the_same_type_that_the_law_reads():
    assert isinstance(weighed((), Before(frozenset({AssessedAct.USE}), tainted=True))[0], Assessed)
