"""An originator's yes lifts what was asked for, for one dispatch, and ends with the answer that gave it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.ids import DispatchId, Ms
from comity.dispatch import holding, wire
from comity.dispatch.particulars import Particulars
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.marking.rules import default_label
from comity.policy.question import Act, Outside, Serves
from tests.unit.dispatch.test_acts import Law
from tests.unit.node.forge import START, Forger, node, pair
from tests.unit.node.world import OFFICER, PlainDesk, exchange, form


class AskingDesk(PlainDesk):
    """A desk whose bodies may ask an originator for consent, or give it."""

    def facts(self, kind, body):
        value = cbor.decode(body)
        return replace(
            super().facts(kind, body),
            stage=value.get("stage", ""),
            target=value.get("target"),
            releases=frozenset(value.get("releases", ())),
            consents=frozenset(value.get("consents", ())),
            lifts=frozenset(value.get("lifts", ())),
            lifts_named="lifts_named" in value,
        )


class Story:
    """A sent one to B; B asks, A answers."""

    def __init__(self, **label) -> None:
        self.law = Law()
        self.a, self.b = pair(gate=self.law)
        for side in (self.a, self.b):
            side.office = replace(side.office, desks={"plain": AskingDesk()})
        self.now = START
        given = replace(default_label("liaison", "agency"), **label) if label else None
        exchange(self.a, self.b, START)
        self.target = self.send(self.a, label=given)

    def send(self, node, body=None, **more) -> DispatchId:
        made, by = form("x", **more)
        (done,) = node.submit([(replace(made, body={"text": "x", **(body or {})}), by)], self.now)
        self.now = Ms(self.now + 1000)
        exchange(self.a, self.b, self.now)
        return done.id

    def ask(self, *releases, target=None):
        return self.send(self.b, {"target": target or self.target, "releases": list(releases)})

    def answer(self, request, *consents, stage="final", by=None):
        return self.send(by or self.a, {"stage": stage, "consents": list(consents)}, re=(request,))

    def consents(self):
        with self.b.ledger.read() as tx:
            return holding.consents(self.target, tx)

    def told(self, act: Act, **more):
        """What the law of B is told of consent in one act."""
        self.b.act(Particulars(act, self.target, **more), OFFICER, self.now)
        return self.law.asked[-1].released


@pytest.fixture
def story():
    return Story()


def test_a_yes_lifts_what_was_asked_for_and_nothing_more(story):
    request = story.ask("evidence", "onward:harbour")
    assert story.consents() == frozenset()
    story.answer(request, "evidence", "onward", "arrest")
    assert story.consents() == {"evidence", "onward:harbour"}
    assert story.told(Act.EVIDENCE) == {"evidence"}
    assert story.told(Act.ONWARD, to_agencies=frozenset({"harbour"})) == {"evidence", "onward"}
    assert story.told(Act.ONWARD, to_agencies=frozenset({"harbour", "customs"})) == {"evidence"}
    assert story.told(Act.USE, serves=Serves.LEAD) == {"evidence"}


def test_consent_to_one_purpose_is_none_to_another(story):
    story.answer(story.ask("purpose:fraud"), "purpose")
    assert story.told(Act.REPURPOSE, new_purpose="fraud") == {"purpose"}
    assert story.told(Act.REPURPOSE, new_purpose="cybercrime") == frozenset()


def test_a_yes_to_half_of_it_lifts_half(story):
    story.answer(story.ask("evidence", "access"), "access")
    assert story.consents() == {"access"}


@pytest.mark.parametrize("stage", ["part", "holding", ""])
def test_only_a_final_answer_consents(story, stage):
    story.answer(story.ask("evidence"), "evidence", stage=stage)
    assert story.consents() == frozenset()


def test_an_answer_to_something_else_consents_to_nothing(story):
    story.answer(story.target, "evidence")
    story.answer(story.send(story.b), "evidence")
    story.answer(DispatchId(bytes(16)), "evidence")
    assert story.consents() == frozenset()


def test_nobody_consents_to_what_is_not_theirs_or_not_held(story):
    ours = story.send(story.b)
    for target in (ours, DispatchId(bytes(range(16)))):
        story.answer(story.ask("evidence", target=target), "evidence")
        with story.b.ledger.read() as tx:
            assert holding.consents(target, tx) == frozenset()


def test_we_cannot_consent_in_their_place(story):
    story.answer(story.ask("evidence"), "evidence", by=story.b)
    assert story.consents() == frozenset()


def test_another_agency_than_the_originator_cannot_consent():
    foreign = Story(originator="third-office")
    foreign.answer(foreign.ask("evidence"), "evidence")
    assert foreign.consents() == {"evidence"}, "the agency that sent it speaks for it"
    other = Story(originator="third-office")
    with other.b.ledger.begin() as book:
        ((plain,),) = book.tx.rows("SELECT plain FROM got WHERE id = ?", (other.target,))
        parts = parts_of(plain)
        header = replace(wire.decode_header(parts[0].content), author=wire.Author("third-desk", "x"))
        changed = (replace(parts[0], content=wire.encode_header(header)), *parts[1:])
        book.tx.run("UPDATE got SET plain = ? WHERE id = ?", (parts_bytes(changed), other.target))
    other.answer(other.ask("evidence"), "evidence")
    assert other.consents() == frozenset()


def test_a_consent_ends_with_the_answer_that_gave_it(story):
    answer = story.answer(story.ask("evidence"), "evidence")
    assert story.consents() == {"evidence"}
    story.send(story.a, kind="recall", re=(answer,))
    assert story.consents() == frozenset()


def test_an_answer_that_had_to_wait_consents_when_it_is_filed():
    ours = node(gate=Law())
    ours.office = replace(ours.office, desks={"plain": AskingDesk()})
    peer = Forger(ours)
    target, earlier = peer.make("what we got"), peer.make("what the answer waits for")
    peer.send(target)
    made, by = form("may we?")
    body = {"text": "x", "target": target.leaf.id, "releases": ["evidence"]}
    (request,) = ours.submit([(replace(made, body=body), by)], START)
    yes = cbor.encode({"text": "x", "stage": "final", "consents": ["evidence"]})
    peer.send(peer.make(contents={1: yes}, re=(request.id,), after=(earlier.leaf.id,)))
    with ours.ledger.read() as tx:
        assert holding.consents(target.leaf.id, tx) == frozenset()
    peer.send(earlier)
    with ours.ledger.read() as tx:
        assert holding.consents(target.leaf.id, tx) == {"evidence"}


def test_a_sender_may_consent_unasked_for_what_it_sends_and_for_the_one_of_ours_that_it_names(story):
    def lifted(dispatch):
        with story.b.ledger.read() as tx:
            return holding.consents(dispatch, tx)

    sent = story.send(story.a, {"lifts": ["evidence"]})
    assert lifted(sent) == {"evidence"}
    assert lifted(story.target) == frozenset(), "for nothing else"
    ours, other = story.send(story.b), story.send(story.b)
    named = story.send(story.a, {"lifts": ["access"], "lifts_named": True}, re=(ours, other))
    assert (lifted(ours), lifted(other), lifted(named)) == ({"access"}, frozenset(), frozenset())
    story.send(story.a, {"lifts": ["arrest"], "lifts_named": True}, re=(story.target,))
    assert lifted(story.target) == frozenset(), "its own it would lift in the dispatch itself"


def test_consent_to_one_body_beyond_both_states_lifts_passing_on_to_that_body_alone(story):
    story.answer(story.ask("third-state:board"), "third-state")
    outside = {"outside": Outside.THIRD_STATE}
    assert story.told(Act.ONWARD, body="board", **outside) == {"third-state", "onward"}
    assert story.told(Act.ONWARD, body="other", **outside) == frozenset()
    assert story.told(Act.ONWARD, **outside) == frozenset()
