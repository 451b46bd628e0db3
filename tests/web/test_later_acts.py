"""An act that waits is answered yes or no in the browser, and who asked for it reads the no with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.edge.forms import form_json
from comity.policy.question import Act
from comity.policy.verdict import Effect, Obligation
from tests.unit.edge.twofolders import question
from tests.web.desk import desk

NO = "Their consent to pass it on is not there."


class Asks:
    """Our law, but for every use it wants the yes of the desk lead."""

    def __init__(self, gate) -> None:
        self._gate = gate

    def decide(self, question, now):
        if question.act is not Act.USE:
            return self._gate.decide(question, now)
        told = self._gate.decide(replace(question, act=Act.ACCESS), now)
        duty = Obligation("approval", "desk-lead", "T-1")
        return replace(told, effect=Effect.PERMIT_WITH, obligations=(duty,), missing=(), refer_to=None)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with desk(tmp_path_factory.mktemp("acts"), far=False) as one:
        node = one.opened().node
        node.office = replace(node.office, gate=Asks(node.office.gate))
        yield one


def asked(house):
    """Ask for a use that waits for the desk lead; return the address of the dispatch and of the act that waits."""
    sent = house.door("POST", "/submit", {"form": form_json(question()), "by": {"desk": "requests", "number": 101}})
    place, officer = f"/dispatch/{sent['id']}", house.visitor("officer")
    told = officer.post(f"{place}/act", {"act": "use", "a-serves": "lead", "do": "go"})
    assert "It waits." in told.text, told.text
    (one,) = [act for act in house.door("GET", "/acts/held") if act["dispatch"] == sent["id"]]
    return place, f"{place}/act/{one['subject']}"


def test_a_no_with_its_reason_reaches_who_asked_and_the_act_is_not_done(house):
    place, waits = asked(house)
    lead, officer = house.visitor("desk-lead"), house.visitor("officer")
    page = lead.get(waits).text
    assert ('value="approve"' in page, 'value="refuse"' in page) == (True, True)
    empty = lead.post(waits, {"role": "desk-lead", "do": "refuse", "reason": " "})
    assert (empty.status_code, "a no gives its reason" in empty.text) == (400, True)
    assert lead.post(waits, {"role": "desk-lead", "do": "refuse", "reason": NO}).headers["location"] == "/approvals"
    assert waits not in lead.get("/approvals").text
    listed = officer.get("/approvals").text
    assert (waits in listed, "Your acts that were refused" in listed) == (True, True)
    read = officer.get(waits).text
    assert all(words in read for words in (NO, "requests/108 refused it as", "This act is refused."))
    again = officer.post(f"{place}/act", {"act": "use", "a-serves": "lead", "do": "go"}).text
    assert ("has refused this very act" in again, "Done." in again) == (True, False)


def test_the_next_who_is_asked_sees_the_no_that_was_said_before(house):
    place, waits = asked(house)
    lead, officer = house.visitor("desk-lead"), house.visitor("officer")
    lead.post(waits, {"role": "desk-lead", "do": "refuse", "reason": NO})
    officer.post(f"{place}/act", {"act": "use", "a-serves": "lead", "a-reason": "asked otherwise", "do": "go"})
    (one,) = [act for act in house.door("GET", "/acts/held") if f"/{act['dispatch']}" in place and not act["refused"]]
    shown = lead.get(f"{place}/act/{one['subject']}").text
    assert ("Refused before" in shown, NO in shown) == (True, True)


def test_a_yes_lets_who_asked_do_it_and_only_that_word_is_one(house):
    place, waits = asked(house)
    lead, officer = house.visitor("desk-lead"), house.visitor("officer")
    assert lead.post(waits, {"role": "desk-lead", "do": "", "reason": ""}).status_code == 400, "no word is no yes"
    lead.post(waits, {"role": "desk-lead", "do": "approve"})
    assert "Done." in officer.post(f"{place}/act", {"act": "use", "a-serves": "lead", "do": "go"}).text


def test_who_asked_and_who_may_not_approve_says_neither(house):
    _, waits = asked(house)
    for who in ("officer", "reviewer", "duty-officer"):
        for word in ("approve", "refuse"):
            answer = house.visitor(who).post(waits, {"role": "desk-lead", "do": word, "reason": NO})
            assert answer.status_code in {403, 404}, (who, word)
    (one,) = [act for act in house.door("GET", "/acts/held") if waits.endswith(act["subject"])]
    assert one["answers"] == []
