"""What comes in is scanned as what goes out is, and a kind that needs an author's own assertion is not taken on trust."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Digest, Ms
from comity.dispatch.entries import Fact
from comity.marking.scan import Pattern
from comity.policy.verdict import Effect, Reason, Verdict
from tests.unit.node.world import START, exchange, form, make_pair

NUMBER = Pattern("test-number", "national-number", r"\b\d{12}\b", "none", hard_stop=True)


class RefusesNumbers:
    """A law that refuses whatever contains a national number, and permits the rest."""

    def decide(self, question, now):
        bad = "national-number" in question.categories
        effect = Effect.REFUSE if bad else Effect.PERMIT
        reason = Reason("T-2", effect, "Test Act s. 2", "text-read", "A sentence.", (("en", "A sentence."),))
        ground, outward = ("hard-stop", "cannot-assist") if bad else (None, None)
        return Verdict(effect, (reason,), (), ground, outward, None, (), Digest(bytes(32)))


def arrive(text):
    a, b = make_pair()
    b.office = replace(b.office, patterns=(NUMBER,), gate=RefusesNumbers())
    exchange(a, b, START)
    a.submit([form(text)], Ms(START + 1000))
    _, taken = exchange(a, b, Ms(START + 1001))
    return taken.recorded[0]


def test_an_untagged_number_of_the_peer_is_found_and_judged():
    assert (arrive("a number, 012345678901, in the text").fact, arrive("no number").fact) == (Fact.REFUSED, Fact.FILED)


def test_a_kind_that_needs_an_authors_assertion_is_neither_sent_nor_taken():
    a, b = make_pair()
    exchange(a, b, START)
    wanted = replace(a.office.accord, author_kinds=("note",))
    b.office = replace(b.office, accord=wanted)
    a.submit([form("without assertion")], Ms(START + 1000))
    _, taken = exchange(a, b, Ms(START + 1001))
    assert taken.recorded[0].fact == Fact.QUARANTINED
    a.office = replace(a.office, accord=wanted)
    (refused,) = a.submit([form("without assertion")], Ms(START + 2000))
    with pytest.raises(BadForm, match="assertion"):
        raise refused
