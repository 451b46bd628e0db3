"""What the scan proposes waits for a person; what a person said counts; a receiver rests on what is sure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.ids import Ms
from comity.dispatch.decision import read_record
from comity.dispatch.entries import Fact
from comity.dispatch.outbound.clear import clear
from comity.dispatch.outbound.compose import compose
from comity.dispatch.outbound.label import label
from comity.dispatch.predecessors import Related
from comity.dispatch.states import Cleared, Withheld
from comity.marking.scan import Pattern
from tests.unit.dispatch.test_incoming_scan import RefusesNumbers
from tests.unit.dispatch.test_path_send import Law, Tagging, office
from tests.unit.node.forge import START
from tests.unit.node.world import exchange, form, make_pair

STOP = Pattern("stop", "national-number", r"\d{12}", "none", hard_stop=True)
PLACE = Pattern("place", "location", "", "none", hard_stop=False, words=("staying at",))
SMALL = Pattern("small", "minor", "", "none", hard_stop=False, words=("aged twelve",))
SURE = Pattern("sure", "national-number", "", "none", hard_stop=False, sure=True, words=("number such",))
UNSURE = Pattern("unsure", "national-number", "", "none", hard_stop=False, words=("number perhaps",))
PATTERNS = (STOP, PLACE, SMALL)


def step(text, law=None, desk=None, **more):
    at = office(law or Law(), desk, patterns=PATTERNS)
    made, _ = form(text, purpose="missing-person", retain_until=Ms(START + 86_400_000), **more)
    draft = compose(made, Related((), None), at, Ms(START))
    labelled = label(draft, at)
    return labelled, clear(labelled, at, Ms(START))


def test_an_unanswered_overriding_proposal_holds_and_does_not_count():
    labelled, cleared = step("she is staying at the inn")
    assert labelled.unanswered == {"location"}
    assert "location" not in labelled.label.categories
    assert isinstance(cleared, Withheld)
    assert (cleared.state, cleared.missing) == ("held", ("confirm:location",))


def test_confirmed_it_counts():
    labelled, cleared = step("she is staying at the inn", confirmed=frozenset({"location"}))
    assert labelled.label.categories == ("location",)
    assert labelled.struck == {"location"}
    assert isinstance(cleared, Cleared)


def test_rejected_it_neither_counts_nor_holds():
    labelled, cleared = step("she is staying at the inn", rejected=frozenset({"location"}))
    assert labelled.label.categories == ()
    assert isinstance(cleared, Cleared)


def test_broken_glass_does_not_defer_the_answer():
    _, cleared = step("she is staying at the inn", break_glass="a life")
    assert isinstance(cleared, Withheld)
    assert "confirm:location" in cleared.missing


def test_other_proposals_count_unless_rejected():
    assert step("a child, aged twelve")[0].label.categories == ("minor",)
    assert step("a child, aged twelve", rejected=frozenset({"minor"}))[0].label.categories == ()


def test_a_hard_stop_counts_whatever_anybody_said():
    labelled, _ = step("012345678901", rejected=frozenset({"national-number"}))
    assert labelled.label.categories == ("national-number",)


def test_what_law_removes_with_its_sentence_needs_no_answer():
    law = Law(*_redact("minor"))
    _, cleared = step("It began well. A child, aged twelve, is staying at the inn! Then not.", law)
    assert isinstance(cleared, Cleared)
    assert b"staying at" not in cleared.body
    assert b"It began well." in cleared.body
    assert b"Then not." in cleared.body


def _redact(category):
    from comity.policy.verdict import Effect

    return Effect.PERMIT_WITH, ("redact", category)


def test_a_tag_of_the_author_is_a_confirmation():
    class Placed(Tagging):
        def facts(self, kind, body):
            return replace(super().facts(kind, body), tagged=frozenset({"location"}))

    labelled, _ = step("she is staying at the inn", desk=Placed())
    assert labelled.unanswered == frozenset()
    assert labelled.label.categories == ("location",)


@pytest.mark.parametrize(("pattern", "fact"), [(SURE, Fact.REFUSED), (UNSURE, Fact.FILED), (STOP, Fact.REFUSED)])
def test_a_receiver_rests_on_hard_stops_and_what_is_sure(pattern, fact):
    a, b = make_pair()
    b.office = replace(b.office, patterns=(pattern,), gate=RefusesNumbers())
    exchange(a, b, START)
    a.submit([form("number such, number perhaps, 012345678901")], Ms(START + 1000))
    _, taken = exchange(a, b, Ms(START + 1001))
    assert taken.recorded[0].fact == fact


def test_who_rejected_what_is_in_the_decision_record():
    a, b = make_pair()
    exchange(a, b, START)
    a.office = replace(a.office, patterns=PATTERNS)
    made, by = form("she is staying at the inn", rejected=frozenset({"location"}))
    a.submit([(made, by)], Ms(START + 1000))
    with a.ledger.read() as tx:
        records = [read_record(bytes(row[0])) for row in tx.rows("SELECT record FROM record WHERE kind = 'sent'")]
    rest = records[-1].rest
    assert rest["rejected"] == ["location"]
    assert list(rest["by"])[:2] == [by.desk, by.number]
